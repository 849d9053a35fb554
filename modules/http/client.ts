/**
 * HTTP/1.1 client of one server, for devices with a small web server: one request at a time, with a length or in chunks,
 * over a connection that is kept as long as the server keeps it. It follows no redirect: the password goes to nobody else.
 */
import { utf8Encode } from "../base/bytes";
import type { Clock, Random, TimerId } from "../base/clock";
import { GridpostError } from "../base/errors";
import { frozen } from "../base/frozen";
import type { TcpClass, TcpSocket } from "../base/io";
import { Authorization } from "./authorization";
import { type ReplyLimits, ReplyParser } from "./reply";

export interface HttpLink {
	io: TcpClass;
	/** IP address, or `host` for an `io` that resolves names. */
	address?: string | undefined;
	host?: string | undefined;
	/** Default 80. */
	port?: number | undefined;
}

export interface HttpClientOptions {
	link: HttpLink;
	clock: Clock;
	/** For the client's nonces. */
	random: Random;
	/** Sent only to a server that asks for it. */
	user?: string | undefined;
	password?: string | undefined;
	/** From the start of a request to the last byte of its reply. Default 10 s. */
	timeoutMs?: number | undefined;
	/** Default 2 KB of headers and 8 KB of body. */
	limits?: ReplyLimits | undefined;
}

/**
 * - ok: a reply came, whatever its code
 * - timeout: none, or not all of one, in time
 * - garbled: what came is no HTTP reply, or longer than the limits
 * - closed: no connection, or it broke
 */
export interface HttpReply {
	status: "ok" | "timeout" | "garbled" | "closed";
	/** HTTP status code; 0 unless status is "ok". */
	code: number;
	/** Valid during `onReply`. */
	body: Uint8Array;
	/** Why it is not ok, in words; else "". */
	fault: string;
	startMs: number;
	endMs: number;
}

export interface HttpClientRequest {
	/** Default "GET". */
	readonly method?: string | undefined;
	/** With query, as in the request line. */
	readonly path: string;
	readonly body?: string | undefined;
	/** Default "application/json" where there is a body. */
	readonly contentType?: string | undefined;
	readonly timeoutMs?: number | undefined;
	/** It changes something: never sent a second time. Default: all but GET. */
	readonly once?: boolean | undefined;
	/** Ahead of all that waits. */
	readonly urgent?: boolean | undefined;
	/** Called once, never from within `request`. */
	onReply(reply: HttpReply): void;
}

const defaultLimits = frozen<ReplyLimits>({ headBytes: 2048, bodyBytes: 8192 });
/** A kept connection is not used any more after that: many servers close them without a word. */
const keptMs = 20_000;
const nothing = new Uint8Array(0);

export class HttpClient {
	readonly #options: HttpClientOptions;
	readonly #clock: Clock;
	readonly #parser: ReplyParser;
	readonly #authorization: Authorization | undefined;
	readonly #queue: HttpClientRequest[] = [];
	#current: HttpClientRequest | undefined;
	#socket: TcpSocket | undefined;
	#credit = 0;
	#readable = 0;
	/** Bytes of the request that are still to be written. */
	#output: Uint8Array = nothing;
	#sent = 0;
	/** The connection has carried a request before. */
	#used = false;
	#authorized = false;
	#startMs = 0;
	#quietMs = 0;
	#timer: TimerId | undefined;
	#closed = false;
	#fault = "";

	constructor(options: HttpClientOptions) {
		this.#options = options;
		this.#clock = options.clock;
		this.#parser = new ReplyParser(options.limits ?? defaultLimits);
		const { user, password } = options;
		if (password !== undefined) this.#authorization = new Authorization(user ?? "admin", password, options.random);
	}

	/** Why there is no connection; "" when all is well or nothing was asked yet. */
	get fault(): string {
		return this.#fault;
	}

	/** Whether a request is under way. */
	get busy(): boolean {
		return this.#current !== undefined;
	}

	/**
	 * Sends a request, or queues it behind others. Throws GridpostError "bad-request" for a path or method that would be
	 * another request. A client that is closed takes none.
	 */
	request(request: HttpClientRequest): void {
		if (this.#closed) return;
		if (!/^\/[\x21-\x7e]*$/.test(request.path) || !/^[A-Z]+$/.test(request.method ?? "GET")) {
			throw new GridpostError("bad-request", `no HTTP request: ${request.method ?? "GET"} ${request.path}`, {
				origin: "local",
				retry: "never",
				place: request.path,
			});
		}
		if (request.urgent) this.#queue.unshift(request);
		else this.#queue.push(request);
		if (this.#current === undefined && this.#timer === undefined) this.later();
	}

	/** Ends all requests as "closed", and the connection. May be called twice. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#clock.clearTimer(this.#timer);
		this.#timer = undefined;
		this.drop();
		const waiting = this.#queue.splice(0);
		if (this.#current) waiting.unshift(this.#current);
		this.#current = undefined;
		for (const one of waiting) one.onReply(this.reply("closed", "the client is closed"));
	}

	/** The next request, once the current turn is over. */
	private later(): void {
		this.#timer = this.#clock.setTimer(() => {
			this.#timer = undefined;
			this.next();
		}, 0);
	}

