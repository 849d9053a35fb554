/**
 * Raw register bytes to numbers. One `Step` is a row made ready: what to do with its bytes, with nothing left to look
 * up.
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
	u8: 13,
	s8: 14,
	sm16: 15,
	sm32: 16,
	/** A double, of which NaN is no value. */
	number: 17,
	/** Any bits of a record. */
	field: 18,
	signedField: 19,
});

const lowWordFirst = 1;
const lowByteFirst = 2;
const splitWords = 4;
/** All bytes of a value in a record. */
const reversed = 8;

/**
 * What to do with the bytes of a row. It knows neither its register nor its points, so that rows that mean the same have
 * one, also in tables of several products; where each stands, the plan knows. What every value needs comes first: the
 * engine looks fields up one after the other.
 */
export interface Step {
	/** A number that is only scaled: nothing else needs to be looked at as long as it is in range. */
	readonly plain: boolean;
	readonly kind: number;
	/**
	 * Bytes to be put into big-endian order first: 0 none, else a sum of `lowWordFirst`, `lowByteFirst`, `splitWords`, or
	 * `reversed`.
	 */
	readonly order: number;
	readonly k: number;
	readonly b: number;
	readonly min: number;
	readonly max: number;
	/** How many points the row has. */
	readonly points: number;
	/** Half the bytes. */
	readonly words: number;
	/** Lowest bit and number of bits of a field. */
	readonly bits?: readonly [first: number, count: number];
	/** Bytes from the low word of a split number to its high word. */
	readonly split?: number;
	/** What else there is to it; a plain one has none. */
	readonly more?: StepMore;
}

export interface StepMore {
	/** Its value is text. */
	readonly text: boolean;
	/** Indices of the kept rows that multiply the value. */
	readonly factors?: readonly number[] | undefined;
	/** Another row has the same points, and gives them when this one does not count. */
	readonly shared: boolean;
	/** The engine keeps its value for others; its own counts only as another says; it is a counter. */
	readonly keeps: boolean;
	readonly depends: boolean;
	readonly rises: boolean;
	/** What is read is what was counted since the last reading. */
	readonly accumulates?: boolean;
	/** A number that k and b alone do not make: see `stepValue`. */
	readonly special: boolean;
	/** -1 where the device counts in the other direction; it is in k and b. */
	readonly sign: number;
	readonly meaning: Meaning;
}

/** What raw values of a row mean. */
type Meaning = Pick<Row, (typeof meanings)[number]>;

const meanings = frozen(["map", "bitMap", "above", "notAvailable", "otherwise", "texts", "power10"]);

/** What a plan knows of a row beyond the row itself. */
export interface StepPlace {
	factors?: readonly number[] | undefined;
	shared?: boolean;
	points?: number;
	keeps?: boolean;
}

export function makeStep(table: DeviceTable, row: Row, place: StepPlace = {}): Step {
	const words = rowWords(row);
	const kind = kindOf(row, words);
	const order = orderOf(table, row, words);
	const sign = rowSign(table, row);
	const { factors, shared = false, points = 0, keeps = false } = place;
	const depends = row.when !== undefined;
	const rises = isCounter(row.unit) && row.restarts !== true;
	const text = kind === StepKind.string || row.unit === "text";
	const special =
		row.map !== undefined ||
		row.bitMap !== undefined ||
		row.above !== undefined ||
		row.notAvailable !== undefined ||
		row.power10 === true ||
		row.type === "number";
	const adds = row.accumulates ? { accumulates: true } : {};
	const plain = !text && !special && !keeps && !depends && !rises && factors === undefined && points > 0;
	return {
		plain,
		kind,
		order,
		k: sign * (row.k ?? 1),
		// no -0
		b: sign * (row.b ?? 0) + 0,
		min: row.range ? row.range[0] : -Infinity,
		max: row.range ? row.range[1] : Infinity,
		points,
		words,
		...(row.bits === undefined ? {} : { bits: row.bits }),
		...(row.high === undefined ? {} : { split: 2 * (row.high - row.address) }),
		...(plain
			? {}
			: { more: { text, factors, shared, keeps, depends, rises, special, sign, meaning: meaningOf(row), ...adds } }),
	};
}

function orderOf(table: DeviceTable, row: Row, words: number): number {
	const little = row.byteOrder === "little";
	if (row.record !== undefined) {
		const single = row.type === "number" || row.type === "string" || words < 1;
		return little && !single ? reversed : 0;
	}
	const bytes = little ? lowByteFirst : 0;
	if (row.high !== undefined) return splitWords + bytes;
	const lowFirst = words > 1 && row.type !== "string" && (row.wordOrder ?? table.wordOrder) === "lo-hi";
	return (lowFirst ? lowWordFirst : 0) + bytes;
}

function meaningOf(row: Row): Meaning {
	return Object.fromEntries(meanings.filter((name) => row[name] !== undefined).map((name) => [name, row[name]]));
}

/**
 * Byte of a row's first register in the reply to a read that starts at an address; for a bit, its number there. In a record
 * it is the row's address.
 */
export function rowAt(row: Row, readAddress: number): number {
	if (row.record !== undefined) return row.address;
	return (row.type === "bit" ? 1 : 2) * (row.address - readAddress);
}

function kindOf(row: Row, words: number): number {
	if (row.type === "bits") {
		if (row.record !== undefined) return row.signed ? StepKind.signedField : StepKind.field;
		return words === 2 ? StepKind.bits32 : StepKind.bits16;
	}
	return StepKind[row.type];
}

