import { describe, expect, it } from "vitest";
import { row, setUp } from "./testing/hybrid";

describe("conditions", () => {
	const rows = [
		row({ name: "grid_type", address: 86, poll: "slow", point: "ACType", map: { 0: 0, 1: 1, 2: 2 } }),
		row({ name: "split", address: 50, k: 0.1, unit: "V", point: "LLV", when: { row: "grid_type", is: [1] } }),
		row({ name: "three", address: 51, k: 0.1, unit: "V", point: "LLV", when: { row: "grid_type", is: [2] } }),
		row({ name: "l2", address: 52, k: 0.1, unit: "V", point: "VL2", when: { row: "grid_type", is: [1, 2] } }),
	];

	it("choose between rows for one point, and leave a point without a value", () => {
		const { registers, poll, handle, value, image } = setUp({ rows });
		registers.set(50, 2400).set(51, 2080).set(52, 1200);
		registers.set(86, 1);
		poll();
		expect([value(handle(701, "LLV")), value(handle(701, "VL2"))]).toEqual([240, 120]);
		// a setting that changes is seen by what is read after it
		registers.set(86, 2);
		poll();
		poll();
		expect([value(handle(701, "LLV")), value(handle(701, "VL2"))]).toEqual([208, 120]);
		registers.set(86, 0);
		poll();
		poll();
		expect(value(handle(701, "VL2"))).toBeUndefined();
		expect(image.quality(handle(701, "VL2"))).toBe("good");
	});

	it("are asked before what depends on them", () => {
		const { device } = setUp({ rows });
		expect(device.nextRead(0)!.address).toBe(86);
	});

	it("that the device refuses to tell hold for nothing, and hold nothing up", () => {
		const { registers, poll, handle, value, image } = setUp({
			rows: [...rows, row({ name: "power", address: 169, type: "s16", unit: "W", point: "W" })],
		});
		registers.set(50, 2400).set(169, 7);
		poll([86], "exception", 2);
		expect(value(handle(701, "W"))).toBe(-7);
		expect(value(handle(701, "LLV"))).toBeUndefined();
		expect(image.quality(handle(701, "VL2"))).toBe("good");
	});

	it("outlast a read that fails", () => {
		const { registers, poll, handle, value } = setUp({ rows });
		registers.set(50, 2400).set(86, 1);
		poll();
		registers.set(50, 2410);
		poll([86]);
		expect(value(handle(701, "LLV"))).toBe(241);
	});
});

