import type { RecordSpec } from "../modules/base/record";
import type { SimDevice } from "./device";
import { Dice } from "./dice";
import { babble, type Fault, type FaultSchedule, type SimReply, spoil } from "./faults";
import type { PointSource } from "./profile";
import { recordPayload, takeRecord } from "./record-payload";
import { RowValues, type RowValuesOptions } from "./row-values";

/** The bytes of one serial protocol as its device speaks it. */
export interface SerialFraming {
	/** What the device of this unit answers to a frame; undefined when it is not meant, or stays silent. */
	answer(frame: Uint8Array, device: FramedDevice, nowMs: number): Uint8Array | undefined;
	/** An answer as if of another device; left out where answers bear no address. */
	disguise?(answer: Uint8Array): Uint8Array;
	/** A refusal; left out where the protocol has none. */
	refuse?(unit: number, code: number): Uint8Array;
}

/** The records of a device, to be read and written by their keys. */
export interface FramedDevice {
	readonly unit: number;
	readonly values: RowValues;
	/** Payload of the record with this key; undefined when there is none. */
	read(key: number, nowMs: number): Uint8Array | undefined;
	/**
	 * Takes bytes written to a key; undefined when nothing is written there, false when a row refuses. They are those of the
	 * key's row, or of its rows from byte `at` on.
	 */
	write(key: number, bytes: readonly number[], at?: number): boolean | undefined;
}

export interface SerialDeviceOptions extends RowValuesOptions {
	unit: number;
	framing: SerialFraming;
	seed?: number;
}

/** Plays the device of a table whose records go over a serial line in a framing of their own. */
export class SerialDevice implements SimDevice, FramedDevice {
	readonly unit: number;
	readonly values: RowValues;
	fault: Fault | undefined;
	faults: FaultSchedule | undefined;
	requests = 0;
	readonly #framing: SerialFraming;
	readonly #dice: Dice;
	readonly #replyMs: number;

	constructor(options: SerialDeviceOptions) {
		this.unit = options.unit;
		this.values = new RowValues(options);
		this.#framing = options.framing;
		this.#dice = new Dice(options.seed ?? options.unit);
		this.#replyMs = options.table.bus.replyMs ?? 20;
	}

	get source(): PointSource {
		return this.values.source;
	}

	set source(source: PointSource) {
		this.values.source = source;
	}

	read(key: number, nowMs: number): Uint8Array | undefined {
		const record = this.#record(key, false);
		return record && recordPayload(this.values, record, nowMs);
	}

	write(key: number, bytes: readonly number[], at?: number): boolean | undefined {
		const record = this.#record(key, true);
		if (record === undefined) return undefined;
		const row = this.values.table.rows.find(({ write }) => write?.record === record.name);
		return row !== undefined && takeRecord(this.values, record, bytes, at ?? row.address);
	}

	onFrame(frame: Uint8Array, nowMs: number): SimReply | undefined {
		const fault = this.fault ?? this.faults?.at(nowMs);
		const answer = this.#framing.answer(frame, this, nowMs);
		if (answer === undefined) {
			if (fault?.kind !== "babbling" || this.#dice.next() >= (fault.others ?? fault.share ?? 1)) return undefined;
			return { bytes: babble(this.#dice, 4 + this.#dice.below(30)), delayMs: this.#delayMs() };
		}
		this.requests++;
		const reply = { bytes: answer, delayMs: this.#delayMs() };
		return fault === undefined ? reply : this.#spoil(fault, reply);
	}

	#spoil(fault: Fault, reply: SimReply): SimReply | undefined {
		if (fault.kind !== "wrong-unit" && fault.kind !== "exception") return spoil(fault, reply, this.#dice);
		if (this.#dice.next() >= (fault.share ?? 1)) return reply;
		const { disguise, refuse } = this.#framing;
		const bytes = fault.kind === "exception" ? refuse?.(this.unit, fault.code) : disguise?.(reply.bytes);
		return bytes && { bytes, delayMs: reply.delayMs };
	}

	#record(key: number, write: boolean): RecordSpec | undefined {
		return this.values.table.records?.find((one) => one.key === key && (one.write === true) === write);
	}

	#delayMs(): number {
		return this.#replyMs * (0.8 + 0.4 * this.#dice.next());
	}
}
