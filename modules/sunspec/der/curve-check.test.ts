import { describe, expect, test } from "vitest";
import { CurveRig } from "./testing/curve-rig";

type Points = readonly (readonly [number, number])[];

/** Writes curve 2, asks for it, and says why it was refused; "COMPLETED" when it was not. */
function line(model: number, points: Points, more: Readonly<Record<string, number>> = {}): string {
	const rig = new CurveRig();
	rig.line(model, 2, points);
	rig.set(model, more);
	return outcome(rig, model);
}

function steps(model: number, part: string, points: Points): string {
	const rig = new CurveRig();
	rig.steps(model, part, 2, points);
	return outcome(rig, model);
}

function outcome(rig: CurveRig, model: number): string {
	const before = rig.bytes(model, 1);
	const result = rig.adopt(model, 2);
	if (result !== "FAILED") return result;
	expect(rig.bytes(model, 1)).toBe(before);
	expect(rig.changed).toBe(false);
	return rig.functions.fault(model)!;
}

describe("CRV-3: volt-var (705)", () => {
	test.each<[string, Points]>([
		[
			"two points",
			[
				[95, 30],
				[105, -30],
			],
		],
		[
			"category A: the two in the middle are one",
			[
				[90, 25],
				[100, 0],
				[100, 0],
				[110, -25],
			],
		],
		[
			"level",
			[
				[90, 10],
				[110, 10],
			],
		],
		[
			"a step that is none",
			[
				[90, 0],
				[90, 0],
				[110, 0],
			],
		],
	])("%s is adopted", (_name, points) => expect(line(705, points)).toBe("COMPLETED"));

	test.each<[string, Points, string]>([
		["no point", [], "curve 2: ActPt 0 is not 2 to 4"],
		["one point", [[100, 0]], "curve 2: ActPt 1 is not 2 to 4"],
		[
			"voltages that fall",
			[
				[92, 44],
				[98, 0],
				[97, 0],
				[108, -44],
			],
			"curve 2: point 3: 97 is below the point before it",
		],
		[
			"two values at one voltage",
			[
				[92, 44],
				[98, 10],
				[98, 0],
			],
			"curve 2: point 3: two values at 98",
		],
		[
			"reactive power that rises with the voltage",
			[
				[92, 0],
				[98, 10],
			],
			"curve 2: point 2: 10 rises with the voltage",
		],
	])("%s is not", (_name, points, why) => expect(line(705, points)).toBe(why));
});

describe("CRV-3: volt-watt (706)", () => {
	test.each<[string, Points]>([
		[
			"down to 20 %",
			[
				[106, 100],
				[110, 20],
			],
		],
		[
			"down to absorbing",
			[
				[106, 100],
				[109, -100],
			],
		],
	])("%s is adopted", (_name, points) => expect(line(706, points)).toBe("COMPLETED"));

	test.each<[string, Points, string]>([
		["one point", [[106, 100]], "curve 2: ActPt 1 is not 2 to 2"],
		[
			"voltages that fall",
			[
				[110, 100],
				[106, 20],
			],
			"curve 2: point 2: 106 is below the point before it",
		],
		[
			"a cliff",
			[
				[106, 100],
				[106, 20],
			],
			"curve 2: point 2: two values at 106",
		],
		[
			"power that rises with the voltage",
			[
				[106, 20],
				[110, 100],
			],
			"curve 2: point 2: 100 rises with the voltage",
		],
	])("%s is not", (_name, points, why) => expect(line(706, points)).toBe(why));
});

describe("CRV-3: watt-var (712)", () => {
	test.each<[string, Points]>([
		[
			"no load side: its three points are 0",
			[
				[0, 0],
				[0, 0],
				[0, 0],
				[20, 0],
				[50, 0],
				[100, -44],
			],
		],
		[
			"reactive power that rises with the power",
			[
				[0, -20],
				[50, 20],
				[100, 0],
			],
		],
	])("%s is adopted", (_name, points) => expect(line(712, points)).toBe("COMPLETED"));

	test.each<[string, Points, string]>([
		[
			"powers that fall",
			[
				[0, 0],
				[50, 0],
				[20, 0],
			],
			"curve 2: point 3: 20 is below the point before it",
		],
		[
			"two values at one power",
			[
				[0, 0],
				[20, 0],
				[20, -10],
			],
			"curve 2: point 3: two values at 20",
		],
		["no point", [], "curve 2: ActPt 0 is not 2 to 6"],
	])("%s is not", (_name, points, why) => expect(line(712, points)).toBe(why));
});

