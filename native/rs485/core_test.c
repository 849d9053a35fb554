#include "rs485_core.h"
#include "../test.h"

#include <pthread.h>

static Rs485Core core;

static void init(uint32_t baud, uint8_t parity, uint8_t stop, uint32_t lateUs) {
	Rs485Config config = {.baud = baud, .parity = parity, .stopBits = stop, .lateUs = lateUs};
	const char *wrong = rs485CoreInit(&core, &config, 0);
	CHECK(wrong == NULL, "%s", wrong);
}

static void expectTake(const char *bytes, uint32_t length, unsigned cause) {
	uint8_t buffer[RS485_RING], seen = 99;
	int32_t got = rs485CoreTake(&core, buffer, sizeof buffer, &seen);
	EQUAL(got, length);
	EQUAL(seen, cause);
	if (got == (int32_t)length) CHECK(memcmp(buffer, bytes, length) == 0, "bytes differ");
}

static void expectNone(void) {
	uint8_t buffer[8], cause;
	EQUAL(rs485CoreTake(&core, buffer, sizeof buffer, &cause), -1);
}

/* Characters in a row, the first beginning at fromUs; the end of the last. */
static uint64_t feed(const char *bytes, uint32_t length, uint64_t fromUs) {
	for (uint32_t i = 0; i < length; i++)
		rs485CoreRx(&core, (uint8_t)bytes[i], 0, fromUs + rs485CoreWireUs(&core, i + 1));
	return fromUs + rs485CoreWireUs(&core, length);
}

/*
 * Computed by hand from 2.5.1.1: 3.5 x bits / baud, rounded up to a microsecond; 1750 us above 19200 baud. With 11 bits
 * at 9600 baud it is the 4.01 ms of the literature, with 11 bits at 19200 the 2.005 ms.
 */
static void vectors(void) {
	static const struct {
		uint32_t baud;
		uint8_t parity, stop;
		uint32_t bits, silenceUs, wire8Us;
	} rows[] = {
		{1200, 0, 1, 10, 29167, 66667}, {1200, 1, 1, 11, 32084, 73334}, {2400, 0, 1, 10, 14584, 33334},
		{4800, 2, 1, 11, 8021, 18334}, {9600, 0, 1, 10, 3646, 8334}, {9600, 1, 1, 11, 4011, 9167},
		{9600, 0, 2, 11, 4011, 9167}, {9600, 1, 2, 12, 4375, 10000}, {19200, 0, 1, 10, 1823, 4167},
		{19200, 2, 1, 11, 2006, 4584}, {19201, 0, 1, 10, 1750, 4167}, {38400, 1, 1, 11, 1750, 2292},
		{57600, 0, 1, 10, 1750, 1389}, {115200, 0, 1, 10, 1750, 695}, {115200, 1, 2, 12, 1750, 834},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		EQUAL(rs485CharacterBits(rows[i].parity, rows[i].stop), rows[i].bits);
		EQUAL(rs485SilenceUs(rows[i].baud, rows[i].bits), rows[i].silenceUs);
		init(rows[i].baud, rows[i].parity, rows[i].stop, 0);
		EQUAL(core.silenceUs, rows[i].silenceUs);
		EQUAL(rs485CoreWireUs(&core, 8), rows[i].wire8Us);
	}
	Rs485Config bad = {.baud = 1199, .stopBits = 1};
	CHECK(rs485CoreInit(&core, &bad, 0) != NULL, "1199 baud");
	bad.baud = 115201;
	CHECK(rs485CoreInit(&core, &bad, 0) != NULL, "115201 baud");
	bad = (Rs485Config){.baud = 9600, .stopBits = 3};
	CHECK(rs485CoreInit(&core, &bad, 0) != NULL, "3 stop bits");
	bad = (Rs485Config){.baud = 9600, .stopBits = 1, .parity = 3};
	CHECK(rs485CoreInit(&core, &bad, 0) != NULL, "parity 3");
}

