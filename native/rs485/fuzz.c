/*
 * Any order of calls at any times. What must hold: a hand-over is a row of characters that came one behind the other, none
 * comes twice or in another order, nothing is lost without being counted, the driver is enabled only while sending, and
 * every deadline leads on.
 */
#include "rs485_core.h"
#include "../fuzz.h"

static Rs485Core core;
static uint64_t now;
static uint8_t sequence; /* of characters on the line */
static bool sending, enabled;
static uint32_t taken, heard;

static void act(uint32_t actions) {
	if (actions & RS485_DO_ENABLE) {
		MUST(!enabled);
		enabled = true;
	}
	if (actions & RS485_DO_SEND) {
		MUST(enabled && !sending);
		sending = true;
	}
	if (actions & RS485_DO_RELEASE) {
		MUST(enabled && !sending && (actions & RS485_DO_WRITABLE));
		enabled = false;
	}
	MUST(rs485CoreEnableLevel(&core) == (enabled != core.config.enableInvert));
	MUST(rs485CoreRoom(&core) >= 1);
}

static bool take(void) {
	uint8_t buffer[RS485_RING], cause = 0xff;
	int32_t length = rs485CoreTake(&core, buffer, sizeof buffer, &cause);
	if (length < 0) return false;
	MUST(cause < RS485_CAUSES);
	MUST(length > 0 || cause == RS485_FULL || cause == RS485_OVERRUN || cause == RS485_BREAK || cause == RS485_PARITY ||
		cause == RS485_FRAMING);
	for (int32_t i = 1; i < length; i++) MUST(buffer[i] == (uint8_t)(buffer[0] + i));
	taken += (uint32_t)length;
	return true;
}

static void settle(void) {
	for (int i = 0; i < 20; i++) {
		uint64_t at = rs485CoreDeadline(&core);
		if (at == RS485_NEVER) {
			if (!sending) return;
			sending = false;
			act(rs485CoreTxDone(&core, now));
			continue;
		}
		if (at > now) now = at;
		act(rs485CoreTick(&core, now));
	}
	MUST(!"the line never settles");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	Input input = {data, data + size};
	Rs485Config config = {
		.baud = inputWord(&input) % 120000, .parity = inputByte(&input) % 4, .stopBits = inputByte(&input) % 4,
		.enableInvert = inputByte(&input) & 1, .leadUs = inputByte(&input), .trailUs = inputByte(&input),
		.endMinUs = (uint32_t)inputByte(&input) * 64, .lateUs = (uint32_t)inputByte(&input) * 8,
	};
	now = 1000;
	sequence = 0;
	sending = enabled = false;
	taken = heard = 0;
	if (rs485CoreInit(&core, &config, now)) return 0;
	act(0);
	while (input.at < input.end) {
		uint8_t op = inputByte(&input);
		/* Steps of a bit, of a character, of a silence. */
		static const uint32_t steps[] = {0, 9, 87, 1042, 1750, 3646, 29167, 600000};
		now += steps[op >> 5];
		switch (op & 7) {
		case 0: case 1: case 2: {
			static const uint8_t rows[] = {1, 2, 9, 130};
			uint32_t before = rs485CoreCounters(&core).bytesReceived;
			for (unsigned i = 0; i < rows[op >> 3 & 3]; i++) {
				act(rs485CoreRx(&core, sequence++, op & 7 ? 0 : inputByte(&input) & 15, now));
				now += rs485CoreWireUs(&core, 1);
			}
			heard += rs485CoreCounters(&core).bytesReceived - before;
			break;
		}
		case 3:
			act(rs485CoreRxStart(&core, now));
			break;
		case 4:
			act(rs485CoreLineError(&core, inputByte(&input) & 15, now));
			break;
		case 5:
			act(rs485CoreTick(&core, op & 8 && rs485CoreDeadline(&core) < now ? rs485CoreDeadline(&core) : now));
			break;
		case 6: {
			uint8_t frame[RS485_FRAME_MAX + 1] = {0};
			uint32_t length = inputByte(&input) * 3u % (RS485_FRAME_MAX + 2);
			bool wasSending = rs485CoreSending(&core);
			bool accepted = rs485CoreWrite(&core, frame, length, inputByte(&input) * 2u, now);
			MUST(accepted == (!wasSending && length >= 1 && length <= RS485_FRAME_MAX));
			if (accepted && op & 8) act(rs485CoreTick(&core, now));
			break;
		}
		case 7:
			if (op & 8) {
				bool was = sending;
				sending = false;
				uint32_t actions = rs485CoreTxDone(&core, now);
				MUST(was || actions == 0);
				act(actions);
			} else (void)take();
			break;
		}
	}
	settle();
	MUST(!rs485CoreSending(&core) && !enabled);
	while (take())
		;
	/* Nothing waits, so all of the ring is free again. */
	MUST(rs485CoreRoom(&core) == RS485_RING + 1 || (core.expect > 0 && rs485CoreRoom(&core) <= core.expect));
	Rs485Counters counters = rs485CoreCounters(&core);
	MUST(counters.bytesReceived == heard && taken <= heard);
	return 0;
}
