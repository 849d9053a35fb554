/**
 * Values out of a JSON text without making objects of it: one walk over the bytes, which keeps what stands at the wanted
 * places. It checks the text by RFC 8259, all but control characters inside strings, and bounds its depth, which JSON.parse
 * of XS does not. A byte of text costs some 75 byte codes.
 */
import { utf8Decode } from "../base/bytes";
import { GridpostError } from "../base/errors";
import { frozen } from "../base/frozen";
import { kAnyName, kSum, type PathStep, parsePath } from "./path";

/** A place in the document, and its cell in the payload. */
export interface JsonField {
	readonly path: string;
	/** First byte of the cell: a double, or text. */
	readonly at: number;
	/** Bytes of text; 8 of a number. */
	readonly bytes: number;
	readonly text: boolean;
}

const deepest = 32;
const none = -1;
/** What devices say instead of true and false. */
const words = frozen<Readonly<Record<string, number>>>({
	true: 1,
	on: 1,
	online: 1,
	yes: 1,
	false: 0,
	off: 0,
	offline: 0,
	no: 0,
});

/** Bytes with a meaning, apart from those that are looked at most of all. */
const Byte = frozen({ quote: 0x22, comma: 0x2c, backslash: 0x5c, closeArray: 0x5d, close: 0x7d });

export class JsonExtractor {
	/**
	 * Cells of the last document: doubles, and text filled with NUL. NaN is what the document does not have, or null; an
	 * infinity what is there and no number.
	 */
	readonly payload: DataView;
	readonly #fields: readonly JsonField[];
	readonly #paths: PathStep[][];
	/** By depth, how far each path has come; `none` where it leads elsewhere. */
	readonly #live: Int8Array[] = [];
	/** By depth, how many paths lead there. */
	readonly #count: Uint8Array;
	#text: Uint8Array = new Uint8Array(0);
	#at = 0;
	/** The next backslash of the text, or -1. */
	#backslash = 0;
	/** Ends of the string that was passed last, and whether it has escapes. */
	#start = 0;
	#end = 0;
	#escaped = false;

