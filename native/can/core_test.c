#include "can_core.h"
#include "slcan.h"
#include "../test.h"

#ifdef __linux__
#include "socketcan.h"
#include <linux/can/error.h>
#endif

static CanCore core;

static CanFrame frameOf(uint32_t id, uint8_t flags, uint8_t length) {
	CanFrame frame = {.id = id, .flags = flags, .length = length};
	for (unsigned i = 0; i < length && !(flags & CAN_REMOTE); i++) frame.data[i] = (uint8_t)testRandom(256);
	return frame;
}

static CanFrame anyFrame(void) {
	uint8_t flags = (uint8_t)testRandom(4);
	return frameOf(flags & CAN_EXTENDED ? testRandom(0x20000000) : testRandom(0x800), flags, (uint8_t)testRandom(9));
}

static void init(CanConfig config) {
	if (!config.bitrate) config.bitrate = 500000;
	const char *wrong = canCoreInit(&core, &config);
	CHECK(wrong == NULL, "%s", wrong);
}

static void options(void) {
	static const uint32_t good[] = {125000, 250000, 500000, 800000, 1000000}, bad[] = {0, 100000, 124999, 1000001};
	for (unsigned i = 0; i < 5; i++) init((CanConfig){.bitrate = good[i]});
	for (unsigned i = 0; i < 4; i++)
		CHECK(canCoreInit(&core, &(CanConfig){.bitrate = bad[i]}) != NULL, "bitrate %u", (unsigned)bad[i]);
	CHECK(canCoreInit(&core, &(CanConfig){.bitrate = 125000, .mode = 3}) != NULL, "mode");
	CHECK(canCoreInit(&core, &(CanConfig){.bitrate = 125000, .filterCount = 17}) != NULL, "17 filters");
	CHECK(canCoreInit(&core, &(CanConfig){.bitrate = 125000, .filterCount = 1, .filters = {{0x800, 0, false}}}) != NULL, "id");
	CHECK(canCoreInit(&core, &(CanConfig){.bitrate = 125000, .filterCount = 1, .filters = {{0, 0x20000000, true}}}) != NULL,
		"mask");
	CHECK(canFrameCheck(&(CanFrame){.id = 0x800}) != NULL, "id 0x800");
	CHECK(canFrameCheck(&(CanFrame){.id = 0x20000000, .flags = CAN_EXTENDED}) != NULL, "id 0x20000000");
	CHECK(canFrameCheck(&(CanFrame){.length = 9}) != NULL, "9 bytes");
	CHECK(canFrameCheck(&(CanFrame){.id = 0x7FF, .length = 8}) == NULL, "good frame");
}

/* The frame as bits, from the standard's picture; the CRC by long division. Nothing here is shared with core.c. */
static unsigned modelBits(char *bits, uint32_t value, int width) {
	for (int i = width - 1; i >= 0; i--) *bits++ = (char)(value >> i & 1);
	return (unsigned)width;
}

static uint32_t modelCrc(const char *bits, unsigned count) {
	char work[200] = {0};
	static const char polynomial[16] = {1, 1, 0, 0, 0, 1, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1};
	memcpy(work, bits, count);
	for (unsigned i = 0; i < count; i++)
		if (work[i])
			for (unsigned j = 0; j < 16; j++) work[i + j] ^= polynomial[j];
	uint32_t crc = 0;
	for (unsigned i = 0; i < 15; i++) crc = crc << 1 | (uint32_t)work[count + i];
	return crc;
}

static unsigned modelLength(const CanFrame *frame) {
	char bits[200];
	unsigned n = modelBits(bits, 0, 1);
	int remote = (frame->flags & CAN_REMOTE) != 0;
	if (frame->flags & CAN_EXTENDED) {
		n += modelBits(bits + n, frame->id >> 18, 11);
		n += modelBits(bits + n, 1, 1);
		n += modelBits(bits + n, 1, 1);
		n += modelBits(bits + n, frame->id & 0x3FFFF, 18);
		n += modelBits(bits + n, (uint32_t)remote, 1);
		n += modelBits(bits + n, 0, 2);
	} else {
		n += modelBits(bits + n, frame->id, 11);
		n += modelBits(bits + n, (uint32_t)remote, 1);
		n += modelBits(bits + n, 0, 2);
	}
	n += modelBits(bits + n, frame->length, 4);
	for (unsigned i = 0; i < frame->length && !remote; i++) n += modelBits(bits + n, frame->data[i], 8);
	n += modelBits(bits + n, modelCrc(bits, n), 15);
	unsigned stuffed = 0, run = 0;
	char last = 2;
	for (unsigned i = 0; i < n; i++) {
		run = bits[i] == last ? run + 1 : 1;
		last = bits[i];
		if (run == 5) {
			stuffed++;
			last = !last;
			run = 1;
		}
	}
	return n + stuffed + 13;
}

