#include "chip_uart.h"
#include "standin.h"
#include "driver/gpio.h"
#include "hal/uart_ll.h"
#include "hal/uart_periph.h"

#include <string.h>

enum { UARTS = 3, FIFO = 128, HEARD = 1024, SOURCE = 27 };

typedef struct {
	uart_dev_t hw; /* first */
	int port;
	uart_config_t config;
	int pins[3];
	bool configured, installed, sending, rts;
	uint64_t bitNs, charNs;
	unsigned dataBits; /* start, data and parity */
	uint32_t raw, enabled;
	unsigned fullAt, emptyAt, timeoutBits;
	uint8_t in[FIFO], out[FIFO], shifting;
	unsigned inFirst, inCount, outFirst, outCount;
	struct {
		uint64_t startNs;
		uint8_t byte, flags;
	} heard[HEARD];
	unsigned heardFirst, heardCount;
	uint64_t outStartNs;
	StandinEvent stored, early, timeout, left, almost;
} Uart;

static Uart uarts[UARTS];
ChipUartWays chipUartWays = {.storedAt16 = 16};
void (*chipUartLeft)(int port, uint8_t byte, uint64_t startNs, uint64_t endNs);
void (*chipUartRtsChanged)(int port, bool level);
const uart_signal_conn_t uart_periph_signal[UARTS] = {{SOURCE}, {SOURCE + 1}, {SOURCE + 2}};

static Uart *of(uart_dev_t *hw) {
	return (Uart *)hw;
}

static void update(Uart *uart) {
	if (!chipUartWays.fullOnce) {
		if (uart->inCount >= uart->fullAt) uart->raw |= UART_INTR_RXFIFO_FULL;
	}
	if (uart->outCount < uart->emptyAt) uart->raw |= UART_INTR_TXFIFO_EMPTY;
	standinLevel(SOURCE + uart->port, uart->raw & uart->enabled);
}

/* Receiver */

static uint64_t storedNs(const Uart *uart) {
	if (uart->heard[uart->heardFirst].flags & CHIP_SPIKE) return uart->heard[uart->heardFirst].startNs + uart->bitNs / 2;
	return uart->heard[uart->heardFirst].startNs + uart->dataBits * uart->bitNs + chipUartWays.storedAt16 * uart->bitNs / 16;
}

static void expectNext(Uart *uart) {
	if (uart->heardCount == 0) return;
	standinAt(&uart->stored, storedNs(uart));
	if (chipUartWays.errorsEarly && (uart->heard[uart->heardFirst].flags & CHIP_PARITY))
		standinAt(&uart->early, uart->heard[uart->heardFirst].startNs + (uart->dataBits * 2 - 1) * uart->bitNs / 2);
}

static void tellEarly(void *refcon) {
	Uart *uart = refcon;
	uart->raw |= UART_INTR_PARITY_ERR;
	update(uart);
}

static void store(void *refcon) {
	Uart *uart = refcon;
	unsigned flags = uart->heard[uart->heardFirst].flags;
	uint64_t startNs = uart->heard[uart->heardFirst].startNs;
	if (flags & CHIP_SPIKE) {
		uart->heardFirst = (uart->heardFirst + 1) % HEARD;
		uart->heardCount--;
		expectNext(uart);
		return;
	}
	if (uart->inCount == FIFO) uart->raw |= UART_INTR_RXFIFO_OVF;
	else {
		uart->in[(uart->inFirst + uart->inCount++) % FIFO] = uart->heard[uart->heardFirst].byte;
		if (chipUartWays.fullOnce && uart->inCount == uart->fullAt) uart->raw |= UART_INTR_RXFIFO_FULL;
	}
	if ((flags & CHIP_PARITY) && !chipUartWays.errorsEarly) uart->raw |= UART_INTR_PARITY_ERR;
	if (flags & CHIP_FRAMING) uart->raw |= UART_INTR_FRAM_ERR;
	if (flags & CHIP_BREAK) uart->raw |= UART_INTR_FRAM_ERR | UART_INTR_BRK_DET;
	uart->heardFirst = (uart->heardFirst + 1) % HEARD;
	uart->heardCount--;
	expectNext(uart);
	if (uart->timeoutBits > 0)
		standinAt(&uart->timeout, (chipUartWays.timeoutFromEnd ? startNs + uart->charNs : standinNowNs()) +
			uart->timeoutBits * uart->bitNs);
	update(uart);
}

static bool inCharacter(const Uart *uart) {
	return uart->heardCount > 0 && uart->heard[uart->heardFirst].startNs <= standinNowNs();
}

static void timeOut(void *refcon) {
	Uart *uart = refcon;
	if (uart->inCount == 0 || (chipUartWays.timeoutHeldByStart && inCharacter(uart))) return;
	uart->raw |= UART_INTR_RXFIFO_TOUT;
	update(uart);
}

