import { evse } from "../models/evse";
import type { DeviceTable } from "../table";

/** Charge controller with Ethernet; Wallbe, Walther, E3/DC and others build on it. Low word first. */
export const phoenixEvEth: DeviceTable = {
	id: "phoenix-ev-eth",
	maker: "Phoenix Contact",
	model: "EM-CP-PP-ETH, EV-CC-AC1-M3 ETH",
	kind: "evse",
	sunspec: [1, evse],
	positive: "charge",
	evse: { charge: "enable_charging", limit: "max_current", fallback: "hub" },
	bus: { baud: 0, parity: "none", stop: 1, unit: 255, timeoutMs: 1000, replyMs: 10 },
	functions: [1, 3, 4, 5, 6],
	fc: 4,
	wordOrder: "lo-hi",
	maxRead: 16,
	blocks: [
		[108, 113],
		[114, 119],
	],
	rows: [
		{
			...{ name: "ev_state", address: 100, type: "bits", bits: [0, 8], unit: "code", point: "St", poll: "fast" },
			...{ map: { 65: 1, 66: 2, 67: 4, 68: 4, 69: 6, 70: 6 }, note: "ASCII letter in the low byte" },
		},
		{
			...{ name: "pilot_state", again: "ev_state", address: 100, type: "bits", bits: [0, 8], unit: "code" },
			...{ point: "Cp", poll: "fast", map: { 65: 1, 66: 2, 67: 3, 68: 4, 69: 5, 70: 6 } },
		},
		{ name: "charge_time", address: 102, type: "u32", unit: "s", point: "TmsCha", poll: "normal" },
		{ name: "firmware", address: 105, type: "u32", unit: "code" },
		{ name: "voltage_l1", address: 108, type: "u32", unit: "V", point: "VL1", poll: "fast" },
		{ name: "voltage_l2", address: 110, type: "u32", unit: "V", point: "VL2", poll: "fast" },
		{ name: "voltage_l3", address: 112, type: "u32", unit: "V", point: "VL3", poll: "fast" },
		{ name: "current_l1", address: 114, type: "u32", unit: "A", point: "AL1", poll: "fast" },
		{ name: "current_l2", address: 116, type: "u32", unit: "A", point: "AL2", poll: "fast" },
		{ name: "current_l3", address: 118, type: "u32", unit: "A", point: "AL3", poll: "fast" },
		{ name: "power", address: 120, type: "u32", unit: "W", point: "W", poll: "fast" },
		{ name: "energy_total", address: 128, type: "u32", unit: "1", note: "its unit is the external meter's" },
		{ name: "energy_session", address: 132, type: "u32", unit: "1", note: "its unit is the external meter's" },
		{
			...{ name: "enable_charging", address: 400, fc: 1, type: "bit", unit: "code", access: "rw" },
			...{ point: "Chg", poll: "normal", write: { fc: 5, min: 0, max: 1 } },
		},
		{ name: "rfid_enabled", address: 419, fc: 1, type: "bit", unit: "code" },
		{
			...{ name: "max_current", address: 528, fc: 3, type: "u16", unit: "A", access: "rw" },
			...{ point: "LimA", poll: "normal", write: { fc: 6, min: 6, max: 80 } },
		},
		{ name: "energy_wh", address: 904, fc: 3, type: "u32", unit: "Wh", point: "WhTot", poll: "normal" },
		{
			...{ name: "session_energy_ex", address: 3376, fc: 3, type: "u64", unit: "Wh", restarts: true },
			...{ point: "WhSes", poll: "normal" },
		},
	],
	quirks: [
		"the state is an ASCII letter in the low byte; the RS-485 model has it in the high byte",
		"Wallbe firmware has the limit (528) in 0.1 A and the currents in mA, and other registers (149, 2980): not this table",
		"voltages, currents and energies need an external meter; of 128 and 132 the unit is the meter's",
		"some models let the hub command only with DIP switch 10 on; some answer to unit 1 instead of 255",
	],
	sources: ["evcc-io/evcc:charger/phoenix-ev-eth.go", "evcc-io/evcc:charger/wallbe.go (older revisions)"],
	confidence: "one",
};
