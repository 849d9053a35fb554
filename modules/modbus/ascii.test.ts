import { beforeEach, describe, expect, it } from "vitest";
import { ask, client, clock, fresh, line, open, seen } from "../../test/fakes/rtu-client";
import { fromHex } from "../base/bytes";
import { encodeAscii, lineOf } from "./ascii";
import { FRAME_BYTES, UNIT_AT } from "./pdu";

beforeEach(fresh);

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes.map((code) => code & 0x7f));

/** The frame of unit and PDU, its characters of 8 bits. */
function frame(hex: string): Uint8Array {
	const bytes = fromHex(hex);
	const frame = new Uint8Array(FRAME_BYTES);
	frame.set(bytes, UNIT_AT);
	const out = new Uint8Array(600);
	return out.slice(0, encodeAscii(frame, UNIT_AT + bytes.length, out, "none"));
}

const speak = (options = {}) =>
	open({ link: { io: line.io, port: "sim:a", ascii: 8 }, retries: 0, timeoutMs: 100, ...options });

describe("frames", () => {
	it("are those of Delta's manual for the MS300: 0103 2102 0002 with LRC D7", () => {
		// the example of ASCII mode in the manuals of Delta VFD drives
		expect(text(frame("01 03 21 02 00 02"))).toBe(":010321020002D7\r\n");
		expect(text(frame("01 03 04 17 70 00 00"))).toBe(":01030417700000 71\r\n".replace(" ", ""));
	});

	it("go out and come back", () => {
		speak();
		line.onSent = () => line.feed(frame("01 03 02 12 34"));
		ask({ address: 0x2102 });
		clock.advance(100);
		expect(text(line.sent[0]!)).toBe(":010321020001D8\r\n");
		expect(seen).toMatchObject([{ status: "ok", data: "1234", count: 1 }]);
	});

	it("refuse, and are written", () => {
		speak();
		line.onSent = (sent) => line.feed(text(sent).startsWith(":0106") ? sent : frame("01 83 02"));
		ask({ address: 5 });
		ask({ function: 6, values: [18], address: 0x2000 });
		clock.advance(200);
		expect(seen).toMatchObject([{ status: "exception", exception: 2 }, { status: "ok" }]);
	});

	it("come in pieces, behind noise and in small letters", () => {
		speak();
		line.onSent = () => {
			line.feed(ascii("x:01:010302"));
			line.feed(ascii("12abbd\r"));
			clock.setTimer(() => line.feed(ascii("\n")), 20);
		};
		const mine = ask();
		clock.advance(200);
		line.onSent = () => line.feed(ascii(":010302 12AB3D\r\n".replace(" ", "").replace("3D", "3E")));
		ask();
		clock.advance(300);
		expect(mine).toMatchObject([{ status: "garbled" }]);
		line.onSent = () => {
			line.feed(ascii("?:010302"));
			line.feed(ascii("12ab3d\r\n"));
		};
		ask();
		clock.advance(300);
		expect(seen.at(-1)).toMatchObject({ status: "ok", data: "12ab" });
	});

	it.each([
		["of another unit", frame("02 03 02 12 34"), "foreign"],
		["of another length", frame("01 03 04 12 34 56 78"), "foreign"],
		["with a wrong LRC", ascii(":010302123400\r\n"), "garbled"],
		["with a letter that is no digit", ascii(":0103021G34B4\r\n"), "garbled"],
		["without its return", ascii(":0103021234B4\n"), "garbled"],
		["cut off", ascii(":01030212"), "garbled"],
	])("%s are none for us", (_name, bytes, status) => {
		speak();
		line.onSent = () => line.feed(bytes);
		ask();
		clock.advance(400);
		expect(seen).toMatchObject([{ status }]);
	});

	it("of the longest read fit", () => {
		speak({ timeoutMs: 1000 });
		const reply = frame(`01 03 fa ${"12 34".repeat(125)}`);
		line.onSent = () => {
			line.feed(reply.subarray(0, 400));
			line.feed(reply.subarray(400));
		};
		ask({ count: 125 });
		clock.advance(2000);
		expect(seen).toMatchObject([{ status: "ok", count: 125 }]);
		expect(client.counters.ok).toBe(1);
	});
});

describe("characters of 7 bits", () => {
	it("are those of a line of 8 bits, whose highest is a stop bit or the parity", () => {
		expect(lineOf({ parity: "none", stop: 2 }, 7)).toEqual({ line: { parity: "none", stop: 1 }, eighth: "stop" });
		expect(lineOf({ parity: "even", stop: 1 }, 7)).toEqual({ line: { parity: "none", stop: 1 }, eighth: "even" });
		expect(lineOf({ parity: "odd", stop: 2 }, 7)).toEqual({ line: { parity: "none", stop: 2 }, eighth: "odd" });
		expect(lineOf({ parity: "even", stop: 1 }, 8)).toEqual({ line: { parity: "even", stop: 1 }, eighth: "none" });
		expect(() => lineOf({ parity: "none", stop: 1 }, 7)).toThrow(/2 stop bits/);
	});

	it.each([
		["stop", (code: number) => code | 0x80],
		["even", (code: number) => parity(code, 0)],
		["odd", (code: number) => parity(code, 1)],
	] as const)("%s bit", (eighth, wanted) => {
		const link = { io: line.io, port: "sim:a", ascii: 7 as const };
		open({ link: eighth === "stop" ? { ...link, stop: 2 } : { ...link, parity: eighth }, retries: 0, timeoutMs: 100 });
		line.onSent = () => line.feed(frame("01 03 02 12 34").map(wanted));
		ask();
		clock.advance(100);
		expect([...line.sent[0]!]).toEqual([...frame("01 03 00 00 00 01").map(wanted)]);
		expect(seen).toMatchObject([{ status: "ok", data: "1234" }]);
		expect(line.options).toMatchObject({ stop: 1 });
		expect(line.options!.parity ?? "none").toBe("none");
	});
});

/** The code with an eighth bit that makes the number of ones even (0) or odd (1). */
function parity(code: number, rest: number): number {
	const ones = code.toString(2).split("1").length - 1;
	return ones % 2 === rest ? code : code | 0x80;
}
