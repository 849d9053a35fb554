import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findTable } from "../modules/devices/generated/tables";
import { type DeviceTable, findRow, type Row, rowFunction, rowLast, rowWords } from "../modules/devices/table";

/**
 * The tables of chargers against the facts they were written from. These differ from other products' facts: one file is
 * about several tables, addresses are computed from the number of the connector, and notes name the other phases.
 */
interface Fact {
	readonly point: string;
	readonly address: number;
	readonly fc: string;
	readonly type: string;
	readonly wordOrder: string;
	readonly scale: number;
	readonly unit: string;
	readonly access: string;
}

interface Source {
	readonly csv: string;
	readonly tables: readonly string[];
	/** What computed addresses begin at: n*1000, base. */
	readonly base?: number;
	/** Rows that stay out of the tables. */
	readonly leftOut?: readonly string[];
	/** Writable in the facts, read-only here. */
	readonly onlyRead?: RegExp;
}

const sources: readonly Source[] = [
	{
		...{ csv: "etek-ekepc2", tables: ["etek-ekepc2"] },
		// the installer's: protection, the second master, what the hub talks to, the controller's own switches
		onlyRead: /_limit|over_current|^ext_meter|^dlb|modbus_address|^ct_|_enable|cable_detect|^poles|^dial_duty/,
	},
	// its code is not known for certain
	{ csv: "abb-terra-ac", tables: ["abb-terra-ac"], leftOut: ["set_phases"] },
	// six numbers, no value
	{ csv: "alfen-ng9xx", tables: ["alfen-ng9xx", "alfen-ng9xx-station"], leftOut: ["station_clock"] },
	{ csv: "phoenix-ev-cc-ac1-m", tables: ["phoenix-ev-cc-ac1-m"] },
	{
		...{ csv: "phoenix-ev-eth", tables: ["phoenix-ev-eth"], onlyRead: /^rfid_enabled$/ },
		// of other firmware, or of no stated length
		leftOut: ["firmware_wallbe", "energy_wallbe", "rfid_uid"],
	},
	...["", "-2", "-3", "-4"].map((n) => ({
		csv: "phoenix-charx",
		tables: [`phoenix-charx${n}`],
		base: 1000 * Number(n.slice(1) || 1),
	})),
	// what cuts the connection of Mennekes builds, and what stands in the same range
	{ csv: "bender-cc612", tables: ["bender-cc612"], leftOut: ["ev_soc", "smart_vehicle", "evccid"] },
	...["", "-2", "-3", "-4"].map((n) => ({
		csv: "alpitronic-hypercharger",
		tables: [`alpitronic-hypercharger${n}`],
		base: 100 * Number(n.slice(1) || 1),
	})),
	{ csv: "sigenergy-v2x", tables: ["sigenergy-plant", "sigenergy-evdc", "sigenergy-evac"] },
];

function factsOf({ csv, base = 0 }: Source): Fact[] {
	const text = readFileSync(new URL(`./fixtures/chargers/${csv}.csv`, import.meta.url), "utf8");
	const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
	expect(lines[0]).toBe("point,address,fc,type,word_order,scale,unit,access,enum_or_note");
	return lines.slice(1).flatMap((line) => {
		const [point, at, fc, type, wordOrder, scale, unit, access, ...note] = line.split(",") as [string, ...string[]];
		const computed = /^(?:n\*1000|base)\+(\d+)$/.exec(at!);
		const address = computed ? base + Number(computed[1]) : Number(at);
		const fact = { point, address, fc: fc!, type: type!, wordOrder: wordOrder!, scale: Number(scale), unit: unit! };
		const one = { ...fact, access: access! };
		// "L2 +234, L3 +236", "B 30017, C 30019", "32013, 32014 alarm 2 and 3"
		const others = /(?:L2|B) (\+?)(\d+), (?:L3|C) \+?(\d+)|(\d+), (\d+) alarm 2 and 3/.exec(note.join(","));
		if (!others) return [one];
		const [, plus, second, third, alarm2, alarm3] = others;
		const names = alarm2 ? ["1", "2", "3"] : point.includes("phase_a") ? ["a", "b", "c"] : ["1", "2", "3"];
		const more = [second ?? alarm2, third ?? alarm3].map((other, i) => ({
			...one,
			point: alarm2
				? point.replace(/1$/, names[i + 1]!)
				: point.replace(/(l|phase_)[1a](?!.*(l|phase_)[1a])/, `$1${names[i + 1]}`),
			address: Number(other) + (plus ? base : 0),
		}));
		return [one, ...more];
	});
}

