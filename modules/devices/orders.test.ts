import { describe, expect, it } from "vitest";
import { orderRefusal, writeSequence } from "./orders";
import { solArk12k } from "./tables/sol-ark-12k";
import { validateTable } from "./validate";
import { writeRefusal } from "./write";

const held = new Map<string, number>([
	["tou1_time", 0],
	["tou2_time", 500],
	["tou3_time", 900],
	["tou4_time", 1300],
	["tou5_time", 1700],
	["tou6_time", 2100],
	["battery_shutdown_soc", 10],
	["battery_low_soc", 20],
	["battery_restart_soc", 40],
]);
const holds = (row: string) => held.get(row);
const refusal = (wanted: Record<string, number>) => orderRefusal(solArk12k, new Map(Object.entries(wanted)), holds);

describe("settings that must rise", () => {
	it.each([
		[{ tou2_time: 501 }],
		[{ tou2_time: 900, tou3_time: 901 }],
		[{ battery_low_soc: 10 }],
		[{ battery_low_soc: 40 }],
		[{ battery_shutdown_soc: 45, battery_low_soc: 50, battery_restart_soc: 60 }],
		[{ max_charge_current: 10 }],
	])("may be %o", (wanted) => {
		expect(refusal(wanted)).toBeUndefined();
	});

	it.each([
		[{ tou2_time: 900 }, "tou3_time 900 must be above tou2_time 900"],
		[{ tou1_time: 600 }, "tou2_time 500 must be above tou1_time 600"],
		[{ tou6_time: 1600 }, "tou6_time 1600 must be above tou5_time 1700"],
		[{ battery_low_soc: 41 }, "battery_restart_soc 40 must be at least battery_low_soc 41"],
		[{ battery_shutdown_soc: 21 }, "battery_low_soc 20 must be at least battery_shutdown_soc 21"],
	])("may not be %o", (wanted, reason) => {
		expect(refusal(wanted)).toBe(reason);
	});

	it("are compared with what is known", () => {
		expect(orderRefusal(solArk12k, new Map([["tou3_time", 100]]), () => undefined)).toBeUndefined();
		expect(
			orderRefusal(solArk12k, new Map([["tou3_time", 100]]), (row) => (row === "tou1_time" ? 200 : undefined)),
		).toBe("tou3_time 100 must be above tou1_time 200");
	});

	it("are written in an order that breaks nothing on the way", () => {
		const later = new Map([
			["tou1_time", 600],
			["tou2_time", 1000],
			["tou3_time", 1400],
		]);
		expect(orderRefusal(solArk12k, new Map([...later, ["tou4_time", 1500]]), holds)).toBeUndefined();
		const all = new Map([...later, ["tou4_time", 1500]]);
		expect(writeSequence(solArk12k, all, holds)).toEqual(["tou4_time", "tou3_time", "tou2_time", "tou1_time"]);
		const now = new Map(held);
		for (const row of writeSequence(solArk12k, all, holds)) {
			expect(orderRefusal(solArk12k, new Map([[row, all.get(row)!]]), (name) => now.get(name))).toBeUndefined();
			now.set(row, all.get(row)!);
		}
	});
});

it("a time has minutes below 60", () => {
	const time = solArk12k.rows.find((row) => row.name === "tou2_time")!;
	expect(writeRefusal(solArk12k, time, 1659)).toBeUndefined();
	expect(writeRefusal(solArk12k, time, 1660)).toBe("1660 is not allowed; the last two digits are minutes");
	expect(writeRefusal(solArk12k, time, 2400)).toBe("2400 is not allowed; 0 to 2359 is");
});

it.each([
	[[{ rows: ["tou1_time", "nowhere"] }], 'orders[0].rows: "nowhere" is not allowed; there is no such row'],
	[[{ rows: ["tou1_time", "grid_power"] }], 'orders[0].rows: "grid_power" is not allowed; that row is not written'],
	[[{ rows: ["tou1_time", "tou1_time"] }], 'orders[0].rows: "tou1_time" is not allowed; it stands there already'],
] as const)("a table with the orders %o is refused", (orders, message) => {
	const problems = validateTable({ ...solArk12k, orders });
	expect(problems.map((one) => `${one.place}: ${one.message}`)).toEqual([message]);
});
