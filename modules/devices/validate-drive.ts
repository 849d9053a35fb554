import { type Checker, type Fields, join } from "../base/checker";
import { frozen } from "../base/frozen";
import { stateRows } from "./drive-line";
import { type DeviceTable, findRow, type Row } from "./table";
import { writeRefusal } from "./write";

const keys = frozen(["command", "words", "reference", "signed", "stage", "steps", "reset", "watchdog", "refreshS"]);
const wordKeys = frozen(["stop", "forward", "reverse", "quickStop", "park"]);

/** The rows and words by which a drive is commanded: there, written, and such as the rows allow. */
export function checkDrive(table: DeviceTable, complete: boolean, check: Checker): void {
	if (table.drive === undefined) {
		if (table.kind === "drive" && complete) check.problem("drive", "a drive says how it is started and stopped");
		return;
	}
	if (table.kind !== "drive") check.problem("drive", `only a drive has it, no ${table.kind}`);
	const rules = check.object(table.drive, "drive", keys);
	if (rules === undefined) return;
	const rowOf = (name: unknown, place: string, written: boolean): Row | undefined => {
		const row = typeof name === "string" ? findRow(table, name) : undefined;
		if (row === undefined) {
			if (complete || typeof name !== "string") check.wrong(place, name, "there is no such row");
		} else if (written && row.write === undefined) check.wrong(place, name, "that row is not written (write)");
		else return row;
		return undefined;
	};
	const command = rowOf(rules["command"], "drive.command", true);
	const word = (value: unknown, place: string, row = command): void => {
		const refusal = row && typeof value === "number" ? writeRefusal(table, row, value) : undefined;
		if (typeof value !== "number") check.wrong(place, value, "it must be a number");
		else if (refusal !== undefined) check.problem(place, `${row!.name}: ${refusal}`);
	};
	const words = check.object(rules["words"], "drive.words", wordKeys);
	for (const key of wordKeys) {
		if (words && (words[key] !== undefined || key === "stop" || key === "forward" || key === "reverse")) {
			word(words[key], join("drive.words", key));
		}
	}
	checkWords(words, rules["signed"] === true, check);
	const reference = rowOf(rules["reference"], "drive.reference", true);
	if (reference && reference.unit !== "Hz" && reference.unit !== "%") {
		check.wrong("drive.reference", reference.unit, "it must be in Hz, or in % of MaxHz");
	}
	if (reference && (reference.write!.min > 0 || (rules["signed"] === true && reference.write!.min >= 0))) {
		check.wrong("drive.reference", reference.write!.min, "it must take 0, and below when its sign is the direction");
	}
	if (rules["signed"] !== undefined) check.boolean(rules["signed"], "drive.signed");
	if (rules["refreshS"] !== undefined) check.number(rules["refreshS"], "drive.refreshS", 0.1, 60, "s");
	if (rules["stage"] !== undefined) rowOf(rules["stage"], "drive.stage", false);
	else if (rules["steps"] !== undefined) check.problem("drive.stage", "steps need the row that shows them");
	if (rules["steps"] !== undefined) {
		check.array(rules["steps"], "drive.steps", 1, 8)?.forEach((one, i) => {
			const at = `drive.steps[${i}]`;
			const step = check.object(one, at, ["word", "stage"]);
			if (step === undefined) return;
			word(step["word"], join(at, "word"));
			check.array(step["stage"], join(at, "stage"), 1, 8)?.forEach((raw, n) => {
				check.integer(raw, `${at}.stage[${n}]`, 0, 65535);
			});
		});
	}
	const reset =
		rules["reset"] === undefined ? undefined : check.object(rules["reset"], "drive.reset", ["row", "on", "off"]);
	if (reset) {
		const row = rowOf(reset["row"], "drive.reset.row", true);
		if (row) for (const key of ["on", "off"]) word(reset[key], join("drive.reset", key), row);
	}
	checkWatchdog(rules["watchdog"], rowOf, check);
	if (complete && stateRows(table).length === 0) {
		check.problem("derived", 'the point St of a drive is the "max" of rows, "@run_state" and the like');
	}
}

/** A stop is no start, and the directions differ by word or by sign. */
function checkWords(words: Fields | undefined, signed: boolean, check: Checker): void {
	if (words === undefined) return;
	const { stop, forward, reverse, quickStop, park } = words as Record<string, unknown>;
	for (const [key, value] of Object.entries({ stop, quickStop, park })) {
		if (value !== undefined && (value === forward || value === reverse)) {
			check.wrong(join("drive.words", key), value, "it must not be a word that starts");
		}
	}
	if ((forward === reverse) !== signed) {
		check.wrong(
			"drive.words.reverse",
			reverse,
			"either the words tell the directions apart, or the reference's sign (signed)",
		);
	}
}

type RowOf = (name: unknown, place: string, written: boolean) => Row | undefined;

function checkWatchdog(value: unknown, rowOf: RowOf, check: Checker): void {
	const at = "drive.watchdog";
	const fields = check.object(value, at, ["row", "mostS", "action", "factoryS", "none"]);
	if (fields === undefined) return;
	const ways = ["row", "factoryS", "none"].filter((key) => fields[key] !== undefined);
	if (ways.length !== 1) {
		check.problem(at, "it says one of row (the drive's time-out), factoryS (what it is unless changed) and none (why)");
	} else if (ways[0] === "factoryS") check.number(fields["factoryS"], join(at, "factoryS"), 0.1, 600, "s");
	else if (ways[0] === "none") check.text(fields["none"], join(at, "none"), 400);
	else {
		const row = rowOf(fields["row"], join(at, "row"), false);
		if (row && row.unit !== "s") check.wrong(join(at, "row"), row.unit, "a time-out is in s");
		check.number(fields["mostS"], join(at, "mostS"), 1, 600, "s");
		const action =
			fields["action"] === undefined ? undefined : check.object(fields["action"], join(at, "action"), ["row", "is"]);
		if (action) {
			rowOf(action["row"], `${at}.action.row`, false);
			check.array(action["is"], `${at}.action.is`, 1, 8);
		}
	}
}
