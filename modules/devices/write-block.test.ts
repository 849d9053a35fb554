import { describe, expect, it } from "vitest";
import type { DeviceTable } from "./table";
import { epeverTracer } from "./tables/epever-tracer";
import { validateTable } from "./validate";
import { type WriteOutcome, type WriteRequest, writeRow } from "./write";

/** A device that holds 0x9000 to 0x900e, asked one request after the other. `refuses`: the function it says no to. */
function setUp(refuses = 0, silent = 0) {
	const words = Array.from({ length: 15 }, (_, i) => 3000 - 100 * i);
	const asked: string[] = [];
	const waiting: WriteRequest[] = [];
	const outcomes: WriteOutcome[] = [];
	const client = { request: (request: WriteRequest) => void waiting.push(request) };
	const run = (): void => {
		for (let request = waiting.shift(); request !== undefined; request = waiting.shift()) {
			const { function: code, address, count, values } = request;
			const first = address - 0x9000;
			asked.push(`${code}@${address}+${count}`);
			const data = new DataView(new ArrayBuffer(2 * count));
			if (code === 3) for (let i = 0; i < count; i++) data.setUint16(2 * i, words[first + i]!);
			const status = code === silent ? "timeout" : code === refuses ? "exception" : "ok";
			if (code === 16 && status === "ok") words.splice(first, values.length, ...values);
			request.onResult({ status, exception: code === refuses ? 3 : 0, data, startMs: 0, endMs: 1 });
		}
	};
	const write = (row: string, value: number): void =>
		writeRow({ table: epeverTracer, unit: 1, row, value, client, onDone: (outcome) => outcomes.push(outcome) });
	return { words, asked, outcomes, write, run };
}

describe("a row that is written with its neighbours", () => {
	it("is read with them, written with them, and read back", () => {
		const { words, asked, outcomes, write, run } = setUp();
		const before = words.slice();
		write("boost_voltage", 14.4);
		run();
		expect(asked).toEqual([`3@${0x9000}+15`, `16@${0x9000}+15`, `3@${0x9007}+1`]);
		before[7] = 1440;
		expect(words).toEqual(before);
		expect(outcomes).toEqual([{ result: "accepted", reason: "", row: "boost_voltage", value: 14.4 }]);
	});

	it("takes turns with others: neither undoes the other", () => {
		const { words, asked, outcomes, write, run } = setUp();
		write("boost_voltage", 14.4);
		write("float_voltage", 13.8);
		run();
		expect([words[7], words[8]]).toEqual([1440, 1380]);
		expect(asked).toHaveLength(6);
		expect(outcomes.map(({ row, result }) => `${row} ${result}`)).toEqual([
			"boost_voltage accepted",
			"float_voltage accepted",
		]);
	});

	it.each([
		["the read", 3, 0, "rejected", "reading what is written with it: the device does not allow the value"],
		["the write", 16, 0, "rejected", "the device does not allow the value"],
		["nothing, and is silent", 0, 3, "timeout", "reading what is written with it: the device did not confirm"],
	] as const)("is not written when the device refuses %s", (_name, refuses, silent, result, reason) => {
		const { words, outcomes, write, run } = setUp(refuses, silent);
		const before = words.slice();
		write("boost_voltage", 14.4);
		write("float_voltage", 13.8);
		run();
		expect(words).toEqual(before);
		expect(outcomes.map((one) => [one.result, one.reason])).toEqual([
			[result, reason],
			[result, reason],
		]);
	});

	it.each([
		["not with its own register in it", [0x9008, 0x900e], "must be 0 to 36871"],
		["too long", [0x9000, 0x9100], "must be 36871 to 36986"],
		["no range", 5, "must be a list"],
	])("is refused in a table: %s", (_name, block, message) => {
		const rows = epeverTracer.rows.map((row) =>
			row.name === "boost_voltage" ? { ...row, write: { ...row.write!, block } } : row,
		);
		const problems = validateTable({ ...epeverTracer, rows } as DeviceTable);
		expect(problems.map((one) => `${one.place}: ${one.message}`).join("\n")).toMatch(
			new RegExp(`boost_voltage.write.block.*${message.replaceAll(" ", ".*")}`),
		);
	});
});
