import { evse } from "../models/evse";
import type { DeviceTable } from "../table";

/** Wall box. Unsigned numbers of two registers, high word first. */
export const abbTerraAc: DeviceTable = {
	id: "abb-terra-ac",
	maker: "ABB",
	model: "Terra AC",
	kind: "evse",
	sunspec: [1, evse],
	positive: "charge",
	evse: { limit: "set_current_limit", fallback: "hub" },
	bus: { baud: 9600, parity: "even", stop: 1, unit: 1, timeoutMs: 1000, replyMs: 20 },
	functions: [3, 6, 16],
	fc: 3,
	maxRead: 33,
	blocks: [[0x4000, 0x4020]],
	rows: [
		{ name: "serial_number", address: 0x4000, type: "u64", unit: "text", point: "1.SN", poll: "once" },
		{ name: "firmware_version", address: 0x4004, type: "u32", unit: "code", note: "one byte a part" },
		{ name: "max_rated_current", address: 0x4006, type: "u32", k: 0.001, unit: "A", point: "MaxA", poll: "slow" },
		{ name: "error_code", address: 0x4008, type: "u32", unit: "code", point: "Err", poll: "fast" },
		{
			...{ name: "socket_lock", address: 0x400a, type: "u32", unit: "code", point: "Plug", poll: "fast" },
			map: { 0: 0, 1: 1, 17: 2, 257: 3, 273: 4 },
		},
		{
			...{ name: "charging_state", address: 0x400d, type: "bits", bits: [8, 7], unit: "code" },
			...{ point: "St", poll: "fast", map: { 0: 1, 1: 3, 2: 2, 3: 5, 4: 4, 5: 6 } },
			note: "0 A, 1 B1, 2 B2, 3 C1, 4 C2, 5 others",
		},
		{
			...{ name: "pilot_state", again: "charging_state", address: 0x400d, type: "bits", bits: [8, 7], unit: "code" },
			...{ point: "Cp", poll: "fast", map: { 0: 1, 1: 2, 2: 2, 3: 3, 4: 3 } },
		},
		{ name: "actual_current_limit", address: 0x400e, type: "u32", k: 0.001, unit: "A", point: "OffA", poll: "fast" },
		{ name: "current_l1", address: 0x4010, type: "u32", k: 0.001, unit: "A", point: "AL1", poll: "fast" },
		{ name: "current_l2", address: 0x4012, type: "u32", k: 0.001, unit: "A", point: "AL2", poll: "fast" },
		{ name: "current_l3", address: 0x4014, type: "u32", k: 0.001, unit: "A", point: "AL3", poll: "fast" },
		{ name: "voltage_l1", address: 0x4016, type: "u32", k: 0.1, unit: "V", point: "VL1", poll: "fast" },
		{ name: "voltage_l2", address: 0x4018, type: "u32", k: 0.1, unit: "V", point: "VL2", poll: "fast" },
		{ name: "voltage_l3", address: 0x401a, type: "u32", k: 0.1, unit: "V", point: "VL3", poll: "fast" },
		{ name: "active_power", address: 0x401c, type: "u32", unit: "W", point: "W", poll: "fast" },
		{ name: "session_energy", address: 0x401e, type: "u32", unit: "Wh", restarts: true, point: "WhSes", poll: "fast" },
		{ name: "comm_timeout", address: 0x4020, type: "u16", unit: "s", poll: "slow" },
		{
			...{ name: "set_current_limit", address: 0x4100, type: "u32", k: 0.001, unit: "A", access: "w" },
			...{ write: { fc: 16, min: 0, max: 80 }, note: "0 pauses" },
		},
		{
			...{ name: "set_socket_lock", address: 0x4103, type: "u16", unit: "code", access: "w" },
			write: { fc: 6, min: 0, max: 1 },
		},
		{
			...{ name: "start_stop", address: 0x4105, type: "u16", unit: "code", access: "w" },
			...{ map: { 0: 1, 1: 0 }, write: { fc: 6, min: 0, max: 1 }, note: "register 0 starts, 1 stops" },
		},
		{
			...{ name: "set_comm_timeout", address: 0x4106, type: "u16", unit: "s", access: "w" },
			write: { fc: 6, min: 10, max: 3600 },
		},
	],
	quirks: [
		"start_stop works as a toggle of the session: the hub pauses by a limit of 0 and leaves it alone",
		"limits below 6 A pause; a new limit may take 10 s to show in actual_current_limit",
		"without any request for the communication time-out (0x4020) it falls back to its own safe current: poll at least each 30 s",
		"the code of set_phases (0x4102) is 1 and 2, or 1 and 3, by source; many units refuse it: left out",
		"Modbus must be enabled as an external EMS in the installer's app; RTU is 9600 or 19200, 8E1 or 8N1",
	],
	sources: ["evcc-io/evcc:charger/abb.go", "star.ke.st Terra AC library (ABB's Modbus document rev 1.7)"],
	confidence: "two",
};
