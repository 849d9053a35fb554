#include "rs485_core.h"
#include "../isr.h"

#include <string.h>

enum { TX_IDLE, TX_WAIT, TX_LEAD, TX_SEND, TX_TRAIL };
enum { FRAMES_RECEIVED, FRAMES_SENT, BYTES_RECEIVED, BYTES_SENT, PARITY, FRAMING, OVERRUN, FULL, BREAKS, BUSY };

/* The line side is the only writer of the counters, so a plain read, add and store is enough. */
static ISR_CODE void count(Rs485Core *core, unsigned which, uint32_t by) {
	unsigned value = atomic_load_explicit(&core->counters[which], memory_order_relaxed);
	atomic_store_explicit(&core->counters[which], value + by, memory_order_relaxed);
}

static ISR_CODE unsigned txState(const Rs485Core *core) {
	return atomic_load_explicit(&core->txState, memory_order_acquire);
}

static ISR_CODE void setTxState(Rs485Core *core, unsigned state) {
	atomic_store_explicit(&core->txState, state, memory_order_release);
}

/* While DE is asserted the receiver hears only ourselves. */
static ISR_CODE bool muted(const Rs485Core *core) {
	return txState(core) >= TX_LEAD;
}

uint32_t rs485CharacterBits(uint8_t parity, uint8_t stopBits) {
	return 1u + 8u + (parity == RS485_PARITY_NONE ? 0u : 1u) + stopBits;
}

uint32_t rs485SilenceUs(uint32_t baud, uint32_t bits) {
	if (baud > 19200) return 1750;
	return (7u * bits * 500000u + baud - 1) / baud;
}

const char *rs485CauseName(unsigned cause) {
	static const char *const names[] = {"silence", "count", "full", "parity", "framing", "overrun", "break"};
	return cause < RS485_CAUSES ? names[cause] : "unknown";
}

const char *rs485CoreInit(Rs485Core *core, const Rs485Config *config, uint64_t nowUs) {
	if (config->baud < 1200 || config->baud > 115200) return "baud must be 1200 to 115200";
	if (config->parity > RS485_PARITY_ODD) return "parity must be none, even or odd";
	if (config->stopBits < 1 || config->stopBits > 2) return "stop must be 1 or 2";
	memset(core, 0, sizeof *core);
	core->config = *config;
	uint32_t bits = rs485CharacterBits(config->parity, config->stopBits);
	core->charNs = (uint32_t)(bits * UINT64_C(1000000000) / config->baud);
	core->silenceUs = rs485SilenceUs(config->baud, bits);
	core->endUs = core->silenceUs > config->endMinUs ? core->silenceUs : config->endMinUs;
	core->busyLimitUs = (uint32_t)(2u * 256u * (uint64_t)core->charNs / 1000u) + core->endUs + config->lateUs;
	core->lastEndUs = nowUs;
	return NULL;
}

ISR_CODE uint64_t rs485CoreWireUs(const Rs485Core *core, uint32_t characters) {
	return ((uint64_t)characters * core->charNs + 999) / 1000;
}

ISR_CODE bool rs485CoreEnableLevel(const Rs485Core *core) {
	return core->enabled != core->config.enableInvert;
}

static ISR_CODE bool receiving(const Rs485Core *core) {
	return core->open > 0 || core->dropping;
}

/* When the line is free: what is coming in has ended, and T3.5 is over. */
static ISR_CODE uint64_t quietAt(const Rs485Core *core) {
	return core->lastEndUs + (receiving(core) ? core->endUs : core->silenceUs) + core->config.lateUs;
}

/* Ends the open hand-over, also an empty one. */
static ISR_CODE uint32_t handOver(Rs485Core *core, Rs485Cause cause) {
	unsigned head = atomic_load_explicit(&core->recordHead, memory_order_relaxed);
	unsigned tail = atomic_load_explicit(&core->recordTail, memory_order_acquire);
	if (head - tail == RS485_HANDOVERS) {
		/* Without a record nobody could tell these bytes from the next ones: they are dropped. */
		core->ringHead -= core->open;
		core->open = 0;
		count(core, FULL, 1);
		return RS485_DO_READABLE;
	}
	if (core->open > 0 && (cause == RS485_SILENCE || cause == RS485_COUNT)) count(core, FRAMES_RECEIVED, 1);
	core->records[head % RS485_HANDOVERS].length = (uint16_t)core->open;
	core->records[head % RS485_HANDOVERS].cause = (uint8_t)cause;
	core->open = 0;
	atomic_store_explicit(&core->recordHead, head + 1, memory_order_release);
	return RS485_DO_READABLE;
}

