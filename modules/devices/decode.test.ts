import { describe, expect, it } from "vitest";
import { fromHex } from "../base/bytes";
import { makeStep, rawNumber, type Step, textOf } from "./decode";
import { encodeRaw, encodeText, encodeValue } from "./encode";
import { Plan } from "./plan";
import { type DeviceTable, type Row, type RowType, rowWords } from "./table";
import { chintDtsu666 } from "./tables/chint-dtsu666";
import { hikingDds238 } from "./tables/hiking-dds238-2-zn-s";

const scratch = new DataView(new ArrayBuffer(8));

function stepOf(row: Partial<Row>, table: DeviceTable = hikingDds238): Step {
	return makeStep(table, { name: "x", address: 0, type: "u16", unit: "1", ...row } as Row);
}

function decode(row: Partial<Row>, hex: string): number {
	return rawNumber(stepOf(row), new DataView(fromHex(hex).buffer), 0, scratch);
}

describe("raw numbers", () => {
	it.each([
		["u16", "fffe", 65534],
		["s16", "fffe", -2],
		["u32", "fedcba98", 0xfedcba98],
		["s32", "fedcba98", -19088744],
		["u64", "0000000102030405", 0x102030405],
		["s64", "fffffffffffffffe", -2],
		["f32", "43668000", 230.5],
		["f32", "c2c80000", -100],
		["f64", "c06cd00000000000", -230.5],
	] as const)("%s from %s", (type, hex, value) => {
		expect(decode({ type }, hex)).toBe(value);
	});

	it("takes words and bytes in every order", () => {
		for (const [type, abcd, value] of [
			["u32", "0a0b0c0d", 0x0a0b0c0d],
			["f32", "43668000", 230.5],
		] as const) {
			const [a, b, c, d] = abcd.match(/../g)!;
			expect(decode({ type }, `${a}${b}${c}${d}`), "ABCD").toBe(value);
			expect(decode({ type, wordOrder: "lo-hi" }, `${c}${d}${a}${b}`), "CDAB").toBe(value);
			expect(decode({ type, byteOrder: "little" }, `${b}${a}${d}${c}`), "BADC").toBe(value);
			expect(decode({ type, wordOrder: "lo-hi", byteOrder: "little" }, `${d}${c}${b}${a}`), "DCBA").toBe(value);
		}
		expect(decode({ type: "u64", wordOrder: "lo-hi" }, "0405020300010000")).toBe(0x102030405);
		expect(decode({ type: "u16", byteOrder: "little" }, "3412")).toBe(0x1234);
	});

	it("takes the order of the row, else of the table, else high word first", () => {
		const low: DeviceTable = { ...hikingDds238, wordOrder: "lo-hi" };
		const view = new DataView(fromHex("00010000").buffer);
		expect(rawNumber(stepOf({ type: "u32" }, low), view, 0, scratch)).toBe(1);
		expect(rawNumber(stepOf({ type: "u32", wordOrder: "hi-lo" }, low), view, 0, scratch)).toBe(0x10000);
		expect(rawNumber(stepOf({ type: "u32" }), view, 0, scratch)).toBe(0x10000);
	});

	it("takes decimal digits, and no others", () => {
		expect(decode({ type: "bcd", words: 2 }, "12345678")).toBe(12345678);
		expect(decode({ type: "bcd", words: 2, wordOrder: "lo-hi" }, "56781234")).toBe(12345678);
		expect(decode({ type: "bcd", words: 1 }, "12a4")).toBeNaN();
		expect(decode({ type: "bcd", words: 1 }, "124a")).toBeNaN();
	});

	it("takes bit fields of one and of two registers", () => {
		expect(decode({ type: "bits", bits: [4, 3] }, "00d0")).toBe(5);
		expect(decode({ type: "bits", bits: [15, 1] }, "8000")).toBe(1);
		expect(decode({ type: "bits", bits: [12, 8] }, "000ab000")).toBe(0xab);
		expect(decode({ type: "bits", bits: [0, 32] }, "ffffffff")).toBe(0xffffffff);
	});

	it("takes text up to the first NUL", () => {
		const text = (row: Partial<Row>, hex: string): string => textOf(stepOf(row), new DataView(fromHex(hex).buffer), 0);
		expect(text({ type: "string", words: 3, unit: "text" }, "414220200000")).toBe("AB");
		expect(text({ type: "string", words: 2, unit: "text", byteOrder: "little" }, "42410043")).toBe("ABC");
		expect(text({ type: "string", words: 2, unit: "text" }, "41ff4200")).toBe("A?B");
	});
});

