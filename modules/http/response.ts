import { utf8Encode } from "../base/bytes";
import { GridpostError } from "../base/errors";
import { frozen } from "../base/frozen";

/** What a connection sends, piece after piece. */
export interface Output {
	/** The next bytes, or undefined when there are none now. */
	next(): Uint8Array | undefined;
}

/** A body without an end: see HttpResponse.stream. */
export interface StreamOutput extends Output {
	/** The connection is ready; `sink.wake()` says that `next` has something. */
	opened(sink: StreamSink): void;
	/** The client has gone, or the stream was ended. */
	closed(): void;
}

export interface StreamSink {
	wake(): void;
	end(): void;
}

/** The next piece of a body, undefined at its end. */
export type PieceSource = () => Uint8Array | undefined;

/** Who sends a response once it is complete. */
export interface ResponseSink {
	responded(response: HttpResponse): void;
}

/** "0", no trailers. */
const lastChunk = new Uint8Array([0x30, 13, 10, 13, 10]);
/** A body up to this size goes out in one piece with its headers. */
const joinBytes = 512;

/**
 * The answer to one request. Exactly one of `json`, `text`, `send`, `pieces`, `empty`, `error` and `stream` completes it, at
 * once or later; a second one, or one after the client has gone, does nothing. Bodies are kept by reference until sent.
 */
export class HttpResponse implements Output {
	readonly #sink: ResponseSink;
	readonly #isHead: boolean;
	#keepAlive: boolean;
	readonly #version: number;
	status = 200;
	#headers = "";
	#head: Uint8Array | undefined;
	#body: Uint8Array | undefined;
	#complete = false;
	#stream: StreamOutput | undefined;
	/** Makes a body piece by piece. */
	#source: PieceSource | undefined;
	#piecewise = false;

	constructor(sink: ResponseSink, isHead: boolean, keepAlive: boolean, version: number) {
		this.#sink = sink;
		this.#isHead = isHead;
		this.#keepAlive = keepAlive;
		this.#version = version;
	}

	get complete(): boolean {
		return this.#complete;
	}

	/** The connection stays open for another request. */
	get keepAlive(): boolean {
		return this.#keepAlive;
	}

	/** Adds a header line. Throws when name or value hold a line break. */
	header(name: string, value: string): this {
		if (name.includes("\n") || value.includes("\n") || name.includes("\r") || value.includes("\r"))
			throw new GridpostError("bad-header", `header ${name}: a line break`, { origin: "local", retry: "never" });
		this.#headers += `${name}: ${value}\r\n`;
		return this;
	}

	json(value: unknown): void {
		this.header("Cache-Control", "no-store");
		this.send(utf8Encode(JSON.stringify(value)), "application/json");
	}

	text(text: string, type = "text/plain; charset=utf-8"): void {
		this.send(utf8Encode(text), type);
	}

	send(body: Uint8Array, type: string): void {
		if (this.#complete) return;
		this.header("Content-Type", type);
		this.#finish(body);
	}

	/**
	 * A body that is made piece by piece, each when the one before is written, so that a large one never stands in memory.
	 * Chunked (RFC 9112 7.1); for HTTP/1.0 the end of the connection is its end. Empty pieces are left out.
	 */
	pieces(source: PieceSource, type: string): void {
		if (this.#complete) return;
		this.header("Content-Type", type);
		if (this.#version === 10) this.#keepAlive = false;
		else this.header("Transfer-Encoding", "chunked");
		this.#piecewise = true;
		if (!this.#isHead) this.#source = source;
		this.#finish(undefined);
	}

	/** No body: 204, 304. */
	empty(status = 204): void {
		this.status = status;
		this.#finish(undefined);
	}

	/** A body that goes on until the client leaves; the end of the connection is its end. */
	stream(output: StreamOutput, type: string): void {
		if (this.#complete) return;
		this.header("Content-Type", type).header("Cache-Control", "no-store");
		this.#keepAlive = false;
		if (!this.#isHead) this.#stream = output;
		this.#finish(undefined);
	}

	/** The stream that follows the headers, if there is one. */
	get streaming(): StreamOutput | undefined {
		return this.#stream;
	}

	/** `{"error": text}` with that status. */
	error(status: number, text: string): void {
		this.status = status;
		this.json({ error: text || reasonOf(status) });
	}

	next(): Uint8Array | undefined {
		const head = this.#head;
		if (head) {
			this.#head = undefined;
			return head;
		}
		if (this.#source) return this.#nextPiece();
		const body = this.#body;
		this.#body = undefined;
		return body ?? this.#stream?.next();
	}

	#nextPiece(): Uint8Array | undefined {
		let piece: Uint8Array | undefined;
		do piece = this.#source!();
		while (piece?.length === 0);
		if (!piece) this.#source = undefined;
		if (this.#version === 10) return piece;
		if (!piece) return lastChunk;
		const size = utf8Encode(`${piece.length.toString(16)}\r\n`);
		const chunk = new Uint8Array(size.length + piece.length + 2);
		chunk.set(size);
		chunk.set(piece, size.length);
		chunk[chunk.length - 2] = 13;
		chunk[chunk.length - 1] = 10;
		return chunk;
	}

	/** The status line and headers; RFC 9112 4. */
	#finish(body: Uint8Array | undefined): void {
		if (this.#complete) return;
		this.#complete = true;
		const bodyless = this.status === 204 || this.status === 304 || this.#stream !== undefined || this.#piecewise;
		const length = bodyless ? "" : `Content-Length: ${body?.length ?? 0}\r\n`;
		const connection = this.#keepAlive
			? this.#version === 10
				? "Connection: keep-alive\r\n"
				: ""
			: "Connection: close\r\n";
		const head = utf8Encode(
			`HTTP/1.1 ${this.status} ${reasonOf(this.status)}\r\n${this.#headers}X-Content-Type-Options: nosniff\r\n${length}${connection}\r\n`,
		);
		this.#headers = "";
		this.#head = head;
		if (body && body.length > 0 && !this.#isHead && !bodyless) {
			if (body.length <= joinBytes) {
				this.#head = new Uint8Array(head.length + body.length);
				this.#head.set(head);
				this.#head.set(body, head.length);
			} else this.#body = body;
		}
		this.#sink.responded(this);
	}
}

/** RFC 9110 15 and 6585. */
export function reasonOf(status: number): string {
	return reasons[status] ?? "Status";
}

const reasons = frozen<Record<number, string>>({
	200: "OK",
	201: "Created",
	202: "Accepted",
	204: "No Content",
	302: "Found",
	304: "Not Modified",
	400: "Bad Request",
	401: "Unauthorized",
	403: "Forbidden",
	404: "Not Found",
	405: "Method Not Allowed",
	406: "Not Acceptable",
	408: "Request Timeout",
	409: "Conflict",
	411: "Length Required",
	413: "Content Too Large",
	414: "URI Too Long",
	415: "Unsupported Media Type",
	417: "Expectation Failed",
	422: "Unprocessable Content",
	429: "Too Many Requests",
	431: "Request Header Fields Too Large",
	500: "Internal Server Error",
	501: "Not Implemented",
	503: "Service Unavailable",
	504: "Gateway Timeout",
	505: "HTTP Version Not Supported",
});
