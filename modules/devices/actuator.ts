/**
 * The controls of a DER as rows of its device's table: `Control` in table.ts says which field of a command goes where.
 * A row that no command asks anything of is its owner's and stays untouched. Before a row is written the first time its
 * present value is read: what the device holds already is not written again, and it gets back what it held when the
 * command asks for nothing any more, over a restart too (`held`).
 */
import type { Clock, TimerId } from "../base/clock";
import type { DerAbility, DerActuator, DerCommand } from "../sunspec/der/types";
import { makeStep, rawNumber, rowAt, stepValue } from "./decode";
import type { Device, ReadResult } from "./engine";
import type { KeepAliveWriter } from "./keep-alive";
import { ratioOf } from "./ratios";
import { wearMs } from "./row-writer";
import {
	type Control,
	findRow,
	isContinuous,
	modelPoint,
	type Row,
	rowFirst,
	rowFunction,
	rowLast,
	wears,
} from "./table";
import { type WriteClient, type WriteOutcome, type WriteRequest, writeRefusal, writeRow } from "./write";

/** After this a row is tried again: the device was silent, or refused. */
const againMs = 10_000;
/** Refusals of one value after which it is given up, until another is wanted or the device comes back. */
const mostRefusals = 3;
/** How often a rating that is not known yet is looked for. */
const resolveMs = 1000;
/**
 * How long rows held from before a restart wait for a command, when the device has told all: that of the site comes only
 * when all its DERs have answered, or have had time to.
 */
export const startMs = 120_000;

/** Numbers of a row: what it is to hold (NaN: left alone), then at these places the others. */
const numbers = 5;
/** What the device holds; NaN: to be read; Infinity: something that is no value of the row. */
const known = 1;
/** What the owner had there, while a command holds the row; NaN: it is the owner's. */
const owner = 2;
/** When it may be written next. */
const notBefore = 3;
const refusals = 4;

export interface TableActuatorOptions {
	device: Device;
	client: WriteClient;
	clock: Clock;
	/** Of a table with rows that are to be written again and again. */
	keepAlive?: KeepAliveWriter | undefined;
	/** `held` as it was when the hub last stopped. */
	held?: Uint8Array | undefined;
	/** Whenever `held` has changed: to be kept over a restart. */
	onHeld?: ((held: Uint8Array) => void) | undefined;
	/** How each write ended. */
	onOutcome?: ((outcome: WriteOutcome) => void) | undefined;
}

export class TableActuator implements DerActuator {
	readonly abilities: readonly DerAbility[];
	readonly continuous: boolean;
	#options: TableActuatorOptions;
	#controls: readonly Control[];
	#rows: Row[] = [];
	#numbers: Float64Array;
	/** Undefined before the first. */
	#command: DerCommand | undefined;
	/** A value of the command could not be worked out yet: a rating or voltage is not known. */
	#unresolved = false;
	#busy = false;
	#closed = false;
	#timer: TimerId | undefined;

