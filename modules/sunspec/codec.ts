/**
 * SunSpec point types as bytes: big-endian registers, "not implemented" patterns and value ranges as in the SunSpec
 * Device Information Model Specification 1.1. Every function works on one point inside a larger map
 * (`view`, `at` = byte offset) and allocates nothing unless it has to make a string or a BigInt.
 */
import { utf8Decode, utf8Encode } from "../base/bytes";

/** Point types; the order groups them (see `registersOf`) and is the order of `typeWords`. */
export const PointType = {
	int16: 0,
	uint16: 1,
	count: 2,
	acc16: 3,
	enum16: 4,
	bitfield16: 5,
	sunssf: 6,
	pad: 7,
	int32: 8,
	uint32: 9,
	acc32: 10,
	enum32: 11,
	bitfield32: 12,
	float32: 13,
	int64: 14,
	uint64: 15,
	acc64: 16,
	bitfield64: 17,
	float64: 18,
	ipaddr: 19,
	eui48: 20,
	ipv6addr: 21,
	string: 22,
} as const;

export type PointTypeName = keyof typeof PointType;

/** SunSpec names by type number. */
export const typeNames: readonly PointTypeName[] = [
	"int16",
	"uint16",
	"count",
	"acc16",
	"enum16",
	"bitfield16",
	"sunssf",
	"pad",
	"int32",
	"uint32",
	"acc32",
	"enum32",
	"bitfield32",
	"float32",
	"int64",
	"uint64",
	"acc64",
	"bitfield64",
	"float64",
	"ipaddr",
	"eui48",
	"ipv6addr",
	"string",
];

/** The short words of model texts by type number; a string is followed by its size in registers ("s16"). */
export const typeWords: readonly string[] = [
	"i16",
	"u16",
	"n16",
	"a16",
	"e16",
	"b16",
	"sf",
	"pad",
	"i32",
	"u32",
	"a32",
	"e32",
	"b32",
	"f32",
	"i64",
	"u64",
	"a64",
	"b64",
	"f64",
	"ip4",
	"mac",
	"ip6",
	"s",
];

/**
 * Lowest and highest value that means something, by type number up to enum32 and bitfield32. A bit field whose top bit
 * is set is to be ignored as a whole, so its range ends below it. Accumulators wrap instead (see `encodeNumber`).
 */
const lowest: readonly number[] = [-0x7fff, 0, 0, 0, 0, 0, -10, 0x8000, -0x7fffffff, 0, 0, 0, 0];
const highest: readonly number[] = [
	0x7fff, 0xfffe, 0xfffe, 0xffff, 0xfffe, 0x7fff, 10, 0x8000, 0x7fffffff, 0xfffffffe, 0xffffffff, 0xfffffffe,
	0x7fffffff,
];
const highestFloat32 = 3.4028234663852886e38;
const twoTo32 = 0x100000000;
const twoTo63 = 0x8000000000000000;

/** Powers of ten that a double holds exactly; scale factors are -10..10. */
const powers: readonly number[] = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];

/** Registers of a point of this type; 0 for a string, whose size the model gives. */
export function registersOf(type: number): number {
	if (type <= 7) return 1;
	if (type <= 13 || type === 19) return 2;
	if (type <= 18 || type === 20) return 4;
	return type === 21 ? 8 : 0;
}

/** True for types whose value is a number (or a BigInt beyond 2^53), false for addresses and strings, which are text. */
export function isNumeric(type: number): boolean {
	return type <= 18;
}

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
	if (type === 13) {
		if (!(raw >= -highestFloat32 && raw <= highestFloat32)) return false;
		view.setFloat32(at, raw);
		return true;
	}
	if (type > 13) return encodeNumber64(view, at, type, raw);
	if (type === 3) raw %= 0x10000;
	else if (type === 10) raw %= twoTo32;
	if (!(raw >= lowest[type]! && raw <= highest[type]!)) return false;
	if (type <= 7) view.setUint16(at, raw);
	else view.setUint32(at, raw);
	return true;
}

