import { describe, expect, it } from "vitest";
import { row, setUp } from "./testing/hybrid";

describe("points of a table", () => {
	it("go to the second model of an id, and into groups", () => {
		const { registers, poll, handle, value } = setUp({
			rows: [
				row({ name: "grid", address: 10, type: "s16", unit: "W", point: "W" }),
				row({ name: "load", address: 11, type: "s16", unit: "W", point: ["701#2.W", "701#2.WL1"] }),
				row({ name: "pv", address: 12, k: 0.1, unit: "A", point: "714.Prt[1].DCA" }),
				row({ name: "battery", address: 13, type: "s16", k: 0.01, unit: "A", point: "714.Prt[2].DCA" }),
				row({ name: "soc", address: 14, unit: "%", point: "713.SoC" }),
			],
		});
		registers
			.set(10, 1000)
			.set(11, 400)
			.set(12, 73)
			.set(13, 0x10000 - 250)
			.set(14, 88);
		poll();
		expect(value(handle(701, "W"))).toBe(-1000);
		expect(value(handle(701, "W", "", 2))).toBe(-400);
		expect(value(handle(701, "WL1", "", 2))).toBe(-400);
		expect(value(handle(701, "WL1"))).toBeUndefined();
		expect(value(handle(714, "DCA", "Prt[1]"))).toBeCloseTo(7.3);
		expect(value(handle(714, "DCA", "Prt[2]"))).toBeCloseTo(-2.5);
		expect(value(handle(714, "DCA"))).toBeUndefined();
		expect(value(handle(713, "SoC"))).toBe(88);
		expect(value(handle(714, "IDStr", "Prt[1]"))).toBe("PV");
		expect(value(handle(714, "PrtTyp", "Prt[2]"))).toBe(1);
	});

	it("have the table's scale factors before the first answer and after the last", () => {
		const { image, device, registers, poll, handle } = setUp({});
		const factor = handle(701, "W_SF");
		expect(image.value(factor)).toBe(1);
		registers.set(169, 0x10000 - 2340);
		poll();
		expect(image.raw(handle(701, "W"))).toBe(234);
		expect(image.value(handle(701, "W"))).toBe(2340);
		device.lineDown(99_000);
		expect(image.value(handle(701, "W"))).toBeUndefined();
		expect(image.value(factor)).toBe(1);
	});
});

describe("directions", () => {
	it("the table's turns signed rows in W and var, and neither settings nor magnitudes", () => {
		const { registers, poll, handle, value } = setUp({
			rows: [
				row({ name: "grid", address: 10, type: "s16", unit: "W", point: "W" }),
				row({ name: "reactive", address: 11, type: "s16", unit: "var", point: "Var" }),
				row({ name: "size", address: 12, unit: "W", point: "WL1" }),
				row({ name: "flow", address: 13, type: "s16", unit: "A", point: "A" }),
				row({ name: "own", address: 14, type: "s16", unit: "W", point: "WL2", positive: "export" }),
				row({ name: "amps", address: 15, type: "s16", unit: "A", point: "AL1", positive: "import" }),
				row({
					name: "setting",
					address: 16,
					type: "s16",
					unit: "W",
					point: "WL3",
					access: "rw",
					write: { fc: 16, min: 0, max: 9000 },
				}),
			],
		});
		for (let at = 10; at <= 16; at++) registers.set(at, 100);
		poll();
		const points = ["W", "Var", "WL1", "A", "WL2", "AL1", "WL3"];
		expect(points.map((point) => value(handle(701, point)))).toEqual([-100, -100, 100, 100, 100, -100, 100]);
	});

	it("of a battery: charging is negative", () => {
		const { registers, poll, handle, value } = setUp({
			kind: "battery",
			positive: "charge",
			sunspec: [1, 713, { id: 714, repeats: 1 }, 802],
			fixed: {},
			rows: [row({ name: "w", address: 1, type: "s16", unit: "W", point: ["714.DCW", "802.W"] })],
		});
		registers.set(1, 1500);
		poll();
		expect(value(handle(714, "DCW"))).toBe(-1500);
		expect(value(handle(802, "W"))).toBe(-1500);
	});
});

describe("split words", () => {
	const rows = [
		row({
			name: "import_total",
			address: 78,
			high: 80,
			type: "u32",
			k: 100,
			unit: "Wh",
			point: "TotWhAbs",
			poll: "slow",
		}),
		row({ name: "frequency", address: 79, k: 0.01, unit: "Hz", point: "Hz", range: [40, 70] }),
	];

	it("make one number, with another value between them", () => {
		const { registers, poll, handle, value } = setUp({ rows });
		registers.set(78, 0x3039).set(79, 5998).set(80, 2);
		poll();
		expect(value(handle(701, "TotWhAbs"))).toBe((2 * 65_536 + 12_345) * 100);
		expect(value(handle(701, "Hz"))).toBeCloseTo(59.98);
	});

	it("come in one read, so that a carry between them cannot tear the counter", () => {
		const { device } = setUp({ rows });
		const { plan } = device;
		const step = plan.steps.findIndex((_, i) => plan.row(i).name === "import_total");
		const reads = plan.reads.filter((read) => read.first <= step && step < read.end);
		expect(reads.map((read) => [read.address, read.count])).toEqual([[78, 3]]);
	});

	it("with the high word first, far apart, signed", () => {
		const { registers, poll, handle, value } = setUp({
			maxRead: 125,
			rows: [row({ name: "w", address: 90, high: 25, type: "s32", unit: "W", point: "W" })],
		});
		registers.set(90, 0xd8f0).set(25, 0xffff);
		poll();
		expect(value(handle(701, "W"))).toBe(10_000);
	});

	it("never fall: a lower total is held", () => {
		const { registers, poll, handle, value, image } = setUp({ rows });
		registers.set(78, 0xffff).set(80, 1);
		poll();
		registers.set(78, 0);
		poll();
		expect(value(handle(701, "TotWhAbs"))).toBe(0x1ffff * 100);
		expect(image.quality(handle(701, "TotWhAbs"))).toBe("suspect");
	});
});

