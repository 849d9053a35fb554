/**
 * A day of virtual time with everything going wrong now and then: every kind of faulty slave, a line cut for minutes,
 * a broker that dies for ten minutes at a time. The whole application on XS.
 */
import { expect, it } from "vitest";
import { rowPoints } from "../modules/devices/table";
import { FaultSchedule, faultKinds } from "../sim/faults";
import type { PointSource } from "../sim/profile";
import { demoSite, VirtualHub } from "./virtual-hub";

const kHour = 3_600_000;
const start = Date.UTC(2026, 0, 1);
/** These two are never faulty; their neighbours are, one minute in four. */
const steady = ["home-1", "feeder"];
/** Talks over everybody, one minute in a hundred: then there is nothing to read on the line. */
const babbler = "cabinet";

/** Listens to what a simulated device puts into its replies. */
class Witness implements PointSource {
	#source: PointSource;
	#served = new Map<string, { value: number; atMs: number }[]>();

	constructor(source: PointSource) {
		this.#source = source;
	}

	value(point: string, nowMs: number): number | undefined {
		const value = this.#source.value(point, nowMs);
		if (value === undefined) return undefined;
		const list = this.#served.get(point);
		if (list) list.push({ value, atMs: nowMs });
		else this.#served.set(point, [{ value, atMs: nowMs }]);
		if (list && list.length > 4) list.shift();
		return value;
	}

	/** The last few values of a point, oldest first. */
	served(point: string): readonly { value: number; atMs: number }[] {
		return this.#served.get(point) ?? [];
	}
}

