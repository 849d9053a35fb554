import { describe, expect, it } from "vitest";
import { makeStep, rawNumber, stepValue } from "./decode";
import { encodeBits, encodeRaw, encodeValue, rawOfValue } from "./encode";
import type { DeviceTable, Row } from "./table";
import { rowWords } from "./table";
import { solArk12k } from "./tables/sol-ark-12k";

const table = { kind: "inverter", positive: "import", wordOrder: "lo-hi", rows: [] } as unknown as DeviceTable;
const rowOf = (one: Partial<Row>): Row => ({ name: "x", address: 10, type: "u16", unit: "code", ...one });

function encode(one: Partial<Row>, value: number): string | undefined {
	const row = rowOf(one);
	const out = new DataView(new ArrayBuffer(2 * rowWords(row)));
	if (!encodeValue(table, row, value, out, 0)) return undefined;
	return Array.from({ length: rowWords(row) }, (_, i) => out.getUint16(2 * i).toString(16)).join(" ");
}

describe("a value as registers", () => {
	it.each<[string, Partial<Row>, number, string | undefined]>([
		["a map", { map: { 1: 0, 2: 1 } }, 1, "2"],
		["a value no code means", { map: { 1: 0, 2: 1 } }, 7, undefined],
		["what all other codes mean", { map: { 0: 5, 1: 6 }, otherwise: 9 }, 9, "2"],
		["a negative code", { type: "s16", map: { "-1": 4 } }, 4, "ffff"],
		["a fraction in a map", { map: { 3: 51.2 } }, 51.2, "3"],
		["another k and b above", { k: 0.001, above: { raw: 1000, k: -0.01, b: 11.001 } }, 1, "3e8"],
		["above what it can mean", { k: 0.001, above: { raw: 1000, k: 0.1, b: -99 } }, 21, "4b0"],
		["between both", { k: 0.001, above: { raw: 1000, k: 0.1, b: -90 } }, 5, undefined],
		["a split number", { type: "u32", address: 78, high: 80, k: 100 }, 100 * 0x12345, "2345 1"],
		["signed power against the table", { type: "s16", unit: "W" }, 1000, "fc18"],
		["signed power as it says itself", { type: "s16", unit: "W", positive: "discharge" }, 1000, "3e8"],
		["bits", { type: "u64", bitMap: [[60, 6]] }, 64, "0 0 0 1000"],
		["a bit that nothing leads to", { bitMap: [[0, 1]] }, 1, undefined],
		["no bits", { bitMap: [[0, 1]] }, 0, "0"],
	])("%s", (_what, row, value, words) => {
		expect(encode(row, value)).toBe(words);
	});

	it("refuses bits outside the row", () => {
		const out = new DataView(new ArrayBuffer(8));
		expect(encodeBits(table, rowOf({ type: "u32" }), [31], out, 0)).toBe(true);
		expect(encodeBits(table, rowOf({ type: "u32" }), [32], out, 0)).toBe(false);
		expect(encodeBits(table, rowOf({ type: "u32" }), [-1], out, 0)).toBe(false);
	});
});

it("every raw value of every row of an inverter's table means a value that leads back to it", () => {
	const scratch = new DataView(new ArrayBuffer(8));
	let checked = 0;
	for (const row of solArk12k.rows) {
		if (rowWords(row) > 1 || row.type === "bits" || row.type === "string" || row.texts || row.bitMap) continue;
		const step = makeStep(solArk12k, row);
		const bytes = new DataView(new ArrayBuffer(2));
		for (let raw = 0; raw < 65_536; raw += 251) {
			bytes.setUint16(0, raw);
			const number = rawNumber(step, bytes, 0, scratch);
			const value = stepValue(step, number, bytes, 0, scratch);
			if (value === undefined) continue;
			const back = rawOfValue(solArk12k, row, value);
			const again = new DataView(new ArrayBuffer(2));
			expect(back !== undefined && encodeRaw(solArk12k, row, back, again, 0), `${row.name} ${raw}`).toBe(true);
			const meant = stepValue(step, rawNumber(step, again, 0, scratch), again, 0, scratch);
			expect(meant, `${row.name} ${raw}`).toBeCloseTo(value, 6);
			checked++;
		}
	}
	expect(checked).toBeGreaterThan(10_000);
});
