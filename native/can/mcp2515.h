/*
 * The MCP2515, a CAN controller behind SPI (Microchip DS20001801): registers only. Whoever uses it transfers bytes, waits
 * for the INT line and calls mcp2515Service then, after each write to the core, and when mcp2515Deadline has come.
 *
 * Pure C11: no allocation, no OS call, no engine. One thread calls everything here: it is the core's bus side.
 */
#ifndef GRIDPOST_CAN_MCP2515_H
#define GRIDPOST_CAN_MCP2515_H

#include "can_core.h"

#include <stddef.h>

/* One transaction under chip select: `count` bytes out and, unless in is NULL, the same number in. False: it failed. */
typedef bool (*Mcp2515Transfer)(void *refcon, const uint8_t *out, uint8_t *in, size_t count);

/* Besides CAN_DO_*, what mcp2515Service tells. */
enum {
	MCP2515_LOST = 256, /* the chip had to drop received frames; once until it has been read again */
	MCP2515_GONE = 512, /* it does not answer any more; once */
	MCP2515_BUSY = 1024 /* it still wants something, after as many turns as are good for the others: rest, then come again */
};

typedef struct {
	Mcp2515Transfer transfer;
	void *refcon;
	uint32_t crystalHz;
	uint64_t pollUs; /* when the chip is looked at next without being asked */
	uint8_t mode; /* what CANCTRL must read like */
	uint8_t mute; /* looks without a sensible answer, one after the other */
	bool sending; /* the first frame of the core's queue is in the chip */
	bool secondFirst; /* what is in the second receive buffer is older than what is in the first */
	bool mayReturn; /* the delay after bus-off is over */
	bool lostTold, gone;
} Mcp2515;

/*
 * CNF1 to CNF3 for a bit rate: NULL, or what is wrong. A crystal of 8 MHz leaves only four (five) quanta for a bit at
 * 1000 (800) kbit/s, which the chip cannot divide (it needs 1 for synchronisation, 2 before and 2 after the sample point,
 * and CAN asks for 8 in all).
 */
const char *mcp2515Timing(uint32_t crystalHz, uint32_t bitrate, uint8_t cnf[3]);
/* Resets the chip and sets it up as the core's configuration says. NULL, or what is wrong. */
const char *mcp2515Start(Mcp2515 *chip, const CanConfig *config, uint64_t nowUs);
/* Off the bus, no interrupts. */
void mcp2515Stop(Mcp2515 *chip);
/* Everything that is due; returns CAN_DO_* (RECOVER and FLUSH are dealt with) and MCP2515_*. */
uint32_t mcp2515Service(Mcp2515 *chip, CanCore *core, uint64_t nowUs);
/* When mcp2515Service has to be called at the latest. */
uint64_t mcp2515Deadline(const Mcp2515 *chip, const CanCore *core);
/* True when the chip itself can leave out what no filter passes; `registers` then holds RXF0 to RXF5, RXM0 and RXM1. */
bool mcp2515Filters(const CanConfig *config, uint8_t registers[8][4]);

#endif
