/*
 * The device's port of RS-485 (rs485_esp32_uart.c, rs485_core.c) on the stand-in chip, in time: interrupts come late by a
 * random time up to a limit, and what the chip's manual leaves open is chosen at random, too.
 *
 * What must hold, for every speed and format:
 *  - a pause of less than T3.5 never splits a frame
 *  - a pause of more than T3.5 + tolerance always does; tolerance is twice the latest interrupt, the margin for
 *    when the UART tells a character, and two microseconds of rounding
 *  - a frame is handed over no earlier than T3.5 after its last stop bit and no later than one character after that
 *  - no character is lost, doubled or moved
 *  - the driver-enable pin is on before the first start bit, and off after the last stop bit, within one character
 *  - nothing is sent earlier than T3.5 after what was on the line
 */
#include "rs485_esp32_uart.h"
#include "../test.h"
#include "chip_uart.h"
#include "standin.h"
#include "esp_heap_caps.h"

static const uint32_t bauds[] = {1200, 2400, 4800, 9600, 19200, 19201, 38400, 57600, 76800, 115200};
enum { BAUDS = sizeof bauds / sizeof *bauds, FORMATS = 6, CHARACTERS = 40, LIMIT_NS = 30000 };

static Rs485Uart *uart;
static Rs485UartConfig config;
static uint64_t latestNs; /* of an interrupt */
static uint64_t charNs, bitNs, silenceNs, toleranceNs;

static uint64_t randomLatency(void) {
	return latestNs ? testRandom((uint32_t)latestNs + 1) : 0;
}

/* What was handed over */
static struct {
	uint64_t atNs;
	uint32_t length;
	uint8_t cause;
	uint8_t bytes[RS485_RING];
} got[CHARACTERS + 4];
static unsigned gotCount;
static uint64_t writableNs;
static bool deaf; /* hand-overs are left where they are */

static bool told(void *refcon, uint32_t actions) {
	(void)refcon;
	if (actions & RS485_DO_WRITABLE) writableNs = standinNowNs();
	if ((actions & RS485_DO_READABLE) && !deaf)
		for (;;) {
			int32_t length = rs485CoreTake(&uart->core, got[gotCount].bytes, RS485_RING, &got[gotCount].cause);
			if (length < 0) break;
			got[gotCount].length = (uint32_t)length;
			got[gotCount].atNs = standinNowNs();
			if (gotCount + 1 < sizeof got / sizeof *got) gotCount++;
		}
	return false;
}

static void openLine(uint32_t baud, unsigned format, bool enable) {
	if (uart) {
		rs485UartClose(uart);
		heap_caps_free(uart);
	}
	standinReset(standinNowNs() + testRandom(1000));
	standinLatencyNs = randomLatency;
	chipUartWays.storedAt16 = 8 + testRandom(9);
	chipUartWays.timeoutFromEnd = testRandom(2);
	chipUartWays.timeoutHeldByStart = testRandom(2);
	chipUartWays.fullOnce = testRandom(2);
	chipUartWays.errorsEarly = testRandom(2);
	chipUartWays.stateLate = testRandom(2);
	chipUartWays.doneEarly = testRandom(2);
	chipUartWays.startAt16 = testRandom(17);
	config = (Rs485UartConfig){.port = 1 + (int)testRandom(2), .transmit = 17, .receive = 18, .enable = enable ? 21 : -1,
		.line = {.baud = baud, .parity = (uint8_t)(format % 3), .stopBits = (uint8_t)(1 + format / 3), .enableInvert = testRandom(2)}};
	uart = heap_caps_calloc(1, sizeof *uart, MALLOC_CAP_INTERNAL);
	const char *wrong = rs485UartOpen(uart, &config, told, NULL);
	CHECK(!wrong, "%s", wrong);
	charNs = chipUartCharNs(config.port);
	bitNs = chipUartBitNs(config.port);
	/* Exact, not rounded as the core's. */
	silenceNs = baud > 19200 ? 1750000 : charNs * 7 / 2;
	toleranceNs = 2 * latestNs + uart->marginUs * 1000u + bitNs / 2 + 2000;
	gotCount = 0;
	standinRun(standinNowNs() + 2 * silenceNs);
}

