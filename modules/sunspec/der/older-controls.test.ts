import { describe, expect, it } from "vitest";
import { Rig } from "./testing/rig";

const infinity = Number.POSITIVE_INFINITY;

describe("123 and 704 are two ways to one control", () => {
	it("a limit written through 123 shows in 704 and the other way round", () => {
		const rig = new Rig();
		rig.set(123, { WMaxLimPct: 40, WMaxLimPct_RvrtTms: 100, WMaxLim_Ena: 1 });
		expect(rig.device.last.limitW).toBe(4000);
		expect(["WMaxLimPct", "WMaxLimPctEna", "WMaxLimPctRvrtTms"].map((name) => rig.get(704, name))).toEqual([
			40, 1, 100,
		]);
		rig.set(704, { WMaxLimPct: 55.5, WMaxLimPctRvrtTms: 100_000 });
		expect(["WMaxLimPct", "WMaxLim_Ena", "WMaxLimPct_RvrtTms"].map((name) => rig.get(123, name))).toEqual([
			55.5, 1, 65534,
		]);
		expect(rig.device.last.limitW).toBe(5550);
	});

	it("a power factor, over-excited negative (EEI), holds in both directions", () => {
		const rig = new Rig();
		rig.set(123, { OutPFSet: 0.92, OutPFSet_Ena: 1 });
		expect(rig.device.last).toMatchObject({ reactive: "pf", pf: -0.92 });
		for (const group of ["PFWInj", "PFWAbs"]) {
			expect([`${group}.PF`, `${group}.Ext`, `${group}Ena`].map((name) => rig.get(704, name))).toEqual([0.92, 1, 1]);
		}
		rig.set(704, { "PFWInj.PF": 0.97, "PFWInj.Ext": 0 });
		expect(rig.get(123, "OutPFSet")).toBe(-0.97);
		rig.set(704, { "PFWInj.PF": 1 });
		expect(rig.get(123, "OutPFSet")).toBe(1);
	});

	it.each([
		[1, "VArWMaxPct", 0, 3000],
		[2, "VArMaxPct", 1, 1500],
		[3, "VArAvalPct", 2, 1500],
	])("reactive power in mode %d", (mode, name, mode704, expected) => {
		const rig = new Rig();
		rig.set(123, { [name]: 30, VArPct_Mod: mode, VArPct_Ena: 1 });
		expect(rig.device.last).toMatchObject({ reactive: "var", setVar: expected });
		expect([rig.get(704, "VarSetMod"), rig.get(704, "VarSetPct"), rig.get(704, "VarSetEna")]).toEqual([mode704, 30, 1]);
	});

	it("reactive power in var or of VAMax shows as a part of VArMax; mode NONE, which 704 has not, is refused", () => {
		const rig = new Rig();
		rig.set(704, { VarSet: -2500, VarSetEna: 1 });
		expect([rig.get(123, "VArPct_Mod"), rig.get(123, "VArMaxPct"), rig.get(123, "VArPct_Ena")]).toEqual([2, -50, 1]);
		expect(rig.write(123, { VArPct_Mod: 0 })).toBe(3);
	});

	it("RvrtTms ends the control", () => {
		const rig = new Rig();
		rig.set(123, { WMaxLimPct: 40, WMaxLimPct_RvrtTms: 10, WMaxLim_Ena: 1 });
		rig.seconds(9);
		expect(rig.get(704, "WMaxLimPctRvrtRem")).toBe(1);
		rig.set(123, { WMaxLimPct: 40 });
		rig.seconds(9);
		expect(rig.get(123, "WMaxLim_Ena")).toBe(1);
		rig.seconds(1);
		expect(rig.get(123, "WMaxLim_Ena")).toBe(0);
		expect(rig.device.last.limitW).toBe(infinity);
	});

	it("WinTms: takes effect at a moment of the window; a write to 704 goes before it", () => {
		const rig = new Rig();
		rig.set(123, { WMaxLimPct_WinTms: 10 });
		rig.seconds(5);
		rig.set(123, { WMaxLimPct: 40, WMaxLim_Ena: 1 });
		expect(rig.get(123, "WMaxLimPct")).toBe(40);
		rig.seconds(4);
		expect(rig.get(704, "WMaxLimPctEna")).toBe(0);
		rig.seconds(1);
		expect(rig.get(704, "WMaxLimPctEna")).toBe(1);
		expect(rig.device.last.limitW).toBe(4000);
		rig.set(123, { WMaxLimPct: 60 });
		rig.set(704, { WMaxLimPct: 70 });
		expect(rig.get(123, "WMaxLimPct")).toBe(70);
		rig.seconds(20);
		expect(rig.device.last.limitW).toBe(7000);
	});

	it("RmpTms: gets there in this time", () => {
		const rig = new Rig();
		rig.set(123, { WMaxLimPct_RmpTms: 10, WMaxLimPct: 50, WMaxLim_Ena: 1 });
		rig.seconds(2);
		expect(rig.device.last.limitW).toBe(9000);
		rig.seconds(8);
		expect(rig.device.last.limitW).toBe(5000);
		rig.set(123, { OutPFSet_RmpTms: 10, OutPFSet: 0.9, OutPFSet_Ena: 1 });
		rig.seconds(5);
		expect(rig.device.last.pf).toBeCloseTo(-0.95, 5);
		rig.seconds(5);
		expect(rig.device.last.pf).toBeCloseTo(-0.9, 5);
		rig.set(123, { VArPct_RmpTms: 4, VArMaxPct: 40, VArPct_Mod: 2, VArPct_Ena: 1 });
		rig.seconds(2);
		expect(rig.device.last.setVar).toBe(1000);
	});

	it("Conn takes the DER out of service until its time is over, then it enters service", () => {
		const rig = new Rig();
		rig.set(703, { ESDlyTms: 5 });
		rig.set(123, { Conn_RvrtTms: 30, Conn: 0 });
		expect(rig.device.last.energize).toBe(false);
		expect(rig.get(701, "Alrm")).toBe(1 << 4);
		rig.seconds(30);
		expect(rig.get(123, "Conn")).toBe(1);
		expect(rig.device.last.energize).toBe(false);
		rig.seconds(5);
		expect(rig.device.last.energize).toBe(true);
	});

	it("what a device with a 123 of its own is set to holds from the start", () => {
		const models = [1, 701, 702, 704, 123].map((id) => ({ id }));
		const rig = new Rig({
			models,
			given: [123],
			before: (one) => {
				const own = {
					WMaxLimPct_SF: 0,
					OutPFSet_SF: -2,
					VArPct_SF: 0,
					Conn: 1,
					WMaxLimPct: 60,
					WMaxLim_Ena: 1,
					OutPFSet_Ena: 0,
				};
				for (const [name, value] of Object.entries(own)) one.put(123, name, value);
			},
		});
		expect(rig.get(704, "WMaxLimPct")).toBe(60);
		expect(rig.device.last.limitW).toBe(6000);
		// points that the device has not stay so
		expect(rig.get(123, "WMaxLimPct_WinTms")).toBeNaN();
		rig.set(123, { WMaxLimPct: 40 });
		expect(rig.device.last.limitW).toBe(4000);
		rig.set(704, { WMaxLimPctEna: 0 });
		expect(rig.get(123, "WMaxLim_Ena")).toBe(0);
	});

	it("shows what it must have and cannot be told as it is, and takes nothing else", () => {
		const rig = new Rig({ abilities: ["setVar"] });
		const must = { Conn: 1, WMaxLimPct: 100, WMaxLim_Ena: 0, OutPFSet: 1, OutPFSet_Ena: 0 };
		for (const [name, value] of Object.entries(must)) {
			expect(rig.get(123, name)).toBe(value);
			expect(rig.write(123, { [name]: value })).toBe(0);
			expect(rig.write(123, { [name]: value === 1 ? 0 : 1 })).toBe(3);
		}
		expect(rig.write(123, { WMaxLimPct_RvrtTms: 10 })).toBe(2);
		expect(rig.write(123, { VArPct_Ena: 1 })).toBe(0);
		expect(rig.write(124, { StorCtl_Mod: 1 })).toBe(3);
		expect(rig.get(704, "WMaxLimPct")).toBeNaN();
		expect(rig.get(704, "PFWInjEna")).toBeNaN();
	});
});

