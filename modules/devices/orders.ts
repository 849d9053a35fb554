/** Rules across the rows of a table: values that must rise in an order, whoever writes which of them. */
import type { PointImage } from "./engine";
import { type DeviceTable, findRow, type Order, rowPoints } from "./table";

/** What a row holds, in its unit; undefined when nobody knows. */
export type RowValue = (row: string) => number | undefined;

/** What the device's rows hold, as its image says; of rows with a point, once they have been read. */
export function rowValues(table: DeviceTable, image: PointImage): RowValue {
	return (name) => {
		const row = findRow(table, name);
		const at = row && rowPoints(table, row)[0];
		if (at === undefined) return undefined;
		const value = image.value(image.handle(at.model, at.point, at.group, undefined, at.occurrence));
		return typeof value === "number" ? value : undefined;
	};
}

/**
 * Why these values must not be written, in words for a person; undefined when they may. `wanted` are the rows of one
 * request, checked as they stand when all of it is done; `held` is what the device has now. Only rules that have a row
 * of the request in them are looked at, and only where the values are known.
 */
export function orderRefusal(
	table: DeviceTable,
	wanted: ReadonlyMap<string, number>,
	held: RowValue,
): string | undefined {
	const after: RowValue = (row) => wanted.get(row) ?? held(row);
	for (const order of table.orders ?? []) {
		if (!order.rows.some((row) => wanted.has(row))) continue;
		const broken = firstBroken(order, after);
		if (broken !== undefined) return broken;
	}
	return undefined;
}

/**
 * The rows of a request in an order in which no rule is broken on the way, as far as there is one: of times that all
 * move to later the last goes first.
 */
export function writeSequence(table: DeviceTable, wanted: ReadonlyMap<string, number>, held: RowValue): string[] {
	const left = [...wanted.keys()];
	if (left.length < 2 || !table.orders?.some((order) => order.rows.some((row) => wanted.has(row)))) return left;
	const done = new Map<string, number>();
	const sequence: string[] = [];
	while (left.length > 0) {
		let next = left.findIndex((row) => {
			const trial = new Map(done).set(row, wanted.get(row)!);
			return orderRefusal(table, trial, held) === undefined;
		});
		if (next < 0) next = 0;
		const row = left.splice(next, 1)[0]!;
		done.set(row, wanted.get(row)!);
		sequence.push(row);
	}
	return sequence;
}

function firstBroken(order: Order, value: RowValue): string | undefined {
	let before: { row: string; value: number } | undefined;
	for (const row of order.rows) {
		const own = value(row);
		if (own === undefined) continue;
		if (before !== undefined && (order.rises ? own <= before.value : own < before.value)) {
			return `${row} ${own} must be ${order.rises ? "above" : "at least"} ${before.row} ${before.value}`;
		}
		before = { row, value: own };
	}
	return undefined;
}
