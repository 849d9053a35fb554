/**
 * Where a JSON text goes wrong. JSON.parse of the two engines words its complaint differently and not always with a
 * place; a person with an editor needs line and column. It bounds the depth, which JSON.parse of XS does not.
 */
export interface JsonFault {
	/** From 1. */
	line: number;
	column: number;
	/** What stands there and what was expected. */
	text: string;
}

const kDeepest = 64;

/** The first fault of `text` by RFC 8259, or undefined when it is JSON. Deeper nesting than 64 is a fault too. */
export function jsonFault(text: string): JsonFault | undefined {
	const scanner = new Scanner(text);
	const problem = scanner.value(0) ?? scanner.end();
	return problem === undefined ? undefined : scanner.fault(problem);
}

class Scanner {
	#text: string;
	#at = 0;

	constructor(text: string) {
		this.#text = text;
	}

	fault(expected: string): JsonFault {
		const before = this.#text.slice(0, this.#at).split("\n");
		const found = this.#at >= this.#text.length ? "the end of the text" : JSON.stringify(this.#text[this.#at]);
		return {
			line: before.length,
			column: before[before.length - 1]!.length + 1,
			text: `found ${found}, expected ${expected}`,
		};
	}

	/** Undefined when a whole value was passed, else what was expected at the place where it stopped. */
	value(depth: number): string | undefined {
		if (depth > kDeepest) return `at most ${kDeepest} levels of nesting`;
		this.#blanks();
		const first = this.#text[this.#at];
		if (first === "{") return this.#object(depth);
		if (first === "[") return this.#array(depth);
		if (first === '"') return this.#string();
		const word = /^(?:true|false|null)(?![A-Za-z0-9_])/.exec(this.#text.slice(this.#at, this.#at + 6));
		if (word) {
			this.#at += word[0].length;
			return undefined;
		}
		return this.#number();
	}

	end(): string | undefined {
		this.#blanks();
		return this.#at < this.#text.length ? "nothing more" : undefined;
	}

	#blanks(): void {
		while (this.#at < this.#text.length && " \t\r\n".includes(this.#text[this.#at]!)) this.#at++;
	}

	#object(depth: number): string | undefined {
		this.#at++;
		this.#blanks();
		if (this.#text[this.#at] === "}") {
			this.#at++;
			return undefined;
		}
		for (;;) {
			this.#blanks();
			if (this.#text[this.#at] !== '"') return 'a name in double quotes, or "}"';
			const problem = this.#string();
			if (problem) return problem;
			this.#blanks();
			if (this.#text[this.#at] !== ":") return '":" after the name';
			this.#at++;
			const inside = this.value(depth + 1);
			if (inside) return inside;
			this.#blanks();
			const next = this.#text[this.#at];
			if (next !== "," && next !== "}") return '"," or "}"';
			this.#at++;
			if (next === "}") return undefined;
		}
	}

	#array(depth: number): string | undefined {
		this.#at++;
		this.#blanks();
		if (this.#text[this.#at] === "]") {
			this.#at++;
			return undefined;
		}
		for (;;) {
			const inside = this.value(depth + 1);
			if (inside) return inside;
			this.#blanks();
			const next = this.#text[this.#at];
			if (next !== "," && next !== "]") return '"," or "]"';
			this.#at++;
			if (next === "]") return undefined;
		}
	}

	#string(): string | undefined {
		this.#at++;
		while (this.#at < this.#text.length) {
			const symbol = this.#text[this.#at]!;
			if (symbol === '"') {
				this.#at++;
				return undefined;
			}
			if (symbol < " ") return "a closing quote before the end of the line";
			if (symbol === "\\") {
				const escaped = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(this.#text.slice(this.#at, this.#at + 6));
				if (!escaped) return 'one of \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0000';
				this.#at += escaped[0].length;
			} else this.#at++;
		}
		return "a closing quote";
	}

	#number(): string | undefined {
		const match = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/.exec(
			this.#text.slice(this.#at, this.#at + 64),
		);
		if (!match) return "a value";
		this.#at += match[0].length;
		return undefined;
	}
}
