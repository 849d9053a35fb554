/** Inverters and charge controllers in the whole hub, on XS: their tables come from flash on demand. */
import { describe, expect, it } from "vitest";
import { FixedSource } from "../sim/profile";
import { DerBench, pct } from "./der-bench";

const bench = new DerBench();

/** By then all has been read once, and the hub may command it. */
const settleMs = 20_000;

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
		["growatt-min-tl-x", "inverter", 701],
		["growatt-rtu2", "inverter", 701],
		["victron-gx-system", "inverter", 701],
		["victron-gx-vebus", "inverter", 701],
		["victron-gx-vebus-3", "inverter", 701],
		["victron-gx-battery", "battery", 802],
		["victron-gx-solar", "solar", 714],
		["victron-gx-grid", "meter", 213],
		["anker-solix-max-ac", "inverter", 701],
		["anker-solix-x1", "inverter", 701],
		["hoymiles-dtu-pro", "inverter", 701],
		["hoymiles-dtu-pro-8", "inverter", 701],
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

	it("VE.Bus of three phases: each is told a third", async () => {
		const siteText = site([{ device: "victron-gx-vebus-3", unit: 30, ratings: { maxW: 15_000 } }]);
		const { hub, client } = await bench.start({ siteText }, settleMs);
		const slave = hub.hub.pole!.slave("victron-gx-vebus-3")!;
		expect(await client.put(30, 704, "WSetEna", 1, 1, 0xffff, -4000 & 0xffff)).toBe(0);
		await hub.advance(5000);
		expect([1, 2, 3].map((line) => slave.setting(`vebus_ac_setpoint_l${line}`))).toEqual([1333, 1333, 1333]);
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

	it("TriStar: a limit of power becomes a charge current in its own scale, and lapses", async () => {
		const siteText = site([{ device: "morningstar-tristar-mppt", unit: 30, ratings: { maxW: 3000 } }]);
		const { hub, client } = await bench.start({ siteText }, settleMs);
		const slave = hub.hub.pole!.slave("morningstar-tristar-mppt")!;
		slave.source = new FixedSource({ "714.Prt[2].DCV": 54.3, "64925.OutW": 900 });
		await hub.advance(11_000);
		expect(await client.put(30, 704, "WMaxLimPctEna", 1, pct(50), pct(100), 0, 0, 0)).toBe(0);
		await hub.advance(3000);
		expect(slave.setting("set_charge_current")).toBeCloseTo(1500 / 54.3, 2);
		const before = slave.writes;
		await hub.advance(100_000);
		expect(slave.writes - before).toBeGreaterThanOrEqual(4);
		expect(await bench.client(hub).put(30, 704, "WMaxLimPctEna", 0)).toBe(0);
		await hub.advance(2000);
		const rest = slave.writes;
		await hub.advance(60_000);
		expect(slave.writes).toBe(rest);
	});

	it("EPEVER: a battery's voltage is written with all the others, within their order", async () => {
		const { hub } = await bench.start({ siteText: site([{ device: "epever-tracer", unit: 30 }]) });
		const slave = hub.hub.pole!.slave("epever-tracer")!;
		const volts = { discharge_limit_voltage: 10.6, low_voltage_disconnect: 11.1, under_voltage_warning: 12 };
		const more = { under_voltage_recover: 12.2, low_voltage_reconnect: 12.6, boost_reconnect_voltage: 13.2 };
		const high = { float_voltage: 13.8, boost_voltage: 14.4, equalise_voltage: 14.6, charging_limit_voltage: 15 };
		const all = { ...volts, ...more, ...high, over_voltage_reconnect: 15, high_voltage_disconnect: 16 };
		for (const [row, value] of Object.entries(all)) slave.set(row, value);
		await hub.advance(61_000);
		const settings = bench.client(hub);
		const at = (await settings.models(30)).get(64927)! + 2;
		// VFlt is the sixth: above VBst it may not be
		expect(await settings.write(30, at + 5, [1450])).toBeGreaterThan(0);
		expect(await settings.write(30, at + 5, [1370])).toBe(0);
		await hub.advance(3000);
		expect(slave.setting("float_voltage")).toBeCloseTo(13.7, 6);
		expect(slave.setting("boost_voltage")).toBeCloseTo(14.4, 6);
		expect(hub.logged.filter((line) => line.includes("float_voltage") && line.startsWith("warn"))).toEqual([]);
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
