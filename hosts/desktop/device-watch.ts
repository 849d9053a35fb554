import { deviceRows, type RowStatus } from "../../modules/admin/device-rows";
import { Checker } from "../../modules/base/checker";
import type { Clock } from "../../modules/base/clock";
import { silentLog } from "../../modules/base/log";
import { Device, type ReadResult } from "../../modules/devices/engine";
import { type DeviceTable, type Row, tableModels } from "../../modules/devices/table";
import type { HubDevice } from "../../modules/site/hub";
import { type BusLink, type LinkIo, openLink } from "../../modules/site/links";
import { BusScheduler } from "../../modules/site/scheduler";
import { busOf } from "../../modules/site/site-bus";
import type { SiteBus } from "../../modules/site/site-file";
import { Image } from "../../modules/sunspec/image";

export interface DeviceWatchOptions {
	table: DeviceTable;
	unit: number;
	/** The line or connection, as a site file would have it. */
	bus: SiteBus;
	io: LinkIo;
	clock: Clock;
	/** Beginning of its paths (HTTP) or topics (MQTT). */
	path?: string | undefined;
	/** Longest wait for a reply to begin. Default: the table's. */
	timeoutMs?: number | undefined;
}

/** A bus for one device of a table, as it leaves the factory; `more` says where it is. */
export function busFor(table: DeviceTable, more: Partial<SiteBus> = {}): SiteBus {
	const plain = busOf({ id: "try", port: "sim" }, "bus", new Checker())!;
	const { baud, parity, stop } = table.bus;
	// what is only on a network is simulated on a line too
	return { ...plain, protocol: table.protocol ?? "modbus", baud: baud || 9600, parity, stop, retries: 0, ...more };
}

/** A row of the device as it is now. */
export interface WatchedRow extends RowStatus {
	/** "4:72" function and register, "0x356:2" record and byte, or the path in a text. */
	at: string;
	/** Why there is no value, in a few words; "" when there is one. */
	trouble: string;
}

/** What became of the reads so far. */
export interface WatchCounts {
	answers: number;
	timeouts: number;
	garbled: number;
	exceptions: number;
	foreign: number;
}

const exceptions: Readonly<Record<number, string>> = {
	1: "no such function",
	2: "no such register",
	3: "it does not like the request",
	4: "it failed",
	5: "accepted, later",
	6: "it is busy",
	10: "no way to it",
	11: "it does not answer the gateway",
};

/**
 * Reads every row of a table from one device, over and over, as the hub would: its own engine and scheduler over the link.
 * Rows that the hub reads only when it is asked are read slowly here.
 */
export class DeviceWatch {
	readonly table: DeviceTable;
	readonly #device: WatchedDevice;
	readonly #image: Image;
	readonly #client: BusLink;
	readonly #scheduler: BusScheduler;
	readonly #clock: Clock;

	/** Throws what the link throws when it cannot be opened. */
	constructor({ table, unit, bus, io, clock, path, timeoutMs }: DeviceWatchOptions) {
		this.table = withAllRows(table);
		this.#clock = clock;
		this.#image = new Image(tableModels(table));
		this.#device = new WatchedDevice({ table: this.table, image: this.#image, unit, timeoutMs });
		this.#device.path = path ?? "";
		this.#device.channel = unit;
		const devices = [this.#device];
		this.#client = openLink({ bus, devices, clock, log: silentLog, io });
		this.#scheduler = new BusScheduler({ client: this.#client, devices, clock });
		this.#scheduler.start();
	}

	/** Whether each read has been answered, refused or missed by now. */
	get complete(): boolean {
		return this.#device.outcomes.size >= this.#device.plan.reads.length;
	}

	/** Whether the device has answered anything, if only with an exception. */
	get answered(): boolean {
		return this.#device.answers > 0;
	}

	/** Why nothing can be sent: the port is gone, no connection; "" when all is well. */
	get fault(): string {
		return this.#client.fault;
	}

	get counts(): WatchCounts {
		const { answers, timeouts, garbled, exceptions: refused } = this.#device;
		const { foreign } = this.#device;
		return { answers, timeouts, garbled: garbled - foreign, exceptions: refused, foreign };
	}

	/** In the order of the table. */
	rows(): WatchedRow[] {
		const entry = { table: this.#device, image: this.#image, device: this.#device } as unknown as HubDevice;
		const order = new Map(this.table.rows.map((row, i) => [row.name, i]));
		return deviceRows(entry, this.#clock.now())
			.map((row) => ({
				...row,
				at: whereIs(this.table.rows[order.get(row.name)!]!, row),
				trouble: row.value === null ? this.#device.trouble(row.name) : "",
			}))
			.sort((a, b) => order.get(a.name)! - order.get(b.name)!);
	}

	close(): void {
		this.#scheduler.close();
		this.#client.close();
	}
}

function whereIs(row: Row, { function: code }: RowStatus): string {
	if (row.path !== undefined) return row.path;
	return row.record === undefined ? `${code}:${row.address}` : `${row.record}:${row.address}`;
}

function withAllRows(table: DeviceTable): DeviceTable {
	const step = table.align ?? 1;
	const rows = table.rows.map((row) => {
		// what stands at an odd place of a device that reads in pairs has a read of its own, which a plan has not
		if (row.poll !== undefined || row.access === "w" || row.address % step !== 0) return row;
		return { ...row, poll: "slow" as const };
	});
	return { ...table, rows };
}

/** Notes of each read what became of it last. */
class WatchedDevice extends Device {
	/** By index of the read: "" for an answer. */
	readonly outcomes = new Map<number, string>();
	foreign = 0;

	override onResult(result: ReadResult): void {
		const index = this.plan.reads.findIndex(
			(read) => read.function === this.function && read.address === this.address && read.count === this.count,
		);
		// what the device sends by itself comes here too, and is noted already
		if (index >= 0) this.#note(index, result);
		super.onResult(result);
	}

	/** It has sent one by itself. */
	override onRecord(read: number, result: ReadResult): void {
		this.#note(read, result);
		super.onRecord(read, result);
	}

	#note(index: number, { status, exception }: ReadResult): void {
		if (status === "foreign") this.foreign++;
		const refusal = `refused: ${exceptions[exception] ?? "it says no"} (exception ${exception})`;
		this.outcomes.set(index, status === "ok" ? "" : status === "exception" ? refusal : (outcomes[status] ?? status));
	}

	trouble(name: string): string {
		const index = this.plan.reads.findIndex((read) => {
			for (let i = read.first; i < read.end; i++) if (this.plan.row(i).name === name) return true;
			return false;
		});
		const outcome = this.outcomes.get(index);
		return outcome === undefined ? "not read yet" : outcome === "" ? "it says it has none" : outcome;
	}
}

const outcomes: Readonly<Record<string, string>> = {
	timeout: "no answer",
	garbled: "an answer that is broken",
	foreign: "an answer of somebody else",
	closed: "the port is closed",
};
