/** Hybrids played by pymodbus from raw registers, so that not only our own encoder proves our decoder. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Device } from "../modules/devices/engine";
import { readPoint } from "../modules/devices/points";
import { tableModels } from "../modules/devices/table";
import { type WriteOutcome, writeRow } from "../modules/devices/write";
import { ModbusClient } from "../modules/modbus/client";
import { BusScheduler } from "../modules/site/scheduler";
import { Image } from "../modules/sunspec/image";
import { realClock as clock } from "./adapters/real-clock";
import { RtuOverTcp } from "./adapters/rtu-over-tcp";
import { wordsFixtures } from "./fixtures/sol-ark-words";
import { describeWithPeers, type Peer, python } from "./peers";
import { hybridTables } from "./sol-ark-rig";

for (const { model, blocks, words, points } of wordsFixtures) {
	describeWithPeers(`${model} played by pymodbus`, ["python"], () => {
		const table = hybridTables[model];
		const image = new Image(tableModels(table));
		const device = new Device({ table, image, unit: 1, timeoutMs: 2000 });
		let peer: Peer;
		let client: ModbusClient;
		let scheduler: BusScheduler;

		beforeAll(async () => {
			const unsigned = Object.fromEntries(Object.entries(words).map(([at, word]) => [at, word & 0xffff]));
			peer = python("word_slave.py", [JSON.stringify({ unit: 1, blocks, words: unsigned })]);
			const port = Number((await peer.waitFor(/ready (\d+)/, 20_000))[1]);
			client = new ModbusClient({ link: { io: RtuOverTcp, port }, clock });
			const all = new Promise<void>((resolve) => {
				image.onCommit = () => {
					if (device.plan.reads.every((_, i) => !Number.isNaN(device.readMs(i)))) resolve();
				};
			});
			scheduler = new BusScheduler({ client, devices: [device], clock });
			scheduler.start();
			await all;
		});

		afterAll(async () => {
			scheduler?.close();
			client?.close();
			await peer?.stop();
		});

		it.each(points)("%s is %o", (path, wanted) => {
			const at = readPoint(path, 701)!;
			const handle = image.handle(at.model, at.point, at.group, undefined, at.occurrence);
			const value = at.point === "NPrt" ? image.raw(handle) : image.value(handle);
			if (typeof wanted === "string") expect(value).toBe(wanted);
			else expect(value as number).toBeCloseTo(wanted, 6);
		});

		it("answers every read of the plan", () => {
			expect([device.timeouts, device.exceptions, device.garbled]).toEqual([0, 0, 0]);
		});

		it("takes a setting with function 16 and holds it", async () => {
			const write = (row: string, value: number): Promise<WriteOutcome> =>
				new Promise((onDone) => writeRow({ table, unit: 1, row, value, client, onDone }));
			expect(await write("max_charge_current", 55)).toMatchObject({ result: "accepted" });
			expect(await write("tou3_time", 845)).toMatchObject({ result: "accepted" });
			expect(await write("tou3_time", 860)).toMatchObject({ result: "rejected" });
			expect(await write("max_charge_current", 5000)).toMatchObject({ result: "rejected" });
		});
	});
}
