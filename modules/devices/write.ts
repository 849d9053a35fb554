import { frozen } from "../base/frozen";
import type { RecordSpec } from "../base/record";
import { encodeValue, rawOfValue } from "./encode";
import type { ReadResult } from "./engine";
import { samePoint } from "./points";
import {
	type DeviceTable,
	findRow,
	modelPoint,
	pointNames,
	type Row,
	rowWords,
	type Unlock,
	type WriteStep,
} from "./table";
import { rowWays, sentValues, type Way } from "./write-ways";

/** How a write ended. Only "accepted" means that the device was asked again and holds the value. */
export interface WriteOutcome {
	result: "accepted" | "rejected" | "timeout";
	/** Why it was rejected, in words for a person; "" when accepted. */
	reason: string;
	row: string;
	value: number;
	/** The device held the value already: nothing was written. */
	held?: boolean;
}

/** What the writer needs of a Modbus client. */
export interface WriteClient {
	request(request: WriteRequest): void;
	/** Kept here by the writer: writes of locked rows and of blocks in their order, of which the first is under way. */
	locked?: Waiting[] | undefined;
}

/** A write whose turn comes. */
interface Waiting {
	start(): void;
}

export interface WriteRequest {
	unit: number;
	function: number;
	address: number;
	count: number;
	/** Registers; of a record that no Modbus function writes, the row's bytes, of a value with a path its number. */
	values: number[];
	/** What is written or read, where it is no registers. */
	record?: RecordSpec | undefined;
	/** Byte of the record at which the values stand. */
	readonly at?: number;
	/** A write is not repeated by the client: whether it took effect is seen by reading back. */
	retries: number;
	timeoutMs: number;
	/** A command that protects: ahead of all that waits on the bus. */
	urgent?: boolean;
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
	/** What the row's ratios make of its k (`ratioOf`). Default 1. */
	factor?: number;
	/** The device is asked first, and not written when it holds the value already: its EEPROM wears. */
	unlessHeld?: boolean;
	/** Write and read-back go ahead of all that waits on the bus, and the device has `kUrgentMs` at most for each. */
	urgent?: boolean;
	onDone(outcome: WriteOutcome): void;
}

/** A relay that has not answered an urgent command by then has not heard it, and is told again. */
const kUrgentMs = 100;

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
	if (work.encoded) work.begin();
	else
		options.onDone({
			result: "rejected",
			reason: `${options.value} does not fit ${row.type}`,
			row: row.name,
			value: options.value,
		});
}

