/** Text to bytes and back, in Node and on the application's engine, whose strings are UTF-8 with exceptions of its own. */
import { afterAll, describe, expect, it } from "vitest";
import { createTestMachine } from "../hosts/desktop/testing";
import { utf8Decode, utf8Encode } from "../modules/base/bytes";
import { noise } from "./adapters/noise";

interface Bytes extends Record<string, unknown> {
	utf8Encode(text: string): Uint8Array;
	utf8Decode(bytes: Uint8Array, start?: number, end?: number): string | undefined;
}

const machine = createTestMachine();
const xs = machine.importModule<Bytes>("modules/base/bytes");
afterAll(() => machine.finish());

function randomBelow(seed: number): (limit: number) => number {
	const random = noise(seed);
	return (limit) => Math.floor(random() * limit);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decoded(bytes: Uint8Array): string | undefined {
	try {
		return decoder.decode(bytes);
	} catch {
		return undefined;
	}
}

/** The first and the last characters of each length of UTF-8, around surrogates, and halves of pairs by themselves. */
const kUnits = [
	...[0, 1, 0x41, 0x7f, 0x80, 0xe9, 0x7ff, 0x800, 0x20ac, 0xd000, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000],
	...[0xfeff, 0xffff],
].map((code) => String.fromCharCode(code));
const kSymbols = [...kUnits, "\u{10000}", "\u{1f600}", "\u{10ffff}", "\u{40000}"];
/** Every byte that the table of well-formed sequences (Unicode 15, table 3-7) has as a bound, and those beside it. */
const kBytes = [
	...[0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef],
	...[0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xff],
];

describe.each<[string, Bytes]>([
	["Node", { utf8Encode, utf8Decode }],
	["XS", xs],
])("in %s", (_, bytesModule) => {
	it("encodes random texts as TextEncoder does, and decodes them again", () => {
		const below = randomBelow(11);
		for (let round = 0; round < 2000; round++) {
			const symbols = round % 3 === 0 ? kUnits : round % 3 === 1 ? kSymbols.slice(1, 11) : kSymbols;
			let text = "x".repeat(below(70));
			for (let i = below(30); i > 0; i--) text += symbols[below(symbols.length)];
			const expected = encoder.encode(text);
			const bytes = bytesModule.utf8Encode(text);
			expect(Buffer.from(bytes).toString("hex"), JSON.stringify(text)).toBe(Buffer.from(expected).toString("hex"));
			expect(bytesModule.utf8Decode(bytes)).toBe(decoder.decode(expected));
		}
	});

	it("decodes random bytes as a strict TextDecoder does, or refuses them as that does", () => {
		const below = randomBelow(12);
		let refused = 0;
		for (let round = 0; round < 4000; round++) {
			const bytes = Uint8Array.from({ length: 1 + below(6) }, () => kBytes[below(kBytes.length)]!);
			const expected = decoded(bytes);
			if (expected === undefined) refused++;
			expect(bytesModule.utf8Decode(bytes), Buffer.from(bytes).toString("hex")).toBe(expected);
			// in the middle of others, near the border of two halves too
			const among = Uint8Array.of(0xff, 0x41, ...bytes, 0xff);
			expect(bytesModule.utf8Decode(among, 2, among.length - 1)).toBe(expected);
			const [before, after] = [new Uint8Array(30 + below(40)).fill(0x62), new Uint8Array(30 + below(40)).fill(0x63)];
			const long = Uint8Array.of(...before, ...bytes, ...after);
			expect(bytesModule.utf8Decode(long)).toBe(decoded(long));
		}
		expect(refused).toBeGreaterThan(1000);
		expect(refused).toBeLessThan(3900);
	});
});

describe("what the device's engine has and the desktop's is given", () => {
	const native = createTestMachine({
		sources: {
			program: `
			export const encode = (text) => new Uint8Array(ArrayBuffer.fromString(text));
			export const decode = (bytes, ...range) => String.fromArrayBuffer(bytes.buffer, ...range);
			export const refused = (name) => {
				const call = { none: () => String.fromArrayBuffer(), view: () => String.fromArrayBuffer(new Uint8Array(2)),
					text: () => String.fromArrayBuffer("x"), empty: () => ArrayBuffer.fromString(),
					beyond: () => String.fromArrayBuffer(new ArrayBuffer(2), 3),
					longer: () => String.fromArrayBuffer(new ArrayBuffer(2), 1, 2) }[name];
				try { return call() ?? "" } catch (error) { return error.name }
			};`,
		},
	});
	const program = native.importModule<{
		encode(text: string): Uint8Array;
		decode(bytes: Uint8Array, offset?: number, length?: number): string;
		refused(name: string): string;
	}>("program");
	afterAll(() => native.finish());

	it("makes three bytes of a lone surrogate, four of a pair and one of U+0000", () => {
		const hex = (text: string) => Buffer.from(program.encode(text)).toString("hex");
		expect(hex("a\0b")).toBe("610062");
		expect(hex("\u{1f600}")).toBe("f09f9880");
		expect(hex("\ud83d")).toBe("eda0bd");
		expect(hex("\ude00\ud83d")).toBe("edb880eda0bd");
		expect(hex("")).toBe("");
	});

	it("reads a part of a buffer", () => {
		const bytes = encoder.encode("aü\0\u{1f600}");
		expect(program.decode(bytes)).toBe("aü\0\u{1f600}");
		expect(program.decode(bytes, 1, 3)).toBe("ü\0");
		expect(program.decode(bytes, 8)).toBe("");
	});

	it.each([
		["none", "TypeError"],
		["view", "TypeError"],
		["text", "TypeError"],
		["empty", "TypeError"],
		["beyond", "RangeError"],
		["longer", "RangeError"],
	])("refuses what the device refuses: %s", (name, error) => expect(program.refused(name)).toBe(error));
});

it("on XS costs next to nothing for ASCII, however long, and little for what is nearly that", () => {
	const plain = "x".repeat(10_000);
	// what is not all ASCII is looked through for surrogates
	const texts: [text: string, encoding: number, decoding: number][] = [
		[plain, 300, 300],
		[`${plain.slice(0, 5000)}é${plain.slice(5001)}`, 100_000, 10_000],
	];
	for (const [text, encoding, decoding] of texts) {
		const own = createTestMachine({
			sources: {
				program: `
				import { utf8Decode, utf8Encode } from "modules/base/bytes";
				let text, bytes;
				export function keep(given) { text = given; }
				export function encode() { bytes = utf8Encode(text); }
				export function decode() { return utf8Decode(bytes) === text; }`,
			},
		});
		const program = own.importModule<{ keep(text: string): void; encode(): void; decode(): boolean }>("program");
		program.keep(text);
		const before = own.counters().byteCodes;
		program.encode();
		const between = own.counters().byteCodes;
		expect(between - before).toBeLessThan(encoding);
		expect(program.decode()).toBe(true);
		expect(own.counters().byteCodes - between).toBeLessThan(decoding);
		own.finish();
	}
});
