import type { Clock, TimerId } from "../base/clock";
import { type CanListener, parseFrame, recordKey } from "./types";

interface Periodic {
	readonly key: number;
	readonly data: Uint8Array;
	readonly everyMs: number;
	dueMs: number;
}

/** Frames that devices want to hear all the time, whatever goes on: records with `write` and `everyMs` (0x305 of Pylontech). */
export class PeriodicFrames {
	readonly #frames: Periodic[] = [];
	readonly #clock: Clock;
	readonly #send: (key: number, data: Uint8Array) => boolean;
	readonly #onTimer: () => void;
	#timer: TimerId | undefined;

	constructor(listeners: readonly CanListener[], clock: Clock, send: (key: number, data: Uint8Array) => boolean) {
		this.#clock = clock;
		this.#send = send;
		this.#onTimer = () => this.tick();
		for (const { records, unit } of listeners) {
			for (const record of records) {
				if (record.write !== true || record.everyMs === undefined) continue;
				const key = recordKey(record, unit);
				// two batteries of one kind: the frame is one for all
				if (this.#frames.some((other) => other.key === key)) continue;
				const asked = typeof record.request === "string" ? parseFrame(record.request) : undefined;
				const data = asked?.data ?? new Uint8Array(record.bytes);
				this.#frames.push({ key, data, everyMs: record.everyMs, dueMs: 0 });
			}
		}
	}

	start(): void {
		const nowMs = this.#clock.now();
		for (const frame of this.#frames) frame.dueMs = nowMs;
		this.tick();
	}

	close(): void {
		this.#clock.clearTimer(this.#timer);
		this.#timer = undefined;
	}

	private tick(): void {
		const nowMs = this.#clock.now();
		let dueMs = Infinity;
		for (const frame of this.#frames) {
			if (frame.dueMs <= nowMs) {
				this.#send(frame.key, frame.data);
				frame.dueMs += frame.everyMs;
				if (frame.dueMs <= nowMs) frame.dueMs = nowMs + frame.everyMs;
			}
			if (frame.dueMs < dueMs) dueMs = frame.dueMs;
		}
		this.#timer = dueMs < Infinity ? this.#clock.setTimer(this.#onTimer, dueMs - nowMs) : undefined;
	}
}
