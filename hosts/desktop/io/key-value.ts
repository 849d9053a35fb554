import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type IoContext, Port } from "./context";
import type { DataFolder } from "./data-folder";

/** Non-volatile storage of the ESP32 (NVS): names of at most 15 characters, strings of at most 4000 bytes with their end. */
const NAME_LENGTH = 15;
const STRING_BYTES = 4000;

/** `[format, text]`: buffers in base64, the rest as they print. */
type Entry = [format: string, text: string];

const INTEGERS: Readonly<Record<string, readonly [low: bigint, high: bigint]>> = {
	uint8: [0n, 0xffn],
	int8: [-0x80n, 0x7fn],
	uint16: [0n, 0xffffn],
	int16: [-0x8000n, 0x7fffn],
	uint32: [0n, 0xffff_ffffn],
	int32: [-0x8000_0000n, 0x7fff_ffffn],
	uint64: [0n, 0xffff_ffff_ffff_ffffn],
	int64: [-0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn],
};

/** One domain: a JSON file, replaced as a whole with every write. All who open it share the entries. */
class Domain {
	readonly entries: Map<string, Entry>;
	#path: string;
	#data: DataFolder;

	constructor(data: DataFolder, name: string) {
		this.#data = data;
		this.#path = join(data.folder("values"), `${encodeURIComponent(name)}.json`);
		this.entries = new Map();
		if (!existsSync(this.#path)) return;
		try {
			const stored = JSON.parse(readFileSync(this.#path, "utf8")) as Record<string, Entry>;
			for (const [key, [format, text]] of Object.entries(stored)) this.entries.set(key, [format, text]);
		} catch {
			throw new Error(`key-value: the file of "${name}" is damaged: ${this.#path}`);
		}
	}

	commit(): void {
		this.#data.replace(this.#path, Buffer.from(JSON.stringify(Object.fromEntries(this.entries), undefined, "\t")));
	}
}

class ValuePort extends Port {
	readonly domain: Domain;
	readonly readOnly: boolean;

	constructor(context: IoContext, domain: Domain, readOnly: boolean) {
		super(context, 0);
		this.domain = domain;
		this.readOnly = readOnly;
	}

	protected released(): void {}
}

function checkName(what: string, name: string): void {
	if (name === "" || name.length > NAME_LENGTH || !/^[\x21-\x7e]+$/.test(name))
		throw new RangeError(`key-value: ${what} "${name}" is not 1..${NAME_LENGTH} printable characters`);
}

/** What `hosts/desktop/xs` calls for key-value storage. */
export function valueFunctions(context: IoContext, data: DataFolder) {
	const domains = new Map<string, Domain>();
	const writable = (id: number): Domain => {
		const port = context.get(id, ValuePort);
		if (port.readOnly) throw new Error("key-value: opened read-only");
		return port.domain;
	};
	return {
		valueOpen(path: string, mode: string): number {
			const name = path.replace(/\/$/, "");
			checkName("path", name);
			if (mode !== "r" && mode !== "r+") throw new RangeError(`key-value: mode "${mode}" is not r or r+`);
			let domain = domains.get(name);
			if (!domain) domains.set(name, (domain = new Domain(data, name)));
			return new ValuePort(context, domain, mode === "r").id;
		},

		/** Undefined when the key is not there. Throws TypeError when it was written in another format. */
		valueRead(id: number, key: string, format: string): ArrayBuffer | string | number | bigint | undefined {
			const entry = context.get(id, ValuePort).domain.entries.get(key);
			if (!entry) return undefined;
			const [stored, text] = entry;
			if (stored !== format) throw new TypeError(`key-value: "${key}" is ${stored}, not ${format}`);
			if (format === "string") return text;
			if (format === "buffer") return Uint8Array.from(Buffer.from(text, "base64")).buffer;
			return format.endsWith("64") ? BigInt(text) : Number(text);
		},

		valueWrite(
			id: number,
			key: string,
			format: string,
			value: ArrayBuffer | ArrayBufferView | string | number | bigint,
		): void {
			const domain = writable(id);
			checkName("key", key);
			const before = domain.entries.get(key);
			const text = encode(key, format, value);
			if (before && before[0] === format && before[1] === text) return;
			domain.entries.set(key, [format, text]);
			domain.commit();
		},

		valueDelete(id: number, key: string): void {
			const domain = writable(id);
			if (domain.entries.delete(key)) domain.commit();
		},

		valueKeys(id: number): string[] {
			return [...context.get(id, ValuePort).domain.entries.keys()];
		},
	};
}

function encode(key: string, format: string, value: unknown): string {
	const range = INTEGERS[format];
	if (range) {
		const number =
			typeof value === "bigint"
				? value
				: typeof value === "number" && Number.isInteger(value)
					? BigInt(value)
					: undefined;
		if (number === undefined || number < range[0] || number > range[1])
			throw new RangeError(`key-value: "${key}": ${String(value)} is not ${format}`);
		return number.toString();
	}
	if (format === "string") {
		if (typeof value !== "string") throw new TypeError(`key-value: "${key}": the value is not a string`);
		if (Buffer.byteLength(value) >= STRING_BYTES)
			throw new RangeError(`key-value: "${key}": ${Buffer.byteLength(value)} bytes of text, ${STRING_BYTES - 1} fit`);
		return value;
	}
	if (format !== "buffer") throw new RangeError(`key-value: format "${format}"`);
	if (value instanceof ArrayBuffer) return Buffer.from(new Uint8Array(value)).toString("base64");
	if (ArrayBuffer.isView(value))
		return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
	throw new TypeError(`key-value: "${key}": the value is not a buffer`);
}