/* Worst seen, for the bench: how late a frame ends, in characters and in microseconds, over T3.5. */
static double worstEndChars, soonestEndUs = 1e9, worstReleaseChars, leastLeadUs = 1e9;
static double shortestSplitChars = 1e9;
static struct {
	double endUs, endChars, joinUs;
} worst[BAUDS];
static unsigned baudIndex;
static uint64_t splits, joins;

static void oneSequence(void) {
	unsigned count = 1 + testRandom(CHARACTERS - 1);
	uint64_t startNs = standinNowNs() + 1000 + testRandom(100000), ends[CHARACTERS], gaps[CHARACTERS];
	uint8_t bytes[CHARACTERS];
	bool byChars = testRandom(2);
	gotCount = 0;
	for (unsigned i = 0; i < count; i++) {
		uint64_t gapNs = 0;
		/* From 0 to 6 characters; or to twice T3.5; or near T3.5. */
		switch (testRandom(4)) {
		case 0: break;
		case 1: gapNs = silenceNs + testRandom((uint32_t)(2 * toleranceNs)) - toleranceNs; break;
		default: gapNs = (byChars ? 6 * charNs : 2 * silenceNs) / 1000 * testRandom(1001); break;
		}
		/* Between the two, either is right. */
		if (i > 0) startNs += gaps[i - 1] = gapNs;
		bytes[i] = (uint8_t)testRandom(256);
		chipUartHear(config.port, startNs, bytes[i], 0);
		ends[i] = startNs += charNs;
	}
	standinRun(startNs + silenceNs + 2 * charNs + 4 * latestNs + 100000);

	/* The hand-overs are the frames between the pauses that split. */
	unsigned at = 0;
	for (unsigned h = 0; h < gotCount; h++) {
		uint32_t length = got[h].length;
		EQUAL(got[h].cause, RS485_SILENCE);
		CHECK(length > 0 && at + length <= count, "hand-over %u of %u characters at %u of %u", h, length, at, count);
		if (at + length > count) return;
		CHECK(memcmp(got[h].bytes, bytes + at, length) == 0, "bytes differ");
		for (unsigned i = at; i + 1 < at + length; i++) {
			CHECK(gaps[i] <= silenceNs + toleranceNs, "a pause of %.3f characters, T3.5 + %.1f us, does not split; %u baud, %u bits",
				(double)gaps[i] / charNs, ((double)gaps[i] - silenceNs) / 1e3, config.line.baud, (unsigned)(charNs / bitNs));
			double overUs = ((double)gaps[i] - silenceNs) / 1e3;
			if (overUs > worst[baudIndex].joinUs) worst[baudIndex].joinUs = overUs;
			joins++;
		}
		at += length;
		if (at < count) {
			CHECK(gaps[at - 1] >= silenceNs, "a pause of %.3f characters splits; %u baud, %u bits", (double)gaps[at - 1] / charNs,
				config.line.baud, (unsigned)(charNs / bitNs));
			if ((double)gaps[at - 1] / charNs < shortestSplitChars && config.line.baud <= 19200)
				shortestSplitChars = (double)gaps[at - 1] / charNs;
			splits++;
		}
		double lateNs = (double)got[h].atNs - (double)ends[at - 1] - (double)silenceNs;
		/* With interrupts later than the limit nothing is promised but that frames stay whole. */
		uint64_t limitNs = latestNs <= LIMIT_NS || charNs > toleranceNs ? charNs : toleranceNs;
		CHECK(lateNs >= 0 && lateNs <= limitNs, "handed over %.1f us after T3.5; a character has %.1f; %u baud", lateNs / 1e3,
			charNs / 1e3, config.line.baud);
		if (lateNs / charNs > worstEndChars) worstEndChars = lateNs / charNs;
		if (lateNs / 1e3 > worst[baudIndex].endUs) worst[baudIndex].endUs = lateNs / 1e3;
		if (lateNs / charNs > worst[baudIndex].endChars) worst[baudIndex].endChars = lateNs / charNs;
		if (lateNs / 1e3 < soonestEndUs) soonestEndUs = lateNs / 1e3;
	}
	EQUAL(at, count);
}

/* Sending: times of the driver-enable pin and of the characters on the wire */
static uint64_t firstStartNs, lastEndNs, onNs, offNs;
static unsigned left;
static uint8_t leftBytes[RS485_FRAME_MAX];
static bool enabledAtStart, active;

