/** Our SunSpec client against devices that pysunspec2 makes and pymodbus serves, over TCP. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { SunSpecDevice } from "../modules/devices/sunspec-device";
import type { WriteOutcome } from "../modules/devices/write";
import { ModbusClient } from "../modules/modbus/client";
import { BusScheduler } from "../modules/site/scheduler";
import { modelIds } from "../modules/sunspec/generated/catalogue";
import { Image } from "../modules/sunspec/image";
import type { PointInfo } from "../modules/sunspec/place";
import { TCP } from "./adapters/ecma419";
import { realClock as clock, until } from "./adapters/real-clock";
import { compareChain, compareModel, type PeerTree } from "./adapters/sunspec-found";
import { nameOf } from "./adapters/sunspec-values";
import { describeWithPeers, type Peer, python } from "./peers";

const chains = [0, 1, 2].map((n) => [1, ...modelIds.filter((id, i) => id !== 1 && i % 3 === n)]);
const bases = [40000, 0, 50000];
/** Unit 1 and 2: pysunspec2's own device files. 11 to 13: every model. 21 to 23: the same models with other values. */
const specs = [
	{ unit: 1, file: "device_1547.json" },
	{ unit: 2, base: 0, file: "inverter_123.json" },
	...chains.map((models, n) => ({ unit: 11 + n, base: bases[n], seed: 1 + n, repeats: 1 + n, models })),
	...chains.map((models, n) => ({ unit: 21 + n, base: 40000, seed: 11 + n, repeats: 1 + n, models })),
	{ unit: 31, base: 40000, seed: 31, repeats: 3, models: [1, 103, 1, 103, 705, 804], most: 24, functions: [3, 6] },
];

describeWithPeers("the SunSpec client and pysunspec2", ["python"], () => {
	let peer: Peer;
	let client: ModbusClient;
	let scheduler: BusScheduler;
	const devices = new Map<number, SunSpecDevice>();

	beforeAll(async () => {
		peer = python("sunspec_sim.py", [JSON.stringify(specs)]);
		const port = Number((await peer.waitFor(/ready (\d+)/, 20_000))[1]);
		client = new ModbusClient({ link: { io: TCP, host: "127.0.0.1", port } as never, clock, timeoutMs: 3000 });
		for (const { unit } of specs) {
			devices.set(
				unit,
				new SunSpecDevice({
					unit,
					timeoutMs: 3000,
					onFound: (models, self) => self.attach(new Image(models)),
				}),
			);
		}
		scheduler = new BusScheduler({ client, devices: [...devices.values()], clock });
		scheduler.start();
		await until("all have been read", () => [...devices.values()].every((device) => device.complete), 20_000);
	});

	afterAll(async () => {
		scheduler?.close();
		client?.close();
		await peer?.stop();
	});

	async function tree(): Promise<PeerTree> {
		const before = peer.output().length;
		peer.write("tree\n");
		await until("the tree", () => peer.output().slice(before).includes("\n"), 10_000);
		return JSON.parse(
			peer
				.output()
				.slice(before)
				.replace(/^tree /, ""),
		) as PeerTree;
	}

	function pointsOf(image: Image, index: number): PointInfo[] {
		const points: PointInfo[] = [];
		const { address } = image.models[index]!;
		image.eachPoint((point) => {
			if (point.model.address === address) points.push(point);
		});
		return points;
	}

	it("finds and decodes what pysunspec2 does, every model of the package among it", async () => {
		const theirs = await tree();
		const seen = new Set<number>();
		let compared = 0;
		for (const [unit, device] of devices) {
			const image = device.image!;
			compareChain(`unit ${unit}`, theirs[unit]!, device.models);
			theirs[unit]!.forEach((model, i) => {
				seen.add(model.id);
				const ours = pointsOf(image, i).map((point) => ({ point, value: image.valueOf(point) }));
				compared += compareModel(`unit ${unit}`, model, ours);
			});
		}
		expect([...seen].sort((a, b) => a - b)).toEqual(modelIds);
		expect(compared).toBeGreaterThan(10_000);
	});

	it("has the device's own name", () => {
		expect([devices.get(1)!.maker, devices.get(1)!.model, devices.get(1)!.registerSerial]).toEqual([
			"SunSpecTest",
			"Test-1547-1",
			"sn-123456789",
		]);
	});

	it("takes a device that allows only short reads", () => {
		expect(devices.get(31)!.exceptions).toBeLessThan(20);
		expect(devices.get(31)!.online).toBe(true);
	});

	it("follows what changes", async () => {
		const { image } = devices.get(1)!;
		const handle = image!.handle(701, "W");
		peer.write("set 1 701 W 4321\n");
		await until("the new power", () => image!.value(handle) === 4321, 5000);
		expect(image!.quality(handle)).toBe("good");
	});

	/** Writes all that can be written of one device with the values of another that has the same models. */
	async function copy(from: number, to: number): Promise<[string, number | bigint | string | undefined][]> {
		const device = devices.get(to)!;
		const image = device.image!;
		const source = devices.get(from)!.image!;
		const points: PointInfo[] = [];
		const wanted: [string, number | bigint | string | undefined][] = [];
		image.eachPoint((point) => {
			const other = { ...point, address: point.address - image.base + source.base };
			if (device.writable(point, 0) !== 0 || source.rawOf(other) === undefined) return;
			points.push(point);
			wanted.push([`${point.model.id}.${nameOf(point)}`, source.rawOf(other)]);
			image.load(point.address, source.registers, 2 * (other.address - source.base), point.size, 0, "good");
		});
		const outcomes: WriteOutcome[] = [];
		device.write(points, client, (outcome) => outcomes.push(outcome));
		await until(`${points.length} writes`, () => outcomes.length === points.length, 15_000);
		expect(outcomes.filter((one) => one.result !== "accepted")).toEqual([]);
		return wanted;
	}

	it.each([21, 22, 23])("what it writes arrives in pysunspec2's tree: unit %i", async (unit) => {
		const wanted = await copy(unit - 10, unit);
		expect(wanted.length).toBeGreaterThan(150);
		const theirs = await tree();
		for (const [name, raw] of wanted) {
			const id = Number(name.slice(0, name.indexOf(".")));
			const text = theirs[unit]!.find((model) => model.id === id)!.raw[name.slice(name.indexOf(".") + 1)];
			if (typeof raw === "string") expect(text?.replaceAll(":", ""), name).toBe(raw.replaceAll(":", ""));
			else expect(Number(text), name).toBe(Number(raw));
		}
	});

	it("writes register by register where a device has only function 6", async () => {
		const device = devices.get(31)!;
		const image = device.image!;
		const point = image.point(image.handle(705, "RvrtTms"))!;
		const outcomes: WriteOutcome[] = [];
		image.set(image.handleAt(point.address), 0x12345, 0, "good");
		device.write([point], client, (outcome) => outcomes.push(outcome));
		await until("the outcome", () => outcomes.length > 0);
		expect(outcomes).toEqual([{ result: "accepted", reason: "", row: "705.RvrtTms", value: 0x12345 }]);
		expect((await tree())[31]!.find((model) => model.id === 705)!.raw["RvrtTms"]).toBe(String(0x12345));
	});
});
