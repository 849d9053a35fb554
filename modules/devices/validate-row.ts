import { type Checker, type Fields, join } from "../base/checker";
import { show } from "../base/errors";
import { frozen } from "../base/frozen";
import { pointForms, readPoint } from "./points";
import { type Row, rowWords } from "./table";
import { isCounter, UNIT_MISTAKES, UNITS, type Unit } from "./units";
import { checkMeaning, checkWhen } from "./validate-meaning";
import { checkRowRecord, checkWriteRecord, isModbus } from "./validate-records";

const rowKeys = frozen([
	"name",
	"address",
	"record",
	"path",
	"fc",
	"type",
	"high",
	"again",
	"words",
	"bytes",
	"bits",
	"signed",
	"wordOrder",
	"byteOrder",
	"k",
	"b",
	"above",
	"map",
	"bitMap",
	"texts",
	"otherwise",
	"power10",
	"accumulates",
	"restarts",
	"times",
	"when",
	"positive",
	"unit",
	"point",
	"access",
	"poll",
	"range",
	"notAvailable",
	"write",
	"note",
]);
const types = frozen(
	["u16", "s16", "sm16", "u32", "s32", "sm32", "u64", "s64", "f32", "f64", "bcd", "bits", "bit", "string"].concat([
		"u8",
		"s8",
		"number",
	]),
);
/** Only in records. */
const byteTypes = frozen<readonly string[]>(["u8", "s8", "number"]);
const orders = frozen(["hi-lo", "lo-hi"]);
const readFunctions = frozen([1, 2, 3, 4]);

const ruleKeys = frozen(["fc", "min", "max", "allowed", "clock", "record", "nearest", "locked", "persistent", "block"]);

/** One row by itself, in a table whose head is `top`. */
export function checkRow(value: unknown, place: string, top: Fields, check: Checker): void {
	const row = check.object(value, place, rowKeys);
	if (row === undefined) return;
	if (typeof row["name"] !== "string" || !/^[a-z][a-z0-9_]{0,47}$/.test(row["name"])) {
		check.wrong(join(place, "name"), row["name"], "it must be 1 to 48 small letters, digits and underscores");
	}
	check.integer(row["address"], join(place, "address"), 0, 65535);
	const inRecord = row["record"] !== undefined;
	if (inRecord) checkRowRecord(row, place, top, check);
	const fc =
		row["fc"] === undefined || inRecord ? top["fc"] : check.oneOf(row["fc"] as 3, join(place, "fc"), readFunctions);
	const functions = top["functions"];
	if (
		row["fc"] !== undefined &&
		!inRecord &&
		Array.isArray(functions) &&
		row["access"] !== "w" &&
		!functions.includes(fc)
	) {
		check.wrong(join(place, "fc"), fc, `the device answers only functions ${functions.join(", ")}`);
	}
	const type = check.oneOf(row["type"] as "u16", join(place, "type"), types);
	if (type !== undefined) checkType(row, type, inRecord ? 3 : fc, place, check);
	checkHigh(row, place, check);
	checkScale(row, place, check);
	checkMeaning(row, place, check);
	checkUnit(row, place, check);
	if (row["when"] !== undefined) checkWhen(row["when"], join(place, "when"), check);
	if (row["again"] !== undefined && typeof row["again"] !== "string") {
		check.wrong(join(place, "again"), row["again"], "it must be the name of a row");
	}
	if (row["access"] !== undefined) check.oneOf(row["access"] as "r", join(place, "access"), ["r", "w", "rw"]);
	if (row["poll"] !== undefined) {
		check.oneOf(row["poll"] as "fast", join(place, "poll"), ["fast", "normal", "slow", "once"]);
		if (row["access"] === "w") check.wrong(join(place, "poll"), row["poll"], "a row that is only written is not read");
	}
	if (row["range"] !== undefined) pair(row["range"], join(place, "range"), check);
	if (row["notAvailable"] !== undefined) {
		const floats = row["type"] === "f32" || row["type"] === "f64";
		check.array(row["notAvailable"], join(place, "notAvailable"), 1, 8)?.forEach((one, i) => {
			if (floats && Number.isNaN(one)) return;
			check.number(one, `${place}.notAvailable[${i}]`, -Number.MAX_VALUE, Number.MAX_VALUE, "");
		});
	}
	checkPointNames(row, place, check);
	checkWrite(row, top, place, check);
	if (row["note"] !== undefined) check.text(row["note"], join(place, "note"), 200);
}

