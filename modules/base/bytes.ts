/** "01 03 0a": how bytes are written in logs, errors and tests. */
export function toHex(bytes: Uint8Array, separator = " "): string {
	let text = "";
	for (let i = 0; i < bytes.length; i++) {
		const byte = bytes[i]!;
		if (i > 0) text += separator;
		text += (byte < 16 ? "0" : "") + byte.toString(16);
	}
	return text;
}

/** Reads what `toHex` writes; blanks are ignored. Throws RangeError on anything else. */
export function fromHex(text: string): Uint8Array {
	const digits = text.replace(/\s+/g, "");
	if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) throw new RangeError(`not hex bytes: ${text}`);
	const bytes = new Uint8Array(digits.length / 2);
	for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
	return bytes;
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
	let length = 0;
	for (const part of parts) length += part.length;
	const all = new Uint8Array(length);
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length) return false;
	for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
	return true;
}

/** Characters looked at in one piece: on XS charCodeAt walks from the start of its string, so long ones are cut. */
const pieceLength = 64;

/**
 * XS only: a byte code for each character costs more than all else. Both let pass what is no UTF-8: the first makes
 * three bytes of a lone surrogate, the second reads those, overlong forms and what lies beyond U+10FFFF.
 */
const { fromString } = ArrayBuffer as { fromString?: (text: string) => ArrayBuffer };
const { fromArrayBuffer } = String as {
	fromArrayBuffer?: (bytes: ArrayBufferLike, offset: number, length: number) => string;
};

/** Begins the bytes of surrogates, and of U+D000 to U+D7FF. */
const surrogateLead = 0xed;

/** UTF-8 of a string; XS has no TextEncoder. Lone surrogates become U+FFFD. */
export function utf8Encode(text: string): Uint8Array {
	const length = text.length;
	if (fromString !== undefined) {
		const bytes = new Uint8Array(fromString.call(ArrayBuffer, text));
		if (bytes.length === length || bytes.indexOf(surrogateLead) < 0) return bytes;
	}
	let out = new Uint8Array(length);
	let from = 0;
	let at = 0;
	while (from < length) {
		const piece = pieceOf(text, from);
		const count = piece.length;
		let i = 0;
		for (; i < count; i++) {
			const code = piece.charCodeAt(i);
			if (code > 127) break;
			out[at + i] = code;
		}
		if (i < count) {
			// few pieces of a text in a Latin script come here, which costs five times as much
			const bytes = utf8EncodeAny(piece);
			const longer = new Uint8Array(out.length + bytes.length - count);
			longer.set(out.subarray(0, at));
			longer.set(bytes, at);
			out = longer;
			at += bytes.length;
		} else at += count;
		from += count;
	}
	return out;
}

/** The next piece of a text, which does not end between the halves of a surrogate pair. */
function pieceOf(text: string, from: number): string {
	const piece = text.slice(from, from + pieceLength);
	const last = piece.charCodeAt(piece.length - 1);
	return last >= 0xd800 && last < 0xdc00 && piece.length === pieceLength ? piece.slice(0, -1) : piece;
}

function utf8EncodeAny(text: string): Uint8Array {
	const out = new Uint8Array(utf8Length(text));
	let at = 0;
	for (const symbol of text) {
		let code = symbol.codePointAt(0)!;
		if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
		if (code < 0x80) out[at++] = code;
		else if (code < 0x800) {
			out[at++] = 0xc0 | (code >> 6);
			out[at++] = 0x80 | (code & 63);
		} else if (code < 0x10000) {
			out[at++] = 0xe0 | (code >> 12);
			out[at++] = 0x80 | ((code >> 6) & 63);
			out[at++] = 0x80 | (code & 63);
		} else {
			out[at++] = 0xf0 | (code >> 18);
			out[at++] = 0x80 | ((code >> 12) & 63);
			out[at++] = 0x80 | ((code >> 6) & 63);
			out[at++] = 0x80 | (code & 63);
		}
	}
	return out;
}

function utf8Length(text: string): number {
	let length = 0;
	for (const symbol of text) {
		const code = symbol.codePointAt(0)!;
		length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	}
	return length;
}

/**
 * Text of UTF-8 bytes, or undefined when they are not well formed (overlong, surrogate, cut off): the caller decides
 * whether that is a peer's fault.
 */
export function utf8Decode(bytes: Uint8Array, start = 0, end = bytes.length): string | undefined {
	if (fromArrayBuffer !== undefined) {
		try {
			const text = fromArrayBuffer.call(String, bytes.buffer, bytes.byteOffset + start, end - start);
			// as many characters as bytes: ASCII, which most texts are
			if (text.length === end - start) return text;
		} catch {
			return undefined;
		}
		if (end - start > pieceLength) return decodeHalves(bytes, start, end);
	}
	let text = "";
	let i = start;
	while (i < end) {
		const from = i;
		const limit = Math.min(end, i + pieceLength);
		while (i < limit && bytes[i]! < 0x80) i++;
		if (i > from) {
			text += String.fromCharCode.apply(undefined, bytes.subarray(from, i) as unknown as number[]);
			continue;
		}
		const first = bytes[i++]!;
		const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0;
		if (more === 0 || first > 0xf4 || i + more > end) return undefined;
		let code = first & (0x3f >> more);
		for (let n = 0; n < more; n++) {
			const next = bytes[i++]!;
			if ((next & 0xc0) !== 0x80) return undefined;
			code = (code << 6) | (next & 0x3f);
		}
		if (more === 2 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))) return undefined;
		if (more === 3 && (code < 0x10000 || code > 0x10ffff)) return undefined;
		text += String.fromCodePoint(code);
	}
	return text;
}

/** Most parts of a text that is not all ASCII are. Every character is whole: the engine has seen that. */
function decodeHalves(bytes: Uint8Array, start: number, end: number): string | undefined {
	let middle = (start + end) >> 1;
	while ((bytes[middle]! & 0xc0) === 0x80) middle--;
	const first = utf8Decode(bytes, start, middle);
	const second = first === undefined ? undefined : utf8Decode(bytes, middle, end);
	return second === undefined ? undefined : first + second;
}
