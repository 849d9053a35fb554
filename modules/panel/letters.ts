import { frozen } from "../base/frozen";
import { textWidth } from "./canvas";
import { type Font, kSign } from "./font";

/** The letter under the accent, by code: Latin-1 and Extended-A, Extended-B, letters of Africa's alphabets, Additional. */
const kBases = frozen<readonly (readonly [from: number, letters: string])[]>([
	[
		0xc0,
		"AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty" +
			"AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs",
	],
	[
		0x180,
		"bBBb??OCcDDDd?EEEFfGG?IIKkl?MNnOOo??Pp?????tTtTUuUVYyZzZ????????????DDdLLlNNnAaIiOoUuUuUuUuUueAaAa??GgGgKkOoOo??" +
			"jDDdGg??NnAa????AaAaEeEeIiIiOoOoRrRrUuUuSsTt??Hh?dOoZzAaEeOoOoOoOoYylntjd?ACcLTsz??BU?EeJjQqRrYy",
	],
	[0x250, "a??bo?dd?e?e????g??g????ii?????m??n??o?????????????s????tuuv??????z"],
	[
		0x1e00,
		"AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMmMmMmNnNnNnNnOoOoOoOoPpPpRrRrRrRrSsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVv" +
			"WwWwWwWwWwXxXxYyZzZzZzhtwya???SdAaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEeEeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy??????",
	],
]);

/**
 * A name in what the font has: accents go, a letter without a base becomes "?". A name of another script, which would be
 * question marks for the most part, gives way to `instead` (the device's id, say).
 */
export function plainText(text: string, instead = text): string {
	let plain = "";
	let unknown = 0;
	let known = 0;
	for (const symbol of text) {
		const code = symbol.codePointAt(0)!;
		const letter = code >= 32 && code < 127 ? symbol : baseOf(code);
		plain += letter;
		if (letter === "?" && code !== 63) unknown++;
		else if (letter !== "" && letter !== " ") known++;
	}
	return unknown > known && instead !== text ? plainText(instead) : plain.trim();
}

/** The text, cut where it is wider than `width` dots; then it ends with the sign of three dots. */
export function cutText(font: Font, text: string, width: number): string {
	if (textWidth(font, text) <= width) return text;
	let end = text.length - 1;
	while (end > 0 && textWidth(font, text.slice(0, end).trimEnd() + kSign.cut) > width) end--;
	return text.slice(0, end).trimEnd() + kSign.cut;
}

function baseOf(code: number): string {
	// accents that follow their letter, and what joins or hides letters
	if ((code >= 0x300 && code <= 0x36f) || (code >= 0x200b && code <= 0x200d) || code === 0xfeff) return "";
	if (code === 0xa0 || code === 0x2009 || code === 0x202f || code < 32) return " ";
	if (code === 0x2018 || code === 0x2019 || code === 0x2bc || code === 0x2032) return "'";
	if (code === 0x201c || code === 0x201d || code === 0xab || code === 0xbb) return '"';
	if (code >= 0x2010 && code <= 0x2015) return "-";
	if (code === 0xb0) return kSign.degree;
	for (const [from, letters] of kBases) {
		if (code >= from && code < from + letters.length) return letters.charAt(code - from);
	}
	return "?";
}
