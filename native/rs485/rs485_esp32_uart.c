#include "rs485_esp32_uart.h"
#include "../isr.h"
#include "driver/gpio.h"
#include "hal/uart_periph.h"

#if !CONFIG_GPTIMER_ISR_CACHE_SAFE || !CONFIG_GPTIMER_CTRL_FUNC_IN_IRAM
#error "RS-485 goes on while flash is written: sdkconfig needs GPTIMER_ISR_CACHE_SAFE=y and GPTIMER_CTRL_FUNC_IN_IRAM=y"
#endif

enum {
	ERRORS = UART_INTR_PARITY_ERR | UART_INTR_FRAM_ERR | UART_INTR_BRK_DET | UART_INTR_RXFIFO_OVF,
	RECEIVE = UART_INTR_RXFIFO_FULL | UART_INTR_RXFIFO_TOUT | ERRORS,
	TRANSMIT = UART_INTR_TXFIFO_EMPTY | UART_INTR_TX_DONE,
	LATE_US = 100, /* of interrupts */
	REFILL = 32, /* characters left in the FIFO when it is filled again */
	FSM_DATA_OVER = 10 /* receiver's states from parity bit on; 0 is idle, then start bit and data bits */
};

static atomic_uint openPorts;

ISR_CODE uint64_t rs485UartNowUs(const Rs485Uart *uart) {
	uint64_t count = 0;
	gptimer_get_raw_count(uart->timer, &count);
	return count;
}

static ISR_CODE void setEnable(Rs485Uart *uart) {
	/* The register is the pin's level inverted. */
	uart_ll_set_rts_active_level(uart->hw, rs485CoreEnableLevel(&uart->core) ? 0 : 1);
}

/* Is there a start bit, or what follows one? */
static ISR_CODE bool lineActive(const Rs485Uart *uart) {
	return uart->hw->fsm_status.st_urx_out != 0 || uart->hw->status.rxd == 0;
}

/* Sending */

static ISR_CODE void fill(Rs485Uart *uart) {
	uint32_t room = uart_ll_get_txfifo_len(uart->hw), left = uart->core.txLength - uart->written;
	if (room > left) room = left;
	uart_ll_write_txfifo(uart->hw, uart->core.tx + uart->written, room);
	uart->written += (uint16_t)room;
	if (uart->written == uart->core.txLength) uart_ll_disable_intr_mask(uart->hw, UART_INTR_TXFIFO_EMPTY);
}

static ISR_CODE uint32_t act(Rs485Uart *uart, uint32_t actions, uint64_t nowUs) {
	if (actions & RS485_DO_ENABLE) {
		uart_ll_disable_intr_mask(uart->hw, RECEIVE);
		setEnable(uart);
	}
	if (actions & RS485_DO_SEND) {
		uart->sending = true;
		uart->lingered = false;
		uart->written = 0;
		uart_ll_clr_intsts_mask(uart->hw, TRANSMIT);
		uart_ll_ena_intr_mask(uart->hw, TRANSMIT);
		fill(uart);
		uart->lookUs = nowUs + rs485CoreWireUs(&uart->core, uart->core.txLength) + uart->charUs;
	}
	if (actions & RS485_DO_RELEASE) {
		setEnable(uart);
		uart_ll_rxfifo_rst(uart->hw);
		uart_ll_clr_intsts_mask(uart->hw, RECEIVE);
		uart_ll_set_rxfifo_full_thr(uart->hw, 1);
		uart_ll_ena_intr_mask(uart->hw, RECEIVE);
		uart->early = 0;
		uart->endUs = RS485_NEVER;
	}
	return actions & (RS485_DO_WRITABLE | RS485_DO_READABLE);
}

/* The UART says, or may have forgotten to say, that everything is out. */
static ISR_CODE uint32_t sent(Rs485Uart *uart, uint64_t nowUs) {
	if (uart->written < uart->core.txLength || !uart_ll_is_tx_idle(uart->hw)) {
		/* The last stop bit is still on the line; or the FIFO ran empty, because the handler came late. */
		uart->lookUs = nowUs + uart->bitUs;
		return 0;
	}
	if (!uart->lingered && lineActive(uart)) {
		/* The end of our own echo, from a transceiver that has one: it must be in the FIFO when that is emptied. */
		uart->lingered = true;
		uart->lookUs = nowUs + uart->bitUs;
		return 0;
	}
	uart_ll_disable_intr_mask(uart->hw, TRANSMIT);
	uart->sending = false;
	return act(uart, rs485CoreTxDone(&uart->core, nowUs), nowUs);
}