function checkType(row: Fields, type: string, fc: unknown, place: string, check: Checker): void {
	const inRecord = row["record"] !== undefined;
	if (!inRecord && byteTypes.includes(type)) check.wrong(join(place, "type"), type, "only a row of a record has it");
	if (!inRecord && row["path"] !== undefined)
		check.wrong(join(place, "path"), row["path"], "only a row of a record has it");
	if (row["signed"] !== undefined && (type !== "bits" || !inRecord)) {
		check.wrong(join(place, "signed"), row["signed"], 'only a "bits" row of a record has it');
	} else if (row["signed"] !== undefined) check.boolean(row["signed"], join(place, "signed"));
	if (row["power10"] !== undefined) {
		check.boolean(row["power10"], join(place, "power10"));
		if (type === "string" || row["map"] !== undefined || row["texts"] !== undefined || row["bitMap"] !== undefined) {
			check.wrong(join(place, "power10"), row["power10"], "an exponent is a number that is only scaled");
		}
	}
	if (row["accumulates"] !== undefined) {
		check.boolean(row["accumulates"], join(place, "accumulates"));
		if (!isCounter(row["unit"] as Unit)) {
			check.wrong(join(place, "accumulates"), row["unit"], "only a counter (Wh, VAh, varh) adds up what it reads");
		}
	}
	if (row["restarts"] !== undefined) {
		check.boolean(row["restarts"], join(place, "restarts"));
		if (!isCounter(row["unit"] as Unit) || row["accumulates"] === true) {
			check.wrong(
				join(place, "restarts"),
				row["unit"],
				"only an energy (Wh, VAh, varh) that is read as it stands has it",
			);
		}
	}
	if ((type === "bit") !== (fc === 1 || fc === 2)) {
		check.wrong(join(place, "type"), type, `function ${show(fc)} reads ${fc === 1 || fc === 2 ? "bits" : "registers"}`);
	}
	if (inRecord) checkBytes(row, type, place, check);
	else if (row["bytes"] !== undefined) check.wrong(join(place, "bytes"), row["bytes"], "only a row of a record has it");
	if (inRecord) {
		// its size is in bytes
	} else if (type === "string") check.integer(row["words"], join(place, "words"), 1, 64);
	else if (type === "bcd") check.integer(row["words"], join(place, "words"), 1, 4);
	else if (row["words"] !== undefined) check.wrong(join(place, "words"), row["words"], `a ${type} knows its own size`);
	if (type === "bits") {
		const bits = check.array(row["bits"], join(place, "bits"), 2, 2);
		// a record's field goes through a number of 53 bits
		const most = inRecord ? 48 : 32;
		const first = bits && check.integer(bits[0], `${place}.bits[0]`, 0, most - 1);
		const count = bits && check.integer(bits[1], `${place}.bits[1]`, 1, 32);
		if (first !== undefined && count !== undefined && first + count > most) {
			check.wrong(join(place, "bits"), bits, `the field must end within ${most} bits`);
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

function checkBytes(row: Fields, type: string, place: string, check: Checker): void {
	const at = join(place, "bytes");
	if (type === "string") check.integer(row["bytes"], at, 1, 128);
	else if (type === "bcd") check.integer(row["bytes"], at, 1, 7);
	else if (type === "bits" && row["bytes"] !== undefined) check.integer(row["bytes"], at, 1, 6);
	else if (row["bytes"] !== undefined) check.wrong(at, row["bytes"], `a ${type} knows its own size`);
}

/** Words that are no neighbours. */
function checkHigh(row: Fields, place: string, check: Checker): void {
	if (row["high"] === undefined) return;
	const at = join(place, "high");
	const high = check.integer(row["high"], at, 0, 65535);
	if (row["type"] !== "u32" && row["type"] !== "s32") {
		check.wrong(at, row["high"], `only a u32 or s32 has it, no ${show(row["type"])}`);
	}
	if (row["wordOrder"] !== undefined) {
		check.wrong(join(place, "wordOrder"), row["wordOrder"], "address and high say which word is which");
	}
	const address = Number(row["address"]);
	if (high === address) check.wrong(at, high, "it must be another register than the low word");
	else if (high !== undefined && Math.abs(high - address) === 1) {
		const first = Math.min(high, address);
		check.wrong(at, high, `neighbours are address ${first} with wordOrder "${high < address ? "hi-lo" : "lo-hi"}"`);
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
		if (typeof name !== "string" || readPoint(name, 1) === undefined) {
			check.wrong(join(place, "point"), name, pointForms);
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
	const rule = check.object(row["write"], at, ruleKeys);
	if (rule === undefined) return;
	const modbus = isModbus(top["protocol"]);
	if (rule["record"] !== undefined) checkWriteRecord(rule["record"], join(at, "record"), top, check);
	const fc = check.oneOf(rule["fc"] as 5, join(at, "fc"), [5, 6, 15, 16]);
	const functions = top["functions"];
	if (fc && modbus && Array.isArray(functions) && !functions.includes(fc)) {
		check.wrong(join(at, "fc"), fc, `the device answers only functions ${functions.join(", ")}`);
	}
	const wide = row["type"] !== "u16" && row["type"] !== "s16" && row["type"] !== "sm16";
	if (fc === 6 && wide) check.wrong(join(at, "fc"), fc, `function 6 writes one register, not a ${show(row["type"])}`);
	if (fc && (fc === 5 || fc === 15) !== (row["type"] === "bit")) {
		check.wrong(join(at, "fc"), fc, `it does not write a ${show(row["type"])}`);
	}
	if (
		row["record"] !== undefined &&
		modbus &&
		(row["type"] === "u8" || row["type"] === "s8" || Number(row["address"]) % 2 !== 0)
	) {
		check.problem(at, "half a register is not written: its neighbour would be overwritten");
	}
	if (row["type"] === "bits" || row["type"] === "string") {
		check.problem(at, "bit fields and texts are not written: their neighbours would be overwritten");
	}
	if (row["times"] !== undefined && row["access"] !== "w") {
		check.problem(at, 'a row with ratios is not read back: its access is "w"');
	}
	if (row["high"] !== undefined)
		check.problem(at, "two words that are no neighbours are not written: not in one request");
	if (row["bitMap"] !== undefined || row["texts"] !== undefined) {
		check.problem(at, "maps of bits are not written: several registers mean the same");
	}
	checkInverse(row["map"], at, check);
	pair([rule["min"], rule["max"]], at, check);
	for (const key of ["clock", "nearest", "locked", "persistent"]) {
		if (rule[key] !== undefined) check.boolean(rule[key], join(at, key));
	}
	if (rule["block"] !== undefined) checkWriteBlock(rule["block"], row, fc, join(at, "block"), check);
	if (rule["allowed"] !== undefined) {
		check.array(rule["allowed"], join(at, "allowed"), 1, 64)?.forEach((one, i) => {
			check.number(one, `${at}.allowed[${i}]`, Number(rule["min"]), Number(rule["max"]), "");
		});
	}
}

/** What is written with its neighbours, as they are. */
function checkWriteBlock(value: unknown, row: Fields, fc: number | undefined, place: string, check: Checker): void {
	const range = check.array(value, place, 2, 2);
	if (range === undefined) return;
	const address = Number(row["address"]);
	const end = address + rowWords(row as unknown as Row) - 1;
	const first = check.integer(range[0], `${place}[0]`, 0, address);
	check.integer(range[1], `${place}[1]`, end, (first ?? address) + 122);
	if (fc !== 16 || row["record"] !== undefined)
		check.wrong(place, value, "only registers written with function 16 have it");
}

/** What is written has one raw value. */
function checkInverse(map: unknown, place: string, check: Checker): void {
	if (typeof map !== "object" || map === null) return;
	const raws = new Map<unknown, string>();
	for (const [raw, value] of Object.entries(map)) {
		const other = raws.get(value);
		if (other !== undefined) check.problem(place, `${other} and ${raw} of the map both mean ${show(value)}`);
		raws.set(value, raw);
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
