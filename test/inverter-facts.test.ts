import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allTables } from "../modules/devices/generated/tables";
import { type DeviceTable, type Row, rowFunction, rowWords } from "../modules/devices/table";

/**
 * Tables of inverters and charge controllers against the facts they were written from. Unlike meters they do not have
 * every fact: what is left out is named with its reason, and every row has its fact.
 */
interface Fact {
	point: string;
	address: string;
	fc: string;
	type: string;
	wordOrder: string;
	scale: string;
	unit: string;
}

interface Source {
	csv: string;
	tables: readonly string[];
	/** What no table has. */
	leftOut: Readonly<Record<string, RegExp>>;
	/** Rows that have another name than their fact. */
	named?: Readonly<Record<string, string>>;
	/** Rows that make something else of a fact's registers, or more of them. */
	made?: RegExp;
}

const sources: Source[] = [
	{
		csv: "growatt-spf",
		tables: ["growatt-spf"],
		leftOut: {
			"starts anew each day": /_today$/,
			"of no use to the hub": /^(output_dc_voltage|ac_discharge_power|mppt_fan|inverter_fan|control_firmware_version)$/,
			"not explained": /^operational_discharge|^generator_energy/,
		},
	},
	{
		csv: "growatt-min-tl-x",
		tables: ["growatt-min-tl-x", "growatt-rtu2"],
		leftOut: {
			"starts anew each day": /_today$/,
			"of no use to the hub": /^(system_output_power|dry_contact_state)$/,
		},
		made: /^fault_alarm$/,
	},
	{
		csv: "victron-gx-modbustcp",
		tables: [
			"victron-gx-system",
			"victron-gx-vebus",
			"victron-gx-vebus-3",
			"victron-gx-battery",
			"victron-gx-solar",
			"victron-gx-grid",
		],
		leftOut: {
			"wraps, and stands in 32 bits too": /^sys_(consumption|grid)_l|^grid_(im|ex)port_energy_l|^grid_power_l/,
			"services without a table": /^(acload|pvinv)_|^sys_(genset|pv_on)/,
			"not everywhere, and stands in 16 bits too":
				/^(batt_power32|vebus_ac_setpoint32_l.|ess_grid_setpoint_x100|ess_setpoint_override)$/,
			"settings that are left to the owner":
				/^(ess_max_(dis)?charge_percent|ess_(feed_dc|prevent_feed)_.*|ess_max_charge_voltage|ess_batterylife_state|ess_soc_limit|vebus_max_feedin_l.)$/,
			"the same as another row": /^vebus_in_freq_l[23]$/,
			"said by which table is taken": /^vebus_phases$/,
			"of no use to the hub": /^sys_(active_input|charger_power|vebus_dc_current|vebus_dc_power)$/,
		},
		made: /^mppt_state_raw$/,
	},
	{
		csv: "epever-tracer",
		tables: ["epever-tracer"],
		leftOut: {
			"starts anew": /_(today|month|year)$/,
			"of no use to the hub":
				/^(rated_(pv|battery|load)_.*|charging_mode|co2_reduction|ambient_temperature|battery_temperature_2)$/,
			"left to the owner":
				/^(temperature_compensation|rtc_.*|equalise_(interval|duration)|boost_duration|battery_temp_.*|case_temp_.*|power_temp_.*|line_impedance|(night|day)_.*|load_timer.|manual_load_default|(dis)?charge_percent|management_mode|coil_load_test)$/,
		},
		made: /^charging_(stage|fault|fault_bits)$|_(voltage_(max|min))_today$/,
	},
	{
		csv: "morningstar-tristar-mppt",
		tables: ["morningstar-tristar-mppt"],
		named: { V_PU: "v_pu", I_PU: "i_pu" },
		leftOut: {
			"supplies of its electronics": /^(supply_.*|meterbus_voltage|reference_voltage)$/,
			"of no use to the hub":
				/^(.*_1min|battery_voltage_(min|max)|.*_resettable|sweep_(max_power|vmp)|wh_today|flags_today|faults_today|battery_temp_(min|max)_today)$/,
			"known from one description": /^set_target_voltage$/,
		},
		made: /^faulty$/,
	},
	{
		csv: "midnite-classic",
		tables: ["midnite-classic", "midnite-classic-wind"],
		leftOut: {
			"who it is, which the unit's type says": /^(sw_.*|mac_1_0|status_roll|info_flags3|net_revision)$/,
			"of no use to the hub": /^(night_minutes|reason_for_reset)$/,
			"halves are rows of their own": /^(pcb_and_type|charge_stage_and_state)$/,
		},
		made: /^(unit_type|charge_stage|internal_state)$/,
	},
	{ csv: "bornay-windplus-mppt", tables: ["bornay-windplus-mppt"], leftOut: {} },
	{
		csv: "anker-solix",
		tables: ["anker-solix-max-ac", "anker-solix-x1"],
		leftOut: {},
		made: /_l[23]$/,
	},
];

