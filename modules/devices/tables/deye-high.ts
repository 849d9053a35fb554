import { hybridMeasured, hybridSettings } from "../models/hybrid";
import type { Derived, DeviceTable, Row } from "../table";
import { highVoltageAlarms, highVoltageFaults, lowVoltageAlarms, lowVoltageFaults } from "./deye-faults";
import { highSettings } from "./deye-high-settings";
import { batteryPoints } from "./deye-low";
import { again, bothSides, measured, read, settingOrders } from "./deye-row";

/** The register map of the family's three-phase inverters (measurements at 500 to 712). */
export interface HighMap {
	readonly id: string;
	readonly maker: string;
	readonly model: string;
	readonly brand: "sol-ark" | "deye";
	readonly mppts: 2 | 4;
	/** Battery of 160 to 800 V: powers of PV and battery and most settings count 10 W, voltages 0.1 V. */
	readonly highVoltage: boolean;
	/** Ah of the battery times this is its energy. */
	readonly nominalV: number;
	readonly maxSellW: number;
	readonly maxPvW: number;
	readonly maxWindowW: number;
	readonly maxChargeA: number;
	readonly quirks: readonly string[];
	readonly sources: readonly string[];
	readonly confidence: DeviceTable["confidence"];
}

export function highMap(map: HighMap): DeviceTable {
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
		controls: [
			{ ability: "limitW", row: "max_sell_power" },
			{ ability: "chargeLimitW", row: "max_charge_current", dividedBy: "802.V" },
			{ ability: "dischargeLimitW", row: "max_discharge_current", dividedBy: "802.V" },
		],
		orders: settingOrders,
		eeprom: true,
		bus: { baud: 9600, parity: "none", stop: 1, unit: 1, timeoutMs: 1000, pauseMs: 20, replyMs: 40 },
		functions: [3, 16],
		fc: 3,
		wordOrder: "lo-hi",
		maxRead: map.highVoltage ? 125 : 100,
		blocks: [
			[2, 36],
			[80, 191],
			[209, 241],
			[500, 558],
			[586, 712],
		],
		positive: "import",
		rows: [
			...identity(),
			...state(map),
			...energies(battery),
			...grid(map),
			...load(map),
			...inverter(map),
			...dc(map, battery),
			...bms(map),
			...highSettings(map),
		],
		quirks: map.quirks,
		sources: map.sources,
		confidence: map.confidence,
	};
}

function identity(): Row[] {
	return [
		read("once", "protocol_version", 2, "u16", "code", { point: measured("Proto") }),
		read("once", "serial_number", 3, "string", "text", { words: 5, point: "1.SN" }),
		read("once", "rated_power", 20, "u32", "W", { k: 0.1, notAvailable: [0], point: "702.WMaxRtg" }),
		read("once", "mppt_count", 22, "bits", "code", { bits: [8, 4], point: measured("NMppt") }),
		read("once", "phase_count", 22, "bits", "code", { bits: [0, 4], point: measured("NPh") }),
	];
}

