/** MD5 (RFC 1321) and SHA-256 (FIPS 180-4), for digest authentication: a few short texts, not bulk data. */
import { toHex } from "../base/bytes";

const md5Sines = makeSines();
const md5Shifts = new Uint8Array([7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]);
const shaRoots = makeRoots();

/** T[i] of RFC 1321, 3.4. */
function makeSines(): Uint32Array {
	const table = new Uint32Array(64);
	for (let i = 0; i < 64; i++) table[i] = Math.floor(Math.abs(Math.sin(i + 1)) * 0x100000000);
	return table;
}

/** First 32 bits of the fractions of the cube roots of the first 64 primes. */
function makeRoots(): Uint32Array {
	const table = new Uint32Array(64);
	let count = 0;
	for (let n = 2; count < 64; n++) {
		let prime = true;
		for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
		if (prime) table[count++] = (Math.cbrt(n) % 1) * 0x100000000;
	}
	return table;
}

/** In 32 small hexadecimal digits. */
export function md5(bytes: Uint8Array): string {
	const blocks = padded(bytes, true);
	let a = 0x67452301;
	let b = 0xefcdab89 | 0;
	let c = 0x98badcfe | 0;
	let d = 0x10325476;
	for (let at = 0; at < blocks.byteLength; at += 64) {
		const [a0, b0, c0, d0] = [a, b, c, d];
		for (let i = 0; i < 64; i++) {
			const round = i >> 4;
			const mix =
				round === 0 ? (b & c) | (~b & d) : round === 1 ? (d & b) | (~d & c) : round === 2 ? b ^ c ^ d : c ^ (b | ~d);
			const word = round === 0 ? i : round === 1 ? 5 * i + 1 : round === 2 ? 3 * i + 5 : 7 * i;
			const sum = (a + mix + md5Sines[i]! + blocks.getUint32(at + 4 * (word & 15), true)) | 0;
			const shift = md5Shifts[4 * round + (i & 3)]!;
			a = d;
			d = c;
			c = b;
			b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
		}
		a = (a + a0) | 0;
		b = (b + b0) | 0;
		c = (c + c0) | 0;
		d = (d + d0) | 0;
	}
	const out = new DataView(new ArrayBuffer(16));
	out.setInt32(0, a, true);
	out.setInt32(4, b, true);
	out.setInt32(8, c, true);
	out.setInt32(12, d, true);
	return toHex(new Uint8Array(out.buffer), "");
}

/** In 64 small hexadecimal digits. */
export function sha256(bytes: Uint8Array): string {
	const blocks = padded(bytes, false);
	const state = new Int32Array([
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	]);
	const w = new Int32Array(64);
	for (let at = 0; at < blocks.byteLength; at += 64) {
		for (let i = 0; i < 16; i++) w[i] = blocks.getInt32(at + 4 * i);
		for (let i = 16; i < 64; i++) {
			const x = w[i - 15]!;
			const y = w[i - 2]!;
			const s0 = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3);
			const s1 = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10);
			w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
		}
		let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
		for (let i = 0; i < 64; i++) {
			const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
			const t1 = (h + s1 + ((e & f) ^ (~e & g)) + shaRoots[i]! + w[i]!) | 0;
			const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
			const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
			h = g;
			g = f;
			f = e;
			e = (d + t1) | 0;
			d = c;
			c = b;
			b = a;
			a = (t1 + t2) | 0;
		}
		const sums = [a, b, c, d, e, f, g, h];
		for (let i = 0; i < 8; i++) state[i] = state[i]! + sums[i]!;
	}
	const out = new DataView(new ArrayBuffer(32));
	for (let i = 0; i < 8; i++) out.setInt32(4 * i, state[i]!);
	return toHex(new Uint8Array(out.buffer), "");
}

function turn(word: number, bits: number): number {
	return (word >>> bits) | (word << (32 - bits));
}

/** The bytes, 0x80, zeros, and the length in bits: whole blocks of 64. */
function padded(bytes: Uint8Array, little: boolean): DataView {
	const size = 64 * Math.ceil((bytes.length + 9) / 64);
	const blocks = new Uint8Array(size);
	blocks.set(bytes);
	blocks[bytes.length] = 0x80;
	const view = new DataView(blocks.buffer);
	const high = Math.floor(bytes.length / 0x20000000);
	view.setUint32(little ? size - 4 : size - 8, high, little);
	view.setUint32(little ? size - 8 : size - 4, (bytes.length << 3) >>> 0, little);
	return view;
}
