/** A PLC as the hub's master: OpenPLC's slave devices poll holding registers over Modbus TCP, as pymodbus does here. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { TcpServer } from "../modules/modbus/server-tcp";
import { Listener, TCP } from "./adapters/ecma419";
import { realClock } from "./adapters/real-clock";
import { LeakageRig } from "./leakage-rig";
import { describeWithPeers, freePort, type Peer, python } from "./peers";

describeWithPeers("the hub as slave of a PLC", ["python"], () => {
	let rig: LeakageRig;
	let server: TcpServer;
	let port: number;
	const peers: Peer[] = [];

	beforeAll(async () => {
		rig = new LeakageRig({
			buses: [{ id: "meters" }, { id: "plc", baud: 19200 }],
			devices: [
				{
					...{ id: "feeder", device: "hiking-dds238-2-zn-s", bus: "meters", address: 6, role: "feeder" },
					values: { W: -1200, PhV: 229.5, TotWhImp: 1_234_560 },
				},
				{ id: "outputs", device: "openplc-runtime", bus: "plc", address: 3 },
			],
			protection: [],
		});
		rig.clock.advance(8000);
		port = await freePort();
		server = new TcpServer({
			...{ listener: { io: Listener, port, address: "127.0.0.1" }, tcp: TCP, clock: realClock },
			space: rig.hub.space,
		});
	});

	afterAll(async () => {
		server?.close();
		rig?.close();
		for (const peer of peers) await peer.stop();
	});

	/** Address and registers of a point, as a person puts them into the PLC's list of slave devices. */
	const place = (unit: number, model: number, name: string, group = "") => {
		const { image } = rig.hub.devices.find(({ site }) => site.unit === unit)!;
		const { address, size } = image.point(image.handle(model, name, group))!;
		return { unit, address, count: size };
	};

	async function poll(reads: object[], writes: object[] = []): Promise<unknown[]> {
		const peer = python("plc_master.py", [String(port), JSON.stringify(reads), JSON.stringify(writes)]);
		peers.push(peer);
		await peer.ended;
		return JSON.parse(peer.output().trim().split("\n").at(-1)!) as unknown[];
	}

	const float = (registers: unknown): number => {
		const data = new DataView(new ArrayBuffer(4));
		(registers as number[]).forEach((word, i) => {
			data.setUint16(2 * i, word);
		});
		return data.getFloat32(0);
	};

	it("gives it readings as registers: two of a REAL, high word first, as %MD holds them", async () => {
		const points = ["W", "PhV", "TotWhImp"].map((name) => place(10, 211, name));
		const found = await poll([
			...points,
			{ unit: 10, address: 40_000, count: 2 },
			{ unit: 99, address: 40_000, count: 2 },
		]);
		expect(found.slice(0, 3).map(float)).toEqual([-1200, 229.5, 1_234_560]);
		expect(found[3]).toEqual([0x5375, 0x6e53]);
		expect(found[4]).toBe("exception 11");
	});

	it("takes its commands to another controller's output, and gives the state back", async () => {
		const output = place(11, 64924, "V", "QX[3]");
		expect(await poll([], [{ unit: 11, address: output.address, values: [1] }])).toEqual(["done"]);
		rig.clock.advance(1500);
		expect(rig.slave("outputs").setting("qx_3")).toBe(1);
		expect(await poll([output])).toEqual([[1]]);
		expect(await poll([], [{ unit: 10, address: place(10, 211, "W").address, values: [0, 0] }])).toEqual([
			"exception 2",
		]);
	});
});
