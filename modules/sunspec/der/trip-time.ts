/** What one of the curves of a trip model says. */
import { scaled } from "../codec";
import { curveForm } from "./curve-forms";
import type { ModelBytes } from "./model-bytes";

/**
 * Seconds after which a value that stays at `value` (% of VNom, or Hz) is inside the region of the curve at register
 * `at` (its ActPt); Infinity: never. The curve runs from the deepest deviation to the slightest; a value as far off as
 * a point, or farther, is inside from the point's time on, on the way between two points in proportion.
 */
export function tripTime(model: ModelBytes, at: number, value: number): number {
	const { id } = model;
	const { point, sf } = curveForm(id);
	const power = model.scale(sf);
	const sign = id === 707 || id === 709 ? 1 : -1;
	let lastX = Number.NaN;
	let lastT = 0;
	const points = model.u16(at);
	for (let i = 0; i < points; i++) {
		const place = at + 1 + point * i;
		const x = scaled(point === 4 ? model.u32(place) : model.u16(place), power);
		const t = model.scaledU32(place + point - 2, sf + 1);
		if (sign * value < sign * x) {
			if (Number.isNaN(lastX)) return t;
			return lastT + ((value - lastX) / (x - lastX)) * (t - lastT);
		}
		lastX = x;
		lastT = t;
	}
	return Number.POSITIVE_INFINITY;
}
