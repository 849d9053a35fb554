import type { RecordSpec } from "../../base/record";
import { driveModel } from "../models/drive";
import type { DeviceTable, Row } from "../table";

/** Function and index of what is asked for: modules/serial/huanyang.ts. */
const status = [0, 1, 2, 3, 4, 5, 6, 7].map(
	(index): RecordSpec => ({ name: `status ${index}`, key: 0x400 + index, bytes: 2 }),
);
const parameters = [1, 2, 4, 5, 11, 14, 15, 141, 142, 143, 144, 163, 164, 165].map(
	(number): RecordSpec => ({ name: `PD${number}`, key: 0x100 + number, bytes: 2 }),
);

/** A parameter of two bytes; those of one byte lie in the second. */
function parameter(number: number, name: string, more: Pick<Row, "unit"> & Partial<Row>): Row {
	const at: Pick<Row, "address" | "type"> =
		more.type === "u8" ? { address: 1, type: "u8" } : { address: 0, type: "u16" };
	return { name: `pd${String(number).padStart(3, "0")}_${name}`, record: `PD${number}`, ...at, ...more };
}

export const huanyangHy: DeviceTable = {
	id: "huanyang-hy",
	maker: "Huanyang",
	model: "HY series",
	kind: "drive",
	protocol: "huanyang",
	sunspec: [1, driveModel],
	positive: "import",
	bus: { baud: 9600, parity: "none", stop: 1, unit: 1, timeoutMs: 500, pauseMs: 20, replyMs: 100 },
	functions: [],
	fc: 3,
	maxRead: 125,
	records: [
		...status,
		...parameters,
		{ name: "control", key: 0x300, bytes: 1, write: true },
		{ name: "set frequency", key: 0x500, bytes: 2, write: true },
		{ name: "set PD14", key: 0x20e, bytes: 2, write: true },
		{ name: "set PD15", key: 0x20f, bytes: 2, write: true },
	],
	rows: [
		{
			...{ name: "control", record: "control", address: 0, type: "u8", unit: "code", access: "w" },
			write: { fc: 16, record: "control", min: 0x01, max: 0x11, allowed: [0x01, 0x08, 0x11] },
		},
		{
			...{ name: "set_frequency", record: "status 0", address: 0, type: "u16", k: 0.01, unit: "Hz", access: "rw" },
			write: { fc: 16, record: "set frequency", min: 0, max: 400 },
			note: "written by function 5, read back as status 0",
		},
		{
			...{ name: "status_set_frequency", again: "set_frequency", record: "status 0", address: 0, type: "u16" },
			...{ k: 0.01, unit: "Hz", point: "HzRef", poll: "fast" },
		},
		{
			...{ name: "status_output_frequency", record: "status 1", address: 0, type: "u16", k: 0.01, unit: "Hz" },
			...{ point: "Hz", poll: "fast" },
		},
		{
			...{ name: "turning_state", again: "status_output_frequency", record: "status 1", address: 0, type: "u16" },
			...{ map: { 0: 1 }, otherwise: 3, unit: "code", poll: "fast" },
			note: "it tells by its output alone whether it runs: on its ramp down it still does",
		},
		{
			...{ name: "status_output_current", record: "status 2", address: 0, type: "u16", k: 0.1, unit: "A" },
			...{ point: "A", poll: "fast", note: "one driver takes 0.01 A: check with a clamp meter" },
		},
		{
			...{ name: "status_speed", record: "status 3", address: 0, type: "u16", unit: "1", point: "Rpm" },
			poll: "normal",
		},
		{
			...{ name: "status_dc_voltage", record: "status 4", address: 0, type: "u16", k: 0.1, unit: "V" },
			...{ point: "DCV", poll: "normal" },
		},
		{
			...{ name: "status_ac_voltage", record: "status 5", address: 0, type: "u16", k: 0.1, unit: "V" },
			...{ point: "V", poll: "normal" },
		},
		{ name: "status_counter", record: "status 6", address: 0, type: "u16", unit: "1" },
		{
			...{ name: "status_temperature", record: "status 7", address: 0, type: "u16", unit: "C", point: "Tmp" },
			poll: "normal",
		},
		parameter(1, "command_source", { type: "u8", unit: "code", poll: "slow" }),
		{
			...{ name: "local_state", again: "pd001_command_source", record: "PD1", address: 1, type: "u8", unit: "code" },
			...{ map: { 2: 0 }, otherwise: 4, poll: "slow" },
		},
		parameter(2, "frequency_source", { type: "u8", unit: "code" }),
		parameter(4, "base_frequency", { k: 0.01, unit: "Hz" }),
		parameter(5, "max_frequency", { k: 0.01, unit: "Hz", point: "MaxHz", poll: "slow" }),
		parameter(11, "min_frequency", { k: 0.01, unit: "Hz", point: "MinHz", poll: "slow" }),
		parameter(14, "acceleration_time", {
			...{ k: 0.1, unit: "s", point: "AccTms", poll: "slow", access: "rw" },
			write: { fc: 16, record: "set PD14", min: 0.1, max: 6500, persistent: true },
		}),
		parameter(15, "deceleration_time", {
			...{ k: 0.1, unit: "s", point: "DecTms", poll: "slow", access: "rw" },
			write: { fc: 16, record: "set PD15", min: 0.1, max: 6500, persistent: true },
		}),
		parameter(141, "motor_voltage", { k: 0.1, unit: "V" }),
		parameter(142, "motor_current", { k: 0.1, unit: "A" }),
		parameter(143, "motor_poles", { type: "u8", unit: "1" }),
		parameter(144, "rated_speed", { unit: "1", note: "1/min at 50 Hz" }),
		parameter(163, "address", { type: "u8", unit: "1" }),
		parameter(164, "baud", { type: "u8", unit: "code" }),
		parameter(165, "format", { type: "u8", unit: "code" }),
	],
	derived: [{ point: "St", by: "max", of: ["@turning_state", "@local_state"] }],
	drive: {
		command: "control",
		words: { stop: 0x08, forward: 0x01, reverse: 0x11 },
		reference: "set_frequency",
		watchdog: { none: "most firmware keeps running when the bus falls silent: use a contactor where that is a danger" },
	},
	quirks: [
		"it looks like Modbus RTU and is none: a length byte, replies of other sizes",
		"most firmware has no time-out: it runs on when the hub is gone",
		"it answers after some 100 ms, and a spindle's noise kills frames",
		"PD001 and PD002 must be 2 (RS-485), PD163 the address, PD164 2 (9600), PD165 3 (8N1)",
		"no fault and no direction can be read; a fault is reset at the panel",
		"PD011 above 0 makes a run command at reference 0 turn the motor",
		"other families sold as Huanyang (GT, HY-H) speak real Modbus",
	],
	sources: [
		"LinuxCNC/linuxcnc:src/hal/user_comps/huanyang-vfd",
		"buildbotics/bbctrl-firmware:src/avr/src/huanyang.c",
		"HY manual: PD014 and PD015",
	],
	confidence: "two",
};