/** The unit of the hub, and what a number in the fact's unit is multiplied by. */
const si: Record<string, readonly [unit: string, factor: number]> = {
	kWh: ["Wh", 1000],
	min: ["s", 60],
	h: ["s", 3600],
	"V or %": ["V", 1],
};

function facts(csv: string): Fact[] {
	const text = readFileSync(new URL(`./fixtures/inverters/${csv}.csv`, import.meta.url), "utf8");
	const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
	return lines.slice(1).map((line) => {
		const [point, address, fc, type, wordOrder, scale, unit] = line.split(",") as [string, ...string[]];
		return { point, address, fc, type, wordOrder, scale, unit } as Fact;
	});
}

const tableOf = (id: string): DeviceTable => allTables.find((table) => table.id === id)!;

/** What the fact's scale says in words of a row: its k, and the registers of its ratios. */
function scaleOf(scale: string): { k: number; ratios: number[] } {
	const ratios = [...scale.matchAll(/SF@([0-9]+)/g)].map((match) => Number(match[1]));
	const plain = scale
		.replace(/SF@[0-9]+/g, "1")
		.split(/[*/]/)
		.map(Number);
	return { k: ratios.length > 0 ? 1 / plain.at(-1)! : Number(scale), ratios };
}

function compare(table: DeviceTable, row: Row, fact: Fact): void {
	const [unit, factor] = si[fact.unit] ?? [fact.unit, 1];
	expect(row.address).toBe(Number(fact.address));
	const [read, ...writes] = fact.fc.split("/").map(Number);
	if (row.access !== "w") expect(rowFunction(table, row)).toBe(read);
	const text = /^str([0-9]+)$/.exec(fact.type);
	const type = text ? "string" : fact.type === "bool" ? "bit" : fact.type;
	if (fact.scale !== "1" || row.type !== "bcd") expect(row.type === "bits" ? type : row.type).toBe(type);
	if (text) expect(row.words).toBe(Number(text[1]));
	else if (rowWords(row) > 1) expect(row.wordOrder ?? table.wordOrder ?? "hi-lo").toBe(fact.wordOrder);
	const { k, ratios } = scaleOf(fact.scale);
	const isRatio = table.rows.some((other) => other.times?.includes(row.name));
	expect((row.k ?? 1) / factor).toBeCloseTo(k, 15);
	expect((row.times ?? []).map((name) => table.rows.find((one) => one.name === name)!.address)).toEqual(ratios);
	if (unit === "") expect(["1", "code", "text"]).toContain(row.unit);
	else if (!isRatio) expect(row.unit).toBe(unit);
	if (row.write) expect(writes.length > 0 ? writes : [read]).toContain(row.write.fc);
}

