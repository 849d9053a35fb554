import { beforeEach, describe, expect, test } from "vitest";
import { SimCanBus } from "../../sim/can-bus";
import type { LogLevel } from "../base/log";
import { ManualClock } from "../base/manual-clock";
import type { RecordSpec } from "../base/record";
import { CanClient } from "./client";
import type { CanListener, CanRequest, CanResult } from "./types";

interface Told {
	index: number;
	status: CanResult["status"];
	bytes: number[];
	startMs: number;
	endMs: number;
}

const copy = (index: number, { status, bytes, byteLength, startMs, endMs }: CanResult): Told => ({
	index,
	status,
	bytes: byteLength === bytes.length ? [...bytes] : [-1],
	startMs,
	endMs,
});

let clock: ManualClock;
let bus: SimCanBus;
let logged: [LogLevel, string][];
const device = {};

function open(listeners: readonly CanListener[] = []): CanClient {
	const log = (level: LogLevel, _area: string, text: string) => void logged.push([level, text]);
	return new CanClient({ link: { io: bus.io, port: "sim:a" }, clock, listeners, log, name: "b" });
}

function listener(records: readonly RecordSpec[], unit = 1): CanListener & { told: Told[] } {
	const told: Told[] = [];
	return { records, unit, told, onRecord: (index, result) => void told.push(copy(index, result)) };
}

const send = (id: number, bytes: number[], extended = false) =>
	bus.send(device, { id, extended, data: Uint8Array.from(bytes) });

beforeEach(() => {
	clock = new ManualClock();
	bus = new SimCanBus(clock);
	logged = [];
});

