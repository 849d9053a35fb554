/**
 * Frames on a serial line, without the line: what a hand-over of bytes means to a client that waits for a reply, and to
 * a server that waits for requests. MSL = Modbus over Serial Line Specification V1.02.
 *
 * RTU has no length field; the end of a frame is a silence of 3.5 characters (MSL 2.5.1.1). The line driver cuts there,
 * yet a USB adapter may cut a frame in two, a slow host may glue two together, and a driver that switches direction puts
 * a stray byte in front. So frames are looked for by length and CRC, and silence only says when it is worth looking.
 */

import { crc16Modbus } from "../base/crc";
import { frozen } from "../base/frozen";
import { FRAME_BYTES, Match, matchReply, PDU_AT, UNIT_AT } from "./pdu";
import { LENGTH_NONE, LENGTH_UNKNOWN, replyLength, requestLength } from "./pdu-length";

/** Bytes around the PDU: unit and CRC. */
export const RTU_OVERHEAD = 3;
/** The largest hand-over of the line driver: its whole ring. */
const HANDOVER_BYTES = 512;
const RTU_MOST = FRAME_BYTES - UNIT_AT;

/** Appends the CRC to the frame that ends before `end`; returns the new end. Low byte first (MSL 2.5.1.2). */
export function sealFrame(frame: Uint8Array, end: number): number {
	const crc = crc16Modbus(frame, UNIT_AT, end);
	frame[end] = crc;
	frame[end + 1] = crc >> 8;
	return end + 2;
}

/** A frame followed by its own CRC has the CRC 0. */
export const isIntact = (bytes: Uint8Array, start: number, end: number): boolean =>
	crc16Modbus(bytes, start, end) === 0;

/** What a hand-over was, seen by the client. */
export const Verdict = frozen({
	/** Nothing, or the beginning of what may become the reply. */
	more: 0,
	reply: Match.reply,
	exception: Match.exception,
	/** The reply came and is broken: nothing better will follow. */
	garbled: 3,
	/** A whole frame that answers something else. */
	foreign: 4,
	/** Bytes that are no frame. The reply may still come. */
	noise: 5,
});

/** What a client's line needs to know of how its frames are coded: RTU here, ASCII in ascii.ts. */
export interface ReplyFinder {
	/** The reply, once found, stands at `UNIT_AT`. */
	readonly bytes: Uint8Array;
	/** Of the last foreign frame. */
	readonly foreignUnit: number;
	readonly foreignFunction: number;
	/** Characters on the wire of a frame with a PDU of so many bytes. */
	wireBytes(pdu: number): number;
	/** Closes the frame of the request whose PDU ends before `end`, and gives what is to be sent. */
	seal(end: number): Uint8Array;
	/**
	 * The request is on its way: what came before does not count. `expected`: length of the reply's PDU, 0 unknown; `unit`:
	 * the address that it bears.
	 */
	begin(expected: number, unit: number): void;
	/** Where to read the next hand-over to. */
	room(): Uint8Array;
	/** `count` bytes were read to `room()`. */
	take(count: number): number;
	/** Behind the `count` bytes that were taken last the line driver saw a bad character. */
	breakOff(count: number): number;
	/** Whether `count` bytes that nobody waited for, read to `room()`, are one frame, which then stands at `UNIT_AT`. */
	isWhole(count: number): boolean;
}

/** Nearly every request is this long: it is sent from a view that is made once. */
const COMMON_BYTES = 8;

/** Finds the reply to one request in what the line hands over. The reply, once found, stands at `UNIT_AT` of `bytes`. */
export class RtuReplyFinder implements ReplyFinder {
	readonly bytes = new Uint8Array(UNIT_AT + HANDOVER_BYTES);
	readonly #whole = new Uint8Array(this.bytes.buffer, UNIT_AT);
	/** Where the next hand-over goes, behind a beginning that was kept. */
	#fill = UNIT_AT;
	#request: Uint8Array;
	readonly #common: Uint8Array;
	/** Whose reply it is. */
	#unit = 0;
	/** Expected length of the reply's PDU, 0 = only the reply tells. */
	#expected = 0;
	/** Bytes since the request that were no frame. */
	#noise = 0;
	/** Of the last foreign frame. */
	foreignUnit = 0;
	foreignFunction = 0;

