import type { Kind } from "./kinds";
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
	/** SunSpec models of the device's image, 1 first. A bare point name belongs to the first model after 1. */
	readonly sunspec: readonly number[];
	/** Model points the device does not measure and the model demands: written as they stand while the device answers. */
	readonly fixed?: Readonly<Record<string, number>>;
	/** Points made from other points of the same model that the device does measure. */
	readonly derived?: readonly Derived[];
	readonly bus: LineProfile;
	/** Function codes the device answers. */
	readonly functions: readonly number[];
	/** Function code that reads a row which names none. */
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
	/** The direction in which the device's own active power is positive. The engine turns "export" round. */
	readonly positive?: "import" | "export";
	readonly rows: readonly Row[];
	/** Traps, each naming model or firmware where known. */
	readonly quirks: readonly string[];
	/** repo:path or document of each source. */
	readonly sources: readonly string[];
	/** How many independent sources agree on the measured rows. */
	readonly confidence: Confidence;
}

/** A total the model demands and the device does not give: as good as the worst of its parts, as old as the newest. */
export interface Derived {
	readonly point: string;
	readonly by: "sum" | "mean";
	readonly of: readonly string[];
}

/** One value of a device: value = raw * k + b, in `unit`. */
export interface Row {
	/** The fact table's name, snake_case. */
	readonly name: string;
	/** Zero-based protocol address of the first register (or bit). */
	readonly address: number;
	readonly fc?: ReadFunction;
	readonly type: RowType;
	/** Registers of a "string" or "bcd" row; other types know their own. */
	readonly words?: number;
	/** Lowest bit and number of bits of a "bits" row. */
	readonly bits?: readonly [first: number, count: number];
	readonly wordOrder?: WordOrder;
	/** Order of the two bytes in each word. Default "big", as Modbus has it. */
	readonly byteOrder?: "big" | "little";
	readonly k?: number;
	readonly b?: number;
	/** Rows read once whose values multiply this one (current and voltage transformer ratios). */
	readonly times?: readonly string[];
	readonly unit: Unit;
	/** Where the value goes: "W", or "1.SN" for a point of another model than the first; several for a value that serves several. */
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
	readonly fc: 5 | 6 | 15 | 16;
	/** Least and greatest value, in the row's unit. */
	readonly min: number;
	readonly max: number;
	/** When only some values are allowed. */
	readonly allowed?: readonly number[];
}

/** First and last address, both inside, and the function code that reads them (default: the table's). */
export type Range = readonly [first: number, last: number, fc?: ReadFunction];

export interface LineProfile {
	readonly baud: number;
	readonly parity: "none" | "even" | "odd";
	readonly stop: 1 | 2;
	/** Unit the device leaves the factory with. */
	readonly unit: number;
	/** Longest wait for a reply, from the end of the request. Default 500. */
	readonly timeoutMs?: number;
	/** Quiet the device wants between one transaction and the next. Default 0. */
	readonly pauseMs?: number;
	/** How long the device usually takes to reply: the simulator's. Default 20. */
	readonly replyMs?: number;
}

export type ReadFunction = 1 | 2 | 3 | 4;
export type WordOrder = "hi-lo" | "lo-hi";
export type Access = "r" | "w" | "rw";
export type Poll = "fast" | "normal" | "slow" | "once";
export type Confidence = "two" | "one" | "unverified";

/** "bit" is a coil or discrete input, "bits" a field inside one or two registers, "bcd" unsigned packed decimal. */
export type RowType = "u16" | "s16" | "u32" | "s32" | "u64" | "s64" | "f32" | "f64" | "bcd" | "bits" | "bit" | "string";

/** Registers of a row (1 for a bit, which has its own address space). */
export function rowWords(row: Row): number {
	switch (row.type) {
		case "u32":
		case "s32":
		case "f32":
			return 2;
		case "u64":
		case "s64":
		case "f64":
			return 4;
		case "string":
		case "bcd":
			return row.words ?? 1;
		case "bits":
			return row.bits !== undefined && row.bits[0] + row.bits[1] > 16 ? 2 : 1;
		default:
			return 1;
	}
}

export function rowFunction(table: DeviceTable, row: Row): ReadFunction {
	return row.fc ?? table.fc;
}

/** The points of a row, each with its model. */
export function rowPoints(table: DeviceTable, row: Row): ModelPoint[] {
	if (row.point === undefined) return [];
	const names = typeof row.point === "string" ? [row.point] : row.point;
	return names.map((name) => modelPoint(table, name));
}

export interface ModelPoint {
	readonly model: number;
	readonly point: string;
}

/** "1.SN" names its model; a bare name belongs to the table's first model after 1. */
export function modelPoint(table: DeviceTable, name: string): ModelPoint {
	const dot = name.indexOf(".");
	if (dot >= 0) return { model: Number(name.slice(0, dot)), point: name.slice(dot + 1) };
	return { model: table.sunspec.find((model) => model !== 1) ?? 1, point: name };
}

export function findRow(table: DeviceTable, name: string): Row | undefined {
	return table.rows.find((row) => row.name === name);
}
