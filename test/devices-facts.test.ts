import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { deviceTable } from "../modules/devices/catalogue";
import { findRow, type Row, rowFunction, rowWords } from "../modules/devices/table";

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
	scale: number;
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
			scale: Number(scale),
			unit: unit!,
			access: access!,
		};
	});
}

/** The unit of the hub, and what a number in the fact's unit is multiplied by. */
const si: Record<string, readonly [unit: string, factor: number]> = {
	kWh: ["Wh", 1000],
	kvarh: ["varh", 1000],
};

/** Registers that stay out of the tables: a password, and what clears the energies of a customer's meter. */
const leftOut: Record<string, readonly string[]> = { "chint-ddsu666": ["ucode_password", "meter_reset_energy"] };

/** Writable in the facts, read-only here: what would change the address the hub talks to, or clear energies. */
const readOnly = /^(cfg_|total_energy$|modbus_address$|baud$|protocol$)/;

const files = readdirSync(new URL("./fixtures/devices", import.meta.url)).map((name) => name.replace(/\.csv$/, ""));

describe.each(files)("%s", (id) => {
	const known = facts(id);
	const table = deviceTable(id)!;

	it("has every fact as a row, and no row without a fact", () => {
		const wanted = known.map((fact) => fact.point).filter((point) => !leftOut[id]?.includes(point));
		expect(table.rows.map((row) => row.name).sort()).toEqual(wanted.sort());
	});

	it.each(known.filter((fact) => !leftOut[id]?.includes(fact.point)).map((fact) => [fact.point, fact] as const))(
		"%s",
		(point, fact) => {
			const row = findRow(table, point) as Row;
			const [unit, factor] = si[fact.unit] ?? [fact.unit, 1];
			expect(row.address).toBe(fact.address);
			expect(rowFunction(table, row)).toBe(Number(fact.fc[0]));
			expect(row.type).toBe(fact.type);
			if (rowWords(row) > 1) expect(row.wordOrder ?? table.wordOrder ?? "hi-lo").toBe(fact.wordOrder);
			expect(row.k ?? 1).toBeCloseTo(fact.scale * factor, 12);
			expect(row.b ?? 0).toBe(0);
			if (unit === "") expect(["1", "code", "text"]).toContain(row.unit);
			else expect(row.unit).toBe(unit);
			if (row.access !== undefined) expect(fact.access).toBe(row.access);
			else if (fact.access !== "r") expect(point).toMatch(readOnly);
		},
	);
});