describe("121", () => {
	it("shows the settings of 702 and changes them", () => {
		const rig = new Rig();
		const names = ["WMax", "VRef", "VRefOfs", "VMax", "VMin", "VAMax", "VArMaxQ1", "VArMaxQ4", "WGra"];
		expect(names.map((name) => rig.get(121, name))).toEqual([10_000, 400, 0, 480, 320, 11_000, 5000, -5000, 100]);
		expect(rig.get(121, "VArMaxQ2")).toBeNaN();
		rig.set(121, { WMax: 7000, VArMaxQ4: -3000, WGra: 20, VMax: 440 });
		expect(["WMax", "VarMaxAbs", "VMax"].map((name) => rig.get(702, name))).toEqual([7000, 3000, 440]);
		expect(rig.get(704, "WRmp")).toBe(20);
		rig.set(702, { WMax: 6000 });
		expect(rig.get(121, "WMax")).toBe(6000);
		expect(rig.write(121, { WMax: 10_001 })).toBe(3);
		expect(rig.write(121, { VArMaxQ4: -5001 })).toBe(3);
		expect(rig.write(121, { VArMaxQ4: 3000 })).toBe(3);
	});
});

describe("124", () => {
	it("limits charging and discharging by its mode bits", () => {
		const rig = new Rig();
		rig.set(124, { InWRte: 50, OutWRte: 20 });
		expect(rig.der.command).toMatchObject({ chargeLimitW: infinity, dischargeLimitW: infinity });
		rig.set(124, { StorCtl_Mod: 1 });
		expect(rig.device.last).toMatchObject({ chargeLimitW: 4000, dischargeLimitW: infinity });
		rig.set(124, { StorCtl_Mod: 3 });
		expect(rig.device.last).toMatchObject({ chargeLimitW: 4000, dischargeLimitW: 1800 });
		rig.set(124, { StorCtl_Mod: 0 });
		expect(rig.device.last).toMatchObject({ chargeLimitW: infinity, dischargeLimitW: infinity });
	});

	it("a negative rate is a set-point: charge, or discharge, at least at it", () => {
		const rig = new Rig();
		rig.set(124, { OutWRte: -50, StorCtl_Mod: 2 });
		expect(rig.device.last).toMatchObject({ setW: -4500, dischargeLimitW: 0 });
		rig.set(124, { OutWRte: 100 });
		expect(rig.device.last.setW).toBeNaN();
		rig.set(124, { InWRte: -25, StorCtl_Mod: 1 });
		expect(rig.device.last).toMatchObject({ setW: 2000, chargeLimitW: 0 });
		rig.set(124, { StorCtl_Mod: 3 });
		expect(rig.write(124, { OutWRte: -10 })).toBe(3);
	});

	it("holds 704.WSet within its rates", () => {
		const rig = new Rig();
		rig.set(704, { WSet: -6000, WSetEna: 1 });
		rig.set(124, { InWRte: 25, StorCtl_Mod: 1 });
		expect(rig.device.last.setW).toBe(-2000);
	});

	it("keeps the reserve, and charges from the grid only if it may", () => {
		const rig = new Rig();
		rig.set(124, { MinRsvPct: 50 });
		expect(rig.device.last.dischargeLimitW).toBe(0);
		rig.put(713, "SoC", 51);
		rig.der.measured();
		expect(rig.device.last.dischargeLimitW).toBe(0);
		rig.put(713, "SoC", 51.1);
		rig.der.measured();
		expect(rig.device.last.dischargeLimitW).toBe(infinity);
		rig.set(704, { WSet: -1000, WSetEna: 1 });
		expect(rig.device.last.setW).toBe(-1000);
		rig.set(124, { ChaGriSet: 0 });
		expect(rig.device.last.setW).toBe(0);
	});

	it("moves to its rates in InOutWRte_RmpTms", () => {
		const rig = new Rig();
		rig.set(124, { InOutWRte_RmpTms: 10, OutWRte: -50, StorCtl_Mod: 2 });
		rig.seconds(4);
		// from 9 kW to -4.5 kW in 10 s
		expect(rig.device.last).toMatchObject({ dischargeLimitW: 3600, setW: Number.NaN });
		rig.seconds(4);
		expect(rig.device.last).toMatchObject({ dischargeLimitW: 0, setW: -1800 });
		rig.seconds(2);
		expect(rig.device.last).toMatchObject({ dischargeLimitW: 0, setW: -4500 });
	});

	it("falls back after InOutWRte_RvrtTms, moves by its gradients, shares WChaMax with 702", () => {
		const rig = new Rig();
		rig.set(124, { WChaGra: 10, InWRte: 50, InOutWRte_RvrtTms: 20, StorCtl_Mod: 1 });
		expect(rig.device.last.chargeLimitW).toBe(8000);
		rig.seconds(2);
		expect(rig.device.last.chargeLimitW).toBe(6400);
		rig.seconds(10);
		expect(rig.device.last.chargeLimitW).toBe(4000);
		rig.seconds(8);
		expect(rig.get(124, "StorCtl_Mod")).toBe(0);
		rig.seconds(10);
		expect(rig.device.last.chargeLimitW).toBe(infinity);
		rig.set(124, { WChaMax: 5000 });
		expect(rig.get(702, "WChaRteMax")).toBe(5000);
		expect(rig.write(124, { WChaMax: 8001 })).toBe(3);
	});
});
