import { evse } from "../models/evse";
import type { DeviceTable } from "../table";

/** Charge controller inside Mennekes Amtron, Garo, Ensto, CUBOS and other boxes, by Modbus TCP. */
export const benderCc612: DeviceTable = {
	id: "bender-cc612",
	maker: "Bender",
	model: "CC612 / CC613 / ICC",
	kind: "evse",
	sunspec: [1, evse],
	positive: "charge",
	evse: { limit: "hems_current_limit", fallback: "hub" },
	keepAlive: [{ row: "hems_current_limit", everyS: 15, safe: 6, holdS: 300 }],
	bus: { baud: 0, parity: "none", stop: 1, unit: 255, timeoutMs: 1000, replyMs: 15 },
	functions: [3, 16],
	fc: 3,
	maxRead: 16,
	blocks: [
		[212, 217],
		[218, 221],
		[222, 227],
		[716, 719],
	],
	never: [
		[730, 730],
		[740, 746],
	],
	rows: [
		{ name: "firmware", address: 100, type: "string", words: 2, unit: "text", point: "1.Vr", poll: "once" },
		{
			...{ name: "ocpp_status", address: 104, type: "u16", unit: "code", point: "St", poll: "fast" },
			map: { 0: 1, 1: 2, 2: 3, 3: 6, 4: 6, 5: 3, 6: 4, 7: 5, 8: 2, 9: 2 },
			note: "OCPP: 5 preparing, 6 charging, 7 suspended by the charger, 8 by the car, 9 finishing",
		},
		{ name: "protocol_version", address: 120, type: "u16", unit: "code" },
		{
			...{ name: "cp_state", address: 122, type: "u16", unit: "code", point: "Cp", poll: "fast", range: [1, 5] },
			note: "1 A to 5 E",
		},
		{
			...{ name: "relay_state", address: 140, type: "u16", unit: "1", point: "NPh", poll: "fast" },
			...{ map: { 0: 0, 1: 3, 5: 1 }, note: "phases that are switched through" },
		},
		{ name: "model", address: 142, type: "string", words: 10, unit: "text" },
		{ name: "phase_energy_l1", address: 200, type: "u32", unit: "Wh", notAvailable: [0xffffffff] },
		{ name: "phase_energy_l2", address: 202, type: "u32", unit: "Wh", notAvailable: [0xffffffff] },
		{ name: "phase_energy_l3", address: 204, type: "u32", unit: "Wh", notAvailable: [0xffffffff] },
		{
			...{ name: "current_l1", address: 212, type: "u32", k: 0.001, unit: "A", point: "AL1", poll: "fast" },
			notAvailable: [0xffffffff],
		},
		{
			...{ name: "current_l2", address: 214, type: "u32", k: 0.001, unit: "A", point: "AL2", poll: "fast" },
			notAvailable: [0xffffffff],
		},
		{
			...{ name: "current_l3", address: 216, type: "u32", k: 0.001, unit: "A", point: "AL3", poll: "fast" },
			notAvailable: [0xffffffff],
		},
		{
			...{ name: "energy_total", address: 218, type: "u32", unit: "Wh", point: "WhTot", poll: "fast" },
			notAvailable: [0xffffffff],
		},
		{ name: "power", address: 220, type: "u32", unit: "W", point: "W", poll: "fast", notAvailable: [0xffffffff] },
		{
			...{ name: "voltage_l1", address: 222, type: "u32", unit: "V", point: "VL1", poll: "fast" },
			notAvailable: [0xffffffff],
		},
		{
			...{ name: "voltage_l2", address: 224, type: "u32", unit: "V", point: "VL2", poll: "fast" },
			notAvailable: [0xffffffff],
		},
		{
			...{ name: "voltage_l3", address: 226, type: "u32", unit: "V", point: "VL3", poll: "fast" },
			notAvailable: [0xffffffff],
		},
		{ name: "session_energy_legacy", address: 705, type: "u16", unit: "Wh", restarts: true },
		{ name: "session_time_legacy", address: 709, type: "u16", unit: "s" },
		{
			...{ name: "session_energy", address: 716, type: "u32", unit: "Wh", restarts: true },
			...{ point: "WhSes", poll: "normal", notAvailable: [0xffffffff] },
		},
		{
			...{ name: "session_time", address: 718, type: "u32", unit: "s", point: "TmsSes", poll: "normal" },
			notAvailable: [0xffffffff],
		},
		{ name: "user_id", address: 720, type: "string", words: 10, unit: "text", note: "whose card it is: not polled" },
		{
			...{ name: "hems_current_limit", address: 1000, type: "u16", unit: "A", access: "rw" },
			...{ point: "LimA", poll: "normal", write: { fc: 16, min: 0, max: 80 }, note: "0 pauses" },
		},
		{
			...{ name: "hems_current_limit_10", address: 1001, type: "u16", k: 0.1, unit: "A", access: "rw" },
			...{ write: { fc: 16, min: 0, max: 80 }, note: "Mennekes 4You and 4Business only" },
		},
		{
			...{ name: "hems_power_limit", address: 1002, type: "u16", unit: "W", access: "rw" },
			...{ write: { fc: 16, min: 0, max: 65_000 }, note: "Mennekes 4You and 4Business only" },
		},
	],
	quirks: [
		"Mennekes builds close the connection when 730 (SoC) or 740 (smart vehicle) is read: never touched, and 741 neither",
		"without the limit written within its communication time-out it takes a default of its own: written each 15 s",
		"0xFFFFFFFF comes now and then, and always without a meter: no value",
		"the server for energy management must be enabled, with the register set Ebee, and writing allowed",
	],
	sources: ["evcc-io/evcc:charger/bender.go", "Bender CC61x Modbus documentation"],
	confidence: "two",
};
