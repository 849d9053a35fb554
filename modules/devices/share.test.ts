import { expect, test } from "vitest";
import { allTables } from "./generated/tables";
import { shared } from "./share";

const row = (name: string) => ({ name, range: [0, 100], write: { fc: 16, max: 100 } });

test("equal parts are one, and everything is frozen", () => {
	const made = shared({ rows: [row("a"), row("b"), row("a")], text: "x" });
	expect(made).toEqual({ rows: [row("a"), row("b"), row("a")], text: "x" });
	expect(made.rows[2]).toBe(made.rows[0]);
	expect(made.rows[1]).not.toBe(made.rows[0]);
	expect(made.rows[1]!.range).toBe(made.rows[0]!.range);
	expect(made.rows[1]!.write).toBe(made.rows[0]!.write);
	for (const part of [made, made.rows, made.rows[0]!, made.rows[0]!.range]) expect(Object.isFrozen(part)).toBe(true);
});

test("parts of another value are used again", () => {
	const first = shared({ rows: [row("a")] });
	const second = shared({ rows: [row("b"), row("a")] }, [first]);
	expect(second.rows[1]).toBe(first.rows[0]);
	expect(second.rows[0]!.range).toBe(first.rows[0]!.range);
});

test("what only looks alike is told apart", () => {
	const parts = () => [{ a: 1 }, { a: "1" }, { a: [1] }, [1], { 0: 1 }, { b: 1 }, { a: 1, b: undefined }, {}, []];
	const texts = () => [["x", "y"], ["x;1 string 1 y"], ["x;1:string y"], ["x,y"]];
	const made = shared([...parts(), ...texts()]);
	expect(new Set(made).size).toBe(13);
	expect(made).toEqual([...parts(), ...texts()]);
});

test("a frozen constant stays the object it is", () => {
	const constant = Object.freeze({ id: 1 });
	expect(shared({ constant }).constant).toBe(constant);
});

test("hybrids of one map have nearly all rows in common", () => {
	const byId = (id: string) => new Set(allTables.find((table) => table.id === id)!.rows);
	const rows = byId("sol-ark-15k");
	const other = byId("sol-ark-12k");
	expect([...rows].filter((one) => other.has(one)).length).toBeGreaterThan(150);
});
