import type { Options } from "embedded:io/socket/udp";
import host from "host:io";
import { attach, bytesOf, callbackMask, checkOptions, closedError, integer, release, word } from "./events";

type Format = "buffer";
const FORMATS: readonly Format[] = ["buffer"];

/** ECMA-419 UDP socket, with multicast groups as the Moddable SDK has them. */
export default class UDP {
	#id = 0;
	target: unknown;

	constructor(options: Options) {
		checkOptions("UDP", options);
		const mask = callbackMask("UDP", options);
		word("UDP", "format", options.format ?? "buffer", FORMATS);
		const port = integer("UDP", "port", options.port ?? 0, 0, 65535);
		const { timeToLive } = options;
		if (timeToLive !== undefined) integer("UDP", "timeToLive", timeToLive, 1, 255);
		if (options.target !== undefined) this.target = options.target;
		this.#id = host.udpOpen(port, options.address, timeToLive, mask);
		attach(this.#id, this, options);
	}

	get format(): Format {
		return "buffer";
	}

	set format(format: Format) {
		word("UDP", "format", format, FORMATS);
	}

	/** One packet, with the sender's `address` and `port` on the buffer. */
	read(): (ArrayBuffer & { address: string; port: number }) | undefined {
		const packet = host.udpRead(this.#open());
		return packet && Object.assign(packet.bytes, { address: packet.address, port: packet.port });
	}

	write(bytes: ArrayBuffer | ArrayBufferView, address: string, port: number): void {
		if (typeof address !== "string") throw new TypeError("UDP: address is not a string");
		host.udpWrite(this.#open(), bytesOf("UDP", bytes), address, integer("UDP", "port", port, 1, 65535));
	}

	add(address: string): void {
		host.udpGroup(this.#open(), String(address), true);
	}

	remove(address: string): void {
		host.udpGroup(this.#open(), String(address), false);
	}

	close(): void {
		const id = this.#id;
		this.#id = 0;
		release(id);
	}

	#open(): number {
		if (this.#id === 0) throw closedError("UDP");
		return this.#id;
	}
}
