import type { Format } from "embedded:storage/key-value";
import host from "host:io";
import { bytesOf, checkOptions, closedError, word } from "./events";

const FORMATS: readonly Format[] = [
	"buffer",
	"string",
	"uint8",
	"int8",
	"uint16",
	"int16",
	"uint32",
	"int32",
	"uint64",
	"int64",
];
const MODES = ["r", "r+"] as const;

/** Only this module makes storages. */
const INSIDE = {};

export class Storage {
	#id: number;
	#format: Format;

	constructor(key: object, id: number, format: Format) {
		if (key !== INSIDE) throw new TypeError("Storage: use open");
		this.#id = id;
		this.#format = format;
	}

	get format(): Format {
		return this.#format;
	}

	set format(format: Format) {
		this.#format = word("Storage", "format", format, FORMATS);
	}

	read(key: string): ArrayBuffer | string | number | bigint | undefined;
	read(key: string, buffer: ArrayBuffer | ArrayBufferView): number | undefined;
	read(key: string, buffer?: ArrayBuffer | ArrayBufferView): ArrayBuffer | string | number | bigint | undefined {
		const value = host.valueRead(this.#open(), String(key), this.#format);
		if (buffer === undefined || !(value instanceof ArrayBuffer)) return value;
		const view = bytesOf("Storage", buffer);
		if (view.length < value.byteLength)
			throw new RangeError(`Storage: "${key}" has ${value.byteLength} bytes, the buffer ${view.length}`);
		view.set(new Uint8Array(value));
		return value.byteLength;
	}

	write(key: string, value: ArrayBuffer | ArrayBufferView | string | number | bigint): void {
		const plain = typeof value === "object" ? bytesOf("Storage", value) : value;
		host.valueWrite(this.#open(), String(key), this.#format, plain);
	}

	delete(key: string): void {
		host.valueDelete(this.#open(), String(key));
	}

	[Symbol.iterator](): IterableIterator<string> {
		return host.valueKeys(this.#open())[Symbol.iterator]();
	}

	close(): void {
		const id = this.#id;
		this.#id = 0;
		if (id !== 0) host.close(id);
	}

	#open(): number {
		if (this.#id === 0) throw closedError("Storage");
		return this.#id;
	}
}

interface OpenOptions {
	path: string;
	mode?: "r" | "r+" | undefined;
	format?: Format | undefined;
}

export default Object.freeze({
	open(options: OpenOptions): Storage {
		checkOptions("key-value", options);
		if (typeof options.path !== "string") throw new TypeError("key-value: path is not a string");
		const format = word("key-value", "format", options.format ?? "buffer", FORMATS);
		const mode = word("key-value", "mode", options.mode ?? "r+", MODES);
		return new Storage(INSIDE, host.valueOpen(options.path, mode), format);
	},
});
