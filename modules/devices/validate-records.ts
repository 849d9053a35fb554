import { type Checker, type Fields, join } from "../base/checker";
import { frozen } from "../base/frozen";
import type { Protocol } from "./table";
import { checkCanRecord } from "./validate-can";

const recordKeys = frozen([
	"name",
	"key",
	"bytes",
	"least",
	"fc",
	"extended",
	"everyMs",
	"mux",
	"request",
	"perUnit",
	"requestPerUnit",
	"partBytes",
	"write",
]);
/** What is found in a text by its path or label. */
const textProtocols = frozen<readonly string[]>(["json-http", "json-mqtt", "vedirect"]);

export function isModbus(protocol: unknown): boolean {
	return protocol === undefined || protocol === "modbus" || protocol === "modbus-ascii";
}

/** Byte-addressed pieces: names and keys that are one's own, sizes, what only some protocols have. */
export function checkRecords(top: Fields, protocol: Protocol | undefined, check: Checker): void {
	if (top["records"] === undefined) {
		const rows = Array.isArray(top["rows"]) ? (top["rows"] as Fields[]) : [];
		if (!isModbus(protocol) && rows.every((row) => row?.["address"] === undefined || row["path"] !== undefined))
			check.problem("records", `a table of the protocol ${protocol} says what its records are`);
		return;
	}
	const names = new Set<unknown>();
	const keys = new Set<string>();
	check.array(top["records"], "records", 1, 64)?.forEach((one, i) => {
		const at = `records[${i}]`;
		const record = check.object(one, at, recordKeys);
		if (record === undefined) return;
		check.text(record["name"], join(at, "name"), 40);
		if (names.has(record["name"])) check.wrong(join(at, "name"), record["name"], "another record has it already");
		names.add(record["name"]);
		checkKey(record, protocol, join(at, "key"), check);
		const print = printOf(record);
		if (keys.has(print)) check.wrong(join(at, "key"), record["key"], "another record has it already");
		keys.add(print);
		if (protocol === "can") checkCanRecord(record, at, check);
		checkSize(record, protocol, at, check);
		checkRest(record, protocol, at, check);
	});
}

/** What must be a record's own. */
function printOf({ key, mux, extended, fc, request }: Fields): string {
	return JSON.stringify([key, mux ?? "", extended === true, fc ?? "", request ?? ""]);
}

function checkKey(record: Fields, protocol: Protocol | undefined, place: string, check: Checker): void {
	const { key } = record;
	if (isModbus(protocol)) {
		check.integer(key, place, 0, 65535);
	} else if (protocol === "json-http" || protocol === "json-mqtt") {
		if (typeof key !== "string" || key === "") check.wrong(place, key, "it must be a path or topic as text");
	} else if (typeof key !== "string" && protocol !== "can") check.integer(key, place, 0, 0x1fffffff);
}

function checkSize(record: Fields, protocol: Protocol | undefined, at: string, check: Checker): void {
	const bytes =
		protocol === "can" ? Number(record["bytes"]) : check.integer(record["bytes"], join(at, "bytes"), 1, 2048);
	if (record["least"] !== undefined) check.integer(record["least"], join(at, "least"), 0, bytes ?? 2048);
	if (isModbus(protocol) && bytes !== undefined && (bytes % 2 !== 0 || bytes > 250)) {
		check.wrong(join(at, "bytes"), bytes, "a read has whole registers, 2 to 250 bytes of them");
	}
}

function checkRest(record: Fields, protocol: Protocol | undefined, at: string, check: Checker): void {
	if (record["fc"] !== undefined) {
		if (isModbus(protocol)) check.oneOf(record["fc"] as 3, join(at, "fc"), [3, 4]);
		else check.wrong(join(at, "fc"), record["fc"], "only Modbus has functions");
	}
	if (record["write"] !== undefined) check.boolean(record["write"], join(at, "write"));
	if (record["everyMs"] !== undefined) check.number(record["everyMs"], join(at, "everyMs"), 1, 3_600_000, "ms");
	if (record["request"] !== undefined && typeof record["request"] !== "string") {
		check.wrong(join(at, "request"), record["request"], "it must be text");
	}
	if (protocol === "can") return;
	for (const key of ["extended", "mux", "perUnit", "requestPerUnit", "partBytes"]) {
		if (record[key] !== undefined) check.wrong(join(at, key), record[key], "only frames on a CAN bus have it");
	}
}

/** A row against the record it names: there, read rather than sent, and by path where it is a text. */
export function checkRowRecord(row: Fields, place: string, top: Fields, check: Checker): void {
	const at = join(place, "record");
	const record = recordOf(row["record"], top);
	if (record === undefined) {
		const names = records(top).map((one) => String(one?.["name"]));
		const allowed = names.length === 0 ? "the table has no records" : `the records are ${names.join(", ")}`;
		check.wrong(at, row["record"], allowed);
	} else if (record["write"] === true && (row["access"] !== "w" || row["poll"] !== undefined)) {
		check.wrong(at, row["record"], 'that record is sent, not read: its rows have access "w" and no poll');
	}
	for (const key of ["fc", "high", "wordOrder", "words"]) {
		if (row[key] !== undefined) check.wrong(join(place, key), row[key], "a row of a record has bytes, not registers");
	}
	const isText = textProtocols.includes(String(top["protocol"]));
	if (row["path"] !== undefined) {
		check.text(row["path"], join(place, "path"), 120);
		if (!isText) check.wrong(join(place, "path"), row["path"], "a frame is no text: it has bytes and no paths");
		else if (row["type"] !== "number" && row["type"] !== "string") {
			check.wrong(join(place, "type"), row["type"], 'a value with a path is a "number" or a "string"');
		}
	} else if (isText && record?.["write"] !== true && row["access"] !== "w") {
		check.problem(join(place, "path"), "it is missing: a row of a text says where it stands");
	}
}

/** The record that carries what is written. */
export function checkWriteRecord(name: unknown, place: string, top: Fields, check: Checker): void {
	const record = recordOf(name, top);
	if (record === undefined) check.wrong(place, name, "there is no such record");
	else if (record["write"] !== true)
		check.wrong(place, name, "that record is received; one that is sent has write: true");
}

function records(top: Fields): Fields[] {
	return Array.isArray(top["records"]) ? (top["records"] as Fields[]) : [];
}

function recordOf(name: unknown, top: Fields): Fields | undefined {
	return records(top).find((one) => one?.["name"] === name);
}
