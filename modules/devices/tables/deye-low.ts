import { hybridMeasured, hybridSettings } from "../models/hybrid";
import type { Control, Derived, DeviceTable, Range, Row } from "../table";
import { lowVoltageAlarms, lowVoltageFaults } from "./deye-faults";
import { type LowSettings, lowSettings } from "./deye-low-settings";
import { again, bothSides, measured, read, settingOrders, settings } from "./deye-row";

/** The register map of the family's single-phase and split-phase inverters with a battery of 48 V (measurements at 59 to 196). */
export interface LowMap extends LowSettings {
	readonly id: string;
	readonly maker: string;
	readonly model: string;
	readonly mppts: 2 | 3;
	/** Phases of the inverter itself: 1, or 2 for 120/240 V and for two legs of 120/208 V. */
	readonly phases: 1 | 2;
	/** Registers in one read. */
	readonly maxRead: number;
	readonly blocks: readonly Range[];
	/** Power in 701 is shown in steps of 10 W: with register 54 at 10 it may be more than 32767 W. */
	readonly tens: boolean;
	readonly quirks: readonly string[];
	readonly sources: readonly string[];
	readonly confidence: DeviceTable["confidence"];
}

export function lowMap(map: LowMap): DeviceTable {
	const solArk = map.brand === "sol-ark";
	const battery = `714.Prt[${map.mppts + 1}]`;
	return {
		id: map.id,
		maker: map.maker,
		model: map.model,
		kind: "inverter",
		sunspec: [
			1,
			701,
			701,
			702,
			704,
			713,
			{ id: 714, repeats: { Prt: map.mppts + 1 } },
			802,
			hybridMeasured,
			hybridSettings,
		],
		fixed: fixedPoints(map, battery),
		derived: derivedPoints(map, battery),
		controls: controls(solArk),
		orders: settingOrders,
		eeprom: true,
		bus: { baud: 9600, parity: "none", stop: 1, unit: 1, timeoutMs: 1000, pauseMs: 20, replyMs: 40 },
		functions: [3, 16],
		fc: 3,
		wordOrder: "lo-hi",
		maxRead: map.maxRead,
		blocks: map.blocks,
		// Calibration of the arc detector (high word first, alone in the family).
		never: [[297, 310]],
		positive: "import",
		rows: [
			...identity(map),
			...state(map),
			...energies(battery),
			...grid(map),
			...load(map),
			...inverter(map),
			...dc(map, battery, solArk),
			...bms(),
			...lowSettings(map),
		],
		quirks: map.quirks,
		sources: map.sources,
		confidence: map.confidence,
	};
}

function identity(map: LowMap): Row[] {
	const rated = map.brand === "sol-ark" ? 50 : 16;
	return [
		read("once", "protocol_version", 2, "u16", "code", { point: measured("Proto") }),
		read("once", "serial_number", 3, "string", "text", { words: 5, point: "1.SN" }),
		// Up to 36 kW: 40000 and below can only be W, what is above only 0.1 W of 4 kW and more.
		map.brand === "sol-ark"
			? read("once", "rated_power", rated, "u32", "W", {
					point: "702.WMaxRtg",
					above: { raw: 40_000, k: 0.1, b: 0 },
					notAvailable: [0],
					note: "unit not stated in the map: W or 0.1 W, told apart by size",
				})
			: read("once", "rated_power", rated, "u32", "W", { point: "702.WMaxRtg", k: 0.1, notAvailable: [0] }),
		read("once", "mppt_count", 18, "bits", "code", { bits: [8, 8], point: measured("NMppt") }),
		read("once", "phase_count", 18, "bits", "code", { bits: [0, 8], point: measured("NPh") }),
		read("once", "power_ratio", 54, "u16", "1", {
			map: { 10: 10 },
			otherwise: 1,
			point: measured("WRatio"),
			note: "10: what it multiplies counts 10 W (Sol-Ark 15K from SW 7226/1446 on)",
		}),
	];
}

