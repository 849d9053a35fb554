import { pointPath } from "../modules/devices/points";
import { type DeviceTable, findRow, isSigned, type Row, rowPoints, rowWords } from "../modules/devices/table";
import { isCounter } from "../modules/devices/units";

/** Raw values of the rows that decide about others, by their names: one set for each case a table knows. */
export function cases(table: DeviceTable): Record<string, number>[] {
	const raws = new Map<string, number[]>();
	for (const { when } of [...table.rows, ...(table.derived ?? [])]) {
		if (when === undefined) continue;
		const known = raws.get(when.row) ?? [];
		raws.set(when.row, [...known, ...when.is.filter((raw) => !known.includes(raw))]);
	}
	const most = Math.max(1, ...[...raws.values()].map((one) => one.length));
	return Array.from({ length: most }, (_, i) =>
		Object.fromEntries([...raws].map(([name, all]) => [name, all[i % all.length]!])),
	);
}

/** Whether a row says what its registers hold: of those that read the same ones, that which counts now. */
function isPlayed(table: DeviceTable, row: Row, conditions: Readonly<Record<string, number>>): boolean {
	if (!holds(row, conditions)) return false;
	if (row.again === undefined) return true;
	const first = findRow(table, row.again);
	return row.when !== undefined && first?.when !== undefined && !holds(first, conditions);
}

function isMeasured(table: DeviceTable, row: Row, conditions: Readonly<Record<string, number>>): boolean {
	return row.poll !== undefined && row.unit !== "text" && !row.accumulates && isPlayed(table, row, conditions);
}

export function holds(row: Pick<Row, "when">, conditions: Readonly<Record<string, number>>): boolean {
	return row.when === undefined || row.when.is.includes(conditions[row.when.row]!);
}

/** The name under which a source knows what a row measures. */
export function sourceName(table: DeviceTable, row: Row): string {
	const point = rowPoints(table, row)[0];
	return point === undefined ? row.name : pointPath(point);
}

/**
 * A value for every row that is polled, by the names a source knows: with them every sign, digit, phase and bit is told
 * apart; each is one the row's register and range can hold. Other rounds have other values of maps.
 */
export function distinctValues(
	table: DeviceTable,
	conditions: Readonly<Record<string, number>>,
	round = 0,
): Record<string, number> {
	const values: Record<string, number> = {};
	table.rows.forEach((row, n) => {
		if (!isMeasured(table, row, conditions)) return;
		const raw = conditions[row.name];
		const isRatio = row.map === undefined && table.rows.some((other) => other.times?.includes(row.name));
		if (isRatio) {
			values[sourceName(table, row)] = ratio(row, 2 + (n % 7));
			return;
		}
		// Of registers that a map makes something else of, a raw value that it knows.
		const mapped = table.rows.find(
			({ again, map, otherwise, address }) =>
				again === row.name && map && otherwise === undefined && address === row.address,
		);
		const raws = Object.keys(mapped?.map ?? {});
		const known =
			raw ?? (raws.length > 0 && row.map === undefined ? Number(raws[(n + round) % raws.length]) : undefined);
		values[sourceName(table, row)] =
			known === undefined ? distinct(row, n + 1 + round, factorOf(table, row, values)) : meaning(row, known);
	});
	return values;
}

function meaning(row: Row, raw: number): number {
	return row.map === undefined ? raw * (row.k ?? 1) + (row.b ?? 0) : (row.map[raw] ?? row.otherwise!);
}

/** A ratio that its range allows. */
function ratio({ range }: Row, value: number): number {
	if (range === undefined || (value >= range[0] && value <= range[1])) return value;
	return Math.round(Math.sqrt(range[0] * range[1]));
}

/** What the ratios that stand before a row in its table make of its k. */
function factorOf(table: DeviceTable, row: Row, values: Readonly<Record<string, number>>): number {
	let factor = 1;
	for (const name of row.times ?? []) factor *= values[sourceName(table, findRow(table, name)!)] ?? 1;
	return factor;
}

