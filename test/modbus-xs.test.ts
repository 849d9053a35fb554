/** The Modbus client and RTU server on the application's engine, over an in-process line: what they cost there. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LineDevice, openLine } from "../hosts/desktop/line";
import { createTestMachine, type TestMachine } from "../hosts/desktop/testing";
import { RtuResponder } from "../modules/modbus/server-rtu";
import { PlainSpace } from "./fakes/registers";

const preload = [
	"modules/modbus/client",
	"modules/modbus/server-rtu",
	"modules/modbus/server-tcp",
	"hosts/moddable/ticks",
];

const program = `
import { ModbusClient } from "modules/modbus/client";
import { RtuServer } from "modules/modbus/server-rtu";
import RS485 from "modules/rs485/rs485";
import { ModdableClock } from "hosts/moddable/clock";
const clock = new ModdableClock(() => true);
let client;
const request = {
	unit: 1, function: 3, address: 0, count: 18, left: 0, sum: 0, bad: 0,
	onResult(result) {
		if (result.status !== "ok") this.bad++;
		else {
			// decoded as a device of nine 32-bit values
			const data = result.data;
			for (let i = 0; i < 18; i += 2) this.sum += data.getUint32(2 * i) * 0.01;
		}
		if (--this.left > 0) client.request(this);
	},
};
export function open(baud) { client = new ModbusClient({ link: { io: RS485, port: "sim:a", baud }, clock }); }
export function read(times, count) { request.left = times; request.count = count; client.request(request); }
export function state() { return { left: request.left, bad: request.bad }; }
export function ask(unit, settings, done) {
	client.request({ unit, function: 3, address: 0, count: 2, ...settings, onResult(result) {
		const value = result.status === "ok" ? result.data.getUint32(0) : -1;
		done({ unit, status: result.status, value, attempts: result.attempts, tookMs: result.endMs - result.startMs });
	} });
}
export function serve(baud) {
	new RtuServer({ link: { io: RS485, port: "sim:a", baud }, space: {
		hasUnit: (unit) => unit === 1,
		readRegisters(unit, input, address, count, out, offset) {
			for (let i = 0; i < count; i++) out.setUint16(offset + 2 * i, address + i);
			return 0;
		},
	}});
}
`;

interface Result {
	unit: number;
	status: string;
	value: number;
	attempts: number;
	tookMs: number;
}

interface Program extends Record<string, unknown> {
	open(baud: number): void;
	read(times: number, count: number): void;
	state(): { left: number; bad: number };
	ask(unit: number, settings: object, done: (result: Result) => void): void;
	serve(baud: number): void;
}

let machine: TestMachine;
let app: Program;
let device: LineDevice | undefined;

beforeEach(() => {
	machine = createTestMachine({
		preload,
		sources: { program },
		modules: { "hosts/moddable/*": "build/js/hosts/moddable/*" },
	});
	app = machine.importModule<Program>("program");
});

afterEach(() => {
	device?.close();
	device = undefined;
	machine.finish();
});

/** A device on the line, played in Node: its work is not counted. `spoil` may send anything in place of the reply. */
function plug(spoil?: (reply: Uint8Array, count: number) => boolean): void {
	const space = new PlainSpace([1, 2]);
	for (let i = 0; i < 18; i++) space.holding[i] = i;
	const responder = new RtuResponder(space);
	let count = 0;
	device = openLine(machine, "a", {
		onFrame(bytes) {
			responder.room().set(bytes);
			const reply = responder.receive(bytes.length)?.slice();
			if (reply && !spoil?.(reply, count++)) device!.send(reply, 500);
		},
	});
}

/** What reading costs, after everything has been used once. */
function cost(times: number, count: number): { byteCodes: number; slots: number; chunkBytes: number } {
	app.read(20, count);
	machine.advance(20 * 200);
	machine.collect();
	const before = machine.counters();
	app.read(times, count);
	machine.advance(times * 200);
	const after = machine.counters();
	expect(app.state()).toEqual({ left: 0, bad: 0 });
	machine.collect();
	return {
		byteCodes: (after.byteCodes - before.byteCodes) / times,
		slots: machine.counters().slots - before.slots,
		chunkBytes: machine.counters().chunkBytes - before.chunkBytes,
	};
}

