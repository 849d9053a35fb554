import { pointPath } from "../modules/devices/points";
import {
	type DeviceTable,
	findRow,
	firstModel,
	isSigned,
	pointNames,
	type Row,
	rowPoints,
	rowWords,
} from "../modules/devices/table";
import { isCounter } from "../modules/devices/units";
import type { PointSource } from "./profile";
import { usualRatio } from "./row-values";

/**
 * Values for the device of any table, as its kind has them on a quiet day: each row its own, by its unit, within its
 * range and what its register holds; powers and currents sway a little, counters rise. For who tries a table.
 */
export class TypicalSource implements PointSource {
	readonly #table: DeviceTable;
	/** Of rows on which others depend, the first raw value with which those count. */
	#deciding = new Map<string, number>();
	#rows = new Map<string, Row>();
	#index = new Map<Row, number>();

	constructor(table: DeviceTable) {
		this.#table = table;
		for (const { when } of table.rows) {
			if (when !== undefined && !this.#deciding.has(when.row)) this.#deciding.set(when.row, when.is[0]!);
		}
		const model = firstModel(table);
		const ratios = new Set(table.rows.flatMap((row) => row.times ?? []));
		table.rows.forEach((row, n) => {
			// a ratio is what it usually is when nobody sets it
			if (ratios.has(row.name)) return;
			this.#index.set(row, n);
			const names = [row.name];
			for (const point of rowPoints(table, row)) {
				names.push(pointPath(point));
				if (point.model === model && point.group === "" && point.occurrence === 1) names.push(point.point);
			}
			for (const name of names) if (!this.#rows.has(name)) this.#rows.set(name, row);
		});
	}

	value(point: string, nowMs: number): number | undefined {
		const row = this.#rows.get(point);
		if (row === undefined || row.unit === "text") return undefined;
		const n = this.#index.get(row)!;
		if (row.map !== undefined) return Object.values(row.map)[0];
		if (row.bitMap !== undefined) return 0;
		const decided = this.#deciding.get(row.name);
		if (decided !== undefined) return decided * (row.k ?? 1) + (row.b ?? 0);
		let factor = 1;
		for (const name of row.times ?? []) factor *= usualRatio(findRow(this.#table, name));
		return factor * held(row, typical(row, n, nowMs) / factor);
	}
}

/** What a thing in this unit usually is; `n` tells rows apart. */
function typical(row: Row, n: number, nowMs: number): number {
	const sway = 1 + 0.03 * Math.sin(nowMs / 4000 + n);
	if (isCounter(row.unit)) return 1_234_000 + 1000 * n + Math.floor(nowMs / 10_000) * 10;
	switch (row.unit) {
		case "V":
			return row.range !== undefined && row.range[1] <= 120 ? 52.4 : 230 + (n % 3) + (sway - 1) * 20;
		case "A":
			return (2 + (n % 5)) * sway;
		case "W":
			return (450 + 10 * (n % 9)) * sway;
		case "VA":
			return (500 + 10 * (n % 9)) * sway;
		case "var":
			return 120 * sway;
		case "Ah":
			return /rem/i.test(row.name) ? 62 : 100;
		case "Hz":
			return 50 + (sway - 1) / 3;
		case "C":
			return 24 + (n % 4) + (sway - 1) * 10;
		case "%":
			return 55 + (n % 8);
		case "1":
			// a count of what else the device has: all of it
			return row.k === undefined && row.type[0] !== "f" ? (row.range?.[1] ?? 1) : 0.95;
		default:
			// a battery lets current through
			if (pointNames(row.point).some((name) => /\.(ChaOn|DisOn)$/.test(name))) return 1;
			return row.write?.allowed?.[0] ?? row.write?.min ?? (row.notAvailable?.includes(0) ? 1 : 0);
	}
}

/** The value, or one near it, that the row's range and register can hold. */
function held(row: Row, wanted: number): number {
	let value = wanted;
	const [least, most] = row.range ?? (row.write ? [row.write.min, row.write.max] : [-Infinity, Infinity]);
	if (value < least || value > most)
		value = Math.max(least, Math.min(most, (Math.max(least, -1e6) + Math.min(most, 1e6)) / 2));
	if (row.type[0] === "f") return value;
	const k = row.k ?? 1;
	const b = row.b ?? 0;
	const bits = row.type === "bits" ? row.bits![1] : 16 * rowWords(row);
	let raw = Math.round((value - b) / k);
	const top = isSigned(row.type) ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
	while (Math.abs(raw) > top) raw = Math.round(raw / 10);
	return (isSigned(row.type) ? raw : Math.max(0, raw)) * k + b;
}
