import { describe, expect, it } from "vitest";
import { simulatedRS485 } from "../hosts/mcsim/sim-rs485";
import { ManualClock } from "../modules/base/manual-clock";
import { Catalogue } from "../modules/devices/catalogue";
import { Device } from "../modules/devices/engine";
import { firstModel, tableModels } from "../modules/devices/table";
import { type WriteOutcome, writeRow } from "../modules/devices/write";
import { ModbusClient } from "../modules/modbus/client";
import { BusScheduler } from "../modules/site/scheduler";
import { Image } from "../modules/sunspec/image";
import { type Fault, faultKinds } from "../sim/faults";
import { Pole, type PoleDevice } from "../sim/pole";

/** Nine meters on one line of 9600 baud, through the real client, with one of them misbehaving. */
const kinds = ["hiking-dds238-2-zn-s", "chint-ddsu666", "eastron-sdm120"] as const;
const meters: PoleDevice[] = Array.from({ length: 8 }, (_, i) => ({
	id: `home-${i + 1}`,
	device: kinds[i % 3]!,
	bus: "a",
	address: 11 + i,
	role: "home",
	serial: `10${i}`,
	phase: (i % 3) + 1,
}));
const devices: PoleDevice[] = [
	...meters,
	{ id: "feeder", device: "chint-dtsu666", bus: "a", address: 1, role: "feeder" },
];

function setUp(baud = 9600) {
	const clock = new ManualClock();
	const catalogue = new Catalogue();
	const pole = new Pole({ devices, seed: 3 });
	const client = new ModbusClient({
		link: { io: simulatedRS485((name) => pole.line(name), clock), port: "sim:a", baud },
		clock,
	});
	const entries = devices.map((one) => {
		const table = catalogue.table(one.device)!;
		const image = new Image(tableModels(table));
		const periodsMs = { fast: 2000, normal: 10_000 };
		const device = new Device({ table, plan: catalogue.plan(table), image, unit: one.address, serial: "1", periodsMs });
		const power = image.handle(firstModel(table), "W");
		const energy = image.handle(firstModel(table), "TotWhImp");
		return { one, device, image, power, energy };
	});
	const scheduler = new BusScheduler({ client, devices: entries.map((entry) => entry.device), clock });
	scheduler.start();
	return { clock, pole, client, entries, scheduler };
}

const faults: Record<string, Fault> = {
	late: { kind: "late", delayMs: 700 },
	exception: { kind: "exception", code: 4 },
	// One that talks into every answer leaves nothing to read for anybody.
	babbling: { kind: "babbling", others: 0.05 },
};

describe.each(faultKinds)("a slave that is %s", (kind) => {
	it("loses its own values and no other's", () => {
		const { clock, pole, entries, client } = setUp();
		clock.advance(20_000);
		for (const { image, power, one } of entries) expect(image.quality(power), one.id).toBe("good");
		const sick = entries[4]!;
		pole.slave(sick.one.id)!.fault = faults[kind] ?? ({ kind } as Fault);
		const before = entries.map((entry) => entry.device.answers);
		const minutes = 5;
		clock.advance(minutes * 60_000);
		entries.forEach(({ device, image, power, one }, i) => {
			if (device === sick.device) return;
			// Two seconds' period; a neighbour's time-out may cost a read now and then, not more.
			const reads = device.plan.reads.filter((read) => read.poll === "fast").length;
			expect(device.answers - before[i]!, one.id).toBeGreaterThan(reads * minutes * 30 * 0.95);
			expect(image.quality(power), one.id).toBe("good");
			expect(clock.now() - image.timeMs(power), one.id).toBeLessThan(4500);
		});
		const { image, power, device } = sick;
		if (kind === "noise" || kind === "babbling") {
			// The right answer is in there: the framer may find it.
			expect(["good", "comms_lost"]).toContain(image.quality(power));
		} else {
			expect(image.quality(power)).toBe("comms_lost");
			expect(image.value(power)).toBeUndefined();
			expect(image.timeMs(power)).toBeLessThan(21_000);
		}
		expect(device.online).toBe(kind === "exception" || image.quality(power) === "good");
		pole.slave(sick.one.id)!.fault = undefined;
		clock.advance(130_000);
		expect(image.quality(power)).toBe("good");
		expect(client.queueLength).toBe(0);
	});
});

it("two hours of faults that come and go everywhere: values are true or lost, energies never fall", () => {
	const { clock, pole, entries } = setUp();
	clock.advance(10_000);
	const kinds = faultKinds.filter((kind) => kind !== "babbling");
	const noisy = new Pole({ devices, seed: 3, faults: { share: 0.3, slotMs: 45_000, kinds } });
	for (const { one } of entries) pole.slave(one.id)!.faults = noisy.slave(one.id)!.faults;
	pole.line("a").noise = 0.01;
	const energies = entries.map(({ image, energy }) => image.value(energy) as number);
	let good = 0;
	let lost = 0;
	for (let minute = 0; minute < 120; minute++) {
		clock.advance(60_000);
		entries.forEach(({ image, power, energy, one, device }, i) => {
			const value = image.value(power);
			if (image.quality(power) === "good") {
				good++;
				expect(clock.now() - image.timeMs(power), one.id).toBeLessThan(70_000);
				expect(Math.abs(value as number), one.id).toBeLessThan(20_000);
			} else {
				lost++;
				expect(value, `${one.id} ${image.quality(power)}`).toBeUndefined();
			}
			const now = image.value(energy);
			if (typeof now === "number") {
				expect(now, `${one.id} ${device.table.id}`).toBeGreaterThanOrEqual(energies[i]!);
				energies[i] = now;
			}
		});
	}
	expect(good).toBeGreaterThan(700);
	expect(lost).toBeGreaterThan(100);
	for (const { one } of entries) pole.slave(one.id)!.faults = undefined;
	pole.line("a").noise = 0;
	clock.advance(130_000);
	for (const { image, power, one } of entries) expect(image.quality(power), one.id).toBe("good");
});

it("a command goes ahead of the polls and ends in a result", () => {
	const { clock, pole, client, entries } = setUp();
	clock.advance(10_300);
	const outcomes: WriteOutcome[] = [];
	const table = entries[0]!.device.table;
	const send = (value: number, unit = 11) =>
		writeRow({ table, unit, row: "relay", value, client, onDone: (outcome) => outcomes.push(outcome) });
	send(1);
	clock.advance(400);
	expect(outcomes).toEqual([{ result: "accepted", reason: "", row: "relay", value: 1 }]);
	expect(pole.slave("home-1")!.setting("relay")).toBe(1);
	pole.slave("home-1")!.fault = { kind: "silent" };
	send(0);
	clock.advance(3000);
	expect(outcomes[1]).toMatchObject({ result: "timeout" });
	pole.slave("home-1")!.fault = { kind: "exception", code: 6 };
	send(0);
	clock.advance(3000);
	expect(outcomes[2]!.result).not.toBe("accepted");
	expect(outcomes).toHaveLength(3);
});

it("the feeder's meter less the homes' meters is what the wires lose", () => {
	const { clock, pole, entries } = setUp(115_200);
	clock.advance(30_000);
	// All meters are read within one slot of the grid here, so their sum can be compared.
	const value = (id: string): number => {
		const { image, power } = entries.find((entry) => entry.one.id === id)!;
		return image.value(power) as number;
	};
	const homesW = meters.reduce((sum, one) => sum + value(one.id), 0);
	const lossW = value("feeder") - homesW;
	expect(lossW).toBeGreaterThan(0);
	expect(Math.abs(lossW - pole.grid.lossW(clock.now()))).toBeLessThan(6);
});
