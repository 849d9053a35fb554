import { frozen } from "../base/frozen";
import type { TcpClass, TcpSocket } from "../base/io";
import type { HttpLimits } from "./limits";
import { type HeadTarget, RequestParser } from "./parser";
import type { HttpRequest } from "./request";
import { HttpResponse, type ResponseSink, type StreamSink } from "./response";
import type { Handler } from "./router";

/** What a connection needs of its server. */
export interface ConnectionHost {
	readonly limits: HttpLimits;
	now(): number;
	/** The handler of a request; one that says 404 or 405 when there is no other. */
	find(request: HttpRequest): Handler;
	/** Sets bytes aside for a body; false when the server has no more. */
	reserve(bytes: number): boolean;
	release(bytes: number): void;
	handlerFailed(request: HttpRequest, error: unknown): void;
	gone(connection: Connection): void;
}

const readBytes = 1460;
/** After a refusal the client may still be sending: closing at once would reset the connection and lose the answer. */
const lingerMs = 1000;
const continueBytes = bytesOf("HTTP/1.1 100 Continue\r\n\r\n");

const State = frozen({
	/** Between requests, or in the middle of one. */
	receiving: 0,
	/** The handler has the request. */
	handling: 1,
	sending: 2,
	/** An event stream. */
	streaming: 3,
	/** Everything is written; what the client still sends is thrown away. */
	lingering: 4,
	closed: 5,
});

/**
 * One client. Requests are answered one after the other: what a client pipelines stays unread, in TCP, until the
 * answer before it is written. Nothing is written beyond the credit, so a slow reader holds up only itself.
 */
export class Connection implements HeadTarget, ResponseSink, StreamSink {
	readonly #host: ConnectionHost;
	readonly #parser: RequestParser;
	#socket: TcpSocket | undefined;
	#state: number = State.receiving;
	/** When the state, or the request in it, began; when sending, the last progress. */
	#sinceMs: number;
	#credit = 0;
	#readable = 0;
	#rest: Uint8Array | undefined;
	#restAt = 0;
	#handler: Handler | undefined;
	#response: HttpResponse | undefined;
	#chunk: Uint8Array | undefined;
	#offset = 0;
	#reserved = 0;
	#running = false;

