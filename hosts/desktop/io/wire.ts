import type { Duplex } from "node:stream";

/** What a wire tells. `ended` comes once and is the last. */
export interface WireEvents {
	opened(): void;
	received(bytes: Uint8Array): void;
	/** That many of the written bytes have left, in order. */
	sent(count: number): void;
	ended(reason: string): void;
}

/** One byte stream between a machine and something else: a socket, a TLS session, a tty or a piece of memory. */
export interface Wire {
	readonly remoteAddress: string | undefined;
	readonly remotePort: number | undefined;
	/** Takes the events from here on; what came before is told then. */
	attach(events: WireEvents): void;
	write(bytes: Uint8Array): void;
	/** `received` stops soon after `pause` and the other side is made to wait. */
	pause(): void;
	resume(): void;
	/** Ends it: what was written still goes out, nothing is told any more. */
	close(): void;
	/** The same without the last bytes. */
	destroy(): void;
}

export interface Target {
	/** An IP address or a name. */
	host: string;
	port: number;
	/** True: small writes leave at once; false: they are joined; undefined: as the system likes. */
	noDelay?: boolean | undefined;
}

export interface ListenerHandle {
	/** The real one, also when 0 was asked for. */
	readonly port: number;
	close(): void;
}

export interface DatagramHandle {
	send(bytes: Uint8Array, address: string, port: number): void;
	group(address: string, join: boolean): void;
	close(): void;
}

export interface DatagramOptions {
	port: number;
	address?: string | undefined;
	timeToLive?: number | undefined;
	onMessage(bytes: Uint8Array, address: string, port: number): void;
	onError(reason: string): void;
}

/** Where a machine's sockets go: the system's network, or one in memory. */
export interface Network {
	connect(target: Target): Wire;
	/** A stream for code that wants one of Node's (TLS); undefined: make an own socket. */
	duplex(target: Target): Duplex | undefined;
	/** Throws when the port cannot be had. */
	listen(port: number, address: string | undefined, onWire: (wire: Wire) => void): ListenerHandle;
	datagrams(options: DatagramOptions): DatagramHandle;
}

/** How long a closed socket may take to hand over its last bytes. */
const LINGER_MS = 2000;

export interface StreamWireOptions {
	/** The event after which the stream can be used; without, it can be at once. */
	openEvent?: string;
	/** One sentence about an error. */
	explain?: (error: Error) => string;
	/** The same about an end without error. */
	endReason?: string;
	address?: () => { address?: string | undefined; port?: number | undefined };
	/** False: what comes after `close` is somebody else's, as on a tty, and is left alone. */
	drain?: boolean;
}

/** A wire over one of Node's streams. */
export class StreamWire implements Wire {
	#stream: Duplex;
	#options: StreamWireOptions;
	#events: WireEvents | undefined;
	#ready: boolean;
	#reason: string | undefined;
	#linger: NodeJS.Timeout | undefined;

	constructor(stream: Duplex, options: StreamWireOptions) {
		this.#stream = stream;
		this.#options = options;
		const { openEvent, explain, endReason } = options;
		this.#ready = openEvent === undefined;
		stream.on("error", (error) => this.#end(explain ? explain(error) : error.message));
		stream.on("end", () => this.#end(endReason ?? "closed by the other side"));
		stream.on("close", () => {
			clearTimeout(this.#linger);
			this.#end("closed");
		});
		if (openEvent !== undefined)
			stream.once(openEvent, () => {
				this.#ready = true;
				this.#events?.opened();
			});
	}

	get remoteAddress(): string | undefined {
		return this.#options.address?.().address;
	}

	get remotePort(): number | undefined {
		return this.#options.address?.().port;
	}

	attach(events: WireEvents): void {
		this.#events = events;
		this.#stream.on("data", (chunk: Uint8Array) => this.#events?.received(chunk));
		if (this.#ready) events.opened();
		if (this.#reason !== undefined) events.ended(this.#reason);
	}

	write(bytes: Uint8Array): void {
		this.#stream.write(bytes, (error) => {
			if (!error) this.#events?.sent(bytes.length);
		});
	}

	pause(): void {
		this.#stream.pause();
	}

	resume(): void {
		this.#stream.resume();
	}

	close(): void {
		this.#events = undefined;
		const stream = this.#stream;
		const idle = this.#options.drain === false && stream.writableLength === 0;
		if (!this.#ready || stream.destroyed || this.#reason !== undefined || idle) {
			stream.destroy();
			return;
		}
		if (this.#options.drain === false) {
			stream.pause();
			stream.end(() => stream.destroy());
		} else {
			stream.end();
			stream.resume();
		}
		this.#linger = setTimeout(() => stream.destroy(), LINGER_MS);
		this.#linger.unref();
	}

	destroy(): void {
		this.#events = undefined;
		this.#stream.destroy();
	}

	#end(reason: string): void {
		if (this.#reason !== undefined) return;
		this.#reason = reason;
		this.#events?.ended(reason);
	}
}