function state(map: HighMap): Row[] {
	const status = read("normal", "overall_state", 500, "u16", "code", {
		map: { 0: 7, 1: 2, 2: 3, 3: 3, 4: 6, 5: 2 },
		point: bothSides("InvSt"),
	});
	const relay = read("fast", "relays", 552, "u16", "code", { point: measured("RlyRaw") });
	const gridBit = { type: "bits", bits: [2, 1] } as const;
	const faults = read("normal", "fault_bits", 555, "u64", "code", {
		bitMap: map.highVoltage ? highVoltageAlarms : lowVoltageAlarms,
		point: bothSides("Alrm"),
	});
	return [
		status,
		again(status, "running", "code", { map: { 0: 0, 1: 0, 2: 1, 3: 1, 4: 0, 5: 0 } }),
		again(status, "overall_state_raw", "code", { point: measured("StRaw") }),
		read("normal", "switched_on", 551, "u16", "code", { map: { 0: 0 }, otherwise: 1, point: measured("BtnOn") }),
		relay,
		again(relay, "grid_relay", "code", { ...gridBit, point: bothSides("ConnSt") }),
		again(relay, "grid_relay_mode", "code", { ...gridBit, map: { 0: 2, 1: 1 }, point: bothSides("DERMode") }),
		again(relay, "gen_relay", "code", { type: "bits", bits: [3, 1], point: measured("GenRly") }),
		read("normal", "warning_bits", 553, "u32", "code", { point: measured("Wrn") }),
		faults,
		again(faults, "faults_1_to_32", "code", { type: "u32", point: measured("Flt1") }),
		again(faults, "faults_33_to_64", "code", { type: "u32", address: 557, point: measured("Flt2") }),
		again(faults, "fault_text", "text", {
			texts: map.highVoltage ? highVoltageFaults : lowVoltageFaults,
			point: bothSides("MnAlrmInfo"),
		}),
		read("normal", "dc_transformer_temperature", 540, "u16", "C", { k: 0.1, b: -100, point: bothSides("TmpTrns") }),
		read("normal", "heatsink_temperature", 541, "u16", "C", { k: 0.1, b: -100, point: bothSides("TmpSnk") }),
		// another order than register 286 of the low map
		read("slow", "grid_type", 184, "u16", "code", { map: { 0: 2, 1: 0, 2: 1 }, point: bothSides("ACType") }),
	];
}

function energies(battery: string): Row[] {
	const total = (name: string, address: number, point: string | readonly string[]): Row =>
		read("normal", name, address, "u32", "Wh", { k: 100, point });
	return [
		total("total_battery_charge", 516, [`${battery}.DCWhAbs`, "714.DCWhAbs"]),
		total("total_battery_discharge", 518, `${battery}.DCWhInj`),
		total("total_grid_import", 522, "TotWhAbs"),
		total("total_grid_export", 524, "TotWhInj"),
		total("total_load_energy", 527, "701#2.TotWhAbs"),
		total("total_pv_energy", 534, measured("WhPv")),
	];
}

/**
 * Power: the low word, and far behind it the high one. Firmware of low-voltage models leaves the high word at 0 also for
 * negative values, and their power fits 16 bits; so there the low word is all that counts.
 */
function watts(map: HighMap, name: string, address: number, high: number, more: Partial<Row>): Row {
	const words = map.highVoltage ? ({ type: "s32", high } as const) : ({ type: "s16" } as const);
	return read("fast", name, address, words.type, "W", { ...words, ...more });
}

function grid(map: HighMap): Row[] {
	const rows = [
		read("fast", "grid_frequency", 609, "u16", "Hz", { k: 0.01, point: "Hz" }),
		watts(map, "grid_power", 625, 690, { point: "W" }),
		watts(map, "ct_power", 619, 708, { point: measured("CtW") }),
		read("fast", "grid_power_factor", 621, "s16", "1", { k: 0.001, notAvailable: [0] }),
		watts(map, "grid_apparent_power", 608, 704, { unit: "VA", point: "VA" }),
	];
	for (let n = 1; n <= 3; n++) {
		rows.push(
			read("fast", `grid_l${n}_voltage`, 597 + n, "u16", "V", { k: 0.1, point: `VL${n}` }),
			read("fast", `grid_l${n}_current`, 609 + n, "s16", "A", { k: 0.01, positive: "import", point: `AL${n}` }),
			read("fast", `ct_l${n}_current`, 612 + n, "s16", "A", {
				k: 0.01,
				positive: "import",
				point: measured(`CtAL${n}`),
			}),
			watts(map, `ct_l${n}_power`, 615 + n, 704 + n, { point: measured(`CtWL${n}`) }),
			watts(map, `grid_l${n}_power`, 621 + n, 686 + n, { point: `WL${n}` }),
		);
		if (map.brand === "sol-ark") {
			rows.push(read("fast", `grid_l${n}_reactive_power`, 709 + n, "s16", "var", { k: 10, point: `VarL${n}` }));
		}
	}
	return rows;
}

