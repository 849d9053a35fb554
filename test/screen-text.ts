/** What a person reads on the panel's screen: its words, found again in the dots. */
import { type Font, figureFont, kSign, textFont } from "../modules/panel/font";

const width = 128;
const height = 64;
const signs: Record<string, string> = {
	[kSign.dash]: "–",
	[kSign.cut]: "…",
	[kSign.tick]: "✓",
	[kSign.cross]: "✗",
	[kSign.bell]: "♪",
};

const isLit = (dots: Uint8Array, x: number, y: number): boolean =>
	x >= 0 && x < width && y >= 0 && y < height && (dots[16 * y + (x >> 3)]! & (0x80 >> (x & 7))) !== 0;

const isDark = (dots: Uint8Array, x: number, y: number, rows: number): boolean => {
	for (let i = 0; i < rows; i++) if (isLit(dots, x, y + i)) return false;
	return true;
};

/** The widest glyph that stands at this place, whole and with nothing beside it. */
function glyphAt(dots: Uint8Array, font: Font, x: number, y: number): { text: string; width: number } | undefined {
	let best = -1;
	let widest = 0;
	for (let at = 0; at < font.widths.length; at++) {
		const size = font.widths[at]!;
		if (size <= widest || !isGlyph(dots, font, at, x, y) || !isDark(dots, x + size, y, font.height)) continue;
		best = at;
		widest = size;
	}
	if (best < 0) return undefined;
	const sign = String.fromCharCode(font.first + best);
	return { text: font === figureFont && sign === ":" ? "–" : (signs[sign] ?? sign), width: widest };
}

function isGlyph(dots: Uint8Array, font: Font, at: number, x: number, y: number): boolean {
	let lit = 0;
	for (let i = 0; i < font.height; i++) {
		const row = font.rows[at * font.height + i]!;
		for (let j = 0; j < font.widths[at]!; j++) {
			const isOn = (row & (0x8000 >> j)) !== 0;
			if (isOn !== isLit(dots, x + j, y + i)) return false;
			if (isOn) lit++;
		}
	}
	return lit > 0;
}

/** A box of seven rows, as wide as its upper line is: "[######....]", ten signs for the whole. */
function barAt(dots: Uint8Array, x: number, y: number): { text: string; width: number } | undefined {
	let size = 0;
	while (isLit(dots, x + size, y) && isLit(dots, x + size, y + 6)) size++;
	if (size < 20 || isDark(dots, x, y + 1, 1) || isDark(dots, x + size - 1, y + 3, 1)) return undefined;
	let filled = 0;
	while (isLit(dots, x + 2 + filled, y + 3)) filled++;
	if (filled > size - 4) filled = size - 4;
	const tenths = Math.round((10 * filled) / (size - 4));
	return { text: `[${"#".repeat(tenths)}${".".repeat(10 - tenths)}]`, width: size };
}

/** The mark before an alarm: five by five dots, full while nobody has seen it. */
function markAt(dots: Uint8Array, x: number, y: number): { text: string; width: number } | undefined {
	let lit = 0;
	for (let i = 0; i < 25; i++) if (isLit(dots, x + (i % 5), y + 1 + Math.floor(i / 5))) lit++;
	const isMark = lit >= 16 && isDark(dots, x + 5, y, 8) && isLit(dots, x, y + 1) && isLit(dots, x + 4, y + 5);
	return isMark && (lit === 25 || lit === 16) ? { text: lit === 25 ? "■" : "□", width: 5 } : undefined;
}

/** The text of a row, or undefined where any dot of it is no part of a sign. */
function rowAt(dots: Uint8Array, y: number): { text: string; height: number } | undefined {
	let text = "";
	let x = 0;
	let dark = 0;
	let rows = 8;
	const add = (found: { text: string; width: number }): void => {
		text += `${dark > 2 && text !== "" ? " " : ""}${found.text}`;
		x += found.width;
		dark = 0;
	};
	// the figures come first, their unit and what else there is at their foot
	let top = y;
	while (x < width) {
		const figure = top === y ? glyphAt(dots, figureFont, x, y) : undefined;
		if (figure && figure.text !== "." && (rows === 14 || text === "")) {
			add(figure);
			rows = 14;
			continue;
		}
		if (figure && rows === 14) {
			add(figure);
			continue;
		}
		if (rows === 14 && top === y && dark > 2) top = y + 6;
		if (rows === 14 && top === y && glyphAt(dots, textFont, x, y + 6)) top = y + 6;
		const found = barAt(dots, x, top) ?? glyphAt(dots, textFont, x, top) ?? markAt(dots, x, top);
		if (found) add(found);
		else if (isDark(dots, x, y, rows)) {
			dark++;
			x++;
		} else return undefined;
	}
	return text === "" ? undefined : { text, height: rows };
}

/**
 * The rows of a picture from the top, each as its words; blanks tell words apart, whatever lies between. A row of which a
 * dot belongs to no sign, as where a word is cut or lies over another, is missing.
 */
export function screenText(dots: Uint8Array): string[] {
	const lines: string[] = [];
	for (let y = 0; y < height - 6; ) {
		const row = rowAt(dots, y);
		if (row) lines.push(row.text);
		y += row?.height ?? 1;
	}
	return lines;
}
