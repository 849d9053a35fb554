/**
 * A monotonic count of milliseconds from the SDK's `Time.ticks`, which is a signed 32-bit number on the device (negative
 * after 24 days, around again after 49) and the wall clock on a simulator, where it can step back.
 */
export class Ticks {
	#last: number;
	#nowMs = 0;

	constructor(ticks: number) {
		this.#last = ticks;
	}

	/** Milliseconds since the constructor. To be called more often than every 24 days. */
	read(ticks: number): number {
		const stepMs = (ticks - this.#last) | 0;
		this.#last = ticks;
		if (stepMs > 0) this.#nowMs += stepMs;
		return this.#nowMs;
	}
}
