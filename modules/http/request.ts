import { utf8Decode } from "../base/bytes";
import { queryValue } from "./target";

const noBody = new Uint8Array(0);

/** One request, whole: handlers see it only after its body has arrived. */
export class HttpRequest {
	method = "";
	/** Decoded and free of "." and "..". */
	path = "";
	/** The path's parts, decoded. */
	segments: readonly string[] = [];
	/** What follows "?", undecoded. */
	queryText = "";
	/** 10 or 11: HTTP/1.0, HTTP/1.1 (and later 1.x). */
	version = 11;
	keepAlive = false;
	body: Uint8Array = noBody;
	/** Values of the ":name" parts of the route's pattern, in order, then what "*" took. */
	params: readonly string[] = [];
	readonly #names: string[] = [];
	readonly #values: string[] = [];

	get headerCount(): number {
		return this.#names.length;
	}

	addHeader(lowerName: string, value: string): void {
		this.#names.push(lowerName);
		this.#values.push(value);
	}

	/** A header by its name in lower case; several of one name are joined by ", ", as RFC 9110 5.3 allows. */
	header(lowerName: string): string | undefined {
		let found: string | undefined;
		for (let i = 0; i < this.#names.length; i++) {
			if (this.#names[i] !== lowerName) continue;
			found = found === undefined ? this.#values[i] : `${found}, ${this.#values[i]}`;
		}
		return found;
	}

	/** How many lines carry this header. */
	countOf(lowerName: string): number {
		let count = 0;
		for (const name of this.#names) if (name === lowerName) count++;
		return count;
	}

	query(name: string): string | undefined {
		return queryValue(this.queryText, name);
	}

	/** The body as text, or undefined when it is not UTF-8. */
	text(): string | undefined {
		return utf8Decode(this.body);
	}

	/** The body as JSON, or undefined when it is not. */
	json(): unknown {
		const text = this.text();
		if (text === undefined) return undefined;
		try {
			return JSON.parse(text);
		} catch {
			return undefined;
		}
	}
}

/** Whether a comma-separated header holds a token, in any case. */
export function hasToken(value: string | undefined, token: string): boolean {
	if (value === undefined) return false;
	for (const part of value.split(",")) if (part.trim().toLowerCase() === token) return true;
	return false;
}
