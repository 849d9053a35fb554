import type { Clock } from "../base/clock";

/**
 * How far the wall clock can be trusted.
 * - unset: nobody has set it since power-on; telemetry waits, because it could not be dated
 * - synchronised: set by a source within the last day
 * - holdover: running on its own since; the uncertainty grows
 */
export type ClockState = "unset" | "synchronised" | "holdover";

/** A board's 40 MHz crystal, over temperature. */
const kDriftPpm = 20;
const kHoldoverAfterMs = 86_400_000;
/** What is taken for granted of a clock that others keep. */
const kKeptErrorMs = 1000;

export class ClockQuality {
	#clock: Clock;
	#keptBy: string;
	#source = "";
	#setMs = Number.NaN;
	#errorMs = 0;

	/** `keptBy`: who outside the application keeps the wall clock right all the time, such as an operating system; "" nobody. */
	constructor(clock: Clock, keptBy = "") {
		this.#clock = clock;
		this.#keptBy = keptBy;
	}

	/** A source has set or confirmed the wall clock, right to `errorMs`. */
	confirmed(source: string, errorMs: number): void {
		this.#source = source;
		this.#errorMs = errorMs;
		this.#setMs = this.#clock.now();
	}

	get state(): ClockState {
		if (this.#keptBy !== "") return this.#clock.epochMs() === undefined ? "unset" : "synchronised";
		if (this.#clock.epochMs() === undefined || Number.isNaN(this.#setMs)) return "unset";
		return this.#clock.now() - this.#setMs > kHoldoverAfterMs ? "holdover" : "synchronised";
	}

	/** Who set it last, "" for nobody. */
	get source(): string {
		return this.#keptBy || this.#source;
	}

	/** How far off the clock may be by now, ms; undefined while it is unset. */
	get uncertaintyMs(): number | undefined {
		if (this.state === "unset") return undefined;
		if (this.#keptBy !== "") return kKeptErrorMs;
		return this.#errorMs + ((this.#clock.now() - this.#setMs) * kDriftPpm) / 1e6;
	}
}
