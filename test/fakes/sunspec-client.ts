import { encodeNumber, unscaled } from "../../modules/sunspec/codec";
import { PointType } from "../../modules/sunspec/types";
import type { SimDer } from "../../sim/der-base";
import type { SimDevice } from "../../sim/device";
import { isIntact, seal } from "../../sim/rtu-frame";

/** The registers of a point with this value, scale factor of the device applied, and their address. */
export function registersOf(der: SimDer, path: string, value: number): { address: number; bytes: Uint8Array } {
	const [id, ...rest] = path.split(".");
	const name = rest.pop()!;
	const handle = der.image.handle(Number(id), name, rest.join("."));
	const point = der.image.point(handle);
	if (point === undefined) throw new RangeError(`${path} is no point of this device`);
	const bytes = new Uint8Array(2 * point.size);
	if (!encodeNumber(new DataView(bytes.buffer), 0, PointType[point.type], unscaled(value, der.image.scale(handle)))) {
		throw new RangeError(`${path} cannot be ${value}`);
	}
	return { address: point.address, bytes };
}

/** Writes points of a simulated device over its line, one request for each. Returns the last exception, or 0. */
export function write(device: SimDevice, der: SimDer, nowMs: number, values: Readonly<Record<string, number>>): number {
	let exception = 0;
	for (const path of Object.keys(values)) {
		const { address, bytes } = registersOf(der, path, values[path]!);
		const head = [16, address >> 8, address, 0, bytes.length / 2, bytes.length];
		const reply = ask(device, Uint8Array.of(...head, ...bytes), nowMs);
		if (reply[0] !== 16) exception = reply[1]!;
	}
	return exception;
}

/** The PDU that answers a PDU. */
export function ask(device: SimDevice, pdu: Uint8Array, nowMs: number): Uint8Array {
	const reply = device.onFrame(seal(device.unit, pdu), nowMs);
	if (reply === undefined || !isIntact(reply.bytes) || reply.bytes[0] !== device.unit) throw new Error("no answer");
	return reply.bytes.slice(1, -2);
}
