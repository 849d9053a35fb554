/** Serial protocols against packages that others wrote: dalybms, python-pylontech, vedirect_m8, and pymodbus in ASCII. */
import { afterEach, expect, test } from "vitest";
import { findTable } from "../modules/devices/generated/tables";
import type { DeviceTable } from "../modules/devices/table";
import { ModbusClient, type ModbusResult } from "../modules/modbus/client";
import { VeDirectListener } from "../modules/serial/vedirect-listener";
import { FixedSource } from "../sim/profile";
import { type TabledDevice, tabledDevice } from "../sim/tabled";
import { PtyOverTcp } from "./adapters/pty-over-tcp";
import { realClock as clock, until } from "./adapters/real-clock";
import { RtuOverTcp } from "./adapters/rtu-over-tcp";
import { SimulatedLine } from "./adapters/simulated-line";
import { describeWithPeers, type Peer, python } from "./peers";

const now = () => performance.now();
const ending = (letter: number) => (bytes: Uint8Array) => bytes.at(-1) === letter;

function play(id: string, unit: number, values: Record<string, number>, more: object = {}): TabledDevice {
	return tabledDevice({ table: findTable(id)!, unit, source: new FixedSource(values), ...more });
}

describeWithPeers("packages that others wrote", ["python", "socat"], () => {
	const open: { close(): Promise<void> | void }[] = [];

	afterEach(async () => {
		for (const one of open.splice(0).reverse()) await one.close();
	});

	/** A simulated device on a line, and what a package says of it. */
	async function ask(device: TabledDevice, isWhole: (bytes: Uint8Array) => boolean, ...args: string[]) {
		const line = new SimulatedLine(device, now, isWhole);
		open.push(line);
		await line.open();
		return answer(python("serial_client.py", [args[0]!, line.path, ...args.slice(1)]));
	}

	async function answer(peer: Peer): Promise<Record<string, unknown>> {
		open.push({ close: () => void peer.stop() });
		return JSON.parse((await peer.waitFor(/^\{.*\}$/m, 25_000))[0]);
	}

	test("dalybms reads our Daly as it was set, and switches it", async () => {
		const cells = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`64931.CellV${i + 1}`, 3.301 + i / 1000]));
		const device = play("daly-uart", 1, {
			...cells,

			"714.Prt[1].DCV": 26.4,
			// charges with 12.5 A
			"714.DCA": -12.5,
			SoC: 64.3,
			max_cell_voltage: 3.308,
			max_cell_number: 8,
			min_cell_voltage: 3.301,
			min_cell_number: 1,
			"714.Prt[1].Tmp": 24,
			min_temperature: 21,
			"64931.ChaOn": 1,
			"64931.DisOn": 1,
			"64931.AhRem": 71.25,
			"64931.NCell": 8,
			"64931.NTmp": 2,
			"64931.Tmp1": 24,
			"64931.Tmp2": -7,
			state: 1,
			cycle_count: 123,
		});
		const found = await ask(device, (bytes) => bytes.length === 13, "daly");
		expect(found).toMatchObject({
			soc: { total_voltage: 26.4, current: 12.5, soc_percent: 64.3 },
			cells: { highest_voltage: 3.308, highest_cell: 8, lowest_voltage: 3.301, lowest_cell: 1 },
			temperature: { highest_temperature: 24, lowest_temperature: 21 },
			mosfet: { mode: "charging", charging_mosfet: true, discharging_mosfet: true, capacity_ah: 71.25 },
			status: { cells: 8, temperature_sensors: 2, cycles: 123 },
			voltages: { "1": 3.301, "8": 3.308 },
			temperatures: { "1": 24, "2": -7 },
			after: { charging_mosfet: false, discharging_mosfet: true },
		});
	});

	test("python-pylontech reads our pack as it was set", async () => {
		const cells = Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`64931.CellV${i + 1}`, 3.301 + i / 1000]));
		const values = { ...cells, V: 49.512, A: 7.4, "64931.NCell": 15, "64931.NTmp": 5, NCyc: 321, user_items: 4 };
		const capacity = { "64931.AhRem": 71.5, "64931.AhFull": 74, VMax: 53.25, AChaMax: 37, ADisChaMax: 25 };
		const temperatures = Object.fromEntries([20.1, 17, -3.5, 16.8, 18.4].map((t, i) => [`64931.Tmp${i + 1}`, t]));
		const device = play(
			"pylontech-rs485",
			2,
			{ ...values, ...capacity, ...temperatures },
			{ serial: "PPTAH02400710243" },
		);
		const found = await ask(device, ending(13), "pylontech", "2");
		expect(found["cells"]).toHaveLength(15);
		expect(found).toMatchObject({
			// a discharge is negative there
			current: -7.4,
			voltage: 49.512,
			remaining: 71.5,
			total: 74,
			cycles: 321,
			charge_voltage: 53.25,
			charge_current: 37,
			discharge_current: -25,
			serial: "PPTAH02400710243",
		});
		expect((found["cells"] as number[])[14]).toBeCloseTo(3.315, 6);
		expect((found["temperatures"] as number[]).map((t) => Math.round(10 * t) / 10)).toEqual([
			20.1, 17, -3.5, 16.8, 18.4,
		]);
	});

	test("vedirect_m8 reads our charger as it was set", async () => {
		const device = play("victron-mppt-vedirect", 1, {
			"714.Prt[2].DCV": 26.51,
			"714.Prt[2].DCA": -4.2,
			"714.Prt[1].DCV": 33.58,
			DCW: 113,
			"64925.ChaSt": 2,
			load_state: 1,
			load_current: 0.5,
			"714.Prt[1].DCWhInj": 82_720,
		});
		const line = new SimulatedLine(device, now, () => true);
		open.push(line);
		await line.open();
		const peer = python("serial_client.py", ["vedirect", line.path]);
		const timer = setInterval(() => line.say(device.talk!(now())!), 100);
		open.push({ close: () => clearInterval(timer) });
		const found = await answer(peer);
		expect(found).toMatchObject({
			V: "26510",
			I: "4200",
			VPV: "33580",
			PPV: "113",
			CS: "3",
			LOAD: "ON",
			IL: "500",
			H19: "8272",
		});
	});

	test("our listener reads what vedirect_m8 plays of a recorded BlueSolar", async () => {
		const pty = new PtyOverTcp();
		open.push(pty);
		await pty.open();
		const seen: Record<string, number> = {};
		const labels = ["V", "I", "VPV", "PPV", "H19"];
		const listener = new VeDirectListener({
			link: { io: RtuOverTcp, port: pty.port },
			clock,
			sources: [
				{
					records: [{ name: "text", key: "text", bytes: 40, everyMs: 5000 }],
					fields: () => labels.map((path, i) => ({ path, at: 8 * i, bytes: 8, text: false })),
					onRecord(_index, { status, data }) {
						if (status !== "ok") return;
						labels.forEach((label, i) => {
							const value = data.getFloat64(8 * i);
							if (!Number.isNaN(value)) seen[label] = value;
						});
					},
				},
			],
		});
		open.push(listener);
		const peer = python("serial_client.py", ["vedirect-sim", pty.path, "bluesolar_1.23"]);
		open.push({ close: () => void peer.stop() });
		await until(
			() => `${JSON.stringify(seen)} ${listener.blocks} blocks; ${peer.output()}`,
			() => labels.every((label) => label in seen),
			20_000,
		);
		expect(seen["V"]).toBeGreaterThan(12_000);
		expect(seen["VPV"]).toBeGreaterThan(30_000);
		expect(seen["H19"]).toBe(8272);
	});

	test("our client reads and writes pymodbus in ASCII", async () => {
		const pty = new PtyOverTcp();
		open.push(pty);
		await pty.open();
		const peer = python("modbus_server.py", ["ascii", pty.path, "19200", "N"]);
		open.push({ close: () => void peer.stop() });
		await peer.waitFor(/ready/, 20_000);
		const client = new ModbusClient({ link: { io: RtuOverTcp, port: pty.port, ascii: 8 }, clock });
		open.push(client);
		const request = (fields: object) =>
			new Promise<string>((resolve) => {
				const onResult = ({ status, exception, data, byteLength }: ModbusResult) => {
					const words = Array.from({ length: byteLength >> 1 }, (_, i) => data.getUint16(2 * i));
					resolve(status === "exception" ? `exception ${exception}` : `${status} ${words.join(" ")}`.trim());
				};
				client.request({ unit: 1, function: 3, address: 0, count: 1, ...fields, onResult });
			});
		expect(await request({ address: 10, count: 3 })).toBe("ok 70 77 84");
		expect(await request({ function: 4, address: 10, count: 3 })).toBe("ok 110 121 132");
		expect(await request({ address: 0, count: 125 })).toMatch(/^ok 0 7 14 .* 868$/);
		expect(await request({ function: 6, address: 500, values: [0xabcd] })).toBe("ok");
		expect(await request({ function: 16, address: 501, values: [1, 2, 65535] })).toBe("ok");
		expect(await request({ address: 500, count: 4 })).toBe("ok 43981 1 2 65535");
		expect(await request({ address: 999, count: 2 })).toBe("exception 2");
	});

	test("pymodbus in ASCII reads and writes a simulated device", async () => {
		const meter = findTable("eastron-sdm120")!;
		const table: DeviceTable = { ...meter, protocol: "modbus-ascii" };
		const device = tabledDevice({ table, unit: 1, source: new FixedSource({ PhV: 231.5, W: -1234 }) });
		// a pty has characters of 8 bits
		const plain = {
			onFrame(frame: Uint8Array, nowMs: number) {
				const reply = device.onFrame(frame, nowMs);
				return reply && { ...reply, bytes: reply.bytes.map((code) => code & 0x7f) };
			},
		};
		const line = new SimulatedLine(plain, now, ending(10));
		open.push(line);
		await line.open();
		const found = await answer(python("serial_client.py", ["ascii", line.path, "1", "[[0, 2], [12, 2], [200, 2]]"]));
		const float = (value: number) => {
			const view = new DataView(new ArrayBuffer(4));
			view.setFloat32(0, value);
			return [view.getUint16(0), view.getUint16(2)];
		};
		expect(found).toEqual({
			"0": float(231.5),
			"12": float(-1234),
			"200": "exception 2",
			write: "done",
			after: [0x4270, 0],
		});
	});
});
