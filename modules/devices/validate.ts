import { Checker, type Fields, join, type Problem } from "../base/checker";
import { GridpostError, show } from "../base/errors";
import { frozen } from "../base/frozen";
import { KINDS, type Kind } from "./kinds";
import { type DeviceTable, firstModel, type Row, tableModels } from "./table";
import { fitsSunspecUnit, isCounter, UNIT_MISTAKES, UNITS, type Unit } from "./units";
import { checkReads, checkReferences } from "./validate-rows";

/** What the SunSpec models say about a point: its unit, or undefined when the model has no such point. */
export type PointLookup = (model: number, point: string) => { unit: string } | undefined;

const tableKeys = frozen([
	"id",
	"maker",
	"model",
	"kind",
	"sunspec",
	"fixed",
	"derived",
	"bus",
	"functions",
	"fc",
	"wordOrder",
	"maxRead",
	"maxBits",
	"blocks",
	"never",
	"align",
	"positive",
	"rows",
	"quirks",
	"sources",
	"confidence",
]);
const rowKeys = frozen([
	"name",
	"address",
	"fc",
	"type",
	"words",
	"bits",
	"wordOrder",
	"byteOrder",
	"k",
	"b",
	"times",
	"unit",
	"point",
	"access",
	"poll",
	"range",
	"notAvailable",
	"write",
	"note",
]);
const busKeys = frozen(["baud", "parity", "stop", "unit", "timeoutMs", "pauseMs", "replyMs"]);
const bauds = frozen([1200, 2400, 4800, 9600, 14400, 19200, 38400, 57600, 115200]);
const types = frozen(["u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64", "bcd", "bits", "bit", "string"]);
const orders = frozen(["hi-lo", "lo-hi"]);
const readFunctions = frozen([1, 2, 3, 4]);

/**
 * Every problem of a table at once, each with its place (`rows[3] voltage.type`), the value and what is allowed; none
 * for a table the engine can take. With `points` the SunSpec points are looked up too.
 */
export function validateTable(table: unknown, points?: PointLookup): Problem[] {
	const check = new Checker();
	const top = check.object(table, "", tableKeys);
	if (top === undefined) return check.problems;
	checkHead(top, check);
	checkBus(top["bus"], check);
	checkLimits(top, check);
	const rows = check.array(top["rows"], "rows", 1, 500) ?? [];
	const good: Row[] = [];
	rows.forEach((row, i) => {
		const before = check.problems.length;
		checkRow(row, rowPlace(row, i), top, check);
		if (check.problems.length === before) good.push(row as Row);
	});
	// What follows compares rows with each other and needs a head it can trust.
	const whole = top as unknown as DeviceTable;
	if (check.problems.every((one) => one.place.startsWith("rows["))) {
		const place = (row: Row): string => rowPlace(row, whole.rows.indexOf(row));
		checkReferences(whole, good, place, check);
		checkReads(whole, good, place, check);
		if (points) checkPoints(whole, good, place, points, check);
	}
	return check.problems;
}

/** The table itself when it has no problem. Throws a GridpostError ("bad-table") that lists every problem, one a line. */
export function acceptTable(table: unknown, file: string, points?: PointLookup): DeviceTable {
	const problems = validateTable(table, points);
	if (problems.length === 0) return table as DeviceTable;
	const lines = problems.map((one) => `  ${one.place || "table"}: ${one.message}`);
	const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
	throw new GridpostError("bad-table", `${file} has ${count}:\n${lines.join("\n")}`, {
		origin: "config",
		retry: "never",
		place: file,
	});
}

/** "rows[3] voltage": a person looks for the name, a program for the number. */
function rowPlace(row: unknown, index: number): string {
	const name = typeof row === "object" && row !== null ? (row as Fields)["name"] : undefined;
	return typeof name === "string" && name !== "" ? `rows[${index}] ${name}` : `rows[${index}]`;
}

