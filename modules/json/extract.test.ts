import { describe, expect, it } from "vitest";
import { utf8Encode } from "../base/bytes";
import { JsonExtractor, type JsonField } from "./extract";
import { kAnyName, kSum, parsePath } from "./path";

const numberAt = (path: string, at = 0): JsonField => ({ path, at, bytes: 8, text: false });

/** The number at a path; "bad" for no JSON. */
function get(path: string, text: string): number | "bad" {
	const one = new JsonExtractor([numberAt(path)], 8);
	return one.extract(utf8Encode(text)) ? one.payload.getFloat64(0) : "bad";
}

function getText(path: string, text: string, bytes = 8): string {
	const one = new JsonExtractor([{ path, at: 0, bytes, text: true }], bytes);
	expect(one.extract(utf8Encode(text))).toBe(true);
	return String.fromCharCode(...new Uint8Array(one.payload.buffer)).replace(/\0+$/, "");
}

it("knows paths", () => {
	expect(parsePath("a.b[0].c")).toEqual([utf8Encode("a"), utf8Encode("b"), 0, utf8Encode("c")]);
	expect(parsePath("switch:0.x[+]")).toEqual([utf8Encode("switch:0"), utf8Encode("x"), kSum]);
	expect(parsePath("*.é")).toEqual([kAnyName, utf8Encode("é")]);
	expect(parsePath("a[1][2]")).toEqual([utf8Encode("a"), 1, 2]);
	expect(parsePath("$")).toEqual([]);
	for (const wrong of ["", ".", "a.", ".a", "a[", "a[x]", "a]", "a[0]b", "[0]", "a[-1]"])
		expect(parsePath(wrong)).toBeUndefined();
	expect(() => get("a..b", "{}")).toThrow("a..b is no path");
});

describe("a number", () => {
	it.each([
		["a", '{"a":1.5}', 1.5],
		["a", ' { "b" : [ {"a":2} ] , "a" : -1e3 } ', -1000],
		["a.b", '{"a":{"b":0}}', 0],
		["a.b", '{"a.b":3}', Number.NaN],
		["a", '{"a":null}', Number.NaN],
		["a", "{}", Number.NaN],
		["a", "[]", Number.NaN],
		["a", '{"a":{}}', Number.NaN],
		["a", '{"a":true}', 1],
		["a", '{"a":false}', 0],
		["a", '{"a":"799"}', 799],
		["a", '{"a":" -2.5 "}', -2.5],
		["a", '{"a":"ON"}', 1],
		["a", '{"a":"Offline"}', 0],
		["a", '{"a":"offgrid"}', Infinity],
		["a", '{"a":""}', Infinity],
		["a", '{"a":"1e999"}', Infinity],
		["a", '{"a":{"v":8.25,"u":"W","d":1}}', 8.25],
		["a", '{"a":{"w":1}}', Number.NaN],
		["a[1]", '{"a":[1,2,3]}', 2],
		["a[3]", '{"a":[1,2,3]}', Number.NaN],
		["a[0]", '{"a":7}', 7],
		["a[1]", '{"a":7}', Number.NaN],
		["a[+]", '{"a":[1,2,3.5]}', 6.5],
		["a[+]", '{"a":[1,null,3.5]}', 4.5],
		["a[+]", '{"a":[]}', Number.NaN],
		["a[+]", '{"a":7}', 7],
		["a", '{"a":[1,2]}', Number.NaN],
		["a[0].b[+].c", '{"a":[{"b":[{"c":1},{"c":2}]},{"b":9}]}', 3],
		["a[0].c", '{"a":{"c":4}}', 4],
		["AC.0.Power.v", '{"AC":{"0":{"Power":{"v":12.5,"u":"W"}}}}', 12.5],
		["*.max_power", '{"114180710360":{"limit_relative":100,"max_power":1500}}', 1500],
		["a\u00e9", '{"a\u00e9":5}', 5],
		["a/b", '{"a\\/b":5}', 5],
		["aéx", '{"a\\u00e9x":5}', 5],
		["$", "42", 42],
		["$", '"ON"', 1],
	])("%s of %s", (path, text, wanted) => {
		expect(get(path, text)).toBe(wanted);
	});

	it("of several paths, each in its own cell", () => {
		const one = new JsonExtractor(
			[numberAt("e.p[0]"), numberAt("e.p[1]", 8), numberAt("e.t", 16), numberAt("x", 24)],
			32,
		);
		expect(one.extract(utf8Encode('{"x":1,"e":{"t":3,"p":[4,5]}}'))).toBe(true);
		expect([0, 8, 16, 24].map((at) => one.payload.getFloat64(at))).toEqual([4, 5, 3, 1]);
		// nothing stays of the document before
		expect(one.extract(utf8Encode('{"e":{"t":9}}'))).toBe(true);
		expect([0, 8, 16, 24].map((at) => one.payload.getFloat64(at))).toEqual([Number.NaN, Number.NaN, 9, Number.NaN]);
	});
});

