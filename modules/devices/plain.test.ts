import { expect, it } from "vitest";
import { fromPlainJson, NotPlain, plainCopy, plainJson } from "./plain";

it("copies what is data, each thing once for each place", () => {
	const rows = [{ name: "volt", k: 0.1, range: [0, 300], note: undefined }, null, true];
	const table = { id: "x", rows, again: rows };
	const copy = plainCopy(table) as { rows: object[]; again: object[] };
	expect(copy).toEqual({ id: "x", rows: [{ name: "volt", k: 0.1, range: [0, 300] }, null, true], again: copy.rows });
	expect(copy.again).not.toBe(copy.rows);
	rows.pop();
	expect(copy.rows.length).toBe(3);
	expect(Object.hasOwn(copy.rows[0]!, "note")).toBe(false);
	expect(plainCopy(Object.assign(Object.create(null), { a: 1 }))).toEqual({ a: 1 });
	expect(plainCopy(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
});

class Meter {
	id = "x";
}

it.each([
	[{ rows: [{ name: "volt", k: () => 1 }] }, "rows[0] volt.k", "a table is data, and this is a function"],
	[{ rows: [{ k: Symbol("k") }] }, "rows[0].k", "a table is data, and this is a symbol"],
	[{ rows: [undefined] }, "rows[0]", "a table is data, and this is a undefined"],
	[
		{
			get rows() {
				return [];
			},
		},
		"rows",
		"a table is data, and this is a getter",
	],
	[{ set rows(_: unknown) {} }, "rows", "a table is data, and this is a getter"],
	[new Meter(), "", "a table is data, and this is an object of a class"],
	[{ quirks: new Set(["a"]) }, "quirks", "a table is data, and this is an object of a class"],
	[{ rows: new Uint8Array(3) }, "rows", "a table is data, and this is an object of a class"],
	[JSON.parse('{"__proto__": {"kind": "meter"}}'), "__proto__", '"__proto__" is no setting'],
	[{ id: "x".repeat(16_385) }, "id", "a text has at most 16384 characters"],
	[{ rows: Array.from({ length: 9000 }, () => [1, 2, 3, 4]) }, /^rows\[\d+\]/, "a table has at most 40000 values"],
])("refuses %o", (value, place, reason) => {
	let caught: unknown;
	try {
		plainCopy(value);
	} catch (error) {
		caught = error;
	}
	expect(caught).toBeInstanceOf(NotPlain);
	if (typeof place === "string") expect((caught as NotPlain).place).toBe(place);
	else expect((caught as NotPlain).place).toMatch(place);
	expect((caught as NotPlain).message).toContain(reason);
});

it("ends with what holds itself", () => {
	const table: Record<string, unknown> = {};
	table["self"] = table;
	expect(() => plainCopy(table)).toThrow(/nested deeper than 8/);
});

it("goes through JSON with every number", () => {
	const rows = [{ name: "a", notAvailable: [Number.NaN, -1], range: [Number.NEGATIVE_INFINITY, 5] }, "NaN", null];
	expect(fromPlainJson(plainJson(rows))).toEqual(rows);
	expect(plainJson(1.5)).toBe("1.5");
});