static ISR_CODE uint32_t transmit(Rs485Uart *uart, uint32_t status, uint64_t nowUs) {
	if (!uart->sending) return 0;
	if (status & UART_INTR_TXFIFO_EMPTY) fill(uart);
	return status & UART_INTR_TX_DONE ? sent(uart, nowUs) : 0;
}

/* Receiving */

static ISR_CODE unsigned flagsOf(uint32_t status) {
	return (status & UART_INTR_PARITY_ERR ? RS485_RX_PARITY : 0u) | (status & UART_INTR_FRAM_ERR ? RS485_RX_FRAMING : 0u) |
		(status & UART_INTR_BRK_DET ? RS485_RX_BREAK : 0u);
}

/* A character has begun: the line is not quiet, until it is there. */
static ISR_CODE uint32_t begun(Rs485Uart *uart, uint64_t startUs) {
	return rs485CoreRxStart(&uart->core, startUs > uart->core.lastEndUs ? startUs : uart->core.lastEndUs);
}

/*
 * Gives the first `count` characters of the FIFO to the core. What lies in the FIFO together had no pause of T3.5
 * in it, so it belongs together whatever its times are: only the end of the last one counts.
 */
static ISR_CODE uint32_t feed(Rs485Uart *uart, uint32_t count, uint32_t bad, unsigned flags, uint64_t endUs) {
	uint32_t actions = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint8_t byte;
		uart_ll_read_rxfifo(uart->hw, &byte, 1);
		actions |= begun(uart, 0);
		uint64_t atUs = i + 1 == count ? endUs : endUs > uart->charUs ? endUs - uart->charUs : 0;
		actions |= rs485CoreRx(&uart->core, byte, i == bad ? flags : 0, atUs);
	}
	return actions;
}

/* A time-out now: when the last character ended, at the latest. */
static ISR_CODE uint64_t silentSince(const Rs485Uart *uart, uint64_t nowUs) {
	return nowUs > uart->timeoutUs ? nowUs - uart->timeoutUs : 0;
}

static ISR_CODE uint32_t receive(Rs485Uart *uart, uint32_t status, bool all, uint64_t nowUs) {
	Rs485Core *core = &uart->core;
	uint32_t actions = 0;
	unsigned flags = flagsOf(status);
	uart_ll_clr_intsts_mask(uart->hw, status & ERRORS);
	uint32_t count = uart_ll_get_rxfifo_len(uart->hw), room = rs485CoreRoom(core);
	bool silent = status & UART_INTR_RXFIFO_TOUT;

	/* The first one after a pause: when it began decides whether the pause was one of T3.5. */
	if (count > 0 && !core->inCharacter) {
		uint64_t ago = (uint64_t)count * uart->charUs + RS485_UART_SLACK_US;
		actions |= begun(uart, nowUs > ago ? nowUs - ago : 0);
	}

	uint32_t bad = count - 1;
	if (uart->early && count > 0) {
		bad = 0;
		flags |= uart->early;
		uart->early = 0;
	} else if (flags && uart->hw->fsm_status.st_urx_out >= FSM_DATA_OVER) {
		/* Told before the character is in the FIFO: it will be the next. */
		uart->early = (uint8_t)flags;
		flags = 0;
		all = true;
	}
	uint32_t take = count;
	if (count > 0 && !all && !flags && !(status & UART_INTR_RXFIFO_OVF) && count < room) take--;
	uint64_t endUs = silent ? silentSince(uart, nowUs) : nowUs + uart->marginUs;
	uart->endUs = silent && take < count ? endUs : RS485_NEVER;
	if (take > 0) actions |= feed(uart, take, bad, flags, endUs);
	else if (flags) actions |= rs485CoreLineError(core, flags, endUs); /* its character has been read already */
	if (status & UART_INTR_RXFIFO_OVF) actions |= rs485CoreLineError(core, RS485_RX_OVERRUN, endUs);

	uint32_t threshold = 1;
	if (take < count) {
		actions |= begun(uart, 0);
		room = rs485CoreRoom(core);
		threshold = room < RS485_UART_THRESHOLD ? room : RS485_UART_THRESHOLD;
	}
	uart_ll_set_rxfifo_full_thr(uart->hw, (uint16_t)threshold);
	/* Only what was seen: a time-out that came since must not be lost. */
	uart_ll_clr_intsts_mask(uart->hw, status & (UART_INTR_RXFIFO_FULL | UART_INTR_RXFIFO_TOUT));
	return actions;
}