	constructor(options: TableActuatorOptions) {
		const { table } = options.device;
		this.#options = options;
		this.#controls = table.controls ?? [];
		const abilities: DerAbility[] = [];
		for (const { ability, row } of this.#controls) {
			if (!abilities.includes(ability)) abilities.push(ability);
			const target = findRow(table, row)!;
			if (!this.#rows.includes(target)) this.#rows.push(target);
		}
		this.abilities = abilities;
		this.continuous = isContinuous(table);
		this.#numbers = new Float64Array(numbers * this.#rows.length).fill(Number.NaN);
		for (let i = 0; i < this.#rows.length; i++) {
			this.#numbers[i * numbers + notBefore] = 0;
			this.#numbers[i * numbers + refusals] = 0;
		}
		this.restore(options.held);
	}

	get online(): boolean {
		return this.#options.device.online;
	}

	/** What the owner had in the rows that a command holds; 8 bytes a row. */
	get held(): Uint8Array {
		const view = new DataView(new ArrayBuffer(8 * this.#rows.length));
		for (let i = 0; i < this.#rows.length; i++) view.setFloat64(8 * i, this.#numbers[i * numbers + owner]!);
		return new Uint8Array(view.buffer);
	}

	private restore(held: Uint8Array | undefined): void {
		if (held === undefined || held.length !== 8 * this.#rows.length) return;
		const view = new DataView(held.buffer, held.byteOffset, held.byteLength);
		let any = false;
		for (let i = 0; i < this.#rows.length; i++) {
			this.#numbers[i * numbers + owner] = view.getFloat64(8 * i);
			any ||= !Number.isNaN(this.#numbers[i * numbers + owner]!);
		}
		// Without a command that holds them again they are given back.
		if (any) this.wake(startMs);
	}

	refuses(ability: DerAbility, value: number): string | undefined {
		const { table } = this.#options.device;
		for (const control of this.#controls) {
			if (control.ability !== ability || control.active !== undefined) continue;
			if (isLimit(ability) && value === Infinity) continue;
			const row = findRow(table, control.row)!;
			const wanted = this.convert(control, value);
			if (Number.isNaN(wanted)) return `${control.percentOf ?? control.dividedBy} of the device is not known`;
			const whole = this.fit(control, row, wanted);
			if (isLimit(ability) && whole > row.write!.max) continue;
			const refusal = writeRefusal(table, row, whole);
			if (refusal !== undefined) return `${row.name}: ${refusal}`;
		}
		return undefined;
	}

	apply(command: Readonly<DerCommand>): void {
		this.#command = { ...command };
		this.resolve();
		this.next();
	}

	/** The device answers again: it may have been changed or exchanged, so its rows are read before they are written. */
	resume(): void {
		for (let i = 0; i < this.#rows.length; i++) {
			this.#numbers[i * numbers + known] = Number.NaN;
			this.#numbers[i * numbers + refusals] = 0;
		}
		if (this.#command !== undefined) this.resolve();
		this.next();
	}

	close(): void {
		this.#closed = true;
		this.#options.clock.clearTimer(this.#timer);
	}

	/** What each row is to hold for the command. */
	private resolve(): void {
		this.#unresolved = false;
		for (let i = 0; i < this.#rows.length; i++) {
			const at = i * numbers;
			const control = this.inUse(this.#rows[i]!);
			let wanted = this.#numbers[at + owner]!;
			if (control !== undefined) {
				const value = control.active ?? this.convert(control, fieldOf(this.#command!, control.ability));
				if (Number.isNaN(value)) {
					this.#unresolved = true;
					continue;
				}
				const { min, max } = this.#rows[i]!.write!;
				wanted = Math.min(max, Math.max(min, this.fit(control, this.#rows[i]!, value)));
			}
			if (wanted !== this.#numbers[at]) this.#numbers[at + refusals] = 0;
			this.#numbers[at] = wanted;
		}
	}

	/** The control by which the command asks something of a row; undefined for none. */
	private inUse(row: Row): Control | undefined {
		const command = this.#command;
		if (command === undefined) return undefined;
		return this.#controls.find((one) => one.row === row.name && asks(command, one.ability));
	}

	private convert(control: Control, field: number): number {
		let value = field;
		if (control.percentOf !== undefined) value = (100 * value) / this.part(control.percentOf);
		if (control.dividedBy !== undefined) value /= this.part(control.dividedBy);
		return Number.isFinite(value) ? value * (control.k ?? 1) + (control.b ?? 0) : Number.NaN;
	}

	/** A rating or voltage of the device; NaN while it is not known. */
	private part(name: string): number {
		const { device } = this.#options;
		if (name[0] === "@") return device.kept(device.plan.keptIndex(name.slice(1)));
		const { model, point, group, occurrence } = modelPoint(device.table, name);
		const value = device.image.value(device.image.handle(model, point, group, undefined, occurrence));
		return typeof value === "number" && value !== 0 ? value : Number.NaN;
	}

	/** The next value that the row's register can hold; of a limit the one below. */
	private fit(control: Control, row: Row, value: number): number {
		if (row.map !== undefined || row.type === "f32" || row.type === "f64") return value;
		const k = row.k ?? 1;
		const raw = (value - (row.b ?? 0)) / k;
		if (!isLimit(control.ability) || control.active !== undefined) return clean(Math.round(raw) * k + (row.b ?? 0));
		const down = k > 0 === (control.k ?? 1) > 0;
		return clean((down ? Math.floor(raw + 1e-6) : Math.ceil(raw - 1e-6)) * k + (row.b ?? 0));
	}

	/** One thing at a time: reads or writes the first row that is not as it is to be. */
	private next(): void {
		if (this.#busy || this.#closed) return;
		const { device, clock } = this.#options;
		let waitMs = this.#unresolved ? resolveMs : Infinity;
		for (let i = 0; i < this.#rows.length; i++) {
			const at = i * numbers;
			const wanted = this.#numbers[at]!;
			if (Number.isNaN(wanted) || this.isDone(i) || this.#numbers[at + refusals]! >= mostRefusals) continue;
			const ms = this.#numbers[at + notBefore]! - clock.now();
			if (!device.online) waitMs = Math.min(waitMs, againMs);
			else if (ms > 0) waitMs = Math.min(waitMs, ms);
			else {
				if (Number.isNaN(this.#numbers[at + known]!) && this.#rows[i]!.access !== "w") this.read(i);
				else this.write(i);
				if (this.#busy) return;
			}
		}
		if (waitMs < Infinity) this.wake(waitMs);
	}

	private wake(delayMs: number): void {
		const { clock } = this.#options;
		clock.clearTimer(this.#timer);
		this.#timer = clock.setTimer(() => {
			// A device that starts later than the hub is not to be without its limit for that.
			if (this.#command === undefined && !this.isAsked()) {
				this.wake(startMs);
				return;
			}
			if (this.#unresolved || this.#command === undefined) this.resolve();
			this.next();
		}, delayMs);
	}

	/** It answers, and all that its controls rest on has been read: a command would be here. */
	private isAsked(): boolean {
		const { device } = this.#options;
		return device.online && device.complete;
	}

	/** The row holds what it is to hold. One that nothing holds any more is the owner's from now on. */
	private isDone(i: number): boolean {
		const at = i * numbers;
		const wanted = this.#numbers[at]!;
		if (!(Math.abs(wanted - this.#numbers[at + known]!) < 1e-6) && wanted !== Infinity) return false;
		if (this.inUse(this.#rows[i]!) === undefined) {
			this.#options.keepAlive?.forget(this.#rows[i]!.name);
			this.#numbers[at] = Number.NaN;
			this.hold(i, Number.NaN);
		}
		return true;
	}

	private hold(i: number, value: number): void {
		if (Object.is(this.#numbers[i * numbers + owner], value)) return;
		this.#numbers[i * numbers + owner] = value;
		this.#options.onHeld?.(this.held);
	}

	private read(i: number): void {
		const { device, client } = this.#options;
		const row = this.#rows[i]!;
		this.#busy = true;
		const first = rowFirst(row);
		const request: WriteRequest = {
			unit: device.unit,
			function: rowFunction(device.table, row),
			address: first,
			count: rowLast(row) - first + 1,
			values: [],
			retries: 1,
			timeoutMs: device.timeoutMs,
			onResult: (result) => {
				this.#busy = false;
				this.taken(i, result);
				this.next();
			},
		};
		client.request(request);
	}

	private taken(i: number, result: ReadResult): void {
		const { device, clock } = this.#options;
		const row = this.#rows[i]!;
		const at = i * numbers;
		if (result.status === "ok") {
			const step = makeStep(device.table, row);
			const own = rowAt(row, rowFirst(row));
			const scratch = new DataView(new ArrayBuffer(8));
			const raw = rawNumber(step, result.data, own, scratch);
			this.#numbers[at + known] = stepValue(step, raw, result.data, own, scratch) ?? Infinity;
			return;
		}
		const rejected = result.status === "exception";
		const reason = rejected ? `reading it: exception ${result.exception}` : "the device does not answer";
		if (rejected) this.#numbers[at + refusals]!++;
		this.#numbers[at + notBefore] = clock.now() + againMs;
		this.report({ result: rejected ? "rejected" : "timeout", reason, row: row.name, value: this.#numbers[at]! });
	}

	private write(i: number): void {
		const { device, client, clock, keepAlive } = this.#options;
		const row = this.#rows[i]!;
		const at = i * numbers;
		const control = this.inUse(row);
		// What is given back is safe before it is overwritten.
		if (control !== undefined && Number.isNaN(this.#numbers[at + owner]!)) {
			const kept = device.table.keepAlive?.find((one) => one.row === row.name);
			const free = control.free ?? kept?.safe;
			// what nobody can read lapses: it is left to the device
			const lapses = kept !== undefined && row.access === "w";
			this.hold(i, free ?? (lapses ? Infinity : this.ownerValue(control, row, this.#numbers[at + known]!)));
		}
		if (wears(device.table, row)) this.#numbers[at + notBefore] = clock.now() + wearMs;
		this.#busy = true;
		keepAlive?.suspend(row.name);
		writeRow({
			table: device.table,
			unit: device.unit,
			row: row.name,
			value: this.#numbers[at]!,
			client,
			factor: ratioOf(device, row),
			onDone: (outcome) => {
				this.#busy = false;
				this.written(i, outcome);
				this.next();
			},
		});
	}

	/** What the device had; of a limit that nobody could write there, the highest. Infinity: nothing to be given back. */
	private ownerValue(control: Control, row: Row, value: number): number {
		if (writeRefusal(this.#options.device.table, row, value) === undefined) return value;
		return isLimit(control.ability) && control.active === undefined ? row.write!.max : Infinity;
	}

	private written(i: number, outcome: WriteOutcome): void {
		const { clock, keepAlive } = this.#options;
		const at = i * numbers;
		const { name } = this.#rows[i]!;
		// a command of a DER ends when its controls say so
		if (outcome.result !== "accepted") keepAlive?.goOn(name);
		else if (this.inUse(this.#rows[i]!) === undefined) keepAlive?.forget(name);
		else keepAlive?.hold(name, outcome.value, Infinity);
		this.#numbers[at + known] = outcome.result === "accepted" ? outcome.value : Number.NaN;
		if (outcome.result === "accepted") this.#numbers[at + refusals] = 0;
		else {
			if (outcome.result === "rejected") this.#numbers[at + refusals]!++;
			this.#numbers[at + notBefore] = clock.now() + againMs;
		}
		this.report(outcome);
	}

	private report(outcome: WriteOutcome): void {
		this.#options.onOutcome?.(outcome);
	}
}

function isLimit(ability: DerAbility): boolean {
	return ability === "limitW" || ability === "chargeLimitW" || ability === "dischargeLimitW";
}

/** Whether a command wants anything of an ability. */
function asks(command: DerCommand, ability: DerAbility): boolean {
	switch (ability) {
		case "energize":
			return !command.energize;
		case "setW":
			return !Number.isNaN(command.setW);
		case "pf":
			return command.reactive === "pf";
		case "setVar":
			return command.reactive === "var";
		default:
			return command[ability] !== Infinity;
	}
}

function fieldOf(command: DerCommand, ability: DerAbility): number {
	return ability === "energize" ? (command.energize ? 1 : 0) : command[ability];
}

/** Without the last digits that multiplying by a tenth leaves behind. */
function clean(value: number): number {
	return Number(value.toPrecision(12));
}
