import { frozen } from "../base/frozen";
import { type DeviceTable, type Row, rowSign, rowWords } from "./table";

/**
 * A value as the registers of its row, big-endian bytes at `out[at]`: the inverse of decode.ts, so mostly
 * raw = (value - b) / k. Used by the writer, and by the simulator to play a table. `factor` is the product of the row's
 * ratios. Where several raw values mean the same, one of them. A split row gives its low word first, then the high one.
 * Gives false, with nothing written, when the value does not fit the row's type or no raw value means it.
 */
export function encodeValue(
	table: DeviceTable,
	row: Row,
	value: number,
	out: DataView,
	at: number,
	factor = 1,
): boolean {
	if (row.bitMap !== undefined) return encodeBits(table, row, mapBits(row, value), out, at);
	const raw = rawOfValue(table, row, value, factor);
	return raw !== undefined && encodeRaw(table, row, raw, out, at);
}

/** The raw number, not rounded, that a row means by a value; undefined for none. Not for maps of bits. */
export function rawOfValue(table: DeviceTable, row: Row, value: number, factor = 1): number | undefined {
	const own = (rowSign(table, row) * value) / factor;
	if (row.map !== undefined) return mapped(row, own);
	const raw = ((row.power10 ? Math.log10(own) : own) - (row.b ?? 0)) / (row.k ?? 1);
	if (row.above === undefined || raw <= row.above.raw) return raw;
	const beyond = (own - row.above.b) / row.above.k;
	return beyond > row.above.raw ? beyond : undefined;
}

/** A raw value that a map names for the value, or one that it does not name for `otherwise`. */
function mapped(row: Row, value: number): number | undefined {
	const map = row.map!;
	for (const name in map) if (Math.abs(map[name as unknown as number]! - value) < 1e-9) return Number(name);
	if (row.otherwise !== value) return undefined;
	let raw = 0;
	while (map[raw] !== undefined) raw++;
	return raw;
}

/** For each bit of the value the first bit of the register that leads to it; as a list of bit numbers. */
function mapBits(row: Row, value: number): number[] {
	const bits: number[] = [];
	for (let to = 0; to < 32; to++) {
		if (((value >>> to) & 1) === 0) continue;
		bits.push(row.bitMap!.find((one) => one[1] === to)?.[0] ?? -1);
	}
	return bits;
}

/** A raw value given by the numbers of its bits, exact in 64 of them. False when one lies outside the row. */
export function encodeBits(table: DeviceTable, row: Row, bits: readonly number[], out: DataView, at: number): boolean {
	const size = 2 * rowWords(row);
	const scratch = new DataView(new ArrayBuffer(size));
	for (const bit of bits) {
		if (bit < 0 || bit >= 8 * size) return false;
		const byte = size - 1 - (bit >> 3);
		scratch.setUint8(byte, scratch.getUint8(byte) | (1 << (bit & 7)));
	}
	putWords(table, row, scratch, out, at);
	return true;
}

/** A raw number as the registers of its row. Integers are rounded. False when it does not fit. */
export function encodeRaw(table: DeviceTable, row: Row, raw: number, out: DataView, at: number): boolean {
	const words = rowWords(row);
	const scratch = new DataView(new ArrayBuffer(2 * words));
	if (!putRaw(row, raw, scratch)) return false;
	putWords(table, row, scratch, out, at);
	return true;
}

/** Text as the registers of a "string" row, cut to its length, filled with NUL. */
export function encodeText(table: DeviceTable, row: Row, text: string, out: DataView, at: number): void {
	const scratch = new DataView(new ArrayBuffer(2 * rowWords(row)));
	for (let i = 0; i < Math.min(text.length, scratch.byteLength); i++) scratch.setUint8(i, text.charCodeAt(i) & 0x7f);
	putWords(table, row, scratch, out, at);
}

