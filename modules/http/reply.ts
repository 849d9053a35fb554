import { frozen } from "../base/frozen";

/** What a client takes of a reply before it gives up. */
export interface ReplyLimits {
	/** Status line, headers, chunk sizes and trailers, bytes. */
	headBytes: number;
	/** The body, bytes. */
	bodyBytes: number;
}

const State = frozen({
	line: 0,
	headers: 1,
	body: 2,
	chunkSize: 3,
	chunk: 4,
	chunkEnd: 5,
	trailers: 6,
	open: 7,
	done: 8,
	bad: 9,
});
const noBody = new Uint8Array(0);

/** One HTTP/1.x reply out of a byte stream (RFC 9112), however it is split: with a length, in chunks, or up to the end. */
export class ReplyParser {
	readonly #limits: ReplyLimits;
	#state: number = State.line;
	#partial = "";
	#headBytes = 0;
	#body = noBody;
	#have = 0;
	#left = 0;
	#length = -1;
	#chunked = false;
	/** Status code, 0 before its line has come. */
	code = 0;
	/** The connection may be used again after this reply. */
	keepAlive = false;
	/** WWW-Authenticate, several joined by ", ". */
	challenge = "";
	/** What is wrong with the reply; "" while all is well. */
	fault = "";

	constructor(limits: ReplyLimits) {
		this.#limits = limits;
	}

	/** For the next reply. */
	reset(): void {
		this.#state = State.line;
		this.#partial = this.challenge = this.fault = "";
		this.#headBytes = this.#have = this.#left = this.code = 0;
		this.#body = noBody;
		this.#length = -1;
		this.#chunked = this.keepAlive = false;
	}

	/** A first byte has come. */
	get begun(): boolean {
		return this.#headBytes > 0;
	}

	get done(): boolean {
		return this.#state === State.done;
	}

	/** The body of a reply that is done. */
	get body(): Uint8Array {
		return this.#body.subarray(0, this.#have);
	}

	/** Uses bytes up to the reply's end, or a fault; gives how many. */
	feed(bytes: Uint8Array): number {
		let at = 0;
		while (at < bytes.length && this.#state < State.done) {
			const state = this.#state;
			if (state === State.body || state === State.chunk || state === State.open) at = this.data(bytes, at);
			else at = this.line(bytes, at);
		}
		return at;
	}

	/** The connection has ended. True when that ends the reply as it should. */
	ended(): boolean {
		if (this.#state !== State.open) return this.done;
		this.#state = State.done;
		this.keepAlive = false;
		return true;
	}

	private bad(fault: string): void {
		this.fault = fault;
		this.#state = State.bad;
	}

	private data(bytes: Uint8Array, at: number): number {
		const count = this.#state === State.open ? bytes.length - at : Math.min(this.#left, bytes.length - at);
		if (!this.room(this.#have + count)) return bytes.length;
		this.#body.set(bytes.subarray(at, at + count), this.#have);
		this.#have += count;
		if (this.#state === State.open) return at + count;
		this.#left -= count;
		if (this.#left === 0) this.#state = this.#state === State.chunk ? State.chunkEnd : State.done;
		return at + count;
	}

	/** Makes room for a body of so many bytes. */
	private room(bytes: number): boolean {
		if (bytes > this.#limits.bodyBytes) {
			this.bad(`a reply of more than ${this.#limits.bodyBytes} bytes`);
			return false;
		}
		if (bytes > this.#body.length) {
			const grown = new Uint8Array(Math.min(this.#limits.bodyBytes, Math.max(bytes, 2 * this.#body.length)));
			grown.set(this.#body.subarray(0, this.#have));
			this.#body = grown;
		}
		return true;
	}

	private line(bytes: Uint8Array, at: number): number {
		const lf = bytes.indexOf(0x0a, at);
		const end = lf < 0 ? bytes.length : lf + 1;
		this.#headBytes += end - at;
		if (this.#headBytes > this.#limits.headBytes) {
			this.bad(`headers of more than ${this.#limits.headBytes} bytes`);
			return end;
		}
		for (let i = at; i < (lf < 0 ? end : lf); i++) this.#partial += String.fromCharCode(bytes[i]!);
		if (lf < 0) return end;
		const line = this.#partial.endsWith("\r") ? this.#partial.slice(0, -1) : this.#partial;
		this.#partial = "";
		this.whole(line);
		return end;
	}

	private whole(line: string): void {
		switch (this.#state) {
			case State.line:
				this.statusLine(line);
				break;
			case State.headers:
				if (line === "") this.endOfHead();
				else this.header(line);
				break;
			case State.chunkSize:
				this.chunkSize(line);
				break;
			case State.chunkEnd:
				if (line === "") this.#state = State.chunkSize;
				else this.bad("a chunk is longer than it says");
				break;
			default:
				if (line === "") this.#state = State.done;
		}
	}

	private statusLine(line: string): void {
		const parts = /^HTTP\/1\.([01]) ([1-5][0-9][0-9])(?: |$)/.exec(line);
		if (parts === null) {
			this.bad("no HTTP reply");
			return;
		}
		this.code = Number(parts[2]);
		this.keepAlive = parts[1] === "1";
		this.#state = State.headers;
	}

	private header(line: string): void {
		const colon = line.indexOf(":");
		if (colon <= 0) {
			this.bad("not a header line");
			return;
		}
		const value = line.slice(colon + 1).trim();
		switch (line.slice(0, colon).toLowerCase()) {
			case "content-length":
				if (!/^[0-9]{1,9}$/.test(value) || (this.#length >= 0 && this.#length !== Number(value)))
					this.bad("not a length");
				else this.#length = Number(value);
				break;
			case "transfer-encoding":
				if (value.toLowerCase() === "chunked") this.#chunked = true;
				else this.bad(`Transfer-Encoding ${value}`);
				break;
			case "connection":
				if (/(?:^|[ ,])close(?:$|[ ,])/i.test(value)) this.keepAlive = false;
				else if (/(?:^|[ ,])keep-alive(?:$|[ ,])/i.test(value)) this.keepAlive = true;
				break;
			case "www-authenticate":
				this.challenge += this.challenge === "" ? value : `, ${value}`;
				break;
		}
	}

	private endOfHead(): void {
		if (this.code < 200) {
			// 100 Continue and the like: the reply itself is still to come
			this.reset();
			this.#headBytes = 1;
			return;
		}
		if (this.code === 204 || this.code === 304) this.#state = State.done;
		else if (this.#chunked) {
			// both together is how requests are smuggled: nothing more is taken from such a connection
			if (this.#length >= 0) this.keepAlive = false;
			this.#headBytes = 1;
			this.#state = State.chunkSize;
		} else if (this.#length >= 0) {
			this.#left = this.#length;
			if (this.room(this.#length)) this.#state = this.#length === 0 ? State.done : State.body;
		} else this.#state = State.open;
	}

	private chunkSize(line: string): void {
		const digits = line.split(";")[0]!.trim();
		if (!/^[0-9a-fA-F]{1,7}$/.test(digits)) {
			this.bad("not a chunk size");
			return;
		}
		const size = Number.parseInt(digits, 16);
		if (size === 0) this.#state = State.trailers;
		else if (this.room(this.#have + size)) {
			this.#left = size;
			this.#state = State.chunk;
		}
	}
}