	private next(): void {
		const request = this.#queue.shift();
		if (request === undefined || this.#closed) return;
		this.#current = request;
		this.#startMs = this.#clock.now();
		this.#authorized = false;
		// what changes something goes over a fresh connection: on one that has just died it might be done twice
		const once = request.once ?? (request.method ?? "GET") !== "GET";
		if (this.#socket && (once || this.#startMs - this.#quietMs > keptMs)) this.drop();
		this.#timer = this.#clock.setTimer(() => this.timedOut(), request.timeoutMs ?? this.#options.timeoutMs ?? 10_000);
		this.send();
	}

	private send(): void {
		this.#parser.reset();
		this.#output = this.encode(this.#current!);
		this.#sent = 0;
		if (this.#socket === undefined) this.open();
		else this.write();
	}

	private encode(request: HttpClientRequest): Uint8Array {
		const { method = "GET", path, body } = request;
		const { address, host, port = 80 } = this.#options.link;
		const bytes = body === undefined ? nothing : utf8Encode(body);
		let head = `${method} ${path} HTTP/1.1\r\nHost: ${host ?? address}${port === 80 ? "" : `:${port}`}\r\n`;
		const authorization = this.#authorization?.header(method, path);
		if (authorization !== undefined) head += `Authorization: ${authorization}\r\n`;
		if (body !== undefined) {
			head += `Content-Type: ${request.contentType ?? "application/json"}\r\nContent-Length: ${bytes.length}\r\n`;
		}
		const text = utf8Encode(`${head}Accept: application/json\r\n\r\n`);
		const all = new Uint8Array(text.length + bytes.length);
		all.set(text);
		all.set(bytes, text.length);
		return all;
	}

	private open(): void {
		const { io, address, host, port = 80 } = this.#options.link;
		this.#credit = this.#readable = 0;
		this.#used = false;
		try {
			const socket: TcpSocket = new io({
				...(address === undefined ? { host } : { address }),
				port,
				nodelay: true,
				noDelay: true,
				onReadable: (bytes) => {
					if (socket !== this.#socket) return;
					this.#readable = bytes;
					this.read();
				},
				onWritable: (bytes) => {
					if (socket !== this.#socket) return;
					this.#credit = bytes;
					this.write();
				},
				onError: (error) => {
					if (socket === this.#socket) this.lost(error);
				},
			});
			this.#socket = socket;
		} catch (error) {
			this.lost(error);
		}
	}

	private write(): void {
		try {
			while (this.#socket && this.#credit > 0 && this.#sent < this.#output.length) {
				const count = Math.min(this.#credit, this.#output.length - this.#sent);
				const left = this.#socket.write(this.#output.subarray(this.#sent, this.#sent + count));
				this.#sent += count;
				this.#credit = left ?? this.#credit - count;
			}
		} catch {
			// the connection broke; its socket is about to say so
			this.#credit = 0;
		}
	}

	private read(): void {
		while (this.#socket && this.#readable > 0) {
			const chunk = this.#socket.read(this.#readable);
			if (chunk === undefined) return;
			this.#readable -= chunk.byteLength;
			if (this.#current === undefined) {
				// nobody asked for this: what follows could be taken for another reply
				this.drop();
				return;
			}
			const bytes = new Uint8Array(chunk);
			const used = this.#parser.feed(bytes);
			if (this.#parser.fault !== "") {
				this.finish("garbled", this.#parser.fault, true);
				return;
			}
			if (this.#parser.done) {
				this.whole(used < bytes.length || this.#readable > 0);
				return;
			}
		}
	}

	/** A whole reply is there. `more`: bytes behind it that belong to nothing. */
	private whole(more: boolean): void {
		const { code, challenge, keepAlive } = this.#parser;
		const again = code === 401 && !this.#authorized && this.#authorization?.challenged(challenge) === true;
		if (!keepAlive || more || this.#sent < this.#output.length) this.drop();
		this.#used = true;
		if (again) {
			this.#authorized = true;
			this.send();
		} else this.finish("ok", "", false);
	}

	/** The connection is over. */
	private lost(error: unknown): void {
		const idle = this.#current === undefined;
		const fresh = !this.#used;
		const begun = this.#parser.begun;
		const whole = !idle && this.#parser.ended();
		this.drop();
		if (idle) return;
		if (whole) this.whole(false);
		else if (!fresh && !begun) {
			// a kept connection that the server had closed meanwhile
			this.send();
		} else {
			const { address, host, port = 80 } = this.#options.link;
			const reason = error instanceof Error ? `: ${error.message}` : "";
			this.#fault = `no connection to ${address ?? host}:${port}${reason}`;
			this.finish("closed", this.#fault, true);
		}
	}

	private timedOut(): void {
		this.#timer = undefined;
		this.finish("timeout", "no reply in time", true);
	}

	private finish(status: HttpReply["status"], fault: string, drop: boolean): void {
		const request = this.#current!;
		this.#current = undefined;
		this.#clock.clearTimer(this.#timer);
		this.#timer = undefined;
		if (drop) this.drop();
		this.#quietMs = this.#clock.now();
		if (status === "ok") this.#fault = "";
		const reply = this.reply(status, fault);
		// a callback that asks for more finds the client at rest, and is not called from within
		this.later();
		request.onReply(reply);
	}

	private reply(status: HttpReply["status"], fault: string): HttpReply {
		const ok = status === "ok";
		const body = ok ? this.#parser.body : nothing;
		const endMs = this.#clock.now();
		return { status, code: ok ? this.#parser.code : 0, body, fault, startMs: this.#startMs, endMs };
	}

	private drop(): void {
		const socket = this.#socket;
		this.#socket = undefined;
		this.#credit = this.#readable = 0;
		socket?.close();
	}
}