it("goes on for a day of faults: rates, truth, every message once and in order, a flat heap", async () => {
	const siteText = demoSite((site) => {
		for (const device of site.devices) device.poll = { fastS: 5, normalS: 20 };
		site.services["openami"] = { periodS: 60 };
	});
	const world = new VirtualHub({ siteText });
	const { hub } = world;
	const kinds = faultKinds.filter((kind) => kind !== "babbling");
	const ids = world.snapshot().devices.map((device) => device.id);
	ids.forEach((id, i) => {
		if (!steady.includes(id)) hub.pole!.slave(id)!.faults = new FaultSchedule({ seed: 100 + i, share: 0.25, kinds });
	});
	const witnesses = new Map<string, Witness>();
	for (const id of ids) {
		const slave = hub.pole!.slave(id)!;
		const witness = new Witness(slave.source);
		slave.source = witness;
		witnesses.set(id, witness);
	}
	const babbling = new FaultSchedule({ seed: 1, share: 0.01, kinds: ["babbling"] });
	hub.pole!.slave(babbler)!.faults = babbling;
	let jammedMs = 0;
	for (let atMs = 0; atMs < 24 * kHour; atMs += 60_000) if (babbling.at(atMs)) jammedMs += 60_000;
	expect(jammedMs).toBeGreaterThan(0);
	await world.startBroker();

	const heap: { slots: number; chunkBytes: number }[] = [];
	const quality = { good: 0, suspect: 0, comms_lost: 0 };
	const wrong: string[] = [];
	let checked = 0;
	const cutAt = 9; // the hour in which the line is cut for five minutes
	for (let hour = 0; hour < 24; hour++) {
		for (let tenth = 0; tenth < 6; tenth++) {
			const atMs = hub.machine.now();
			if (hour % 3 === 1 && tenth === 2) world.killBroker();
			if (hour % 3 === 1 && tenth === 3) await world.startBroker();
			if (hour === cutAt && tenth === 1) for (const id of ids) hub.pole!.slave(id)!.fault = { kind: "silent" };
			if (hour === cutAt && tenth === 2) for (const id of ids) hub.pole!.slave(id)!.fault = undefined;
			await world.advance(600_000 - (atMs % 600_000));
			for (const device of world.snapshot().devices) {
				const table = hub.pole!.slave(device.id)!.table;
				for (const point of device.points) {
					if (point.quality === "never") continue;
					quality[point.quality]++;
					if (point.quality === "comms_lost") {
						if (point.value !== null) wrong.push(`${device.id} ${point.point} lost but ${point.value}`);
						continue;
					}
					if (point.point === "Evt" || typeof point.value !== "number") continue;
					const row = table.rows.find((one) => rowPoints(table, one).some((name) => name.point === point.point));
					const served = witnesses.get(device.id)!.served(point.point);
					if (!row || served.length === 0 || point.quality !== "good") continue;
					checked++;
					// good: what the simulated device served shortly before: ageS has tenths, a late reply may take half a second
					const readMs = hub.machine.now() - point.ageS! * 1000;
					const near = served.some(({ value, atMs }) => {
						const error = Math.abs(value - Number(point.value));
						return atMs < readMs + 100 && atMs > readMs - 700 && error <= Math.abs(row.k ?? 1) + Math.abs(value) * 1e-6;
					});
					if (!near)
						wrong.push(
							`${device.id} ${point.point}: ${point.value} read at ${readMs}, served ${JSON.stringify(served)}`,
						);
				}
			}
		}
		hub.machine.collect();
		const { slots, chunkBytes } = hub.machine.counters();
		heap.push({ slots, chunkBytes });
	}
	await world.advance(120_000);

	// the hub is alive and nothing threw
	expect(world.errors).toEqual([]);
	expect(world.logged.filter((line) => line.startsWith("error"))).toEqual([]);

	// devices without faults of their own kept their rate: a read each 5 s whenever the line could be read at all
	for (const id of steady) {
		const reads = hub.pole!.slave(id)!.requests;
		expect(reads, id).toBeGreaterThan(0.97 * ((24 * kHour - 600_000 - jammedMs) / 5000));
	}

	// what was told of the pole was true, and both good and lost were told
	expect(wrong).toEqual([]);
	expect(checked).toBeGreaterThan(5000);
	expect(quality.good).toBeGreaterThan(4 * quality.comms_lost);
	expect(quality.comms_lost).toBeGreaterThan(100);

	// telemetry: every message once, in order of its number, none missing, each with a time of its own
	const messages = world.received.filter((one) => !one.topic.endsWith("/status"));
	const numbers = messages.map((one) => one.body.seq);
	const repeated = numbers.length - new Set(numbers).size;
	expect(numbers.filter((seq, i) => i > 0 && seq < numbers[i - 1]!)).toEqual([]);
	expect(new Set(numbers).size).toBe(Math.max(...numbers) + 1);
	// a broker that dies between a message and its acknowledgement may get that one again; eight deaths, at most one each
	expect(repeated).toBeLessThanOrEqual(8);
	expect(world.snapshot().mqtt.dropped).toBe(0);
	const ofMeter = (serial: string) => messages.filter((one) => one.topic.endsWith(`/${serial}/telemetry`));
	const told = ofMeter("DDS-230111");
	expect(told.length).toBeGreaterThanOrEqual(24 * 60);
	const times = told.map((one) => Date.parse(one.body.ts) - start);
	expect(times.filter((time, i) => i > 0 && time < times[i - 1]!)).toEqual([]);
	const heldBack = told.filter((one, i) => one.atMs - times[i]! > 60_000);
	expect(heldBack.length).toBeGreaterThan(8 * 8); // most of the ten minutes, eight times
	expect(Math.max(...told.map((one, i) => one.atMs - times[i]!))).toBeLessThan(15 * 60_000);

	// flat heap: from the second hour on within 2 %
	const settled = heap.slice(2);
	for (const key of ["slots", "chunkBytes"] as const) {
		const values = settled.map((one) => one[key]);
		const [least, most] = [Math.min(...values), Math.max(...values)];
		expect((most - least) / least, `${key}: ${values.join(" ")}`).toBeLessThan(0.02);
	}
	world.close();
}, 300_000);
