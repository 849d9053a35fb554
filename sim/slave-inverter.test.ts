import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../modules/base/bytes";
import type { DeviceTable } from "../modules/devices/table";
import { tablePoints } from "../modules/devices/table-points";
import { validateTable } from "../modules/devices/validate";
import { FixedSource } from "./profile";
import { seal } from "./rtu-frame";
import { SimSlave, type SimSlaveOptions } from "./slave";

/** What a hybrid inverter's table says beyond a meter's. */
const hybrid: DeviceTable = {
	id: "acme-hybrid",
	maker: "Acme",
	model: "Hybrid",
	kind: "inverter",
	sunspec: [1, 701, 701, { id: 714, repeats: { NPrt: 1 } }],
	bus: { baud: 9600, parity: "none", stop: 1, unit: 1 },
	functions: [3, 16],
	fc: 3,
	wordOrder: "lo-hi",
	maxRead: 60,
	blocks: [
		[0, 60],
		[78, 110],
	],
	positive: "import",
	rows: [
		{ name: "version", address: 2, type: "string", words: 2, unit: "text", poll: "once", point: "1.Vr" },
		{ name: "step", address: 54, type: "u16", unit: "1", poll: "once", map: { 10: 10 }, otherwise: 1 },
		{ name: "total", address: 78, high: 80, type: "u32", k: 100, unit: "Wh", poll: "slow", point: "TotWhAbs" },
		{ name: "hz", address: 79, type: "u16", k: 0.01, unit: "Hz", poll: "fast", point: "Hz" },
		{
			name: "grid_type",
			address: 86,
			type: "u16",
			unit: "code",
			poll: "slow",
			point: "ACType",
			map: { 0: 0, 1: 1, 2: 2 },
		},
		{
			name: "faults",
			address: 103,
			type: "u64",
			unit: "code",
			poll: "slow",
			point: "Alrm",
			bitMap: [
				[2, 0],
				[3, 0],
				[60, 6],
			],
		},
		{
			name: "fault_texts",
			again: "faults",
			address: 103,
			type: "u64",
			unit: "text",
			poll: "slow",
			point: "MnAlrmInfo",
			texts: { 60: "F61" },
		},
		{
			name: "pf",
			address: 89,
			type: "s16",
			k: 0.001,
			unit: "1",
			poll: "fast",
			point: "PF",
			above: { raw: 1000, k: -0.001, b: 2 },
		},
		{
			name: "split_v",
			address: 90,
			type: "u16",
			k: 0.1,
			unit: "V",
			poll: "fast",
			point: "LLV",
			when: { row: "grid_type", is: [1] },
		},
		{
			name: "three_v",
			again: "split_v",
			address: 90,
			type: "u16",
			unit: "V",
			poll: "fast",
			point: "LLV",
			when: { row: "grid_type", is: [2] },
		},
		{ name: "w", address: 91, type: "s16", unit: "W", poll: "fast", point: "W", times: ["step"] },
		{ name: "load", address: 92, type: "s16", unit: "W", poll: "fast", point: "701#2.W" },
		{
			name: "battery",
			address: 93,
			type: "s16",
			unit: "W",
			poll: "fast",
			point: "714.Prt[1].DCW",
			positive: "discharge",
		},
		{ name: "inner", address: 94, type: "u16", unit: "A", poll: "fast" },
		{
			name: "mode",
			address: 95,
			type: "u16",
			unit: "code",
			access: "rw",
			map: { 0: 7, 4: 9 },
			write: { fc: 16, min: 7, max: 9 },
			point: "ConnSt",
			poll: "slow",
		},
	],
	quirks: [],
	sources: ["none"],
	confidence: "unverified",
};

function slaveOf(values: Record<string, number>, more: Partial<SimSlaveOptions> = {}): SimSlave {
	return new SimSlave({ table: hybrid, unit: 1, source: new FixedSource(values), ...more });
}

