import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LineDevice, openLine } from "../../hosts/desktop/line";
import { createTestMachine, type TestMachine } from "../../hosts/desktop/testing";

/** Opens ports and writes down, with the time, everything that a port tells. */
const probe = `
import RS485 from "modules/rs485/rs485";
import Time from "host:clock";
export const log = [];
const ports = {};
const buffer = new Uint8Array(512);
export function open(name, options, reaction) {
	ports[name] = new RS485({
		...options,
		onReadable() {
			let n;
			while ((n = this.read(buffer)) !== undefined)
				log.push({ at: Time.nowUs(), port: name, event: this.cause, bytes: Array.from(buffer.subarray(0, n)) });
			if (reaction === "throw") throw new Error("reaction");
			if (reaction === "close") this.close();
			if (reaction === "reopen") { this.close(); open(name, options); }
		},
		onWritable() {
			log.push({ at: Time.nowUs(), port: name, event: "writable" });
			if (reaction === "close on writable") this.close();
		},
	});
}
export function write(name, bytes, expect) { ports[name].write(Uint8Array.from(bytes), expect); }
export function close(name) { ports[name].close(); }
export function get(name, what) { return ports[name][what]; }
export function take() { return log.splice(0); }
`;

interface Probe {
	open(name: string, options: object, reaction?: string): void;
	write(name: string, bytes: readonly number[], expect?: number): void;
	close(name: string): void;
	get(name: string, what: string): unknown;
	take(): { at: number; port: string; event: string; bytes?: number[] }[];
}

let machine: TestMachine;
let probeModule: Probe;
let devices: LineDevice[];

beforeEach(() => {
	devices = [];
	machine = createTestMachine({
		sources: { probe },
		host: { clock: { nowUs: () => Math.round(machine.now() * 1000) } },
	});
	probeModule = machine.importModule<Probe & Record<string, unknown>>("probe");
});

afterEach(() => {
	for (const device of devices) device.close();
	machine.finish();
});

function join(name: string, onFrame?: (bytes: Uint8Array, endUs: number, device: LineDevice) => void): LineDevice {
	const device: LineDevice = openLine(machine, name, { onFrame: (bytes, endUs) => onFrame?.(bytes, endUs, device) });
	devices.push(device);
	return device;
}

