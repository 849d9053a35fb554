import { describe, expect, it } from "vitest";
import { seal } from "./rtu-frame";
import { SolArk, type SolArkModel } from "./sol-ark";

const models = ["sol-ark-12k", "sol-ark-15k", "sol-ark-hv", "deye-single-phase", "deye-three-phase-lv"] as const;

function frame(pdu: readonly number[]): Uint8Array {
	return seal(1, Uint8Array.from(pdu));
}

/** The reply's PDU, without unit and CRC. */
function ask(slave: SolArk, pdu: readonly number[], nowMs = 0): number[] {
	const reply = slave.onFrame(frame(pdu), nowMs);
	return [...reply!.bytes].slice(1, -2);
}

function read(slave: SolArk, address: number, count: number, nowMs = 0): number[] {
	const pdu = ask(slave, [3, address >> 8, address & 255, 0, count], nowMs);
	if (pdu[0] !== 3) return pdu;
	return Array.from({ length: count }, (_, i) => (pdu[2 + 2 * i]! << 8) | pdu[3 + 2 * i]!);
}

function write(slave: SolArk, address: number, ...words: number[]): number {
	const bytes = words.flatMap((word) => [(word >> 8) & 255, word & 255]);
	const head = [16, address >> 8, address & 255, 0, words.length, bytes.length];
	const pdu = ask(slave, [...head, ...bytes]);
	return pdu[0] === 16 ? 0 : pdu[1]!;
}

function still(model: SolArkModel, pv: number, load: number, socPct = 60) {
	const slave = new SolArk({ model, unit: 1, socPct, startHour: 12 });
	const { plant } = slave;
	plant.scene.pvW = [pv, 0, 0, 0];
	plant.scene.loadW = [load, 0, 0];
	plant.changed();
	return { slave, plant, watts: (name: string) => Math.round(plant.value(`${name}W`)!) };
}

describe("a simulated hybrid", () => {
	it.each(models)("%s balances its powers, and its energies are their sum over a day", (model) => {
		const slave = new SolArk({ model, unit: 1, startHour: 0, seed: 5 });
		const { plant } = slave;
		const life = ["Buy", "Sell", "Load", "Pv", "Charge", "Discharge", "Inverter"];
		const before = life.map((name) => plant.value(`life${name}Wh`)!);
		const sums = life.map(() => 0);
		let unbalanced = 0;
		for (let ms = 0; ms < 86_400_000; ms += 5000) {
			plant.advance(ms);
			const [grid, inverter, load, battery, pv] = ["grid", "inverter", "load", "battery", "pv"].map(
				(name) => plant.value(`${name}W`)!,
			) as [number, number, number, number, number];
			unbalanced = Math.max(unbalanced, Math.abs(grid + inverter - load));
			const now = [Math.max(0, grid), Math.max(0, -grid), load, pv, Math.max(0, -battery), Math.max(0, battery)];
			[...now, inverter].forEach((watts, i) => {
				sums[i]! += (watts * 5) / 3600;
			});
		}
		expect(unbalanced).toBeLessThan(1e-6);
		plant.advance(86_400_000 - 1);
		life.forEach((name, i) => {
			expect(plant.value(`life${name}Wh`)! - before[i]!, name).toBeCloseTo(sums[i]!, 0);
			expect(plant.value(`day${name}Wh`)!, name).toBeCloseTo(sums[i]!, 0);
		});
		expect(plant.socPct).toBeGreaterThan(5);
		plant.advance(86_405_000);
		expect(plant.value("dayLoadWh")).toBeLessThan(10);
	});

	it("charges and discharges no faster than its currents allow", () => {
		const charging = still("sol-ark-12k", 9000, 500);
		expect(charging.plant.value("batteryA")).toBeLessThan(-100);
		expect(write(charging.slave, 210, 30)).toBe(0);
		expect(Math.abs(charging.plant.value("batteryA")! + 30)).toBeLessThan(1.5);
		const giving = still("sol-ark-12k", 0, 4500);
		expect(giving.watts("grid")).toBe(0);
		expect(write(giving.slave, 211, 20)).toBe(0);
		expect(Math.abs(giving.plant.value("batteryA")! - 20)).toBeLessThan(1.5);
		expect(giving.watts("grid")).toBeGreaterThan(3400);
	});

	it("sells no more than it may, nothing when it is limited to the house, and throttles the sun", () => {
		const { slave, watts } = still("sol-ark-12k", 6000, 500, 100);
		expect(watts("grid")).toBeLessThan(-5000);
		expect(write(slave, 245, 1500)).toBe(0);
		expect(watts("grid")).toBe(-1500);
		expect(watts("pv")).toBeLessThan(2200);
		expect(write(slave, 244, 2)).toBe(0);
		expect(watts("grid")).toBe(0);
		expect(write(slave, 244, 0)).toBe(0);
		expect(write(slave, 247, 0)).toBe(0);
		expect(watts("grid")).toBe(0);
	});

	it("keeps its reserve while the grid is there, and goes down to shutdown without it", () => {
		const { slave, plant, watts } = still("sol-ark-12k", 0, 800, 30);
		expect(write(slave, 248, 0)).toBe(0);
		expect(watts("battery")).toBeGreaterThan(700);
		expect(write(slave, 219, 35)).toBe(0);
		expect([watts("battery"), watts("grid")]).toEqual([0, 800]);
		plant.scene.gridOn = false;
		plant.changed();
		expect(watts("battery")).toBeGreaterThan(700);
		expect([plant.value("gridHz"), plant.value("relayOneTwo"), watts("grid")]).toEqual([0, 1, 0]);
		expect(write(slave, 217, 31)).toBe(0);
		expect(watts("load")).toBe(0);
	});

	it("follows its windows: holds, charges from the grid, sells from the battery", () => {
		const { slave, plant, watts } = still("sol-ark-12k", 0, 800, 60);
		// 12:00 lies in the third, 9:00 to 13:00
		expect(write(slave, 270, 70)).toBe(0);
		expect(watts("battery")).toBe(0);
		expect(write(slave, 276, 1)).toBe(0);
		expect(write(slave, 232, 1)).toBe(0);
		expect(plant.value("batteryA")).toBeLessThan(-35);
		expect(watts("grid")).toBeGreaterThan(2500);
		expect(write(slave, 270, 40)).toBe(0);
		expect(write(slave, 276, 2)).toBe(0);
		expect(watts("grid")).toBeLessThan(-3000);
		expect(write(slave, 258, 2000)).toBe(0);
		expect(watts("battery")).toBe(2000);
		plant.advance(3_600_000 + 5000);
		expect(plant.value("batteryW")).toBeCloseTo(800 / 0.96, 0);
	});

	it("gives the reactive power that it is told", () => {
		const { slave, plant } = still("sol-ark-12k", 0, 1000);
		const before = plant.value("gridVar")!;
		expect(write(slave, 488, 10)).toBe(0);
		expect(Math.abs(plant.value("gridVar")! - Math.abs(before - 900))).toBeLessThan(1);
	});
});

