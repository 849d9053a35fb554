import { describe, expect, it } from "vitest";
import { ManualClock } from "../base/manual-clock";
import { Image } from "../sunspec/image";
import { EnergyToday } from "./energy-today";
import type { HubDevice } from "./entry";
import { History, noVoltage, slotMs, slotsKept } from "./history";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** One single-phase meter, its image written as the engine would. */
function meter(index = 0) {
	const image = new Image([{ id: 1 }, { id: 211 }]);
	const reads = (_model: number, point: string) => ["W", "PhV", "TotWhImp"].includes(point);
	const entry = { index, image, model: 211, device: { reads } } as unknown as HubDevice;
	const handle = (point: string) => image.handle(211, point);
	return {
		entry,
		set(point: string, value: number, timeMs: number) {
			image.set(handle(point), value, timeMs, "good");
		},
		lose() {
			image.lose();
		},
	};
}

function history(startMs = 0) {
	const clock = new ManualClock();
	clock.advance(startMs);
	const one = meter();
	const kept = new History({ clock, devices: [one.entry] });
	return {
		clock,
		kept,
		read(powerW: number, voltageV: number) {
			one.set("W", powerW, clock.now());
			one.set("PhV", voltageV, clock.now());
			kept.reading(one.entry);
		},
		lose() {
			one.lose();
			kept.reading(one.entry);
		},
		slots() {
			const { count, data, endAgeMs } = kept.slots(0);
			const list = Array.from({ length: count }, (_, i) => ({
				w: data.getFloat32(8 * i, true),
				v: data.getUint16(8 * i + 4, true),
				s: data.getUint16(8 * i + 6, true),
			}));
			return { list, endAgeMs };
		},
	};
}

describe("the day's means", () => {
	it("weigh readings by time, going straight from one to the next, across slots too", () => {
		const { clock, read, slots } = history();
		read(0, 230);
		clock.advance(slotMs / 2);
		read(100, 230);
		clock.advance(slotMs);
		read(300, 240);
		clock.advance(slotMs / 2 + 1000);
		const { list, endAgeMs } = slots();
		// 150 s from 0 to 100, 150 s from 100 to 200, then 150 s from 200 to 300
		expect(list).toEqual([
			{ w: expect.closeTo(100, 1), v: 2313, s: 300 },
			{ w: expect.closeTo(250, 1), v: 2375, s: 150 },
		]);
		expect(endAgeMs).toBe(1000);
	});

	it("keep gaps: from the loss to the next good reading nothing is measured", () => {
		const { clock, read, lose, slots } = history();
		for (let t = 0; t <= 60; t += 2) {
			read(500, 230);
			clock.advance(2000);
		}
		lose();
		clock.advance(2 * slotMs);
		lose();
		read(700, 225);
		clock.advance(10_000);
		read(700, 225);
		clock.advance(slotMs);
		expect(slots().list).toEqual([
			{ w: expect.closeTo(500, 1), v: 2300, s: 60 },
			{ w: Number.NaN, v: noVoltage, s: 0 },
			{ w: expect.closeTo(700, 1), v: 2250, s: 10 },
		]);
	});

	it("are the last 24 hours, also when nothing was read for longer", () => {
		const { clock, read, lose, slots } = history(17 * slotMs + 5000);
		for (let i = 0; i < 300 * 5; i++) {
			read(i, 230);
			clock.advance(60_000);
		}
		const { list } = slots();
		expect(list).toHaveLength(slotsKept);
		// the time since the last reading is booked by the next one
		expect(list.map(({ s }) => s)).toEqual([...Array<number>(slotsKept - 1).fill(300), 245]);
		for (let i = 1; i < slotsKept - 1; i++) expect(list[i]!.w - list[i - 1]!.w).toBeCloseTo(5, 0);
		lose();
		clock.advance(3 * dayMs);
		expect(slots().list.every(({ s, w }) => s === 0 && Number.isNaN(w))).toBe(true);
		read(5, 230);
		clock.advance(1000);
		read(5, 230);
		clock.advance(slotMs);
		const after = slots().list;
		expect(after.filter(({ s }) => s > 0)).toEqual([{ w: expect.closeTo(5, 2), v: 2300, s: 1 }]);
	});

	it.each([0, 0.123, -1500.5, 1e-6, 11_000, 3.2e6, -2e9])("keep %d W to 0.01 %", (powerW) => {
		const { clock, read, slots } = history();
		for (let i = 0; i < 400; i++) {
			read(powerW, 65_000);
			clock.advance(1000);
		}
		const [first] = slots().list;
		expect(Math.abs(first!.w - powerW)).toBeLessThanOrEqual(Math.abs(powerW) * 1e-4);
		expect(first).toMatchObject({ v: 65_534, s: 300 });
	});

	it("go on when a device has a new image, and begin when it is found out late that it measures power", () => {
		const { clock, kept, slots, read } = history();
		for (let i = 0; i <= 10; i++) {
			read(600, 230);
			clock.advance(60_000);
		}
		const before = slots();
		expect(before.list.at(-1)).toMatchObject({ w: 600 });
		const again = meter();
		kept.found(again.entry);
		expect(slots()).toEqual(before);
		for (let i = 0; i <= 10; i++) {
			again.set("W", 300, clock.now());
			kept.reading(again.entry);
			clock.advance(60_000);
		}
		expect(slots().list.at(-1)).toMatchObject({ w: 300 });
		const late = meter(1);
		const two = new History({
			clock,
			devices: [again.entry, { ...late.entry, device: { reads: () => false } } as never],
		});
		expect(two.has(1)).toBe(false);
		two.found(late.entry);
		expect([two.has(0), two.has(1)]).toEqual([true, true]);
		late.set("W", 50, clock.now());
		two.reading(late.entry);
		clock.advance(slotMs);
		late.set("W", 50, clock.now());
		two.reading(late.entry);
		clock.advance(slotMs);
		const { count, data } = two.slots(1);
		expect(data.getFloat32(8 * (count - 1), true)).toBe(50);
	});

	it("are there only for what measures power", () => {
		const image = new Image([{ id: 1 }]);
		const air = { index: 0, image, model: 1, device: { reads: () => false } } as unknown as HubDevice;
		const kept = new History({ clock: new ManualClock(), devices: [air] });
		expect(kept.has(0)).toBe(false);
		expect(() => kept.reading(air)).not.toThrow();
	});
});

