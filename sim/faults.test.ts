import { describe, expect, it } from "vitest";
import { fromHex } from "../modules/base/bytes";
import { hikingDds238 } from "../modules/devices/tables/hiking-dds238-2-zn-s";
import { Dice } from "./dice";
import { type Fault, FaultSchedule, faultKinds } from "./faults";
import { FixedSource } from "./profile";
import { isIntact, seal } from "./rtu-frame";
import { SimSlave } from "./slave";

const request = seal(3, fromHex("03 0008 000a"));

function reply(fault: Fault | undefined, frame = request) {
	const slave = new SimSlave({ table: hikingDds238, unit: 3, source: new FixedSource({ PhV: 230 }), seed: 5 });
	slave.fault = fault;
	return slave.onFrame(frame, 0);
}

describe("a faulty slave", () => {
	const right = reply(undefined)!;

	it("is silent", () => {
		expect(reply({ kind: "silent" })).toBeUndefined();
	});

	it("is late with a right answer", () => {
		const late = reply({ kind: "late", delayMs: 900 })!;
		expect(late.bytes).toEqual(right.bytes);
		expect(late.delayMs).toBe(right.delayMs + 900);
	});

	it("breaks off in the middle", () => {
		const short = reply({ kind: "short" })!.bytes;
		expect(short).toEqual(right.bytes.slice(0, short.length));
		expect(short.length).toBeLessThan(right.bytes.length);
	});

	it("has a wrong CRC", () => {
		const spoilt = reply({ kind: "wrong-crc" })!.bytes;
		expect(spoilt.slice(0, -2)).toEqual(right.bytes.slice(0, -2));
		expect(isIntact(spoilt)).toBe(false);
	});

	it("answers as another unit, in a frame that is whole", () => {
		const foreign = reply({ kind: "wrong-unit" })!.bytes;
		expect(foreign[0]).toBe(4);
		expect(isIntact(foreign)).toBe(true);
	});

	it("answers with an exception", () => {
		expect(reply({ kind: "exception", code: 4 })!.bytes).toEqual(seal(3, Uint8Array.of(0x83, 4)));
	});

	it("babbles on after its answer, and into those of others", () => {
		const own = reply({ kind: "babbling" })!.bytes;
		expect(own.slice(0, right.bytes.length)).toEqual(right.bytes);
		expect(own.length).toBeGreaterThanOrEqual(right.bytes.length + 40);
		expect(reply({ kind: "babbling" }, seal(9, fromHex("03 0000 0001")))!.bytes.length).toBeGreaterThan(3);
		expect(reply({ kind: "silent" }, seal(9, fromHex("03 0000 0001")))).toBeUndefined();
	});

	it("has noise before its answer", () => {
		const noisy = reply({ kind: "noise" })!.bytes;
		expect(noisy.slice(-right.bytes.length)).toEqual(right.bytes);
		expect(noisy.length).toBeGreaterThan(right.bytes.length);
	});

	it("is faulty for a share of its answers", () => {
		const slave = new SimSlave({ table: hikingDds238, unit: 3, source: new FixedSource({}), seed: 5 });
		slave.fault = { kind: "silent", share: 0.25 };
		let silent = 0;
		for (let i = 0; i < 1000; i++) if (slave.onFrame(request, i) === undefined) silent++;
		expect(silent).toBeGreaterThan(200);
		expect(silent).toBeLessThan(300);
	});
});

describe("a fault schedule", () => {
	it("is the same in every run, whatever the order it is asked in", () => {
		const one = new FaultSchedule({ seed: 7, slotMs: 1000 });
		const other = new FaultSchedule({ seed: 7, slotMs: 1000 });
		const forward = Array.from({ length: 300 }, (_, i) => one.at(1000 * i));
		const back = Array.from({ length: 300 }, (_, i) => other.at(1000 * (299 - i) + 500)).reverse();
		expect(back).toEqual(forward);
		expect(
			Array.from({ length: 300 }, (_, i) => new FaultSchedule({ seed: 8, slotMs: 1000 }).at(1000 * i)),
		).not.toEqual(forward);
	});

	it("has its share of faults, and every kind of them", () => {
		const schedule = new FaultSchedule({ seed: 3, slotMs: 10, share: 0.4 });
		const kinds = new Map<string, number>();
		for (let i = 0; i < 4000; i++) {
			const kind = schedule.at(10 * i)?.kind ?? "none";
			kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
		}
		expect(kinds.get("none")! / 4000).toBeCloseTo(0.6, 1);
		for (const kind of faultKinds) expect(kinds.get(kind), kind).toBeGreaterThan(100);
	});

	it("drives a slave that has no fault set by hand", () => {
		const slave = new SimSlave({ table: hikingDds238, unit: 3, source: new FixedSource({}) });
		slave.faults = new FaultSchedule({ seed: 1, slotMs: 1000, share: 1, kinds: ["silent"] });
		expect(slave.onFrame(request, 0)).toBeUndefined();
		slave.fault = { kind: "exception", code: 2 };
		expect(slave.onFrame(request, 0)!.bytes[1]).toBe(0x83);
	});
});

it("dice fall evenly, and differently for each seed and place", () => {
	const dice = new Dice(42);
	const bins = new Array<number>(10).fill(0);
	for (let i = 0; i < 10_000; i++) bins[dice.below(10)]!++;
	for (const bin of bins) expect(Math.abs(bin - 1000)).toBeLessThan(150);
	expect(new Dice(42, 1).next()).not.toBe(new Dice(42, 2).next());
	expect(new Dice(42, 1).next()).toBe(new Dice(42, 1).next());
});