static ISR_CODE uint32_t room(const Rs485Core *core) {
	return RS485_RING - (core->ringHead - atomic_load_explicit(&core->ringTail, memory_order_acquire));
}

ISR_CODE uint32_t rs485CoreRoom(const Rs485Core *core) {
	uint32_t left = room(core) + 1;
	if (core->expect > core->open && core->expect - core->open < left) left = core->expect - core->open;
	return left;
}

static ISR_CODE uint32_t silence(Rs485Core *core) {
	core->dropping = false;
	return core->open > 0 ? handOver(core, RS485_SILENCE) : 0;
}

/* Counts what the flags say; the cause of the hand-over that ends now. */
static ISR_CODE Rs485Cause lineError(Rs485Core *core, unsigned flags) {
	/* A break also looks like a framing error, and on some receivers like a parity error: the strongest one counts. */
	if (flags & RS485_RX_BREAK) {
		count(core, BREAKS, 1);
		return RS485_BREAK;
	}
	if (flags & RS485_RX_FRAMING) {
		count(core, FRAMING, 1);
		return RS485_FRAMING;
	}
	if (flags & RS485_RX_PARITY) {
		count(core, PARITY, 1);
		return RS485_PARITY;
	}
	count(core, OVERRUN, 1);
	return RS485_OVERRUN;
}

static ISR_CODE void activity(Rs485Core *core, uint64_t endUs) {
	core->inCharacter = false;
	if (endUs > core->lastEndUs) core->lastEndUs = endUs;
}

static ISR_CODE bool silentUntil(const Rs485Core *core, uint64_t startUs) {
	return startUs >= core->lastEndUs + core->endUs;
}

ISR_CODE uint32_t rs485CoreRx(Rs485Core *core, uint8_t byte, unsigned flags, uint64_t endUs) {
	if (muted(core)) return 0;
	uint32_t actions = 0;
	uint64_t wireUs = core->charNs / 1000;
	uint64_t startUs = core->inCharacter ? core->startUs : endUs > wireUs ? endUs - wireUs : 0;
	if (silentUntil(core, startUs)) actions |= silence(core);
	activity(core, endUs);
	count(core, BYTES_RECEIVED, 1);
	if (flags & RS485_RX_OVERRUN) {
		count(core, OVERRUN, 1);
		if (!core->dropping) actions |= handOver(core, RS485_OVERRUN);
		flags &= ~(unsigned)RS485_RX_OVERRUN;
	}
	if (flags) {
		/* A bad character stands alone: it joins neither what came before nor what follows. */
		Rs485Cause cause = lineError(core, flags);
		if (core->dropping) return actions;
		if (core->open > 0) actions |= handOver(core, cause);
		if (cause != RS485_BREAK && room(core) > 0) {
			core->ring[core->ringHead++ % RS485_RING] = byte;
			core->open = 1;
		}
		return actions | handOver(core, cause);
	}
	if (core->dropping) return actions;
	if (room(core) == 0) {
		core->dropping = true;
		count(core, FULL, 1);
		return actions | handOver(core, RS485_FULL);
	}
	core->ring[core->ringHead++ % RS485_RING] = byte;
	core->open++;
	if (core->expect > 0 && core->open >= core->expect) {
		core->expect = 0;
		actions |= handOver(core, RS485_COUNT);
	}
	return actions;
}

ISR_CODE uint32_t rs485CoreRxStart(Rs485Core *core, uint64_t startUs) {
	if (muted(core) || core->inCharacter) return 0;
	uint32_t actions = silentUntil(core, startUs) ? silence(core) : 0;
	core->inCharacter = true;
	core->startUs = startUs;
	return actions;
}

ISR_CODE uint32_t rs485CoreLineError(Rs485Core *core, unsigned flags, uint64_t timeUs) {
	if (muted(core) || !flags) return 0;
	uint32_t actions = silentUntil(core, timeUs) ? silence(core) : 0;
	activity(core, timeUs);
	Rs485Cause cause = lineError(core, flags);
	return core->dropping ? actions : actions | handOver(core, cause);
}

/* A start bit that no character follows was a spike; two characters later it no longer holds up the line. */
static ISR_CODE uint64_t falseStartAt(const Rs485Core *core) {
	return core->startUs + rs485CoreWireUs(core, 2) + core->config.lateUs;
}

static ISR_CODE uint64_t busyAt(const Rs485Core *core) {
	return core->txAskedUs + core->busyLimitUs;
}

