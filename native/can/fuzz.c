/*
 * Any order of calls at any times. What must hold: frames come out once and in order, what is not taken is counted,
 * nothing is sent during bus-off, and bus-off is always left.
 */
#include "can_core.h"
#include "../fuzz.h"

static CanCore core;
static uint64_t now;

static CanFrame frameFrom(Input *input) {
	CanFrame frame = {.id = inputWord(input), .flags = inputByte(input) & 3, .length = inputByte(input) % 9};
	frame.id &= frame.flags & CAN_EXTENDED ? 0x1FFFFFFF : 0x7FF;
	for (unsigned i = 0; i < frame.length; i++) frame.data[i] = inputByte(input);
	return frame;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	Input input = {data, data + size};
	static const uint32_t bitrates[] = {125000, 250000, 500000, 800000, 1000000, 0};
	CanConfig config = {.bitrate = bitrates[inputByte(&input) % 6], .mode = inputByte(&input) % 4,
		.countErrors = inputByte(&input) & 1, .filterCount = inputByte(&input) % 18};
	for (unsigned i = 0; i < config.filterCount && i < CAN_FILTERS; i++) {
		config.filters[i].extended = inputByte(&input) & 1;
		config.filters[i].id = inputWord(&input) & (config.filters[i].extended ? 0x1FFFFFFF : 0xFFF);
		config.filters[i].mask = inputWord(&input) & 0x1FFFFFFF;
	}
	now = 1;
	if (canCoreInit(&core, &config)) return 0;
	uint64_t put = 0, got = 0, lastTag = 0, sent = 0, written = 0;
	while (input.at < input.end) {
		uint8_t op = inputByte(&input);
		static const uint32_t steps[] = {0, 1, 1000, 100000, 250000, 1000000, 8000000, 11000000};
		now += steps[op >> 5];
		uint32_t actions = 0;
		switch (op & 7) {
		case 0: {
			CanFrame frame = frameFrom(&input);
			MUST(canFrameCheck(&frame) == NULL);
			uint32_t bits = canFrameBits(&frame);
			MUST(bits >= 47 && bits <= 160);
			/* The queue is longer than an input has frames. */
			for (unsigned i = 0; i < (op & 16 ? 40u : 1u); i++) {
				frame.timeUs = ++put;
				CanCounters before = canCoreCounters(&core);
				actions = canCoreRx(&core, &frame, now);
				CanCounters after = canCoreCounters(&core);
				MUST(after.framesReceived + after.filtered + after.overflow ==
					before.framesReceived + before.filtered + before.overflow + 1);
				MUST((after.filtered > before.filtered) == !canFilterPasses(&config, &frame));
			}
			break;
		}
		case 1: {
			CanFrame frame;
			if (canCoreTake(&core, &frame)) {
				MUST(frame.timeUs > lastTag);
				lastTag = frame.timeUs;
				got++;
			}
			break;
		}
		case 2: {
			CanFrame frame = frameFrom(&input);
			CanWrite result = canCoreWrite(&core, &frame);
			if (config.mode == CAN_MODE_LISTEN) MUST(result == CAN_WRITE_LISTEN);
			if (result == CAN_WRITE_OK) written++;
			break;
		}
		case 3: {
			const CanFrame *next = canCoreTxNext(&core);
			if (canCoreState(&core) == CAN_BUS_OFF) MUST(next == NULL);
			if (!next) break;
			MUST(canFrameCheck(next) == NULL);
			actions = canCoreTxDone(&core, now);
			sent++;
			break;
		}
		case 4:
			actions = canCoreErrors(&core, inputByte(&input) * 2u, inputByte(&input), op & 8, now);
			break;
		case 5:
			actions = canCoreBusError(&core, op & 8, now);
			break;
		case 6: {
			uint64_t at = canCoreDeadline(&core);
			actions = canCoreTick(&core, now);
			MUST((actions != 0) == (now >= at));
			break;
		}
		case 7:
			for (unsigned i = 0; i < 40; i++) (void)canCoreBusError(&core, op & 8, now);
			break;
		}
		MUST((canCoreDeadline(&core) != CAN_NEVER) == (canCoreState(&core) == CAN_BUS_OFF));
		MUST(!(actions & CAN_DO_FLUSH) || canCoreTxNext(&core) == NULL);
		if (canCoreDeadline(&core) != CAN_NEVER) MUST(canCoreDeadline(&core) <= now + CAN_RECOVER_MAX_US);
	}
	CanFrame frame;
	while (canCoreTake(&core, &frame)) got++;
	CanCounters counters = canCoreCounters(&core);
	MUST(got == counters.framesReceived && sent == counters.framesSent);
	if (canCoreState(&core) == CAN_BUS_OFF) {
		MUST(canCoreTick(&core, now + CAN_RECOVER_MAX_US) == CAN_DO_RECOVER);
		canCoreErrors(&core, 0, 0, false, now + CAN_RECOVER_MAX_US);
	}
	while (canCoreTxNext(&core)) {
		canCoreTxDone(&core, now);
		sent++;
	}
	MUST(written == sent + canCoreCounters(&core).dropped);
	return 0;
}
