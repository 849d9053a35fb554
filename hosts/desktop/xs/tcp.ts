import type { Options } from "embedded:io/socket/tcp";
import host from "host:io";
import { integer } from "./events";
import { Stream } from "./stream";

/** ECMA-419 TCP client, or the owner of a connection that a Listener accepted. */
export default class TCP extends Stream {
	constructor(options: Options) {
		super("TCP", options, open);
	}

	get remoteAddress(): string | undefined {
		return host.streamAddress(Stream.idOf(this));
	}

	get remotePort(): number | undefined {
		return host.streamPort(Stream.idOf(this));
	}
}

function open(options: Options, mask: number): number {
	const { from } = options;
	if (from !== undefined) {
		// a Listener hands over a connection by its number, before any TCP has it
		const id = typeof from === "number" ? from : Stream.take("TCP", from);
		host.streamAdopt(id, mask);
		return id;
	}
	return host.tcpConnect(...place("TCP", options), mask);
}

/** Where to connect to, and how: shared with TLS. */
export function place(
	name: string,
	options: Options,
): [where: string, isAddress: boolean, port: number, noDelay: boolean | undefined] {
	const { address, host: hostName } = options;
	const where = address ?? hostName;
	if (typeof where !== "string" || where === "") throw new TypeError(`${name}: neither address nor host is given`);
	const noDelay = options.noDelay ?? options.nodelay;
	return [
		where,
		address !== undefined,
		integer(name, "port", options.port, 1, 65535),
		noDelay === undefined ? undefined : Boolean(noDelay),
	];
}
