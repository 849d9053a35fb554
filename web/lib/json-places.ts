/** Where something stands in a text: offsets, the end outside. */
export interface Span {
	start: number;
	end: number;
}

/**
 * Where the value of a JSON path ("devices[2].address") stands in a text, with its key; the nearest part above it where the
 * path itself is not there. "line 3, column 7" is a place too. Undefined for a place that means the whole.
 */
export function findPlace(text: string, place: string): Span | undefined {
	const byLine = /^line (\d+), column (\d+)$/.exec(place);
	if (byLine) {
		const start = Math.min(text.length, lineStart(text, Number(byLine[1])) + Number(byLine[2]) - 1);
		return { start, end: Math.min(text.length, start + 1) };
	}
	if (place === "") return undefined;
	const wanted = place.match(/[^.[\]]+/g) ?? [];
	return new Walker(text).find(wanted);
}

/** Counts from 1. */
export function lineOf(text: string, offset: number): number {
	let line = 1;
	for (let i = 0; i < offset; i++) if (text.charCodeAt(i) === 10) line++;
	return line;
}

function lineStart(text: string, line: number): number {
	let at = 0;
	for (let i = 1; i < line; i++) {
		const next = text.indexOf("\n", at);
		if (next < 0) return at;
		at = next + 1;
	}
	return at;
}

/** Goes through JSON without building anything. What is no JSON ends the walk where it is. */
class Walker {
	#text: string;
	#at = 0;

	constructor(text: string) {
		this.#text = text;
	}

	find(wanted: readonly string[]): Span | undefined {
		let found: Span | undefined;
		for (const part of wanted) {
			const span = this.#enter(part);
			if (!span) break;
			found = span;
		}
		return found;
	}

	/** Into the member or entry of the value that stands here; its span with the key. */
	#enter(part: string): Span | undefined {
		this.#space();
		const opening = this.#text[this.#at];
		if (opening !== "{" && opening !== "[") return undefined;
		this.#at++;
		for (let index = 0; ; index++) {
			this.#space();
			const start = this.#at;
			if (start >= this.#text.length || this.#text[start] === "}" || this.#text[start] === "]") return undefined;
			let name = String(index);
			if (opening === "{") {
				name = this.#string();
				this.#space();
				if (this.#text[this.#at] !== ":") return undefined;
				this.#at++;
			}
			this.#space();
			const value = this.#at;
			this.#skip();
			const end = this.#at;
			if (name === part) {
				this.#at = value;
				return { start, end };
			}
			this.#space();
			if (this.#text[this.#at] !== ",") return undefined;
			this.#at++;
		}
	}

	#space(): void {
		while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
	}

	#string(): string {
		const start = this.#at++;
		while (this.#at < this.#text.length && this.#text[this.#at] !== '"')
			this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
		this.#at++;
		try {
			return String(JSON.parse(this.#text.slice(start, this.#at)));
		} catch {
			return "";
		}
	}

	/** Over one value, however deep. */
	#skip(): void {
		let depth = 0;
		do {
			this.#space();
			const letter = this.#text[this.#at];
			if (letter === undefined) return;
			if (letter === '"') this.#string();
			else if (letter === "{" || letter === "[") {
				depth++;
				this.#at++;
			} else if (letter === "}" || letter === "]") {
				depth--;
				this.#at++;
			} else if (depth > 0 && (letter === "," || letter === ":")) this.#at++;
			else while (/[^\s,:{}[\]"]/.test(this.#text[this.#at] ?? ",")) this.#at++;
			// a stray sign at the top ends the walk
			if (depth === 0 && (letter === "," || letter === ":")) return;
		} while (depth > 0);
	}
}
