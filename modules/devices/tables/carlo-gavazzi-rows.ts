import { frozen } from "../../base/frozen";
import type { Row } from "../table";

/** Voltages, currents and powers: where all meters of this maker with low word first have them. */
export const powerRows = frozen<readonly Row[]>([
	{ name: "voltage_l1", address: 0, type: "s32", k: 0.1, unit: "V", point: "PhVphA", poll: "fast" },
	{ name: "voltage_l2", address: 2, type: "s32", k: 0.1, unit: "V", point: "PhVphB", poll: "fast" },
	{ name: "voltage_l3", address: 4, type: "s32", k: 0.1, unit: "V", point: "PhVphC", poll: "fast" },
	{ name: "voltage_l1_l2", address: 6, type: "s32", k: 0.1, unit: "V", point: "PPVphAB", poll: "fast" },
	{ name: "voltage_l2_l3", address: 8, type: "s32", k: 0.1, unit: "V", point: "PPVphBC", poll: "fast" },
	{ name: "voltage_l3_l1", address: 10, type: "s32", k: 0.1, unit: "V", point: "PPVphCA", poll: "fast" },
	{ name: "current_l1", address: 12, type: "s32", k: 0.001, unit: "A", point: "AphA", poll: "fast" },
	{ name: "current_l2", address: 14, type: "s32", k: 0.001, unit: "A", point: "AphB", poll: "fast" },
	{ name: "current_l3", address: 16, type: "s32", k: 0.001, unit: "A", point: "AphC", poll: "fast" },
	{ name: "active_power_l1", address: 18, type: "s32", k: 0.1, unit: "W", point: "WphA", poll: "fast" },
	{ name: "active_power_l2", address: 20, type: "s32", k: 0.1, unit: "W", point: "WphB", poll: "fast" },
	{ name: "active_power_l3", address: 22, type: "s32", k: 0.1, unit: "W", point: "WphC", poll: "fast" },
	{ name: "apparent_power_l1", address: 24, type: "s32", k: 0.1, unit: "VA", point: "VAphA", poll: "fast" },
	{ name: "apparent_power_l2", address: 26, type: "s32", k: 0.1, unit: "VA", point: "VAphB", poll: "fast" },
	{ name: "apparent_power_l3", address: 28, type: "s32", k: 0.1, unit: "VA", point: "VAphC", poll: "fast" },
	{ name: "reactive_power_l1", address: 30, type: "s32", k: 0.1, unit: "var", point: "VARphA", poll: "fast" },
	{ name: "reactive_power_l2", address: 32, type: "s32", k: 0.1, unit: "var", point: "VARphB", poll: "fast" },
	{ name: "reactive_power_l3", address: 34, type: "s32", k: 0.1, unit: "var", point: "VARphC", poll: "fast" },
	{ name: "active_power_total", address: 40, type: "s32", k: 0.1, unit: "W", point: "W", poll: "fast" },
	{ name: "apparent_power_total", address: 42, type: "s32", k: 0.1, unit: "VA", point: "VA", poll: "fast" },
	{ name: "reactive_power_total", address: 44, type: "s32", k: 0.1, unit: "var", point: "VAR", poll: "fast" },
]);

/** Power factors. */
export const factorRows = frozen<readonly Row[]>([
	{
		name: "power_factor_l1",
		address: 46,
		type: "s16",
		k: 0.001,
		unit: "1",
		point: "PFphA",
		poll: "fast",
		range: [-1, 1],
	},
	{
		name: "power_factor_l2",
		address: 47,
		type: "s16",
		k: 0.001,
		unit: "1",
		point: "PFphB",
		poll: "fast",
		range: [-1, 1],
	},
	{
		name: "power_factor_l3",
		address: 48,
		type: "s16",
		k: 0.001,
		unit: "1",
		point: "PFphC",
		poll: "fast",
		range: [-1, 1],
	},
	{
		name: "power_factor_total",
		address: 49,
		type: "s16",
		k: 0.001,
		unit: "1",
		point: "PF",
		poll: "fast",
		range: [-1, 1],
	},
]);

/** Frequency and energies. */
export const energyRows = frozen<readonly Row[]>([
	{ name: "frequency", address: 51, type: "u16", k: 0.1, unit: "Hz", point: "Hz", poll: "fast", range: [40, 70] },
	{ name: "import_energy", address: 52, type: "s32", k: 100, unit: "Wh", point: "TotWhImp", poll: "normal" },
	{ name: "import_energy_l1", address: 64, type: "s32", k: 100, unit: "Wh", point: "TotWhImpPhA", poll: "normal" },
	{ name: "import_energy_l2", address: 66, type: "s32", k: 100, unit: "Wh", point: "TotWhImpPhB", poll: "normal" },
	{ name: "import_energy_l3", address: 68, type: "s32", k: 100, unit: "Wh", point: "TotWhImpPhC", poll: "normal" },
	{ name: "export_energy", address: 78, type: "s32", k: 100, unit: "Wh", point: "TotWhExp", poll: "normal" },
]);
