import type { Status } from "embedded:storage/flash";
import host from "host:io";
import { bytesOf, checkOptions, closedError, integer, word } from "./events";

const MODES = ["r", "r+"] as const;
const FORMATS = ["buffer"] as const;
const LARGEST = 0x7fffffff;
/** Erase block of the chip. */
const BLOCK_LENGTH = 4096;

/** Only this module makes partitions. */
const INSIDE = {};

export class Flash {
	#id: number;

	constructor(key: object, id: number) {
		if (key !== INSIDE) throw new TypeError("Flash: use open");
		this.#id = id;
	}

	get format(): "buffer" {
		return "buffer";
	}

	set format(format: "buffer") {
		word("Flash", "format", format, FORMATS);
	}

	read(count: number, offset: number): ArrayBuffer;
	read(buffer: ArrayBuffer | ArrayBufferView, offset: number): number;
	read(want: unknown, offset: number): ArrayBuffer | number {
		const at = integer("Flash", "offset", offset, 0, LARGEST);
		if (typeof want === "number") return host.flashRead(this.#open(), integer("Flash", "count", want, 0, LARGEST), at);
		const view = bytesOf("Flash", want);
		view.set(new Uint8Array(host.flashRead(this.#open(), view.length, at)));
		return view.length;
	}

	write(buffer: ArrayBuffer | ArrayBufferView, offset: number): void {
		host.flashWrite(this.#open(), bytesOf("Flash", buffer), integer("Flash", "offset", offset, 0, LARGEST));
	}

	eraseBlock(start: number, end: number = start + 1): void {
		host.flashErase(this.#open(), start, end);
	}

	status(): Status {
		const size = host.flashSize(this.#open());
		return { size, blockLength: BLOCK_LENGTH, blocks: size / BLOCK_LENGTH };
	}

	close(): void {
		const id = this.#id;
		this.#id = 0;
		if (id !== 0) host.close(id);
	}

	#open(): number {
		if (this.#id === 0) throw closedError("Flash");
		return this.#id;
	}
}

interface OpenOptions {
	path: string;
	mode?: "r" | "r+" | undefined;
}

export default Object.freeze({
	open(options: OpenOptions): Flash {
		checkOptions("flash", options);
		if (typeof options.path !== "string") throw new TypeError("flash: path is not a string");
		return new Flash(INSIDE, host.flashOpen(options.path, word("flash", "mode", options.mode ?? "r+", MODES)));
	},

	[Symbol.iterator](): IterableIterator<string> {
		return host.flashNames()[Symbol.iterator]();
	},
});
