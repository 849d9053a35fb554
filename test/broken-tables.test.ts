/**
 * Tables with one mistake each, over 300 and no two the same: each is refused, and the place and the reason of the row
 * or setting that is wrong are named.
 */
import { describe, expect, it } from "vitest";
import { tablePoints } from "../modules/devices/table-points";
import { validateTable } from "../modules/devices/validate";
import { brokenTables } from "./fixtures/broken-tables";
import { goodTables, type Loose } from "./fixtures/good-tables";

interface Broken {
	what: string;
	table: Loose;
	/** Where the mistake is, and words of what is said there. */
	place: string;
	words: RegExp;
}

const all: Broken[] = [];
const seen = new Set<string>();

/** A bigint or NaN is no JSON; two tables that differ in one are two. */
const text = (table: Loose): string =>
	JSON.stringify(table, (_key, value) =>
		typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
	);

function add(name: string, what: string, place: string, words: RegExp, spoil: (table: Loose) => void): void {
	const table = goodTables[name]!();
	spoil(table);
	const print = text(table);
	// what is broken in the same way already is one table, not two
	if (seen.has(print)) return;
	seen.add(print);
	all.push({ what: `${name}: ${what}`, table, place, words });
}

/** Values that a field of a row cannot have, and what is said then. */
const wrongInRow: Readonly<Record<string, readonly (readonly [value: unknown, words: RegExp])[]>> = {
	name: [
		[undefined, /small letters/],
		["Volt age", /"Volt age".*small letters/],
	],
	address: [
		[-1, /-1 is not allowed.*0 to 65535/],
		["0x10", /"0x10" is not allowed/],
		[undefined, /nothing is not allowed/],
	],
	type: [
		["float", /"float" is not allowed.*"f32"/],
		[undefined, /nothing is not allowed/],
	],
	unit: [
		[undefined, /it is missing; allowed are V, A/],
		["volts", /"volts" is not allowed; it must be one of/],
		["kW", /write W \(k 1000 times larger\)/],
	],
	k: [
		[0, /0 is not allowed.*other than 0/],
		["0.1", /"0.1" is not allowed/],
	],
	poll: [["often", /"often" is not allowed.*"slow"/]],
	point: [
		["NoSuchPoint", /"NoSuchPoint" is not allowed.*no such point/],
		[[], /0 entries/],
		["999.W", /"999.W" is not allowed; the table's models are/],
	],
	access: [["all", /"all" is not allowed.*"rw"/]],
	range: [
		[[300, 50], /below the greatest/],
		["0..300", /it must be a list/],
	],
	times: [
		[["nobody"], /"nobody" is not allowed; there is no such row/],
		[7, /it must be a list/],
	],
	bits: [
		[[0, 40], undefined as never],
		[undefined, /it must be a list/],
	],
	words: [[0, /0 is not allowed/]],
	bytes: [[0, /0 is not allowed/]],
	record: [["nothing", /the records are /]],
	byteOrder: [["swap", /"swap" is not allowed.*"little"/]],
	signed: [["yes", /"yes" is not allowed.*true or false/]],
	map: [
		[{}, /1 to 64 entries/],
		[{ one: 1 }, /whole number/],
	],
	texts: [[{ 99: "x" }, /"99" is not allowed; the bit must be/]],
	bitMap: [[[[0, 40]], undefined as never]],
	notAvailable: [[["none"], undefined as never]],
	when: [[{ row: "nobody", is: [1] }, undefined as never]],
	again: [["nobody", /there is no such row/]],
	high: [
		[5, /neighbours are address 4 with wordOrder/],
		[4, /another register than the low word/],
	],
	positive: [["up", /"up" is not allowed.*"import"/]],
	above: [[{ raw: 1, k: 0, b: 0 }, undefined as never]],
	power10: [["yes", /"yes" is not allowed.*true or false/]],
	accumulates: [[1, /1 is not allowed.*true or false/]],
	path: [["", /it must be text/]],
	write: [
		[undefined, /function, min and max/],
		[{ fc: 3, min: 0, max: 1 }, undefined as never],
	],
};
/** Where the reason stands deeper than the field. */
const deeper: Readonly<Record<string, readonly [place: string, words: RegExp]>> = {
	bits: ["bits[1]", /40 is not allowed.*1 to 32/],
	bitMap: ["bitMap[0][1]", /40 is not allowed.*0 to 30/],
	notAvailable: ["notAvailable[0]", /"none" is not allowed/],
	when: ["when.row", /"nobody" is not allowed; there is no such row/],
	above: ["above.k", /other than 0/],
	write: ["write.fc", /3 is not allowed.*one of 5, 6, 15, 16/],
};

for (const [name, make] of Object.entries(goodTables)) {
	(make().rows as Loose[]).forEach((row, i) => {
		const place = `rows[${i}] ${row.name}`;
		for (const [field, values] of Object.entries(wrongInRow)) {
			if (row[field] === undefined) continue;
			for (const [value, words] of values) {
				const what = `${place}: ${field} ${JSON.stringify(value)}`;
				const at = field === "name" && value === undefined ? `rows[${i}].name` : `${place}.${field}`;
				const named = field === "name" && typeof value === "string" ? `rows[${i}] ${value}.name` : at;
				const deep = words === undefined ? deeper[field]! : undefined;
				add(name, what, deep ? `${place}.${deep[0]}` : named, deep ? deep[1] : words, (table) => {
					if (value === undefined) delete table.rows[i][field];
					else table.rows[i][field] = value;
				});
			}
		}
		if (row.point !== undefined) {
			add(name, `${place} not polled`, `${place}.poll`, /how often it is read/, (table) => delete table.rows[i].poll);
		}
		add(name, `${place} misspelt`, `${place}.scale`, /no such setting/, (table) => (table.rows[i].scale = 1));
		if (i > 0) {
			add(name, `${place} named twice`, `rows[${i}] ${make().rows[0].name}.name`, /has it already/, (table) => {
				table.rows[i].name = table.rows[0].name;
			});
		}
	});
}

for (const [name, what, place, words, spoil] of brokenTables) add(name, what, place, words, spoil);

it("has good tables to begin with", () => {
	for (const [name, make] of Object.entries(goodTables)) {
		const mistakes = validateTable(make(), tablePoints).map((one) => `${one.place}: ${one.message}`);
		expect(mistakes, name).toEqual([]);
	}
});

it("breaks them in more than 300 ways, no two the same", () => {
	expect(all.length).toBe(seen.size);
	expect(all.length).toBeGreaterThanOrEqual(300);
});

describe("is refused, with place and reason:", () => {
	it.each(all.map((one) => [one.what, one] as const))("%s", (_what, { table, place, words }) => {
		const problems = validateTable(table, tablePoints);
		const said = problems.filter((one) => one.place === place).map((one) => one.message);
		expect(said.join("\n"), problems.map((one) => `${one.place}: ${one.message}`).join("\n")).toMatch(words);
	});
});
