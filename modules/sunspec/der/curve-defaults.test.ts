import { describe, expect, test } from "vitest";
import { CurveRig } from "./testing/curve-rig";

/** The points of a curve, by the names of their two values. */
function points(rig: CurveRig, path: string, x: string, y: string): [number, number][] {
	const count = rig.get(`${path}.ActPt`);
	return Array.from({ length: count }, (_, i) => [
		rig.get(`${path}.Pt[${i + 1}].${x}`),
		rig.get(`${path}.Pt[${i + 1}].${y}`),
	]);
}

describe("default settings of IEEE 1547-2018, category B (tables 8, 9, 10, 24)", () => {
	const rig = new CurveRig();

	test("volt-var", () => {
		expect(points(rig, "705.Crv[1]", "V", "Var")).toEqual([
			[92, 44],
			[98, 0],
			[102, 0],
			[108, -44],
		]);
		const names = ["DeptRef", "Pri", "VRef", "VRefAuto", "VRefAutoEna", "VRefAutoTms", "RspTms", "ReadOnly"];
		expect(names.map((name) => rig.get(`705.Crv[1].${name}`))).toEqual([3, 1, 100, 100, 0, 300, 5, 1]);
	});

	test("volt-watt, for what can absorb down to nothing", () => {
		expect(points(rig, "706.Crv[1]", "V", "W")).toEqual([
			[106, 100],
			[110, 20],
		]);
		expect(rig.get("706.Crv[1].RspTms")).toBe(10);
		expect(points(new CurveRig({ storage: true }), "706.Crv[2]", "V", "W")).toEqual([
			[106, 100],
			[110, 0],
		]);
	});

	test("watt-var", () => {
		expect(points(rig, "712.Crv[1]", "W", "Var")).toEqual([
			[-100, 44],
			[-50, 0],
			[-20, 0],
			[20, 0],
			[50, 0],
			[100, -44],
		]);
	});

	test("frequency droop", () => {
		const names = ["DbOf", "DbUf", "KOf", "KUf", "RspTms", "PMin"];
		const of = (one: CurveRig): number[] => names.map((name) => one.get(`711.Ctl[1].${name}`));
		expect(of(rig)).toEqual([0.036, 0.036, 0.05, 0.05, 5, 0]);
		expect(of(new CurveRig({ storage: true }))).toEqual([0.036, 0.036, 0.05, 0.05, 5, -100]);
	});
});

describe("trip limits of category III (tables 13 and 18): the second and the fourth point", () => {
	const limits = (rig: CurveRig, model: number): [number, number][] => {
		const all = points(rig, `${model}.Crv[1].MustTrip`, model >= 709 ? "Hz" : "V", "Tms");
		expect(all).toHaveLength(5);
		return [all[1]!, all[3]!];
	};

	test("voltage, with momentary cessation", () => {
		const rig = new CurveRig();
		expect(limits(rig, 707)).toEqual([
			[50, 2],
			[88, 21],
		]);
		expect(limits(rig, 708)).toEqual([
			[120, 0.16],
			[110, 13],
		]);
		expect(points(rig, "707.Crv[1].MomCess", "V", "Tms")).toEqual([
			[50, 0],
			[50, 2],
		]);
		expect(points(rig, "708.Crv[1].MomCess", "V", "Tms")).toEqual([
			[110, 0],
			[110, 13],
		]);
		expect(points(rig, "707.Crv[1].MayTrip", "V", "Tms")).toEqual([]);
	});

	test.each([
		[60, 56.5, 58.5, 62, 61.2],
		[50, 46.5, 48.5, 52, 51.2],
	])("frequency around %i Hz", (nominalHz, uf2, uf1, of2, of1) => {
		const rig = new CurveRig({ nominalHz });
		expect(limits(rig, 709)).toEqual([
			[uf2, 0.16],
			[uf1, 300],
		]);
		expect(limits(rig, 710)).toEqual([
			[of2, 0.16],
			[of1, 300],
		]);
	});
});

test("fewer points than a default curve has: as many as there is room for; more: the last one again", () => {
	const rig = new CurveRig({
		models: [
			{ id: 705, repeats: { NCrv: 2, NPt: 10 } },
			{ id: 707, repeats: { NCrvSet: 2, NPt: 2 } },
		],
	});
	expect(rig.get("705.Crv[2].ActPt")).toBe(4);
	expect(rig.get("705.Crv[2].Pt[10].V")).toBe(108);
	expect(rig.write("705.Crv[2].Pt[10].V", 110)).toBe(0);
	// a trip curve that has no room for its steps is none: the function stays, without limits that would be wrong
	expect(rig.get("707.Crv[1].MustTrip.ActPt")).toBe(0);
	expect(rig.get("707.Crv[1].MomCess.ActPt")).toBe(2);
});
