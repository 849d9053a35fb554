import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../base/bytes";
import { decode, encodeBig, encodeNumber, isImplemented, scaled, unscaled, writeNotImplemented } from "./codec";
import { encodeText } from "./text";
import { PointType, type PointTypeName, registersOf, typeNames, typeWords } from "./types";

type Value = number | bigint | string;

/** Type, value, bytes; strings are four registers long. */
const vectors: [PointTypeName, Value, string][] = [
	["int16", 0, "0000"],
	["int16", -1, "ffff"],
	["int16", 32767, "7fff"],
	["int16", -32767, "8001"],
	["uint16", 0, "0000"],
	["uint16", 65534, "fffe"],
	["count", 3, "0003"],
	["acc16", 65535, "ffff"],
	["enum16", 65534, "fffe"],
	["bitfield16", 0x7fff, "7fff"],
	["sunssf", -10, "fff6"],
	["sunssf", 10, "000a"],
	["int32", -2147483647, "80000001"],
	["int32", 2147483647, "7fffffff"],
	["uint32", 4294967294, "fffffffe"],
	["acc32", 4294967295, "ffffffff"],
	["enum32", 7, "00000007"],
	["bitfield32", 0x7fffffff, "7fffffff"],
	["float32", 1, "3f800000"],
	["float32", -0.5, "bf000000"],
	["float32", 3.4028234663852886e38, "7f7fffff"],
	["float32", 1.401298464324817e-45, "00000001"],
	["int64", -1, "ffffffffffffffff"],
	["int64", -9007199254740991, "ffe0000000000001"],
	["int64", 9223372036854775807n, "7fffffffffffffff"],
	["int64", -9223372036854775807n, "8000000000000001"],
	["uint64", 4294967296, "0000000100000000"],
	["uint64", 18446744073709551614n, "fffffffffffffffe"],
	["acc64", 9223372036854775807n, "7fffffffffffffff"],
	["acc64", 1_234_567_890_123, "0000011f71fb04cb"],
	["bitfield64", 5, "0000000000000005"],
	["float64", Math.PI, "400921fb54442d18"],
	["ipaddr", "192.168.1.7", "c0a80107"],
	["ipaddr", "255.255.255.255", "ffffffff"],
	["eui48", "00:1B:44:11:3A:B7", "0000001b44113ab7"],
	["ipv6addr", "2001:0DB8:0000:0000:0000:FF00:0042:8329", "20010db8000000000000ff0000428329"],
	["string", "Gridpost", "47726964706f7374"],
	["string", "Wh", "5768000000000000"],
	["string", "1 €…", "3120e282ace280a6"],
];

const unset: Record<PointTypeName, string> = {
	int16: "8000",
	uint16: "ffff",
	count: "ffff",
	acc16: "0000",
	enum16: "ffff",
	bitfield16: "ffff",
	sunssf: "8000",
	pad: "8000",
	int32: "80000000",
	uint32: "ffffffff",
	acc32: "00000000",
	enum32: "ffffffff",
	bitfield32: "ffffffff",
	float32: "7fc00000",
	int64: "8000000000000000",
	uint64: "ffffffffffffffff",
	acc64: "0000000000000000",
	bitfield64: "ffffffffffffffff",
	float64: "7ff8000000000000",
	ipaddr: "00000000",
	eui48: "0000ffffffffffff",
	ipv6addr: "00000000000000000000000000000000",
	string: "0000000000000000",
};

/** What no point can hold. */
const refused: [PointTypeName, Value][] = [
	["int16", 32768],
	["int16", -32768],
	["uint16", 65535],
	["uint16", -1],
	["count", 65535],
	["acc16", -1],
	["enum16", 65535],
	["bitfield16", 0x8000],
	["sunssf", 11],
	["sunssf", -11],
	["int32", 2147483648],
	["int32", -2147483648],
	["uint32", 4294967295],
	["acc32", -5],
	["enum32", 4294967295],
	["bitfield32", 0x80000000],
	["float32", 3.5e38],
	["float32", Number.POSITIVE_INFINITY],
	["float32", Number.NaN],
	["float64", Number.NEGATIVE_INFINITY],
	["int64", 2 ** 63],
	["int64", -(2 ** 63)],
	["int64", -(2n ** 63n)],
	["uint64", 2 ** 64],
	["uint64", -1],
	["uint64", -1n],
	["uint64", 18446744073709551615n],
	["acc64", -1n],
	["acc64", -1],
	["bitfield64", 2 ** 63],
	["uint16", Number.NaN],
	["int64", Number.NaN],
	["int32", Number.POSITIVE_INFINITY],
	["ipaddr", "192.168.1"],
	["ipaddr", "192.168.1.256"],
	["ipaddr", "a.b.c.d"],
	["eui48", "00:1B:44:11:3A"],
	["eui48", "00:1B:44:11:3A:XX"],
	["ipv6addr", "2001:db8"],
	["ipv6addr", "1::2::3"],
	["ipv6addr", "2001:db8::10000"],
	["ipv6addr", ""],
	["string", "longer than eight"],
	["uint16", "text"],
	["string", 5],
	["ipaddr", 5],
];

function encode(view: DataView, at: number, type: number, registers: number, value: Value): boolean {
	if (typeof value === "number") return encodeNumber(view, at, type, value);
	if (typeof value === "bigint") return encodeBig(view, at, type, value);
	return encodeText(view, at, type, registers, value);
}

/** A view with the point at byte 6, filled with a pattern that no point writes beyond. */
function room(): DataView {
	const view = new DataView(new Uint8Array(32).fill(0xa5).buffer, 2);
	return view;
}

