import { utf8Decode } from "../modules/base/bytes";
import type { Clock } from "../modules/base/clock";
import type { TcpClass, TcpOptions, TcpSocket } from "../modules/base/io";
import type { RecordSpec } from "../modules/base/record";
import { cellBytes } from "../modules/devices/path-rows";
import type { DeviceTable, Row } from "../modules/devices/table";
import { kAnyName, kSum, parsePath } from "../modules/json/path";
import { RowValues, type RowValuesOptions } from "./row-values";

export interface JsonDeviceOptions extends RowValuesOptions {
	/** By which the site knows it, from 1. */
	unit: number;
	/** What stands for it in paths and topics. */
	path?: string;
	/** Default 1. */
	channel?: number;
}

/** What a simulated device says in JSON: the documents of its table's records, and what is written into them. */
export class JsonDevice {
	readonly table: DeviceTable;
	readonly unit: number;
	readonly path: string;
	readonly channel: number;
	readonly values: RowValues;
	/** It does not answer, and says nothing. */
	fault: { readonly kind: "silent" } | undefined;

	constructor(options: JsonDeviceOptions) {
		this.table = options.table;
		this.unit = options.unit;
		this.path = options.path ?? "";
		this.channel = options.channel ?? 1;
		this.values = new RowValues(options);
	}

	/** A record's path or topic, or what is sent there, with everything but the value filled in. */
	fill(template: string): string {
		return template
			.split("{path}")
			.join(this.path)
			.split("{channel}")
			.join(String(this.channel - 1));
	}

	/** The text of a record: a document, or the plain value where its row says so. */
	document(record: RecordSpec, nowMs: number): string {
		let document: unknown = {};
		for (const row of this.table.rows) {
			if (row.record !== record.name || row.path === undefined || row.access === "w") continue;
			if (!this.values.plays(row, nowMs)) continue;
			const value = this.valueOf(row, nowMs);
			if (row.path === "$") return String(value);
			document = place(document, parsePath(row.path)!, value);
		}
		return JSON.stringify(document);
	}

	private valueOf(row: Row, nowMs: number): number | string | null {
		const bytes = new DataView(new ArrayBuffer(cellBytes(row)));
		if (!this.values.put(row, bytes, nowMs)) return null;
		if (row.type === "string") return (utf8Decode(new Uint8Array(bytes.buffer)) ?? "").split("\0")[0]!;
		const number = bytes.getFloat64(0);
		return Number.isFinite(number) ? number : null;
	}

	/** Takes a value that was written into a record. False when it is none that the device allows. */
	take(record: RecordSpec, value: number): boolean {
		const row = this.table.rows.find((one) => one.write && (one.write.record ?? one.record) === record.name);
		if (row === undefined) return false;
		const bytes = new DataView(new ArrayBuffer(8));
		bytes.setFloat64(0, value);
		return this.values.hold(row, bytes, 0);
	}
}

/** The value at a path of a document, of which missing parts are made. */
function place(document: unknown, steps: ReturnType<typeof parsePath> & object, value: unknown, from = 0): unknown {
	const step = steps[from];
	if (step === undefined) return value;
	if (typeof step === "number" && step !== kAnyName) {
		const list: unknown[] = Array.isArray(document) ? document : [];
		const index = step === kSum ? 0 : step;
		while (list.length <= index) list.push(null);
		list[index] = place(list[index], steps, value, from + 1);
		return list;
	}
	const object = (typeof document === "object" && document !== null ? document : {}) as Record<string, unknown>;
	const name = typeof step === "number" ? "114180710360" : utf8Decode(step)!;
	object[name] = place(object[name], steps, value, from + 1);
	return object;
}

/** What is written where a template stands: the number, NaN for none, undefined for another text. */
export function matchTemplate(template: string, text: string): number | undefined {
	const [before = "", after] = template.split(/\{(?:value|bool)\}/);
	if (after === undefined) return text === template ? Number.NaN : undefined;
	if (!text.startsWith(before) || !text.endsWith(after) || text.length < before.length + after.length) return undefined;
	const word = text.slice(before.length, text.length - after.length);
	return word === "true" ? 1 : word === "false" ? 0 : Number(word);
}

/** One end of a connection in memory, with the other end's bytes a moment later. */
export abstract class SimConnection implements TcpSocket {
	protected readonly clock: Clock;
	readonly #options: TcpOptions;
	#waiting: number[] = [];
	#closed = false;

	constructor(options: TcpOptions, clock: Clock) {
		this.#options = options;
		this.clock = clock;
		this.later(1, () => options.onWritable?.(4096));
	}

	/** Bytes from our side. */
	protected abstract received(bytes: Uint8Array): void;

	protected later(delayMs: number, act: () => void): void {
		this.clock.setTimer(() => {
			if (!this.#closed) act();
		}, delayMs);
	}

	protected send(bytes: ArrayLike<number>): void {
		for (let i = 0; i < bytes.length; i++) this.#waiting.push(bytes[i]!);
		this.#options.onReadable?.(this.#waiting.length);
	}

	get closed(): boolean {
		return this.#closed;
	}

	read(count: number): ArrayBuffer | undefined {
		if (this.#waiting.length === 0) return undefined;
		return new Uint8Array(this.#waiting.splice(0, count)).buffer;
	}

	write(bytes: Uint8Array | ArrayBuffer): number {
		const copy = new Uint8Array(bytes instanceof ArrayBuffer ? bytes.slice(0) : bytes);
		this.later(0, () => this.received(copy));
		return 4096;
	}

	close(): void {
		this.#closed = true;
	}
}

/** A TCP class whose every connection is made by `make`. */
export function tcpClass(make: (options: TcpOptions) => TcpSocket): TcpClass {
	return class {
		constructor(options: TcpOptions) {
			// biome-ignore lint/correctness/noConstructorReturn: the class of an injected connection
			return make(options) as never;
		}
	} as never;
}