function putWords(table: DeviceTable, row: Row, from: DataView, out: DataView, at: number): void {
	if (row.record !== undefined) {
		const bytes = from.byteLength;
		const turned = row.byteOrder === "little" && row.type !== "number" && row.type !== "string";
		for (let i = 0; i < bytes; i++) out.setUint8(at + (turned ? bytes - 1 - i : i), from.getUint8(i));
		return;
	}
	const last = from.byteLength / 2 - 1;
	const little = row.byteOrder === "little";
	const order = row.high !== undefined ? "lo-hi" : (row.wordOrder ?? table.wordOrder);
	const lowFirst = row.type !== "string" && order === "lo-hi";
	for (let word = 0; word <= last; word++) {
		out.setUint16(at + 2 * (lowFirst ? last - word : word), from.getUint16(2 * word), little);
	}
}

/** Largest and smallest raw integer by type; floats have none. */
const rawLimits = frozen<Readonly<Record<string, readonly [number, number]>>>({
	u8: [0, 0xff],
	s8: [-0x80, 0x7f],
	sm16: [-0x7fff, 0x7fff],
	sm32: [-0x7fffffff, 0x7fffffff],
	u16: [0, 0xffff],
	s16: [-0x8000, 0x7fff],
	u32: [0, 0xffffffff],
	s32: [-0x80000000, 0x7fffffff],
	u64: [0, Number.MAX_SAFE_INTEGER],
	s64: [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
	bit: [0, 1],
});

function putRaw(row: Row, raw: number, out: DataView): boolean {
	if (row.type === "f32") {
		if (Math.abs(raw) > 3.4028234663852886e38) return false;
		out.setFloat32(0, raw);
		return true;
	}
	if (row.type === "f64" || row.type === "number") {
		out.setFloat64(0, raw);
		return true;
	}
	const whole = Math.round(raw);
	const limits = rawLimits[row.type];
	if (Number.isNaN(whole) || (limits !== undefined && (whole < limits[0] || whole > limits[1]))) return false;
	switch (row.type) {
		case "u8":
		case "s8":
			out.setUint8(0, whole & 0xff);
			return true;
		case "sm16":
			out.setUint16(0, whole < 0 ? 0x8000 - whole : whole);
			return true;
		case "sm32":
			out.setUint32(0, whole < 0 ? 0x80000000 - whole : whole);
			return true;
		case "u16":
		case "s16":
		case "bit":
			out.setUint16(0, whole & 0xffff);
			return true;
		case "u32":
		case "s32":
			out.setUint32(0, whole >>> 0);
			return true;
		case "u64":
		case "s64":
			out.setInt32(0, Math.floor(whole / 0x100000000));
			out.setUint32(4, whole >>> 0);
			return true;
		case "bits":
			return putBits(row, whole, out);
		case "bcd":
			return putBcd(whole, out);
		default:
			return false;
	}
}

function putBits(row: Row, whole: number, out: DataView): boolean {
	const [first, count] = row.bits!;
	if (row.record !== undefined) return putField(row, whole, out);
	if (whole < 0 || whole >= 2 ** count) return false;
	if (out.byteLength === 4) out.setUint32(0, (whole << first) >>> 0);
	else out.setUint16(0, whole << first);
	return true;
}

/** Bits of a big-endian number of any bytes. */
function putField(row: Row, whole: number, out: DataView): boolean {
	const [first, count] = row.bits!;
	if (row.signed && whole >= -(2 ** (count - 1)) && whole < 0) whole += 2 ** count;
	else if (whole < 0 || whole >= 2 ** (row.signed ? count - 1 : count)) return false;
	let rest = whole * 2 ** first;
	for (let i = out.byteLength - 1; i >= 0; i--) {
		out.setUint8(i, rest % 256);
		rest = Math.floor(rest / 256);
	}
	return true;
}

function putBcd(whole: number, out: DataView): boolean {
	if (whole < 0 || whole >= 100 ** out.byteLength) return false;
	for (let i = out.byteLength - 1; i >= 0; i--) {
		const pair = whole % 100;
		out.setUint8(i, ((pair - (pair % 10)) / 10) * 16 + (pair % 10));
		whole = (whole - pair) / 100;
	}
	return true;
}
