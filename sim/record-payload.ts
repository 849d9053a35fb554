import type { RecordSpec } from "../modules/base/record";
import { type Row, rowWords } from "../modules/devices/table";
import type { RowValues } from "./row-values";

/** The payload of a record as the device would send it now; undefined when a value does not fit its row. */
export function recordPayload(values: RowValues, record: RecordSpec, nowMs: number): Uint8Array | undefined {
	const payload = new Uint8Array(record.bytes);
	if (record.mux) payload[record.mux.byte] = record.mux.value;
	for (const row of values.table.rows) {
		if (row.record !== record.name || row.access === "w" || !values.plays(row, nowMs)) continue;
		const bytes = new DataView(new ArrayBuffer(2 * rowWords(row)));
		if (!values.put(row, bytes, nowMs)) {
			if (row.when === undefined || values.holds(row.when, nowMs)) return undefined;
			// a row that does not count, as where another holds what is too large for it
			new Uint8Array(bytes.buffer).fill(0xff);
		}
		// fields share bytes
		for (let i = 0; i < bytes.byteLength; i++) payload[row.address + i]! |= bytes.getUint8(i);
	}
	return payload;
}

/** Takes what a client has written into a record: the rows whose bytes begin at `at`. False when a row refuses. */
export function takeRecord(values: RowValues, record: RecordSpec, bytes: readonly number[], at = 0): boolean {
	const data = Uint8Array.from(bytes);
	const view = new DataView(data.buffer);
	const own = (row: Row): boolean => row.write !== undefined && (row.write.record ?? row.record) === record.name;
	const rows = values.table.rows.filter(
		(row) => own(row) && row.address >= at && row.address + 2 * rowWords(row) <= at + data.length,
	);
	return rows.length > 0 && rows.every((row) => values.hold(row, view, row.address - at));
}
