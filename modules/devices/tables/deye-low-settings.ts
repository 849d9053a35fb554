import type { Row } from "../table";
import { again, settings as at, read, setting, shown, windows } from "./deye-row";

/** What differs between the models of one map in their settings. */
export interface LowSettings {
	readonly brand: "sol-ark" | "deye";
	readonly maxSellW: number;
	readonly maxPvW: number;
	readonly maxWindowW: number;
	readonly maxChargeA: number;
}

const batteryV: readonly [number, number] = [38, 61];
const percent: readonly [number, number] = [0, 100];
const onOff: readonly [number, number] = [0, 1];

/** 0.80 to 1.00 and -0.99 to -0.80: what lies between is no power factor that the inverter takes. */
const powerFactors: readonly number[] = [
	...Array.from({ length: 21 }, (_, i) => (80 + i) / 100),
	...Array.from({ length: 20 }, (_, i) => -(80 + i) / 100),
];

export function lowSettings(limits: LowSettings): Row[] {
	const solArk = limits.brand === "sol-ark";
	const amps: readonly [number, number] = [0, limits.maxChargeA];
	const rows = [
		...battery(amps),
		...charging(amps),
		...selling(limits),
		...windows({
			first: 250,
			maxW: limits.maxWindowW,
			maxV: 63,
			stepW: 1,
			stepV: 0.01,
			// Sol-Ark: bits 0 and 1; Deye and Sunsynk: charge from grid and generator, mode (2 to 4), sell (6).
			maxMode: solArk ? 3 : 127,
		}),
		...installer(solArk),
	];
	return solArk ? [...rows, ...solArkOnly()] : rows;
}

function battery(amps: readonly [number, number]): Row[] {
	const type = shown("battery_control_mode", 200, "code", at("BatTyp"));
	const mode = shown("battery_operation_mode", 213, "code", at("BatMod"));
	return [
		type,
		again(type, "battery_nominal_voltage", "V", { map: { 0: 48, 1: 51.2 }, note: "lead acid, 16 LFP cells" }),
		again(type, "battery_chemistry", "code", { map: { 0: 1, 1: 4 }, point: "802.Typ" }),
		shown("battery_equalise_voltage", 201, "V", at("VEq"), { k: 0.01 }),
		shown("battery_absorb_voltage", 202, "V", at("VAbs"), { k: 0.01 }),
		shown("battery_float_voltage", 203, "V", at("VFlt"), { k: 0.01 }),
		shown("battery_capacity_set", 204, "Ah", "802.AHRtg"),
		setting("max_charge_current", 210, "A", amps, at("ACha")),
		setting("max_discharge_current", 211, "A", amps, at("ADisCha")),
		mode,
		again(mode, "battery_connected", "code", { map: { 0: 3, 1: 3, 2: 1 }, point: "802.State" }),
		setting("battery_shutdown_soc", 217, "%", percent, [at("SoCOff"), "802.SoCMin"]),
		setting("battery_restart_soc", 218, "%", percent, at("SoCRst")),
		setting("battery_low_soc", 219, "%", percent, [at("SoCLow"), "802.SoCRsvMin"]),
		setting("battery_shutdown_voltage", 220, "V", batteryV, at("VOff"), { k: 0.01 }),
		setting("battery_restart_voltage", 221, "V", batteryV, at("VRst"), { k: 0.01 }),
		setting("battery_low_voltage", 222, "V", batteryV, at("VLow"), { k: 0.01 }),
	];
}

function charging(amps: readonly [number, number]): Row[] {
	return [
		setting("gen_charge_start_voltage", 225, "V", [0, 63], at("GenChaV"), { k: 0.01 }),
		setting("gen_charge_start_soc", 226, "%", percent, at("GenChaSoC")),
		setting("gen_charge_current", 227, "A", amps, at("GenChaA")),
		setting("grid_charge_start_voltage", 228, "V", [0, 63], at("GridChaV"), { k: 0.01 }),
		setting("grid_charge_start_soc", 229, "%", percent, at("GridChaSoC")),
		setting("grid_charge_current", 230, "A", amps, at("GridChaA")),
		setting("gen_charge_enable", 231, "code", onOff, at("GenCha")),
		setting("grid_charge_enable", 232, "code", onOff, at("GridCha")),
		setting("gen_port_use", 235, "code", [0, 2], at("GenUse")),
	];
}

function selling(limits: LowSettings): Row[] {
	return [
		setting("max_solar_power", 53, "W", [0, limits.maxPvW], at("PvMaxW")),
		setting("zero_export_power", 206, "W", [0, 500], at("ZeroExpW")),
		setting("energy_priority", 243, "code", onOff, at("Pri")),
		setting("limit_mode", 244, "code", [0, 2], at("ExpLim")),
		setting("max_sell_power", 245, "W", [0, limits.maxSellW], at("SellW")),
		setting("solar_sell", 247, "code", onOff, at("Sell")),
		setting("time_of_use", 248, "code", [0, 255], at("Tou")),
		setting("gen_peak_shave_power", 292, "W", [0, 16_000], at("GenPkShvW")),
		setting("grid_peak_shave_power", 293, "W", [0, 16_000], at("PkShvW")),
	];
}

/** Read only: what the utility and the electrician have agreed. */
function installer(solArk: boolean): Row[] {
	const rows = [
		shown("grid_reconnect_time", 282, "s", at("RcnTms")),
		shown("grid_standard", 284, "code", at("GridStd")),
		shown("nominal_frequency", 285, "Hz", at("HzNom"), { map: { 0: 50, 1: 60 } }),
		shown("grid_voltage_high", 287, "V", at("VGridHi"), { k: 0.1 }),
		shown("grid_voltage_low", 288, "V", at("VGridLo"), { k: 0.1 }),
		shown("grid_frequency_high", 289, "Hz", at("HzGridHi"), { k: 0.01 }),
		shown("grid_frequency_low", 290, "Hz", at("HzGridLo"), { k: 0.01 }),
	];
	return solArk ? [...rows, ...nominalVoltage()] : rows;
}

/** The choice of voltage means something else with each kind of grid (286). */
function nominalVoltage(): Row[] {
	const first = read("slow", "voltage_choice", 280, "u16", "code");
	const by = (type: number, name: string, map: Record<number, number>): Row =>
		again(first, name, "V", {
			type: "bits",
			bits: [0, 4],
			map,
			when: { row: "grid_type", is: [type] },
			point: "702.VNomRtg",
		});
	return [
		first,
		by(0, "voltage_choice_single", { 0: 230, 1: 220, 2: 240, 3: 200 }),
		by(1, "voltage_choice_split", { 0: 240, 1: 220, 2: 240, 3: 200 }),
		by(2, "voltage_choice_three", { 0: 208, 1: 220 }),
	];
}

function solArkOnly(): Row[] {
	return [
		setting("load_limit_power", 26, "W", [2000, 14_000], at("LoadMaxW")),
		setting("active_power_setting", 40, "%", [0, 120], at("WReg"), { k: 0.1 }),
		setting("reactive_power_setting", 41, "%", [0, 120], at("VarReg"), { k: 0.1 }),
		setting("apparent_power_setting", 42, "%", [0, 120], at("VAReg"), { k: 0.1 }),
		setting("output_power_factor", 295, "1", [-0.99, 1], undefined, {
			type: "s16",
			k: 0.001,
			write: { fc: 16, min: -0.99, max: 1, allowed: powerFactors },
			note: "positive lags: over-excited, seen as a generator",
		}),
		setting("fixed_reactive_power", 488, "%", [-100, 100], undefined, { type: "s16" }),
	];
}
