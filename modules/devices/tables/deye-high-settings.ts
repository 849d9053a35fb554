import type { Row } from "../table";
import { again, settings as at, setting, shown, windows } from "./deye-row";

interface HighSettings {
	readonly highVoltage: boolean;
	readonly nominalV: number;
	readonly maxSellW: number;
	readonly maxPvW: number;
	readonly maxWindowW: number;
	readonly maxChargeA: number;
}

const percent: readonly [number, number] = [0, 100];
const onOff: readonly [number, number] = [0, 1];

export function highSettings(limits: HighSettings): Row[] {
	const k = limits.highVoltage ? 0.1 : 0.01;
	const step = limits.highVoltage ? { k: 10 } : {};
	const batteryV: readonly [number, number] = limits.highVoltage ? [160, 800] : [38, 61];
	const chargeV: readonly [number, number] = [0, limits.highVoltage ? 800 : 63];
	const amps: readonly [number, number] = [0, limits.maxChargeA];
	const type = shown("battery_control_mode", 98, "code", at("BatTyp"));
	const mode = shown("battery_operation_mode", 111, "code", at("BatMod"));
	const nominal = limits.highVoltage ? limits.nominalV : 48;
	return [
		type,
		again(type, "battery_nominal_voltage", "V", { map: { 0: nominal, 1: limits.nominalV } }),
		again(type, "battery_chemistry", "code", { map: { 0: 1, 1: 4 }, point: "802.Typ" }),
		shown("battery_equalise_voltage", 99, "V", at("VEq"), { k }),
		shown("battery_absorb_voltage", 100, "V", at("VAbs"), { k }),
		shown("battery_float_voltage", 101, "V", at("VFlt"), { k }),
		shown("battery_capacity_set", 102, "Ah", "802.AHRtg"),
		setting("zero_export_power", 104, "W", [0, 500], at("ZeroExpW"), step),
		setting("max_charge_current", 108, "A", amps, at("ACha")),
		setting("max_discharge_current", 109, "A", amps, at("ADisCha")),
		mode,
		again(mode, "battery_connected", "code", { map: { 0: 3, 1: 3, 2: 1 }, point: "802.State" }),
		setting("battery_shutdown_soc", 115, "%", percent, [at("SoCOff"), "802.SoCMin"]),
		setting("battery_restart_soc", 116, "%", percent, at("SoCRst")),
		setting("battery_low_soc", 117, "%", percent, [at("SoCLow"), "802.SoCRsvMin"]),
		setting("battery_shutdown_voltage", 118, "V", batteryV, at("VOff"), { k }),
		setting("battery_restart_voltage", 119, "V", batteryV, at("VRst"), { k }),
		setting("battery_low_voltage", 120, "V", batteryV, at("VLow"), { k }),
		setting("gen_charge_start_voltage", 123, "V", chargeV, at("GenChaV"), { k }),
		setting("gen_charge_start_soc", 124, "%", percent, at("GenChaSoC")),
		setting("gen_charge_current", 125, "A", [0, Math.min(240, limits.maxChargeA)], at("GenChaA")),
		setting("grid_charge_start_voltage", 126, "V", chargeV, at("GridChaV"), { k }),
		setting("grid_charge_start_soc", 127, "%", percent, at("GridChaSoC")),
		setting("grid_charge_current", 128, "A", amps, at("GridChaA")),
		setting("gen_charge_enable", 129, "code", onOff, at("GenCha")),
		setting("grid_charge_enable", 130, "code", onOff, at("GridCha")),
		setting("gen_port_use", 133, "code", [0, 2], at("GenUse")),
		setting("energy_priority", 141, "code", onOff, at("Pri")),
		setting("limit_mode", 142, "code", [0, 2], at("ExpLim")),
		setting("max_sell_power", 143, "W", [0, limits.maxSellW], at("SellW"), step),
		setting("solar_sell", 145, "code", onOff, at("Sell")),
		setting("time_of_use", 146, "code", [0, 255], at("Tou")),
		...windows({
			first: 148,
			maxW: limits.maxWindowW,
			maxV: limits.highVoltage ? 655 : 63,
			stepW: limits.highVoltage ? 10 : 1,
			stepV: k,
			// charge from grid and generator, mode
			maxMode: 31,
		}),
		shown("grid_reconnect_time", 180, "s", at("RcnTms")),
		shown("grid_standard", 182, "code", at("GridStd")),
		shown("nominal_frequency", 183, "Hz", at("HzNom"), { map: { 0: 50, 1: 60 } }),
		shown("grid_voltage_high", 185, "V", at("VGridHi"), { k: 0.1 }),
		shown("grid_voltage_low", 186, "V", at("VGridLo"), { k: 0.1 }),
		shown("grid_frequency_high", 187, "Hz", at("HzGridHi"), { k: 0.01 }),
		shown("grid_frequency_low", 188, "Hz", at("HzGridLo"), { k: 0.01 }),
		setting("gen_peak_shave_power", 190, "W", [0, 22_000], at("GenPkShvW"), step),
		setting("grid_peak_shave_power", 191, "W", [0, limits.maxSellW], at("PkShvW"), step),
		setting("max_solar_power", 340, "W", [0, limits.maxPvW], at("PvMaxW"), step),
	];
}