/* Both */

/*
 * Characters are in the FIFO, the last one at least. When that one ended T3.5 ago it goes to the core, which then sees the
 * silence. Sets *goesOn when the line is in use.
 */
static ISR_CODE uint32_t finish(Rs485Uart *uart, bool *goesOn, uint64_t nowUs) {
	Rs485Core *core = &uart->core;
	uint32_t actions = 0, status = uart_ll_get_intsts_mask(uart->hw);
	*goesOn = true;
	/* The timer may come before the UART's own interrupt. */
	if (status) actions = receive(uart, status, false, nowUs);
	/* A frame of ours that has waited too long. */
	if (nowUs >= rs485CoreBusyAt(core)) {
		*goesOn = false;
		return actions | receive(uart, 0, true, nowUs);
	}
	if (uart->endUs == RS485_NEVER || nowUs < uart->endUs + core->endUs) return actions;
	if (uart_ll_get_rxfifo_len(uart->hw) > 1) {
		/* More has come since: there will be another time-out. */
		uart->endUs = RS485_NEVER;
		return actions;
	}
	bool active = lineActive(uart);
	/* What is on the line now has begun at most a character ago. */
	uint64_t beganUs = nowUs > uart->charUs ? nowUs - uart->charUs : 0;
	if (active && beganUs < uart->endUs + core->endUs) {
		/* If it is no more than a spike, the frame ends T3.5 from here. */
		uart->endUs = nowUs;
		return actions;
	}
	*goesOn = false;
	actions |= feed(uart, 1, 1, 0, uart->endUs);
	uart->endUs = RS485_NEVER;
	uart_ll_set_rxfifo_full_thr(uart->hw, 1);
	if (active) actions |= begun(uart, beganUs);
	return actions;
}

/* What is due: by the timer, or because a frame waits. */
static ISR_CODE uint32_t service(Rs485Uart *uart, uint64_t nowUs) {
	Rs485Core *core = &uart->core;
	if (uart->sending) return nowUs >= uart->lookUs ? sent(uart, nowUs) : 0;
	if (core->enabled) return act(uart, rs485CoreTick(core, nowUs), nowUs);
	uint32_t actions = 0;
	if (uart_ll_get_rxfifo_len(uart->hw) > 0) {
		bool goesOn;
		actions = finish(uart, &goesOn, nowUs);
		if (goesOn && uart_ll_get_rxfifo_len(uart->hw) > 0) return actions;
	} else if (!core->inCharacter && lineActive(uart)) {
		uint64_t quietUs = core->lastEndUs + core->endUs;
		/* It began just before, or, when we are late, at most a character ago. */
		uint64_t beganUs = nowUs > uart->charUs ? nowUs - uart->charUs : 0;
		if (nowUs >= quietUs) actions = begun(uart, beganUs > quietUs - 1 ? beganUs : quietUs - 1);
	}
	return actions | act(uart, rs485CoreTick(core, nowUs), nowUs);
}

static ISR_CODE void arm(Rs485Uart *uart) {
	const Rs485Core *core = &uart->core;
	uint64_t atUs = uart->sending ? uart->lookUs : rs485CoreDeadline(core);
	if (!core->enabled && uart_ll_get_rxfifo_len(uart->hw) > 0) {
		atUs = rs485CoreBusyAt(core);
		if (uart->endUs != RS485_NEVER && uart->endUs + core->endUs < atUs) atUs = uart->endUs + core->endUs;
	}
	if (atUs == uart->armedUs) return;
	uart->armedUs = atUs;
	gptimer_alarm_config_t alarm = {.alarm_count = atUs};
	/* One that is in the past rings at once. */
	gptimer_set_alarm_action(uart->timer, atUs == RS485_NEVER ? NULL : &alarm);
}

