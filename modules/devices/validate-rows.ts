import { type Checker, join } from "../base/checker";
import { DERIVED_BY, partsOf } from "./derive";
import { answersWhole } from "./plan";
import { pointForms, pointPath, readPoint } from "./points";
import {
	type Derived,
	type DeviceTable,
	firstModel,
	modelPoint,
	pointNames,
	type Row,
	recordIndex,
	rowFirst,
	rowFunction,
	rowHolds,
	rowLast,
	type When,
} from "./table";
import { checkWhen } from "./validate-meaning";

type PlaceOf = (row: Row) => string;

/** Rows against each other: names, overlaps, points given twice, ratios, conditions and derived points that are there. */
export function checkReferences(table: DeviceTable, rows: readonly Row[], place: PlaceOf, check: Checker): void {
	// What a row with a problem of its own would have given is not called missing.
	const complete = rows.length === table.rows.length;
	const names = new Map<string, Row>();
	const points = new Map<string, Giver>();
	for (const row of rows) {
		const twin = names.get(row.name);
		if (twin) check.wrong(join(place(row), "name"), row.name, `${place(twin)} has it already`);
		else names.set(row.name, row);
		givePoints(table, points, row, place(row), check);
	}
	overlaps(table, rows, place, check);
	for (const row of rows) {
		for (const name of row.times ?? []) {
			const ratio = names.get(name);
			if (ratio === undefined) {
				if (complete) check.wrong(join(place(row), "times"), name, "there is no such row");
			} else if (ratio.poll !== "once") check.wrong(join(place(ratio), "poll"), ratio.poll, 'a ratio is read "once"');
			else if (ratio.times !== undefined)
				check.wrong(join(place(ratio), "times"), ratio.times, "a ratio has none itself");
		}
		if (row.when !== undefined) checkCondition(names, row.when, join(place(row), "when.row"), complete, check);
		if (row.otherwise !== undefined && row.map === undefined && !rows.some((one) => one.times?.includes(row.name))) {
			check.wrong(join(place(row), "otherwise"), row.otherwise, "it is for a map, or for a ratio");
		}
		if (row.again !== undefined) checkAgain(table, names, row, place(row), complete, check);
	}
	(table.derived ?? []).forEach((one, i) => {
		checkDerived(table, one, `derived[${i}]`, { names, points, complete }, check);
	});
}

/** What gives a point, and when. */
interface Giver {
	readonly place: string;
	readonly when: When | undefined;
}

/** Notes the points of a row or derived entry. Two may give one point when they never count at once. */
function givePoints(
	table: DeviceTable,
	points: Map<string, Giver>,
	one: { readonly point?: string | readonly string[]; readonly when?: When },
	place: string,
	check: Checker,
): void {
	for (const name of pointNames(one.point)) {
		const path = pointPath(modelPoint(table, name));
		const other = points.get(path);
		if (other && !apart(other.when, one.when)) {
			check.wrong(join(place, "point"), name, `${other.place} gives it already`);
		}
		points.set(path, { place, when: one.when });
	}
}

/** Whether two conditions never hold at once. */
function apart(a: When | undefined, b: When | undefined): boolean {
	return a !== undefined && b !== undefined && a.row === b.row && !a.is.some((raw) => b.is.includes(raw));
}

function checkCondition(
	names: ReadonlyMap<string, Row>,
	when: When,
	place: string,
	complete: boolean,
	check: Checker,
): void {
	const row = names.get(when.row);
	if (row === undefined) {
		if (complete) check.wrong(place, when.row, "there is no such row");
	} else if (row.poll === undefined) check.wrong(place, when.row, "that row is not read (poll)");
	else if (row.when !== undefined) check.wrong(place, when.row, "a condition depends on no other");
	else if (row.type[0] === "f" || row.type === "string")
		check.wrong(place, row.type, "its raw value is no whole number");
}