describe("the cost on XS of", () => {
	test("a client's read of 18 registers, with decoding: half of what 100 us allow, and no heap", () => {
		plug();
		app.open(115_200);
		const read = cost(500, 18);
		// XS runs 200 to 400 million byte codes a second (desktop); the goal is 100 us
		expect(read.byteCodes).toBeLessThan(4000);
		expect(read.slots).toBeLessThan(10);
		expect(read.chunkBytes).toBeLessThan(100);
	});

	test("a server's answer of 125 registers, beside the client that asks", () => {
		app.serve(115_200);
		app.open(115_200);
		const read = cost(100, 125);
		expect(read.byteCodes).toBeLessThan(25_000);
		expect(read.slots).toBeLessThan(10);
		expect(read.chunkBytes).toBeLessThan(100);
	});
});

describe("on a line where bytes take their time", () => {
	let results: Result[];
	const ask = (unit: number, settings: object = {}): void =>
		app.ask(unit, settings, (result) => void results.push(result));

	beforeEach(() => {
		results = [];
	});

	test("a transaction has no gaps but those that the specification wants", () => {
		plug();
		app.open(9600);
		machine.advance(10);
		for (let i = 0; i < 10; i++) ask(1);
		machine.advance(1000);
		expect(results.map((result) => result.value)).toEqual(Array(10).fill(1));
		// request 8 bytes 8.33 ms, its silence 3.65, the device's 0.5, reply 9 bytes 9.38, silence 3.65: 25.5 ms
		const took = results.slice(1).map((result) => result.tookMs);
		for (const ms of took) expect(ms).toBeGreaterThanOrEqual(25);
		for (const ms of took) expect(ms).toBeLessThanOrEqual(26.5);
	});

	test("noise, a bad character, a broken or a split reply cost a retry at most", () => {
		const bad = Uint8Array.of(1, 3, 4, 0, 0, 0, 1, 0, 0);
		plug((reply, count) => {
			if (count === 0) device!.send(Uint8Array.of(0), 0, "framing");
			if (count === 1) device!.send(Uint8Array.of(0x55), 0);
			if (count === 0 || count === 1) device!.send(reply, 1200);
			if (count === 2) device!.send(bad, 500);
			if (count === 4) device!.send(reply, 500, "parity");
			if (count === 6) {
				device!.send(reply.subarray(0, 4), 500);
				device!.send(reply.subarray(4), 20_000);
			}
			return count === 0 || count === 1 || count === 2 || count === 4 || count === 6;
		});
		app.open(9600);
		for (let i = 0; i < 5; i++) ask(1);
		machine.advance(1000);
		expect(results.map(({ status, value, attempts }) => ({ status, value, attempts }))).toEqual([
			{ status: "ok", value: 1, attempts: 1 },
			{ status: "ok", value: 1, attempts: 1 },
			{ status: "ok", value: 1, attempts: 2 },
			{ status: "ok", value: 1, attempts: 2 },
			{ status: "ok", value: 1, attempts: 1 },
		]);
	});

	test("a reply that is late for one device does not become another's, and costs the others nothing", () => {
		plug((reply, count) => {
			if (count !== 0) return false;
			// it begins before the time-out of unit 1 and ends during the request to unit 2
			device!.send(reply, 95_000);
			return true;
		});
		app.open(9600);
		ask(1, { timeoutMs: 90, retries: 0 });
		ask(2);
		ask(2);
		machine.advance(1000);
		expect(results.map(({ unit, status, attempts }) => `${unit} ${status} ${attempts}`)).toEqual([
			"1 timeout 1",
			"2 ok 1",
			"2 ok 1",
		]);
	});

	test("a babbling device: the request waits, is sent in the end, and ends", () => {
		plug();
		app.open(9600);
		const babbler = openLine(machine, "a", {});
		machine.advance(20);
		for (let i = 0; i < 70; i++) babbler.send(new Uint8Array(50).fill(0xa5), i * 52_000);
		machine.advance(10);
		ask(1, { timeoutMs: 200 });
		machine.advance(4000);
		expect(results).toHaveLength(1);
		expect(results[0]!.status).not.toBe("ok");
		machine.advance(1000);
		ask(1);
		machine.advance(1000);
		expect(results[1]).toMatchObject({ status: "ok", value: 1 });
		babbler.close();
	});
});