ISR_CODE uint64_t rs485CoreBusyAt(const Rs485Core *core) {
	return txState(core) == TX_WAIT ? busyAt(core) : RS485_NEVER;
}

ISR_CODE uint64_t rs485CoreDeadline(const Rs485Core *core) {
	unsigned state = txState(core);
	if (state == TX_SEND) return RS485_NEVER;
	if (state == TX_LEAD || state == TX_TRAIL) return core->txAtUs;
	uint64_t at = RS485_NEVER;
	if (core->inCharacter) at = falseStartAt(core);
	else if (receiving(core) || state == TX_WAIT) at = quietAt(core);
	if (state == TX_WAIT && busyAt(core) < at) at = busyAt(core);
	return at;
}

static ISR_CODE uint32_t release(Rs485Core *core) {
	core->enabled = false;
	core->expect = core->txExpect;
	count(core, FRAMES_SENT, 1);
	count(core, BYTES_SENT, core->txLength);
	setTxState(core, TX_IDLE);
	return RS485_DO_RELEASE | RS485_DO_WRITABLE;
}

ISR_CODE uint32_t rs485CoreTick(Rs485Core *core, uint64_t nowUs) {
	uint32_t actions = 0;
	unsigned state = txState(core);
	if (state == TX_LEAD && nowUs >= core->txAtUs) {
		setTxState(core, TX_SEND);
		return RS485_DO_SEND;
	}
	if (state == TX_TRAIL && nowUs >= core->txAtUs) return release(core);
	if (state >= TX_LEAD) return 0;

	if (core->inCharacter && nowUs >= falseStartAt(core)) activity(core, core->startUs);
	bool quiet = !core->inCharacter && nowUs >= quietAt(core);
	if (quiet) actions |= silence(core);
	if (state != TX_WAIT) return actions;

	if (!quiet) {
		if (nowUs < busyAt(core)) return actions;
		count(core, BUSY, 1);
		/* What was coming in is cut off by our own sending. */
		if (core->open > 0) actions |= handOver(core, lineError(core, RS485_RX_OVERRUN));
		core->inCharacter = false;
		core->dropping = false;
	}
	core->enabled = true;
	core->expect = 0;
	actions |= RS485_DO_ENABLE;
	if (core->config.leadUs > 0) {
		core->txAtUs = nowUs + core->config.leadUs;
		setTxState(core, TX_LEAD);
		return actions;
	}
	setTxState(core, TX_SEND);
	return actions | RS485_DO_SEND;
}

ISR_CODE uint32_t rs485CoreTxDone(Rs485Core *core, uint64_t endUs) {
	if (txState(core) != TX_SEND) return 0;
	core->lastEndUs = endUs;
	if (core->config.trailUs == 0) return release(core);
	core->txAtUs = endUs + core->config.trailUs;
	setTxState(core, TX_TRAIL);
	return 0;
}

int32_t rs485CoreTake(Rs485Core *core, uint8_t *buffer, uint32_t size, uint8_t *cause) {
	unsigned tail = atomic_load_explicit(&core->recordTail, memory_order_relaxed);
	if (tail == atomic_load_explicit(&core->recordHead, memory_order_acquire)) return -1;
	uint32_t length = core->records[tail % RS485_HANDOVERS].length;
	*cause = core->records[tail % RS485_HANDOVERS].cause;
	unsigned from = atomic_load_explicit(&core->ringTail, memory_order_relaxed);
	uint32_t copied = length < size ? length : size;
	for (uint32_t i = 0; i < copied; i++) buffer[i] = core->ring[(from + i) % RS485_RING];
	atomic_store_explicit(&core->ringTail, from + length, memory_order_release);
	atomic_store_explicit(&core->recordTail, tail + 1, memory_order_release);
	return (int32_t)copied;
}

bool rs485CoreWrite(Rs485Core *core, const uint8_t *frame, uint32_t length, uint32_t expect, uint64_t nowUs) {
	if (txState(core) != TX_IDLE || length == 0 || length > RS485_FRAME_MAX) return false;
	memcpy(core->tx, frame, length);
	core->txLength = (uint16_t)length;
	core->txExpect = expect;
	core->txAskedUs = nowUs;
	setTxState(core, TX_WAIT);
	return true;
}

bool rs485CoreSending(const Rs485Core *core) {
	return txState(core) != TX_IDLE;
}

Rs485Counters rs485CoreCounters(const Rs485Core *core) {
	uint32_t v[10];
	for (unsigned i = 0; i < 10; i++) v[i] = atomic_load_explicit(&core->counters[i], memory_order_relaxed);
	return (Rs485Counters){v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9]};
}
