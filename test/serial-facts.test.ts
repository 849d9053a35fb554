/** The tables of batteries and chargers on serial lines against the facts they were written from. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { DeviceTable, Row } from "../modules/devices/table";
import { dalyModbusD2 } from "../modules/devices/tables/daly-modbus-d2";
import { dalyModbusP81 } from "../modules/devices/tables/daly-modbus-p81";
import { dalyUart } from "../modules/devices/tables/daly-uart";
import { jkBmsModbusPb } from "../modules/devices/tables/jk-bms-modbus-pb";
import { jkBmsUart } from "../modules/devices/tables/jk-bms-uart-4e57";
import { pylontechRs485 } from "../modules/devices/tables/pylontech-rs485";
import { victronBmvVedirect } from "../modules/devices/tables/victron-bmv-vedirect";
import { victronMpptVedirect } from "../modules/devices/tables/victron-mppt-vedirect";
import { jkAt } from "../modules/serial/jk";

interface Fact {
	point: string;
	address: string;
	type: string;
	scale: number;
	unit: string;
	note: string;
}

interface Source {
	csv: string;
	table: DeviceTable;
	/** Where the row of a fact stands, in the words of the facts' address; undefined when these do not say. */
	place(fact: Fact): string | undefined;
	placeOf(row: Row): string;
	/** Name of a fact's row, where it is another. */
	row: Record<string, string>;
	/** Facts without a row, each kind with its reason. */
	leftOut: RegExp;
	/** Rows that the facts count up, or that make something else of a value. */
	beyond: RegExp;
}

const recordKey = (table: DeviceTable, row: Row): number =>
	Number(table.records!.find(({ name }) => name === row.record)!.key);

/** Byte 52 of the payload is the first behind the lists of 42, byte 28 that of 44 (modules/serial/pylontech.ts). */
const kTail = 52;

const sources: Source[] = [
	{
		csv: "daly-uart-can",
		table: dalyUart,
		place: ({ address }) => address,
		placeOf: (row) => `${row.record}:${row.address}`,
		row: { cell_voltages: "cell_1_voltage", temperatures: "temperature_1", set_charge_mos: "", set_discharge_mos: "" },
		// raw bytes nobody explains; a write of date and charge in one
		leftOut: /^(battery_type_info|set_soc)$/,
		beyond: /^(cell_\d+_voltage|temperature_\d)$/,
	},
	{
		csv: "daly-modbus",
		table: dalyModbusD2,
		place: ({ address }) => address,
		placeOf: (row) => String(row.address),
		row: {},
		leftOut: /^$/,
		beyond: /^$/,
	},
	{
		csv: "daly-modbus",
		table: dalyModbusP81,
		place: ({ note }) => String(Number(/p81 (0x[0-9A-Fa-f]+)/.exec(note)?.[1])),
		placeOf: (row) => String(row.address),
		row: {},
		// "n/a" in the facts
		leftOut: /^(min_cell_voltage|delta_cell_voltage|alarm_word_[34]|(dis)?charge_mos_switch)$/,
		beyond: /^$/,
	},
	{
		csv: "jk-bms-uart-4e57",
		table: jkBmsUart,
		place: ({ address }) => String(jkAt(Number(address))),
		placeOf: (row) => String(row.address),
		row: { cell_voltages: "cell_1_voltage" },
		// a password; what starts a calibration
		leftOut: /^(password|start_current_calibration)$/,
		beyond: /^(cell_\d+_voltage|pack_current_offset|alarms_sunspec|status_)/,
	},
	{
		csv: "jk-bms-modbus-pb",
		table: jkBmsModbusPb,
		place: ({ address }) => address,
		placeOf: (row) => String(recordKey(jkBmsModbusPb, row) + row.address),
		row: {
			max_min_cell_number: "max_cell_number",
			balance_state_soc: "balance_state",
			soh_precharge: "soh",
			charge_discharge_status: "charging",
		},
		// 32 resistances of wires; what calibrates, shuts down or starts streams; bits whose meaning is not settled
		leftOut:
			/^(wire_resistance_|device_address|precharge_time|control_bits|voltage_calibration|shutdown|current_calibration|emergency_start|time_calibration|stream_)/,
		beyond: /^(min_cell_number|soc|precharge_state|discharging|alarms_sunspec)$/,
	},
	{
		csv: "pylontech-rs485",
		table: pylontechRs485,
		place({ address }) {
			const tail = /^42:\+(\d+)$/.exec(address);
			if (tail) return `42:${kTail + Number(tail[1])}`;
			return /^\w\w:\d+$/.test(address) ? address : undefined;
		},
		placeOf: (row) => `${row.record}:${row.address}`,
		row: {
			cell_voltages: "cell_1_voltage",
			temperatures: "temperature_1",
			alarm_cells: "alarm_cell_1",
			alarm_temperatures: "alarm_temperature_1",
		},
		// commands, and blocks that the facts do not take apart
		leftOut: /^(analog_request|system_parameters|protocol_version|set_management|shutdown|firmware_version)$/,
		beyond: /^(cell_\d+_voltage|temperature_\d|alarm_cell_\d+|alarm_temperature_\d|status2_)/,
	},
	{
		csv: "victron-mppt-vedirect",
		table: victronMpptVedirect,
		place: ({ address }) => address,
		placeOf: (row) => row.path!,
		row: {},
		// of battery monitors, which have their own table, and of inverters; and the checksum
		leftOut:
			/^(aux_voltage|mid_|battery_temperature|instant_power|consumed_charge|soc|time_to_go|alarm|warning_|deepest|last_dis|average|charge_cycles|full_|cumulative|min_voltage|max_voltage|seconds_|discharged|charged|device_mode|ac_out|dc_monitor|checksum)/,
		beyond: /^$/,
	},
	{
		csv: "victron-mppt-vedirect",
		table: victronBmvVedirect,
		place: ({ address }) => address,
		placeOf: (row) => row.path!,
		row: {},
		// of chargers and inverters; history that no point has; and the checksum
		leftOut:
			/^(battery[23]_|pv_|load_|off_|warning_|deepest|last_dis|average|full_|cumulative|yield|max_power|error|charge_state|mppt|device_mode|ac_out|firmware|serial|day_|dc_monitor|checksum)/,
		beyond: /^$/,
	},
];

