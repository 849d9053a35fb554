import { makeStep, rawNumber, stepValue } from "../../modules/devices/decode";
import { type DeviceTable, type Row, rowFunction, rowWords } from "../../modules/devices/table";
import type { LineFormat, ProbeResult } from "./line-probe";

/** Reads registers of the device in question; answers are kept, so the same read costs nothing twice. */
export type ReadRegisters = (code: number, address: number, count: number) => Promise<ProbeResult>;

/** How well a table fits. */
export interface Fit {
	readonly table: DeviceTable;
	/** 0 to 100: of what the looked-at rows can say for it. */
	readonly percent: number;
	/** What spoke for it and against it, the weightiest first. */
	readonly reasons: readonly string[];
}

/** Rows that are looked at of each table. */
const kRowsMost = 7;
/** After so many refusals one after the other a table is given up. */
const kRefusalsMost = 2;

/** What a thing in this unit cannot be outside of, where a row says no range of its own. */
const plausible: Readonly<Record<string, readonly [number, number]>> = {
	V: [0, 1500],
	A: [-6000, 6000],
	Hz: [40, 70],
	"1": [-1.001, 1.001],
	"%": [0, 100],
	C: [-50, 150],
	W: [-5e6, 5e6],
	VA: [0, 5e6],
	var: [-5e6, 5e6],
	Wh: [0, 1e12],
};
/** How much a value that fits says for a table: few registers read as 50 Hz by chance. */
const weights: Readonly<Record<string, number>> = {
	Hz: 5,
	V: 4,
	"1": 2,
	C: 2,
	"%": 2,
	A: 2,
	W: 2,
	VA: 1,
	var: 1,
	Wh: 1,
};

/** Every table that may be read so, best first. `format` and `unit`: where the device was found. */
export async function rankTables(
	tables: readonly DeviceTable[],
	read: ReadRegisters,
	place: { format?: LineFormat; unit: number },
): Promise<Fit[]> {
	const fits: Fit[] = [];
	for (const table of tables) {
		if ((table.protocol ?? "modbus") !== "modbus") continue;
		fits.push(await fitOf(table, read, place));
	}
	return fits.filter(({ percent }) => percent > 0).sort((a, b) => b.percent - a.percent);
}

interface Evidence {
	points: number;
	most: number;
	text: string;
}

async function fitOf(
	table: DeviceTable,
	read: ReadRegisters,
	place: { format?: LineFormat; unit: number },
): Promise<Fit> {
	const evidence: Evidence[] = [];
	let refusals = 0;
	for (const row of telling(table)) {
		const one = await testRow(table, row, read);
		evidence.push(one);
		refusals = one.points < 0 && one.text.includes("refused") ? refusals + 1 : 0;
		if (refusals >= kRefusalsMost) break;
	}
	// the factory's settings are a hint, no more
	if (place.format && evidence.length > 0) {
		const same = place.format.baud === table.bus.baud && place.format.parity === table.bus.parity;
		evidence.push({ points: same ? 1 : 0, most: 1, text: same ? "the line is as it leaves the factory" : "" });
	}
	const most = evidence.reduce((sum, one) => sum + one.most, 0);
	const points = evidence.reduce((sum, one) => sum + one.points, 0);
	const told = evidence.filter(({ text }) => text !== "");
	told.sort((a, b) => Math.abs(b.points) - Math.abs(a.points));
	// a table of which nothing but zeros was seen fits nothing
	const percent = most < 4 ? 0 : Math.max(0, Math.round((100 * points) / most));
	return { table, percent, reasons: told.map(({ text }) => text) };
}

/** The rows that tell a device from others best, each from another place where there is a choice. */
function telling(table: DeviceTable): Row[] {
	const worth = (row: Row): number => {
		let value = weights[row.unit] ?? 0;
		if (row.range !== undefined) value += 1;
		if (row.type === "f32" || row.type === "f64") value += 1;
		if (row.map !== undefined) value += 1;
		return value;
	};
	const rows = table.rows.filter(
		(row) =>
			row.poll !== undefined &&
			row.record === undefined &&
			row.path === undefined &&
			row.high === undefined &&
			row.accumulates !== true &&
			row.type !== "string" &&
			row.type !== "bit" &&
			worth(row) > 0,
	);
	rows.sort((a, b) => worth(b) - worth(a));
	const chosen: Row[] = [];
	// a frequency, a voltage, a power factor... rather than seven voltages
	for (let round = 1; round <= kRowsMost && chosen.length < kRowsMost; round++) {
		for (const row of rows) {
			if (chosen.length >= kRowsMost || chosen.includes(row)) continue;
			if (chosen.filter(({ unit }) => unit === row.unit).length < round) chosen.push(row);
		}
	}
	return chosen;
}

async function testRow(table: DeviceTable, row: Row, read: ReadRegisters): Promise<Evidence> {
	const code = rowFunction(table, row);
	const words = Math.max(1, Math.ceil(rowWords(row)));
	const at = `${row.name} (${code}:${row.address})`;
	const weight = weights[row.unit] ?? 1;
	const step = table.align ?? 1;
	const { status, exception, data } = await read(code, row.address, Math.ceil(words / step) * step);
	if (status === "exception") {
		return { points: -weight, most: weight, text: `${at} is refused (exception ${exception})` };
	}
	if (status !== "ok") return { points: -weight, most: weight, text: `${at} gives no answer` };
	const made = makeStep(table, row);
	const scratch = new DataView(new ArrayBuffer(8));
	const raw = rawNumber(made, data, 0, scratch);
	const value = stepValue(made, raw, data, 0, scratch);
	// zero is what registers hold that mean nothing, and what a device that does nothing measures
	if (raw === 0) return { points: 0, most: weight / 2, text: "" };
	if (row.notAvailable?.includes(raw)) return { points: weight / 4, most: weight, text: "" };
	if (value === undefined) return { points: -weight, most: weight, text: `${at} holds ${raw}, which it does not know` };
	const [least, most] = row.range ?? plausible[row.unit] ?? [-1e12, 1e12];
	const words1 = `${at} reads ${figure(value)} ${row.unit === "1" ? "" : row.unit}`.trimEnd();
	const isOdd = Number.isNaN(value) || (Math.abs(value) < 1e-6 && row.type[0] === "f");
	if (isOdd || value < least || value > most) {
		return { points: -weight, most: weight, text: `${words1}, which cannot be` };
	}
	return { points: weight, most: weight, text: words1 };
}

function figure(value: number): string {
	return Number.isNaN(value) ? "no number" : String(Number(value.toPrecision(5)));
}

/** Where a SunSpec map may begin. */
const kBases = [40_000, 0, 50_000];

/** "SunS", then model 1: who it says it is. Undefined when it does not speak SunSpec. */
export async function sunspecIdentity(
	read: ReadRegisters,
): Promise<{ base: number; maker: string; model: string } | undefined> {
	for (const base of kBases) {
		const head = await read(3, base, 2);
		if (head.status !== "ok" || head.data.byteLength < 4 || head.data.getUint32(0) !== 0x53756e53) continue;
		const common = await read(3, base + 2, 34);
		if (common.status !== "ok") return { base, maker: "", model: "" };
		return { base, maker: text(common.data, 4, 32), model: text(common.data, 36, 32) };
	}
	return undefined;
}

function text(data: DataView, at: number, bytes: number): string {
	let found = "";
	for (let i = at; i < at + bytes && i < data.byteLength; i++) {
		const code = data.getUint8(i);
		if (code === 0) break;
		found += code < 0x20 || code > 0x7e ? "?" : String.fromCharCode(code);
	}
	return found.trim();
}