	constructor(request: Uint8Array) {
		this.#request = request;
		this.#common = request.subarray(UNIT_AT, UNIT_AT + COMMON_BYTES);
	}

	wireBytes(pdu: number): number {
		return pdu + RTU_OVERHEAD;
	}

	seal(end: number): Uint8Array {
		const sealed = sealFrame(this.#request, end);
		return sealed === UNIT_AT + COMMON_BYTES ? this.#common : this.#request.subarray(UNIT_AT, sealed);
	}

	isWhole(count: number): boolean {
		return count > RTU_OVERHEAD && isIntact(this.bytes, UNIT_AT, UNIT_AT + count);
	}

	/**
	 * A new request, already in the buffer given to the constructor, is on its way: what came before does not count.
	 * `unit`: the address that the reply bears.
	 */
	begin(expected: number, unit: number = this.#request[UNIT_AT]!): void {
		this.#expected = expected;
		this.#unit = unit;
		this.#fill = UNIT_AT;
		this.#noise = 0;
	}

	/** Where to read the next hand-over to. */
	room(): Uint8Array {
		if (this.#fill === UNIT_AT) return this.#whole;
		if (this.#fill > UNIT_AT + RTU_MOST) this.#fill = UNIT_AT;
		return this.bytes.subarray(this.#fill);
	}

	/** Behind the `count` bytes that were taken last the line driver saw a bad character: there is no going on. */
	breakOff(count: number): number {
		this.#noise += this.#fill - UNIT_AT;
		this.#fill = UNIT_AT;
		return count > RTU_OVERHEAD ? Verdict.garbled : this.#judgeNoise();
	}

	/** A few bytes are a driver that switches direction; half a reply was the reply. */
	#judgeNoise(): number {
		return this.#noise > RTU_OVERHEAD && 2 * this.#noise > this.#expected ? Verdict.garbled : Verdict.noise;
	}

	/** `count` bytes were read to `room()`. */
	take(count: number): number {
		const bytes = this.bytes;
		const request = this.#request;
		const expected = this.#expected;
		const end = this.#fill + count;
		if (
			end === PDU_AT + 2 + expected &&
			bytes[UNIT_AT] === this.#unit &&
			matchReply(request, bytes, expected, expected) === Match.reply &&
			isIntact(bytes, UNIT_AT, end)
		) {
			this.#fill = UNIT_AT;
			return Verdict.reply;
		}
		return this.#search(end);
	}

	/** The way for everything but one whole, clean reply. */
	#search(end: number): number {
		const bytes = this.bytes;
		const unit = this.#unit;
		const code = this.#request[PDU_AT]!;
		let verdict: number = Verdict.noise;
		let kept = -1;
		let garbage = 0;
		for (let at = UNIT_AT; at < end; ) {
			const left = end - at;
			const ours = bytes[at] === unit && (left < 2 || (bytes[at + 1]! & 0x7f) === code);
			const length = replyLength(bytes, at + 1, left - 1);
			const size = length + RTU_OVERHEAD;
			if (length > 0 && size <= left && isIntact(bytes, at, at + size)) {
				if (ours) {
					bytes.copyWithin(UNIT_AT, at, at + size);
					const match = matchReply(this.#request, bytes, length, this.#expected);
					if (match !== Match.no) {
						this.#fill = UNIT_AT;
						return match;
					}
				}
				verdict = Verdict.foreign;
				this.foreignUnit = bytes[at]!;
				this.foreignFunction = bytes[at + 1]! & 0x7f;
				at += size;
				continue;
			}
			if (ours && length >= LENGTH_UNKNOWN) {
				if (kept < 0 && (length === LENGTH_UNKNOWN || (size > left && size <= RTU_MOST))) kept = at;
				else if (at === UNIT_AT) garbage = RTU_MOST;
			}
			garbage++;
			at++;
		}
		if (kept >= 0) {
			bytes.copyWithin(UNIT_AT, kept, end);
			this.#fill = UNIT_AT + end - kept;
			return verdict === Verdict.foreign ? verdict : Verdict.more;
		}
		this.#fill = UNIT_AT;
		if (verdict === Verdict.foreign) return verdict;
		this.#noise += garbage;
		return this.#judgeNoise();
	}
}

/** Finds requests in what the line hands over to a server, or to anything else that listens as one. */
export class RtuRequestFinder {
	readonly bytes = new Uint8Array(UNIT_AT + HANDOVER_BYTES);
	readonly #whole = new Uint8Array(this.bytes.buffer, UNIT_AT);
	#at = UNIT_AT;
	#end = UNIT_AT;
	/** Length of a beginning that an earlier hand-over left. */
	#kept = 0;
	/** Hand-overs, or parts of them, that were no frames. */
	garbled = 0;

	/** Where to read the next hand-over to. */
	room(): Uint8Array {
		return this.#kept === 0 ? this.#whole : this.bytes.subarray(UNIT_AT + this.#kept);
	}

	/** `count` bytes were read to `room()`. After that `next()` until it says 0. */
	take(count: number): void {
		this.#at = UNIT_AT;
		this.#end = UNIT_AT + this.#kept + count;
	}

	/** Whether a beginning is kept for the next hand-over. */
	get partial(): boolean {
		return this.#kept > 0;
	}

	/** Behind what was taken last the line driver saw a bad character: what was kept has no end. */
	breakOff(): void {
		if (this.#kept > 0) this.garbled++;
		this.#kept = 0;
	}

	/**
	 * Length of the PDU of the next frame, which stands at `UNIT_AT` of `bytes`, with its CRC right; 0 when there is none.
	 * It may be for another unit, of an unknown function, or of a length that its function does not have.
	 */
	next(): number {
		const bytes = this.bytes;
		while (this.#at < this.#end) {
			const at = this.#at;
			const left = this.#end - at;
			const length = requestLength(bytes, at + 1, left - 1);
			let size = length + RTU_OVERHEAD;
			if (length > 0 && size <= left && isIntact(bytes, at, at + size)) return this.#give(size);
			// the reply of another slave, glued to the request before or behind it
			size = replyLength(bytes, at + 1, left - 1) + RTU_OVERHEAD;
			if (size > RTU_OVERHEAD && size < left && isIntact(bytes, at, at + size)) return this.#give(size);
			// one frame that is all of the hand-over, whatever it holds
			if (left > RTU_OVERHEAD && left <= RTU_MOST && isIntact(bytes, at, this.#end)) return this.#give(left);
			if (this.#kept > 0 && at === UNIT_AT) {
				// what was kept does not go with what came: forget it, and look at the new bytes by themselves
				this.garbled++;
				this.#at = UNIT_AT + this.#kept;
				this.#kept = 0;
				continue;
			}
			this.#leave(at, left, length !== LENGTH_NONE && (length === LENGTH_UNKNOWN || length + RTU_OVERHEAD > left));
			return 0;
		}
		this.#kept = 0;
		return 0;
	}

	#give(size: number): number {
		if (this.#at > UNIT_AT) this.bytes.copyWithin(UNIT_AT, this.#at, this.#at + size);
		this.#at += size;
		this.#kept = 0;
		return size - RTU_OVERHEAD;
	}

	/** The bytes from `at` are no frame. They are kept for one more hand-over when they may be the beginning of one. */
	#leave(at: number, left: number, beginning: boolean): void {
		this.#at = this.#end;
		if (beginning && left < RTU_MOST) {
			this.bytes.copyWithin(UNIT_AT, at, at + left);
			this.#kept = left;
		} else {
			this.#kept = 0;
			this.garbled++;
		}
	}
}
