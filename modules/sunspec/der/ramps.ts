/** Quantities that move to where they are told to be at a rate: once a second, as the devices behind take steps. */
import { frozen } from "../../base/frozen";

export const Ramped = frozen({ limit: 0, set: 1, var: 2, pf: 3, charge: 4, discharge: 5 });
export const rampedCount = 6;

export class Ramps {
	/**
	 * From `#first` on where each is now; NaN: nowhere, it jumps to its next target. Behind these the rate of a single
	 * change, in units a second; NaN: none.
	 */
	readonly #cells: Float64Array;
	readonly #first: number;
	/** Bit i: quantity i has not arrived. */
	#moving = 0;

	/** Takes `2 * rampedCount` cells from `first` on. */
	constructor(cells: Float64Array, first: number) {
		this.#cells = cells;
		this.#first = first;
		cells.fill(Number.NaN, first, first + 2 * rampedCount);
	}

	/** Some quantity has not arrived yet. */
	get moving(): boolean {
		return this.#moving !== 0;
	}

	now(which: number): number {
		return this.#cells[this.#first + which]!;
	}

	/** It is there, without a way. NaN: forget it. */
	jump(which: number, value: number): void {
		this.#cells[this.#first + which] = value;
		this.#cells[this.#first + rampedCount + which] = Number.NaN;
		this.#moving &= ~(1 << which);
	}

	/** The next way takes this many seconds, whatever the usual rate (the RmpTms points of 123 and 124). */
	take(which: number, seconds: number, target: number): void {
		const way = Math.abs(target - this.now(which));
		this.#cells[this.#first + rampedCount + which] = seconds > 0 && way > 0 ? way / seconds : Number.NaN;
	}

	/**
	 * Moves on towards the target for `seconds` (0: only looks where it is) and says where it is. `up` and `down` are
	 * the usual rates, Infinity for a jump.
	 */
	move(which: number, target: number, up: number, down: number, seconds: number): number {
		const at = this.#first + which;
		const now = this.#cells[at]!;
		const once = this.#cells[at + rampedCount]!;
		if (now === target && this.#moving === 0) return now;
		const rate = Number.isNaN(once) ? (target > now ? up : down) : once;
		const step = rate * seconds;
		if (
			Number.isNaN(now) ||
			Number.isNaN(target) ||
			rate === Number.POSITIVE_INFINITY ||
			step >= Math.abs(target - now)
		) {
			this.jump(which, target);
			return target;
		}
		const next = now + (target > now ? step : -step);
		this.#cells[at] = next;
		this.#moving |= 1 << which;
		return next;
	}
}
