import type { Quality } from "../base/quality";
import type { KeptRow } from "./plan";
import type { When } from "./table";

/** Numbers of a row: its value first, then at these places the others. */
const numbers = 4;
const raw = 1;
const time = 2;
const code = 3;
/** Quality by its code. */
const lost = 3;
/** Raw value of a register that the device will not give: known, and none of those a condition names. */
const refused = Infinity;

/**
 * Values of rows that are no points but ratios of others, conditions, or parts of derived points and controls. A ratio or
 * condition is a setting: the last one that was read holds until the next, also while reads fail.
 */
export class KeptRows {
	/** Something without which other reads cannot be understood is not known yet. */
	missing = false;
	#rows: readonly KeptRow[];
	#numbers: Float64Array;

	constructor(rows: readonly KeptRow[]) {
		this.#rows = rows;
		this.#numbers = new Float64Array(numbers * rows.length).fill(Number.NaN);
		this.#look();
	}

	/** In the row's unit; NaN for none. */
	value(index: number): number {
		return this.#numbers[index * numbers]!;
	}

	/** Monotonic time at which it was true; NaN: never read. */
	timeMs(index: number): number {
		return this.#numbers[index * numbers + time]!;
	}

	/** Undefined: never read. */
	quality(index: number): Quality | undefined {
		const quality = this.#numbers[index * numbers + code]!;
		return quality === 1 ? "good" : quality === 2 ? "suspect" : quality === lost ? "comms_lost" : undefined;
	}

	/** Whether a condition holds; not while its row is unknown. */
	holds(index: number, when: When): boolean {
		return when.is.includes(this.#numbers[index * numbers + raw]!);
	}

	/** What a read has brought: `value` NaN when the device has none. */
	take(index: number, value: number, rawValue: number, timeMs: number, quality: Quality): void {
		const at = index * numbers;
		// A ratio that cannot be right is none.
		const wrong = quality !== "good" && this.#rows[index]!.needed === "value";
		this.#numbers[at] = wrong ? Number.NaN : value;
		this.#numbers[at + raw] = rawValue;
		this.#numbers[at + time] = timeMs;
		this.#numbers[at + code] = quality === "good" ? 1 : 2;
		this.#look();
	}

	/** The device has no such register. */
	refuse(index: number, timeMs: number): void {
		const { row, needed } = this.#rows[index]!;
		if (needed === "value" && row.otherwise === undefined) return;
		this.take(index, row.otherwise ?? Number.NaN, refused, timeMs, "good");
	}

	/** The read that brings the row has failed. */
	lose(index: number): void {
		const at = index * numbers;
		if (this.#rows[index]!.needed !== "no" || Number.isNaN(this.#numbers[at + code]!)) return;
		this.#numbers[at] = Number.NaN;
		this.#numbers[at + code] = lost;
	}

	loseAll(): void {
		for (let i = 0; i < this.#rows.length; i++) this.lose(i);
	}

	#look(): void {
		this.missing = this.#rows.some(({ needed }, i) =>
			needed === "value"
				? Number.isNaN(this.value(i))
				: needed === "raw" && Number.isNaN(this.#numbers[i * numbers + raw]!),
		);
	}
}
