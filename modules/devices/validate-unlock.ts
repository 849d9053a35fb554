import { type Checker, join } from "../base/checker";
import { type DeviceTable, findRow, type Row, wears } from "./table";
import { writeRefusal } from "./write";

/** What is written round the writes of locked rows, and which rows are. */
export function checkUnlock(
	table: DeviceTable,
	rows: readonly Row[],
	place: (row: Row) => string,
	check: Checker,
): void {
	const locked = rows.filter((row) => row.write?.locked === true);
	if (table.unlock === undefined) {
		for (const row of locked) check.wrong(join(place(row), "write.locked"), true, "the table has no unlock");
		return;
	}
	const fields = check.object(table.unlock, "unlock", ["before", "after"]);
	if (fields === undefined) return;
	checkSteps(fields["before"], "unlock.before", table, fields["after"] === undefined ? 1 : 0, check);
	if (fields["after"] !== undefined) checkSteps(fields["after"], "unlock.after", table, 1, check);
	if (locked.length === 0 && rows.length === table.rows.length)
		check.problem("unlock", "no row is locked (write.locked)");
}

function checkSteps(value: unknown, place: string, table: DeviceTable, least: number, check: Checker): void {
	check.array(value, place, least, 8)?.forEach((one, i) => {
		const at = `${place}[${i}]`;
		const step = check.object(one, at, ["fc", "address", "values"]);
		if (step === undefined) return;
		const fc = check.oneOf(step["fc"] as 5, join(at, "fc"), [5, 6, 16]);
		if (fc && !table.functions.includes(fc)) {
			check.wrong(join(at, "fc"), fc, `the device answers only functions ${table.functions.join(", ")}`);
		}
		const address = check.integer(step["address"], join(at, "address"), 0, 65535);
		const values = check.array(step["values"], join(at, "values"), 1, fc === 16 ? 123 : 1);
		values?.forEach((word, n) => {
			check.integer(word, `${at}.values[${n}]`, 0, fc === 5 ? 1 : 65535);
		});
		if (address !== undefined && values && address + values.length > 65536) {
			check.wrong(join(at, "address"), address, "the last register must be 65535 or before");
		}
	});
}

/** Rows that are written again and again: there, written, and not made to wear. */
export function checkKeepAlive(table: DeviceTable, complete: boolean, check: Checker): void {
	if (table.keepAlive === undefined) return;
	check.array(table.keepAlive, "keepAlive", 1, 8)?.forEach((one, i, all) => {
		const at = `keepAlive[${i}]`;
		const fields = check.object(one, at, ["row", "everyS", "safe", "holdS"]);
		if (fields === undefined) return;
		check.number(fields["everyS"], join(at, "everyS"), 0.1, 3600, "s");
		if (fields["holdS"] !== undefined) check.number(fields["holdS"], join(at, "holdS"), 1, 86_400, "s");
		const row = typeof fields["row"] === "string" ? findRow(table, fields["row"]) : undefined;
		if (row === undefined) {
			if (complete || typeof fields["row"] !== "string")
				check.wrong(join(at, "row"), fields["row"], "there is no such row");
			return;
		}
		if (row.write === undefined) check.wrong(join(at, "row"), row.name, "that row is not written (write)");
		else if (wears(table, row)) check.wrong(join(at, "row"), row.name, "that row wears the device's flash");
		if (all.findIndex((other) => (other as { row?: unknown }).row === row.name) < i) {
			check.wrong(join(at, "row"), row.name, "it stands there already");
		}
		if (fields["safe"] === undefined || row.write === undefined) return;
		const safe = check.number(fields["safe"], join(at, "safe"), -1e15, 1e15, "");
		const refusal = safe === undefined ? undefined : writeRefusal(table, row, safe);
		if (refusal !== undefined) check.wrong(join(at, "safe"), safe, refusal);
	});
}