function state(map: LowMap): Row[] {
	const solArk = map.brand === "sol-ark";
	const status = read("normal", "overall_state", 59, "u16", "code", {
		// standby, self-test, normal, alarm (still running), fault, activating
		map: { 0: 7, 1: 2, 2: 3, 3: 3, 4: 6, 5: 2 },
		point: bothSides("InvSt"),
	});
	const faults = read("normal", "fault_bits", 103, "u64", "code", {
		bitMap: lowVoltageAlarms,
		point: bothSides("Alrm"),
	});
	const relay = read("fast", "grid_relay", 194, "u16", "code", {
		...(solArk ? { map: { 0: 0, 1: 0, 2: 1 } } : { map: { 0: 0 }, otherwise: 1 }),
		point: bothSides("ConnSt"),
		note: solArk ? "1 open, 2 closed" : "anything but 0 is connected",
	});
	return [
		status,
		again(status, "running", "code", { map: { 0: 0, 1: 0, 2: 1, 3: 1, 4: 0, 5: 0 } }),
		again(status, "overall_state_raw", "code", { point: measured("StRaw") }),
		read("normal", "warning_bits", 101, "u32", "code", { point: measured("Wrn") }),
		faults,
		again(faults, "faults_1_to_32", "code", { type: "u32", point: measured("Flt1") }),
		again(faults, "faults_33_to_64", "code", { type: "u32", address: 105, point: measured("Flt2") }),
		again(faults, "fault_text", "text", { texts: lowVoltageFaults, point: bothSides("MnAlrmInfo") }),
		again(faults, "switched_on", "code", {
			address: 106,
			type: "bits",
			bits: [12, 1],
			map: { 0: 1, 1: 0 },
			point: measured("BtnOn"),
			note: "fault bit 60: switched off by its button",
		}),
		...(map.mppts === 3
			? []
			: [
					read("normal", "dc_transformer_temperature", 90, "u16", "C", {
						k: 0.1,
						b: -100,
						point: bothSides("TmpTrns"),
					}),
				]),
		read("normal", "heatsink_temperature", 91, "u16", "C", { k: 0.1, b: -100, point: bothSides("TmpSnk") }),
		relay,
		again(relay, "grid_relay_mode", "code", {
			// closed: follows the grid (bit 0); open: makes its own (bit 1)
			...(solArk ? { map: { 0: 2, 1: 2, 2: 1 } } : { map: { 0: 2 }, otherwise: 1 }),
			point: bothSides("DERMode"),
		}),
		again(relay, "grid_relay_raw", "code", { point: measured("RlyRaw") }),
		read("slow", "grid_type", 286, "u16", "code", { map: { 0: 0, 1: 1, 2: 2 }, point: bothSides("ACType") }),
	];
}

/** Lifetime counters only: those of the day start anew at midnight. */
function energies(battery: string): Row[] {
	const total = (name: string, address: number, point: string | readonly string[], high?: number): Row =>
		read("normal", name, address, "u32", "Wh", { k: 100, point, ...(high === undefined ? {} : { high }) });
	return [
		total("total_battery_charge", 72, [`${battery}.DCWhAbs`, "714.DCWhAbs"]),
		total("total_battery_discharge", 74, `${battery}.DCWhInj`),
		total("total_grid_import", 78, "TotWhAbs", 80),
		total("total_grid_export", 81, "TotWhInj"),
		total("total_load_energy", 85, "701#2.TotWhAbs"),
		total("total_pv_energy", 96, measured("WhPv")),
	];
}

