/** The simulated DERs, as pysunspec2 sees them: over TCP through our server, and over a serial line. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TcpServer } from "../modules/modbus/server-tcp";
import type { SimDer } from "../sim/der-base";
import { GridBattery } from "../sim/der-battery";
import { PvInverter } from "../sim/der-inverter";
import { NativeHybrid } from "../sim/der-native";
import { SolarCharger } from "../sim/der-solar";
import { SimLine } from "../sim/pole";
import { SunSpecSlave } from "../sim/sunspec-slave";
import { Listener, TCP } from "./adapters/ecma419";
import { realClock } from "./adapters/real-clock";
import { SimulatedLine } from "./adapters/simulated-line";
import { describeWithPeers, freePort, root, run } from "./peers";

interface Scanned {
	units: Record<string, { base: number; error?: string; models: ScannedModel[] }>;
	writes: { value?: number; error?: string }[];
}

interface ScannedModel {
	id: number;
	length: number;
	error: string;
	values: Record<string, string>;
}

type Write = [unit: number, model: number, path: string, value: number];

async function scan(host: string, port: number, units: readonly number[], writes: readonly Write[] = []) {
	const task = JSON.stringify({ units, writes });
	const output = await run(`${root}.venv/bin/python`, [`${root}test/peers/sunspec_scan.py`, host, `${port}`, task]);
	return JSON.parse(output) as Scanned;
}

/** The numbers of a unit by "103.W". */
function valuesOf(result: Scanned, unit: number): Record<string, number> {
	const all: Record<string, number> = {};
	const { error, models } = result.units[unit]!;
	expect(error).toBeUndefined();
	for (const model of models) {
		expect(model.error, `model ${model.id}`).toBeFalsy();
		for (const name of Object.keys(model.values)) all[`${model.id}.${name}`] = Number(model.values[name]);
	}
	return all;
}

const idsOf = (result: Scanned, unit: number): number[] => result.units[unit]!.models.map((model) => model.id);

function devices(): Record<number, SimDer> {
	const sun = () => 0.8;
	return {
		1: new PvInverter({ peakW: 10_000, sun }),
		2: new PvInverter({ peakW: 10_000, sun, float: true }),
		3: new GridBattery({ demandW: () => 2000, strings: 2 }),
		4: new SolarCharger({ sun }),
		5: new NativeHybrid({ sun, demandW: () => 0 }),
	};
}

const models: Record<number, number[]> = {
	1: [1, 103, 120, 121, 122, 123, 160],
	2: [1, 113, 120, 121, 122, 123, 160],
	3: [1, 103, 120, 121, 123, 124, 802, 803],
	4: [1, 64111, 64112],
	5: [1, 701, 702, 703, 704, 713, 714],
};

/** What a scan must show, of all of them. */
function expectPlausible(result: Scanned): void {
	for (const unit of Object.keys(models))
		expect(idsOf(result, Number(unit)), `unit ${unit}`).toEqual(models[Number(unit)]);
	const inverter = valuesOf(result, 1);
	expect(inverter["103.W"]).toBe(7760);
	expect(inverter["103.PhVphA"]).toBe(230);
	expect(inverter["103.Hz"]).toBe(50);
	expect(inverter["120.WRtg"]).toBe(10_000);
	expect(inverter["160.module[1].DCW"]! + inverter["160.module[2].DCW"]!).toBeCloseTo(8000, -1);
	expect(inverter["123.WMaxLimPct"]).toBe(100);
	const float = valuesOf(result, 2);
	expect(float["113.W"]).toBeCloseTo(7760, 0);
	expect(float["113.A"]! * float["113.PhVphA"]!).toBeCloseTo(float["113.VA"]!, -1);
	const battery = valuesOf(result, 3);
	expect(battery["103.W"]).toBe(2000);
	expect(battery["124.ChaState"]).toBeCloseTo(55, 0);
	expect(battery["802.SoC"]).toBe(battery["124.ChaState"]);
	expect(battery["802.V"]! * battery["802.A"]!).toBeCloseTo(battery["802.W"]!, -1);
	expect(battery["803.string[2].StrA"]! * 2).toBeCloseTo(battery["802.A"]!, 0);
	const charger = valuesOf(result, 4);
	expect(charger["64111.OutputW"]).toBeCloseTo(2328, -1);
	expect(charger["64111.BattV"]! * charger["64111.OutputA"]!).toBeCloseTo(charger["64111.OutputW"]!, -1);
	expect(charger["64111.ChargerSt"]).toBe(2);
	expect(charger["64112.CC_Config_float_V"]).toBe(54);
	const hybrid = valuesOf(result, 5);
	expect(hybrid["701.W"]).toBeCloseTo(0.8 * 6000 * 0.97, 0);
	expect(hybrid["702.WMaxRtg"]).toBe(5000);
	expect(hybrid["713.SoC"]).toBe(50);
	expect(hybrid["714.Prt[1].DCW"]).toBe(4800);
}

