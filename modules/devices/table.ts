import { frozen } from "../base/frozen";
import type { RecordSpec } from "../base/record";
import type { DerAbility } from "../sunspec/der/types";
import type { ModelSpec } from "../sunspec/image";
import type { DriveRules } from "./drive-rules";
import type { EvseRules } from "./evse-rules";
import { type Direction, KINDS, type Kind, sameSense } from "./kinds";
import { type ModelPoint, readPoint } from "./points";
import type { Unit } from "./units";

/**
 * What a device is: one constant table per product. The engine, the simulator, the contract test and the device's page
 * all come from it. A fact stands in one row; its source in `sources`, its exceptions in `quirks`.
 */
export interface DeviceTable {
	/** The name a site file uses, and the file's name: "eastron-sdm120". */
	readonly id: string;
	readonly maker: string;
	readonly model: string;
	/** Fixes the sign convention of every signed point (see kinds.ts). */
	readonly kind: Kind;
	/**
	 * SunSpec models of the device's image in their order, 1 first; one that stands there twice is there twice. With
	 * `repeats` for a model with groups, with `text` for one of our own. A bare point name belongs to the first after 1.
	 */
	readonly sunspec: readonly (number | ModelSpec)[];
	/**
	 * Points the device does not measure and the model demands: written as they stand while the device answers. Scale
	 * factors ("701.W_SF") hold from the start and for good; one nobody gives counts as 0.
	 */
	readonly fixed?: Readonly<Record<string, number | string>>;
	/** Points made from others, in this order. */
	readonly derived?: readonly Derived[];
	/** How the controls of its DER models reach the device. */
	readonly controls?: readonly Control[];
	/** How a drive is started and stopped. */
	readonly drive?: DriveRules;
	/** How a charger of vehicles is told what to do. */
	readonly evse?: EvseRules;
	/** Settings whose values must rise in an order. Checked over a whole request before anything is written. */
	readonly orders?: readonly Order[];
	/** It keeps its settings in EEPROM: written only when they change, and at most once in 10 s each. */
	readonly eeprom?: boolean;
	/** What it speaks. Default "modbus". */
	readonly protocol?: Protocol;
	readonly bus: LineProfile;
	/** Byte-addressed pieces; rows name theirs. Of a Modbus table each is one read, exactly so. */
	readonly records?: readonly RecordSpec[];
	/** Written round each write of a row with `write.locked`: what opens the device's settings, and closes them again. */
	readonly unlock?: Unlock;
	/** Rows that are written again and again as long as a command holds. */
	readonly keepAlive?: readonly KeepAlive[];
	/** Function codes the device answers; none where it is no Modbus. */
	readonly functions: readonly number[];
	/** Function code that reads a row which names none; of no meaning where it is no Modbus. */
	readonly fc: ReadFunction;
	/** Order of the words of a row which names none. Default "hi-lo". */
	readonly wordOrder?: WordOrder;
	/** Registers in one read, at most (1..125). */
	readonly maxRead: number;
	/** Coils or discrete inputs in one read, at most (1..2000). Default 2000. */
	readonly maxBits?: number;
	/** Ranges that answer as a whole, so that a read may bridge registers nobody named. Outside them only rows answer. */
	readonly blocks?: readonly Range[];
	/** Ranges no read may touch, even inside a block. */
	readonly never?: readonly Range[];
	/** Reads start at, and count, a multiple of this. Default 1. */
	readonly align?: 1 | 2;
	/**
	 * The direction in which the device's own active power is positive; the engine turns values where the kind has it the
	 * other way round. In a meter that is every row in W and var. In other kinds it is every row of a signed type in W and
	 * var that is not written; unsigned rows and settings are magnitudes.
	 */
	readonly positive?: Direction;
	readonly rows: readonly Row[];
	/** Traps, each naming model or firmware where known. */
	readonly quirks: readonly string[];
	/** repo:path or document of each source. */
	readonly sources: readonly string[];
	/** How many independent sources agree on the measured rows. */
	readonly confidence: Confidence;
}

