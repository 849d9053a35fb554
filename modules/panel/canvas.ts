import { type Font, kSign } from "./font";

/**
 * The one picture that the panel draws in, over and over: a bit a dot, rows from the top, the leftmost dot in the
 * highest bit. Drawing makes no objects. What would lie outside is left out; a glyph is drawn whole or not at all.
 */
export class Canvas {
	readonly width: number;
	readonly height: number;
	readonly dots: Uint8Array;
	/** Where the point 0, 0 of the drawing lies: the picture moves a little, so that no dot is always lit. */
	left = 0;
	top = 0;
	#stride: number;

	/** The width must be a multiple of 8. */
	constructor(width: number, height: number) {
		this.width = width;
		this.height = height;
		this.#stride = width >> 3;
		this.dots = new Uint8Array(this.#stride * height);
	}

	clear(): void {
		this.dots.fill(0);
	}

	/** Returns where the next glyph would begin. */
	text(font: Font, x: number, y: number, text: string): number {
		for (let i = 0; i < text.length; i++) x = this.glyph(font, x, y, text.charCodeAt(i));
		return x;
	}

	/** Ends before `right`. */
	textTo(font: Font, right: number, y: number, text: string): void {
		this.text(font, right - textWidth(font, text), y, text);
	}

	/**
	 * A number with `decimals` places, rounded, without making a string of it; NaN is the dash that stands for no value.
	 * Returns where the next glyph would begin.
	 */
	number(font: Font, x: number, y: number, value: number, decimals: number): number {
		if (Number.isNaN(value)) return this.glyph(font, x, y, dashOf(font));
		let scaled = Math.round(Math.abs(value) * tens(decimals));
		if (value < 0 && scaled > 0) x = this.glyph(font, x, y, 45);
		let unit = tens(decimals);
		while (scaled >= unit * 10) unit *= 10;
		for (let place = unit; place >= 1; place /= 10) {
			const digit = Math.floor(scaled / place);
			scaled -= digit * place;
			x = this.glyph(font, x, y, 48 + digit);
			if (decimals > 0 && place === tens(decimals)) x = this.glyph(font, x, y, 46);
		}
		return x;
	}

	/** Ends before `right`. */
	numberTo(font: Font, right: number, y: number, value: number, decimals: number): void {
		this.number(font, right - numberWidth(font, value, decimals), y, value, decimals);
	}

	/** Returns where the next glyph would begin; a code that the font does not have takes no room. */
	glyph(font: Font, x: number, y: number, code: number): number {
		const at = code - font.first;
		const width = font.widths[at];
		if (width === undefined || width === 0) return x;
		const height = font.height;
		const column = x + this.left;
		const row = y + this.top;
		if (column >= 0 && row >= 0 && column + width <= this.width && row + height <= this.height) {
			const { rows } = font;
			const dots = this.dots;
			const stride = this.#stride;
			const shift = column & 7;
			let to = row * stride + (column >> 3);
			let from = at * height;
			const end = from + height;
			// most rows of most glyphs lie in one byte
			if (shift + width <= 8) {
				for (; from < end; from++) {
					const bits = rows[from]!;
					if (bits !== 0) dots[to] = dots[to]! | (bits >> (shift + 8));
					to += stride;
				}
			} else {
				for (; from < end; from++) {
					const bits = rows[from]!;
					if (bits !== 0) {
						const moved = (bits << 8) >> shift;
						dots[to] = dots[to]! | (moved >> 16);
						dots[to + 1] = dots[to + 1]! | (moved >> 8);
						if ((moved & 0xff) !== 0) dots[to + 2] = dots[to + 2]! | moved;
					}
					to += stride;
				}
			}
		}
		return x + width + font.gap;
	}

	/** A filled rectangle. */
	fill(x: number, y: number, width: number, height: number): void {
		this.#rectangle(x, y, width, height, 1);
	}

	/** Every second dot of a row. */
	rule(y: number, width: number): void {
		const row = y + this.top;
		for (let x = this.left; x < this.left + width; x += 2) this.#set(x, row);
	}

	/** What is dark becomes lit, what is lit becomes dark. */
	invert(x: number, y: number, width: number, height: number): void {
		this.#rectangle(x, y, width, height, 0);
	}

	/** An empty rectangle with a line of one dot. */
	box(x: number, y: number, width: number, height: number): void {
		this.fill(x, y, width, 1);
		this.fill(x, y + height - 1, width, 1);
		this.fill(x, y + 1, 1, height - 2);
		this.fill(x + width - 1, y + 1, 1, height - 2);
	}

	#rectangle(x: number, y: number, width: number, height: number, lit: 0 | 1): void {
		const fromX = Math.max(0, x + this.left);
		const toX = Math.min(this.width, x + this.left + width);
		const toY = Math.min(this.height, y + this.top + height);
		const dots = this.dots;
		for (let row = Math.max(0, y + this.top); row < toY; row++) {
			for (let at = fromX; at < toX; ) {
				const index = row * this.#stride + (at >> 3);
				const count = Math.min(8 - (at & 7), toX - at);
				const mask = ((0xff00 >> count) & 0xff) >> (at & 7);
				dots[index] = lit ? dots[index]! | mask : dots[index]! ^ mask;
				at += count;
			}
		}
	}

	#set(x: number, row: number): void {
		if (x < 0 || row < 0 || x >= this.width || row >= this.height) return;
		const index = row * this.#stride + (x >> 3);
		this.dots[index] = this.dots[index]! | (0x80 >> (x & 7));
	}
}

/** In dots, without a gap at the end. */
export function textWidth(font: Font, text: string): number {
	let width = 0;
	for (let i = 0; i < text.length; i++) width += advance(font, text.charCodeAt(i));
	return width - (width > 0 ? font.gap : 0);
}

/** Of what `Canvas.number` draws. */
export function numberWidth(font: Font, value: number, decimals: number): number {
	if (Number.isNaN(value)) return advance(font, dashOf(font)) - font.gap;
	const scaled = Math.round(Math.abs(value) * tens(decimals));
	let digits = decimals + 1;
	for (let limit = tens(decimals) * 10; scaled >= limit; limit *= 10) digits++;
	let width = digits * advance(font, 48);
	if (decimals > 0) width += advance(font, 46);
	if (value < 0 && scaled > 0) width += advance(font, 45);
	return width - font.gap;
}

function advance(font: Font, code: number): number {
	const width = font.widths[code - font.first];
	return width ? width + font.gap : 0;
}

/** The text font has a sign for it, that of figures has it in the place of the colon. */
function dashOf(font: Font): number {
	return font.first === 1 ? kSign.dash.charCodeAt(0) : 58;
}

function tens(decimals: number): number {
	return decimals === 0 ? 1 : decimals === 1 ? 10 : decimals === 2 ? 100 : 1000;
}
