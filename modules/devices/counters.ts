import type { Plan } from "./plan";

/** Energies of a device by row name, as they outlive a restart. */
export type Counters = Record<string, { total: number; carry: number }>;

/** A lower register is believed after this many reads that are lower and do not fall among themselves. */
const readsUntilReset = 3;

/** Numbers of a counter: its total first, then at these places the others. */
const numbers = 6;
const time = 1;
const carry = 2;
/** Reads below the total, one after the other; the first of them and the last. */
const lower = 3;
const firstLower = 4;
const lastLower = 5;

/**
 * Energies never fall. A register lower than before is held: the total, and the time it was true, stay as they were,
 * and the point is suspect. When `readsUntilReset` reads in a row agree, the register was reset, has rolled over or the
 * meter was exchanged: from then on the difference is carried, so the total goes on from where it stood, counting only
 * what is proven since the first lower read. It stays suspect for as long as something is carried, because it is not
 * what the meter's own display shows; a person settles that (in the site file, by a restart with new counters).
 * A single lower read (noise the CRC let through, a register torn between two words) changes nothing for good.
 */
export class CounterBook {
	/** What is kept of each counter, side by side in one array: see `total` and the places after it. */
	#numbers: Float64Array;
	#plan: Plan;

	constructor(plan: Plan, saved: Counters | undefined) {
		const size = plan.counterCount;
		this.#plan = plan;
		this.#numbers = new Float64Array(size * numbers);
		for (let i = 0; i < size; i++) {
			const one = saved?.[plan.counters[i]!.name];
			this.#numbers[i * numbers] = one?.total ?? Number.NaN;
			this.#numbers[i * numbers + time] = Number.NaN;
			this.#numbers[i * numbers + carry] = one?.carry ?? 0;
		}
	}

	/** What is shown, in the row's unit; NaN before the first read. */
	total(index: number): number {
		return this.#numbers[index * numbers]!;
	}

	/** Monotonic time at which the total was true; NaN for one from before a restart. */
	timeMs(index: number): number {
		return this.#numbers[index * numbers + time]!;
	}

	/** Books a reading. "rises": as it should; "carried": rises, but not what the display shows; "held"; "reset" just now. */
	take(index: number, value: number, nowMs: number): "rises" | "carried" | "held" | "reset" {
		const all = this.#numbers;
		const at = index * numbers;
		const total = value + all[at + carry]!;
		if (!(total < all[at]!)) {
			all[at] = total;
			all[at + time] = nowMs;
			all[at + lower] = 0;
			return all[at + carry] === 0 ? "rises" : "carried";
		}
		if (all[at + lower] === 0 || value < all[at + lastLower]!) {
			all[at + lower] = 0;
			all[at + firstLower] = value;
		}
		all[at + lastLower] = value;
		if (++all[at + lower]! < readsUntilReset) return "held";
		all[at + lower] = 0;
		all[at + carry] = all[at]! - all[at + firstLower]!;
		all[at] = value + all[at + carry]!;
		all[at + time] = nowMs;
		return "reset";
	}

	/** Books what was counted since the last reading. */
	add(index: number, value: number, nowMs: number): "rises" {
		const at = index * numbers;
		const before = this.#numbers[at]!;
		this.#numbers[at] = (before - before === 0 ? before : 0) + value;
		this.#numbers[at + time] = nowMs;
		return "rises";
	}

	save(): Counters {
		const saved: Counters = {};
		for (let i = 0; i < this.#plan.counterCount; i++) {
			const total = this.total(i);
			if (Number.isNaN(total)) continue;
			saved[this.#plan.counters[i]!.name] = { total, carry: this.#numbers[i * numbers + carry]! };
		}
		return saved;
	}
}
