/*
 * A CAN interface of Linux ("can0") on Node's event loop. Bit rate, listen-only and the way out of bus-off belong to
 * whoever sets the interface up: ip link set can0 up type can bitrate 500000 restart-ms 250 [listen-only on].
 * Self-test here: own frames are received again once they were sent.
 */
#ifndef GRIDPOST_CAN_SOCKETCAN_H
#define GRIDPOST_CAN_SOCKETCAN_H

#include "can_core.h"
#include <linux/can.h>
#include <stddef.h>

struct sxMachine;
typedef struct SocketCan SocketCan;

/* What an error frame of Linux says. */
typedef struct {
	bool counters; /* tec, rec are known */
	bool busOff;
	bool error; /* something went wrong on the bus */
	bool lost; /* the controller has lost frames */
	uint8_t tec, rec; /* without counters: 96 for warning, 128 for passive, 0 for active */
	bool state; /* tec, rec, busOff tell a state */
} SocketCanNews;

typedef struct {
	/* Called from the event loop, outside of any entry into the machine. May call socketCanClose. */
	void (*frame)(void *refcon, const CanFrame *frame);
	void (*news)(void *refcon, const SocketCanNews *news);
	void (*writable)(void *refcon);
	/* The interface has gone or is down. Once. */
	void (*gone)(void *refcon, const char *why);
	void *refcon;
} SocketCanCalls;

/* Pure: between Linux's frames and ours. False for what is no classic CAN frame. */
bool socketCanFromLinux(const struct can_frame *in, CanFrame *out);
void socketCanToLinux(const CanFrame *in, struct can_frame *out);
void socketCanNews(const struct can_frame *in, SocketCanNews *news);

SocketCan *socketCanOpen(struct sxMachine *the, const char *name, const CanConfig *config, const SocketCanCalls *calls,
	char *error, size_t errorSize);
void socketCanClose(SocketCan *can);
/* 1 sent, 0 not now (writable is called later), -1 gone. */
int socketCanWrite(SocketCan *can, const CanFrame *frame);

#endif
