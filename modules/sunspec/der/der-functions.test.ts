import { describe, expect, it } from "vitest";
import { ManualClock } from "../../base/manual-clock";
import { Memory, Rig, type RigOptions } from "./testing/rig";

const infinity = Number.POSITIVE_INFINITY;
const models = [
	{ id: 1 },
	{ id: 701 },
	{ id: 702 },
	{ id: 703 },
	{ id: 704 },
	{ id: 705, repeats: { NCrv: 3, NPt: 4 } },
	{ id: 706, repeats: { NCrv: 2, NPt: 2 } },
	{ id: 707, repeats: { NCrvSet: 2, NPt: 5 } },
	{ id: 708, repeats: { NCrvSet: 2, NPt: 5 } },
	{ id: 709, repeats: { NCrvSet: 2, NPt: 5 } },
	{ id: 710, repeats: { NCrvSet: 2, NPt: 5 } },
	{ id: 711, repeats: { NCtl: 2 } },
	{ id: 712, repeats: { NCrv: 2, NPt: 6 } },
	{ id: 713 },
	{ id: 715 },
];

const rigWith = (options: RigOptions = {}): Rig => new Rig({ models, ...options });

describe("functions that follow the grid are part of the command", () => {
	it("are off from the start, trips too, and told in 702.CtrlModes", () => {
		const rig = rigWith();
		for (const id of [705, 706, 707, 708, 709, 710, 711, 712]) expect(rig.get(id, "Ena")).toBe(0);
		expect(rig.get(702, "CtrlModes")).toBe(0b11_0111_1011_1111);
		rig.grid(300, 47, 4000);
		rig.seconds(100);
		expect(rig.device.told).toEqual([]);
	});

	it("volt-var, below constant power factor and VarSet", () => {
		const rig = rigWith();
		rig.set(705, { Ena: 1 });
		rig.grid(380, 50, 4000);
		// 95 % of VNom is half-way from 44 % of 11 kVA at 92 % to nothing at 98 %: 22 %, after 5 s to 90 %
		rig.seconds(5);
		expect(rig.device.last.reactive).toBe("var");
		expect(rig.der.command.setVar).toBeCloseTo(0.9 * 0.22 * 11_000, -2);
		rig.seconds(60);
		expect(rig.device.last.setVar).toBeCloseTo(2420, 0);
		expect(rig.get(701, "ThrotSrc")).toBe(1 << 4);
		rig.set(704, { PFWInjEna: 1 });
		expect(rig.device.last.reactive).toBe("pf");
		rig.set(704, { VarSet: 100, VarSetEna: 1 });
		expect(rig.device.last).toMatchObject({ reactive: "var", setVar: 100 });
		rig.set(704, { VarSetEna: 0, PFWInjEna: 0 });
		expect(rig.device.last.setVar).toBeCloseTo(2420, 0);
		rig.set(705, { Ena: 0 });
		expect(rig.device.last.reactive).toBe("none");
	});

	it("watt-var where volt-var is off", () => {
		const rig = rigWith();
		rig.set(712, { Ena: 1 });
		rig.grid(400, 50, 7500);
		expect(rig.device.last.setVar).toBeCloseTo(-2420, 0);
	});

	it("volt-watt and the limit of 704: the least of them", () => {
		const rig = rigWith();
		rig.set(706, { Ena: 1, "Crv[2].RspTms": 0, AdptCrvReq: 2 });
		expect(rig.get(706, "AdptCrvRslt")).toBe(1);
		// 108 % is half-way from 100 % at 106 % to 0 at 110 %, as the storage can absorb
		rig.grid(432, 50, 4000);
		expect(rig.device.last.limitW).toBeCloseTo(5000, 0);
		rig.set(704, { WMaxLimPct: 70, WMaxLimPctEna: 1 });
		expect(rig.device.last.limitW).toBeCloseTo(5000, 0);
		rig.set(704, { WMaxLimPct: 30 });
		expect(rig.device.last.limitW).toBe(3000);
	});

	it("volt-watt lets a storage absorb, as far as it can and may", () => {
		const rig = rigWith({ models: [...models, { id: 124 }] });
		rig.set(706, { Ena: 1, "Crv[2].RspTms": 0, "Crv[2].Pt[2].W": -100, AdptCrvReq: 2 });
		rig.grid(436, 50, 4000);
		// 109 % is three quarters of the way from 100 % at 106 % to -100 % at 110 %
		expect(rig.device.last).toMatchObject({ limitW: 0, setW: expect.closeTo(-5000, 0) });
		rig.grid(440, 50, 4000);
		expect(rig.device.last.setW).toBe(-8000);
		rig.set(124, { InWRte: 25, StorCtl_Mod: 1 });
		expect(rig.device.last.setW).toBe(-2000);
		rig.set(124, { ChaGriSet: 0 });
		expect(rig.device.last).toMatchObject({ limitW: 0, setW: Number.NaN });
	});

	it("frequency droop: less power while the frequency is high, more from the storage while it is low", () => {
		const rig = rigWith();
		rig.set(711, { Ena: 1, "Ctl[2].RspTms": 0, AdptCtlReq: 2 });
		rig.grid(400, 50.536, 4000);
		// (0.536 - 0.036) / (50 * 0.05) of 10 kW less than the 4 kW before
		expect(rig.device.last.limitW).toBeCloseTo(2000, 0);
		rig.grid(400, 50, 2000);
		expect(rig.device.last.limitW).toBe(infinity);
		rig.grid(400, 49.464, 2000);
		expect(rig.device.last.setW).toBeCloseTo(4000, 0);
		rig.grid(400, 50, 4000);
		expect(rig.device.last.setW).toBeNaN();
	});

	it("trips, stays out until the grid has been well for ESDlyTms, and remembers why", () => {
		const rig = rigWith();
		rig.set(703, { ESDlyTms: 20 });
		rig.set(707, { Ena: 1 });
		rig.grid(340, 50, 4000);
		rig.seconds(20);
		expect(rig.device.told).toEqual([]);
		rig.seconds(2);
		expect(rig.device.last.energize).toBe(false);
		expect(rig.get(701, "Alrm")).toBe(1 << 11);
		rig.grid(400, 50, 0);
		rig.seconds(19);
		expect(rig.device.last.energize).toBe(false);
		expect(rig.get(703, "ESDlyRemTms")).toBe(1);
		rig.seconds(1);
		expect(rig.device.last.energize).toBe(true);
		expect(rig.get(701, "Alrm")).toBe(1 << 11);
		rig.set(715, { AlarmReset: 1 });
		expect(rig.get(701, "Alrm")).toBe(0);
	});

	it("ceases at once above 110 %, and goes on when the voltage is back", () => {
		const rig = rigWith();
		rig.set(708, { Ena: 1 });
		rig.grid(445, 50, 4000);
		expect(rig.device.last).toMatchObject({ energize: true, limitW: 0, reactive: "none" });
		rig.grid(400, 50, 0);
		expect(rig.device.last).toMatchObject({ energize: true, limitW: infinity });
	});

	it("an island is not the grid: nothing trips there", () => {
		const rig = rigWith();
		rig.set(707, { Ena: 1 });
		rig.put(701, "DERMode", 2);
		rig.grid(0, 50, 4000);
		rig.seconds(100);
		expect(rig.device.told).toEqual([]);
	});

	it("protects from the start if it is to", () => {
		const rig = rigWith({ protects: true, nominalHz: 50 });
		rig.grid(400, 53, 4000);
		rig.seconds(1);
		expect(rig.device.last.energize).toBe(false);
	});

	it("a device that keeps what it is told in EEPROM is not asked to follow the grid", () => {
		const rig = rigWith({ continuous: false });
		expect(rig.write(705, { Ena: 1 })).toBe(2);
		expect(rig.write(712, { Ena: 1 })).toBe(2);
		expect(rig.write(707, { Ena: 1 })).toBe(0);
		expect(rig.get(702, "CtrlModes") & 0b110_0011_0000).toBe(0);
	});
});

