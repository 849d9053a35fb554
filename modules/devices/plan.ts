import { frozen } from "../base/frozen";
import { READ_RECORD, type RecordSpec } from "../base/record";
import { makeStep, rowAt, type Step } from "./decode";
import { type ModelPoint, PointList, pointPath, samePoint } from "./points";
import type { Pool } from "./share";
import {
	type DeviceTable,
	findRow,
	isModbus,
	modelPoint,
	type Poll,
	pointNames,
	type Range,
	type Row,
	rowFirst,
	rowFunction,
	rowLast,
	rowPoints,
} from "./table";
import { isCounter } from "./units";

/** One request of the plan and the rows in its reply. */
export interface PlannedRead {
	readonly function: number;
	readonly address: number;
	/** Registers, or bits for functions 1 and 2; bytes of a record that no Modbus function reads. */
	readonly count: number;
	/** Index of the record that it is, in the table's list; -1 for registers. */
	readonly record: number;
	readonly poll: Poll;
	/** Its steps are those of the plan from `first` on, up to `end`, which is no more among them. */
	readonly first: number;
	readonly end: number;
	/** The first of the points of its steps: theirs lie one behind the other. */
	readonly firstPoint: number;
	/** Carries ratios or conditions without which other reads cannot be understood: it comes first. */
	readonly ratios: boolean;
	/** What it changes of the derived points: places in the plan's `changes`, from this on, up to the other. */
	readonly firstChange: number;
	readonly endChange: number;
}

export interface PlanOptions {
	/** False: one read a row, as naive pollers do it; for comparison. */
	join?: boolean;
	/**
	 * Longest gap, in registers, that is read along rather than asked for apart. A second request costs 8 + 5 bytes, two
	 * silences of 3.5 characters and the device's turnaround, at 9600 baud about 20 ms: together some 40 characters.
	 */
	longestGap?: number;
	/** Where plans that are made together find what they have in common, and the list of all their points. */
	pool?: Pool;
	points?: PointList;
}

/** A row whose value is kept for other rows, derived points or controls. */
export interface KeptRow {
	readonly row: Row;
	/** What other rows need before they mean anything: its value (a ratio), or only to know its raw value. */
	readonly needed: "value" | "raw" | "no";
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const polls = frozen<readonly Poll[]>(["once", "fast", "normal", "slow"]);

/**
 * How a table is read: neighbouring rows of one function and poll class joined into as few requests as the device
 * allows. Devices of one product share a plan; it holds nothing that changes.
 */
export class Plan {
	readonly table: DeviceTable;
	readonly reads: readonly PlannedRead[];
	readonly steps: readonly Step[];
	/** Byte of each step's first register in the reply's data; for a bit, its number there. */
	readonly at: Uint16Array;
	/** Index of each step's row in the table. */
	readonly rowAt: Uint16Array;
	/** Three of each step: see `keptOf`, `whenOf`; the third is the index of the counter that its row is, or -1. */
	readonly ties: Int16Array;
	/** Where the payload of each read's reply stands when all lie one behind the other; one more for their end. */
	readonly payloadAt: Uint16Array;
	/** How many points the plan has: those the reads write, then the fixed and the derived ones. */
	readonly pointCount: number;
	/** Points of this plan, or of all that were made together; `pointAt` says which are this plan's. */
	private readonly pointList: PointList;
	private readonly pointAt: Uint16Array;
	/** Indices of the points that are fixed, in the table's order. */
	readonly fixedAt: Uint16Array;
	/**
	 * Derived points, in the table's order. First where each begins; there stand the index of the kept row that decides
	 * whether it counts, or -1; 1 when another gives its points too; how many points it has; their indices; and its parts,
	 * each the index of a point, or -1 - that of a kept row. All in one: an object a point is flash.
	 */
	readonly derived: Int16Array;
	/** Indices of derived points, read after read in the table's order: see `PlannedRead`. */
	readonly changes: Uint16Array;
	readonly kept: readonly KeptRow[];
	readonly counterCount: number;
	/** Row of each counter, in order of its index. */
	readonly counters: readonly Row[];

