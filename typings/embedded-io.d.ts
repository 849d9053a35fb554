/**
 * ECMA-419 IO as the Moddable SDK 8.2 has it on the device and `hosts/desktop/xs` in Node. The types of the package
 * @moddable/typings differ from the code in places (`read` and `write` of TCP, `secure` of TLS, `device` of Serial).
 * A callback is called with the object as `this` and may close it. Methods of a closed object throw.
 */
declare module "embedded:io/socket/tcp" {
	export interface Options {
		/** An IP address: the SDK's TCP resolves no names. */
		address?: string | undefined;
		/** A name, for hosts that resolve it. */
		host?: string | undefined;
		port?: number | undefined;
		/** What `Listener.read()` gave, or a TCP whose connection is taken over. */
		from?: unknown;
		/** Both spellings are in use. */
		nodelay?: boolean | undefined;
		noDelay?: boolean | undefined;
		format?: "buffer" | "number" | undefined;
		target?: unknown;
		onReadable?: ((bytes: number) => void) | undefined;
		/** The credit; the first call says that the connection is up. */
		onWritable?: ((bytes: number) => void) | undefined;
		/** The end, after everything was read. The reason is a text on the desktop, nothing on the device. */
		onError?: ((reason?: unknown) => void) | undefined;
		[setting: string]: unknown;
	}

	export default class TCP {
		constructor(options: Options);
		readonly remoteAddress: string | undefined;
		readonly remotePort: number | undefined;
		target: unknown;
		format: "buffer" | "number";
		/** Undefined when nothing waits. More than what waits is a mistake and throws. */
		read(count?: number): ArrayBuffer | undefined;
		/** Fills the buffer, gives its length. */
		read(buffer: ArrayBuffer | ArrayBufferView): number | undefined;
		/** The credit left; undefined when the connection is gone. Throws when there is less credit than bytes. */
		write(bytes: ArrayBuffer | ArrayBufferView | number): number | undefined;
		close(): void;
	}
}

declare module "embedded:io/socket/tcp/tls" {
	import type { Options as TCPOptions } from "embedded:io/socket/tcp";

	/** DER bytes; PEM text too on the desktop. */
	type Item = ArrayBuffer | Uint8Array | string;

	export interface Secure {
		/** The authority to trust. */
		certificate?: Item | Item[] | undefined;
		verify?: boolean | undefined;
		serverName?: string | undefined;
		applicationLayerProtocolNegotiation?: string | string[] | undefined;
		clientCertificates?: Item[] | undefined;
		clientKey?: Item | undefined;
		[setting: string]: unknown;
	}

	export interface Options extends TCPOptions {
		secure?: Secure | undefined;
		/** The device: what to connect with, `{ io: TCP }`. */
		TCP?: unknown;
	}

	export default class TLSSocket {
		constructor(options: Options);
		target: unknown;
		format: "buffer" | "number";
		read(count?: number): ArrayBuffer | undefined;
		read(buffer: ArrayBuffer | ArrayBufferView): number | undefined;
		write(bytes: ArrayBuffer | ArrayBufferView | number): number | undefined;
		close(): void;
	}
}

declare module "embedded:io/socket/listener" {
	import type TCP from "embedded:io/socket/tcp";

	export interface Options {
		/** 0 or nothing: a free one. */
		port?: number | undefined;
		/** The desktop: the address to bind. */
		address?: string | undefined;
		format?: "socket/tcp" | undefined;
		target?: unknown;
		/** Connections that wait. */
		onReadable?: ((connections: number) => void) | undefined;
		onError?: ((reason?: unknown) => void) | undefined;
		[setting: string]: unknown;
	}

	export default class Listener {
		constructor(options: Options);
		/** The real one. */
		readonly port: number;
		target: unknown;
		format: "socket/tcp";
		/** A connection, unattached: give it to `new TCP({ from })`, or close it. */
		read(): TCP | undefined;
		close(): void;
	}
}

declare module "embedded:io/socket/udp" {
	export interface Options {
		port?: number | undefined;
		address?: string | undefined;
		timeToLive?: number | undefined;
		format?: "buffer" | undefined;
		target?: unknown;
		/** Packets that wait. */
		onReadable?: ((packets: number) => void) | undefined;
		onError?: ((reason?: unknown) => void) | undefined;
		[setting: string]: unknown;
	}

	export default class UDP {
		constructor(options: Options);
		target: unknown;
		format: "buffer";
		read(): (ArrayBuffer & { address: string; port: number }) | undefined;
		write(bytes: ArrayBuffer | ArrayBufferView, address: string, port: number): void;
		/** Joins or leaves a multicast group. */
		add(address: string): void;
		remove(address: string): void;
		close(): void;
	}
}

declare module "embedded:io/serial" {
	export interface Options {
		/** The device: number of the UART. The desktop: path of the tty. */
		port?: number | string | undefined;
		/** The SDK's simulator: path of the tty. */
		device?: string | undefined;
		receive?: number | undefined;
		transmit?: number | undefined;
		baud: number;
		format?: "buffer" | "number" | undefined;
		target?: unknown;
		onReadable?: ((bytes: number) => void) | undefined;
		onWritable?: ((bytes: number) => void) | undefined;
		onError?: ((reason?: unknown) => void) | undefined;
		[setting: string]: unknown;
	}

	export default class Serial {
		constructor(options: Options);
		target: unknown;
		format: "buffer" | "number";
		read(count?: number): ArrayBuffer | undefined;
		read(buffer: ArrayBuffer | ArrayBufferView): number | undefined;
		write(bytes: ArrayBuffer | ArrayBufferView | number): number | undefined;
		close(): void;
	}
}

declare module "embedded:io/digital" {
	export interface Options {
		pin: number;
		mode: number;
		/** `Digital.Rising`, `Digital.Falling` or both: when to call `onReadable`. */
		edge?: number | undefined;
		activeLow?: boolean | undefined;
		initialValue?: 0 | 1 | undefined;
		format?: "number" | undefined;
		target?: unknown;
		onReadable?: (() => void) | undefined;
		[setting: string]: unknown;
	}

	export default class Digital {
		static readonly Input: number;
		static readonly InputPullUp: number;
		static readonly InputPullDown: number;
		static readonly InputPullUpDown: number;
		static readonly Output: number;
		static readonly OutputOpenDrain: number;
		static readonly Rising: number;
		static readonly Falling: number;
		constructor(options: Options);
		target: unknown;
		format: "number";
		/** An output cannot be read. */
		read(): 0 | 1;
		write(value: number | boolean): void;
		close(): void;
	}
}

declare module "embedded:io/analog" {
	export interface Options {
		pin: number;
		format?: "number" | undefined;
		target?: unknown;
		[setting: string]: unknown;
	}

	export default class Analog {
		constructor(options: Options);
		/** In bits. */
		readonly resolution: number;
		target: unknown;
		format: "number";
		/** 0..2 ** resolution - 1. */
		read(): number;
		close(): void;
	}
}
