/*
 * The UARTs of the stand-in, bit by bit in time: what is heard on a receive pin, what leaves on a transmit pin, the level of
 * RTS. What the manuals leave open is a choice (ChipUartWays), so that a test can show that it does not matter.
 */
#ifndef GRIDPOST_CHIP_UART_H
#define GRIDPOST_CHIP_UART_H

#include <stdbool.h>
#include <stdint.h>

/* CHIP_SPIKE: half a start bit, and no character. */
enum { CHIP_PARITY = 1, CHIP_FRAMING = 2, CHIP_BREAK = 4, CHIP_SPIKE = 8 };

typedef struct {
	/* When a character gets into the FIFO, in 1/16 of a bit from the begin of its first stop bit. */
	unsigned storedAt16;
	bool timeoutFromEnd; /* the receive time-out counts from the end of the last stop bit, not from there */
	bool timeoutHeldByStart; /* a start bit stops it, not only a whole character */
	bool fullOnce; /* RXFIFO_FULL is told when the threshold is reached, not as long as it is */
	bool errorsEarly; /* a parity error is told at the parity bit */
	bool stateLate; /* the receiver's state leaves idle in the middle of the start bit */
	bool doneEarly; /* TX_DONE is told when the last stop bit begins */
	bool doneLost; /* TX_DONE is never told */
	unsigned startAt16; /* the transmitter begins this much after the FIFO is written */
	bool echo; /* the receiver hears what the transmitter sends, a microsecond later */
} ChipUartWays;

extern ChipUartWays chipUartWays;

/* A character that begins at startNs, behind all others; CHIP_* flags say what is wrong with it. */
void chipUartHear(int port, uint64_t startNs, uint8_t byte, unsigned flags);
/* Length of a character in the UART's format, and of a bit. */
uint64_t chipUartCharNs(int port);
uint64_t chipUartBitNs(int port);
bool chipUartRts(int port); /* level of the pin */
/* Pins that the UART has, -1 for none: transmit, receive, RTS. */
int chipUartPin(int port, int which);
/* Does the receive pin rest high when nobody drives it? */
bool chipUartPulledUp(int port);

/* Told of each character that has left, and of each change of RTS. */
extern void (*chipUartLeft)(int port, uint8_t byte, uint64_t startNs, uint64_t endNs);
extern void (*chipUartRtsChanged)(int port, bool level);
/* Somebody else has installed IDF's driver for it. */
void chipUartInstall(int port, bool installed);

#endif
