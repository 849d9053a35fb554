import { describe, expect, it } from "vitest";
import { concatBytes, equalBytes, fromHex, toHex, utf8Decode, utf8Encode } from "./bytes";
import { crc16Modbus } from "./crc";
import { configError, show } from "./errors";
import { ManualClock } from "./manual-clock";

describe("crc16Modbus", () => {
	it("gives the catalogue's check value", () => {
		// CRC RevEng catalogue, CRC-16/MODBUS: check 0x4b37
		expect(crc16Modbus(utf8Encode("123456789"))).toBe(0x4b37);
	});
	it("closes a frame to zero, low byte first", () => {
		// Modbus over Serial Line V1.02, 6.2.2 (appendix B): 02 07 -> 41 12
		expect(crc16Modbus(fromHex("02 07"))).toBe(0x1241);
		expect(crc16Modbus(fromHex("02 07 41 12"))).toBe(0);
	});
	it("takes a range", () => expect(crc16Modbus(fromHex("ff 02 07 ff"), 1, 3)).toBe(0x1241));
});

describe("bytes", () => {
	it("writes and reads hex", () => {
		expect(toHex(fromHex("01 0A ff"))).toBe("01 0a ff");
		expect(() => fromHex("0")).toThrow(RangeError);
		expect(() => fromHex("zz")).toThrow("not hex bytes");
	});
	it("joins and compares", () => {
		expect(concatBytes([fromHex("01"), fromHex(""), fromHex("0203")])).toEqual(fromHex("010203"));
		expect(equalBytes(fromHex("0102"), fromHex("0102"))).toBe(true);
		expect(equalBytes(fromHex("0102"), fromHex("0103"))).toBe(false);
		expect(equalBytes(fromHex("0102"), fromHex("010203"))).toBe(false);
	});
	it.each(["", "plain", "Ü ß €", "𝄞 and \u{10ffff}", "\0"])("encodes %j as TextEncoder does", (text) => {
		expect(utf8Encode(text)).toEqual(new TextEncoder().encode(text));
		expect(utf8Decode(utf8Encode(text))).toBe(text);
	});
	it("encodes and decodes long texts, whatever stands at the borders of its pieces", () => {
		for (let length = 60; length < 200; length++) {
			for (const symbol of ["x", "ü", "€", "𝄞"]) {
				const text = `${"a".repeat(length)}${symbol}${"b".repeat(length % 70)}`;
				const bytes = utf8Encode(text);
				expect(equalBytes(bytes, new TextEncoder().encode(text))).toBe(true);
				expect(utf8Decode(bytes)).toBe(text);
				expect(utf8Decode(bytes, length - 1)).toBe(text.slice(length - 1));
			}
		}
	});
	it("replaces lone surrogates as TextEncoder does", () => {
		expect(utf8Encode("a\ud800b")).toEqual(new TextEncoder().encode("a\ud800b"));
	});
	it("judges every two- and three-byte start as TextDecoder does", () => {
		const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
		let refused = 0;
		for (let first = 0; first < 256; first++) {
			for (const rest of ["", "80", "bf", "8080", "9f80", "a080", "7f80", "808080", "8f8080", "908080"]) {
				const bytes = concatBytes([new Uint8Array([first]), fromHex(rest)]);
				let expected: string | undefined;
				try {
					expected = strict.decode(bytes);
				} catch {
					refused++;
				}
				expect(utf8Decode(bytes), toHex(bytes)).toBe(expected);
			}
		}
		expect(refused).toBeGreaterThan(1000);
	});
});

describe("errors", () => {
	it("names place, value and what is allowed", () => {
		const error = configError("buses[0].baud", 9601, "it must be one of 9600, 19200");
		expect(error.message).toBe("buses[0].baud: 9601 is not allowed; it must be one of 9600, 19200");
		expect(error).toMatchObject({ code: "bad-config", origin: "config", retry: "never", place: "buses[0].baud" });
	});
	it("shows any value in few characters", () => {
		const circle: Record<string, unknown> = {};
		circle["self"] = circle;
		expect(show(undefined)).toBe("nothing");
		expect(show(10n)).toBe("10");
		expect(show(circle)).toBe("[object Object]");
		expect(show("x".repeat(100))).toHaveLength(60);
	});
});

describe("ManualClock", () => {
	it("fires in order of due time, then of creation, timers set on the way included", () => {
		const clock = new ManualClock(1000);
		const seen: string[] = [];
		clock.setTimer(() => seen.push(`b${clock.now()}`), 20);
		clock.setTimer(() => {
			seen.push(`a${clock.now()}`);
			clock.setTimer(() => seen.push(`d${clock.now()}`), 5);
		}, 10);
		clock.setTimer(() => seen.push(`c${clock.now()}`), 20);
		const never = clock.setTimer(() => seen.push("never"), 15);
		clock.clearTimer(never);
		clock.advance(20);
		expect(seen).toEqual(["a10", "d15", "b20", "c20"]);
		expect(clock.now()).toBe(20);
		expect(clock.epochMs()).toBe(1020);
	});
});