function checkAgain(
	table: DeviceTable,
	names: ReadonlyMap<string, Row>,
	row: Row,
	place: string,
	complete: boolean,
	check: Checker,
): void {
	const at = join(place, "again");
	const first = names.get(row.again!);
	if (first === undefined) {
		if (complete) check.wrong(at, row.again, "there is no such row");
	} else if (first.record !== row.record) check.wrong(at, row.again, "it lies in another record");
	else if (first.again !== undefined) check.wrong(at, row.again, "name the row that has the registers for itself");
	else if (rowFunction(table, first) !== rowFunction(table, row) || !holdsAll(first, row)) {
		check.wrong(at, row.again, `it holds ${registersOf(first)} only`);
	}
}

function holdsAll(first: Row, row: Row): boolean {
	for (let address = rowFirst(row); address <= rowLast(row); address++) {
		if (rowHolds(row, address) && !rowHolds(first, address)) return false;
	}
	return true;
}

interface Known {
	readonly names: ReadonlyMap<string, Row>;
	readonly points: Map<string, Giver>;
	readonly complete: boolean;
}

function checkDerived(table: DeviceTable, one: Derived, at: string, known: Known, check: Checker): void {
	const fields = check.object(one, at, ["point", "by", "of", "factors", "k", "b", "limit", "when"]);
	if (fields === undefined) return;
	const made =
		typeof fields["point"] === "string" ? [fields["point"]] : check.array(fields["point"], join(at, "point"), 1, 8);
	if (made === undefined) return;
	for (const name of made) {
		if (typeof name === "string" && readPoint(name, 1) !== undefined) continue;
		check.wrong(join(at, "point"), name, pointForms);
		return;
	}
	if (fields["when"] !== undefined) {
		const before = check.problems.length;
		checkWhen(fields["when"], join(at, "when"), check);
		if (check.problems.length > before) return;
		checkCondition(known.names, one.when!, join(at, "when.row"), known.complete, check);
	}
	const by = check.oneOf(fields["by"] as "sum", join(at, "by"), DERIVED_BY);
	const [least, most] = by === undefined ? [1, 16] : partsOf(by);
	const parts = check.array(fields["of"], join(at, "of"), least, most);
	for (const part of parts ?? []) checkPart(table, part, join(at, "of"), known, check);
	if (fields["factors"] !== undefined) {
		check
			.array(fields["factors"], join(at, "factors"), parts?.length ?? 1, parts?.length ?? 16)
			?.forEach((factor, i) => {
				check.number(factor, `${at}.factors[${i}]`, -1e12, 1e12, "");
			});
	}
	const k = fields["k"] === undefined ? 1 : check.number(fields["k"], join(at, "k"), -1e12, 1e12, "");
	if (k === 0) check.wrong(join(at, "k"), k, "it must be a number other than 0");
	if (fields["b"] !== undefined) check.number(fields["b"], join(at, "b"), -1e12, 1e12, "");
	if (by === "over") check.number(fields["limit"], join(at, "limit"), 0, 1e12, "");
	else if (fields["limit"] !== undefined) check.wrong(join(at, "limit"), fields["limit"], 'only "over" has it');
	givePoints(table, known.points, one, at, check);
}

/** A part of something: a point that is given before, or "@row". */
export function checkPart(table: DeviceTable, part: unknown, place: string, known: Known, check: Checker): void {
	if (typeof part === "string" && part[0] === "@") {
		const row = known.names.get(part.slice(1));
		if (row === undefined) {
			if (known.complete) check.wrong(place, part, "there is no such row");
		} else if (row.poll === undefined) check.wrong(place, part, "that row is not read (poll)");
		else if (row.unit === "text") check.wrong(place, part, "that row is text");
		return;
	}
	const point = typeof part === "string" ? readPoint(part, firstModel(table)) : undefined;
	if (point === undefined) {
		check.wrong(place, part, "it must be a point, or @ and the name of a row");
		return;
	}
	if (!known.complete || known.points.has(pointPath(point))) return;
	const fixed = Object.keys(table.fixed ?? {}).some((name) => pointPath(modelPoint(table, name)) === pointPath(point));
	if (!fixed) check.wrong(place, part, "no row gives this point");
}

