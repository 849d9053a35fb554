/*
 * An RS-485 line on a UART of the ESP32-S3, without the engine: rs485_core fed from the UART's interrupt and from a gptimer.
 *
 * Why an interrupt handler of our own and not IDF's UART driver: the driver tells a task through a queue of events.
 * Those have no times, errors do not say which character they belong to, the receive time-out is in whole characters, a
 * full queue loses events, and the driver-enable pin is released by the driver while nobody knows. Here both
 * interrupts run from RAM, also while flash is written. The two must not share a port: opening one that has the driver is
 * refused (the SDK's class Serial, which uses neither, is told apart by its pins).
 *
 * How a frame's end is found. The UART keeps characters in its FIFO and tells
 *  - the first character after a pause, at once (FIFO threshold 1),
 *  - each 64th one, and that with which an expected answer is complete (threshold),
 *  - that nothing came for a character and a half (receive time-out): when the last one ended, to a bit.
 * The last character stays in the FIFO, because the time-out needs one there, and because a second time-out then tells
 * that the first was about an earlier character. The gptimer waits for the rest of T3.5. When it rings, a start bit on the
 * line (receiver's state, level of the pin) means that the pause was shorter: the frame goes on. So
 *  - a pause below T3.5 never splits a frame
 *  - a pause above T3.5 ends it, when it is longer by marginUs, half a bit, and what the two interrupts were late
 * as long as interrupts are late by less than half a character at 19200 baud and below, or a character above.
 *
 * The driver-enable pin is the UART's RTS, as a register that we set: one bit time before the first start bit, and
 * back in the interrupt of the last stop bit. The receiver is muted while sending.
 */
#ifndef GRIDPOST_RS485_ESP32_UART_H
#define GRIDPOST_RS485_ESP32_UART_H

#include "rs485_core.h"
#include "driver/gptimer.h"
#include "driver/uart.h"
#include "esp_intr_alloc.h"
#include "freertos/FreeRTOS.h"
#include "hal/uart_ll.h"

enum {
	RS485_UART_THRESHOLD = 64, /* of 128: the handler may come 64 characters late */
	RS485_UART_SLACK_US = 50, /* a first character may have begun this much earlier than its interrupt says */
	RS485_UART_NO_PIN = -1
};

typedef struct {
	int port; /* 1 or 2: UART 0 is the console's */
	int transmit, receive, enable; /* pins; enable may be RS485_UART_NO_PIN */
	Rs485Config line; /* leadUs, trailUs, endMinUs and lateUs are set by rs485UartOpen */
} Rs485UartConfig;

/*
 * Tells that the core has RS485_DO_READABLE or WRITABLE; from an interrupt or from rs485UartKick. True when an interrupt
 * should yield.
 */
typedef bool (*Rs485UartTold)(void *refcon, uint32_t actions);

/* In internal RAM, zeroed. */
typedef struct {
	Rs485Core core; /* the reader side is the owner's */
	Rs485UartTold told;
	void *refcon;
	uart_dev_t *hw;
	intr_handle_t interrupt;
	gptimer_handle_t timer;
	portMUX_TYPE lock; /* makes interrupts of UART and timer, and rs485UartKick, one line side */
	int port;
	uint32_t charUs, bitUs; /* rounded up */
	uint32_t timeoutUs; /* of the receiver, less the margin */
	uint32_t marginUs; /* how much earlier than the end of a character the UART may tell it */
	uint64_t armedUs; /* when the timer rings */
	uint64_t endUs; /* end of the last character, the one in the FIFO; RS485_NEVER when more may be coming */
	uint64_t lookUs; /* while sending: when to look whether it is over, should the interrupt not come */
	uint16_t timeoutBits; /* of the receiver */
	uint16_t written; /* of core.tx, to the FIFO */
	uint8_t early; /* RS485_RX_* flags of a character that is not in the FIFO yet */
	bool sending;
	bool lingered; /* for the echo's end, once */
	bool opened; /* the port is ours */
} Rs485Uart;

/* NULL, or what could not be done; then nothing stays open. */
const char *rs485UartOpen(Rs485Uart *uart, const Rs485UartConfig *config, Rs485UartTold told, void *refcon);
/* Cuts off what is being sent; no interrupt comes any more. The pins stay as they are on an idle line: released. */
void rs485UartClose(Rs485Uart *uart);
/* Microseconds since the opening: the clock of the core. */
uint64_t rs485UartNowUs(const Rs485Uart *uart);
/* After rs485CoreWrite, from a task. */
void rs485UartKick(Rs485Uart *uart);

#endif
