import { type Checker, join } from "../base/checker";
import { frozen } from "../base/frozen";
import { type DerAbility, derAbilities } from "../sunspec/der/types";
import { KINDS } from "./kinds";
import { pointPath } from "./points";
import { type Control, type DeviceTable, findRow, modelPoint, pointNames, type Row, tableModels } from "./table";
import { checkPart } from "./validate-rows";
import { writeRefusal } from "./write";

const controlKeys = frozen(["ability", "row", "percentOf", "dividedBy", "k", "b", "active", "free"]);

/** The controls of a table against its rows. `rows`: those without a problem. */
export function checkControls(table: DeviceTable, rows: readonly Row[], check: Checker): void {
	const controls = table.controls ?? [];
	if (controls.length > 0 && KINDS[table.kind].positive === "import") {
		check.problem("controls", `a ${KINDS[table.kind].what} has none`);
	}
	const names = new Map(rows.map((row) => [row.name, row]));
	const known = { names, points: new Map(), complete: rows.length === table.rows.length };
	for (const one of [...rows, ...(table.derived ?? [])]) {
		for (const name of pointNames(one.point)) {
			known.points.set(pointPath(modelPoint(table, name)), { place: "", when: undefined });
		}
	}
	controls.forEach((control, i) => {
		const at = `controls[${i}]`;
		const fields = check.object(control, at, controlKeys);
		if (fields === undefined) return;
		check.oneOf(fields["ability"] as DerAbility, join(at, "ability"), derAbilities);
		for (const key of ["percentOf", "dividedBy"]) {
			if (fields[key] === undefined) continue;
			// A rating the device does not tell is the site's, in the model 702 that the hub adds.
			const added = fields[key] === "702.WMaxRtg" && !tableModels(table).some((model) => model.id === 702);
			if (!added) checkPart(table, fields[key], join(at, key), known, check);
			if (fields["ability"] === "energize" || fields["ability"] === "pf") {
				check.wrong(join(at, key), fields[key], `${fields["ability"]} is no power`);
			}
		}
		const k = fields["k"] === undefined ? 1 : check.number(fields["k"], join(at, "k"), -1e12, 1e12, "");
		if (k === 0) check.wrong(join(at, "k"), k, "it must be a number other than 0 (written = field * k + b)");
		if (fields["b"] !== undefined) check.number(fields["b"], join(at, "b"), -1e12, 1e12, "");
		checkTarget(table, control, at, known.complete, check);
		const twin = controls.slice(0, i).find((one) => one.row === control.row && one.ability !== control.ability);
		if (twin && (twin.active === undefined || control.active === undefined)) {
			check.wrong(
				join(at, "row"),
				control.row,
				`${twin.ability} writes it already; a switch for both has "active" in both`,
			);
		}
	});
}

/** Orders name rows that are written, each once. */
export function checkOrders(table: DeviceTable, complete: boolean, check: Checker): void {
	(table.orders ?? []).forEach((order, i) => {
		const at = `orders[${i}]`;
		const fields = check.object(order, at, ["rows", "rises"]);
		const rows = fields && check.array(fields["rows"], join(at, "rows"), 2, 16);
		if (fields?.["rises"] !== undefined) check.boolean(fields["rises"], join(at, "rises"));
		rows?.forEach((name, n) => {
			const row = typeof name === "string" ? findRow(table, name) : undefined;
			if (row === undefined) {
				if (complete) check.wrong(join(at, "rows"), name, "there is no such row");
			} else if (row.write === undefined) check.wrong(join(at, "rows"), name, "that row is not written");
			else if (rows.indexOf(name) !== n) check.wrong(join(at, "rows"), name, "it stands there already");
		});
	});
}

/** The row it writes, and the values that are always the same. */
function checkTarget(table: DeviceTable, control: Control, at: string, complete: boolean, check: Checker): void {
	const row = table.rows.find((one) => one.name === control.row);
	if (row === undefined) {
		check.wrong(join(at, "row"), control.row, "there is no such row");
		return;
	}
	if (row.write === undefined) {
		if (complete) check.wrong(join(at, "row"), control.row, "that row is not written (write)");
		return;
	}
	for (const key of ["active", "free"] as const) {
		const value = control[key];
		if (value === undefined) continue;
		const refusal = typeof value === "number" ? writeRefusal(table, row, value) : "it must be a number";
		if (refusal !== undefined) check.problem(join(at, key), `${row.name}: ${refusal}`);
	}
}
