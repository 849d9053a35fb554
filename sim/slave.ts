import { makeStep, rawNumber, stepValue } from "../modules/devices/decode";
import { encodeBits, encodeRaw, encodeText, encodeValue, rawOfValue } from "../modules/devices/encode";
import { answersWhole } from "../modules/devices/plan";
import { pointPath } from "../modules/devices/points";
import {
	type DeviceTable,
	findRow,
	firstModel,
	type Row,
	rowFirst,
	rowFunction,
	rowHolds,
	rowLast,
	rowPoints,
	rowWords,
	type When,
} from "../modules/devices/table";
import { RtuDevice } from "./device";
import type { PointSource } from "./profile";

export interface SimSlaveOptions {
	table: DeviceTable;
	/** Address on the bus. */
	unit: number;
	source: PointSource;
	/** What a serial-number row says: the digits of it. */
	serial?: string;
	/**
	 * Values, in the row's unit, of rows no source gives: settings, ratios (1 when left out). Of rows whose bits mean
	 * something (`bitMap`, `texts`) it is the register itself, of more than 53 bits as a BigInt.
	 */
	settings?: Readonly<Record<string, number | bigint>>;
	/** What string rows say that are no serial number. */
	texts?: Readonly<Record<string, string>>;
	/** Words of registers that no row has, inside a block. 0 when left out. */
	registers?: Readonly<Record<number, number>>;
	/** Called after each row that a client has written. */
	onWrite?: ((row: string, value: number) => void) | undefined;
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
	source: PointSource;
	/** Rows written so far. */
	writes = 0;
	onWrite: ((row: string, value: number) => void) | undefined;
	/** The model whose points a source knows by their bare names. */
	#model: number;
	#serial: string;
	#settings = new Map<string, number | bigint>();
	#texts: Readonly<Record<string, string>>;
	#registers: Readonly<Record<number, number>>;
	/** Rows that are read with function 1 to 4. */
	#readable: (readonly Row[])[] = [];

	constructor(options: SimSlaveOptions) {
		super(options.unit, options.table.bus.replyMs ?? 20, options.seed ?? options.unit);
		this.table = options.table;
		this.source = options.source;
		this.#model = firstModel(options.table);
		this.#serial = options.serial ?? "";
		this.#texts = options.texts ?? {};
		this.#registers = options.registers ?? {};
		this.onWrite = options.onWrite;
		for (const row of this.table.rows) {
			for (const ratio of row.times ?? []) this.#settings.set(ratio, 1);
		}
		for (const [name, value] of Object.entries(options.settings ?? {})) this.#settings.set(name, value);
	}

	/** The setting a row holds now, in its unit. */
	setting(name: string): number {
		return Number(this.#settings.get(name) ?? 0);
	}

	/** Turns a setting at the device itself; as in `settings`. */
	set(name: string, value: number | bigint): void {
		this.#settings.set(name, value);
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
			if (rowFirst(row) >= address + count || rowLast(row) < address || !this.#plays(row, nowMs)) continue;
			const words = rowWords(row);
			const registers = new DataView(new ArrayBuffer(2 * words));
			if (!this.#put(row, registers, nowMs)) return refusal(code, deviceFailure);
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

	#putUnnamed(pdu: Uint8Array, address: number): void {
		for (let at = 2; at < pdu.length; at += 2) {
			const word = this.#registers[address + at / 2 - 1] ?? 0;
			pdu[at] = word >> 8;
			pdu[at + 1] = word;
		}
	}

	#rows(code: number): readonly Row[] {
		return (this.#readable[code] ??= this.table.rows.filter(
			(row) => rowFunction(this.table, row) === code && row.access !== "w",
		));
	}

	/** Whether a row says what its registers hold: of rows that read the same ones, that which counts now. */
	#plays(row: Row, nowMs: number): boolean {
		if (row.again === undefined) return row.when === undefined || this.#holds(row.when, nowMs) || !this.#isShared(row);
		const first = findRow(this.table, row.again);
		if (first?.when === undefined || row.when === undefined) return false;
		return !this.#holds(first.when, nowMs) && this.#holds(row.when, nowMs);
	}

