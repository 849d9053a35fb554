/**
 * One deadline that moves often: with each request, each piece of a reply.
 *
 * The timer is not set anew for each move. It is when the deadline comes nearer than it; when it fires too early it is set
 * again.
 */
import type { Clock, TimerId } from "./clock";

export class Deadline {
	readonly #clock: Clock;
	readonly #onReached: (nowMs: number) => void;
	readonly #onTimer: () => void;
	/** When it is, on the clock it was made with; Infinity = none. Only that may be written here, which costs less than `set`. */
	atMs = Number.POSITIVE_INFINITY;
	#timer: TimerId | undefined;
	#timerMs = Number.POSITIVE_INFINITY;

	/** `onReached` is called once for each deadline that is reached; by then there is none. */
	constructor(clock: Clock, onReached: (nowMs: number) => void) {
		this.#clock = clock;
		this.#onReached = onReached;
		this.#onTimer = () => this.timerFired();
	}

	/** Moves it. Infinity = none. */
	set(atMs: number): void {
		this.atMs = atMs;
		if (atMs >= this.#timerMs) return;
		this.#clock.clearTimer(this.#timer);
		this.#timerMs = atMs;
		this.#timer = this.#clock.setTimer(this.#onTimer, Math.max(0, atMs - this.#clock.now()));
	}

	/** No deadline any more, whatever is set. May be called twice. */
	close(): void {
		this.#clock.clearTimer(this.#timer);
		this.#timer = undefined;
		// nothing comes nearer than this
		this.#timerMs = Number.NEGATIVE_INFINITY;
	}

	private timerFired(): void {
		this.#timer = undefined;
		this.#timerMs = Number.POSITIVE_INFINITY;
		const atMs = this.atMs;
		if (atMs === Number.POSITIVE_INFINITY) return;
		const nowMs = this.#clock.now();
		if (nowMs < atMs) {
			this.set(atMs);
			return;
		}
		this.atMs = Number.POSITIVE_INFINITY;
		this.#onReached(nowMs);
	}
}
