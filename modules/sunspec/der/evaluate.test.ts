import { describe, expect, test } from "vitest";
import {
	approach,
	type CurveRatings,
	droopSide,
	freqDroop,
	lineAt,
	rspTms,
	trackVRef,
	voltVar,
	voltWatt,
	wattVar,
} from "./evaluate";
import { CurveRig, seeded } from "./testing/curve-rig";

/** A DER of 100 kW, 100 kVA and 44 kvar, as in the published tests of EPRI's model of IEEE 1547-2018 (OpenDER). */
const der: CurveRatings = { wMax: 100_000, vaMax: 100_000, varInj: 44_000, varAbs: 44_000, varAval: 30_000 };
const rig = new CurveRig();

describe("against the tables of EPRI's OpenDER tests, in kW and kvar", () => {
	test.each([
		[98.5, 0],
		[97.5, 3.7],
		[95, 22],
		[92.5, 40.3],
		[91.5, 44],
		[101.5, 0],
		[102.5, -3.7],
		[105, -22],
		[107.5, -40.3],
		[108.5, -44],
	])("volt-var of category B at %f %% is %f kvar", (vPct, kvar) => {
		expect(voltVar(rig.model(705), vPct, 100, der) / 1000).toBeCloseTo(kvar, 1);
	});

	test.each([
		[101, 100],
		[105, 100],
		[107, 80],
		[109, 40],
	])("volt-watt of category B at %f %% leaves %f kW", (vPct, kw) => {
		expect(voltWatt(rig.model(706), vPct, der) / 1000).toBeCloseTo(kw, 1);
	});

	test.each([
		[106, 100],
		[107, 33.3],
		[108, -33.3],
		[109, -100],
	])("volt-watt of a storage down to -100 %% at 109 %%: at %f %% it leaves %f kW", (vPct, kw) => {
		const storage = new CurveRig();
		storage.line(706, 2, [
			[106, 100],
			[109, -100],
		]);
		storage.adopt(706, 2);
		expect(voltWatt(storage.model(706), vPct, der) / 1000).toBeCloseTo(kw, 1);
	});

	test.each([
		[-90, 35.2],
		[-70, 17.6],
		[-50, 0],
		[-30, 0],
		[10, 0],
		[50, 0],
		[70, -17.6],
		[90, -35.2],
	])("watt-var of category B at %f kW is %f kvar", (kw, kvar) => {
		expect(wattVar(rig.model(712), 1000 * kw, der) / 1000).toBeCloseTo(kvar, 1);
	});
});

describe("DeptRef", () => {
	test.each([
		[0, 100_000, -100_000],
		[1, 20_000, -50_000],
		[2, 30_000, -30_000],
		[3, 120_000, -120_000],
	])("%i of volt-var refers to its rating", (deptRef, most, least) => {
		const one = new CurveRig();
		one.line(705, 2, [
			[90, 100],
			[110, -100],
		]);
		one.set(705, { "Crv[2].DeptRef": deptRef });
		one.adopt(705, 2);
		const ratings = { ...der, vaMax: 120_000, varInj: 20_000, varAbs: 50_000 };
		expect(voltVar(one.model(705), 85, 100, ratings)).toBe(most);
		expect(voltVar(one.model(705), 120, 100, ratings)).toBe(least);
	});
});

describe("the reference voltage", () => {
	test("moves the whole volt-var curve", () => {
		for (const vPct of [90, 93, 97, 100, 104, 107, 112]) {
			expect(voltVar(rig.model(705), vPct + 2, 102, der)).toBeCloseTo(voltVar(rig.model(705), vPct, 100, der), 6);
		}
	});

	test("follows the voltage by itself: 63.2 % of a step after the time constant, never out of 95 to 105 %", () => {
		expect(trackVRef(100, 104, 300, 300)).toBeCloseTo(100 + 4 * (1 - Math.exp(-1)), 9);
		expect(trackVRef(100, 104, 300, 0)).toBe(100);
		let vRef = 100;
		for (let i = 0; i < 300; i++) vRef = trackVRef(vRef, 104, 300, 1);
		expect(vRef).toBeCloseTo(trackVRef(100, 104, 300, 300), 9);
		expect(trackVRef(100, 112, 300, 1e6)).toBe(105);
		expect(trackVRef(100, 60, 300, 1e6)).toBe(95);
		expect(trackVRef(100, 103, 0, 0)).toBe(103);
	});
});

