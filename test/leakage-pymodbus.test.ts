import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Device } from "../modules/devices/engine";
import { type DeviceTable, tableModels } from "../modules/devices/table";
import { circutorRgu100 } from "../modules/devices/tables/circutor-rgu100";
import { openplcRuntime } from "../modules/devices/tables/openplc-runtime";
import { type WriteOutcome, writeRow } from "../modules/devices/write";
import { ModbusClient } from "../modules/modbus/client";
import { BusScheduler } from "../modules/site/scheduler";
import { Image } from "../modules/sunspec/image";
import { realClock as clock, until } from "./adapters/real-clock";
import { RtuOverTcp } from "./adapters/rtu-over-tcp";
import { describeWithPeers, type Peer, python, root } from "./peers";

const specs = [
	{
		csv: `${root}test/fixtures/devices/circutor-rgu100.csv`,
		unit: 21,
		blocks: [
			[1, 7, 2],
			[5000, 5003, 4],
		],
		values: {
			leakage_current: 0.017,
			trip_current: 0.031,
			serial_number: "RGU01234567890",
			prealarm: 1,
			tripped: 1,
			tripped_by_leakage: 0,
			tripped_by_input: 1,
		},
	},
	{
		csv: `${root}test/fixtures/plc/openplc-runtime.csv`,
		unit: 22,
		blocks: [
			[0, 15, 1],
			[0, 15, 2],
			[0, 7, 4],
			[0, 7, 3],
			[1024, 1039, 3],
			[2048, 2063, 3],
			[4096, 4111, 3],
		],
		values: {
			QX: [1, 0, 0, 1, 0, 0, 0, 0, 0, 1],
			IX: [0, 1, 1],
			IW: [4000, 65535],
			QW: [0, 0, 17],
			MW: [300, 301],
			MD: [70_000, 4_000_000_000],
			ML: [2 ** 40 + 5],
		},
	},
];

describeWithPeers("a leakage relay and a PLC played by pymodbus from the facts", ["python"], () => {
	let peer: Peer;
	let client: ModbusClient;
	let scheduler: BusScheduler;
	const devices: Device[] = [];

	const device = (table: DeviceTable, unit: number): Device =>
		new Device({ table, image: new Image(tableModels(table)), unit, timeoutMs: 2000 });

	beforeAll(async () => {
		peer = python("area_slave.py", [JSON.stringify(specs)]);
		const port = Number((await peer.waitFor(/ready (\d+)/, 20_000))[1]);
		client = new ModbusClient({ link: { io: RtuOverTcp, port }, clock });
		devices.push(device(circutorRgu100, 21), device(openplcRuntime, 22));
		scheduler = new BusScheduler({ client, devices, clock });
		scheduler.start();
		await until("everything is read", () => devices.every(({ complete }) => complete), 15_000);
	});

	afterAll(async () => {
		scheduler?.close();
		client?.close();
		await peer?.stop();
	});

	const value = (index: number, model: number, point: string, group = ""): unknown => {
		const { image } = devices[index]!;
		const handle = image.handle(model, point, group);
		expect(image.quality(handle), `${group} ${point}`).toBe("good");
		return image.value(handle);
	};

	it("reads the residual current from input registers, and alarms from discrete inputs", () => {
		expect(value(0, 64922, "AAC")).toBeCloseTo(0.017, 9);
		expect(value(0, 64922, "Trp")).toBeCloseTo(0.031, 9);
		// pre-alarm, tripped, by its input
		expect(value(0, 64922, "Alrm")).toBe(1 + 64 + 2048);
		expect(value(0, 64922, "StAC")).toBe(1);
		expect(value(0, 1, "SN")).toBe("RGU01234567890");
	});

	it.each([
		["QX[1]", 1],
		["QX[2]", 0],
		["QX[4]", 1],
		["QX[10]", 1],
		["QX[16]", 0],
		["IX[1]", 0],
		["IX[2]", 1],
		["IX[3]", 1],
		["IW[1]", 4000],
		["IW[2]", 65_535],
		["QW[3]", 17],
		["MW[1]", 300],
		["MW[2]", 301],
		["MD[1]", 70_000],
		["MD[2]", 4_000_000_000],
		["ML[1]", 2 ** 40 + 5],
		["ML[2]", 0],
	] as const)("reads %s of the PLC", (group, wanted) => {
		expect(value(1, 64924, "V", group)).toBe(wanted);
	});

	describe("writes the PLC's", () => {
		const write = (row: string, wanted: number): Promise<WriteOutcome> =>
			new Promise((onDone) => writeRow({ table: openplcRuntime, unit: 22, row, value: wanted, client, onDone }));

		it.each([
			["qx_2", 1],
			["qx_4", 0],
			["qw_8", 65_535],
			["mw_16", 1234],
			["md_8", 123_456_789],
			["ml_2", 2 ** 45 + 3],
		] as const)("%s", async (row, wanted) => {
			expect(await write(row, wanted)).toMatchObject({ result: "accepted", value: wanted });
		});

		it("neighbours stay as they are", async () => {
			expect((await write("qx_3", 1)).result).toBe("accepted");
			await until(
				"it is read again",
				() => devices[1]!.image.value(devices[1]!.image.handle(64924, "V", "QX[3]")) === 1,
			);
			expect(value(1, 64924, "V", "QX[1]")).toBe(1);
			expect(value(1, 64924, "V", "QX[4]")).toBe(0);
		});
	});

	it("needs no second try", () => {
		for (const { timeouts, exceptions, garbled } of devices) expect([timeouts, exceptions, garbled]).toEqual([0, 0, 0]);
	});
});