function grid(map: LowMap): Row[] {
	const two = map.phases === 2;
	const watts = (name: string, address: number, point: string): Row =>
		read("fast", name, address, "s16", "W", { times: ["power_ratio"], point });
	const amps = (name: string, address: number, point: string | readonly string[]): Row =>
		read("fast", name, address, "s16", "A", { k: 0.01, positive: "import", point });
	const rows = [
		read("normal", "grid_frequency", 79, "u16", "Hz", { k: 0.01, point: "Hz" }),
		read("fast", "grid_l1_voltage", 150, "u16", "V", { k: 0.1, point: two ? "VL1" : ["VL1", "LNV"] }),
		amps("grid_l1_current", 160, two ? "AL1" : ["AL1", "A"]),
		amps("ct_l1_current", 162, measured("CtAL1")),
		watts("grid_l1_power", 167, "WL1"),
		watts("grid_power", 169, "W"),
		watts("ct_l1_power", 170, measured("CtWL1")),
		watts("ct_power", 172, measured("CtW")),
	];
	if (two) {
		rows.push(
			read("fast", "grid_l2_voltage", 151, "u16", "V", { k: 0.1, point: "VL2" }),
			read("fast", "grid_l1_l2_voltage", 152, "u16", "V", { k: 0.1, point: ["LLV", "VL1L2"] }),
			read("fast", "relay_voltage", 153, "u16", "V", { k: 0.1, point: measured("RlyV") }),
			amps("grid_l2_current", 161, "AL2"),
			amps("ct_l2_current", 163, measured("CtAL2")),
			watts("grid_l2_power", 168, "WL2"),
			watts("ct_l2_power", 171, measured("CtWL2")),
		);
	}
	if (map.brand === "sol-ark") {
		rows.push(
			read("normal", "apparent_power", 38, "u16", "VA", { point: measured("VA"), note: "side not stated" }),
			read("normal", "grid_reactive_power", 88, "u16", "var", {
				k: 100,
				point: "Var",
				range: [0, 50_000],
				note: "without sign",
			}),
			read("normal", "grid_power_factor", 89, "s16", "1", {
				k: 0.001,
				above: { raw: 1000, k: -0.001, b: 2 },
				notAvailable: [0],
				note: "1000 is 1, 1200 is 0.8 in the other quadrant",
			}),
		);
	}
	return rows;
}

function load(map: LowMap): Row[] {
	const two = map.phases === 2;
	const at = (name: string): string => `701#2.${name}`;
	const watts = (name: string, address: number, point: string): Row =>
		read("fast", name, address, "s16", "W", { times: ["power_ratio"], point: at(point) });
	const amps = (name: string, address: number, points: readonly string[]): Row =>
		read("fast", name, address, "s16", "A", { k: 0.01, positive: "import", point: points.map(at) });
	const rows = [
		read("fast", "load_l1_voltage", 157, "u16", "V", { k: 0.1, point: two ? at("VL1") : [at("VL1"), at("LNV")] }),
		watts("load_l1_power", 176, "WL1"),
		watts("load_power", 178, "W"),
		amps("load_l1_current", 179, two ? ["AL1"] : ["AL1", "A"]),
		read("fast", "load_frequency", 192, "u16", "Hz", { k: 0.01, point: at("Hz") }),
		read("fast", "ups_power", 185, "s16", "W", { positive: "export", point: measured("UpsW") }),
	];
	if (two) {
		rows.push(
			read("fast", "load_l2_voltage", 158, "u16", "V", { k: 0.1, point: at("VL2") }),
			watts("load_l2_power", 177, "WL2"),
			amps("load_l2_current", 180, ["AL2"]),
		);
	}
	return rows;
}

