import type { Clock } from "../base/clock";
import { FrameKind, type FrameTap, frameTag, tagKind, tagSource } from "../modbus/client-link";

/** The memory is counted in units of a double. */
const kUnitBytes = 8;
const kUnitShift = 3;
/** A record's trailer: the length, the tag above it, above both the time in milliseconds modulo 2^32. */
const kLengthBits = 1023;
const kTimeFactor = 0x10000;

/** One frame of the log. `bytes` is a copy. */
export interface LoggedFrame {
	/** Monotonic time of its end on the wire, in whole milliseconds. */
	timeMs: number;
	/** Place of the bus in the site file, 0 to 7. */
	source: number;
	/** A `FrameKind`. */
	kind: number;
	bytes: Uint8Array;
}

/**
 * The last frames of all buses: some twenty seconds of a busy line of 9600 baud in 6 KB. A record is the frame's bytes
 * and behind them one number with all the rest, so that writing looks at no other record and a reader finds its way
 * backwards.
 */
export class FrameLog implements FrameTap {
	readonly #clock: Clock;
	readonly #bytes: Uint8Array;
	/** The same memory: trailers stand in it where a frame ends. */
	readonly #trailers: Float64Array;
	readonly #units: number;
	/** Where the next record begins, in units. */
	#head = 0;
	/** How often writing has begun at the start again, and where the records of the round before end. */
	#rounds = 0;
	#end = 0;

	/** `bytes`: of memory in all, at least 4096, so that the two longest hand-overs find room. */
	constructor(clock: Clock, bytes: number) {
		this.#clock = clock;
		this.#units = bytes >> kUnitShift;
		const memory = new ArrayBuffer(this.#units * kUnitBytes);
		this.#bytes = new Uint8Array(memory);
		this.#trailers = new Float64Array(memory);
	}

	frame(tag: number, bytes: Uint8Array, nowMs: number): void {
		const head = this.#head;
		const end = head + ((bytes.length + 7) >> kUnitShift);
		if (end >= this.#units) {
			this.#startAgain(head);
			this.frame(tag, bytes, nowMs);
			return;
		}
		this.#bytes.set(bytes, head << kUnitShift);
		this.#trailers[end] = (nowMs >>> 0) * kTimeFactor + tag + bytes.length;
		this.#head = end + 1;
	}

	#startAgain(head: number): void {
		this.#end = head;
		this.#head = 0;
		this.#rounds++;
	}

	damaged(source: number): void {
		const at = this.#head - 1;
		if (at < 0) return;
		const tag = (this.#trailers[at]! % kTimeFactor) & ~kLengthBits;
		if (tag === frameTag(source, FrameKind.received)) this.#trailers[at]! += frameTag(source, FrameKind.damaged) - tag;
	}

	/** Gives the frames that are there now, oldest first, one a call; those that are overwritten meanwhile are left out. */
	reader(): () => LoggedFrame | undefined {
		const rounds = this.#rounds;
		// where the records end, from the newest backwards: of this round, then what is left of the one before
		const places = new Uint16Array(this.#units);
		let count = 0;
		for (let at = this.#head - 1; at >= 0; at = this.#startOf(at) - 1) places[count++] = at;
		const newer = count;
		for (let at = this.#end - 1; this.#startOf(at) >= this.#head; at = this.#startOf(at) - 1) places[count++] = at;
		return () => {
			while (count > 0) {
				const at = places[--count]!;
				const age = this.#rounds - (count < newer ? rounds : rounds - 1);
				if (age === 0 || (age === 1 && this.#startOf(at) >= this.#head)) return this.#read(at);
			}
			return undefined;
		};
	}

	/** Unit where the record begins that has its trailer there. */
	#startOf(at: number): number {
		return at - (((this.#trailers[at]! & kLengthBits) + 7) >> kUnitShift);
	}

	#read(at: number): LoggedFrame {
		const trailer = this.#trailers[at]!;
		const word = trailer % kTimeFactor;
		const nowMs = Math.floor(this.#clock.now());
		const ageMs = (nowMs - Math.floor(trailer / kTimeFactor)) >>> 0;
		const start = this.#startOf(at) << kUnitShift;
		return {
			timeMs: nowMs - ageMs,
			source: tagSource(word),
			kind: tagKind(word),
			bytes: this.#bytes.slice(start, start + (word & kLengthBits)),
		};
	}
}
