/*
 * Any samples at any times. What must hold: only what was pressed is released, held or cleared, each press ends once, and
 * nothing is told while all is idle.
 */
#include "buttons_core.h"
#include "../fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	Input input = {data, data + size};
	static ButtonsCore core;
	ButtonsConfig config = {.count = inputByte(&input) % 10, .idleMin = (uint16_t)(inputByte(&input) * 16),
		.debounceMs = inputByte(&input), .longMs = (uint32_t)inputByte(&input) * 8, .repeatMs = inputByte(&input),
		.stuckMs = (uint32_t)inputByte(&input) * 64};
	for (unsigned i = 0; i < config.count && i < BUTTONS_MAX; i++) {
		config.windows[i].min = (uint16_t)(inputByte(&input) * 16);
		config.windows[i].max = (uint16_t)(config.windows[i].min + inputByte(&input));
		config.windows[i].plain = inputByte(&input) & 1;
	}
	if (buttonsCoreInit(&core, &config)) return 0;
	int pressed = BUTTONS_IDLE;
	bool stuck = false, told = false;
	uint64_t now = inputByte(&input);
	while (input.at < input.end) {
		uint8_t op = inputByte(&input);
		uint16_t raw = (uint16_t)((op & 15) * 256 + inputByte(&input));
		now += (uint64_t)(op >> 4) * (op >> 4) * 8;
		ButtonsEvent events[BUTTONS_EVENTS];
		unsigned count = buttonsCoreSample(&core, raw, now, events);
		MUST(count <= BUTTONS_EVENTS);
		for (unsigned i = 0; i < count; i++) {
			const ButtonsEvent *event = &events[i];
			MUST(event->type < BUTTONS_EVENT_TYPES && event->heldMs <= now);
			switch (event->type) {
			case BUTTONS_PRESS:
				MUST(pressed == BUTTONS_IDLE && event->button >= 0 && event->button < config.count);
				pressed = event->button;
				stuck = told = false;
				break;
			case BUTTONS_UNKNOWN_PRESS:
				MUST(pressed != BUTTONS_UNKNOWN && event->button == BUTTONS_UNKNOWN);
				pressed = BUTTONS_UNKNOWN;
				stuck = false;
				break;
			case BUTTONS_RELEASE:
				MUST(event->button == pressed && pressed >= 0 && !stuck);
				pressed = BUTTONS_IDLE;
				break;
			case BUTTONS_CLEAR:
				MUST(event->button == pressed && (stuck || pressed == BUTTONS_UNKNOWN));
				pressed = BUTTONS_IDLE;
				break;
			case BUTTONS_LONG:
				MUST(event->button == pressed && pressed >= 0 && !stuck && !told && config.longMs > 0);
				MUST(event->heldMs >= config.longMs && !config.windows[pressed].plain);
				told = true;
				break;
			case BUTTONS_REPEAT:
				MUST(event->button == pressed && told && !stuck && config.repeatMs > 0 && event->count > 0);
				break;
			case BUTTONS_STUCK:
				MUST(event->button == pressed && pressed != BUTTONS_IDLE && !stuck && config.stuckMs > 0);
				MUST(event->heldMs >= config.stuckMs);
				stuck = true;
				break;
			}
		}
		MUST(core.state == pressed);
	}
	return 0;
}
