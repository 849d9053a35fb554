import type { Clock, TimerId } from "../../modules/base/clock";

interface ScaledTimer {
	readonly dueMs: number;
	readonly order: number;
	readonly callback: () => void;
}

/** How far behind its time the clock may fall, when the computer is too slow for the speed; then it runs slower. */
const kLagMs = 2000;

/**
 * A clock that runs several times as fast as another one, for simulations: 60 is an hour a minute. Timers fire in order
 * of their due times, and each sees its own as `now()`, so simulated lines keep their timing at any speed however coarse
 * the timers below are. What comes from outside (sockets) sees the scaled time of its moment.
 */
export class ScaledClock implements Clock {
	#inner: Clock;
	#speed = 1;
	/** Where both clocks stood when the speed was last set. */
	#innerMs: number;
	#baseMs = 0;
	/** The wall clock less this clock; NaN while there is no wall clock. */
	#epochMs: number;
	/** Time as the callback that runs has it, and never less than it was. */
	#nowMs = 0;
	#running = false;
	#order = 0;
	/** By due time, then order. */
	#timers: ScaledTimer[] = [];
	#wake: TimerId | undefined;
	#wakeMs = Number.POSITIVE_INFINITY;

	constructor(inner: Clock) {
		this.#inner = inner;
		this.#innerMs = inner.now();
		this.#epochMs = inner.epochMs() ?? Number.NaN;
	}

	get speed(): number {
		return this.#speed;
	}

	/** Goes on from the time it is. Throws RangeError for a speed that is none. */
	set speed(speed: number) {
		if (!(speed >= 0.01 && speed <= 1000)) throw new RangeError(`speed ${speed}: it may be 0.01 to 1000`);
		this.#baseMs = this.#scaled();
		this.#innerMs = this.#inner.now();
		this.#speed = speed;
		this.#wakeMs = Number.POSITIVE_INFINITY;
		this.#arm();
	}

	now(): number {
		if (!this.#running) this.#nowMs = Math.max(this.#nowMs, this.#scaled());
		return this.#nowMs;
	}

	epochMs(): number | undefined {
		return Number.isNaN(this.#epochMs) ? undefined : Math.round(this.#epochMs + this.now());
	}

	setTimer(callback: () => void, delayMs: number): TimerId {
		const timer = { dueMs: this.now() + Math.max(0, delayMs), order: this.#order++, callback };
		const timers = this.#timers;
		let at = timers.length;
		while (at > 0 && timers[at - 1]!.dueMs > timer.dueMs) at--;
		timers.splice(at, 0, timer);
		if (!this.#running) this.#arm();
		return timer;
	}

	clearTimer(id: TimerId | undefined): void {
		const at = this.#timers.indexOf(id as ScaledTimer);
		if (at >= 0) this.#timers.splice(at, 1);
	}

	#scaled(): number {
		return this.#baseMs + (this.#inner.now() - this.#innerMs) * this.#speed;
	}

	#arm(): void {
		const first = this.#timers[0];
		if (!first || first.dueMs >= this.#wakeMs) return;
		this.#inner.clearTimer(this.#wake);
		this.#wakeMs = first.dueMs;
		this.#wake = this.#inner.setTimer(() => this.#run(), (first.dueMs - this.#scaled()) / this.#speed);
	}

	#run(): void {
		this.#wake = undefined;
		this.#wakeMs = Number.POSITIVE_INFINITY;
		const untilMs = this.#scaled();
		const startMs = this.#inner.now();
		this.#running = true;
		try {
			for (let first = this.#timers[0]; first && first.dueMs <= untilMs; first = this.#timers[0]) {
				this.#timers.shift();
				this.#nowMs = Math.max(this.#nowMs, first.dueMs);
				first.callback();
				// others on this thread want their turn too
				if (this.#inner.now() - startMs > 20) break;
			}
		} finally {
			this.#running = false;
			const first = this.#timers[0];
			const lagMs = first ? this.#scaled() - first.dueMs : 0;
			if (lagMs > kLagMs * Math.max(1, this.#speed / 10)) {
				this.#baseMs = first!.dueMs;
				this.#innerMs = this.#inner.now();
			}
			this.#arm();
		}
	}
}
