import type { ListenerOptions, TcpOptions } from "../../modules/base/io";

/**
 * A TCP class for tests under a manual clock: the test plays the network and the peer, byte by byte and credit by
 * credit. Like the SDK's class it throws on a write over the credit and on a read of more than waits.
 */
export class FakeTcp {
	/** Every instance made since `reset`, oldest first. */
	static made: FakeTcp[] = [];
	/** Makes the constructor throw, as the SDK does without a network. */
	static broken = false;

	readonly options: TcpOptions;
	credit = 0;
	closed = false;
	#sent: number[] = [];
	#waiting = new Uint8Array(0);

	constructor(options: TcpOptions) {
		if (FakeTcp.broken) throw new Error("no network");
		this.options = options;
		FakeTcp.made.push(this);
	}

	static reset(): void {
		FakeTcp.made = [];
		FakeTcp.broken = false;
	}

	static get last(): FakeTcp {
		const last = FakeTcp.made.at(-1);
		if (!last) throw new Error("no socket was made");
		return last;
	}

	read(count: number): ArrayBuffer | undefined {
		if (this.closed) throw new Error("read after close");
		if (this.#waiting.length === 0) return undefined;
		if (count <= 0 || count > this.#waiting.length) throw new Error("invalid");
		const out = this.#waiting.slice(0, count);
		this.#waiting = this.#waiting.slice(count);
		return out.buffer;
	}

	write(bytes: Uint8Array | ArrayBuffer): number {
		const view = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
		if (this.closed) throw new Error("write after close");
		if (view.length > this.credit) throw new Error("would block");
		this.credit -= view.length;
		for (const byte of view) this.#sent.push(byte);
		return this.credit;
	}

	close(): void {
		this.closed = true;
	}

	/** The peer's bytes arrive. */
	deliver(bytes: Uint8Array): void {
		if (this.closed) return;
		const all = new Uint8Array(this.#waiting.length + bytes.length);
		all.set(this.#waiting);
		all.set(bytes, this.#waiting.length);
		this.#waiting = all;
		this.options.onReadable?.call(this, all.length);
	}

	/** Bytes that were delivered and not read. */
	get unread(): number {
		return this.#waiting.length;
	}

	/** The network takes more: credit becomes `bytes`. */
	grant(bytes: number): void {
		if (this.closed) return;
		this.credit = bytes;
		this.options.onWritable?.call(this, bytes);
	}

	/** The peer or the network ends the connection. */
	fail(): void {
		if (!this.closed) this.options.onError?.call(this);
	}

	/** What was written since the last call. */
	sent(): Uint8Array {
		const sent = new Uint8Array(this.#sent);
		this.#sent = [];
		return sent;
	}
}

/** The listener to go with it: `arrive` is a client that connects. */
export class FakeListener {
	static last: FakeListener;
	readonly options: ListenerOptions;
	closed = false;
	#waiting: object[] = [];

	constructor(options: ListenerOptions) {
		this.options = options;
		FakeListener.last = this;
	}

	arrive(): void {
		this.#waiting.push({
			close() {},
		});
		this.options.onReadable?.call(this, this.#waiting.length);
	}

	read(): unknown {
		return this.#waiting.shift();
	}

	close(): void {
		this.closed = true;
	}
}