describe("CRV-3: trip (707 to 710)", () => {
	test.each<[string, number, string, Points]>([
		[
			"two steps",
			707,
			"MustTrip",
			[
				[40, 1],
				[40, 10],
				[80, 10],
				[80, 20],
			],
		],
		[
			"a slope",
			707,
			"MustTrip",
			[
				[30, 1],
				[88, 21],
			],
		],
		[
			"two steps",
			708,
			"MustTrip",
			[
				[125, 0.1],
				[125, 1],
				[115, 1],
				[115, 20],
			],
		],
		[
			"two steps",
			709,
			"MustTrip",
			[
				[46, 0.5],
				[46, 100],
				[47.5, 100],
				[47.5, 200],
			],
		],
		[
			"two steps",
			710,
			"MustTrip",
			[
				[53, 0.5],
				[53, 100],
				[51.5, 100],
				[51.5, 200],
			],
		],
		["no may-trip curve", 707, "MayTrip", []],
		[
			"may trip before it must",
			707,
			"MayTrip",
			[
				[50, 1],
				[50, 10],
				[88, 10],
				[88, 20],
			],
		],
		[
			"may trip when it must",
			708,
			"MayTrip",
			[
				[130, 0.16],
				[120, 0.16],
				[120, 13],
				[110, 13],
			],
		],
		["no momentary cessation", 707, "MomCess", []],
	])("%s of %i in %s: adopted", (_name, model, part, points) => expect(steps(model, part, points)).toBe("COMPLETED"));

	test.each<[string, number, string, Points, string]>([
		["no point", 707, "MustTrip", [], "curve 2: MustTrip: ActPt 0 is not 2 to 5"],
		["one point", 708, "MomCess", [[110, 0]], "curve 2: MomCess: ActPt 1 is not 2 to 5"],
		[
			"times that fall",
			707,
			"MustTrip",
			[
				[50, 5],
				[50, 2],
			],
			"curve 2: MustTrip: point 2: Tms 2 is less than at the point before it",
		],
		[
			"a lower voltage that is given more time",
			707,
			"MustTrip",
			[
				[88, 2],
				[50, 21],
			],
			"curve 2: MustTrip: point 2: 50 is farther off than the point before it",
		],
		[
			"a higher voltage that is given more time",
			708,
			"MustTrip",
			[
				[110, 1],
				[120, 13],
			],
			"curve 2: MustTrip: point 2: 120 is farther off than the point before it",
		],
		[
			"a lower frequency that is given more time",
			709,
			"MustTrip",
			[
				[48, 1],
				[47, 5],
			],
			"curve 2: MustTrip: point 2: 47 is farther off than the point before it",
		],
		[
			"a higher frequency that is given more time",
			710,
			"MustTrip",
			[
				[51, 1],
				[52, 5],
			],
			"curve 2: MustTrip: point 2: 52 is farther off than the point before it",
		],
		[
			"must trip before it may",
			707,
			"MayTrip",
			[
				[50, 1],
				[50, 30],
				[88, 30],
				[88, 40],
			],
			"curve 2: MustTrip near 50 comes before MayTrip",
		],
		[
			"must trip where it never may",
			708,
			"MayTrip",
			[
				[130, 0.1],
				[120, 0.1],
			],
			"curve 2: MustTrip near 120 comes before MayTrip",
		],
		[
			"must trip before it may, on a slope",
			709,
			"MayTrip",
			[
				[45, 0],
				[48.5, 400],
			],
			"curve 2: MustTrip near 45 comes before MayTrip",
		],
	])("%s in %i: refused", (_name, model, part, points, why) => expect(steps(model, part, points)).toBe(why));
});

