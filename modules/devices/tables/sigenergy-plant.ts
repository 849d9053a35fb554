import type { DeviceTable } from "../table";

/**
 * A Sigenergy plant as a whole, unit 247: what flows at its grid connection, its battery, its panels and, in total, its
 * DC chargers. Power registers are kW / 1000. Its settings are not commanded by the hub.
 */
export const sigenergyPlant: DeviceTable = {
	id: "sigenergy-plant",
	maker: "Sigenergy",
	model: "SigenStor plant",
	kind: "inverter",
	sunspec: [1, 701, 713, { id: 714, repeats: { NPrt: 3 } }],
	positive: "import",
	fixed: {
		...{ ACType: 2, W_SF: 1, Var_SF: 1, TotWh_SF: 1, "713.Pct_SF": -1, "713.WH_SF": 0 },
		...{ "714.DCA_SF": 0, "714.DCV_SF": 0, "714.DCW_SF": 1, "714.DCWH_SF": 1, "714.Tmp_SF": 0, "714.NPrt": 3 },
		...{ "714.Prt[1].PrtTyp": 0, "714.Prt[1].IDStr": "PV", "714.Prt[2].PrtTyp": 1, "714.Prt[2].IDStr": "ESS" },
		...{ "714.Prt[3].PrtTyp": 2, "714.Prt[3].IDStr": "EV" },
	},
	bus: { baud: 0, parity: "none", stop: 1, unit: 247, timeoutMs: 1000, pauseMs: 1000, replyMs: 20 },
	functions: [3, 4, 6, 16],
	fc: 4,
	maxRead: 125,
	rows: [
		{
			...{ name: "plant_ems_work_mode", address: 30003, type: "u16", unit: "code" },
			note: "0 own use, 1 AI, 2 time of use, 5 full feed-in, 6 VPP, 7 remote EMS, 9 custom",
		},
		{ name: "plant_grid_sensor_status", address: 30004, type: "u16", unit: "code" },
		{ name: "plant_grid_power", address: 30005, type: "s32", unit: "W", point: "W", poll: "normal" },
		{ name: "plant_grid_reactive", address: 30007, type: "s32", unit: "var", point: "Var", poll: "normal" },
		{
			...{ name: "plant_on_off_grid", address: 30009, type: "u16", unit: "code", point: "ConnSt", poll: "normal" },
			map: { 0: 1, 1: 0, 2: 0 },
		},
		{ name: "plant_max_active_power", address: 30010, type: "u32", unit: "W" },
		{
			name: "plant_soc",
			address: 30014,
			type: "u16",
			k: 0.1,
			unit: "%",
			point: "713.SoC",
			poll: "normal",
			range: [0, 100],
		},
		{ name: "plant_power_phase_a", address: 30015, type: "s32", unit: "W" },
		{ name: "plant_power_phase_b", address: 30017, type: "s32", unit: "W" },
		{ name: "plant_power_phase_c", address: 30019, type: "s32", unit: "W" },
		{ name: "plant_active_power", address: 30031, type: "s32", unit: "W" },
		{ name: "plant_reactive_power", address: 30033, type: "s32", unit: "var" },
		{
			...{ name: "plant_pv_power", address: 30035, type: "s32", unit: "W", positive: "export" },
			...{ point: "714.Prt[1].DCW", poll: "normal" },
		},
		{
			...{ name: "plant_ess_power", address: 30037, type: "s32", unit: "W", positive: "charge" },
			...{ point: "714.Prt[2].DCW", poll: "normal" },
		},
		{
			...{ name: "plant_running_state", address: 30051, type: "u16", unit: "code", point: "InvSt", poll: "normal" },
			...{ map: { 0: 7, 1: 3, 2: 6, 3: 0, 7: 6 }, note: "7: the surroundings are not as they should be" },
		},
		{ name: "plant_grid_phase_a_power", address: 30052, type: "s32", unit: "W", point: "WL1", poll: "normal" },
		{ name: "plant_grid_phase_b_power", address: 30054, type: "s32", unit: "W", point: "WL2", poll: "normal" },
		{ name: "plant_grid_phase_c_power", address: 30056, type: "s32", unit: "W", point: "WL3", poll: "normal" },
		{
			...{ name: "plant_batt_charge_energy", address: 30200, type: "u64", k: 10, unit: "Wh" },
			...{ point: "714.Prt[2].DCWhAbs", poll: "slow" },
		},
		{
			...{ name: "plant_batt_discharge_energy", address: 30204, type: "u64", k: 10, unit: "Wh" },
			...{ point: "714.Prt[2].DCWhInj", poll: "slow" },
		},
		{
			...{ name: "plant_evdc_charge_energy", address: 30208, type: "u64", k: 10, unit: "Wh" },
			...{ point: "714.Prt[3].DCWhAbs", poll: "slow" },
		},
		{
			...{ name: "plant_evdc_discharge_energy", address: 30212, type: "u64", k: 10, unit: "Wh" },
			...{ point: "714.Prt[3].DCWhInj", poll: "slow" },
		},
		{
			name: "plant_grid_import_energy",
			address: 30216,
			type: "u64",
			k: 10,
			unit: "Wh",
			point: "TotWhAbs",
			poll: "slow",
		},
		{
			name: "plant_grid_export_energy",
			address: 30220,
			type: "u64",
			k: 10,
			unit: "Wh",
			point: "TotWhInj",
			poll: "slow",
		},
		{
			...{ name: "plant_start_stop", address: 40000, type: "u16", unit: "code", access: "w" },
			...{ write: { fc: 6, min: 0, max: 1 }, note: "0 stops, 1 starts; the chargers have it the other way round" },
		},
		{
			...{ name: "plant_power_target", address: 40001, fc: 3, type: "s32", unit: "W", access: "rw" },
			...{ write: { fc: 16, min: -100_000, max: 100_000 }, note: "counts in remote EMS mode 0" },
		},
		{
			...{ name: "plant_reactive_target", address: 40003, fc: 3, type: "s32", unit: "var", access: "rw" },
			write: { fc: 16, min: -100_000, max: 100_000 },
		},
		{
			...{ name: "plant_power_percent_target", address: 40005, fc: 3, type: "s16", k: 0.01, unit: "%", access: "rw" },
			write: { fc: 16, min: -100, max: 100 },
		},
		{
			...{ name: "plant_remote_ems_enable", address: 40029, fc: 3, type: "u16", unit: "code", access: "rw" },
			write: { fc: 6, min: 0, max: 1 },
		},
		{
			...{ name: "plant_remote_ems_mode", address: 40031, fc: 3, type: "u16", unit: "code", access: "rw" },
			write: { fc: 6, min: 0, max: 8, allowed: [0, 1, 2, 3, 4, 5, 6, 8] },
			note: "0 PCS, 1 standby, 2 own use, 3 and 4 charge, 5 and 6 discharge, 8 V2G",
		},
		{
			...{ name: "plant_ess_max_charge", address: 40032, fc: 3, type: "u32", unit: "W", access: "rw" },
			write: { fc: 16, min: 0, max: 100_000 },
		},
		{
			...{ name: "plant_ess_max_discharge", address: 40034, fc: 3, type: "u32", unit: "W", access: "rw" },
			write: { fc: 16, min: 0, max: 100_000 },
		},
		{
			...{ name: "plant_pv_max_power", address: 40036, fc: 3, type: "u32", unit: "W", access: "rw" },
			write: { fc: 16, min: 0, max: 100_000 },
		},
		{
			...{ name: "plant_export_limit", address: 40038, fc: 3, type: "u32", unit: "W", access: "rw" },
			write: { fc: 16, min: 0, max: 100_000 },
		},
	],
	quirks: [
		"start and stop are 1 and 0 here, 0 and 1 at the chargers",
		"power targets act only with remote EMS enabled (40029 = 1), each in its mode (40031)",
		"at most one request a second; Modbus is enabled by the installer in mySigen",
		"registers an older firmware lacks answer an exception; unit 0 is a broadcast to the plant",
	],
	sources: [
		"TypQxQ/Sigenergy-Local-Modbus:custom_components/sigen/modbusregisterdefinitions.py",
		"evcc-io/evcc:templates/definition (sigenergy meter)",
	],
	confidence: "two",
};
