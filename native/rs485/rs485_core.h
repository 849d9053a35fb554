/*
 * RS-485 half duplex: characters with their times go in, hand-overs (whole frames and why they ended) come out.
 *
 * Pure C11: no allocation, no OS call, no engine. One struct, given by the caller, holds everything. Time is
 * microseconds of any monotonic clock. The port (rs485_esp32_uart.c, desktop.c) owns UART, pins and timer; the core says what to do
 * by action bits and by its next deadline.
 *
 * Who may call what:
 *  - "line side": rs485CoreRx, RxStart, LineError, Tick, TxDone, Deadline. One at a time (the UART's interrupt and a timer
 *    interrupt of the same level, or one thread). They never block and take bounded time.
 *  - "reader side": rs485CoreTake, Write, Sending, Counters. One thread, which the line side may interrupt at any
 *    moment: the two share single-producer/single-consumer rings only.
 *  - After rs485CoreWrite the port must get the line side to run rs485CoreTick once (it computes when to start).
 *
 * Silence: T3.5 of "Modbus over serial line specification and implementation guide" V1.02, 2.5.1.1: at least 3.5
 * character times; above 19200 baud a fixed 1.750 ms. The text counts 11 bits a character because it knows only 8E1, 8O1
 * and 8N2. Here a character has its real length (start + 8 data + parity + stop): 10 bits for 8N1, 12 for 8E2. The
 * silence is measured from the end of the last stop bit to the begin of the next start bit.
 */
#ifndef GRIDPOST_RS485_CORE_H
#define GRIDPOST_RS485_CORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define RS485_RING 512u /* receive ring, bytes; a power of two */
#define RS485_HANDOVERS 64u /* hand-overs that may wait; a power of two */
#define RS485_FRAME_MAX 512u /* longest frame that can be sent */
#define RS485_NEVER UINT64_MAX

typedef enum { RS485_PARITY_NONE, RS485_PARITY_EVEN, RS485_PARITY_ODD } Rs485Parity;

/* Why a hand-over ended. The order is the order of the names in rs485CauseName. */
typedef enum {
	RS485_SILENCE, /* T3.5 without a start bit */
	RS485_COUNT, /* the number of bytes that the write expected came in; later ones start a new hand-over */
	RS485_FULL, /* no room: the rest, up to the next silence, is dropped */
	RS485_PARITY,
	RS485_FRAMING, /* stop bit was low */
	RS485_OVERRUN, /* characters were lost behind these */
	RS485_BREAK, /* line low for a whole character or longer */
	RS485_CAUSES
} Rs485Cause;

/* What the receiver says about a character. */
enum {
	RS485_RX_PARITY = 1,
	RS485_RX_FRAMING = 2,
	RS485_RX_BREAK = 4,
	RS485_RX_OVERRUN = 8 /* this character is good, but some before it are lost */
};

/* What the port has to do, in this order. */
enum {
	RS485_DO_ENABLE = 1, /* drive DE to rs485CoreEnableLevel */
	RS485_DO_SEND = 2, /* give tx[0..txLength) to the UART now; call rs485CoreTxDone when the last stop bit is out */
	RS485_DO_RELEASE = 4, /* drive DE to rs485CoreEnableLevel */
	RS485_DO_WRITABLE = 8, /* tell the reader side: sent, DE released */
	RS485_DO_READABLE = 16 /* tell the reader side: rs485CoreTake has something */
};

typedef struct {
	uint32_t baud; /* 1200 .. 115200 */
	uint8_t parity; /* Rs485Parity */
	uint8_t stopBits; /* 1 or 2 */
	bool enableInvert; /* DE is active low */
	uint32_t leadUs; /* DE asserted this long before the first start bit */
	uint32_t trailUs; /* DE held this long after the last stop bit */
	uint32_t endMinUs; /* a received frame ends after this silence if longer than T3.5: for ports with coarse times */
	/*
	 * How long after the end of a character the line side may learn of it. 0 for a port that reports start bits
	 * (RxStart) and is prompt; one character time for a UART that only reports complete characters. It delays the end by
	 * silence, never moves the border: that is decided by the times given to rs485CoreRx.
	 */
	uint32_t lateUs;
} Rs485Config;

