import type { TcpClass, TcpOptions, TcpSocket } from "../../modules/base/io";

/** Calls back once, with an IPv4 address or with nothing. */
export type Resolve = (name: string, callback: (name: string, address?: string) => void) => void;

/** A connection to a name: the socket, whose class wants an address, is opened once the resolver has one. */
class NamedTCP implements TcpSocket {
	#Socket: TcpClass;
	#options: TcpOptions;
	#socket: TcpSocket | undefined;
	#closed = false;

	constructor(Socket: TcpClass, resolve: Resolve, name: string, options: TcpOptions) {
		this.#Socket = Socket;
		this.#options = options;
		resolve(name, (_, address) => this.#connect(name, address));
	}

	read(count: number): ArrayBuffer | undefined {
		if (this.#closed) throw new Error("closed");
		return this.#socket?.read(count);
	}

	write(bytes: Uint8Array | ArrayBuffer): number | undefined {
		if (this.#closed) throw new Error("closed");
		if (!this.#socket) throw new Error("would block");
		return this.#socket.write(bytes);
	}

	close(): void {
		this.#closed = true;
		this.#socket?.close();
		this.#socket = undefined;
	}

	#connect(name: string, address: string | undefined): void {
		if (this.#closed) return;
		const { onReadable, onWritable, onError } = this.#options;
		if (!address) {
			onError?.call(this, `no address for ${name}`);
			return;
		}
		try {
			this.#socket = new this.#Socket({
				...this.#options,
				address,
				onReadable: (bytes) => onReadable?.call(this, bytes),
				onWritable: (bytes) => onWritable?.call(this, bytes),
				onError: (error) => onError?.call(this, error),
			});
		} catch (error) {
			onError?.call(this, error);
		}
	}
}

/**
 * A TCP class that takes `host` too, over the SDK's one: an address as it stands, a name by way of the resolver. What `new`
 * gives is the SDK's object or a NamedTCP.
 */
export function namedTCP(Socket: TcpClass, resolve: Resolve): TcpClass {
	const open = (options: TcpOptions): TcpSocket => {
		const { host, address, from, ...rest } = options;
		if (from) return new Socket(options);
		if (host === undefined || address !== undefined) return new Socket({ ...rest, address });
		// the SDK's resolvers answer with the first address only, which here may be one of IPv6
		if (host === "localhost") return new Socket({ ...rest, address: "127.0.0.1" });
		if (/^\d+(\.\d+){3}$/.test(host)) return new Socket({ ...rest, address: host });
		return new NamedTCP(Socket, resolve, host, rest);
	};
	return class {
		constructor(options: TcpOptions) {
			// biome-ignore lint/correctness/noConstructorReturn: one object a connection, not two
			return open(options) as never;
		}
	} as unknown as TcpClass;
}