/** Units of the hub, and what a number in the fact's unit is multiplied by. */
const si: Record<string, readonly [unit: string, factor: number]> = {
	kWh: ["Wh", 1000],
	min: ["s", 60],
	us: ["s", 1e-6],
	d: ["code", 1],
};

/** What the notes say that is taken off the raw number, in the unit. */
function offset({ note, scale, point, unit }: Fact): number {
	if (/minus 40/.test(note) || (point === "temperatures" && scale === 1)) return -40;
	// said of the first of them, and meant of all
	if (/raw minus 2731/.test(note) || (point.startsWith("inv_") && unit === "C")) return -273.1;
	return /raw-30000/.test(note) ? -30000 * scale : 0;
}

function facts(csv: string): Fact[] {
	const text = readFileSync(new URL(`./fixtures/serial/${csv}.csv`, import.meta.url), "utf8");
	const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
	expect(lines[0]).toBe("point,address,fc,type,word_order,scale,unit,access,enum_or_note");
	return lines.slice(1).map((line) => {
		const [point, address, , type, , scale, unit, , ...note] = line.split(",");
		return { point: point!, address: address!, type: type!, scale: Number(scale), unit: unit!, note: note.join(",") };
	});
}

describe.each(sources.map((source) => [source.table.id, source] as const))("%s", (_id, source) => {
	const { table, csv, leftOut, beyond, row: renamed } = source;
	const known = facts(csv).filter(({ point }) => !leftOut.test(point) && renamed[point] !== "");
	const find = (name: string) => table.rows.find((row) => row.name === (renamed[name] ?? name));

	it("has a row for each fact, and none without one", () => {
		expect(known.filter(({ point }) => find(point) === undefined).map(({ point }) => point)).toEqual([]);
		const named = known.map(({ point }) => renamed[point] ?? point);
		expect(table.rows.map((row) => row.name).filter((name) => !named.includes(name) && !beyond.test(name))).toEqual([]);
		// every exception is one
		for (const point of Object.keys(renamed)) expect(facts(csv).some((fact) => fact.point === point)).toBe(true);
	});

	it.each(known.map((fact) => [fact.point, fact] as const))("%s", (point, fact) => {
		const row = find(point)!;
		const place = source.place(fact);
		if (place !== undefined && point !== "cell_voltages" && point !== "temperatures")
			expect(source.placeOf(row)).toBe(place);
		const [unit, factor] = si[fact.unit] ?? [fact.unit === "mOhm" ? "ohm" : fact.unit, 1];
		if (row.type === "string" || fact.type === "raw") return;
		// a limit of discharge is a negative current there
		expect(Math.abs(row.k ?? 1)).toBeCloseTo(fact.scale * factor, 12);
		expect(row.b ?? 0).toBeCloseTo(offset(fact), 9);
		if (unit === "") expect(["1", "code", "%", "Ah"]).toContain(row.unit);
		else expect(row.unit).toBe(unit);
		const number = /^[us](8|16|32)$/.exec(fact.type);
		if (number && table.protocol !== undefined && row.type[0] === fact.type[0] && row.type[1] !== "m")
			expect(row.type).toBe(fact.type);
	});
});
