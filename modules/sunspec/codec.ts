/**
 * SunSpec point types as bytes: big-endian registers, "not implemented" patterns and value ranges as in the SunSpec
 * Device Information Model Specification 1.1. Every function works on one point inside a larger map
 * (`view`, `at` = byte offset) and allocates nothing unless it has to make a string or a BigInt.
 */
import { frozen } from "../base/frozen";
import { decodeString, hexGroups } from "./text";
import { PointType } from "./types";

const {
	int16,
	uint16,
	count,
	acc16,
	enum16,
	bitfield16,
	sunssf,
	pad,
	int32,
	uint32,
	acc32,
	enum32,
	bitfield32,
	float32,
	int64,
	uint64,
	acc64,
	bitfield64,
	float64,
	ipaddr,
	eui48,
	ipv6addr,
	string,
} = PointType;

/**
 * Lowest and highest value that means something, by type number up to enum32 and bitfield32. A bit field whose top bit
 * is set is to be ignored as a whole, so its range ends below it. Accumulators wrap instead (see `encodeNumber`).
 */
const lowest = frozen<readonly number[]>([-0x7fff, 0, 0, 0, 0, 0, -10, 0x8000, -0x7fffffff, 0, 0, 0, 0]);
const highest = frozen<readonly number[]>([
	0x7fff, 0xfffe, 0xfffe, 0xffff, 0xfffe, 0x7fff, 10, 0x8000, 0x7fffffff, 0xfffffffe, 0xffffffff, 0xfffffffe,
	0x7fffffff,
]);
export const highestFloat32 = 3.4028234663852886e38;
const twoTo32 = 0x100000000;
const twoTo63 = 0x8000000000000000;

/** Powers of ten that a double holds exactly; scale factors are -10..10. */
const powers = frozen<readonly number[]>([1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10]);

/** value = raw * 10^scale. Dividing keeps decimals exact (2301, -1 -> 230.1). */
export function scaled(raw: number, scale: number): number {
	if (scale === 0) return raw;
	return scale < 0 ? raw / powers[-scale]! : raw * powers[scale]!;
}

/** The raw integer nearest to a value; halves go away from zero, so that import and export round alike. */
export function unscaled(value: number, scale: number): number {
	const raw = scale === 0 ? value : scale < 0 ? value * powers[-scale]! : value / powers[scale]!;
	return raw < 0 ? -Math.floor(0.5 - raw) : Math.floor(raw + 0.5);
}

/**
 * Writes a number: `raw` is what stands in the register (scale applied), a whole number unless the type is a float.
 * False, and nothing written, when the type cannot hold it. Accumulators wrap to zero above their highest value, as
 * the specification has it; a negative one is refused.
 */
export function encodeNumber(view: DataView, at: number, type: number, raw: number): boolean {
	if (type === float32) {
		if (!(raw >= -highestFloat32 && raw <= highestFloat32)) return false;
		view.setFloat32(at, raw);
		return true;
	}
	if (type > float32) return encodeNumber64(view, at, type, raw);
	if (type === acc16) raw %= 0x10000;
	else if (type === acc32) raw %= twoTo32;
	if (!(raw >= lowest[type]! && raw <= highest[type]!)) return false;
	if (type <= pad) view.setUint16(at, raw);
	else view.setUint32(at, raw);
	return true;
}

function encodeNumber64(view: DataView, at: number, type: number, raw: number): boolean {
	if (type === float64) {
		if (!Number.isFinite(raw)) return false;
		view.setFloat64(at, raw);
		return true;
	}
	if (type > float64) return false;
	if (type === acc64) raw %= twoTo63;
	if (!(raw < (type === uint64 ? 2 * twoTo63 : twoTo63) && (type === int64 ? raw > -twoTo63 : raw >= 0))) return false;
	const high = Math.floor(raw / twoTo32);
	view.setInt32(at, high);
	view.setUint32(at + 4, raw - high * twoTo32);
	return true;
}

/** As `encodeNumber`, for whole numbers that may be beyond 2^53 in the 64-bit types. */
export function encodeBig(view: DataView, at: number, type: number, raw: bigint): boolean {
	if (type < int64 || type > bitfield64) return encodeNumber(view, at, type, Number(raw));
	if (type === int64) {
		if (raw < -0x7fffffffffffffffn || raw > 0x7fffffffffffffffn) return false;
		view.setBigInt64(at, raw);
		return true;
	}
	if (raw < 0n) return false;
	if (type === acc64) raw &= 0x7fffffffffffffffn;
	if (raw > (type === uint64 ? 0xfffffffffffffffen : 0x7fffffffffffffffn)) return false;
	view.setBigUint64(at, raw);
	return true;
}

