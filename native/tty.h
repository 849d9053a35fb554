/*
 * A serial device of Linux (tty or pty) on Node's event loop: raw bytes, and what the kernel says of each.
 * All calls on the machine's own thread.
 */
#ifndef GRIDPOST_TTY_H
#define GRIDPOST_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sxMachine;
typedef struct Tty Tty;

/* What is known of a byte, as flags. */
enum {
	TTY_BAD = 1, /* parity or framing error: Linux does not say which */
	TTY_BREAK = 2
};

typedef struct {
	uint32_t baud;
	char parity; /* 'N', 'E' or 'O' */
	uint8_t stopBits;
	/*
	 * Called from the event loop, outside of any entry into the machine. flags[i] belongs to bytes[i]; NULL when all are
	 * good. May call ttyClose.
	 */
	void (*bytes)(void *refcon, const uint8_t *bytes, const uint8_t *flags, size_t count);
	/* The device has gone (unplugged, other end of a pty closed). Once; after it only ttyClose does anything. */
	void (*gone)(void *refcon, const char *why);
	void *refcon;
} TtyConfig;

/* NULL with a sentence in `error` when it cannot be opened as asked. */
Tty *ttyOpen(struct sxMachine *the, const char *path, const TtyConfig *config, char *error, size_t errorSize);
/* Closes the device and frees the record (when the event loop is done with it). No callback comes after. */
void ttyClose(Tty *tty);
/* Sends, keeping what the kernel does not take yet. False when the device has gone. */
bool ttyWrite(Tty *tty, const uint8_t *bytes, size_t count);
/* Is all that was written out of the kernel and of the UART? (A pty has no wire: at once.) */
bool ttyDrained(Tty *tty);
bool ttyIsPty(const Tty *tty);
/* How late bytes may come, and in what clumps, in microseconds. */
uint32_t ttyLatencyUs(const Tty *tty);

#endif
