import { beforeEach, describe, expect, it } from "vitest";
import { fuzzReply } from "../../test/fakes/framer-fuzz";
import { ask, clock, encoded, fresh, judged, line, open, record, seen } from "../../test/fakes/serial-client";
import { fromHex, toHex } from "../base/bytes";
import { isIntactJk, JkFramer, jkAt, jkBytes, jkSize, sealJk } from "./jk";

/** What a board of 14 cells answered: syssi/esphome-jk-bms:README.md, "Request / Response example". */
const readAll = "4E 57 00 13 00 00 00 00 06 03 00 00 00 00 00 00 68 00 00 01 29";
const answer = fromHex(`
	4E 57 01 1B 00 00 00 00 06 00 01
	79 2A 01 0E ED 02 0E FA 03 0E F7 04 0E EC 05 0E F8 06 0E FA 07 0E F1 08 0E F8 09 0E E3 0A 0E FA 0B 0E F1 0C 0E FB
	0D 0E FB 0E 0E F2
	80 00 1D 81 00 1E 82 00 1C 83 14 EF 84 80 D0 85 0F 86 02 87 00 04 89 00 00 00 00 8A 00 0E 8B 00 00 8C 00 07
	8E 16 26 8F 10 AE 90 0F D2 91 0F A0 92 00 05 93 0B EA 94 0C 1C 95 00 05 96 01 2C 97 00 07 98 00 03 99 00 05 9A 00 05
	9B 0C E4 9C 00 08 9D 01 9E 00 5A 9F 00 46 A0 00 64 A1 00 64 A2 00 14 A3 00 46 A4 00 46 A5 FF EC A6 FF F6 A7 FF EC
	A8 FF F6 A9 0E AA 00 00 00 0E AB 01 AC 01 AD 04 11 AE 01 AF 01 B0 00 0A B1 14
	B2 31 32 33 34 35 36 00 00 00 00 B3 00 B4 49 6E 70 75 74 20 55 73 B5 32 31 30 31 B6 00 00 E2 00
	B7 48 36 2E 58 5F 5F 53 36 2E 31 2E 33 53 5F 5F B8 00 B9 00 00 00 00
	BA 42 54 33 30 37 32 30 32 30 31 32 30 30 30 30 32 30 30 35 32 31 30 30 31 C0 01
	00 00 00 00 68 00 00 54 D1`);

const all = record(6, jkBytes());
const chargeSwitch = record(0xab, 1, { request: "0000" });

/** An answer of the board with these data. */
function reply(command: number, data: string): Uint8Array {
	const out = new Uint8Array(400);
	const bytes = fromHex(data);
	out.set(bytes, 11);
	return out.slice(0, sealJk(out, 11 + bytes.length, command, 0, 1));
}

beforeEach(fresh);

describe("read all", () => {
	it("is asked for as the example does", () => {
		expect(toHex(encoded(new JkFramer(), all))).toBe(readAll.toLowerCase());
	});

	it("gives every value of a real board its place", () => {
		const framer = new JkFramer();
		encoded(framer, all);
		expect(judged(framer, answer)).toMatch(/^reply 0eed0efa/);
		const at = (id: number) => framer.payload.getUint16(jkAt(id));
		expect(framer.payloadBytes).toBe(jkBytes());
		expect(framer.payload.getUint16(2 * 13)).toBe(0x0ef2);
		expect(framer.payload.getUint16(2 * 14)).toBe(0);
		expect(at(0x83)).toBe(5359);
		expect(at(0x84)).toBe(0x80d0);
		expect(framer.payload.getUint8(jkAt(0x85))).toBe(15);
		expect(framer.payload.getInt16(jkAt(0xa5))).toBe(-20);
		expect(framer.payload.getUint8(jkAt(0xc0))).toBe(1);
		expect(jkAt(0xc0) + jkSize(0xc0)).toBe(jkBytes());
	});

	it("comes in pieces, behind noise, and is not taken when a byte is wrong or a list does not end with the frame", () => {
		const framer = new JkFramer();
		encoded(framer, all);
		for (let length = 1; length < answer.length; length += 7) {
			expect(judged(framer, answer.subarray(0, length))).toBe("more");
		}
		expect(judged(framer, Uint8Array.of(0x4e, 0, ...answer))).toMatch(/^reply/);
		const broken = answer.slice();
		broken[100]! ^= 4;
		expect(judged(framer, broken)).toBe("garbled");
		expect(judged(framer, reply(6, "80 00 1d 83 14"))).toBe("garbled");
		expect(judged(framer, reply(6, "79 2a 01 0e ed"))).toBe("garbled");
		expect(judged(framer, fromHex(readAll))).toBe("foreign");
		expect(judged(framer, fromHex("4e 57 ff ff 00 00"))).toBe("noise");
	});

	it("takes what stands before an id that nobody knows, and not what follows", () => {
		const framer = new JkFramer();
		encoded(framer, all);
		expect(judged(framer, reply(6, "85 2a f0 01 86 09"))).toMatch(/^reply/);
		expect(framer.payload.getUint8(jkAt(0x85))).toBe(42);
		expect(framer.payload.getUint8(jkAt(0x86))).toBe(0);
	});

	it("spoilt in any way is never taken", () => {
		fuzzReply(new JkFramer(), { unit: 1, record: all }, answer, 3, 1000);
	});
});

describe("a write", () => {
	it("sends the password, waits 150 ms, and writes", () => {
		open(new JkFramer(), { link: { io: line.io, port: "sim:a", baud: 115200 } });
		line.onSent = (sent) => line.feed(reply(sent[8]!, toHex(sent.subarray(11, 12))));
		ask(chargeSwitch, { values: [0] });
		clock.advance(100);
		expect(line.sent).toHaveLength(1);
		expect(seen).toEqual([]);
		clock.advance(100);
		expect(seen).toMatchObject([{ status: "ok", data: "" }]);
		expect(line.sent.map((sent) => toHex(sent.subarray(8, sent.length - 9)))).toEqual([
			"05 02 02 00 00",
			"02 02 02 ab 00",
		]);
		for (const sent of line.sent) expect(isIntactJk(sent, 0, sent.length)).toBe(true);
		expect(line.begunMs[1]! - line.begunMs[0]!).toBeGreaterThanOrEqual(150);
	});

	it("without an answer to the password writes nothing", () => {
		open(new JkFramer(), { timeoutMs: 100, retries: 1 });
		ask(chargeSwitch, { values: [1] });
		clock.advance(2000);
		expect(seen).toMatchObject([{ status: "timeout", attempts: 2 }]);
		expect(line.sent.map((sent) => sent[8])).toEqual([5, 5]);
	});

	it("of anything else than a setting is refused", () => {
		const framer = new JkFramer();
		const check =
			(key: number, values?: number[], request = "0000") =>
			() =>
				framer.check({ unit: 1, record: record(key, 1, { request }), values });
		expect(check(0x83, [1, 2])).toThrow(/key 131 is not written/);
		expect(check(0xab, [1, 2])).toThrow(/2 bytes to write, allowed 1 to 1/);
		expect(check(0xab, [1], "zz")).toThrow(/password "zz"/);
		expect(check(0xab)).toThrow(/key 171 is not read; allowed 6/);
	});
});
