/** The largest table on the application's engine: the same values as in Node, what it keeps, and that it keeps its rhythm. */

import { afterEach, expect, test } from "vitest";
import { type DevicesMachine, devicesMachine } from "../bench/devices-machine";
import { SolArk } from "../sim/sol-ark";

let world: DevicesMachine | undefined;

afterEach(() => {
	world?.close();
	world = undefined;
});

test("a Sol-Ark 15K at 9600 baud: true values, kept in under 20 KB, no heap lost in two minutes", () => {
	const slave = new SolArk({ model: "sol-ark-15k", unit: 1, startHour: 12 });
	slave.plant.scene.pvW = [4000, 3800, 3000];
	slave.plant.scene.loadW = [700, 500];
	slave.plant.changed();
	world = devicesMachine(slave);
	const { machine, xs } = world;
	xs.load("sol-ark-15k");
	machine.collect();
	const empty = machine.counters();
	xs.add("sol-ark-15k", 1, {});
	machine.collect();
	const kept = machine.counters();
	const bytes = 16 * (kept.slots - empty.slots) + kept.chunkBytes - empty.chunkBytes;
	expect(bytes).toBeLessThan(20_000);
	xs.start(9600);
	machine.advance(66_000);
	for (const [point, quantity, sign, step] of [
		["701.W", "gridW", -1, 10],
		["701#2.W", "loadW", -1, 10],
		["714.Prt[2].DCW", "pv2W", 1, 1],
		["802.A", "batteryA", 1, 0.01],
		["701.TotWhAbs", "lifeBuyWh", 1, 200],
		["701.VL1L2", "gridVL1L2", 1, 0.1],
	] as const) {
		const { value, quality } = xs.point(0, point);
		expect(quality, point).toBe("good");
		expect(Math.abs((value as number) - sign * slave.plant.value(quantity)!), point).toBeLessThan(0.6 * step + 0.01);
	}
	expect(xs.point(0, "64911.Win[6].Tm").value).toBe(2100);
	machine.collect();
	const before = machine.counters();
	const { answers } = xs.state();
	machine.advance(120_000);
	const after = xs.state();
	machine.collect();
	const counters = machine.counters();
	expect(counters.slots - before.slots).toBeLessThan(20);
	expect(counters.chunkBytes - before.chunkBytes).toBeLessThan(200);
	expect(after.late).toBe(0);
	// three reads a second, six in five, twelve a minute
	expect(after.answers[0]! - answers[0]!).toBeGreaterThan(0.98 * (360 + 144 + 24));
	expect(slave.refused).toBe(0);
	if (process.env["FIGURES"]) {
		const codes = (counters.byteCodes - before.byteCodes) / 120;
		process.stdout.write(`${bytes} bytes, ${Math.round(codes)} byte codes a second, ${after.utilisation}\n`);
	}
});