describe("derived points", () => {
	it("of points and of rows that are none, in order, with factors", () => {
		const { registers, poll, handle, value } = setUp({
			rows: [
				row({ name: "grid", address: 1, type: "s16", unit: "W", point: "W" }),
				row({ name: "apparent", address: 2, unit: "VA", point: "VA" }),
				row({ name: "pf", address: 3, k: 0.001, unit: "1" }),
				row({ name: "capacity", address: 4, unit: "Ah", poll: "slow" }),
				row({ name: "soc", address: 5, unit: "%", point: "713.SoC" }),
				row({ name: "a1", address: 6, k: 0.1, unit: "A", point: "AL1" }),
				row({ name: "a2", address: 7, k: 0.1, unit: "A", point: "AL2" }),
				row({ name: "v1", address: 8, k: 0.1, unit: "V", point: "VL1" }),
				row({ name: "v2", address: 9, k: 0.1, unit: "V", point: "VL2" }),
			],
			derived: [
				{ point: "Var", by: "root", of: ["VA", "W"] },
				{ point: "PF", by: "sign", of: ["@pf", "W"] },
				{ point: "713.WHRtg", by: "product", of: ["@capacity"], k: 51.2 },
				{ point: "713.WHAvail", by: "product", of: ["713.WHRtg", "713.SoC"], k: 0.01 },
				{ point: ["A", "701#2.A"], by: "sum", of: ["AL1", "AL2"] },
				{ point: "LNV", by: "mean", of: ["VL1", "VL2"] },
				{ point: "714.Prt[1].DCSta", by: "over", of: ["W"], limit: 10 },
				{ point: "WL1", by: "sum", of: ["W", "VA"], factors: [2, -1], b: 5 },
				{ point: "701#2.PF", by: "ratio", of: ["W", "VA"] },
				{ point: "701#2.VA", by: "hypot", of: ["W", "VA"] },
				{ point: "701#2.Hz", by: "min", of: ["VL1", "VL2"] },
				{ point: "701#2.LNV", by: "max", of: ["VL1", "VL2"] },
				{ point: "701#2.LLV", by: "difference", of: ["VL1", "VL2"] },
			],
			fixed: {},
		});
		registers
			.set(1, 300)
			.set(2, 500)
			.set(3, 600)
			.set(4, 280)
			.set(5, 50)
			.set(6, 11)
			.set(7, 22)
			.set(8, 1201)
			.set(9, 1199);
		poll();
		const point = (name: string, occurrence = 1): number => value(handle(701, name, "", occurrence)) as number;
		expect(point("W")).toBe(-300);
		expect(point("Var")).toBe(400);
		expect(point("PF")).toBeCloseTo(-0.6);
		expect(value(handle(713, "WHRtg"))).toBe(14_336);
		expect(value(handle(713, "WHAvail"))).toBe(7168);
		expect([point("A"), point("A", 2)]).toEqual([expect.closeTo(3.3), expect.closeTo(3.3)]);
		expect(point("LNV")).toBe(120);
		expect(value(handle(714, "DCSta", "Prt[1]"))).toBe(1);
		expect(point("WL1")).toBe(-1095);
		expect(point("PF", 2)).toBeCloseTo(-0.6);
		expect(point("VA", 2)).toBeCloseTo(Math.hypot(300, 500));
		expect(point("Hz", 2)).toBeCloseTo(119.9);
		expect(point("LNV", 2)).toBeCloseTo(120.1);
		expect(point("LLV", 2)).toBeCloseTo(0.2);
		registers.set(1, 10);
		poll();
		expect(value(handle(714, "DCSta", "Prt[1]"))).toBe(0);
	});

	it("without a value when a part has none, lost when a part is lost, suspect when one is", () => {
		const { registers, poll, handle, value, image } = setUp({
			rows: [
				row({ name: "a1", address: 10, k: 0.1, unit: "A", point: "AL1", notAvailable: [0xffff], range: [0, 100] }),
				row({ name: "a2", address: 150, k: 0.1, unit: "A", poll: "normal" }),
			],
			derived: [{ point: "A", by: "sum", of: ["AL1", "@a2"] }],
		});
		const total = handle(701, "A");
		registers.set(10, 10).set(150, 20);
		poll();
		expect([value(total), image.quality(total)]).toEqual([expect.closeTo(3), "good"]);
		registers.set(10, 0xffff);
		poll();
		expect([value(total), image.quality(total)]).toEqual([undefined, "good"]);
		registers.set(10, 2000);
		poll();
		expect([value(total), image.quality(total)]).toEqual([expect.closeTo(202), "suspect"]);
		poll([150]);
		expect([value(total), image.quality(total)]).toEqual([undefined, "comms_lost"]);
		expect(image.lastValue(total)).toBeCloseTo(202);
		poll();
		expect(value(total)).toBeCloseTo(202);
	});

	it("count only while their condition holds", () => {
		const { registers, poll, handle, value } = setUp({
			rows: [
				row({ name: "type", address: 86, poll: "slow" }),
				row({ name: "v1", address: 8, k: 0.1, unit: "V", point: "VL1" }),
				row({ name: "v2", address: 9, k: 0.1, unit: "V", point: "VL2" }),
			],
			derived: [
				{ point: "LLV", by: "sum", of: ["VL1", "VL2"], when: { row: "type", is: [1] } },
				{ point: "LLV", by: "mean", of: ["VL1", "VL2"], k: Math.sqrt(3), when: { row: "type", is: [2] } },
				{ point: "VL1L2", by: "sum", of: ["VL1", "VL2"], when: { row: "type", is: [1] } },
			],
		});
		registers.set(8, 1200).set(9, 1200).set(86, 1);
		poll();
		expect([value(handle(701, "LLV")), value(handle(701, "VL1L2"))]).toEqual([240, 240]);
		registers.set(86, 2);
		poll();
		expect(value(handle(701, "LLV"))).toBeCloseTo(207.85, 2);
		expect(value(handle(701, "VL1L2"))).toBeUndefined();
	});
});

