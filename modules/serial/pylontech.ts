/**
 * Pylontech low-voltage batteries over RS-485: telegrams of hexadecimal ASCII.
 *
 *     ~ 20 02 46 42 E002 02 FD33 CR          pack 2, command 42, INFO of 2 characters (E is its check digit)
 *     ~ 20 02 46 00 C06E 1002... E545 CR     answer: return code 00 in place of the command
 *
 * Version, address, CID1 46, CID2 or return code, length (check digit and 12 bits, in characters), INFO, checksum: the
 * two's complement of the sum of all characters between ~ and it.
 * Sources: Sleeper85/esphome-yambms:documents (RS485 protocol V3.3),
 * dalathegreat/Battery-Emulator:Software/src/inverter/PYLON-LV-RS485.cpp (61, 62 and 63 of V3.5).
 */
import {
	badFrameRequest,
	checkValues,
	type FrameRequest,
	type Framer,
	numberKey,
	recordOf,
	Verdict,
	writtenOf,
} from "./framer";

const kName = "pylontech";
const kStart = 0x7e;
const kEnd = 0x0d;
const kVersion = 0x20;
const kBattery = 0x46;
const kAnalog = 0x42;
const kAlarms = 0x44;
const kProtocolVersion = 0x4f;
const kGetManagement = 0x92;
const kSetManagement = 0x94;
/** Of the reply to 92: the pack's address, and what 94 wants all of. */
const kManagementBytes = 10;
const kMaker = 0x51;
const kSystemFirst = 0x61;
const kSystemLast = 0x63;
/** Characters: ~, version, address, CID1, CID2, length; and checksum, CR. */
const kHead = 13;
const kTail = 5;
const kInfoMost = 240;
const kReceiveMost = 512;
const kPayloadMost = 160;
/** Places that the payload of 42 and 44 has for cells and for temperatures, whatever the pack has. */
export const kPylontechCells = 16;
export const kPylontechTemperatures = 8;

/** Return codes after which the same telegram may be right the next time: checksum, length checksum. */
const kChecksum = 2;
const kLengthChecksum = 3;

/**
 * The key of a record is its CID2. Payload: the bytes of INFO; of 42 and 44 with 16 places for cells and 8 for
 * temperatures behind their counts, those that the pack does not have filled with ff, so that what follows has a fixed
 * place. `values` of a write: what follows the address in INFO.
 *
 * A write to 94 is one value of the block that 92 reads: the block is read first, and goes back with the value at its byte
 * `at`. The packs follow it for 10 s.
 *
 * `exception`: 1 no such command (01, 04), 3 bad format or data (05, 06), 4 the pack reports an address or communication
 * error (90, 91).
 */
export class PylontechFramer implements Framer {
	readonly sendBytes = kHead + kInfoMost + kTail;
	readonly receiveBytes = kReceiveMost;
	readonly gapMs = 100;
	readonly pauseMs = 0;
	readonly silent = false;
	readonly expected = 0;
	used = 0;
	exception = 0;
	readonly #data = new Uint8Array(kPayloadMost);
	readonly payload = new DataView(this.#data.buffer);
	payloadBytes = 0;
	#request: FrameRequest | undefined;
	/** Of the frame that is sent. */
	#command = 0;

	/** Answers do not say what they answer. */
	check(request: FrameRequest): number {
		numberKey(kName, recordOf(kName, request), 0xff);
		const values = writtenOf(request);
		const { at = 0 } = request;
		if (values === undefined) return 0;
		checkValues(kName, values, 0, kInfoMost / 2 - 1);
		if (request.record!.key === kSetManagement && (at < 1 || at + values.length > kManagementBytes))
			throw badFrameRequest(kName, `${values.length} bytes at ${at} leave the block of 94, 1 to 9`);
		return 0;
	}

	begin(request: FrameRequest): void {
		this.#request = request;
		this.payloadBytes = 0;
		const key = request.record!.key as number;
		this.#command = key === kSetManagement ? kGetManagement : key;
	}

	encode(out: Uint8Array): number {
		const { unit } = this.#request!;
		const values = writtenOf(this.#request!);
		const command = this.#command;
		let at = kHead;
		if (values !== undefined || hasAddress(command)) at = putHex(out, at, unit, 2);
		if (command === kSetManagement) at = this.#putBlock(out, at);
		else if (values !== undefined && command !== kGetManagement)
			for (let i = 0; i < values.length; i++) at = putHex(out, at, values[i]!, 2);
		return sealPylontech(out, at, unit, command);
	}

	/** The block that was read, with the value that is written. */
	#putBlock(out: Uint8Array, at: number): number {
		const { values, at: from = 0 } = this.#request!;
		for (let i = 1; i < kManagementBytes; i++) {
			const byte = i >= from && i < from + values!.length ? values![i - from]! : this.#data[i]!;
			at = putHex(out, at, byte, 2);
		}
		return at;
	}

	take(bytes: Uint8Array, length: number): number {
		let verdict: number = Verdict.noise;
		let at = 0;
		while (at < length) {
			if (bytes[at] !== kStart) {
				at++;
				continue;
			}
			let end = at + 1;
			while (end < length && bytes[end] !== kEnd && bytes[end] !== kStart) end++;
			if (end === length) {
				this.used = at;
				return Verdict.more;
			}
			const size = end + 1 - at;
			if (bytes[end] === kStart || !isIntactPylontech(bytes, at, size)) {
				verdict = Verdict.garbled;
				at = bytes[end] === kStart ? end : end + 1;
				continue;
			}
			const judged = this.#judge(bytes, at, size);
			at += size;
			if (judged !== Verdict.foreign) {
				this.used = at;
				return judged;
			}
			if (verdict !== Verdict.garbled) verdict = Verdict.foreign;
		}
		this.used = length;
		return verdict;
	}

	settle(): boolean {
		return false;
	}

	#judge(bytes: Uint8Array, at: number, size: number): number {
		const { unit, record } = this.#request!;
		const code = hexAt(bytes, at + 7, 2);
		if (hexAt(bytes, at + 3, 2) !== unit || hexAt(bytes, at + 5, 2) !== kBattery) return Verdict.foreign;
		if (code === kChecksum || code === kLengthChecksum) return Verdict.garbled;
		if (code !== 0) {
			// a command is another master's request, or our own that came back
			if (code > 6 && code !== 0x90 && code !== 0x91) return Verdict.foreign;
			this.exception = code === 1 || code === 4 ? 1 : code <= 6 ? 3 : 4;
			return Verdict.exception;
		}
		// the answer to a block that was set says only that it was
		if (this.#command === kSetManagement) return Verdict.reply;
		this.#unpack(bytes, at + kHead, (size - kHead - kTail) >> 1, this.#command);
		if (record!.key === kSetManagement) {
			if (this.payloadBytes !== kManagementBytes) return Verdict.foreign;
			this.#command = kSetManagement;
			this.payloadBytes = 0;
			return Verdict.step;
		}
		// the length is all that tells the answers of different commands apart
		const { least = record!.bytes, bytes: most } = record!;
		return this.payloadBytes >= least && this.payloadBytes <= most ? Verdict.reply : Verdict.foreign;
	}

	/** INFO as bytes, its lists spread to their places. */
	#unpack(bytes: Uint8Array, from: number, count: number, command: number): void {
		const data = this.#data;
		data.fill(0);
		this.payloadBytes = 0;
		const width = command === kAnalog ? 2 : command === kAlarms ? 1 : 0;
		let i = 0;
		if (width > 0) {
			i = this.#copy(bytes, from, 0, Math.min(2, count), 2);
			for (let list = 0; list < 2 && i < count; list++) {
				const items = hexAt(bytes, from + 2 * i, 2);
				const room = width * (list === 0 ? kPylontechCells : kPylontechTemperatures);
				i = this.#copy(bytes, from, i, i + 1, 1);
				const end = this.payloadBytes + room;
				i = this.#copy(bytes, from, i, Math.min(count, i + width * items), room);
				data.fill(0xff, this.payloadBytes, end);
				this.payloadBytes = end;
			}
		}
		this.#copy(bytes, from, i, count, kPayloadMost - this.payloadBytes);
	}

