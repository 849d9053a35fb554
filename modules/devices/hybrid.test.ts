import { describe, expect, it } from "vitest";
import { Image } from "../sunspec/image";
import { Device, type ReadResult } from "./engine";
import { Plan } from "./plan";
import { type DeviceTable, type Row, tableModels } from "./table";
import { tablePoints } from "./table-points";
import { validateTable } from "./validate";

/** What a hybrid inverter asks of a table: a little of everything, with registers that are set one by one. */
const base: DeviceTable = {
	id: "acme-hybrid",
	maker: "Acme",
	model: "Hybrid",
	kind: "inverter",
	sunspec: [1, 701, 701, 713, { id: 714, repeats: { NPrt: 2 } }],
	fixed: { "701.W_SF": 1, "701.PF_SF": -3, "714.Prt[1].IDStr": "PV", "714.Prt[2].PrtTyp": 1 },
	bus: { baud: 9600, parity: "none", stop: 1, unit: 1 },
	functions: [3, 16],
	fc: 3,
	wordOrder: "lo-hi",
	maxRead: 60,
	blocks: [[0, 200]],
	positive: "import",
	rows: [{ name: "power", address: 169, type: "s16", unit: "W", point: "W", poll: "fast" }],
	quirks: [],
	sources: ["none"],
	confidence: "unverified",
};

/** A device of these rows, and a map of registers it reads. */
function setUp(more: Partial<DeviceTable>) {
	const table = { ...base, ...more };
	expect(validateTable(table, tablePoints)).toEqual([]);
	const image = new Image(tableModels(table));
	const device = new Device({ table, plan: new Plan(table), image, unit: 1 });
	const registers = new Map<number, number>();
	let nowMs = 0;
	/** Reads everything there is, once; `status` answers for reads that hold one of these registers. */
	const poll = (failing: readonly number[] = [], status = "timeout", exception = 0): void => {
		nowMs += 60_000;
		for (let request = device.nextRead(nowMs); request !== undefined; request = device.nextRead(nowMs)) {
			const data = new DataView(new ArrayBuffer(2 * request.count));
			for (let i = 0; i < request.count; i++) data.setUint16(2 * i, registers.get(request.address + i) ?? 0);
			const first = request.address;
			const fails = failing.some((at) => at >= first && at < first + request.count);
			const result: ReadResult = { status: fails ? status : "ok", exception, data, startMs: nowMs, endMs: nowMs };
			device.onResult(result);
		}
	};
	const handle = (model: number, point: string, group = "", occurrence = 1): number =>
		image.handle(model, point, group, undefined, occurrence);
	return { table, image, device, registers, poll, handle, value: (h: number) => image.value(h), nowMs: () => nowMs };
}

const row = (one: Partial<Row> & Pick<Row, "name" | "address">): Row => ({
	type: "u16",
	unit: "code",
	poll: "fast",
	...one,
});

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
		const reads = device.plan.reads.filter((read) => read.steps.some((step) => step.row.name === "import_total"));
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