function encodeNumber64(view: DataView, at: number, type: number, raw: number): boolean {
	if (type === 18) {
		if (!Number.isFinite(raw)) return false;
		view.setFloat64(at, raw);
		return true;
	}
	if (type > 18) return false;
	if (type === 16) raw %= twoTo63;
	if (!(raw < (type === 15 ? 2 * twoTo63 : twoTo63) && (type === 14 ? raw > -twoTo63 : raw >= 0))) return false;
	const high = Math.floor(raw / twoTo32);
	view.setInt32(at, high);
	view.setUint32(at + 4, raw - high * twoTo32);
	return true;
}

/** As `encodeNumber`, for whole numbers that may be beyond 2^53 in the 64-bit types. */
export function encodeBig(view: DataView, at: number, type: number, raw: bigint): boolean {
	if (type < 14 || type > 17) return encodeNumber(view, at, type, Number(raw));
	if (type === 14) {
		if (raw < -0x7fffffffffffffffn || raw > 0x7fffffffffffffffn) return false;
		view.setBigInt64(at, raw);
		return true;
	}
	if (raw < 0n) return false;
	if (type === 16) raw &= 0x7fffffffffffffffn;
	if (raw > (type === 15 ? 0xfffffffffffffffen : 0x7fffffffffffffffn)) return false;
	view.setBigUint64(at, raw);
	return true;
}

/**
 * Writes text: a string as UTF-8 padded with NUL (cut at a whole character when too long, then false), an IPv4 address
 * "192.168.1.7", an IPv6 address as eight or four hexadecimal groups or with "::", an EUI-48 "00:1B:44:11:3A:B7".
 * False, and nothing written, for an address that is none.
 */
