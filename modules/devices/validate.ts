import { Checker, type Fields, join, type Problem } from "../base/checker";
import { GridpostError } from "../base/errors";
import { frozen } from "../base/frozen";
import { KINDS, type Kind } from "./kinds";
import type { DeviceTable, Protocol, Row } from "./table";
import { checkControls, checkOrders } from "./validate-controls";
import { checkDrive } from "./validate-drive";
import { checkEvse } from "./validate-evse";
import { checkPoints, type PointLookup } from "./validate-points";
import { checkRecords, isModbus } from "./validate-records";
import { checkRow } from "./validate-row";
import { checkReads, checkReferences } from "./validate-rows";
import { checkKeepAlive, checkUnlock } from "./validate-unlock";

const tableKeys = frozen([
	"id",
	"maker",
	"model",
	"kind",
	"sunspec",
	"fixed",
	"derived",
	"controls",
	"orders",
	"eeprom",
	"drive",
	"evse",
	"protocol",
	"bus",
	"records",
	"unlock",
	"keepAlive",
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
const busKeys = frozen(["baud", "parity", "stop", "unit", "replyUnit", "timeoutMs", "pauseMs", "replyMs"]);
const bauds = frozen<readonly number[]>([1200, 2400, 4800, 9600, 14400, 19200, 38400, 57600, 115200]);
const canBauds = frozen([125_000, 250_000, 500_000, 800_000, 1_000_000]);
const protocols = frozen<readonly Protocol[]>(
	(["modbus", "modbus-ascii", "can", "huanyang", "daly", "jk", "pylontech", "vedirect"] as Protocol[]).concat([
		"json-http",
		"json-mqtt",
		"atm90e32",
		"relay",
	]),
);
const orders = frozen(["hi-lo", "lo-hi"]);
const readFunctions = frozen([1, 2, 3, 4]);

/**
 * Every problem of a table at once, each with its place (`rows[3] voltage.type`), the value and what is allowed; none
 * for a table the engine can take. With `points` the SunSpec points are looked up too (see table-points.ts).
 */
export function validateTable(table: unknown, points?: (table: DeviceTable) => PointLookup): Problem[] {
	const check = new Checker();
	const top = check.object(table, "", tableKeys);
	if (top === undefined) return check.problems;
	checkHead(top, check);
	const protocol =
		top["protocol"] === undefined ? "modbus" : check.oneOf(top["protocol"] as Protocol, "protocol", protocols);
	checkBus(top["bus"], protocol, check);
	checkLimits(top, protocol, check);
	checkRecords(top, protocol, check);
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
		// What is derived from names that are none is not looked at further.
		const derived = check.problems.every((one) => !one.place.startsWith("derived[")) ? whole.derived : undefined;
		const sound = derived === undefined ? { ...whole, derived: [] } : whole;
		checkControls(sound, good, check);
		checkOrders(sound, good.length === sound.rows.length, check);
		checkUnlock(sound, good, place, check);
		checkDrive(sound, good.length === sound.rows.length, check);
		checkEvse(sound, good.length === sound.rows.length, check);
		checkKeepAlive(sound, good.length === sound.rows.length, check);
		if (points) checkPoints(sound, good, place, points, check);
	}
	return check.problems;
}

/** The table itself when it has no problem. Throws a GridpostError ("bad-table") that lists every problem, one a line. */
export function acceptTable(table: unknown, file: string, points?: (table: DeviceTable) => PointLookup): DeviceTable {
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
	const models = check.array(top["sunspec"], "sunspec", 2, 24)?.map((model, i) => modelId(model, i, check));
	if (models && models[0] !== 1) check.wrong("sunspec[0]", models[0], "the common model, 1, must come first");
	if (models && kind && !models.some((model) => KINDS[kind].models.includes(Number(model)))) {
		check.wrong("sunspec", models, `a ${KINDS[kind].what} needs one of ${KINDS[kind].models.join(", ")}`);
	}
	if (kind) checkDirection(top["positive"], kind, check);
	if (top["eeprom"] !== undefined) check.boolean(top["eeprom"], "eeprom");
	if (top["orders"] !== undefined) check.array(top["orders"], "orders", 1, 16);
	if (top["controls"] !== undefined) check.array(top["controls"], "controls", 1, 32);
	if (top["fixed"] !== undefined) checkFixed(top["fixed"], check);
	if (top["derived"] !== undefined) check.array(top["derived"], "derived", 1, 64);
	texts(top["quirks"], "quirks", 0, check);
	texts(top["sources"], "sources", 1, check);
	check.oneOf(top["confidence"], "confidence", ["two", "one", "unverified"]);
}

/** The id of an entry of `sunspec`, a number or a model with repeats or a text of its own. */
function modelId(entry: unknown, index: number, check: Checker): unknown {
	const at = `sunspec[${index}]`;
	if (typeof entry !== "object" || entry === null) return check.integer(entry, at, 1, 65534) ?? entry;
	const model = check.object(entry, at, ["id", "repeats", "text"]);
	if (model === undefined) return entry;
	check.integer(model["id"], join(at, "id"), 1, 65534);
	if (model["text"] !== undefined && typeof model["text"] !== "string") {
		check.wrong(join(at, "text"), model["text"], "it must be a model text (defineModel)");
	}
	const repeats = model["repeats"];
	if (repeats === undefined) return model["id"];
	if (typeof repeats !== "object" || repeats === null) check.integer(repeats, join(at, "repeats"), 0, 1000);
	else for (const [name, count] of Object.entries(repeats)) check.integer(count, `${at}.repeats.${name}`, 0, 1000);
	return model["id"];
}

/** A kind with signed power says which way the device counts. */
function checkDirection(positive: unknown, kind: Kind, check: Checker): void {
	const { directions, what } = KINDS[kind];
	if (directions.length === 0) {
		if (positive !== undefined) check.wrong("positive", positive, `a ${what} has no signed power`);
	} else if (!directions.includes(positive as "import")) {
		const allowed = directions.map((one) => `"${one}"`).join(" or ");
		check.wrong("positive", positive, `it must say which power the device counts as positive: ${allowed}`);
	}
}

function checkFixed(fixed: unknown, check: Checker): void {
	if (typeof fixed !== "object" || fixed === null || Array.isArray(fixed)) {
		check.wrong("fixed", fixed, "it must be an object of point names and values");
		return;
	}
	for (const [point, value] of Object.entries(fixed)) {
		if (typeof value !== "number" && typeof value !== "string") {
			check.wrong(join("fixed", point), value, "it must be a number or text");
		}
	}
}

function texts(value: unknown, place: string, least: number, check: Checker): void {
	check.array(value, place, least, 100)?.forEach((one, i) => {
		check.text(one, `${place}[${i}]`, 400);
	});
}

function checkBus(value: unknown, protocol: Protocol | undefined, check: Checker): void {
	const bus = check.object(value, "bus", busKeys);
	if (bus === undefined) return;
	if (protocol === "can") check.oneOf(bus["baud"], "bus.baud", canBauds);
	else if (protocol !== undefined && isOnLine(protocol))
		check.oneOf(bus["baud"], "bus.baud", bauds.concat(protocol === "modbus" ? 0 : []));
	else check.number(bus["baud"], "bus.baud", 0, 10_000_000, "");
	if (bus["replyUnit"] !== undefined) check.integer(bus["replyUnit"], "bus.replyUnit", 1, 255);
	check.oneOf(bus["parity"], "bus.parity", ["none", "even", "odd"]);
	check.oneOf(bus["stop"], "bus.stop", [1, 2]);
	check.integer(bus["unit"], "bus.unit", 1, 255);
	if (bus["timeoutMs"] !== undefined) check.number(bus["timeoutMs"], "bus.timeoutMs", 10, 10_000, "ms");
	if (bus["pauseMs"] !== undefined) check.number(bus["pauseMs"], "bus.pauseMs", 0, 10_000, "ms");
	if (bus["replyMs"] !== undefined) check.number(bus["replyMs"], "bus.replyMs", 0, 10_000, "ms");
}

/** Whether it is bytes on a serial line. Modbus may be a connection too: its baud is then 0. */
function isOnLine(protocol: Protocol): boolean {
	return !["can", "json-http", "json-mqtt", "atm90e32", "relay"].includes(protocol);
}

function checkLimits(top: Fields, protocol: Protocol | undefined, check: Checker): void {
	// what is no Modbus has no functions
	if (!isModbus(protocol)) return;
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
