import { describe, expect, it } from "vitest";
import type { DriveRules } from "./drive-rules";
import { tablePoints } from "./table-points";
import { abbAcs355Acs380 } from "./tables/abb-acs355-acs380";
import { deltaMs300 } from "./tables/delta-ms300";
import { sht20XyMd02 } from "./tables/sht20-xy-md02";
import { validateTable } from "./validate";

const rules = deltaMs300.drive!;
const over = (drive: object): object => ({ ...deltaMs300, drive: { ...rules, ...drive } });
const words = (some: Partial<DriveRules["words"]>): object => over({ words: { ...rules.words, ...some } });

describe("a drive that is not told right", () => {
	it.each([
		["is no drive", { ...sht20XyMd02, drive: rules }, "drive: only a drive has it, no environment"],
		["says nothing", { ...deltaMs300, drive: undefined }, "drive: a drive says how it is started and stopped"],
		["has another key", over({ jog: 1 }), "drive.jog"],
		["has no command", over({ command: "run" }), 'drive.command: "run" is not allowed; there is no such row'],
		[
			"commands what is only read",
			over({ command: "status" }),
			'drive.command: "status" is not allowed; that row is not written',
		],
		["has a word beyond its row", words({ forward: 99 }), "drive.words.forward: command: 99 is not allowed"],
		["has no stop", words({ stop: undefined as never }), "drive.words.stop"],
		[
			"stops by starting",
			words({ stop: 18 }),
			"drive.words.stop: 18 is not allowed; it must not be a word that starts",
		],
		["parks by starting", words({ park: 34 }), "drive.words.park: 34"],
		["has one word for both ways", words({ reverse: 18 }), "drive.words.reverse: 18"],
		["has a sign and two words", over({ signed: true }), "drive.words.reverse: 34"],
		["has a reference in V", over({ reference: "dc_bus_voltage" }), "drive.reference"],
		["has steps nobody sees", over({ steps: [{ word: 1, stage: [0] }] }), "drive.stage: steps need the row"],
		["has a step without word", over({ stage: "status", steps: [{ stage: [0] }] }), "drive.steps[0].word"],
		["resets what is only read", over({ reset: { row: "status", on: 1, off: 0 } }), "drive.reset.row"],
		[
			"resets by more than the reset",
			over({ reset: { ...rules.reset, on: 32 } }),
			"drive.reset.on: control_bits: 32 is not allowed",
		],
		["does not say who stops it", over({ watchdog: {} }), "drive.watchdog: it says one of"],
		["says two things of it", over({ watchdog: { factoryS: 2, none: "none" } }), "drive.watchdog: it says one of"],
		[
			"times it out in Hz",
			over({ watchdog: { row: "max_frequency", mostS: 3 } }),
			'drive.watchdog.row: "Hz" is not allowed; a time-out is in s',
		],
		["never times it out", over({ watchdog: { row: "comm_timeout", mostS: 0 } }), "drive.watchdog.mostS"],
		["has no state", { ...deltaMs300, derived: undefined }, "derived: the point St of a drive"],
	])("%s", (_what, table, wanted) => {
		const problems = validateTable(table, tablePoints).map(({ place, message }) => `${place}: ${message}`);
		expect(problems.join("\n")).toContain(wanted);
	});

	it("a sign needs a reference below 0", () => {
		const rows = abbAcs355Acs380.rows.map((row) =>
			row.name === "reference_1" ? { ...row, write: { ...row.write!, min: 0 } } : row,
		);
		const problems = validateTable({ ...abbAcs355Acs380, rows }, tablePoints).map(({ place }) => place);
		expect(problems).toEqual(["drive.reference"]);
	});
});
