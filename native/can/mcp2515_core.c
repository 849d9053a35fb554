#include "mcp2515.h"

#include <string.h>

/* Instructions */
enum { RESET = 0xC0, READ = 0x03, WRITE = 0x02, MODIFY = 0x05, LOAD_TX0 = 0x40, SEND_TX0 = 0x81, READ_RX0 = 0x90, READ_RX1 = 0x94 };
/* Registers */
enum {
	RXF0 = 0x00,
	RXF3 = 0x10,
	CANSTAT = 0x0E,
	CANCTRL = 0x0F,
	TEC = 0x1C,
	RXM0 = 0x20,
	CNF3 = 0x28, /* then CNF2, CNF1, CANINTE */
	CANINTE = 0x2B,
	CANINTF = 0x2C,
	EFLG = 0x2D,
	TXB0CTRL = 0x30,
	RXB0CTRL = 0x60,
	RXB1CTRL = 0x70
};
/* Bits */
enum {
	MODE_NORMAL = 0x00,
	MODE_LOOPBACK = 0x40,
	MODE_LISTEN = 0x60,
	MODE_CONFIG = 0x80,
	AFTER_RESET = 0x87, /* CANCTRL: configuration mode, clock output on */
	RX0IF = 0x01,
	RX1IF = 0x02,
	TX0IF = 0x04,
	TX12IF = 0x18, /* never, as only the first transmit buffer is used */
	ERRIF = 0x20,
	MERRF = 0x80,
	TXBO = 0x20,
	RXOVR = 0xC0,
	TXREQ = 0x08,
	RX_ANY = 0x60,
	RX_ROLLOVER = 0x04,
	EXIDE = 0x08,
	SRR = 0x10,
	RTR = 0x40
};

enum { POLL_US = 100000, MUTE_MAX = 5, TURNS = 64, RESET_READS = 50 };

static bool transfer(const Mcp2515 *chip, const uint8_t *out, uint8_t *in, size_t count) {
	return chip->transfer(chip->refcon, out, in, count);
}

static bool writeRegisters(const Mcp2515 *chip, uint8_t address, const uint8_t *values, size_t count) {
	uint8_t out[16] = {WRITE, address};
	memcpy(out + 2, values, count);
	return transfer(chip, out, NULL, count + 2);
}

static bool writeRegister(const Mcp2515 *chip, uint8_t address, uint8_t value) {
	return writeRegisters(chip, address, &value, 1);
}

static bool modify(const Mcp2515 *chip, uint8_t address, uint8_t mask, uint8_t value) {
	return transfer(chip, (const uint8_t[]){MODIFY, address, mask, value}, NULL, 4);
}

/* Two registers, one after the other. */
static bool readPair(const Mcp2515 *chip, uint8_t address, uint8_t *first, uint8_t *second) {
	uint8_t in[4] = {0};
	if (!transfer(chip, (const uint8_t[]){READ, address, 0, 0}, in, 4)) return false;
	*first = in[2];
	*second = in[3];
	return true;
}

const char *mcp2515Timing(uint32_t crystalHz, uint32_t bitrate, uint8_t cnf[3]) {
	/*
	 * A quantum is 2 * prescaler / crystal. Quanta: 1, then up to the sample point (propagation, phase 1), then phase 2,
	 * at least 2. Sample points 75 % (8 quanta), 80 % (10) and 87.5 % (16), as CiA 301 has them where 16 quanta fit.
	 */
	static const struct {
		uint32_t bitrate;
		uint8_t prescaler16, prescaler8; /* by crystal; 0: cannot be done */
		uint8_t propagation, phase1, phase2;
		uint8_t propagation8, phase18; /* with 8 MHz, where it differs */
	} table[] = {
		{125000, 4, 2, 7, 6, 2, 7, 6},
		{250000, 2, 1, 7, 6, 2, 7, 6},
		{500000, 1, 1, 7, 6, 2, 2, 3},
		{800000, 1, 0, 3, 4, 2, 0, 0},
		{1000000, 1, 0, 2, 3, 2, 0, 0},
	};
	if (crystalHz != 8000000 && crystalHz != 16000000) return "crystalHz must be 8000000 or 16000000";
	for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
		if (table[i].bitrate != bitrate) continue;
		bool small = crystalHz == 8000000;
		uint8_t prescaler = small ? table[i].prescaler8 : table[i].prescaler16;
		if (prescaler == 0) return "with a crystal of 8 MHz bitrate must be 125000, 250000 or 500000";
		cnf[0] = (uint8_t)(prescaler - 1); /* synchronisation jump: 1 quantum, less than phase 2 */
		cnf[1] = (uint8_t)(0x80 | ((small ? table[i].phase18 : table[i].phase1) - 1) << 3 |
			((small ? table[i].propagation8 : table[i].propagation) - 1));
		cnf[2] = (uint8_t)(table[i].phase2 - 1);
		return NULL;
	}
	return "bitrate must be 125000, 250000, 500000, 800000 or 1000000";
}

