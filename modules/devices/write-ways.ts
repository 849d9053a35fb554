import { READ_RECORD, type RecordSpec, WRITE_RECORD } from "../base/record";
import { type DeviceTable, isModbus, type Row, recordIndex, rowFunction, rowWords } from "./table";

/** What a request asks for. */
export interface Way {
	readonly function: number;
	readonly address: number;
	readonly count: number;
	readonly record: RecordSpec | undefined;
}

/** How a row is written and read back. A record of a Modbus device is written by the registers that the row lies in. */
export function rowWays(table: DeviceTable, row: Row): { readonly write: Way; readonly read: Way } {
	const index = recordIndex(table, row);
	const rule = row.write!;
	if (index < 0) {
		const count = row.type === "bit" ? 1 : rowWords(row);
		const place = { address: row.address, count, record: undefined };
		return { write: { ...place, function: rule.fc }, read: { ...place, function: rowFunction(table, row) } };
	}
	const record = table.records![index]!;
	if (isModbus(table)) {
		const own = { address: (record.key as number) + row.address / 2, count: rowWords(row), record: undefined };
		const whole = { address: record.key as number, count: record.bytes / 2, record };
		return { write: { ...own, function: rule.fc }, read: { ...whole, function: record.fc ?? table.fc } };
	}
	const other = table.records!.findIndex(({ name }) => name === rule.record);
	const target = other < 0 ? index : other;
	const { bytes } = table.records![target]!;
	return {
		write: { function: WRITE_RECORD, address: target, count: bytes, record: table.records![target] },
		read: { function: READ_RECORD, address: index, count: record.bytes, record },
	};
}

/** What a write sends of a row's encoded bytes: registers, the bytes of a record, or the number of a value with a path. */
export function sentValues(table: DeviceTable, row: Row, sent: DataView): number[] {
	const values: number[] = [];
	if (row.type === "number") values.push(sent.getFloat64(0));
	else if (row.record !== undefined && !isModbus(table)) {
		for (let i = 0; i < sent.byteLength; i++) values.push(sent.getUint8(i));
	} else for (let i = 0; i < sent.byteLength; i += 2) values.push(sent.getUint16(i));
	return values;
}
