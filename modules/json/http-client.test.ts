import { beforeEach, expect, it } from "vitest";
import { FakeNetwork, type FakePeer } from "../../test/fakes/tcp";
import { utf8Encode } from "../base/bytes";
import { ManualClock } from "../base/manual-clock";
import { type RecordSpec, WRITE_RECORD } from "../base/record";
import { JsonHttpClient } from "./http-client";
import type { JsonRequest, JsonResult } from "./source";

const records: RecordSpec[] = [
	{ name: "status", key: "/rpc/Status?id={channel}", bytes: 8 },
	{ name: "set", key: "/set?p={value}", bytes: 8, write: true },
	{ name: "post", key: "config", bytes: 8, request: 'data={"serial":"{path}","on":{bool}}', write: true },
	{ name: "json", key: "/rpc", bytes: 8, request: '{"v":{value}}', write: true },
];

let clock: ManualClock;
let network: FakeNetwork;
let client: JsonHttpClient;
const results: (string | number)[] = [];

beforeEach(() => {
	clock = new ManualClock();
	network = new FakeNetwork();
	network.onDial = (peer) => void clock.setTimer(() => peer.grant(1000), 1);
	results.length = 0;
	const fields = () => [{ path: "power", at: 0, bytes: 8, text: false }];
	client = new JsonHttpClient({
		link: { io: network.tcp, host: "gateway", port: 80 },
		clock,
		random: () => 0.5,
		sources: [1, 3].map((unit) => ({ unit, path: `sn${unit}`, channel: unit, records, fields })),
	});
});

function ask(address: number, more: Partial<JsonRequest> = {}): void {
	const onResult = ({ status, exception, data }: JsonResult): void => {
		results.push(status === "ok" && data.byteLength > 0 ? data.getFloat64(0) : `${status} ${exception}`);
	};
	client.request({ unit: 1, function: 0, address, timeoutMs: 1000, retries: 1, onResult, ...more });
	clock.advance(1);
}

const sent = (): string => String.fromCharCode(...network.last.take());
function say(peer: FakePeer, body: string, head = "200 OK"): void {
	peer.send(utf8Encode(`HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
	clock.advance(1);
}

it("asks for a record of a unit, and gives its numbers", () => {
	ask(0, { unit: 3 });
	expect(sent()).toMatch(/^GET \/rpc\/Status\?id=2 HTTP\/1\.1\r\nHost: gateway\r\n/);
	say(network.last, '{"power":12.5}');
	ask(0);
	expect(sent()).toContain("?id=0 ");
	say(network.last, "{}");
	expect(results).toEqual([12.5, Number.NaN]);
});

it.each([
	[1, 500, "GET /set?p=500 HTTP/1.1", ""],
	[1, 0.1 + 0.2, "GET /set?p=0.3 HTTP/1.1", ""],
	[2, 1, "POST /config HTTP/1.1", 'data={"serial":"sn1","on":true}'],
	[2, 0, "POST /config HTTP/1.1", 'data={"serial":"sn1","on":false}'],
	[3, -2, "POST /rpc HTTP/1.1", '{"v":-2}'],
])("writes record %i with %f", (address, value, line, body) => {
	ask(address, { function: WRITE_RECORD, values: [value] });
	const text = sent();
	expect(text.split("\r\n")[0]).toBe(line);
	expect(text.split("\r\n\r\n")[1]).toBe(body);
	if (body !== "") expect(text).toContain(body[0] === "{" ? "application/json" : "application/x-www-form-urlencoded");
	say(network.last, '{"message":"SUCCESS"}');
	expect(results).toEqual(["ok 0"]);
});

it.each([
	["404 Not Found", "", 2],
	["400 Bad Request", "", 3],
	["405 Method Not Allowed", "", 1],
	["503 Service Unavailable", "", 6],
	["500 Internal Server Error", '{"power":1}', 4],
	["302 Found", '{"power":1}', 4],
	["200 OK", '{"data":null,"message":"FAILED"}', 4],
])("takes %s %s as a refusal", (head, body, code) => {
	ask(0);
	say(network.last, body, head);
	expect(results).toEqual([`exception ${code}`]);
});

it("takes a warning as a refusal of what is written, not of what is read", () => {
	ask(0);
	say(network.last, '{"type":"warning","power":3}');
	ask(1, { function: WRITE_RECORD, values: [5] });
	say(network.last, '{"type":"warning"}');
	expect(results).toEqual([3, "exception 3"]);
});

it("tells what is no JSON, and what it does not know", () => {
	ask(0);
	say(network.last, "<html>");
	ask(9);
	ask(0, { unit: 2 });
	expect(results).toEqual(["garbled 0", "exception 2", "exception 2"]);
});

it("asks again for what is read, and never writes twice", () => {
	ask(0);
	clock.advance(2500);
	expect(results).toEqual(["timeout 0"]);
	expect(network.dialled.length).toBe(2);
	ask(1, { function: WRITE_RECORD, values: [5], retries: 3 });
	clock.advance(5000);
	expect(results).toEqual(["timeout 0", "timeout 0"]);
	expect(network.dialled.length).toBe(3);
});

it("lets an urgent command go first", () => {
	ask(0);
	ask(0);
	ask(1, { function: WRITE_RECORD, values: [0], urgent: true });
	expect(sent()).toContain("/rpc/Status");
	say(network.last, "{}");
	clock.advance(1);
	expect(sent()).toContain("/set?p=0");
});

it("refuses a device whose path is none", () => {
	const source = {
		unit: 1,
		path: "a b",
		channel: 1,
		records: [{ name: "x", key: "/x/{path}", bytes: 8 }],
		fields: () => [],
	};
	const link = { io: network.tcp, host: "gateway" };
	expect(() => new JsonHttpClient({ link, clock, random: () => 0, sources: [source] })).toThrow('path: "a b"');
});

it("ends what is under way when it is closed", () => {
	ask(0);
	client.close();
	client.close();
	expect(results).toEqual(["closed 0"]);
	ask(0);
	expect(results.length).toBe(1);
});
