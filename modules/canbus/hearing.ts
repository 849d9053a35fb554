import type { Clock, TimerId } from "../base/clock";
import { type CanListener, type CanResult, recordKey } from "./types";

/** Periods without a frame after which a record counts as silent. */
const kSilentPeriods = 3;
const kNoByte = 255;
/** Part of a period in which a record counts once: some send fifty times a second what is wanted each second. */
const kOnceAPeriod = 0.2;

/**
 * Who hears which frame. An entry is one record of one device; entries of one identifier hang together. All that an
 * entry has stands in arrays by its index, and the result is one object: a frame makes none. Of frames that come much
 * faster than the record's period the first is given at once and the newest after a fifth of the period.
 */
export class Hearing {
	/** The frame's data; 8 bytes. */
	readonly bytes = new Uint8Array(8);
	/** Frames nobody wants, and ones too short. */
	unknown = 0;
	short = 0;
	readonly #clock: Clock;
	/** First entry of each identifier, with `kExtended`. */
	readonly #first = new Map<number, number>();
	readonly #next: Int16Array;
	readonly #listener: CanListener[] = [];
	readonly #index: Uint8Array;
	readonly #least: Uint8Array;
	readonly #most: Uint8Array;
	readonly #muxByte: Uint8Array;
	readonly #muxValue: Uint8Array;
	readonly #silentMs: Float64Array;
	readonly #heardMs: Float64Array;
	/** Before this, frames are held. */
	readonly #holdMs: Float64Array;
	/** Frames that are held: their lengths + 1, 0 for none, and their data. */
	readonly #heldLength: Uint8Array;
	readonly #held: Uint8Array;
	readonly #isSilent: Uint8Array;
	/** Views of the data by length, made when the first frame of it comes. */
	readonly #views: (Uint8Array | undefined)[] = [];
	readonly #result: CanResult;
	#timer: TimerId | undefined;
	#timerMs = Infinity;
	readonly #onTimer: () => void;
	#closed = false;

	constructor(listeners: readonly CanListener[], clock: Clock) {
		this.#clock = clock;
		const count = listeners.reduce((sum, { records }) => sum + records.length, 0);
		this.#next = new Int16Array(count).fill(-1);
		this.#index = new Uint8Array(count);
		this.#least = new Uint8Array(count);
		this.#most = new Uint8Array(count);
		this.#muxByte = new Uint8Array(count).fill(kNoByte);
		this.#muxValue = new Uint8Array(count);
		this.#silentMs = new Float64Array(count).fill(Infinity);
		this.#heardMs = new Float64Array(count);
		this.#holdMs = new Float64Array(count);
		this.#heldLength = new Uint8Array(count);
		this.#held = new Uint8Array(8 * count);
		this.#isSilent = new Uint8Array(count);
		const data = new DataView(this.bytes.buffer);
		this.#result = { status: "ok", exception: 0, data, bytes: this.bytes, byteLength: 0, startMs: 0, endMs: 0 };
		this.#onTimer = () => {
			this.#timer = undefined;
			this.watch(this.#clock.now());
		};
		for (const listener of listeners) this.add(listener);
	}

	private add(listener: CanListener): void {
		listener.records.forEach((record, index) => {
			if (record.write === true || record.request !== undefined) return;
			const entry = this.#listener.push(listener) - 1;
			this.#index[entry] = index;
			this.#most[entry] = Math.min(8, record.bytes);
			this.#least[entry] = Math.min(8, record.least ?? record.bytes);
			if (record.mux !== undefined) {
				this.#muxByte[entry] = record.mux.byte;
				this.#muxValue[entry] = record.mux.value;
			}
			if (record.everyMs !== undefined) this.#silentMs[entry] = kSilentPeriods * record.everyMs;
			const key = recordKey(record, listener.unit);
			this.#next[entry] = this.#first.get(key) ?? -1;
			this.#first.set(key, entry);
		});
	}

	/** Identifiers, with `kExtended`. */
	keys(): Iterable<number> {
		return this.#first.keys();
	}

	/** The port is open: periods count from now. */
	open(): void {
		const nowMs = this.#clock.now();
		this.#heardMs.fill(nowMs);
		this.#holdMs.fill(0);
		this.#heldLength.fill(0);
		this.#isSilent.fill(0);
		this.#clock.clearTimer(this.#timer);
		this.#timer = undefined;
		this.watch(nowMs);
	}