describe("devices that send unasked", () => {
	const records: RecordSpec[] = [
		{ name: "volts", key: 0x356, bytes: 6, everyMs: 1000 },
		{ name: "extended", key: 0x356, extended: true, bytes: 8 },
		{ name: "mux 1", key: 0x400, bytes: 8, least: 3, mux: { byte: 0, value: 1 }, everyMs: 500 },
		{ name: "mux 2", key: 0x400, bytes: 8, least: 3, mux: { byte: 0, value: 2 } },
	];

	test("each frame reaches the record of its identifier, format and multiplexor", () => {
		const one = listener(records);
		open([one]);
		send(0x356, [1, 2, 3, 4, 5, 6]);
		send(0x356, [9, 9, 9, 9, 9, 9, 9, 9], true);
		send(0x400, [2, 7, 8]);
		send(0x400, [1, 5, 6, 7]);
		send(0x400, [3, 5, 6]);
		send(0x357, [1]);
		clock.advance(20);
		expect(one.told.map(({ index, status, bytes }) => [index, status, bytes])).toEqual(
			[
				[0, "ok", [1, 2, 3, 4, 5, 6]],
				[1, "ok", [9, 9, 9, 9, 9, 9, 9, 9]],
				[3, "ok", [2, 7, 8]],
				[2, "ok", [1, 5, 6, 7]],
			].sort((a, b) => order(a) - order(b)),
		);
	});

	// standard before extended, the lower identifier first
	const order = ([index]: (string | number | number[])[]) => [1, 2, 4, 3][index as number]!;

	test("a frame that is longer is cut, one that is shorter is garbled", () => {
		const one = listener(records);
		const client = open([one]);
		send(0x356, [1, 2, 3, 4, 5, 6, 7, 8]);
		clock.advance(300);
		send(0x356, [1, 2, 3, 4, 5]);
		clock.advance(20);
		expect(one.told).toMatchObject([
			{ index: 0, status: "ok", bytes: [1, 2, 3, 4, 5, 6] },
			{ index: 0, status: "garbled", bytes: [] },
		]);
		expect(client.line.short).toBe(1);
	});

	test("of what comes much faster than its period the newest counts, five times a period", () => {
		const one = listener(records);
		open([one]);
		for (let i = 0; i < 50; i++) {
			send(0x356, [0, 0, 0, 0, 0, i]);
			clock.advance(20);
		}
		expect(one.told.length).toBe(5);
		expect(one.told.map(({ bytes }) => bytes[5])).toEqual([0, 9, 19, 29, 39]);
		clock.advance(300);
		// the last one is not forgotten
		expect(one.told.at(-1)!.bytes[5]).toBe(49);
	});

	test("three periods of silence are told once, and the next frame ends them", () => {
		const one = listener(records);
		open([one]);
		for (let i = 0; i < 5; i++) {
			send(0x356, [0, 0, 0, 0, 0, i]);
			clock.advance(1000);
		}
		const silent = one.told.filter(({ status }) => status === "timeout");
		expect(silent).toMatchObject([{ index: 2, startMs: 0, endMs: 1500 }]);
		clock.advance(60_000);
		expect(one.told.filter(({ status }) => status === "timeout")).toMatchObject([
			{ index: 2 },
			{ index: 0, endMs: expect.closeTo(7000, -1) },
		]);
		send(0x356, [0, 0, 0, 0, 0, 9]);
		send(0x400, [1, 0, 0]);
		clock.advance(10_000);
		expect(one.told.slice(-4).map(({ index, status }) => [index, status])).toEqual([
			[0, "ok"],
			[2, "ok"],
			[2, "timeout"],
			[0, "timeout"],
		]);
	});

	test("two devices of one kind are told apart by their units, two listeners may hear one frame", () => {
		const cells: RecordSpec[] = [{ name: "cells", key: 0x18e028f4, extended: true, bytes: 8, perUnit: 1 }];
		const [first, third, again] = [listener(cells, 1), listener(cells, 3), listener(cells, 3)];
		open([first, third, again]);
		send(0x18e028f4, [1, 0, 0, 0, 0, 0, 0, 0], true);
		send(0x18e028f6, [3, 0, 0, 0, 0, 0, 0, 0], true);
		clock.advance(10);
		expect(first.told.map(({ bytes }) => bytes[0])).toEqual([1]);
		expect(third.told.map(({ bytes }) => bytes[0])).toEqual([3]);
		expect(again.told).toEqual(third.told);
	});

	test("the port's filters let just these identifiers pass, merged when there are more than 16", () => {
		const many: RecordSpec[] = Array.from({ length: 20 }, (_unused, i) => ({ name: `${i}`, key: 0x350 + i, bytes: 1 }));
		open([listener(records)]);
		expect(bus.ports[0]!.options.filters).toEqual([
			{ extended: false, id: 0x356, mask: 0x7ff },
			{ extended: false, id: 0x400, mask: 0x7ff },
			{ extended: true, id: 0x356, mask: 0x1fffffff },
		]);
		const one = listener(many);
		open([one]);
		const filters = bus.ports[1]!.options.filters!;
		expect(filters.length).toBe(16);
		for (let i = 0; i < 20; i++) send(0x350 + i, [i]);
		for (let id = 0; id < 0x800; id += 0x11) if (id < 0x350 || id > 0x363) send(id, [1]);
		clock.advance(100);
		expect(one.told.map(({ index }) => index).sort((a, b) => a - b)).toEqual(many.map((_unused, i) => i));
		// with four merged pairs none of the others passes
		expect(bus.ports[1]!.counters.framesReceived).toBe(20);
	});

	test("frames lost above the queue's limit are counted and told, once in a minute", () => {
		const one = listener([{ name: "x", key: 0x100, bytes: 1 }]);
		const client = open([one]);
		const port = bus.ports[0]!;
		const { onReadable } = port.options;
		(port.options as { onReadable?: unknown }).onReadable = undefined;
		for (let i = 0; i < 70; i++) send(0x100, [i]);
		clock.advance(100);
		onReadable!.call(port as never);
		expect(one.told.length).toBe(64);
		expect(client.line).toMatchObject({ framesReceived: 64, overflow: 6 });
		for (let i = 0; i < 70; i++) send(0x100, [i]);
		clock.advance(100);
		expect(logged).toEqual([["warn", "b: frames were lost: the receive queue was full"]]);
	});
});