/**
 * A point made from others: as good as the worst of its parts, as old as the newest, without a value when one of them
 * has none. value = result * k + b.
 */
export interface Derived {
	readonly point: string | readonly string[];
	readonly by: DerivedBy;
	/** Points that rows, `fixed` or earlier entries give, or "@row" for a row's value that is no point. */
	readonly of: readonly string[];
	/** Multiply the parts, in their order, first. Default: 1 each. */
	readonly factors?: readonly number[];
	readonly k?: number;
	readonly b?: number;
	/** Of "over": 1 where the magnitude of the part is above it, else 0. */
	readonly limit?: number;
	/** As of a row. */
	readonly when?: When;
}

/**
 * - "sum", "mean", "product", "min" and "max" of any number of parts;
 * - "total": the sum of those parts that the device has a value for (phases, ports and units that may not be there);
 * - "difference" a - b and "ratio" a / b;
 * - "root": the square root of |a² - b²|, and "hypot": of a² + b² (of any number);
 * - "sign": the magnitude of a with the sign of b;
 * - "first": the first part that the device has a value for; a part that is lost is waited for, not passed over;
 * - "over": 1 or 0, see `limit`;
 * - "or": bits that are set in any of the parts, up to 32 (alarms of several rows in one bit field).
 */
export type DerivedBy =
	| "sum"
	| "mean"
	| "product"
	| "min"
	| "max"
	| "total"
	| "difference"
	| "ratio"
	| "root"
	| "hypot"
	| "sign"
	| "first"
	| "over"
	| "or";

/** Something counts only while a row that was read before holds one of these raw values. */
export interface When {
	readonly row: string;
	readonly is: readonly number[];
}

/**
 * One field of a DER's command (modules/sunspec/der/types.ts) as one row of the device: what is written there is
 * field * k + b, `percentOf` and `dividedBy` applied before. An ability may have several controls; all are written.
 * A row is the owner's until the field asks for something (a limit, a set-point, not to run), and is given back, with
 * the value it had, when it asks for nothing any more.
 */
export interface Control {
	readonly ability: DerAbility;
	/** A row with `write`. */
	readonly row: string;
	/** Point or "@row" that is 100 %: "702.WMaxRtg", which is the site's rating where the table has no model 702. */
	readonly percentOf?: string;
	/** Point or "@row": a battery's voltage makes amperes of watts. */
	readonly dividedBy?: string;
	readonly k?: number;
	readonly b?: number;
	/** Written, instead of the field's own value, while the field asks for something (a switch beside the value). */
	readonly active?: number;
	/** Written when the field asks for nothing any more, instead of what the row held before. */
	readonly free?: number;
}

/** Rows with `write`, each at least as high as the one before; with `rises`, higher. */
export interface Order {
	readonly rows: readonly string[];
	readonly rises?: boolean;
}

export interface Unlock {
	readonly before: readonly WriteStep[];
	readonly after?: readonly WriteStep[];
}

/** A write whose values are no row's. */
export interface WriteStep {
	readonly fc: 5 | 6 | 16;
	readonly address: number;
	readonly values: readonly number[];
}

/** A row that the device forgets, or falls back from, when it is not told again. */
export interface KeepAlive {
	/** A row with `write`. */
	readonly row: string;
	readonly everyS: number;
	/** In the row's unit: written when nobody commands any more. Left out: the device falls back by itself. */
	readonly safe?: number;
	/** How long a command counts that is not given again. Default 600. */
	readonly holdS?: number;
}