	/** A frame, whose data stands in `bytes`. True when somebody wanted it. */
	take(key: number, length: number, nowMs: number): boolean {
		let entry = this.#first.get(key) ?? -1;
		if (entry < 0) this.unknown++;
		let isTaken = false;
		while (entry >= 0) {
			const muxByte = this.#muxByte[entry]!;
			if (muxByte === kNoByte || (muxByte < length && this.bytes[muxByte] === this.#muxValue[entry])) {
				isTaken = true;
				this.hear(entry, length, nowMs);
				if (this.#closed) return true;
			}
			entry = this.#next[entry]!;
		}
		return isTaken;
	}

	private hear(entry: number, length: number, nowMs: number): void {
		this.#heardMs[entry] = nowMs;
		if (this.#isSilent[entry] !== 0) {
			this.#isSilent[entry] = 0;
			this.wake(nowMs + this.#silentMs[entry]!, nowMs);
		}
		if (nowMs >= this.#holdMs[entry]!) {
			this.give(entry, length, nowMs);
			return;
		}
		if (this.#heldLength[entry] === 0) this.wake(this.#holdMs[entry]!, nowMs);
		this.#heldLength[entry] = length + 1;
		this.#held.set(this.bytes, 8 * entry);
	}

	private give(entry: number, length: number, nowMs: number): void {
		this.#heldLength[entry] = 0;
		const silentMs = this.#silentMs[entry]!;
		if (silentMs < Infinity) this.#holdMs[entry] = nowMs + (kOnceAPeriod / kSilentPeriods) * silentMs;
		const result = this.#result;
		result.startMs = result.endMs = nowMs;
		result.status = "ok";
		if (length < this.#least[entry]!) {
			this.short++;
			result.status = "garbled";
			length = 0;
		} else if (length > this.#most[entry]!) length = this.#most[entry]!;
		this.payload(length);
		this.#listener[entry]!.onRecord(this.#index[entry]!, result);
	}

	private payload(length: number): void {
		const result = this.#result;
		result.bytes = this.#views[length] ??= new Uint8Array(this.bytes.buffer, 0, length);
		result.byteLength = length;
	}

	/** Tells who has fallen silent, and comes again when the next one may have: no frame touches a timer. */
	private watch(nowMs: number): void {
		let dueMs = Infinity;
		for (let entry = 0; entry < this.#listener.length; entry++) {
			if (this.#heldLength[entry] !== 0) {
				if (this.#holdMs[entry]! <= nowMs) this.giveHeld(entry, nowMs);
				else if (this.#holdMs[entry]! < dueMs) dueMs = this.#holdMs[entry]!;
				if (this.#closed) return;
			}
			if (this.#isSilent[entry] !== 0) continue;
			const atMs = this.#heardMs[entry]! + this.#silentMs[entry]!;
			if (atMs > nowMs) {
				if (atMs < dueMs) dueMs = atMs;
				continue;
			}
			this.#isSilent[entry] = 1;
			this.tell(entry, "timeout", this.#heardMs[entry]!, nowMs);
			if (this.#closed) return;
		}
		this.wake(dueMs, nowMs);
	}

	private giveHeld(entry: number, nowMs: number): void {
		for (let i = 0; i < 8; i++) this.bytes[i] = this.#held[8 * entry + i]!;
		this.give(entry, this.#heldLength[entry]! - 1, nowMs);
	}

	/** Looks after the silent and the held at this time, or earlier. */
	private wake(atMs: number, nowMs: number): void {
		if (atMs === Infinity || (this.#timer !== undefined && this.#timerMs <= atMs)) return;
		this.#clock.clearTimer(this.#timer);
		this.#timerMs = atMs;
		this.#timer = this.#clock.setTimer(this.#onTimer, atMs - nowMs);
	}

	private tell(entry: number, status: "timeout" | "closed", startMs: number, endMs: number): void {
		const result = this.#result;
		result.status = status;
		this.payload(0);
		result.startMs = startMs;
		result.endMs = endMs;
		this.#listener[entry]!.onRecord(this.#index[entry]!, result);
	}

	/** The port has gone. */
	lost(): void {
		this.#clock.clearTimer(this.#timer);
		this.#timer = undefined;
		const nowMs = this.#clock.now();
		for (let entry = 0; entry < this.#listener.length && !this.#closed; entry++)
			this.tell(entry, "closed", nowMs, nowMs);
	}

	close(): void {
		this.#closed = true;
		this.#clock.clearTimer(this.#timer);
		this.#timer = undefined;
	}
}
