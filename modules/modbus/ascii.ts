/**
 * Modbus ASCII on a line (MSL 2.5.2): ":", unit, PDU and LRC as hexadecimal characters, CR LF. The LRC is the two's
 * complement of the sum of unit and PDU.
 *
 * Characters of 7 bits go over a line of 8: the driver sends and hears 8 bits, of which the highest is the parity of the
 * other seven, or 1 in the place of the first of two stop bits. So 7N2 is 8N1 with that bit set, and 7E1 is 8N1 with it
 * as the parity.
 */
import type { LineOptions } from "../rs485/line";
import { badRequest, FRAME_BYTES, limits, Match, matchReply, PDU_AT, UNIT_AT } from "./pdu";
import { type ReplyFinder, Verdict } from "./rtu";

const kStart = 0x3a;
const kReturn = 0x0d;
const kFeed = 0x0a;
/** Characters around those of unit and PDU: start, LRC, CR, LF. */
const kAround = 5;
/** Unit and the longest PDU. */
const kFrameMost = 2 * (1 + limits.pdu) + kAround;
const kRawBytes = 1024;

/** Parity of a character of 7 bits: 1 where an odd number of them is set. */
function oddBits(code: number): number {
	let bits = code & 0x7f;
	bits ^= bits >> 4;
	bits ^= bits >> 2;
	return (bits ^ (bits >> 1)) & 1;
}

/** What the eighth bit of a character is: of `bits` 8 nothing, else parity or stop bit. */
export type Eighth = "none" | "stop" | "even" | "odd";

/** Settings with which the driver of 8 bits makes characters as the line has them, and what its eighth bit is then. */
export function lineOf<T extends Pick<LineOptions, "parity" | "stop">>(
	line: T,
	bits: 7 | 8,
): { line: T; eighth: Eighth } {
	if (bits === 8) return { line, eighth: "none" };
	const parity = line.parity ?? "none";
	const stop = line.stop ?? 1;
	if (parity !== "none") return { line: { ...line, parity: "none", stop }, eighth: parity };
	if (stop !== 2) throw badRequest("ASCII characters of 7 bits without parity have 2 stop bits");
	return { line: { ...line, stop: 1 }, eighth: "stop" };
}

/** The character as it goes on the wire. */
function withEighth(code: number, eighth: Eighth): number {
	if (eighth === "none") return code;
	if (eighth === "stop") return code | 0x80;
	return oddBits(code) === (eighth === "even" ? 1 : 0) ? code | 0x80 : code;
}

/** Writes the frame of unit and PDU, which stand at `UNIT_AT` of `frame` up to `end`, and gives its length. */
export function encodeAscii(frame: Uint8Array, end: number, out: Uint8Array, eighth: Eighth): number {
	let at = 0;
	let sum = 0;
	out[at++] = kStart;
	for (let i = UNIT_AT; i < end; i++) {
		sum += frame[i]!;
		at = putByte(out, at, frame[i]!);
	}
	at = putByte(out, at, -sum & 255);
	out[at++] = kReturn;
	out[at++] = kFeed;
	for (let i = 0; i < at; i++) out[i] = withEighth(out[i]!, eighth);
	return at;
}

/**
 * Reads the characters `from` (behind ":") to `end` (before CR LF) into `out` from `UNIT_AT` on; gives the length of the PDU,
 * or 0 when they are no frame with the right LRC. Only the lower 7 bits of a character count.
 */
export function decodeAscii(raw: Uint8Array, from: number, end: number, out: Uint8Array): number {
	const count = end - from;
	if (count < 6 || count % 2 !== 0 || count / 2 > FRAME_BYTES - UNIT_AT) return 0;
	let sum = 0;
	let to = UNIT_AT;
	for (let at = from; at < end; at += 2) {
		const high = digit(raw[at]! & 0x7f);
		const low = digit(raw[at + 1]! & 0x7f);
		if (high < 0 || low < 0) return 0;
		const byte = (high << 4) | low;
		sum += byte;
		out[to++] = byte;
	}
	return (sum & 255) === 0 ? to - UNIT_AT - 2 : 0;
}

