import type { RecordSpec } from "../base/record";
import type { Device } from "./engine";
import { type PathField, pathFields } from "./path-rows";
import type { ReadResult } from "./polled";

/** A device that sends by itself, as those know it who hear its records: each by its index in the table. */
export class RecordListener {
	readonly records: readonly RecordSpec[];
	readonly unit: number;
	/** What stands for it in paths and topics. */
	readonly path: string;
	readonly channel: number;
	private readonly device: Device;
	/** The read of the plan that each record is, or -1. */
	private readonly readOf: Int16Array;

	constructor(device: Device) {
		this.device = device;
		this.records = device.table.records ?? [];
		this.unit = device.unit;
		this.path = device.path;
		this.channel = device.channel;
		this.readOf = new Int16Array(this.records.length).fill(-1);
		device.plan.reads.forEach(({ record }, read) => {
			if (record >= 0) this.readOf[record] = read;
		});
	}

	/** The values of a record that is a text. */
	fields(record: RecordSpec): PathField[] {
		return pathFields(this.device.table, record);
	}

	onRecord(index: number, result: ReadResult): void {
		const read = this.readOf[index]!;
		if (read >= 0) this.device.onRecord(read, result);
	}
}
