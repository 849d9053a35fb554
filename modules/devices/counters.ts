import type { Plan } from "./plan";

/** Energies of a device by row name, as they outlive a restart. */
export type Counters = Record<string, { total: number; carry: number }>;

/** A lower register is believed after this many reads that are lower and do not fall among themselves. */
export const readsUntilReset = 3;

/**
 * Energies never fall. A register lower than before is held: the total, and the time it was true, stay as they were,
 * and the point is suspect. When `readsUntilReset` reads in a row agree, the register was reset, has rolled over or the
 * meter was exchanged: from then on the difference is carried, so the total goes on from where it stood, counting only
 * what is proven since the first lower read. It stays suspect for as long as something is carried, because it is not
 * what the meter's own display shows; a person settles that (in the site file, by a restart with new counters).
 * A single lower read (noise the CRC let through, a register torn between two words) changes nothing for good.
 */
export class CounterBook {
	/** What is shown, in the row's unit; NaN before the first read. */
	readonly totals: Float64Array;
	/** Monotonic time at which the total was true; NaN for one from before a restart. */
	readonly timesMs: Float64Array;
	#carry: Float64Array;
	#lower: Uint8Array;
	#firstLower: Float64Array;
	#lastLower: Float64Array;
	#plan: Plan;

	constructor(plan: Plan, saved: Counters | undefined) {
		const size = plan.counterCount;
		this.#plan = plan;
		this.totals = new Float64Array(size).fill(Number.NaN);
		this.timesMs = new Float64Array(size).fill(Number.NaN);
		this.#carry = new Float64Array(size);
		this.#lower = new Uint8Array(size);
		this.#firstLower = new Float64Array(size);
		this.#lastLower = new Float64Array(size);
		for (let i = 0; i < size; i++) {
			const one = saved?.[plan.counters[i]!.name];
			if (one === undefined) continue;
			this.totals[i] = one.total;
			this.#carry[i] = one.carry;
		}
	}

	/** Books a reading. "rises": as it should; "carried": rises, but not what the display shows; "held"; "reset" just now. */
	take(index: number, value: number, nowMs: number): "rises" | "carried" | "held" | "reset" {
		const total = value + this.#carry[index]!;
		if (!(total < this.totals[index]!)) {
			this.totals[index] = total;
			this.timesMs[index] = nowMs;
			this.#lower[index] = 0;
			return this.#carry[index] === 0 ? "rises" : "carried";
		}
		if (this.#lower[index] === 0 || value < this.#lastLower[index]!) {
			this.#lower[index] = 0;
			this.#firstLower[index] = value;
		}
		this.#lastLower[index] = value;
		if (++this.#lower[index]! < readsUntilReset) return "held";
		this.#lower[index] = 0;
		this.#carry[index] = this.totals[index]! - this.#firstLower[index]!;
		this.totals[index] = value + this.#carry[index]!;
		this.timesMs[index] = nowMs;
		return "reset";
	}

	save(): Counters {
		const saved: Counters = {};
		for (let i = 0; i < this.totals.length; i++) {
			if (Number.isNaN(this.totals[i]!)) continue;
			saved[this.#plan.counters[i]!.name] = { total: this.totals[i]!, carry: this.#carry[i]! };
		}
		return saved;
	}
}
