import { describe, expect, it } from "vitest";
import { ManualClock } from "../../base/manual-clock";
import { Image } from "../image";
import { Der } from "./der";
import { Recorder, Rig } from "./testing/rig";

const infinity = Number.POSITIVE_INFINITY;

describe("a DER nobody has commanded", () => {
	it("has all controls off and leaves its device alone", () => {
		const rig = new Rig();
		rig.seconds(100);
		expect(rig.device.told).toEqual([]);
		expect(rig.der.command).toEqual({
			energize: true,
			limitW: infinity,
			setW: Number.NaN,
			chargeLimitW: infinity,
			dischargeLimitW: infinity,
			reactive: "none",
			pf: 1,
			setVar: 0,
		});
		expect(rig.get(704, "WMaxLimPctEna")).toBe(0);
		expect(rig.get(704, "WMaxLimPct")).toBe(100);
		expect(rig.get(704, "PFWInj.PF")).toBe(1);
		expect(rig.get(123, "Conn")).toBe(1);
		expect(rig.get(702, "CtrlModes")).toBe(0b1111);
		expect(rig.get(704, "AntiIslEna")).toBeNaN();
	});

	it("leaves the settings of a device that has its own to it, and what it is set to already", () => {
		const rig = new Rig({ given: [702, 121], before: (one) => one.put(702, "WMax", 8000) });
		expect([rig.der.owns(702), rig.der.owns(121), rig.der.owns(704)]).toEqual([false, false, true]);
		expect(rig.write(702, { WMax: 5000 })).toBe(2);
		expect(rig.get(121, "WMax")).toBeNaN();
		expect([rig.write(124, { WChaMax: 7000 }), rig.write(124, { WChaMax: 8000 })]).toEqual([3, 0]);
		expect(rig.device.told).toEqual([]);
		rig.set(704, { WMaxLimPct: 50, WMaxLimPctEna: 1 });
		expect(rig.device.last.limitW).toBe(4000);
		const other = new Rig({ before: (one) => one.put(702, "WMax", 8000) });
		expect(other.device.told).toEqual([]);
		other.set(702, { WMax: 7000 });
		expect(other.device.last.limitW).toBe(7000);
		other.set(702, { WMax: 8000 });
		expect(other.device.last.limitW).toBe(infinity);
	});

	it("needs a model 704", () => {
		const image = new Image([{ id: 1 }]);
		const clock = new ManualClock();
		expect(() => new Der({ image, unit: 2, actuator: new Recorder(), clock })).toThrow(/704/);
	});

	it("leaves out what its device cannot be told", () => {
		const rig = new Rig({ abilities: ["limitW"] });
		expect(rig.write(704, { WMaxLimPct: 50 })).toBe(0);
		expect(rig.write(704, { WSet: 50 })).toBe(2);
		expect(rig.write(704, { VarSetEna: 1 })).toBe(2);
		expect(rig.write(704, { PFWInjEna: 1 })).toBe(2);
		expect(rig.write(123, { OutPFSet_RvrtTms: 1 })).toBe(2);
		expect(rig.write(124, { InWRte: 1 })).toBe(2);
		expect(rig.get(702, "CtrlModes")).toBe(1);
	});
});

