/**
 * What the hub serves of the demo pole is what the simulator holds: through the whole application on XS, read by
 * pysunspec2, on a clock that stands still while it reads.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DesktopHub } from "../hosts/desktop/app";
import { findTable } from "../modules/devices/generated/tables";
import { rowPoints } from "../modules/devices/table";
import type { PointSource } from "../sim/profile";
import { describeWithPeers, freePort, root, run } from "./peers";

type Units = Record<string, { base: number; models: Record<string, Record<string, number | string>> }>;

/** A profile whose time stands still. */
class Frozen implements PointSource {
	#source: PointSource;
	#atMs: number;
	constructor(source: PointSource, atMs: number) {
		this.#source = source;
		this.#atMs = atMs;
	}
	value(point: string): number | undefined {
		return this.#source.value(point, this.#atMs);
	}
}

describeWithPeers("demo pole", ["python"], () => {
	const siteText = readFileSync(join(root, "sites/demo.json"), "utf8");
	const site = JSON.parse(siteText) as {
		devices: { id: string; unit: number; device: string; serial: string; role: string }[];
	};
	let hub: DesktopHub;
	let units: Units;

	beforeAll(async () => {
		const [modbusPort, httpPort] = [await freePort(), await freePort()];
		hub = new DesktopHub({ siteText, clock: "virtual", options: { modbusPort, httpPort, broker: "" } });
		// everything but what is read each second has been read twice, then all of it once more with time standing still
		hub.machine.advance(125_000);
		for (const { id } of site.devices) {
			const slave = hub.pole!.slave(id)!;
			slave.source = new Frozen(slave.source, hub.machine.now());
		}
		hub.machine.advance(70_000);
		const addresses = ["1", ...site.devices.map((device) => String(device.unit))];
		const text = await run(join(root, ".venv/bin/python"), [
			join(root, "test/peers/sunspec_read.py"),
			"127.0.0.1",
			String(modbusPort),
			...addresses,
		]);
		units = JSON.parse(text) as Units;
	});
	afterAll(() => hub?.close());

	it("answers at 40000 with model 1 and a meter model in every unit", () => {
		expect(Object.keys(units)).toHaveLength(9);
		for (const [unit, { base, models }] of Object.entries(units)) {
			expect(base, unit).toBe(40000);
			expect(models["1"]!["Mn"], unit).toBeTruthy();
		}
		for (const { unit, role, serial } of site.devices) {
			const { models } = units[String(unit)]!;
			const expected = role === "home" ? "211" : role === "feeder" ? "213" : "307";
			expect(Object.keys(models), serial).toContain(expected);
			expect(models["1"]!["SN"]).toBe(serial);
		}
	});

	it.each(site.devices)("serves the values that the simulated $device $id holds", ({ id, unit, device }) => {
		const table = findTable(device)!;
		const source = hub.pole!.slave(id)!.source;
		const models = units[String(unit)]!.models;
		let compared = 0;
		for (const row of table.rows) {
			for (const { model, point } of rowPoints(table, row)) {
				const held = source.value(point, 0);
				const served = models[String(model)]?.[point];
				if (held === undefined || model === 1) continue;
				// half a step of the device's register, and what a float32 holds; SunSpec's relative humidity is whole percent
				const tolerance =
					(point === "RH" ? 0.5 : 0) +
					(row.type.startsWith("f") ? 0 : Math.abs(row.k ?? 1) / 2) +
					Math.abs(held) * 2e-7 +
					1e-6;
				expect(served, `${point} of ${id}`).toBeTypeOf("number");
				expect(Math.abs((served as number) - held), `${point} of ${id}: ${served} for ${held}`).toBeLessThanOrEqual(
					tolerance,
				);
				compared++;
			}
		}
		expect(compared).toBeGreaterThanOrEqual(table.kind === "meter" ? 7 : 2);
	});

	it("shows the feeder's readings as the totals of unit 1, and lists the units", () => {
		const { models } = units["1"]!;
		const feeder = units["21"]!.models["213"]!;
		for (const point of ["W", "PhVphA", "Hz", "TotWhImp"]) expect(models["213"]![point], point).toBe(feeder[point]);
		expect(models["64900"]).toBeDefined();
	});
});
