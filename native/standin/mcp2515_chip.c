#include "mcp2515_chip.h"

#include <string.h>

enum { CANSTAT = 0x0E, CANCTRL = 0x0F, TEC = 0x1C, REC = 0x1D, CNF3 = 0x28, CNF1 = 0x2A, CANINTE = 0x2B, CANINTF = 0x2C, EFLG = 0x2D };
enum { TXB0CTRL = 0x30, RXB0CTRL = 0x60, RXB1CTRL = 0x70 };
enum { NORMAL = 0, LOOPBACK = 2, LISTEN = 3, CONFIGURATION = 4 };

static unsigned modeOf(const Mcp2515Chip *chip) {
	return chip->registers[CANSTAT] >> 5;
}

void mcp2515ChipReset(Mcp2515Chip *chip) {
	memset(chip->registers, 0, sizeof chip->registers);
	chip->registers[CANCTRL] = 0x87;
	chip->registers[CANSTAT] = 0x80;
	chip->off = false;
	chip->resets++;
}

bool mcp2515ChipOnBus(const Mcp2515Chip *chip) {
	return !chip->absent && !chip->off && (modeOf(chip) == NORMAL || modeOf(chip) == LISTEN);
}

bool mcp2515ChipInterrupt(const Mcp2515Chip *chip) {
	return !chip->absent && (chip->registers[CANINTF] & chip->registers[CANINTE]) != 0;
}

/* Table 11-1 of the data sheet has CANSTAT and CANCTRL at the end of each row of 16. */
static uint8_t place(uint8_t address) {
	address &= 0x7F;
	if ((address & 0x0F) == 0x0E) return CANSTAT;
	if ((address & 0x0F) == 0x0F) return CANCTRL;
	return address;
}

static bool configurationOnly(uint8_t address) {
	/* Filters, masks, CNF1 to CNF3, TXRTSCTRL. RXBnCTRL may be written at any time. */
	return address <= 0x0B || address == 0x0D || (address >= 0x10 && address <= 0x1B) || (address >= 0x20 && address <= CNF1);
}

static void loop(Mcp2515Chip *chip) {
	CanFrame frame;
	if (modeOf(chip) != LOOPBACK || !mcp2515ChipSending(chip, &frame)) return;
	mcp2515ChipSent(chip, true);
	(void)mcp2515ChipReceive(chip, &frame);
}

/* The bits of `mask` become those of value. */
static void put(Mcp2515Chip *chip, uint8_t address, uint8_t value, uint8_t mask) {
	address = place(address);
	uint8_t *cell = &chip->registers[address];
	/* Read only: status, counters, received messages. */
	if (address == CANSTAT || address == TEC || address == REC || (address > RXB0CTRL && address <= 0x6D) || address > RXB1CTRL) {
		chip->refused++;
		return;
	}
	if (configurationOnly(address) && modeOf(chip) != CONFIGURATION) {
		chip->refused++;
		return;
	}
	if (address >= TXB0CTRL && address <= 0x5D) {
		if ((address & 0x0F) == 0) mask &= 0x0B; /* TXREQ and TXP; the others are the chip's */
		else if (chip->registers[address & 0xF0] & 8) {
			chip->refused++;
			return;
		}
	}
	if (address == EFLG) {
		/* Only the overflow flags, and only to be cleared. */
		*cell &= (uint8_t)~(mask & 0xC0 & ~value);
		return;
	}
	if (address == RXB0CTRL) mask &= 0x64;
	if (address == RXB1CTRL) mask &= 0x60;
	*cell = (uint8_t)((*cell & ~mask) | (value & mask));
	if (address == RXB0CTRL) *cell = (uint8_t)((*cell & ~2) | (*cell & 4) >> 1);
	if (address == CANCTRL && *cell >> 5 != modeOf(chip)) {
		chip->registers[CANSTAT] = (uint8_t)(*cell & 0xE0);
		/* Error counters start anew in configuration mode. */
		if (modeOf(chip) == CONFIGURATION) {
			chip->registers[TEC] = chip->registers[REC] = 0;
			chip->registers[EFLG] &= 0xC0;
			chip->off = false;
		}
	}
	loop(chip);
}

/* Instruction BIT MODIFY works on these only; on the others it writes the whole byte. */
static bool canModify(uint8_t address) {
	return address == 0x0C || address == 0x0D || address == CANCTRL || (address >= CNF3 && address <= EFLG) ||
		address == TXB0CTRL || address == 0x40 || address == 0x50 || address == RXB0CTRL || address == RXB1CTRL;
}

