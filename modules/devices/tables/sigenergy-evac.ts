import { evse } from "../models/evse";
import type { DeviceTable } from "../table";

/** The AC charger of a Sigenergy plant, by the plant's Modbus TCP; its unit is its own. */
export const sigenergyEvac: DeviceTable = {
	id: "sigenergy-evac",
	maker: "Sigenergy",
	model: "Sigen EVAC",
	kind: "evse",
	sunspec: [1, evse],
	positive: "charge",
	evse: { charge: "ac_start_stop", limit: "ac_output_current", fallback: "hub" },
	bus: { baud: 0, parity: "none", stop: 1, unit: 2, timeoutMs: 1000, pauseMs: 1000, replyMs: 20 },
	functions: [3, 4, 6, 16],
	fc: 4,
	maxRead: 125,
	blocks: [[32000, 32014]],
	rows: [
		{
			...{ name: "ac_state", address: 32000, type: "u16", unit: "code", point: "St", poll: "normal" },
			...{
				map: { 0: 3, 1: 1, 2: 3, 3: 2, 4: 5, 5: 4, 6: 6, 7: 6 },
				note: "0 init, 1 A, 2 B1, 3 B2, 4 C1, 5 C2, 6 F, 7 E",
			},
		},
		{
			...{ name: "pilot_state", again: "ac_state", address: 32000, type: "u16", unit: "code", point: "Cp" },
			...{ poll: "normal", map: { 1: 1, 2: 2, 3: 2, 4: 3, 5: 3, 6: 6, 7: 5 } },
		},
		{ name: "ac_total_energy", address: 32001, type: "u32", k: 10, unit: "Wh", point: "WhTot", poll: "normal" },
		{ name: "ac_power", address: 32003, type: "s32", unit: "W", point: "W", poll: "normal" },
		{ name: "ac_rated_power", address: 32005, type: "u32", unit: "W", point: "WMax", poll: "slow" },
		{
			name: "ac_rated_current",
			address: 32007,
			type: "s32",
			k: 0.01,
			unit: "A",
			point: "MaxA",
			poll: "slow",
			range: [0, 100],
		},
		{ name: "ac_rated_voltage", address: 32009, type: "u16", k: 0.1, unit: "V" },
		{ name: "ac_breaker_current", address: 32010, type: "s32", k: 0.01, unit: "A" },
		{ name: "ac_alarm_1", address: 32012, type: "u16", unit: "code", point: "Err", poll: "normal" },
		{ name: "ac_alarm_2", address: 32013, type: "u16", unit: "code" },
		{ name: "ac_alarm_3", address: 32014, type: "u16", unit: "code" },
		{
			...{ name: "ac_start_stop", address: 42000, type: "u16", unit: "code", access: "w" },
			...{ map: { 0: 1, 1: 0 }, write: { fc: 6, min: 0, max: 1 }, note: "register 0 starts, 1 stops" },
		},
		{
			...{ name: "ac_output_current", address: 42001, fc: 3, type: "u32", k: 0.01, unit: "A", access: "rw" },
			...{ point: "LimA", poll: "normal", write: { fc: 16, min: 6, max: 32 } },
		},
	],
	quirks: [
		"start and stop are 0 and 1, the other way round than those of the plant (40000)",
		"at most one request a second",
		"Modbus is enabled by the installer in mySigen; registers an older firmware lacks answer an exception",
	],
	sources: [
		"TypQxQ/Sigenergy-Local-Modbus:custom_components/sigen/modbusregisterdefinitions.py",
		"evcc-io/evcc:templates/definition (sigenergy charger)",
	],
	confidence: "two",
};