	/** @param refusal a status to answer at once, whatever the client wants; 0 = serve it */
	constructor(host: ConnectionHost, tcp: TcpClass, from: unknown, refusal: number) {
		this.#host = host;
		this.#parser = new RequestParser(host.limits, this);
		this.#sinceMs = host.now();
		this.#socket = new tcp({
			from,
			// the SDK says nodelay, ECMA-419 noDelay
			nodelay: true,
			noDelay: true,
			onReadable: (bytes) => {
				this.#readable = bytes;
				this.#run();
			},
			onWritable: (bytes) => {
				this.#credit = bytes;
				this.#run();
			},
			onError: () => this.close(),
		});
		if (refusal) this.#refuse(refusal, "");
	}

	/** Waits for a first byte, or only for the client to leave: may be closed to make room. */
	get spare(): boolean {
		return this.#state === State.lingering || (this.#state === State.receiving && !this.#parser.begun);
	}

	get streaming(): boolean {
		return this.#state === State.streaming;
	}

	get sinceMs(): number {
		return this.#sinceMs;
	}

	close(): void {
		if (this.#state === State.closed) return;
		const stream = this.#response?.streaming;
		const socket = this.#socket;
		this.#state = State.closed;
		this.#socket = this.#response = this.#chunk = this.#rest = this.#handler = undefined;
		this.#release();
		try {
			socket?.close();
		} catch {
			// it is gone either way
		}
		stream?.closed();
		this.#host.gone(this);
	}

	/** Called about once a second: ends what has taken too long. */
	check(nowMs: number): void {
		const limits = this.#host.limits;
		const forMs = nowMs - this.#sinceMs;
		switch (this.#state) {
			case State.receiving:
				if (!this.#parser.begun) {
					if (forMs >= limits.idleTimeoutMs) this.close();
				} else if (forMs >= limits.requestTimeoutMs) this.#refuse(408, "the request did not arrive in time");
				break;
			case State.handling:
				if (forMs >= limits.responseTimeoutMs) this.#response?.error(504, "no answer in time");
				break;
			case State.sending:
				if (forMs >= limits.stallTimeoutMs) this.close();
				break;
			case State.streaming:
				if (this.#chunk && forMs >= limits.stallTimeoutMs) this.close();
				break;
			default:
				if (forMs >= lingerMs) this.close();
		}
	}

	head(request: HttpRequest, bodyBytes: number, expectsContinue: boolean): number {
		this.#handler = this.#host.find(request);
		if (bodyBytes > 0) {
			if (!this.#host.reserve(bodyBytes)) return 503;
			this.#reserved = bodyBytes;
		}
		if (expectsContinue) {
			this.#chunk = continueBytes;
			this.#offset = 0;
		}
		return 0;
	}

	responded(response: HttpResponse): void {
		if (this.#state === State.closed || response !== this.#response) return;
		this.#state = response.streaming ? State.streaming : State.sending;
		this.#sinceMs = this.#host.now();
		response.streaming?.opened(this);
		this.#run();
	}

	wake(): void {
		this.#run();
	}

	end(): void {
		this.close();
	}

	/** Reads, handles and writes for as long as one of them gets on. */
	#run(): void {
		if (this.#running) return;
		this.#running = true;
		try {
			while (this.#socket && (this.#readSome() || this.#writeSome()));
		} catch {
			// the socket broke under a read or write
			this.close();
		}
		this.#running = false;
	}

	#readSome(): boolean {
		const socket = this.#socket!;
		if (this.#state === State.streaming || this.#state === State.lingering) {
			this.#rest = undefined;
			if (this.#readable === 0) return false;
			const count = Math.min(this.#readable, readBytes);
			this.#readable = socket.read(count) ? this.#readable - count : 0;
			return true;
		}
		if (this.#state !== State.receiving) return false;
		let bytes = this.#rest;
		let at = this.#restAt;
		if (!bytes) {
			if (this.#readable === 0) return false;
			const count = Math.min(this.#readable, readBytes);
			const data = socket.read(count);
			this.#readable = data ? this.#readable - count : 0;
			if (!data) return false;
			bytes = new Uint8Array(data);
			at = 0;
		}
		if (!this.#parser.begun) this.#sinceMs = this.#host.now();
		at = this.#parser.feed(bytes, at);
		this.#rest = at < bytes.length ? bytes : undefined;
		this.#restAt = at;
		if (this.#parser.status) this.#refuse(this.#parser.status, this.#parser.fault);
		else if (this.#parser.done) this.#handle();
		return true;
	}

	#handle(): void {
		const request = this.#parser.request;
		const response = new HttpResponse(this, request.method === "HEAD", request.keepAlive, request.version);
		this.#response = response;
		this.#state = State.handling;
		this.#sinceMs = this.#host.now();
		try {
			this.#handler?.(request, response);
		} catch (error) {
			this.#host.handlerFailed(request, error);
			response.error(500, "");
		}
	}

	#refuse(status: number, fault: string): void {
		this.#response = new HttpResponse(this, this.#parser.request.method === "HEAD", false, 11);
		if (status === 503) this.#response.header("Retry-After", "2");
		this.#response.error(status, fault);
	}

	#writeSome(): boolean {
		if (!this.#chunk) {
			this.#chunk = this.#response?.next();
			this.#offset = 0;
			if (!this.#chunk) return this.#state === State.sending && this.#finished();
			if (this.#state === State.streaming) this.#sinceMs = this.#host.now();
		}
		const chunk = this.#chunk;
		const count = Math.min(this.#credit, chunk.length - this.#offset);
		if (count <= 0) return false;
		const left = this.#socket!.write(
			count === chunk.length && chunk.byteLength === chunk.buffer.byteLength
				? chunk
				: new Uint8Array(chunk.buffer, chunk.byteOffset + this.#offset, count),
		);
		this.#credit = typeof left === "number" ? left : this.#credit - count;
		this.#offset += count;
		// the time a request may take is not stretched by our "100 Continue"
		if (this.#state !== State.receiving) this.#sinceMs = this.#host.now();
		if (this.#offset === chunk.length) this.#chunk = undefined;
		return true;
	}

	/** The answer is written. True when there may be more to do. */
	#finished(): boolean {
		const keepAlive = this.#response!.keepAlive;
		const whole = this.#parser.done && !this.#rest && this.#readable === 0;
		this.#response = this.#handler = undefined;
		this.#release();
		this.#sinceMs = this.#host.now();
		if (keepAlive) {
			this.#parser.reset();
			this.#state = State.receiving;
			return this.#rest !== undefined || this.#readable > 0;
		}
		if (whole) {
			this.close();
			return false;
		}
		this.#state = State.lingering;
		return true;
	}

	#release(): void {
		if (this.#reserved) this.#host.release(this.#reserved);
		this.#reserved = 0;
	}
}

function bytesOf(ascii: string): Uint8Array {
	const bytes = new Uint8Array(ascii.length);
	for (let i = 0; i < ascii.length; i++) bytes[i] = ascii.charCodeAt(i);
	return bytes;
}