describe("its registers", () => {
	it("are read 20 at most, and only where the list names them", () => {
		const slave = new SolArk({ model: "sol-ark-12k", unit: 1 });
		expect(read(slave, 150, 20)).toHaveLength(20);
		expect(read(slave, 150, 21)).toEqual([0x83, 3]);
		expect(read(slave, 92, 2)).toEqual([0x83, 2]);
		expect(read(slave, 100, 1)).toEqual([0x83, 2]);
		expect(slave.refused).toBe(3);
	});

	it("are written with function 16 only, in range, all or nothing", () => {
		const slave = new SolArk({ model: "sol-ark-12k", unit: 1 });
		expect(ask(slave, [6, 0, 210, 0, 50])).toEqual([0x86, 1]);
		expect(write(slave, 210, 50, 60)).toBe(0);
		expect(read(slave, 210, 2)).toEqual([50, 60]);
		expect(write(slave, 210, 70, 186)).toBe(3);
		expect(read(slave, 210, 2)).toEqual([50, 60]);
		expect(write(slave, 169, 1)).toBe(2);
		expect(write(slave, 297, 1)).toBe(2);
		expect(write(slave, 295, 0)).toBe(3);
		expect(write(slave, 295, -950)).toBe(0);
		expect(slave.setting("output_power_factor")).toBeCloseTo(-0.95, 9);
	});

	it("hold totals low word first, the import total around the frequency", () => {
		const slave = new SolArk({ model: "sol-ark-12k", unit: 1 });
		const [low, hz, high] = read(slave, 78, 3);
		expect((high! * 65_536 + low!) * 100).toBe(12_345_600);
		expect(Math.abs(hz! - 6000)).toBeLessThan(3);
	});

	it("count 10 W where register 54 says so", () => {
		const powers = ([1, 10] as const).map((ratio) => {
			const slave = new SolArk({ model: "sol-ark-15k", unit: 1, ratio });
			slave.plant.scene.pvW = [0, 0, 0];
			slave.plant.scene.loadW = [2000, 3000];
			slave.plant.changed();
			return [read(slave, 54, 1)[0], read(slave, 178, 1)[0], read(slave, 179, 1)[0]];
		});
		expect(powers).toEqual([
			[1, 5000, 1671],
			[10, 500, 1671],
		]);
	});

	it("of a three-phase power lie far apart where the battery is of high voltage", () => {
		const slave = new SolArk({ model: "sol-ark-hv", unit: 1 });
		slave.plant.scene.pvW = [0, 0, 0, 0];
		slave.plant.scene.loadW = [30_000, 30_000, 30_000];
		slave.plant.changed();
		const loadW = Math.round(slave.plant.value("loadW")!);
		expect(read(slave, 659, 1)[0]! * 65_536 + read(slave, 653, 1)[0]!).toBe(loadW);
		expect(loadW).toBe(90_000);
	});
});
