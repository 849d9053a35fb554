/*
 * The ASCII protocol of serial CAN adapters (LAWICEL CANUSB and CAN232 manuals; "slcan"), pure C11.
 *
 *   t iii l dd..   data frame, 11 bits          r iii l        remote frame, 11 bits
 *   T iiiiiiii l dd..  data frame, 29 bits      R iiiiiiii l   remote frame, 29 bits
 *
 * Each line ends with CR; an adapter may add a time stamp of 4 digits to received frames. Answers: CR or z/Z and CR for
 * done, BEL for refused. Commands of a host: Sn bit rate, O open, L open listen-only, C close, V N F questions.
 *
 * We are a host. But the other end may be another host (python-can over a null-modem line, a test bench), which sends
 * commands and expects answers: slcanAnswer gives them.
 */
#ifndef GRIDPOST_CAN_SLCAN_H
#define GRIDPOST_CAN_SLCAN_H

#include "can_core.h"

#define SLCAN_LINE 64u
/* Longest frame: T, 8 digits, length, 16 digits, CR. */
#define SLCAN_FRAME_MAX 27u

typedef enum {
	SLCAN_NOTHING, /* the line is not complete */
	SLCAN_FRAME, /* slcan->frame */
	SLCAN_DONE, /* CR, z or Z: the adapter has taken or sent something */
	SLCAN_REFUSED, /* BEL */
	SLCAN_FLAGS, /* slcan->flags, the answer to F */
	SLCAN_COMMAND, /* of another host: slcan->line, to be answered by slcanAnswer */
	SLCAN_GARBAGE /* no line of this protocol */
} SlcanEvent;

/* Status flags of F, as the manual numbers them. */
enum { SLCAN_RX_FULL = 1, SLCAN_TX_FULL = 2, SLCAN_WARNING = 4, SLCAN_OVERRUN = 8, SLCAN_PASSIVE = 32, SLCAN_BUS_ERROR = 128 };

typedef struct {
	CanFrame frame; /* timeUs is left to the caller */
	uint8_t flags;
	uint8_t length; /* of line */
	bool overlong;
	char line[SLCAN_LINE];
} Slcan;

/* One byte from the adapter. All-zero is the start state. */
SlcanEvent slcanFeed(Slcan *slcan, uint8_t byte);
/* The frame as a line with CR, at most SLCAN_FRAME_MAX characters; their number. */
uint32_t slcanEncode(const CanFrame *frame, char *line);
/* Digit of the S command, -1 for a bit rate that has none. */
int slcanSpeed(uint32_t bitrate);
/* What to send to a host that sent a command; NULL for nothing. */
const char *slcanAnswer(const Slcan *slcan);

#endif