	#isShared(row: Row): boolean {
		return this.table.rows.some((other) => other.again === row.name && other.when !== undefined);
	}

	#holds(when: When, nowMs: number): boolean {
		const row = findRow(this.table, when.row)!;
		const raw = rawOfValue(this.table, row, Number(this.#value(row, nowMs)));
		return raw !== undefined && when.is.includes(Math.round(raw));
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

	#put(row: Row, out: DataView, nowMs: number): boolean {
		if (row.type === "string") {
			encodeText(this.table, row, this.#texts[row.name] ?? this.#serial, out, 0);
			return true;
		}
		let factor = 1;
		for (const ratio of row.times ?? []) factor *= this.#value(findRow(this.table, ratio)!, nowMs);
		const value = this.#given(row, nowMs);
		if (typeof value === "bigint" || this.#isBits(row, value)) return this.#putBits(row, BigInt(value ?? 0), out);
		if (value === undefined && row.type[0] !== "f" && !encodeValue(this.table, row, 0, out, 0, factor)) {
			// no value means 0 here
			return encodeRaw(this.table, row, 0, out, 0);
		}
		return encodeValue(this.table, row, value ?? (row.type[0] === "f" ? Number.NaN : 0), out, 0, factor);
	}

	/** Whether a value is the register itself: of texts always, of a map of bits when it is a setting. */
	#isBits(row: Row, value: number | undefined): boolean {
		if (row.texts !== undefined) return true;
		return row.bitMap !== undefined && (value === undefined || this.#settings.has(row.name));
	}

	#putBits(row: Row, value: bigint, out: DataView): boolean {
		const bits: number[] = [];
		for (let bit = 0; bit < 64; bit++) if ((value >> BigInt(bit)) & 1n) bits.push(bit);
		return encodeBits(this.table, row, bits, out, 0);
	}

	#value(row: Row, nowMs: number): number {
		return Number(this.#given(row, nowMs) ?? 0);
	}

	/** What was written or set wins over the source where a row can be written; undefined when nobody says anything. */
	#given(row: Row, nowMs: number): number | bigint | undefined {
		const setting = this.#settings.get(row.name);
		if (row.unit === "text" && row.texts === undefined) return Number(this.#serial.replace(/\D/g, ""));
		if (setting !== undefined && (row.write !== undefined || row.bitMap !== undefined)) return setting;
		for (const point of rowPoints(this.table, row)) {
			const own = point.model === this.#model && point.group === "" && point.occurrence === 1;
			const value =
				(own ? this.source.value(point.point, nowMs) : undefined) ?? this.source.value(pointPath(point), nowMs);
			if (value !== undefined) return value;
		}
		return this.source.value(row.name, nowMs) ?? setting;
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
			if (row !== undefined && this.#value(row, nowMs) !== 0) pdu[at] = pdu[at]! | (1 << (i & 7));
		}
		return pdu;
	}

	/** Whole rows only; the value must be one the row allows. */
	#write(code: number, address: number, values: Uint8Array, frame: Uint8Array): Uint8Array {
		if (values.length === 0 || (code === 16 && values.length !== frame[6])) return refusal(code, illegalValue);
		const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
		for (let at = 0; at < values.length; ) {
			const row = this.#writable(code, address + at / 2);
			if (row === undefined || at + 2 * rowWords(row) > values.length) return refusal(code, illegalAddress);
			if (!this.#hold(row, view, at)) return refusal(code, illegalValue);
			at += 2 * rowWords(row);
		}
		return frame.slice(1, 6);
	}

	#writable(code: number, address: number): Row | undefined {
		const coil = code === 5 || code === 15;
		return this.table.rows.find(
			(row) => row.write !== undefined && row.address === address && (row.type === "bit") === coil,
		);
	}

	#hold(row: Row, values: DataView, at: number): boolean {
		const rule = row.write!;
		const step = makeStep(this.table, row);
		const own = new DataView(values.buffer, values.byteOffset + at, 2 * step.words);
		const scratch = new DataView(new ArrayBuffer(8));
		const raw = row.type === "bit" ? own.getUint16(0) : rawNumber(step, own, 0, scratch);
		const value = stepValue(step, raw, own, 0, scratch) ?? Number.NaN;
		if (!(value >= rule.min - 1e-9 && value <= rule.max + 1e-9)) return false;
		this.#settings.set(row.name, value);
		this.writes++;
		this.onWrite?.(row.name, value);
		return true;
	}

	#writeBits(address: number, count: number, frame: Uint8Array): Uint8Array {
		if (count < 1 || frame[6] !== Math.ceil(count / 8)) return refusal(15, illegalValue);
		for (let i = 0; i < count; i++) {
			const row = this.#writable(15, address + i);
			if (row === undefined) return refusal(15, illegalAddress);
			const value = (frame[7 + (i >> 3)]! >> (i & 7)) & 1;
			this.#settings.set(row.name, value);
			this.writes++;
			this.onWrite?.(row.name, value);
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