export function encodeText(view: DataView, at: number, type: number, registers: number, text: string): boolean {
	if (type === 22) return encodeString(view, at, registers * 2, text);
	if (type === 19) {
		const parts = text.split(".");
		if (parts.length !== 4) return false;
		for (const part of parts) if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return false;
		for (let i = 0; i < 4; i++) view.setUint8(at + i, Number(parts[i]));
		return true;
	}
	const digits = type === 20 ? text.replace(/[:-]/g, "") : ipv6Digits(text);
	const bytes = type === 20 ? 6 : 16;
	if (digits.length !== 2 * bytes || /[^0-9a-fA-F]/.test(digits)) return false;
	// An EUI-48 stands in the low six of its eight bytes.
	if (type === 20) view.setUint16(at, 0);
	const start = type === 20 ? at + 2 : at;
	for (let i = 0; i < bytes; i++) view.setUint8(start + i, Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
	return true;
}

function encodeString(view: DataView, at: number, room: number, text: string): boolean {
	const bytes = utf8Encode(text);
	let length = bytes.length;
	if (length > room) {
		length = room;
		while (length > 0 && (bytes[length]! & 0xc0) === 0x80) length--;
	}
	for (let i = 0; i < room; i++) view.setUint8(at + i, i < length ? bytes[i]! : 0);
	return bytes.length <= room;
}

/** The 32 hexadecimal digits of an IPv6 address in any usual form, or "" when it is none. */
function ipv6Digits(text: string): string {
	const halves = text.split("::");
	if (halves.length > 2) return "";
	let all = "";
	for (let h = 0; h < halves.length; h++) {
		const groups = halves[h] === "" ? [] : halves[h]!.split(":");
		// Four groups of eight digits is how SunSpec's own tools write it.
		const width = groups.length === 4 && halves.length === 1 ? 8 : 4;
		let digits = "";
		for (const group of groups) {
			if (group.length === 0 || group.length > width) return "";
			digits += group.padStart(width, "0");
		}
		if (h === 0) all = digits;
		else {
			if (all.length + digits.length > 28) return "";
			all = all.padEnd(32 - digits.length, "0") + digits;
		}
	}
	return all;
}

/** Writes the pattern that says the point has no value. */
export function writeNotImplemented(view: DataView, at: number, type: number, registers: number): void {
	switch (type) {
		case 0:
		case 6:
		case 7:
			view.setUint16(at, 0x8000);
			break;
		case 1:
		case 2:
		case 4:
		case 5:
			view.setUint16(at, 0xffff);
			break;
		case 3:
			view.setUint16(at, 0);
			break;
		case 8:
			view.setUint32(at, 0x80000000);
			break;
		case 9:
		case 11:
		case 12:
			view.setUint32(at, 0xffffffff);
			break;
		case 13:
			view.setUint32(at, 0x7fc00000);
			break;
		case 14:
			view.setUint32(at, 0x80000000);
			view.setUint32(at + 4, 0);
			break;
		case 15:
		case 17:
			view.setUint32(at, 0xffffffff);
			view.setUint32(at + 4, 0xffffffff);
			break;
		case 18:
			view.setUint32(at, 0x7ff80000);
			view.setUint32(at + 4, 0);
			break;
		case 20:
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
	if (type === 5 || type === 12 || type === 17) return view.getUint8(at) < 0x80;
	if (type === 13) return !Number.isNaN(view.getFloat32(at));
	if (type === 18) return !Number.isNaN(view.getFloat64(at));
	if (type === 7) return false;
	if (type <= 7) {
		const word = view.getUint16(at);
		return type === 0 || type === 6 ? word !== 0x8000 : word !== (type === 3 ? 0 : 0xffff);
	}
	if (type === 8) return view.getUint32(at) !== 0x80000000;
	if (type === 9 || type === 11) return view.getUint32(at) !== 0xffffffff;
	if (type === 14) return view.getUint32(at) !== 0x80000000 || view.getUint32(at + 4) !== 0;
	if (type === 15) return view.getUint32(at) !== 0xffffffff || view.getUint32(at + 4) !== 0xffffffff;
	if (type === 20) return view.getUint16(at + 2) !== 0xffff || view.getUint32(at + 4) !== 0xffffffff;
	if (type === 22) return view.getUint8(at) !== 0;
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
		case 0:
		case 6:
			return view.getInt16(at);
		case 8:
			return view.getInt32(at);
		case 13:
			return view.getFloat32(at);
		case 18:
			return view.getFloat64(at);
		case 14:
		case 15:
		case 16:
		case 17:
			return decode64(view, at, type);
		case 19:
			return `${view.getUint8(at)}.${view.getUint8(at + 1)}.${view.getUint8(at + 2)}.${view.getUint8(at + 3)}`;
		case 20:
			return hexGroups(view, at + 2, 6, 1);
		case 21:
			return hexGroups(view, at, 16, 2);
		case 22:
			return decodeString(view, at, registers * 2);
		default:
			return type <= 7 ? view.getUint16(at) : view.getUint32(at);
	}
}

function decode64(view: DataView, at: number, type: number): number | bigint {
	const high = type === 14 ? view.getInt32(at) : view.getUint32(at);
	if (high >= -0x200000 && high < 0x200000) return high * 0x100000000 + view.getUint32(at + 4);
	return type === 14 ? view.getBigInt64(at) : view.getBigUint64(at);
}

function decodeString(view: DataView, at: number, room: number): string | undefined {
	let length = 0;
	while (length < room && view.getUint8(at + length) !== 0) length++;
	return utf8Decode(new Uint8Array(view.buffer, view.byteOffset + at, length));
}

function hexGroups(view: DataView, at: number, bytes: number, size: number): string {
	let text = "";
	for (let i = 0; i < bytes; i++) {
		if (i > 0 && i % size === 0) text += ":";
		text += view
			.getUint8(at + i)
			.toString(16)
			.padStart(2, "0")
			.toUpperCase();
	}
	return text;
}
