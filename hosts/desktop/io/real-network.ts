import { createSocket } from "node:dgram";
import * as net from "node:net";
import type { Duplex } from "node:stream";
import { getSystemErrorName } from "node:util";
import {
	type DatagramHandle,
	type DatagramOptions,
	type ListenerHandle,
	type Network,
	StreamWire,
	type Target,
	type Wire,
} from "./wire";

/** Sockets of the operating system. */
export const realNetwork: Network = {
	connect(target: Target): Wire {
		const socket = net.connect({
			host: target.host,
			port: target.port,
			...(target.noDelay === undefined ? {} : { noDelay: target.noDelay }),
		});
		return socketWire(socket, target);
	},

	duplex(): Duplex | undefined {
		return undefined;
	},

	listen(port, address, onWire): ListenerHandle {
		// Every server here asks for it; without it answers to several requests in one packet come 40 ms apart.
		const server = net.createServer({ noDelay: true }, (socket) => onWire(socketWire(socket)));
		server.listen(boundHandle(port, address));
		// accept can fail for want of file descriptors: the clients at hand go on, later ones come through again
		server.on("error", () => {});
		const bound = server.address();
		return {
			port: typeof bound === "object" && bound ? bound.port : port,
			close: () => void server.close(),
		};
	},

	datagrams(options: DatagramOptions): DatagramHandle {
		const socket = createSocket({ type: "udp4", reuseAddr: false });
		let open = true;
		socket.on("message", (bytes, from) => options.onMessage(bytes, from.address, from.port));
		socket.on("error", (error) => options.onError(explainBind("UDP", error, options.port)));
		socket.bind({ port: options.port, ...(options.address === undefined ? {} : { address: options.address }) }, () => {
			if (options.timeToLive === undefined || !open) return;
			socket.setTTL(options.timeToLive);
			socket.setMulticastTTL(options.timeToLive);
		});
		const groups = (address: string, join: boolean) => {
			if (!open) return;
			try {
				if (join) socket.addMembership(address);
				else socket.dropMembership(address);
			} catch (error) {
				options.onError(`UDP: group ${address}: ${(error as Error).message}`);
			}
		};
		return {
			send: (bytes, address, port) => {
				socket.send(bytes, port, address, (error) => {
					if (error && open) options.onError(`UDP: to ${address}:${port}: ${error.message}`);
				});
			},
			// the socket is bound in Node's next turn at the latest
			group: (address, join) => setImmediate(groups, address, join),
			close: () => {
				open = false;
				socket.close();
			},
		};
	},
};

/** For machines that must not reach anything. */
export const noNetwork: Network = {
	connect: refuse,
	duplex: refuse,
	listen: refuse,
	datagrams: refuse,
};

function refuse(): never {
	throw new Error("no network");
}

/** `target` for a socket that has yet to connect. */
function socketWire(socket: net.Socket, target?: Target): Wire {
	// the address is kept: Node forgets it when the socket is gone, and logs want it then
	let { remoteAddress, remotePort } = socket;
	socket.once("connect", () => ({ remoteAddress, remotePort } = socket));
	return new StreamWire(socket, {
		...(target && { openEvent: "connect", explain: (error) => explainConnect(error, target) }),
		address: () => ({ address: remoteAddress?.replace(/^::ffff:/, ""), port: remotePort }),
	});
}

/** One sentence about a connection that did not come about or broke. */
export function explainConnect(error: Error, target: Target): string {
	const place = `${target.host}:${target.port}`;
	switch ((error as NodeJS.ErrnoException).code) {
		case "ECONNREFUSED":
			return `connection to ${place} refused`;
		case "ENOTFOUND":
		case "EAI_AGAIN":
			return `no address known for ${target.host}`;
		case "ECONNRESET":
		case "EPIPE":
			return `connection to ${place} broken`;
		case "ETIMEDOUT":
			return `no answer from ${place}`;
		default:
			return error.message || `connection to ${place} failed`;
	}
}

interface BoundHandle {
	listen(backlog: number): number;
	close(): void;
}

/**
 * A bound and listening socket. `server.listen` tells errors in a later turn, but the constructor of Listener has to
 * throw and its `port` to be known at once, as on the device; the function that `node:net` uses itself can do that.
 */
function boundHandle(port: number, address: string | undefined): BoundHandle {
	const create = (net as unknown as { _createServerHandle?: (...args: unknown[]) => BoundHandle | number })[
		"_createServerHandle"
	];
	if (!create) throw new Error("Listener: this version of Node cannot bind a port at once");
	const family = address === undefined ? 6 : net.isIP(address);
	if (family === 0) throw new Error(`Listener: address "${address}" is not an IP address`);
	const host = address ?? "::";
	let handle = create(host, port, family, -1, 0);
	if (typeof handle === "number" && address === undefined) handle = create("0.0.0.0", port, 4, -1, 0);
	const failure = typeof handle === "number" ? handle : handle.listen(64);
	if (failure === 0) return handle as BoundHandle;
	if (typeof handle !== "number") handle.close();
	throw portError("Listener", getSystemErrorName(failure), port, address);
}

/** Says which port, and carries Node's `code`. */
export function portError(name: string, code: string, port: number, address?: string): Error {
	const what =
		code === "EADDRINUSE"
			? "is already in use"
			: code === "EACCES"
				? "may not be opened by this user"
				: code === "EADDRNOTAVAIL"
					? `cannot be opened: ${address} is no address of this machine`
					: `cannot be opened (${code})`;
	return Object.assign(new Error(`${name}: port ${port} ${what}`), { code, port });
}

function explainBind(name: string, error: NodeJS.ErrnoException, port: number): string {
	return error.syscall === "bind" ? portError(name, error.code ?? "", port).message : error.message;
}
