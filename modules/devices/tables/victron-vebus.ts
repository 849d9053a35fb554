import { essSettings } from "../models/ess";
import type { Control, Derived, DeviceTable, KeepAlive, Row } from "../table";

interface Product {
	readonly id: string;
	readonly model: string;
	/** 1, or 3 for three units that make three phases. */
	readonly phases: 1 | 3;
	readonly quirks: readonly string[];
}

const scales = { W_SF: 0, V_SF: -1, A_SF: -1, Hz_SF: -2, TotWh_SF: 1 };

/** MultiPlus and Quattro behind a GX. The first 701 is the AC input in use, the second the AC output. */
export function vebus({ id, model, phases, quirks }: Product): DeviceTable {
	const lines = phases === 1 ? [1] : [1, 2, 3];
	const acType = phases === 1 ? 0 : 2;
	const loads = Object.entries(scales).map(([name, power]) => [`701#2.${name}`, power]);
	return {
		id,
		maker: "Victron",
		model,
		kind: "inverter",
		sunspec: [1, 701, 701, 713, { id: 714, repeats: { NPrt: 1 } }, essSettings],
		fixed: {
			...scales,
			...Object.fromEntries(loads),
			ACType: acType,
			"701#2.ACType": acType,
			"713.Pct_SF": -1,
			"714.DCV_SF": -2,
			"714.DCA_SF": -1,
			"714.DCW_SF": 0,
			"714.Prt[1].PrtTyp": 1,
		},
		derived: [...(phases === 1 ? [] : totals(lines)), ...energies, dcPower],
		controls: lines.map((line): Control => ({ ability: "setW", row: `vebus_ac_setpoint_l${line}`, k: -1 / phases })),
		keepAlive: lines.map((line): KeepAlive => ({ row: `vebus_ac_setpoint_l${line}`, everyS: 20, safe: 0 })),
		bus: { baud: 0, parity: "none", stop: 1, unit: 227, timeoutMs: 1000, replyMs: 20 },
		functions: [3, 4, 6, 16],
		fc: 3,
		maxRead: 125,
		blocks: [[3, 33]],
		positive: "import",
		rows: [...lines.flatMap((line) => phaseRows(line, phases)), ...commonRows],
		quirks: [
			"unit 227, 228 or 246, or as the GX menu says; powers count 10 W",
			"the AC set-point acts only in ESS control 3 (external) and lapses in 60 s: it is repeated each 20 s, and 0 when nobody asks for it",
			"the limit of the input current is refused when a Digital Multi Control or a BMS assistant owns it",
			"energies through the second input are not counted here",
			...quirks,
		],
		sources: [
			"victronenergy/dbus_modbustcp:attributes.csv",
			"evcc-io/evcc:templates/definition/meter/victron-energy.yaml",
		],
		confidence: "two",
	};
}

function totals(lines: readonly number[]): Derived[] {
	return ["W", "A", "701#2.W", "701#2.A"].map((point) => ({ point, by: "sum", of: lines.map((l) => `${point}L${l}`) }));
}

const energies: readonly Derived[] = [
	{ point: "TotWhAbs", by: "sum", of: ["@vebus_energy_in1_to_out", "@vebus_energy_in1_to_inverter"] },
	{ point: "TotWhInj", by: "sum", of: ["@vebus_energy_out_to_in1", "@vebus_energy_inverter_to_in1"] },
	{ point: "701#2.TotWhAbs", by: "sum", of: ["@vebus_energy_in1_to_out", "@vebus_energy_inverter_to_out"] },
	{ point: "701#2.TotWhInj", by: "sum", of: ["@vebus_energy_out_to_in1", "@vebus_energy_out_to_inverter"] },
];

const dcPower: Derived = {
	point: ["714.Prt[1].DCW", "714.DCW"],
	by: "product",
	of: ["714.Prt[1].DCV", "714.Prt[1].DCA"],
};