static ISR_CODE void onUart(void *refcon) {
	Rs485Uart *uart = refcon;
	portENTER_CRITICAL_ISR(&uart->lock);
	uint64_t nowUs = rs485UartNowUs(uart);
	uint32_t status = uart_ll_get_intsts_mask(uart->hw), actions = 0;
	if (uart->core.enabled) {
		uart_ll_clr_intsts_mask(uart->hw, status);
		actions = transmit(uart, status, nowUs);
	} else if (status) {
		/* Nothing, when the timer came first and has seen to it. */
		actions = receive(uart, status, false, nowUs);
	}
	actions &= RS485_DO_WRITABLE | RS485_DO_READABLE;
	arm(uart);
	portEXIT_CRITICAL_ISR(&uart->lock);
	if (actions && uart->told(uart->refcon, actions)) portYIELD_FROM_ISR();
}

static ISR_CODE bool onTimer(gptimer_handle_t timer, const gptimer_alarm_event_data_t *event, void *refcon) {
	(void)timer;
	(void)event;
	Rs485Uart *uart = refcon;
	portENTER_CRITICAL_ISR(&uart->lock);
	uart->armedUs = RS485_NEVER;
	uint32_t actions = service(uart, rs485UartNowUs(uart)) & (RS485_DO_WRITABLE | RS485_DO_READABLE);
	arm(uart);
	portEXIT_CRITICAL_ISR(&uart->lock);
	return actions && uart->told(uart->refcon, actions);
}

void rs485UartKick(Rs485Uart *uart) {
	portENTER_CRITICAL(&uart->lock);
	uint32_t actions = service(uart, rs485UartNowUs(uart)) & (RS485_DO_WRITABLE | RS485_DO_READABLE);
	arm(uart);
	portEXIT_CRITICAL(&uart->lock);
	if (actions) (void)uart->told(uart->refcon, actions);
}

/* Opening */

static const char *openTimer(Rs485Uart *uart) {
	const gptimer_config_t config = {
		.clk_src = GPTIMER_CLK_SRC_DEFAULT, .direction = GPTIMER_COUNT_UP, .resolution_hz = 1000000};
	const gptimer_event_callbacks_t callbacks = {.on_alarm = onTimer};
	if (gptimer_new_timer(&config, &uart->timer) != ESP_OK) return "no free timer";
	if (gptimer_register_event_callbacks(uart->timer, &callbacks, uart) != ESP_OK || gptimer_enable(uart->timer) != ESP_OK) {
		gptimer_del_timer(uart->timer);
		uart->timer = NULL;
		return "the timer's interrupt cannot be had";
	}
	if (gptimer_start(uart->timer) != ESP_OK) return "the timer cannot be started";
	return NULL;
}

static const char *openUart(Rs485Uart *uart, const Rs485UartConfig *config) {
	static const uart_parity_t parities[] = {UART_PARITY_DISABLE, UART_PARITY_EVEN, UART_PARITY_ODD};
	const uart_config_t line = {
		.baud_rate = (int)config->line.baud,
		.data_bits = UART_DATA_8_BITS,
		.parity = parities[config->line.parity],
		.stop_bits = config->line.stopBits == 2 ? UART_STOP_BITS_2 : UART_STOP_BITS_1,
		.flow_ctrl = UART_HW_FLOWCTRL_DISABLE,
		.source_clk = UART_SCLK_DEFAULT,
	};
	if (uart_param_config(uart->port, &line) != ESP_OK) return "the UART refuses this speed or format";
	uart->hw = UART_LL_GET_HW(uart->port);
	uart_ll_disable_intr_mask(uart->hw, UART_LL_INTR_MASK);
	uart_ll_set_mode(uart->hw, UART_MODE_RS485_HALF_DUPLEX);
	/* Before the pin is the UART's, so that a driver is never switched on by it. */
	setEnable(uart);
	int enable = config->enable == RS485_UART_NO_PIN ? UART_PIN_NO_CHANGE : config->enable;
	/* A transceiver with its two enable pins tied together lets go of the receive pin while it sends, one that is not there always. */
	if (uart_set_pin(uart->port, config->transmit, config->receive, enable, UART_PIN_NO_CHANGE) != ESP_OK ||
		gpio_set_pull_mode(config->receive, GPIO_PULLUP_ONLY) != ESP_OK)
		return "a pin cannot be used for this";
	uart_ll_set_rx_tout(uart->hw, uart->timeoutBits);
	uart_ll_set_rxfifo_full_thr(uart->hw, 1);
	uart_ll_set_txfifo_empty_thr(uart->hw, REFILL);
	uart_ll_rxfifo_rst(uart->hw);
	uart_ll_clr_intsts_mask(uart->hw, UART_LL_INTR_MASK);
	if (esp_intr_alloc(uart_periph_signal[uart->port].irq, ESP_INTR_FLAG_LOWMED | ESP_INTR_FLAG_IRAM, onUart, uart,
			&uart->interrupt) != ESP_OK)
		return "the UART's interrupt cannot be had";
	return NULL;
}

