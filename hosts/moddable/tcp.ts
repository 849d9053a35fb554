import SocketTCP from "embedded:io/socket/tcp";
// biome-ignore lint/style/useNodejsImportProtocol: the SDK has a module of this name
import Net from "net";
import type { TcpClass, TcpOptions, TcpSocket } from "../../modules/base/io";

const Socket = SocketTCP as unknown as TcpClass;

/** A TCP connection to a name: the SDK's TCP, which wants an address, is opened once the resolver has one. */
class NamedTCP implements TcpSocket {
	#options: TcpOptions;
	#socket: TcpSocket | undefined;
	#closed = false;

	constructor(options: TcpOptions) {
		this.#options = options;
		Net.resolve(String(options.host), (_, address) => this.#connect(address));
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

	#connect(address: string | undefined): void {
		if (this.#closed) return;
		const { onReadable, onWritable, onError } = this.#options;
		if (!address) {
			onError?.call(this, `no address for ${this.#options.host}`);
			return;
		}
		try {
			this.#socket = new Socket({
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
 * The SDK's TCP class, which also takes `host`: an address as it stands, a name by way of the resolver. What `new` gives
 * is one of the two classes above.
 */
class HostTCP {
	constructor(options: TcpOptions) {
		// biome-ignore lint/correctness/noConstructorReturn: one object a connection, not two
		return open(options) as never;
	}
}

function open(options: TcpOptions): TcpSocket {
	const { host, address } = options;
	if (host === undefined || address !== undefined || options.from) return new Socket(options);
	// the SDK's resolvers answer with the first address only, which here may be one of IPv6
	if (host === "localhost") return new Socket({ ...options, address: "127.0.0.1" });
	return /^\d+(\.\d+){3}$/.test(host) ? new Socket({ ...options, address: host }) : new NamedTCP(options);
}

export const TCP = HostTCP as unknown as TcpClass;
