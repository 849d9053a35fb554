import { makeStep, rawNumber, stepValue } from "../modules/devices/decode";
import { encodeBits, encodeRaw, encodeText, encodeValue, rawOfValue } from "../modules/devices/encode";
import { pointPath } from "../modules/devices/points";
import { type DeviceTable, findRow, firstModel, type Row, rowPoints, type When } from "../modules/devices/table";
import type { PointSource } from "./profile";

export interface RowValuesOptions {
	table: DeviceTable;
	source: PointSource;
	/** What a serial-number row says: the digits of it. */
	serial?: string;
	/**
	 * Values, in the row's unit, of rows no source gives: settings, ratios (when left out 1, or what their range allows). Of rows whose bits mean
	 * something (`bitMap`, `texts`) it is the register itself, of more than 53 bits as a BigInt.
	 */
	settings?: Readonly<Record<string, number | bigint>>;
	/** What string rows say that are no serial number. */
	texts?: Readonly<Record<string, string>>;
	/** Called after each row that a client has written. */
	onWrite?: ((row: string, value: number) => void) | undefined;
}

/** What the rows of a simulated device say: what its source measures, what it was set to, what was written; and as bytes. */
export class RowValues {
	readonly table: DeviceTable;
	source: PointSource;
	/** Rows written so far. */
	writes = 0;
	onWrite: ((row: string, value: number) => void) | undefined;
	readonly settings = new Map<string, number | bigint>();
	readonly serial: string;
	readonly texts: Readonly<Record<string, string>>;
	/** The model whose points a source knows by their bare names. */
	private readonly model: number;

	constructor(options: RowValuesOptions) {
		this.table = options.table;
		this.source = options.source;
		this.model = firstModel(options.table);
		this.serial = options.serial ?? "";
		this.texts = options.texts ?? {};
		this.onWrite = options.onWrite;
		for (const row of this.table.rows) {
			for (const ratio of row.times ?? []) this.settings.set(ratio, usualRatio(findRow(this.table, ratio)));
		}
		for (const [name, value] of Object.entries(options.settings ?? {})) this.settings.set(name, value);
	}

	/** A client has written a row. */
	wrote(row: string, value: number): void {
		this.settings.set(row, value);
		this.writes++;
		this.onWrite?.(row, value);
	}

	/** Whether a row says what its registers hold: of rows that read the same ones, that which counts now. */
	plays(row: Row, nowMs: number): boolean {
		if (row.again === undefined) return row.when === undefined || this.holds(row.when, nowMs) || !this.isShared(row);
		const first = findRow(this.table, row.again);
		if (first?.when === undefined || row.when === undefined) return false;
		return !this.holds(first.when, nowMs) && this.holds(row.when, nowMs);
	}

	private isShared(row: Row): boolean {
		return this.table.rows.some((other) => other.again === row.name && other.when !== undefined);
	}

	/** Whether a condition holds. */
	holds(when: When, nowMs: number): boolean {
		const row = findRow(this.table, when.row)!;
		const raw = rawOfValue(this.table, row, Number(this.value(row, nowMs)));
		return raw !== undefined && when.is.includes(Math.round(raw));
	}
	/** Puts a row's bytes at the start of `out`. False when the value does not fit. */
	put(row: Row, out: DataView, nowMs: number): boolean {
		if (row.type === "string") {
			encodeText(this.table, row, this.texts[row.name] ?? this.serial, out, 0);
			return true;
		}
		let factor = 1;
		for (const ratio of row.times ?? []) factor *= this.value(findRow(this.table, ratio)!, nowMs);
		const value = this.given(row, nowMs);
		if (typeof value === "bigint" || this.isBits(row, value)) return this.putBits(row, BigInt(value ?? 0), out);
		if (value === undefined && row.type[0] !== "f" && !encodeValue(this.table, row, 0, out, 0, factor)) {
			// no value means 0 here
			return encodeRaw(this.table, row, 0, out, 0);
		}
		return encodeValue(this.table, row, value ?? (row.type[0] === "f" ? Number.NaN : 0), out, 0, factor);
	}

	/** Whether a value is the register itself: of texts always, of a map of bits when it is a setting. */
	private isBits(row: Row, value: number | undefined): boolean {
		if (row.texts !== undefined) return true;
		return row.bitMap !== undefined && (value === undefined || this.settings.has(row.name));
	}

	private putBits(row: Row, value: bigint, out: DataView): boolean {
		const bits: number[] = [];
		for (let bit = 0; bit < 64; bit++) if ((value >> BigInt(bit)) & 1n) bits.push(bit);
		return encodeBits(this.table, row, bits, out, 0);
	}

	/** What a row says now, 0 for nothing. */
	value(row: Row, nowMs: number): number {
		return Number(this.given(row, nowMs) ?? 0);
	}

	/** What was written or set wins over the source where a row can be written; undefined when nobody says anything. */
	given(row: Row, nowMs: number): number | bigint | undefined {
		const setting = this.settings.get(row.name);
		if (row.unit === "text" && row.texts === undefined) return Number(this.serial.replace(/\D/g, ""));
		if (setting !== undefined && (row.write !== undefined || row.bitMap !== undefined)) return setting;
		for (const point of rowPoints(this.table, row)) {
			const own = point.model === this.model && point.group === "" && point.occurrence === 1;
			const value =
				(own ? this.source.value(point.point, nowMs) : undefined) ?? this.source.value(pointPath(point), nowMs);
			if (value !== undefined) return value;
		}
		return this.source.value(row.name, nowMs) ?? setting;
	}
	/** Takes what a client writes to a row; false for a value that the row does not allow. */
	hold(row: Row, values: DataView, at: number): boolean {
		const rule = row.write!;
		const step = makeStep(this.table, row);
		const own = new DataView(values.buffer, values.byteOffset + at, 2 * step.words);
		const scratch = new DataView(new ArrayBuffer(8));
		const raw = row.type === "bit" ? own.getUint16(0) : rawNumber(step, own, 0, scratch);
		let value = stepValue(step, raw, own, 0, scratch) ?? Number.NaN;
		for (const ratio of row.times ?? []) value *= this.value(findRow(this.table, ratio)!, 0);
		if (!(value >= rule.min - 1e-9 && value <= rule.max + 1e-9)) return false;
		this.wrote(row.name, value);
		return true;
	}
}

/** What a ratio is when nobody says it: 1, or what its range allows. */
export function usualRatio(row: Row | undefined): number {
	const [least, most] = row?.range ?? [1, 1];
	return least <= 1 && most >= 1 ? 1 : Math.round(Math.sqrt(least * most));
}
