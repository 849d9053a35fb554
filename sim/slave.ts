import { rawNumber, Step } from "../modules/devices/decode";
import { encodeText, encodeValue } from "../modules/devices/encode";
import { answersWhole } from "../modules/devices/plan";
import { type DeviceTable, findRow, type Row, rowFunction, rowPoints, rowWords } from "../modules/devices/table";
import { Dice } from "./dice";
import { babble, type Fault, type FaultSchedule, type SimReply, spoil } from "./faults";
import type { PointSource } from "./profile";
import { isIntact, seal } from "./rtu-frame";

export interface SimSlaveOptions {
	table: DeviceTable;
	/** Address on the bus. */
	unit: number;
	source: PointSource;
	/** What a serial-number row says: the digits of it. */
	serial?: string;
	/** Values, in the row's unit, of rows no source gives: settings, ratios (1 when left out). */
	settings?: Readonly<Record<string, number>>;
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
export class SimSlave {
	readonly table: DeviceTable;
	readonly unit: number;
	source: PointSource;
	/** How it misbehaves; undefined for well. May be changed at any time. */
	fault: Fault | undefined;
	/** Faults that come and go, when `fault` is not set. */
	faults: FaultSchedule | undefined;
	/** Requests to this unit that were intact. */
	requests = 0;
	#serial: string;
	#settings = new Map<string, number>();
	#dice: Dice;

	constructor(options: SimSlaveOptions) {
		this.table = options.table;
		this.unit = options.unit;
		this.source = options.source;
		this.#serial = options.serial ?? "";
		this.#dice = new Dice(options.seed ?? options.unit);
		for (const row of this.table.rows) {
			for (const ratio of row.times ?? []) this.#settings.set(ratio, 1);
		}
		for (const [name, value] of Object.entries(options.settings ?? {})) this.#settings.set(name, value);
	}

	/** The setting a row holds now, in its unit. */
	setting(name: string): number {
		return this.#settings.get(name) ?? 0;
	}

	/** What the slave sends after a frame on its line; undefined when it stays silent. */
	onFrame(frame: Uint8Array, nowMs: number): SimReply | undefined {
		const fault = this.fault ?? this.faults?.at(nowMs);
		if (!isIntact(frame) || frame[0] !== this.unit) {
			if (isIntact(frame) && frame[0] === 0) this.#execute(frame, nowMs);
			if (fault?.kind !== "babbling" || this.#dice.next() >= (fault.others ?? fault.share ?? 1)) return undefined;
			return { bytes: babble(this.#dice, 4 + this.#dice.below(30)), delayMs: this.#delayMs() };
		}
		this.requests++;
		const reply = { bytes: seal(this.unit, this.#execute(frame, nowMs)), delayMs: this.#delayMs() };
		return fault === undefined ? reply : spoil(fault, reply, this.#dice);
	}

	#delayMs(): number {
		return (this.table.bus.replyMs ?? 20) * (0.8 + 0.4 * this.#dice.next());
	}

	/** The reply's PDU. */
	#execute(frame: Uint8Array, nowMs: number): Uint8Array {
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
		for (const row of this.#rows(code)) {
			const words = rowWords(row);
			if (row.address >= address + count || row.address + words <= address) continue;
			const registers = new DataView(new ArrayBuffer(2 * words));
			if (!this.#put(row, registers, nowMs)) return refusal(code, deviceFailure);
			for (let i = 0; i < 2 * words; i++) {
				const at = 2 + 2 * (row.address - address) + i;
				// Bit fields share a register.
				if (at >= 2 && at < pdu.length) pdu[at] = pdu[at]! | registers.getUint8(i);
			}
		}
		return pdu;
	}

	#rows(code: number): readonly Row[] {
		return this.table.rows.filter((row) => rowFunction(this.table, row) === code && row.access !== "w");
	}

	/** Whether every register is in a row, or in a block that answers as a whole, and in no range that must not be touched. */
	#answers(code: number, address: number, count: number): boolean {
		for (let i = address; i < address + count; i++) {
			const inRow = this.#rows(code).some((row) => i >= row.address && i < row.address + rowWords(row));
			if (!inRow && !answersWhole(this.table, code, i, i)) return false;
			if (this.table.never?.some((range) => (range[2] ?? this.table.fc) === code && i >= range[0] && i <= range[1]))
				return false;
		}
		const blocks = (this.table.blocks ?? []).filter((block) => (block[2] ?? this.table.fc) === code);
		return blocks.every((block) => {
			const apart = address + count <= block[0] || address > block[1];
			return apart || (address >= block[0] && address + count - 1 <= block[1]);
		});
	}

	#put(row: Row, out: DataView, nowMs: number): boolean {
		if (row.type === "string") {
			encodeText(this.table, row, this.#serial, out, 0);
			return true;
		}
		let factor = 1;
		for (const ratio of row.times ?? []) factor *= this.setting(ratio);
		return encodeValue(this.table, row, this.#value(row, nowMs), out, 0, factor);
	}

	#value(row: Row, nowMs: number): number {
		const point = rowPoints(this.table, row)[0];
		if (row.unit === "text") return Number(this.#serial.replace(/\D/g, ""));
		if (point === undefined) return this.source.value(row.name, nowMs) ?? this.setting(row.name);
		return this.source.value(point.point, nowMs) ?? (row.type === "f32" || row.type === "f64" ? Number.NaN : 0);
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
		const nowhere = { factors: undefined, ratio: -1, counter: -1, firstPoint: 0, points: 0 };
		const step = new Step(this.table, row, row.address, nowhere);
		const own = new DataView(values.buffer, values.byteOffset + at, 2 * step.words);
		const raw = row.type === "bit" ? own.getUint16(0) : rawNumber(step, own, new DataView(new ArrayBuffer(8)));
		const value = raw * step.k + step.b;
		if (!(value >= rule.min - 1e-9 && value <= rule.max + 1e-9)) return false;
		this.#settings.set(row.name, value);
		return true;
	}

	#writeBits(address: number, count: number, frame: Uint8Array): Uint8Array {
		if (count < 1 || frame[6] !== Math.ceil(count / 8)) return refusal(15, illegalValue);
		for (let i = 0; i < count; i++) {
			const row = this.#writable(15, address + i);
			if (row === undefined) return refusal(15, illegalAddress);
			this.#settings.set(row.name, (frame[7 + (i >> 3)]! >> (i & 7)) & 1);
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
