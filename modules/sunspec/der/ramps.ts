/** Quantities that move to where they are told to be at a rate: once a second, as the devices behind take steps. */
import { frozen } from "../../base/frozen";

export const Ramped = frozen({ limit: 0, set: 1, var: 2, pf: 3, charge: 4, discharge: 5 });
const count = 6;

export class Ramps {
	/** Where each is now; NaN: nowhere, it jumps to its next target. */
	readonly #now = new Float64Array(count).fill(Number.NaN);
	/** Rate of a single change, in units a second; NaN: none. */
	readonly #once = new Float64Array(count).fill(Number.NaN);
	/** Bit i: quantity i has not arrived. */
	#moving = 0;

	/** Some quantity has not arrived yet. */
	get moving(): boolean {
		return this.#moving !== 0;
	}

	now(which: number): number {
		return this.#now[which]!;
	}

	/** It is there, without a way. NaN: forget it. */
	jump(which: number, value: number): void {
		this.#now[which] = value;
		this.#once[which] = Number.NaN;
		this.#moving &= ~(1 << which);
	}

	/** The next way takes this many seconds, whatever the usual rate (the RmpTms points of 123 and 124). */
	take(which: number, seconds: number, target: number): void {
		const way = Math.abs(target - this.#now[which]!);
		this.#once[which] = seconds > 0 && way > 0 ? way / seconds : Number.NaN;
	}

	/**
	 * Moves on towards the target for `seconds` (0: only looks where it is) and says where it is. `up` and `down` are
	 * the usual rates, Infinity for a jump.
	 */
	move(which: number, target: number, up: number, down: number, seconds: number): number {
		const now = this.#now[which]!;
		const once = this.#once[which]!;
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
		if (now === target) return now;
		const next = now + (target > now ? step : -step);
		this.#now[which] = next;
		this.#moving |= 1 << which;
		return next;
	}
}