function load(map: HighMap): Row[] {
	const at = (name: string): string => `701#2.${name}`;
	const rows = [
		watts(map, "load_power", 653, 659, { point: at("W") }),
		read("fast", "load_frequency", 655, "u16", "Hz", { k: 0.01, point: at("Hz") }),
		watts(map, "ups_power", 643, 699, { positive: "export", point: measured("UpsW") }),
	];
	for (let n = 1; n <= 3; n++) {
		rows.push(
			read("fast", `load_l${n}_voltage`, 643 + n, "u16", "V", { k: 0.1, point: at(`VL${n}`) }),
			watts(map, `load_l${n}_power`, 649 + n, 655 + n, { point: at(`WL${n}`) }),
		);
		if (map.brand === "sol-ark") {
			const point = at(`AL${n}`);
			rows.push(read("fast", `load_l${n}_current`, 646 + n, "s16", "A", { k: 0.01, positive: "import", point }));
		}
	}
	return rows;
}

function inverter(map: HighMap): Row[] {
	const rows = [
		read("fast", "inverter_frequency", 638, "u16", "Hz", { k: 0.01, point: measured("InvHz") }),
		watts(map, "inverter_power", 636, 694, { positive: "export", point: measured("InvW") }),
		watts(map, "aux_gen_power", 667, 671, { positive: "export", point: measured("GenW") }),
		read("fast", "gen_l1_voltage", 661, "u16", "V", { k: 0.1, point: measured("GenV") }),
	];
	for (let n = 1; n <= 3; n++) {
		const point = measured(`InvWL${n}`);
		rows.push(
			read("fast", `inverter_l${n}_voltage`, 626 + n, "u16", "V", { k: 0.1, point: measured(`InvVL${n}`) }),
			read("fast", `inverter_l${n}_current`, 629 + n, "s16", "A", { k: 0.01, point: measured(`InvAL${n}`) }),
			watts(map, `inverter_l${n}_power`, 632 + n, 690 + n, { positive: "export", point }),
		);
	}
	return rows;
}

function dc(map: HighMap, battery: string): Row[] {
	const tenW = map.highVoltage ? { k: 10 } : {};
	const rows: Row[] = [];
	for (let n = 1; n <= map.mppts; n++) {
		const port = `714.Prt[${n}]`;
		rows.push(
			read("fast", `pv${n}_power`, 671 + n, "u16", "W", { ...tenW, point: `${port}.DCW` }),
			read("fast", `pv${n}_voltage`, 674 + 2 * n, "u16", "V", { k: 0.1, point: `${port}.DCV` }),
			read("fast", `pv${n}_current`, 675 + 2 * n, "u16", "A", { k: 0.1, point: `${port}.DCA` }),
		);
	}
	rows.push(
		read("fast", "battery_temperature", 586, "u16", "C", { k: 0.1, b: -100, point: `${battery}.Tmp` }),
		read("fast", "battery_voltage", 587, "u16", "V", {
			k: map.highVoltage ? 0.1 : 0.01,
			point: [`${battery}.DCV`, "802.V"],
		}),
		read("fast", "battery_soc", 588, "u16", "%", { range: [0, 100] }),
		read("fast", "battery_power", 590, "s16", "W", {
			...tenW,
			positive: "discharge",
			point: [`${battery}.DCW`, "802.W"],
		}),
		read("fast", "battery_current", 591, "s16", "A", {
			k: 0.01,
			positive: "discharge",
			point: [`${battery}.DCA`, "802.A"],
		}),
		read("fast", "battery_capacity_corrected", 592, "u16", "Ah", { point: measured("BatAh") }),
	);
	return rows;
}