/** 173 to 175 and 185 are not in the list of register 54, and the relatives with 10 W steps count them in 1 W. */
function inverter(map: LowMap): Row[] {
	const two = map.phases === 2;
	const volts = (name: string, address: number, point: string): Row =>
		read("fast", name, address, "u16", "V", { k: 0.1, point: measured(point) });
	const amps = (name: string, address: number, point: string): Row =>
		read("fast", name, address, "s16", "A", { k: 0.01, point: measured(point) });
	const watts = (name: string, address: number, point: string): Row =>
		read("fast", name, address, "s16", "W", { positive: "export", point: measured(point) });
	const rows = [
		volts("inverter_l1_voltage", 154, "InvVL1"),
		amps("inverter_l1_current", 164, "InvAL1"),
		watts("aux_gen_power", 166, "GenW"),
		watts("inverter_l1_power", 173, "InvWL1"),
		watts("inverter_power", 175, "InvW"),
		volts("gen_voltage", 181, "GenV"),
		read("fast", "inverter_frequency", 193, "u16", "Hz", { k: 0.01, point: measured("InvHz") }),
		read("fast", "gen_relay", 195, "u16", "code", { point: measured("GenRly") }),
		read("fast", "gen_frequency", 196, "u16", "Hz", { k: 0.01, point: measured("GenHz") }),
	];
	if (two) {
		rows.push(
			volts("inverter_l2_voltage", 155, "InvVL2"),
			volts("inverter_l1_l2_voltage", 156, "InvVL1L2"),
			amps("inverter_l2_current", 165, "InvAL2"),
			watts("inverter_l2_power", 174, "InvWL2"),
		);
	}
	return rows;
}

function dc(map: LowMap, battery: string, solArk: boolean): Row[] {
	const rows: Row[] = [];
	for (let n = 1; n <= map.mppts; n++) {
		const port = `714.Prt[${n}]`;
		rows.push(
			read("normal", `pv${n}_voltage`, 107 + 2 * n, "u16", "V", { k: 0.1, point: `${port}.DCV` }),
			read("normal", `pv${n}_current`, 108 + 2 * n, "u16", "A", { k: 0.1, point: `${port}.DCA` }),
			read("fast", `pv${n}_power`, 185 + n, "u16", "W", { point: `${port}.DCW` }),
		);
	}
	const watts = read("fast", "battery_power", 190, "s16", "W", {
		positive: "discharge",
		...(solArk ? { times: ["power_ratio"] } : {}),
		point: [`${battery}.DCW`, "802.W"],
	});
	rows.push(
		read("normal", "battery_capacity_corrected", 107, "u16", "Ah", { point: measured("BatAh") }),
		read("fast", "battery_temperature", 182, "u16", "C", { k: 0.1, b: -100, point: `${battery}.Tmp` }),
		read("fast", "battery_voltage", 183, "u16", "V", { k: 0.01, point: [`${battery}.DCV`, "802.V"] }),
		read("fast", "battery_soc", 184, "u16", "%", { range: [0, 100] }),
		watts,
		read("fast", "battery_current", 191, "s16", "A", {
			k: 0.01,
			positive: "discharge",
			point: [`${battery}.DCA`, "802.A"],
		}),
	);
	return rows;
}

/** What the battery's own management says. Its registers hold 0 while there is none: then its voltage is 0 too. */
function bms(): Row[] {
	const volts = read("normal", "bms_voltage", 317, "u16", "V", { k: 0.01, notAvailable: [0], point: measured("BmsV") });
	const warning = read("normal", "bms_warning_bits", 322, "u16", "code", { point: "802.EvtVnd1" });
	const fault = read("normal", "bms_fault_bits", 323, "u16", "code", { point: "802.EvtVnd2" });
	return [
		read("normal", "bms_charge_voltage", 312, "u16", "V", { k: 0.01, notAvailable: [0], point: "802.VMax" }),
		read("normal", "bms_discharge_voltage", 313, "u16", "V", { k: 0.01, notAvailable: [0], point: "802.VMin" }),
		read("normal", "bms_charge_current_limit", 314, "u16", "A"),
		read("normal", "bms_discharge_current_limit", 315, "u16", "A"),
		read("normal", "bms_soc", 316, "u16", "%", { range: [0, 100] }),
		volts,
		again(volts, "bms_there", "1", { notAvailable: [0], map: { 0: 0 }, otherwise: 1 }),
		read("normal", "bms_current", 318, "s16", "A", { note: "sign not stated" }),
		read("normal", "bms_temperature", 319, "u16", "C", {
			k: 0.1,
			b: -100,
			notAvailable: [0],
			point: measured("BmsTmp"),
		}),
		warning,
		fault,
		again(warning, "bms_warning_state", "code", { map: { 0: 0 }, otherwise: 1 }),
		again(fault, "bms_fault_state", "code", { map: { 0: 0 }, otherwise: 2 }),
		again(warning, "bms_warning_event", "code", { map: { 0: 0 }, otherwise: 2 ** 26 }),
		again(fault, "bms_fault_event", "code", { map: { 0: 0 }, otherwise: 2 ** 25 }),
	];
}

