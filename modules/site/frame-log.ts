import type { Clock } from "../base/clock";
import { FrameKind, type FrameTap } from "../modbus/client-link";

/** Of a record: time in tenths of a millisecond modulo 2^32, then source, kind and length in one word. */
const kHeadBytes = 6;
const kLengthBits = 1023;
const kKindShift = 10;
const kSourceShift = 13;
/** Kind of what fills the end of the ring, where the next record does not fit. */
const kFiller = 7;
const kTicksPerMs = 10;

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

/** The last frames of all buses, in a ring: some twenty seconds of a busy line of 9600 baud in 6 KB. */
export class FrameLog implements FrameTap {
	readonly #clock: Clock;
	readonly #size: number;
	readonly #ring: Uint8Array;
	readonly #view: DataView;
	/** Bytes written and dropped since the start; their rests by the size are places in the ring. */
	#head = 0;
	#tail = 0;
	#last = -1;

	/** `bytes`: of the ring, even and at least 2048, so that the longest hand-over fits twice. */
	constructor(clock: Clock, bytes: number) {
		this.#clock = clock;
		this.#size = bytes;
		this.#ring = new Uint8Array(bytes);
		this.#view = new DataView(this.#ring.buffer);
	}

	frame(source: number, kind: number, bytes: Uint8Array, start: number, end: number): void {
		const size = this.#size;
		const length = end - start;
		const need = kHeadBytes + length;
		let at = this.#head % size;
		if (at + need > size) {
			this.#fill(at);
			at = 0;
		}
		this.#head += need;
		while (this.#head - this.#tail > size) this.#drop();
		const view = this.#view;
		view.setUint32(at, this.#clock.now() * kTicksPerMs);
		view.setUint16(at + 4, (source << kSourceShift) | (kind << kKindShift) | length);
		if (length > 0) this.#ring.set(bytes.subarray(start, end), at + kHeadBytes);
		this.#last = at;
	}

	damaged(source: number): void {
		const at = this.#last;
		if (at < 0) return;
		const word = this.#view.getUint16(at + 4);
		if (word >> kSourceShift !== source) return;
		this.#view.setUint16(at + 4, (source << kSourceShift) | (FrameKind.damaged << kKindShift) | (word & kLengthBits));
	}

	/** Gives the frames that are there now, oldest first, one a call; those that are overwritten meanwhile are left out. */
	reader(): () => LoggedFrame | undefined {
		let position = this.#tail;
		const end = this.#head;
		return () => {
			if (position < this.#tail) position = this.#tail;
			while (position < end) {
				const at = position % this.#size;
				position += this.#lengthAt(at);
				const frame = this.#read(at);
				if (frame) return frame;
			}
			return undefined;
		};
	}

	#read(at: number): LoggedFrame | undefined {
		if (this.#size - at < kHeadBytes) return undefined;
		const word = this.#view.getUint16(at + 4);
		const kind = (word >> kKindShift) & 7;
		if (kind === kFiller) return undefined;
		const nowTicks = this.#clock.now() * kTicksPerMs;
		const ageTicks = ((nowTicks >>> 0) - this.#view.getUint32(at)) >>> 0;
		return {
			timeMs: (Math.floor(nowTicks) - ageTicks) / kTicksPerMs,
			source: word >> kSourceShift,
			kind,
			bytes: this.#ring.slice(at + kHeadBytes, at + kHeadBytes + (word & kLengthBits)),
		};
	}

	/** Bytes from a record, or what fills the end, to the next. */
	#lengthAt(at: number): number {
		const left = this.#size - at;
		if (left < kHeadBytes) return left;
		const word = this.#view.getUint16(at + 4);
		return ((word >> kKindShift) & 7) === kFiller ? left : kHeadBytes + (word & kLengthBits);
	}

	#drop(): void {
		this.#tail += this.#lengthAt(this.#tail % this.#size);
	}

	#fill(at: number): void {
		const size = this.#size;
		this.#head += size - at;
		while (this.#head - this.#tail > size) this.#drop();
		if (size - at >= kHeadBytes) this.#view.setUint16(at + 4, kFiller << kKindShift);
	}
}
