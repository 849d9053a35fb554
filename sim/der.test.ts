import { describe, expect, it } from "vitest";
import { ask, registersOf, write } from "../test/fakes/sunspec-client";
import { SetMains, type SimDer } from "./der-base";
import { ChargeState, GridBattery } from "./der-battery";
import { PvInverter } from "./der-inverter";
import { NativeHybrid } from "./der-native";
import { ChargerStage, SolarCharger } from "./der-solar";
import { FaultSchedule } from "./faults";
import { seal } from "./rtu-frame";
import { SunSpecSlave } from "./sunspec-slave";

const noon = () => 0.8;
const hourMs = 3_600_000;

/** A device on a line, and what a test does with it. */
function play<D extends SimDer>(der: D) {
	const slave = new SunSpecSlave({ unit: 7, der });
	return {
		der,
		slave,
		write: (nowMs: number, values: Record<string, number>) => write(slave, der, nowMs, values),
		at(nowMs: number): D {
			der.advance(nowMs);
			return der;
		},
	};
}

describe("a simulated inverter", () => {
	const bright = () => play(new PvInverter({ ratedW: 10_000, peakW: 10_000, sun: noon }));

	it("says in 103, 122 and 160 what the sun gives, and every sum agrees", () => {
		const { der } = bright();
		der.advance(hourMs);
		expect(der.powerW).toBeCloseTo(7760, 6);
		expect(der.get("103.W")).toBeCloseTo(7760, 0);
		expect(der.get("103.WH")).toBeCloseTo(7760, 0);
		expect(der.get("122.ActWh")).toBeCloseTo(7760, 6);
		expect(der.get("103.AphA") * der.get("103.PhVphA") * 3).toBeCloseTo(der.get("103.VA"), 0);
		expect(der.get("103.PPVphAB")).toBeCloseTo(230 * Math.sqrt(3), 0);
		const strings = [1, 2].map((n) => der.get(`160.module[${n}].DCW`));
		expect(strings[0]! + strings[1]!).toBeCloseTo(der.get("103.DCW"), 0);
		expect(strings[0]! + strings[1]!).toBeCloseTo(8000, 0);
		expect([der.get("103.St"), der.get("103.Evt1")]).toEqual([4, 0]);
	});

	it("limits its power within the ramp, and gives it back alone when the time is over", () => {
		const { at, write } = bright();
		const written = { "123.WMaxLimPct": 30, "123.WMaxLimPct_RvrtTms": 60, "123.WMaxLimPct_RmpTms": 10 };
		expect(write(0, { ...written, "123.WMaxLim_Ena": 1 })).toBe(0);
		// from 100 % to 30 % in ten seconds: 65 % after five
		expect(at(5000).powerW).toBeCloseTo(6500, 0);
		expect(at(10_000).powerW).toBeCloseTo(3000, 6);
		expect(at(10_000).get("103.St")).toBe(5);
		expect(at(59_000).powerW).toBeCloseTo(3000, 6);
		expect(at(59_000).get("123.WMaxLim_Ena")).toBe(1);
		expect(at(70_000).powerW).toBeCloseTo(7760, 6);
		expect(at(70_000).get("123.WMaxLim_Ena")).toBe(0);
	});

	it("counts the reversion anew when the limit is written again", () => {
		const { at, write } = bright();
		write(0, { "123.WMaxLimPct_RvrtTms": 60, "123.WMaxLimPct": 50, "123.WMaxLim_Ena": 1 });
		at(50_000);
		write(50_000, { "123.WMaxLimPct": 40, "123.WMaxLim_Ena": 1 });
		expect(at(100_000).powerW).toBeCloseTo(4000, 6);
		expect(at(111_000).powerW).toBeCloseTo(7760, 6);
	});

	it("waits within the window", () => {
		const { at, write } = bright();
		write(0, { "123.WMaxLimPct_WinTms": 100, "123.WMaxLimPct": 10, "123.WMaxLim_Ena": 1 });
		let fellMs = 0;
		for (let nowMs = 1000; nowMs <= 101_000 && fellMs === 0; nowMs += 1000) {
			if (at(nowMs).powerW < 5000) fellMs = nowMs;
		}
		expect(fellMs).toBeGreaterThan(1000);
		expect(fellMs).toBeLessThanOrEqual(101_000);
		expect(at(101_000).powerW).toBeCloseTo(1000, 6);
	});

	it("takes a new value only with the enabling point when it is latched, as Fronius has it", () => {
		const { at, write } = play(new PvInverter({ peakW: 10_000, sun: noon, latched: true }));
		write(0, { "123.WMaxLimPct": 30, "123.WMaxLim_Ena": 1 });
		write(1000, { "123.WMaxLimPct": 20 });
		expect(at(2000).powerW).toBeCloseTo(3000, 6);
		write(3000, { "123.WMaxLim_Ena": 1 });
		expect(at(4000).powerW).toBeCloseTo(2000, 6);
	});

	it("keeps a power factor of either sign, within its apparent power", () => {
		const { at, write, der } = bright();
		write(0, { "123.OutPFSet": 0.9, "123.OutPFSet_Ena": 1 });
		at(1000);
		expect(der.reactiveVar).toBeLessThan(0);
		expect(der.powerW / der.apparentVA).toBeCloseTo(0.9, 6);
		write(1000, { "123.OutPFSet": -0.8, "123.OutPFSet_Ena": 1, "121.VAMax": 8000 });
		at(2000);
		expect(der.reactiveVar).toBeGreaterThan(0);
		expect(der.apparentVA).toBeCloseTo(8000, 6);
		expect(der.powerW / der.apparentVA).toBeCloseTo(0.8, 6);
	});

	it.each([
		[1, "VArWMaxPct", 2000],
		[2, "VArMaxPct", 1200],
	])("gives reactive power of mode %i", (mode, point, wantedVar) => {
		const { at, write } = bright();
		write(0, { "123.VArPct_Mod": mode, [`123.${point}`]: 20, "123.VArPct_Ena": 1 });
		expect(at(1000).reactiveVar).toBeCloseTo(wantedVar, 6);
		write(1000, { "123.VArPct_RvrtTms": 30, "123.VArPct_Ena": 1 });
		expect(at(32_000).reactiveVar).toBe(0);
	});

	it("disconnects, comes back alone, and starts only after its delay", () => {
		const { at, write } = bright();
		write(0, { "123.Conn_RvrtTms": 30, "123.Conn": 0 });
		expect(at(1000).powerW).toBe(0);
		expect([at(1000).get("103.St"), at(1000).get("122.ECPConn")]).toEqual([1, 0]);
		expect([at(40_000).get("123.Conn"), at(40_000).get("103.St")]).toEqual([1, 3]);
		expect(at(40_000).powerW).toBe(0);
		expect(at(51_000).powerW).toBeCloseTo(7760, 6);
	});

	it("leaves a grid that is out of its limits, says so, and comes back", () => {
		const mains = new SetMains();
		const { at } = play(new PvInverter({ peakW: 10_000, sun: noon, mains }));
		mains.hz = 52;
		expect(at(1000).powerW).toBe(0);
		expect(at(1000).get("103.Evt1")).toBe((1 << 8) | (1 << 4));
		mains.hz = 50;
		mains.volts = 150;
		expect(at(2000).get("103.Evt1")).toBe((1 << 11) | (1 << 4));
		mains.volts = 230;
		expect(at(20_000).powerW).toBe(0);
		expect(at(23_000).powerW).toBeCloseTo(7760, 6);
	});

	it("stops with an alarm", () => {
		const { at, der } = bright();
		der.alarms = 1;
		expect([at(1000).powerW, at(1000).get("103.St"), at(1000).get("103.Evt1")]).toEqual([0, 7, 1]);
	});

	it("sleeps by night, with zeros or with nothing", () => {
		const zeros = play(new PvInverter({ startHour: 23 })).at(1000);
		expect([zeros.get("103.St"), zeros.image.value(zeros.image.handle(103, "W"))]).toEqual([2, 0]);
		const none = play(new PvInverter({ startHour: 23, night: "none", float: true })).at(1000);
		expect(none.get("113.St")).toBe(2);
		expect(none.image.valueOf(none.image.point(none.image.handle(113, "W"))!)).toBeUndefined();
	});

	it("refuses what its controls cannot be, and changes nothing", () => {
		const { write, der, slave } = bright();
		expect(write(0, { "123.WMaxLimPct": 101 })).toBe(3);
		expect(write(0, { "123.OutPFSet": 0.5 })).toBe(3);
		expect(write(0, { "121.WMax": 12_000 })).toBe(3);
		expect(der.get("123.WMaxLimPct")).toBe(100);
		const { address } = registersOf(der, "103.W", 1);
		expect([...ask(slave, Uint8Array.of(6, address >> 8, address & 0xff, 0, 1), 0)]).toEqual([0x86, 2]);
	});

	it("is the same however often it is asked", () => {
		const often = play(new PvInverter({ startHour: 6 }));
		for (let nowMs = 0; nowMs <= 3 * hourMs; nowMs += 700) often.at(nowMs);
		const seldom = play(new PvInverter({ startHour: 6 }));
		expect(seldom.at(3 * hourMs).injectedWh).toBeCloseTo(often.at(3 * hourMs).injectedWh, -1);
	});

	it("has one phase when it is connected to one", () => {
		const { der } = play(new PvInverter({ ratedW: 3000, phase: 2, sun: noon }));
		expect(der.image.models.map((model) => model.id)).toEqual([1, 101, 120, 121, 122, 123, 160]);
		expect(der.get("101.AphA") * der.get("101.PhVphA")).toBeCloseTo(der.get("101.VA"), 0);
	});
});

