/**
 * When controls fall back, and when a control that was written with a time window takes effect. Times are monotonic.
 *
 * SunSpec DER Information Model Specification, 3.2 "reversion", as its editors explain it in sunspec/models#213 and
 * #215: the time runs while the function (its Ena) is enabled and RvrtTms is not 0; it starts when the function is
 * enabled, and anew whenever one of its settings is written; disabling the function or RvrtTms = 0 cancels it.
 */
import { controlCount } from "./controls-704";

export class Timers {
	/** By control; Infinity: not running. */
	readonly #dueMs = new Float64Array(controlCount).fill(Number.POSITIVE_INFINITY);
	#count = 0;

	/** Starts a time, or starts it anew; 0 or less, or NaN, stops it. */
	start(control: number, seconds: number, nowMs: number): void {
		this.stop(control);
		if (!(seconds > 0)) return;
		this.#dueMs[control] = nowMs + 1000 * seconds;
		this.#count++;
	}

	stop(control: number): void {
		if (this.runs(control)) this.#count--;
		this.#dueMs[control] = Number.POSITIVE_INFINITY;
	}

	runs(control: number): boolean {
		return this.#dueMs[control] !== Number.POSITIVE_INFINITY;
	}

	/** How many run. */
	get count(): number {
		return this.#count;
	}

	/** Whole seconds left, rounded up: 0 only when the time does not run. */
	remainingS(control: number, nowMs: number): number {
		const due = this.#dueMs[control]!;
		// a clock with fractions makes 3.0000000001 s of 3 s
		return due === Number.POSITIVE_INFINITY ? 0 : Math.max(0, Math.ceil((due - nowMs) / 1000 - 1e-6));
	}

	/** When the next one is over; Infinity: none runs. */
	nextMs(): number {
		let next = Number.POSITIVE_INFINITY;
		if (this.#count > 0) for (const due of this.#dueMs) if (due < next) next = due;
		return next;
	}

	/** Takes a control whose time is over, -1 for none. */
	take(nowMs: number): number {
		if (this.#count === 0) return -1;
		const control = this.#dueMs.findIndex((due) => due <= nowMs);
		if (control >= 0) this.stop(control);
		return control;
	}
}
