import { type Checker, join } from "../base/checker";
import { answersWhole } from "./plan";
import { type DeviceTable, type Row, rowFunction, rowWords } from "./table";

type PlaceOf = (row: Row) => string;

/** Rows against each other: names, overlaps, points given twice, ratios and derived points that are there. */
export function checkReferences(table: DeviceTable, rows: readonly Row[], place: PlaceOf, check: Checker): void {
	// What a row with a problem of its own would have given is not called missing.
	const complete = rows.length === table.rows.length;
	const names = new Map<string, Row>();
	const points = new Map<string, Row>();
	for (const row of rows) {
		const twin = names.get(row.name);
		if (twin) check.wrong(join(place(row), "name"), row.name, `${place(twin)} has it already`);
		else names.set(row.name, row);
		for (const point of row.point === undefined ? [] : [row.point].flat()) {
			const other = points.get(point);
			if (other) check.wrong(join(place(row), "point"), point, `${place(other)} gives it already`);
			else points.set(point, row);
		}
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
	}
	(table.derived ?? []).forEach((one, i) => {
		const at = `derived[${i}]`;
		const fields = check.object(one, at, ["point", "by", "of"]);
		if (fields === undefined) return;
		check.oneOf(fields["by"] as "sum", join(at, "by"), ["sum", "mean"]);
		if (points.has(String(fields["point"]))) check.wrong(join(at, "point"), fields["point"], "a row gives it already");
		for (const part of check.array(fields["of"], join(at, "of"), 1, 16) ?? []) {
			if (complete && !points.has(String(part))) check.wrong(join(at, "of"), part, "no row gives this point");
		}
	});
}

function overlaps(table: DeviceTable, rows: readonly Row[], place: PlaceOf, check: Checker): void {
	const sorted = [...rows].sort((a, b) => a.address - b.address);
	for (let i = 0; i < sorted.length; i++) {
		const row = sorted[i]!;
		const end = row.address + rowWords(row);
		for (let j = i + 1; j < sorted.length && sorted[j]!.address < end; j++) {
			const other = sorted[j]!;
			if (rowFunction(table, row) !== rowFunction(table, other) || shareBits(row, other)) continue;
			check.wrong(
				join(place(other), "address"),
				other.address,
				`${place(row)} holds ${row.address} to ${end - 1} already`,
			);
		}
	}
}

/** Bit fields may share a register as long as they share no bit. */
function shareBits(a: Row, b: Row): boolean {
	if (a.bits === undefined || b.bits === undefined || a.address !== b.address) return false;
	return a.bits[0] + a.bits[1] <= b.bits[0] || b.bits[0] + b.bits[1] <= a.bits[0];
}

/** Rows against what the device can be asked. */
export function checkReads(table: DeviceTable, rows: readonly Row[], place: PlaceOf, check: Checker): void {
	for (const row of rows) {
		const fc = rowFunction(table, row);
		const words = rowWords(row);
		const last = row.address + words - 1;
		if (last > 65535) check.wrong(join(place(row), "address"), row.address, "the row must end at 65535 or before");
		if (fc >= 3 && words > table.maxRead) {
			check.wrong(join(place(row), "type"), row.type, `${words} registers; one read takes ${table.maxRead}`);
		}
		for (const range of table.never ?? []) {
			if ((range[2] ?? table.fc) !== fc || last < range[0] || row.address > range[1]) continue;
			check.wrong(join(place(row), "address"), row.address, `${range[0]} to ${range[1]} must never be read`);
		}
		for (const block of table.blocks ?? []) {
			if ((block[2] ?? table.fc) !== fc || last < block[0] || row.address > block[1]) continue;
			if (row.address < block[0] || last > block[1]) {
				check.wrong(
					join(place(row), "address"),
					row.address,
					`it crosses the border of the block ${block[0]} to ${block[1]}`,
				);
			}
		}
		const step = table.align ?? 1;
		if (row.poll === undefined || fc < 3 || (row.address % step === 0 && words % step === 0)) continue;
		const first = row.address - (row.address % step);
		if (!answersWhole(table, fc, first, last + ((last + 1 - first) % step))) {
			check.wrong(join(place(row), "address"), row.address, `reads start at and count multiples of ${step} (align)`);
		}
	}
}