describe("curves", () => {
	it("CRV-1 and CRV-2: curve 1 is read-only; another one is adopted as a whole and acts", () => {
		const rig = rigWith();
		expect(rig.write(705, { "Crv[1].ActPt": 2 })).toBe(2);
		rig.set(705, { "Crv[2].ActPt": 2, "Crv[2].RspTms": 0, "Crv[2].Pt[1].V": 90, "Crv[2].Pt[1].Var": 30 });
		rig.set(705, { "Crv[2].Pt[2].V": 110, "Crv[2].Pt[2].Var": -30, "Crv[2].DeptRef": 1, Ena: 1, AdptCrvReq: 2 });
		expect([rig.get(705, "AdptCrvRslt"), rig.get(705, "Crv[1].Pt[1].Var")]).toEqual([1, 30]);
		rig.grid(380, 50, 4000);
		expect(rig.device.last.setVar).toBeCloseTo(750, 0);
	});

	it("CRV-3: an invalid curve is not adopted, and the log says why", () => {
		const lines: string[] = [];
		const rig = rigWith({ log: (_level, _area, text) => lines.push(text) });
		rig.set(705, { "Crv[2].Pt[1].V": 105 });
		rig.set(705, { AdptCrvReq: 2 });
		expect([rig.get(705, "AdptCrvRslt"), rig.get(705, "Crv[1].Pt[1].V")]).toEqual([2, 92]);
		expect(lines).toEqual([expect.stringMatching(/unit 3: model 705.*curve 2/)]);
	});

	it("REV-1: falls back to its reversion curve, also when the hub was off", () => {
		const store = new Memory();
		const rig = rigWith({ store, clock: new ManualClock(1e12) });
		rig.set(706, { "Crv[2].Pt[1].V": 107, RvrtTms: 600, AdptCrvReq: 2, Ena: 1 });
		expect(rig.get(706, "RvrtRem")).toBe(600);
		rig.seconds(60);
		expect([rig.get(706, "RvrtRem"), store.saves]).toEqual([540, 1]);
		rig.der.close();
		const later = rigWith({ store, clock: new ManualClock(1e12 + 100_000) });
		expect([later.get(706, "Ena"), later.get(706, "Crv[1].Pt[1].V"), later.get(706, "RvrtRem")]).toEqual([1, 107, 500]);
		later.seconds(499);
		expect(later.get(706, "Ena")).toBe(1);
		later.seconds(1);
		expect([later.get(706, "Ena"), later.get(706, "RvrtRem")]).toEqual([0, 0]);
		expect(later.changes).toEqual(["model 706: reversion time is over"]);
	});

	it("all curves that were written are kept over restarts, not only over the first", () => {
		const store = new Memory();
		const ids = [705, 706, 707, 708, 709, 710, 711, 712];
		const rig = rigWith({ store });
		for (const id of ids) rig.set(id, { Ena: 1 });
		rig.der.close();
		rigWith({ store }).der.close();
		const between = rigWith({ store });
		between.set(705, { Ena: 0 });
		between.der.close();
		expect(store.bytes!.length).toBeLessThan(2048);
		const later = rigWith({ store });
		expect(ids.map((id) => later.get(id, "Ena"))).toEqual([0, 1, 1, 1, 1, 1, 1, 1]);
	});

	it("a reversion time of a curve that is started anew costs no more flash than one of a value", () => {
		const store = new Memory();
		const rig = rigWith({ store, clock: new ManualClock(1e12) });
		rig.set(706, { RvrtTms: 30, Ena: 1 });
		for (let i = 0; i < 60; i++) {
			rig.seconds(10);
			rig.set(706, { Ena: 1 });
		}
		expect(store.saves).toBeLessThanOrEqual(11);
		// of the curves, only those of 706 are kept
		expect(store.bytes!.length).toBeLessThan(512);
	});
});
