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
const splitWords = 4;

/** A row made ready. What every value needs comes first: the engine looks fields up one after the other. */
export class Step {
	/** A number that is only scaled: nothing else needs to be looked at as long as it is in range. */
	readonly plain: boolean;
	readonly kind: number;
	/** Byte of the row's first register in the reply's data; for a bit, its number there. */
	readonly at: number;
	/** Bytes to be put into big-endian order first: 0 none, else a sum of `lowWordFirst`, `lowByteFirst`, `splitWords`. */
	readonly order: number;
	readonly k: number;
	readonly b: number;
	readonly min: number;
	readonly max: number;
	/** The row's points: `points` of them from `firstPoint` in the plan's list. */
	readonly firstPoint: number;
	readonly points: number;
	readonly row: Row;
	readonly words: number;
	/** What else there is to it; undefined for a plain one. Most are, and there are hundreds: that is flash. */
	readonly more: StepMore | undefined;

	constructor(table: DeviceTable, row: Row, readAddress: number, place: StepPlace = {}) {
		this.row = row;
		this.words = rowWords(row);
		this.kind = kindOf(row, this.words);
		this.at = row.type === "bit" ? row.address - readAddress : 2 * (row.address - readAddress);
		const lowFirst = this.words > 1 && row.type !== "string" && (row.wordOrder ?? table.wordOrder) === "lo-hi";
		const order = row.high !== undefined ? splitWords : lowFirst ? lowWordFirst : 0;
		this.order = order + (row.byteOrder === "little" ? lowByteFirst : 0);
		const sign = rowSign(table, row);
		this.k = sign * (row.k ?? 1);
		this.b = sign * (row.b ?? 0);
		this.min = row.range ? row.range[0] : -Infinity;
		this.max = row.range ? row.range[1] : Infinity;
		this.firstPoint = place.firstPoint ?? 0;
		this.points = place.points ?? 0;
		const more: StepMore = {
			factors: place.factors,
			kept: place.kept ?? -1,
			when: place.when ?? -1,
			shared: place.shared ?? false,
			counter: isCounter(row.unit) ? (place.counter ?? -1) : -1,
			special:
				row.map !== undefined || row.bitMap !== undefined || row.above !== undefined || row.notAvailable !== undefined,
			sign,
		};
		const alone = more.factors === undefined && more.kept < 0 && more.when < 0 && more.counter < 0;
		this.plain = !this.text && !more.special && alone && this.points > 0;
		this.more = this.plain ? undefined : more;
	}

	/** Its value is text. */
	get text(): boolean {
		return this.kind === StepKind.string || this.row.unit === "text";
	}

	/** Byte of the high word of a split number. */
	get highAt(): number {
		return this.at + 2 * ((this.row.high ?? this.row.address) - this.row.address);
	}
}

export interface StepMore {
	/** Indices of the kept rows that multiply the value; undefined for none. */
	readonly factors: readonly number[] | undefined;
	/** Index under which the engine keeps the row's value for others, or -1. */
	readonly kept: number;
	/** Index of the kept row on whose raw value it depends whether this one counts, or -1. */
	readonly when: number;
	/** Another row has the same points, and gives them when this one does not count. */
	readonly shared: boolean;
	/** Index of the counter this row is, or -1. */
	readonly counter: number;
	/** A number that k and b alone do not make: see `stepValue`. */
	readonly special: boolean;
	/** -1 where the device counts in the other direction; it is in k and b. */
	readonly sign: number;
}

/** What a plan knows of a row beyond the row itself; see `Step` and `StepMore`. */
export interface StepPlace {
	factors?: readonly number[] | undefined;
	kept?: number;
	when?: number;
	shared?: boolean;
	counter?: number;
	firstPoint?: number;
	points?: number;
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
			return field(step, data.getUint16(at));
		case StepKind.bits32:
			return field(step, data.getUint32(at));
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

/**
 * What a raw number means, in the row's unit and without its ratios; undefined when the device says that it has no
 * value, NaN when the bytes are no number. The data is that of the raw number: maps of bits look at every one.
 */
export function stepValue(step: Step, raw: number, data: DataView, scratch: DataView): number | undefined {
	const { row } = step;
	if (row.notAvailable?.includes(raw)) return undefined;
	if (row.map !== undefined) return row.map[raw] ?? row.otherwise;
	if (row.bitMap !== undefined) {
		const bits = bitsOf(step, data, scratch);
		let value = 0;
		for (const [from, to] of row.bitMap) if (isSet(bits, step, from)) value |= 1 << to;
		return value >>> 0;
	}
	if (row.above !== undefined && raw > row.above.raw) return step.more!.sign * (raw * row.above.k + row.above.b);
	return raw * step.k + step.b;
}

/** The bits of a "bits" row among those of its registers. */
function field(step: Step, registers: number): number {
	const [first, count] = step.row.bits!;
	return count === 32 ? registers : (registers >>> first) & (2 ** count - 1);
}

/** The texts of a row's bits that are set, lowest bit first. */
export function bitTexts(step: Step, data: DataView, scratch: DataView): string {
	const bits = bitsOf(step, data, scratch);
	const texts = step.row.texts!;
	let all = "";
	for (let bit = 0; bit < 16 * step.words; bit++) {
		if (isSet(bits, step, bit) && texts[bit] !== undefined) all += `${all === "" ? "" : ", "}${texts[bit]}`;
	}
	return all;
}

/** The step's words as one big-endian number at the start of what is given back. */
function bitsOf(step: Step, data: DataView, scratch: DataView): DataView {
	if (step.order !== 0) straighten(step, data, scratch);
	else for (let i = 0; i < step.words; i++) scratch.setUint16(2 * i, data.getUint16(step.at + 2 * i));
	return scratch;
}

function isSet(bits: DataView, step: Step, bit: number): boolean {
	return ((bits.getUint8(2 * step.words - 1 - (bit >> 3)) >> (bit & 7)) & 1) !== 0;
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
	if ((step.order & splitWords) !== 0) {
		scratch.setUint16(0, data.getUint16(step.highAt, little));
		scratch.setUint16(2, data.getUint16(step.at, little));
		return;
	}
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
