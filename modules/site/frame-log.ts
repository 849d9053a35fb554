import type { Clock } from "../base/clock";
import { FrameKind, type FrameTap } from "../modbus/client-link";

const kLengthBits = 1023;
const kKindShift = 10;
const kSourceShift = 13;
const kTicksPerMs = 10;
/** Frames kept at most, whatever their length. */
const kFrames = 160;
/** Of each, beside its bytes. */
const kBytesAFrame = 10;

/** One frame of the log. `bytes` is a copy. */
export interface LoggedFrame {
	/** Monotonic time of its end on the wire. */
	timeMs: number;
	/** Place of the bus in the site file. */
	source: number;
	/** A `FrameKind`. */
	kind: number;
	bytes: Uint8Array;
}

/**
 * The last frames of all buses, 160 at most: some twenty seconds of a busy line of 9600 baud in 6 KB. Writing one looks
 * at no other: which of the older ones it has overwritten is found out when somebody reads.
 */
export class FrameLog implements FrameTap {
	readonly #clock: Clock;
	/** The bytes of all frames, each in one piece. */
	readonly #data: Uint8Array;
	readonly #size: number;
	/** Per frame: time in tenths of a millisecond, and place, both modulo 2^32; source, kind and length in one word. */
	readonly #times = new Uint32Array(kFrames);
	readonly #places = new Uint32Array(kFrames);
	readonly #words = new Uint16Array(kFrames);
	/** Frames since the start. */
	#count = 0;
	/** Bytes since the start, those left out at the end of the ring too: its rest by the size is the place in the ring. */
	#head = 0;

	/** `bytes`: of memory in all, at least 4096, so that the two longest hand-overs find room. */
	constructor(clock: Clock, bytes: number) {
		this.#clock = clock;
		this.#size = bytes - kFrames * kBytesAFrame;
		this.#data = new Uint8Array(this.#size);
	}

	frame(source: number, kind: number, bytes: Uint8Array, start: number, end: number): void {
		const length = end - start;
		const size = this.#size;
		let head = this.#head;
		let at = head % size;
		if (at + length > size) {
			head += size - at;
			at = 0;
		}
		const n = this.#count++ % kFrames;
		this.#times[n] = this.#clock.now() * kTicksPerMs;
		this.#places[n] = head;
		this.#words[n] = (source << kSourceShift) | (kind << kKindShift) | length;
		if (length > 0) this.#data.set(bytes.subarray(start, end), at);
		this.#head = head + length;
	}

	damaged(source: number): void {
		const n = (this.#count + kFrames - 1) % kFrames;
		const word = this.#words[n]!;
		if (this.#count === 0 || word >> kSourceShift !== source) return;
		this.#words[n] = (source << kSourceShift) | (FrameKind.damaged << kKindShift) | (word & kLengthBits);
	}

	/** Gives the frames that are there now, oldest first, one a call; those that are overwritten meanwhile are left out. */
	reader(): () => LoggedFrame | undefined {
		const end = this.#count;
		let index = 0;
		return () => {
			index = Math.max(index, this.#count - kFrames);
			while (index < end) {
				const frame = this.#read(index++ % kFrames);
				if (frame) return frame;
			}
			return undefined;
		};
	}

	/** Undefined when its bytes are overwritten. */
	#read(n: number): LoggedFrame | undefined {
		const data = this.#data;
		const place = this.#places[n]!;
		const backwards = (this.#head - place) >>> 0;
		if (backwards > data.length) return undefined;
		const word = this.#words[n]!;
		const at = (this.#head - backwards) % data.length;
		const nowTicks = Math.floor(this.#clock.now() * kTicksPerMs);
		const ageTicks = ((nowTicks >>> 0) - this.#times[n]!) >>> 0;
		return {
			timeMs: (nowTicks - ageTicks) / kTicksPerMs,
			source: word >> kSourceShift,
			kind: (word >> kKindShift) & 7,
			bytes: data.slice(at, at + (word & kLengthBits)),
		};
	}
}