static void bits(void) {
	char text[72];
	for (unsigned i = 0; i < 9; i++) modelBits(text + 8 * i, (uint32_t)"123456789"[i], 8);
	EQUAL(modelCrc(text, 72), 0x059E); /* check value of CRC-15/CAN in the catalogue of CRC algorithms */
	for (unsigned i = 0; i < 20000; i++) {
		CanFrame frame = anyFrame();
		if (testRandom(4) == 0) memset(frame.data, testRandom(2) ? 0xFF : 0, 8);
		unsigned length = canFrameBits(&frame), data = frame.flags & CAN_REMOTE ? 0 : 8u * frame.length;
		EQUAL(length, modelLength(&frame));
		/* Least and most by the usual formulas: 47 or 67 bits, and one stuff bit for each 4 after the first. */
		unsigned least = (frame.flags & CAN_EXTENDED ? 67u : 47u) + data, body = (frame.flags & CAN_EXTENDED ? 54u : 34u) + data;
		CHECK(length >= least && length <= least + (body - 1) / 4, "%u bits", length);
	}
}

/* Arbitration: bit by bit, dominant (0) wins. */
static unsigned arbitrationBits(const CanFrame *frame, char *to) {
	unsigned remote = frame->flags & CAN_REMOTE ? 1 : 0;
	if (!(frame->flags & CAN_EXTENDED)) {
		unsigned n = modelBits(to, frame->id, 11);
		n += modelBits(to + n, remote, 1);
		return n + modelBits(to + n, 0, 1);
	}
	unsigned n = modelBits(to, frame->id >> 18, 11);
	n += modelBits(to + n, 3, 2);
	n += modelBits(to + n, frame->id & 0x3FFFF, 18);
	return n + modelBits(to + n, remote, 1);
}

static void ranks(void) {
	for (unsigned i = 0; i < 50000; i++) {
		CanFrame a = anyFrame(), b = anyFrame();
		if (testRandom(3) == 0) a.id &= a.flags & CAN_EXTENDED ? ~0x3FFFFu : ~0u;
		if (testRandom(3) == 0) b.id &= b.flags & CAN_EXTENDED ? ~0x3FFFFu : ~0u;
		if (testRandom(2)) {
			/* Same base identifier. */
			b.id = b.flags & CAN_EXTENDED ? (b.id & 0x3FFFF) : 0;
			uint32_t base = a.flags & CAN_EXTENDED ? a.id >> 18 : a.id;
			b.id |= b.flags & CAN_EXTENDED ? base << 18 : base;
		}
		char left[40] = {0}, right[40] = {0};
		unsigned n = arbitrationBits(&a, left), m = arbitrationBits(&b, right);
		int order = 0;
		for (unsigned j = 0; j < n && j < m && !order; j++) order = left[j] - right[j];
		int ranked = canFrameRank(&a) < canFrameRank(&b) ? -1 : canFrameRank(&a) > canFrameRank(&b);
		CHECK(order == ranked, "%x/%u against %x/%u", (unsigned)a.id, a.flags, (unsigned)b.id, b.flags);
	}
}

static void filters(void) {
	init((CanConfig){.filterCount = 2, .filters = {{0x120, 0x7F0, false}, {0x18FF0000, 0x1FFF0000, true}}});
	static const struct {
		uint32_t id;
		uint8_t flags;
		bool passes;
	} rows[] = {
		{0x120, 0, true}, {0x12F, 0, true}, {0x12F, CAN_REMOTE, true}, {0x130, 0, false}, {0x120, CAN_EXTENDED, false},
		{0x18FF1234, CAN_EXTENDED, true}, {0x18FE1234, CAN_EXTENDED, false}, {0x7FF, 0, false},
	};
	unsigned passed = 0;
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		CanFrame frame = frameOf(rows[i].id, rows[i].flags, 1);
		EQUAL(canCoreRx(&core, &frame, 0), rows[i].passes ? CAN_DO_READABLE : 0);
		passed += rows[i].passes;
	}
	EQUAL(canCoreCounters(&core).framesReceived, passed);
	EQUAL(canCoreCounters(&core).filtered, 8 - passed);
}

