import { toHex } from "../base/bytes";
import { rawNumber, stepText, stepValue } from "../devices/decode";
import type { Device } from "../devices/engine";
import { type Access, type ReadFunction, type RowType, rowFunction } from "../devices/table";
import type { HubDevice } from "../site/hub";
import type { Image } from "../sunspec/image";
import type { PointTypeName } from "../sunspec/types";
import type { PointStatus } from "./status";
import { ageS } from "./times";

/** A register of a device, as it came and what was made of it. */
export interface RowStatus {
	/** The device table's name. */
	name: string;
	/** Zero-based protocol address. */
	address: number;
	function: ReadFunction;
	type: RowType | PointTypeName;
	/** The row's bytes as they came last; null before the first answer. */
	raw: string | null;
	/** SunSpec points it brings, with ", " between several; null for none. */
	point: string | null;
	value: number | string | null;
	unit: string;
	quality: PointStatus["quality"];
	/** Seconds since the value was true; null: never. */
	ageS: number | null;
	access: Access;
}

/** Every row that the hub polls, in the order of its reads. */
export function deviceRows(entry: HubDevice, nowMs: number): RowStatus[] {
	const { table: device } = entry;
	const rows: RowStatus[] = [];
	if (!device) return foundRows(entry, nowMs);
	device.plan.reads.forEach((read, index) => {
		const data = device.raw(index);
		const readMs = device.readMs(index);
		for (let i = read.first; i < read.end; i++)
			rows.push(rowOf(device, entry.image, i, read.function, data, readMs, nowMs));
	});
	return rows;
}

/** Points that are shown of a device that speaks SunSpec; its models may have some hundreds. */
const kMostRows = 96;

/** What a SunSpec device gives of its own, where it gives something: as its registers stand in the image. */
function foundRows({ found, image, device }: HubDevice, nowMs: number): RowStatus[] {
	const rows: RowStatus[] = [];
	if (!found) return rows;
	image.eachPoint((point) => {
		if (rows.length >= kMostRows || point.type === "sunssf" || point.type === "pad") return;
		const address = found.deviceAddress(point.address);
		const value = address < 0 || point.name === "ID" || point.name === "L" ? undefined : image.valueOf(point);
		if (value === undefined || value === "") return;
		const path = point.group === "" ? point.name : `${point.group}.${point.name}`;
		const handle = image.knownHandle(point.address);
		const timeMs = handle < 0 ? device.lastAnswerMs : image.timeMs(handle);
		rows.push({
			name: `${point.model.id}.${path}`,
			address,
			function: 3,
			type: point.type,
			raw: toHex(new Uint8Array(image.registers.buffer, 2 * (point.address - image.base), 2 * point.size)),
			point: path,
			value: typeof value === "bigint" ? Number(value) : plain(value),
			unit: point.unit,
			quality: image.quality(handle) ?? (device.online ? "good" : "comms_lost"),
			ageS: ageS(timeMs, nowMs),
			access: point.writable ? "rw" : "r",
		});
	});
	return rows;
}

function rowOf(
	device: Device,
	image: Image,
	index: number,
	readFunction: number,
	data: DataView | undefined,
	readMs: number,
	nowMs: number,
): RowStatus {
	const { plan } = device;
	const row = plan.row(index);
	const step = plan.steps[index]!;
	const at = plan.at[index]!;
	const firstPoint = plan.firstPoint(index);
	const names: string[] = [];
	for (let i = 0; i < step.points; i++) names.push(plan.nameOf(firstPoint + i));
	const status = {
		name: row.name,
		address: row.address,
		function: rowFunction(device.table, row),
		type: row.type,
		raw: data === undefined ? null : rawHex(at, step.words, step.split, readFunction, data),
		point: names.length > 0 ? names.join(", ") : null,
		unit: row.unit === "text" ? "" : row.unit,
		access: row.access ?? "r",
	};
	const handle = names.length > 0 ? device.handle(firstPoint) : -1;
	if (handle >= 0) {
		const value = image.value(handle);
		const quality = image.quality(handle) ?? "never";
		return { ...status, value: plain(value), quality, ageS: ageS(image.timeMs(handle), nowMs) };
	}
	if (data === undefined) return { ...status, value: null, quality: "never", ageS: null };
	// a row that only the engine uses (a transformer's ratio): as it was decoded
	const scratch = new DataView(new ArrayBuffer(8));
	const decoded = step.more?.text
		? stepText(step, data, at, scratch)
		: stepValue(step, rawNumber(step, data, at, scratch), data, at, scratch);
	const good = typeof decoded !== "number" || (decoded >= step.min && decoded <= step.max);
	const quality = device.online ? (good ? "good" : "suspect") : "comms_lost";
	const value = quality === "comms_lost" ? null : plain(decoded);
	return { ...status, value, quality, ageS: ageS(readMs, nowMs) };
}

function plain(value: number | string | undefined): number | string | null {
	if (typeof value !== "number") return value ?? null;
	return Number.isFinite(value) ? Number(value.toPrecision(9)) : null;
}

/** "09 5f"; of a split number its low word, then the high one; of a coil or discrete input "0" or "1". */
function rawHex(at: number, count: number, split: number | undefined, readFunction: number, data: DataView): string {
	if (readFunction === 1 || readFunction === 2) return String((data.getUint8(at >> 3) >> (at & 7)) & 1);
	const words = (from: number, length: number): string =>
		toHex(new Uint8Array(data.buffer, data.byteOffset + from, 2 * length));
	return split === undefined ? words(at, count) : `${words(at, 1)} ${words(at + split, 1)}`;
}
