#include "buttons_core.h"
#include "../test.h"

static ButtonsCore core;
static uint64_t now;
static ButtonsEvent log_[1000];
static unsigned logged;

/* The two buttons and the door of PCB 865B. */
static const ButtonsConfig board = {
	.windows = {{900, 1634, false}, {1635, 2399, false}, {0, 899, true}}, .count = 3, .idleMin = 2400,
	.debounceMs = 40, .longMs = 1000, .repeatMs = 250, .stuckMs = 60000,
};
/* Four buttons in steps, with a gap at the bottom. */
static const ButtonsConfig four = {
	.windows = {{201, 2500, false}, {2501, 3300, false}, {3301, 3800, false}, {3801, 3999, false}}, .count = 4,
	.idleMin = 4000, .debounceMs = 40, .longMs = 1000, .repeatMs = 250, .stuckMs = 60000,
};

static void init(const ButtonsConfig *config) {
	const char *wrong = buttonsCoreInit(&core, config);
	CHECK(wrong == NULL, "%s", wrong);
	now = 1000000;
	logged = 0;
}

static void hold(uint16_t raw, uint32_t ms) {
	for (uint64_t end = now + ms; now < end; now += 20) {
		unsigned count = buttonsCoreSample(&core, raw, now, log_ + logged);
		CHECK(count <= BUTTONS_EVENTS, "%u events", count);
		logged += count;
	}
}

static void expect(unsigned index, ButtonsEventType type, int button, uint32_t heldMs) {
	CHECK(index < logged, "event %u of %u", index, logged);
	CHECK(log_[index].type == type, "event %u is %s, not %s", index, buttonsEventName(log_[index].type), buttonsEventName(type));
	EQUAL(log_[index].button, button);
	CHECK(log_[index].heldMs >= heldMs && log_[index].heldMs <= heldMs + 60, "held %u, not %u", (unsigned)log_[index].heldMs,
		(unsigned)heldMs);
}

static void options(void) {
	ButtonsConfig bad = board;
	bad.count = 0;
	CHECK(buttonsCoreInit(&core, &bad) != NULL, "no buttons");
	bad.count = 9;
	CHECK(buttonsCoreInit(&core, &bad) != NULL, "9 buttons");
	bad = board;
	bad.windows[1].min = 1634;
	CHECK(buttonsCoreInit(&core, &bad) != NULL, "overlap");
	bad = board;
	bad.windows[1].max = 2400;
	CHECK(buttonsCoreInit(&core, &bad) != NULL, "into idle");
	bad = board;
	bad.windows[0].min = 1700;
	CHECK(buttonsCoreInit(&core, &bad) != NULL, "min above max");
}

/* The ideal voltages of the board file, 12 bits of 3.3 V, with and without the internal pull-up. */
static void decoding(void) {
	static const struct {
		double volt;
		int button;
	} rows[] = {{3.3, BUTTONS_IDLE}, {1.65, 1}, {1.8, 1}, {1.11, 0}, {1.27, 0}, {0, 2}, {2.76, BUTTONS_IDLE}};
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
		EQUAL(buttonsDecode(&board, (uint16_t)(rows[i].volt / 3.3 * 4095)), rows[i].button);
	static const struct {
		uint16_t raw;
		int button;
	} edges[] = {{0, -2}, {200, -2}, {201, 0}, {2500, 0}, {2501, 1}, {3300, 1}, {3301, 2}, {3800, 2}, {3801, 3}, {3999, 3},
		{4000, -1}, {4095, -1}};
	for (unsigned i = 0; i < sizeof edges / sizeof *edges; i++) EQUAL(buttonsDecode(&four, edges[i].raw), edges[i].button);
}

static void pressing(void) {
	init(&board);
	hold(3000, 1000);
	EQUAL(logged, 0);
	hold(1200, 300);
	hold(3000, 300);
	EQUAL(logged, 2);
	expect(0, BUTTONS_PRESS, 0, 0);
	expect(1, BUTTONS_RELEASE, 0, 300);
	/* Bounces shorter than the debounce time are neither presses nor releases. */
	init(&board);
	hold(3000, 100);
	for (unsigned i = 0; i < 10; i++) {
		hold(2000, 40);
		hold(3000, 40);
	}
	EQUAL(logged, 0);
	hold(2000, 200);
	hold(3000, 20);
	hold(2000, 200);
	hold(1200, 20);
	hold(2000, 200);
	hold(3000, 200);
	EQUAL(logged, 2);
	expect(0, BUTTONS_PRESS, 1, 0);
	expect(1, BUTTONS_RELEASE, 1, 640);
}

