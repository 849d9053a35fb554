import { frozen } from "../modules/base/frozen";

/**
 * The registers of a Sol-Ark, Deye or Sunsynk hybrid inverter as public lists have them, for the simulator: written down
 * apart from the device tables, so that each is a check of the other.
 */

/** A quantity of the plant in one register, or in two of which `high` is the second: raw = (value - b) / k. */
export interface Cell {
	readonly quantity: string;
	readonly address: number;
	readonly high?: number;
	readonly k: number;
	readonly b?: number;
	/** Counts 10 W where the power ratio is 10. */
	readonly ratio?: boolean;
}

/** A register that is written: its range and what it holds at first, raw. */
export interface SettingCell {
	readonly name: string;
	readonly address: number;
	readonly min: number;
	readonly max: number;
	readonly first: number;
	/** raw * k is in the unit of the plant (A, W, V, %). Default 1. */
	readonly k?: number;
	readonly signed?: boolean;
	/** Between these two (outside both) nothing is taken. */
	readonly gap?: readonly [below: number, above: number];
}

export interface RegisterMap {
	readonly cells: readonly Cell[];
	readonly settings: readonly SettingCell[];
	/** First and last register of each run that answers. */
	readonly answers: readonly (readonly [first: number, last: number])[];
	readonly serialAt: number;
	/** First of four words of fault bits, of two of warnings. */
	readonly faultsAt: number;
	readonly warningsAt: number;
	readonly maxRead: number;
}

export function cell(quantity: string, address: number, k = 1, b?: number): Cell {
	return b === undefined ? { quantity, address, k } : { quantity, address, k, b };
}

function scaled(quantity: string, address: number): Cell {
	return { quantity, address, k: 1, ratio: true };
}

/** Two words, low first. */
export function pair(quantity: string, address: number, k: number, high = address + 1): Cell {
	return { quantity, address, high, k };
}

export function set(
	name: string,
	address: number,
	min: number,
	max: number,
	first: number,
	more: Partial<SettingCell> = {},
): SettingCell {
	return { name, address, min, max, first, ...more };
}

export function windowCells(first: number, maxW: number, stepW: number, maxV: number, stepV: number): SettingCell[] {
	const times = [0, 500, 900, 1300, 1700, 2100];
	const all: SettingCell[] = [];
	for (let i = 0; i < 6; i++) {
		all.push(
			set(`tou${i + 1}_time`, first + i, 0, 2359, times[i]!),
			set(`tou${i + 1}_power`, first + 6 + i, 0, maxW / stepW, 5000 / stepW, { k: stepW }),
			set(`tou${i + 1}_voltage`, first + 12 + i, 0, maxV, Math.round(49 / stepV), { k: stepV }),
			set(`tou${i + 1}_soc`, first + 18 + i, 0, 100, 35 + i),
			set(`tou${i + 1}_mode`, first + 24 + i, 0, 127, 0),
		);
	}
	return all;
}

export interface LowMapOptions {
	readonly ratedAt: number;
	readonly gridType: 0 | 1 | 2;
	readonly maxRead: number;
	readonly maxSellW: number;
	readonly maxA: number;
	readonly maxWindowW: number;
	readonly solArk: boolean;
}