it("decodes the registers of a real DDS238-2 as its own display showed them", () => {
	const data = new DataView(fromHex("0000095f 0000127d 0902 003e 0084 fffe 0395 1387").buffer);
	const plan = new Plan(hikingDds238);
	const values = plan.steps
		.slice(0, plan.reads[0]!.end)
		.map((step, i) => [plan.row(i).name, rawNumber(step, data, plan.at[i]!, scratch) * step.k + step.b] as const);
	const wanted = [23_990, 47_330, 230.6, 0.62, 132, -2, 0.917, 49.99];
	expect(values.map(([name]) => name)).toEqual([
		"export_energy",
		"import_energy",
		"voltage",
		"current",
		"active_power",
		"reactive_power",
		"power_factor",
		"frequency",
	]);
	values.forEach(([name, value], i) => {
		expect(value, name).toBeCloseTo(wanted[i]!, 9);
	});
});

it("reads the float 2301.0 of a DTSU666 as 230.1 V", () => {
	const plan = new Plan(chintDtsu666);
	const read = plan.reads.find((one) => one.address === 0x2000)!;
	const data = new DataView(new ArrayBuffer(2 * read.count));
	const index = plan.stepOf(chintDtsu666.rows.find((one) => one.name === "voltage_l1")!);
	const step = plan.steps[index]!;
	data.setFloat32(plan.at[index]!, 2301);
	expect(rawNumber(step, data, plan.at[index]!, scratch) * step.k + step.b).toBeCloseTo(230.1, 9);
});