static void receiving(void) {
	init(9600, 0, 1, 0);
	EQUAL(rs485CoreDeadline(&core), RS485_NEVER);
	uint64_t end = feed("abc", 3, 10000);
	EQUAL(rs485CoreDeadline(&core), end + 3646);
	EQUAL(rs485CoreTick(&core, end + 3645), 0);
	expectNone();
	EQUAL(rs485CoreTick(&core, end + 3646), RS485_DO_READABLE);
	expectTake("abc", 3, RS485_SILENCE);
	EQUAL(rs485CoreDeadline(&core), RS485_NEVER);

	/* A late tick: the border is where the times say, not where the tick comes. */
	end = feed("de", 2, 100000);
	end = feed("fg", 2, end + 3646);
	rs485CoreTick(&core, end + 50000);
	expectTake("de", 2, RS485_SILENCE);
	expectTake("fg", 2, RS485_SILENCE);

	/* 3 characters of gap: a start bit that was seen holds the silence off, although its character is not there yet. */
	end = feed("h", 1, 200000);
	rs485CoreRxStart(&core, end + 3125);
	EQUAL(rs485CoreTick(&core, end + 3646), 0);
	end = feed("i", 1, end + 3125);
	rs485CoreTick(&core, end + 3646);
	expectTake("hi", 2, RS485_SILENCE);

	/* A start bit without a character was a spike. */
	end = feed("j", 1, 300000);
	rs485CoreRxStart(&core, end + 3000);
	uint64_t at = rs485CoreDeadline(&core);
	EQUAL(at, end + 3000 + 2084);
	rs485CoreTick(&core, at);
	rs485CoreTick(&core, rs485CoreDeadline(&core));
	expectTake("j", 1, RS485_SILENCE);

	/* A lone noise byte is its own hand-over; it joins neither the frame before nor the one behind. */
	end = feed("frame", 5, 400000);
	end = feed("\0", 1, end + 3700);
	end = feed("next", 4, end + 3700);
	rs485CoreTick(&core, end + 3646);
	expectTake("frame", 5, RS485_SILENCE);
	expectTake("\0", 1, RS485_SILENCE);
	expectTake("next", 4, RS485_SILENCE);
	expectNone();
}

static void errors(void) {
	init(9600, 1, 1, 0);
	uint64_t end = feed("ab", 2, 10000);
	rs485CoreRx(&core, 'c', RS485_RX_PARITY, end += 1146);
	end = feed("de", 2, end);
	rs485CoreRx(&core, 0, RS485_RX_FRAMING | RS485_RX_BREAK, end += 1146);
	rs485CoreRx(&core, 'f', RS485_RX_OVERRUN, end += 1146);
	rs485CoreRx(&core, 'g', 0, end += 1146);
	rs485CoreTick(&core, end + 4011);
	expectTake("ab", 2, RS485_PARITY);
	expectTake("c", 1, RS485_PARITY);
	expectTake("de", 2, RS485_BREAK);
	expectTake("", 0, RS485_BREAK);
	expectTake("", 0, RS485_OVERRUN);
	expectTake("fg", 2, RS485_SILENCE);
	expectNone();
	/* Noise right before a frame (a driver switching on), without any silence between. */
	rs485CoreRx(&core, 0xff, RS485_RX_FRAMING, end += 50000);
	end = feed("frame", 5, end);
	rs485CoreLineError(&core, RS485_RX_OVERRUN, end);
	end = feed("x", 1, end);
	rs485CoreTick(&core, end + 4011);
	expectTake("\377", 1, RS485_FRAMING);
	expectTake("frame", 5, RS485_OVERRUN);
	expectTake("x", 1, RS485_SILENCE);
	Rs485Counters counters = rs485CoreCounters(&core);
	EQUAL(counters.parity, 1);
	EQUAL(counters.framing, 1);
	EQUAL(counters.breaks, 1);
	EQUAL(counters.overrun, 2);
	EQUAL(counters.bytesReceived, 15);
	EQUAL(counters.framesReceived, 2);
}

static void full(void) {
	init(115200, 0, 1, 0);
	char bytes[600];
	for (unsigned i = 0; i < sizeof bytes; i++) bytes[i] = (char)i;
	uint64_t end = feed(bytes, 600, 10000);
	rs485CoreTick(&core, end + 1750);
	expectTake(bytes, 512, RS485_FULL);
	expectNone();
	end = feed("ok", 2, end + 2000);
	rs485CoreTick(&core, end + 1750);
	expectTake("ok", 2, RS485_SILENCE);
	EQUAL(rs485CoreCounters(&core).full, 1);

	/* More hand-overs than records: the last are dropped whole, the first stay whole. */
	for (unsigned i = 0; i < RS485_HANDOVERS + 5; i++) {
		end = feed(bytes + i, 2, end + 2000);
		rs485CoreTick(&core, end + 1750);
	}
	for (unsigned i = 0; i < RS485_HANDOVERS; i++) expectTake(bytes + i, 2, RS485_SILENCE);
	expectNone();
	EQUAL(rs485CoreCounters(&core).full, 6);
	end = feed("ok", 2, end + 2000);
	rs485CoreTick(&core, end + 1750);
	expectTake("ok", 2, RS485_SILENCE);

	/* A short buffer gets the first bytes, and the next hand-over is whole. */
	end = feed("long", 4, end + 2000);
	end = feed("next", 4, end + 2000);
	rs485CoreTick(&core, end + 1750);
	uint8_t small[2], cause;
	EQUAL(rs485CoreTake(&core, small, 2, &cause), 2);
	EQUAL(small[1], 'o');
	expectTake("next", 4, RS485_SILENCE);
}