static void queues(void) {
	init((CanConfig){0});
	CanFrame frame, out;
	CHECK(!canCoreTake(&core, &out), "empty");
	for (unsigned i = 0; i < CAN_RX_QUEUE; i++) {
		frame = frameOf(i, 0, 8);
		EQUAL(canCoreRx(&core, &frame, i), CAN_DO_READABLE);
	}
	/* Told once, however many are lost, until the reader has taken one. */
	EQUAL(canCoreRx(&core, &frame, 0), CAN_DO_OVERFLOW);
	EQUAL(canCoreRx(&core, &frame, 0), 0);
	for (unsigned i = 0; i < CAN_RX_QUEUE; i++) {
		CHECK(canCoreTake(&core, &out), "frame %u", i);
		EQUAL(out.id, i);
	}
	CHECK(!canCoreTake(&core, &out), "empty again");
	for (unsigned i = 0; i < CAN_RX_QUEUE; i++) canCoreRx(&core, &frame, 0);
	EQUAL(canCoreRx(&core, &frame, 0), CAN_DO_OVERFLOW);
	EQUAL(canCoreCounters(&core).overflow, 3);

	for (unsigned i = 0; i < CAN_TX_QUEUE; i++) EQUAL(canCoreWrite(&core, &(CanFrame){.id = i}), CAN_WRITE_OK);
	EQUAL(canCoreWrite(&core, &frame), CAN_WRITE_FULL);
	for (unsigned i = 0; i < CAN_TX_QUEUE; i++) {
		EQUAL(canCoreTxNext(&core)->id, i);
		EQUAL(canCoreTxDone(&core, 0), i + 1 == CAN_TX_QUEUE ? CAN_DO_WRITABLE : 0);
	}
	CHECK(canCoreTxNext(&core) == NULL, "nothing to send");
	EQUAL(canCoreTxDone(&core, 0), 0);
	init((CanConfig){.mode = CAN_MODE_LISTEN});
	EQUAL(canCoreWrite(&core, &frame), CAN_WRITE_LISTEN);
}

static void states(void) {
	init((CanConfig){.countErrors = true});
	static const CanState expected[] = {[11] = CAN_ACTIVE, [12] = CAN_WARNING, [15] = CAN_WARNING, [16] = CAN_PASSIVE,
		[31] = CAN_PASSIVE, [32] = CAN_BUS_OFF};
	canCoreWrite(&core, &(CanFrame){.id = 1});
	canCoreWrite(&core, &(CanFrame){.id = 2});
	for (unsigned i = 1; i <= 32; i++) {
		uint32_t actions = canCoreBusError(&core, true, 1000);
		if (i == 11 || i == 12 || i == 15 || i == 16 || i >= 31) EQUAL(canCoreState(&core), expected[i]);
		EQUAL((actions & CAN_DO_STATE) != 0, i == 12 || i == 16 || i == 32);
		EQUAL((actions & CAN_DO_FLUSH) != 0, i == 32);
	}
	EQUAL(canCoreCounters(&core).busErrors, 32);
	EQUAL(canCoreCounters(&core).busOff, 1);
	EQUAL(canCoreCounters(&core).dropped, 2);
	EQUAL(canCoreWrite(&core, &(CanFrame){.id = 1}), CAN_WRITE_OFF);
	CHECK(canCoreTxNext(&core) == NULL, "sends while off");
	/* 0.25 s, 0.5 s, 1 s, ... 8 s, 8 s; each time the bus goes off again at once. */
	uint64_t now = 1000, delay = 250000;
	for (unsigned i = 0; i < 8; i++) {
		EQUAL(canCoreDeadline(&core), now + delay);
		EQUAL(canCoreTick(&core, now + delay - 1), 0);
		now += delay;
		EQUAL(canCoreTick(&core, now), CAN_DO_RECOVER);
		EQUAL(canCoreErrors(&core, 0, 0, false, now), CAN_DO_STATE);
		EQUAL(canCoreDeadline(&core), CAN_NEVER);
		EQUAL(canCoreErrors(&core, 0, 0, true, now), CAN_DO_STATE | CAN_DO_FLUSH);
		delay = delay * 2 > 8000000 ? 8000000 : delay * 2;
	}
	/* A controller that does not come back is asked again. */
	now += 8000000;
	EQUAL(canCoreTick(&core, now), CAN_DO_RECOVER);
	now += 8000000;
	EQUAL(canCoreTick(&core, now), CAN_DO_RECOVER);
	/* Ten quiet seconds are enough to begin anew. */
	canCoreErrors(&core, 0, 0, false, now);
	now += 10000000;
	canCoreErrors(&core, 0, 0, true, now);
	EQUAL(canCoreDeadline(&core), now + 250000);

	/* Good frames count down. */
	init((CanConfig){.countErrors = true});
	for (unsigned i = 0; i < 100; i++) canCoreBusError(&core, false, 0);
	EQUAL(canCoreState(&core), CAN_WARNING);
	CanFrame frame = frameOf(1, 0, 0), out;
	for (unsigned i = 0; i < 5; i++) {
		canCoreRx(&core, &frame, 0);
		canCoreTake(&core, &out);
	}
	EQUAL(canCoreState(&core), CAN_ACTIVE);
	/* A receiver alone never goes off. */
	for (unsigned i = 0; i < 1000; i++) canCoreBusError(&core, false, 0);
	EQUAL(canCoreState(&core), CAN_PASSIVE);
}

