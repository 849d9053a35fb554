/** Inverters and charge controllers in the whole hub, on XS: their tables come from flash on demand. */
import { describe, expect, it } from "vitest";
import { DerBench } from "./der-bench";

const bench = new DerBench();

/** Without a rating of its storage a device is read for this long before the hub commands it. */
const settleMs = 75_000;

interface Wanted {
	device: string;
	unit: number;
	address?: number;
	ratings?: object;
}

function site(devices: readonly Wanted[]): string {
	return JSON.stringify({
		...{ name: "Plant", feederId: "feeder-1", gatewayId: "plant-1" },
		buses: [{ id: "plant", port: "sim", baud: 115200, timeoutMs: 500 }],
		devices: devices.map(({ device, unit, address = unit, ratings }) => ({
			...{ id: device, device, bus: "plant", address, unit, serial: `S-${unit}` },
			...(ratings === undefined ? {} : { ratings }),
		})),
	});
}

describe("on demand", () => {
	it.each([
		["growatt-spf", "inverter", 701],
		["victron-gx-system", "inverter", 701],
		["victron-gx-vebus", "inverter", 701],
		["victron-gx-battery", "battery", 802],
		["victron-gx-solar", "solar", 714],
		["victron-gx-grid", "meter", 213],
		["anker-solix-max-ac", "inverter", 701],
		["anker-solix-x1", "inverter", 701],
		["hoymiles-dtu-pro", "inverter", 701],
		["epever-tracer", "solar", 714],
		["morningstar-tristar-mppt", "solar", 714],
		["midnite-classic", "solar", 714],
		["midnite-classic-wind", "solar", 714],
		["bornay-windplus-mppt", "solar", 714],
	])("%s answers as %s", async (device, kind, model) => {
		const { hub, client } = await bench.start({ siteText: site([{ device, unit: 30 }]) });
		expect(hub.device(device)).toMatchObject({ kind, online: true });
		expect((await client.models(30)).has(model)).toBe(true);
		expect(hub.device(device)).toMatchObject({ exceptions: 0, timeouts: 0, garbled: 0 });
		expect(hub.errors).toEqual([]);
		expect(hub.logged.filter((line) => line.startsWith("error"))).toEqual([]);
	});
});

describe("a set-point that has to be repeated", () => {
	it("VE.Bus: is written each 20 s, positive into the grid here, and 0 when nobody asks any more", async () => {
		const siteText = site([{ device: "victron-gx-vebus", unit: 30, ratings: { maxW: 3000 } }]);
		const { hub, client } = await bench.start({ siteText }, settleMs);
		const slave = hub.hub.pole!.slave("victron-gx-vebus")!;
		expect(slave.writes).toBe(0);
		// 704: WSetEna, WSetMod watts, WSet
		expect(await client.put(30, 704, "WSetEna", 1, 1, 0, 1500)).toBe(0);
		await hub.advance(3000);
		expect(slave.setting("vebus_ac_setpoint_l1")).toBe(-1500);
		const before = slave.writes;
		await hub.advance(120_000);
		expect(slave.writes - before).toBeGreaterThanOrEqual(5);
		expect(slave.writes - before).toBeLessThanOrEqual(8);
		expect(await bench.client(hub).put(30, 704, "WSetEna", 0)).toBe(0);
		await hub.advance(5000);
		expect(slave.setting("vebus_ac_setpoint_l1")).toBe(0);
		const rest = slave.writes;
		await hub.advance(60_000);
		expect(slave.writes).toBe(rest);
	});

	it("SOLIX: mode and power are both repeated, and both let go", async () => {
		const siteText = site([{ device: "anker-solix-max-ac", unit: 30, ratings: { maxW: 2400 } }]);
		const { hub, client } = await bench.start({ siteText }, settleMs);
		const slave = hub.hub.pole!.slave("anker-solix-max-ac")!;
		const held = (): number[] => [slave.setting("max_mode"), slave.setting("max_power_setpoint")];
		expect(await client.put(30, 704, "WSetEna", 1, 1, 0xffff, -800 & 0xffff)).toBe(0);
		await hub.advance(5000);
		expect(held()).toEqual([3, -800]);
		const before = slave.writes;
		await hub.advance(100_000);
		expect(slave.writes - before).toBeGreaterThanOrEqual(8);
		expect(await bench.client(hub).put(30, 704, "WSetEna", 0)).toBe(0);
		await hub.advance(5000);
		expect(held()).toEqual([0, 0]);
	});
});

describe("a device that drops what it has acknowledged", () => {
	it("SPF: the write is read back, and a person is told", async () => {
		const { hub } = await bench.start({ siteText: site([{ device: "growatt-spf", unit: 30 }]) });
		const slave = hub.hub.pole!.slave("growatt-spf")!;
		slave.set("max_total_charge_current", 60);
		await hub.advance(61_000);
		// as with a lithium battery
		slave.onWrite = (row) => slave.set(row, 60);
		const client = bench.client(hub);
		const address = (await client.models(30)).get(64928)!;
		expect(await client.write(30, address + 5, [40])).toBe(0);
		await hub.advance(3000);
		expect(hub.logged.join("\n")).toMatch(/max_total_charge_current.*holds another value/);
		slave.onWrite = undefined;
		expect(await client.write(30, address + 5, [40])).toBe(0);
		await hub.advance(15_000);
		expect(slave.setting("max_total_charge_current")).toBe(40);
	});
});