static void settle(void) {
	for (int i = 0; i < UARTS; i++) {
		Uart *uart = &uarts[i];
		uart->hw.status.rxd = 1;
		uart->hw.fsm_status.st_urx_out = 0;
		if (!uart->configured || !inCharacter(uart)) continue;
		uint64_t halves = (standinNowNs() - uart->heard[uart->heardFirst].startNs) * 2 / uart->bitNs;
		unsigned bit = (unsigned)(halves / 2), byte = uart->heard[uart->heardFirst].byte;
		unsigned flags = uart->heard[uart->heardFirst].flags;
		if (bit == 0) uart->hw.status.rxd = 0;
		else if (flags & CHIP_BREAK) uart->hw.status.rxd = 0;
		else if (bit <= 8) uart->hw.status.rxd = byte >> (bit - 1) & 1;
		if (halves == 0 && chipUartWays.stateLate) continue;
		uart->hw.fsm_status.st_urx_out = bit <= 8 ? bit + 1 : bit < uart->dataBits ? 10 : 11;
	}
}

void chipUartHear(int port, uint64_t startNs, uint8_t byte, unsigned flags) {
	Uart *uart = &uarts[port];
	if (!uart->configured) return;
	if (uart->heardCount == HEARD) standinWrong("too many characters wait");
	unsigned at = (uart->heardFirst + uart->heardCount++) % HEARD;
	uart->heard[at].startNs = startNs;
	uart->heard[at].byte = byte;
	uart->heard[at].flags = (uint8_t)flags;
	if (uart->heardCount == 1) expectNext(uart);
}

/* Transmitter */

static void shift(Uart *uart, uint64_t startNs) {
	uart->shifting = uart->out[uart->outFirst];
	uart->outFirst = (uart->outFirst + 1) % FIFO;
	uart->outCount--;
	uart->sending = true;
	uart->outStartNs = startNs;
	standinAt(&uart->left, startNs + uart->charNs);
	if (chipUartWays.doneEarly) standinAt(&uart->almost, startNs + uart->dataBits * uart->bitNs);
	if (chipUartWays.echo) chipUartHear(uart->port, startNs + 1000, uart->shifting, 0);
	update(uart);
}

static void tellDone(void *refcon) {
	Uart *uart = refcon;
	if (uart->outCount > 0 || chipUartWays.doneLost) return;
	uart->raw |= UART_INTR_TX_DONE;
	update(uart);
}

static void leave(void *refcon) {
	Uart *uart = refcon;
	if (chipUartLeft) chipUartLeft(uart->port, uart->shifting, uart->outStartNs, standinNowNs());
	uart->sending = false;
	if (uart->outCount > 0) shift(uart, standinNowNs());
	else if (!chipUartWays.doneEarly) tellDone(uart);
}

/* Registers */

uart_dev_t *standinUart(int port) {
	return &uarts[port].hw;
}

void uart_ll_ena_intr_mask(uart_dev_t *hw, uint32_t mask) {
	of(hw)->enabled |= mask;
	update(of(hw));
}

void uart_ll_disable_intr_mask(uart_dev_t *hw, uint32_t mask) {
	of(hw)->enabled &= ~mask;
	update(of(hw));
}

uint32_t uart_ll_get_intsts_mask(uart_dev_t *hw) {
	return of(hw)->raw & of(hw)->enabled;
}

void uart_ll_clr_intsts_mask(uart_dev_t *hw, uint32_t mask) {
	of(hw)->raw &= ~mask;
	update(of(hw));
}

void uart_ll_read_rxfifo(uart_dev_t *hw, uint8_t *bytes, uint32_t length) {
	Uart *uart = of(hw);
	if (length > uart->inCount) standinWrong("more is read than the FIFO holds");
	for (uint32_t i = 0; i < length; i++) {
		bytes[i] = uart->in[uart->inFirst];
		uart->inFirst = (uart->inFirst + 1) % FIFO;
		uart->inCount--;
	}
	update(uart);
}

void uart_ll_write_txfifo(uart_dev_t *hw, const uint8_t *bytes, uint32_t length) {
	Uart *uart = of(hw);
	if (length > FIFO - uart->outCount) standinWrong("more is written than the FIFO takes");
	for (uint32_t i = 0; i < length; i++) uart->out[(uart->outFirst + uart->outCount++) % FIFO] = bytes[i];
	if (!uart->sending && uart->outCount > 0) shift(uart, standinNowNs() + chipUartWays.startAt16 * uart->bitNs / 16);
	update(uart);
}

void uart_ll_rxfifo_rst(uart_dev_t *hw) {
	of(hw)->inCount = 0;
	update(of(hw));
}

void uart_ll_txfifo_rst(uart_dev_t *hw) {
	of(hw)->outCount = 0;
	update(of(hw));
}

uint32_t uart_ll_get_rxfifo_len(uart_dev_t *hw) {
	return of(hw)->inCount;
}

uint32_t uart_ll_get_txfifo_len(uart_dev_t *hw) {
	return FIFO - of(hw)->outCount;
}

void uart_ll_set_rxfifo_full_thr(uart_dev_t *hw, uint16_t threshold) {
	if (threshold < 1 || threshold >= FIFO) standinWrong("threshold %u", threshold);
	of(hw)->fullAt = threshold;
	update(of(hw));
}