describe("a state of charge", () => {
	const rows = [
		row({ name: "soc_bms", address: 16, unit: "%", notAvailable: [0xffff] }),
		row({ name: "soc_inverter", address: 184, unit: "%" }),
	];
	const derived = [{ point: "713.SoC", by: "first", of: ["@soc_bms", "@soc_inverter"] }] as const;

	it("comes from the first source that the device has", () => {
		const { registers, poll, handle, value } = setUp({ rows, derived });
		registers.set(16, 0).set(184, 55);
		poll();
		expect(value(handle(713, "SoC"))).toBe(0);
		registers.set(16, 0xffff);
		poll();
		expect(value(handle(713, "SoC"))).toBe(55);
	});

	it("does not jump when a poll is lost: comms_lost, neither 0 nor the other source's", () => {
		const { registers, poll, handle, value, image } = setUp({ rows, derived });
		registers.set(16, 80).set(184, 55);
		poll();
		poll([16]);
		const soc = handle(713, "SoC");
		expect([value(soc), image.quality(soc), image.lastValue(soc)]).toEqual([undefined, "comms_lost", 80]);
		expect(image.raw(soc)).toBeUndefined();
		poll();
		expect([value(soc), image.quality(soc)]).toEqual([80, "good"]);
	});

	it("of one register: no value while nobody answers, and the time of the last one stays", () => {
		const { registers, poll, handle, value, image, nowMs } = setUp({
			rows: [row({ name: "soc", address: 184, unit: "%", point: "713.SoC", range: [0, 100] })],
		});
		registers.set(184, 80);
		poll();
		const soc = handle(713, "SoC");
		const at = nowMs();
		for (let i = 0; i < 3; i++) {
			poll([184]);
			expect([value(soc), image.quality(soc), image.timeMs(soc)]).toEqual([undefined, "comms_lost", at]);
		}
		registers.set(184, 79);
		poll();
		expect(value(soc)).toBe(79);
	});
});

describe("a total", () => {
	// 701.W_SF is 1 here: steps of 10 W
	const watts = (n: number, address: number): ReturnType<typeof row> =>
		row({ name: `w${n}`, address, type: "s16", unit: "W", point: `WL${n}`, notAvailable: [0x7fff] });
	const rows = [watts(1, 8), watts(2, 80), watts(3, 160)];
	const derived = [{ point: "W", by: "total", of: ["WL1", "WL2", "WL3"] }] as const;

	it("leaves out the phases that the device has not", () => {
		const { registers, poll, handle, value, image } = setUp({ rows, derived });
		registers.set(8, 100).set(80, 0x7fff).set(160, 0x7fff);
		poll();
		expect(value(handle(701, "W"))).toBe(-100);
		registers.set(80, 40);
		poll();
		expect(value(handle(701, "W"))).toBe(-140);
		registers.set(8, 0x7fff).set(80, 0x7fff);
		poll();
		expect([value(handle(701, "W")), image.quality(handle(701, "W"))]).toEqual([undefined, "good"]);
	});

	it("is not made of what is left when a phase could not be read", () => {
		const { registers, poll, handle, image } = setUp({ rows, derived });
		registers.set(8, 100).set(80, 200).set(160, 300);
		poll();
		poll([160]);
		expect([image.value(handle(701, "W")), image.quality(handle(701, "W"))]).toEqual([undefined, "comms_lost"]);
	});
});
