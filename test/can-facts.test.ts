import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type DeviceTable, findRow, type Row } from "../modules/devices/table";
import { dalyBmsCan } from "../modules/devices/tables/daly-bms-can";
import { jkBmsCan } from "../modules/devices/tables/jk-bms-can";
import { pylontechCanLv } from "../modules/devices/tables/pylontech-can-lv";
import { victronCanBms } from "../modules/devices/tables/victron-can-bms";

/**
 * The tables of CAN against the facts they were written from: the CSV, collected from public sources before the tables
 * existed, has the identifier, byte and bit of each value, its scale and unit in its own words.
 */
interface Fact {
	point: string;
	/** Identifier, or the command of Daly. */
	key: number;
	byte: number;
	bit: number | undefined;
	type: string;
	order: string;
	scale: number;
	unit: string;
	access: string;
	note: string;
}

function facts(file: string): Fact[] {
	const text = readFileSync(new URL(`./fixtures/can/${file}.csv`, import.meta.url), "utf8");
	const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
	expect(lines[0]).toBe("point,address,fc,type,word_order,scale,unit,access,enum_or_note");
	return lines.slice(1).map((line) => {
		const [point, address, , type, order, scale, unit, access, ...note] = line.split(",");
		const [, key, byte, bit] = /^(0x[0-9A-Fa-f]+|[0-9]+):([0-9]+)(?:\.([0-9]+))?$/.exec(address!)!;
		return {
			...{ point: point!, key: Number(key), byte: Number(byte), bit: bit === undefined ? undefined : Number(bit) },
			...{ type: type!, order: order!, scale: Number(scale), unit: unit!, access: access!, note: note.join(",") },
		};
	});
}

/** Rows that are not in the facts under their names: words that single bits of the facts are read as, cells one by one. */
const own = /^(alarms|warnings|force_charge|cell_[0-9]+_voltage|temperature_[1-7])$/;

/** Facts that other rows are, by table. */
const elsewhere: Readonly<Record<string, RegExp>> = {
	"jk-bms-can": /^cells_/,
	// cells and temperatures one by one; switches, which are written where they are read; what the serial table leaves out
	"daly-bms-can": /^(cell_voltages|temperatures|battery_type_info|set_soc|set_charge_mos|set_discharge_mos)$/,
};

const kelvin = /Kelvin/;

describe.each<[string, string, DeviceTable]>([
	["pylontech-can-lv", "pylontech-can-lv", pylontechCanLv],
	["victron-can-bms", "victron-can-bms", victronCanBms],
	["jk-bms-can", "jk-bms-can", jkBmsCan],
	["daly-bms-can", "daly-uart-can", dalyBmsCan],
])("%s", (id, file, table) => {
	const known = facts(file).filter(({ point }) => !elsewhere[id]?.test(point));

	it("has every fact as a row, and no row without a fact", () => {
		const names = known.map(({ point }) => point);
		for (const name of names) expect(findRow(table, name), name).toBeDefined();
		const more = table.rows.map((row) => row.name).filter((name) => !names.includes(name) && !own.test(name));
		expect(more).toEqual([]);
	});

	it.each(known.map((fact) => [fact.point, fact] as const))("%s", (point, fact) => {
		const row = findRow(table, point) as Row;
		const record = table.records!.find(({ name }) => name === row.record)!;
		// Daly: 0x18<command>0140 asks, 0x18<command>4001 answers
		const identifier = id === "daly-bms-can" ? 0x18000000 + fact.key * 0x10000 + 0x4001 : fact.key;
		expect(record.key).toBe(identifier);
		expect(record.extended === true).toBe(identifier > 0x7ff);
		if (id === "daly-bms-can") expect(record.request?.split("#")[0]).toBe((identifier - 0x4001 + 0x140).toString(16));
		expect(row.address).toBe(fact.byte);
		const count = { bit: 1, bits2: 2 }[fact.type];
		if (count !== undefined) {
			expect(row.type).toBe("bits");
			expect(row.bits).toEqual([fact.bit, count]);
			return;
		}
		if (fact.type.startsWith("str") || fact.type === "multi") expect(row.type).toBe("string");
		else if (fact.type === "bits64") expect(row.type).toBe("u32");
		else expect(row.type).toBe(fact.type);
		if (/^[us](16|32|64)$/.test(fact.type))
			expect(row.byteOrder ?? "big").toBe(fact.order === "le" || fact.order === "-" ? "little" : "big");
		const hours = fact.unit === "h" ? 3600 : 1;
		expect(row.k ?? 1).toBeCloseTo(fact.scale * hours, 12);
		const minus = /minus ([0-9]+)/.exec(fact.note)?.[1] ?? (/raw-30000/.test(fact.note) ? "3000" : undefined);
		const offset = minus !== undefined ? -Number(minus) : kelvin.test(fact.note) ? -273 : 0;
		expect(row.b ?? 0).toBeCloseTo(offset, 9);
		const unit = { K: "C", h: "s", "": undefined }[fact.unit] ?? (fact.unit === "" ? undefined : fact.unit);
		if (unit === undefined) expect(["1", "code", "text"]).toContain(row.unit);
		else expect(row.unit).toBe(unit);
		expect(row.write && fact.access === "r" ? "r" : (row.access ?? "r")).toBe(fact.access);
	});
});

it("writes the switches of Daly with the commands of the facts", () => {
	const written = facts("daly-uart-can").filter(({ point }) => /^set_(dis)?charge_mos$/.test(point));
	expect(written.length).toBe(2);
	for (const { point, key } of written) {
		const row = findRow(dalyBmsCan, point.slice(4))!;
		const record = dalyBmsCan.records!.find(({ name }) => name === row.write!.record)!;
		expect(record).toMatchObject({ key: 0x18004001 + key * 0x10000, extended: true, write: true, bytes: 8 });
		expect(record.request).toBe((0x18000140 + key * 0x10000).toString(16));
	}
});
