/**
 * python-can and cantools through serial adapters, on both sides of the hub: on one bus they are batteries made of a DBC,
 * which the hub reads; on the other an inverter, to which the hub is a battery.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DesktopHub } from "../hosts/desktop/app";
import { until } from "./adapters/real-clock";
import { describeWithPeers, freePort, type Peer, python, root, start, temporaryFolder } from "./peers";

const folder = temporaryFolder();
const place = (name: string) => join(folder.path, name);
const dbc = join(root, "test/fixtures/can/batteries.dbc");

const device = (id: string, table: string, unit: number) => ({
	...{ id, name: id, device: table, bus: "batteries", unit, serial: id, role: "other", address: 1 },
});

const siteText = JSON.stringify({
	...{ name: "CAN", location: "here", feederId: "f", gatewayId: "g" },
	buses: [
		{ id: "batteries", kind: "can", port: `slcan:${place("hub-a")}`, bitrate: 500000 },
		{ id: "inverter", kind: "can", port: `slcan:${place("hub-b")}`, bitrate: 500000 },
	],
	devices: [
		device("pylon", "pylontech-can-lv", 11),
		device("jk", "jk-bms-can", 12),
		device("daly", "daly-bms-can", 13),
	],
	services: { canBattery: { bus: "inverter", from: "pylon", chargeA: 60, name: "Hub" } },
});

const cables: Peer[] = [];
let hub: DesktopHub;
let batteries: Peer;
let inverter: Peer;
const logged: string[] = [];

async function cable(ours: string, theirs: string): Promise<void> {
	cables.push(start("socat", [`pty,raw,echo=0,link=${place(ours)}`, `pty,raw,echo=0,link=${place(theirs)}`]));
	await until(
		() => cables.at(-1)!.output(),
		() => existsSync(place(ours)) && existsSync(place(theirs)),
	);
}

function points(id: string): Record<string, number | string | null> {
	const found = hub.snapshot().devices.find((one) => one.id === id)!;
	return Object.fromEntries(found.points.map(({ point, value }) => [point, value]));
}

/** Until the hub has all of it. */
async function read(id: string, wanted: Record<string, number>): Promise<void> {
	await until(
		() => `${id} ${JSON.stringify(points(id))}\n${batteries.output().slice(-500)}\n${logged.join("\n")}`,
		() => Object.entries(wanted).every(([name, value]) => Math.abs(Number(points(id)[name] ?? NaN) - value) < 1e-6),
	);
}

/** The newest frame of a name that the inverter got, decoded by cantools. */
function heard(name: string): Record<string, number> | undefined {
	const lines = inverter.output().match(new RegExp(`^got ${name} .*$`, "gm"));
	return lines ? (JSON.parse(lines.at(-1)!.slice(5 + name.length)) as Record<string, number>) : undefined;
}

const say = (peer: Peer, command: string, what: object = {}) => peer.write(`${command} ${JSON.stringify(what)}\n`);

