import type { Duplex } from "node:stream";
import type { Clock } from "../../../modules/base/clock";
import { portError } from "./real-network";
import { VirtualWire, WireDuplex } from "./virtual-wire";
import type { DatagramHandle, DatagramOptions, ListenerHandle, Network, Target } from "./wire";

export interface VirtualNetworkOptions {
	/** Everything moves on this clock. */
	clock: Clock;
	/** One way, for each piece of data and each acknowledgement. */
	latencyMs?: number;
	/** After how long a connection to a place that does not answer is given up. */
	connectTimeoutMs?: number;
}

interface Endpoint {
	accept(wire: VirtualWire): void;
}

/** Node's side of a listening port. */
export interface VirtualListener extends ListenerHandle {
	/** Stops listening; with `drop`, its connections break too, as when the program behind it dies. */
	close(drop?: boolean): void;
}

const FIRST_FREE_PORT = 49152;
/** Listens on every address of the network. */
const ANY = "*";

/**
 * A network in memory, on a clock that a test moves: several machines and code in Node connect by address and port,
 * bytes arrive in order after `latencyMs`, and nothing depends on the time of day. A name is an address here.
 */
export class VirtualNetwork {
	readonly #clock: Clock;
	readonly #latencyMs: number;
	readonly #connectTimeoutMs: number;
	readonly #endpoints = new Map<string, Endpoint>();
	readonly #datagrams = new Map<string, { options: DatagramOptions; groups: Set<string> }>();
	#machines = 0;
	#connections = 0;
	#stalled: (() => void)[] | undefined;
	/** Counts what touches Node's streams: see `settle`. */
	#activity = 0;

	constructor(options: VirtualNetworkOptions) {
		this.#clock = options.clock;
		this.#latencyMs = options.latencyMs ?? 1;
		this.#connectTimeoutMs = options.connectTimeoutMs ?? 20_000;
	}

	/** The network as one machine sees it; its listeners are at `address` ("10.0.0.1", "10.0.0.2", ... unless given). */
	attach(address = `10.0.0.${++this.#machines}`): Network {
		return {
			connect: (target) => this.#connect(target, address),
			duplex: (target) => new WireDuplex(this.#connect(target, address), this.#touch),
			listen: (port, bind, onWire) => this.#listen(bind ?? address, port, onWire),
			datagrams: (options) => this.#openDatagrams(options, address),
		};
	}

	/** Connects from Node to whoever listens on that port (at that address). */
	connect(port: number, address = ANY): Duplex {
		return new WireDuplex(this.#connect({ host: address, port }, "127.0.0.1"), this.#touch);
	}

	/** Listens in Node, at every address unless one is given. Port 0 takes a free one. */
	listen(port: number, onConnection: (stream: Duplex) => void, address = ANY): VirtualListener {
		const wires = new Set<VirtualWire>();
		const handle = this.#listen(address, port, (wire) => {
			wires.add(wire);
			wire.onGone = () => wires.delete(wire);
			this.#touch();
			onConnection(new WireDuplex(wire, this.#touch));
		});
		return {
			port: handle.port,
			close: (drop) => {
				handle.close();
				if (drop) for (const wire of [...wires]) wire.destroy();
			},
		};
	}

	/** Datagrams to and from code in Node, which is at 127.0.0.1 unless `options.address` says otherwise. */
	datagrams(options: DatagramOptions): DatagramHandle {
		return this.#openDatagrams(options, "127.0.0.1");
	}

	/** From now on nothing arrives anywhere (a pulled cable), until `resume`, when what was sent meanwhile does. */
	stall(): void {
		this.#stalled ??= [];
	}

	resume(): void {
		const held = this.#stalled ?? [];
		this.#stalled = undefined;
		for (const deliver of held) deliver();
	}

	/**
	 * Lets Node's own code behind the streams (a broker) finish what it has to say to what has arrived, before the
	 * clock moves on: resolves when some turns of Node's loop pass without anything being read or written.
	 */
	async settle(): Promise<void> {
		let seen: number;
		do {
			seen = this.#activity;
			for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
		} while (seen !== this.#activity);
	}

	/** Grows whenever one of Node's streams is touched: when it stands still, `settle` has nothing to wait for. */
	get activity(): number {
		return this.#activity;
	}

	#touch = (): void => {
		this.#activity++;
	};

	#later = (deliver: () => void): void => {
		this.#clock.setTimer(() => {
			if (this.#stalled) this.#stalled.push(deliver);
			else deliver();
		}, this.#latencyMs);
	};

	#find<T>(table: Map<string, T>, address: string, port: number): T | undefined {
		const found = table.get(`${address}:${port}`) ?? table.get(`${ANY}:${port}`);
		if (found || !isLocal(address)) return found;
		for (const [key, value] of table) if (key.endsWith(`:${port}`)) return value;
		return undefined;
	}

