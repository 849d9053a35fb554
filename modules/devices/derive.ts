/** Points made from others. Values go through one number, part by part, so that nothing is made on the way. */
import { frozen } from "../base/frozen";
import type { Quality } from "../base/quality";
import type { KeptRows } from "./kept";
import type { Plan } from "./plan";
import type { PointImage } from "./polled";
import type { Derived, DerivedBy } from "./table";

export const DERIVED_BY = frozen<readonly DerivedBy[]>([
	"sum",
	"mean",
	"product",
	"min",
	"max",
	"total",
	"difference",
	"ratio",
	"root",
	"hypot",
	"sign",
	"first",
	"over",
	"or",
]);

/** How many parts each takes, at least and at most. */
export function partsOf(by: DerivedBy): readonly [least: number, most: number] {
	if (by === "difference" || by === "ratio" || by === "root" || by === "sign") return [2, 2];
	return by === "over" ? [1, 1] : [1, 16];
}

/** Takes the part number `index` (from 0) to what the parts before came to. */
function addPart(by: DerivedBy, before: number, part: number, index: number): number {
	const first = index === 0;
	switch (by) {
		case "total":
			return first || Number.isNaN(before) ? part : Number.isNaN(part) ? before : before + part;
		case "product":
			return first ? part : before * part;
		case "min":
			return first ? part : Math.min(before, part);
		case "max":
			return first ? part : Math.max(before, part);
		case "difference":
			return first ? part : before - part;
		case "ratio":
			return first ? part : before / part;
		case "root":
			return first ? part * part : before - part * part;
		case "hypot":
			return first ? part * part : before + part * part;
		case "or":
			// a part that has no value leaves none, as in a sum
			return first || Number.isNaN(before) ? part : Number.isNaN(part) ? part : (before | part) >>> 0;
		case "sign":
			return first ? Math.abs(part) : part < 0 ? -before : before + 0 * part;
		default:
			return first ? part : before + part;
	}
}

/** The value, of what all parts came to; NaN for none. */
function endParts(one: Derived, all: number): number {
	let value = all;
	if (one.by === "mean") value /= one.of.length;
	else if (one.by === "root") value = Math.sqrt(Math.abs(all));
	else if (one.by === "hypot") value = Math.sqrt(all);
	else if (one.by === "over" && !Number.isNaN(all)) value = Math.abs(all) > (one.limit ?? 0) ? 1 : 0;
	return value * (one.k ?? 1) + (one.b ?? 0);
}

/** Makes the points of one entry anew. Those whose parts nobody has read yet stay as they are. */
export function derivePoint(
	plan: Plan,
	index: number,
	image: PointImage,
	handles: Int16Array,
	kept: KeptRows | undefined,
): void {
	const one = plan.table.derived![index]!;
	const { derived } = plan;
	const begin = derived[index]!;
	const when = derived[begin]!;
	const counts = when < 0 || kept!.holds(when, one.when!);
	if (!counts && derived[begin + 1] === 1) return;
	const firstPoint = begin + 3;
	const firstPart = firstPoint + derived[begin + 2]!;
	const { by, factors } = one;
	const parts = one.of.length;
	let all = 0;
	let timeMs = 0;
	let quality: Quality = "good";
	for (let i = 0; i < parts; i++) {
		const part = derived[firstPart + i]!;
		const row = -1 - part;
		const handle = part < 0 ? -1 : handles[part]!;
		const held = part < 0 ? kept!.value(row) : image.value(handle);
		const value = typeof held === "number" ? held : Number.NaN;
		if (by !== "first" || i === 0) {
			all = addPart(by, all, value * (factors === undefined ? 1 : factors[i]!), i);
		} else {
			// What comes later counts only where the device has nothing before, not where nothing could be read.
			if (!Number.isNaN(all) || quality !== "good" || Number.isNaN(timeMs)) break;
			all = value;
		}
		timeMs = Math.max(timeMs, part < 0 ? kept!.timeMs(row) : image.timeMs(handle));
		const partQuality = part < 0 ? kept!.quality(row) : image.quality(handle);
		if (partQuality === "comms_lost" || (partQuality === "suspect" && quality === "good")) quality = partQuality;
	}
	if (Number.isNaN(timeMs)) return;
	const value = counts ? endParts(one, all) : Number.NaN;
	for (let i = firstPoint; i < firstPart; i++) {
		const handle = handles[derived[i]!]!;
		if (quality === "comms_lost") image.losePoint(handle);
		else image.set(handle, value - value === 0 ? value : undefined, timeMs, counts ? quality : "good");
	}
}
