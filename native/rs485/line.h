/*
 * An RS-485 line inside the process, under a machine's clock: each character takes its time from start bit to stop bit.
 * Bytes are not events here. What is on the wire is kept as whole transmissions; ports are fed, with a time for each
 * character, at the moments when something can be decided (a count reached, the end of a transmission, T3.5), so a day
 * of polling costs a few timers a transaction.
 *
 * Stations are ports (an RS485 object of the machine, with a core) or simulated devices (of Node). A port's frame
 * reaches devices when it is complete (T3.5 after its end) and other ports as it goes; a device's bytes reach ports.
 * What overlaps on the wire arrives with framing errors; a port set to another format than the sender's hears garbage.
 */
#ifndef GRIDPOST_RS485_LINE_H
#define GRIDPOST_RS485_LINE_H

#include "rs485_core.h"

struct sxMachine;
typedef struct LineStation LineStation;

/* Longest transmission of a device. */
#define LINE_SEND_MAX 4096u

/* How lineSend's bytes are damaged; RS485_RX_* flags may be added. */
enum {
	LINE_NOISE = 0x100 /* of a line that nobody drives: lost where any station sends, and damages nothing */
};

struct LineStation {
	LineStation *next;
	struct Line *line;
	/* The callbacks note what happened and return: they neither throw nor call a function of this file. */
	/* A port: its core, and who is told that the core asks for RS485_DO_WRITABLE or READABLE (never ENABLE, SEND). */
	Rs485Core *core;
	void (*notify)(LineStation *station, uint32_t actions);
	uint64_t sendEndUs; /* end of what the port is sending, RS485_NEVER when it is not */
	/* A device: told of whole frames of ports, and of the format of the line. */
	void (*frame)(LineStation *station, const uint8_t *bytes, uint32_t length, uint64_t endUs);
	void (*format)(LineStation *station, const Rs485Config *config);
	/* A device: the machine and its line are being deleted. */
	void (*gone)(LineStation *station);
};

/* Adds a station to the line of that name, which exists as long as it has stations. False: out of memory. */
bool lineJoin(struct sxMachine *the, const char *name, LineStation *station);
/* Cuts off what the station is sending. */
void lineLeave(LineStation *station);
/* A port has written to its core: looks at it now. */
void lineKick(LineStation *station);
/*
 * Puts bytes on the wire, delayUs after now, in the format of the first port on the line (nothing when there is none).
 * False: too long, or out of memory.
 */
bool lineSend(LineStation *station, const uint8_t *bytes, uint32_t length, uint64_t delayUs, unsigned flags);

#endif
