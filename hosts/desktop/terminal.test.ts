import { describe, expect, it } from "vitest";
import type { DeviceStatus } from "../../modules/admin/status";
import { parseOptions, UsageError } from "./options";
import { renderTable, type Snapshot } from "./table";

describe("command line", () => {
	it("has the demo site and real time by default", () => {
		expect(parseOptions([])).toMatchObject({ site: "sites/demo.json", speed: 1, headless: false, mqttPort: 1883 });
	});
	it("takes every option of the contract", () => {
		const line =
			"--site a.json --http 1 --modbus 2 --mqtt 3 --broker mqtt://b --headless --data d --speed 60 --plugin p.ts --plugin=q.js --xsbug";
		expect(parseOptions(line.split(" "))).toEqual({
			site: "a.json",
			httpPort: 1,
			modbusPort: 2,
			mqttPort: 3,
			broker: "mqtt://b",
			headless: true,
			data: "d",
			speed: 60,
			plugins: ["p.ts", "q.js"],
			xsbug: "localhost:5002",
			help: false,
		});
		expect(parseOptions(["--site=x=y.json", "--xsbug=h:1"])).toMatchObject({ site: "x=y.json", xsbug: "h:1" });
	});
	it.each([
		["--prot 80", "there is no option --prot"],
		["demo.json", "there is no option demo.json"],
		["--http", "--http needs a value"],
		["--http --headless", "--http needs a value"],
		["--http http", "--http http: it must be a port"],
		["--modbus 70000", "it must be a port from 1 to 65535"],
		["--modbus -1", "it must be a port"],
		["--mqtt 0", "it must be a port from 1 to 65535"],
		["--speed 0", "it must be a number from 1 to 1000"],
		["--speed fast", "it must be a number"],
	])("refuses %s", (line, says) => {
		expect(() => parseOptions(line.split(" "))).toThrow(UsageError);
		expect(() => parseOptions(line.split(" "))).toThrow(says);
	});
});

const device = (name: string, points: DeviceStatus["points"], model = "SDM120"): DeviceStatus => ({
	id: name,
	name,
	role: "home",
	kind: "meter",
	maker: "M",
	model,
	serial: name,
	bus: "b",
	address: 1,
	unit: 11,
	phase: 1,
	online: true,
	answeredS: 1,
	roundTripMs: 80,
	timeouts: 0,
	exceptions: 0,
	garbled: 0,
	todayWh: null,
	todaySince: null,
	points,
	der: null,
});

const snapshot: Snapshot = {
	name: "Demo pole",
	uptimeS: 3723.9,
	devices: [
		device("Akello", [
			{ point: "W", value: 312.4, unit: "W", quality: "good", ageS: 0.8 },
			{ point: "PhVphA", value: 229.84, unit: "V", quality: "good", ageS: 0.8 },
			{ point: "TotWhImp", value: 1234567, unit: "Wh", quality: "good", ageS: 4 },
		]),
		device("Lost", [{ point: "W", value: null, unit: "W", quality: "comms_lost", ageS: 250 }]),
		device("New", [{ point: "W", value: null, unit: "W", quality: "never", ageS: null }]),
		device("Air", [
			{ point: "TmpAmb", value: 31.23, unit: "C", quality: "good", ageS: 3 },
			{ point: "RH", value: 58, unit: "Pct", quality: "good", ageS: 3 },
		]),
		device("Storage", [
			{ point: "W", value: -2500, unit: "W", quality: "good", ageS: 1 },
			{ point: "LNV", value: 230, unit: "V", quality: "good", ageS: 1 },
			{ point: "TotWhInj", value: 5000, unit: "Wh", quality: "good", ageS: 1 },
			{ point: "SoC", value: 62.4, unit: "Pct", quality: "good", ageS: 1 },
		]),
		{
			...device("Charger", [
				{ point: "DCW", value: 80, unit: "W", quality: "good", ageS: 1 },
				{ point: "Prt[1].DCW", value: 2576, unit: "W", quality: "good", ageS: 1 },
			]),
			kind: "solar",
		},
	],
	buses: [
		{
			...{ can: null, id: "rs485-1", port: "sim", baud: 9600, utilisation: 0.52, reads: 12345, late: 0, open: true },
			...{ timeouts: 0, garbled: 0, exceptions: 0, crc: 0, parity: 0, framing: 0, overrun: 0 },
			...{ lastAnswerS: 0.1, slowest: null },
		},
	],
	mqtt: { broker: "mqtt://localhost:1883", connected: true, sent: 70, waiting: 0, dropped: 0 },
};

describe("table", () => {
	it("shows value, unit, quality and age, and a dash where nothing was measured", () => {
		const lines = renderTable(snapshot, { colour: false, width: 120 });
		expect(lines[0]).toBe("Demo pole  up 1:02:03");
		expect(lines[3]).toMatch(/^Akello +SDM120 +11 +312 W +229.8 V +1234.57 kWh +good +0.8 s$/);
		expect(lines[4]).toMatch(/^Lost +SDM120 +11 +- +comms lost +4 min$/);
		expect(lines[5]).toMatch(/^New +SDM120 +11 +- +no answer yet +$/);
		expect(lines[6]).toMatch(/^Air +SDM120 +11 +31.2 °C +58.0 % +good +3.0 s$/);
		expect(lines[7]).toMatch(/^Storage +SDM120 +11 +-2500 W +62 % +5.00 kWh +good +1.0 s$/);
		expect(lines[8]).toMatch(/^Charger +SDM120 +11 +2576 W +good +1.0 s$/);
		expect(lines.at(-2)).toBe("rs485-1  9600 baud  █████░░░░░ 52 % busy  12 345 reads");
		expect(lines.at(-1)).toBe("mqtt  mqtt://localhost:1883  connected  70 sent  0 waiting");
	});
	it("aligns its columns and fits a narrow terminal, keeping who, power, quality and age", () => {
		const wide = renderTable(snapshot, { colour: false, width: 120 });
		expect(new Set(wide.slice(2, 7).map((line) => line.length)).size).toBe(1);
		const narrow = renderTable(snapshot, { colour: false, width: 50 });
		for (const line of narrow.slice(2, 7)) expect(line.length).toBeLessThanOrEqual(50);
		expect(narrow[2]).toMatch(/name.*power.*quality.*age/);
	});
	it("says when a bus cannot be opened and when messages were dropped", () => {
		const lines = renderTable(
			{
				...snapshot,
				buses: [{ ...snapshot.buses[0]!, port: "/dev/ttyUSB0", open: false }],
				mqtt: { ...snapshot.mqtt, connected: false, waiting: 1200, dropped: 3 },
			},
			{ colour: false, width: 120 },
		);
		expect(lines.at(-2)).toBe("rs485-1  /dev/ttyUSB0 cannot be opened");
		expect(lines.at(-1)).toContain("not connected  70 sent  1 200 waiting  3 dropped");
	});
});
