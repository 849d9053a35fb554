import { utf8Decode } from "../base/bytes";
import { inflate } from "../base/inflate";
import type { DeviceTable } from "./table";

/** Bytes of a table's JSON, at most. */
const kMostBytes = 64 * 1024;

/**
 * Makes equal texts and objects of the rows one: JSON.parse makes each anew, and most rows have the same type, unit and
 * period. Puts in the NaN that JSON does not have.
 */
function unite(rows: readonly Record<string, unknown>[]): void {
	const known = new Map<unknown, unknown>();
	for (const row of rows) {
		for (const name in row) {
			const value = row[name];
			if (typeof value !== "string" && typeof value !== "object") continue;
			// the one cannot be the other's: a text of JSON begins with a bracket
			const key = typeof value === "string" ? value : JSON.stringify(value);
			const one = known.get(key);
			if (one !== undefined && typeof one === typeof value) row[name] = one;
			else known.set(key, value);
		}
	}
	for (const row of rows) {
		const values = row["notAvailable"] as (number | string)[] | undefined;
		values?.forEach((value, i) => {
			if (value === "NaN") values[i] = Number.NaN;
		});
	}
}

/** A table as tools/build-tables.mjs has packed it. Throws GridpostError "bad-data" for what is none. */
export function unpackTable(bytes: Uint8Array): DeviceTable {
	const table = JSON.parse(utf8Decode(inflate(bytes, kMostBytes)) ?? "") as DeviceTable;
	unite(table.rows as unknown as Record<string, unknown>[]);
	return table;
}