describe("704", () => {
	it("MOD-3: a value reads back at once and reaches the device", () => {
		const rig = new Rig();
		rig.set(704, { WMaxLimPct: 60, WMaxLimPctEna: 1 });
		expect(rig.get(704, "WMaxLimPct")).toBe(60);
		expect(rig.device.told).toHaveLength(1);
		expect(rig.device.last.limitW).toBe(6000);
	});

	it("a limit is a part of the setting WMax", () => {
		const rig = new Rig();
		rig.set(704, { WMaxLimPct: 50, WMaxLimPctEna: 1 });
		rig.set(702, { WMax: 8000 });
		expect(rig.device.last.limitW).toBe(4000);
		rig.set(704, { WMaxLimPctEna: 0 });
		expect(rig.device.last.limitW).toBe(8000);
		rig.set(702, { WMax: 10_000 });
		expect(rig.device.last.limitW).toBe(infinity);
	});

	it("sets active power in watts and in percent, also to absorb", () => {
		const rig = new Rig();
		rig.set(704, { WSet: -3000, WSetEna: 1 });
		expect(rig.device.last.setW).toBe(-3000);
		rig.set(704, { WSetMod: 0, WSetPct: 25 });
		expect(rig.device.last.setW).toBe(2500);
		rig.set(704, { WMaxLimPctEna: 1, WMaxLimPct: 20 });
		expect(rig.device.last).toMatchObject({ setW: 2000, limitW: 2000 });
	});

	it("sets reactive power in all modes", () => {
		const rig = new Rig();
		rig.set(704, { VarSet: -1500, VarSetEna: 1 });
		expect(rig.device.last).toMatchObject({ reactive: "var", setVar: -1500 });
		rig.set(704, { VarSetPct: 40, VarSetMod: 0 });
		expect(rig.device.last.setVar).toBe(4000);
		rig.set(704, { VarSetMod: 1 });
		expect(rig.device.last.setVar).toBe(2000);
		rig.set(704, { VarSetMod: 3 });
		expect(rig.device.last.setVar).toBe(4400);
		rig.set(704, { VarSetMod: 2 });
		rig.grid(400, 50, 10_500);
		// sqrt(11000^2 - 10500^2) = 3279 var are free beside 10.5 kW
		expect(rig.device.last.setVar).toBeCloseTo(0.4 * 3278.7, 0);
	});

	it("VarSetPri: active power goes first, or makes room", () => {
		const rig = new Rig();
		rig.grid(400, 50, 10_500);
		rig.set(704, { VarSet: 5000, VarSetEna: 1 });
		expect(rig.device.last.setVar).toBeCloseTo(3278.7, 0);
		rig.set(704, { VarSetPri: 1 });
		expect(rig.device.last.setVar).toBe(5000);
		expect(rig.device.last.limitW).toBeCloseTo(Math.sqrt(11000 ** 2 - 5000 ** 2), 0);
		expect(rig.write(704, { VarSetPri: 2 })).toBe(3);
	});

	it("power factor by direction of active power, under-excited negative; VarSet goes before it", () => {
		const rig = new Rig();
		rig.set(704, { "PFWInj.PF": 0.95, "PFWInj.Ext": 1, PFWInjEna: 1 });
		expect(rig.device.last).toMatchObject({ reactive: "pf", pf: -0.95 });
		rig.set(704, { "PFWAbs.PF": 0.9, PFWAbsEna: 1 });
		rig.grid(400, 50, -2000);
		expect(rig.device.last).toMatchObject({ reactive: "pf", pf: 0.9 });
		rig.set(704, { VarSet: 100, VarSetEna: 1 });
		expect(rig.device.last).toMatchObject({ reactive: "var", setVar: 100 });
		rig.set(704, { VarSetEna: 0 });
		expect(rig.device.last).toMatchObject({ reactive: "pf", pf: 0.9 });
	});

	it("ramps: up at WRmp a second, down at once; reactive power both ways at VarRmp", () => {
		const rig = new Rig();
		rig.set(704, { WRmp: 10, VarRmp: 20, WMaxLimPct: 20, WMaxLimPctEna: 1 });
		expect(rig.device.last.limitW).toBe(2000);
		rig.set(704, { WMaxLimPct: 50 });
		expect(rig.device.last.limitW).toBe(2000);
		rig.seconds(1);
		expect(rig.device.last.limitW).toBe(3000);
		rig.seconds(2);
		expect(rig.device.last.limitW).toBe(5000);
		rig.set(704, { WMaxLimPctEna: 0 });
		rig.seconds(4);
		expect(rig.device.last.limitW).toBe(9000);
		rig.seconds(1);
		expect(rig.device.last.limitW).toBe(infinity);
		rig.set(704, { VarSet: 2000, VarSetEna: 1 });
		rig.seconds(1);
		expect(rig.device.last.setVar).toBe(1000);
		rig.seconds(5);
		expect(rig.device.last.setVar).toBe(2000);
	});

	it("a device that keeps what it is told in EEPROM has no ramps, and nothing that follows its power", () => {
		const rig = new Rig({ continuous: false });
		for (const name of ["WRmp", "VarRmp"]) expect(rig.write(704, { [name]: 10 })).toBe(2);
		expect(rig.write(703, { ESRmpTms: 10 })).toBe(2);
		for (const name of ["WMaxLimPct_RmpTms", "OutPFSet_RmpTms", "VArPct_RmpTms"]) {
			expect(rig.write(123, { [name]: 10 })).toBe(2);
		}
		expect(rig.write(124, { WChaGra: 10 })).toBe(3);
		expect(rig.write(704, { VarSetMod: 2 })).toBe(3);
		expect(rig.write(123, { VArPct_Mod: 3 })).toBe(3);
		rig.set(704, { VarSet: 5000, VarSetEna: 1 });
		rig.grid(400, 50, 10_500);
		rig.grid(400, 50, 10_800);
		expect(rig.device.told.map((one) => one.setVar)).toEqual([5000]);
	});

	it("a power factor does not change sides around nothing", () => {
		const rig = new Rig();
		rig.set(704, { "PFWInj.PF": 0.9, PFWInjEna: 1, "PFWAbs.PF": 0.8, PFWAbsEna: 1 });
		rig.grid(400, 50, -90);
		expect(rig.der.command.pf).toBe(0.9);
		rig.grid(400, 50, -110);
		expect(rig.der.command.pf).toBe(0.8);
		rig.grid(400, 50, 90);
		expect(rig.der.command.pf).toBe(0.8);
	});

	it("a first set-point is reached from where the DER is", () => {
		const rig = new Rig();
		rig.set(704, { WRmp: 5, WSet: 6000, WSetEna: 1 });
		rig.seconds(1);
		expect(rig.device.last.setW).toBe(4500);
		rig.seconds(10);
		expect(rig.device.last.setW).toBe(6000);
	});
});