describe("encoding is the inverse", () => {
	const values: Partial<Record<RowType, readonly number[]>> = {
		u16: [0, 1, 65535],
		s16: [-32768, -1, 32767],
		u32: [0, 4_000_000_000],
		s32: [-2_000_000_000, 7],
		u64: [0, 2 ** 40 + 3],
		s64: [-(2 ** 40) - 3, 12],
		f32: [0.5, Math.fround(-1e30)],
		f64: [0.1, -1e300],
		bcd: [0, 99_999_999],
		bits: [0, 5],
		bit: [0, 1],
		sm16: [-32767, 0, 5, 32767],
		sm32: [-2_000_000_000, 0, 2_000_000_000],
	};
	const orders = [
		["hi-lo", "big"],
		["lo-hi", "big"],
		["hi-lo", "little"],
		["lo-hi", "little"],
	] as const;
	it.each(Object.keys(values) as RowType[])("%s in every order", (type) => {
		for (const [wordOrder, byteOrder] of orders) {
			const sized = type === "bcd" ? { words: 2 } : type === "bits" ? { bits: [3, 3] as const } : {};
			const row = { name: "x", address: 0, type, unit: "1", wordOrder, byteOrder, ...sized } as Row;
			for (const value of values[type]!) {
				const out = new DataView(new ArrayBuffer(8));
				expect(encodeRaw(hikingDds238, row, value, out, 0)).toBe(true);
				if (type === "bit") expect(out.getUint16(0, byteOrder === "little")).toBe(value);
				else expect(rawNumber(stepOf(row), out, 0, scratch), `${wordOrder} ${byteOrder}`).toBe(value);
			}
		}
	});

	const inRecord: [Partial<Row>, readonly number[]][] = [
		[{ type: "u8" }, [0, 255]],
		[{ type: "s8" }, [-128, 127]],
		[{ type: "u16" }, [0, 0xfffe]],
		[{ type: "s16" }, [-2, 12]],
		[{ type: "sm16" }, [-9, 9]],
		[{ type: "s32" }, [-70_000, 70_000]],
		[{ type: "u64" }, [2 ** 40 + 3]],
		[{ type: "f32" }, [0.5]],
		[{ type: "number" }, [-0.25]],
		[{ type: "bcd", bytes: 3 }, [123_456]],
		[{ type: "bits", bits: [3, 7] }, [0, 100, 127]],
		[{ type: "bits", bits: [12, 13], signed: true }, [-4096, -1, 4095]],
		[{ type: "bits", bits: [2, 30], bytes: 5 }, [2 ** 30 - 1]],
	];
	it.each(inRecord)("%j at an odd byte of a record, in both orders", (fields, wanted) => {
		for (const byteOrder of ["big", "little"] as const) {
			const row = { name: "x", record: "r", address: 3, unit: "1", byteOrder, ...fields } as Row;
			for (const value of wanted) {
				const out = new DataView(new ArrayBuffer(16));
				expect(encodeRaw(hikingDds238, row, value, out, 3)).toBe(true);
				expect(rawNumber(stepOf(row), out, 3, scratch), byteOrder).toBe(value);
				for (const at of [0, 1, 2, 3 + 2 * rowWords(row)]) expect(out.getUint8(at)).toBe(0);
			}
		}
	});

	it("reads CAN signals as a DBC counts their bits", () => {
		// 0x351 of a Pylontech battery: 53.2 V, 25.0 A charge, -10.5 A, 47.0 V, lowest byte first
		const data = new DataView(Uint8Array.of(0x14, 0x02, 0xfa, 0x00, 0x97, 0xff, 0xd6, 0x01).buffer);
		const signal = (start: number, count: number, signed = false) =>
			rawNumber(
				stepOf({
					name: "x",
					record: "r",
					address: 0,
					type: "bits",
					bits: [start, count],
					signed,
					byteOrder: "little",
					unit: "1",
				}),
				data,
				0,
				scratch,
			);
		expect(signal(0, 16)).toBe(532);
		expect(signal(16, 16)).toBe(250);
		expect(signal(32, 16, true)).toBe(-105);
		expect(signal(48, 16)).toBe(470);
		expect(signal(4, 8)).toBe(0x21);
	});

	it("refuses what does not fit, and writes nothing", () => {
		const out = new DataView(new ArrayBuffer(8));
		for (const [type, value] of [
			["u16", 65536],
			["u16", -1],
			["s16", 32768],
			["u32", 2 ** 32],
			["s32", -(2 ** 31) - 1],
			["u16", Number.NaN],
			["f32", 1e39],
			["bit", 2],
			["string", 1],
		] as const) {
			const row = { name: "x", address: 0, type, unit: "1", words: 1 } as Row;
			expect(encodeRaw(hikingDds238, row, value, out, 0), `${type} ${value}`).toBe(false);
		}
		const digits = { name: "x", address: 0, type: "bcd", words: 1, unit: "1" } as Row;
		expect(encodeRaw(hikingDds238, digits, 10_000, out, 0)).toBe(false);
		expect(out.getUint32(0)).toBe(0);
	});

	it("turns a value into raw = (value - b) / k / ratio, and power of a device that counts export", () => {
		const out = new DataView(new ArrayBuffer(4));
		const row = { name: "x", address: 0, type: "s16", unit: "W", k: 0.1, b: -4 } as Row;
		encodeValue(hikingDds238, row, 46, out, 0);
		expect(out.getInt16(0)).toBe(500);
		encodeValue(hikingDds238, { ...row, b: 0 }, 4000, out, 0, 20);
		expect(out.getInt16(0)).toBe(2000);
		encodeValue({ ...hikingDds238, positive: "export" }, { ...row, b: 0 }, 46, out, 0);
		expect(out.getInt16(0)).toBe(-460);
		expect(stepOf({ unit: "W", k: 0.1, b: -4 }, { ...hikingDds238, positive: "export" })).toMatchObject({
			k: -0.1,
			b: 4,
		});
	});

	it("cuts and fills text", () => {
		const row = { name: "x", address: 0, type: "string", words: 2, unit: "text" } as Row;
		const out = new DataView(new ArrayBuffer(4));
		encodeText(hikingDds238, row, "ABCDEF", out, 0);
		expect(textOf(stepOf(row), out, 0)).toBe("ABCD");
		encodeText(hikingDds238, row, "Z", out, 0);
		expect(textOf(stepOf(row), out, 0)).toBe("Z");
	});
});
