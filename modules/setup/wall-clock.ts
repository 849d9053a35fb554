/** A difference below is made good slowly, so that time neither jumps nor runs back. */
const kStepMs = 1000;
/** Speed of that, ms a second. */
const kSlewPerS = 1;
/** Two tellings of a jump that differ by less agree. */
const kAgreeMs = 1000;
/** A telling of a jump is no longer confirmed by one that comes later. */
const kJumpWaitMs = 600_000;
/** No clock is right that says an earlier time: 2026-01-01. */
const kEarliestMs = 1_767_225_600_000;
/** 2100-01-01. */
const kLatestMs = 4_102_444_800_000;

/** What became of a time that was told. */
export type Telling = "set" | "slewing" | "stepped" | "doubtful" | "impossible";

/**
 * UTC over a monotonic clock. The first time told is taken; small differences later are slewed; a jump is made only when
 * a second telling, from another moment, agrees, so that one liar cannot move the clock.
 */
export class WallClock {
	#now: () => number;
	/** UTC minus monotonic, before slewing. */
	#offsetMs = Number.NaN;
	#slewMs = 0;
	#slewFromMs = 0;
	#jumpOffsetMs = Number.NaN;
	#jumpToldMs = 0;

	/** `now`: monotonic, ms. */
	constructor(now: () => number) {
		this.#now = now;
	}

	/** Undefined until somebody has told the time. */
	epochMs(): number | undefined {
		if (Number.isNaN(this.#offsetMs)) return undefined;
		const nowMs = this.#now();
		return nowMs + this.#offsetMs + this.#slewn(nowMs);
	}

	/** A source says what time it is now; right to `errorMs`. */
	tell(epochMs: number, errorMs: number): Telling {
		if (!(epochMs >= kEarliestMs && epochMs <= kLatestMs)) return "impossible";
		const nowMs = this.#now();
		const told = epochMs - nowMs;
		if (Number.isNaN(this.#offsetMs)) {
			this.#offsetMs = told;
			return "set";
		}
		const current = this.#offsetMs + this.#slewn(nowMs);
		const differenceMs = told - current;
		if (Math.abs(differenceMs) <= kStepMs + errorMs) {
			this.#offsetMs = current;
			this.#slewMs = differenceMs;
			this.#slewFromMs = nowMs;
			this.#jumpOffsetMs = Number.NaN;
			return "slewing";
		}
		const agrees = Math.abs(told - this.#jumpOffsetMs) <= kAgreeMs + errorMs;
		if (!agrees || nowMs - this.#jumpToldMs > kJumpWaitMs) {
			this.#jumpOffsetMs = told;
			this.#jumpToldMs = nowMs;
			return "doubtful";
		}
		this.#offsetMs = told;
		this.#slewMs = 0;
		this.#jumpOffsetMs = Number.NaN;
		return "stepped";
	}

	/** How much of the difference has been made good by now. */
	#slewn(nowMs: number): number {
		const most = ((nowMs - this.#slewFromMs) * kSlewPerS) / 1000;
		return Math.abs(this.#slewMs) <= most ? this.#slewMs : Math.sign(this.#slewMs) * most;
	}
}
