#include "can_core.h"

#include <string.h>

enum { RECEIVED, SENT, FILTERED, OVERFLOW, BUS_ERRORS, BUS_OFF, DROPPED, COUNTERS };

static CAN_ISR unsigned get(const atomic_uint *value) {
	return atomic_load_explicit(value, memory_order_acquire);
}

static CAN_ISR void set(atomic_uint *value, unsigned to) {
	atomic_store_explicit(value, to, memory_order_release);
}

/* The bus side is the only writer of the counters. */
static CAN_ISR void count(CanCore *core, unsigned which, uint32_t by) {
	set(&core->counters[which], get(&core->counters[which]) + by);
}

const char *canStateName(unsigned state) {
	static const char *const names[] = {"active", "warning", "passive", "bus-off"};
	return state <= CAN_BUS_OFF ? names[state] : "unknown";
}

static uint32_t idMask(bool extended) {
	return extended ? 0x1FFFFFFFu : 0x7FFu;
}

const char *canFrameCheck(const CanFrame *frame) {
	if (frame->flags & ~(CAN_EXTENDED | CAN_REMOTE)) return "unknown flags";
	if (frame->id > idMask(frame->flags & CAN_EXTENDED))
		return frame->flags & CAN_EXTENDED ? "id must be 0 to 0x1FFFFFFF" : "id must be 0 to 0x7FF";
	if (frame->length > 8) return "a frame has 0 to 8 bytes";
	return NULL;
}

const char *canCoreInit(CanCore *core, const CanConfig *config) {
	static const uint32_t bitrates[] = {125000, 250000, 500000, 800000, 1000000};
	bool known = false;
	for (unsigned i = 0; i < sizeof bitrates / sizeof *bitrates; i++) known = known || bitrates[i] == config->bitrate;
	if (!known) return "bitrate must be 125000, 250000, 500000, 800000 or 1000000";
	if (config->mode > CAN_MODE_SELFTEST) return "mode must be normal, listen or selftest";
	if (config->filterCount > CAN_FILTERS) return "there may be 16 filters";
	for (unsigned i = 0; i < config->filterCount; i++)
		if ((config->filters[i].id | config->filters[i].mask) > idMask(config->filters[i].extended))
			return "id and mask of a filter must fit its format";
	memset(core, 0, sizeof *core);
	core->config = *config;
	core->recoverUs = CAN_RECOVER_MIN_US;
	core->offAtUs = CAN_NEVER;
	return NULL;
}

CAN_ISR bool canFilterPasses(const CanConfig *config, const CanFrame *frame) {
	if (config->filterCount == 0) return true;
	for (unsigned i = 0; i < config->filterCount; i++) {
		const CanFilter *filter = &config->filters[i];
		if (filter->extended == ((frame->flags & CAN_EXTENDED) != 0) && ((frame->id ^ filter->id) & filter->mask) == 0)
			return true;
	}
	return false;
}

uint32_t canFrameRank(const CanFrame *frame) {
	uint32_t remote = frame->flags & CAN_REMOTE ? 1 : 0;
	/* Bits in their order on the bus: 11 of id, RTR or SRR, IDE, 18 of id, RTR. */
	if (!(frame->flags & CAN_EXTENDED)) return frame->id << 21 | remote << 20;
	return (frame->id >> 18) << 21 | 3u << 19 | (frame->id & 0x3FFFF) << 1 | remote;
}

typedef struct {
	uint32_t bits; /* so far, stuff bits included */
	uint32_t crc;
	uint8_t last, run;
} Stuffing;

static void put(Stuffing *stuffing, uint32_t value, unsigned width) {
	while (width-- > 0) {
		uint8_t bit = value >> width & 1;
		/* CRC-15-CAN: x15 + x14 + x10 + x8 + x7 + x4 + x3 + 1 */
		bool carry = ((stuffing->crc >> 14) & 1) != bit;
		stuffing->crc = stuffing->crc << 1 & 0x7FFF;
		if (carry) stuffing->crc ^= 0x4599;
		stuffing->bits++;
		stuffing->run = bit == stuffing->last ? (uint8_t)(stuffing->run + 1) : 1;
		stuffing->last = bit;
		if (stuffing->run < 5) continue;
		/* After five equal bits comes one of the other kind, which begins a new run. */
		stuffing->bits++;
		stuffing->last = !bit;
		stuffing->run = 1;
	}
}

