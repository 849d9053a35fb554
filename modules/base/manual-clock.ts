import type { Clock, TimerId } from "./clock";

interface ManualTimer {
	readonly dueMs: number;
	readonly order: number;
	readonly callback: () => void;
}

/**
 * A clock that moves only when told to: for tests in Node, where no engine supplies a virtual one.
 * Timers fire in order of due time, then of creation, each seeing its own due time as `now()`.
 */
export class ManualClock implements Clock {
	#nowMs = 0;
	#order = 0;
	#timers: ManualTimer[] = [];
	/** UTC at `now() === 0`, or undefined for a wall clock nobody has set. */
	epochAtStartMs: number | undefined;

	constructor(epochAtStartMs?: number) {
		this.epochAtStartMs = epochAtStartMs;
	}

	now(): number {
		return this.#nowMs;
	}

	epochMs(): number | undefined {
		return this.epochAtStartMs === undefined ? undefined : this.epochAtStartMs + this.#nowMs;
	}

	setTimer(callback: () => void, delayMs: number): TimerId {
		const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
		this.#timers.push(timer);
		return timer;
	}

	clearTimer(id: TimerId | undefined): void {
		this.#timers = this.#timers.filter((timer) => timer !== id);
	}

	/** How many timers wait. */
	get pending(): number {
		return this.#timers.length;
	}

	/** Moves on by `ms`, firing what falls due on the way, timers set on the way included. */
	advance(ms: number): void {
		const untilMs = this.#nowMs + ms;
		for (;;) {
			let next: ManualTimer | undefined;
			for (const timer of this.#timers) {
				if (timer.dueMs > untilMs) continue;
				if (!next || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order)) next = timer;
			}
			if (!next) break;
			this.clearTimer(next);
			this.#nowMs = next.dueMs;
			next.callback();
		}
		this.#nowMs = untilMs;
	}
}