/** Writes, then lets virtual time go on, then looks again. */
async function expectControl(
	look: (writes?: readonly Write[]) => Promise<Scanned>,
	pass: (ms: number) => void,
): Promise<void> {
	const written = await look([
		[1, 123, "WMaxLimPct", 25],
		[1, 123, "WMaxLimPct_RvrtTms", 600],
		[1, 123, "WMaxLim_Ena", 1],
		[2, 123, "OutPFSet", 0.9],
		[2, 123, "OutPFSet_Ena", 1],
		[3, 124, "OutWRte", 10],
		[3, 124, "StorCtl_Mod", 2],
		[5, 704, "WSet", 1500],
		[5, 704, "WSetRvrtTms", 600],
		[5, 704, "WSetEna", 1],
		[1, 123, "WMaxLimPct", 130],
		[1, 103, "W", 1],
	]);
	const values = written.writes.map((write) => write.value);
	expect(values).toEqual([25, 600, 1, 0.9, 1, 10, 2, 1500, 600, 1, undefined, undefined]);
	expect(written.writes[10]!.error).toMatch(/exception.*3/i);
	expect(written.writes[11]!.error).toMatch(/exception.*2/i);
	pass(60_000);
	const acted = await look();
	expect(valuesOf(acted, 1)["103.W"]).toBe(2500);
	expect(valuesOf(acted, 2)["113.VAr"]).toBeCloseTo(-7760 * Math.tan(Math.acos(0.9)), 0);
	expect(valuesOf(acted, 3)["103.W"]).toBe(500);
	expect(valuesOf(acted, 5)["701.W"]).toBe(1500);
	expect(valuesOf(acted, 5)["704.WSetRvrtRem"]).toBe(540);
	pass(600_000);
	const over = await look();
	expect(valuesOf(over, 1)["103.W"]).toBe(7760);
	expect(valuesOf(over, 1)["123.WMaxLim_Ena"]).toBe(0);
	expect(valuesOf(over, 5)["704.WSetEna"]).toBe(0);
}

describeWithPeers("simulated DERs before pysunspec2", ["python", "socat"], () => {
	describe("over TCP", () => {
		const slaves = Object.entries(devices()).map(([unit, der]) => new SunSpecSlave({ unit: Number(unit), der }));
		const servers: TcpServer[] = [];
		const ports: number[] = [];
		let nowMs = 0;

		beforeAll(async () => {
			for (const slave of slaves) {
				const port = await freePort();
				ports.push(port);
				const listener = { io: Listener, port, address: "127.0.0.1" };
				servers.push(new TcpServer({ listener, tcp: TCP, clock: realClock, space: slave.space(() => nowMs) }));
			}
		});

		afterAll(() => {
			for (const server of servers) server.close();
		});

		const look = async (writes: readonly Write[] = []): Promise<Scanned> => {
			const all: Scanned = { units: {}, writes: [] };
			const parts = await Promise.all(
				slaves.map(({ unit }, i) => {
					const own = writes.filter(([to]) => to === unit);
					return scan("127.0.0.1", ports[i]!, [unit], own);
				}),
			);
			const results = new Map(slaves.map(({ unit }, i) => [unit, parts[i]!.writes]));
			for (const part of parts) Object.assign(all.units, part.units);
			for (const [unit] of writes) all.writes.push(results.get(unit)!.shift()!);
			return all;
		};

		it("have the models and values of their kinds", async () => expectPlausible(await look()), 20_000);

		it("do what is written to 123, 124 and 704, and go back when the time is over", () => {
			return expectControl(look, (ms) => {
				nowMs += ms;
			});
		}, 40_000);
	});

	describe("over RTU", () => {
		const line = new SimLine(1);
		let nowMs = 0;
		const serial = new SimulatedLine(line, () => nowMs);

		beforeAll(async () => {
			for (const [unit, der] of Object.entries(devices())) {
				line.slaves.push(new SunSpecSlave({ unit: Number(unit), der }));
			}
			await serial.open();
		});

		afterAll(() => serial.close());

		const look = (writes: readonly Write[] = []) => scan(serial.path, 9600, [1, 2, 3, 4, 5], writes);

		it("have the models and values of their kinds", async () => expectPlausible(await look()), 20_000);

		it("do what is written to 123, 124 and 704, and go back when the time is over", () => {
			return expectControl(look, (ms) => {
				nowMs += ms;
			});
		}, 40_000);
	});
});
