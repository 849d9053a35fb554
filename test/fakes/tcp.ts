import type { ListenerClass, ListenerOptions, TcpClass, TcpOptions, TcpSocket } from "../../modules/base/io";

/**
 * One end of a fake connection, which a test plays byte by byte and credit by credit. What our code holds throws, like the
 * SDK's class, on a write over the credit, on a read of more than waits, and on either after `close`.
 */
export class FakePeer {
	options: TcpOptions | undefined;
	/** Everything our side has written. */
	readonly written: number[] = [];
	closed = false;
	credit: number;
	#waiting: number[] = [];

	constructor(credit = 5760) {
		this.credit = credit;
	}

	/** Bytes from the other side. */
	send(...parts: ArrayLike<number>[]): void {
		for (const part of parts) for (let i = 0; i < part.length; i++) this.#waiting.push(part[i]!);
		if (!this.closed) this.options?.onReadable?.(this.#waiting.length);
	}

	/** The other side has taken what was written: this much may be written now. */
	grant(credit: number): void {
		this.credit = credit;
		if (!this.closed) this.options?.onWritable?.(credit);
	}

	/** The other side ends the connection. */
	end(): void {
		if (!this.closed) this.options?.onError?.();
	}

	/** What our side has not read. */
	get unread(): number {
		return this.#waiting.length;
	}

	/** What our side has written since the last call. */
	take(): Uint8Array {
		return new Uint8Array(this.written.splice(0));
	}

	attach(options: TcpOptions): TcpSocket {
		this.options = options;
		return {
			read: (count) => {
				if (this.closed) throw new Error("closed");
				if (this.#waiting.length === 0) return undefined;
				if (!(count > 0 && count <= this.#waiting.length)) throw new Error("invalid");
				return new Uint8Array(this.#waiting.splice(0, count)).buffer;
			},
			write: (bytes) => {
				const view = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
				if (this.closed) throw new Error("closed");
				if (view.length > this.credit) throw new Error("would block");
				for (const byte of view) this.written.push(byte);
				this.credit -= view.length;
				return this.credit;
			},
			close: () => {
				this.closed = true;
			},
		};
	}
}

/** A network on which a test plays all the other ends. */
export class FakeNetwork {
	/** Connections our side opened, in order. */
	readonly dialled: FakePeer[] = [];
	readonly tcp: TcpClass;
	readonly listener: ListenerClass;
	/** Makes the constructor of a socket throw, as the SDK does without a network. */
	broken = false;
	/** Called when our side opens a connection; to accept it grant credit, to refuse it end it, later. */
	onDial: ((peer: FakePeer) => void) | undefined;
	#listening: ListenerOptions | undefined;
	#pending: FakePeer[] = [];

	constructor() {
		const network = this;
		this.tcp = class {
			constructor(options: TcpOptions) {
				if (options.from instanceof FakePeer) {
					// biome-ignore lint/correctness/noConstructorReturn: a fake whose socket is the peer's
					return options.from.attach(options) as never;
				}
				if (network.broken) throw new Error("no network");
				const peer = new FakePeer(0);
				network.dialled.push(peer);
				const socket = peer.attach(options);
				network.onDial?.(peer);
				// biome-ignore lint/correctness/noConstructorReturn: as above
				return socket as never;
			}
		} as never;
		this.listener = class {
			constructor(options: ListenerOptions) {
				network.#listening = options;
			}
			read(): unknown {
				return network.#pending.shift();
			}
			close(): void {
				network.#listening = undefined;
			}
		} as never;
	}

	get listening(): boolean {
		return this.#listening !== undefined;
	}

	/** The connection that our side opened last. */
	get last(): FakePeer {
		const last = this.dialled.at(-1);
		if (!last) throw new Error("no connection was opened");
		return last;
	}

	/** A client connects to our listener. */
	connect(credit = 5760): FakePeer {
		const peer = new FakePeer(credit);
		this.#pending.push(peer);
		this.#listening?.onReadable?.(this.#pending.length);
		peer.grant(credit);
		return peer;
	}
}
