/**
 * What a DER's controls need after a restart, as bytes:
 *
 *     version u8 | 0: out of service, 1: in service u8 | UTC ms of saving, f64 (0: no wall clock) |
 *     11 reversion times left, s, u32 each | models: id u16, first register u16, count u16, registers | 0 u16 |
 *     bytes of the curves | CRC-32 of the values, from the models on | CRC-32 of the head and of that CRC
 *
 * Values are restored, not registers: scale factors may be other ones than before, as ratings have changed.
 * What was written through 123 and still waits for its window (WinTms) is given up by a restart.
 */
import { crc32 } from "../../base/crc";
import { frozen } from "../../base/frozen";
import { decode, encodeNumber, scaled, unscaled } from "../codec";
import type { Image } from "../image";
import { findPoint, layout } from "../model";
import { eachPoint, type PointInfo } from "../place";
import { PointType } from "../types";
import { At704, controlCount } from "./controls-704";
import { curveForm, isTrip } from "./curve-forms";
import type { ModelBytes } from "./model-bytes";

const version = 1;
/** Models 705, 706, 711 and 712 have reversion times, too. */
const curveTimes = 4;
const timesAt = 10;
const curveTimesAt = timesAt + 4 * controlCount;
const headBytes = curveTimesAt + 4 * curveTimes;

/** Id; first register to keep and the one behind the last, scale factors among them. */
const kept = frozen([
	[702, 26, 52],
	[703, 2, 19],
	[704, 2, 67],
	[715, 8, 9],
	[121, 2, 32],
	[123, 2, 26],
	[124, 2, 26],
]);
/** Place of ESDlyRemTms. */
const remaining703 = 15;

export interface DerState {
	/** Seconds left of each control's reversion time; 0: it does not run. */
	remainingS: (control: number) => number;
	inService: boolean;
	/** UTC ms, 0: unknown. */
	epochMs: number;
	curves: Uint8Array;
}

/** The bytes to keep. The registers come from the models; what counts down in them is left out. */
export function packState(image: Image, models: readonly ModelBytes[], state: DerState): Uint8Array {
	let size = headBytes + 2 + state.curves.length + 8;
	for (const [id, from, to] of kept) if (modelOf(models, id!)) size += 6 + 2 * (to! - from!);
	const bytes = new Uint8Array(size);
	const view = new DataView(bytes.buffer);
	bytes[0] = version;
	bytes[1] = state.inService ? 1 : 0;
	view.setFloat64(2, state.epochMs);
	for (let control = 0; control < controlCount; control++) {
		view.setUint32(timesAt + 4 * control, state.remainingS(control));
	}
	let at = headBytes;
	for (const [id, from, to] of kept) {
		const model = modelOf(models, id!);
		if (!model) continue;
		view.setUint16(at, id!);
		view.setUint16(at + 2, from!);
		view.setUint16(at + 4, to! - from!);
		at += 6;
		bytes.set(new Uint8Array(image.registers.buffer, model.byte + 2 * from!, 2 * (to! - from!)), at);
		if (id === 703) view.setUint32(at + 2 * (remaining703 - from!), 0);
		if (id === 704) for (const remaining of At704.rvrtRem) view.setUint32(at + 2 * (remaining - from!), 0);
		at += 2 * (to! - from!);
	}
	bytes.set(state.curves, at + 2);
	let place = curveTimesAt;
	eachCurveTime(view, at + 2, size - 8, (time) => {
		view.setUint32(place, view.getUint32(time));
		view.setUint32(time, 0);
		place += 4;
	});
	view.setUint32(size - 8, crc32(bytes, headBytes, size - 8, bytes[1]!));
	view.setUint32(size - 4, headCrc(bytes));
	return bytes;
}

/** Calls `visit` with the byte of each RvrtRem in the bytes of the curves. */
function eachCurveTime(view: DataView, start: number, end: number, visit: (time: number) => void): void {
	for (let at = start; at + 4 <= end; at += 4 + 2 * view.getUint16(at + 2)) {
		const id = view.getUint16(at);
		if (!isTrip(id)) visit(at + 4 + 2 * (curveForm(id).rvrtTms + 2));
	}
}

/** The bit of a model of curves. */
export function curveBit(id: number): number {
	return id >= 705 && id <= 712 ? 1 << (id - 705) : 0;
}

