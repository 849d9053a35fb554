import { frozen } from "../../base/frozen";
import type { ModelSpec } from "../../sunspec/image";
import { defineModel, type PointTable } from "../../sunspec/vendor";

/** A variable frequency drive: what it does, and how it is told to. */
export const kDrive = 64920;

function list(name: string, access: "R" | "RW", symbols: readonly string[]): PointTable {
	return { name, type: "enum16", access, symbols: symbols.map((symbol, value) => ({ name: symbol, value })) };
}

/** St: the higher counts when several are true of a drive at once, so that a table takes the greatest of them. */
export const DriveState = frozen({ off: 0, ready: 1, stopping: 2, running: 3, local: 4, fault: 5 });

/** Cmd. */
export const DriveCmd = frozen({ stop: 0, forward: 1, reverse: 2, quickStop: 3 });

/** CmdSt: what became of the last command. */
export const CmdState = frozen({ idle: 0, working: 1, accepted: 2, rejected: 3, timeout: 4 });

/** CmdRslt: why it became that. The words are shown to people. */
export const CMD_REASONS = frozen<readonly string[]>([
	"none",
	"the drive does not answer",
	"the drive is not ready",
	"the drive has a fault",
	"the drive is commanded at its own panel or terminals",
	"the drive's communication time-out is off, too short or long, or does not stop it",
	"the reference is outside the drive's limits",
	"stopped meanwhile",
	"another command came meanwhile",
	"the drive refuses it",
	"the drive does not follow",
	"the drive cannot do it",
	"the drive has no fault",
	"the command was not renewed",
]);

/** Places in CMD_REASONS. */
export const CmdReason = frozen({
	none: 0,
	silent: 1,
	notReady: 2,
	fault: 3,
	local: 4,
	watchdog: 5,
	limits: 6,
	stopped: 7,
	superseded: 8,
	refused: 9,
	noEffect: 10,
	unsupported: 11,
	noFault: 12,
	expired: 13,
});

const states = frozen<readonly string[]>(["OFF", "READY", "STOPPING", "RUNNING", "LOCAL", "FAULT"]);
const faults = frozen<readonly string[]>([
	...["NONE", "OTHER", "OVERCURRENT", "OVERVOLTAGE", "UNDERVOLTAGE", "OVERHEATED", "OVERLOAD", "EARTH", "PHASE"],
	...["EXTERNAL", "COMMUNICATION", "MOTOR", "HARDWARE"],
]);
const reasons = frozen<readonly string[]>([
	...["NONE", "SILENT", "NOT_READY", "FAULT", "LOCAL", "WATCHDOG", "LIMITS", "STOPPED", "SUPERSEDED", "REFUSED"],
	...["NO_EFFECT", "UNSUPPORTED", "NO_FAULT", "EXPIRED"],
]);

/**
 * Hz, HzRef and Rpm are magnitudes: Dir says which way. W and TrqPct are positive while the motor is driven, negative
 * while it brakes. ThmPct: thermal state of drive or motor, 100 where it trips. FltRaw and WrnRaw are the drive's own
 * numbers. ComTms: the drive's own time-out of the communication, after which it stops.
 *
 * From Cmd on: commands. A start is FORWARD or REVERSE in Cmd, a frequency in SetHz, and in CmdId one more than it says;
 * nothing else starts a motor. STOP and QUICK_STOP count without. SetHz alone changes the speed of a motor that runs.
 * HldTms: seconds a motor runs on after it was written last; 0 until it is stopped. CmdSt and CmdRslt are those
 * of the last command.
 */
export const driveModel = frozen<ModelSpec>({
	id: kDrive,
	text: defineModel(kDrive, {
		name: "drive",
		points: [
			{ ...list("St", "R", states), mandatory: "M" },
			list("Dir", "R", ["FORWARD", "REVERSE"]),
			{ name: "Hz", type: "uint16", sf: -2, units: "Hz", mandatory: "M" },
			{ name: "HzRef", type: "uint16", sf: -2, units: "Hz" },
			{ name: "Rpm", type: "uint16" },
			{ name: "A", type: "uint32", sf: -2, units: "A" },
			{ name: "V", type: "uint16", sf: -1, units: "V" },
			{ name: "DCV", type: "uint16", sf: -1, units: "V" },
			{ name: "W", type: "int32", units: "W" },
			{ name: "TrqPct", type: "int16", sf: -1, units: "Pct" },
			{ name: "ThmPct", type: "uint16", sf: -1, units: "Pct" },
			{ name: "Tmp", type: "int16", sf: -1, units: "C" },
			{ name: "RunTms", type: "uint32", units: "Secs" },
			{ name: "TotWh", type: "uint64", units: "Wh" },
			{ name: "FltRaw", type: "uint16" },
			list("Flt", "R", faults),
			{ name: "WrnRaw", type: "uint16" },
			{ name: "MinHz", type: "uint16", sf: -2, units: "Hz" },
			{ name: "MaxHz", type: "uint16", sf: -2, units: "Hz" },
			{ name: "ComTms", type: "uint16", sf: -1, units: "Secs", access: "RW" },
			{ name: "AccTms", type: "uint32", sf: -2, units: "Secs", access: "RW" },
			{ name: "DecTms", type: "uint32", sf: -2, units: "Secs", access: "RW" },
			list("Cmd", "RW", ["STOP", "FORWARD", "REVERSE", "QUICK_STOP"]),
			{ name: "SetHz", type: "uint16", sf: -2, units: "Hz", access: "RW" },
			{ name: "HldTms", type: "uint16", units: "Secs", access: "RW" },
			list("FltRst", "RW", ["NONE", "RESET"]),
			{ name: "CmdId", type: "uint32", access: "RW" },
			list("CmdSt", "R", ["IDLE", "WORKING", "ACCEPTED", "REJECTED", "TIMEOUT"]),
			list("CmdRslt", "R", reasons),
		],
	}),
});