function overlaps(table: DeviceTable, rows: readonly Row[], place: PlaceOf, check: Checker): void {
	const sorted = rows.filter((row) => row.again === undefined).sort((a, b) => rowFirst(a) - rowFirst(b));
	for (let i = 0; i < sorted.length; i++) {
		const row = sorted[i]!;
		for (let j = i + 1; j < sorted.length && rowFirst(sorted[j]!) <= rowLast(row); j++) {
			const other = sorted[j]!;
			if (row.record !== other.record || shareBits(row, other)) continue;
			if (row.record === undefined && rowFunction(table, row) !== rowFunction(table, other)) continue;
			if (!shareRegisters(row, other)) continue;
			check.wrong(join(place(other), "address"), other.address, `${place(row)} holds ${registersOf(row)} already`);
		}
	}
}

function shareRegisters(a: Row, b: Row): boolean {
	for (let address = rowFirst(b); address <= rowLast(b); address++) {
		if (rowHolds(a, address) && rowHolds(b, address)) return true;
	}
	return false;
}

/** In words. */
function registersOf(row: Row): string {
	return `${rowFirst(row)} ${row.high === undefined ? "to" : "and"} ${rowLast(row)}`;
}

/** Bit fields may share a register as long as they share no bit. */
function shareBits(a: Row, b: Row): boolean {
	if (a.bits === undefined || b.bits === undefined || a.address !== b.address) return false;
	return a.bits[0] + a.bits[1] <= b.bits[0] || b.bits[0] + b.bits[1] <= a.bits[0];
}

/** Rows against what the device can be asked. */
export function checkReads(table: DeviceTable, rows: readonly Row[], place: PlaceOf, check: Checker): void {
	for (const row of rows) {
		if (row.record !== undefined) {
			const { bytes } = table.records![recordIndex(table, row)]!;
			if (rowLast(row) >= bytes)
				check.wrong(join(place(row), "address"), row.address, `the record ${row.record} has ${bytes} bytes`);
			continue;
		}
		const fc = rowFunction(table, row);
		const first = rowFirst(row);
		const last = rowLast(row);
		const words = last - first + 1;
		if (last > 65535) check.wrong(join(place(row), "address"), row.address, "the row must end at 65535 or before");
		if (fc >= 3 && words > table.maxRead) {
			check.wrong(join(place(row), "type"), row.type, `${words} registers; one read takes ${table.maxRead}`);
		}
		for (const range of table.never ?? []) {
			if ((range[2] ?? table.fc) !== fc || last < range[0] || first > range[1]) continue;
			check.wrong(join(place(row), "address"), row.address, `${range[0]} to ${range[1]} must never be read`);
		}
		for (const block of table.blocks ?? []) {
			if ((block[2] ?? table.fc) !== fc || last < block[0] || first > block[1]) continue;
			if (first < block[0] || last > block[1]) {
				check.wrong(
					join(place(row), "address"),
					row.address,
					`it crosses the border of the block ${block[0]} to ${block[1]}`,
				);
			}
		}
		if (row.high !== undefined) checkBetween(table, rows, row, place(row), check);
		const step = table.align ?? 1;
		if (row.poll === undefined || fc < 3 || (first % step === 0 && words % step === 0)) continue;
		const start = first - (first % step);
		if (!answersWhole(table, fc, start, last + ((last + 1 - start) % step))) {
			check.wrong(join(place(row), "address"), row.address, `reads start at and count multiples of ${step} (align)`);
		}
	}
}

/** One read brings both words of a split number, so the device must answer for what lies between. */
function checkBetween(table: DeviceTable, rows: readonly Row[], row: Row, place: string, check: Checker): void {
	const fc = rowFunction(table, row);
	for (let address = rowFirst(row) + 1; address < rowLast(row); address++) {
		if (answersWhole(table, fc, address, address)) continue;
		if (rows.some((other) => rowFunction(table, other) === fc && rowHolds(other, address))) continue;
		check.wrong(join(place, "high"), row.high, `one read brings both words, and nobody says that ${address} answers`);
		return;
	}
}