static void holding(void) {
	init(&board);
	hold(3000, 100);
	hold(1200, 2100);
	hold(3000, 100);
	EQUAL(logged, 7);
	expect(0, BUTTONS_PRESS, 0, 0);
	expect(1, BUTTONS_LONG, 0, 1000);
	for (unsigned i = 0; i < 4; i++) {
		expect(2 + i, BUTTONS_REPEAT, 0, 1250 + 250 * i);
		EQUAL(log_[2 + i].count, i + 1);
	}
	expect(6, BUTTONS_RELEASE, 0, 2100);
	/* Samples that come late skip repeats. */
	init(&board);
	hold(1200, 1100);
	now += 2000;
	hold(1200, 20);
	EQUAL(logged, 3);
	expect(2, BUTTONS_REPEAT, 0, 3100);
	/* A contact only opens and closes. */
	init(&board);
	hold(100, 200000);
	hold(3000, 100);
	EQUAL(logged, 2);
	expect(0, BUTTONS_PRESS, 2, 0);
	expect(1, BUTTONS_RELEASE, 2, 200000);
	ButtonsConfig plain = board;
	plain.longMs = plain.repeatMs = plain.stuckMs = 0;
	init(&plain);
	hold(1200, 100000);
	hold(3000, 100);
	EQUAL(logged, 2);
}

static void stuck(void) {
	init(&board);
	hold(2000, 100000);
	CHECK(logged > 200 && logged < 250, "%u events", logged);
	expect(logged - 1, BUTTONS_STUCK, 1, 60000);
	logged = 0;
	hold(3000, 100);
	EQUAL(logged, 1);
	expect(0, BUTTONS_CLEAR, 1, 100000);
	hold(2000, 100);
	expect(1, BUTTONS_PRESS, 1, 0);
}

static void several(void) {
	/* 10 k and 5.1 k in parallel read like the 5.1 k alone: only the way there tells. */
	init(&board);
	hold(3000, 100);
	hold(2000, 300);
	hold(1100, 300);
	hold(2000, 2000);
	hold(3000, 100);
	EQUAL(logged, 3);
	expect(0, BUTTONS_PRESS, 1, 0);
	expect(1, BUTTONS_UNKNOWN_PRESS, BUTTONS_UNKNOWN, 0);
	expect(2, BUTTONS_CLEAR, BUTTONS_UNKNOWN, 2300);
	/* A value in no window. */
	init(&four);
	hold(4095, 100);
	hold(100, 61000);
	hold(4095, 100);
	EQUAL(logged, 3);
	expect(0, BUTTONS_UNKNOWN_PRESS, BUTTONS_UNKNOWN, 0);
	expect(1, BUTTONS_STUCK, BUTTONS_UNKNOWN, 60000);
	expect(2, BUTTONS_CLEAR, BUTTONS_UNKNOWN, 61000);
}

/* Random samples against the definition: of all stretches of one value, those of debounceMs or longer count. */
static void randomSamples(void) {
	for (unsigned round = 0; round < 20000; round++) {
		ButtonsConfig config = four;
		config.longMs = config.stuckMs = 0;
		config.debounceMs = testRandom(100);
		init(&config);
		int state = BUTTONS_IDLE, expected[100][2];
		unsigned count = 0, segments = 1 + testRandom(20);
		for (unsigned i = 0; i < segments; i++) {
			uint16_t raw = testRandom(3) == 0 ? 4095 : (uint16_t)testRandom(4096);
			unsigned samples = 1 + testRandom(8), stepMs = 1 + testRandom(40);
			int value = buttonsDecode(&config, raw);
			/* Stretches of the same value are one: change what would be. */
			static int last;
			if (i > 0 && value == last) continue;
			last = value;
			for (unsigned j = 0; j < samples; j++, now += stepMs)
				logged += buttonsCoreSample(&core, raw, now, log_ + logged);
			if ((samples - 1) * stepMs < config.debounceMs || value == state) continue;
			if (value == BUTTONS_IDLE) {
				expected[count][0] = state == BUTTONS_UNKNOWN ? BUTTONS_CLEAR : BUTTONS_RELEASE;
				expected[count++][1] = state;
				state = BUTTONS_IDLE;
			} else if (state == BUTTONS_IDLE) {
				expected[count][0] = value == BUTTONS_UNKNOWN ? BUTTONS_UNKNOWN_PRESS : BUTTONS_PRESS;
				expected[count++][1] = value;
				state = value;
			} else if (state != BUTTONS_UNKNOWN) {
				expected[count][0] = BUTTONS_UNKNOWN_PRESS;
				expected[count++][1] = BUTTONS_UNKNOWN;
				state = BUTTONS_UNKNOWN;
			}
		}
		EQUAL(logged, count);
		for (unsigned i = 0; i < count && i < logged; i++) {
			EQUAL(log_[i].type, expected[i][0]);
			EQUAL(log_[i].button, expected[i][1]);
		}
	}
}

int main(void) {
	options();
	decoding();
	pressing();
	holding();
	stuck();
	several();
	randomSamples();
	return testEnd();
}
