import { pointWrite, type WriteOutcome, writeRefusal, writeRow } from "../devices/write";
import { ModbusException } from "../modbus/pdu";
import type { Image } from "../sunspec/image";
import type { PointInfo } from "../sunspec/place";
import type { WrittenValue } from "../sunspec/server";
import type { HubDevice } from "./hub";

export interface ControlRouterOptions {
	/** The device behind a SunSpec unit; undefined for units that cannot be written. */
	entry: (unit: number) => HubDevice | undefined;
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

	constructor(options: ControlRouterOptions) {
		this.#options = options;
	}

	/** See `SunSpecSpaceOptions.onWrite`. */
	onWrite(unit: number, point: PointInfo, value: WrittenValue): number {
		const entry = this.#options.entry(unit);
		if (!entry?.site.control) return ModbusException.illegalDataAddress;
		if (entry.der?.owns(point.model.id)) return entry.der.onWrite(point, value);
		return entry.table ? this.#toRow(entry, point, value) : ModbusException.illegalDataAddress;
	}

	/** See `SunSpecSpaceOptions.onCheck`. */
	onCheck(unit: number, points: readonly PointInfo[], values: readonly WrittenValue[]): number {
		const der = this.#options.entry(unit)?.der;
		return der?.onCheck(points, values) ?? 0;
	}

	/** See `SunSpecSpaceOptions.onWritten`. */
	onWritten(unit: number, image: Image, points: readonly PointInfo[]): void {
		const entry = this.#options.entry(unit);
		if (!entry) return;
		const { der } = entry;
		const owned = der ? points.filter((point) => der.owns(point.model.id)) : [];
		if (owned.length > 0) der?.onWritten(owned);
		const rest = owned.length === 0 ? points : points.filter((point) => !owned.includes(point));
		if (rest.length === 0) return;
		for (const point of entry.table ? rest : []) this.#writeRow(entry, image, point);
	}

	#toRow({ table: device }: HubDevice, point: PointInfo, value: WrittenValue): number {
		const { table, online } = device!;
		const row = pointWrite(table, point.model.id, point.name, point.group, point.model.occurrence);
		if (!row) return ModbusException.illegalDataAddress;
		if (!online) return ModbusException.gatewayTargetFailedToRespond;
		if (typeof value !== "number" || writeRefusal(table, row, value) !== undefined) {
			return ModbusException.illegalDataValue;
		}
		return 0;
	}

	#writeRow(entry: HubDevice, image: Image, point: PointInfo): void {
		const { table, unit } = entry.table!;
		const row = pointWrite(table, point.model.id, point.name, point.group, point.model.occurrence)!;
		const value = image.valueOf(point) as number;
		writeRow({
			table,
			unit,
			row: row.name,
			value,
			client: entry.client,
			onDone: (outcome) => this.#options.onOutcome(entry, outcome),
		});
	}
}
