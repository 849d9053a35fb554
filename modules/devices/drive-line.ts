/** One drive on its line: frames that tell it something, and looks at what it does. One at a time, each sent once. */
import type { Clock } from "../base/clock";
import { READ_RECORD, type RecordSpec } from "../base/record";
import { makeStep, rawNumber, rowAt, type Step, stepValue } from "./decode";
import type { DriveRules } from "./drive-rules";
import { encodeValue } from "./encode";
import type { Device, ReadResult } from "./engine";
import { answersWhole } from "./plan";
import {
	type DeviceTable,
	findRow,
	isModbus,
	pointNames,
	type Row,
	recordIndex,
	rowFirst,
	rowFunction,
	rowHolds,
	rowLast,
	rowWords,
} from "./table";
import type { WriteClient, WriteRequest } from "./write";
import { rowWays, sentValues, type Way } from "./write-ways";

/** "silent": nobody knows whether the drive has heard it. */
export type Answer = "ok" | "refused" | "silent";
export type Done = (answer: Answer) => void;

export interface DriveLineOptions {
	device: Device;
	client: WriteClient;
	clock: Clock;
}

/** A row and what its bytes mean. */
interface Looked {
	readonly row: Row;
	readonly step: Step;
}

/** Registers that are read in one request, or a record: then `first` is its place in the table's list. */
interface Span {
	readonly function: number;
	readonly first: number;
	last: number;
	readonly record: RecordSpec | undefined;
	readonly rows: Looked[];
}

export class DriveLine implements WriteRequest {
	unit: number;
	function = 3;
	address = 0;
	count = 1;
	values: number[] = [];
	record: RecordSpec | undefined;
	at = 0;
	/** A frame that is not answered is not sent again: it may have been heard. */
	readonly retries = 0;
	timeoutMs: number;
	urgent = false;
	/** A frame is under way, or more of what was asked for follow. */
	busy = false;
	/** What the last whole look brought: `DriveState`, 1 for reverse, value of the `stage` row. NaN before. */
	state = Number.NaN;
	direction = Number.NaN;
	stage = Number.NaN;
	/** When that look began. */
	lookedMs = Number.NEGATIVE_INFINITY;
	/** When a frame was last sent that tells the drive something. */
	wroteMs = Number.NEGATIVE_INFINITY;
	/** Whether the drive says which way it turns. */
	readonly tellsDirection: boolean;
	readonly #options: DriveLineOptions;
	readonly #rules: DriveRules;
	readonly #command: Row;
	readonly #reference: Row;
	readonly #looks: readonly Span[];
	readonly #stateRows: readonly Row[];
	readonly #directionRow: Row | undefined;
	readonly #scratch = new DataView(new ArrayBuffer(8));
	#onResult: ((result: ReadResult) => void) | undefined;
	#aborted = false;
	/** The request is a command word. */
	#saying = false;