function distinct(row: Row, n: number, factor: number): number {
	if (row.map !== undefined) {
		const all = Object.values(row.map);
		return all[n % all.length]!;
	}
	if (row.bitMap !== undefined) return wholeBits(row.bitMap, 2 ** row.bitMap[n % row.bitMap.length]![1]);
	if (row.type === "bit" && row.k === undefined) return n % 2;
	let value = typical(row, n);
	const [least, most] = row.range ?? (row.write ? [row.write.min, row.write.max] : [-Infinity, Infinity]);
	if (value < least || value > most) value = step(row, (Math.max(least, -1e6) + Math.min(most, 1e6)) / 2);
	while (!fits(row, value, factor)) value = step(row, value / 2);
	return row.write?.allowed === undefined ? value : row.write.allowed[n % row.write.allowed.length]!;
}

/** The value with all bits that come along: a bit of the register may lead to several. */
function wholeBits(pairs: NonNullable<Row["bitMap"]>, bits: number): number {
	let value = bits;
	for (const [, to] of pairs) {
		if (((value >>> to) & 1) === 0) continue;
		const from = pairs.find((pair) => pair[1] === to)![0];
		for (const pair of pairs) if (pair[0] === from) value |= 1 << pair[1];
	}
	return value === bits ? value : wholeBits(pairs, value >>> 0);
}

function typical(row: Row, n: number): number {
	const negative = isSigned(row.type) ? -1 : 1;
	if (isCounter(row.unit)) return 1_234_560 + 1000 * n;
	switch (row.unit) {
		case "V":
			return (row.k ?? 1) < 0.1 ? 51 + n / 100 : 220 + n;
		case "A":
			return 3 + n / 4;
		case "W":
			return negative * (1000 + 10 * n);
		case "var":
			return 300 + 10 * n;
		case "VA":
			return 1500 + n;
		case "Hz":
			return 49.87;
		case "1":
			// a count of what else the device has: all of it
			if (row.k === undefined && row.type[0] !== "f") return row.range?.[1] ?? 1;
			return 0.9 - n / 1000;
		case "C":
			return isSigned(row.type) || (row.b ?? 0) < -7.5 ? -7.5 : 7.5;
		case "%":
			return 43;
		default:
			return step(row, 1 + (n % 40) * (row.k ?? 1));
	}
}

/** The nearest value of the row's register. */
function step(row: Row, value: number): number {
	const k = row.k ?? 1;
	return Number((Math.round((value - (row.b ?? 0)) / k) * k + (row.b ?? 0)).toPrecision(12));
}

function fits(row: Row, value: number, factor: number): boolean {
	if (row.type[0] === "f") return true;
	const raw = Math.round((value / factor - (row.b ?? 0)) / (row.k ?? 1));
	const bits = row.type === "bits" ? row.bits![1] : 16 * rowWords(row);
	return isSigned(row.type) ? Math.abs(raw) < 2 ** (bits - 1) : raw >= 0 && raw < 2 ** bits;
}

/** Rows that a contract can hold against a source: numbers that are read, not added up, of registers no other row plays. */
export function measuredRows(table: DeviceTable, conditions: Readonly<Record<string, number>>): Row[] {
	return table.rows.filter((row) => isMeasured(table, row, conditions));
}

/** Half the last digit of an integer register (ratios multiply it), or the resolution of a 32-bit float. */
export function halfDigit(
	table: DeviceTable,
	row: Row,
	value: number,
	values: Readonly<Record<string, number>>,
): number {
	if (row.type === "f32") return Math.abs(value) * 2 ** -23;
	// as much as the image's points hold of a double; the text of VE.Direct has whole numbers
	if (row.type === "number" && table.protocol !== "vedirect") return Math.max(Math.abs(value) * 2 ** -23, 1e-6);
	let k = Math.abs(row.k ?? 1);
	for (const name of row.times ?? []) k *= values[sourceName(table, findRow(table, name)!)] ?? 1;
	return k * 0.5;
}