/** One value of a device: value = raw * k + b, in `unit`. */
export interface Row {
	/** The fact table's name, snake_case. */
	readonly name: string;
	/** Zero-based protocol address of the first register (or bit); in a record, byte of the payload. */
	readonly address: number;
	/** Name of the record it lies in. */
	readonly record?: string;
	/**
	 * Where it stands in a text: a JSON path ("ENERGY.Power", "inverters[0].AC.0.Power.v") or a label. `pathRows` gives
	 * such rows their addresses.
	 */
	readonly path?: string;
	readonly fc?: ReadFunction;
	readonly type: RowType;
	/**
	 * Address of the high word of a u32 or s32 whose words are no neighbours; `address` is then the low one. Both come in
	 * one read, so that a carry between them cannot tear the value.
	 */
	readonly high?: number;
	/** The row whose registers this one reads once more, all or some, to make something else of them. */
	readonly again?: string;
	/** Registers of a "string" or "bcd" row; other types know their own. */
	readonly words?: number;
	/** The same in a record; also of a "bits" row that is part of a longer number. */
	readonly bytes?: number;
	/**
	 * Lowest bit and number of bits of a "bits" row. In a record of low byte first (`byteOrder` "little") bits count from the
	 * lowest of byte `address` upwards through the bytes that follow (a DBC's start bit is 8 * address + first); else in the
	 * big-endian number of `bytes` that begins there.
	 */
	readonly bits?: readonly [first: number, count: number];
	/** A "bits" row of a record in two's complement. */
	readonly signed?: boolean;
	readonly wordOrder?: WordOrder;
	/**
	 * Order of the two bytes in each word. Default "big", as Modbus has it. In a record "little" is the whole number, lowest
	 * byte first.
	 */
	readonly byteOrder?: "big" | "little";
	readonly k?: number;
	readonly b?: number;
	/** Raw values above `raw` have another k and b: a power factor of which 1000 is 1 and 1200 is 0.8 on the other side. */
	readonly above?: { readonly raw: number; readonly k: number; readonly b: number };
	/** Value of each raw value, instead of k and b. A raw value that is not named gives `otherwise`. */
	readonly map?: Readonly<Record<number, number>>;
	/** Bits of the raw value as bits (0 to 30) of the value, instead of k and b: exact in 64 bits. Several may lead to one. */
	readonly bitMap?: readonly (readonly [from: number, to: number])[];
	/** Text of each bit of the raw value, the texts of those that are set joined by ", "; the unit is "text". */
	readonly texts?: Readonly<Record<number, string>>;
	/** Value for raw values `map` does not name (default: no value), and of a ratio the device refuses to give. */
	readonly otherwise?: number;
	/** The register is an exponent: the value is 10 to the power of raw * k + b. A scale factor, that others name in `times`. */
	readonly power10?: boolean;
	/** The register is cleared by reading: each reading is added to the counter. It is never asked for twice. */
	readonly accumulates?: boolean;
	/** An energy that begins anew, of a session or a day: it may fall, and is no counter. */
	readonly restarts?: boolean;
	/** Rows whose values multiply this one (current and voltage transformer ratios, scale factors). */
	readonly times?: readonly string[];
	/** The value counts only then; else there is none, or the one of another row with the same point. */
	readonly when?: When;
	/** Direction in which this row is positive, when it is not the table's: a battery's power in an inverter's table. */
	readonly positive?: Direction;
	readonly unit: Unit;
	/**
	 * Where the value goes: "W", or "1.SN" for a point of another model than the first, "701#2.W" of the second 701,
	 * "714.Prt[1].DCA" of a group; several for a value that serves several. With `write`, whoever writes the point writes
	 * the row.
	 */
	readonly point?: string | readonly string[];
	/** Default "r". */
	readonly access?: Access;
	/** How often the row is read; a row without one is read only when somebody asks. */
	readonly poll?: Poll;
	/** Plausible values; one outside is shown as it is and marked suspect. */
	readonly range?: readonly [min: number, max: number];
	/** Raw values by which the device says that it has none. */
	readonly notAvailable?: readonly number[];
	readonly write?: WriteRule;
	readonly note?: string;
}

