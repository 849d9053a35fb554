import type { RecordSpec } from "../modules/base/record";
import { answersWhole } from "../modules/devices/plan";
import {
	type DeviceTable,
	findRow,
	type Row,
	recordIndex,
	rowFirst,
	rowFunction,
	rowHolds,
	rowLast,
	rowWords,
} from "../modules/devices/table";
import { RtuDevice } from "./device";
import { SimLock } from "./lock";
import type { PointSource } from "./profile";
import { recordPayload } from "./record-payload";
import { RowValues, type RowValuesOptions } from "./row-values";

export interface SimSlaveOptions extends RowValuesOptions {
	/** Address on the bus. */
	unit: number;
	/** Words of registers that no row has, inside a block. 0 when left out. */
	registers?: Readonly<Record<number, number>>;
	seed?: number;
}

const illegalFunction = 1;
const illegalAddress = 2;
const illegalValue = 3;
const deviceFailure = 4;

/**
 * Plays the device of any table as bytes: its rows hold what the source says, turned back into registers, within the
 * limits the table states. It answers whole RTU frames; who owns a line puts the bytes on it.
 */
export class SimSlave extends RtuDevice {
	readonly table: DeviceTable;
	readonly values: RowValues;
	#registers: Readonly<Record<number, number>>;
	readonly #lock: SimLock | undefined;
	/** Rows that are read with function 1 to 4. */
	#readable: (readonly Row[])[] = [];

	constructor(options: SimSlaveOptions) {
		const { bus } = options.table;
		super(options.unit, bus.replyMs ?? 20, options.seed ?? options.unit, bus.replyUnit);
		this.table = options.table;
		this.values = new RowValues(options);
		this.#registers = options.registers ?? {};
		this.#lock = this.table.unlock && new SimLock(this.table.unlock);
	}

	get source(): PointSource {
		return this.values.source;
	}

	set source(source: PointSource) {
		this.values.source = source;
	}

	/** Rows written so far. */
	get writes(): number {
		return this.values.writes;
	}

	get onWrite(): RowValuesOptions["onWrite"] {
		return this.values.onWrite;
	}

	set onWrite(callback: RowValuesOptions["onWrite"]) {
		this.values.onWrite = callback;
	}

	/** The setting a row holds now, in its unit. */
	setting(name: string): number {
		return Number(this.values.settings.get(name) ?? 0);
	}

	/** Turns a setting at the device itself; as in `settings`. */
	set(name: string, value: number | bigint): void {
		this.values.settings.set(name, value);
	}

	protected execute(frame: Uint8Array, nowMs: number): Uint8Array {
		const code = frame[1]!;
		const request = new DataView(frame.buffer, frame.byteOffset + 2, frame.byteLength - 4);
		if (!this.table.functions.includes(code)) return refusal(code, illegalFunction);
		if (request.byteLength < 4) return refusal(code, illegalValue);
		const address = request.getUint16(0);
		const word = request.getUint16(2);
		switch (code) {
			case 1:
			case 2:
				return this.#readBits(code, address, word, nowMs);
			case 3:
			case 4:
				return this.#readRegisters(code, address, word, nowMs);
			case 5:
				return this.#write(code, address, Uint8Array.of(0, word === 0xff00 ? 1 : 0), frame);
			case 6:
				return this.#write(code, address, frame.slice(4, 6), frame);
			case 15:
				return this.#writeBits(address, word, frame);
			case 16:
				return this.#write(code, address, frame.slice(7, 7 + 2 * word), frame);
			default:
				return refusal(code, illegalFunction);
		}
	}