/* An identifier as it stands in SIDH, SIDL, EID8, EID0. */
static void putId(uint8_t registers[4], uint32_t id, bool extended) {
	uint32_t standard = extended ? id >> 18 : id;
	registers[0] = (uint8_t)(standard >> 3);
	registers[1] = (uint8_t)((standard & 7) << 5);
	registers[2] = registers[3] = 0;
	if (!extended) return;
	registers[1] |= (uint8_t)(EXIDE | (id >> 16 & 3));
	registers[2] = (uint8_t)(id >> 8);
	registers[3] = (uint8_t)id;
}

static bool alike(const CanFilter *a, const CanFilter *b) {
	return a->mask == b->mask && a->extended == b->extended;
}

bool mcp2515Filters(const CanConfig *config, uint8_t registers[8][4]) {
	/* One mask for the two filters of the first buffer, one for the four of the second. A mask also fixes the format:
	 * on a standard frame the bits of an extended one would be compared with its data. */
	const CanFilter *groups[2][CAN_FILTERS];
	unsigned counts[2] = {0, 0};
	if (config->filterCount == 0) return false;
	for (unsigned i = 0; i < config->filterCount; i++) {
		const CanFilter *filter = &config->filters[i];
		unsigned group = counts[0] == 0 || alike(filter, groups[0][0]) ? 0 : 1;
		if (group == 1 && counts[1] > 0 && !alike(filter, groups[1][0])) return false;
		groups[group][counts[group]++] = filter;
	}
	unsigned first = 0, second = 1, skip = 0;
	if (counts[1] == 0) {
		/* All alike: up to six, which begin in the first buffer and go on in the second. */
		if (counts[0] > 6) return false;
		second = 0;
		skip = counts[0] > 2 ? 2 : 0;
	} else if (counts[0] > 2) {
		first = 1;
		second = 0;
	}
	if ((second != first && counts[first] > 2) || counts[second] - skip > 4) return false;
	unsigned firstCount = counts[first] > 2 ? 2 : counts[first], secondCount = counts[second] - skip;
	for (unsigned i = 0; i < 6; i++) {
		const CanFilter *filter = i < 2 ? groups[first][i % firstCount] : groups[second][skip + (i - 2) % secondCount];
		putId(registers[i], filter->id & filter->mask, filter->extended);
	}
	for (unsigned i = 0; i < 2; i++) {
		const CanFilter *filter = groups[i ? second : first][0];
		putId(registers[6 + i], filter->mask, filter->extended);
		registers[6 + i][1] &= (uint8_t)~EXIDE; /* the format is compared anyway */
	}
	return true;
}

static bool setFilters(const Mcp2515 *chip, const CanConfig *config) {
	uint8_t registers[8][4];
	bool exact = mcp2515Filters(config, registers);
	if (exact) {
		for (unsigned i = 0; i < 8; i++) {
			uint8_t address = (uint8_t)(i < 3 ? RXF0 + 4 * i : i < 6 ? RXF3 + 4 * (i - 3) : RXM0 + 4 * (i - 6));
			if (!writeRegisters(chip, address, registers[i], 4)) return false;
		}
	}
	uint8_t which = exact ? 0 : RX_ANY;
	return writeRegister(chip, RXB0CTRL, which | RX_ROLLOVER) && writeRegister(chip, RXB1CTRL, which);
}

static void forget(Mcp2515 *chip) {
	chip->sending = chip->secondFirst = chip->mayReturn = chip->lostTold = false;
	chip->mute = 0;
}