describe.each(sources.filter(({ tables }) => tables.length > 0))("$csv", ({ csv, tables, leftOut, named, made }) => {
	const known = facts(csv);
	const rows = tables.flatMap((id) => tableOf(id).rows.map((row) => [tableOf(id), row] as const));
	const out = Object.values(leftOut);

	it("has every fact that is not left out for a reason, and no row without one", () => {
		const names = new Set(rows.map(([, row]) => row.name));
		const missing = known.map(({ point }) => named?.[point] ?? point).filter((name) => !names.has(name));
		expect(missing.filter((name) => !out.some((reason) => reason.test(name)))).toEqual([]);
		const facts = new Set(known.map(({ point }) => named?.[point] ?? point));
		expect([...names].filter((name) => !facts.has(name) && !made?.test(name))).toEqual([]);
	});

	it("leaves out nothing that a table has", () => {
		const names = rows.map(([, row]) => row.name).filter((name) => !made?.test(name));
		expect(names.filter((name) => out.some((reason) => reason.test(name)))).toEqual([]);
	});

	const both = known.flatMap((fact) =>
		rows
			.filter(([, row]) => row.name === (named?.[fact.point] ?? fact.point))
			.map(([table, row]) => [`${table.id} ${row.name}`, table, row, fact] as const),
	);
	it.each(both)("%s", (_name, table, row, fact) => compare(table, row, fact));
});

/** The family was written from other maps of it; what both have agrees, but for these. */
describe.each(["deye-single-phase", "sol-ark-12k", "sol-ark-15k"])("deye-sunsynk-solark-hybrid: %s", (id) => {
	const table = tableOf(id);
	/** Limits of the battery's management have no sign in the maker's own map. */
	const unsigned = ["bms_charge_current_limit", "bms_discharge_current_limit"];
	const both = facts("deye-sunsynk-solark-hybrid").flatMap((fact) =>
		table.rows
			.filter((row) => row.name === fact.point)
			// Sol-Ark's own map has it at 50
			.filter((row) => row.name !== "rated_power" || table.maker === "Deye")
			.map((row) => [fact.point, row, fact] as const),
	);

	it("has most of it", () => expect(both.length).toBeGreaterThan(90));

	it.each(both)("%s", (_name, row, fact) => {
		const [low, high] = fact.address.split("+").map(Number);
		expect([row.address, row.high]).toEqual([low, high]);
		expect((row.k ?? 1) / (si[fact.unit]?.[1] ?? 1)).toBeCloseTo(Number(fact.scale), 12);
		if (/^str/.test(fact.type)) expect([row.type, row.words]).toEqual(["string", Number(fact.type.slice(3))]);
		else expect(row.type).toBe(unsigned.includes(row.name) ? "u16" : fact.type);
		if (rowWords(row) > 1 && row.type !== "string") expect(row.wordOrder ?? table.wordOrder).toBe(fact.wordOrder);
	});
});

/** Records of bytes: the fact's address is "4096+40*i:8", the eighth byte of the record of input i. */
describe.each(["hoymiles-dtu-pro", "hoymiles-dtu-pro-8"])("hoymiles-dtu-pro: %s", (id) => {
	const table = tableOf(id);
	/** By input, where the fact's own name is that of one row of the table. */
	const once = ["grid_voltage", "grid_frequency", "operating_status", "alarm_code"];
	const leftOut = /^(data_type|serial_number|pv_current|today_energy|alarm_count|dtu_serial)$/;
	const known = facts("hoymiles-dtu-pro").filter(({ point }) => !leftOut.test(point));

	it.each(known)("$point", ({ point, address, type, scale, unit }) => {
		const [, base, step, byte] = /^(\d+)\+(\d+)\*i:(\d+)$/.exec(address)!.map(Number);
		const rows = table.rows.filter(({ name }) =>
			once.includes(point) ? name === point : new RegExp(`^input\\d_${point}$`).test(name),
		);
		expect(rows).toHaveLength(once.includes(point) ? 1 : table.records!.length);
		rows.forEach((row, i) => {
			const record = table.records!.find(({ name }) => name === row.record)!;
			expect([record.key, record.bytes]).toEqual([base! + step! * i, 40]);
			expect([row.address, row.type, row.k ?? 1]).toEqual([byte, type, Number(scale)]);
			expect(row.unit).toBe(unit === "" ? "code" : unit);
		});
	});
});