uint32_t canFrameBits(const CanFrame *frame) {
	Stuffing stuffing = {.last = 1};
	uint32_t remote = frame->flags & CAN_REMOTE ? 1 : 0;
	put(&stuffing, 0, 1); /* start of frame */
	if (frame->flags & CAN_EXTENDED) {
		put(&stuffing, frame->id >> 18, 11);
		put(&stuffing, 3, 2); /* SRR, IDE */
		put(&stuffing, frame->id & 0x3FFFF, 18);
		put(&stuffing, remote << 2, 3); /* RTR, r1, r0 */
	} else {
		put(&stuffing, frame->id, 11);
		put(&stuffing, remote << 2, 3); /* RTR, IDE, r0 */
	}
	put(&stuffing, frame->length, 4);
	if (!remote)
		for (unsigned i = 0; i < frame->length; i++) put(&stuffing, frame->data[i], 8);
	put(&stuffing, stuffing.crc, 15);
	/* CRC delimiter, ACK slot and delimiter, end of frame, intermission: without stuff bits */
	return stuffing.bits + 1 + 2 + 7 + 3;
}

static CAN_ISR uint32_t enqueue(CanCore *core, const CanFrame *frame) {
	if (!canFilterPasses(&core->config, frame)) {
		count(core, FILTERED, 1);
		return 0;
	}
	unsigned head = get(&core->rxHead);
	if (head - get(&core->rxTail) == CAN_RX_QUEUE) {
		count(core, OVERFLOW, 1);
		unsigned taken = get(&core->taken);
		if (core->overflowTold && core->takenAtOverflow == taken) return 0;
		core->overflowTold = true;
		core->takenAtOverflow = taken;
		return CAN_DO_OVERFLOW;
	}
	core->rx[head % CAN_RX_QUEUE] = *frame;
	count(core, RECEIVED, 1);
	set(&core->rxHead, head + 1);
	return CAN_DO_READABLE;
}

CAN_ISR uint32_t canCoreRx(CanCore *core, const CanFrame *frame, uint64_t nowUs) {
	uint32_t actions = enqueue(core, frame);
	if (core->config.countErrors && core->rec > 0 && get(&core->state) != CAN_BUS_OFF)
		actions |= canCoreErrors(core, core->tec, core->rec - 1u, false, nowUs);
	return actions;
}

CAN_ISR const CanFrame *canCoreTxNext(const CanCore *core) {
	if (get(&core->state) == CAN_BUS_OFF) return NULL;
	unsigned tail = get(&core->txTail);
	return tail == get(&core->txHead) ? NULL : &core->tx[tail % CAN_TX_QUEUE];
}

/* A command that waited for the bus must not come out seconds later. */
static CAN_ISR void dropWaiting(CanCore *core) {
	unsigned head = get(&core->txHead);
	count(core, DROPPED, head - get(&core->txTail));
	set(&core->txTail, head);
}

static CAN_ISR uint32_t enter(CanCore *core, CanState state, uint64_t nowUs) {
	if (get(&core->state) == state) return 0;
	uint32_t actions = CAN_DO_STATE;
	if (state == CAN_BUS_OFF) {
		count(core, BUS_OFF, 1);
		dropWaiting(core);
		if (core->recoveredAtUs && nowUs - core->recoveredAtUs >= CAN_FORGIVE_US) core->recoverUs = CAN_RECOVER_MIN_US;
		core->offAtUs = nowUs;
		actions |= CAN_DO_FLUSH;
	} else if (get(&core->state) == CAN_BUS_OFF) {
		dropWaiting(core); /* what a writer put in while the state changed */
		core->offAtUs = CAN_NEVER;
		core->recoveredAtUs = nowUs;
	}
	set(&core->state, state);
	return actions;
}