static uint8_t status(const Mcp2515Chip *chip) {
	const uint8_t *registers = chip->registers;
	uint8_t flags = registers[CANINTF], value = flags & 3;
	for (unsigned i = 0; i < 3; i++) {
		if (registers[TXB0CTRL + 16 * i] & 8) value |= (uint8_t)(4 << 2 * i);
		if (flags & 4 << i) value |= (uint8_t)(8 << 2 * i);
	}
	return value;
}

void mcp2515ChipTransfer(Mcp2515Chip *chip, const uint8_t *out, uint8_t *in, size_t count) {
	uint8_t instruction = count > 0 ? out[0] : 0;
	chip->transactions++;
	if (in) memset(in, chip->absent ? 0xFF : 0, count);
	if (chip->absent || count == 0) return;
	if (instruction == 0xC0) mcp2515ChipReset(chip);
	else if (instruction == 0x03) {
		for (size_t i = 2; in && i < count; i++) in[i] = chip->registers[place((uint8_t)(out[1] + i - 2))];
	} else if (instruction == 0x02) {
		for (size_t i = 2; i < count; i++) put(chip, (uint8_t)(out[1] + i - 2), out[i], 0xFF);
	} else if (instruction == 0x05 && count >= 4) put(chip, out[1], out[3], canModify(place(out[1])) ? out[2] : 0xFF);
	else if ((instruction & 0xF8) == 0x80) {
		for (unsigned i = 0; i < 3; i++)
			if (instruction & 1 << i) put(chip, (uint8_t)(TXB0CTRL + 16 * i), 8, 8);
	} else if ((instruction & 0xF8) == 0x40 && (instruction & 7) < 6) {
		/* abc: buffer, and whether from the identifier or from the data on */
		uint8_t from = (uint8_t)(0x31 + 16 * (instruction >> 1 & 3) + (instruction & 1 ? 5 : 0));
		for (size_t i = 1; i < count; i++) put(chip, (uint8_t)(from + i - 1), out[i], 0xFF);
	} else if ((instruction & 0xF9) == 0x90) {
		unsigned buffer = instruction >> 2 & 1;
		uint8_t from = (uint8_t)(0x61 + 16 * buffer + (instruction & 2 ? 5 : 0));
		for (size_t i = 1; in && i < count; i++) in[i] = chip->registers[(from + i - 1) & 0x7F];
		chip->registers[CANINTF] &= (uint8_t)~(1 << buffer);
	} else if (instruction == 0xA0) {
		for (size_t i = 1; in && i < count; i++) in[i] = status(chip);
	}
}

/* Does filter `index` pass the frame under the mask of its buffer? */
static bool passes(const Mcp2515Chip *chip, unsigned index, const CanFrame *frame) {
	const uint8_t *filter = chip->registers + (index < 3 ? 4 * index : 0x10 + 4 * (index - 3));
	const uint8_t *mask = chip->registers + (index < 2 ? 0x20 : 0x24);
	bool extended = frame->flags & CAN_EXTENDED;
	if (((filter[1] & 8) != 0) != extended) return false;
	uint32_t standard = extended ? frame->id >> 18 : frame->id;
	/* The bits of an extended identifier are compared with the first two bytes of a standard frame. */
	uint8_t high = extended ? (uint8_t)(frame->id >> 8) : frame->length > 0 ? frame->data[0] : 0;
	uint8_t low = extended ? (uint8_t)frame->id : frame->length > 1 ? frame->data[1] : 0;
	uint8_t top = extended ? frame->id >> 16 & 3 : 0;
	uint8_t seen[4] = {(uint8_t)(standard >> 3), (uint8_t)((standard & 7) << 5 | top), high, low};
	for (unsigned i = 0; i < 4; i++) {
		uint8_t care = i != 1 ? mask[i] : extended ? mask[1] & 0xE3 : mask[1] & 0xE0;
		if ((seen[i] ^ filter[i]) & care) return false;
	}
	return true;
}

