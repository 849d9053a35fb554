/** Serial protocols on the application's engine: a whole hub in virtual time, a battery or charger on each of its lines. */
import { afterEach, expect, test } from "vitest";
import { VirtualHub } from "./virtual-hub";

let world: VirtualHub | undefined;

afterEach(() => {
	world?.close();
	world = undefined;
});

const lines = [
	{ id: "daly", baud: 9600, device: "daly-uart", address: 1 },
	{ id: "jk", baud: 115200, device: "jk-bms-uart-4e57", address: 1 },
	{ id: "pb", baud: 115200, device: "jk-bms-modbus-pb", address: 1 },
	{ id: "p81", baud: 9600, device: "daly-modbus-p81", address: 0x81 },
	{ id: "pylon", baud: 115200, device: "pylontech-rs485", address: 2 },
	{ id: "solar", baud: 19200, device: "victron-mppt-vedirect", address: 1 },
	{ id: "ascii", baud: 9600, device: "sht20-xy-md02", address: 1, protocol: "modbus-ascii" },
] as const;

function site(): string {
	return JSON.stringify({
		name: "batteries",
		feederId: "feeder-1",
		gatewayId: "gw-1",
		buses: lines.map(({ id, baud, ...more }) => ({
			id,
			kind: "rs485",
			port: "sim",
			baud,
			...("protocol" in more ? { protocol: more.protocol } : {}),
		})),
		devices: lines.map(({ id, device, address }, i) => ({ id, device, bus: id, address, unit: 2 + i, role: "other" })),
	});
}

test("are read, lost and found again like all others, and the hub's memory stays as it is", async () => {
	world = new VirtualHub({ siteText: site() });
	await world.advance(20_000);
	expect(world.errors).toEqual([]);
	const online = () => Object.fromEntries(world!.snapshot().devices.map((one) => [one.id, one.online]));
	const all = (value: boolean) => Object.fromEntries(lines.map(({ id }) => [id, value]));
	expect(online(), world.logged.join("\n")).toEqual(all(true));
	const { machine, pole } = world.hub;
	machine.collect();
	const before = machine.counters();
	await world.advance(60_000);
	machine.collect();
	const after = machine.counters();
	expect(after.slots - before.slots).toBeLessThan(100);
	expect(after.chunkBytes - before.chunkBytes).toBeLessThan(2000);
	for (const { id } of lines) pole!.device(id)!.fault = { kind: "silent" };
	await world.advance(60_000);
	expect(online()).toEqual(all(false));
	for (const { id } of lines) pole!.device(id)!.fault = undefined;
	await world.advance(90_000);
	expect(online()).toEqual(all(true));
	expect(world.errors).toEqual([]);
});
