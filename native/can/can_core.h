/*
 * CAN 2.0A and B: frames with their times go in, filtered, into a queue of 64; frames to be sent wait in a queue of 16;
 * the controller's error state is followed, and bus-off is left with a growing delay.
 *
 * Pure C11: no allocation, no OS call, no engine. The port (esp32.c, desktop.c) owns the controller.
 *  - "bus side": canCoreRx, TxNext, TxDone, Errors, BusError, Tick, Deadline. One at a time (interrupt, or one thread); bounded time.
 *  - "reader side": canCoreTake, Write, Counters, State. One thread, which the bus side may interrupt at any moment.
 *  - After canCoreWrite the port must get the bus side to look at canCoreTxNext.
 */
#ifndef GRIDPOST_CAN_CORE_H
#define GRIDPOST_CAN_CORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* On the device an interrupt calls the bus side, also while flash is written. */
#if defined(ESP32) && ESP32
#include "esp_attr.h"
#define CAN_ISR IRAM_ATTR
#else
#define CAN_ISR
#endif

#define CAN_RX_QUEUE 64u /* a power of two */
#define CAN_TX_QUEUE 16u /* a power of two */
#define CAN_FILTERS 16u
#define CAN_NEVER UINT64_MAX

/* Delay before bus-off is left: the first time, and at most. It doubles each time, and is forgiven after a while without. */
#define CAN_RECOVER_MIN_US 250000u
#define CAN_RECOVER_MAX_US 8000000u
#define CAN_FORGIVE_US 10000000u

enum { CAN_EXTENDED = 1, CAN_REMOTE = 2 };

typedef struct {
	uint64_t timeUs; /* end of the frame on the bus */
	uint32_t id; /* 11 or 29 bits */
	uint8_t flags;
	uint8_t length; /* 0..8; of a remote frame, the length asked for: no data then */
	uint8_t data[8];
} CanFrame;

typedef struct {
	uint32_t id, mask; /* a frame passes when (frame.id & mask) == (id & mask) */
	bool extended; /* and has this format */
} CanFilter;

typedef enum { CAN_MODE_NORMAL, CAN_MODE_LISTEN, CAN_MODE_SELFTEST } CanMode;

/* By the error counters of ISO 11898-1: warning from 96, passive from 128, bus-off from 256 (transmit only). */
typedef enum { CAN_ACTIVE, CAN_WARNING, CAN_PASSIVE, CAN_BUS_OFF } CanState;

/* What the port has to do. */
enum {
	CAN_DO_READABLE = 1,
	CAN_DO_WRITABLE = 2, /* the transmit queue has become empty */
	CAN_DO_STATE = 4, /* tell the reader side that the state has changed */
	CAN_DO_OVERFLOW = 8, /* tell the reader side: frames were lost; once until it has taken one */
	CAN_DO_RECOVER = 16, /* bring the controller back from bus-off */
	CAN_DO_FLUSH = 32 /* forget the frame that is being sent: the transmit queue was emptied */
};

typedef struct {
	uint32_t bitrate; /* 125000, 250000, 500000, 800000 or 1000000 */
	uint8_t mode; /* CanMode */
	bool countErrors; /* the port has no controller with error counters: the core counts by canCoreBusError */
	uint8_t filterCount; /* 0: everything passes */
	CanFilter filters[CAN_FILTERS];
} CanConfig;

typedef struct {
	uint32_t framesReceived; /* put into the queue */
	uint32_t framesSent;
	uint32_t filtered; /* received, but passed by no filter */
	uint32_t overflow; /* lost because the queue was full */
	uint32_t busErrors;
	uint32_t busOff;
	uint32_t dropped; /* waited to be sent when the bus went off */
} CanCounters;

typedef struct {
	CanConfig config;
	/* bus side */
	uint32_t recoverUs; /* next delay */
	uint64_t offAtUs; /* when the bus went off, CAN_NEVER when it is not waiting to recover */
	uint64_t recoveredAtUs;
	uint16_t tec, rec;
	bool overflowTold;
	/* shared */
	atomic_uint rxHead, rxTail, txHead, txTail;
	atomic_uint taken; /* frames taken, so that the bus side sees that the reader is alive */
	atomic_uint state;
	atomic_uint counters[7];
	uint32_t takenAtOverflow;
	CanFrame rx[CAN_RX_QUEUE];
	CanFrame tx[CAN_TX_QUEUE];
} CanCore;

/* NULL, or what is wrong with the configuration. */
const char *canCoreInit(CanCore *core, const CanConfig *config);
/* NULL, or what is wrong with a frame. */
const char *canFrameCheck(const CanFrame *frame);
bool canFilterPasses(const CanConfig *config, const CanFrame *frame);
/*
 * Order on the bus (ISO 11898-1, bitwise arbitration): the lower number wins. Identifier, then standard before extended,
 * then data before remote.
 */
uint32_t canFrameRank(const CanFrame *frame);
/* Bits from start of frame to the end of the intermission, with the stuff bits that its content needs. */
uint32_t canFrameBits(const CanFrame *frame);
const char *canStateName(unsigned state);

/* Bus side. Each returns CAN_DO_* bits. */
uint32_t canCoreRx(CanCore *core, const CanFrame *frame, uint64_t nowUs);
/* The frame to be sent now; NULL when none waits or the bus is off. Valid until canCoreTxDone. */
const CanFrame *canCoreTxNext(const CanCore *core);
uint32_t canCoreTxDone(CanCore *core, uint64_t nowUs);
/* What a controller with error counters of its own reports. */
uint32_t canCoreErrors(CanCore *core, unsigned tec, unsigned rec, bool busOff, uint64_t nowUs);
/* For a bus without such a controller: one error, seen as transmitter or as receiver. The core counts then. */
uint32_t canCoreBusError(CanCore *core, bool transmitting, uint64_t nowUs);
/* An error that a controller with counters of its own reports: only counted here. */
void canCoreCountError(CanCore *core);
uint32_t canCoreTick(CanCore *core, uint64_t nowUs);
uint64_t canCoreDeadline(const CanCore *core);

/* Reader side. */
bool canCoreTake(CanCore *core, CanFrame *frame);
typedef enum { CAN_WRITE_OK, CAN_WRITE_FULL, CAN_WRITE_LISTEN, CAN_WRITE_OFF } CanWrite;
CanWrite canCoreWrite(CanCore *core, const CanFrame *frame);
CanState canCoreState(const CanCore *core);
CanCounters canCoreCounters(const CanCore *core);

#endif
