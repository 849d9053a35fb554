import { describe, expect, it } from "vitest";
import { Rig } from "./testing/rig";

const illegal = 3;
const unknown = 2;

describe("MOD-3: a write out of range is exception 3 and changes nothing", () => {
	it.each([
		[702, "WMax", 0],
		[702, "WMax", 10_001],
		[702, "VAMax", 11_001],
		[702, "VarMaxInj", 5001],
		[702, "VarMaxAbs", 0],
		[702, "WChaRteMax", 8001],
		[702, "WDisChaRteMax", 9001],
		[702, "VNom", 300],
		[702, "VNom", 500],
		[702, "VMax", 490],
		[702, "VMin", 300],
		[703, "ESVHi", 99],
		[703, "ESVLo", 101],
		[703, "ESHzHi", 80],
		[703, "ESHzLo", 30],
		[703, "ESDlyTms", 86_401],
		[703, "ES", 2],
		[704, "WMaxLimPct", 100.01],
		[704, "WMaxLimPctRvrt", 101],
		[704, "WMaxLimPctEna", 2],
		[704, "WSet", 10_001],
		[704, "WSet", -8001],
		[704, "WSetRvrt", 10_001],
		[704, "WSetPct", 101],
		[704, "WSetPct", -81],
		[704, "WSetMod", 2],
		[704, "VarSet", 5001],
		[704, "VarSet", -5001],
		[704, "VarSetPct", -101],
		[704, "VarSetMod", 5],
		[704, "PFWInj.PF", 1.001],
		[704, "PFWInj.Ext", 2],
		[704, "WRmp", 0],
		[704, "VarRmp", 101],
		[715, "AlarmReset", 2],
		[123, "WMaxLimPct", 101],
		[123, "OutPFSet", -1.001],
		[123, "VArMaxPct", 101],
		[123, "VArPct_Mod", 4],
		[123, "Conn", 2],
		[124, "StorCtl_Mod", 4],
		[124, "MinRsvPct", 101],
		[124, "OutWRte", 101],
		[124, "WChaGra", 0],
		[124, "ChaGriSet", 2],
	])("%d.%s = %d", (model, name, value) => {
		const rig = new Rig();
		const before = new Uint8Array(rig.image.registers.buffer.slice(0));
		expect(rig.write(model, { [name]: value })).toBe(illegal);
		expect(new Uint8Array(rig.image.registers.buffer)).toEqual(before);
		expect(rig.device.told).toEqual([]);
	});

	it.each([
		[702, "WMaxRtg", 5000],
		[703, "ESDlyRemTms", 5],
		[704, "WMaxLimPctRvrtRem", 5],
		[704, "PF_SF", -2],
		[704, "AntiIslEna", 1],
		[715, "DERHb", 5],
		[121, "VArMaxQ2", 5],
		[124, "ChaState", 5],
		[701, "W", 5],
	])("%d.%s is read-only or not implemented: exception 2", (model, name, value) => {
		const rig = new Rig();
		expect(rig.write(model, { [name]: value })).toBe(unknown);
	});

	it("the codes of values that are not there are refused", () => {
		const rig = new Rig();
		const raw = (name: string, words: readonly number[]): number => {
			const bytes = new DataView(new ArrayBuffer(2 * words.length));
			words.forEach((word, i) => void bytes.setUint16(2 * i, word));
			return rig.space.writeRegisters(3, rig.point(704, name).address, words.length, bytes, 0);
		};
		expect(raw("WMaxLimPct", [0xffff])).toBe(illegal);
		expect(raw("WSetPct", [0x8000])).toBe(illegal);
		expect(raw("WSet", [0x8000, 0])).toBe(illegal);
		expect(raw("WMaxLimPctRvrtTms", [0xffff, 0xffff])).toBe(illegal);
		// half a point
		expect(raw("WSet", [0])).toBe(unknown);
	});
});