const char *rs485UartOpen(Rs485Uart *uart, const Rs485UartConfig *config, Rs485UartTold told, void *refcon) {
	if (config->port < 1 || config->port > 2) return "port must be 1 or 2";
	Rs485Config line = config->line;
	uint32_t bits = rs485CharacterBits(line.parity, line.stopBits);
	uint64_t perBit = 1000000;
	uart->bitUs = (uint32_t)((perBit + line.baud - 1) / line.baud);
	line.leadUs = config->enable == RS485_UART_NO_PIN ? 0 : uart->bitUs;
	line.trailUs = line.endMinUs = line.lateUs = 0;
	const char *wrong = rs485CoreInit(&uart->core, &line, 0);
	if (wrong) return wrong;
	uart->charUs = (uint32_t)rs485CoreWireUs(&uart->core, 1);
	/* The UART knows a character in the middle of its first stop bit at the earliest. */
	/*
	 * A character and a half; less if T3.5 is no 3.5 characters. In T3.5 there must be time for a time-out, a late interrupt
	 * about it, and another time-out.
	 */
	uart->timeoutBits = (uint16_t)(bits * 3 / 2);
	uint64_t half = (uart->core.silenceUs / 2 - LATE_US) * line.baud / perBit;
	if (half < uart->timeoutBits) uart->timeoutBits = (uint16_t)half;
	uart->marginUs = (uint32_t)((line.stopBits * perBit + line.baud - 1) / line.baud);
	uart->timeoutUs = (uint32_t)((uart->timeoutBits - line.stopBits) * perBit / line.baud);
	uart->armedUs = uart->endUs = RS485_NEVER;
	uart->told = told;
	uart->refcon = refcon;
	uart->port = config->port;
	portMUX_INITIALIZE(&uart->lock);
	unsigned bit = 1u << config->port;
	if (uart_is_driver_installed(config->port) || (atomic_fetch_or(&openPorts, bit) & bit)) return "the port is in use";
	uart->opened = true;
	wrong = openTimer(uart);
	if (!wrong) wrong = openUart(uart, config);
	if (wrong) rs485UartClose(uart);
	else uart_ll_ena_intr_mask(uart->hw, RECEIVE);
	return wrong;
}

void rs485UartClose(Rs485Uart *uart) {
	if (!uart->opened) return;
	uart->opened = false;
	if (uart->hw) uart_ll_disable_intr_mask(uart->hw, UART_LL_INTR_MASK);
	if (uart->interrupt) esp_intr_free(uart->interrupt);
	if (uart->timer) {
		gptimer_stop(uart->timer);
		gptimer_disable(uart->timer);
		gptimer_del_timer(uart->timer);
	}
	if (uart->hw) {
		uart_ll_txfifo_rst(uart->hw);
		uart->core.enabled = false;
		setEnable(uart);
		uart_ll_clr_intsts_mask(uart->hw, UART_LL_INTR_MASK);
	}
	uart->interrupt = NULL;
	uart->timer = NULL;
	uart->hw = NULL;
	atomic_fetch_and(&openPorts, ~(1u << uart->port));
}