static void fill(Mcp2515Chip *chip, unsigned buffer, const CanFrame *frame, unsigned hit) {
	uint8_t *registers = chip->registers + RXB0CTRL + 16 * buffer;
	bool remote = frame->flags & CAN_REMOTE;
	registers[0] = (uint8_t)((registers[0] & 0x64) | (remote ? 8 : 0) | (buffer ? hit : (hit & 1) | (registers[0] & 4) >> 1));
	uint32_t standard = frame->flags & CAN_EXTENDED ? frame->id >> 18 : frame->id;
	registers[1] = (uint8_t)(standard >> 3);
	registers[2] = (uint8_t)((standard & 7) << 5);
	registers[5] = frame->length;
	if (frame->flags & CAN_EXTENDED) {
		registers[2] |= (uint8_t)(8 | (frame->id >> 16 & 3));
		registers[3] = (uint8_t)(frame->id >> 8);
		registers[4] = (uint8_t)frame->id;
		if (remote) registers[5] |= 0x40;
	} else if (remote) registers[2] |= 0x10;
	if (!remote) memcpy(registers + 6, frame->data, frame->length);
	chip->registers[CANINTF] |= (uint8_t)(1 << buffer);
}

bool mcp2515ChipReceive(Mcp2515Chip *chip, const CanFrame *frame) {
	if (!mcp2515ChipOnBus(chip) && modeOf(chip) != LOOPBACK) return false;
	uint8_t *registers = chip->registers;
	int hit = (registers[RXB0CTRL] & 0x60) == 0x60 ? 0 : -1;
	for (unsigned i = 0; i < 2 && hit < 0; i++)
		if (passes(chip, i, frame)) hit = (int)i;
	if (hit >= 0 && !(registers[CANINTF] & 1)) {
		fill(chip, 0, frame, (unsigned)hit);
		return true;
	}
	bool rolled = hit >= 0 && (registers[RXB0CTRL] & 4);
	bool lostFirst = hit >= 0 && !rolled;
	if (!rolled && !lostFirst) {
		hit = (registers[RXB1CTRL] & 0x60) == 0x60 ? 2 : -1;
		for (unsigned i = 2; i < 6 && hit < 0; i++)
			if (passes(chip, i, frame)) hit = (int)i;
		if (hit < 0) return false;
	}
	if (!lostFirst && !(registers[CANINTF] & 2)) {
		fill(chip, 1, frame, (unsigned)hit);
		return true;
	}
	registers[EFLG] |= lostFirst ? 0x40 : 0x80;
	registers[CANINTF] |= 0x20;
	return false;
}

bool mcp2515ChipSending(const Mcp2515Chip *chip, CanFrame *frame) {
	const uint8_t *registers = chip->registers + TXB0CTRL;
	if ((!mcp2515ChipOnBus(chip) || modeOf(chip) == LISTEN) && modeOf(chip) != LOOPBACK) return false;
	if (!(registers[0] & 8)) return false;
	*frame = (CanFrame){.id = (uint32_t)registers[1] << 3 | registers[2] >> 5, .length = registers[5] & 15};
	if (registers[2] & 8) {
		frame->id = frame->id << 18 | (uint32_t)(registers[2] & 3) << 16 | (uint32_t)registers[3] << 8 | registers[4];
		frame->flags = CAN_EXTENDED;
	}
	if (frame->length > 8) frame->length = 8;
	if (registers[5] & 0x40) frame->flags |= CAN_REMOTE;
	else memcpy(frame->data, registers + 6, frame->length);
	return true;
}

void mcp2515ChipErrors(Mcp2515Chip *chip, unsigned tec, unsigned rec) {
	uint8_t *registers = chip->registers, before = registers[EFLG];
	uint8_t flags = before & 0xC0;
	registers[TEC] = (uint8_t)(tec > 255 ? 0 : tec);
	registers[REC] = (uint8_t)(rec > 255 ? 255 : rec);
	chip->off = tec > 255;
	if (tec > 255) flags |= 0x20;
	if (tec > 127) flags |= 0x10;
	if (rec > 127) flags |= 0x08;
	if (tec >= 96) flags |= 0x04;
	if (rec >= 96) flags |= 0x02;
	if (flags & 6) flags |= 0x01;
	registers[EFLG] = flags;
	if (flags != before) registers[CANINTF] |= 0x20;
}

void mcp2515ChipSent(Mcp2515Chip *chip, bool acknowledged) {
	if (acknowledged) {
		chip->registers[TXB0CTRL] &= (uint8_t)~0x78;
		chip->registers[CANINTF] |= 4;
		return;
	}
	chip->registers[TXB0CTRL] |= 0x10;
	chip->registers[CANINTF] |= 0x80;
}