/**
 * The raw number of a step at a byte (a bit: at its number), before k and b; NaN where the bytes are none (not a float, not
 * decimal digits).
 * 64-bit integers above 2^53 lose their last digits. `scratch` holds 8 bytes for mixed orders.
 */
export function rawNumber(step: Step, data: DataView, at: number, scratch: DataView): number {
	if (step.order !== 0) {
		straighten(step, data, at, scratch);
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
		case StepKind.number:
			return data.getFloat64(at);
		case StepKind.u8:
			return data.getUint8(at);
		case StepKind.s8:
			return data.getInt8(at);
		case StepKind.sm16:
			return magnitude(data.getUint16(at), 0x8000);
		case StepKind.sm32:
			return magnitude(data.getUint32(at), 0x80000000);
		case StepKind.field:
			return anyField(step, data, at);
		case StepKind.signedField: {
			const [, count] = step.bits!;
			const value = anyField(step, data, at);
			return value < 2 ** (count - 1) ? value : value - 2 ** count;
		}
		default:
			return bcd(data, at, 2 * step.words);
	}
}

/**
 * What a raw number means, in the row's unit and without its ratios; undefined when the device says that it has no
 * value, NaN when the bytes are no number. The data is that of the raw number: maps of bits look at every one.
 */
export function stepValue(step: Step, raw: number, data: DataView, at: number, scratch: DataView): number | undefined {
	const { more } = step;
	if (more === undefined || !more.special) return raw * step.k + step.b;
	const { notAvailable, map, otherwise, bitMap, above, power10 } = more.meaning;
	if (step.kind === StepKind.number && Number.isNaN(raw)) return undefined;
	if (notAvailable?.includes(raw)) return undefined;
	if (map !== undefined) return map[raw] ?? otherwise;
	if (bitMap !== undefined) {
		const bits = bitsOf(step, data, at, scratch);
		let value = 0;
		for (const [from, to] of bitMap) if (isSet(bits, step, from)) value |= 1 << to;
		return value >>> 0;
	}
	if (above !== undefined && raw > above.raw) return more.sign * (raw * above.k + above.b);
	if (power10) return 10 ** (raw * step.k + step.b);
	return raw * step.k + step.b;
}

/** The bits of a "bits" row among those of its registers. */
function field(step: Step, registers: number): number {
	const [first, count] = step.bits!;
	return count === 32 ? registers : (registers >>> first) & (2 ** count - 1);
}

/** The same of a big-endian number of any bytes, up to 2^53. */
function anyField(step: Step, data: DataView, at: number): number {
	const [first, count] = step.bits!;
	let value = 0;
	for (let i = 0; i < 2 * step.words; i++) value = value * 256 + data.getUint8(at + i);
	return Math.floor(value / 2 ** first) % 2 ** count;
}

/** A sign bit before the magnitude. */
function magnitude(raw: number, sign: number): number {
	return raw < sign ? raw : sign - raw;
}

/** The value of a step whose `more.text` is set. */
export function stepText(step: Step, data: DataView, at: number, scratch: DataView): string {
	if (step.more!.meaning.texts !== undefined) return bitTexts(step, data, at, scratch);
	return step.kind === StepKind.string ? textOf(step, data, at) : String(rawNumber(step, data, at, scratch));
}

/** The texts of a row's bits that are set, lowest bit first. */
function bitTexts(step: Step, data: DataView, at: number, scratch: DataView): string {
	const bits = bitsOf(step, data, at, scratch);
	const texts = step.more!.meaning.texts!;
	let all = "";
	for (let bit = 0; bit < 16 * step.words; bit++) {
		if (isSet(bits, step, bit) && texts[bit] !== undefined) all += `${all === "" ? "" : ", "}${texts[bit]}`;
	}
	return all;
}

/** The step's words as one big-endian number at the start of what is given back. */
function bitsOf(step: Step, data: DataView, at: number, scratch: DataView): DataView {
	if (step.order !== 0) straighten(step, data, at, scratch);
	else for (let i = 0; i < 2 * step.words; i++) scratch.setUint8(i, data.getUint8(at + i));
	return scratch;
}

function isSet(bits: DataView, step: Step, bit: number): boolean {
	return ((bits.getUint8(2 * step.words - 1 - (bit >> 3)) >> (bit & 7)) & 1) !== 0;
}

/** Text of a string row: up to the first NUL, blanks at the end left out; bytes outside ASCII become "?". */
export function textOf(step: Step, data: DataView, at: number): string {
	let text = "";
	for (let i = 0; i < 2 * step.words; i++) {
		const code = data.getUint8(at + (step.order === 0 ? i : i ^ 1));
		if (code === 0) break;
		text += code < 0x20 || code > 0x7e ? "?" : String.fromCharCode(code);
	}
	return text.trimEnd();
}

/** Copies the step's words, four at most (a record's bytes, eight at most), to `scratch` as one big-endian number. */
function straighten(step: Step, data: DataView, at: number, scratch: DataView): void {
	if (step.order === reversed) {
		const bytes = 2 * step.words;
		for (let i = 0; i < bytes; i++) scratch.setUint8(i, data.getUint8(at + bytes - 1 - i));
		return;
	}
	const last = step.words - 1;
	const little = (step.order & lowByteFirst) !== 0;
	if ((step.order & splitWords) !== 0) {
		scratch.setUint16(0, data.getUint16(at + step.split!, little));
		scratch.setUint16(2, data.getUint16(at, little));
		return;
	}
	const lowFirst = (step.order & lowWordFirst) !== 0;
	for (let word = 0; word <= last; word++) {
		scratch.setUint16(2 * (lowFirst ? last - word : word), data.getUint16(at + 2 * word, little));
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