void uart_ll_set_txfifo_empty_thr(uart_dev_t *hw, uint16_t threshold) {
	of(hw)->emptyAt = threshold;
	update(of(hw));
}

/* 1 makes the pin low. */
void uart_ll_set_rts_active_level(uart_dev_t *hw, int level) {
	bool rts = level == 0;
	if (of(hw)->rts == rts) return;
	of(hw)->rts = rts;
	if (chipUartRtsChanged) chipUartRtsChanged(of(hw)->port, rts);
}

void uart_ll_set_mode(uart_dev_t *hw, uart_mode_t mode) {
	(void)mode;
	uart_ll_set_rts_active_level(hw, 1);
}

bool uart_ll_is_tx_idle(uart_dev_t *hw) {
	return of(hw)->outCount == 0 && !of(hw)->sending;
}

void uart_ll_set_rx_tout(uart_dev_t *hw, uint16_t bits) {
	if (bits > 1023) standinWrong("receive time-out of %u bits", bits);
	of(hw)->timeoutBits = bits;
}

/* Driver */

bool uart_is_driver_installed(uart_port_t port) {
	return uarts[port].installed;
}

void chipUartInstall(int port, bool installed) {
	uarts[port].installed = installed;
}

esp_err_t uart_param_config(uart_port_t port, const uart_config_t *config) {
	if (port < 0 || port >= UARTS || standinFails("uart_param_config")) return ESP_FAIL;
	Uart *uart = &uarts[port];
	uart->config = *config;
	uart->configured = true;
	unsigned stop = config->stop_bits == UART_STOP_BITS_2 ? 2 : 1;
	uart->dataBits = 9 + (config->parity != UART_PARITY_DISABLE);
	uart->bitNs = 1000000000u / (unsigned)config->baud_rate;
	uart->charNs = (uart->dataBits + stop) * UINT64_C(1000000000) / (unsigned)config->baud_rate;
	uart->inCount = uart->outCount = 0;
	return ESP_OK;
}

/* GPIO 22 to 25 do not exist; 26 to 37 are those of flash and PSRAM, which nothing keeps IDF from using. */
esp_err_t uart_set_pin(uart_port_t port, int transmit, int receive, int rts, int cts) {
	if (standinFails("uart_set_pin") || cts != UART_PIN_NO_CHANGE) return ESP_FAIL;
	const int pins[3] = {transmit, receive, rts};
	for (int i = 0; i < 3; i++)
		if (pins[i] > 48 || (pins[i] >= 22 && pins[i] <= 25)) return ESP_FAIL;
	for (int i = 0; i < 3; i++)
		if (pins[i] != UART_PIN_NO_CHANGE) uarts[port].pins[i] = pins[i];
	return ESP_OK;
}

static uint64_t pulledUp; /* by pin */

esp_err_t gpio_set_pull_mode(gpio_num_t pin, gpio_pull_mode_t mode) {
	if (standinFails("gpio_set_pull_mode")) return ESP_FAIL;
	uint64_t bit = UINT64_C(1) << pin;
	pulledUp = mode == GPIO_PULLUP_ONLY ? pulledUp | bit : pulledUp & ~bit;
	return ESP_OK;
}

bool chipUartPulledUp(int port) {
	return pulledUp >> uarts[port].pins[1] & 1;
}

uint64_t chipUartCharNs(int port) {
	return uarts[port].charNs;
}

uint64_t chipUartBitNs(int port) {
	return uarts[port].bitNs;
}

bool chipUartRts(int port) {
	return uarts[port].rts;
}

int chipUartPin(int port, int which) {
	return uarts[port].pins[which];
}

static void reset(void) {
	for (int i = 0; i < UARTS; i++) {
		Uart *uart = &uarts[i];
		StandinEvent *const events[] = {&uart->stored, &uart->early, &uart->timeout, &uart->left, &uart->almost};
		for (unsigned e = 0; e < sizeof events / sizeof *events; e++) standinCancel(events[e]);
		memset(uart, 0, sizeof *uart);
		uart->port = i;
		uart->hw.status.rxd = 1;
		uart->fullAt = 96;
		uart->emptyAt = 96;
		uart->pins[0] = uart->pins[1] = uart->pins[2] = -1;
		uart->stored = (StandinEvent){.run = store, .refcon = uart};
		uart->early = (StandinEvent){.run = tellEarly, .refcon = uart};
		uart->timeout = (StandinEvent){.run = timeOut, .refcon = uart};
		uart->left = (StandinEvent){.run = leave, .refcon = uart};
		uart->almost = (StandinEvent){.run = tellDone, .refcon = uart};
	}
	chipUartWays = (ChipUartWays){.storedAt16 = 16};
	chipUartLeft = NULL;
	chipUartRtsChanged = NULL;
}

__attribute__((constructor)) static void announce(void) {
	standinOnReset(reset);
	standinOnSettle(settle);
}
