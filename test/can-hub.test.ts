import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { joinBus } from "../hosts/desktop/can-bus";
import { jkBmsCan } from "../modules/devices/tables/jk-bms-can";
import { CanDevice } from "../sim/can-device";
import { FixedSource } from "../sim/profile";
import { root } from "./peers";
import { VirtualHub } from "./virtual-hub";

const battery = (id: string, device: string, bus: string, unit: number, address?: number) => ({
	...{ id, name: id, device, bus, unit, serial: id, role: "other" },
	...(address === undefined ? {} : { address }),
});

/** A site with two CAN buses, as their devices want them. */
function siteText(change: (site: { buses: object[]; devices: object[] }) => void = () => {}): string {
	const site = {
		...{ name: "CAN", location: "here", feederId: "f", gatewayId: "g" },
		buses: [
			{ id: "can-a", kind: "can", port: "sim", bitrate: 500000 },
			{ id: "can-b", kind: "can", port: "sim", bitrate: 250000 },
		] as object[],
		devices: [
			battery("pylon", "pylontech-can-lv", "can-a", 11),
			battery("jk-1", "jk-bms-can", "can-b", 12, 1),
			battery("jk-2", "jk-bms-can", "can-b", 13, 2),
			battery("daly", "daly-bms-can", "can-b", 14, 1),
		] as object[],
	};
	change(site);
	return JSON.stringify(site);
}

let hub: VirtualHub | undefined;
afterEach(() => {
	hub?.close();
	hub = undefined;
});

const point = (id: string, name: string) => hub!.device(id).points.find((one) => one.point === name);

test("batteries on two simulated CAN buses are read, each frame of its own unit, and the buses count", async () => {
	hub = new VirtualHub({ siteText: siteText() });
	await hub.hub.run(12_000);
	const { buses, devices } = hub.snapshot();
	expect(devices.map(({ id, online }) => [id, online])).toEqual([
		["pylon", true],
		["jk-1", true],
		["jk-2", true],
		["daly", true],
	]);
	expect(buses).toMatchObject([
		{ id: "can-a", port: "sim", baud: 500000, open: true, crc: null, can: { busErrors: 0, overflow: 0, busOff: 0 } },
		{ id: "can-b", baud: 250000, open: true, can: { dropped: 0 } },
	]);
	// six frames and ours each second, and two each five seconds
	expect(buses[0]!.can!.framesReceived).toBeGreaterThan(60);
	expect(buses[0]!.can!.framesSent).toBeGreaterThanOrEqual(12);
	expect(buses[0]!.utilisation).toBeGreaterThan(0.0005);
	expect(buses[0]!.utilisation).toBeLessThan(0.01);
	// what is asked for is polled
	expect(buses[1]!.reads).toBeGreaterThan(12);
	for (const id of ["pylon", "jk-1", "jk-2", "daly"]) {
		const soc = point(id, "SoC");
		expect(soc?.quality, id).toBe("good");
		expect(soc!.ageS!, id).toBeLessThan(2);
	}
	const pole = hub.hub.pole!;
	pole.canDevice("jk-2")!.fault = { kind: "silent" };
	await hub.hub.run(4000);
	expect(hub.snapshot().devices.map(({ online }) => online)).toEqual([true, true, false, true]);
	expect(point("jk-2", "SoC")).toMatchObject({ value: null, quality: "comms_lost" });
	pole.canDevice("jk-2")!.fault = undefined;
	await hub.hub.run(2000);
	expect(hub.snapshot().devices.every(({ online }) => online)).toBe(true);
});

