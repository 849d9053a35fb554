import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { GridpostError } from "../base/errors";
import { jsonFault } from "../base/json-place";
import { checkSite, kLongestSite, parseBroker, readSite } from "./site-file";

const known = ["hiking-dds238-2-zn-s", "chint-ddsu666", "eastron-sdm120", "chint-dtsu666", "sht20-xy-md02"];

const small = {
	name: "Small",
	feederId: "f1",
	gatewayId: "g1",
	buses: [{ id: "b1", port: "sim" }],
	devices: [
		{ id: "d1", device: "eastron-sdm120", bus: "b1", address: 1, unit: 2 },
		{ id: "d2", device: "chint-ddsu666", bus: "b1", address: 2, unit: 3 },
	],
	topology: {
		type: "FeatureCollection",
		features: [
			{ type: "Feature", id: "f1", properties: { kind: "feeder" } },
			{
				type: "Feature",
				id: "p1",
				geometry: { type: "Point", coordinates: [31.7, 0.9] },
				properties: { kind: "pole", parent: "f1" },
			},
			{ type: "Feature", id: "m1", properties: { kind: "meter", parent: "p1", device: "d1" } },
			{ type: "Feature", id: "c1", properties: { kind: "customer", parent: "m1" } },
		],
	},
	services: { openami: { periodS: 30 }, mqtt: { broker: "mqtt://broker.example:1883" } },
};

/** `small` with the value at a path replaced; undefined takes it out. */
function changed(path: string, value: unknown): string {
	const copy = structuredClone(small) as Record<string, unknown>;
	const steps = path.split(".");
	let place: Record<string, unknown> = copy;
	for (const step of steps.slice(0, -1)) place = place[step] as Record<string, unknown>;
	const last = steps.at(-1)!;
	if (value === undefined) delete place[last];
	else place[last] = value;
	return JSON.stringify(copy);
}