	#connect(target: Target, from: string): VirtualWire {
		const near = new VirtualWire(this.#later, target.host === ANY ? "127.0.0.1" : target.host, target.port);
		const far = new VirtualWire(this.#later, from, FIRST_FREE_PORT + (this.#connections++ % 16384));
		near.peer = far;
		far.peer = near;
		const giveUp = this.#clock.setTimer(
			() => near.end(`no answer from ${target.host}:${target.port}`),
			this.#connectTimeoutMs,
		);
		this.#later(() => {
			// given up, by a time-out or by the caller, before it came here
			if (near.isOver) return;
			const own = isLocal(target.host) ? this.#endpoints.get(`${from}:${target.port}`) : undefined;
			const endpoint = own ?? this.#find(this.#endpoints, target.host, target.port);
			this.#later(() => {
				this.#clock.clearTimer(giveUp);
				if (endpoint) near.open();
				else near.end(`connection to ${target.host}:${target.port} refused`);
			});
			if (!endpoint) return;
			far.open();
			endpoint.accept(far);
		});
		return near;
	}

	#listen(address: string, port: number, onWire: (wire: VirtualWire) => void): ListenerHandle {
		if (port === 0) for (port = FIRST_FREE_PORT; this.#endpoints.has(`${address}:${port}`); ) port++;
		const key = `${address}:${port}`;
		if (this.#endpoints.has(key)) throw portError("Listener", "EADDRINUSE", port);
		const endpoint = { accept: onWire };
		this.#endpoints.set(key, endpoint);
		return {
			port,
			close: () => {
				if (this.#endpoints.get(key) === endpoint) this.#endpoints.delete(key);
			},
		};
	}

	#openDatagrams(options: DatagramOptions, home: string): DatagramHandle {
		const address = options.address ?? home;
		let port = options.port;
		if (port === 0) for (port = FIRST_FREE_PORT; this.#datagrams.has(`${address}:${port}`); ) port++;
		const key = `${address}:${port}`;
		if (this.#datagrams.has(key)) throw portError("UDP", "EADDRINUSE", port);
		const groups = new Set<string>();
		this.#datagrams.set(key, { options, groups });
		return {
			send: (bytes, toAddress, toPort) => {
				const copy = bytes.slice();
				this.#later(() => {
					const everybody = toAddress === "255.255.255.255";
					for (const [place, other] of this.#datagrams)
						if ((everybody || other.groups.has(toAddress)) && place.endsWith(`:${toPort}`) && place !== key)
							other.options.onMessage(copy, address, port);
					if (!everybody) this.#find(this.#datagrams, toAddress, toPort)?.options.onMessage(copy, address, port);
				});
			},
			group: (group, join) => void (join ? groups.add(group) : groups.delete(group)),
			close: () => void this.#datagrams.delete(key),
		};
	}
}

function isLocal(address: string): boolean {
	return address === "localhost" || address === "127.0.0.1" || address === ANY;
}
