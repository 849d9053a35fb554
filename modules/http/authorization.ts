/** What a client answers to a challenge: digest (RFC 7616, RFC 2617) or basic (RFC 7617) authentication. */
import { utf8Encode } from "../base/bytes";
import { md5, sha256 } from "./hashes";

export interface Challenge {
	/** In small letters: "digest", "basic". */
	scheme: string;
	params: Record<string, string>;
}

/** The challenges of WWW-Authenticate, several headers joined by commas; what follows something malformed is left out. */
export function parseChallenges(header: string): Challenge[] {
	const found: Challenge[] = [];
	let at = 0;
	for (;;) {
		while (header[at] === " " || header[at] === "," || header[at] === "\t") at++;
		const name = tokenAt(header, at);
		if (name === "") return found;
		at += name.length;
		let next = at;
		while (header[next] === " ") next++;
		if (header[next] !== "=") {
			found.push({ scheme: name.toLowerCase(), params: {} });
			continue;
		}
		at = next + 1;
		while (header[at] === " ") at++;
		let value = "";
		if (header[at] === '"') {
			for (at++; at < header.length && header[at] !== '"'; at++) {
				if (header[at] === "\\") at++;
				value += header[at] ?? "";
			}
			if (header[at] !== '"') return found;
			at++;
		} else {
			value = tokenAt(header, at);
			at += value.length;
		}
		const last = found[found.length - 1];
		if (last === undefined) return found;
		last.params[name.toLowerCase()] = value;
	}
}

function tokenAt(text: string, at: number): string {
	let end = at;
	while (end < text.length && !' ,="\t'.includes(text[end]!)) end++;
	return text.slice(at, end);
}

/** The authorization of one client at one server. */
export class Authorization {
	readonly #user: string;
	readonly #password: string;
	readonly #random: () => number;
	#challenge: Challenge | undefined;
	#uses = 0;

	constructor(user: string, password: string, random: () => number) {
		this.#user = user;
		this.#password = password;
		this.#random = random;
	}

	/**
	 * Takes the strongest challenge that is known: SHA-256 before MD5 before basic, and basic never of a server that asked
	 * for a digest before. False when there is none, or when this one has refused what was answered to it.
	 */
	challenged(header: string): boolean {
		let best: Challenge | undefined;
		for (const one of parseChallenges(header)) if (strength(one) > (best ? strength(best) : 0)) best = one;
		const before = this.#challenge;
		if (best === undefined || (before && strength(before) > 1 && strength(best) === 1)) return false;
		const answered = before !== undefined && this.#uses > 0;
		const fresh = before?.params["nonce"] !== best.params["nonce"] && best.scheme === "digest";
		// a new nonce is asked for with "stale", or by a server that forgot its old ones
		if (answered && !fresh) return false;
		this.#challenge = best;
		this.#uses = 0;
		return true;
	}

	/** The header's value for a request; undefined while the server has asked for nothing. `target` as in the request line. */
	header(method: string, target: string): string | undefined {
		const challenge = this.#challenge;
		if (challenge === undefined) return undefined;
		this.#uses++;
		if (challenge.scheme === "basic") return `Basic ${base64(utf8Encode(`${this.#user}:${this.#password}`))}`;
		return this.digest(challenge.params, method, target);
	}

	private digest(params: Record<string, string>, method: string, target: string): string {
		const { realm = "", nonce = "", opaque, algorithm } = params;
		let cnonce = "";
		for (let i = 0; i < 4; i++) {
			cnonce += Math.floor(this.#random() * 0x10000)
				.toString(16)
				.padStart(4, "0");
		}
		const count = this.#uses.toString(16).padStart(8, "0");
		const qop = params["qop"] !== undefined;
		const user = this.#user;
		const response = digestResponse(
			{ algorithm: algorithm ?? "MD5", realm, nonce, count, cnonce, qop },
			{ user, password: this.#password, method, target },
		);
		let text = `Digest username=${quoted(user)}, realm=${quoted(realm)}, nonce=${quoted(nonce)}, uri=${quoted(target)}`;
		if (algorithm !== undefined) text += `, algorithm=${algorithm}`;
		text += `, response="${response}"`;
		if (opaque !== undefined) text += `, opaque=${quoted(opaque)}`;
		if (qop) text += `, qop=auth, nc=${count}, cnonce="${cnonce}"`;
		return text;
	}
}

/** RFC 7616, 3.4.1 to 3.4.3; without `qop` RFC 2069. */
export function digestResponse(
	by: { algorithm: string; realm: string; nonce: string; count: string; cnonce: string; qop: boolean },
	of: { user: string; password: string; method: string; target: string },
): string {
	const algorithm = by.algorithm.toUpperCase();
	const hash = (text: string): string => (algorithm.startsWith("SHA-256") ? sha256 : md5)(utf8Encode(text));
	let secret = hash(`${of.user}:${by.realm}:${of.password}`);
	if (algorithm.endsWith("-SESS")) secret = hash(`${secret}:${by.nonce}:${by.cnonce}`);
	const action = hash(`${of.method}:${of.target}`);
	return hash(
		by.qop ? `${secret}:${by.nonce}:${by.count}:${by.cnonce}:auth:${action}` : `${secret}:${by.nonce}:${action}`,
	);
}

/** 0 for a challenge that cannot be answered. */
function strength({ scheme, params }: Challenge): number {
	if (scheme === "basic") return 1;
	if (scheme !== "digest" || params["nonce"] === undefined) return 0;
	const qop = params["qop"];
	if (qop !== undefined && !qop.split(",").some((one) => one.trim().toLowerCase() === "auth")) return 0;
	switch ((params["algorithm"] ?? "MD5").toUpperCase()) {
		case "MD5":
		case "MD5-SESS":
			return 2;
		case "SHA-256":
		case "SHA-256-SESS":
			return 3;
		default:
			return 0;
	}
}

function quoted(text: string): string {
	let escaped = "";
	for (const symbol of text) escaped += symbol === '"' || symbol === "\\" ? `\\${symbol}` : symbol;
	return `"${escaped}"`;
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function base64(bytes: Uint8Array): string {
	let text = "";
	for (let i = 0; i < bytes.length; i += 3) {
		const bits = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
		const left = bytes.length - i;
		text += digits[bits >> 18]! + digits[(bits >> 12) & 63]!;
		text += left > 1 ? digits[(bits >> 6) & 63]! : "=";
		text += left > 2 ? digits[bits & 63]! : "=";
	}
	return text;
}