describeWithPeers("batteries and an inverter of python-can", ["python", "socat"], () => {
	beforeAll(async () => {
		await cable("hub-a", "peer-a");
		await cable("hub-b", "peer-b");
		batteries = python("can_peer.py", [place("peer-a"), "500000", dbc]);
		inverter = python("can_peer.py", [place("peer-b"), "500000", dbc]);
		await Promise.all([batteries.waitFor(/ready/), inverter.waitFor(/ready/)]);
		// asked from the beginning: a device that does not answer is asked ever more seldom
		say(batteries, "answer 18900140 DalyPack", { DalyVoltage: 53.1, DalyCurrent: 20.5, DalySoC: 55.5 });
		say(batteries, "answer 18930140 DalyState", { DalyFlow: 1, DalyChargeMos: 1, DalyLeft: 83.25 });
		for (const part of [1, 2])
			say(batteries, "answer 18950140 DalyCells", {
				DalyPart: part,
				DalyFirst: 3.1 + part / 100,
				DalySecond: 3.2,
				DalyThird: 3.3,
			});
		const [modbusPort, httpPort] = [await freePort(), await freePort()];
		hub = new DesktopHub({
			...{ siteText, clock: "real", options: { modbusPort, httpPort, broker: "" } },
			log: (level, area, text) => logged.push(`${level} ${area}: ${text}`),
		});
	}, 30_000);
	afterAll(async () => {
		hub?.close();
		for (const peer of [batteries, inverter, ...cables]) await peer?.stop();
		folder.remove();
	});

	test("the hub keeps the batteries awake with 0x305", async () => {
		await batteries.waitFor(/^raw 305 0000000000000000$/m);
	});

	test("Pylontech: what cantools has encoded is what the hub reads, discharging positive", async () => {
		const limits = { ChargeVoltage: 56.8, ChargeCurrent: 74, DischargeCurrent: 100.5, DischargeVoltage: 46.2 };
		say(batteries, "every 250 Limits", limits);
		say(batteries, "every 250 Charge", { SoC: 64, SoH: 97, SoCFine: 64.21 });
		say(batteries, "every 250 Measured", { Voltage: 51.27, Current: -33.4, Temperature: -3.5 });
		say(batteries, "every 250 Alarms", {
			LowVoltage: 1,
			ChargeOverCurrent: 1,
			Modules: 3,
			SignatureP: 80,
			SignatureN: 78,
		});
		say(batteries, "every 250 Requests", { DischargeEnable: 1, ForceCharge2: 1 });
		say(batteries, "every 250 Capacity", { Installed: 148 });
		await read("pylon", { V: 51.27, A: 33.4, SoC: 64 });
		expect(Number(points("pylon")["DCW"])).toBeCloseTo(51.27 * 33.4, -1);
	});

	test("the hub is that battery for the inverter: the same values, the site's limit, what is forbidden by an alarm", async () => {
		await until(
			() => inverter.output().slice(-1500),
			() => ["Limits", "Charge", "Measured", "Alarms", "Requests", "Capacity"].every((name) => heard(name)),
		);
		expect(heard("Measured")).toEqual({ Voltage: 51.27, Current: -33.4, Temperature: -3.5 });
		expect(heard("Charge")).toMatchObject({ SoC: 64, SoH: 97 });
		// over-current of the charge: 0 A in; out as the battery says
		expect(heard("Limits")).toEqual({
			ChargeVoltage: 56.8,
			ChargeCurrent: 0,
			DischargeCurrent: 100.5,
			DischargeVoltage: 46.2,
		});
		expect(heard("Alarms")).toMatchObject({
			LowVoltage: 1,
			ChargeOverCurrent: 1,
			OverVoltage: 0,
			Modules: 3,
			SignatureP: 80,
			SignatureN: 78,
		});
		expect(heard("Requests")).toMatchObject({ ChargeEnable: 0, DischargeEnable: 1, ForceCharge1: 0, ForceCharge2: 1 });
		expect(heard("Capacity")).toEqual({ Installed: 148 });
		expect(inverter.output()).toMatch(/^raw 35e 50594c4f4e202020$/m);
		expect(inverter.output()).toMatch(/^raw 370 4875620000000000$/m);
		inverter.write("raw 305 0000000000000000\n");
		await until(
			() => logged.join("\n"),
			() => logged.some((line) => line.includes("the inverter is there")),
		);
	});

	test("JK: 11 and 29 bits, a voltage at an odd byte, offsets, a level of an alarm", async () => {
		say(batteries, "send JkBasic", { JkVoltage: 52.8, JkCurrent: 12.5, JkSoC: 81, JkHours: 7 });
		say(batteries, "send JkCells", { JkHighest: 3.345, JkHighestCell: 4, JkLowest: 3.301, JkLowestCell: 9 });
		say(batteries, "send JkTemperatures", { JkWarmest: 31, JkColdest: -7, JkAverage: 18 });
		say(batteries, "send JkAlarms", { JkPackUnder: 2 });
		say(batteries, "send JkCapacities", { JkLeft: 120.5, JkFull: 150.2, JkCycled: 900.1 });
		say(batteries, "send JkCells5", { JkCell5: 3.31, JkCell6: 3.322, JkCell7: 3.333, JkCell8: 3.344 });
		await read("jk", { SoC: 81, V: 52.8, A: 12.5 });
	});

	test("Daly: the hub asks, python-can answers, high byte first and in numbered frames", async () => {
		// the raw current counts charging: the hub has it negative
		await read("daly", { SoC: 55.5, V: 53.1, A: -20.5 });
		expect(batteries.output()).toMatch(/^raw 18900140 0000000000000000$/m);
	});

	test("a battery that falls silent is worth 0 A within its three periods", async () => {
		await batteries.stop();
		await until(
			() => `${JSON.stringify(heard("Limits"))}\n${logged.join("\n")}`,
			() =>
				heard("Limits")?.["DischargeCurrent"] === 0 &&
				[heard("Alarms")?.["InternalCommunication"], heard("Requests")?.["DischargeEnable"]].join() === "1,0",
		);
		expect(heard("Limits")).toMatchObject({ ChargeCurrent: 0, DischargeCurrent: 0, ChargeVoltage: 56.8 });
		expect(heard("Requests")).toMatchObject({ ChargeEnable: 0, DischargeEnable: 0 });
	});
});
