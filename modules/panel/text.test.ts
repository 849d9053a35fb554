import { describe, expect, it } from "vitest";
import { Canvas, numberWidth, textWidth } from "./canvas";
import { figureFont, kSign, textFont } from "./font";
import { cutText, plainText } from "./letters";
import { energyTo, powerTo, quantityTo } from "./quantities";

/** The lit part of a canvas, as rows of "#" and ".", without what is dark around it. */
function lit(canvas: Canvas): string[] {
	const stride = canvas.width >> 3;
	const rows = Array.from({ length: canvas.height }, (_, y) =>
		Array.from({ length: canvas.width }, (_, x) =>
			canvas.dots[stride * y + (x >> 3)]! & (0x80 >> (x & 7)) ? "#" : ".",
		).join(""),
	);
	const used = rows.filter((row) => row.includes("#"));
	const from = Math.min(...used.map((row) => row.indexOf("#")));
	const to = Math.max(...used.map((row) => row.lastIndexOf("#")));
	return used.map((row) => row.slice(from, to + 1));
}

/** What a drawing function leaves is the same as what this text would. */
function expectText(draw: (canvas: Canvas) => void, text: string): void {
	const drawn = new Canvas(128, 64);
	draw(drawn);
	const expected = new Canvas(128, 64);
	expected.text(textFont, 20, 20, text);
	expect(lit(drawn)).toEqual(lit(expected));
}

describe("fonts", () => {
	it("have every sign that a page may write, each with a dot", () => {
		for (let code = 33; code < 127; code++) {
			const at = code - textFont.first;
			const rows = textFont.rows.subarray(at * 8, at * 8 + 8);
			expect(textFont.widths[at], String.fromCharCode(code)).toBeGreaterThan(0);
			expect(
				rows.some((row) => row !== 0),
				String.fromCharCode(code),
			).toBe(true);
		}
		for (const sign of Object.values(kSign)) expect(textWidth(textFont, sign)).toBeGreaterThan(3);
		expect(textWidth(figureFont, "0123456789")).toBe(10 * 8 + 9 * 2);
		expect(numberWidth(figureFont, 8888, 0)).toBe(numberWidth(figureFont, 1111, 0));
	});

	it("no two letters or figures look the same", () => {
		const seen = new Map<string, string>();
		for (let code = 33; code < 127; code++) {
			const picture = Array.from(textFont.rows.subarray((code - 1) * 8, (code - 1) * 8 + 8)).join();
			const sign = String.fromCharCode(code);
			expect(seen.get(picture) ?? "", sign).toBe("");
			seen.set(picture, sign);
		}
	});
});

describe("canvas", () => {
	it("draws a glyph at any column as at any other, and leaves its neighbours alone", () => {
		const at0 = new Canvas(64, 16);
		at0.text(textFont, 0, 0, "Wg");
		for (let x = 1; x < 40; x++) {
			const canvas = new Canvas(64, 16);
			canvas.text(textFont, x, x % 8, "Wg");
			expect(lit(canvas)).toEqual(lit(at0));
		}
		const full = new Canvas(64, 16);
		full.fill(0, 0, 64, 16);
		full.text(textFont, 13, 3, "Wg");
		expect(full.dots.every((byte) => byte === 255)).toBe(true);
	});

	it("leaves out what would lie outside, whole glyphs at a time", () => {
		const canvas = new Canvas(64, 16);
		canvas.text(textFont, 60, 0, "W");
		canvas.text(textFont, -2, 0, "W");
		canvas.text(textFont, 0, 12, "W");
		canvas.text(figureFont, 10, 4, "1");
		expect(canvas.dots.every((byte) => byte === 0)).toBe(true);
		canvas.fill(-5, -5, 200, 200);
		expect(canvas.dots.every((byte) => byte === 255)).toBe(true);
		canvas.invert(3, 2, 200, 3);
		expect(canvas.dots[8 * 2]).toBe(0b11100000);
	});

	it.each([
		[0, 0, "0"],
		[7, 0, "7"],
		[999.4, 0, "999"],
		[-12.34, 1, "-12.3"],
		[-0.04, 1, "0.0"],
		[9.996, 2, "10.00"],
		[0.05, 2, "0.05"],
		[100, 0, "100"],
		[1203.5, 1, "1203.5"],
		[Number.NaN, 1, kSign.dash],
	])("writes %d with %d places as text of it would be", (value, decimals, text) => {
		expectText((canvas) => canvas.number(textFont, 5, 5, value, decimals), text);
		expect(numberWidth(textFont, value, decimals)).toBe(textWidth(textFont, text));
	});
});

describe("quantities", () => {
	const parts = (draw: (canvas: Canvas) => void, number: string, unit: string): void => {
		const drawn = new Canvas(128, 64);
		draw(drawn);
		const expected = new Canvas(128, 64);
		expected.textTo(textFont, 100, 10, unit);
		expected.textTo(textFont, unit === "" ? 100 : 100 - textWidth(textFont, unit) - 3, 10, number);
		expect(drawn.dots).toEqual(expected.dots);
	};

	it.each([
		[0, "0", "W"],
		[999.4, "999", "W"],
		[999.6, "1.00", "kW"],
		[-1234, "-1.23", "kW"],
		[9996, "10.0", "kW"],
		[99_960, "100", "kW"],
		[Number.NaN, kSign.dash, ""],
	])("%d W", (watts, number, unit) => {
		parts((canvas) => void powerTo(canvas, 100, 10, watts), number, unit);
	});

	it("energies and other units", () => {
		parts((canvas) => void energyTo(canvas, 100, 10, 3420), "3.42", "kWh");
		parts((canvas) => void energyTo(canvas, 100, 10, 12), "12", "Wh");
		parts((canvas) => void quantityTo(canvas, 100, 10, 230.44, 1, "V"), "230.4", "V");
		parts((canvas) => void quantityTo(canvas, 100, 10, Number.NaN, 1, "V"), kSign.dash, "");
	});
});

describe("names", () => {
	it.each([
		["Akello", "Akello"],
		["Müller-Ødegård", "Muller-Odegard"],
		["Ɗan Ŋkomo", "Dan Nkomo"],
		["Nguyễn Thị Ánh", "Nguyen Thi Anh"],
		["Žižek “d’Or”", 'Zizek "d\'Or"'],
		["Zoe\u0308 a\u200bb", "Zoe ab"],
		["tab\there", "tab here"],
		["Haus 🏠 3", "Haus ? 3"],
		["Why?", "Why?"],
	])("%s becomes %s", (name, plain) => {
		expect(plainText(name, "home-1")).toBe(plain);
	});

	it("gives way to the id in another script", () => {
		expect(plainText("አበበ ብቂላ", "home-3")).toBe("home-3");
		expect(plainText("Дом")).toBe("???");
	});

	it("is cut where it is too wide, never in front of its sign", () => {
		const name = "Nakato Ssemakula-Byaruhanga";
		for (let width = 12; width < 160; width += 7) {
			const cut = cutText(textFont, name, width);
			expect(textWidth(textFont, cut)).toBeLessThanOrEqual(width);
			expect(cut === name || cut.endsWith(kSign.cut)).toBe(true);
			expect(cut).not.toMatch(/ .$/);
		}
		expect(cutText(textFont, "Akello", 127)).toBe("Akello");
	});
});
