import * as fs from "node:fs";
import { join } from "node:path";
import { type IoContext, Port, viewOf } from "./context";
import type { DataFolder } from "./data-folder";

/** The erase block of the chip: NOR flash erases to 0xFF in blocks and otherwise only clears bits. */
const ERASE_BLOCK_BYTES = 4096;

/** Name and size in bytes of each partition. */
export type Partitions = Readonly<Record<string, number>>;

class FlashPort extends Port {
	readonly name: string;
	readonly size: number;
	readonly file: number;
	readonly readOnly: boolean;

	constructor(context: IoContext, name: string, size: number, file: number, readOnly: boolean) {
		super(context, 0);
		this.name = name;
		this.size = size;
		this.file = file;
		this.readOnly = readOnly;
	}

	protected released(): void {
		fs.closeSync(this.file);
	}

	check(count: number, offset: number): void {
		if (!Number.isInteger(count) || !Number.isInteger(offset) || count < 0 || offset < 0 || offset + count > this.size)
			throw new RangeError(`flash ${this.name}: ${count} bytes at ${offset} are not within ${this.size}`);
	}

	checkWritable(): void {
		if (this.readOnly) throw new Error(`flash ${this.name}: opened read-only`);
	}
}

/** What `hosts/desktop/xs` calls for flash. A partition is a file of its size; a new one is erased. */
export function flashFunctions(context: IoContext, data: DataFolder, partitions: Partitions) {
	const open = (name: string, size: number): number => {
		const path = join(data.folder("flash"), `${encodeURIComponent(name)}.bin`);
		const there = fs.statSync(path, { throwIfNoEntry: false });
		if (!there) data.replace(path, new Uint8Array(size).fill(0xff));
		else if (there.size !== size)
			throw new Error(`flash ${name}: the file has ${there.size} bytes, the partition ${size}: ${path}`);
		return fs.openSync(path, "r+");
	};
	const read = (port: FlashPort, count: number, offset: number): Uint8Array => {
		const bytes = new Uint8Array(count);
		fs.readSync(port.file, bytes, 0, count, offset);
		return bytes;
	};
	return {
		flashOpen(name: string, mode: string): number {
			const size = Object.hasOwn(partitions, name) ? partitions[name]! : 0;
			if (size === 0)
				throw new Error(`flash: no partition "${name}"; there are: ${Object.keys(partitions).join(", ")}`);
			if (size % ERASE_BLOCK_BYTES !== 0) throw new RangeError(`flash ${name}: ${size} bytes are not whole blocks`);
			if (mode !== "r" && mode !== "r+") throw new RangeError(`flash: mode "${mode}" is not r or r+`);
			return new FlashPort(context, name, size, open(name, size), mode === "r").id;
		},

		flashSize(id: number): number {
			return context.get(id, FlashPort).size;
		},

		flashRead(id: number, count: number, offset: number): ArrayBuffer {
			const port = context.get(id, FlashPort);
			port.check(count, offset);
			return read(port, count, offset).buffer as ArrayBuffer;
		},

		/** Throws before anything is written when a bit would have to become 1: the real chip would store another value. */
		flashWrite(id: number, buffer: ArrayBuffer | ArrayBufferView, offset: number): void {
			const port = context.get(id, FlashPort);
			port.checkWritable();
			const bytes = viewOf(buffer);
			port.check(bytes.length, offset);
			const before = read(port, bytes.length, offset);
			for (let i = 0; i < bytes.length; i++)
				if ((bytes[i]! & ~before[i]!) !== 0)
					throw new Error(
						`flash ${port.name}: byte ${offset + i} is ${before[i]} and cannot become ${bytes[i]} without an erase`,
					);
			fs.writeSync(port.file, bytes, 0, bytes.length, offset);
			if (data.durable) fs.fdatasyncSync(port.file);
		},

		/** Blocks `start` to `end`, the last not included. */
		flashErase(id: number, start: number, end: number): void {
			const port = context.get(id, FlashPort);
			port.checkWritable();
			const blocks = port.size / ERASE_BLOCK_BYTES;
			if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end <= start || end > blocks)
				throw new RangeError(`flash ${port.name}: blocks ${start}..${end} are not within ${blocks}`);
			const erased = new Uint8Array(ERASE_BLOCK_BYTES).fill(0xff);
			for (let block = start; block < end; block++)
				fs.writeSync(port.file, erased, 0, ERASE_BLOCK_BYTES, block * ERASE_BLOCK_BYTES);
			if (data.durable) fs.fdatasyncSync(port.file);
		},

		flashNames(): string[] {
			return Object.keys(partitions);
		},
	};
}
