/** Times that come with a value, in seconds: as model 123 has them. */
export interface OrderTimes {
	/** It takes effect at some moment within this time. */
	windowS: number;
	/** It is reached within this time after that. */
	rampS: number;
	/** It is given up after this time; 0: never. */
	revertS: number;
}

/** One value of a DER that is ordered with a window, a ramp and a reversion, and falls back to its resting value alone. */
export class TimedValue {
	readonly #rest: number;
	#from: number;
	#to: number;
	#startMs = 0;
	#rampMs = 0;
	#revertMs = Number.POSITIVE_INFINITY;

	constructor(rest: number) {
		this.#rest = rest;
		this.#from = rest;
		this.#to = rest;
	}

	/** `value` undefined: back to rest. `chance` (0..1) is the place in the window. */
	order(value: number | undefined, times: OrderTimes, nowMs: number, chance: number): void {
		this.#from = this.at(nowMs);
		this.#to = value ?? this.#rest;
		this.#startMs = nowMs + 1000 * times.windowS * chance;
		this.#rampMs = 1000 * times.rampS;
		const reverts = value !== undefined && times.revertS > 0;
		this.#revertMs = reverts ? this.#startMs + 1000 * times.revertS : Number.POSITIVE_INFINITY;
	}

	at(nowMs: number): number {
		const done = this.#rampMs > 0 ? Math.min(1, (nowMs - this.#startMs) / this.#rampMs) : 1;
		return nowMs < this.#startMs ? this.#from : this.#from + (this.#to - this.#from) * done;
	}

	/** True once when the time is over: from now on it goes back to rest, as fast as it came. */
	fallsBack(nowMs: number): boolean {
		if (nowMs < this.#revertMs) return false;
		const atMs = this.#revertMs;
		this.#from = this.at(atMs);
		this.#to = this.#rest;
		this.#startMs = atMs;
		this.#revertMs = Number.POSITIVE_INFINITY;
		return true;
	}
}