describe("frames of ours", () => {
	test("wait while the queue is full, the newest of each identifier, and go when there is room", () => {
		const client = open();
		for (let i = 0; i < 16; i++) expect(client.send(i, Uint8Array.of(1))).toBe(true);
		for (let i = 0; i < 16; i++) expect(client.send(0x100 + i, Uint8Array.of(2))).toBe(true);
		expect(client.send(0x105, Uint8Array.of(3, 3))).toBe(true);
		expect(client.send(0x200, Uint8Array.of(4))).toBe(false);
		expect(client.line.refused).toBe(1);
		clock.advance(100);
		expect(bus.seen.length).toBe(32);
		expect(bus.seen.slice(16).map(({ id, data }) => [id, ...data])).toEqual(
			Array.from({ length: 16 }, (_unused, i) => (i === 5 ? [0x105, 3, 3] : [0x100 + i, 2])),
		);
	});

	test("bus-off is a fault that is told; what is sent then goes when it is over", () => {
		const client = open();
		const [port] = bus.ports;
		port!.become("warning");
		expect(client.fault).toBe("");
		port!.become("bus-off");
		expect(client.fault).toMatch(/off the bus/);
		expect(client.send(0x123, Uint8Array.of(7))).toBe(true);
		clock.advance(50);
		expect(bus.seen).toEqual([]);
		port!.become("active");
		expect(client.fault).toBe("");
		clock.advance(50);
		expect(bus.seen).toMatchObject([{ id: 0x123, data: Uint8Array.of(7) }]);
		expect(client.line).toMatchObject({ busOff: 1, framesSent: 1 });
		expect(logged.map(([level]) => level)).toEqual(["error", "info"]);
	});

	test("a port that has gone is opened again, its counters go on, and everybody is told", () => {
		const one = listener([{ name: "x", key: 0x100, bytes: 1, everyMs: 1000 }]);
		const client = open([one]);
		send(0x100, [1]);
		clock.advance(10);
		bus.refuse = true;
		bus.ports[0]!.fail();
		expect(client.fault).toBe("the serial device has gone");
		expect(client.send(1, Uint8Array.of(1))).toBe(false);
		expect(one.told.at(-1)).toMatchObject({ index: 0, status: "closed" });
		clock.advance(2500);
		expect(bus.ports.length).toBe(0);
		bus.refuse = false;
		clock.advance(10_000);
		expect(client.fault).toBe("");
		send(0x100, [2]);
		clock.advance(10);
		expect(one.told.at(-1)).toMatchObject({ status: "ok", bytes: [2] });
		expect(client.line.framesReceived).toBe(2);
		client.close();
		client.close();
		expect(bus.ports.length).toBe(0);
		expect(clock.pending).toBe(0);
	});

	test("what must be heard all the time is sent with its period, once for all devices", () => {
		const records: RecordSpec[] = [{ name: "alive", key: 0x305, bytes: 8, write: true, everyMs: 1000 }];
		const client = open([listener(records), listener(records)]);
		clock.advance(3500);
		expect(bus.seen.map(({ id, data }) => [id, data.length])).toEqual(Array(4).fill([0x305, 8]));
		client.close();
		clock.advance(3500);
		expect(bus.seen.length).toBe(4);
	});
});