describe("frequency droop", () => {
	const model = (settings: Readonly<Record<string, number>>) => {
		const one = new CurveRig();
		for (const [name, value] of Object.entries(settings)) one.set(711, { [`Ctl[2].${name}`]: value });
		one.adopt(711, 2);
		return one.model(711);
	};

	// IEEE 1547-2018, table 23, worked out by hand: 1 pu for k * nominal beyond the dead band
	test.each([
		[60, 60, 100, 0.036, 0.05, 100],
		[60.036, 60, 100, 0.036, 0.05, 100],
		[61.536, 60, 100, 0.036, 0.05, 50],
		[61.2, 60, 66, 0.036, 0.05, 27.2],
		[61.2, 60, 20, 0.036, 0.05, 0],
		[60.017 + 0.09, 60, 66, 0.017, 0.03, 61],
		[51.286, 50, 80, 0.036, 0.05, 30],
		[58.8, 60, 50, 0.036, 0.05, 88.8],
		[58.8, 60, 90, 0.036, 0.05, 100],
		[49.714, 50, 40, 0.036, 0.05, 50],
	])("%f Hz of %i, from %f %% with a band of %f Hz and k %f: %f %%", (hz, nominal, before, db, k, after) => {
		const one = model({ DbOf: db, DbUf: db, KOf: k, KUf: k });
		if (droopSide(one, hz, nominal) === 0) expect(after).toBe(before);
		else expect(freqDroop(one, hz, nominal, 1000 * before, 100_000) / 1000).toBeCloseTo(after, 6);
	});

	test("PMin holds it, also below zero for a storage, but does not raise what is lower", () => {
		expect(freqDroop(model({ PMin: 30 }), 53, 50, 50_000, 100_000)).toBe(30_000);
		expect(freqDroop(model({ PMin: 30 }), 53, 50, 10_000, 100_000)).toBe(10_000);
		expect(freqDroop(model({ PMin: -100 }), 55, 50, 0, 100_000)).toBe(-100_000);
	});

	test("the two sides have bands and slopes of their own", () => {
		const one = model({ DbOf: 0.1, DbUf: 0.3, KOf: 0.02, KUf: 0.05 });
		expect([49.69, 49.71, 50.09, 50.11].map((hz) => droopSide(one, hz, 50))).toEqual([-1, 0, 0, 1]);
		expect(freqDroop(one, 50.6, 50, 80_000, 100_000)).toBeCloseTo(30_000, 6);
		expect(freqDroop(one, 49.2, 50, 50_000, 100_000)).toBeCloseTo(70_000, 6);
	});
});

describe("open loop response", () => {
	test("90 % of a step after the response time, 99 % after two, all at once without one", () => {
		expect(approach(0, 100, 5, 5)).toBeCloseTo(90, 9);
		expect(approach(0, 100, 5, 10)).toBeCloseTo(99, 9);
		expect(approach(100, -100, 5, 5)).toBeCloseTo(-80, 9);
		expect(approach(7, 100, 5, 0)).toBe(7);
		expect(approach(7, 100, 0, 0)).toBe(100);
		expect(approach(7, 100, Number.NaN, 1)).toBe(100);
	});

	test("is the same in one step and in many of any length", () => {
		const random = seeded(5);
		for (let round = 0; round < 50; round++) {
			let [at, seconds] = [0, 0];
			for (let i = 0; i < 20; i++) {
				const step = random() * 2;
				at = approach(at, 1000, 10, step);
				seconds += step;
			}
			expect(at).toBeCloseTo(approach(0, 1000, 10, seconds), 6);
		}
	});

	test("each function has the time of its curve; watt-var has none", () => {
		expect([705, 706, 711, 712].map((id) => rspTms(rig.model(id)))).toEqual([5, 10, 5, 0]);
	});
});

test("any curve: level outside its points, through each of them, falling, without a jump, nothing for nothing", () => {
	const random = seeded(9);
	const one = new CurveRig();
	const model = one.model(705);
	for (let round = 0; round < 100; round++) {
		const xs = Array.from({ length: 4 }, () => Math.round(10 * (80 + 40 * random())) / 10).sort((a, b) => a - b);
		if (new Set(xs).size < 4) continue;
		const ys = xs.map(() => Math.round(10 * (200 * random() - 100)) / 10).sort((a, b) => b - a);
		one.line(
			705,
			2,
			xs.map((x, i) => [x, ys[i]!] as const),
		);
		expect(one.adopt(705, 2)).toBe("COMPLETED");
		xs.forEach((x, i) => {
			expect(lineAt(model, x)).toBeCloseTo(ys[i]!, 9);
		});
		expect(lineAt(model, 0)).toBe(ys[0]);
		expect(lineAt(model, 300)).toBe(ys[3]);
		expect(lineAt(model, Number.NaN)).toBeNaN();
		let steepest = 0;
		for (let i = 0; i < 3; i++) steepest = Math.max(steepest, (ys[i]! - ys[i + 1]!) / (xs[i + 1]! - xs[i]!));
		let last = lineAt(model, 79);
		let smooth = true;
		for (let x = 79.05; x < 121; x += 0.05) {
			const y = lineAt(model, x);
			smooth &&= y <= last + 1e-9 && last - y <= 0.05 * steepest + 1e-9;
			last = y;
		}
		expect(smooth).toBe(true);
	}
});
