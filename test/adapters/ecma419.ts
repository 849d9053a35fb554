/**
 * ECMA-419 TCP and Listener over node:net, with the semantics of the Moddable SDK: credit by `onWritable` and no
 * more written than that, `onReadable` once for new bytes, `onError` as the only end and after the last byte read.
 */
import { createConnection, createServer, type Server, type Socket } from "node:net";
import type { ListenerOptions, TcpOptions } from "../../modules/base/io";

/** Like the buffers of the SDK's TCP: small, so that the tests meet back-pressure. */
export const creditBytes = 5760;
const receiveBytes = 5760;

export class TCP {
	readonly #options: TcpOptions;
	readonly #socket: Socket;
	#received: Buffer[] = [];
	#readable = 0;
	#announced = 0;
	#over = false;
	#closed = false;
	#scheduled = false;

	constructor(options: TcpOptions) {
		this.#options = options;
		const from = options.from as Socket | undefined;
		if (!from && typeof options.port !== "number") throw new RangeError("invalid port");
		this.#socket =
			from ?? createConnection({ host: options.address ?? options.host ?? "127.0.0.1", port: options.port! });
		this.#socket.setNoDelay(options["noDelay"] === true || options["nodelay"] === true);
		this.#socket.on("connect", () => this.#offer());
		this.#socket.on("data", (chunk) => this.#take(chunk));
		this.#socket.on("error", () => this.#end());
		this.#socket.on("end", () => this.#end());
		this.#socket.on("close", () => this.#end());
		if (from) setImmediate(() => this.#offer());
	}

	get remoteAddress(): string | undefined {
		return this.#socket.remoteAddress;
	}

	get remotePort(): number | undefined {
		return this.#socket.remotePort;
	}

	read(count: number): ArrayBuffer | undefined;
	read(buffer: Uint8Array): number | undefined;
	read(want: number | Uint8Array = this.#readable): ArrayBuffer | number | undefined {
		if (this.#closed) throw new Error("closed");
		if (this.#readable === 0) return undefined;
		const count = typeof want === "number" ? want : want.byteLength;
		if (!(count > 0 && count <= this.#readable)) throw new Error("invalid");
		const all = Buffer.concat(this.#received);
		const out = typeof want === "number" ? new Uint8Array(count) : want;
		out.set(all.subarray(0, count));
		this.#received = count < all.length ? [all.subarray(count)] : [];
		this.#readable -= count;
		this.#announced = Math.min(this.#announced, this.#readable);
		if (this.#readable < receiveBytes) this.#socket.resume();
		if (this.#readable === 0 && this.#over) this.#schedule();
		return typeof want === "number" ? (out.buffer as ArrayBuffer) : count;
	}

	write(bytes: Uint8Array | ArrayBuffer): number {
		if (this.#closed) throw new Error("closed");
		const view = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
		if (view.length > this.#credit()) throw new Error("would block");
		if (this.#over) return 0;
		// copied: the caller may use its buffer again at once, as with lwIP's TCP_WRITE_FLAG_COPY
		this.#socket.write(Buffer.from(view), () => this.#offer());
		return this.#credit();
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#socket.resume();
		this.#socket.destroySoon();
	}

	#credit(): number {
		return Math.max(0, creditBytes - this.#socket.writableLength);
	}

	#offer(): void {
		const credit = this.#credit();
		if (!this.#closed && !this.#over && credit > 0) this.#options.onWritable?.call(this, credit);
	}

	#take(chunk: Buffer): void {
		if (this.#closed) return;
		this.#received.push(chunk);
		this.#readable += chunk.length;
		if (this.#readable >= receiveBytes) this.#socket.pause();
		this.#schedule();
	}

	#end(): void {
		if (this.#over) return;
		this.#over = true;
		this.#schedule();
	}

	#schedule(): void {
		if (this.#scheduled) return;
		this.#scheduled = true;
		setImmediate(() => {
			this.#scheduled = false;
			if (!this.#closed && this.#readable > this.#announced) {
				this.#announced = this.#readable;
				this.#options.onReadable?.call(this, this.#readable);
			}
			if (this.#over && !this.#closed && this.#readable === 0) {
				this.#options.onError?.call(this);
				if (!this.#closed) this.#socket.destroy();
			}
		});
	}
}

export class Listener {
	readonly #server: Server;
	#waiting: Socket[] = [];
	/** Resolves with the port, which matters when 0 was asked for. */
	readonly ready: Promise<number>;

	constructor(options: ListenerOptions) {
		this.#server = createServer({ allowHalfOpen: false, pauseOnConnect: true }, (socket) => {
			socket.on("error", () => {});
			this.#waiting.push(socket);
			options.onReadable?.call(this, this.#waiting.length);
		});
		this.ready = new Promise((resolve, reject) => {
			this.#server.on("error", (error) => {
				reject(error);
				options.onError?.call(this, error);
			});
			this.#server.listen(options.port ?? 0, options.address ?? "127.0.0.1", () => {
				const address = this.#server.address();
				resolve(typeof address === "object" && address ? address.port : 0);
			});
		});
		this.ready.catch(() => {});
	}

	read(): Socket | undefined {
		const socket = this.#waiting.shift();
		socket?.resume();
		return socket;
	}

	close(): void {
		this.#server.close();
		for (const socket of this.#waiting) socket.destroy();
	}
}