it("takes text, cut to its cell", () => {
	expect(getText("a", '{"a":"E07000001234"}')).toBe("E0700000");
	expect(getText("a", '{"a":"E07000001234"}', 16)).toBe("E07000001234");
	expect(getText("a", '{"a":12.5}')).toBe("12.5");
	expect(getText("a", '{"a":true}')).toBe("true");
	expect(getText("a", '{"a":null}')).toBe("");
	expect(getText("a", '{"a":"\\u00fc\\n\\"x"}')).toBe('?\n"x');
});

it("takes what is no JSON as a value by itself", () => {
	const one = new JsonExtractor([numberAt("$"), { path: "$", at: 8, bytes: 8, text: true }], 16);
	one.extractPlain(utf8Encode("Online"));
	expect(one.payload.getFloat64(0)).toBe(1);
	expect(String.fromCharCode(...new Uint8Array(one.payload.buffer, 8, 6))).toBe("Online");
	one.extractPlain(utf8Encode("21.5"));
	expect(one.payload.getFloat64(0)).toBe(21.5);
});

it.each([
	"",
	" ",
	"{",
	"}",
	"[",
	"]",
	"{]",
	"[}",
	'{"a"}',
	'{"a":}',
	'{"a":1,}',
	"[1,]",
	"[,1]",
	"{a:1}",
	"01",
	"1.",
	".5",
	"-",
	"+1",
	"1e",
	"1e+",
	"tru",
	"nul",
	"NaN",
	"Infinity",
	'"',
	'"\\x"',
	'"\\u12g4"',
	"1 2",
	"{}{}",
	'{"a":1}x',
	"\ufeff{}",
	"'a'",
	"[1 2]",
	'{"a" 1}',
])("refuses %j", (text) => {
	expect(get("a", text)).toBe("bad");
	expect(() => JSON.parse(text.replace("\ufeff", "?"))).toThrow();
});

it("bounds the depth", () => {
	const nested = (n: number): string => `${"[".repeat(n)}1${"]".repeat(n)}`;
	expect(get("a", nested(32))).toBe(Number.NaN);
	expect(get("a", nested(33))).toBe("bad");
	expect(get("a", "[".repeat(100_000))).toBe("bad");
	expect(get("a", '{"a":'.repeat(100_000))).toBe("bad");
});

/** Some JSON values, the same for each seed. */
function random(seed: number): () => number {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 0x100000000;
	};
}

function anyValue(dice: () => number, depth: number): unknown {
	const pick = Math.floor(dice() * (depth > 3 ? 5 : 7));
	switch (pick) {
		case 0:
			return null;
		case 1:
			return dice() < 0.5;
		case 2:
			return Math.round((dice() - 0.5) * 10 ** Math.floor(dice() * 12)) / 100;
		case 3:
			return (dice() - 0.5) * 1e-9;
		case 4:
			return ["", "on", 'x\\"é\n', "12", "\u{1f600}", "v"][Math.floor(dice() * 6)];
		case 5:
			return Array.from({ length: Math.floor(dice() * 4) }, () => anyValue(dice, depth + 1));
		default:
			return Object.fromEntries(
				Array.from({ length: Math.floor(dice() * 4) }, () => [
					"abcvé\\"[Math.floor(dice() * 6)]!,
					anyValue(dice, depth + 1),
				]),
			);
	}
}

it("agrees with JSON.parse on what is JSON, and on where a plain path leads", () => {
	for (let seed = 1; seed <= 1500; seed++) {
		const dice = random(seed);
		const value = anyValue(dice, 0);
		const text = JSON.stringify(value, undefined, seed % 3 === 0 ? "\t" : undefined);
		for (const path of ["a", "a.b", "b.c", "c.c"]) {
			let wanted = value;
			for (const name of path.split(".")) {
				const inside = typeof wanted === "object" && wanted !== null && !Array.isArray(wanted);
				wanted =
					inside && Object.hasOwn(wanted as object, name) ? (wanted as Record<string, unknown>)[name] : undefined;
			}
			if (typeof wanted === "number") expect(get(path, text), text).toBe(wanted === 0 ? 0 : wanted);
			else expect(get(path, text), text).not.toBe("bad");
		}
		// one byte changed, left out or doubled: both say whether that is still JSON
		const bytes = utf8Encode(text);
		const at = Math.floor(dice() * bytes.length);
		const changed = [...bytes];
		if (seed % 3 === 0) changed[at] = Math.floor(dice() * 128);
		else if (seed % 3 === 1) changed.splice(at, 1);
		else changed.splice(at, 0, bytes[at]!);
		let good = true;
		let spoiled: string;
		try {
			spoiled = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(changed));
		} catch {
			continue;
		}
		// of control characters inside strings this one thinks less
		if (changed.some((byte) => byte < 0x20 && byte !== 9 && byte !== 10)) continue;
		try {
			JSON.parse(spoiled);
		} catch {
			good = false;
		}
		expect(get("a", spoiled) !== "bad", spoiled).toBe(good);
	}
});