describe("energy today", () => {
	function energy(options: { epochMs?: number; utcOffsetMinutes?: number } = {}) {
		const clock = new ManualClock(options.epochMs);
		const one = meter();
		const today = new EnergyToday({ clock, devices: [one.entry], utcOffsetMinutes: options.utcOffsetMinutes ?? 0 });
		return {
			clock,
			today,
			read(wh: number) {
				one.set("TotWhImp", wh, clock.now());
				today.reading(one.entry);
			},
			get wh() {
				return today.todayWh(0);
			},
			get since() {
				return clock.epochAtStartMs === undefined
					? today.sinceMs(0)
					: new Date(clock.epochAtStartMs + today.sinceMs(0)).toISOString();
			},
		};
	}

	it("goes on with a new image, and begins anew with a device that has counted less", () => {
		const day = energy();
		const step = (wh: number) => {
			day.clock.advance(60_000);
			day.read(wh);
			return day.wh;
		};
		expect([step(1000), step(1500)]).toEqual([0, 500]);
		day.today.found(meter().entry);
		expect(day.wh).toBe(500);
		expect([step(1600), step(200), step(260)]).toEqual([600, 0, 60]);
	});

	it("counts from the first reading, then from local midnight, parting what was counted across it", () => {
		// 20:00 UTC is 23:00 in Kampala
		const one = energy({ epochMs: Date.UTC(2026, 0, 1, 20), utcOffsetMinutes: 180 });
		expect(one.wh).toBeUndefined();
		one.read(1000);
		one.clock.advance(hourMs - 60_000);
		one.read(1500);
		expect([one.wh, one.since]).toEqual([500, "2026-01-01T20:00:00.000Z"]);
		one.clock.advance(180_000);
		expect(one.wh).toBeUndefined();
		one.read(1530);
		expect([one.wh, one.since]).toEqual([20, "2026-01-01T21:00:00.000Z"]);
		one.clock.advance(hourMs);
		one.read(1600);
		expect(one.wh).toBe(90);
	});

	it("does not guess when the meter was silent over midnight: it says since when", () => {
		const one = energy({ epochMs: Date.UTC(2026, 0, 1, 22) });
		one.read(1000);
		one.clock.advance(8 * hourMs);
		expect(one.wh).toBeUndefined();
		one.read(9000);
		one.clock.advance(hourMs);
		one.read(9100);
		expect([one.wh, one.since]).toEqual([100, "2026-01-02T06:00:00.000Z"]);
	});

	it("counts on without a clock, keeps its count when that is set, and begins anew after a large step", () => {
		const one = energy();
		one.read(1000);
		one.clock.advance(30 * hourMs);
		one.read(1800);
		expect([one.wh, one.since]).toEqual([800, 0]);
		// set: it is 10:00, so the count goes back to before midnight
		one.clock.epochAtStartMs = Date.UTC(2026, 0, 2, 10) - one.clock.now();
		one.clock.advance(60_000);
		one.read(1801);
		expect([one.wh, one.since]).toEqual([0, "2026-01-02T10:01:00.000Z"]);
		one.clock.advance(hourMs);
		one.read(1900);
		// put right by a minute: nothing happens
		one.clock.epochAtStartMs! -= 60_000;
		one.clock.advance(60_000);
		one.read(1910);
		expect(one.wh).toBe(109);
		one.clock.advance(3 * hourMs);
		one.read(1950);
		expect(one.wh).toBe(149);
		// it was another day altogether: half past midnight
		one.clock.epochAtStartMs = Date.UTC(2026, 0, 3, 0, 30) - one.clock.now();
		one.clock.advance(60_000);
		one.read(1951);
		expect([one.wh, one.since]).toEqual([0, "2026-01-03T00:31:00.000Z"]);
	});

	it("keeps the count of a hub that was set right soon after its start", () => {
		const one = energy();
		one.read(1000);
		one.clock.advance(60_000);
		one.clock.epochAtStartMs = Date.UTC(2026, 0, 2, 10);
		one.read(1010);
		expect([one.wh, one.since]).toEqual([10, "2026-01-02T10:00:00.000Z"]);
	});
});
