import { describe, expect, it } from "vitest";
import { Memory, Rig } from "./testing/rig";

const window = { ESHzLo: 49.5, ESHzHi: 50.1, ESDlyTms: 60 };

function rigWith(values: Readonly<Record<string, number>> = window): Rig {
	const rig = new Rig();
	rig.set(703, values);
	return rig;
}

describe("enter service (703)", () => {
	it("has the defaults of IEEE 1547-2018, table 4", () => {
		const rig = new Rig();
		expect([rig.get(703, "ES"), rig.get(703, "ESVHi"), rig.get(703, "ESVLo")]).toEqual([1, 105, 91.7]);
		expect([rig.get(703, "ESDlyTms"), rig.get(703, "ESDlyRemTms")]).toEqual([300, 0]);
	});

	it("ES disabled: the DER leaves service at once; enabled: it comes back after the delay", () => {
		const rig = rigWith();
		rig.set(703, { ES: 0 });
		expect(rig.device.last.energize).toBe(false);
		expect([rig.get(701, "St"), rig.get(701, "InvSt"), rig.get(701, "ConnSt")]).toEqual([0, 0, 0]);
		rig.seconds(1000);
		expect(rig.get(703, "ESDlyRemTms")).toBe(60);
		rig.set(703, { ES: 1 });
		rig.seconds(20);
		expect(rig.get(703, "ESDlyRemTms")).toBe(40);
		expect(rig.get(701, "InvSt")).toBe(2);
		rig.seconds(39);
		expect(rig.device.last.energize).toBe(false);
		rig.seconds(1);
		expect(rig.device.last.energize).toBe(true);
		expect([rig.get(701, "St"), rig.get(701, "InvSt"), rig.get(703, "ESDlyRemTms")]).toEqual([1, 3, 0]);
		expect(rig.changes).toEqual(["out of service", "in service"]);
	});

	it.each([
		["voltage above", 425, 50],
		["voltage below", 360, 50],
		["frequency above", 400, 50.2],
		["frequency below", 400, 49.4],
	])("%s the window: the delay begins anew", (_, volts, hz) => {
		const rig = rigWith();
		rig.set(703, { ES: 0 });
		rig.set(703, { ES: 1 });
		rig.seconds(50);
		rig.grid(volts, hz, 0);
		rig.seconds(100);
		expect(rig.device.last.energize).toBe(false);
		expect(rig.get(703, "ESDlyRemTms")).toBe(60);
		rig.grid(400, 50, 0);
		rig.seconds(59);
		expect(rig.device.last.energize).toBe(false);
		rig.seconds(1);
		expect(rig.device.last.energize).toBe(true);
	});

	it("a part of ESRndTms is added by chance, and power rises over ESRmpTms", () => {
		const rig = rigWith({ ESDlyTms: 10, ESRndTms: 20, ESRmpTms: 100 });
		rig.set(703, { ES: 0 });
		rig.set(703, { ES: 1 });
		rig.seconds(19);
		expect(rig.device.last.energize).toBe(false);
		rig.seconds(1);
		expect(rig.device.last).toMatchObject({ energize: true, limitW: 0 });
		rig.seconds(25);
		expect(rig.device.last.limitW).toBe(2500);
		rig.seconds(75);
		expect(rig.device.last.limitW).toBe(Number.POSITIVE_INFINITY);
	});

	it("one phase out of the window is enough", () => {
		const rig = rigWith();
		rig.put(701, "VL1", 230);
		rig.put(701, "VL2", 230);
		rig.put(701, "VL3", 200);
		rig.set(703, { ES: 0 });
		rig.set(703, { ES: 1 });
		rig.seconds(100);
		expect(rig.device.last.energize).toBe(false);
	});

	it("a device that has gone counts no delay", () => {
		const rig = rigWith();
		rig.set(703, { ES: 0 });
		rig.set(703, { ES: 1 });
		rig.seconds(50);
		rig.device.online = false;
		rig.seconds(100);
		rig.device.online = true;
		rig.seconds(59);
		expect(rig.device.last.energize).toBe(false);
		rig.seconds(2);
		expect(rig.device.last.energize).toBe(true);
	});

	it("a restart neither takes a DER out of service nor brings it back early", () => {
		const store = new Memory();
		const rig = new Rig({ store });
		rig.set(703, { ESDlyTms: 30, ES: 0 });
		rig.set(703, { ES: 1 });
		rig.seconds(5);
		rig.der.close();
		const later = new Rig({ store });
		expect(later.device.last.energize).toBe(false);
		later.seconds(29);
		expect(later.device.last.energize).toBe(false);
		later.seconds(1);
		expect(later.device.last.energize).toBe(true);
	});

	it("a DER that cannot be disconnected has no power instead", () => {
		const rig = new Rig({ abilities: ["limitW", "setVar"] });
		rig.set(704, { VarSet: 1000, VarSetEna: 1 });
		rig.set(703, { ES: 0 });
		expect(rig.device.last).toMatchObject({ energize: true, limitW: 0, reactive: "none" });
	});
});

