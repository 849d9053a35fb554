import { afterAll, beforeAll, expect, it } from "vitest";
import { Device } from "../modules/devices/engine";
import { findTable } from "../modules/devices/generated/tables";
import { tableModels } from "../modules/devices/table";
import { type WriteOutcome, writeRow } from "../modules/devices/write";
import { ModbusClient } from "../modules/modbus/client";
import { BusScheduler } from "../modules/site/scheduler";
import { Image } from "../modules/sunspec/image";
import { realClock as clock } from "./adapters/real-clock";
import { RtuOverTcp } from "./adapters/rtu-over-tcp";
import { ddsValues, dtsuValues } from "./fixtures/meter-values";
import { describeWithPeers, type Peer, python, root } from "./peers";

const csv = (id: string): string => `${root}test/fixtures/devices/${id}.csv`;

const dds = { ...ddsValues, relay: 0 };
const dtsu = { ...dtsuValues, active_power_total: -310, active_power_l2: -675.5 };

describeWithPeers("meters played by pymodbus from the fact tables", ["python"], () => {
	let peer: Peer;
	let client: ModbusClient;
	let scheduler: BusScheduler;
	const images: Image[] = [];
	const devices: Device[] = [];

	beforeAll(async () => {
		const specs = [
			{ csv: csv("hiking-dds238-2-zn-s"), unit: 11, blocks: [[0, 26]], values: dds },
			{ csv: csv("chint-dtsu666"), unit: 12, blocks: [[0x2000, 0x2051]], values: dtsu },
		];
		peer = python("device_slave.py", [JSON.stringify(specs)]);
		const port = Number((await peer.waitFor(/ready (\d+)/, 20_000))[1]);
		client = new ModbusClient({ link: { io: RtuOverTcp, port }, clock });
		for (const [id, unit] of [
			["hiking-dds238-2-zn-s", 11],
			["chint-dtsu666", 12],
		] as const) {
			const table = findTable(id)!;
			const image = new Image(tableModels(table));
			images.push(image);
			devices.push(new Device({ table, image, unit, timeoutMs: 2000 }));
		}
		const read = new Promise<void>((resolve) => {
			const energy = images[1]!.handle(213, "TotWhExp");
			images[1]!.onCommit = (image) => {
				if (image.quality(energy) === "good" && images[0]!.version > 0) resolve();
			};
		});
		scheduler = new BusScheduler({ client, devices, clock });
		scheduler.start();
		await read;
	});

	afterAll(async () => {
		scheduler?.close();
		client?.close();
		await peer?.stop();
	});

	const value = (device: number, point: string): number | string | undefined => {
		const image = images[device]!;
		const handle = image.handle(device === 0 ? 211 : 213, point);
		expect(image.quality(handle), point).toBe("good");
		return image.value(handle);
	};

	it.each([
		["TotWhExp", 12_340],
		["TotWhImp", 70_000_010],
		["PhV", 231.4],
		["PhVphA", 231.4],
		["A", 5.43],
		["AphA", 5.43],
		["W", -1234],
		["VAR", -57],
		["PF", 0.982],
		["Hz", 50.02],
	] as const)("DDS238 %s", (point, wanted) => {
		expect(value(0, point)).toBeCloseTo(wanted, 6);
	});

	it.each([
		["PPVphAB", 399.1],
		["PPVphBC", 400.2],
		["PPVphCA", 401.3],
		["PhVphA", 229.9],
		["PhVphB", 231],
		["PhVphC", 232.1],
		["PhV", 231],
		["AphA", 30],
		["AphB", 45],
		["AphC", 2.5],
		["A", 77.5],
		["W", -6200],
		["WphA", 6810],
		["WphB", -13_510],
		["WphC", 500],
		["VAR", 800],
		["VARphB", 400],
		["PF", 0.991],
		["PFphB", -0.98],
		["Hz", 49.98],
		["TotWhImp", 1_234_500],
		["TotWhImpPhB", 200_250],
		["TotWhExp", 321_500],
		["TotWhExpPhA", 1500],
		["TotWhExpPhC", 0],
	] as const)("DTSU666 %s", (point, wanted) => {
		// A float of 24 bits carries the value, or its secondary one.
		expect(Math.abs((value(1, point) as number) - wanted)).toBeLessThanOrEqual(Math.abs(wanted) * 2 ** -23 + 1e-9);
	});

	it("needs one read of ten registers for the DDS238, and none of it fails", () => {
		expect(devices.map((device) => [device.timeouts, device.exceptions, device.garbled])).toEqual([
			[0, 0, 0],
			[0, 0, 0],
		]);
	});

	it("writes the relay with function 16 and reads it back", async () => {
		const write = (row: string, wanted: number): Promise<WriteOutcome> =>
			new Promise((onDone) =>
				writeRow({ table: findTable("hiking-dds238-2-zn-s")!, unit: 11, row, value: wanted, client, onDone }),
			);
		expect(await write("relay", 1)).toEqual({ result: "accepted", reason: "", row: "relay", value: 1 });
		expect((await write("relay", 0)).result).toBe("accepted");
	});
});