describe("a simulated battery", () => {
	const idle = (more = {}) => play(new GridBattery({ ratedW: 5000, capacityWh: 10_000, demandW: () => 0, ...more }));

	it("is charged and discharged with losses, and no energy comes from nowhere", () => {
		const { der, at } = idle({ demandW: () => 2000 });
		expect(at(0.5 * hourMs).socPct).toBeCloseTo(55 - 1000 / 0.95 / 100, 3);
		expect(der.get("802.W")).toBeCloseTo(2000 / 0.95, -1);
		const charging = idle({ demandW: () => -2000 });
		expect(charging.at(0.5 * hourMs).socPct).toBeCloseTo(55 + (1000 * 0.95) / 100, 3);
		expect(charging.der.absorbedWh).toBeCloseTo(1000, 6);
		expect([der.get("124.ChaSt"), charging.der.get("802.ChaSt")]).toEqual([3, 4]);
	});

	it.each([
		["OutWRte", 2, 30, 4000, 1500],
		["InWRte", 1, 20, -4000, -1000],
		["OutWRte", 2, -40, 0, -2000],
		["InWRte", 1, -25, 0, 1250],
	])("obeys %s (mode %i) of %i %%", (point, mode, pct, demandW, wantedW) => {
		const { at, write } = idle({ demandW: () => demandW });
		write(0, { [`124.${point}`]: pct, "124.InOutWRte_RvrtTms": 20, "124.StorCtl_Mod": mode });
		expect(at(10_000).powerW).toBeCloseTo(wantedW, 6);
		expect(at(21_000).powerW).toBeCloseTo(demandW, 6);
		expect(at(21_000).get("124.StorCtl_Mod")).toBe(0);
	});

	it("charges ever slower, is full, and does not go below its reserve", () => {
		const { der, at, write } = idle({ demandW: () => -5000, socPct: 90 });
		expect(at(1000).powerW).toBeCloseTo(-5000, 6);
		at(hourMs);
		expect(der.powerW).toBeGreaterThan(-500);
		expect(at(5 * hourMs).socPct).toBeGreaterThan(99.5);
		expect([der.get("124.ChaSt"), der.get("802.CellVMax") < 3.6]).toEqual([ChargeState.full, true]);
		const empty = idle({ demandW: () => 5000, socPct: 40 });
		expect(empty.write(0, { "124.MinRsvPct": 30 })).toBe(0);
		expect(empty.at(4 * hourMs).socPct).toBeCloseTo(30, 0);
		expect(empty.der.get("124.ChaSt")).toBe(ChargeState.empty);
		expect(write(5 * hourMs, { "124.MinRsvPct": 101 })).toBe(3);
	});

	it("charges with the sun only, when the grid must not charge it", () => {
		const { at, write } = idle({ demandW: () => -3000, startHour: 22 });
		write(0, { "124.ChaGriSet": 0 });
		expect(at(1000).powerW).toBe(0);
		write(1000, { "124.ChaGriSet": 1 });
		expect(at(2000).powerW).toBeCloseTo(-3000, 6);
	});

	it("is disconnected by SetOp of 802", () => {
		const { at, write } = idle({ demandW: () => 2000 });
		write(0, { "802.SetOp": 2 });
		expect([at(1000).powerW, at(1000).get("802.State"), at(1000).get("124.ChaSt")]).toEqual([0, 1, 1]);
		write(1000, { "802.SetOp": 1 });
		expect(at(30_000).powerW).toBe(2000);
	});

	it("shows its strings in 803", () => {
		const { der, at } = idle({ demandW: () => 2000, strings: 2 });
		at(1000);
		const currents = [1, 2].map((n) => der.get(`803.string[${n}].StrA`));
		expect(currents[0]! + currents[1]!).toBeCloseTo(der.get("802.A"), 0);
		expect(der.get("803.NStr")).toBe(2);
		expect(der.get("803.string[1].StrCellVMin")).toBeGreaterThan(3);
	});
});

