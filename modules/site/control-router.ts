import type { Clock } from "../base/clock";
import { orderRefusal, rowValues, writeSequence } from "../devices/orders";
import { RowWriter } from "../devices/row-writer";
import type { DeviceTable, Row } from "../devices/table";
import { pointWrite, type WriteOutcome, writeRefusal } from "../devices/write";
import { ModbusException } from "../modbus/pdu";
import type { Der } from "../sunspec/der/der";
import type { Image } from "../sunspec/image";
import type { PointInfo } from "../sunspec/place";
import type { WrittenValue } from "../sunspec/server";
import type { HubDevice } from "./entry";

export interface ControlRouterOptions {
	clock: Clock;
	/** The device behind a SunSpec unit; undefined for units that cannot be written. */
	entry: (unit: number) => HubDevice | undefined;
	/** The controls of the site's DERs as one, on unit 1. */
	siteDer: () => Der | undefined;
	/** Tells whether a row must not be written now: a protection holds its relay open. */
	guard: { holds(entry: HubDevice, row: Row): boolean };
	/** How a write to a row of a table ended, when the device was asked. */
	onOutcome: (entry: HubDevice, outcome: WriteOutcome) => void;
}

/**
 * The way of a SunSpec write: to the controls of a DER, through to a device that speaks SunSpec itself, or to the row of
 * a device's table. What the owner of the point refuses is an exception to the client; what it takes is in the image at
 * once, sent to the device, and read back.
 */
export class ControlRouter {
	readonly #options: ControlRouterOptions;
	/** Of the devices to whose rows somebody has written. */
	readonly #writers = new Map<HubDevice, RowWriter>();
	/** Rows of the request that was checked last, in the order in which they are to be written. */
	#sequence: readonly string[] = [];

	constructor(options: ControlRouterOptions) {
		this.#options = options;
	}

	/** See `SunSpecSpaceOptions.onWrite`. */
	onWrite(unit: number, point: PointInfo, value: WrittenValue): number {
		// The address of a unit is the site file's: its own is all that 1.DA takes.
		if (point.model.id === 1) return value === unit ? 0 : ModbusException.illegalDataValue;
		if (unit === 1) return this.#options.siteDer()?.onWrite(point, value) ?? ModbusException.illegalDataAddress;
		const entry = this.#options.entry(unit);
		if (!entry?.site.control) return ModbusException.illegalDataAddress;
		const owner = ownerOf(entry, point);
		if (owner) return owner.onWrite(point, value);
		if (entry.table) return this.#toRow(entry, point, value);
		return entry.found?.writable(point, value) ?? ModbusException.illegalDataAddress;
	}

	/** See `SunSpecSpaceOptions.onCheck`. */
	onCheck(unit: number, points: readonly PointInfo[], values: readonly WrittenValue[]): number {
		if (points[0]?.model.id === 1) return 0;
		if (unit === 1) return this.#options.siteDer()?.onCheck(points, values) ?? 0;
		const entry = this.#options.entry(unit);
		const refused = entry?.der?.onCheck(points, values) ?? 0;
		return refused !== 0 || !entry?.table ? refused : this.#checkRows(entry, points, values);
	}

	/** Settings of a table that must rise in an order, as they stand when the whole request is done. */
	#checkRows(entry: HubDevice, points: readonly PointInfo[], values: readonly WrittenValue[]): number {
		const { table, image } = entry.table!;
		const wanted = new Map<string, number>();
		points.forEach((point, i) => {
			const row = ownerOf(entry, point) ? undefined : rowOf(table, point);
			if (row) wanted.set(row.name, values[i] as number);
		});
		const held = rowValues(table, image);
		this.#sequence = writeSequence(table, wanted, held);
		return orderRefusal(table, wanted, held) === undefined ? 0 : ModbusException.illegalDataValue;
	}

	/** See `SunSpecSpaceOptions.onWritten`. */
	onWritten(unit: number, image: Image, points: readonly PointInfo[]): void {
		if (points[0]?.model.id === 1) return;
		if (unit === 1) this.#options.siteDer()?.onWritten(points);
		const entry = this.#options.entry(unit);
		if (!entry) return;
		const owned = new Map<PointOwner | undefined, PointInfo[]>();
		for (const point of points) {
			const owner = ownerOf(entry, point);
			const own = owned.get(owner);
			if (own) own.push(point);
			else owned.set(owner, [point]);
		}
		for (const [owner, own] of owned) owner?.onWritten(own);
		const rest = owned.get(undefined) ?? [];
		if (rest.length === 0) return;
		entry.found?.write(rest, entry.client, (outcome) => this.#options.onOutcome(entry, outcome));
		if (!entry.table) return;
		const rows = rest.flatMap((point) => {
			const row = rowOf(entry.table!.table, point);
			return row ? [{ point, row }] : [];
		});
		const place = ({ row }: { row: Row }): number => this.#sequence.indexOf(row.name);
		rows.sort((a, b) => place(a) - place(b));
		for (const { point, row } of rows) this.#writeRow(entry, row, image.valueOf(point) as number);
	}

	/** What waits to be written is not written any more. */
	close(): void {
		for (const writer of this.#writers.values()) writer.close();
	}

	#toRow(entry: HubDevice, point: PointInfo, value: WrittenValue): number {
		const { image } = entry;
		const { table, online } = entry.table!;
		const row = rowOf(table, point);
		// A point that can have one value takes that one (IEEE 1547-2018 profile of SunSpec Modbus, 3.1).
		if (!row) return image.valueOf(point) === value ? 0 : ModbusException.illegalDataAddress;
		if (!online) return ModbusException.gatewayTargetFailedToRespond;
		if (this.#options.guard.holds(entry, row)) return ModbusException.illegalDataValue;
		if (typeof value !== "number" || writeRefusal(table, row, value) !== undefined) {
			return ModbusException.illegalDataValue;
		}
		return 0;
	}

	#writeRow(entry: HubDevice, row: Row, value: number): void {
		let writer = this.#writers.get(entry);
		if (!writer) {
			const { clock, onOutcome } = this.#options;
			const options = { device: entry.table!, client: entry.client, clock, keepAlive: entry.keepAlive };
			writer = new RowWriter({ ...options, onOutcome: (outcome) => onOutcome(entry, outcome) });
			this.#writers.set(entry, writer);
		}
		writer.write(row, value);
	}
}

/** Who carries out what is written to some points of a device: its controls as a DER, a drive or a charger. */
interface PointOwner {
	/** As `SunSpecSpaceOptions` has them. */
	onWrite(point: PointInfo, value: WrittenValue): number;
	onWritten(points: readonly PointInfo[]): void;
}

/** Undefined for a point that goes to the device's own rows or registers. */
function ownerOf({ der, drive, evse }: HubDevice, point: PointInfo): PointOwner | undefined {
	if (der?.owns(point.model.id)) return der;
	if (drive?.owns(point)) return drive;
	return evse?.owns(point.model.id, point.name) ? evse : undefined;
}

function rowOf(table: DeviceTable, point: PointInfo): Row | undefined {
	return pointWrite(table, point.model.id, point.name, point.group, point.model.occurrence);
}