const bytesAt = (view: DataView, registers: number) =>
	toHex(new Uint8Array(view.buffer, view.byteOffset + 4, 2 * registers), "");

describe("every type", () => {
	it.each(vectors)("%s %s is %s", (name, value, hex) => {
		const type = PointType[name];
		const registers = registersOf(type) || 4;
		const view = room();
		expect(encode(view, 4, type, registers, value)).toBe(true);
		expect(bytesAt(view, registers)).toBe(hex);
		expect(view.getUint16(2)).toBe(0xa5a5);
		expect(view.getUint16(4 + 2 * registers)).toBe(0xa5a5);
		expect(decode(view, 4, type, registers)).toBe(value);
	});

	it.each(typeNames)("%s has a pattern for not implemented", (name) => {
		const type = PointType[name];
		const registers = registersOf(type) || 4;
		const view = room();
		writeNotImplemented(view, 4, type, registers);
		expect(bytesAt(view, registers)).toBe(unset[name]);
		expect(view.getUint16(4 + 2 * registers)).toBe(0xa5a5);
		expect(isImplemented(view, 4, type, registers)).toBe(false);
		expect(decode(view, 4, type, registers)).toBeUndefined();
	});

	it.each(refused)("%s cannot hold %s", (name, value) => {
		const type = PointType[name];
		const view = room();
		expect(encode(view, 4, type, 4, value)).toBe(false);
		if (name !== "string" || typeof value !== "string") expect(view.getUint16(4)).toBe(0xa5a5);
	});

	it("has a word, a name and a size", () => {
		expect(typeNames.map((name) => PointType[name])).toEqual(typeNames.map((_name, type) => type));
		expect(new Set(typeWords).size).toBe(typeNames.length);
		for (const name of typeNames) if (name !== "string") expect(registersOf(PointType[name])).toBeGreaterThan(0);
	});
});

describe("corners", () => {
	const at = (hex: string, type: PointTypeName) =>
		decode(new DataView(fromHex(hex).buffer), 0, PointType[type], fromHex(hex).length / 2);

	it("ignores a bit field whose top bit is set", () => {
		expect(at("8001", "bitfield16")).toBeUndefined();
		expect(at("80000001", "bitfield32")).toBeUndefined();
		expect(at("8000000000000001", "bitfield64")).toBeUndefined();
	});

	it("takes any NaN for no value", () => {
		expect(at("7fc00001", "float32")).toBeUndefined();
		expect(at("ffffffff", "float32")).toBeUndefined();
		expect(at("fff8000000000000", "float64")).toBeUndefined();
	});

	it("ends a string at its first NUL and refuses what is not UTF-8", () => {
		expect(at("4142004300000000", "string")).toBe("AB");
		expect(at("c328000000000000", "string")).toBeUndefined();
	});

	it("cuts a long string at a whole character", () => {
		const view = room();
		expect(encodeText(view, 4, PointType.string, 2, "abc€")).toBe(false);
		expect(bytesAt(view, 3)).toBe("61626300a5a5");
	});

	it("lets accumulators run over to zero", () => {
		const view = room();
		expect(encodeNumber(view, 4, PointType.acc16, 65536 + 5)).toBe(true);
		expect(bytesAt(view, 1)).toBe("0005");
		encodeNumber(view, 4, PointType.acc32, 2 ** 32 + 7);
		expect(bytesAt(view, 2)).toBe("00000007");
		encodeBig(view, 4, PointType.acc64, 2n ** 63n + 9n);
		expect(bytesAt(view, 4)).toBe("0000000000000009");
		encodeNumber(view, 4, PointType.acc64, 2 ** 63);
		expect(bytesAt(view, 4)).toBe("0000000000000000");
	});

	it.each([
		["::1", "00000000000000000000000000000001"],
		["fe80::", "fe800000000000000000000000000000"],
		["2001:db8::ff00:42:8329", "20010db8000000000000ff0000428329"],
		["20010DB8:00000000:0000FF00:00428329", "20010db8000000000000ff0000428329"],
	])("reads the IPv6 address %s", (text, hex) => {
		const view = room();
		expect(encodeText(view, 4, PointType.ipv6addr, 8, text)).toBe(true);
		expect(bytesAt(view, 8)).toBe(hex);
	});

	it("gives whole numbers beyond 2^53 as BigInt, others as numbers", () => {
		expect(at("0020000000000000", "uint64")).toBe(2n ** 53n);
		expect(at("001fffffffffffff", "uint64")).toBe(2 ** 53 - 1);
		expect(at("ffdfffffffffffff", "int64")).toBe(-(2n ** 53n) - 1n);
		expect(at("ffe0000000000000", "int64")).toBe(-(2 ** 53));
	});
});

describe("scale factors", () => {
	it.each([
		[2301, -1, 230.1],
		[-5, -3, -0.005],
		[7, 0, 7],
		[12, 3, 12000],
		[65534, -10, 0.0000065534],
		[3, 10, 3e10],
	])("raw %i, factor %i: %f", (raw, scale, value) => {
		expect(scaled(raw, scale)).toBe(value);
		expect(unscaled(value, scale)).toBe(raw);
	});

	it("rounds to the nearest, halves away from zero", () => {
		expect([0.25, 0.35, -0.25, -0.35, 0.24, -0.24].map((value) => unscaled(value, -1))).toEqual([3, 4, -3, -4, 2, -2]);
	});

	it("brings every raw number back", () => {
		for (let scale = -10; scale <= 10; scale++) {
			for (let raw = -32767; raw < 32768; raw += 37) expect(unscaled(scaled(raw, scale), scale)).toBe(raw);
		}
	});
});
