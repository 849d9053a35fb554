import { utf8Decode } from "../base/bytes";
import { inflate } from "../base/inflate";
import type { DeviceTable } from "./table";

/** Bytes of a table's JSON, at most. */
const kMostBytes = 64 * 1024;

/** A table as tools/build-tables.mjs has packed it. Throws GridpostError "bad-data" for what is none. */
export function unpackTable(bytes: Uint8Array): DeviceTable {
	const table = JSON.parse(utf8Decode(inflate(bytes, kMostBytes)) ?? "") as DeviceTable;
	for (const row of table.rows) {
		const values = row.notAvailable as (number | string)[] | undefined;
		values?.forEach((value, i) => {
			if (value === "NaN") values[i] = Number.NaN;
		});
	}
	return table;
}