function putByte(out: Uint8Array, at: number, byte: number): number {
	out[at] = hexDigit(byte >> 4);
	out[at + 1] = hexDigit(byte & 15);
	return at + 2;
}

const hexDigit = (nibble: number): number => (nibble < 10 ? 48 + nibble : 55 + nibble);

function digit(code: number): number {
	if (code >= 48 && code <= 57) return code - 48;
	if (code >= 65 && code <= 70) return code - 55;
	return code >= 97 && code <= 102 ? code - 87 : -1;
}

/** Finds the reply to one request in what the line hands over, as `RtuReplyFinder` does. */
export class AsciiReplyFinder implements ReplyFinder {
	readonly bytes = new Uint8Array(FRAME_BYTES);
	foreignUnit = 0;
	foreignFunction = 0;
	readonly #raw = new Uint8Array(kRawBytes);
	readonly #out = new Uint8Array(kFrameMost);
	/** Views of the first characters of `#out`, by length: requests are of few lengths. */
	readonly #views: (Uint8Array | undefined)[] = [];
	readonly #request: Uint8Array;
	readonly #eighth: Eighth;
	#fill = 0;
	#unit = 0;
	#expected = 0;

	constructor(request: Uint8Array, eighth: Eighth) {
		this.#request = request;
		this.#eighth = eighth;
	}

	wireBytes(pdu: number): number {
		return 2 * (1 + pdu) + kAround;
	}

	seal(end: number): Uint8Array {
		const length = encodeAscii(this.#request, end, this.#out, this.#eighth);
		return (this.#views[length] ??= this.#out.subarray(0, length));
	}

	begin(expected: number, unit: number): void {
		this.#expected = expected;
		this.#unit = unit;
		this.#fill = 0;
	}

	room(): Uint8Array {
		if (this.#fill === 0) return this.#raw;
		if (this.#fill > kFrameMost) this.#fill = 0;
		return this.#raw.subarray(this.#fill);
	}

	breakOff(count: number): number {
		this.#fill = 0;
		return count > 3 ? Verdict.garbled : Verdict.noise;
	}

	/** A late reply in ASCII is not looked for: the request that was held for it waits its time. */
	isWhole(): boolean {
		return false;
	}

	take(count: number): number {
		const raw = this.#raw;
		const end = this.#fill + count;
		let verdict: number = Verdict.noise;
		let at = 0;
		while (at < end) {
			if ((raw[at]! & 0x7f) !== kStart) {
				at++;
				continue;
			}
			let close = at + 1;
			// a new start ends a frame that has lost its end
			while (close < end && (raw[close]! & 0x7f) !== kFeed && (raw[close]! & 0x7f) !== kStart) close++;
			if (close === end) return this.#keep(at, end, verdict);
			const isEnded = (raw[close]! & 0x7f) === kFeed && (raw[close - 1]! & 0x7f) === kReturn;
			const length = isEnded ? decodeAscii(raw, at + 1, close - 1, this.bytes) : 0;
			at = isEnded ? close + 1 : close;
			if (length === 0) {
				verdict = Verdict.garbled;
				continue;
			}
			if (this.bytes[UNIT_AT] === this.#unit) {
				const match = matchReply(this.#request, this.bytes, length, this.#expected);
				if (match !== Match.no) {
					this.#fill = 0;
					return match;
				}
			}
			this.foreignUnit = this.bytes[UNIT_AT]!;
			this.foreignFunction = this.bytes[PDU_AT]! & 0x7f;
			if (verdict !== Verdict.garbled) verdict = Verdict.foreign;
		}
		this.#fill = 0;
		return verdict;
	}

	/** A frame has begun and not ended: it waits for the next hand-over. */
	#keep(at: number, end: number, verdict: number): number {
		this.#raw.copyWithin(0, at, end);
		this.#fill = end - at;
		return verdict === Verdict.noise ? Verdict.more : verdict;
	}
}