describe("a simulated charge controller", () => {
	it("goes from off through bulk and absorb to float, and its sums are those of its output", () => {
		const { at, der } = play(new SolarCharger({ startHour: 5 }));
		const stages: number[] = [];
		let outputWh = 0;
		for (let nowMs = 0; nowMs < 14 * hourMs; nowMs += 10_000) {
			const { stage } = at(nowMs);
			if (stage !== stages[stages.length - 1]) stages.push(stage);
			outputWh += der.outputW / 360;
			expect(der.batteryV).toBeGreaterThan(48);
			expect(der.batteryV).toBeLessThan(55.3);
		}
		const { off, bulk, absorb, float } = ChargerStage;
		expect(stages.slice(-4)).toEqual([bulk, absorb, float, off]);
		expect(der.outputWh).toBeCloseTo(outputWh, -2);
		expect(der.get("64111.TodaykWhOutput")).toBeCloseTo(outputWh / 1000, 1);
		expect(der.get("64111.TodayMaxBatV")).toBeCloseTo(55.2, 0);
	});

	it("gives its battery no more than it takes, and has no point to write", () => {
		const { at, write } = play(new SolarCharger({ socPct: 100, sun: noon, loadW: () => 300 }));
		expect(at(4 * hourMs).outputW).toBeLessThan(400);
		expect(write(0, { "64112.CC_Config_absorb_V": 60 })).toBe(2);
	});
});