static void charLeft(int port, uint8_t byte, uint64_t startNs, uint64_t endNs) {
	EQUAL(port, config.port);
	if (left == 0) {
		firstStartNs = startNs;
		enabledAtStart = active && onNs <= startNs;
	}
	CHECK(active, "the driver is off while a character leaves");
	if (left < sizeof leftBytes) leftBytes[left++] = byte;
	lastEndNs = endNs;
}

static void rtsChanged(int port, bool level) {
	EQUAL(port, config.port);
	active = level != config.line.enableInvert;
	*(active ? &onNs : &offNs) = standinNowNs();
}

static void oneTransaction(void) {
	uint8_t frame[RS485_FRAME_MAX], answer[64];
	uint32_t length = 1 + testRandom(testRandom(8) ? 40 : RS485_FRAME_MAX), answered = 1 + testRandom(sizeof answer);
	uint32_t expect = testRandom(2) ? answered : 0;
	for (uint32_t i = 0; i < length; i++) frame[i] = (uint8_t)testRandom(256);
	for (uint32_t i = 0; i < answered; i++) answer[i] = (uint8_t)testRandom(256);
	chipUartWays.echo = testRandom(2);
	left = 0;
	gotCount = 0;
	/* Somebody else's frame may be on the line just then. */
	unsigned others = testRandom(3) ? 0 : 1 + testRandom(80);
	uint64_t quietNs = 0, atNs = standinNowNs() + testRandom(50000);
	for (unsigned i = 0; i < others; i++, atNs += charNs) chipUartHear(config.port, atNs, (uint8_t)i, 0);
	if (others) {
		quietNs = atNs;
		standinRun(standinNowNs() + 50000 + testRandom((uint32_t)(others * charNs / 1000)) * UINT64_C(1000));
	}
	CHECK(rs485CoreWrite(&uart->core, frame, length, expect, rs485UartNowUs(uart)), "write");
	writableNs = 0;
	rs485UartKick(uart);
	for (unsigned turns = 0; !writableNs && turns < 10000; turns++) standinRun(standinNowNs() + charNs);
	CHECK(writableNs != 0, "never sent");
	EQUAL(left, length);
	CHECK(memcmp(leftBytes, frame, length) == 0, "sent bytes differ");
	CHECK(enabledAtStart && onNs < firstStartNs, "the driver is not on before the first start bit");
	CHECK(offNs >= lastEndNs && offNs - lastEndNs <= charNs, "the driver goes off %.1f us after the last stop bit; %u baud",
		((double)offNs - lastEndNs) / 1e3, config.line.baud);
	CHECK(!quietNs || onNs >= quietNs + silenceNs, "sent %.1f us after a frame", ((double)onNs - quietNs) / 1e3);
	if ((firstStartNs - onNs) / 1e3 < leastLeadUs) leastLeadUs = (firstStartNs - onNs) / 1e3;
	if ((double)(offNs - lastEndNs) / charNs > worstReleaseChars) worstReleaseChars = (double)(offNs - lastEndNs) / charNs;
	unsigned before = gotCount;
	EQUAL(before, others ? 1 : 0);
	/* The answer, as soon as the line is ours no more. */
	uint64_t startNs = offNs + 1000 + testRandom(2000000);
	if (startNs < standinNowNs()) startNs = standinNowNs();
	for (uint32_t i = 0; i < answered; i++, startNs += charNs) chipUartHear(config.port, startNs, answer[i], 0);
	standinRun(startNs + silenceNs + 2 * charNs + 4 * latestNs + 100000);
	EQUAL(gotCount, before + 1);
	EQUAL(got[before].length, answered);
	EQUAL(got[before].cause, expect ? RS485_COUNT : RS485_SILENCE);
	CHECK(memcmp(got[before].bytes, answer, answered) == 0, "answer differs");
	if (expect) CHECK(got[before].atNs <= startNs + latestNs, "the count is told late");
}

/* What comes in wrong, and characters that nobody fetched. */

static void take(unsigned cause, const uint8_t *bytes, uint32_t length) {
	static unsigned next;
	if (!bytes && length == UINT32_MAX) {
		CHECK(next == gotCount, "%u hand-overs, not %u", gotCount, next);
		next = gotCount = 0;
		return;
	}
	CHECK(next < gotCount, "hand-over %u is missing", next);
	EQUAL(got[next].cause, cause);
	EQUAL(got[next].length, length);
	if (got[next].length == length) CHECK(memcmp(got[next].bytes, bytes, length) == 0, "bytes differ");
	next++;
}

