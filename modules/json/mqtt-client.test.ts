import { beforeEach, expect, it } from "vitest";
import { JsonDevice } from "../../sim/json-device";
import { simulatedMqtt } from "../../sim/json-mqtt";
import { FixedSource } from "../../sim/profile";
import { ManualClock } from "../base/manual-clock";
import { WRITE_RECORD } from "../base/record";
import { pathFields } from "../devices/path-rows";
import { tasmotaEnergy } from "../devices/tables/tasmota-energy";
import { JsonMqttClient } from "./mqtt-client";
import type { JsonRequest, JsonResult } from "./source";

const records = tasmotaEnergy.records!;
const index = (name: string): number => records.findIndex((record) => record.name === name);
const powerAt = tasmotaEnergy.rows.find((row) => row.name === "power")!.address;

let clock: ManualClock;
let devices: JsonDevice[];
let client: JsonMqttClient;
/** "unit record status", with the power of a sensor. */
let heard: string[];
let results: string[];

beforeEach(() => {
	clock = new ManualClock();
	heard = [];
	results = [];
	devices = [1, 2].map((unit) => {
		const source = new FixedSource({ W: 100 * unit, "64923.Ch[1].St": 0, PhV: 230, A: 1, TotWhImp: 1000 });
		return new JsonDevice({ table: tasmotaEnergy, unit, path: `plug${unit}`, source });
	});
	client = new JsonMqttClient({
		broker: {
			socket: { io: simulatedMqtt(devices, clock), host: "broker" },
			clock,
			random: () => 0.5,
			clientId: "hub",
		},
		sources: devices.map(({ unit, path }) => ({
			unit,
			path,
			channel: 1,
			records,
			fields: (record) => pathFields(tasmotaEnergy, record),
			onRecord: (at, { status, data }) => {
				heard.push(`${unit} ${records[at]!.name} ${status}${status === "ok" ? ` ${data.getFloat64(powerAt)}` : ""}`);
			},
		})),
	});
	clock.advance(2000);
});

function ask(name: string, more: Partial<JsonRequest> = {}): void {
	const onResult = ({ status, exception, data }: JsonResult): void => {
		results.push(status === "ok" && data.byteLength > 0 ? `ok ${data.getFloat64(0)}` : `${status} ${exception}`);
	};
	client.request({ unit: 1, function: 0, address: index(name), timeoutMs: 1000, retries: 0, onResult, ...more });
	clock.advance(0);
}

it("gives each message to its device", () => {
	expect(heard).toEqual(["1 sensor ok 100", "2 sensor ok 200"]);
	expect(client.fault).toBe("");
});

it("gives the state that was told last, and waits for the one after a command", () => {
	ask("relay");
	ask("set_relay", { function: WRITE_RECORD, values: [1] });
	expect(results).toEqual(["ok 0", "ok 0"]);
	ask("relay");
	expect(results.length).toBe(2);
	clock.advance(100);
	expect(results[2]).toBe("ok 1");
	ask("relay", { unit: 2 });
	expect(results.at(-1)).toBe("ok 0");
});

it("waits for what comes unasked after a command, and no longer than it is told to", () => {
	ask("sensor");
	expect(results.length).toBe(1);
	devices[0]!.fault = { kind: "silent" };
	ask("set_relay", { function: WRITE_RECORD, values: [1] });
	ask("relay", { timeoutMs: 300 });
	clock.advance(299);
	expect(results.length).toBe(2);
	clock.advance(1);
	expect(results.at(-1)).toBe("timeout 0");
});

it("tells of silence once, after three periods, and of its end", () => {
	heard.length = 0;
	clock.advance(600_000);
	expect(heard.length).toBe(4);
	heard.length = 0;
	// no last will: only the telemetry stops
	const document = devices[1]!.document.bind(devices[1]);
	devices[1]!.document = (record, nowMs) => (record.name === "sensor" ? "no telemetry" : document(record, nowMs));
	clock.advance(300_000);
	expect(heard.filter((one) => one[0] === "2")).toEqual(["2 sensor garbled"]);
	devices[1]!.document = document;
	heard.length = 0;
	devices[1]!.fault = { kind: "silent" };
	clock.advance(2000);
	// its will says so at once
	expect(heard).toEqual(["2 sensor timeout"]);
	ask("relay", { unit: 2 });
	expect(results).toEqual(["timeout 0"]);
	clock.advance(900_000);
	expect(heard.filter((one) => one[0] === "2")).toEqual(["2 sensor timeout"]);
	devices[1]!.fault = undefined;
	clock.advance(400_000);
	expect(heard.at(-1)).toMatch(/^[12] sensor ok/);
	expect(heard).toContain("2 sensor ok 200");
});

it("refuses what it does not know", () => {
	ask("relay", { unit: 3 });
	ask("relay", { address: 17 });
	// what is only written is not read
	ask("set_relay");
	expect(results).toEqual(["exception 2", "exception 2", "exception 2"]);
});

it("ends what waits when it is closed, and takes nothing more", () => {
	ask("set_relay", { function: WRITE_RECORD, values: [1] });
	results.length = 0;
	devices[0]!.fault = { kind: "silent" };
	ask("relay");
	client.close();
	client.close();
	expect(results).toEqual(["closed 0"]);
	ask("relay");
	clock.advance(10_000);
	expect(results.length).toBe(1);
});

it("refuses a path that would be a filter", () => {
	const broker = {
		socket: { io: simulatedMqtt([], clock), host: "broker" },
		clock,
		random: () => 0.5,
		clientId: "hub",
	};
	const source = { unit: 1, path: "plug/#", channel: 1, records, fields: () => [], onRecord: () => {} };
	expect(() => new JsonMqttClient({ broker, sources: [source] })).toThrow('path: "plug/#"');
});

it("sends no command while there is no broker, then or later", () => {
	const writes: string[] = [];
	const lonely = new JsonMqttClient({
		broker: {
			socket: {
				io: class {
					constructor() {
						throw new Error("no network");
					}
				} as never,
				host: "broker",
			},
			clock,
			random: () => 0.5,
			clientId: "hub",
		},
		sources: [],
	});
	clock.advance(100);
	expect(lonely.fault).toContain("no network");
	lonely.request({
		...{ unit: 1, function: WRITE_RECORD, address: 3, values: [1], timeoutMs: 1000, retries: 0 },
		onResult: ({ status }) => writes.push(status),
	});
	clock.advance(100);
	expect(writes).toEqual(["exception"]);
	lonely.close();
});