export interface WriteRule {
	/** Function that writes it; 16 where it is no Modbus. */
	readonly fc: 5 | 6 | 15 | 16;
	/** Record that carries it, where that is another than the one it is read from. */
	readonly record?: string;
	/** A value between two of the register's is rounded instead of refused: amperes as a duty cycle. */
	readonly nearest?: boolean;
	/** The device takes it only with all registers of this range, which are read before: function 16. */
	readonly block?: readonly [first: number, last: number];
	/** The device refuses it until it is unlocked (`unlock` of the table). */
	readonly locked?: boolean;
	/** It wears the device's flash: written only when it changes, and at most once in 10 s. */
	readonly persistent?: boolean;
	/** Least and greatest value, in the row's unit. */
	readonly min: number;
	readonly max: number;
	/** When only some values are allowed. */
	readonly allowed?: readonly number[];
	/** Decimal hours and minutes (1630): the last two digits are below 60. */
	readonly clock?: boolean;
}

/** First and last address, both inside, and the function code that reads them (default: the table's). */
export type Range = readonly [first: number, last: number, fc?: ReadFunction];

export interface LineProfile {
	/** Of a CAN bus its bit rate, of TCP, HTTP and MQTT 0. */
	readonly baud: number;
	readonly parity: "none" | "even" | "odd";
	readonly stop: 1 | 2;
	/** Unit the device leaves the factory with. */
	readonly unit: number;
	/** Its replies bear another address: this one. */
	readonly replyUnit?: number;
	/** Longest wait for a reply, from the end of the request. Default 500. */
	readonly timeoutMs?: number;
	/** Quiet the device wants between one transaction and the next. Default 0. */
	readonly pauseMs?: number;
	/** How long the device usually takes to reply: the simulator's. Default 20. */
	readonly replyMs?: number;
}

/** What a device speaks. Devices of one bus speak the same. */
export type Protocol =
	| "modbus"
	| "modbus-ascii"
	| "can"
	| "huanyang"
	| "daly"
	| "jk"
	| "pylontech"
	| "vedirect"
	| "json-http"
	| "json-mqtt"
	| "atm90e32"
	| "relay";

export type ReadFunction = 1 | 2 | 3 | 4;
export type WordOrder = "hi-lo" | "lo-hi";
export type Access = "r" | "w" | "rw";
export type Poll = "fast" | "normal" | "slow" | "once";
export type Confidence = "two" | "one" | "unverified";

/**
 * "bit" is a coil or discrete input, "bits" a field inside one or two registers or of a record, "bcd" unsigned packed
 * decimal, "sm16" and "sm32" a sign bit before the magnitude. Records have "u8" and "s8" too; a value with a path is a
 * "number" or a "string".
 */
export type RowType =
	| "u8"
	| "s8"
	| "u16"
	| "s16"
	| "sm16"
	| "u32"
	| "s32"
	| "sm32"
	| "u64"
	| "s64"
	| "f32"
	| "f64"
	| "number"
	| "bcd"
	| "bits"
	| "bit"
	| "string";

/** Registers of a row's value (1 for a bit, which has its own address space); in a record half its bytes. */
export function rowWords(row: Row): number {
	switch (row.type) {
		case "u8":
		case "s8":
			return 0.5;
		case "u32":
		case "s32":
		case "sm32":
		case "f32":
			return 2;
		case "u64":
		case "s64":
		case "f64":
		case "number":
			return 4;
		case "string":
		case "bcd":
			return row.bytes === undefined ? (row.words ?? 1) : row.bytes / 2;
		case "bits":
			return bitsWords(row);
		default:
			return 1;
	}
}

function bitsWords(row: Row): number {
	if (row.bits === undefined) return 1;
	const end = row.bits[0] + row.bits[1];
	if (row.record === undefined) return end > 16 ? 2 : 1;
	return (row.bytes ?? Math.ceil(end / 8)) / 2;
}

