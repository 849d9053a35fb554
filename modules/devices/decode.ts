/**
 * Raw register bytes to numbers. One `Step` is a row made ready: where its bytes lie in the read and what to do with
 * them, with nothing left to look up.
 *
 * Ten registers from 8 as a DDS238-2 ZN/S gave them (dzlabing/dds238:README.md), function 3:
 *     00 00 09 5f | 00 00 12 7d | 09 02 | 00 3e | 00 84 | ff fe | 03 95 | 13 87
 *     export u32    import u32    V       A       W s16   var s16 PF      Hz
 *     23.99 kWh     47.33 kWh     230.6   0.62    132     -2      0.917   49.99
 */
import { frozen } from "../base/frozen";
import { type DeviceTable, type Row, rowSign, rowWords } from "./table";
import { isCounter } from "./units";

/** How the bytes of a step are read; numbers, because they are compared once a value. */
export const StepKind = frozen({
	u16: 0,
	s16: 1,
	u32: 2,
	s32: 3,
	f32: 4,
	u64: 5,
	s64: 6,
	f64: 7,
	bcd: 8,
	bits16: 9,
	bits32: 10,
	bit: 11,
	string: 12,
});

const lowWordFirst = 1;
const lowByteFirst = 2;

export class Step {
	readonly row: Row;
	readonly kind: number;
	/** Byte of the row's first register in the reply's data; for a bit, its number there. */
	readonly at: number;
	readonly words: number;
	/** Bytes to be put into big-endian order first: 0 none, else the sum of `lowWordFirst` and `lowByteFirst`. */
	readonly order: number;
	readonly k: number;
	readonly b: number;
	readonly min: number;
	readonly max: number;
	readonly shift: number;
	readonly mask: number;
	readonly notAvailable: readonly number[] | undefined;
	/** Indices of the ratios that multiply the value; undefined for none. */
	readonly factors: readonly number[] | undefined;
	/** Index of the ratio this row is, or -1. */
	readonly ratio: number;
	/** Index of the counter this row is, or -1. */
	readonly counter: number;
	/** A number that is only scaled: nothing else needs to be looked at as long as it is in range. */
	readonly plain: boolean;
	/** The row's points: `points` of them from `firstPoint` in the plan's list. */
	readonly firstPoint: number;
	readonly points: number;

	constructor(table: DeviceTable, row: Row, readAddress: number, place: StepPlace) {
		this.row = row;
		this.words = rowWords(row);
		this.kind = kindOf(row, this.words);
		this.at = row.type === "bit" ? row.address - readAddress : 2 * (row.address - readAddress);
		const lowFirst = this.words > 1 && row.type !== "string" && (row.wordOrder ?? table.wordOrder) === "lo-hi";
		this.order = (lowFirst ? lowWordFirst : 0) + (row.byteOrder === "little" ? lowByteFirst : 0);
		const turned = rowSign(table, row);
		this.k = turned * (row.k ?? 1);
		this.b = turned * (row.b ?? 0);
		this.min = row.range ? row.range[0] : -Infinity;
		this.max = row.range ? row.range[1] : Infinity;
		this.shift = row.bits ? row.bits[0] : 0;
		this.mask = row.bits ? 2 ** row.bits[1] - 1 : 0;
		this.notAvailable = row.notAvailable;
		this.factors = place.factors;
		this.ratio = place.ratio;
		this.counter = isCounter(row.unit) ? place.counter : -1;
		this.firstPoint = place.firstPoint;
		this.points = place.points;
		const text = row.type === "string" || row.unit === "text";
		const special =
			row.notAvailable !== undefined || place.factors !== undefined || this.ratio >= 0 || this.counter >= 0;
		this.plain = !text && !special && place.points > 0;
	}
}

export interface StepPlace {
	factors: readonly number[] | undefined;
	ratio: number;
	counter: number;
	firstPoint: number;
	points: number;
}

function kindOf(row: Row, words: number): number {
	if (row.type === "bits") return words === 2 ? StepKind.bits32 : StepKind.bits16;
	return StepKind[row.type];
}

/**
 * The raw number of a step, before k and b; NaN where the bytes are none (not a float, not decimal digits).
 * 64-bit integers above 2^53 lose their last digits. `scratch` holds 8 bytes for mixed orders.
 */
export function rawNumber(step: Step, data: DataView, scratch: DataView): number {
	let at = step.at;
	if (step.order !== 0) {
		straighten(step, data, scratch);
		data = scratch;
		at = 0;
	}
	switch (step.kind) {
		case StepKind.u16:
			return data.getUint16(at);
		case StepKind.s16:
			return data.getInt16(at);
		case StepKind.u32:
			return data.getUint32(at);
		case StepKind.f32:
			return data.getFloat32(at);
		case StepKind.s32:
			return data.getInt32(at);
		case StepKind.bits16:
			return (data.getUint16(at) >>> step.shift) & step.mask;
		case StepKind.bits32:
			return ((data.getUint32(at) >>> step.shift) & step.mask) >>> 0;
		case StepKind.bit:
			return (data.getUint8(at >> 3) >> (at & 7)) & 1;
		case StepKind.u64:
			return data.getUint32(at) * 0x100000000 + data.getUint32(at + 4);
		case StepKind.s64:
			return data.getInt32(at) * 0x100000000 + data.getUint32(at + 4);
		case StepKind.f64:
			return data.getFloat64(at);
		default:
			return bcd(data, at, 2 * step.words);
	}
}

/** Text of a string row: up to the first NUL, blanks at the end left out; bytes outside ASCII become "?". */
export function textOf(step: Step, data: DataView): string {
	let text = "";
	for (let i = 0; i < 2 * step.words; i++) {
		const code = data.getUint8(step.at + (step.order === 0 ? i : i ^ 1));
		if (code === 0) break;
		text += code < 0x20 || code > 0x7e ? "?" : String.fromCharCode(code);
	}
	return text.trimEnd();
}

/** Copies the step's words, four at most, to `scratch` as one big-endian number. */
function straighten(step: Step, data: DataView, scratch: DataView): void {
	const last = step.words - 1;
	const little = (step.order & lowByteFirst) !== 0;
	const lowFirst = (step.order & lowWordFirst) !== 0;
	for (let word = 0; word <= last; word++) {
		scratch.setUint16(2 * (lowFirst ? last - word : word), data.getUint16(step.at + 2 * word, little));
	}
}

function bcd(data: DataView, at: number, bytes: number): number {
	let value = 0;
	for (let i = 0; i < bytes; i++) {
		const byte = data.getUint8(at + i);
		if ((byte & 15) > 9 || byte >> 4 > 9) return Number.NaN;
		value = value * 100 + (byte >> 4) * 10 + (byte & 15);
	}
	return value;
}