/** Path in the file, wrong value, place in the error, words of the error. */
const wrong: [path: string, value: unknown, place: string, says: string][] = [
	["name", undefined, "name", "nothing is not allowed; it must be text of 1 to 80"],
	["name", "", "name", '"" is not allowed'],
	["name", "   ", "name", "text"],
	["name", 7, "name", "7 is not allowed"],
	["name", "a\u0007b", "name", "control characters"],
	["name", "x".repeat(81), "name", "1 to 80"],
	["location", [], "location", "[] is not allowed"],
	["feederId", undefined, "feederId", "nothing is not allowed"],
	["feederId", "feeder/1", "feederId", "letters, digits, dots"],
	["feederId", "+", "feederId", '"+" is not allowed'],
	["feederId", "#", "feederId", "letters"],
	["gatewayId", "pole 7", "gatewayId", "letters"],
	["utcOffsetMinutes", 841, "utcOffsetMinutes", "841 is not allowed; it must be a whole number from -720 to 840"],
	["utcOffsetMinutes", 30.5, "utcOffsetMinutes", "whole number"],
	["limits", 230, "limits", "it must be an object with voltageMinV, voltageMaxV"],
	["limits", { voltageMinV: 0 }, "limits.voltageMinV", "0 is not allowed; it must be a number from 1 to 100000 V"],
	["limits", { voltageMaxV: "253" }, "limits.voltageMaxV", "number"],
	["limits", { voltageMaxv: 253 }, "limits.voltageMaxv", 'did you mean "voltageMaxV"?'],
	["limits", { voltageMinV: 253, voltageMaxV: 207 }, "limits.voltageMinV", "below voltageMaxV, which is 207"],
	["gatewayId", "-x", "gatewayId", "a letter or digit first"],
	["gatewayId", "g".repeat(64), "gatewayId", "1 to 63"],
	["gatewayID", "g1", "gatewayID", 'did you mean "gatewayId"?'],
	["devises", [], "devises", 'did you mean "devices"?'],
	["colour", "red", "colour", "allowed are name, location"],
	["buses", undefined, "buses", "it must be a list"],
	["buses", {}, "buses", "it must be a list"],
	["buses", [], "devices[0].bus", "there is none that it could be"],
	["buses", Array.from({ length: 9 }, (_, i) => ({ id: `b${i}`, port: "sim" })), "buses", "9 entries; 0 to 8"],
	["buses.0", "b1", "buses[0]", "it must be an object"],
	["buses.0", null, "buses[0]", "null is not allowed"],
	["buses.1", { id: "b1", port: "sim" }, "buses[1].id", "b1 is taken by buses[0]"],
	["buses.0.id", undefined, "buses[0].id", "nothing is not allowed"],
	["buses.0.port", undefined, "buses[0].port", '"sim", a path'],
	["buses.0.port", 0, "buses[0].port", 'on the board "rs485-1" or "rs485-2"'],
	["buses.0.port", "rs485-3", "buses[0].port", 'on the board "rs485-1" or "rs485-2"'],
	["buses.0.port", 3, "buses[0].port", "3 is not allowed"],
	["buses.0.port", "ttyUSB0", "buses[0].port", '"/dev/ttyUSB0"'],
	["buses.0.baud", 9601, "buses[0].baud", "one of 1200, 2400"],
	["buses.0.baud", "9600", "buses[0].baud", '"9600" is not allowed'],
	["buses.0.parity", "mark", "buses[0].parity", '"none", "even", "odd"'],
	["buses.0.stop", 1.5, "buses[0].stop", "one of 1, 2"],
	["buses.0.timeoutMs", 5, "buses[0].timeoutMs", "20 to 10000"],
	["buses.0.retries", 9, "buses[0].retries", "0 to 5"],
	["buses.0.retries", -1, "buses[0].retries", "0 to 5"],
	["buses.0.poll", { slowS: "60" }, "buses[0].poll.slowS", "0.02 to 86400 s"],
	["buses.0.kind", "lonworks", "buses[0].kind", '"rs485", "tcp"'],
	["buses.0.kind", "http", "buses[0].host", "text"],
	["buses.0.bitrate", 500000, "buses[0].bitrate", 'only a bus of kind "can"'],
	["buses.0.user", "me", "buses[0].user", 'only a bus of kind "http" or "mqtt"'],
	["buses.0.host", "10.0.0.1", "buses[0].host", 'only a bus of kind "tcp"'],
	["buses.0.bauds", 9600, "buses[0].bauds", 'did you mean "baud"?'],
	["buses.0", { id: "b1", kind: "tcp" }, "buses[0].host", "nothing is not allowed"],
	["buses.0", { id: "b1", kind: "tcp", host: "h", port: 70000 }, "buses[0].port", "1 to 65535"],
	["buses.0", { id: "b1", kind: "tcp", host: "h", baud: 9600 }, "buses[0].baud", "no serial line"],
	["devices", Array(65).fill({}), "devices", "65 entries; 0 to 64"],
	["devices", "all", "devices", "it must be a list"],
	["devices.0", 4, "devices[0]", "4 is not allowed; it must be an object"],
	["devices.0.id", "d2", "devices[1].id", "d2 is taken by devices[0]"],
	["devices.0.id", "bad id", "devices[0].id", "letters"],
	["devices.0.name", "", "devices[0].name", "1 to 60"],
	["devices.0.device", "sdm630", "devices[0].device", "one of"],
	["devices.0.device", undefined, "devices[0].device", "nothing is not allowed"],
	["devices.0.bus", "b9", "devices[0].bus", 'one of "b1"'],
	["devices.0.address", 0, "devices[0].address", "1 to 255"],
	["devices.0.address", 256, "devices[0].address", "1 to 255"],
	["devices.0.address", 1.5, "devices[0].address", "whole number"],
	["devices.0.address", "1", "devices[0].address", '"1" is not allowed'],
	["devices.1.address", 1, "devices[1].address", "1 on bus b1 is taken by devices[0]"],
	["devices.0.adress", 1, "devices[0].adress", 'did you mean "address"?'],
	["devices.0.unit", 1, "devices[0].unit", "2 to 247"],
	["devices.1.unit", 2, "devices[1].unit", "2 is taken by devices[0]"],
	["devices.0.unit", undefined, "devices[0].unit", "nothing is not allowed"],
	["devices.0.serial", "a/b", "devices[0].serial", "letters"],
	["devices.1.serial", "d1", "devices[1].serial", "d1 is taken by devices[0]"],
	["devices.0.role", "house", "devices[0].role", '"home", "feeder"'],
	["devices.0.phase", 4, "devices[0].phase", "one of 1, 2, 3"],
	["devices.0.poll", 5, "devices[0].poll", "it must be an object"],
	["devices.0.poll", { fastS: 0 }, "devices[0].poll.fastS", "0.02 to 86400 s"],
	["devices.0.poll", { fast: 1 }, "devices[0].poll.fast", 'did you mean "fastS"?'],
	["topology", [], "topology", "it must be an object"],
	["topology.type", "Feature", "topology.type", '"FeatureCollection"'],
	["topology.features", null, "topology.features", "it must be a list"],
	["topology.features.0.id", undefined, "topology.features[0].id", "nothing is not allowed"],
	["topology.features.0.type", "Point", "topology.features[0].type", '"Feature"'],
	["topology.features.0.properties", undefined, "topology.features[0].properties", "it must be an object"],
	["topology.features.0.properties.kind", "line", "topology.features[0].properties.kind", '"feeder", "branch"'],
	["topology.features.0.properties.parent", "p1", "topology.features[0].properties.parent", "nothing above it"],
	["topology.features.1.id", "f1", "topology.features[1].id", '"f1" is taken by topology.features[0]'],
	[
		"topology.features.1.properties.parent",
		"f9",
		"topology.features[1].properties.parent",
		'no feature has the id "f9"',
	],
	[
		"topology.features.1.properties.parent",
		"m1",
		"topology.features[1].properties.parent",
		'"m1" is a meter; a pole hangs on a feeder, branch',
	],
	[
		"topology.features.1.properties.device",
		"d1",
		"topology.features[1].properties.device",
		'only a feature of kind "meter"',
	],
	["topology.features.1.geometry.type", "Polygon", "topology.features[1].geometry.type", '"Point", "LineString"'],
	[
		"topology.features.1.geometry.coordinates",
		[0.9, 131.7],
		"topology.features[1].geometry.coordinates[1]",
		"latitude comes second",
	],
	[
		"topology.features.1.geometry.coordinates",
		[200, 1],
		"topology.features[1].geometry.coordinates[0]",
		"longitude comes first",
	],
	["topology.features.1.geometry.coordinates", [1], "topology.features[1].geometry.coordinates", "1 entries; 2 to 3"],
	["topology.features.2.properties.device", "d9", "topology.features[2].properties.device", 'one of "d1", "d2"'],
	[
		"topology.features.2.properties.device",
		undefined,
		"topology.features[2].properties.device",
		"nothing is not allowed",
	],
	[
		"topology.features.2.properties.parent",
		undefined,
		"topology.features[2].properties.parent",
		"nothing is not allowed",
	],
	[
		"topology.features.3.properties.parent",
		"p1",
		"topology.features[3].properties.parent",
		"a customer hangs on a meter",
	],
	[
		"topology.features.4",
		{ type: "Feature", id: "m2", properties: { kind: "meter", parent: "p1", device: "d1" } },
		"topology.features[4].properties.device",
		"measures topology.features[2] already",
	],
	[
		"topology.features.4",
		{ type: "Feature", id: "b1", properties: { kind: "branch", parent: "b1" } },
		"topology.features[4].properties.parent",
		"hangs on itself",
	],
	["services", [], "services", "it must be an object"],
	["services.openami.periodS", 0, "services.openami.periodS", "1 to 86400 s"],
	["services.openami.periodS", "10", "services.openami.periodS", '"10" is not allowed'],
	["services.openami.period", 10, "services.openami.period", 'did you mean "periodS"?'],
	["services.mqtt.broker", "broker:1883", "services.mqtt.broker", "mqtt://host:1883"],
	["services.mqtt.broker", "http://broker", "services.mqtt.broker", "mqtt://host:1883"],
	["services.mqtt.broker", "mqtt://broker:99999", "services.mqtt.broker", "mqtt://host:1883"],
	["services.mqtt.keepAliveS", 2, "services.mqtt.keepAliveS", "10 to 3600"],
	["services.sunspec", { port: 0 }, "services.sunspec.port", "1 to 65535"],
	["services.sunspec", { control: "no" }, "services.sunspec.control", "true or false"],
	["services.sunspec", { rtu: { port: "sim" } }, "services.sunspec.rtu.port", "cannot be simulated"],
	["services.sunspec", { rtu: { port: "/dev/x", baud: 300 } }, "services.sunspec.rtu.baud", "1200, 2400"],
	["services.sunspec", { rtu: { port: "/dev/x", unit: 1 } }, "services.sunspec.rtu.unit", "allowed are port, baud"],
	["devices.0.sim", "wind", "devices[0].sim", '"inverter"'],
	["devices.0.sim", "inverter", "devices[0].sim", 'only a device of kind "sunspec"'],
	["devices.0.control", 1, "devices[0].control", "true or false"],
	["devices.0.ratings", { maxW: 0 }, "devices[0].ratings.maxW", "1 to 100000000 W"],
	["devices.0.ratings", { max: 5 }, "devices[0].ratings.max", 'did you mean "maxW"'],
	["services.http", { port: 80.5 }, "services.http.port", "whole number"],
	["services.telnet", {}, "services.telnet", "allowed are openami, mqtt, sunspec, http"],
];