CAN_ISR uint32_t canCoreErrors(CanCore *core, unsigned tec, unsigned rec, bool busOff, uint64_t nowUs) {
	core->tec = (uint16_t)(tec > 256 ? 256 : tec);
	core->rec = (uint16_t)(rec > 256 ? 256 : rec);
	unsigned worst = tec > rec ? tec : rec;
	CanState state = busOff || tec >= 256 ? CAN_BUS_OFF : worst >= 128 ? CAN_PASSIVE : worst >= 96 ? CAN_WARNING : CAN_ACTIVE;
	return enter(core, state, nowUs);
}

CAN_ISR void canCoreCountError(CanCore *core) {
	count(core, BUS_ERRORS, 1);
}

uint32_t canCoreBusError(CanCore *core, bool transmitting, uint64_t nowUs) {
	canCoreCountError(core);
	if (get(&core->state) == CAN_BUS_OFF) return 0;
	/* ISO 11898-1, 8.3.1: a transmitter counts 8 up, a receiver 1; each good frame counts 1 down. */
	unsigned tec = core->tec + (transmitting ? 8u : 0u), rec = core->rec + (transmitting ? 0u : 1u);
	return canCoreErrors(core, tec, rec > 135 ? 135 : rec, false, nowUs);
}

CAN_ISR uint32_t canCoreTxDone(CanCore *core, uint64_t nowUs) {
	unsigned tail = get(&core->txTail);
	if (tail == get(&core->txHead)) return 0;
	count(core, SENT, 1);
	set(&core->txTail, tail + 1);
	uint32_t actions = tail + 1 == get(&core->txHead) ? CAN_DO_WRITABLE : 0;
	if (core->config.countErrors && core->tec > 0) actions |= canCoreErrors(core, core->tec - 1u, core->rec, false, nowUs);
	return actions;
}

uint64_t canCoreDeadline(const CanCore *core) {
	return core->offAtUs == CAN_NEVER ? CAN_NEVER : core->offAtUs + core->recoverUs;
}

uint32_t canCoreTick(CanCore *core, uint64_t nowUs) {
	if (nowUs < canCoreDeadline(core)) return 0;
	/* The controller says by its counters that it is back; if it never does, it is asked again after the next delay. */
	core->offAtUs = nowUs;
	core->recoverUs = core->recoverUs * 2 > CAN_RECOVER_MAX_US ? CAN_RECOVER_MAX_US : core->recoverUs * 2;
	return CAN_DO_RECOVER;
}

bool canCoreTake(CanCore *core, CanFrame *frame) {
	unsigned tail = get(&core->rxTail);
	if (tail == get(&core->rxHead)) return false;
	*frame = core->rx[tail % CAN_RX_QUEUE];
	set(&core->rxTail, tail + 1);
	set(&core->taken, get(&core->taken) + 1);
	return true;
}

CanWrite canCoreWrite(CanCore *core, const CanFrame *frame) {
	if (core->config.mode == CAN_MODE_LISTEN) return CAN_WRITE_LISTEN;
	if (get(&core->state) == CAN_BUS_OFF) return CAN_WRITE_OFF;
	unsigned head = get(&core->txHead);
	if (head - get(&core->txTail) == CAN_TX_QUEUE) return CAN_WRITE_FULL;
	core->tx[head % CAN_TX_QUEUE] = *frame;
	set(&core->txHead, head + 1);
	return CAN_WRITE_OK;
}

CAN_ISR CanState canCoreState(const CanCore *core) {
	return (CanState)get(&core->state);
}

CanCounters canCoreCounters(const CanCore *core) {
	uint32_t v[COUNTERS];
	for (unsigned i = 0; i < COUNTERS; i++) v[i] = get(&core->counters[i]);
	return (CanCounters){v[0], v[1], v[2], v[3], v[4], v[5], v[6]};
}
