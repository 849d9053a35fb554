import type { DeviceTable } from "../table";

/** Grid inverters of one phase with the maker's older protocol ("RTU 2"): a short map from address 0. */
export const growattRtu2: DeviceTable = {
	id: "growatt-rtu2",
	maker: "Growatt",
	model: "TL-X and MIC, protocol RTU 2",
	kind: "inverter",
	sunspec: [1, 701],
	fixed: { ACType: 0, W_SF: 0, V_SF: -1, A_SF: -1, Hz_SF: -2, Tmp_SF: -1, TotWh_SF: 0 },
	bus: { baud: 9600, parity: "none", stop: 1, unit: 1, timeoutMs: 1000, pauseMs: 850, replyMs: 100 },
	functions: [3, 4, 6, 16],
	fc: 4,
	maxRead: 125,
	blocks: [[0, 124]],
	positive: "export",
	rows: [
		{ name: "rtu2_pv_power", address: 1, type: "u32", k: 0.1, unit: "W" },
		{ name: "rtu2_output_power", address: 35, type: "u32", k: 0.1, unit: "W", point: ["W", "WL1"], poll: "normal" },
		{ name: "rtu2_frequency", address: 37, type: "u16", k: 0.01, unit: "Hz", point: "Hz", poll: "normal" },
		{ name: "rtu2_ac_voltage", address: 38, type: "u16", k: 0.1, unit: "V", point: ["LNV", "VL1"], poll: "normal" },
		{ name: "rtu2_ac_current", address: 39, type: "u16", k: 0.1, unit: "A", point: ["A", "AL1"], poll: "normal" },
		{ name: "rtu2_energy_total", address: 55, type: "u32", k: 100, unit: "Wh", point: "TotWhInj", poll: "normal" },
		{ name: "rtu2_temperature", address: 93, type: "s16", k: 0.1, unit: "C", point: "TmpCab", poll: "normal" },
	],
	quirks: [
		"silent at night: it is powered by its panels",
		"an inverter that answers at 3000 has the newer map: growatt-min-tl-x",
		"protocol RTU 1 has other addresses again: not in the catalogue",
	],
	sources: ["0xAHA/Growatt_ModbusTCP:profiles/min.py", "esphome/esphome:components/growatt_solar"],
	confidence: "two",
};