function checkHead(top: Fields, check: Checker): void {
	if (typeof top["id"] !== "string" || !/^[a-z0-9][a-z0-9-]{1,62}$/.test(top["id"])) {
		check.wrong("id", top["id"], "it must be 2 to 63 small letters, digits and dashes");
	}
	// Model 1 holds 32 characters of each.
	check.text(top["maker"], "maker", 32);
	check.text(top["model"], "model", 32);
	const kind = check.oneOf(top["kind"], "kind", Object.keys(KINDS) as Kind[]);
	const models = check.array(top["sunspec"], "sunspec", 2, 8);
	models?.forEach((model, i) => {
		check.integer(model, `sunspec[${i}]`, 1, 65534);
	});
	if (models && models[0] !== 1) check.wrong("sunspec[0]", models[0], "the common model, 1, must come first");
	if (models && kind && !models.some((model) => KINDS[kind].models.includes(model as number))) {
		check.wrong("sunspec", models, `a ${KINDS[kind].what} needs one of ${KINDS[kind].models.join(", ")}`);
	}
	if (kind && KINDS[kind].positivePower !== undefined) {
		if (top["positive"] !== "import" && top["positive"] !== "export") {
			check.wrong(
				"positive",
				top["positive"],
				'it must say which power the device counts as positive: "import" or "export"',
			);
		}
	} else if (top["positive"] !== undefined)
		check.wrong("positive", top["positive"], `a ${top["kind"]} has no signed power`);
	if (top["fixed"] !== undefined) checkFixed(top["fixed"], check);
	if (top["derived"] !== undefined) check.array(top["derived"], "derived", 1, 16);
	texts(top["quirks"], "quirks", 0, check);
	texts(top["sources"], "sources", 1, check);
	check.oneOf(top["confidence"], "confidence", ["two", "one", "unverified"]);
}

function checkFixed(fixed: unknown, check: Checker): void {
	if (typeof fixed !== "object" || fixed === null || Array.isArray(fixed)) {
		check.wrong("fixed", fixed, "it must be an object of point names and numbers");
		return;
	}
	for (const [point, value] of Object.entries(fixed)) {
		if (typeof value !== "number") check.wrong(join("fixed", point), value, "it must be a number");
	}
}

function texts(value: unknown, place: string, least: number, check: Checker): void {
	check.array(value, place, least, 100)?.forEach((one, i) => {
		check.text(one, `${place}[${i}]`, 400);
	});
}

function checkBus(value: unknown, check: Checker): void {
	const bus = check.object(value, "bus", busKeys);
	if (bus === undefined) return;
	check.oneOf(bus["baud"], "bus.baud", bauds);
	check.oneOf(bus["parity"], "bus.parity", ["none", "even", "odd"]);
	check.oneOf(bus["stop"], "bus.stop", [1, 2]);
	check.integer(bus["unit"], "bus.unit", 1, 255);
	if (bus["timeoutMs"] !== undefined) check.number(bus["timeoutMs"], "bus.timeoutMs", 10, 10_000, "ms");
	if (bus["pauseMs"] !== undefined) check.number(bus["pauseMs"], "bus.pauseMs", 0, 10_000, "ms");
	if (bus["replyMs"] !== undefined) check.number(bus["replyMs"], "bus.replyMs", 0, 10_000, "ms");
}

function checkLimits(top: Fields, check: Checker): void {
	const functions = check.array(top["functions"], "functions", 1, 8);
	functions?.forEach((code, i) => {
		check.oneOf(code as number, `functions[${i}]`, [1, 2, 3, 4, 5, 6, 15, 16]);
	});
	const fc = check.oneOf(top["fc"] as 3, "fc", readFunctions);
	if (functions && fc && !functions.includes(fc)) {
		check.wrong("fc", fc, `the device answers only functions ${functions.join(", ")}`);
	}
	if (top["wordOrder"] !== undefined) check.oneOf(top["wordOrder"] as "hi-lo", "wordOrder", orders);
	check.integer(top["maxRead"], "maxRead", 1, 125);
	if (top["maxBits"] !== undefined) check.integer(top["maxBits"], "maxBits", 1, 2000);
	if (top["align"] !== undefined) check.oneOf(top["align"] as 1, "align", [1, 2]);
	checkRanges(top["blocks"], "blocks", check);
	checkRanges(top["never"], "never", check);
}

function checkRanges(value: unknown, place: string, check: Checker): void {
	if (value === undefined) return;
	check.array(value, place, 1, 100)?.forEach((one, i) => {
		const at = `${place}[${i}]`;
		const range = check.array(one, at, 2, 3);
		if (range === undefined) return;
		const first = check.integer(range[0], `${at}[0]`, 0, 65535);
		const last = check.integer(range[1], `${at}[1]`, 0, 65535);
		if (first !== undefined && last !== undefined && last < first) {
			check.wrong(at, one, "the last address must not lie before the first");
		}
		if (range[2] !== undefined) check.oneOf(range[2] as 3, `${at}[2]`, readFunctions);
	});
}