/** Text that is no JSON, where it goes wrong, what the error says. */
const notJson: [text: string, place: string, says: string][] = [
	["", "line 1, column 1", "found the end of the text, expected a value"],
	["{", "line 1, column 2", "a name in double quotes"],
	['{"name": "x",}', "line 1, column 14", "a name in double quotes"],
	['{\n  "name": "x"\n  "feederId": "f"\n}', "line 3, column 3", '"," or "}"'],
	["{name: 1}", "line 1, column 2", "a name in double quotes"],
	['{"a": 01}', "line 1, column 8", '"," or "}"'],
	['{"a": .5}', "line 1, column 7", "a value"],
	['{"a": "x\ny"}', "line 1, column 9", "closing quote"],
	['{"a": "\\x"}', "line 1, column 8", "one of"],
	["[1, 2", "line 1, column 6", '"," or "]"'],
	['{"a": tru}', "line 1, column 7", "a value"],
	["{} {}", "line 1, column 4", "nothing more"],
	["// site\n{}", "line 1, column 1", "a value"],
	[`${"[".repeat(70)}${"]".repeat(70)}`, "line 1, column 66", "64 levels"],
];

describe("site file", () => {
	it("takes a hub with nothing around it yet", () => {
		const site = { name: "New", feederId: "f", gatewayId: "g", buses: [], devices: [] };
		expect(checkSite(JSON.stringify(site), [])).toMatchObject({ problems: [], site: { buses: [], devices: [] } });
	});

	it("reads the demo site", () => {
		const site = readSite(readFileSync(new URL("../../sites/demo.json", import.meta.url), "utf8"), known);
		expect(site.devices.map((device) => device.role)).toEqual([...Array(6).fill("home"), "feeder", "sensor"]);
		expect(new Set(site.devices.filter((device) => device.role === "home").map((device) => device.device)).size).toBe(
			3,
		);
		expect(site.topology[0]).toMatchObject({ kind: "feeder", position: [31.7604, 0.9162] });
	});

	it("fills in what is left out", () => {
		const site = readSite(JSON.stringify(small), known);
		expect(site.buses[0]).toEqual({
			id: "b1",
			kind: "rs485",
			protocol: "modbus",
			port: "sim",
			baud: 9600,
			parity: "none",
			stop: 1,
			host: "",
			user: "",
			password: "",
			timeoutMs: 1000,
			retries: 1,
			poll: {},
		});
		expect(site.devices[0]).toMatchObject({ name: "d1", serial: "d1", role: "other", phase: 1, poll: {} });
		expect(site.services.sunspec.port).toBe(502);
	});

	it("wants a bus that carries what the device speaks, and one protocol a bus", () => {
		const words = [...known, "pylon:can", "delta:huanyang"];
		const check = (bus: object, devices: readonly object[]) =>
			checkSite(
				JSON.stringify({ ...small, topology: undefined, buses: [{ id: "b1", port: "sim", ...bus }], devices }),
				words,
			);
		const one = (device: string, unit: number, more: object = {}) => ({ id: device, device, bus: "b1", unit, ...more });
		const right = check({ kind: "can", bitrate: 250000 }, [one("pylon", 9)]);
		expect(right.problems).toEqual([]);
		expect(right.site!.buses[0]).toMatchObject({ kind: "can", protocol: "can", baud: 250000 });
		expect(right.site!.devices[0]!.address).toBe(1);
		expect(check({}, [one("pylon", 9, { address: 4 })]).problems).toEqual([
			{ place: "devices[0].bus", message: 'pylon speaks can, which needs a bus of kind "can"; b1 is "rs485"' },
		]);
		const mixed = [one("delta", 9, { address: 4 }), one("eastron-sdm120", 10, { address: 5 })];
		expect(check({}, mixed).problems).toEqual([
			{
				place: "devices[1].bus",
				message: "eastron-sdm120 speaks modbus, devices[0] on the same bus huanyang",
			},
		]);
	});

	it("wants one device on a line whose protocol has no addresses", () => {
		const devices = [1, 2].map((n) => ({ id: `d${n}`, device: "board", bus: "b1", address: n, unit: 8 + n }));
		const buses = [{ id: "b1", port: "sim" }];
		const check = (protocol: string) =>
			checkSite(JSON.stringify({ ...small, topology: undefined, buses, devices }), [...known, `board:${protocol}`]);
		expect(check("pylontech").problems).toEqual([]);
		expect(check("jk").problems).toEqual([
			{
				place: "devices[1].bus",
				message: "board has no address and is alone on its line; devices[0] is there already",
			},
		]);
	});

	it("may say of a bus with Modbus devices that they speak ASCII, 7N2 unless it says more", () => {
		const check = (bus: object) =>
			checkSite(JSON.stringify({ ...small, buses: [{ id: "b1", port: "sim", ...bus }] }), known);
		const ascii = (bus: object = {}) => check({ protocol: "modbus-ascii", ...bus });
		expect(ascii().site!.buses[0]).toMatchObject({ protocol: "modbus-ascii", bits: 7, parity: "none", stop: 2 });
		expect(ascii({ parity: "even" }).site!.buses[0]).toMatchObject({ bits: 7, parity: "even", stop: 1 });
		expect(ascii({ bits: 8, stop: 1 }).site!.buses[0]).toMatchObject({ bits: 8, stop: 1 });
		expect(ascii({ stop: 1 }).problems).toContainEqual({
			place: "buses[0].stop",
			message: "1 is not allowed; 7 bits without parity have 2 stop bits",
		});
		expect(check({ bits: 7 }).problems).toContainEqual({
			place: "buses[0].bits",
			message: 'only a bus of protocol "modbus-ascii" has it',
		});
		expect(check({ protocol: "daly" }).problems[0]).toMatchObject({ place: "buses[0].protocol" });
		const tcp = check({ kind: "tcp", port: 502, host: "h", protocol: "modbus-ascii" });
		expect(tcp.problems[0]).toMatchObject({ place: "buses[0].protocol" });
	});

	it("takes what speaks SunSpec, and a line to SunSpec clients that no bus has", () => {
		const rtu = { port: "rs485-2", baud: 19200 };
		const device = { id: "pv", device: "sunspec", bus: "b1", address: 5, unit: 5, sim: "inverter" };
		const text = (port: string) =>
			JSON.stringify({
				...small,
				buses: [{ id: "b1", port }],
				devices: [{ ...device, ratings: { maxW: 8000 } }],
				topology: undefined,
				services: { sunspec: { rtu, control: false } },
			});
		const site = readSite(text("rs485-1"), [...known, "sunspec"]);
		expect(site.devices[0]).toMatchObject({ sim: "inverter", control: true, ratings: { maxW: 8000 } });
		const line = { port: "rs485-2", baud: 19200, parity: "none", stop: 1 };
		expect(site.services.sunspec).toEqual({ port: 502, rtu: line, control: false, older: true });
		expect(checkSite(text("rs485-2"), [...known, "sunspec"]).problems).toEqual([
			{ place: "services.sunspec.rtu.port", message: "rs485-2 is taken by buses[0]" },
		]);
	});

	it.each(wrong)("refuses %s = %j", (path, value, place, says) => {
		const { site, problems } = checkSite(changed(path, value), known);
		expect(site).toBeUndefined();
		const found = problems.find((problem) => problem.place === place);
		expect(found?.message, JSON.stringify(problems)).toContain(says);
	});

	it.each(notJson)("points at what is no JSON: %j", (text, place, says) => {
		const { site, problems } = checkSite(text, known);
		expect(site).toBeUndefined();
		expect(problems).toHaveLength(1);
		expect(problems[0]?.place).toBe(place);
		expect(problems[0]?.message).toContain(says);
	});

	it("agrees with JSON.parse about what is JSON", () => {
		const text = JSON.stringify({ a: [1, -2.5e3, 'x\u2028\\"', null, true, {}], b: { c: [] } }, null, 2);
		let refused = 0;
		for (let cut = 0; cut < text.length; cut++) {
			for (const bad of [
				text.slice(0, cut),
				text.slice(0, cut) + text.slice(cut + 1),
				`${text.slice(0, cut)}x${text.slice(cut)}`,
			]) {
				let accepted = true;
				try {
					JSON.parse(bad);
				} catch {
					accepted = false;
					refused++;
				}
				expect(jsonFault(bad) === undefined, bad).toBe(accepted);
			}
		}
		expect(refused).toBeGreaterThan(100);
	});

	it("tells all problems at once, one a line", () => {
		const text = JSON.stringify({ ...small, name: "", feederId: "a b" });
		expect(() => readSite(text, known)).toThrow(GridpostError);
		expect(() => readSite(text, known)).toThrow(/2 problems:\n {2}name: .*\n {2}feederId: /);
	});

	it("refuses a file longer than the device can hold", () => {
		const text = JSON.stringify(small) + " ".repeat(kLongestSite);
		expect(checkSite(text, known).problems[0]?.message).toContain(`${kLongestSite} are allowed`);
	});

	it("reads broker addresses", () => {
		expect(parseBroker("mqtt://10.1.2.3")).toEqual({ tls: false, host: "10.1.2.3", port: 1883 });
		expect(parseBroker("mqtts://b.example/")).toEqual({ tls: true, host: "b.example", port: 8883 });
		expect(parseBroker("mqtt://[::1]:1884")).toEqual({ tls: false, host: "::1", port: 1884 });
		expect(parseBroker("mqtt://")).toBeUndefined();
	});
});

it("takes limits and the local time, and does without", () => {
	expect(readSite(JSON.stringify(small), known)).toMatchObject({ utcOffsetMinutes: 0, limits: undefined });
	const site = readSite(changed("limits", { voltageMaxV: 253 }), known);
	expect(site.limits).toEqual({ voltageMaxV: 253 });
	expect(readSite(changed("limits", {}), known).limits).toBeUndefined();
	expect(readSite(changed("utcOffsetMinutes", -720), known).utcOffsetMinutes).toBe(-720);
});
