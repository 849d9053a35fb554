/*
 * A CAN port of the device: what the class (can_esp32.c) and the two controllers it can have (can_twai_esp32.c, the chip's
 * own; can_mcp2515_esp32.c, behind SPI) know of each other.
 */
#ifndef GRIDPOST_CAN_ESP32_H
#define GRIDPOST_CAN_ESP32_H

#include "../espglue.h"
#include "can_class.h"

/* Pending bits besides the core's. */
enum {
	CAN_TELL_GONE = 1 << 16, /* the controller does not answer any more */
	CAN_TELL_LOST = 1 << 17, /* frames were lost in the controller */
	CAN_TELL_POLL = 1 << 18 /* the driver's poll is due */
};

enum { CAN_TOLD = CAN_DO_READABLE | CAN_DO_WRITABLE | CAN_DO_STATE | CAN_DO_OVERFLOW };

typedef struct {
	int8_t pins[5]; /* transmit, receive; or select, interrupt, clock, out, in. -1: not wired */
	uint8_t count; /* of those that no other may use */
	uint8_t spi; /* controller */
	uint32_t crystalHz;
} CanWiring;

typedef struct CanPort CanPort;

typedef struct {
	size_t size; /* of a record, which begins with a CanPort */
	/* NULL, or what is wrong; `close` is called then too. The core is ready. */
	const char *(*open)(CanPort *port, const CanWiring *wiring);
	void (*close)(CanPort *port);
	void (*send)(CanPort *port); /* something was written */
	void (*poll)(CanPort *port); /* on the engine's task, after CAN_TELL_POLL or CAN_DO_STATE; NULL: never */
} CanDriver;

struct CanPort {
	GluePort base; /* first */
	const CanDriver *driver;
	CanCallbacks callbacks;
	CanWiring wiring;
	CanCore core;
	bool pinsTaken, gone;
};

extern const CanDriver canTwaiDriver, canMcp2515Driver;

#endif