static void takeNoMore(void) {
	take(0, NULL, UINT32_MAX);
}

static void settleLine(uint64_t atNs) {
	standinRun(atNs + 3 * silenceNs + 4 * charNs + 4 * latestNs);
}

static void oneError(void) {
	static const unsigned flags[] = {CHIP_PARITY, CHIP_FRAMING, CHIP_BREAK}, causes[] = {RS485_PARITY, RS485_FRAMING, RS485_BREAK};
	unsigned count = 1 + testRandom(100), bad = testRandom(count), kind = testRandom(3);
	if (kind == 0 && config.line.parity == RS485_PARITY_NONE) kind = 1;
	uint8_t bytes[100];
	uint64_t atNs = standinNowNs() + 1000 + testRandom(100000);
	for (unsigned i = 0; i < count; i++, atNs += charNs) {
		bytes[i] = i == bad && kind == 2 ? 0 : (uint8_t)testRandom(256);
		chipUartHear(config.port, atNs, bytes[i], i == bad ? flags[kind] : 0);
	}
	settleLine(atNs);
	if (bad > 0) take(causes[kind], bytes, bad);
	if (kind < 2) take(causes[kind], bytes + bad, 1);
	else take(causes[kind], bytes, 0);
	if (bad + 1 < count) take(RS485_SILENCE, bytes + bad + 1, count - bad - 1);
	takeNoMore();
}

/* Interrupts that come so late that the FIFO overflows: what was in it is whole. */
static void oneOverrun(void) {
	uint64_t usual = latestNs, atNs = standinNowNs() + 1000;
	uint8_t bytes[300];
	for (unsigned i = 0; i < sizeof bytes; i++, atNs += charNs) {
		bytes[i] = (uint8_t)i;
		chipUartHear(config.port, atNs, bytes[i], 0);
	}
	/* The handler of the first character comes in time, the next one 200 characters late. */
	standinRun(standinNowNs() + 1000 + charNs * 3);
	standinLatencyNs = NULL;
	standinHold(true);
	standinRun(standinNowNs() + charNs * 200);
	standinHold(false);
	standinLatencyNs = randomLatency;
	latestNs = usual;
	settleLine(atNs);
	take(RS485_OVERRUN, bytes, 128);
	CHECK(gotCount == 2 && got[1].cause == RS485_SILENCE && got[1].length < 172, "the rest");
	CHECK(memcmp(got[1].bytes, bytes + sizeof bytes - got[1].length, got[1].length) == 0, "the rest differs");
	take(RS485_SILENCE, got[1].bytes, got[1].length);
	takeNoMore();
}

static void oneFull(void) {
	uint8_t bytes[600];
	uint64_t atNs = standinNowNs() + 1000;
	for (unsigned i = 0; i < sizeof bytes; i++, atNs += charNs) {
		bytes[i] = (uint8_t)testRandom(256);
		chipUartHear(config.port, atNs, bytes[i], 0);
	}
	deaf = true;
	settleLine(atNs);
	deaf = false;
	(void)told(NULL, RS485_DO_READABLE);
	take(RS485_FULL, bytes, RS485_RING);
	takeNoMore();
	chipUartHear(config.port, atNs = standinNowNs() + 1000, 7, 0);
	settleLine(atNs + charNs);
	take(RS485_SILENCE, (const uint8_t[]){7}, 1);
	takeNoMore();
}

/* A spike where a start bit would hold the frame's end off: it ends all the same, and is whole. */
static void oneSpike(void) {
	uint8_t bytes[8];
	uint64_t atNs = standinNowNs() + 1000;
	unsigned count = 1 + testRandom(sizeof bytes);
	for (unsigned i = 0; i < count; i++, atNs += charNs) chipUartHear(config.port, atNs, bytes[i] = (uint8_t)testRandom(256), 0);
	chipUartHear(config.port, atNs + silenceNs - bitNs / 2 + testRandom((uint32_t)(2 * toleranceNs)), 0, CHIP_SPIKE);
	settleLine(atNs);
	take(RS485_SILENCE, bytes, count);
	takeNoMore();
}

