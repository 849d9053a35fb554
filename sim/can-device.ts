import type { RecordSpec } from "../modules/base/record";
import { kExtended, parseFrame, recordKey } from "../modules/canbus/types";
import type { SimCanDevice, SimCanFrame, SimCanWire } from "./can-bus";
import { Dice } from "./dice";
import type { Fault, FaultSchedule } from "./faults";
import type { PointSource } from "./profile";
import { recordPayload, takeRecord } from "./record-payload";
import { RowValues, type RowValuesOptions } from "./row-values";

export interface CanDeviceOptions extends RowValuesOptions {
	/** 1 is that of the identifiers as the table has them. */
	unit: number;
	seed?: number;
}

/** A device that wants to be told that somebody is there falls silent after so long without. */
const kAloneMs = 10_000;

interface Heard {
	readonly record: RecordSpec;
	dueMs: number;
}

interface Waiting {
	readonly atMs: number;
	readonly frame: SimCanFrame;
}

/**
 * Plays the device of a table on a CAN bus: sends the records that have a period, answers those that are asked for, takes
 * those that are written.
 */
export class CanDevice implements SimCanDevice {
	readonly unit: number;
	readonly values: RowValues;
	fault: Fault | undefined;
	faults: FaultSchedule | undefined;
	/** Requests it has understood. */
	requests = 0;
	/** Frames it has sent. */
	frames = 0;
	readonly #records: readonly RecordSpec[];
	readonly #heard: Heard[];
	readonly #dice: Dice;
	readonly #replyMs: number;
	readonly #needsCompany: boolean;
	#companyMs = Number.NaN;
	#waiting: Waiting[] = [];
	#wire: SimCanWire | undefined;

	constructor(options: CanDeviceOptions) {
		this.unit = options.unit;
		this.values = new RowValues(options);
		this.#records = options.table.records ?? [];
		this.#dice = new Dice(options.seed ?? options.unit, 0xca9);
		this.#replyMs = options.table.bus.replyMs ?? 20;
		this.#heard = this.#records
			.filter(({ everyMs, write }) => everyMs !== undefined && write !== true)
			.map((record, i) => ({ record, dueMs: 10 * (i + 1) }));
		this.#needsCompany = this.#records.some(({ everyMs, write }) => everyMs !== undefined && write === true);
	}

	get source(): PointSource {
		return this.values.source;
	}

	set source(source: PointSource) {
		this.values.source = source;
	}

	join(wire: SimCanWire, nowMs: number): void {
		this.#wire = wire;
		this.#companyMs = nowMs;
		for (const one of this.#heard) one.dueMs += nowMs;
		this.#sleep(nowMs);
	}

	onWake(nowMs: number): void {
		for (const one of this.#heard) {
			if (one.dueMs > nowMs) continue;
			one.dueMs += one.record.everyMs!;
			if (one.dueMs <= nowMs) one.dueMs = nowMs + one.record.everyMs!;
			if (!this.#needsCompany || nowMs - this.#companyMs < kAloneMs) this.#say(one.record, nowMs);
		}
		const due = this.#waiting.filter(({ atMs }) => atMs <= nowMs);
		this.#waiting = this.#waiting.filter(({ atMs }) => atMs > nowMs);
		for (const { frame } of due) this.#put(frame);
		this.#sleep(nowMs);
	}

	onFrame({ id, extended, data }: SimCanFrame, nowMs: number): void {
		const key = extended ? id + kExtended : id;
		for (const record of this.#records) {
			const asked = record.request === undefined ? undefined : parseFrame(record.request);
			const shift = (record.requestPerUnit ?? 0) * (this.unit - 1);
			if (key !== (asked === undefined ? recordKey(record, this.unit) : asked.key + shift)) continue;
			if (record.write !== true) {
				if (asked !== undefined) this.#answer(record, nowMs);
			} else if (record.everyMs !== undefined) this.#companyMs = nowMs;
			else if (this.#take(record, data) && asked !== undefined) {
				this.requests++;
				this.#later({ ...idOf(record, this.unit), data: data.slice() }, nowMs);
			}
		}
	}

	/** What is written fills its record from the first byte on, wherever its row is read. */
	#take(record: RecordSpec, data: Uint8Array): boolean {
		const row = this.values.table.rows.find(({ write }) => write?.record === record.name);
		return row !== undefined && takeRecord(this.values, record, [...data], row.address);
	}

	#say(record: RecordSpec, nowMs: number): void {
		const payload = recordPayload(this.values, record, nowMs);
		if (payload !== undefined) this.#spoil({ ...idOf(record, this.unit), data: payload }, nowMs, 0);
	}

	#answer(record: RecordSpec, nowMs: number): void {
		this.requests++;
		const payload = recordPayload(this.values, record, nowMs);
		if (payload === undefined) return;
		const address = idOf(record, this.unit);
		const { partBytes } = record;
		if (partBytes === undefined) {
			this.#later({ ...address, data: payload }, nowMs);
			return;
		}
		for (let at = 0, number = 1; at < payload.length; at += partBytes, number++) {
			const data = new Uint8Array(8);
			data[0] = number;
			data.set(payload.subarray(at, at + partBytes), 1);
			this.#later({ ...address, data }, nowMs);
		}
	}

	#later(frame: SimCanFrame, nowMs: number): void {
		this.#spoil(frame, nowMs, this.#replyMs * (0.8 + 0.4 * this.#dice.next()));
	}

	/** Sends a frame as its fault leaves it; what a bus finds damaged never arrives. */
	#spoil(frame: SimCanFrame, nowMs: number, delayMs: number): void {
		const fault = this.fault ?? this.faults?.at(nowMs);
		if (fault !== undefined && this.#dice.next() < (fault.share ?? 1)) {
			switch (fault.kind) {
				case "late":
					delayMs += fault.delayMs;
					break;
				case "short":
					frame = { ...frame, data: frame.data.slice(0, frame.data.length >> 1) };
					break;
				case "wrong-unit":
					frame = { ...frame, id: frame.id ^ 0x40 };
					break;
				case "babbling":
					this.#put({ id: this.#dice.below(0x800), extended: false, data: Uint8Array.of(this.#dice.below(256)) });
					break;
				default:
					return;
			}
		}
		if (delayMs === 0) {
			this.#put(frame);
			return;
		}
		// those of one answer keep their order
		const last = this.#waiting.at(-1)?.atMs ?? 0;
		this.#waiting.push({ atMs: Math.max(nowMs + delayMs, last), frame });
		this.#sleep(nowMs);
	}

	#put(frame: SimCanFrame): void {
		this.frames++;
		this.#wire?.send(frame);
	}

	#sleep(nowMs: number): void {
		let nextMs = Infinity;
		for (const { dueMs } of this.#heard) nextMs = Math.min(nextMs, dueMs);
		for (const { atMs } of this.#waiting) nextMs = Math.min(nextMs, atMs);
		if (nextMs < Infinity) this.#wire?.wake(Math.max(0, nextMs - nowMs));
	}
}

function idOf(record: RecordSpec, unit: number): { id: number; extended: boolean } {
	const key = recordKey(record, unit);
	return { id: key & (kExtended - 1), extended: key >= kExtended };
}
