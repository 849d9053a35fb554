import { utf8Decode } from "../base/bytes";

/** A request target (RFC 9112, 3.2) taken apart; a path is only ever used in this decoded, checked form. */
export interface Target {
	/** Decoded, begins with a slash. */
	path: string;
	/** The path's parts, decoded one by one. */
	segments: string[];
	/** What follows the question mark, as it came. */
	query: string;
}

/**
 * Origin form and absolute form. Gives undefined for anything else and for a path that could mean something else
 * than it says: broken escapes, not UTF-8, control characters, a slash or backslash hidden in an escape, "." and "..".
 */
export function parseTarget(text: string): Target | undefined {
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (code < 0x21 || code > 0x7e || code === 0x23 || code === 0x5c) return undefined;
	}
	if (text.charCodeAt(0) !== 0x2f) {
		const scheme = text.slice(0, 8).toLowerCase();
		const from = scheme === "https://" ? 8 : scheme.startsWith("http://") ? 7 : 0;
		if (from === 0 || text.length === from) return undefined;
		let end = text.indexOf("/", from);
		const mark = text.indexOf("?", from);
		if (mark >= 0 && (end < 0 || mark < end)) end = mark;
		if (end === from) return undefined;
		text = end < 0 ? "/" : text.slice(end);
		if (text.charCodeAt(0) === 0x3f) text = `/${text}`;
	}
	const mark = text.indexOf("?");
	const raw = mark < 0 ? text : text.slice(0, mark);
	const query = mark < 0 ? "" : text.slice(mark + 1);
	const segments = raw.slice(1).split("/");
	const escaped = raw.includes("%");
	for (let i = 0; i < segments.length; i++) {
		let segment = segments[i]!;
		if (escaped) {
			const decoded = percentDecode(segment, false);
			if (decoded === undefined || decoded.includes("/") || decoded.includes("\\")) return undefined;
			segments[i] = segment = decoded;
		}
		if (segment === "." || segment === "..") return undefined;
	}
	return { path: escaped ? `/${segments.join("/")}` : raw, segments, query };
}

/** Undefined when an escape is broken, a control character, or the whole is not UTF-8. */
function percentDecode(text: string, plusIsBlank: boolean): string | undefined {
	if (!text.includes("%")) return plusIsBlank && text.includes("+") ? text.split("+").join(" ") : text;
	const bytes = new Uint8Array(text.length);
	let length = 0;
	for (let i = 0; i < text.length; i++) {
		let code = text.charCodeAt(i);
		if (code === 0x25) {
			const high = hexDigit(text.charCodeAt(i + 1));
			const low = hexDigit(text.charCodeAt(i + 2));
			if (high < 0 || low < 0) return undefined;
			code = (high << 4) | low;
			if (code < 0x20 || code === 0x7f) return undefined;
			i += 2;
		} else if (code === 0x2b && plusIsBlank) code = 0x20;
		bytes[length++] = code;
	}
	return utf8Decode(bytes, 0, length);
}

/** The value of one key of a query, decoded; undefined when it is not there or not well formed. */
export function queryValue(query: string, name: string): string | undefined {
	if (query === "") return undefined;
	for (const part of query.split("&")) {
		const equal = part.indexOf("=");
		const key = percentDecode(equal < 0 ? part : part.slice(0, equal), true);
		if (key === name) return equal < 0 ? "" : percentDecode(part.slice(equal + 1), true);
	}
	return undefined;
}

/** 0 to 15, or -1; NaN (past the end of a text) is -1 too. */
export function hexDigit(code: number): number {
	if (code >= 0x30 && code <= 0x39) return code - 0x30;
	const lower = code | 0x20;
	return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