	constructor(options: DriveLineOptions) {
		const { table, unit, timeoutMs } = options.device;
		const rules = table.drive!;
		this.#options = options;
		this.#rules = rules;
		this.unit = unit;
		this.timeoutMs = timeoutMs;
		this.#command = findRow(table, rules.command)!;
		this.#reference = findRow(table, rules.reference)!;
		this.#stateRows = stateRows(table);
		this.#directionRow = table.rows.find((row) => pointNames(row.point).includes("Dir"));
		this.tellsDirection = this.#directionRow !== undefined;
		const looked = [...this.#stateRows];
		if (this.#directionRow) looked.push(this.#directionRow);
		if (rules.stage !== undefined) looked.push(findRow(table, rules.stage)!);
		this.#looks = spans(options.device, looked);
	}

	/** The frame under way is the last of what was asked for; a command that still waits for the line becomes this word. */
	abort(word: number): void {
		this.#aborted = this.busy;
		if (this.busy && this.#saying) this.values = this.encoded(this.#command, word);
	}

	/** Reads state, direction and stage. */
	look(done: Done): void {
		const startMs = this.#options.clock.now();
		this.read(this.#looks, 0, (answer) => {
			if (answer === "ok") {
				this.state = 0;
				for (const row of this.#stateRows) this.state = Math.max(this.state, this.#found.get(row) ?? 0);
				if (this.#directionRow) this.direction = this.#found.get(this.#directionRow) ?? Number.NaN;
				if (this.#rules.stage !== undefined) this.stage = this.value(this.#rules.stage);
				this.lookedMs = startMs;
			}
			done(answer);
		});
	}

	/** Stops it, and takes the reference away: in one frame where both lie side by side. */
	stop(word: number, done: Done): void {
		const command = this.#command;
		const reference = this.#reference;
		this.urgent = true;
		const { table } = this.#options.device;
		if (isModbus(table) && table.functions.includes(16) && reference.address === command.address + 1) {
			const both = { function: 16, address: command.address, count: 2, record: undefined };
			this.write(both, 0, [word, 0], done);
			return;
		}
		this.tell(command, word, (answer) => {
			this.urgent = true;
			if (answer === "ok") this.tell(reference, 0, done);
			else done(answer);
		});
	}

	/** Writes the command word. */
	say(word: number, done: Done): void {
		this.#saying = true;
		this.tell(this.#command, word, done);
	}

	/** Writes a row. */
	set(name: string, value: number, done: Done): void {
		this.tell(findRow(this.#options.device.table, name)!, value, done);
	}

	/** Writes the reference; `hz` negative for reverse of a drive whose reference has a sign. */
	refer(hz: number, maxHz: number, done: Done): void {
		this.tell(this.#reference, this.referenceOf(hz, maxHz), done);
	}

	/** "ok" when the drive holds this reference, "refused" when it holds another. */
	holds(hz: number, maxHz: number, done: Done): void {
		const wanted = this.referenceOf(hz, maxHz);
		this.readRows([this.#reference], (answer) => {
			const held = Math.abs((this.#found.get(this.#reference) ?? Number.NaN) - wanted) < 1e-6;
			done(answer === "ok" && !held ? "refused" : answer);
		});
	}

	/** "ok" when neither a run word nor a reference stands in the drive. What cannot be read counts as gone. */
	isOff(done: Done): void {
		const rows = [this.#command, this.#reference].filter(({ access }) => access === "rw");
		if (rows.length === 0) {
			done("ok");
			return;
		}
		const { forward, reverse } = this.#rules.words;
		this.readRows(rows, (answer) => {
			const word = this.#found.get(this.#command);
			const off = word !== forward && word !== reverse && (this.#found.get(this.#reference) ?? 0) === 0;
			done(answer === "ok" && !off ? "refused" : answer);
		});
	}

	/** Reads rows by name; their values, in their units, are `value(name)` after that. */
	ask(names: readonly string[], done: Done): void {
		const { table } = this.#options.device;
		this.readRows(
			names.map((name) => findRow(table, name)!),
			done,
		);
	}

	/** What was read last of a row; NaN for none. */
	value(name: string): number {
		const row = findRow(this.#options.device.table, name)!;
		return this.#found.get(row) ?? Number.NaN;
	}

	onResult(result: ReadResult): void {
		const then = this.#onResult;
		this.#onResult = undefined;
		then?.(result);
	}

	#found = new Map<Row, number>();
	/** The step of the reference's register nearest to a frequency. */
	private referenceOf(hz: number, maxHz: number): number {
		const row = this.#reference;
		const value = row.unit === "%" ? (100 * hz) / maxHz : hz;
		const k = row.k ?? 1;
		return Number((Math.round(value / k) * k).toPrecision(12));
	}

	private readRows(rows: readonly Row[], done: Done): void {
		this.read(spans(this.#options.device, rows), 0, done);
	}

	private read(all: readonly Span[], index: number, done: Done): void {
		const span = all[index]!;
		if (index === 0) this.#found.clear();
		const { function: code, first: address, record } = span;
		const count = record ? record.bytes : span.last - span.first + 1;
		this.send({ function: code, address, count, record }, 0, [], (result) => {
			if (result.status !== "ok") {
				this.end(done, result.status === "exception" ? "refused" : "silent");
				return;
			}
			for (const { row, step } of span.rows) {
				const at = rowAt(row, span.first);
				const raw = rawNumber(step, result.data, at, this.#scratch);
				const value = stepValue(step, raw, result.data, at, this.#scratch);
				if (value !== undefined) this.#found.set(row, value);
			}
			if (this.#aborted) this.end(done, "silent");
			else if (index + 1 < all.length) this.read(all, index + 1, done);
			else this.end(done, "ok");
		});
	}

	private tell(row: Row, value: number, done: Done): void {
		const { write } = rowWays(this.#options.device.table, row);
		this.write(write, row.record === undefined ? 0 : row.address, this.encoded(row, value), done);
	}

	private encoded(row: Row, value: number): number[] {
		const { table } = this.#options.device;
		const out = new DataView(new ArrayBuffer(2 * rowWords(row)));
		encodeValue(table, row, value, out, 0);
		return sentValues(table, row, out);
	}

	private write(way: Way, at: number, values: number[], done: Done): void {
		this.wroteMs = this.#options.clock.now();
		this.send(way, at, values, (result) => {
			// it may have waited for its turn on the line
			this.wroteMs = Math.max(this.wroteMs, result.endMs);
			this.end(done, result.status === "ok" ? "ok" : result.status === "exception" ? "refused" : "silent");
		});
	}

	private send(way: Way, at: number, values: number[], then: (result: ReadResult) => void): void {
		this.busy = true;
		this.function = way.function;
		this.address = way.address;
		this.count = way.count;
		this.record = way.record;
		this.at = at;
		this.values = values;
		this.#onResult = then;
		this.#options.client.request(this);
	}

	private end(done: Done, answer: Answer): void {
		this.busy = false;
		this.#aborted = false;
		this.#saying = false;
		this.urgent = false;
		done(answer);
	}
}

/** The rows of which a drive's state is the greatest: the parts of its point St. */
export function stateRows(table: DeviceTable): Row[] {
	const state = table.derived?.find((one) => pointNames(one.point).includes("St"));
	const rows: Row[] = [];
	for (const name of state?.of ?? []) {
		const row = name[0] === "@" ? findRow(table, name.slice(1)) : undefined;
		if (row) rows.push(row);
	}
	return rows;
}

/** As few requests as the device allows. */
function spans({ table, plan }: Device, rows: readonly Row[]): Span[] {
	const sorted = [...rows].sort((a, b) => rowFirst(a) - rowFirst(b));
	const all: Span[] = [];
	for (const row of sorted) {
		// what is polled has its step already, which devices of one product share
		const known = plan.stepOf(row);
		const looked = { row, step: known < 0 ? makeStep(table, row) : plan.steps[known]! };
		const index = recordIndex(table, row);
		const code = index < 0 ? rowFunction(table, row) : READ_RECORD;
		const last = rowLast(row);
		const open = all.find((one) => (index < 0 ? continues(table, one, code, row) : one.first === index));
		if (open) {
			open.last = Math.max(open.last, last);
			open.rows.push(looked);
		} else if (index < 0) all.push({ function: code, first: rowFirst(row), last, record: undefined, rows: [looked] });
		else all.push({ function: code, first: index, last: index, record: table.records![index], rows: [looked] });
	}
	return all;
}

/** Whether a read may grow to take in a row, as far as the device has all registers between. */
function continues(table: DeviceTable, open: Span, code: number, row: Row): boolean {
	if (open.function !== code || rowLast(row) - open.first >= table.maxRead) return false;
	for (let at = open.last + 1; at < rowFirst(row); at++) {
		const named = table.rows.some(
			(one) => one.record === undefined && rowFunction(table, one) === code && one.access !== "w" && rowHolds(one, at),
		);
		if (!named && !answersWhole(table, code, at, at)) return false;
	}
	return true;
}
