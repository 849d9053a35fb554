/** A whole hub on XS with devices that speak JSON: Node's own HTTP server and aedes at the other end of its network. */
import { createServer } from "node:http";
import { afterEach, expect, it } from "vitest";
import { VirtualClient } from "./adapters/virtual-sunspec";
import { VirtualHub } from "./virtual-hub";

const open: { close(): void }[] = [];

afterEach(() => {
	for (const one of open.splice(0).reverse()) one.close();
});

const siteText = JSON.stringify({
	name: "Balcony",
	feederId: "feeder-1",
	gatewayId: "balcony-1",
	buses: [
		{ id: "ez1", kind: "http", host: "10.9.9.1", port: 8050 },
		{ id: "shelly", kind: "http", host: "10.9.9.2" },
		{ id: "broker", kind: "mqtt", host: "10.9.9.9" },
	],
	devices: [
		{ id: "panels", device: "apsystems-ez1", bus: "ez1", unit: 10, role: "other", ratings: { maxW: 800 } },
		{ id: "fridge", device: "shelly-gen2", bus: "shelly", unit: 11, role: "other" },
		{ id: "stove", device: "shelly-gen2", bus: "shelly", address: 2, unit: 12, role: "other" },
		{ id: "washer", device: "tasmota-energy", bus: "broker", path: "washer", unit: 13, role: "other" },
		{ id: "dryer", device: "tasmota-energy", bus: "broker", path: "dryer", unit: 14, role: "other" },
	],
	services: { sunspec: { port: 502 } },
});

it("reads them all, limits the inverter, and says who is gone", async () => {
	const hub = new VirtualHub({ siteText });
	open.push(hub);
	const client = new VirtualClient(hub);
	open.push(client);
	const asked: string[] = [];
	let limit = "800";
	let dark = false;
	const ez1 = createServer((request, response) => {
		const url = new URL(request.url!, "http://ez1");
		asked.push(request.url!);
		if (dark) return;
		if (url.pathname === "/setMaxPower") limit = url.searchParams.get("p")!;
		const data = {
			"/getDeviceInfo": { deviceId: "E07000001234", devVer: "EZ1 1.6.0" },
			"/getOutputData": { p1: 183, te1: 87.43, p2: 201, te2: 91.02 },
			"/getAlarm": { og: "0" },
			"/getOnOff": { status: "0" },
		}[url.pathname];
		response.setHeader("Content-Type", "application/json");
		response.end(JSON.stringify({ data: data ?? { maxPower: limit }, message: "SUCCESS" }));
	});
	const shelly = createServer((request, response) => {
		const id = Number(new URL(request.url!, "http://shelly").searchParams.get("id"));
		const energy = { aenergy: { total: 5000 + id }, ret_aenergy: { total: 0 } };
		response.end(
			JSON.stringify({ id, output: true, apower: 100 + id, voltage: 230, current: 0.5, freq: 50, ...energy }),
		);
	});
	const { network } = hub.hub;
	network!.listen(8050, (stream) => ez1.emit("connection", stream), "10.9.9.1");
	network!.listen(80, (stream) => shelly.emit("connection", stream), "10.9.9.2");
	await hub.startBroker();
	await hub.advance(15_000);

	const read = (unit: number, model: number, point: string) => client.raw(unit, model, point);
	expect(hub.device("panels")).toMatchObject({ online: true, maker: "APsystems", kind: "inverter" });
	expect(await read(10, 701, "W")).toBe(384);
	expect(hub.device("fridge")).toMatchObject({ online: true });
	expect(hub.device("stove")).toMatchObject({ online: true });
	const watts = (id: string) => hub.device(id).points.find(({ point }) => point === "W")?.value;
	expect([watts("fridge"), watts("stove")]).toEqual([100, 101]);
	expect(hub.device("washer")).toMatchObject({ online: false });

	hub.publish("tele/washer/LWT", "Online");
	hub.publish(
		"tele/washer/SENSOR",
		'{"ENERGY":{"Total":12.5,"Power":[2000,1],"Voltage":[229,230],"Current":8.75,"Factor":0.99}}',
	);
	await hub.advance(2000);
	expect(watts("washer")).toBe(2001);
	expect(hub.device("dryer")).toMatchObject({ online: false });

	// 50 % of 800 W, written once
	expect(await client.put(10, 704, "WMaxLimPctEna", 1, 500, 1000, 0, 0, 0)).toBe(0);
	await hub.advance(15_000);
	expect(limit).toBe("400");
	expect(asked.filter((path) => path.startsWith("/set"))).toEqual(["/setMaxPower?p=400"]);

	dark = true;
	hub.publish("tele/washer/LWT", "Offline");
	await hub.advance(60_000);
	expect(hub.device("panels")).toMatchObject({ online: false });
	expect(hub.device("washer")).toMatchObject({ online: false });
	expect(hub.device("stove")).toMatchObject({ online: true });
	expect(hub.errors).toEqual([]);
}, 30_000);
