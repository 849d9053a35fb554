import { frozen } from "../base/frozen";
import type { HttpLimits } from "./limits";
import { HttpRequest, hasToken } from "./request";
import { hexDigit, parseTarget } from "./target";

/** Who decides, once the headers are there, whether the body may come. */
export interface HeadTarget {
	/**
	 * @param bodyBytes the body's length; the limit for a chunked one
	 * @param expectsContinue the client waits for "100 Continue" before it sends the body
	 * @returns 0 to go on, or the status to refuse with
	 */
	head(request: HttpRequest, bodyBytes: number, expectsContinue: boolean): number;
}

const State = frozen({
	line: 0,
	headers: 1,
	body: 2,
	chunkSize: 3,
	chunk: 4,
	chunkEnd: 5,
	trailers: 6,
	done: 7,
	bad: 8,
});

const methods = frozen<readonly string[]>(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]);
const bodyMethods = frozen<readonly string[]>(["POST", "PUT", "PATCH"]);

/**
 * One HTTP/1.x request out of a byte stream (RFC 9112), however it is split. Strict where leniency lets two
 * servers read different requests from the same bytes: bare LF, folded headers, blanks before a colon, both
 * Content-Length and Transfer-Encoding, unlike or odd lengths are all 400.
 */
export class RequestParser {
	readonly #limits: HttpLimits;
	readonly #target: HeadTarget;
	request = new HttpRequest();
	#state: number = State.line;
	#partial = "";
	#headBytes = 0;
	#left = 0;
	#have = 0;
	/** Status to refuse with, 0 while all is well. */
	status = 0;
	/** What is wrong, for the answer's text. */
	fault = "";

	constructor(limits: HttpLimits, target: HeadTarget) {
		this.#limits = limits;
		this.#target = target;
	}

	/** For the next request of the same connection. */
	reset(): void {
		this.request = new HttpRequest();
		this.#state = State.line;
		this.#partial = "";
		this.#headBytes = this.#left = this.#have = this.status = 0;
		this.fault = "";
	}

	/** A first byte of the request has arrived. */
	get begun(): boolean {
		return this.#headBytes > 0;
	}

	/** The request is whole. */
	get done(): boolean {
		return this.#state === State.done;
	}

	/** Uses bytes from `at` on; gives the position behind the last one used. Stops at the request's end and at a fault. */
	feed(bytes: Uint8Array, at: number): number {
		while (at < bytes.length && this.#state < State.done) {
			const state = this.#state;
			if (state === State.body || state === State.chunk) at = this.#data(bytes, at);
			else at = this.#line(bytes, at);
		}
		return at;
	}

