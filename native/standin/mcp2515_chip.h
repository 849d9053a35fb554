/*
 * An MCP2515 as its data sheet (Microchip DS20001801) describes it: registers, instructions, buffers, filters, modes,
 * interrupts. No time and no bits on the wire: who has the bus says what arrives and what was sent. For tests.
 */
#ifndef GRIDPOST_STANDIN_MCP2515_CHIP_H
#define GRIDPOST_STANDIN_MCP2515_CHIP_H

#include "../can/can_core.h"

#include <stddef.h>

typedef struct {
	uint8_t registers[128];
	unsigned resets, refused; /* writes that the chip ignores, as it is not in configuration mode or is sending */
	unsigned transactions;
	bool absent; /* its plug came off: nothing drives the line */
	bool off; /* bus-off: nothing goes out or in */
} Mcp2515Chip;

void mcp2515ChipReset(Mcp2515Chip *chip);
/* One transaction under chip select. */
void mcp2515ChipTransfer(Mcp2515Chip *chip, const uint8_t *out, uint8_t *in, size_t count);
/* The INT pin: true is low, which asks for attention. */
bool mcp2515ChipInterrupt(const Mcp2515Chip *chip);
bool mcp2515ChipOnBus(const Mcp2515Chip *chip);
/* A frame of another station. False: no filter passes it, it is not on the bus, or there is no room. */
bool mcp2515ChipReceive(Mcp2515Chip *chip, const CanFrame *frame);
/* The frame it wants to send; false for none. */
bool mcp2515ChipSending(const Mcp2515Chip *chip, CanFrame *frame);
/* That frame was sent, or nobody acknowledged it. */
void mcp2515ChipSent(Mcp2515Chip *chip, bool acknowledged);
/* Error counters, from which the flags follow; tec 256 is bus-off. */
void mcp2515ChipErrors(Mcp2515Chip *chip, unsigned tec, unsigned rec);

#endif