function phaseRows(line: number, phases: number): Row[] {
	const fast = { poll: "fast" } as const;
	const amps = { type: "s16", k: 0.1, unit: "A", positive: "import", ...fast } as const;
	const own = (point: string, total: string): string[] => (phases === 1 ? [point, total] : [point]);
	const neutral = (at: string): string[] => (line === 1 ? [`${at}LNV`, `${at}VL1`] : [`${at}VL${line}`]);
	const name = (what: string): string => `vebus_${what}_l${line}`;
	const load = "701#2.";
	return [
		{ name: name("in_voltage"), address: 2 + line, type: "u16", k: 0.1, unit: "V", point: neutral(""), ...fast },
		{ name: name("in_current"), address: 5 + line, point: own(`AL${line}`, "A"), ...amps },
		{
			name: name("in_power"),
			address: 11 + line,
			type: "s16",
			k: 10,
			unit: "W",
			point: own(`WL${line}`, "W"),
			...fast,
		},
		{ name: name("out_voltage"), address: 14 + line, type: "u16", k: 0.1, unit: "V", point: neutral(load), ...fast },
		{ name: name("out_current"), address: 17 + line, point: own(`${load}AL${line}`, `${load}A`), ...amps },
		{
			name: name("out_power"),
			address: 22 + line,
			type: "s16",
			k: 10,
			unit: "W",
			point: own(`${load}WL${line}`, `${load}W`),
			...fast,
		},
		{
			name: name("ac_setpoint"),
			address: line === 1 ? 37 : 38 + line,
			type: "s16",
			unit: "W",
			access: "rw",
			write: { fc: 16, min: -32000, max: 32000 },
			note: "positive takes from the input",
		},
	];
}

const commonRows: readonly Row[] = [
	{ name: "vebus_in_freq_l1", address: 9, type: "s16", k: 0.01, unit: "Hz", point: "Hz", poll: "fast" },
	{ name: "vebus_out_freq", address: 21, type: "s16", k: 0.01, unit: "Hz", point: "701#2.Hz", poll: "fast" },
	{ name: "vebus_dc_voltage", address: 26, type: "u16", k: 0.01, unit: "V", point: "714.Prt[1].DCV", poll: "fast" },
	{
		name: "vebus_dc_current",
		address: 27,
		type: "s16",
		k: 0.1,
		unit: "A",
		positive: "charge",
		point: "714.Prt[1].DCA",
		poll: "fast",
	},
	{
		name: "vebus_active_input",
		address: 29,
		type: "u16",
		unit: "code",
		map: { 0: 1, 1: 1, 240: 0 },
		point: "ConnSt",
		poll: "fast",
		note: "240: none; 1 is the second input",
	},
	{
		name: "vebus_soc",
		address: 30,
		type: "u16",
		k: 0.1,
		unit: "%",
		point: "713.SoC",
		poll: "fast",
		notAvailable: [0xffff],
	},
	{
		name: "vebus_state",
		address: 31,
		type: "u16",
		unit: "code",
		map: { 0: 0, 1: 1, 2: 6, 3: 3, 4: 3, 5: 3, 6: 3, 7: 3, 8: 3, 9: 3, 10: 3, 11: 3, 252: 3 },
		point: ["InvSt", "701#2.InvSt"],
		poll: "fast",
		note: "off, low power, fault; charging, passing through or inverting run",
	},
	{
		name: "vebus_error",
		address: 32,
		type: "u16",
		unit: "code",
		map: { 0: 0 },
		otherwise: 2 ** 16,
		point: "Alrm",
		poll: "fast",
	},
	{
		name: "vebus_in_current_limit",
		address: 22,
		type: "s16",
		k: 0.1,
		unit: "A",
		point: "64929.InA",
		poll: "slow",
		access: "rw",
		write: { fc: 16, min: 0, max: 200 },
	},
	{
		name: "vebus_mode",
		address: 33,
		type: "u16",
		unit: "code",
		point: "64929.Sw",
		poll: "slow",
		access: "rw",
		write: { fc: 16, min: 1, max: 4 },
	},
	{
		name: "vebus_disable_charge",
		address: 38,
		type: "u16",
		unit: "code",
		point: "64929.NoCha",
		poll: "slow",
		access: "rw",
		write: { fc: 16, min: 0, max: 1 },
	},
	{
		name: "vebus_disable_feedin",
		address: 39,
		type: "u16",
		unit: "code",
		point: "64929.NoFeed",
		poll: "slow",
		access: "rw",
		write: { fc: 16, min: 0, max: 1 },
	},
	{ name: "vebus_energy_in1_to_out", address: 74, type: "u32", k: 10, unit: "Wh", poll: "slow" },
	{ name: "vebus_energy_in1_to_inverter", address: 76, type: "u32", k: 10, unit: "Wh", poll: "slow" },
	{ name: "vebus_energy_out_to_in1", address: 82, type: "u32", k: 10, unit: "Wh", poll: "slow" },
	{ name: "vebus_energy_inverter_to_in1", address: 86, type: "u32", k: 10, unit: "Wh", poll: "slow" },
	{ name: "vebus_energy_inverter_to_out", address: 90, type: "u32", k: 10, unit: "Wh", poll: "slow" },
	{ name: "vebus_energy_out_to_inverter", address: 92, type: "u32", k: 10, unit: "Wh", poll: "slow" },
];