test("a battery that comes to the bus later is found, with the sign of its kind", async () => {
	hub = new VirtualHub({
		siteText: siteText((site) => {
			site.devices = [battery("jk", "jk-bms-can", "can-b", 12, 3)];
		}),
	});
	hub.hub.pole!.canDevice("jk")!.fault = { kind: "silent" };
	await hub.hub.run(5000);
	expect(hub.device("jk").online).toBe(false);
	const source = new FixedSource({ "714.DCA": -21.5, "714.Prt[1].DCA": -21.5, SoC: 44 });
	const place = joinBus(hub.hub.machine, "can-b", new CanDevice({ table: jkBmsCan, unit: 3, source }));
	await hub.hub.run(5000);
	expect(hub.device("jk").online).toBe(true);
	// 400 A - 21.5 A on the wire, and negative: it is being charged
	expect(point("jk", "A")).toMatchObject({ value: -21.5, quality: "good" });
	place.close();
	await hub.hub.run(5000);
	expect(hub.device("jk").online).toBe(false);
});

test("the hub is a battery for a simulated inverter, and says nothing any more a minute after the battery is lost", async () => {
	const text = readFileSync(join(root, "sites/battery-on-can.json"), "utf8");
	hub = new VirtualHub({ siteText: text });
	await hub.hub.run(5000);
	const { inverter } = hub.hub.pole!;
	const frame = (id: number) => new DataView(inverter.heard.get(id)!.buffer);
	expect(hub.logged.join("\n")).toMatch(/the inverter is there/);
	// 56 V, 100 A in, 150 A out, 46 V: the site's, as the battery tells none
	expect([0, 2, 4, 6].map((at) => frame(0x351).getInt16(at, true))).toEqual([560, 1000, 1500, 460]);
	expect(frame(0x379).getUint16(0, true)).toBe(280);
	expect(frame(0x356).getInt16(0, true) / 100).toBeCloseTo(Number(point("pack", "V")!.value), 1);
	expect(hub.snapshot().buses[1]!.can).toMatchObject({ busErrors: 0, busOff: 0 });
	hub.hub.pole!.canDevice("pack")!.fault = { kind: "silent" };
	await hub.hub.run(3500);
	expect([2, 4].map((at) => frame(0x351).getInt16(at, true))).toEqual([0, 0]);
	await hub.hub.run(61_000);
	inverter.heard.clear();
	await hub.hub.run(3000);
	expect([...inverter.heard.keys()]).toEqual([]);
});

test("a site file says what is wrong with its CAN buses", () => {
	const wrong = (change: (site: { buses: object[]; devices: object[] }) => void) => () =>
		new VirtualHub({ siteText: siteText(change) });
	expect(wrong((site) => (site.buses[0] = { ...site.buses[0], bitrate: 100000 }))).toThrow(/buses\[0\]\.bitrate/);
	expect(wrong((site) => (site.buses[0] = { ...site.buses[0], baud: 9600 }))).toThrow(/buses\[0\]\.baud/);
	expect(wrong((site) => (site.buses[0] = { ...site.buses[0], port: "/dev/ttyUSB0" }))).toThrow(/buses\[0\]\.port/);
	const canBattery = (more: object) => () =>
		new VirtualHub({
			siteText: siteText((site) => {
				site.buses.push({ id: "inverter", kind: "can", port: "sim" });
				Object.assign(site, { services: { canBattery: { bus: "inverter", from: "pylon", ...more } } });
			}),
		});
	expect(canBattery({ bus: "can-a" })).toThrow(/canBattery\.bus.*for itself/);
	expect(canBattery({ bus: "nowhere" })).toThrow(/canBattery\.bus.*kind "can"/);
	expect(canBattery({ from: "nobody" })).toThrow(/canBattery\.from/);
	expect(canBattery({ chargeV: 40, dischargeV: 46 })).toThrow(/canBattery\.dischargeV.*below chargeV/);
	expect(canBattery({ maker: "PYLONTECH" })).toThrow(/canBattery\.maker.*8 letters/);
	expect(wrong((site) => (site.devices[0] = battery("x", "eastron-sdm120", "can-a", 11, 1)))).toThrow(
		/devices\[0\]\.bus.*needs a bus of kind/,
	);
});
