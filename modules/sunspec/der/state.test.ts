import { describe, expect, it } from "vitest";
import { ManualClock } from "../../base/manual-clock";
import { Memory, Rig } from "./testing/rig";

describe("state over a restart", () => {
	const commanded = (store: Memory): Rig => {
		const rig = new Rig({ store });
		rig.set(702, { WMax: 9000 });
		rig.set(703, { ESDlyTms: 17 });
		rig.set(704, { WMaxLimPct: 50, WMaxLimPctEna: 1, "PFWInj.PF": 0.95, PFWInjEna: 1, WRmp: 50 });
		rig.set(124, { InWRte: 25, StorCtl_Mod: 1 });
		rig.set(123, { Conn: 0, Conn_RvrtTms: 600 });
		rig.seconds(2);
		return rig;
	};

	it("keeps settings and controls", () => {
		const store = new Memory();
		const rig = commanded(store);
		rig.der.close();
		const later = new Rig({ store });
		expect(later.device.last).toEqual(rig.der.command);
		expect(later.device.last).toMatchObject({ energize: false, limitW: 4500, chargeLimitW: 2000, pf: 0.95 });
		expect([later.get(702, "WMax"), later.get(703, "ESDlyTms"), later.get(704, "WRmp")]).toEqual([9000, 17, 50]);
		later.seconds(598);
		expect(later.get(123, "Conn")).toBe(0);
		later.seconds(1);
		expect(later.get(123, "Conn")).toBe(1);
	});

	it("ignores bytes that are not whole, or another's", () => {
		const store = new Memory();
		commanded(store);
		const good = store.bytes!;
		const fresh = new Rig();
		const bad: Uint8Array[] = [
			new Uint8Array(0),
			new Uint8Array(200),
			new Uint8Array(500).fill(0xff),
			good.slice(0, -1),
		];
		for (let i = 0; i < good.length; i += 7) bad.push(good.map((byte, at) => (at === i ? byte ^ 0x10 : byte)));
		for (const bytes of bad) {
			store.bytes = bytes;
			const rig = new Rig({ store });
			expect(rig.device.told).toEqual([]);
			expect(rig.image.registers).toEqual(fresh.image.registers);
		}
	});

	it("keeps values where scale factors have changed, as those of a device of another rating", () => {
		const store = new Memory();
		const first = new Rig({ store });
		first.set(704, { WMaxLimPct: 50, WMaxLimPctEna: 1, WSetMod: 1, WSet: -3000, WSetEna: 1 });
		first.der.close();
		const tens = (rig: Rig) => rig.image.set(rig.image.handle(704, "WSet_SF"), 2, 0, "good");
		const later = new Rig({ store, before: tens });
		expect([later.get(704, "WSet"), later.get(704, "WSet_SF")]).toEqual([-3000, 2]);
		expect(later.device.last).toMatchObject({ limitW: 5000, setW: -3000 });
	});

	it("leaves points out that are gone", () => {
		const store = new Memory();
		commanded(store);
		const models = [1, 701, 702, 703, 704, 713, 715, 121, 123, 124].map((id) => ({ id }));
		const rig = new Rig({ store, models, abilities: ["limitW", "energize"] });
		expect(rig.get(704, "WMaxLimPct")).toBe(50);
		expect(rig.get(704, "PFWInjEna")).toBeNaN();
		expect(rig.get(124, "StorCtl_Mod")).toBe(0);
	});

	it("writes flash seldom: changes of a second at once, a time started anew once a minute", () => {
		const store = new Memory();
		const rig = new Rig({ store, clock: new ManualClock(1e12) });
		rig.set(704, { WMaxLimPctRvrtTms: 30, WMaxLimPct: 50, WMaxLimPctEna: 1 });
		expect(store.saves).toBe(0);
		rig.seconds(1);
		expect(store.saves).toBe(1);
		for (let i = 0; i < 360; i++) {
			rig.seconds(10);
			rig.set(704, { WMaxLimPct: 50 });
		}
		// an hour
		expect(store.saves).toBeLessThanOrEqual(61);
		expect(store.saves).toBeGreaterThanOrEqual(55);
		const saves = store.saves;
		rig.set(704, { WMaxLimPct: 51 });
		rig.seconds(1);
		expect(store.saves).toBe(saves + 1);
	});

	it("for long reversion times, once in half of it", () => {
		const store = new Memory();
		const rig = new Rig({ store, clock: new ManualClock(1e12) });
		rig.set(704, { WMaxLimPctRvrtTms: 3600, WMaxLimPct: 50, WMaxLimPctEna: 1 });
		for (let i = 0; i < 144; i++) {
			rig.seconds(600);
			rig.set(704, { WMaxLimPct: 50 });
		}
		// a day
		expect(store.saves).toBeLessThanOrEqual(49);
		const later = new Rig({ store, clock: new ManualClock(1e12 + rig.clock.now()) });
		expect(later.get(704, "WMaxLimPctRvrtRem")).toBeGreaterThanOrEqual(1800);
	});

	it("without a wall clock, what is left is written now and then, so that no restart makes a control last", () => {
		const store = new Memory();
		const rig = new Rig({ store });
		rig.set(704, { WMaxLimPctRvrtTms: 300, WMaxLimPct: 50, WMaxLimPctEna: 1 });
		rig.seconds(290);
		expect(store.saves).toBe(2);
		expect(new Rig({ store }).get(704, "WMaxLimPctRvrtRem")).toBe(149);
	});

	it("is no more than half a kilobyte, and nothing when nothing was written", () => {
		const store = new Memory();
		commanded(store);
		expect(store.bytes!.length).toBeLessThan(512);
		const idle = new Memory();
		const rig = new Rig({ store: idle });
		rig.seconds(1000);
		rig.der.close();
		expect(idle.saves).toBe(0);
	});
});