static SlcanEvent feedLine(Slcan *slcan, const char *line) {
	SlcanEvent event = SLCAN_NOTHING;
	for (; *line; line++) {
		EQUAL(event, SLCAN_NOTHING);
		event = slcanFeed(slcan, (uint8_t)*line);
	}
	return event;
}

static void slcan(void) {
	static Slcan parser;
	static const struct {
		const char *line;
		SlcanEvent event;
		uint32_t id;
		uint8_t flags, length, first;
	} rows[] = {
		/* from the CANUSB manual, and what adapters in the field send */
		{"t10021133\r", SLCAN_FRAME, 0x100, 0, 2, 0x11}, {"T0000010021133\r", SLCAN_FRAME, 0x100, CAN_EXTENDED, 2, 0x11},
		{"t7FF0\r", SLCAN_FRAME, 0x7FF, 0, 0, 0}, {"r1003\r", SLCAN_FRAME, 0x100, CAN_REMOTE, 3, 0},
		{"R1FFFFFFF8\r", SLCAN_FRAME, 0x1FFFFFFF, CAN_EXTENDED | CAN_REMOTE, 8, 0},
		{"t10021133A5F7\r", SLCAN_FRAME, 0x100, 0, 2, 0x11} /* time stamp */, {"t1ff1aB\r", SLCAN_FRAME, 0x1ff, 0, 1, 0xab},
		{"\r", SLCAN_DONE, 0, 0, 0, 0}, {"z\r", SLCAN_DONE, 0, 0, 0, 0}, {"Z\r", SLCAN_DONE, 0, 0, 0, 0},
		{"\a", SLCAN_REFUSED, 0, 0, 0, 0}, {"F24\r", SLCAN_FLAGS, 0, 0, 0, 0}, {"V1013\r", SLCAN_DONE, 0, 0, 0, 0},
		{"NA123\r", SLCAN_DONE, 0, 0, 0, 0}, {"S6\r", SLCAN_COMMAND, 0, 0, 0, 0}, {"O\r", SLCAN_COMMAND, 0, 0, 0, 0},
		{"V\r", SLCAN_COMMAND, 0, 0, 0, 0}, {"\nC\r", SLCAN_COMMAND, 0, 0, 0, 0}, {"Z1\r", SLCAN_COMMAND, 0, 0, 0, 0},
		{"t80000\r", SLCAN_GARBAGE, 0, 0, 0, 0} /* 0x800 */, {"T200000000\r", SLCAN_GARBAGE, 0, 0, 0, 0},
		{"t1009112233445566778899\r", SLCAN_GARBAGE, 0, 0, 0, 0}, {"t1002113\r", SLCAN_GARBAGE, 0, 0, 0, 0},
		{"t100211334\r", SLCAN_GARBAGE, 0, 0, 0, 0}, {"t1002113G\r", SLCAN_GARBAGE, 0, 0, 0, 0},
		{"t10\r", SLCAN_GARBAGE, 0, 0, 0, 0}, {"t\r", SLCAN_GARBAGE, 0, 0, 0, 0}, {"r100311\r", SLCAN_GARBAGE, 0, 0, 0, 0},
		{"F2\r", SLCAN_GARBAGE, 0, 0, 0, 0}, {"FXX\r", SLCAN_GARBAGE, 0, 0, 0, 0}, {"hello\r", SLCAN_GARBAGE, 0, 0, 0, 0},
		{"t1002113300000000000000000000000000000000000000000000000000000000000000000000\r", SLCAN_GARBAGE, 0, 0, 0, 0},
	};
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		SlcanEvent event = feedLine(&parser, rows[i].line);
		CHECK(event == rows[i].event, "%s: event %d", rows[i].line, event);
		if (event != SLCAN_FRAME) continue;
		EQUAL(parser.frame.id, rows[i].id);
		EQUAL(parser.frame.flags, rows[i].flags);
		EQUAL(parser.frame.length, rows[i].length);
		EQUAL(parser.frame.data[0], rows[i].first);
	}
	EQUAL(parser.flags, 0x24);
	feedLine(&parser, "V\r");
	CHECK(strcmp(slcanAnswer(&parser), "V0101\r") == 0, "version");
	for (unsigned i = 0; i < 20000; i++) {
		CanFrame frame = anyFrame();
		char line[SLCAN_FRAME_MAX + 1];
		uint32_t length = slcanEncode(&frame, line);
		CHECK(length <= SLCAN_FRAME_MAX, "%u characters", (unsigned)length);
		line[length] = 0;
		EQUAL(feedLine(&parser, line), SLCAN_FRAME);
		CHECK(memcmp(&parser.frame, &frame, sizeof frame) == 0, "%s comes back differently", line);
	}
	EQUAL(slcanSpeed(125000), 4);
	EQUAL(slcanSpeed(1000000), 8);
	EQUAL(slcanSpeed(123456), -1);
}