/** The single- and split-phase map: measurements at 59 to 196, settings at 26 to 295. */
export function lowRegisterMap(options: LowMapOptions): RegisterMap {
	const { maxA } = options;
	return {
		cells: [
			cell("protocol", 2),
			cell("mpptAndPhases", 18),
			pair("ratedRaw", options.ratedAt, 1),
			cell("ratio", 54),
			cell("VA", 38),
			cell("status", 59),
			cell("dayInverterWh", 60, 100),
			pair("lifeInverterWh", 63, 100),
			cell("dayChargeWh", 70, 100),
			cell("dayDischargeWh", 71, 100),
			pair("lifeChargeWh", 72, 100),
			pair("lifeDischargeWh", 74, 100),
			cell("dayBuyWh", 76, 100),
			cell("daySellWh", 77, 100),
			pair("lifeBuyWh", 78, 100, 80),
			cell("gridHz", 79, 0.01),
			pair("lifeSellWh", 81, 100),
			cell("dayLoadWh", 84, 100),
			pair("lifeLoadWh", 85, 100),
			...(options.solArk ? [cell("gridVar", 88, 100), cell("gridPfRaw", 89)] : []),
			cell("dcTransformerC", 90, 0.1, -100),
			cell("heatSinkC", 91, 0.1, -100),
			pair("lifePvWh", 96, 100),
			cell("correctedAh", 107),
			cell("dayPvWh", 108, 100),
			...[1, 2, 3].flatMap((n) => [cell(`pv${n}V`, 107 + 2 * n, 0.1), cell(`pv${n}A`, 108 + 2 * n, 0.1)]),
			cell("gridVL1", 150, 0.1),
			cell("gridVL2", 151, 0.1),
			cell("gridVL1L2", 152, 0.1),
			cell("relayV", 153, 0.1),
			cell("inverterVL1", 154, 0.1),
			cell("inverterVL2", 155, 0.1),
			cell("inverterVL1L2", 156, 0.1),
			cell("loadVL1", 157, 0.1),
			cell("loadVL2", 158, 0.1),
			cell("gridAL1", 160, 0.01),
			cell("gridAL2", 161, 0.01),
			cell("ctAL1", 162, 0.01),
			cell("ctAL2", 163, 0.01),
			cell("inverterAL1", 164, 0.01),
			cell("inverterAL2", 165, 0.01),
			cell("genW", 166),
			scaled("gridWL1", 167),
			scaled("gridWL2", 168),
			scaled("gridW", 169),
			scaled("ctWL1", 170),
			scaled("ctWL2", 171),
			scaled("ctW", 172),
			cell("inverterWL1", 173),
			cell("inverterWL2", 174),
			cell("inverterW", 175),
			scaled("loadWL1", 176),
			scaled("loadWL2", 177),
			scaled("loadW", 178),
			cell("loadAL1", 179, 0.01),
			cell("loadAL2", 180, 0.01),
			cell("genV", 181, 0.1),
			cell("batteryC", 182, 0.1, -100),
			cell("batteryV", 183, 0.01),
			cell("socPct", 184),
			cell("upsW", 185),
			...[1, 2, 3].map((n) => cell(`pv${n}W`, 185 + n)),
			options.solArk ? scaled("batteryW", 190) : cell("batteryW", 190),
			cell("batteryA", 191, 0.01),
			cell("loadHz", 192, 0.01),
			cell("inverterHz", 193, 0.01),
			cell(options.solArk ? "relayOneTwo" : "relayZeroOne", 194),
			cell("genRelay", 195),
			cell("genHz", 196, 0.01),
			cell("bmsChargeV", 312, 0.01),
			cell("bmsDischargeV", 313, 0.01),
			cell("bmsChargeA", 314),
			cell("bmsDischargeA", 315),
			cell("bmsSocPct", 316),
			cell("bmsV", 317, 0.01),
			cell("bmsA", 318),
			cell("bmsC", 319, 0.1, -100),
			cell("bmsWarning", 322),
			cell("bmsFault", 323),
		],
		settings: [
			set("load_limit_power", 26, 2000, 14_000, 9000),
			set("active_power_setting", 40, 0, 1200, 1000),
			set("reactive_power_setting", 41, 0, 1200, 0),
			set("apparent_power_setting", 42, 0, 1200, 1000),
			set("max_solar_power", 53, 0, 16_500, 13_000),
			set("battery_control_mode", 200, 0, 1, 1),
			set("battery_equalise_voltage", 201, 3800, 6100, 5600),
			set("battery_absorb_voltage", 202, 3800, 6100, 5600),
			set("battery_float_voltage", 203, 3800, 6100, 5500),
			set("battery_capacity_set", 204, 0, 2000, 280),
			set("zero_export_power", 206, 0, 500, 20),
			set("max_charge_current", 210, 0, maxA, 120),
			set("max_discharge_current", 211, 0, maxA, 160),
			set("battery_operation_mode", 213, 0, 2, 1),
			set("battery_shutdown_soc", 217, 0, 100, 10),
			set("battery_restart_soc", 218, 0, 100, 40),
			set("battery_low_soc", 219, 0, 100, 20),
			set("battery_shutdown_voltage", 220, 3800, 6100, 4600),
			set("battery_restart_voltage", 221, 3800, 6100, 5200),
			set("battery_low_voltage", 222, 3800, 6100, 4750),
			set("gen_charge_start_voltage", 225, 0, 6300, 4900),
			set("gen_charge_start_soc", 226, 0, 100, 30),
			set("gen_charge_current", 227, 0, maxA, 40),
			set("grid_charge_start_voltage", 228, 0, 6300, 4900),
			set("grid_charge_start_soc", 229, 0, 100, 30),
			set("grid_charge_current", 230, 0, maxA, 40),
			set("gen_charge_enable", 231, 0, 1, 0),
			set("grid_charge_enable", 232, 0, 1, 0),
			set("gen_port_use", 235, 0, 2, 0),
			set("energy_priority", 243, 0, 1, 1),
			set("limit_mode", 244, 0, 2, 0),
			set("max_sell_power", 245, 0, options.maxSellW, Math.min(8000, options.maxSellW)),
			set("solar_sell", 247, 0, 1, 1),
			set("time_of_use", 248, 0, 255, 255),
			...windowCells(250, options.maxWindowW, 1, 6300, 0.01),
			set("voltage_choice", 280, 0, 0xffff, 0),
			set("grid_reconnect_time", 282, 10, 300, 300),
			set("grid_standard", 284, 0, 3, 3),
			set("nominal_frequency", 285, 0, 1, options.gridType === 0 ? 0 : 1),
			set("grid_type", 286, 0, 3, options.gridType),
			set("grid_voltage_high", 287, 1000, 2900, 2640),
			set("grid_voltage_low", 288, 1000, 2900, 2110),
			set("grid_frequency_high", 289, 4500, 6500, options.gridType === 0 ? 5150 : 6050),
			set("grid_frequency_low", 290, 4500, 6500, options.gridType === 0 ? 4750 : 5930),
			set("gen_peak_shave_power", 292, 0, 16_000, 8000),
			set("grid_peak_shave_power", 293, 0, 16_000, 8000),
			set("output_power_factor", 295, -999, 1000, 1000, { k: 0.001, signed: true, gap: [-800, 800] }),
			set("fixed_reactive_power", 488, -100, 100, 0, { signed: true }),
		],
		answers: options.solArk
			? [
					...listed,
					// without meaning, and read along by published gateways
					[159, 159],
					[197, 199],
					[320, 321],
				]
			: [[0, 700]],
		serialAt: 3,
		faultsAt: 103,
		warningsAt: 101,
		maxRead: options.maxRead,
	};
}

/** Every register that the Sol-Ark map 1.30 names; 297 to 310 among them, which nobody is to touch. */
const listed = frozen<readonly (readonly [number, number])[]>([
	[0, 0],
	[2, 7],
	[11, 11],
	[13, 14],
	[18, 18],
	[22, 24],
	[26, 26],
	[34, 34],
	[37, 42],
	[44, 44],
	[46, 46],
	[50, 51],
	[53, 54],
	[59, 91],
	[96, 99],
	[101, 116],
	[150, 158],
	[160, 196],
	[200, 211],
	[213, 222],
	[225, 232],
	[234, 239],
	[241, 245],
	[247, 248],
	[250, 293],
	[295, 295],
	[297, 319],
	[322, 323],
	[325, 327],
	[329, 370],
	[390, 418],
	[421, 423],
	[433, 437],
	[439, 484],
	[488, 488],
]);
