import { GridpostError } from "./errors";
import { frozen } from "./frozen";

/**
 * Decompresses raw DEFLATE (RFC 1951): what lies compressed in flash and is needed once in a while. It decodes by counting
 * codes of each length, so it needs no tables beyond the code lengths of the block: 1.5 KB while it runs. Throws
 * GridpostError "bad-data" for what is none, ends early, or gives more than `most` bytes.
 */
export function inflate(data: Uint8Array, most: number): Uint8Array {
	return new Inflater(data, most).run();
}

const kLengthBase = frozen([
	3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]);
const kLengthBits = frozen([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]);
const kDistanceBase = frozen([
	1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
	8193, 12289, 16385, 24577,
]);
const kDistanceBits = frozen([
	0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
]);
/** In which order the lengths of code lengths come (RFC 1951, 3.2.7). */
const kOrder = frozen([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);
const kLongestCode = 15;

/** A prefix code: how many codes of each length, and the symbols in the order of their codes. */
interface Code {
	readonly counts: Uint16Array;
	readonly symbols: Uint16Array;
}

class Inflater {
	private readonly data: Uint8Array;
	private readonly most: number;
	private at = 0;
	private bits = 0;
	private count = 0;
	private out: Uint8Array;
	private length = 0;

	constructor(data: Uint8Array, most: number) {
		this.data = data;
		this.most = most;
		this.out = new Uint8Array(Math.min(most, 4 * data.length + 64));
	}

	run(): Uint8Array {
		for (let last = 0; last === 0; ) {
			last = this.take(1);
			const kind = this.take(2);
			if (kind === 0) this.stored();
			else if (kind === 1) this.block(fixedLiterals(), codeOf(new Uint8Array(30).fill(5)));
			else if (kind === 2) this.dynamic();
			else throw bad("a block of an unknown kind");
		}
		return this.out.subarray(0, this.length);
	}

	private take(count: number): number {
		while (this.count < count) {
			if (this.at >= this.data.length) throw bad("it ends early");
			this.bits |= this.data[this.at++]! << this.count;
			this.count += 8;
		}
		const value = this.bits & ((1 << count) - 1);
		this.bits >>>= count;
		this.count -= count;
		return value;
	}

	private put(byte: number): void {
		if (this.length === this.out.length) {
			if (this.length >= this.most) throw bad(`more than ${this.most} bytes`);
			const larger = new Uint8Array(Math.min(this.most, 2 * this.length));
			larger.set(this.out);
			this.out = larger;
		}
		this.out[this.length++] = byte;
	}

	private stored(): void {
		this.bits = 0;
		this.count = 0;
		const { data, at } = this;
		if (at + 4 > data.length) throw bad("it ends early");
		const length = data[at]! | (data[at + 1]! << 8);
		if (length !== (~(data[at + 2]! | (data[at + 3]! << 8)) & 0xffff)) throw bad("a stored block of a wrong length");
		if (at + 4 + length > data.length) throw bad("it ends early");
		for (let i = 0; i < length; i++) this.put(data[at + 4 + i]!);
		this.at = at + 4 + length;
	}

	private dynamic(): void {
		const literals = this.take(5) + 257;
		const distances = this.take(5) + 1;
		const orders = this.take(4) + 4;
		if (literals > 286 || distances > 30) throw bad("too many codes");
		const lengths = new Uint8Array(literals + distances);
		const short = new Uint8Array(19);
		for (let i = 0; i < orders; i++) short[kOrder[i]!] = this.take(3);
		const code = codeOf(short);
		for (let i = 0; i < lengths.length; ) {
			const symbol = this.symbol(code);
			if (symbol < 16) {
				lengths[i++] = symbol;
				continue;
			}
			const repeated = symbol === 16 ? (i === 0 ? undefined : lengths[i - 1]!) : 0;
			if (repeated === undefined) throw bad("nothing to repeat");
			let times = symbol === 16 ? 3 + this.take(2) : symbol === 17 ? 3 + this.take(3) : 11 + this.take(7);
			if (i + times > lengths.length) throw bad("too many code lengths");
			while (times-- > 0) lengths[i++] = repeated;
		}
		this.block(codeOf(lengths.subarray(0, literals)), codeOf(lengths.subarray(literals)));
	}

	private block(literals: Code, distances: Code): void {
		for (;;) {
			const symbol = this.symbol(literals);
			if (symbol < 256) this.put(symbol);
			else if (symbol === 256) return;
			else this.copy(symbol - 257, distances);
		}
	}

	private copy(index: number, distances: Code): void {
		const base = kLengthBase[index];
		if (base === undefined) throw bad("a length that is none");
		let length = base + this.take(kLengthBits[index]!);
		const symbol = this.symbol(distances);
		const first = kDistanceBase[symbol];
		if (first === undefined) throw bad("a distance that is none");
		const distance = first + this.take(kDistanceBits[symbol]!);
		if (distance > this.length) throw bad("a distance before the beginning");
		if (this.length + length > this.out.length) {
			while (length-- > 0) this.put(this.out[this.length - distance]!);
			return;
		}
		const { out } = this;
		let at = this.length;
		this.length += length;
		if (distance >= length) out.copyWithin(at, at - distance, at - distance + length);
		else for (; length > 0; length--, at++) out[at] = out[at - distance]!;
	}

	/** The next symbol: codes of one length are consecutive numbers (RFC 1951, 3.2.2). */
	private symbol({ counts, symbols }: Code): number {
		let { bits, count: left } = this;
		let code = 0;
		let first = 0;
		let index = 0;
		for (let length = 1; length <= kLongestCode; length++) {
			if (left === 0) {
				if (this.at >= this.data.length) throw bad("it ends early");
				bits = this.data[this.at++]!;
				left = 8;
			}
			code |= bits & 1;
			bits >>>= 1;
			left--;
			const count = counts[length]!;
			if (code - count < first) {
				this.bits = bits;
				this.count = left;
				return symbols[index + (code - first)]!;
			}
			index += count;
			first = (first + count) << 1;
			code <<= 1;
		}
		throw bad("a code that is none");
	}
}

function codeOf(lengths: Uint8Array): Code {
	const counts = new Uint16Array(kLongestCode + 1);
	for (const length of lengths) counts[length]!++;
	counts[0] = 0;
	let left = 1;
	for (let length = 1; length <= kLongestCode; length++) {
		left = 2 * left - counts[length]!;
		if (left < 0) throw bad("more codes than there can be");
	}
	const places = new Uint16Array(kLongestCode + 2);
	for (let length = 1; length <= kLongestCode; length++) places[length + 1] = places[length]! + counts[length]!;
	const symbols = new Uint16Array(lengths.length);
	lengths.forEach((length, symbol) => {
		if (length !== 0) symbols[places[length]!++] = symbol;
	});
	return { counts, symbols };
}

/** RFC 1951, 3.2.6. */
function fixedLiterals(): Code {
	const lengths = new Uint8Array(288);
	lengths.fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280);
	return codeOf(lengths);
}

function bad(why: string): GridpostError {
	return new GridpostError("bad-data", `not DEFLATE data: ${why}`, { origin: "local", retry: "never" });
}
