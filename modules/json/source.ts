import type { RecordSpec } from "../base/record";
import { JsonExtractor, type JsonField } from "./extract";

/** A device whose records are JSON documents, as a client of this folder knows it. */
export interface JsonSource {
	/** By which requests name it; from 1. */
	readonly unit: number;
	/** What stands for it in paths and topics (`{path}`); "" for none. */
	readonly path: string;
	/** Which of several alike in one device it is, from 1 (`{channel}`, from 0 there). */
	readonly channel: number;
	readonly records: readonly RecordSpec[];
	/** The values of a record, and the cells that they take in its payload. */
	fields(record: RecordSpec): readonly JsonField[];
}

/** As a transaction of any bus ends. `data` is read during the call only. */
export interface JsonResult {
	status: "ok" | "exception" | "timeout" | "garbled" | "closed";
	/** A Modbus exception code, which says best why the device refuses; 0 unless status is "exception". */
	exception: number;
	data: DataView;
	startMs: number;
	endMs: number;
}

/** A record that is asked for, or written (`function` is WRITE_RECORD); `address` is its index in the source's list. */
export interface JsonRequest {
	readonly unit: number;
	readonly function: number;
	readonly address: number;
	readonly values?: readonly number[] | undefined;
	readonly timeoutMs: number;
	readonly retries: number;
	/** Ahead of all that waits. */
	readonly urgent?: boolean | undefined;
	onResult(result: JsonResult): void;
}

export const kNoData = new DataView(new ArrayBuffer(0));

/**
 * A path, topic or document with what stands in braces filled in: {path} of the device, {channel},
 * {value}, and {bool} (the value as true or false).
 */
export function fillTemplate(template: string, source: JsonSource, value = 0): string {
	if (!template.includes("{")) return template;
	return template
		.split("{path}")
		.join(source.path)
		.split("{channel}")
		.join(String(source.channel - 1))
		.split("{value}")
		.join(String(Number(value.toPrecision(12))))
		.split("{bool}")
		.join(value === 0 ? "false" : "true");
}

/** The extractors of one source, made when they are needed. */
export class SourceExtractors {
	readonly #source: JsonSource;
	readonly #made: (JsonExtractor | undefined)[] = [];

	constructor(source: JsonSource) {
		this.#source = source;
	}

	of(index: number): JsonExtractor {
		const made = this.#made[index];
		if (made !== undefined) return made;
		const record = this.#source.records[index]!;
		const one = new JsonExtractor(this.#source.fields(record), record.bytes);
		this.#made[index] = one;
		return one;
	}
}