describe("715", () => {
	it("DERHb counts seconds", () => {
		const rig = new Rig();
		rig.seconds(75);
		expect(rig.get(715, "DERHb")).toBe(75);
		rig.put(715, "DERHb", 0x7fffffff);
		rig.seconds(1);
		expect(rig.get(715, "DERHb")).toBe(0);
	});

	it("OpCtl stops and starts, enters standby and leaves it", () => {
		const rig = rigWith();
		rig.set(715, { OpCtl: 0 });
		expect(rig.device.last.energize).toBe(false);
		expect(rig.get(701, "Alrm")).toBe(1 << 6);
		rig.set(715, { OpCtl: 1 });
		rig.seconds(60);
		expect(rig.device.last.energize).toBe(true);
		expect(rig.get(701, "Alrm")).toBe(0);
		rig.set(704, { WSet: 3000, WSetEna: 1 });
		rig.set(715, { OpCtl: 2 });
		expect(rig.device.last).toMatchObject({ energize: true, limitW: 0, setW: 0 });
		expect(rig.get(701, "InvSt")).toBe(7);
		rig.set(715, { OpCtl: 3 });
		expect(rig.device.last).toMatchObject({ energize: true, setW: 3000 });
		expect(rig.write(715, { OpCtl: 4 })).toBe(3);
	});

	it("ControllerHb is kept; LocRemCtl is not for clients, and LOCAL refuses them", () => {
		const rig = new Rig();
		rig.set(715, { ControllerHb: 12_345 });
		expect(rig.get(715, "ControllerHb")).toBe(12_345);
		expect(rig.write(715, { LocRemCtl: 1 })).toBe(2);
		rig.der.local = true;
		expect(rig.get(715, "LocRemCtl")).toBe(1);
		expect(rig.write(704, { WMaxLimPct: 10 })).toBe(3);
		rig.der.local = false;
		expect(rig.write(704, { WMaxLimPct: 10 })).toBe(0);
	});
});

describe("701, where its device says nothing", () => {
	it("tells how far and why the DER is held back", () => {
		const rig = new Rig();
		rig.seconds(1);
		expect([rig.get(701, "ThrotPct"), rig.get(701, "ThrotSrc"), rig.get(701, "InvSt")]).toEqual([100, 0, 3]);
		rig.set(704, { WMaxLimPct: 30, WMaxLimPctEna: 1 });
		expect([rig.get(701, "ThrotPct"), rig.get(701, "ThrotSrc"), rig.get(701, "InvSt")]).toEqual([30, 1, 4]);
		rig.set(704, { WSet: 1000, WSetEna: 1, VarSet: 10, VarSetEna: 1 });
		expect([rig.get(701, "ThrotPct"), rig.get(701, "ThrotSrc")]).toEqual([10, 0b111]);
	});

	it("leaves points alone that the device gives", () => {
		const rig = new Rig();
		rig.put(701, "InvSt", 6);
		rig.seconds(1);
		rig.put(701, "InvSt", 3);
		rig.set(703, { ES: 0 });
		expect(rig.get(701, "InvSt")).toBe(3);
		expect(rig.get(701, "ConnSt")).toBe(0);
	});
});
