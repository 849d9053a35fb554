#include "slcan.h"

#include <string.h>

static int digit(char character) {
	if (character >= '0' && character <= '9') return character - '0';
	if (character >= 'A' && character <= 'F') return character - 'A' + 10;
	if (character >= 'a' && character <= 'f') return character - 'a' + 10;
	return -1;
}

static bool number(const char *text, unsigned digits, uint32_t *value) {
	*value = 0;
	for (unsigned i = 0; i < digits; i++) {
		int next = digit(text[i]);
		if (next < 0) return false;
		*value = *value << 4 | (uint32_t)next;
	}
	return true;
}

static SlcanEvent parseFrame(Slcan *slcan) {
	const char *line = slcan->line;
	bool extended = line[0] == 'T' || line[0] == 'R', remote = line[0] == 'r' || line[0] == 'R';
	unsigned idDigits = extended ? 8 : 3, at = 1 + idDigits, length = slcan->length;
	uint32_t id, count, value;
	CanFrame *frame = &slcan->frame;
	if (length < at + 1 || !number(line + 1, idDigits, &id) || !number(line + at, 1, &count) || count > 8)
		return SLCAN_GARBAGE;
	at++;
	unsigned dataDigits = remote ? 0 : 2 * count;
	/* Nothing may follow but a time stamp. */
	if (length != at + dataDigits && length != at + dataDigits + 4) return SLCAN_GARBAGE;
	if (length > at + dataDigits && !number(line + at + dataDigits, 4, &value)) return SLCAN_GARBAGE;
	memset(frame, 0, sizeof *frame);
	frame->id = id;
	frame->flags = (uint8_t)((extended ? CAN_EXTENDED : 0) | (remote ? CAN_REMOTE : 0));
	frame->length = (uint8_t)count;
	for (unsigned i = 0; i < dataDigits / 2; i++) {
		if (!number(line + at + 2 * i, 2, &value)) return SLCAN_GARBAGE;
		frame->data[i] = (uint8_t)value;
	}
	return canFrameCheck(frame) ? SLCAN_GARBAGE : SLCAN_FRAME;
}

static SlcanEvent parseLine(Slcan *slcan) {
	uint32_t value;
	if (slcan->length == 0) return SLCAN_DONE;
	switch (slcan->line[0]) {
	case 't': case 'T': case 'r': case 'R':
		return parseFrame(slcan);
	case 'z': case 'Z':
		/* "z" is also the answer to a frame when automatic reception is on; "Z0", "Z1" is a command */
		return slcan->length == 1 ? SLCAN_DONE : SLCAN_COMMAND;
	case 'F':
		if (slcan->length == 1) return SLCAN_COMMAND;
		if (slcan->length != 3 || !number(slcan->line + 1, 2, &value)) return SLCAN_GARBAGE;
		slcan->flags = (uint8_t)value;
		return SLCAN_FLAGS;
	case 'V': case 'v': case 'N':
		/* A letter alone is a question; with something behind it, an answer, which nobody here has asked for. */
		return slcan->length == 1 ? SLCAN_COMMAND : SLCAN_DONE;
	case 'O': case 'L': case 'C': case 'S': case 's': case 'M': case 'm': case 'W': case 'X': case 'U': case 'Y': case 'l':
		return SLCAN_COMMAND;
	default:
		return SLCAN_GARBAGE;
	}
}

SlcanEvent slcanFeed(Slcan *slcan, uint8_t byte) {
	if (byte == 7) {
		slcan->length = 0;
		slcan->overlong = false;
		return SLCAN_REFUSED;
	}
	if (byte == '\n') return SLCAN_NOTHING;
	if (byte != '\r') {
		if (slcan->length < SLCAN_LINE) slcan->line[slcan->length++] = (char)byte;
		else slcan->overlong = true;
		return SLCAN_NOTHING;
	}
	SlcanEvent event = slcan->overlong ? SLCAN_GARBAGE : parseLine(slcan);
	slcan->length = 0;
	slcan->overlong = false;
	return event;
}

static char *hex(char *at, uint32_t value, unsigned digits) {
	static const char figures[] = "0123456789ABCDEF";
	while (digits-- > 0) *at++ = figures[value >> (4 * digits) & 15];
	return at;
}

uint32_t slcanEncode(const CanFrame *frame, char *line) {
	bool extended = frame->flags & CAN_EXTENDED, remote = frame->flags & CAN_REMOTE;
	char *at = line;
	*at++ = remote ? (extended ? 'R' : 'r') : (extended ? 'T' : 't');
	at = hex(at, frame->id, extended ? 8 : 3);
	at = hex(at, frame->length, 1);
	if (!remote)
		for (unsigned i = 0; i < frame->length; i++) at = hex(at, frame->data[i], 2);
	*at++ = '\r';
	return (uint32_t)(at - line);
}

int slcanSpeed(uint32_t bitrate) {
	switch (bitrate) {
	case 125000: return 4;
	case 250000: return 5;
	case 500000: return 6;
	case 800000: return 7;
	case 1000000: return 8;
	default: return -1;
	}
}

const char *slcanAnswer(const Slcan *slcan) {
	switch (slcan->line[0]) {
	case 'V': return "V0101\r";
	case 'v': return "v0101\r";
	case 'N': return "NGRID\r";
	case 'F': return "F00\r";
	default: return "\r";
	}
}
