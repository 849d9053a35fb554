import type { RecordSpec } from "../base/record";
import type { DeviceTable, Row } from "./table";

/** A row of a text: its place is a path, and its address is found by `pathRows`. */
export type PathRow = Omit<Row, "address" | "type"> & { readonly path: string; readonly type: "number" | "string" };

/** Bytes of a number in the payload that a text becomes. */
const kCell = 8;

/**
 * Rows of JSON or labelled text with their addresses: each has a cell of its own in the payload of its record, a number
 * one of 8 bytes (a double; NaN for no value), a string one of its `bytes`. Rows without a path stay as they are.
 */
export function pathRows(rows: readonly (PathRow | Row)[]): Row[] {
	const ends = new Map<string, number>();
	return rows.map((row) => {
		if (row.path === undefined || "address" in row) return row as Row;
		const record = row.record ?? "";
		const address = ends.get(record) ?? 0;
		ends.set(record, address + cellBytes(row));
		return { ...row, address };
	});
}

/** Bytes of a row's cell. */
export function cellBytes(row: Pick<Row, "type" | "bytes">): number {
	return row.type === "string" ? (row.bytes ?? kCell) : kCell;
}

/** The values of a record of texts, and the cells that they take in its payload. */
export function pathFields(table: DeviceTable, record: RecordSpec): PathField[] {
	const fields: PathField[] = [];
	for (const row of table.rows) {
		if (row.record !== record.name || row.path === undefined) continue;
		fields.push({ path: row.path, at: row.address, bytes: cellBytes(row), text: row.type === "string" });
	}
	return fields;
}

export interface PathField {
	readonly path: string;
	/** First byte of the cell. */
	readonly at: number;
	readonly bytes: number;
	readonly text: boolean;
}