/** The words that a read gives, or the exception ("8302"). */
function read(slave: SimSlave, address: number, count = 1): string {
	return ask(slave, `03 ${address.toString(16).padStart(4, "0")} ${count.toString(16).padStart(4, "0")}`).replace(
		/^03../,
		"",
	);
}

function ask(slave: SimSlave, pdu: string): string {
	return toHex(slave.onFrame(seal(1, fromHex(pdu)), 0)!.bytes.slice(1, -2), "");
}

it("plays a table that has no mistake", () => {
	expect(validateTable(hybrid, tablePoints)).toEqual([]);
});

describe("the bytes of", () => {
	it("a split number, around the register between its words", () => {
		const slave = slaveOf({ TotWhAbs: 100 * 0x2_3039, Hz: 59.98 });
		expect(read(slave, 78, 3)).toBe("3039176e0002");
		expect(read(slave, 80)).toBe("0002");
		expect(read(slave, 78)).toBe("3039");
	});

	it("points of a second model, of a group, of rows without one: each by its own name", () => {
		const slave = slaveOf({ W: 1, "701#2.W": -1500, "714.Prt[1].DCW": 700, inner: 17 });
		expect(read(slave, 92, 3)).toBe("05dc02bc0011");
	});

	it("power in steps of 10 W, when that is how it is set", () => {
		expect(read(slaveOf({ W: -2340 }), 91)).toBe("0924");
		expect(read(slaveOf({ W: -2340 }, { settings: { step: 10 } }), 91)).toBe("00ea");
		expect(read(slaveOf({ W: -2340 }, { settings: { step: 10 } }), 54)).toBe("000a");
		expect(read(slaveOf({ W: -2340 }, { settings: { step: 1 } }), 54)).toBe("0000");
	});

	it("bits for the points they lead to, or of a register of 64 as it is set", () => {
		expect(read(slaveOf({ Alrm: 0b1000001 }), 103, 4)).toBe("0004000000001000");
		expect(read(slaveOf({ Alrm: 0b10 }), 103, 4)).toBe("8304");
		const slave = slaveOf({}, { settings: { faults: (1n << 63n) + (1n << 60n) + 1n } });
		expect(read(slave, 103, 4)).toBe("0001000000009000");
		slave.set("faults", 8);
		expect(read(slave, 103, 4)).toBe("0008000000000000");
		expect(read(slaveOf({}), 103, 4)).toBe("0000000000000000");
	});

	it("a power factor, by the first of its two meanings", () => {
		expect(read(slaveOf({ PF: 0.95 }), 89)).toBe("03b6");
		expect(read(slaveOf({ PF: -0.8 }), 89)).toBe("fce0");
	});

	it("a register whose meaning depends on another", () => {
		expect(read(slaveOf({ LLV: 240, ACType: 1 }), 90)).toBe("0960");
		expect(read(slaveOf({ LLV: 240, ACType: 2 }), 90)).toBe("00f0");
	});

	it("texts, and registers nobody has named", () => {
		const slave = slaveOf({}, { texts: { version: "2.1" }, registers: { 10: 0xbeef, 11: 3 }, serial: "99" });
		expect(read(slave, 2, 2)).toBe("322e3100");
		expect(read(slave, 9, 4)).toBe("0000beef00030000");
		expect(read(slave, 61)).toBe("8302");
	});
});

describe("a setting that is written", () => {
	it("takes the codes of its map only, is held, and wins over the source", () => {
		const written: string[] = [];
		const slave = slaveOf({ ConnSt: 7 }, { onWrite: (row, value) => written.push(`${row}=${value}`) });
		expect(read(slave, 95)).toBe("0000");
		expect(ask(slave, "10 005f 0001 02 0004")).toBe("10005f0001");
		expect(slave.setting("mode")).toBe(9);
		expect(read(slave, 95)).toBe("0004");
		expect(ask(slave, "10 005f 0001 02 0003")).toBe("9003");
		expect(written).toEqual(["mode=9"]);
		expect(slave.writes).toBe(1);
	});
});
