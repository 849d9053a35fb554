import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type DeviceTable, findRow, type Row, rowFunction, rowWords } from "../modules/devices/table";

/**
 * The tables against the facts they were written from: the CSV was collected from public sources before the table
 * existed and states scale and unit in its own words.
 */
interface Fact {
	point: string;
	address: number;
	fc: string;
	type: string;
	wordOrder: string;
	scale: string;
	unit: string;
	access: string;
}

function facts(id: string): Fact[] {
	const text = readFileSync(new URL(`./fixtures/devices/${id}.csv`, import.meta.url), "utf8");
	const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
	expect(lines[0]).toBe("point,address,fc,type,word_order,scale,unit,access,enum_or_note");
	return lines.slice(1).map((line) => {
		const [point, address, fc, type, wordOrder, scale, unit, access] = line.split(",");
		return {
			point: point!,
			address: Number(address),
			fc: fc!,
			type: type!,
			wordOrder: wordOrder!,
			scale: scale!,
			unit: unit!,
			access: access!,
		};
	});
}

/** The unit of the hub, and what a number in the fact's unit is multiplied by. */
const si: Record<string, readonly [unit: string, factor: number]> = {
	kWh: ["Wh", 1000],
	kvarh: ["varh", 1000],
	min: ["s", 60],
};

/** Names of the fact tables for types that are numbers like others. */
const sameType: Record<string, string> = { enum16: "u16", bitfield16: "u16", bool: "bit" };

/** Registers that stay out of the tables. */
const leftOut: Record<string, readonly string[]> = {
	// a password, and what clears the energies of a customer's meter
	"chint-ddsu666": ["ucode_password", "meter_reset_energy"],
	// a passcode, what clears energies, and what cuts the line to the hub
	"ccs-wattnode-wnc": ["config_passcode", "zero_energy", "apply_com_config"],
	// a passcode
	"eastron-sdm630": ["cfg_password"],
	// texts of one character a register, and maxima that are gone when they were read
	"bender-rcmb300": [
		...["device_name", "article_number", "serial_number", "manufacturer", "installation_location"],
		"max_since_read_block",
	],
	// what would change the address the hub talks to
	"bender-rcms150": ["allow_write", "factory_settings_k1", "factory_settings_all"],
	// what would cut the line to the hub, and the registers of another product
	"circutor-rgu100": [
		...["peripheral_number", "baud_rate", "data_format", "rgu10c_peripheral", "rgu10c_trip_current_set"],
		...["rgu10c_trip_delay", "rgu10c_prealarm_percent", "rgu10c_relay_status", "rgu10c_leakage_current"],
		"rgu10c_trip_value",
	],
};

/** Rows that the notes of the facts count up behind another one. */
const counted = /^(test|reset_fault)_k[2-6]$/;

/** Written with function 6 although the fact's row names 16 alone: the device takes both. */
const takesBoth = ["sht20-xy-md02"];

/** Writable in the facts and read-only here, by device. */
const onlyRead: Record<string, readonly string[]> = {
	// the coding is not known for certain
	"carlo-gavazzi-em340": ["measurement_mode"],
	// what the hub reads the power by, and the line to it
	"ccs-wattnode-wnc": ["power_int_scale", "current_int_scale", "com_address", "com_baud", "com_parity"],
	// a command block, not settings
	"schneider-iem3155": ["command_code", "command_param1"],
};

/** Writable in the facts, read-only here: what would change the address the hub talks to, or clear energies. */
const readOnly = /^(cfg_|total_energy$|modbus_address$|baud$|protocol$)/;

const files = readdirSync(new URL("./fixtures/devices", import.meta.url)).map((name) => name.replace(/\.csv$/, ""));

const tables = await Promise.all(
	files.map(async (id) => {
		const module = (await import(`../modules/devices/tables/${id}.ts`)) as Record<string, DeviceTable>;
		return [id, Object.values(module).find((one) => one.id === id)!] as const;
	}),
);

describe.each(tables)("%s", (id, table) => {
	const known = facts(id);

	it("has every fact as a row, and no row without a fact", () => {
		const wanted = known.map((fact) => fact.point).filter((point) => !leftOut[id]?.includes(point));
		const rows = table.rows.filter((row) => row.again === undefined && !counted.test(row.name));
		expect(rows.map((row) => row.name).sort()).toEqual(wanted.sort());
	});

	it.each(known.filter((fact) => !leftOut[id]?.includes(fact.point)).map((fact) => [fact.point, fact] as const))(
		"%s",
		(point, fact) => {
			const row = findRow(table, point) as Row;
			const [unit, factor] = si[fact.unit] ?? [fact.unit, 1];
			// of a record of a Modbus device the first register is the record's
			const record = table.records?.find(({ name }) => name === row.record);
			expect(record ? Number(record.key) + row.address / 2 : row.address).toBe(fact.address);
			if (fact.fc === "16") expect(row.access).toBe("w");
			else expect(rowFunction(table, row)).toBe(Number(fact.fc[0]));
			const text = /^str([0-9]+)$/.exec(fact.type);
			expect(row.type).toBe(text ? "string" : (sameType[fact.type] ?? fact.type));
			if (text) expect(row.words).toBe(Number(text[1]));
			else if (rowWords(row) > 1) expect(row.wordOrder ?? table.wordOrder ?? "hi-lo").toBe(fact.wordOrder);
			const ratio = /^SF@([0-9]+)$/.exec(fact.scale);
			if (ratio) expect(row.times?.map((name) => findRow(table, name)?.address)).toEqual([Number(ratio[1])]);
			else expect(row.k ?? 1).toBeCloseTo(Number(fact.scale) * factor, 12);
			expect(row.b ?? 0).toBe(0);
			if (unit === "") expect(["1", "code", "text"]).toContain(row.unit);
			else expect(row.unit).toBe(unit);
			if (row.access !== undefined) expect(fact.access).toBe(row.access);
			else if (fact.access !== "r" && !onlyRead[id]?.includes(point)) expect(point).toMatch(readOnly);
			if (row.write && !takesBoth.includes(id)) {
				expect(fact.fc.split("/").slice(fact.fc === "16" ? 0 : 1)).toContain(String(row.write.fc));
			}
		},
	);
});
