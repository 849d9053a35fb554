import type { Clock, TimerId } from "../base/clock";
import { type Log, silentLog } from "../base/log";

/** Where the count is kept over a restart. */
export interface CountStorage {
	read(): number;
	write(count: number): void;
}

/** A start that lasts so long was a good one. */
const kLastedMs = 60_000;

/** Counts starts that did not last, so that what makes the hub fail at its start is found out without a person. */
export class BootGuard {
	/** Starts in a row before this one that did not last. */
	readonly failedStarts: number;
	#clock: Clock;
	#storage: CountStorage;
	#log: Log;
	#timer: TimerId | undefined;

	constructor(clock: Clock, storage: CountStorage, log: Log = silentLog) {
		const count = storage.read();
		this.failedStarts = Number.isInteger(count) && count >= 0 && count < 255 ? count : 0;
		this.#clock = clock;
		this.#storage = storage;
		this.#log = log;
		this.#keep(this.failedStarts + 1);
		this.#timer = clock.setTimer(() => this.lasted(), kLastedMs);
	}

	/** This start is a good one, or ends because somebody wants it to. */
	lasted(): void {
		this.#clock.clearTimer(this.#timer);
		this.#timer = undefined;
		if (this.#storage.read() !== 0) this.#keep(0);
	}

	/** Where nothing can be stored the hub starts and runs all the same, without this guard. */
	#keep(count: number): void {
		try {
			this.#storage.write(count);
		} catch (error) {
			this.#log("error", "setup", `the count of starts: ${error instanceof Error ? error.message : error}`);
		}
	}
}
