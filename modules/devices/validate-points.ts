import { type Checker, join } from "../base/checker";
import { GridpostError } from "../base/errors";
import { frozen } from "../base/frozen";
import { type ModelPoint, readPoint } from "./points";
import { type DeviceTable, firstModel, isSignedRow, modelPoint, pointNames, type Row, tableModels } from "./table";
import { fitsSunspecUnit, type Unit } from "./units";

/** What the SunSpec models say about a point of a table, or undefined when there is no such point. */
export type PointLookup = (point: ModelPoint) => { readonly unit: string; readonly type: string } | undefined;

/** DC ports and batteries: what flows there has nothing to do with the direction at the grid. */
const dcModels = frozen<readonly number[]>([160, 403, 404, 713, 714, 802, 803, 804]);

/** Every point a table names, against the models. */
export function checkPoints(
	table: DeviceTable,
	rows: readonly Row[],
	place: (row: Row) => string,
	pointsOf: (table: DeviceTable) => PointLookup,
	check: Checker,
): void {
	let lookup: PointLookup;
	try {
		lookup = pointsOf(table);
	} catch (error) {
		if (!(error instanceof GridpostError)) throw error;
		check.problem("sunspec", error.message);
		return;
	}
	for (const row of rows) {
		const at = join(place(row), "point");
		for (const name of pointNames(row.point)) {
			const unknown = checkPoint(table, name, row.unit, lookup);
			if (unknown) check.wrong(at, name, unknown);
			else if (table.kind === "inverter" && row.positive === undefined && row.unit === "W" && isSignedRow(row)) {
				const { model } = modelPoint(table, name);
				if (!dcModels.includes(model)) continue;
				check.problem(join(place(row), "positive"), `model ${model} is no grid: the row says its own direction`);
			}
		}
	}
	for (const [name, value] of Object.entries(table.fixed ?? {})) {
		const unknown = checkPoint(table, name, undefined, lookup);
		if (unknown) check.wrong("fixed", name, unknown);
		else if ((lookup(modelPoint(table, name))?.type === "string") !== (typeof value === "string")) {
			check.wrong(
				join("fixed", name),
				value,
				typeof value === "string" ? "the point is a number" : "the point is text",
			);
		}
	}
	(table.derived ?? []).forEach((one, i) => {
		for (const name of [...pointNames(one.point), ...one.of]) {
			const unknown = name[0] === "@" ? undefined : checkPoint(table, name, undefined, lookup);
			if (unknown) check.wrong("derived", name, `${unknown} (derived[${i}])`);
		}
	});
}

/** What is wrong with a point, or undefined. */
function checkPoint(table: DeviceTable, name: string, unit: Unit | undefined, points: PointLookup): string | undefined {
	const point = readPoint(name, firstModel(table));
	if (point === undefined) return "it is no name of a point";
	const models = tableModels(table).map((one) => one.id);
	if (models.filter((id) => id === point.model).length < point.occurrence) {
		return `the table's models are ${models.join(", ")}`;
	}
	const found = points(point);
	if (found === undefined) return `model ${point.model} has no such point`;
	if (unit === undefined || fitsSunspecUnit(unit, found.unit)) return undefined;
	return `the model has it in ${found.unit || "no unit"}, the row in ${unit}`;
}