function fixedPoints(map: LowMap, battery: string): Record<string, number | string> {
	const tens = map.tens ? 1 : 0;
	const fixed: Record<string, number | string> = {
		"702.W_SF": 0,
		"702.VA_SF": 0,
		"702.Var_SF": 0,
		"702.V_SF": -1,
		"702.A_SF": 0,
		"702.PF_SF": -3,
		// limits and fixed set-points: MAX_W, FIXED_VAR, FIXED_PF
		"702.CtrlModes": map.brand === "sol-ark" ? 0b1101 : 0b1,
		"713.WH_SF": 1,
		"713.Pct_SF": -1,
		"714.DCA_SF": map.tens ? -1 : -2,
		"714.DCV_SF": -2,
		"714.DCW_SF": 0,
		"714.DCWH_SF": 0,
		"714.Tmp_SF": -1,
		"802.AHRtg_SF": 0,
		"802.WHRtg_SF": 1,
		"802.WChaDisChaMax_SF": 0,
		"802.SoC_SF": -1,
		"802.V_SF": -2,
		"802.CellV_SF": -3,
		"802.A_SF": -2,
		"802.AMax_SF": 0,
		"802.W_SF": tens,
		"802.LocRemCtl": 0,
		"802.AlmRst": 0,
		"802.Evt2": 0,
		"802.SetOp": 1,
		"802.SetInvState": 3,
	};
	for (const at of ["701", "701#2"]) {
		Object.assign(fixed, {
			[`${at}.A_SF`]: -2,
			[`${at}.V_SF`]: -1,
			[`${at}.Hz_SF`]: -2,
			[`${at}.W_SF`]: tens,
			[`${at}.PF_SF`]: -3,
			[`${at}.VA_SF`]: tens,
			[`${at}.Var_SF`]: 2,
			[`${at}.TotWh_SF`]: 0,
			[`${at}.TotVarh_SF`]: 0,
			[`${at}.Tmp_SF`]: -1,
		});
	}
	for (let n = 1; n <= map.mppts; n++) {
		Object.assign(fixed, { [`714.Prt[${n}].PrtTyp`]: 0, [`714.Prt[${n}].ID`]: n, [`714.Prt[${n}].IDStr`]: `MPPT${n}` });
	}
	return { ...fixed, [`${battery}.PrtTyp`]: 1, [`${battery}.ID`]: map.mppts + 1, [`${battery}.IDStr`]: "BATT1" };
}

function derivedPoints(map: LowMap, battery: string): Derived[] {
	const ports = Array.from({ length: map.mppts + 1 }, (_, i) => `714.Prt[${i + 1}]`);
	const derived: Derived[] = [{ point: bothSides("St"), by: "product", of: ["@running", measured("BtnOn")] }];
	if (map.phases === 2) {
		derived.push(
			{ point: "LNV", by: "mean", of: ["VL1", "VL2"] },
			{ point: "A", by: "sum", of: ["AL1", "AL2"] },
			{ point: "701#2.LNV", by: "mean", of: ["701#2.VL1", "701#2.VL2"] },
			{ point: "701#2.A", by: "sum", of: ["701#2.AL1", "701#2.AL2"] },
			// 120/240 V: the legs are opposite; 120/208 V: they are 120 degrees apart.
			...legs("sum", 1, [0, 1]),
			...legs("sum", Math.sqrt(3) / 2, [2]),
		);
	}
	if (map.brand === "sol-ark") {
		derived.push(
			{ point: "VA", by: "hypot", of: ["W", "Var"] },
			{ point: "PF", by: "sign", of: ["@grid_power_factor", "W"] },
		);
	}
	derived.push(
		{ point: "714.DCA", by: "sum", of: ports.map((port) => `${port}.DCA`) },
		{ point: "714.DCW", by: "sum", of: ports.map((port) => `${port}.DCW`) },
		{ point: "714.DCWhInj", by: "sum", of: [measured("WhPv"), `${battery}.DCWhInj`] },
		...ports.map((port): Derived => ({ point: `${port}.DCSta`, by: "over", of: [`${port}.DCW`], limit: 10 })),
		...batteryPoints(battery, "@battery_soc"),
	);
	return derived;
}