static void sending(void) {
	Rs485Config config = {.baud = 9600, .stopBits = 1, .enableInvert = true, .leadUs = 100, .trailUs = 60};
	rs485CoreInit(&core, &config, 0);
	EQUAL(rs485CoreEnableLevel(&core), 1);
	CHECK(!rs485CoreWrite(&core, (const uint8_t *)"", 0, 0, 0), "empty frame");
	CHECK(rs485CoreWrite(&core, (const uint8_t *)"ask", 3, 4, 1000), "write");
	CHECK(!rs485CoreWrite(&core, (const uint8_t *)"ask", 3, 4, 1000), "second write");
	EQUAL(rs485CoreTick(&core, 1000), 0);
	EQUAL(rs485CoreDeadline(&core), 3646);
	/* Activity moves it. */
	uint64_t end = feed("z", 1, 2000);
	EQUAL(rs485CoreTick(&core, 3646), 0);
	uint64_t at = rs485CoreDeadline(&core);
	EQUAL(at, end + 3646);
	EQUAL(rs485CoreTick(&core, at), RS485_DO_READABLE | RS485_DO_ENABLE);
	EQUAL(rs485CoreEnableLevel(&core), 0);
	expectTake("z", 1, RS485_SILENCE);
	EQUAL(rs485CoreDeadline(&core), at + 100);
	EQUAL(rs485CoreTick(&core, at + 99), 0);
	EQUAL(rs485CoreTick(&core, at + 100), RS485_DO_SEND);
	EQUAL(rs485CoreDeadline(&core), RS485_NEVER);
	EQUAL(core.txLength, 3);
	/* The echo is not received. */
	end = feed("ask", 3, at + 100);
	EQUAL(rs485CoreTxDone(&core, end), 0);
	EQUAL(rs485CoreEnableLevel(&core), 0);
	EQUAL(rs485CoreDeadline(&core), end + 60);
	EQUAL(rs485CoreTick(&core, end + 60), RS485_DO_RELEASE | RS485_DO_WRITABLE);
	EQUAL(rs485CoreEnableLevel(&core), 1);
	CHECK(!rs485CoreSending(&core), "still sending");
	EQUAL(rs485CoreRoom(&core), 4);
	/* The answer is handed over at its fourth byte, without silence; what follows is another hand-over. */
	end = feed("ans", 3, end + 5000);
	expectNone();
	end = feed("w", 1, end);
	expectTake("answ", 4, RS485_COUNT);
	end = feed("er", 2, end);
	rs485CoreTick(&core, end + 3646);
	expectTake("er", 2, RS485_SILENCE);
	expectNone();
	/* A shorter answer (an exception) ends by silence. */
	rs485CoreWrite(&core, (const uint8_t *)"b", 1, 8, end + 10000);
	EQUAL(rs485CoreTick(&core, end + 10000), RS485_DO_ENABLE);
	rs485CoreTick(&core, end + 10100);
	rs485CoreTxDone(&core, end + 11142);
	rs485CoreTick(&core, end + 11202);
	end = feed("short", 5, end + 20000);
	rs485CoreTick(&core, end + 3646);
	expectTake("short", 5, RS485_SILENCE);
	EQUAL(rs485CoreCounters(&core).framesSent, 2);
	EQUAL(rs485CoreCounters(&core).bytesSent, 4);
}

/* A line that never becomes quiet does not hold a frame back for ever. */
static void busy(void) {
	init(9600, 0, 1, 0);
	CHECK(rs485CoreWrite(&core, (const uint8_t *)"ask", 3, 0, 0), "write");
	uint64_t end = 0;
	uint32_t actions = 0;
	while (!(actions & RS485_DO_SEND) && end < 5000000) {
		end = feed("noise", 5, end);
		actions = rs485CoreTick(&core, end);
	}
	CHECK(end > 530000 && end < 550000, "sent at %" PRIu64, end);
	EQUAL(rs485CoreCounters(&core).busy, 1);
	EQUAL(rs485CoreRoom(&core) > 0, 1);
}

/*
 * Random sequences of characters and gaps against a model that knows only the definition: a gap of T3.5 or more ends what
 * came before; a bad character stands alone. Three kinds of port: start bits reported and ticks at the deadlines;
 * only whole characters reported, with ticks; no tick until the end.
 */
typedef struct {
	uint32_t length;
	uint8_t cause;
	uint8_t bytes[RS485_RING];
} Taken;

