import { describe, expect, test } from "vitest";
import { CurveRig, seeded } from "./testing/curve-rig";
import type { Trip } from "./trip";
import { tripTime } from "./trip-time";

const trip = (model: number, rig = new CurveRig()): Trip => rig.functions.trip(model)!;

/** Seconds at which it must trip when a value begins at 0 and stays; Infinity: not within the hour. */
function clearing(one: Trip, value: number, stepS = 0.01): number {
	one.update(Number.NaN, 0);
	for (let i = 0; i * stepS <= 3600; i++) {
		one.update(value, 1000 * i * stepS);
		if (one.mustTrip) return i * stepS;
		const next = one.nextMs;
		if (next === Number.POSITIVE_INFINITY) return next;
		i = Math.max(i, Math.ceil(next / 1000 / stepS) - 2);
	}
	return Number.POSITIVE_INFINITY;
}

describe("clearing times of IEEE 1547-2018, category III (tables 13 and 18), around 50 Hz", () => {
	test.each([
		[707, 88, Number.POSITIVE_INFINITY],
		[707, 87.9, 21],
		[707, 50, 21],
		[707, 49.9, 2],
		[707, 0, 2],
		[708, 110, Number.POSITIVE_INFINITY],
		[708, 110.1, 13],
		[708, 120, 13],
		[708, 120.1, 0.16],
		[708, 140, 0.16],
		[709, 48.5, Number.POSITIVE_INFINITY],
		[709, 48.4, 300],
		[709, 46.5, 300],
		[709, 46.4, 0.16],
		[710, 51.2, Number.POSITIVE_INFINITY],
		[710, 51.3, 300],
		[710, 52, 300],
		[710, 52.1, 0.16],
	])("%i at %f: %f s", (model, value, seconds) => {
		const one = trip(model);
		expect(clearing(one, value)).toBeCloseTo(seconds, 6);
	});
});

test("what was told when is told again at once when its time comes: no sample is needed in between", () => {
	const one = trip(707);
	one.update(40, 1000);
	expect(one.mustTrip).toBe(false);
	expect(one.nextMs).toBe(3000);
	expect(one.update(40, 2999)).toBe(false);
	expect(one.update(40, 3000)).toBe(true);
	expect(one.mustTrip).toBe(true);
	expect(one.update(40, 3001)).toBe(false);
	expect(one.update(100, 4000)).toBe(true);
	expect(one.mustTrip).toBe(false);
});

test("a value that comes back begins anew; one that only gets better keeps the time of the slighter step", () => {
	const one = trip(707);
	one.update(80, 0);
	one.update(95, 20_000);
	one.update(80, 21_000);
	one.update(80, 41_900);
	expect(one.mustTrip).toBe(false);
	one.update(80, 42_000);
	expect(one.mustTrip).toBe(true);
	one.update(100, 43_000);
	one.update(40, 50_000);
	one.update(80, 51_500);
	one.update(80, 70_900);
	expect(one.mustTrip).toBe(false);
	one.update(80, 71_000);
	expect(one.mustTrip).toBe(true);
	// a deep dip at the end of a slight one has its own, shorter time
	one.update(100, 80_000);
	one.update(80, 90_000);
	one.update(40, 100_000);
	expect([one.mustTrip, one.nextMs]).toEqual([false, 102_000]);
	// and a second one does not go on where the first has stopped
	one.update(80, 101_500);
	one.update(40, 103_000);
	expect([one.mustTrip, one.nextMs]).toEqual([false, 105_000]);
});

test("momentary cessation begins at once and ends with the dip; the trip comes after it", () => {
	const one = trip(707);
	one.update(60, 0);
	expect([one.ceases, one.mustTrip]).toEqual([false, false]);
	one.update(45, 100);
	expect([one.ceases, one.mustTrip]).toEqual([true, false]);
	one.update(60, 1000);
	expect([one.ceases, one.mustTrip]).toEqual([false, false]);
	one.update(45, 2000);
	one.update(45, 4000);
	expect([one.ceases, one.mustTrip]).toEqual([true, true]);
	const high = trip(708);
	high.update(115, 0);
	expect(high.ceases).toBe(true);
	high.update(115, 13_000);
	expect(high.mustTrip).toBe(true);
});

test("a may-trip region is told", () => {
	const rig = new CurveRig();
	rig.steps(707, "MayTrip", 2, [
		[50, 1],
		[50, 10],
		[88, 10],
		[88, 20],
	]);
	expect(rig.adopt(707, 2)).toBe("COMPLETED");
	const one = trip(707, rig);
	one.update(40, 0);
	expect([one.mayTrip, one.nextMs]).toEqual([false, 1000]);
	one.update(40, 1000);
	expect([one.mayTrip, one.mustTrip]).toEqual([true, false]);
	one.update(70, 1500);
	expect(one.mayTrip).toBe(false);
	one.update(70, 10_000);
	expect([one.mayTrip, one.mustTrip]).toEqual([true, false]);
});

test("nothing is inside while the value is not known or the function disabled", () => {
	const rig = new CurveRig();
	const one = trip(707, rig);
	one.update(40, 0);
	one.update(Number.NaN, 1900);
	one.update(40, 2000);
	expect([one.ceases, one.mustTrip, one.nextMs]).toEqual([true, false, 4000]);
	rig.set(707, { Ena: 0 });
	one.update(40, 4000);
	expect([one.ceases, one.mustTrip, one.nextMs]).toEqual([false, false, Number.POSITIVE_INFINITY]);
	rig.set(707, { Ena: 1 });
	one.update(40, 5000);
	expect(one.nextMs).toBe(7000);
});

test("between two points that are apart the time is in proportion", () => {
	const rig = new CurveRig();
	rig.steps(708, "MustTrip", 2, [
		[140, 0],
		[120, 10],
		[110, 30],
	]);
	expect(rig.adopt(708, 2)).toBe("COMPLETED");
	const one = trip(708, rig);
	expect(clearing(one, 145)).toBe(0);
	expect(clearing(one, 130)).toBe(5);
	expect(clearing(one, 115)).toBe(20);
	expect(clearing(one, 110)).toBe(Number.POSITIVE_INFINITY);
});

test("for any curve and any value that stays, it trips when the curve says, and later values are never sooner", () => {
	const random = seeded(3);
	const rig = new CurveRig();
	const one = trip(707, rig);
	for (let round = 0; round < 100; round++) {
		const count = 2 + Math.floor(4 * random());
		const xs = Array.from({ length: count }, () => Math.round(1000 * random()) / 10).sort((a, b) => a - b);
		const ts = Array.from({ length: count }, () => Math.round(1000 * random()) / 100).sort((a, b) => a - b);
		rig.steps(
			707,
			"MustTrip",
			2,
			xs.map((x, i) => [x, ts[i]!] as const),
		);
		expect(rig.adopt(707, 2)).toBe("COMPLETED");
		const at = rig.model(707).curveAt(1) + 1;
		let last = 0;
		for (let value = 0; value <= 100; value += 7.3) {
			const seconds = tripTime(rig.model(707), at, value);
			expect(seconds).toBeGreaterThanOrEqual(last);
			last = seconds;
			one.update(Number.NaN, 0);
			if (seconds === Number.POSITIVE_INFINITY) continue;
			one.update(value, 0);
			one.update(value, 1000 * seconds - 1);
			expect(one.mustTrip).toBe(seconds === 0);
			one.update(value, 1000 * seconds + 1e-6);
			expect(one.mustTrip).toBe(true);
		}
	}
});
