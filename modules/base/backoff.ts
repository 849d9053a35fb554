export interface BackoffOptions {
	/** First waiting time after a failure, ms. Default 1000. */
	minMs?: number;
	/** Longest waiting time, ms. Default 60 000. */
	maxMs?: number;
	/** Failures in a row before the first wait: one lost frame is no reason to slow down. Default 2. */
	tolerance?: number;
	/** Part of the waiting time that chance takes off, 0 to 1, so that peers do not come back in step. Default 0. */
	jitter?: number;
	random?: () => number;
}

/**
 * How long to leave one peer alone that does not answer: twice as long after each failure, not at all after a success.
 * It only says when; the scheduler spends the time in between on the other devices, so a silent one costs them one
 * time-out each time it is tried, and that ever more seldom.
 */
export class Backoff {
	readonly #minMs: number;
	readonly #maxMs: number;
	readonly #tolerance: number;
	readonly #jitter: number;
	readonly #random: () => number;
	/** Failures in a row. */
	failures = 0;
	/** Moment of the next try, on the caller's monotonic clock; 0 = at once. */
	dueMs = 0;

	constructor(options: BackoffOptions = {}) {
		this.#minMs = options.minMs ?? 1000;
		this.#maxMs = options.maxMs ?? 60_000;
		this.#tolerance = options.tolerance ?? 2;
		this.#jitter = options.jitter ?? 0;
		this.#random = options.random ?? Math.random;
	}

	failed(nowMs: number): void {
		const steps = ++this.failures - this.#tolerance;
		if (steps < 0) return;
		// steps is bounded: 2 ** 1024 would be Infinity, which Math.min takes, but a long outage should not get there
		let waitMs = Math.min(this.#maxMs, this.#minMs * 2 ** Math.min(steps, 30));
		if (this.#jitter > 0) waitMs -= waitMs * this.#jitter * this.#random();
		this.dueMs = nowMs + waitMs;
	}

	succeeded(): void {
		this.failures = 0;
		this.dueMs = 0;
	}
}