static void randomGaps(unsigned rounds) {
	static const uint32_t bauds[] = {1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200};
	static Taken expected[80];
	unsigned sequences = 0;
	for (unsigned round = 0; round < rounds; round++) {
		uint32_t baud = bauds[testRandom(8)];
		uint8_t parity = (uint8_t)testRandom(3), stop = (uint8_t)(1 + testRandom(2));
		unsigned kind = testRandom(3);
		uint32_t bits = 9u + (parity != 0) + stop;
		double charUs = bits * 1e6 / baud, limitUs = baud > 19200 ? 1750 : 3.5 * charUs;
		init(baud, parity, stop, kind == 1 ? (uint32_t)charUs + 1 : 0);
		unsigned count = 1 + testRandom(24), records = 0;
		bool open = false;
		double endUs = 1e6;
		memset(expected, 0, sizeof expected);
		for (unsigned i = 0; i < count; i++) {
			/* Half of the gaps near the border, the others anywhere from 0 to 6 characters (or 2.5 ms). */
			double range = baud > 19200 ? 2500 : 6 * charUs;
			double gapUs = testRandom(3) == 0 ? 0 : testRandom(2) ? limitUs + (int)testRandom(200) - 100 : testRandom(1000) * range / 1000;
			if (gapUs < 0) gapUs = 0;
			if (gapUs > limitUs - 3 && gapUs < limitUs + 3) gapUs = limitUs + 3;
			double startUs = endUs + gapUs;
			unsigned flags = testRandom(30) == 0 ? RS485_RX_PARITY : 0;
			uint8_t byte = (uint8_t)testRandom(256);

			if (open && gapUs >= limitUs) {
				expected[records++].cause = RS485_SILENCE;
				open = false;
			}
			if (flags) {
				if (open) expected[records++].cause = RS485_PARITY;
				expected[records].bytes[0] = byte;
				expected[records].length = 1;
				expected[records++].cause = RS485_PARITY;
				open = false;
			} else {
				expected[records].bytes[expected[records].length++] = byte;
				open = true;
			}

			endUs = startUs + charUs;
			uint64_t begin = (uint64_t)(startUs + 0.5), end = (uint64_t)(endUs + 0.5);
			if (kind != 2)
				while (rs485CoreDeadline(&core) < (kind == 0 ? begin : end)) rs485CoreTick(&core, rs485CoreDeadline(&core));
			if (kind == 0) rs485CoreRxStart(&core, begin);
			rs485CoreRx(&core, byte, flags, end);
		}
		if (open) expected[records++].cause = RS485_SILENCE;
		rs485CoreTick(&core, (uint64_t)endUs + 100000);
		for (unsigned i = 0; i < records; i++)
			expectTake((const char *)expected[i].bytes, expected[i].length, expected[i].cause);
		expectNone();
		sequences++;
	}
	printf("%u random sequences\n", sequences);
}

/* Two threads on one core: the reader gets every frame whole, or it was counted as full. */
enum { THREAD_FRAMES = 200000 };
static atomic_bool lineOver;

static void *lineSide(void *unused) {
	(void)unused;
	uint64_t endUs = 1000;
	for (uint32_t n = 0; n < THREAD_FRAMES; n++) {
		endUs += 5000;
		uint32_t length = 1 + n % 60;
		for (uint32_t i = 0; i < length; i++) rs485CoreRx(&core, (uint8_t)(n + i), 0, endUs += 87);
		rs485CoreTick(&core, endUs + 1750);
	}
	atomic_store(&lineOver, true);
	return NULL;
}

static void threads(void) {
	init(115200, 0, 1, 0);
	pthread_t thread;
	pthread_create(&thread, NULL, lineSide, NULL);
	uint32_t frames = 0, torn = 0, cut = 0;
	for (;;) {
		uint8_t buffer[64], cause;
		bool over = atomic_load(&lineOver);
		int32_t length = rs485CoreTake(&core, buffer, sizeof buffer, &cause);
		if (length < 0) {
			if (over) break;
			continue;
		}
		if (cause == RS485_FULL) {
			cut++;
			continue;
		}
		frames++;
		for (int32_t i = 1; i < length; i++)
			if (buffer[i] != (uint8_t)(buffer[0] + i)) torn++;
	}
	pthread_join(thread, NULL);
	EQUAL(torn, 0);
	EQUAL(rs485CoreCounters(&core).framesReceived, frames);
	CHECK(frames > 0, "nothing came through");
	CHECK(frames + rs485CoreCounters(&core).full >= THREAD_FRAMES, "frames %u cut %u", frames, cut);
}

int main(int argc, char **argv) {
	vectors();
	receiving();
	errors();
	full();
	sending();
	busy();
	randomGaps(argc > 1 ? (unsigned)atoi(argv[1]) : 100000);
	threads();
	return testEnd();
}
