import { isIP } from "node:net";
import { checkPort, type IoContext, Port, READABLE, viewOf } from "./context";
import { StreamPort, type Windows } from "./stream-port";
import { connectTls, type SecureOptions } from "./tls";
import type { DatagramHandle, ListenerHandle, Network, Target, Wire } from "./wire";

/** Connections that wait for `Listener.read`; further ones are refused. */
const BACKLOG = 16;
/** Datagrams that wait for `UDP.read`; further ones are lost, as UDP allows. */
const DATAGRAM_QUEUE = 64;

class ListenerPort extends Port {
	#waiting: number[] = [];
	#handle: ListenerHandle;

	constructor(
		context: IoContext,
		mask: number,
		listen: (onWire: (wire: Wire) => void) => ListenerHandle,
		windows: Windows,
	) {
		super(context, mask);
		try {
			this.#handle = listen((wire) => {
				if (!this.isOpen || this.#waiting.length >= BACKLOG) return wire.destroy();
				this.#waiting.push(new StreamPort(context, 0, wire, "TCP", windows).id);
				this.trigger(READABLE);
			});
		} catch (error) {
			this.#handle = { port: 0, close: () => {} };
			context.drop(this.id);
			throw error;
		}
	}

	get port(): number {
		return this.#handle.port;
	}

	protected override readableCount(): number {
		return this.#waiting.length;
	}

	accept(): number | undefined {
		return this.#waiting.shift();
	}

	protected released(): void {
		this.#handle.close();
		for (const id of this.#waiting) this.context.drop(id);
	}
}

interface Datagram {
	bytes: ArrayBuffer;
	address: string;
	port: number;
}

class DatagramPort extends Port {
	#queue: Datagram[] = [];
	#handle: DatagramHandle;

	constructor(context: IoContext, network: Network, mask: number, port: number, address?: string, timeToLive?: number) {
		super(context, mask);
		try {
			this.#handle = network.datagrams({
				port,
				address,
				timeToLive,
				onMessage: (bytes, from, fromPort) => {
					if (!this.isOpen || this.#queue.length >= DATAGRAM_QUEUE) return;
					this.#queue.push({ bytes: Uint8Array.from(bytes).buffer, address: from, port: fromPort });
					this.trigger(READABLE);
				},
				onError: (reason) => this.fail(reason),
			});
		} catch (error) {
			this.#handle = { send: () => {}, group: () => {}, close: () => {} };
			context.drop(this.id);
			throw error;
		}
	}

	protected override readableCount(): number {
		return this.#queue.length;
	}

	read(): Datagram | undefined {
		return this.#queue.shift();
	}

	send(bytes: Uint8Array, address: string, port: number): void {
		this.#handle.send(bytes, address, port);
	}

	group(address: string, join: boolean): void {
		this.#handle.group(address, join);
	}

	protected released(): void {
		this.#queue = [];
		this.#handle.close();
	}
}

export interface SocketOptions {
	network: Network;
	windows: Windows;
	/** Called with every port that could not be opened, for a host that wants to say so in one sentence. */
	onRefusedPort?: (error: Error) => void;
}

function checkTarget(name: string, host: string, isAddress: boolean, port: number): void {
	checkPort(name, port);
	if (port === 0) throw new RangeError(`${name}: port 0 cannot be connected to`);
	if (isAddress && !isIP(host))
		throw new Error(`${name}: address "${host}" is not an IP address; a name goes into host`);
	if (!/^[\w.:%-]{1,253}$/.test(host)) throw new Error(`${name}: "${host}" is not a host name`);
}

/** What `hosts/desktop/xs` calls for TCP, TLS, Listener and UDP. Objects are numbers. */
export function socketFunctions(context: IoContext, options: SocketOptions) {
	const { network, windows } = options;
	return {
		tcpConnect(host: string, isAddress: boolean, port: number, noDelay: boolean | undefined, mask: number): number {
			checkTarget("TCP", host, isAddress, port);
			const target: Target = { host, port, noDelay };
			return new StreamPort(context, mask, network.connect(target), "TCP", windows).id;
		},

		tlsConnect(
			host: string,
			isAddress: boolean,
			port: number,
			noDelay: boolean | undefined,
			secure: SecureOptions,
			mask: number,
		): number {
			checkTarget("TLS", host, isAddress, port);
			const target: Target = { host, port, noDelay };
			const wire = connectTls(target, secure, network.duplex(target));
			return new StreamPort(context, mask, wire, "TLS", windows).id;
		},

		streamAdopt(id: number, mask: number): void {
			context.get(id, StreamPort).adopt(mask);
		},

		/** `count` -1 = all. */
		streamRead(id: number, count: number): ArrayBuffer | undefined {
			return context.get(id, StreamPort).read(count);
		},

		streamWrite(id: number, bytes: ArrayBuffer | ArrayBufferView): number | undefined {
			return context.get(id, StreamPort).write(bytes);
		},

		streamAddress(id: number): string | undefined {
			return context.get(id, StreamPort).remoteAddress;
		},

		streamPort(id: number): number | undefined {
			return context.get(id, StreamPort).remotePort;
		},

		listen(port: number, address: string | undefined, mask: number): number {
			checkPort("Listener", port);
			try {
				return new ListenerPort(context, mask, (onWire) => network.listen(port, address, onWire), windows).id;
			} catch (error) {
				options.onRefusedPort?.(error as Error);
				throw error;
			}
		},

		listenerPort(id: number): number {
			return context.get(id, ListenerPort).port;
		},

		/** The number of an unattached stream, or undefined. */
		accept(id: number): number | undefined {
			return context.get(id, ListenerPort).accept();
		},

		udpOpen(port: number, address: string | undefined, timeToLive: number | undefined, mask: number): number {
			checkPort("UDP", port);
			if (address !== undefined && !isIP(address)) throw new Error(`UDP: address "${address}" is not an IP address`);
			return new DatagramPort(context, network, mask, port, address, timeToLive).id;
		},

		udpRead(id: number): Datagram | undefined {
			return context.get(id, DatagramPort).read();
		},

		udpWrite(id: number, bytes: ArrayBuffer | ArrayBufferView, address: string, port: number): void {
			if (!isIP(address)) throw new RangeError(`UDP: address "${address}" is not an IP address`);
			checkPort("UDP", port);
			context.get(id, DatagramPort).send(viewOf(bytes), address, port);
		},

		udpGroup(id: number, address: string, join: boolean): void {
			if (!isIP(address)) throw new RangeError(`UDP: address "${address}" is not an IP address`);
			context.get(id, DatagramPort).group(address, join);
		},
	};
}