typedef struct {
	uint32_t framesReceived; /* hand-overs by silence or count */
	uint32_t framesSent;
	uint32_t bytesReceived;
	uint32_t bytesSent;
	uint32_t parity;
	uint32_t framing;
	uint32_t overrun;
	uint32_t full;
	uint32_t breaks;
	uint32_t busy; /* frames sent although the line never became quiet */
} Rs485Counters;

typedef struct {
	Rs485Config config;
	uint32_t charNs; /* start bit to stop bit */
	uint32_t silenceUs; /* T3.5 */
	uint32_t endUs; /* silence that ends a received frame */
	uint32_t busyLimitUs;
	/* line side */
	uint64_t lastEndUs; /* end of the last activity on the line */
	uint64_t startUs; /* start bit seen, valid while inCharacter */
	uint64_t txAtUs; /* begin of the wait, or end of lead or trail */
	uint32_t ringHead;
	uint32_t open; /* bytes of the hand-over that has not ended */
	uint32_t expect; /* end by count at this many; 0 = not */
	bool inCharacter;
	bool dropping;
	bool enabled;
	/* shared */
	atomic_uint ringTail; /* written by the reader */
	atomic_uint recordHead; /* written by the line side */
	atomic_uint recordTail; /* written by the reader */
	atomic_uint txState;
	atomic_uint counters[10];
	struct {
		uint16_t length;
		uint8_t cause;
	} records[RS485_HANDOVERS];
	uint8_t ring[RS485_RING];
	/* written by the reader while txState is idle, read by the line side after */
	uint64_t txAskedUs;
	uint32_t txExpect;
	uint16_t txLength;
	uint8_t tx[RS485_FRAME_MAX];
} Rs485Core;

/* NULL, or what is wrong with the configuration. The line counts as just used: the first write waits T3.5. */
const char *rs485CoreInit(Rs485Core *core, const Rs485Config *config, uint64_t nowUs);

/* Bits of one character on the wire, and T3.5 in microseconds, rounded up. */
uint32_t rs485CharacterBits(uint8_t parity, uint8_t stopBits);
uint32_t rs485SilenceUs(uint32_t baud, uint32_t bits);
const char *rs485CauseName(unsigned cause);

/* Line side. Each returns RS485_DO_* bits. Times of characters are the end of their (first) stop bit. */
uint32_t rs485CoreRx(Rs485Core *core, uint8_t byte, unsigned flags, uint64_t endUs);
uint32_t rs485CoreRxStart(Rs485Core *core, uint64_t startUs);
/* An error that the receiver reports without a character: RS485_RX_* flags. What came before it is handed over. */
uint32_t rs485CoreLineError(Rs485Core *core, unsigned flags, uint64_t timeUs);
uint32_t rs485CoreTick(Rs485Core *core, uint64_t nowUs);
uint32_t rs485CoreTxDone(Rs485Core *core, uint64_t endUs);
/* When rs485CoreTick must be called next; RS485_NEVER while nothing is pending. */
uint64_t rs485CoreDeadline(const Rs485Core *core);
/* Until when a frame waits for the line to become quiet; RS485_NEVER when none waits. */
uint64_t rs485CoreBusyAt(const Rs485Core *core);
/* Time that n characters take on the wire, rounded up. */
uint64_t rs485CoreWireUs(const Rs485Core *core, uint32_t characters);
/* Characters, in a row from now, after which something must be told: the expected count, or a full ring. */
uint32_t rs485CoreRoom(const Rs485Core *core);
/* Level of the DE pin now. */
bool rs485CoreEnableLevel(const Rs485Core *core);

/* Reader side. */

/*
 * The oldest hand-over: copies up to `size` bytes (what does not fit is gone), sets *cause, returns the bytes copied;
 * -1 when there is none. 0 bytes are possible: a break, or characters lost before anything was received.
 */
int32_t rs485CoreTake(Rs485Core *core, uint8_t *buffer, uint32_t size, uint8_t *cause);

/*
 * Accepts one whole frame, to be sent no earlier than T3.5 after the last activity. False while one is being sent.
 * When the line does not become quiet for the time of two frames of 256 characters, it is sent all the same (a floating
 * line that makes noise becomes quiet only when somebody drives it).
 */
bool rs485CoreWrite(Rs485Core *core, const uint8_t *frame, uint32_t length, uint32_t expect, uint64_t nowUs);
bool rs485CoreSending(const Rs485Core *core);
Rs485Counters rs485CoreCounters(const Rs485Core *core);

#endif