test("CRV-3: values that got into the registers past the server are found, too", () => {
	// scale factors of a device may differ from those the registers were written under
	const rig = new CurveRig();
	rig.model(705).put16(rig.model(705).form.sf, 0);
	expect(rig.adopt(705, 2)).toBe("FAILED");
	expect(rig.functions.fault(705)).toBe("curve 2: VRef 1000 is out of range");
	for (const [at, raw, why] of [
		[1, 7, "DeptRef is none"],
		[2, 9, "Pri is none"],
		[5, 2, "VRefAutoEna is none"],
		[6, 0, "VRefAutoTms 0 is out of range"],
		[0, 0xffff, "ActPt NaN is not 2 to 4"],
		[10, 0xffff, "point 1: V NaN is out of range"],
		[11, 0x8000, "point 1: Var NaN is out of range"],
	] as const) {
		const bare = new CurveRig();
		bare.model(705).put16(bare.model(705).curveAt(2) + at, raw);
		const before = bare.bytes(705, 1);
		expect(bare.adopt(705, 2)).toBe("FAILED");
		expect(bare.functions.fault(705)).toBe(`curve 2: ${why}`);
		expect(bare.bytes(705, 1)).toBe(before);
	}
});

test.each([
	["DbOf", 0, 2, 10_001],
	["DbUf", 2, 2, 0xffffffff],
	["KOf", 4, 1, 0],
	["KUf", 5, 1, 1001],
	["RspTms", 6, 2, 36_001],
	["PMin", 8, 1, 101],
])("CRV-3: droop with %s out of range is not adopted", (name, at, size, raw) => {
	const rig = new CurveRig();
	const model = rig.model(711);
	if (size === 1) model.put16(model.curveAt(2) + at, raw);
	else model.put32(model.curveAt(2) + at, raw);
	const before = rig.bytes(711, 1);
	expect(rig.adopt(711, 2)).toBe("FAILED");
	expect(rig.functions.fault(711)).toMatch(new RegExp(`^curve 2: ${name} \\S+ is out of range$`));
	expect(rig.bytes(711, 1)).toBe(before);
});

test.each([
	["705.Crv[2].Pt[1].V", 0, 200, [200.1]],
	["705.Crv[2].Pt[1].Var", -100, 100, [-100.1, 100.1]],
	["705.Crv[2].VRef", 80, 120, [79.9, 120.1]],
	["705.Crv[2].RspTms", 0, 3600, [3600.1]],
	["705.Crv[2].VRefAutoTms", 1, 65534, [0]],
	["705.Crv[2].DeptRef", 0, 3, [4]],
	["705.Crv[2].Pri", 0, 2, [3]],
	["706.Crv[2].Pt[1].W", -100, 100, [-100.1, 100.1]],
	["706.Crv[2].DeptRef", 0, 1, [2]],
	["707.Crv[2].MustTrip.Pt[1].V", 0, 200, [200.1]],
	["707.Crv[2].MayTrip.Pt[1].Tms", 0, 86400, [86400.01]],
	["709.Crv[2].MomCess.Pt[1].Hz", 40, 70, [39.99, 70.01]],
	["711.Ctl[2].DbOf", 0, 10, [10.001]],
	["711.Ctl[2].KUf", 0.001, 1, [0, 1.001]],
	["711.Ctl[2].PMin", -100, 100, [-101, 101]],
	["712.Crv[2].Pt[1].W", -100, 100, [-100.1, 100.1]],
	["712.Crv[2].Pri", 0, 1, [2]],
])("a write of %s is taken from %f to %f", (path, low, high, wrong) => {
	const rig = new CurveRig();
	for (const value of [low, high]) {
		expect(rig.write(path, value)).toBe(0);
		expect(rig.get(path)).toBe(value);
	}
	for (const value of wrong) {
		expect(rig.write(path, value)).toBe(3);
		expect(rig.get(path)).toBe(high);
	}
});
