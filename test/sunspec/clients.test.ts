/** Clients as they are in the field: OpenEMS reading and limiting, one that disappears, two that write at once. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeWithPeers, freePort, root, run } from "../peers";
import { testedDers } from "./ders";
import { Dut } from "./dut";
import { DerHub } from "./hub";
import { Suite } from "./suite";

const script = (name: string): string => join(root, "test/peers/sunspec_conformance", name);
const python = join(root, ".venv/bin/python");

interface Look {
	enabled: number;
	percent: number;
	W: number;
	goneS?: number;
}

interface Read {
	found: number[];
	values: Record<string, Record<string, number | string>>;
	long: Record<string, number | string>;
	refused: number | null;
	cycles: Look[];
	after: Look[];
}

async function openems(port: number, task: object): Promise<Read> {
	return JSON.parse(await run(python, [script("openems.py"), "127.0.0.1", `${port}`, JSON.stringify(task)], 60_000));
}

describeWithPeers("Clients of the hub's DERs", ["python"], () => {
	const hub = new DerHub();
	const of = (name: string) => testedDers.find((der) => der.name === name)!;
	const controlled = testedDers.filter((der) => der.models.includes(704));

	beforeAll(async () => {
		await hub.start();
		// until all of them have come up
		const suite = Suite.tcp(hub.port);
		suite.test({ ders: testedDers, ids: ["DEV-1"], nobody: 247 });
		await suite.done;
		await suite.stop();
	});
	afterAll(() => hub.close());

	describe("OpenEMS", () => {
		test.each(["inverter", "battery"])(
			"reads models 1, 103, 120, 123 and 7xx of the %s in groups of 126",
			async (name) => {
				const wanted = [1, 103, 120, 121, 123, 701, 702, 703, 704];
				const { found, values, long, refused } = await openems(hub.port, { unit: of(name).unit, models: wanted });
				expect([...found].sort((a, b) => a - b)).toEqual(wanted);
				expect(values["1"]!["SN"]).toBe(of(name).common["SN"]);
				// a request for 126 registers gets exception 3, on a connection that goes on
				expect(long).toEqual({ 126: "exception 3", 125: 125 });
				expect(refused).toBe(3);
				const [old, newer] = [values["103"]!, values["701"]!];
				expect(Number(newer["Hz"])).toBeGreaterThan(45);
				expect(Math.abs(Number(old["W"]) - Number(newer["W"]))).toBeLessThan(0.1 * Number(values["120"]!["WRtg"]));
				expect(values["120"]!["WRtg"]).toBe(values["702"]!["WMaxRtg"]);
			},
		);

		test("finds 203 of a meter behind the second model 1, and stops at an exception where the end model is missing", async () => {
			const dut = new Dut();
			dut.add(2, [{ id: 1 }, { id: 704 }, { id: 1 }, { id: 203 }]);
			const { image } = dut.units.get(2)!;
			for (const [point, value] of [
				["Hz_SF", -2],
				["W_SF", 1],
				["Hz", 50.02],
				["W", -3210],
			] as const) {
				image.set(image.handle(203, point), value, 0, "good");
			}
			const port = await freePort();
			dut.serve(port);
			const { found, values } = await openems(port, { unit: 2, models: [1, 203] });
			dut.close();
			expect(found).toEqual([1, 203]);
			expect(values["203"]).toMatchObject({ Hz: 50.02, W: -3210 });
		});

		test("limits the inverter through 123, again and again, and the limit ends when it has gone", {
			timeout: 60_000,
		}, async () => {
			const limits = [30, 30, 20, 20, 20];
			const task = { unit: of("inverter").unit, models: [1, 103, 120, 123, 701], limits, reversionS: 3, cycleS: 1.5 };
			const { cycles, after, values } = await openems(hub.port, { ...task, freeW: 2300 });
			const ratedW = Number(values["120"]!["WRtg"]);
			expect(cycles.map(({ enabled, percent }) => [enabled, Math.round(percent)])).toEqual(
				limits.map((limit) => [1, limit]),
			);
			// longer than the reversion time, and the limit has held: it was written anew each time
			expect(cycles.at(-1)!.W).toBeLessThanOrEqual(0.2 * ratedW + 50);
			expect(cycles.at(-1)!.W).toBeGreaterThan(0);
			const freed = after.find(({ enabled }) => enabled === 0)!;
			expect(freed.goneS).toBeLessThan(3 + 2);
			expect(after.at(-1)!.W, JSON.stringify(after.slice(-3))).toBeGreaterThan(2300);
		});
	});

	test("a control ends with its reversion time when its client disappears; two clients leave one whole state", {
		timeout: 120_000,
	}, async () => {
		const task = { units: controlled.map(({ unit }) => unit), rounds: 500, reversionS: 2 };
		const found = JSON.parse(
			await run(python, [script("safety.py"), "127.0.0.1", `${hub.port}`, JSON.stringify(task)], 110_000),
		) as Record<
			string,
			{ reverted: { before: number[]; after: number[]; seconds: number }; whole: Record<string, unknown> }
		>;
		for (const { unit, name } of controlled) {
			const { reverted, whole } = found[unit]!;
			expect(reverted.before, name).toEqual([1, 20]);
			expect(reverted.after, name).toEqual([0, 100]);
			expect(reverted.seconds, name).toBeGreaterThan(1.9);
			expect(reverted.seconds, name).toBeLessThan(4);
			expect(whole, name).toMatchObject({ neither: 0, "seen in part": 0, faults: [] });
			expect(Number(whole["A"]) + Number(whole["B"]), name).toBe(500);
		}
	});
});