	constructor(table: DeviceTable, options?: PlanOptions) {
		this.table = table;
		const points: ModelPoint[] = [];
		const counters: Row[] = [];
		const pool = options?.pool;
		const kept = keptRows(table);
		const keptIndex = (name: string): number => kept.findIndex((one) => one.row.name === name);
		const given = pointCounts(table);
		const isShared = (point: Row["point"]): boolean =>
			pointNames(point).some((name) => given.get(pointPath(modelPoint(table, name)))! > 1);
		const reads: Writable<PlannedRead>[] = [];
		const steps: Step[] = [];
		const places: number[] = [];
		const rows: number[] = [];
		const ties: number[] = [];
		for (const group of groups(table, options?.join ?? true, options?.longestGap ?? 20)) {
			const decides = (row: Row): boolean => (kept[keptIndex(row.name)]?.needed ?? "no") !== "no";
			const ratios = group.rows.some(decides);
			// What others in the same reply depend on is known before they are looked at.
			if (ratios) group.rows.sort((a, b) => Number(decides(b)) - Number(decides(a)));
			const first = steps.length;
			const firstPoint = points.length;
			for (const row of group.rows) {
				const own = rowPoints(table, row);
				for (const point of own) points.push(point);
				const keptAt = keptIndex(row.name);
				const when = row.when === undefined ? -1 : keptIndex(row.when.row);
				const counter = isCounter(row.unit) && !row.restarts ? counters.push(row) - 1 : -1;
				const step = makeStep(table, row, {
					factors: row.times?.map(keptIndex),
					shared: isShared(row.point),
					points: own.length,
					keeps: keptAt >= 0,
				});
				steps.push(pool?.share(step) ?? step);
				places.push(rowAt(row, group.first));
				rows.push(table.rows.indexOf(row));
				ties.push(keptAt, when, counter);
			}
			const count = group.last - group.first + 1;
			const { fc, first: address, poll, record } = group;
			const end = steps.length;
			const read = { function: fc, address, count, record, poll, first, end, firstPoint, ratios };
			reads.push({ ...read, firstChange: 0, endChange: 0 });
		}
		this.steps = steps;
		this.at = Uint16Array.from(places);
		this.rowAt = Uint16Array.from(rows);
		this.ties = Int16Array.from(ties);
		const indexOf = (name: string): number => {
			const wanted = modelPoint(table, name);
			const found = points.findIndex((one) => samePoint(one, wanted));
			return found >= 0 ? found : points.push(wanted) - 1;
		};
		this.fixedAt = Uint16Array.from(Object.keys(table.fixed ?? {}).map(indexOf));
		const derived = (table.derived ?? []).map((one) => {
			const given = pointNames(one.point).map(indexOf);
			const parts = one.of.map((name) => (name[0] === "@" ? -1 - keptIndex(name.slice(1)) : indexOf(name)));
			const when = one.when === undefined ? -1 : keptIndex(one.when.row);
			return [when, isShared(one.point) ? 1 : 0, given.length, ...given, ...parts];
		});
		let begin = derived.length;
		const begins = derived.map((one) => (begin += one.length) - one.length);
		this.derived = Int16Array.from([...begins, ...derived.flat()]);
		const changes: number[] = [];
		for (const read of reads) {
			read.firstChange = changes.length;
			this.addChanges(read, derived, changes);
			read.endChange = changes.length;
		}
		this.changes = Uint16Array.from(changes);
		this.reads = reads;
		this.payloadAt = new Uint16Array(reads.length + 1);
		reads.forEach((read, i) => {
			this.payloadAt[i + 1] = this.payloadAt[i]! + payloadBytes(read);
		});
		this.pointCount = points.length;
		this.pointList = options?.points ?? new PointList();
		this.pointAt = Uint16Array.from(points.map((one) => this.pointList.add(one)));
		this.kept = pool?.share(kept) ?? kept;
		this.counters = counters;
		this.counterCount = counters.length;
	}

	/** The row of a step. */
	row(step: number): Row {
		return this.table.rows[this.rowAt[step]!]!;
	}

	/** Index under which the engine keeps the value of a step's row for others, or -1. */
	keptOf(step: number): number {
		return this.ties[3 * step]!;
	}

	/** Index of the kept row on whose raw value it depends whether a step's row counts, or -1. */
	whenOf(step: number): number {
		return this.ties[3 * step + 1]!;
	}

	/** The step of a row, by its index; -1 for a row that is not read. */
	stepOf(row: Row): number {
		return this.rowAt.indexOf(this.table.rows.indexOf(row));
	}

	/** Index of the first point of a step. */
	firstPoint(step: number): number {
		let first = 0;
		for (let i = 0; i < step; i++) first += this.steps[i]!.points;
		return first;
	}

	/** A point, in an object of its own. */
	point(index: number): ModelPoint {
		return this.pointList.get(this.pointAt[index]!);
	}

	/** Whether a point has this name in a model of this id. */
	isPoint(index: number, model: number, point: string): boolean {
		return this.modelOf(index) === model && this.nameOf(index) === point;
	}

	modelOf(index: number): number {
		return this.pointList.model(this.pointAt[index]!);
	}

	nameOf(index: number): string {
		return this.pointList.name(this.pointAt[index]!);
	}

	/** All in their order, each in an object of its own: for a meter's few. */
	points(): ModelPoint[] {
		return Array.from({ length: this.pointCount }, (_, i) => this.point(i));
	}