	/** Appends bytes `i` to `end` of INFO to the payload, `room` of them at most; gives `end`. */
	#copy(bytes: Uint8Array, from: number, i: number, end: number, room: number): number {
		const last = Math.min(end, i + room);
		for (; i < last; i++) this.#data[this.payloadBytes++] = hexAt(bytes, from + 2 * i, 2);
		return end;
	}
}

/** Whether INFO of a request names the pack: not where the master answers for the system. */
const hasAddress = (command: number): boolean =>
	command !== kProtocolVersion && command !== kMaker && (command < kSystemFirst || command > kSystemLast);

/** Writes all but INFO, which ends before `end`, of a telegram that starts at 0; gives its length. */
export function sealPylontech(out: Uint8Array, end: number, unit: number, code: number): number {
	out[0] = kStart;
	putHex(out, 1, kVersion, 2);
	putHex(out, 3, unit, 2);
	putHex(out, 5, kBattery, 2);
	putHex(out, 7, code, 2);
	putHex(out, 9, lengthField(end - kHead), 4);
	putHex(out, end, checksum(out, 1, end), 4);
	out[end + 4] = kEnd;
	return end + kTail;
}

/** Whether the `size` bytes at `at`, ~ to CR, have the right length and checksums. */
export function isIntactPylontech(bytes: Uint8Array, at: number, size: number): boolean {
	const info = size - kHead - kTail;
	if (info < 0 || info % 2 !== 0) return false;
	for (let i = at + 1; i < at + size - 1; i++) if (digit(bytes[i]!) < 0) return false;
	const end = at + size - kTail;
	return hexAt(bytes, at + 9, 4) === lengthField(info) && hexAt(bytes, end, 4) === checksum(bytes, at + 1, end);
}

/** Check digit and count: the sum of the four digits is 0 modulo 16. */
function lengthField(characters: number): number {
	const digits = (characters >> 8) + ((characters >> 4) & 15) + (characters & 15);
	return ((-digits & 15) << 12) | characters;
}

function checksum(bytes: Uint8Array, from: number, end: number): number {
	let all = 0;
	for (let i = from; i < end; i++) all += bytes[i]!;
	return -all & 0xffff;
}

/** Writes `digits` hexadecimal digits, upper case, and gives where they end. */
export function putHex(out: Uint8Array, at: number, value: number, digits: number): number {
	for (let i = digits - 1; i >= 0; i--) {
		const nibble = (value >> (4 * i)) & 15;
		out[at++] = nibble < 10 ? 48 + nibble : 55 + nibble;
	}
	return at;
}

/** The number that hexadecimal digits make; negative when one is none. */
export function hexAt(bytes: Uint8Array, at: number, digits: number): number {
	let value = 0;
	for (let i = 0; i < digits; i++) {
		const one = digit(bytes[at + i]!);
		if (one < 0) return -1;
		value = value * 16 + one;
	}
	return value;
}

function digit(code: number): number {
	if (code >= 48 && code <= 57) return code - 48;
	if (code >= 65 && code <= 70) return code - 55;
	return code >= 97 && code <= 102 ? code - 87 : -1;
}