const char *mcp2515Start(Mcp2515 *chip, const CanConfig *config, uint64_t nowUs) {
	static const uint8_t modes[] = {MODE_NORMAL, MODE_LISTEN, MODE_LOOPBACK};
	uint8_t cnf[3], status = 0, control = 0;
	const char *wrong = mcp2515Timing(chip->crystalHz, config->bitrate, cnf);
	if (wrong) return wrong;
	forget(chip);
	if (!transfer(chip, (const uint8_t[]){RESET}, NULL, 1)) return "SPI transfer failed";
	/* Its oscillator needs 128 periods to start again. */
	for (unsigned i = 0; i < RESET_READS && control != AFTER_RESET; i++)
		if (!readPair(chip, CANSTAT, &status, &control)) return "SPI transfer failed";
	if (control != AFTER_RESET) return "no MCP2515 answers";
	/* CNF3, CNF2, CNF1, then which interrupts: received, sent, errors. Not each bad message: they come in thousands. */
	const uint8_t timing[] = {cnf[2], cnf[1], cnf[0], RX0IF | RX1IF | TX0IF | ERRIF};
	chip->mode = modes[config->mode];
	chip->pollUs = nowUs + POLL_US;
	if (!writeRegisters(chip, CNF3, timing, sizeof timing) || !setFilters(chip, config) ||
		!writeRegister(chip, CANCTRL, chip->mode))
		return "SPI transfer failed";
	uint8_t cnf3 = 0, cnf2 = 0;
	if (!readPair(chip, CNF3, &cnf3, &cnf2) || cnf3 != cnf[2] || cnf2 != cnf[1]) return "the MCP2515 does not keep its settings";
	return NULL;
}

void mcp2515Stop(Mcp2515 *chip) {
	(void)writeRegister(chip, CANINTE, 0);
	(void)modify(chip, TXB0CTRL, TXREQ, 0);
	(void)writeRegister(chip, CANCTRL, MODE_CONFIG);
}

static bool receive(const Mcp2515 *chip, uint8_t instruction, CanFrame *frame) {
	const uint8_t out[14] = {instruction};
	uint8_t in[14] = {0};
	/* The end of the transaction frees the buffer. */
	if (!transfer(chip, out, in, sizeof in)) return false;
	const uint8_t *registers = in + 1;
	*frame = (CanFrame){.id = (uint32_t)registers[0] << 3 | registers[1] >> 5};
	bool remote = registers[1] & SRR;
	if (registers[1] & EXIDE) {
		frame->flags = CAN_EXTENDED;
		frame->id = frame->id << 18 | (registers[1] & 3u) << 16 | (uint32_t)registers[2] << 8 | registers[3];
		remote = registers[4] & RTR;
	}
	frame->length = registers[4] & 15;
	if (frame->length > 8) frame->length = 8; /* ISO 11898-1: codes above 8 mean 8 */
	if (remote) frame->flags |= CAN_REMOTE;
	else memcpy(frame->data, registers + 5, frame->length);
	return true;
}

static bool send(const Mcp2515 *chip, const CanFrame *frame) {
	uint8_t out[14] = {LOAD_TX0};
	putId(out + 1, frame->id, frame->flags & CAN_EXTENDED);
	out[5] = frame->length | (frame->flags & CAN_REMOTE ? RTR : 0);
	size_t length = frame->flags & CAN_REMOTE ? 0 : frame->length;
	memcpy(out + 6, frame->data, length);
	return transfer(chip, out, NULL, 6 + length) && transfer(chip, (const uint8_t[]){SEND_TX0}, NULL, 1);
}

/* What the chip counts and says about errors. */
static uint32_t errors(Mcp2515 *chip, CanCore *core, uint8_t flags, uint64_t nowUs) {
	uint8_t tec, rec;
	bool off = flags & TXBO, wasOff = canCoreState(core) == CAN_BUS_OFF;
	/* The chip comes back by itself after 128 times 11 recessive bits; here it stays off for the core's delay at least. */
	if (wasOff && (off || !chip->mayReturn)) return 0;
	if (!readPair(chip, TEC, &tec, &rec)) return 0;
	chip->mayReturn = false;
	uint32_t actions = canCoreErrors(core, tec, rec, off, nowUs);
	if (actions & CAN_DO_FLUSH) {
		/* Else it would send the frame when it comes back. */
		(void)modify(chip, TXB0CTRL, TXREQ, 0);
		chip->sending = false;
	}
	return actions;
}