describe("RS485 on a line inside the process", () => {
	test("a transaction takes its time on the wire to the microsecond", () => {
		const frames: { bytes: number[]; endUs: number; at: number }[] = [];
		join("a", (bytes, endUs, device) => {
			frames.push({ bytes: [...bytes], endUs, at: machine.now() * 1000 });
			device.send(Uint8Array.of(9, 8, 7, 6, 5), 2000);
		});
		probeModule.open("m", { port: "sim:a", baud: 9600 });
		expect(probeModule.get("m", "silenceUs")).toBe(3646);
		probeModule.write("m", [1, 2, 3, 4, 5, 6, 7, 8], 5);
		machine.advance(100);
		// T3.5 after opening, 8 characters of 10 bits, T3.5 until the device sees the end, 2 ms, 5 characters
		expect(frames).toEqual([{ bytes: [1, 2, 3, 4, 5, 6, 7, 8], endUs: 3646 + 8334, at: 3646 + 8334 + 3646 }]);
		expect(probeModule.take()).toEqual([
			{ at: 11980, port: "m", event: "writable" },
			{ at: 15626 + 2000 + 5209, port: "m", event: "count", bytes: [9, 8, 7, 6, 5] },
		]);
		// the next one starts T3.5 after the answer, not at once
		probeModule.write("m", [1, 2], 0);
		expect(() => probeModule.write("m", [1], 0)).toThrow(/still sending/);
		machine.advance(100);
		expect(probeModule.take()[0]).toEqual({ at: 100_000 + 2084, port: "m", event: "writable" });
	});

	test("without an expected count the silence ends a frame", () => {
		join("a", (_, __, device) => device.send(Uint8Array.of(1, 2, 3)));
		probeModule.open("m", { port: "sim:a", baud: 19200, parity: "even" });
		machine.advance(10);
		probeModule.write("m", [1]);
		machine.advance(50);
		const events = probeModule.take();
		// 11 bits at 19200: 573 us for 1, 1719 us for 3; T3.5 = 2006 us
		expect(events).toEqual([
			{ at: 10573, port: "m", event: "writable" },
			{ at: 10573 + 2006 + 1719 + 2006, port: "m", event: "silence", bytes: [1, 2, 3] },
		]);
	});

	test("noise never joins a frame, and damage is told for what it is", () => {
		const device = join("a");
		probeModule.open("m", { port: "sim:a", baud: 9600, parity: "even" });
		machine.advance(10);
		device.send(Uint8Array.of(0xff), 0, "framing");
		device.send(Uint8Array.of(1, 2, 3), 1146); // right behind it
		device.send(Uint8Array.of(0), 30_000);
		device.send(Uint8Array.of(4, 5), 36_000, "parity");
		device.send(Uint8Array.of(0), 60_000, "break");
		machine.advance(200);
		expect(probeModule.take().map(({ event, bytes }) => [event, ...bytes!])).toEqual([
			["framing", 0xff],
			["silence", 1, 2, 3],
			["silence", 0],
			["parity", 4],
			["parity", 5],
			["break"],
		]);
		expect(probeModule.get("m", "counters")).toMatchObject({ parity: 2, framing: 1, break: 1, framesReceived: 2 });
	});

	test("senders that overlap damage each other; noise of an idle line loses against a sender", () => {
		const frames: number[][] = [];
		const device = join("a", (bytes) => frames.push([...bytes]));
		const other = join("a");
		probeModule.open("m", { port: "sim:a", baud: 9600 });
		machine.advance(10);
		device.send(Uint8Array.of(1, 2, 3, 4), 0);
		other.send(Uint8Array.of(5, 6), 2000);
		machine.advance(50);
		const clash = probeModule.take();
		expect(clash.every((entry) => entry.event === "framing" || entry.bytes!.length <= 2)).toBe(true);
		expect(clash.filter((entry) => entry.event === "framing").length).toBeGreaterThan(3);
		other.send(new Uint8Array(50), 0, "noise");
		device.send(Uint8Array.of(1, 2, 3), 10_417);
		machine.advance(100);
		// what comes before, between and behind is noise; the sender's three bytes are in one piece
		expect(JSON.stringify(probeModule.take().flatMap((entry) => entry.bytes))).toContain("0,1,2,3,0");
		probeModule.write("m", [7, 7]);
		other.send(new Uint8Array(20), 0, "noise");
		machine.advance(100);
		expect(frames.at(-1)).toEqual([7, 7]);
	});

	test("a babbling line holds a frame back for half a second, not for ever", () => {
		const device = join("a");
		probeModule.open("m", { port: "sim:a", baud: 9600 });
		for (let i = 0; i < 60; i++) device.send(new Uint8Array(50), 5000 + i * 52_000, "noise");
		machine.advance(20);
		probeModule.write("m", [1, 2, 3]);
		machine.advance(1000);
		const writable = probeModule.take().find((entry) => entry.event === "writable");
		expect(writable!.at).toBeGreaterThan(500_000);
		expect(writable!.at).toBeLessThan(700_000);
		expect(probeModule.get("m", "counters")).toMatchObject({ busy: 1, framesSent: 1 });
	});

	test("ports of one machine hear each other, another format hears garbage", () => {
		probeModule.open("m", { port: "sim:b", baud: 9600 });
		probeModule.open("s", { port: "sim:b", baud: 9600 });
		probeModule.open("x", { port: "sim:b", baud: 19200 });
		machine.advance(10);
		probeModule.write("m", [1, 2, 3]);
		machine.advance(50);
		const events = probeModule.take();
		expect(events.filter(({ port }) => port === "s").map(({ event, bytes }) => [event, bytes])).toEqual([
			["silence", [1, 2, 3]],
		]);
		expect(events.filter(({ port }) => port === "x").every(({ event }) => event === "framing")).toBe(true);
		expect(events.filter(({ port }) => port === "m").map(({ event }) => event)).toEqual(["writable"]);
	});

	test("onBaud tells the format of a port, whoever came first", () => {
		const told: unknown[] = [];
		devices.push(openLine(machine, "c", { onBaud: (...format) => told.push(format) }));
		probeModule.open("m", { port: "sim:c", baud: 4800, parity: "odd", stop: 2 });
		machine.advance(1);
		devices.push(openLine(machine, "c", { onBaud: (...format) => told.push(format) }));
		machine.advance(1);
		expect(told).toEqual([
			[4800, "odd", 2],
			[4800, "odd", 2],
		]);
	});

	test.each([
		["close", 1],
		["close on writable", 0],
		["reopen", 1],
	])("close in a callback: %s", (reaction, frames) => {
		join("a", (_, __, device) => {
			device.send(Uint8Array.of(1), 0);
			device.send(Uint8Array.of(2), 20_000);
		});
		probeModule.open("m", { port: "sim:a" }, reaction);
		probeModule.write("m", [1]);
		machine.advance(100);
		const events = probeModule.take();
		expect(events.filter(({ event }) => event === "silence").length).toBe(reaction === "reopen" ? 2 : frames);
		if (reaction === "reopen") probeModule.close("m");
		else expect(() => probeModule.write("m", [1])).toThrow(/closed/);
		probeModule.close("m");
		machine.collect();
	});

	test("an error in a callback is the machine's, and the line goes on", () => {
		join("a", (_, __, device) => device.send(Uint8Array.of(1), 0));
		join("a", () => {
			throw new RangeError("in Node");
		});
		probeModule.open("m", { port: "sim:a" }, "throw");
		for (let i = 0; i < 3; i++) {
			probeModule.write("m", [1]);
			machine.advance(50);
		}
		expect(machine.errors.map((error) => error.message.replace(/^.*: /, "")).sort()).toEqual(
			["in Node", "in Node", "in Node", "reaction", "reaction", "reaction"].sort(),
		);
		expect(machine.errors.some((error) => error instanceof RangeError)).toBe(true);
		machine.errors.length = 0;
		expect(probeModule.take().filter(({ event }) => event === "silence").length).toBe(3);
	});

	test("an hour of polling is cheap and leaves nothing behind", () => {
		let frames = 0;
		const poll = `
			import RS485 from "modules/rs485/rs485";
			const buffer = new Uint8Array(64), request = new Uint8Array(8);
			export let answers = 0;
			new RS485({ port: "sim:a", onReadable() { while (this.read(buffer) !== undefined) answers++; this.write(request, 25); } }).write(request, 25);
			export function count() { return answers; }
		`;
		machine.finish();
		machine = createTestMachine({ sources: { poll } });
		devices.length = 0;
		join("a", (_, __, device) => {
			frames++;
			device.send(new Uint8Array(25), 2000);
		});
		const { count } = machine.importModule<{ count(): number }>("poll");
		machine.advance(1000);
		machine.collect();
		const before = machine.counters();
		const start = process.cpuUsage();
		machine.advance(3600_000);
		const spent = process.cpuUsage(start);
		machine.collect();
		const after = machine.counters();
		// T3.5 + 8 characters + T3.5 + 2 ms + 25 characters: 43.7 ms a transaction at 9600 baud
		expect(frames).toBeGreaterThan(82_000);
		expect(count()).toBeGreaterThanOrEqual(frames - 1);
		expect(after.slots).toBeLessThanOrEqual(before.slots + 50);
		expect(after.chunkBytes).toBeLessThanOrEqual(before.chunkBytes + 2000);
		expect(after.timers).toBeLessThanOrEqual(2);
		// an hour of a busy line in a few seconds at the worst
		expect((spent.user + spent.system) / 1000).toBeLessThan(8000);
	});
});

