import { frozen } from "../../base/frozen";
import type { Row } from "../table";
import { again, settings as at, measured, read, setting, shown, windows } from "./deye-row";

/** What differs between the models of the family in their settings. */
export interface SettingsPlan {
	readonly brand: "sol-ark" | "deye";
	/**
	 * Both maps have the same settings in the same order; those of the three-phase one lie 102 registers lower. The
	 * addresses here are those of the other map.
	 */
	readonly shift: 0 | -102;
	/** Battery of 160 to 800 V: powers count 10 W, voltages 0.1 V. */
	readonly highVoltage: boolean;
	/** Volts by which Ah of a lithium battery become Wh. */
	readonly nominalV: number;
	readonly maxSellW: number;
	readonly maxPvW: number;
	readonly maxWindowW: number;
	readonly maxChargeA: number;
	readonly maxPeakW: number;
	/** Mode words of a window that may be written. */
	readonly modes: readonly number[];
}

const percent = frozen<readonly [number, number]>([0, 100]);
const onOff = frozen<readonly [number, number]>([0, 1]);

export function settingRows(plan: SettingsPlan): Row[] {
	const amps: readonly [number, number] = [0, plan.maxChargeA];
	const low = plan.shift === 0;
	const first = 250 + plan.shift;
	const maxV = plan.highVoltage ? 655 : 63;
	return [
		...battery(plan, amps),
		...charging(plan, amps),
		...selling(plan),
		...windows({ first, maxW: plan.maxWindowW, maxV, modes: plan.modes, ...steps(plan) }),
		...installer(plan.shift),
		...(low && plan.brand === "sol-ark" ? [...nominalVoltage(), ...solArkOnly()] : []),
	];
}

function steps({ highVoltage }: SettingsPlan): { stepW: number; stepV: number } {
	return { stepW: highVoltage ? 10 : 1, stepV: highVoltage ? 0.1 : 0.01 };
}

function battery(plan: SettingsPlan, amps: readonly [number, number]): Row[] {
	const { shift, highVoltage, nominalV } = plan;
	const k = steps(plan).stepV;
	const volts: readonly [number, number] = highVoltage ? [160, 800] : [38, 61];
	const type = shown("battery_control_mode", 200 + shift, "code", at("BatTyp"));
	const mode = shown("battery_operation_mode", 213 + shift, "code", at("BatMod"));
	return [
		type,
		again(type, "battery_nominal_voltage", "V", { map: { 0: highVoltage ? nominalV : 48, 1: nominalV } }),
		again(type, "battery_chemistry", "code", { map: { 0: 1, 1: 4 }, point: "802.Typ" }),
		shown("battery_equalise_voltage", 201 + shift, "V", at("VEq"), { k }),
		shown("battery_absorb_voltage", 202 + shift, "V", at("VAbs"), { k }),
		shown("battery_float_voltage", 203 + shift, "V", at("VFlt"), { k }),
		shown("battery_capacity_set", 204 + shift, "Ah", "802.AHRtg"),
		setting("max_charge_current", 210 + shift, "A", amps, at("ACha")),
		setting("max_discharge_current", 211 + shift, "A", amps, at("ADisCha")),
		mode,
		again(mode, "battery_connected", "code", { map: { 0: 3, 1: 3, 2: 1 }, point: "802.State" }),
		setting("battery_shutdown_soc", 217 + shift, "%", percent, [at("SoCOff"), "802.SoCMin"]),
		setting("battery_restart_soc", 218 + shift, "%", percent, at("SoCRst")),
		setting("battery_low_soc", 219 + shift, "%", percent, [at("SoCLow"), "802.SoCRsvMin"]),
		setting("battery_shutdown_voltage", 220 + shift, "V", volts, at("VOff"), { k }),
		setting("battery_restart_voltage", 221 + shift, "V", volts, at("VRst"), { k }),
		setting("battery_low_voltage", 222 + shift, "V", volts, at("VLow"), { k }),
	];
}

function charging(plan: SettingsPlan, amps: readonly [number, number]): Row[] {
	const { shift, highVoltage } = plan;
	const k = steps(plan).stepV;
	const start: readonly [number, number] = [0, highVoltage ? 800 : 63];
	return [
		setting("gen_charge_start_voltage", 225 + shift, "V", start, at("GenChaV"), { k }),
		setting("gen_charge_start_soc", 226 + shift, "%", percent, at("GenChaSoC")),
		setting("gen_charge_current", 227 + shift, "A", shift === 0 ? amps : [0, Math.min(240, amps[1])], at("GenChaA")),
		setting("grid_charge_start_voltage", 228 + shift, "V", start, at("GridChaV"), { k }),
		setting("grid_charge_start_soc", 229 + shift, "%", percent, at("GridChaSoC")),
		setting("grid_charge_current", 230 + shift, "A", amps, at("GridChaA")),
		setting("gen_charge_enable", 231 + shift, "code", onOff, at("GenCha")),
		setting("grid_charge_enable", 232 + shift, "code", onOff, at("GridCha")),
		setting("gen_port_use", 235 + shift, "code", [0, 2], at("GenUse")),
	];
}

