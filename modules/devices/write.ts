import { frozen } from "../base/frozen";
import { encodeValue, rawOfValue } from "./encode";
import type { ReadResult } from "./engine";
import { samePoint } from "./points";
import { type DeviceTable, findRow, modelPoint, pointNames, type Row, rowFunction, rowWords } from "./table";

/** How a write ended. Only "accepted" means that the device was asked again and holds the value. */
export interface WriteOutcome {
	result: "accepted" | "rejected" | "timeout";
	/** Why it was rejected, in words for a person; "" when accepted. */
	reason: string;
	row: string;
	value: number;
}

/** What the writer needs of a Modbus client. */
export interface WriteClient {
	request(request: WriteRequest): void;
}

export interface WriteRequest {
	unit: number;
	function: number;
	address: number;
	count: number;
	values: number[];
	/** A write is not repeated by the client: whether it took effect is seen by reading back. */
	retries: number;
	timeoutMs: number;
	onResult(result: ReadResult): void;
}

export interface WriteOptions {
	table: DeviceTable;
	/** Modbus address. 0 (broadcast) is refused: nothing could be read back. */
	unit: number;
	row: string;
	/** In the row's unit. */
	value: number;
	client: WriteClient;
	/** The device is asked first, and not written when it holds the value already: its EEPROM wears. */
	unlessHeld?: boolean;
	onDone(outcome: WriteOutcome): void;
}

const exceptions = frozen<Readonly<Record<number, string>>>({
	1: "the device has no such function",
	2: "the device has no such register",
	3: "the device does not allow the value",
	4: "the device failed",
	6: "the device is busy",
});

/**
 * Writes one value as its row says (function 5, 6, 15 or 16), reads it back, and says how it ended: exactly one call of
 * `onDone`, before this returns when the request is refused without asking the device. Requests queue in the client
 * behind the open poll, ahead of the next.
 */
export function writeRow(options: WriteOptions): void {
	const row = findRow(options.table, options.row);
	const refusal = row === undefined ? `${options.table.id} has no row ${options.row}` : refuse(options, row);
	if (row === undefined || refusal !== undefined) {
		options.onDone({ result: "rejected", reason: refusal!, row: options.row, value: options.value });
		return;
	}
	const work = new RowWrite(options, row);
	if (!work.encoded) work.end("rejected", `${options.value} does not fit ${row.type}`);
	else options.client.request(work);
}

/** Why a value must not be sent; undefined when it may. */
function refuse(options: WriteOptions, row: Row): string | undefined {
	if (options.unit < 1 || options.unit > 255) return `unit ${options.unit} is no single device`;
	return writeRefusal(options.table, row, options.value);
}

/** Why a row must not be given a value (in its unit), in words for a person; undefined when it may. */
export function writeRefusal(table: DeviceTable, row: Row, value: number): string | undefined {
	const rule = row.write;
	if (rule === undefined || (row.access ?? "r") === "r") return `${row.name} is read-only`;
	if (!Number.isFinite(value)) return `${value} is no number`;
	if (rule.allowed !== undefined && !rule.allowed.includes(value)) {
		return `${value} is not allowed; allowed are ${rule.allowed.join(", ")}`;
	}
	if (value < rule.min || value > rule.max) return `${value} is not allowed; ${rule.min} to ${rule.max} is`;
	if (rule.clock && value % 100 > 59) return `${value} is not allowed; the last two digits are minutes`;
	const raw = rawOfValue(table, row, value);
	if (raw === undefined) return `${value} is not allowed; the device has no code for it`;
	if (row.type !== "f32" && row.type !== "f64" && Math.abs(raw - Math.round(raw)) > 1e-6) {
		return `${value} is not a multiple of ${row.k ?? 1}`;
	}
	return undefined;
}

/** The row that is written when somebody writes a point of the device's image; undefined for a point nobody may write. */
export function pointWrite(
	table: DeviceTable,
	model: number,
	point: string,
	group = "",
	occurrence = 1,
): Row | undefined {
	const wanted = { model, occurrence, group, point };
	for (const row of table.rows) {
		if (row.write === undefined) continue;
		for (const name of pointNames(row.point)) if (samePoint(modelPoint(table, name), wanted)) return row;
	}
	return undefined;
}

/** One write on its way: where that was asked for a look, then the write request, then the read that proves it. */
class RowWrite implements WriteRequest {
	readonly unit: number;
	function: number;
	readonly address: number;
	readonly count: number;
	values: number[];
	readonly retries: number = 0;
	readonly timeoutMs: number;
	readonly encoded: boolean;
	#options: WriteOptions;
	#row: Row;
	#sent: DataView;
	#readingBack = false;
	#looking: boolean;
	/** What is sent after the look. */
	readonly #toWrite: number[];

	constructor(options: WriteOptions, row: Row) {
		this.#options = options;
		this.#row = row;
		this.unit = options.unit;
		this.address = row.address;
		this.count = row.type === "bit" ? 1 : rowWords(row);
		this.function = row.write!.fc;
		this.timeoutMs = options.table.bus.timeoutMs ?? 500;
		this.#sent = new DataView(new ArrayBuffer(2 * this.count));
		this.encoded = encodeValue(options.table, row, options.value, this.#sent, 0);
		this.#toWrite = [];
		for (let i = 0; i < this.count; i++) this.#toWrite.push(this.#sent.getUint16(2 * i));
		this.#looking = options.unlessHeld === true && row.access !== "w";
		this.values = this.#looking ? [] : this.#toWrite;
		if (this.#looking) this.function = rowFunction(options.table, row);
	}

	onResult(result: ReadResult): void {
		if (this.#looking) this.look(result);
		else if (this.#readingBack) this.compare(result);
		else if (result.status === "exception") this.end("rejected", exceptionText(result.exception));
		else if (this.#row.access === "w") this.endUnread(result);
		else {
			// Even when no answer came the write may have been done: only reading tells.
			this.#readingBack = true;
			this.function = rowFunction(this.#options.table, this.#row);
			this.values = [];
			this.#options.client.request(this);
		}
	}

	private look(result: ReadResult): void {
		this.#looking = false;
		if (result.status === "ok" && this.same(result.data)) this.end("accepted", "");
		else if (result.status !== "ok" && result.status !== "exception") this.end("timeout", "the device does not answer");
		else {
			this.function = this.#row.write!.fc;
			this.values = this.#toWrite;
			this.#options.client.request(this);
		}
	}

	/** A row that cannot be read: the device's confirmation is all there is. */
	private endUnread(result: ReadResult): void {
		if (result.status === "ok") this.end("accepted", "");
		else this.end("timeout", "the device did not confirm");
	}

	private compare(result: ReadResult): void {
		if (result.status === "exception") this.end("rejected", `read back: ${exceptionText(result.exception)}`);
		else if (result.status !== "ok") this.end("timeout", "the device did not answer the read-back");
		else if (this.same(result.data)) this.end("accepted", "");
		else this.end("rejected", "the device holds another value");
	}

	private same(data: DataView): boolean {
		if (this.#row.type === "bit") return (data.getUint8(0) & 1) === this.#sent.getUint16(0);
		for (let i = 0; i < this.#sent.byteLength; i++) if (data.getUint8(i) !== this.#sent.getUint8(i)) return false;
		return true;
	}

	end(result: WriteOutcome["result"], reason: string): void {
		const { row, value } = this.#options;
		this.#options.onDone({ result, reason, row, value });
	}
}

function exceptionText(code: number): string {
	return exceptions[code] ?? `the device answered exception ${code}`;
}