/** Of the bytes of all curves those of some models (bits of `curveBit`): what nobody has written needs no flash. */
export function pickCurves(bytes: Uint8Array, models: number): Uint8Array {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	let to = 0;
	for (let at = 0; at + 4 <= bytes.length; ) {
		const end = at + 4 + 2 * view.getUint16(at + 2);
		const wanted = curveBit(view.getUint16(at)) & models;
		if (wanted !== 0) {
			bytes.copyWithin(to, at, end);
			to += end - at;
		}
		at = end;
	}
	return bytes.slice(0, to);
}

/** The models in the bytes of curves. */
export function curvesIn(bytes: Uint8Array): number {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	let models = 0;
	for (let at = 0; at + 4 <= bytes.length; at += 4 + 2 * view.getUint16(at + 2)) models |= curveBit(view.getUint16(at));
	return models;
}

/** Over the times, and the CRC of the values. */
function headCrc(bytes: Uint8Array): number {
	return crc32(bytes, bytes.length - 8, bytes.length - 4, crc32(bytes, 0, headBytes));
}

/** CRC of what is kept without the times: unchanged when a client has only started a time anew. */
export function valuesCrc(bytes: Uint8Array): number {
	return new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 8);
}

/** Puts the values back into the image's models; undefined, and nothing changed, for bytes that are not whole. */
export function unpackState(
	image: Image,
	models: readonly ModelBytes[],
	bytes: Uint8Array,
	allows: (point: PointInfo, value: number) => boolean,
): DerState | undefined {
	const size = bytes.length;
	if (size < headBytes + 10 || bytes[0] !== version) return undefined;
	const view = new DataView(bytes.buffer, bytes.byteOffset, size);
	if (view.getUint32(size - 8) !== crc32(bytes, headBytes, size - 8, bytes[1]!)) return undefined;
	if (view.getUint32(size - 4) !== headCrc(bytes)) return undefined;
	let at = headBytes;
	while (at + 6 <= size - 8 && view.getUint16(at) !== 0) {
		const [id, from, count] = [view.getUint16(at), view.getUint16(at + 2), view.getUint16(at + 4)];
		at += 6;
		const line = kept.find((one) => one[0] === id && one[1] === from && one[2]! - from === count);
		const model = modelOf(models, id);
		if (line && model) restore(image, model, line, view, at, allows);
		at += 2 * count;
	}
	const curves = bytes.slice(at + 2, size - 8);
	let place = curveTimesAt;
	const curvesView = new DataView(curves.buffer);
	eachCurveTime(curvesView, 0, curves.length, (time) => {
		curvesView.setUint32(time, view.getUint32(place));
		place += 4;
	});
	return {
		remainingS: (control) => view.getUint32(timesAt + 4 * control),
		inService: bytes[1] !== 0,
		epochMs: view.getFloat64(2),
		curves,
	};
}

/** Only points that are implemented now: what the device cannot do any more stays so. */
function restore(
	image: Image,
	model: ModelBytes,
	line: readonly number[],
	view: DataView,
	start: number,
	allows: (point: PointInfo, value: number) => boolean,
): void {
	const place = image.models.find((one) => one.address - image.base === model.byte / 2)!;
	const root = layout(place.text, place.repeats);
	const words = new DataView(new ArrayBuffer(8));
	eachPoint(place, (point) => {
		const from = point.address - place.address;
		if (!point.writable || from < line[1]! || from + point.size > line[2]!) return;
		if (image.rawOf(point) === undefined) return;
		const type = PointType[point.type];
		const raw = decode(view, start + 2 * (from - line[1]!), type, point.size);
		if (typeof raw !== "number") return;
		const factor = typeof point.scale === "string" ? findPoint(place.text, root, point.scale) : undefined;
		const before = factor ? power(view, start + 2 * (factor.offset - line[1]!)) : 0;
		const now = factor ? power(image.registers, model.byte + 2 * factor.offset) : 0;
		const value = scaled(raw, before);
		if (!allows(point, value) || !encodeNumber(words, 0, type, before === now ? raw : unscaled(value, now))) return;
		for (let i = 0; i < point.size; i++) model.put16(from + i, words.getUint16(2 * i));
	});
}

function power(view: DataView, at: number): number {
	const factor = view.getInt16(at);
	return factor >= -10 && factor <= 10 ? factor : 0;
}

function modelOf(models: readonly ModelBytes[], id: number): ModelBytes | undefined {
	return models.find((model) => model.id === id && model.present);
}