function selling(plan: SettingsPlan): Row[] {
	const { shift } = plan;
	const k = steps(plan).stepW;
	return [
		setting("max_solar_power", shift === 0 ? 53 : 340, "W", [0, plan.maxPvW], at("PvMaxW"), { k }),
		setting("zero_export_power", 206 + shift, "W", [0, 500], at("ZeroExpW"), { k }),
		setting("energy_priority", 243 + shift, "code", onOff, at("Pri")),
		setting("limit_mode", 244 + shift, "code", [0, 2], at("ExpLim")),
		setting("max_sell_power", 245 + shift, "W", [0, plan.maxSellW], at("SellW"), { k }),
		setting("solar_sell", 247 + shift, "code", onOff, at("Sell")),
		setting("time_of_use", 248 + shift, "code", [0, 255], at("Tou")),
		setting("gen_peak_shave_power", 292 + shift, "W", [0, Math.min(22_000, plan.maxPeakW)], at("GenPkShvW"), { k }),
		setting("grid_peak_shave_power", 293 + shift, "W", [0, plan.maxPeakW], at("PkShvW"), { k }),
	];
}

/** Read only: what the utility and the electrician have agreed. */
function installer(shift: number): Row[] {
	return [
		shown("grid_reconnect_time", 282 + shift, "s", at("RcnTms")),
		shown("grid_standard", 284 + shift, "code", at("GridStd")),
		shown("nominal_frequency", 285 + shift, "Hz", at("HzNom"), { map: { 0: 50, 1: 60 } }),
		shown("grid_voltage_high", 287 + shift, "V", at("VGridHi"), { k: 0.1 }),
		shown("grid_voltage_low", 288 + shift, "V", at("VGridLo"), { k: 0.1 }),
		shown("grid_frequency_high", 289 + shift, "Hz", at("HzGridHi"), { k: 0.01 }),
		shown("grid_frequency_low", 290 + shift, "Hz", at("HzGridLo"), { k: 0.01 }),
	];
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

/** 0.80 to 1.00 and -0.99 to -0.80: what lies between is no power factor that the inverter takes. */
const powerFactors = frozen<readonly number[]>([
	...Array.from({ length: 21 }, (_, i) => (80 + i) / 100),
	...Array.from({ length: 20 }, (_, i) => -(80 + i) / 100),
]);

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

/**
 * What the battery's own management says. Its registers hold 0 while there is none: then its voltage is 0 too. The
 * current of the three-phase map is left out: its readers do not agree on its step.
 */
export function bmsRows({ shift, highVoltage }: Pick<SettingsPlan, "shift" | "highVoltage">): Row[] {
	const k = highVoltage ? 0.1 : 0.01;
	// the model has steps of 0.01 V, up to 655 V
	const point = highVoltage ? {} : { point: measured("BmsV") };
	const volts = read("normal", "bms_voltage", 317 + shift, "u16", "V", { k, notAvailable: [0], ...point });
	const warning = read("normal", "bms_warning_bits", 322 + shift, "u16", "code", { point: "802.EvtVnd1" });
	const fault = read("normal", "bms_fault_bits", 323 + shift, "u16", "code", { point: "802.EvtVnd2" });
	const limit = (name: string, address: number, point: string): Row =>
		read("normal", name, address + shift, "u16", "V", { k, notAvailable: [0], point });
	const rows = [
		limit("bms_charge_voltage", 312, "802.VMax"),
		limit("bms_discharge_voltage", 313, "802.VMin"),
		read("normal", "bms_charge_current_limit", 314 + shift, "u16", "A"),
		read("normal", "bms_discharge_current_limit", 315 + shift, "u16", "A"),
		read("normal", "bms_soc", 316 + shift, "u16", "%", { range: [0, 100] }),
		volts,
		again(volts, "bms_there", "1", { notAvailable: [0], map: { 0: 0 }, otherwise: 1 }),
		read("normal", "bms_temperature", 319 + shift, "u16", "C", {
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
	if (shift === 0) rows.push(read("normal", "bms_current", 318, "s16", "A", { note: "sign not stated" }));
	return rows;
}
