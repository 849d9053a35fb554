import { frozen } from "../base/frozen";
import { Step } from "./decode";
import { type ModelPoint, samePoint } from "./points";
import {
	type DeviceTable,
	modelPoint,
	type Poll,
	pointNames,
	type Range,
	type Row,
	rowFunction,
	rowPoints,
	rowWords,
} from "./table";

/** One request of the plan and the rows in its reply. */
export class PlannedRead {
	readonly function: number;
	readonly address: number;
	/** Registers, or bits for functions 1 and 2. */
	readonly count: number;
	readonly poll: Poll;
	readonly steps: readonly Step[];
	/** Carries ratios without which other reads cannot be understood: it comes first. */
	readonly ratios: boolean;

	constructor(fc: number, address: number, count: number, poll: Poll, steps: readonly Step[]) {
		this.function = fc;
		this.address = address;
		this.count = count;
		this.poll = poll;
		this.steps = steps;
		this.ratios = steps.some((step) => step.ratio >= 0);
	}
}

export interface PlanOptions {
	/** False: one read a row, as naive pollers do it; for comparison. */
	join?: boolean;
	/**
	 * Longest gap, in registers, that is read along rather than asked for apart. A second request costs 8 + 5 bytes, two
	 * silences of 3.5 characters and the device's turnaround, at 9600 baud about 20 ms: together some 40 characters.
	 */
	longestGap?: number;
}

/** Points made of others: indices into the plan's point list. */
export interface DerivedStep {
	readonly point: number;
	readonly of: readonly number[];
	readonly mean: boolean;
}

const polls = frozen<readonly Poll[]>(["once", "fast", "normal", "slow"]);

/**
 * How a table is read: neighbouring rows of one function and poll class joined into as few requests as the device
 * allows. Devices of one product share a plan; it holds nothing that changes.
 */
export class Plan {
	readonly table: DeviceTable;
	readonly reads: readonly PlannedRead[];
	/** Where the payload of each read's reply stands when all lie one behind the other; one more for their end. */
	readonly payloadAt: Uint16Array;
	/** Every point the reads write, then the fixed and the derived ones. */
	readonly points: readonly ModelPoint[];
	readonly fixed: readonly (readonly [point: number, value: number | string])[];
	readonly derived: readonly DerivedStep[];
	readonly ratioCount: number;
	readonly counterCount: number;
	/** Row of each counter, in order of its index. */
	readonly counters: readonly Row[];

	constructor(table: DeviceTable, options?: PlanOptions) {
		this.table = table;
		const points: ModelPoint[] = [];
		const counters: Row[] = [];
		const ratioNames = ratiosOf(table);
		const reads: PlannedRead[] = [];
		for (const group of groups(table, options?.join ?? true, options?.longestGap ?? 20)) {
			const steps = group.rows.map((row) => {
				const first = points.length;
				for (const point of rowPoints(table, row)) points.push(point);
				const step = new Step(table, row, group.first, {
					factors: row.times?.map((name) => ratioNames.indexOf(name)),
					ratio: ratioNames.indexOf(row.name),
					counter: counters.length,
					firstPoint: first,
					points: points.length - first,
				});
				if (step.counter >= 0) counters.push(row);
				return step;
			});
			reads.push(new PlannedRead(group.fc, group.first, group.last - group.first + 1, group.poll, steps));
		}
		const indexOf = (name: string): number => {
			const wanted = modelPoint(table, name);
			const found = points.findIndex((one) => samePoint(one, wanted));
			return found >= 0 ? found : points.push(wanted) - 1;
		};
		this.fixed = Object.entries(table.fixed ?? {}).map(([name, value]) => [indexOf(name), value] as const);
		this.derived = (table.derived ?? []).map((one) => ({
			point: indexOf(pointNames(one.point)[0]!),
			of: one.of.map(indexOf),
			mean: one.by === "mean",
		}));
		this.reads = reads;
		this.payloadAt = new Uint16Array(reads.length + 1);
		reads.forEach(({ function: code, count }, i) => {
			this.payloadAt[i + 1] = this.payloadAt[i]! + (code <= 2 ? (count + 7) >> 3 : 2 * count);
		});
		this.points = points;
		this.ratioCount = ratioNames.length;
		this.counters = counters;
		this.counterCount = counters.length;
	}
}

/** Names of the rows that multiply others. */
function ratiosOf(table: DeviceTable): string[] {
	const names: string[] = [];
	for (const row of table.rows) {
		for (const name of row.times ?? []) if (!names.includes(name)) names.push(name);
	}
	return names;
}

interface Group {
	fc: number;
	poll: Poll;
	first: number;
	last: number;
	rows: Row[];
}

function groups(table: DeviceTable, joining: boolean, longestGap: number): Group[] {
	const all: Group[] = [];
	for (const poll of polls) {
		for (let fc = 1; fc <= 4; fc++) {
			const rows = table.rows.filter((row) => row.poll === poll && rowFunction(table, row) === fc);
			rows.sort((a, b) => a.address - b.address);
			let open: Group | undefined;
			for (const row of rows) {
				const first = row.address;
				const last = first + (fc <= 2 ? 1 : rowWords(row)) - 1;
				if (open && joining && joins(table, open, first, Math.max(last, open.last), longestGap)) {
					open.last = Math.max(last, open.last);
					open.rows.push(row);
				} else all.push((open = { fc, poll, first, last, rows: [row] }));
			}
		}
	}
	for (const group of all) align(table, group);
	return all;
}

/** Whether a read that is open may grow to `last` to take in a row that starts at `first`. */
function joins(table: DeviceTable, open: Group, first: number, last: number, longestGap: number): boolean {
	const most = open.fc <= 2 ? (table.maxBits ?? 2000) : table.maxRead;
	const step = table.align ?? 1;
	const start = open.first - (open.first % step);
	const count = Math.ceil((last + 1 - start) / step) * step;
	if (count > most) return false;
	if (blockOf(table, open.fc, open.first) !== blockOf(table, open.fc, last)) return false;
	const gap = first - open.last - 1;
	if (gap <= 0) return true;
	if (gap > longestGap || !answersWhole(table, open.fc, open.last + 1, first - 1)) return false;
	return !(table.never ?? []).some((range) => meets(table, range, open.fc, open.last + 1, first - 1));
}

/** The declared block an address lies in: a read stays inside it, also between rows that touch. */
function blockOf(table: DeviceTable, fc: number, address: number): Range | undefined {
	return table.blocks?.find((block) => (block[2] ?? table.fc) === fc && address >= block[0] && address <= block[1]);
}

/** Whether the device declares that it answers every register of a range. */
export function answersWhole(table: DeviceTable, fc: number, first: number, last: number): boolean {
	return (table.blocks ?? []).some((block) => (block[2] ?? table.fc) === fc && first >= block[0] && last <= block[1]);
}

function meets(table: DeviceTable, range: Range, fc: number, first: number, last: number): boolean {
	return (range[2] ?? table.fc) === fc && first <= range[1] && last >= range[0];
}

/** Widens a read to the device's alignment where it answers what lies beside; validation refuses rows where it does not. */
function align(table: DeviceTable, group: Group): void {
	const step = table.align ?? 1;
	group.first -= group.first % step;
	const over = (group.last + 1 - group.first) % step;
	if (over !== 0) group.last += step - over;
}
