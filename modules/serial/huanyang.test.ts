import { beforeEach, describe, expect, it } from "vitest";
import { encoded, fresh, judged, record } from "../../test/fakes/serial-client";
import { withCrc } from "../../test/fixtures/modbus-frames";
import { fromHex, toHex } from "../base/bytes";
import { HuanyangFramer, huanyangKey } from "./huanyang";

beforeEach(fresh);

/** Frames of a HY01D523B as https://unininu.tistory.com/288 logged them. */
const logged = [
	["PD001, in one byte", 1, "04 01 03 01 00 00 6D DB", "04 01 02 01 02 F5 AD", "0002"],
	["PD003", 3, "04 01 03 03 00 00 CC 1B", "04 01 03 03 17 70 C2 0F", "1770"],
	["PD008", 8, "04 01 03 08 00 00 BD D9", "04 01 03 08 08 98 BB B3", "0898"],
	["PD163, in one byte", 163, "04 01 03 A3 00 00 CC 39", "04 01 02 A3 04 0C CF", "0004"],
] as const;

describe("frames of a real drive", () => {
	it.each(logged)("%s", (_name, index, request, reply, payload) => {
		const framer = new HuanyangFramer();
		const frame = encoded(framer, record(huanyangKey(1, index)), undefined, 4);
		expect(toHex(frame)).toBe(request.toLowerCase());
		expect(judged(framer, fromHex(reply))).toBe(`reply ${payload}`);
	});

	it.each([
		["write of PD008", huanyangKey(2, 8), [0x04, 0x4c], "04 02 03 08 04 4C FA EC"],
		["control: forward", huanyangKey(3), [1], "04 03 01 01 31 44"],
	] as const)("%s", (_name, key, values, request) => {
		expect(toHex(encoded(new HuanyangFramer(), record(key), [...values], 4))).toBe(request.toLowerCase());
	});
});

describe("replies", () => {
	const reply = withCrc(fromHex("01 04 03 01 13 88"));
	const status = record(huanyangKey(4, 1));

	function framer(of = status, values?: number[]): HuanyangFramer {
		const one = new HuanyangFramer();
		encoded(one, of, values);
		return one;
	}

	it("is waited for while it is not whole, byte by byte", () => {
		const one = framer();
		for (let length = 0; length < reply.length; length++) {
			expect(judged(one, reply.subarray(0, length))).toBe(length === 0 ? "noise" : "more");
		}
		expect(judged(one, reply)).toBe("reply 1388");
		expect(one.used).toBe(reply.length);
	});

	it("is found behind stray bytes, and kept from its beginning", () => {
		expect(judged(framer(), Uint8Array.of(0, 0xff, 1, ...reply))).toBe("reply 1388");
		const one = framer();
		expect(judged(one, Uint8Array.of(0, 0xff, ...reply.subarray(0, 4)))).toBe("more");
		expect(one.used).toBe(2);
	});

	it("of another index, function or drive is foreign; a broken one is garbled; others are noise", () => {
		expect(judged(framer(), withCrc(fromHex("01 04 03 02 13 88")))).toBe("foreign");
		expect(judged(framer(), withCrc(fromHex("01 01 03 01 13 88")))).toBe("foreign");
		expect(judged(framer(), withCrc(fromHex("02 04 03 01 13 88")))).toBe("foreign");
		const broken = reply.slice();
		broken[5]! ^= 1;
		expect(judged(framer(), broken)).toBe("garbled");
		expect(judged(framer(), fromHex("77 88 99 aa bb cc dd ee"))).toBe("noise");
		expect(judged(framer(), Uint8Array.of(...withCrc(fromHex("01 04 03 02 13 88")), ...reply))).toBe("reply 1388");
	});

	it("of the control and of the frequency have their own lengths", () => {
		expect(judged(framer(record(huanyangKey(3), 1), [1]), withCrc(fromHex("01 03 01 09")))).toBe("reply 09");
		expect(judged(framer(record(huanyangKey(3), 1), [1]), withCrc(fromHex("01 03 02 00 09")))).toBe("foreign");
		const set = record(huanyangKey(5));
		expect(toHex(encoded(new HuanyangFramer(), set, [0x13, 0x88]))).toMatch(/^01 05 02 13 88 /);
		expect(judged(framer(set, [0x13, 0x88]), withCrc(fromHex("01 05 02 13 88")))).toBe("reply 1388");
	});

	it("never come out of chance with a wrong CRC", () => {
		let state = 12345;
		const next = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 16;
		const one = framer();
		for (let round = 0; round < 3000; round++) {
			const bytes = reply.slice();
			const flips = 1 + (next() % 3);
			for (let i = 0; i < flips; i++) bytes[next() % bytes.length]! ^= 1 << (next() % 8);
			const cut = bytes.subarray(0, 1 + (next() % bytes.length));
			const verdict = judged(one, cut);
			if (verdict.startsWith("reply")) expect(toHex(cut)).toBe(toHex(reply));
			expect(one.used).toBeLessThanOrEqual(cut.length);
		}
	});
});

describe("requests", () => {
	it("says what is wrong with one the drive does not have", () => {
		const framer = new HuanyangFramer();
		const check = (key: number | string, values?: number[], request?: string) => () =>
			framer.check({ unit: 1, record: record(key, 2, request === undefined ? {} : { request }), values });
		expect(check("x")).toThrow(/key x, allowed 0 to 1535/);
		expect(check(0)).toThrow(/function 0, allowed 1 to 5/);
		expect(check(huanyangKey(4, 1), [1])).toThrow(/1 bytes to write, allowed 0 to 0/);
		expect(check(huanyangKey(5), [1])).toThrow(/1 bytes to write, allowed 2 to 2/);
		expect(check(huanyangKey(3), [256])).toThrow(/byte 0 to write is 256/);
		expect(check(huanyangKey(3))).toThrow(/control byte "undefined"/);
		expect(check(huanyangKey(3), undefined, "00")).not.toThrow();
		expect(() => framer.check({ unit: 1 })).toThrow(/needs a record/);
	});
});
