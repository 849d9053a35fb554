/** What goes from older models to newer ones and back, or the other way round, comes back as it was. */
import { describe, expect, it } from "vitest";
import { ComposedDer, scales } from "../../../test/adapters/composed";
import { noise } from "../../../test/adapters/noise";
import { finestScale } from "./constants";
import type { AcType } from "./profile";

const kinds: readonly (readonly [AcType, number, number])[] = [
	["single", 101, 111],
	["split", 102, 112],
	["three", 103, 113],
];

/** The largest difference that two roundings, to these powers of ten, can make. */
const steps = (...powers: readonly number[]) => powers.reduce((sum, power) => sum + 0.5 * 10 ** power, 1e-6);

describe("there and back", () => {
	it.each(kinds)("%s phase: 60 random inverters", (acType, whole, float) => {
		const random = noise(7 + whole);
		for (let round = 0; round < 60; round++) {
			const ratedW = Math.ceil(10 ** (2.5 + 4 * random()));
			const w = (2 * random() - 0.4) * ratedW;
			const given = {
				W: Math.round(w),
				VA: Math.round(Math.abs(w)),
				Hz: 45 + 20 * random(),
				PhVphA: 90 + 200 * random(),
			};
			const energy = Math.floor(10 ** (9 * random()));
			const fits = finestScale(2 * ratedW, 0x7fff, 0);
			const older = new ComposedDer([whole, 120]).give(120, { WRtg_SF: finestScale(ratedW, 0xfffe, 0), WRtg: ratedW });
			older
				.give(whole, { ...scales, W_SF: fits, VA_SF: fits })
				.give(whole, { ...given, WH: energy })
				.update();
			const factor = (name: string) => Number(older.read(`701.${name}`));
			const newer = new ComposedDer([701, 702], { acType });
			newer.give(702, { W_SF: finestScale(ratedW, 0xfffe, 0), WMaxRtg: ratedW });
			const factors = ["W_SF", "VA_SF", "V_SF", "Hz_SF", "A_SF", "PF_SF", "TotWh_SF"];
			newer.give(701, Object.fromEntries(factors.map((name) => [name, factor(name)])));
			const points = ["W", "VA", "Hz", "LNV", "VL1", "TotWhInj"];
			newer.give(701, Object.fromEntries(points.map((name) => [name, Number(older.read(`701.${name}`))]))).update();
			const label = JSON.stringify({ ratedW, ...given, energy });
			for (const [name, path, power] of [
				["W", "W", factor("W_SF")],
				["VA", "VA", factor("VA_SF")],
				["PhVphA", "VL1", factor("V_SF")],
				["Hz", "Hz", factor("Hz_SF")],
			] as const) {
				const read = given[name];
				const own = Number(newer.read(`${whole}.${name === "PhVphA" ? "V" : name}_SF`));
				expect(Math.abs(Number(older.read(`701.${path}`)) - read), label).toBeLessThanOrEqual(steps(power));
				expect(Math.abs(Number(newer.read(`${whole}.${name}`)) - read), label).toBeLessThanOrEqual(steps(power, own));
				// a float holds seven digits
				const tolerance = steps(power) + Math.abs(read) * 1e-7;
				expect(Math.abs(Number(newer.read(`${float}.${name}`)) - read), label).toBeLessThanOrEqual(tolerance);
			}
			// in acc32 nothing is "not implemented"
			const back = Number(newer.read(`${whole}.WH`) ?? 0);
			expect(Math.abs(back - energy), label).toBeLessThanOrEqual(steps(Number(newer.read(`${whole}.WH_SF`))));
			expect(older.read("701.TotWhInj"), label).toBe(energy);
		}
	});

	it("no rating from 100 W to 1 GW loses its third digit, and none wraps, nor what is half as much again", () => {
		const random = noise(3);
		for (let round = 0; round < 60; round++) {
			const maxW = Math.round(10 ** (2 + 7 * random()));
			const ratings = { maxW, maxVA: Math.round(1.1 * maxW), maxVar: Math.round(0.6 * maxW) };
			const der = new ComposedDer([103], {
				...{ kind: "battery", abilities: ["limitW", "setVar"], continuous: false },
				ratings: { ...ratings, chargeW: 0.8 * maxW, dischargeW: maxW, capacityWh: 4 * maxW, capacityAh: maxW / 12 },
			});
			der.give(103, { ...scales, W_SF: 5, VA_SF: 5 }).update();
			const near = (path: string, value: number) => {
				const read = Number(der.read(path));
				expect(Math.abs(read - value) / value, `${path} ${value} ${read}`).toBeLessThan(0.005);
			};
			for (const path of ["702.WMaxRtg", "702.WMax", "120.WRtg", "121.WMax", "702.WDisChaRteMaxRtg"]) near(path, maxW);
			for (const path of ["702.VAMaxRtg", "120.VARtg", "121.VAMax"]) near(path, ratings.maxVA);
			for (const path of ["702.VarMaxInjRtg", "120.VArRtgQ1", "121.VArMaxQ1"]) near(path, ratings.maxVar);
			for (const path of ["702.WChaRteMaxRtg", "120.MaxChaRte", "802.WChaRteMax", "124.WChaMax"])
				near(path, 0.8 * maxW);
			for (const path of ["713.WHRtg", "802.WHRtg", "120.WHRtg"]) near(path, 4 * maxW);
			for (const path of ["802.AHRtg", "120.AhrRtg"]) near(path, maxW / 12);
			const handle = der.handle(701, "W");
			expect(der.image.set(handle, -1.5 * maxW, 0, "good")).toBe(true);
			expect(der.image.set(der.handle(701, "VA"), 1.5 * ratings.maxVA, 0, "good")).toBe(true);
			expect(der.image.set(der.handle(714, "DCW"), 1.5 * maxW, 0, "good")).toBe(true);
		}
	});
});