/* Is it still there, and still set up? It is not after a dip of its supply, or when a plug came off. */
static uint32_t look(Mcp2515 *chip, CanCore *core, uint64_t nowUs) {
	uint8_t status = 0, control = 0;
	bool read = readPair(chip, CANSTAT, &status, &control);
	if (read && control == chip->mode) {
		chip->mute = 0;
		return 0;
	}
	if (read && control == AFTER_RESET && !mcp2515Start(chip, &core->config, nowUs)) return 0;
	if (++chip->mute < MUTE_MAX) return 0;
	chip->gone = true;
	return MCP2515_GONE;
}

/* Takes one frame or none. */
static uint32_t takeFrame(Mcp2515 *chip, CanCore *core, uint8_t flags, uint64_t nowUs) {
	CanFrame frame;
	bool second = (flags & RX1IF) && (chip->secondFirst || !(flags & RX0IF));
	if (!second && !(flags & RX0IF)) return 0;
	if (!receive(chip, second ? READ_RX1 : READ_RX0, &frame)) return 0;
	chip->secondFirst = !second;
	frame.timeUs = nowUs;
	return canCoreRx(core, &frame, nowUs);
}

static uint32_t turn(Mcp2515 *chip, CanCore *core, uint8_t flags, uint8_t eflg, uint64_t nowUs) {
	uint32_t actions = 0;
	uint8_t done = flags & (TX0IF | ERRIF | MERRF);
	if (done) (void)modify(chip, CANINTF, done, 0);
	if (eflg & RXOVR) {
		(void)modify(chip, EFLG, RXOVR, 0);
		if (!chip->lostTold) actions |= MCP2515_LOST;
		chip->lostTold = true;
	}
	if ((flags & TX0IF) && chip->sending) {
		chip->sending = false;
		actions |= canCoreTxDone(core, nowUs);
	}
	if (flags & MERRF) canCoreCountError(core);
	if (flags & ERRIF) actions |= errors(chip, core, eflg, nowUs);
	/* Last, so that the flags are looked at next: before a whole frame can have filled each of the buffers. */
	return actions | takeFrame(chip, core, flags, nowUs);
}

uint32_t mcp2515Service(Mcp2515 *chip, CanCore *core, uint64_t nowUs) {
	uint32_t actions = 0;
	uint8_t flags, eflg;
	if (chip->gone) return 0;
	if (canCoreTick(core, nowUs) & CAN_DO_RECOVER) chip->mayReturn = true;
	bool poll = nowUs >= chip->pollUs || chip->mayReturn;
	for (unsigned turns = 0;; turns++) {
		/* A line that nothing drives reads as ones. */
		if (!readPair(chip, CANINTF, &flags, &eflg) || (flags & TX12IF)) break;
		/*
		 * A frame that finds the first buffer full goes into the second. So when both are full the first holds the older
		 * one, unless it has been emptied since the second was last seen empty.
		 */
		if (!(flags & RX1IF)) chip->secondFirst = false;
		if (poll) actions |= errors(chip, core, eflg, nowUs);
		poll = false;
		if (turns == TURNS) {
			actions |= MCP2515_BUSY;
			break;
		}
		const CanFrame *frame;
		if (!(flags & (RX0IF | RX1IF | TX0IF | ERRIF | MERRF)) && !(eflg & RXOVR)) {
			chip->lostTold = false;
			if (chip->sending || !(frame = canCoreTxNext(core))) break;
			chip->sending = send(chip, frame);
			if (!chip->sending) break;
		} else actions |= turn(chip, core, flags, eflg, nowUs);
	}
	if (nowUs >= chip->pollUs) {
		chip->pollUs = nowUs + POLL_US;
		actions |= look(chip, core, nowUs);
	}
	return actions & ~(uint32_t)(CAN_DO_RECOVER | CAN_DO_FLUSH);
}

uint64_t mcp2515Deadline(const Mcp2515 *chip, const CanCore *core) {
	uint64_t atUs = canCoreDeadline(core);
	return chip->gone ? CAN_NEVER : chip->pollUs < atUs ? chip->pollUs : atUs;
}