function legs(by: "sum", k: number, types: readonly number[]): Derived[] {
	const when = { row: "grid_type", is: types };
	return [{ point: ["701#2.LLV", "701#2.VL1L2"], by, of: ["701#2.VL1", "701#2.VL2"], k, when }];
}

/** Energy, state of charge and limits of the battery, from its settings and its management. Shared by both maps. */
export function batteryPoints(battery: string, soc: string): Derived[] {
	return [
		{ point: measured("BmsSoC"), by: "product", of: ["@bms_soc", "@bms_there"] },
		{ point: measured("BmsACha"), by: "product", of: ["@bms_charge_current_limit", "@bms_there"] },
		{ point: measured("BmsADis"), by: "product", of: ["@bms_discharge_current_limit", "@bms_there"] },
		{ point: measured("BmsA"), by: "product", of: ["@bms_current", "@bms_there"] },
		{ point: ["713.SoC", "802.SoC"], by: "first", of: [measured("BmsSoC"), soc] },
		{ point: ["713.WHRtg", "802.WHRtg"], by: "product", of: ["802.AHRtg", "@battery_nominal_voltage"] },
		{ point: "713.WHAvail", by: "product", of: ["713.WHRtg", "713.SoC"], k: 0.01 },
		{ point: "713.Sta", by: "max", of: ["@bms_warning_state", "@bms_fault_state"] },
		{ point: "802.Evt1", by: "sum", of: ["@bms_warning_event", "@bms_fault_event"] },
		{ point: "802.AChaMax", by: "first", of: [measured("BmsACha"), settings("ACha")] },
		{ point: "802.ADisChaMax", by: "first", of: [measured("BmsADis"), settings("ADisCha")] },
		{
			point: ["802.WChaRteMax", "702.WChaRteMax"],
			by: "product",
			of: [settings("ACha"), "@battery_nominal_voltage"],
		},
		{
			point: ["802.WDisChaRteMax", "702.WDisChaRteMax"],
			by: "product",
			of: [settings("ADisCha"), "@battery_nominal_voltage"],
		},
		{ point: measured("BatDir"), by: "sign", of: [`${battery}.DCSta`, `${battery}.DCW`] },
		// Idle 0 is HOLDING (6), -1 is CHARGING (4), 1 is DISCHARGING (3): -2.5 x² - 0.5 x + 6.
		{ point: "802.ChaSt", by: "sum", of: [`${battery}.DCSta`, measured("BatDir")], factors: [-2.5, -0.5], b: 6 },
	];
}

function controls(solArk: boolean): Control[] {
	const limits: Control[] = [
		{ ability: "limitW", row: "max_sell_power" },
		{ ability: "chargeLimitW", row: "max_charge_current", dividedBy: "802.V" },
		{ ability: "dischargeLimitW", row: "max_discharge_current", dividedBy: "802.V" },
	];
	if (!solArk) return limits;
	return [
		...limits,
		{ ability: "pf", row: "output_power_factor", free: 1 },
		{ ability: "setVar", row: "fixed_reactive_power", percentOf: "702.WMaxRtg", free: 0 },
	];
}
