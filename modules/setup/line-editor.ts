import { utf8Decode } from "../base/bytes";

/** Longest line, in bytes; more is refused with a bell. */
const kLongestLine = 512;

/**
 * A terminal's line, byte by byte: echo, backspace, Ctrl-U (whole line), Ctrl-C (give up), CR, LF or both as the end.
 * Escape sequences of arrow keys are swallowed.
 */
export class LineEditor {
	readonly #write: (text: string) => void;
	readonly #onLine: (line: string) => void;
	readonly #onCancel: () => void;
	/** Where in the line what must not be shown begins; -1: nowhere. */
	readonly #hiddenFrom: (line: string) => number;
	#bytes: number[] = [];
	#prompt = "";
	/** Nothing of the line is shown. */
	#isSecret = false;
	#afterReturn = false;
	#escape = 0;

	constructor(options: {
		write: (text: string) => void;
		onLine: (line: string) => void;
		onCancel: () => void;
		hiddenFrom: (line: string) => number;
	}) {
		this.#write = options.write;
		this.#onLine = options.onLine;
		this.#onCancel = options.onCancel;
		this.#hiddenFrom = options.hiddenFrom;
	}

	/** Asks for the next line. */
	ask(prompt: string, isSecret = false): void {
		this.#prompt = prompt;
		this.#isSecret = isSecret;
		this.#bytes = [];
		this.#write(prompt);
	}

	/** Prints above the line that is being typed. */
	printAbove(text: string): void {
		this.#write(`\r\x1b[K${text}\r\n${this.#prompt}${this.#shown()}`);
	}

	/** One byte typed. */
	key(byte: number): void {
		if (this.#escape > 0) {
			// ESC [ ... letter, ESC O letter, or ESC letter
			const ends = this.#escape === 2 ? byte >= 0x40 && byte <= 0x7e : byte !== 0x5b && byte !== 0x4f;
			this.#escape = ends ? 0 : 2;
			return;
		}
		const wasReturn = this.#afterReturn;
		this.#afterReturn = false;
		if (byte === 0x0d || byte === 0x0a) {
			if (byte === 0x0a && wasReturn) return;
			this.#afterReturn = byte === 0x0d;
			this.#end();
		} else if (byte === 0x08 || byte === 0x7f) this.#rubOut();
		else if (byte === 0x15) this.#redraw([]);
		else if (byte === 0x03) {
			this.#bytes = [];
			this.#write("^C\r\n");
			this.#onCancel();
		} else if (byte === 0x1b) this.#escape = 1;
		else if (byte >= 0x20) this.#type(byte);
	}

	#type(byte: number): void {
		if (this.#bytes.length >= kLongestLine) {
			this.#write("\x07");
			return;
		}
		this.#bytes.push(byte);
		if (this.#isSecret) return;
		// a character of several bytes is shown once it is whole
		const line = this.#line();
		if (line === undefined) return;
		const last = [...line].pop()!;
		const from = this.#hiddenFrom(line);
		this.#write(from >= 0 && line.length > from ? "*" : last);
	}

	#rubOut(): void {
		if (this.#bytes.length === 0) return;
		const rest = this.#bytes.slice();
		while ((rest.pop()! & 0xc0) === 0x80 && rest.length > 0);
		if (this.#isSecret) this.#bytes = rest;
		else {
			this.#bytes = rest;
			this.#write("\b \b");
		}
	}

	#redraw(bytes: number[]): void {
		this.#bytes = bytes;
		this.#write(`\r\x1b[K${this.#prompt}${this.#shown()}`);
	}

	#end(): void {
		const line = this.#line();
		this.#bytes = [];
		this.#write("\r\n");
		this.#onLine(line ?? "");
	}

	#shown(): string {
		if (this.#isSecret) return "";
		const line = this.#line() ?? "";
		const from = this.#hiddenFrom(line);
		return from < 0 ? line : line.slice(0, from) + line.slice(from).replace(/./g, "*");
	}

	#line(): string | undefined {
		return utf8Decode(new Uint8Array(this.#bytes));
	}
}

/** "a 'b c' \"d\" e\\ f" to its words; a quote that is not closed goes to the end. */
export function wordsOf(line: string): string[] {
	const words: string[] = [];
	for (const { text } of scanWords(line)) words.push(text);
	return words;
}

/** Where the n-th word (from 0) begins, quotes included; -1 when the line has not come there. */
export function wordStart(line: string, n: number): number {
	const word = scanWords(line)[n];
	return word ? word.start : -1;
}

function scanWords(line: string): { start: number; text: string }[] {
	const words: { start: number; text: string }[] = [];
	let word: { start: number; text: string } | undefined;
	let quote = "";
	for (let i = 0; i < line.length; i++) {
		const sign = line[i]!;
		if (quote === "" && sign === " ") {
			word = undefined;
			continue;
		}
		if (!word) words.push((word = { start: i, text: "" }));
		if (quote !== "" ? sign === quote : sign === '"' || sign === "'") quote = quote === "" ? sign : "";
		else if (sign === "\\" && quote !== "'" && i + 1 < line.length) word.text += line[++i]!;
		else word.text += sign;
	}
	return words;
}
