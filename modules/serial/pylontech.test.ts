import { beforeEach, describe, expect, it } from "vitest";
import { fuzzReply } from "../../test/fakes/framer-fuzz";
import { ask, clock, encoded, fresh, judged, line, open, record, seen } from "../../test/fakes/serial-client";
import { fromHex } from "../base/bytes";
import { PylontechFramer, putHex, sealPylontech } from "./pylontech";

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** An answer of a pack with these bytes of INFO. */
function answer(unit: number, info: string, code = 0): Uint8Array {
	const out = new Uint8Array(512);
	let at = 13;
	for (const byte of fromHex(info)) at = putHex(out, at, byte, 2);
	return out.slice(0, sealPylontech(out, at, unit, code));
}

/** A request and its answer in Interster/PylonTechBattery:README.md, there as hexadecimal. */
const request = "~20014642E00201FD35\r";
const analog = fromHex(`
	7E 32 30 30 31 34 36 30 30 43 30 36 45 31 31 30 31 30 46 30 44 34 35 30 44 34 34 30 44 34 35 30 44 34 34 30 44 34 35
	30 44 34 34 30 44 33 45 30 44 34 35 30 44 34 41 30 44 34 41 30 44 34 42 30 44 34 41 30 44 34 41 30 44 34 41 30 44 34 41
	30 35 30 42 43 33 30 42 43 33 30 42 43 33 30 42 43 44 30 42 43 44 30 30 30 30 43 37 32 35 42 46 36 38 30 32 43 33 35
	30 30 30 30 32 45 35 35 33 0D`);

const r42 = record(0x42, 69, { least: 63 });

beforeEach(fresh);

describe("telegrams", () => {
	it("of requests are as published", () => {
		expect(text(encoded(new PylontechFramer(), r42, undefined, 1))).toBe(request);
		// mletenay and others ask with these
		expect(text(encoded(new PylontechFramer(), r42, undefined, 2))).toBe("~20024642E00202FD33\r");
		expect(text(encoded(new PylontechFramer(), record(0x93, 17), undefined, 2))).toBe("~20024693E00202FD2D\r");
		expect(text(encoded(new PylontechFramer(), record(0x61, 49), undefined, 2))).toBe("~200246610000FDAB\r");
		expect(text(encoded(new PylontechFramer(), record(0x63, 9), undefined, 2))).toBe("~200246630000FDA9\r");
	});

	it("of a published answer: 15 cells and 5 temperatures in 16 and 8 places, what follows behind them", () => {
		const framer = new PylontechFramer();
		encoded(framer, r42, undefined, 1);
		expect(judged(framer, analog)).toMatch(/^reply 11010f0d45/);
		const { payload } = framer;
		expect(payload.getUint16(3 + 2 * 14)).toBe(0x0d4a);
		expect(payload.getUint16(3 + 2 * 15)).toBe(0xffff);
		expect(payload.getUint8(35)).toBe(5);
		expect(payload.getUint16(36)).toBe(0x0bc3);
		expect(payload.getUint16(46)).toBe(0xffff);
		expect(payload.getInt16(52)).toBe(0);
		expect(payload.getUint16(54)).toBe(0xc725);
		expect(payload.getUint16(56)).toBe(0xbf68);
		expect(payload.getUint8(58)).toBe(2);
		expect(payload.getUint16(59)).toBe(0xc350);
		expect(payload.getUint16(61)).toBe(2);
		expect(framer.payloadBytes).toBe(63);
	});

	it("of alarms: cells and temperatures in 16 and 8 places of one byte", () => {
		const framer = new PylontechFramer();
		encoded(framer, record(0x44, 36), undefined, 2);
		expect(judged(framer, answer(2, "00 02 03 000102 02 f000 00 01 02 11 22 33 44 55"))).toBe(
			`reply 000203000102${"ff".repeat(13)}02f000${"ff".repeat(6)}0001021122334455`,
		);
	});

	it("with more cells than places lose those, not what follows", () => {
		const framer = new PylontechFramer();
		encoded(framer, record(0x44, 36), undefined, 2);
		expect(judged(framer, answer(2, `00 02 12 ${"01".repeat(18)} 00 07 08 09 11 22 33 44 55`))).toBe(
			`reply 000212${"01".repeat(16)}00${"ff".repeat(8)}0708091122334455`,
		);
	});
});

describe("a value of the management block", () => {
	const r94 = record(0x94, 9);
	const limits = "02 d2f0 afc8 01f4 fe0c c0";

	it("is written with the others as they were read", () => {
		open(new PylontechFramer(), { link: { io: line.io, port: "sim:a", baud: 115200 } });
		line.onSent = (sent) => line.feed(text(sent).startsWith("~20024692") ? answer(2, limits) : answer(2, ""));
		ask(r94, { unit: 2, values: [0, 0x64], at: 5 });
		clock.advance(100);
		expect(seen).toMatchObject([{ status: "ok", data: "" }]);
		expect(line.sent.map((sent) => text(sent).slice(7, -5))).toEqual(["92E00202", "94B01402D2F0AFC80064FE0CC0"]);
	});

	it("is not written when the block cannot be read", () => {
		open(new PylontechFramer(), { retries: 0, timeoutMs: 50 });
		line.onSent = () => line.feed(answer(2, "", 4));
		ask(r94, { unit: 2, values: [0, 0x64], at: 5 });
		clock.advance(100);
		expect(seen).toMatchObject([{ status: "exception", exception: 1 }]);
		expect(line.sent).toHaveLength(1);
	});

	it("has its place in it", () => {
		const check = (at: number, count: number) => () =>
			new PylontechFramer().check({ unit: 2, record: r94, values: Array(count).fill(0), at });
		expect(check(0, 2)).toThrow(/2 bytes at 0 leave the block of 94, 1 to 9/);
		expect(check(9, 2)).toThrow(/leave the block/);
		expect(check(9, 1)).not.toThrow();
	});
});

describe("what is no answer", () => {
	const framer = new PylontechFramer();
	const limits = record(0x63, 9);
	beforeEach(() => void encoded(framer, limits, undefined, 2));

	it.each([
		["another pack", answer(3, "00".repeat(9)), "foreign"],
		["our own request that came back", encoded(new PylontechFramer(), limits, undefined, 2), "foreign"],
		["an answer to a shorter command", answer(2, "00000000"), "foreign"],
		["a checksum the pack found wrong", answer(2, "", 2), "garbled"],
		["an unknown command", answer(2, "", 4), "exception 1"],
		["bad data", answer(2, "", 6), "exception 3"],
		["an address error", answer(2, "", 0x90), "exception 4"],
		["a wrong checksum", ascii("~20024600E00202FD76\r"), "garbled"],
		["a wrong length", ascii("~20024600D00202FD78\r"), "garbled"],
		["a letter that is no digit", ascii("~2002460G0000FDB2\r"), "garbled"],
		["a beginning", ascii("~20024600"), "more"],
		["two beginnings", ascii("~200246~200246"), "more"],
		["chance", ascii("hello\r"), "noise"],
	])("%s", (_name, bytes, verdict) => {
		expect(judged(framer, bytes)).toBe(verdict);
	});

	it("is looked past to the answer behind it", () => {
		const good = answer(2, "d2f0 afc8 01f4 fe0c c0");
		expect(judged(framer, Uint8Array.of(...answer(3, "00"), 0, 13, ...good))).toBe("reply d2f0afc801f4fe0cc0");
	});
});

it("spoilt in any way is never taken for an answer", () => {
	fuzzReply(new PylontechFramer(), { unit: 1, record: r42 }, analog, 4, 1000);
});