function checkRow(value: unknown, place: string, top: Fields, check: Checker): void {
	const row = check.object(value, place, rowKeys);
	if (row === undefined) return;
	if (typeof row["name"] !== "string" || !/^[a-z][a-z0-9_]{0,47}$/.test(row["name"])) {
		check.wrong(join(place, "name"), row["name"], "it must be 1 to 48 small letters, digits and underscores");
	}
	check.integer(row["address"], join(place, "address"), 0, 65535);
	const fc = row["fc"] === undefined ? top["fc"] : check.oneOf(row["fc"] as 3, join(place, "fc"), readFunctions);
	const functions = top["functions"];
	if (row["fc"] !== undefined && Array.isArray(functions) && row["access"] !== "w" && !functions.includes(fc)) {
		check.wrong(join(place, "fc"), fc, `the device answers only functions ${functions.join(", ")}`);
	}
	const type = check.oneOf(row["type"] as "u16", join(place, "type"), types);
	if (type !== undefined) checkType(row, type, fc, place, check);
	checkScale(row, place, check);
	checkUnit(row, place, check);
	if (row["access"] !== undefined) check.oneOf(row["access"] as "r", join(place, "access"), ["r", "w", "rw"]);
	if (row["poll"] !== undefined) {
		check.oneOf(row["poll"] as "fast", join(place, "poll"), ["fast", "normal", "slow", "once"]);
		if (row["access"] === "w") check.wrong(join(place, "poll"), row["poll"], "a row that is only written is not read");
	}
	if (row["range"] !== undefined) pair(row["range"], join(place, "range"), check);
	if (row["notAvailable"] !== undefined) {
		check.array(row["notAvailable"], join(place, "notAvailable"), 1, 8)?.forEach((one, i) => {
			check.number(one, `${place}.notAvailable[${i}]`, -Number.MAX_VALUE, Number.MAX_VALUE, "");
		});
	}
	checkPointNames(row, place, check);
	checkWrite(row, top, place, check);
	if (row["note"] !== undefined) check.text(row["note"], join(place, "note"), 200);
}

function checkType(row: Fields, type: string, fc: unknown, place: string, check: Checker): void {
	if ((type === "bit") !== (fc === 1 || fc === 2)) {
		check.wrong(join(place, "type"), type, `function ${show(fc)} reads ${fc === 1 || fc === 2 ? "bits" : "registers"}`);
	}
	if (type === "string") check.integer(row["words"], join(place, "words"), 1, 64);
	else if (type === "bcd") check.integer(row["words"], join(place, "words"), 1, 4);
	else if (row["words"] !== undefined) check.wrong(join(place, "words"), row["words"], `a ${type} knows its own size`);
	if (type === "bits") {
		const bits = check.array(row["bits"], join(place, "bits"), 2, 2);
		const first = bits && check.integer(bits[0], `${place}.bits[0]`, 0, 31);
		const count = bits && check.integer(bits[1], `${place}.bits[1]`, 1, 32);
		if (first !== undefined && count !== undefined && first + count > 32) {
			check.wrong(join(place, "bits"), bits, "the field must end within 32 bits");
		}
	} else if (row["bits"] !== undefined) check.wrong(join(place, "bits"), row["bits"], 'only a "bits" row has them');
	if (row["wordOrder"] !== undefined) check.oneOf(row["wordOrder"] as "hi-lo", join(place, "wordOrder"), orders);
	if (row["byteOrder"] !== undefined) {
		check.oneOf(row["byteOrder"] as "big", join(place, "byteOrder"), ["big", "little"]);
	}
	if ((type === "string") !== (row["unit"] === "text") && type === "string") {
		check.wrong(join(place, "unit"), row["unit"], 'a string has the unit "text"');
	}
}

function checkScale(row: Fields, place: string, check: Checker): void {
	const k = row["k"];
	if (k !== undefined && (typeof k !== "number" || !Number.isFinite(k) || k === 0)) {
		check.wrong(join(place, "k"), k, "it must be a number other than 0 (value = raw * k + b)");
	}
	if (row["b"] !== undefined) check.number(row["b"], join(place, "b"), -1e12, 1e12, "");
	if (row["unit"] === "text" && (k !== undefined || row["b"] !== undefined)) {
		check.wrong(join(place, "k"), k ?? row["b"], "text is not scaled");
	}
	if (row["times"] !== undefined) {
		check.array(row["times"], join(place, "times"), 1, 4)?.forEach((one, i) => {
			if (typeof one !== "string") check.wrong(`${place}.times[${i}]`, one, "it must be the name of a row");
		});
	}
}

function checkUnit(row: Fields, place: string, check: Checker): void {
	const unit = row["unit"];
	if (unit === undefined) {
		check.problem(
			join(place, "unit"),
			`it is missing; allowed are ${UNITS.join(", ")} ("1" for a pure number, "code" for an enumeration)`,
		);
		return;
	}
	const mistake = typeof unit === "string" ? UNIT_MISTAKES[unit] : undefined;
	if (mistake !== undefined) {
		check.wrong(join(place, "unit"), unit, `write ${mistake}`);
		return;
	}
	const good = check.oneOf(unit as Unit, join(place, "unit"), UNITS);
	if (good && isCounter(good) && typeof row["k"] === "number" && row["k"] < 0) {
		check.wrong(join(place, "k"), row["k"], "a counter rises: its k is positive");
	}
}