/** The unit of the hub, and what a number in the fact's unit is multiplied by. */
const si: Record<string, readonly [unit: string, factor: number]> = {
	kW: ["W", 1000],
	kvar: ["var", 1000],
	kWh: ["Wh", 1000],
};

function rowOf(tables: readonly DeviceTable[], name: string): [DeviceTable, Row] | undefined {
	for (const table of tables) {
		const row = findRow(table, name);
		if (row) return [table, row];
	}
	return undefined;
}

describe.each(sources.map((source) => [source.tables[0]!, source] as const))("%s", (_id, source) => {
	const known = factsOf(source);
	const tables = source.tables.map((id) => findTable(id)!);
	const wanted = known.filter(({ point }) => !source.leftOut?.includes(point));

	it("has every fact as a row, and no row without a fact but those that read one once more", () => {
		const rows = tables.flatMap((table) => table.rows.filter((row) => row.again === undefined));
		expect(rows.map((row) => row.name).sort()).toEqual(wanted.map(({ point }) => point).sort());
	});

	it("is graded as the facts are", () => {
		const text = readFileSync(new URL(`./fixtures/chargers/${source.csv}.csv`, import.meta.url), "utf8");
		const grade = /^# confidence: (one|two)/m.exec(text)![1];
		for (const table of tables) expect(table.confidence).toBe(grade);
	});

	it.each(wanted.map((fact) => [fact.point, fact] as const))("%s", (point, fact) => {
		const [table, row] = rowOf(tables, point)!;
		const [unit, factor] = si[fact.unit] ?? [fact.unit, 1];
		expect(rowFunction(table, row)).toBe(
			fact.fc === "16" || fact.fc === "6" ? rowFunction(table, row) : Number(fact.fc[0]),
		);
		if (row.type === "bits") checkField(table, row, fact);
		else {
			expect(row.address).toBe(fact.address);
			const text = /^str([0-9]*)$/.exec(fact.type);
			expect(row.type).toBe(text ? "string" : fact.type === "bool" ? "bit" : fact.type);
			if (text?.[1]) expect(row.words).toBe(Number(text[1]));
			else if (rowWords(row) > 1 && !text) {
				expect(row.wordOrder ?? table.wordOrder ?? "hi-lo").toBe(fact.wordOrder);
			}
		}
		if (row.above) {
			// amperes of a duty cycle in hundredths of a per cent, IEC 61851-1 table A.8
			expect([fact.unit, fact.scale, row.unit]).toEqual(["%", 0.01, "A"]);
			expect(row.k).toBeCloseTo(0.6 * fact.scale, 12);
			expect(row.above.raw * fact.scale).toBe(85);
			expect(row.above.k).toBeCloseTo(2.5 * fact.scale, 12);
			expect(row.above.b).toBe(-64 * 2.5);
		} else if (row.map === undefined) {
			expect(row.k ?? 1).toBeCloseTo(fact.scale * factor, 12);
			expect(row.b ?? 0).toBe(0);
			if (unit === "") expect(["1", "code", "text"]).toContain(row.unit);
			else expect(row.unit).toBe(unit);
		}
		if (row.access !== undefined) expect(row.access).toBe(fact.access);
		else if (fact.access !== "r") expect(point).toMatch(source.onlyRead ?? /^$/);
		if (row.write) {
			const codes = fact.fc.split("/");
			expect(codes.length === 1 ? codes : codes.slice(1)).toContain(String(row.write.fc));
		}
	});
});

/** A letter, or some bits, of a register: inside the fact's registers. */
function checkField(table: DeviceTable, row: Row, fact: Fact): void {
	const words = fact.type === "u32" ? 2 : 1;
	expect(row.address).toBeGreaterThanOrEqual(fact.address);
	expect(rowLast(row)).toBeLessThan(fact.address + words);
	// the low word of two comes last
	if (words === 2) expect([row.address, table.wordOrder ?? "hi-lo"]).toEqual([fact.address + 1, "hi-lo"]);
	const [first, count] = row.bits!;
	expect([0, 8]).toContain(first);
	expect([7, 8]).toContain(count);
}
