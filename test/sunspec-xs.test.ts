/** SunSpec on the engine of the device: the same bytes as in Node, what it costs, and pysunspec2 as the client of it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SunSpecOnXs, sunSpecMachine } from "../bench/sunspec-machine";
import { createIo, type Io } from "../hosts/desktop/io/io";
import type { TestMachine } from "../hosts/desktop/testing";
import { toHex } from "../modules/base/bytes";
import { modelIds } from "../modules/sunspec/generated/catalogue";
import { filled, nameOf, type RandomModel, randomModel } from "./adapters/sunspec-values";
import { describeWithPeers, freePort, root, run } from "./peers";

const hex = (buffer: ArrayBuffer): string => toHex(new Uint8Array(buffer), "");

describe("on XS", () => {
	it("every model has the bytes it has in Node, and the flash is not written", () => {
		const { machine, xs } = sunSpecMachine();
		for (const id of modelIds) {
			const { image, sets, points } = randomModel(id, 2);
			const index = xs.make([{ id, repeats: 2 }]);
			xs.set(index, sets);
			expect(hex(xs.registers(index)), `model ${id}`).toBe(hex(image.registers.buffer as ArrayBuffer));
			for (const point of points.slice(0, 40)) {
				const value = image.value(image.handle(id, point.name, point.group));
				expect(xs.value(index, id, point.name, point.group), `${id} ${nameOf(point)}`).toBe(value);
			}
		}
		machine.finish();
	});

	it("an image costs its registers and little more, a value that comes nothing", () => {
		const { machine, xs } = sunSpecMachine();
		const held = () => {
			machine.collect();
			const { slots, chunkBytes } = machine.counters();
			return { slots, chunkBytes };
		};
		const cost = (action: () => void) => {
			const before = held();
			action();
			const after = held();
			return { slots: after.slots - before.slots, chunkBytes: after.chunkBytes - before.chunkBytes };
		};
		xs.make([{ id: 1 }]);
		const meter = cost(() => xs.make([{ id: 1 }, { id: 213 }]));
		expect(meter.slots).toBeLessThanOrEqual(60);
		expect(meter.chunkBytes).toBeLessThanOrEqual(2 * 198 + 400);
		const der = [1, ...Array.from({ length: 15 }, (_unused, i) => 701 + i)].map((id) => ({ id, repeats: 2 }));
		const index = 2;
		const whole = cost(() => expect(xs.make(der)).toBe(index));
		expect(whole.slots).toBeLessThanOrEqual(60 + 15 * 9);
		const points = ["A", "AphA", "AphB", "AphC", "PhV", "PhVphA", "PhVphB", "PhVphC", "Hz", "W"].map(
			(name): [number, string, string] => [213, name, ""],
		);
		const handles = cost(() => xs.handles(1, points));
		expect(handles.slots).toBeLessThanOrEqual(4);
		expect(handles.chunkBytes).toBeLessThanOrEqual(24 * 16 + 200);
		expect(cost(() => xs.fill(1))).toEqual({ slots: 0, chunkBytes: 0 });
		const before = machine.counters();
		xs.fill(1);
		const after = machine.counters();
		expect(after.slots).toBe(before.slots);
		expect((after.byteCodes - before.byteCodes) / points.length).toBeLessThan(220);
		xs.space([[5, 1]], false);
		xs.read(5, 40000, 125);
		const start = machine.counters();
		expect(xs.read(5, 40000, 125)).toBe(0);
		const end = machine.counters();
		expect(end.byteCodes - start.byteCodes).toBeLessThan(1000);
		expect(end.slots - start.slots).toBeLessThan(20);
		machine.finish();
	});
});

interface Scan {
	units: Record<
		string,
		{
			base: number;
			error?: string;
			models: { id: number; address: number; length: number; error: string; values: Record<string, string> }[];
		}
	>;
	writes: { value?: number; error?: string }[];
}

describeWithPeers("pysunspec2 as the client of our server on XS", ["python"], () => {
	let io: Io;
	let machine: TestMachine;
	let xs: SunSpecOnXs;
	let scan: Scan;
	const units: Record<number, number[]> = {
		1: [1, 701, 702, 703, 704, 705, 706, 707, 708, 709, 710, 711, 712, 713, 714, 715],
		5: [1, 213],
		9: [1, 103, 160, 802, 803, 804, 64001],
		247: [1],
	};
	/** What the writes rest on, whatever the dice say. */
	const known: RandomModel["sets"] = [
		[1, "DA", "", 5],
		[702, "WMaxRtg", "", 5000],
		[704, "WMaxLimPctEna", "", 0],
		[705, "V_SF", "", -1],
		[705, "V", "Crv[2].Pt[1]", 92],
	];
	const twins: Record<string, RandomModel> = {};

	beforeAll(async () => {
		io = createIo({ network: "real", onError: (error) => expect.unreachable(error.message) });
		({ machine, xs } = sunSpecMachine(io));
		io.attach(machine);
		const places: [number, number][] = [];
		for (const [unit, ids] of Object.entries(units)) {
			const index = xs.make(ids.map((id) => ({ id, repeats: 2 })));
			for (const id of ids) {
				const twin = randomModel(id, 2);
				twins[`${unit}:${id}`] = twin;
				xs.set(index, twin.sets);
				for (const set of known) {
					if (set[0] !== id) continue;
					xs.set(index, [set]);
					twin.image.set(twin.image.handle(id, set[1], set[2]), set[3], 1, "good");
				}
			}
			places.push([Number(unit), index]);
		}
		xs.space(places, true);
		const port = await freePort();
		xs.serve(port);
		const writes = [
			[1, 705, "Crv[2].Pt[1].V", 95.5],
			[1, 704, "WMaxLimPctEna", 1],
			[1, 704, "WMaxLimPctEna", 7],
			[1, 702, "WMaxRtg", 1],
			[1, 705, "V_SF", 1],
			[5, 1, "DA", 12],
		];
		const task = JSON.stringify({ units: [...Object.keys(units).map(Number), 6], writes });
		scan = JSON.parse(
			await run(`${root}.venv/bin/python`, [`${root}test/peers/sunspec_scan.py`, "127.0.0.1", `${port}`, task]),
		);
		xs.close();
	});
	afterAll(() => {
		io.close();
		machine.finish();
	});

	it("finds the map at 40000, and every model by its length", () => {
		for (const [unit, ids] of Object.entries(units)) {
			const { base, models } = scan.units[unit]!;
			expect(base).toBe(40000);
			expect(models.map(({ id }) => id)).toEqual(ids);
			expect(models.map(({ error }) => error).join("")).toBe("");
			let address = 40002;
			for (const model of models) {
				expect(model.address).toBe(address);
				address += model.length + 2;
			}
		}
	});

	it("reads every value that was set, and nothing else", () => {
		let compared = 0;
		for (const [unit, ids] of Object.entries(units)) {
			for (const [at, id] of ids.entries()) {
				const { image, points } = twins[`${unit}:${id}`]!;
				const { values } = scan.units[unit]!.models[at]!;
				for (const point of points) {
					if (filled(point)) continue;
					const ours = image.value(image.handle(id, point.name, point.group));
					const theirs = values[nameOf(point)];
					const place = `unit ${unit} model ${id} ${nameOf(point)}`;
					if (typeof ours === "number") {
						const tolerance = (point.type === "float32" ? 1e-7 : 1e-12) * Math.abs(ours) + 1e-12;
						expect(Math.abs(Number(theirs) - ours), place).toBeLessThanOrEqual(tolerance);
						compared++;
					} else expect(theirs, place).toBe(ours);
				}
			}
		}
		expect(compared).toBeGreaterThan(600);
	});

	it("is told that a unit is not there", () => {
		expect(scan.units["6"]!.error).toMatch(/exception:? *11/i);
	});

	it("writes what may be written and reads it back; is refused the rest", () => {
		const [curve, enable, unknown, rating, factor, address] = scan.writes;
		expect(curve).toEqual({ value: 95.5 });
		expect(enable).toEqual({ value: 1 });
		expect(unknown!.error).toMatch(/exception:? *3/i);
		expect(rating!.error).toMatch(/exception:? *2/i);
		expect(factor!.error).toMatch(/exception:? *2/i);
		expect(address).toEqual({ value: 12 });
	});
});