/** Why a value must not be sent; undefined when it may. */
function refuse(options: WriteOptions, row: Row): string | undefined {
	if (options.unit < 1 || options.unit > 255) return `unit ${options.unit} is no single device`;
	if (Number.isNaN(options.factor)) return `${row.times!.join(", ")} is not known`;
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
	// the step of a row with ratios is the device's
	const whole =
		row.times === undefined &&
		row.type !== "f32" &&
		row.type !== "f64" &&
		row.type !== "number" &&
		rule.nearest !== true;
	if (whole && Math.abs(raw - Math.round(raw)) > 1e-6) {
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

/** What a write is doing; those in a device's unlock sequence are "before" and "after". */
type Stage = "look" | "before" | "block" | "write" | "after" | "back";

/**
 * One write on its way: where that was asked for a look, then the write request, then the read that proves it. A locked
 * row's write stands between the steps that unlock and lock again, and one of a block behind the read of the others;
 * those of two writes never mix.
 */
class RowWrite implements WriteRequest, Waiting {
	readonly unit: number;
	function: number;
	address: number;
	count: number;
	values: number[];
	record: RecordSpec | undefined;
	readonly at: number;
	readonly retries: number = 0;
	readonly timeoutMs: number;
	readonly urgent: boolean;
	readonly encoded: boolean;
	#options: WriteOptions;
	#row: Row;
	#sent: DataView;
	readonly #ways: { readonly write: Way; readonly read: Way };
	#stage: Stage = "write";
	/** Undefined for a row that is not locked. */
	#unlock: Unlock | undefined;
	/** Of the sequence, the step under way. */
	#step = 0;
	#result: WriteOutcome["result"] = "accepted";
	#reason = "";

	constructor(options: WriteOptions, row: Row) {
		this.#options = options;
		this.#row = row;
		this.unit = options.unit;
		this.#ways = rowWays(options.table, row);
		const { function: code, address, count } = this.#ways.write;
		this.function = code;
		this.address = address;
		this.count = count;
		this.at = row.record === undefined ? 0 : row.address;
		this.urgent = options.urgent === true;
		this.timeoutMs = Math.min(options.table.bus.timeoutMs ?? 500, this.urgent ? kUrgentMs : Infinity);
		this.#sent = new DataView(new ArrayBuffer(row.type === "bit" ? 2 : 2 * rowWords(row)));
		this.encoded = encodeValue(options.table, row, options.value, this.#sent, 0, options.factor);
		this.values = [];
		if (row.write!.locked === true) this.#unlock = options.table.unlock;
	}

	/** Sends the first request, or waits until the write before has locked the device again, or written its block. */
	begin(): void {
		const { client } = this.#options;
		if (!this.alone) this.start();
		else {
			const waiting = (client.locked ??= []);
			if (waiting.push(this) === 1) this.start();
		}
	}

	/** No other such write may be under way. */
	private get alone(): boolean {
		return this.#unlock !== undefined || this.#row.write!.block !== undefined;
	}

	start(): void {
		if (this.#options.unlessHeld === true && this.#row.access !== "w") this.read("look");
		else this.open();
	}

	onResult(result: ReadResult): void {
		switch (this.#stage) {
			case "look":
				this.look(result);
				break;
			case "before":
				this.judge(result, "unlocking: ");
				if (this.#reason !== "") this.shut();
				else if (++this.#step < this.#unlock!.before.length) this.request(this.#unlock!.before[this.#step]!);
				else this.write();
				break;
			case "block":
				this.judge(result, "reading what is written with it: ");
				if (this.#reason !== "") this.shut();
				else this.writeBlock(result.data);
				break;
			case "write":
				if (result.status === "exception") this.note("rejected", exceptionText(result.exception));
				// a row that cannot be read: the device's confirmation is all there is
				else if (this.#row.access === "w") this.judge(result, "");
				this.shut();
				break;
			case "after":
				this.judge(result, "locking again: ");
				this.#step++;
				this.shutFurther();
				break;
			default:
				this.compare(result);
		}
	}

	private look(result: ReadResult): void {
		if (result.status === "ok" && this.same(result.data)) this.end("accepted", "", true);
		else if (result.status !== "ok" && result.status !== "exception") this.end("timeout", "the device does not answer");
		else this.open();
	}

	/** Unlocks where that is needed, and writes. */
	private open(): void {
		if (this.#unlock === undefined || this.#unlock.before.length === 0) this.write();
		else {
			this.#stage = "before";
			this.request(this.#unlock.before[0]!);
		}
	}

	private write(): void {
		const { block } = this.#row.write!;
		if (block !== undefined) {
			const { function: code, record } = this.#ways.read;
			this.#stage = "block";
			this.go({ function: code, address: block[0], count: block[1] - block[0] + 1, record }, []);
			return;
		}
		this.#stage = "write";
		this.go(this.#ways.write, sentValues(this.#options.table, this.#row, this.#sent));
	}

	/** The row's registers among those that the device holds. */
	private writeBlock(data: DataView): void {
		const [first, last] = this.#row.write!.block!;
		const values: number[] = [];
		for (let at = first; at <= last; at++) values.push(data.getUint16(2 * (at - first)));
		sentValues(this.#options.table, this.#row, this.#sent).forEach((word, i) => {
			values[this.#row.address - first + i] = word;
		});
		this.#stage = "write";
		this.go({ ...this.#ways.write, address: first, count: values.length }, values);
	}

	/** Locks again, whatever became of the write. */
	private shut(): void {
		this.#stage = "after";
		this.#step = 0;
		this.shutFurther();
	}

	private shutFurther(): void {
		const step = this.#unlock?.after?.[this.#step];
		if (step !== undefined) this.request(step);
		else if (this.#reason !== "" || this.#row.access === "w") this.end(this.#result, this.#reason);
		// Even when no answer came the write may have been done: only reading tells.
		else this.read("back");
	}

	private compare(result: ReadResult): void {
		if (result.status === "exception") this.end("rejected", `read back: ${exceptionText(result.exception)}`);
		else if (result.status !== "ok") this.end("timeout", "the device did not answer the read-back");
		else if (this.same(result.data)) this.end("accepted", "");
		else this.end("rejected", "the device holds another value");
	}

	/** What a confirmation says; the first failure stays the reason. */
	private judge(result: ReadResult, what: string): void {
		if (result.status === "exception") this.note("rejected", what + exceptionText(result.exception));
		else if (result.status !== "ok") this.note("timeout", `${what}the device did not confirm`);
	}

	private note(result: WriteOutcome["result"], reason: string): void {
		if (this.#reason !== "") return;
		this.#result = result;
		this.#reason = reason;
	}

	private same(data: DataView): boolean {
		if (this.#row.type === "bit") return (data.getUint8(0) & 1) === this.#sent.getUint16(0);
		const { at } = this;
		for (let i = 0; i < this.#sent.byteLength; i++) {
			if (data.getUint8(at + i) !== this.#sent.getUint8(i)) return false;
		}
		return true;
	}

	private read(stage: "look" | "back"): void {
		this.#stage = stage;
		this.go(this.#ways.read, []);
	}

	private request({ fc, address, values }: WriteStep): void {
		this.go({ function: fc, address, count: values.length, record: undefined }, values.slice());
	}

	private go(way: Way, values: number[]): void {
		this.function = way.function;
		this.address = way.address;
		this.count = way.count;
		this.record = way.record;
		this.values = values;
		this.#options.client.request(this);
	}

	end(result: WriteOutcome["result"], reason: string, held = false): void {
		const { row, value, client } = this.#options;
		if (this.alone) {
			client.locked?.shift();
			client.locked?.[0]?.start();
		}
		this.#options.onDone(held ? { result, reason, row, value, held } : { result, reason, row, value });
	}
}

function exceptionText(code: number): string {
	return exceptions[code] ?? `the device answered exception ${code}`;
}
