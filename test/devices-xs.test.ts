/** The device engine on the application's engine: what a poll costs there, and that it keeps its rhythm on a real line. */
import { afterEach, describe, expect, test } from "vitest";
import { type DevicesMachine, devicesMachine } from "../bench/devices-machine";
import { hikingDds238 } from "../modules/devices/tables/hiking-dds238-2-zn-s";
import { Pole, type PoleDevice } from "../sim/pole";
import { FixedSource } from "../sim/profile";
import { SimSlave } from "../sim/slave";

let world: DevicesMachine | undefined;

afterEach(() => {
	world?.close();
	world = undefined;
});

/** Registers 8..17 of a DDS238. */
const words = [0, 2399, 0, 4733, 2306, 62, 132, 0xfffe, 917, 4999];

test("ten registers into ten points cost under 6,000 byte codes and no heap", () => {
	world = devicesMachine(new SimSlave({ table: hikingDds238, unit: 1, source: new FixedSource({}) }));
	const { machine, xs } = world;
	xs.add("hiking-dds238-2-zn-s", 1, {});
	xs.decode(10, words);
	machine.collect();
	const before = machine.counters();
	xs.decode(100, words);
	const codes = (machine.counters().byteCodes - before.byteCodes) / 100;
	machine.collect();
	expect(codes).toBeLessThan(6000);
	expect(machine.counters().slots - before.slots).toBeLessThan(10);
	expect(machine.counters().chunkBytes - before.chunkBytes).toBeLessThan(100);
	expect(xs.point(0, "TotWhImp").value).toBe(47_330);
});

describe("ten meters on one line", () => {
	const devices: PoleDevice[] = Array.from({ length: 10 }, (_, i) => ({
		id: `home-${i}`,
		device: "hiking-dds238-2-zn-s",
		bus: "a",
		address: i + 1,
		role: "home",
	}));

	test("are read each second at 9600 baud, with what the simulator holds, and no heap", () => {
		const pole = new Pole({ devices });
		world = devicesMachine(pole.line("a"));
		const { machine, xs } = world;
		for (const one of devices) xs.add(one.device, one.address, {});
		xs.start(9600);
		machine.advance(61_000);
		machine.collect();
		const before = machine.counters();
		const { answers } = xs.state();
		machine.advance(120_000);
		const state = xs.state();
		state.answers.forEach((count, i) => {
			expect(count - answers[i]!).toBeGreaterThanOrEqual(119);
			expect(count - answers[i]!).toBeLessThanOrEqual(121);
		});
		expect(state.late).toBe(0);
		machine.collect();
		expect(machine.counters().slots - before.slots).toBeLessThan(20);
		expect(machine.counters().chunkBytes - before.chunkBytes).toBeLessThan(200);
		for (let i = 0; i < 10; i++) {
			const { value, quality, timeMs } = xs.point(i, "W");
			expect(quality).toBe("good");
			expect(machine.now() - timeMs).toBeLessThan(1100);
			expect(Math.abs((value as number) - pole.grid.home(i).value("W", timeMs)!)).toBeLessThanOrEqual(1500);
		}
	});

	test("nine keep their second while the tenth is silent", () => {
		const pole = new Pole({ devices });
		pole.slave("home-4")!.fault = { kind: "silent" };
		world = devicesMachine(pole.line("a"));
		const { machine, xs } = world;
		for (const one of devices) xs.add(one.device, one.address, {});
		xs.start(9600);
		machine.advance(120_000);
		const { answers, online } = xs.state();
		expect(online).toEqual(devices.map((one) => one.id !== "home-4"));
		answers.forEach((count, i) => {
			if (i !== 4) expect(count).toBeGreaterThanOrEqual(115);
		});
	});
});