/** Writes the pattern that says the point has no value. */
export function writeNotImplemented(view: DataView, at: number, type: number, registers: number): void {
	switch (type) {
		case int16:
		case sunssf:
		case pad:
			view.setUint16(at, 0x8000);
			break;
		case uint16:
		case count:
		case enum16:
		case bitfield16:
			view.setUint16(at, 0xffff);
			break;
		case acc16:
			view.setUint16(at, 0);
			break;
		case int32:
			view.setUint32(at, 0x80000000);
			break;
		case uint32:
		case enum32:
		case bitfield32:
			view.setUint32(at, 0xffffffff);
			break;
		case float32:
			view.setUint32(at, 0x7fc00000);
			break;
		case int64:
			view.setUint32(at, 0x80000000);
			view.setUint32(at + 4, 0);
			break;
		case uint64:
		case bitfield64:
			view.setUint32(at, 0xffffffff);
			view.setUint32(at + 4, 0xffffffff);
			break;
		case float64:
			view.setUint32(at, 0x7ff80000);
			view.setUint32(at + 4, 0);
			break;
		case eui48:
			view.setUint32(at, 0x0000ffff);
			view.setUint32(at + 4, 0xffffffff);
			break;
		default:
			// acc32, acc64, ipaddr, ipv6addr, string: all zero
			for (let i = 0; i < registers; i++) view.setUint16(at + 2 * i, 0);
	}
}

/** False when the bytes are the "not implemented" pattern (or, for a bit field, have the top bit set). */
export function isImplemented(view: DataView, at: number, type: number, registers: number): boolean {
	if (type === bitfield16 || type === bitfield32 || type === bitfield64) return view.getUint8(at) < 0x80;
	if (type === float32) return !Number.isNaN(view.getFloat32(at));
	if (type === float64) return !Number.isNaN(view.getFloat64(at));
	if (type === pad) return false;
	if (type <= pad) {
		const word = view.getUint16(at);
		return type === int16 || type === sunssf ? word !== 0x8000 : word !== (type === acc16 ? 0 : 0xffff);
	}
	if (type === int32) return view.getUint32(at) !== 0x80000000;
	if (type === uint32 || type === enum32) return view.getUint32(at) !== 0xffffffff;
	if (type === int64) return view.getUint32(at) !== 0x80000000 || view.getUint32(at + 4) !== 0;
	if (type === uint64) return view.getUint32(at) !== 0xffffffff || view.getUint32(at + 4) !== 0xffffffff;
	if (type === eui48) return view.getUint16(at + 2) !== 0xffff || view.getUint32(at + 4) !== 0xffffffff;
	if (type === string) return view.getUint8(at) !== 0;
	for (let i = 0; i < registers; i++) if (view.getUint16(at + 2 * i) !== 0) return true;
	return false;
}

/**
 * The value in the registers without its scale: a number, a BigInt for a 64-bit whole number beyond 2^53, text for
 * strings and addresses; undefined when not implemented, or when a string is not UTF-8.
 */
export function decode(
	view: DataView,
	at: number,
	type: number,
	registers: number,
): number | bigint | string | undefined {
	if (!isImplemented(view, at, type, registers)) return undefined;
	switch (type) {
		case int16:
		case sunssf:
			return view.getInt16(at);
		case int32:
			return view.getInt32(at);
		case float32:
			return view.getFloat32(at);
		case float64:
			return view.getFloat64(at);
		case int64:
		case uint64:
		case acc64:
		case bitfield64:
			return decode64(view, at, type);
		case ipaddr:
			return `${view.getUint8(at)}.${view.getUint8(at + 1)}.${view.getUint8(at + 2)}.${view.getUint8(at + 3)}`;
		case eui48:
			return hexGroups(view, at + 2, 6, 1);
		case ipv6addr:
			return hexGroups(view, at, 16, 2);
		case string:
			return decodeString(view, at, registers * 2);
		default:
			return type <= pad ? view.getUint16(at) : view.getUint32(at);
	}
}

function decode64(view: DataView, at: number, type: number): number | bigint {
	const high = type === int64 ? view.getInt32(at) : view.getUint32(at);
	if (high >= -0x200000 && high < 0x200000) return high * 0x100000000 + view.getUint32(at + 4);
	return type === int64 ? view.getBigInt64(at) : view.getBigUint64(at);
}