describe("RS485 and its options", () => {
	test.each([
		[{ port: 5 }, /port must be a string/],
		[{}, /port must be/],
		[{ port: "sim:x", baud: 1199 }, /baud must be a whole number from 1200 to 115200/],
		[{ port: "sim:x", baud: 115201 }, /baud/],
		[{ port: "sim:x", baud: 9600.5 }, /baud/],
		[{ port: "sim:x", baud: "9600" }, /baud/],
		[{ port: "sim:x", baud: NaN }, /baud/],
		[{ port: "sim:x", parity: "mark" }, /parity must be none, even or odd/],
		[{ port: "sim:x", parity: 1 }, /parity must be a string/],
		[{ port: "sim:x", stop: 3 }, /stop must be/],
		[{ port: "sim:x", stop: 1.5 }, /stop must be/],
		[{ port: `sim:${"x".repeat(300)}` }, /port is too long/],
		[{ port: "/nonexistent/tty" }, /\/nonexistent\/tty: No such file/],
		[{ port: "/dev/null" }, /\/dev\/null is not a serial device/],
	])("%j is refused", (options, message) => {
		expect(() => probeModule.open("m", options)).toThrow(message);
	});

	test("members keep to their contract", () => {
		const script = `
			import RS485 from "modules/rs485/rs485";
			const error = (f) => { try { f(); } catch (e) { return e.constructor.name + ": " + e.message; } };
			export function run() {
				const port = new RS485({ port: "sim:a" });
				const results = [
					error(() => new RS485()), error(() => new RS485(1)), error(() => new RS485({ port: "sim:a", onReadable: 1 })),
					error(() => new RS485({ port: "sim:a", onWritable: {} })), error(() => new RS485({ port: "sim:a", onError: "x" })),
					error(() => RS485({ port: "sim:a" })), error(() => port.write()), error(() => port.write(new Uint8Array(0))),
					error(() => port.write(new Uint8Array(513))), error(() => port.write("text")), error(() => port.write(new Uint8Array(1), -1)),
					error(() => port.write(new Uint8Array(1), 513)), error(() => port.read()), error(() => port.read({})),
					error(() => port.read.call({}, new Uint8Array(1))), String(port.read(new Uint8Array(1))), port.cause,
				];
				port.close(); port.close();
				results.push(error(() => port.read(new Uint8Array(1))), error(() => port.write(new Uint8Array(1))), error(() => port.counters), error(() => port.cause));
				return results;
			}
		`;
		machine.finish();
		machine = createTestMachine({ sources: { script } });
		const results = machine.importModule<{ run(): string[] }>("script").run();
		const patterns = [
			/options/,
			/options/,
			/TypeError.*onReadable/,
			/TypeError.*onWritable/,
			/TypeError.*onError/,
			/TypeError/,
			/TypeError.*frame/,
			/RangeError.*1 to 512/,
			/RangeError.*1 to 512/,
			/TypeError/,
			/RangeError.*expect/,
			/RangeError.*expect/,
			/TypeError.*buffer/,
			/TypeError/,
			/Error/,
			/^undefined$/,
			/^silence$/,
			/closed/,
			/closed/,
			/closed/,
			/closed/,
		];
		expect(results.length).toBe(patterns.length);
		for (const [index, pattern] of patterns.entries()) expect(results[index]).toMatch(pattern);
	});

	test("a port that nobody holds stays open until it is closed, and a deleted machine takes it along", () => {
		const script = `
			import RS485 from "modules/rs485/rs485";
			export let heard = 0;
			(function () { new RS485({ port: "sim:a", onReadable() { heard++; while (this.read(new Uint8Array(8)) !== undefined); } }); })();
			export function count() { return heard; }
		`;
		machine.finish();
		machine = createTestMachine({ sources: { script } });
		devices.length = 0;
		const { count } = machine.importModule<{ count(): number }>("script");
		const device = join("a");
		machine.collect();
		device.send(Uint8Array.of(1));
		machine.advance(20);
		expect(count()).toBe(1);
		device.send(Uint8Array.of(1));
		machine.delete();
		expect(() => device.send(Uint8Array.of(1))).toThrow(/closed/);
		device.close();
		machine = createTestMachine();
	});
});
