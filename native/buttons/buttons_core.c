#include "buttons_core.h"

#include <string.h>

const char *buttonsEventName(unsigned type) {
	static const char *const names[] = {"press", "release", "long", "repeat", "stuck", "unknown", "clear"};
	return type < BUTTONS_EVENT_TYPES ? names[type] : "none";
}

const char *buttonsCoreInit(ButtonsCore *core, const ButtonsConfig *config) {
	if (config->count < 1 || config->count > BUTTONS_MAX) return "there must be 1 to 8 buttons";
	for (unsigned i = 0; i < config->count; i++) {
		const ButtonsWindow *window = &config->windows[i];
		if (window->min > window->max) return "min of a button is above its max";
		if (window->max >= config->idleMin) return "a button reaches into idle";
		for (unsigned j = 0; j < i; j++)
			if (window->min <= config->windows[j].max && config->windows[j].min <= window->max)
				return "two buttons overlap";
	}
	memset(core, 0, sizeof *core);
	core->config = *config;
	core->state = core->candidate = BUTTONS_IDLE;
	return NULL;
}

int buttonsDecode(const ButtonsConfig *config, uint16_t raw) {
	if (raw >= config->idleMin) return BUTTONS_IDLE;
	for (unsigned i = 0; i < config->count; i++)
		if (raw >= config->windows[i].min && raw <= config->windows[i].max) return (int)i;
	return BUTTONS_UNKNOWN;
}

static uint32_t heldMs(const ButtonsCore *core, uint64_t nowMs) {
	uint64_t held = nowMs - core->sinceMs;
	return held > UINT32_MAX ? UINT32_MAX : (uint32_t)held;
}

static unsigned change(ButtonsCore *core, int8_t to, ButtonsEvent *event) {
	int8_t from = core->state;
	/* From one button to another without idle between, or out of unknown into a button: unknown until idle. */
	if (from != BUTTONS_IDLE && to != BUTTONS_IDLE) to = BUTTONS_UNKNOWN;
	if (to == from) return 0;
	*event = (ButtonsEvent){.button = to == BUTTONS_IDLE ? from : to};
	if (to == BUTTONS_UNKNOWN) event->type = BUTTONS_UNKNOWN_PRESS;
	else if (to != BUTTONS_IDLE) event->type = BUTTONS_PRESS;
	else {
		event->type = from == BUTTONS_UNKNOWN || core->stuckTold ? BUTTONS_CLEAR : BUTTONS_RELEASE;
		event->heldMs = (uint32_t)(core->candidateMs - core->sinceMs);
	}
	core->state = to;
	core->sinceMs = core->candidateMs;
	core->longTold = core->stuckTold = false;
	core->repeats = 0;
	core->nextMs = core->sinceMs + core->config.longMs;
	return 1;
}

/* What happens only because time goes by. */
static unsigned hold(ButtonsCore *core, uint64_t nowMs, ButtonsEvent *event) {
	const ButtonsConfig *config = &core->config;
	if (core->state == BUTTONS_IDLE || core->stuckTold) return 0;
	bool known = core->state != BUTTONS_UNKNOWN;
	if (known && config->windows[core->state].plain) return 0;
	uint32_t held = heldMs(core, nowMs);
	if (config->stuckMs > 0 && held >= config->stuckMs) {
		core->stuckTold = true;
		*event = (ButtonsEvent){.type = BUTTONS_STUCK, .button = core->state, .heldMs = held};
		return 1;
	}
	if (!known || config->longMs == 0 || nowMs < core->nextMs) return 0;
	if (!core->longTold) {
		core->longTold = true;
		core->nextMs += config->repeatMs;
		*event = (ButtonsEvent){.type = BUTTONS_LONG, .button = core->state, .heldMs = held};
		return 1;
	}
	if (config->repeatMs == 0) return 0;
	/* Late samples skip repeats; they do not come in a burst. */
	core->nextMs += ((nowMs - core->nextMs) / config->repeatMs + 1) * config->repeatMs;
	*event = (ButtonsEvent){.type = BUTTONS_REPEAT, .button = core->state, .heldMs = held, .count = ++core->repeats};
	return 1;
}

unsigned buttonsCoreSample(ButtonsCore *core, uint16_t raw, uint64_t nowMs, ButtonsEvent *events) {
	int8_t seen = (int8_t)buttonsDecode(&core->config, raw);
	unsigned count = 0;
	if (!core->started || seen != core->candidate) {
		core->started = true;
		core->candidate = seen;
		core->candidateMs = nowMs;
	}
	if (seen != core->state && nowMs - core->candidateMs >= core->config.debounceMs)
		count += change(core, seen, events);
	/* While a release is being debounced nothing is held. */
	return seen == BUTTONS_IDLE ? count : count + hold(core, nowMs, events + count);
}