	#refuse(status: number, fault: string): undefined {
		this.status = status;
		this.fault = fault;
		this.#state = State.bad;
	}

	#data(bytes: Uint8Array, at: number): number {
		const count = Math.min(this.#left, bytes.length - at);
		const whole = at === 0 && count === bytes.length;
		this.request.body.set(whole ? bytes : bytes.subarray(at, at + count), this.#have);
		this.#have += count;
		this.#left -= count;
		if (this.#left === 0) this.#state = this.#state === State.chunk ? State.chunkEnd : State.done;
		return at + count;
	}

	#line(bytes: Uint8Array, at: number): number {
		const lf = bytes.indexOf(0x0a, at);
		const end = lf < 0 ? bytes.length : lf + 1;
		this.#headBytes += end - at;
		if (this.#state === State.line && this.#headBytes > this.#limits.lineBytes) {
			this.#refuse(414, `request line over ${this.#limits.lineBytes} bytes`);
			return end;
		}
		if (this.#headBytes > this.#limits.headBytes) {
			this.#refuse(
				this.#state > State.body && this.#state < State.trailers ? 413 : 431,
				"headers or chunk sizes too long",
			);
			return end;
		}
		const text = latin1(bytes, at, lf < 0 ? end : lf);
		if (lf < 0) {
			this.#partial += text;
			return end;
		}
		const line = this.#partial === "" ? text : this.#partial + text;
		this.#partial = "";
		if (!line.endsWith("\r")) this.#refuse(400, "a line ends with LF alone");
		else if (line.indexOf("\r") !== line.length - 1 || line.includes("\0")) this.#refuse(400, "CR or NUL in a line");
		else this.#whole(line.slice(0, -1));
		return end;
	}

	#whole(line: string): void {
		switch (this.#state) {
			case State.line:
				// RFC 9112 2.2: an empty line before the request is passed over
				if (line !== "") this.#requestLine(line);
				break;
			case State.headers:
				if (line === "") this.#endOfHead();
				else this.#header(line);
				break;
			case State.chunkSize:
				this.#chunkSize(line);
				break;
			case State.chunkEnd:
				if (line === "") this.#state = State.chunkSize;
				else this.#refuse(400, "a chunk is longer than it says");
				break;
			default:
				// trailers are read and forgotten
				if (line === "") {
					this.request.body = this.request.body.subarray(0, this.#have);
					this.#state = State.done;
				}
		}
	}

	#requestLine(line: string): undefined {
		const parts = line.split(" ");
		const method = parts[0]!;
		if (parts.length !== 3 || !isToken(method)) return this.#refuse(400, "not a request line");
		const version = versionOf(parts[2]!);
		if (version === 0) return this.#refuse(400, "not a request line");
		if (version === 1) return this.#refuse(505, "only HTTP/1.1 and 1.0");
		if (!methods.includes(method)) return this.#refuse(501, "method not known");
		const request = this.request;
		request.method = method;
		request.version = version;
		this.#state = State.headers;
		if (parts[1] === "*" && method === "OPTIONS") {
			request.path = "*";
			return undefined;
		}
		const target = parseTarget(parts[1]!);
		if (!target) return this.#refuse(400, "not a path that can be used");
		request.path = target.path;
		request.segments = target.segments;
		request.queryText = target.query;
	}

	#header(line: string): undefined {
		const colon = line.indexOf(":");
		// a line that starts with a blank (folding) and a blank before the colon both fail as names
		if (colon <= 0 || !isToken(line.slice(0, colon))) return this.#refuse(400, "not a header line");
		if (this.request.headerCount >= this.#limits.headers)
			return this.#refuse(431, `over ${this.#limits.headers} headers`);
		this.request.addHeader(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
	}

	#endOfHead(): undefined {
		const request = this.request;
		const hosts = request.countOf("host");
		if (hosts > 1 || (hosts === 0 && request.version === 11))
			return this.#refuse(400, "exactly one Host header is needed");
		const host = request.header("host");
		if (host && (host.includes(" ") || host.includes("/") || host.includes(",") || host.includes("@")))
			return this.#refuse(400, "not a host");
		const connection = request.header("connection");
		request.keepAlive = request.version === 11 ? !hasToken(connection, "close") : hasToken(connection, "keep-alive");
		const expect = request.header("expect");
		if (expect !== undefined && expect.toLowerCase() !== "100-continue") return this.#refuse(417, "only 100-continue");
		const coding = request.header("transfer-encoding");
		const lengthText = request.header("content-length");
		let length = 0;
		if (coding !== undefined) {
			if (lengthText !== undefined) return this.#refuse(400, "Content-Length and Transfer-Encoding");
			if (request.version === 10) return this.#refuse(400, "Transfer-Encoding in HTTP/1.0");
			if (coding.toLowerCase() !== "chunked") return this.#refuse(501, "only chunked");
			length = this.#limits.bodyBytes;
		} else if (lengthText !== undefined) {
			length = decimal(lengthText);
			if (length < 0) return this.#refuse(400, "not a length");
			if (length > this.#limits.bodyBytes) return this.#refuse(413, `body over ${this.#limits.bodyBytes} bytes`);
		} else if (bodyMethods.includes(request.method)) return this.#refuse(411, "Content-Length is needed");
		const refused = this.#target.head(request, length, length > 0 && expect !== undefined && request.version === 11);
		if (refused) return this.#refuse(refused, "");
		// chunk sizes and trailers have their own allowance
		this.#headBytes = 1;
		if (coding !== undefined) this.#state = State.chunkSize;
		else if (length > 0) {
			request.body = new Uint8Array(length);
			this.#left = length;
			this.#state = State.body;
		} else this.#state = State.done;
	}

	#chunkSize(line: string): undefined {
		const semicolon = line.indexOf(";");
		const digits = (semicolon < 0 ? line : line.slice(0, semicolon)).trimEnd();
		if (digits.length === 0 || digits.length > 8) return this.#refuse(400, "not a chunk size");
		let size = 0;
		for (let i = 0; i < digits.length; i++) {
			const digit = hexDigit(digits.charCodeAt(i));
			if (digit < 0) return this.#refuse(400, "not a chunk size");
			size = size * 16 + digit;
		}
		if (this.#have + size > this.#limits.bodyBytes)
			return this.#refuse(413, `body over ${this.#limits.bodyBytes} bytes`);
		if (size === 0) {
			this.#state = State.trailers;
			return undefined;
		}
		const need = this.#have + size;
		if (need > this.request.body.length) {
			const grown = new Uint8Array(Math.min(this.#limits.bodyBytes, Math.max(need, 2 * this.request.body.length)));
			grown.set(this.request.body.subarray(0, this.#have));
			this.request.body = grown;
		}
		this.#left = size;
		this.#state = State.chunk;
	}
}

/** 11 or 10, 1 for another version of HTTP, 0 for no version at all. */
function versionOf(text: string): number {
	if (text === "HTTP/1.1") return 11;
	if (text === "HTTP/1.0") return 10;
	if (text.length !== 8 || !text.startsWith("HTTP/") || text[6] !== ".") return 0;
	const major = decimal(text[5]!);
	const minor = decimal(text[7]!);
	if (major < 0 || minor < 0) return 0;
	return major === 1 ? 11 : 1;
}

/** Digits only, or -1. */
function decimal(text: string): number {
	if (text.length === 0 || text.length > 15) return -1;
	let value = 0;
	for (let i = 0; i < text.length; i++) {
		const digit = text.charCodeAt(i) - 0x30;
		if (digit < 0 || digit > 9) return -1;
		value = value * 10 + digit;
	}
	return value;
}

/** RFC 9110 5.6.2. */
function isToken(text: string): boolean {
	if (text === "") return false;
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (code > 126 || tokenCodes[code] === 0) return false;
	}
	return true;
}

const tokenCodes = makeTokenCodes();

function makeTokenCodes(): Uint8Array {
	const codes = new Uint8Array(127);
	const token = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	for (let i = 0; i < token.length; i++) codes[token.charCodeAt(i)] = 1;
	return codes;
}

/** Bytes as text, one character each. In pieces: each byte is an argument on the engine's small stack. */
function latin1(bytes: Uint8Array, start: number, end: number): string {
	let text = "";
	while (start < end) {
		const next = Math.min(end, start + 64);
		text += String.fromCharCode.apply(undefined, bytes.subarray(start, next) as unknown as number[]);
		start = next;
	}
	return text;
}