function checkPointNames(row: Fields, place: string, check: Checker): void {
	const point = row["point"];
	if (point === undefined) return;
	const names = typeof point === "string" ? [point] : check.array(point, join(place, "point"), 1, 8);
	for (const name of names ?? []) {
		if (typeof name !== "string" || !/^([0-9]+\.)?[A-Za-z][A-Za-z0-9_]*$/.test(name)) {
			check.wrong(join(place, "point"), name, 'it must be a SunSpec point, "W" or "1.SN"');
		}
	}
	if (row["poll"] === undefined) check.problem(join(place, "poll"), "a row with a point must say how often it is read");
}

function checkWrite(row: Fields, top: Fields, place: string, check: Checker): void {
	const writable = row["access"] === "w" || row["access"] === "rw";
	if (row["write"] === undefined) {
		if (writable) check.problem(join(place, "write"), "a row that is written must say function, min and max");
		return;
	}
	const at = join(place, "write");
	if (!writable) check.wrong(at, row["write"], 'only a row with access "w" or "rw" has it');
	const rule = check.object(row["write"], at, ["fc", "min", "max", "allowed"]);
	if (rule === undefined) return;
	const fc = check.oneOf(rule["fc"] as 5, join(at, "fc"), [5, 6, 15, 16]);
	const functions = top["functions"];
	if (fc && Array.isArray(functions) && !functions.includes(fc)) {
		check.wrong(join(at, "fc"), fc, `the device answers only functions ${functions.join(", ")}`);
	}
	const wide = row["type"] !== "u16" && row["type"] !== "s16";
	if (fc === 6 && wide) check.wrong(join(at, "fc"), fc, `function 6 writes one register, not a ${show(row["type"])}`);
	if (fc && (fc === 5 || fc === 15) !== (row["type"] === "bit")) {
		check.wrong(join(at, "fc"), fc, `it does not write a ${show(row["type"])}`);
	}
	if (row["type"] === "bits" || row["type"] === "string" || row["times"] !== undefined) {
		check.problem(at, "bit fields, texts and rows with ratios are not written: their neighbours would be overwritten");
	}
	pair([rule["min"], rule["max"]], at, check);
	if (rule["allowed"] !== undefined) {
		check.array(rule["allowed"], join(at, "allowed"), 1, 64)?.forEach((one, i) => {
			check.number(one, `${at}.allowed[${i}]`, Number(rule["min"]), Number(rule["max"]), "");
		});
	}
}

function pair(value: unknown, place: string, check: Checker): void {
	const both = check.array(value, place, 2, 2);
	if (both === undefined) return;
	const least = check.number(both[0], `${place} min`, -1e15, 1e15, "");
	const most = check.number(both[1], `${place} max`, -1e15, 1e15, "");
	if (least !== undefined && most !== undefined && least >= most) {
		check.wrong(place, value, "the least must be below the greatest");
	}
}

function checkPoints(
	table: DeviceTable,
	rows: readonly Row[],
	place: (row: Row) => string,
	points: PointLookup,
	check: Checker,
): void {
	for (const row of rows) {
		for (const name of row.point === undefined ? [] : [row.point].flat()) {
			const unknown = checkPoint(table, name, row.unit, points);
			if (unknown) check.wrong(join(place(row), "point"), name, unknown);
		}
	}
	for (const name of Object.keys(table.fixed ?? {})) {
		const unknown = checkPoint(table, name, undefined, points);
		if (unknown) check.wrong("fixed", name, unknown);
	}
	for (const one of table.derived ?? []) {
		const unknown = checkPoint(table, [one.point].flat()[0]!, undefined, points);
		if (unknown) check.wrong("derived", one.point, unknown);
	}
}

/** What is wrong with a point, or undefined. */
function checkPoint(table: DeviceTable, name: string, unit: Unit | undefined, points: PointLookup): string | undefined {
	const dot = name.indexOf(".");
	const model = dot < 0 ? firstModel(table) : Number(name.slice(0, dot));
	if (!tableModels(table).some((one) => one.id === model)) return `the table's models are ${table.sunspec.join(", ")}`;
	const found = points(model, name.slice(dot + 1));
	if (found === undefined) return `model ${model} has no such point`;
	if (unit === undefined || fitsSunspecUnit(unit, found.unit)) return undefined;
	return `the model has it in ${found.unit || "no unit"}, the row in ${unit}`;
}