describe("a simulated hybrid with the newer models", () => {
	const hybrid = () => play(new NativeHybrid({ sun: () => 0.5, demandW: () => 0 }));

	it("injects what its ports bring", () => {
		const { at, der } = hybrid();
		at(hourMs);
		expect(der.powerW).toBeCloseTo(0.5 * 6000 * 0.97, 6);
		expect(der.get("714.DCW")).toBeCloseTo(3000, 0);
		expect(der.get("701.TotWhInj")).toBeCloseTo(2910, 6);
	});

	it("follows WSet, with the battery for what the sun lacks, and reverts to what it was told", () => {
		const { at, write, der } = hybrid();
		write(0, { "704.WSet": 4000, "704.WSetRvrt": 1000, "704.WSetEnaRvrt": 1, "704.WSetRvrtTms": 60 });
		expect(at(1000).get("704.WSetRvrtRem")).toBe(0);
		write(1000, { "704.WSetEna": 1 });
		expect(at(2000).powerW).toBeCloseTo(4000, 6);
		expect(der.batteryW).toBeCloseTo(4000 / 0.97 - 3000, 6);
		expect(at(31_000).get("704.WSetRvrtRem")).toBe(30);
		expect(at(62_000).powerW).toBeCloseTo(1000, 6);
		expect([der.get("704.WSet"), der.get("704.WSetEna"), der.get("704.WSetRvrtRem")]).toEqual([1000, 1, 0]);
	});

	it("limits, keeps its power factor, and leaves service for the time that 703 says", () => {
		const { at, write, der } = hybrid();
		write(0, { "704.WMaxLimPct": 20, "704.WMaxLimPctEna": 1 });
		write(0, { "704.PFWInj.PF": 0.9, "704.PFWInj.Ext": 1, "704.PFWInjEna": 1 });
		expect(at(1000).powerW).toBeCloseTo(1000, 6);
		expect(der.reactiveVar).toBeCloseTo(-1000 * Math.tan(Math.acos(0.9)), 6);
		expect([der.get("701.InvSt"), der.get("701.ThrotSrc")]).toEqual([4, 1]);
		write(1000, { "703.ES": 0 });
		expect([at(2000).powerW, der.get("701.ConnSt")]).toEqual([0, 0]);
		write(2000, { "703.ES": 1 });
		expect([at(12_000).powerW, der.get("703.ESDlyRemTms")]).toEqual([0, 10]);
		expect(at(23_000).powerW).toBeCloseTo(1000, 6);
	});
});

describe("a device that speaks SunSpec on a line", () => {
	const slave = () => new SunSpecSlave({ unit: 7, der: new PvInverter({ sun: noon }) });
	const read = Uint8Array.of(3, 0x9c, 0x40, 0, 2);

	it("answers its unit, whole frames only", () => {
		const one = slave();
		expect([...ask(one, read, 0)]).toEqual([3, 4, 0x53, 0x75, 0x6e, 0x53]);
		expect(one.onFrame(seal(8, read), 0)).toBeUndefined();
		const damaged = seal(7, read);
		damaged[3] = 1;
		expect(one.onFrame(damaged, 0)).toBeUndefined();
		expect(one.requests).toBe(1);
	});

	it("misbehaves as it is told", () => {
		const one = slave();
		one.fault = { kind: "exception", code: 6 };
		expect([...ask(one, read, 0)]).toEqual([0x83, 6]);
		one.fault = { kind: "silent" };
		expect(one.onFrame(seal(7, read), 0)).toBeUndefined();
		one.fault = undefined;
		one.faults = new FaultSchedule({ seed: 1, share: 1, kinds: ["silent"] });
		expect(one.onFrame(seal(7, read), 0)).toBeUndefined();
	});

	it("is told to stop by all, and says nothing to that", () => {
		const one = slave();
		const { address, bytes } = registersOf(one.der, "123.Conn", 0);
		expect(one.onFrame(seal(0, Uint8Array.of(6, address >> 8, address & 0xff, ...bytes)), 0)).toBeUndefined();
		one.der.advance(1000);
		expect(one.der.powerW).toBe(0);
	});
});
