/**
 * Images as a Modbus server shows them: one unit an image, holding registers from 40000 on.
 * MAP = Modbus Application Protocol Specification V1.1b3.
 */
import type { Clock } from "../base/clock";
import { ModbusException } from "../modbus/pdu";
import type { RegisterSpace } from "../modbus/respond";
import type { Image } from "./image";
import { symbolName } from "./model";
import { type PointInfo, pointAt } from "./place";

/** What a client writes to a point: in the point's unit, scale factor applied. */
export type WrittenValue = number | bigint | string;

export interface SunSpecSpaceOptions {
	readonly clock: Clock;
	/**
	 * May this point take this value? 0, or the Modbus exception to answer. Asked for every point of a request before
	 * any of them changes: it must not act yet. Without it no point is writable.
	 */
	readonly onWrite?: (unit: number, image: Image, point: PointInfo, value: WrittenValue) => number;
	/** Asked after `onWrite` took each point of a request: do they go together? 0, or the exception. */
	readonly onCheck?: (
		unit: number,
		image: Image,
		points: readonly PointInfo[],
		values: readonly WrittenValue[],
	) => number;
	/** The values of a request that was accepted are in the image: act on them. Called once a request. */
	readonly onWritten?: (unit: number, image: Image, points: readonly PointInfo[]) => void;
}

export class SunSpecSpace implements RegisterSpace {
	/** SunSpec lives in holding registers. */
	readonly inputRegisters = false;
	readonly #images = new Map<number, Image>();
	readonly #options: SunSpecSpaceOptions;

	constructor(options: SunSpecSpaceOptions) {
		this.#options = options;
	}

	add(unit: number, image: Image): void {
		this.#images.set(unit, image);
	}

	remove(unit: number): void {
		this.#images.delete(unit);
	}

	image(unit: number): Image | undefined {
		return this.#images.get(unit);
	}

	hasUnit(unit: number): boolean {
		return this.#images.has(unit);
	}

	/** Any span inside the map, parts of points and borders of models included. */
	readRegisters(unit: number, input: boolean, address: number, count: number, out: DataView, offset: number): number {
		const image = this.#images.get(unit);
		if (!image) return ModbusException.gatewayTargetFailedToRespond;
		if (input) return ModbusException.illegalFunction;
		const index = address - image.base;
		if (index < 0 || index + count > image.length) return ModbusException.illegalDataAddress;
		const from = new Uint8Array(image.registers.buffer, 2 * index, 2 * count);
		new Uint8Array(out.buffer, out.byteOffset + offset, 2 * count).set(from);
		return 0;
	}

	/**
	 * Whole points only, all or nothing. The SunSpec Device Information Model Specification 1.1 wants exception 2, 3 or 4
	 * for a write to a read-only or unimplemented point (the 1.9 of the older models ignored it; sunspec/models#235).
	 * Here: 2 for read-only, unimplemented and half points, 3 for a value the point cannot have, 0x0B for a point whose
	 * device does not answer, and what `onWrite` says.
	 */
	writeRegisters(unit: number, address: number, count: number, data: DataView, offset: number): number {
		const image = this.#images.get(unit);
		if (!image) return ModbusException.gatewayTargetFailedToRespond;
		const { onWrite, onCheck, onWritten, clock } = this.#options;
		if (!onWrite) return ModbusException.illegalDataAddress;
		const points: PointInfo[] = [];
		const values: WrittenValue[] = [];
		const end = address + count;
		for (let at = address; at < end; ) {
			const point = pointAt(image.models, at);
			if (point?.address !== at || at + point.size > end || !point.writable) return ModbusException.illegalDataAddress;
			const value = readValue(image, point, data, offset + 2 * (at - address));
			if (typeof value === "object") return value.exception;
			points.push(point);
			values.push(value);
			at += point.size;
		}
		for (let i = 0; i < points.length; i++) {
			const exception = onWrite(unit, image, points[i]!, values[i]!);
			if (exception !== 0) return exception;
		}
		const together = onCheck?.(unit, image, points, values) ?? 0;
		if (together !== 0) return together;
		image.load(address, data, offset, count, clock.now(), "good");
		image.commit();
		onWritten?.(unit, image, points);
		return 0;
	}

	/** MAP 6.21: vendor, product code and revision are those of model 1; empty ones are not there. */
	identification(unit: number, objectId: number): string | undefined {
		const image = this.#images.get(unit);
		const name = objectId === 0 ? "Mn" : objectId === 1 ? "Md" : objectId === 2 ? "Vr" : undefined;
		return image && name ? (image.value(image.handle(1, name)) as string | undefined) : undefined;
	}
}

/** What the bytes mean, or why the point cannot take them. */
function readValue(image: Image, point: PointInfo, data: DataView, at: number): WrittenValue | Refusal {
	// Written points get no handle: whoever tries them all would fill the memory.
	const handle = image.knownHandle(point.address);
	const quality = image.quality(handle);
	if (quality === "comms_lost") return { exception: ModbusException.gatewayTargetFailedToRespond };
	if (quality === undefined && image.rawOf(point) === undefined) {
		const { gatewayTargetFailedToRespond, illegalDataAddress } = ModbusException;
		return { exception: image.away ? gatewayTargetFailedToRespond : illegalDataAddress };
	}
	const empty = point.type === "string" && data.getUint8(at) === 0;
	const value = empty ? "" : image.interpret(point, data, at);
	if (value === undefined) return { exception: ModbusException.illegalDataValue };
	const enumeration = point.symbols !== "" && (point.type === "enum16" || point.type === "enum32");
	if (enumeration && symbolName(point.symbols, Number(value)) === undefined) {
		return { exception: ModbusException.illegalDataValue };
	}
	return value;
}

interface Refusal {
	readonly exception: number;
}