describe("meanings", () => {
	it("a map; a raw value it does not name is no value, and a good answer", () => {
		const { registers, poll, handle, value, image } = setUp({
			rows: [
				row({ name: "relay", address: 1, point: "ConnSt", map: { 1: 0, 2: 1 } }),
				row({ name: "state", address: 2, point: "InvSt", map: { 2: 3 }, otherwise: 0 }),
			],
		});
		registers.set(1, 2).set(2, 2);
		poll();
		expect([value(handle(701, "ConnSt")), value(handle(701, "InvSt"))]).toEqual([1, 3]);
		registers.set(1, 3).set(2, 9);
		poll();
		expect([value(handle(701, "ConnSt")), value(handle(701, "InvSt"))]).toEqual([undefined, 0]);
		expect(image.quality(handle(701, "ConnSt"))).toBe("good");
	});

	it("bits of 64, exact to the last, several to one, and the texts of the same registers", () => {
		const { registers, poll, handle, value } = setUp({
			rows: [
				row({
					name: "faults",
					address: 103,
					type: "u64",
					point: ["Alrm", "701#2.Alrm"],
					bitMap: [
						[2, 0],
						[3, 0],
						[60, 6],
						[63, 7],
						[54, 30],
					],
				}),
				row({
					name: "fault_texts",
					address: 103,
					type: "u64",
					again: "faults",
					unit: "text",
					point: "MnAlrmInfo",
					texts: { 0: "F01", 3: "F04", 60: "F61", 63: "F64" },
				}),
				row({ name: "third", address: 105, again: "faults", point: "713.Sta", map: { 0: 0 }, otherwise: 2 }),
			],
		});
		poll();
		expect([value(handle(701, "Alrm")), value(handle(701, "MnAlrmInfo"))]).toEqual([0, undefined]);
		registers.set(103, 0b1001).set(106, 0x9040);
		poll();
		expect(value(handle(701, "Alrm"))).toBe(2 ** 30 + 128 + 64 + 1);
		expect(value(handle(701, "Alrm", "", 2))).toBe(2 ** 30 + 128 + 64 + 1);
		expect(value(handle(701, "MnAlrmInfo"))).toBe("F01, F04, F61, F64");
		expect(value(handle(713, "Sta"))).toBe(0);
		registers.set(105, 1);
		poll();
		expect(value(handle(713, "Sta"))).toBe(2);
	});

	it("texts are cut to what the point holds", () => {
		const texts = Object.fromEntries(Array.from({ length: 16 }, (_, bit) => [bit, `FAULT-${bit}`]));
		const { registers, poll, handle, value } = setUp({
			rows: [row({ name: "f", address: 1, unit: "text", point: "MnAlrmInfo", texts })],
		});
		registers.set(1, 0xffff);
		poll();
		expect(value(handle(701, "MnAlrmInfo"))).toBe(Object.values(texts).join(", ").slice(0, 64));
	});

	it("another k and b above a raw value", () => {
		const { registers, poll, handle, value } = setUp({
			rows: [
				row({
					name: "pf",
					address: 89,
					type: "s16",
					k: 0.001,
					unit: "1",
					point: "PF",
					above: { raw: 1000, k: -0.001, b: 2 },
				}),
			],
		});
		for (const [raw, factor] of [
			[1000, 1],
			[950, 0.95],
			[1200, 0.8],
			[1001, 0.999],
			[0x10000 - 800, -0.8],
		] as const) {
			registers.set(89, raw);
			poll();
			expect(value(handle(701, "PF")), String(raw)).toBeCloseTo(factor, 9);
		}
	});

	it("a ratio with a map: registers that count in steps of 10 W", () => {
		const rows = [
			row({ name: "step", address: 54, unit: "1", poll: "once", map: { 10: 10 }, otherwise: 1 }),
			row({ name: "power", address: 169, type: "s16", unit: "W", point: "W", times: ["step"] }),
		];
		for (const [raw, factor] of [
			[10, 10],
			[1, 1],
			[0, 1],
		] as const) {
			const { registers, poll, handle, value } = setUp({ rows });
			registers.set(54, raw).set(169, 0x10000 - 321);
			poll();
			expect(value(handle(701, "W")), String(raw)).toBe(321 * factor);
		}
	});

	it("a ratio outlasts a device that was gone, and a read of it that fails then", () => {
		const { registers, poll, handle, value, device, nowMs } = setUp({
			rows: [
				row({ name: "step", address: 54, unit: "1", poll: "once" }),
				row({ name: "power", address: 169, type: "s16", unit: "W", point: "W", times: ["step"] }),
			],
		});
		registers.set(54, 10).set(169, 0x10000 - 321);
		poll();
		device.lineDown(nowMs());
		expect(value(handle(701, "W"))).toBeUndefined();
		poll([54]);
		expect(value(handle(701, "W"))).toBe(3210);
	});

	it("a ratio the device refuses has the value that is meant then, and does not hold up the rest", () => {
		const { registers, poll, handle, value } = setUp({
			blocks: [[100, 200]],
			rows: [
				row({ name: "step", address: 54, unit: "1", poll: "once", map: { 10: 10 }, otherwise: 1 }),
				row({ name: "power", address: 169, type: "s16", unit: "W", point: "W", times: ["step"] }),
			],
		});
		registers.set(169, 0x10000 - 321);
		poll([54], "exception", 2);
		expect(value(handle(701, "W"))).toBe(321);
	});
});