describe("devices that are asked", () => {
	const volts: RecordSpec = {
		name: "volts",
		key: 0x18904001,
		extended: true,
		bytes: 8,
		request: "18900140#0000000000000000",
		perUnit: 1,
		requestPerUnit: 0x100,
	};
	const cells: RecordSpec = {
		...volts,
		name: "cells",
		key: 0x18954001,
		request: "18950140#0000000000000000",
		bytes: 24,
		least: 6,
		partBytes: 6,
	};

	function ask(client: CanClient, record: RecordSpec, more: Partial<CanRequest> = {}): Told[] {
		const told: Told[] = [];
		const onResult = (result: CanResult) => void told.push(copy(0, result));
		client.request({ unit: 1, record, timeoutMs: 200, retries: 1, onResult, ...more });
		return told;
	}
	const part = (n: number) => send(0x18954001, [n, n, n, n, n, n, n, 0xee], true);
	const sent = () => bus.seen.map(({ id, extended, data }) => [id.toString(16), extended, data.length]);

	test("the reply is the frame of the record, and the next one goes after it", () => {
		const client = open([{ ...listener([volts, cells]), unit: 2 }]);
		const first = ask(client, volts, { unit: 2 });
		const second = ask(client, volts);
		clock.advance(50);
		expect(sent()).toEqual([["18900240", true, 8]]);
		send(0x18904002, [1, 2, 3, 4, 5, 6, 7, 8], true);
		clock.advance(50);
		expect(first).toMatchObject([{ status: "ok", bytes: [1, 2, 3, 4, 5, 6, 7, 8], startMs: 0 }]);
		expect(second).toEqual([]);
		expect(sent().at(-1)).toEqual(["18900140", true, 8]);
	});

	test("silence is asked once more, and then is a timeout", () => {
		const client = open([listener([volts])]);
		const told = ask(client, volts);
		clock.advance(390);
		expect(told).toEqual([]);
		expect(bus.seen.length).toBe(2);
		clock.advance(20);
		expect(told).toMatchObject([{ status: "timeout", startMs: 0, endMs: 400 }]);
	});

	test("numbered parts are put together; the end is the last byte, or quiet", () => {
		const client = open([listener([cells])]);
		const whole = ask(client, cells);
		clock.advance(10);
		for (let n = 1; n <= 4; n++) part(n);
		clock.advance(10);
		expect(whole[0]!.bytes).toEqual([1, 2, 3, 4].flatMap((n) => Array(6).fill(n)));
		const some = ask(client, cells);
		clock.advance(10);
		part(1);
		part(2);
		clock.advance(80);
		expect(some).toEqual([]);
		clock.advance(50);
		expect(some).toMatchObject([{ status: "ok", bytes: [...Array(6).fill(1), ...Array(6).fill(2)] }]);
	});

	test("of parts with a gap nothing is taken, they are asked for again", () => {
		const client = open([listener([cells])]);
		const told = ask(client, { ...cells, least: 24 });
		clock.advance(10);
		for (const n of [1, 3, 4]) part(n);
		clock.advance(120);
		expect(bus.seen.filter(({ id }) => id === 0x18950140).length).toBe(2);
		for (let n = 1; n <= 4; n++) part(n);
		clock.advance(20);
		expect(told).toMatchObject([{ status: "ok", bytes: { length: 24 } }]);
	});

	test("a record is written as its request's frame, and its reply is waited for; without one it is just sent", () => {
		const mos: RecordSpec = { ...volts, name: "mos", key: 0x18da4001, request: "18DA0140", write: true };
		const client = open([listener([mos])]);
		const told = ask(client, mos, { values: [1, 0, 0, 0, 0, 0, 0, 0] });
		const plain = ask(client, { name: "p", key: 0x77, bytes: 2, write: true }, { values: [5, 6] });
		clock.advance(10);
		expect(bus.seen).toMatchObject([{ id: 0x18da0140, data: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0) }]);
		expect(told).toEqual([]);
		send(0x18da4001, [1, 0, 0, 0, 0, 0, 0, 0], true);
		clock.advance(10);
		expect(told).toMatchObject([{ status: "ok" }]);
		expect(plain).toMatchObject([{ status: "ok", bytes: [] }]);
		expect(bus.seen.at(-1)).toMatchObject({ id: 0x77, data: Uint8Array.of(5, 6) });
	});

	test("who asks while the port has gone is told so, later", () => {
		const client = open([listener([volts])]);
		const open1 = ask(client, volts);
		clock.advance(10);
		bus.ports[0]!.fail();
		expect(open1).toMatchObject([{ status: "closed" }]);
		const told = ask(client, volts);
		expect(told).toEqual([]);
		clock.advance(0);
		expect(told).toMatchObject([{ status: "closed" }]);
	});
});