describe("requests of several points", () => {
	it("are taken as a whole or not at all", () => {
		const rig = new Rig();
		const request = {
			WMaxLimPctEna: 1,
			WMaxLimPct: 50,
			WMaxLimPctRvrt: 90,
			WMaxLimPctEnaRvrt: 1,
			WMaxLimPctRvrtTms: 60,
		};
		expect(rig.write(704, { ...request, WMaxLimPctRvrt: 101 })).toBe(illegal);
		expect(rig.get(704, "WMaxLimPct")).toBe(100);
		expect(rig.get(704, "WMaxLimPctEna")).toBe(0);
		expect(rig.write(704, request)).toBe(0);
		expect(rig.device.told.map((one) => one.limitW)).toEqual([5000]);
		expect(rig.get(704, "WMaxLimPctRvrtRem")).toBe(60);
	});

	it("are judged by what would hold afterwards", () => {
		const rig = new Rig();
		expect(rig.write(703, { ESVHi: 120, ESVLo: 100 })).toBe(0);
		expect(rig.write(703, { ESVHi: 100 })).toBe(illegal);
		expect(rig.write(703, { ESVHi: 100, ESVLo: 90 })).toBe(0);
		expect(rig.write(703, { ESHzHi: 50, ESHzLo: 50 })).toBe(illegal);
		expect(rig.write(702, { VMax: 400, VMin: 400 })).toBe(illegal);
		expect(rig.write(124, { OutWRte: -10, InWRte: -10 })).toBe(illegal);
		expect(rig.write(124, { OutWRte: -10, InWRte: 10 })).toBe(0);
	});

	it("two clients writing alternately leave one of the two whole states", () => {
		const rig = new Rig();
		const one = { WSetEna: 1, WSetMod: 1, WSet: 1000, WSetRvrt: 10, WSetPct: 10, WSetPctRvrt: 1 };
		const other = { WSetEna: 1, WSetMod: 0, WSet: -2000, WSetRvrt: -20, WSetPct: -20, WSetPctRvrt: -2 };
		for (let i = 0; i < 50; i++) {
			expect(rig.write(704, i % 2 ? one : other)).toBe(0);
			rig.clock.advance(137);
			const state = Object.fromEntries(Object.keys(one).map((name) => [name, rig.get(704, name)]));
			expect(state).toEqual(i % 2 ? one : other);
			expect(rig.device.last.setW).toBe(i % 2 ? 1000 : -2000);
		}
	});
});

describe("the device behind", () => {
	it("may refuse a value, also one that holds after the reversion time", () => {
		const rig = new Rig();
		rig.device.refuses = (ability, value) => (ability === "limitW" && value < 2000 ? "not below 2 kW" : undefined);
		expect(rig.write(704, { WMaxLimPct: 19 })).toBe(illegal);
		expect(rig.write(704, { WMaxLimPctRvrt: 19 })).toBe(illegal);
		expect(rig.write(123, { WMaxLimPct: 19 })).toBe(illegal);
		expect(rig.write(704, { WMaxLimPct: 20 })).toBe(0);
	});

	it("without a storage cannot be set to absorb", () => {
		const rig = new Rig({ unknown: true, abilities: ["setW", "limitW"] });
		expect(rig.write(704, { WSet: -1 })).toBe(illegal);
		expect(rig.write(704, { WSet: 5000 })).toBe(0);
	});

	it("of unknown rating takes limits, which hold once it is known", () => {
		const rig = new Rig({ unknown: true });
		rig.set(704, { WMaxLimPct: 50, WMaxLimPctEna: 1 });
		expect(rig.der.command.limitW).toBe(Number.POSITIVE_INFINITY);
		rig.set(704, { WMaxLimPct: 0 });
		expect(rig.device.last.limitW).toBe(0);
		rig.set(704, { WMaxLimPct: 50 });
		rig.put(702, "WMaxRtg", 6000);
		rig.der.measured();
		expect(rig.device.last.limitW).toBe(3000);
	});

	it("is told nothing new for changes that do not matter", () => {
		const rig = new Rig();
		rig.set(704, { VarSetMod: 2, VarSetPct: 50, VarSetEna: 1 });
		const { length } = rig.device.told;
		for (let i = 0; i < 20; i++) rig.grid(400, 50, 10_300 + (i % 2));
		expect(rig.device.told.length - length).toBe(1);
	});
});
