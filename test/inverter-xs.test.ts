/** An inverter's table on the application's engine, its plan preloaded: the same points as in Node, and what it costs. */
import { afterEach, expect, test } from "vitest";
import { type DevicesMachine, devicesMachine } from "../bench/devices-machine";
import { heapBytes } from "../bench/figure";
import { pointPath } from "../modules/devices/points";
import { type DeviceTable, findRow, rowPoints } from "../modules/devices/table";
import { deyeThreePhaseHv } from "../modules/devices/tables/deye-three-phase-hv";
import { solArk12k } from "../modules/devices/tables/sol-ark-12k";
import { FixedSource } from "../sim/profile";
import { SimSlave } from "../sim/slave";
import { cases, distinctValues, halfDigit, measuredRows, sourceName } from "./table-values";

let world: DevicesMachine | undefined;

afterEach(() => {
	world?.close();
	world = undefined;
});

test.each([
	[solArk12k.id, solArk12k],
	[deyeThreePhaseHv.id, deyeThreePhaseHv],
] as [string, DeviceTable][])("%s gives every point as the simulator has it, and keeps no heap", (id, table) => {
	const conditions = cases(table).at(-1)!;
	const values = distinctValues(table, conditions);
	const slave = new SimSlave({ table, unit: 1, source: new FixedSource(values), serial: "2207158842" });
	world = devicesMachine(slave);
	const { machine, xs } = world;
	xs.load(id);
	const empty = heapBytes(machine);
	xs.add(id, 1, {});
	// Its image, the handles of its points, the raw bytes of its reads.
	expect(heapBytes(machine) - empty).toBeLessThan(24_000);
	xs.start(9600);
	machine.advance(90_000);
	let points = 0;
	for (const row of measuredRows(table, conditions)) {
		const wanted = values[sourceName(table, row)]!;
		for (const point of rowPoints(table, row)) {
			if (point.model === 1) continue;
			points++;
			const { value, quality } = xs.point(0, pointPath(point));
			const what = `${row.name} ${pointPath(point)}`;
			expect.soft(quality, what).toBe("good");
			expect
				.soft(Math.abs((value as number) - wanted), what)
				.toBeLessThanOrEqual(halfDigit(table, row, wanted, values) * 1.001);
		}
	}
	expect(points).toBeGreaterThan(100);
	// The least of some moments: at others a request is on its way.
	const least = (): number => {
		let bytes = Infinity;
		for (let i = 0; i < 60; i++) {
			machine.advance(137);
			bytes = Math.min(bytes, heapBytes(machine));
		}
		return bytes;
	};
	machine.advance(600_000);
	const before = least();
	machine.advance(1_200_000);
	expect(least() - before).toBeLessThan(300);
});

test("its controls are written on a real line, read back, and given back", () => {
	const voltage = sourceName(solArk12k, findRow(solArk12k, "battery_voltage")!);
	const values = { ...distinctValues(solArk12k, { grid_type: 1 }), [voltage]: 50 };
	const settings = { max_sell_power: 9000, max_charge_current: 120 };
	const writes: string[] = [];
	const slave = new SimSlave({
		table: solArk12k,
		unit: 1,
		source: new FixedSource(values),
		settings,
		onWrite: (row, value) => writes.push(`${row} ${value}`),
	});
	world = devicesMachine(slave);
	const { machine, xs } = world;
	xs.add(solArk12k.id, 1, {});
	xs.start(9600);
	machine.advance(60_000);
	const before = heapBytes(machine);
	xs.control(0);
	expect(heapBytes(machine) - before).toBeLessThan(1600);
	xs.apply({});
	machine.advance(20_000);
	expect(writes).toEqual([]);
	xs.apply({ limitW: 4000, chargeLimitW: 2500 });
	machine.advance(5000);
	expect(writes).toEqual(["max_sell_power 4000", "max_charge_current 50"]);
	expect(xs.written()).toEqual(["max_sell_power 4000 accepted", "max_charge_current 50 accepted"]);
	xs.apply({});
	machine.advance(20_000);
	expect(writes.slice(2)).toEqual(["max_sell_power 9000", "max_charge_current 120"]);
	expect([slave.setting("max_sell_power"), slave.setting("max_charge_current")]).toEqual([9000, 120]);
});