	/** Throws GridpostError "bad-config" for a path that is none. */
	constructor(fields: readonly JsonField[], bytes: number) {
		this.#fields = fields;
		this.payload = new DataView(new ArrayBuffer(bytes));
		this.#paths = fields.map(({ path }) => {
			const steps = parsePath(path);
			if (steps !== undefined) return steps;
			throw new GridpostError("bad-config", `${path} is no path in a JSON document`, {
				origin: "config",
				retry: "never",
				place: path,
			});
		});
		// one more than the longest path for the "v" of value objects, one for the document
		const levels = 2 + this.#paths.reduce((most, steps) => Math.max(most, steps.length), 0);
		for (let i = 0; i < levels; i++) this.#live.push(new Int8Array(fields.length));
		this.#count = new Uint8Array(deepest + 2);
	}

	/** Fills the payload. False, and the payload of no use, when the text is no JSON or nested more than 32 deep. */
	extract(text: Uint8Array): boolean {
		this.clear();
		this.#text = text;
		this.#at = 0;
		this.#backslash = text.indexOf(Byte.backslash);
		this.#live[0]!.fill(0);
		this.#count[0] = this.#fields.length;
		return this.value(0) && this.atEnd();
	}

	/** The same of a text that is a value by itself, without quotes, as some topics have it. */
	extractPlain(text: Uint8Array): void {
		this.clear();
		for (let i = 0; i < this.#fields.length; i++) {
			if (this.#paths[i]!.length === 0) this.putText(i, utf8Decode(text) ?? "?");
		}
	}

	private clear(): void {
		new Uint8Array(this.payload.buffer).fill(0);
		for (const { at, text } of this.#fields) if (!text) this.payload.setFloat64(at, Number.NaN);
	}

	private atEnd(): boolean {
		this.blanks();
		return this.#at === this.#text.length;
	}

	/** Passes blanks, and gives the byte behind them. */
	private blanks(): number | undefined {
		const text = this.#text;
		let code = text[this.#at];
		while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text[++this.#at];
		return code;
	}

	/** A value at a depth, with the paths that lead to it in `#live`. False when none stands here. */
	private value(depth: number): boolean {
		if (depth > deepest) return false;
		let code = this.#text[this.#at];
		if (code! <= 0x20) code = this.blanks();
		switch (code) {
			case 0x7b:
				return this.object(depth);
			case 0x5b:
				return this.array(depth);
			case 0x22:
				if (!this.string()) return false;
				if (this.#count[depth]! > 0) this.scalar(depth, this.decoded());
				return true;
			case 0x74:
				return this.word(depth, "true", 1);
			case 0x66:
				return this.word(depth, "false", 0);
			case 0x6e:
				return this.word(depth, "null", Number.NaN);
			default:
				return this.number(depth);
		}
	}

	private object(depth: number): boolean {
		this.#at++;
		this.blanks();
		if (this.#text[this.#at] === Byte.close) {
			this.#at++;
			return true;
		}
		const text = this.#text;
		const isLive = this.#count[depth]! > 0;
		this.#count[depth + 1] = 0;
		for (;;) {
			if (text[this.#at]! <= 0x20) this.blanks();
			if (!this.string()) return false;
			if (isLive) this.enter(depth, none);
			let code = text[this.#at];
			if (code! <= 0x20) code = this.blanks();
			this.#at++;
			if (code !== 0x3a || !this.value(depth + 1)) return false;
			code = text[this.#at];
			if (code! <= 0x20) code = this.blanks();
			this.#at++;
			if (code === 0x7d) return true;
			if (code !== 0x2c) return false;
		}
	}

	private array(depth: number): boolean {
		this.#at++;
		this.blanks();
		if (this.#text[this.#at] === Byte.closeArray) {
			this.#at++;
			return true;
		}
		const isLive = this.#count[depth]! > 0;
		this.#count[depth + 1] = 0;
		for (let index = 0; ; index++) {
			if (isLive) this.enter(depth, index);
			if (!this.value(depth + 1)) return false;
			this.blanks();
			const code = this.#text[this.#at++];
			if (code === Byte.closeArray) return true;
			if (code !== Byte.comma) return false;
		}
	}

	/** Which paths lead on: to an element of an array, or, without an index, to the name that was passed last. */
	private enter(depth: number, index: number): void {
		this.#count[depth + 1] = 0;
		const next = this.#live[depth + 1];
		if (next === undefined) return;
		const live = this.#live[depth]!;
		let count = 0;
		for (let i = 0; i < live.length; i++) {
			let at = live[i]!;
			next[i] = none;
			if (at === none) continue;
			const steps = this.#paths[i]!;
			// what is no array is its own first element, and its own sum
			if (index === none) while (steps[at] === 0 || steps[at] === kSum) at++;
			const step = steps[at];
			if (index === none ? this.isName(step) : step === index || step === kSum) {
				next[i] = step === undefined ? at : at + 1;
				count++;
			}
		}
		this.#count[depth + 1] = count;
	}

	/** Whether a step is the name that was passed last. A path that has ended goes on into the "v" of a value object. */
	private isName(step: PathStep | undefined): boolean {
		if (step === undefined) return this.#end - this.#start === 1 && this.#text[this.#start] === 0x76;
		if (typeof step === "number") return step === kAnyName;
		if (this.#escaped) return this.decoded() === utf8Decode(step);
		if (this.#end - this.#start !== step.length) return false;
		for (let i = 0; i < step.length; i++) if (this.#text[this.#start + i] !== step[i]) return false;
		return true;
	}

	/** What stands where paths end. */
	private scalar(depth: number, value: string | number | boolean): void {
		if (this.#count[depth] === 0) return;
		const live = this.#live[depth]!;
		for (let i = 0; i < live.length; i++) {
			let at = live[i]!;
			if (at === none) continue;
			const steps = this.#paths[i]!;
			while (steps[at] === 0 || steps[at] === kSum) at++;
			if (at < steps.length) continue;
			if (typeof value === "number" && !this.#fields[i]!.text) this.putNumber(i, value);
			else if (typeof value === "boolean" && !this.#fields[i]!.text) this.putNumber(i, value ? 1 : 0);
			else if (!Number.isNaN(value)) this.putText(i, String(value));
		}
	}

	private putNumber(index: number, value: number): void {
		const { at } = this.#fields[index]!;
		const before = this.#paths[index]!.includes(kSum) ? this.payload.getFloat64(at) : Number.NaN;
		if (Number.isNaN(before)) this.payload.setFloat64(at, value);
		else if (!Number.isNaN(value)) this.payload.setFloat64(at, before + value);
	}

	private putText(index: number, text: string): void {
		const { at, bytes, text: wanted } = this.#fields[index]!;
		if (!wanted) {
			const plain = text.trim();
			const number = plain === "" ? Number.NaN : Number(plain);
			this.putNumber(index, words[plain.toLowerCase()] ?? (Number.isFinite(number) ? number : Infinity));
			return;
		}
		for (let i = 0; i < bytes; i++) {
			const code = i < text.length ? text.charCodeAt(i) : 0;
			this.payload.setUint8(at + i, code < 0x7f ? code : 0x3f);
		}
	}

	private word(depth: number, word: string, value: number): boolean {
		for (let i = 0; i < word.length; i++) if (this.#text[this.#at + i] !== word.charCodeAt(i)) return false;
		this.#at += word.length;
		this.scalar(depth, Number.isNaN(value) ? value : value === 1);
		return true;
	}

	private number(depth: number): boolean {
		const text = this.#text;
		const start = this.#at;
		let at = start;
		if (text[at] === 0x2d) at++;
		if (text[at] === 0x30) at++;
		else if ((at = pastDigits(text, at)) === -1) return false;
		if (text[at] === 0x2e && (at = pastDigits(text, at + 1)) === -1) return false;
		if ((text[at]! | 0x20) === 0x65) {
			const sign = text[++at];
			if (sign === 0x2d || sign === 0x2b) at++;
			at = pastDigits(text, at);
			if (at === -1) return false;
		}
		this.#at = at;
		if (this.#count[depth]! > 0) this.scalar(depth, Number(utf8Decode(text, start, at)));
		return true;
	}

	/** Passes a string, and remembers where it stands. */
	private string(): boolean {
		const text = this.#text;
		if (text[this.#at] !== Byte.quote) return false;
		this.#escaped = false;
		this.#start = ++this.#at;
		for (;;) {
			const end = text.indexOf(Byte.quote, this.#at);
			if (end < 0) return false;
			if (this.#backslash < 0 || this.#backslash > end) {
				this.#end = end;
				this.#at = end + 1;
				return true;
			}
			if (!this.passEscape()) return false;
		}
	}

	/** Passes the next backslash and what it stands for. */
	private passEscape(): boolean {
		const text = this.#text;
		this.#escaped = true;
		this.#at = this.#backslash + 1;
		const letter = text[this.#at++];
		if (letter === 0x75) {
			for (let i = 0; i < 4; i++) if (!isHex(text[this.#at++])) return false;
		} else if (letter === undefined || !'"\\/bfnrt'.includes(String.fromCharCode(letter))) return false;
		this.#backslash = text.indexOf(Byte.backslash, this.#at);
		return true;
	}

	/** The string that was passed last; "?" for one that is no UTF-8. */
	private decoded(): string {
		const plain = utf8Decode(this.#text, this.#start, this.#end) ?? "?";
		if (!this.#escaped) return plain;
		try {
			return JSON.parse(`"${plain}"`) as string;
		} catch {
			// a control character
			return "?";
		}
	}
}

/** The place behind one digit or more; -1 where there are none. */
function pastDigits(text: Uint8Array, at: number): number {
	const start = at;
	let code = text[at]!;
	while (code >= 0x30 && code <= 0x39) code = text[++at]!;
	return at === start ? -1 : at;
}

function isHex(code: number | undefined): boolean {
	if (code === undefined) return false;
	const lower = code | 0x20;
	return (code >= 0x30 && code <= 0x39) || (lower >= 0x61 && lower <= 0x66);
}