#ifdef __linux__
static void linuxFrames(void) {
	for (unsigned i = 0; i < 5000; i++) {
		CanFrame frame = anyFrame(), back;
		struct can_frame theirs;
		socketCanToLinux(&frame, &theirs);
		EQUAL((theirs.can_id & CAN_EFF_FLAG) != 0, (frame.flags & CAN_EXTENDED) != 0);
		EQUAL((theirs.can_id & CAN_RTR_FLAG) != 0, (frame.flags & CAN_REMOTE) != 0);
		EQUAL(theirs.can_id & CAN_EFF_MASK, frame.id);
		CHECK(socketCanFromLinux(&theirs, &back), "refused");
		CHECK(memcmp(&frame, &back, sizeof frame) == 0, "differs");
	}
	CanFrame out;
	CHECK(!socketCanFromLinux(&(struct can_frame){.can_id = CAN_ERR_FLAG}, &out), "error frame");
	CHECK(!socketCanFromLinux(&(struct can_frame){.can_dlc = 9}, &out), "9 bytes");
	SocketCanNews news;
	socketCanNews(&(struct can_frame){.can_id = CAN_ERR_FLAG | CAN_ERR_BUSOFF}, &news);
	CHECK(news.busOff && news.state && !news.error, "bus-off");
	socketCanNews(&(struct can_frame){.can_id = CAN_ERR_FLAG | CAN_ERR_CRTL | CAN_ERR_CNT, .data = {0, CAN_ERR_CRTL_TX_PASSIVE, 0, 0, 0, 0, 130, 7}}, &news);
	CHECK(news.counters && news.tec == 130 && news.rec == 7 && news.state, "counters");
	socketCanNews(&(struct can_frame){.can_id = CAN_ERR_FLAG | CAN_ERR_CRTL, .data = {0, CAN_ERR_CRTL_RX_WARNING}}, &news);
	CHECK(news.tec == 96 && news.state, "warning");
	socketCanNews(&(struct can_frame){.can_id = CAN_ERR_FLAG | CAN_ERR_CRTL, .data = {0, CAN_ERR_CRTL_RX_OVERFLOW}}, &news);
	CHECK(news.lost && !news.state, "overflow");
	socketCanNews(&(struct can_frame){.can_id = CAN_ERR_FLAG | CAN_ERR_RESTARTED}, &news);
	CHECK(news.state && news.tec == 0 && !news.busOff, "restarted");
	socketCanNews(&(struct can_frame){.can_id = CAN_ERR_FLAG | CAN_ERR_PROT | CAN_ERR_BUSERROR}, &news);
	CHECK(news.error && !news.state, "bus error");
}
#endif

int main(void) {
	options();
	bits();
	ranks();
	filters();
	queues();
	states();
	slcan();
#ifdef __linux__
	linuxFrames();
#endif
	return testEnd();
}
