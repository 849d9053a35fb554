/*
 * A CAN bus inside the process, under a machine's clock: frames take their bits' time, the lowest identifier goes first,
 * and a frame that nobody acknowledges is sent again, as on the wire.
 *
 * Stations are ports (a CAN object of the machine, with a core) or simulated devices (of Node).
 */
#ifndef GRIDPOST_CAN_BUS_H
#define GRIDPOST_CAN_BUS_H

#include "can_core.h"

struct sxMachine;
typedef struct BusStation BusStation;

struct BusStation {
	BusStation *next;
	struct Bus *bus;
	/* The callbacks note what happened and return: they neither throw nor call a function of this file. */
	/* A port: its core, and who is told of CAN_DO_READABLE, WRITABLE, STATE and OVERFLOW. */
	CanCore *core;
	void (*notify)(BusStation *station, uint32_t actions);
	uint64_t retryAtUs; /* after a frame that nobody acknowledged */
	/* A device: told of each frame of another station. */
	void (*frame)(BusStation *station, const CanFrame *frame);
	/* A device: the machine and its bus are being deleted. */
	void (*gone)(BusStation *station);
};

/* Adds a station to the bus of that name, which exists as long as it has stations. False: out of memory. */
bool busJoin(struct sxMachine *the, const char *name, BusStation *station);
void busLeave(BusStation *station);
/* A port has written to its core. */
void busKick(BusStation *station);
/* A device's frame, delayUs after now at the earliest. False: out of memory. */
bool busSend(BusStation *station, const CanFrame *frame, uint64_t delayUs);
/* Destroys the next frames on the bus, as a bad cable does. */
void busDisturb(BusStation *station, uint32_t frames);

#endif