describe("signs: positive is injected into the grid, and out of the storage", () => {
	it.each([
		["an inverter feeds in", "inverter", 3000, 3000],
		["an inverter draws at night", "inverter", -12, 0],
		["a battery discharges", "battery", 2500, 2600],
		["a battery charges", "battery", -2500, -2400],
	] as const)("%s", (_what, kind, w, dcW) => {
		const older = new ComposedDer([103], { kind, ratings: { maxW: 5000, capacityWh: 9000 } });
		older.give(103, { ...scales, W: w, PF: 95, DCW: dcW, VAr: 300 }).update();
		expect(older.reads(701, ["W", "PF", "Var"])).toEqual({ W: w, PF: w < 0 ? -0.95 : 0.95, Var: 300 });
		expect(older.reads(714, ["DCW", "Prt[1].DCW", "Prt[1].PrtTyp"])).toEqual({
			...{ DCW: dcW, "Prt[1].DCW": dcW, "Prt[1].PrtTyp": kind === "battery" ? 1 : 0 },
		});
		expect(older.read("113.W")).toBe(w);
		if (kind === "battery") expect(older.reads(802, ["W", "ChaSt"])).toEqual({ W: dcW, ChaSt: w > 0 ? 3 : 4 });
	});

	// quadrants as the IEEE (EEI) counts them: W, Var, PF of 103
	it.each([
		[1000, 500, -90],
		[-1000, 500, 90],
		[-1000, -500, -90],
		[1000, -500, 90],
		[1000, 0, 90],
	])("%d W and %d var are a power factor of %d in 103", (w, vars, pf) => {
		const der = new ComposedDer([701], { ratings: { maxW: 5000 } });
		der.give(701, { W_SF: 0, Var_SF: 0, PF_SF: -2, W: w, Var: vars, PF: Math.sign(w) * 0.9 }).update();
		expect([der.read("103.PF"), der.read("103.VAr"), der.read("103.W")]).toEqual([pf, vars, w]);
	});
});
