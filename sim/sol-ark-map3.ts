import { type Cell, cell, pair, type RegisterMap, set, windowCells } from "./sol-ark-map";

export interface HighMapOptions {
	readonly highVoltage: boolean;
	readonly maxSellW: number;
	readonly maxA: number;
	readonly maxWindowW: number;
	readonly mppts: number;
	/** Sol-Ark's own: load currents, reactive power, health at 10006. */
	readonly solArk: boolean;
}

/** The three-phase map: measurements at 500 to 712, settings at 80 to 191. */
export function highRegisterMap(options: HighMapOptions): RegisterMap {
	const { highVoltage, maxA, maxSellW } = options;
	const stepW = highVoltage ? 10 : 1;
	const stepV = highVoltage ? 0.1 : 0.01;
	// Low-voltage models leave the high word at 0, which for a negative power is wrong.
	const power = (quantity: string, low: number, high: number): Cell =>
		highVoltage ? pair(quantity, low, 1, high) : cell(quantity, low);
	const phases = (make: (n: number) => Cell): Cell[] => [1, 2, 3].map(make);
	const [leastV, mostV] = highVoltage ? [1600, 8000] : [3800, 6100];
	const startV = highVoltage ? 8000 : 6300;
	const volts = (v: number): number => Math.round((highVoltage ? v * 8 : v) / stepV);
	return {
		cells: [
			cell("protocol", 2),
			pair("ratedRaw", 20, 1),
			cell("mpptAndPhases", 22),
			cell("status", 500),
			pair("lifeInverterWh", 506, 100),
			cell("dayChargeWh", 514, 100),
			cell("dayDischargeWh", 515, 100),
			pair("lifeChargeWh", 516, 100),
			pair("lifeDischargeWh", 518, 100),
			cell("dayBuyWh", 520, 100),
			cell("daySellWh", 521, 100),
			pair("lifeBuyWh", 522, 100),
			pair("lifeSellWh", 524, 100),
			cell("dayLoadWh", 526, 100),
			pair("lifeLoadWh", 527, 100),
			cell("dayPvWh", 529, 100),
			pair("lifePvWh", 534, 100),
			cell("dcTransformerC", 540, 0.1, -100),
			cell("heatSinkC", 541, 0.1, -100),
			cell("powered", 551),
			cell("relayBits", 552),
			cell("batteryC", 586, 0.1, -100),
			cell("batteryV", 587, stepV),
			cell("socPct", 588),
			cell("batteryW", 590, stepW),
			cell("batteryA", 591, 0.01),
			cell("correctedAh", 592),
			...phases((n) => cell(`gridVL${n}`, 597 + n, 0.1)),
			power("gridVA", 608, 704),
			cell("gridHz", 609, 0.01),
			...phases((n) => cell(`gridAL${n}`, 609 + n, 0.01)),
			...phases((n) => cell(`ctAL${n}`, 612 + n, 0.01)),
			...phases((n) => power(`ctWL${n}`, 615 + n, 704 + n)),
			power("ctW", 619, 708),
			cell("gridPf", 621, 0.001),
			...phases((n) => power(`gridWL${n}`, 621 + n, 686 + n)),
			power("gridW", 625, 690),
			...phases((n) => cell(`inverterVL${n}`, 626 + n, 0.1)),
			...phases((n) => cell(`inverterAL${n}`, 629 + n, 0.01)),
			...phases((n) => power(`inverterWL${n}`, 632 + n, 690 + n)),
			power("inverterW", 636, 694),
			cell("inverterHz", 638, 0.01),
			power("upsW", 643, 699),
			...phases((n) => cell(`loadVL${n}`, 643 + n, 0.1)),
			...(options.solArk ? phases((n) => cell(`loadAL${n}`, 646 + n, 0.01)) : []),
			...phases((n) => power(`loadWL${n}`, 649 + n, 655 + n)),
			power("loadW", 653, 659),
			cell("loadHz", 655, 0.01),
			cell("genV", 661, 0.1),
			power("genW", 667, 671),
			...Array.from({ length: options.mppts }, (_, i) => [
				cell(`pv${i + 1}W`, 672 + i, stepW),
				cell(`pv${i + 1}V`, 676 + 2 * i, 0.1),
				cell(`pv${i + 1}A`, 677 + 2 * i, 0.1),
			]).flat(),
			...(options.solArk ? phases((n) => cell(`gridVarL${n}`, 709 + n, 10)) : []),
			cell("bmsChargeV", 210, stepV),
			cell("bmsDischargeV", 211, stepV),
			cell("bmsChargeA", 212),
			cell("bmsDischargeA", 213),
			cell("bmsSocPct", 214),
			cell("bmsV", 215, stepV),
			cell("bmsC", 217, 0.1, -100),
			cell("bmsWarning", 220),
			cell("bmsFault", 221),
			...(highVoltage ? [cell("sohPct", options.solArk ? 10_006 : 224)] : []),
		],
		settings: [
			set("battery_control_mode", 98, 0, 1, 1),
			set("battery_equalise_voltage", 99, leastV, mostV, volts(56)),
			set("battery_absorb_voltage", 100, leastV, mostV, volts(56)),
			set("battery_float_voltage", 101, leastV, mostV, volts(55)),
			set("battery_capacity_set", 102, 0, 2000, highVoltage ? 100 : 280),
			set("zero_export_power", 104, 0, 500 / stepW, 20 / stepW, { k: stepW }),
			set("max_charge_current", 108, 0, maxA, 50),
			set("max_discharge_current", 109, 0, maxA, 80),
			set("battery_operation_mode", 111, 0, 2, 1),
			set("battery_shutdown_soc", 115, 0, 100, 10),
			set("battery_restart_soc", 116, 0, 100, 40),
			set("battery_low_soc", 117, 0, 100, 20),
			set("battery_shutdown_voltage", 118, leastV, mostV, volts(46)),
			set("battery_restart_voltage", 119, leastV, mostV, volts(52)),
			set("battery_low_voltage", 120, leastV, mostV, volts(47.5)),
			set("gen_charge_start_voltage", 123, 0, startV, volts(49)),
			set("gen_charge_start_soc", 124, 0, 100, 30),
			set("gen_charge_current", 125, 0, Math.min(240, maxA), 40),
			set("grid_charge_start_voltage", 126, 0, startV, volts(49)),
			set("grid_charge_start_soc", 127, 0, 100, 30),
			set("grid_charge_current", 128, 0, maxA, 40),
			set("gen_charge_enable", 129, 0, 1, 0),
			set("grid_charge_enable", 130, 0, 1, 0),
			set("gen_port_use", 133, 0, 2, 0),
			set("energy_priority", 141, 0, 1, 1),
			set("limit_mode", 142, 0, 2, 0),
			set("max_sell_power", 143, 0, maxSellW / stepW, maxSellW / stepW, { k: stepW }),
			set("solar_sell", 145, 0, 1, 1),
			set("time_of_use", 146, 0, 255, 255),
			...windowCells(148, options.maxWindowW, stepW, highVoltage ? 6550 : 6300, stepV),
			set("grid_reconnect_time", 180, 1, 300, 60),
			set("grid_standard", 182, 0, 12, 1),
			set("nominal_frequency", 183, 0, 1, options.solArk ? 1 : 0),
			set("grid_type", 184, 0, 2, 0),
			set("grid_voltage_high", 185, 1000, 2900, 2640),
			set("grid_voltage_low", 186, 1000, 2900, 1840),
			set("grid_frequency_high", 187, 4500, 6500, options.solArk ? 6050 : 5150),
			set("grid_frequency_low", 188, 4500, 6500, options.solArk ? 5930 : 4750),
			set("gen_peak_shave_power", 190, 0, 22_000 / stepW, 8000 / stepW, { k: stepW }),
			set("grid_peak_shave_power", 191, 0, maxSellW / stepW, 8000 / stepW, { k: stepW }),
			set("max_solar_power", 340, 0, 128_000 / stepW, 40_000 / stepW, { k: stepW }),
		],
		answers: [
			[0, 800],
			[10_000, 10_063],
		],
		serialAt: 3,
		faultsAt: 555,
		warningsAt: 553,
		maxRead: 125,
	};
}