	/** Whether a row, or a rule, brings this point of a model. */
	has(model: number, point: string): boolean {
		for (let i = 0; i < this.pointCount; i++) if (this.isPoint(i, model, point)) return true;
		return false;
	}

	/** Adds the derived points with a part in what a read brings, and those made of these. */
	private addChanges(read: PlannedRead, derived: readonly (readonly number[])[], changes: number[]): void {
		const changed = new Set<number>();
		let point = read.firstPoint;
		for (let step = read.first; step < read.end; step++) {
			for (let i = this.steps[step]!.points; i > 0; i--) changed.add(point++);
			if (this.keptOf(step) >= 0) changed.add(-1 - this.keptOf(step));
		}
		derived.forEach(([when, , count, ...rest], index) => {
			const waits = when! >= 0 && changed.has(-1 - when!);
			if (!waits && !rest.slice(count).some((part) => changed.has(part))) return;
			changes.push(index);
			for (const given of rest.slice(0, count)) changed.add(given);
		});
	}

	/** Index of a row's value among those kept; -1 for one nobody asks for. */
	keptIndex(name: string): number {
		return this.kept.findIndex((one) => one.row.name === name);
	}
}

function payloadBytes({ function: code, count }: PlannedRead): number {
	if (code === READ_RECORD) return count;
	return code <= 2 ? (count + 7) >> 3 : 2 * count;
}

/** Rows that multiply others, decide about others, or are parts of derived points or controls. */
function keptRows(table: DeviceTable): KeptRow[] {
	const needs = new Map<string, KeptRow["needed"]>();
	const need = (name: string, needed: KeptRow["needed"]): void => {
		if (needed === "value" || !needs.has(name) || needs.get(name) === "no") needs.set(name, needed);
	};
	for (const row of table.rows) {
		if (row.poll === undefined) continue;
		for (const name of row.times ?? []) need(name, "value");
		if (row.when !== undefined) need(row.when.row, "raw");
	}
	const needPart = (name: string | undefined): void => {
		if (name?.[0] === "@") need(name.slice(1), "no");
	};
	for (const one of table.derived ?? []) {
		one.of.forEach(needPart);
		if (one.when !== undefined) need(one.when.row, "raw");
	}
	for (const control of table.controls ?? []) {
		needPart(control.percentOf);
		needPart(control.dividedBy);
	}
	return [...needs].map(([name, needed]) => ({ row: findRow(table, name)!, needed }));
}

/** How many rows and derived entries give each point. */
function pointCounts(table: DeviceTable): Map<string, number> {
	const counts = new Map<string, number>();
	for (const one of [...table.rows, ...(table.derived ?? [])]) {
		for (const name of pointNames(one.point)) {
			const path = pointPath(modelPoint(table, name));
			counts.set(path, (counts.get(path) ?? 0) + 1);
		}
	}
	return counts;
}

interface Group {
	fc: number;
	poll: Poll;
	first: number;
	last: number;
	record: number;
	rows: Row[];
}

function groups(table: DeviceTable, joining: boolean, longestGap: number): Group[] {
	const all: Group[] = [];
	for (const poll of polls) {
		for (let fc = 1; fc <= 4; fc++) {
			const rows = table.rows.filter(
				(row) => row.poll === poll && row.record === undefined && rowFunction(table, row) === fc,
			);
			rows.sort((a, b) => rowFirst(a) - rowFirst(b));
			let open: Group | undefined;
			for (const row of rows) {
				const first = rowFirst(row);
				const last = fc <= 2 ? first : rowLast(row);
				if (open && joining && joins(table, open, first, Math.max(last, open.last), longestGap)) {
					open.last = Math.max(last, open.last);
					open.rows.push(row);
				} else all.push((open = { fc, poll, first, last, record: -1, rows: [row] }));
			}
		}
	}
	for (const group of all) align(table, group);
	table.records?.forEach((record, index) => {
		const group = recordGroup(table, record, index);
		if (group) all.push(group);
	});
	return all;
}

/** A record is one read, as often as the most wanted of its rows. */
function recordGroup(table: DeviceTable, record: RecordSpec, index: number): Group | undefined {
	const rows = table.rows.filter((row) => row.record === record.name && row.poll !== undefined);
	if (rows.length === 0) return undefined;
	const poll = [...polls.slice(1), polls[0]!].find((one) => rows.some((row) => row.poll === one))!;
	rows.sort((a, b) => a.address - b.address);
	const place = { poll, rows, record: index };
	if (!isModbus(table)) return { ...place, fc: READ_RECORD, first: index, last: index + record.bytes - 1 };
	const first = record.key as number;
	return { ...place, fc: record.fc ?? table.fc, first, last: first + record.bytes / 2 - 1 };
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
