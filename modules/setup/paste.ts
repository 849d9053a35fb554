import { utf8Decode } from "../base/bytes";

/**
 * A JSON text that is pasted into a terminal: it ends by a line with one dot, or where its outermost bracket is closed.
 * Bytes only, no echo.
 */
export class Paste {
	readonly #most: number;
	#bytes: Uint8Array;
	#length = 0;
	#depth = 0;
	#inString = false;
	#escaped = false;
	#lineStart = 0;
	#afterReturn = false;

	/** `most`: bytes; more is too much. */
	constructor(most: number) {
		this.#most = most;
		this.#bytes = new Uint8Array(1024);
	}

	get length(): number {
		return this.#length;
	}

	get isTooLong(): boolean {
		return this.#length > this.#most;
	}

	/** Takes one byte; true when the text is whole by it. */
	take(byte: number): boolean {
		const wasReturn = this.#afterReturn;
		this.#afterReturn = byte === 0x0d;
		// CR LF of a terminal is one line end
		if (byte === 0x0a && wasReturn) return false;
		if (byte === 0x0a || byte === 0x0d) {
			const isDot = this.#length === this.#lineStart + 1 && this.#bytes[this.#lineStart] === 0x2e;
			if (isDot) {
				this.#length = this.#lineStart;
				return true;
			}
			if (this.#length > 0) this.#put(0x0a);
			this.#lineStart = this.#length;
			return false;
		}
		this.#put(byte);
		return this.#closes(byte);
	}

	/** Undefined when it is not UTF-8. */
	text(): string | undefined {
		return utf8Decode(this.#bytes, 0, this.#length);
	}

	#put(byte: number): void {
		if (this.#length > this.#most) return;
		if (this.#length === this.#bytes.length) {
			const longer = new Uint8Array(this.#length * 2);
			longer.set(this.#bytes);
			this.#bytes = longer;
		}
		this.#bytes[this.#length++] = byte;
	}

	#closes(byte: number): boolean {
		if (this.#escaped) this.#escaped = false;
		else if (this.#inString) {
			if (byte === 0x5c) this.#escaped = true;
			else if (byte === 0x22) this.#inString = false;
		} else if (byte === 0x22) this.#inString = true;
		else if (byte === 0x7b || byte === 0x5b) this.#depth++;
		else if (byte === 0x7d || byte === 0x5d) return --this.#depth <= 0;
		return false;
	}
}