/* A line that never becomes quiet: what was written goes out when its time is over, in the middle of it. */
static void oneBabble(void) {
	uint64_t atNs = standinNowNs() + 1000, endNs;
	for (unsigned i = 0; i < 700; i++, atNs += charNs) chipUartHear(config.port, atNs, (uint8_t)i, 0);
	endNs = atNs;
	standinRun(standinNowNs() + 1000 + 20 * charNs);
	chipUartLeft = charLeft;
	chipUartRtsChanged = rtsChanged;
	active = false;
	left = 0;
	uint64_t askedNs = standinNowNs();
	writableNs = 0;
	CHECK(rs485CoreWrite(&uart->core, (const uint8_t *)"ask", 3, 0, rs485UartNowUs(uart)), "write");
	rs485UartKick(uart);
	standinRun(endNs);
	uint64_t limitNs = 512 * charNs + silenceNs;
	CHECK(writableNs != 0 && onNs >= askedNs + limitNs - 4000 && onNs <= askedNs + limitNs + 2 * charNs + 4000,
		"sent %.3f characters after it was asked for", ((double)onNs - askedNs) / charNs);
	EQUAL(left, 3);
	EQUAL(rs485CoreCounters(&uart->core).busy, 1);
	settleLine(endNs);
	/* 512 bytes of the ring, taken as they were cut off; and what came after our frame. */
	CHECK(gotCount >= 2 && got[0].length > 500 && got[gotCount - 1].cause == RS485_SILENCE, "%u hand-overs", gotCount);
	gotCount = 0;
}

/* The UART does not say that it is done: the timer looks. */
static void oneLost(void) {
	chipUartWays.doneLost = true;
	chipUartLeft = charLeft;
	chipUartRtsChanged = rtsChanged;
	active = false;
	left = 0;
	writableNs = 0;
	CHECK(rs485CoreWrite(&uart->core, (const uint8_t *)"frame", 5, 0, rs485UartNowUs(uart)), "write");
	rs485UartKick(uart);
	standinRun(standinNowNs() + 20 * charNs + silenceNs);
	EQUAL(left, 5);
	CHECK(writableNs >= lastEndNs && writableNs <= lastEndNs + 2 * charNs + latestNs && !active, "released");
}

static void wrongs(unsigned rounds) {
	for (unsigned i = 0; i < rounds; i++) {
		if (i % 20 == 0) openLine(bauds[i / 20 % BAUDS], i / 20 / BAUDS % FORMATS, false);
		if (i % 20 < 15) oneError();
		else if (i % 20 == 15) oneBabble();
		else if (i % 20 == 16) oneSpike();
		else if (i % 20 == 17) oneOverrun();
		else if (i % 20 == 18) oneFull();
		else oneLost();
	}
}

int main(int argc, char **argv) {
	unsigned sequences = argc > 1 ? (unsigned)atoi(argv[1]) : 10000;
	latestNs = argc > 2 ? (uint64_t)atoi(argv[2]) * 1000 : LIMIT_NS;
	for (unsigned i = 0; i < sequences; i++) {
		baudIndex = i / 50 % BAUDS;
		if (i % 50 == 0) openLine(bauds[baudIndex], i / 50 / BAUDS % FORMATS, false);
		oneSequence();
	}
	unsigned transactions = sequences / 10;
	for (unsigned i = 0; i < transactions; i++) {
		if (i % 10 == 0) {
			openLine(bauds[i / 10 % BAUDS], i / 10 / BAUDS % FORMATS, true);
			chipUartLeft = charLeft;
			chipUartRtsChanged = rtsChanged;
			active = false;
		}
		oneTransaction();
	}
	wrongs(sequences / 20);
	printf("sequences %u transactions %u latest %u us\n", sequences, transactions, (unsigned)(latestNs / 1000));
	printf("pauses that split %" PRIu64 " that do not %" PRIu64 "\n", splits, joins);
	for (unsigned i = 0; i < BAUDS; i++)
		printf("baud %u end %.1f us %.3f characters, longest pause that does not split T3.5 + %.1f us\n", (unsigned)bauds[i],
			worst[i].endUs, worst[i].endChars, worst[i].joinUs);
	printf("soonest end %.1f us worst end %.3f characters\n", soonestEndUs, worstEndChars);
	printf("shortest pause that splits %.4f characters\n", shortestSplitChars);
	printf("driver on %.1f us before the start bit; off %.3f characters after the stop bit\n", leastLeadUs, worstReleaseChars);
	rs485UartClose(uart);
	heap_caps_free(uart);
	EQUAL(standinOpen("memory") + standinOpen("interrupt") + standinOpen("gptimer"), 0);
	return testEnd();
}