function bms(map: HighMap): Row[] {
	const k = map.highVoltage ? 0.1 : 0.01;
	const volts = read("normal", "bms_voltage", 215, "u16", "V", { k, notAvailable: [0] });
	const warning = read("normal", "bms_warning_bits", 220, "u16", "code", { point: "802.EvtVnd1" });
	const fault = read("normal", "bms_fault_bits", 221, "u16", "code", { point: "802.EvtVnd2" });
	const rows = [
		read("normal", "bms_charge_voltage", 210, "u16", "V", { k, notAvailable: [0], point: "802.VMax" }),
		read("normal", "bms_discharge_voltage", 211, "u16", "V", { k, notAvailable: [0], point: "802.VMin" }),
		read("normal", "bms_charge_current_limit", 212, "u16", "A"),
		read("normal", "bms_discharge_current_limit", 213, "u16", "A"),
		read("normal", "bms_soc", 214, "u16", "%", { range: [0, 100] }),
		map.highVoltage ? volts : { ...volts, point: measured("BmsV") },
		again(volts, "bms_there", "1", { notAvailable: [0], map: { 0: 0 }, otherwise: 1 }),
		read("normal", "bms_temperature", 217, "u16", "C", {
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
	if (map.highVoltage) {
		const soh = map.brand === "sol-ark" ? 10_006 : 224;
		rows.push(read("slow", "bms_soh", soh, "u16", "%", { notAvailable: [0], point: ["713.SoH", "802.SoH"] }));
	}
	return rows;
}

function fixedPoints(map: HighMap, battery: string): Record<string, number | string> {
	const tens = map.highVoltage ? 1 : 0;
	const fixed: Record<string, number | string> = {
		"702.W_SF": tens,
		"702.VA_SF": tens,
		"702.Var_SF": tens,
		"702.V_SF": -1,
		"702.A_SF": 0,
		"702.PF_SF": -3,
		"702.CtrlModes": 1,
		"713.WH_SF": map.highVoltage ? 2 : 1,
		"713.Pct_SF": -1,
		"714.DCA_SF": -2,
		"714.DCV_SF": map.highVoltage ? -1 : -2,
		"714.DCW_SF": tens,
		"714.DCWH_SF": 0,
		"714.Tmp_SF": -1,
		"802.AHRtg_SF": 0,
		"802.WHRtg_SF": map.highVoltage ? 2 : 1,
		"802.WChaDisChaMax_SF": tens,
		"802.SoC_SF": -1,
		"802.SoH_SF": -1,
		"802.V_SF": map.highVoltage ? -1 : -2,
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
			[`${at}.Var_SF`]: 1,
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

function derivedPoints(map: HighMap, battery: string): Derived[] {
	const ports = Array.from({ length: map.mppts + 1 }, (_, i) => `714.Prt[${i + 1}]`);
	const phases = (at: string, name: string): string[] => [1, 2, 3].map((n) => `${at}${name}L${n}`);
	const root3 = Math.sqrt(3);
	const derived: Derived[] = [
		{ point: bothSides("St"), by: "product", of: ["@running", measured("BtnOn")] },
		{ point: "A", by: "sum", of: phases("", "A") },
		{ point: "PF", by: "sign", of: ["@grid_power_factor", "W"] },
	];
	for (const at of ["", "701#2."]) {
		derived.push({ point: `${at}LNV`, by: "mean", of: phases(at, "V") });
		// No register holds them: of three equal phases.
		derived.push({ point: `${at}LLV`, by: "mean", of: phases(at, "V"), k: root3 });
	}
	if (map.brand === "sol-ark") {
		derived.push({ point: "701#2.A", by: "sum", of: phases("701#2.", "A") });
		derived.push({ point: "Var", by: "sum", of: phases("", "Var") });
	}
	derived.push(
		{ point: "714.DCA", by: "sum", of: ports.map((port) => `${port}.DCA`) },
		{ point: "714.DCW", by: "sum", of: ports.map((port) => `${port}.DCW`) },
		{ point: "714.DCWhInj", by: "sum", of: [measured("WhPv"), `${battery}.DCWhInj`] },
		...ports.map((port): Derived => ({ point: `${port}.DCSta`, by: "over", of: [`${port}.DCW`], limit: 10 })),
		...batteryPoints(battery, "@battery_soc").filter((one) => one.point !== measured("BmsA")),
	);
	return derived;
}