	#readRegisters(code: number, address: number, count: number, nowMs: number): Uint8Array {
		if (count < 1 || count > 125) return refusal(code, illegalValue);
		const record = this.#record(code, address, count);
		if (record !== undefined) return this.#readRecord(record, code, nowMs);
		const step = this.table.align ?? 1;
		const aligned = address % step === 0 && count % step === 0;
		// A single row at an odd place is asked for as it stands (SDM120: software version).
		const oneRow = this.#rows(code).some((row) => row.address === address && rowWords(row) === count);
		if (count > this.table.maxRead || (!aligned && !oneRow) || !this.#answers(code, address, count)) {
			return refusal(code, illegalAddress);
		}
		const pdu = new Uint8Array(2 + 2 * count);
		pdu[0] = code;
		pdu[1] = 2 * count;
		this.#putUnnamed(pdu, address);
		for (const row of this.#rows(code)) {
			if (rowFirst(row) >= address + count || rowLast(row) < address || !this.values.plays(row, nowMs)) continue;
			const words = rowWords(row);
			const registers = new DataView(new ArrayBuffer(2 * words));
			if (!this.values.put(row, registers, nowMs)) return refusal(code, deviceFailure);
			for (let word = 0; word < words; word++) {
				const at = word === 1 && row.high !== undefined ? row.high : row.address + word;
				if (at < address || at >= address + count) continue;
				// Bit fields share a register.
				pdu[2 + 2 * (at - address)]! |= registers.getUint8(2 * word);
				pdu[3 + 2 * (at - address)]! |= registers.getUint8(2 * word + 1);
			}
		}
		return pdu;
	}

	/** The record that a read asks for exactly. */
	#record(code: number, address: number, count: number): RecordSpec | undefined {
		return this.table.records?.find(
			({ key, bytes, fc }) => key === address && bytes === 2 * count && (fc ?? this.table.fc) === code,
		);
	}

	#readRecord(record: RecordSpec, code: number, nowMs: number): Uint8Array {
		const payload = recordPayload(this.values, record, nowMs);
		if (payload === undefined) return refusal(code, deviceFailure);
		const pdu = new Uint8Array(2 + payload.length);
		pdu.set([code, payload.length]);
		pdu.set(payload, 2);
		return pdu;
	}

	#putUnnamed(pdu: Uint8Array, address: number): void {
		for (let at = 2; at < pdu.length; at += 2) {
			const word = this.#registers[address + at / 2 - 1] ?? 0;
			pdu[at] = word >> 8;
			pdu[at + 1] = word;
		}
	}

	#rows(code: number): readonly Row[] {
		return (this.#readable[code] ??= this.table.rows.filter(
			(row) => row.record === undefined && rowFunction(this.table, row) === code && row.access !== "w",
		));
	}

	/** Whether every register is in a row, or in a block that answers as a whole, and in no range that must not be touched. */
	#answers(code: number, address: number, count: number): boolean {
		const last = address + count - 1;
		const answered = new Uint8Array(count);
		for (const row of this.#rows(code)) {
			for (let at = Math.max(address, rowFirst(row)); at <= Math.min(last, rowLast(row)); at++) {
				if (rowHolds(row, at)) answered[at - address] = 1;
			}
		}
		for (let i = 0; i < count; i++) {
			const at = address + i;
			if (answered[i] === 0 && !answersWhole(this.table, code, at, at)) return false;
		}
		const meets = (range: readonly [number, number, number?]): boolean =>
			(range[2] ?? this.table.fc) === code && last >= range[0] && address <= range[1];
		if (this.table.never?.some(meets)) return false;
		return (this.table.blocks ?? []).every((block) => !meets(block) || (address >= block[0] && last <= block[1]));
	}

	#readBits(code: number, address: number, count: number, nowMs: number): Uint8Array {
		if (count < 1 || count > 2000) return refusal(code, illegalValue);
		const pdu = new Uint8Array(2 + Math.ceil(count / 8));
		pdu[0] = code;
		pdu[1] = pdu.length - 2;
		for (let i = 0; i < count; i++) {
			const row = this.#rows(code).find((one) => one.address === address + i);
			if (row === undefined && !answersWhole(this.table, code, address + i, address + i))
				return refusal(code, illegalAddress);
			const at = 2 + (i >> 3);
			if (row !== undefined && this.values.value(row, nowMs) !== 0) pdu[at] = pdu[at]! | (1 << (i & 7));
		}
		return pdu;
	}

	/** Whole rows only; the value must be one the row allows. */
	#write(code: number, address: number, values: Uint8Array, frame: Uint8Array): Uint8Array {
		if (values.length === 0 || (code === 16 && values.length !== frame[6])) return refusal(code, illegalValue);
		const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
		if (this.#lock?.takes(code, address, view)) return frame.slice(1, 6);
		const last = address + values.length / 2 - 1;
		const whole = this.table.rows.find(({ write }) => write?.block?.[0] === address && write.block[1] === last);
		for (let at = 0; at < values.length; ) {
			const row = this.#writable(code, address + at / 2);
			if (row === undefined && whole !== undefined) {
				// in a block stands also what is not written
				at += 2;
				continue;
			}
			if (row?.write?.block !== undefined && whole === undefined) return refusal(code, illegalValue);
			if (row === undefined || at + 2 * rowWords(row) > values.length) return refusal(code, illegalAddress);
			const locked = row.write!.locked === true && this.#lock !== undefined;
			if ((locked && !this.#lock!.open) || !this.values.hold(row, view, at)) return refusal(code, illegalValue);
			if (locked) this.#lock!.wrote();
			at += 2 * rowWords(row);
		}
		return frame.slice(1, 6);
	}

	#writable(code: number, address: number): Row | undefined {
		const coil = code === 5 || code === 15;
		return this.table.rows.find(
			(row) => row.write !== undefined && this.#register(row) === address && (row.type === "bit") === coil,
		);
	}

	/** Where a row is written. */
	#register(row: Row): number {
		if (row.record === undefined) return row.address;
		return Number(this.table.records![recordIndex(this.table, row)]!.key) + row.address / 2;
	}

	#writeBits(address: number, count: number, frame: Uint8Array): Uint8Array {
		if (count < 1 || frame[6] !== Math.ceil(count / 8)) return refusal(15, illegalValue);
		for (let i = 0; i < count; i++) {
			const row = this.#writable(15, address + i);
			if (row === undefined) return refusal(15, illegalAddress);
			const value = (frame[7 + (i >> 3)]! >> (i & 7)) & 1;
			this.values.wrote(row.name, value);
		}
		return frame.slice(1, 6);
	}

	/** True for a row name of this table: for those who set settings by hand. */
	has(name: string): boolean {
		return findRow(this.table, name) !== undefined;
	}
}

function refusal(code: number, exception: number): Uint8Array {
	return Uint8Array.of(code | 0x80, exception);
}