/** First and last register (in a record: byte) of a row; between the words of a split one lie others. */
export function rowFirst(row: Row): number {
	return row.high === undefined ? row.address : Math.min(row.address, row.high);
}

export function rowLast(row: Row): number {
	if (row.record !== undefined) return row.address + 2 * rowWords(row) - 1;
	return row.high === undefined ? row.address + rowWords(row) - 1 : Math.max(row.address, row.high);
}

/** Whether a register is one of the row's own. */
export function rowHolds(row: Row, address: number): boolean {
	if (row.high !== undefined) return address === row.address || address === row.high;
	return address >= row.address && address <= rowLast(row);
}

export function rowFunction(table: DeviceTable, row: Row): ReadFunction {
	return row.fc ?? table.fc;
}

/** -1 for a row that counts in the other direction than the device's image, else 1. */
export function rowSign(table: DeviceTable, row: Row): 1 | -1 {
	const wanted = KINDS[table.kind].positive ?? "export";
	if (row.positive !== undefined) return sameSense(row.positive, wanted) ? 1 : -1;
	if (table.positive === undefined || (row.unit !== "W" && row.unit !== "var")) return 1;
	if (table.kind !== "meter" && (row.write !== undefined || !isSignedRow(row))) return 1;
	return sameSense(table.positive, wanted) ? 1 : -1;
}

/** Whether a row is written only when its value changes, and at most once in 10 s. */
export function wears(table: DeviceTable, row: Row): boolean {
	return table.eeprom === true || row.write?.persistent === true;
}

/** Whether a device may be given another value as often as wanted: none of the rows that its controls write wears. */
export function isContinuous(table: DeviceTable): boolean {
	return !(table.controls ?? []).some(({ row }) => table.rows.some((one) => one.name === row && wears(table, one)));
}

/** Whether a register of this type holds negative numbers. */
export function isSigned(type: RowType): boolean {
	return kSigned.includes(type);
}

const kSigned = frozen<readonly RowType[]>(["s8", "s16", "sm16", "s32", "sm32", "s64", "f32", "f64", "number"]);

/** The same of a row. */
export function isSignedRow(row: Row): boolean {
	return isSigned(row.type) || row.signed === true;
}

/** Index of a row's record in the table's list; -1 for a row that is none's. */
export function recordIndex(table: DeviceTable, row: Row): number {
	return row.record === undefined ? -1 : (table.records ?? []).findIndex(({ name }) => name === row.record);
}

/** Whether its records are read by Modbus functions. */
export function isModbus(table: DeviceTable): boolean {
	const { protocol } = table;
	return protocol === undefined || protocol === "modbus" || protocol === "modbus-ascii";
}

/** The models of a device's image, for `new Image`. */
export function tableModels(table: DeviceTable): ModelSpec[] {
	return table.sunspec.map((model) => (typeof model === "number" ? { id: model } : model));
}

/** The model that a bare point name belongs to: the table's first after 1. */
export function firstModel(table: DeviceTable): number {
	for (const model of table.sunspec) {
		const id = typeof model === "number" ? model : model.id;
		if (id !== 1) return id;
	}
	return 1;
}

/** The points of a row, each with its model. */
export function rowPoints(table: DeviceTable, row: Row): ModelPoint[] {
	return pointNames(row.point).map((name) => modelPoint(table, name));
}

/** What may be left out, one, or several. */
export function pointNames(point: string | readonly string[] | undefined): readonly string[] {
	if (point === undefined) return [];
	return typeof point === "string" ? [point] : point;
}

/** "1.SN" names its model; a bare name belongs to the table's first model after 1. */
export function modelPoint(table: DeviceTable, name: string): ModelPoint {
	return readPoint(name, firstModel(table))!;
}

export function findRow(table: DeviceTable, name: string): Row | undefined {
	return table.rows.find((row) => row.name === name);
}
