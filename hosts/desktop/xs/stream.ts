import host from "host:io";
import {
	attach,
	bytesOf,
	type Callbacks,
	callbackMask,
	checkOptions,
	closedError,
	detach,
	integer,
	release,
	word,
} from "./events";

export type Format = "buffer" | "number";

export interface StreamOptions extends Callbacks {
	format?: Format | undefined;
	target?: unknown;
}

const FORMATS: readonly Format[] = ["buffer", "number"];

/** What TCP, TLS and Serial have in common: a stream of bytes with callbacks and credit. */
export class Stream {
	readonly #name: string;
	#id = 0;
	#format: Format;
	target: unknown;

	/** `open` gives the number of the object in Node, or throws. */
	constructor(name: string, options: StreamOptions, open: (options: never, mask: number) => number) {
		checkOptions(name, options);
		const mask = callbackMask(name, options);
		this.#name = name;
		this.#format = word(name, "format", options.format ?? "buffer", FORMATS);
		if (options.target !== undefined) this.target = options.target;
		this.#id = open(options as never, mask);
		attach(this.#id, this, options);
	}

	/** Takes the connection from another object, which is closed by that. */
	static take(name: string, from: unknown): number {
		if (!(typeof from === "object" && from !== null && #id in from))
			throw new TypeError(`${name}: from is not a ${name}`);
		const id = from.#id;
		if (from.#name !== name) throw new TypeError(`${name}: from is a ${from.#name}`);
		if (id === 0) throw new Error(`${name}: from is closed`);
		from.#id = 0;
		detach(id);
		return id;
	}

	/** The number of an open object; not a member, which the device's classes have not either. */
	static idOf(stream: Stream): number {
		if (stream.#id === 0) throw closedError(stream.#name);
		return stream.#id;
	}

	get format(): Format {
		return this.#format;
	}

	set format(format: Format) {
		this.#format = word(this.#name, "format", format, FORMATS);
	}

	read(count?: number): ArrayBuffer | undefined;
	read(buffer: ArrayBuffer | ArrayBufferView): number | undefined;
	read(want?: unknown): ArrayBuffer | number | undefined {
		const id = Stream.idOf(this);
		if (this.#format === "number") {
			const one = host.streamRead(id, 1);
			return one && new Uint8Array(one)[0];
		}
		if (want === undefined) return host.streamRead(id, -1);
		if (typeof want === "number") return host.streamRead(id, integer(this.#name, "count", want, 1, 0x7fffffff));
		const view = bytesOf(this.#name, want);
		const bytes = host.streamRead(id, view.length);
		if (bytes === undefined) return undefined;
		view.set(new Uint8Array(bytes));
		return view.length;
	}

	write(bytes: ArrayBuffer | ArrayBufferView | number): number | undefined {
		const id = Stream.idOf(this);
		if (this.#format === "buffer") return host.streamWrite(id, bytesOf(this.#name, bytes));
		return host.streamWrite(id, Uint8Array.of(integer(this.#name, "value", bytes, 0, 255)));
	}

	close(): void {
		const id = this.#id;
		this.#id = 0;
		release(id);
	}
}
