/** Pictures of the panel's screen: golden ones as text, and PNG files for a person to look at. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { expect } from "vitest";
import { root } from "./peers";

const width = 128;
const height = 64;

const isLit = (dots: Uint8Array, x: number, y: number): boolean =>
	(dots[(width >> 3) * y + (x >> 3)]! & (0x80 >> (x & 7))) !== 0;

/** 16 lines of 64 Braille characters, each of 2 x 4 dots: a picture that any editor and any diff shows. */
export function brailleOf(dots: Uint8Array): string {
	// dot numbers of Unicode chapter 21.1, by column and row
	const weights = [1, 2, 4, 64, 8, 16, 32, 128];
	const lines: string[] = [];
	for (let top = 0; top < height; top += 4) {
		let line = "";
		for (let left = 0; left < width; left += 2) {
			let code = 0x2800;
			weights.forEach((weight, i) => {
				if (isLit(dots, left + (i >> 2), top + (i & 3))) code += weight;
			});
			line += String.fromCharCode(code);
		}
		lines.push(line);
	}
	return `${lines.join("\n")}\n`;
}

/** The picture four times as large, with the dots apart, as a display looks from near. */
export function pngOf(dots: Uint8Array, scale = 4): Buffer {
	const columns = width * scale;
	const rows = Buffer.alloc((columns + 1) * height * scale);
	for (let y = 0; y < height * scale; y++) {
		for (let x = 0; x < columns; x++) {
			const edge = x % scale === scale - 1 || y % scale === scale - 1;
			const lit = isLit(dots, Math.floor(x / scale), Math.floor(y / scale));
			rows[y * (columns + 1) + 1 + x] = lit ? (edge ? 120 : 230) : 12;
		}
	}
	return pngFile(columns, height * scale, 0, deflateSync(rows));
}

/** A PNG file of 8 bits a sample; colour type 0 is grey, 2 is red, green, blue. `data` is what its IDAT holds. */
export function pngFile(width: number, height: number, colorType: 0 | 2, data: Buffer): Buffer {
	const chunk = (type: string, body: Buffer): Buffer => {
		const head = Buffer.alloc(8);
		head.writeUInt32BE(body.length);
		head.write(type, 4, "latin1");
		const sum = Buffer.alloc(4);
		sum.writeUInt32BE(crc32(body, crc32(Buffer.from(type, "latin1"))));
		return Buffer.concat([head, body, sum]);
	};
	const header = Buffer.alloc(13);
	header.writeUInt32BE(width);
	header.writeUInt32BE(height, 4);
	header[8] = 8;
	header[9] = colorType;
	const parts = [chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))];
	return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), ...parts]);
}

/**
 * Writes build/screens/NAME.png, and holds the picture against test/fixtures/screens/NAME.txt. With UPDATE_SCREENS=1 that
 * file is written instead: look at the PNG then.
 */
export function expectScreen(name: string, dots: Uint8Array): void {
	mkdirSync(join(root, "build/screens"), { recursive: true });
	writeFileSync(join(root, "build/screens", `${name}.png`), pngOf(dots));
	const path = join(root, "test/fixtures/screens", `${name}.txt`);
	const picture = brailleOf(dots);
	if (process.env["UPDATE_SCREENS"] === "1") writeFileSync(path, picture);
	expect(existsSync(path), `${path} is missing: UPDATE_SCREENS=1 writes it`).toBe(true);
	expect(picture).toBe(readFileSync(path, "utf8"));
}
