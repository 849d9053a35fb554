/** Energies of a found device never fall by mistake, as those of a table's do not (counters.ts). */
import { frozen } from "../base/frozen";
import type { ClientPlan } from "../sunspec/client/plan";
import type { Image } from "../sunspec/image";
import { findPoint, layout } from "../sunspec/model";

/** Energies that are shown and added up, where a model has them. */
const names = frozen<readonly string[]>(["WH", "TotWhExp", "TotWhImp", "TotWhInj", "TotWhAbs"]);

/** A lower total is believed after this many reads that are lower and do not fall among themselves. */
const readsUntilReset = 3;

/** Numbers of a total: its handle, then at these places the others. */
const numbers = 5;
const total = 1;
const time = 2;
/** Reads below the total, one after the other, and the last of them. */
const lower = 3;
const lastLower = 4;

export class SunSpecTotals {
	#numbers: Float64Array;

	constructor(image: Image, plan: ClientPlan) {
		const list: number[] = [];
		for (const place of image.models) {
			if (plan.deviceAddress(place.address + 2) < 0) continue;
			const root = layout(place.text, place.repeats);
			for (const name of names) {
				if (findPoint(place.text, root, name) === undefined) continue;
				list.push(image.handle(place.id, name, "", undefined, place.occurrence), Number.NaN, Number.NaN, 0, 0);
			}
		}
		this.#numbers = Float64Array.from(list);
	}

	/**
	 * After a read at `nowMs`: a total that is lower than before is held, with its time, and suspect, until some reads
	 * agree. True when one was reset, or is another meter's, and is believed now.
	 */
	check(image: Image, nowMs: number): boolean {
		const all = this.#numbers;
		let reset = false;
		for (let at = 0; at < all.length; at += numbers) {
			const handle = all[at]!;
			if (image.timeMs(handle) !== nowMs) continue;
			const value = image.value(handle);
			if (typeof value !== "number") continue;
			if (value < all[at + total]!) {
				if (all[at + lower] === 0 || value < all[at + lastLower]!) all[at + lower] = 0;
				all[at + lastLower] = value;
				if (++all[at + lower]! < readsUntilReset) {
					image.set(handle, all[at + total]!, all[at + time]!, "suspect");
					continue;
				}
				reset = true;
			}
			all[at + total] = value;
			all[at + time] = nowMs;
			all[at + lower] = 0;
		}
		return reset;
	}
}
