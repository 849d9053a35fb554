import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BusDevice, type BusFrame, openBus } from "../../hosts/desktop/can-bus";
import { createTestMachine, type TestMachine } from "../../hosts/desktop/testing";
import type { CANFrame } from "../../modules/can/can";

const probe = `
import CAN from "modules/can/can";
export const log = [];
const ports = {};
const data = new Uint8Array(8);
export function open(name, options, reaction) {
	ports[name] = new CAN({
		...options,
		onReadable() {
			if (reaction === "deaf") return;
			let frame;
			while ((frame = this.read(data))) log.push({ port: name, event: "frame", ...frame, data: Array.from(data.subarray(0, frame.remote ? 0 : frame.length)) });
			if (reaction === "close") this.close();
			if (reaction === "throw") throw new Error("reaction");
		},
		onWritable() { log.push({ port: name, event: "writable" }); },
		onError(message) { log.push({ port: name, event: "error", message }); },
		onStateChange(state) { log.push({ port: name, event: state }); if (reaction === "close when off" && state === "bus-off") this.close(); },
	});
}
export function write(name, id, bytes, flags) { ports[name].write({ id, ...(bytes && { data: Uint8Array.from(bytes) }), ...flags }); }
export function read(name) { return ports[name].read(data); }
export function reads(name) {
	const into = { id: 0, extended: false, remote: false, length: 0, timestampUs: 0 };
	const seen = [];
	while (ports[name].read(data, into) === into) seen.push({ ...into });
	return seen;
}
export function close(name) { ports[name].close(); }
export function get(name, what) { return ports[name][what]; }
export function take() { return log.splice(0); }
const error = (f) => { try { return "no error: " + String(f()); } catch (e) { return e.constructor.name + ": " + e.message; } };
export function misuse() {
	const port = new CAN({ port: "sim:misuse" });
	const results = [
		error(() => new CAN()), error(() => new CAN("sim:x")), error(() => CAN({})), error(() => new CAN({ port: "sim:x", onReadable: 1 })),
		error(() => new CAN({ port: "sim:x", onStateChange: "x" })),
		error(() => port.write()), error(() => port.write({})), error(() => port.write({ id: 0x800 })), error(() => port.write({ id: -1 })),
		error(() => port.write({ id: 1.5 })), error(() => port.write({ id: 0x20000000, extended: true })), error(() => port.write({ id: 1, data: new Uint8Array(9) })),
		error(() => port.write({ id: 1, data: [1, 2] })), error(() => port.write({ id: 1, remote: true, length: 9 })),
		error(() => port.read()), error(() => port.read(new Uint8Array(7))), error(() => port.read(data, 5)), error(() => port.read.call({}, data)), String(port.read(data)), port.state,
	];
	port.close(); port.close();
	results.push(error(() => port.read(data)), error(() => port.write({ id: 1 })), error(() => port.state), error(() => port.counters));
	return results;
}
`;

interface Entry {
	port: string;
	event: string;
	id?: number;
	timestampUs?: number;
	message?: string;
	data?: number[];
}
interface Probe {
	open(name: string, options: object, reaction?: string): void;
	write(name: string, id: number, bytes?: readonly number[], flags?: object): void;
	read(name: string): unknown;
	reads(name: string): CANFrame[];
	close(name: string): void;
	get(name: string, what: string): unknown;
	take(): Entry[];
	misuse(): string[];
}

let machine: TestMachine;
let module: Probe;
let heard: BusFrame[];
let device: BusDevice;

beforeEach(() => {
	machine = createTestMachine({ sources: { probe } });
	module = machine.importModule<Probe & Record<string, unknown>>("probe");
	heard = [];
	device = openBus(machine, "a", { onFrame: (frame) => heard.push(frame) });
});
afterEach(() => {
	device.close();
	machine.finish();
});

describe("CAN on a bus inside the process", () => {
	test("frames of all kinds both ways, with the time of their bits", () => {
		module.open("p", { port: "sim:a", bitrate: 125000 });
		module.write("p", 0x123, [1, 2, 3]);
		machine.advance(10);
		// start of frame to intermission: 47 + 24 bits, and the stuff bits; 8 us each
		expect(heard).toMatchObject([
			{ id: 0x123, extended: false, remote: false, length: 3, data: Uint8Array.of(1, 2, 3) },
		]);
		expect(heard[0]!.timeUs).toBeGreaterThanOrEqual(71 * 8);
		expect(heard[0]!.timeUs).toBeLessThan(85 * 8);
		module.write("p", 0x1fffffff, [], { extended: true });
		module.write("p", 5, undefined, { remote: true, length: 4 });
		device.send({ id: 0x18ff50e5, extended: true, data: Uint8Array.of(9) }, 20_000);
		device.send({ id: 7, remote: true, length: 8 }, 20_000);
		machine.advance(100);
		expect(heard.slice(1)).toMatchObject(
			[
				{ id: 5, extended: false, remote: true, length: 4, data: new Uint8Array(0) },
				{ id: 0x1fffffff, extended: true, length: 0 },
			].reverse(),
		);
		expect(module.take().filter(({ event }) => event === "frame")).toMatchObject([
			{ id: 7, extended: false, remote: true, length: 8, data: [] },
			{ id: 0x18ff50e5, extended: true, remote: false, length: 1, data: [9] },
		]);
	});

	test("the lowest identifier goes first, and none is lost", () => {
		module.open("p", { port: "sim:a" });
		module.open("q", { port: "sim:a" });
		device.send({ id: 0x400 });
		for (const id of [0x300, 0x305]) module.write("p", id);
		for (const id of [0x200, 0x350]) module.write("q", id);
		device.send({ id: 0x100 });
		machine.advance(10);
		const order = module
			.take()
			.filter(({ event }) => event === "frame")
			.sort((a, b) => a.timestampUs! - b.timestampUs!);
		// 0x400 had the bus before the others came
		expect([...new Set(order.map(({ id }) => id))]).toEqual([0x400, 0x100, 0x200, 0x300, 0x305, 0x350]);
		expect(heard.map(({ id }) => id)).toEqual([0x200, 0x300, 0x305, 0x350]);
	});

	test("filters, listen-only and self-test", () => {
		module.open("f", {
			port: "sim:a",
			filters: [
				{ id: 0x100, mask: 0x700 },
				{ id: 0x18ff0000, mask: 0x1fff0000, extended: true },
			],
		});
		module.open("l", { port: "sim:a", mode: "listen" });
		for (const id of [0x0ff, 0x100, 0x1ff, 0x200]) device.send({ id });
		device.send({ id: 0x18ff1234, extended: true });
		device.send({ id: 0x100, extended: true });
		machine.advance(10);
		const events = module.take();
		expect(events.filter(({ port }) => port === "f").map(({ id }) => id)).toEqual([0x100, 0x1ff, 0x18ff1234]);
		expect(events.filter(({ port }) => port === "l").length).toBe(6);
		expect(module.get("f", "counters")).toMatchObject({ framesReceived: 3, filtered: 3 });
		expect(() => module.write("l", 1)).toThrow(/listen-only/);
		module.open("s", { port: "sim:alone", mode: "selftest" });
		module.write("s", 0x77, [1]);
		machine.advance(10);
		expect(module.take()).toMatchObject([
			{ port: "s", event: "frame", id: 0x77, data: [1] },
			{ port: "s", event: "writable" },
		]);
	});

	test("65 frames unread: the overflow is told once, and 64 are there", () => {
		module.open("p", { port: "sim:a" }, "deaf");
		for (let i = 0; i < 70; i++) device.send({ id: i });
		machine.advance(100);
		expect(module.take()).toMatchObject([{ event: "error", message: expect.stringMatching(/lost/) }]);
		expect(module.get("p", "counters")).toMatchObject({ framesReceived: 64, overflow: 6 });
		for (let i = 0; i < 64; i++) expect(module.read("p")).toMatchObject({ id: i });
		expect(module.read("p")).toBe(undefined);
	});

	test("alone on the bus: passive, never off, and the frame goes out when somebody comes", () => {
		module.open("p", { port: "sim:alone" });
		module.write("p", 0x10, [1]);
		machine.advance(5000);
		expect(module.get("p", "state")).toBe("passive");
		expect(module.take().map(({ event }) => event)).toEqual(["warning", "passive"]);
		const late: number[] = [];
		const other = openBus(machine, "alone", { onFrame: ({ id }) => late.push(id) });
		machine.advance(200);
		expect(late).toEqual([0x10]);
		expect(module.get("p", "counters")).toMatchObject({ framesSent: 1, busOff: 0 });
		for (let i = 0; i < 60; i++) {
			module.write("p", 1);
			machine.advance(1);
		}
		expect(module.get("p", "state")).toBe("active");
		other.close();
	});

	test("a bad cable: bus-off, recovery with growing delays, forgiven later", () => {
		module.open("p", { port: "sim:a" });
		const offTimes: number[] = [];
		const goOff = () => {
			device.disturb(32);
			module.write("p", 0x10);
			module.write("p", 0x11);
			machine.advance(20);
			expect(module.get("p", "state")).toBe("bus-off");
			expect(() => module.write("p", 0x12)).toThrow(/bus-off/);
			const start = machine.now();
			while (module.get("p", "state") === "bus-off") machine.advance(50);
			offTimes.push(machine.now() - start);
		};
		for (let i = 0; i < 7; i++) goOff();
		expect(offTimes.map((ms) => Math.round(ms / 250) * 250)).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000]);
		expect(heard).toEqual([]);
		expect(module.get("p", "counters")).toMatchObject({ busOff: 7, dropped: 14, framesSent: 0 });
		machine.advance(11_000);
		goOff();
		expect(Math.round(offTimes.at(-1)! / 250)).toBe(1);
		module.write("p", 0x55);
		machine.advance(10);
		expect(heard.map(({ id }) => id)).toEqual([0x55]);
	});

	test("two bit rates on one bus: nothing gets through, and the sender goes off", () => {
		module.open("p", { port: "sim:a", bitrate: 250000 });
		module.open("q", { port: "sim:a", bitrate: 125000 });
		module.write("q", 1);
		machine.advance(100);
		expect(heard).toEqual([]);
		expect(module.get("q", "state")).toBe("bus-off");
	});

	test("close in a callback, errors in callbacks, a machine deleted with ports open", () => {
		module.open("p", { port: "sim:a" }, "close");
		module.open("q", { port: "sim:a" }, "throw");
		module.open("r", { port: "sim:a" }, "close when off");
		device.send({ id: 1 });
		machine.advance(10);
		expect(() => module.write("p", 1)).toThrow(/closed/);
		module.close("p");
		expect(machine.errors.map(({ message }) => message.replace(/^.*: /, ""))).toEqual(["reaction"]);
		machine.errors.length = 0;
		device.disturb(100);
		module.write("r", 1);
		machine.advance(1000);
		expect(() => module.get("r", "state")).toThrow(/closed/);
		machine.delete();
		expect(() => device.send({ id: 1 })).toThrow(/closed/);
		machine = createTestMachine();
	});

	test("a frame is read into an object that is there", () => {
		module.open("p", { port: "sim:a" }, "deaf");
		device.send({ id: 0x7ff, data: Uint8Array.of(1, 2) });
		device.send({ id: 0x1fffffff, extended: true, remote: true, length: 5 });
		machine.advance(10);
		expect(module.reads("p")).toEqual([
			{ id: 0x7ff, extended: false, remote: false, length: 2, timestampUs: expect.any(Number) },
			{ id: 0x1fffffff, extended: true, remote: true, length: 5, timestampUs: expect.any(Number) },
		]);
	});

	test("a device is woken when it wants", () => {
		const woken: number[] = [];
		const sleeper: BusDevice = openBus(machine, "a", {
			onWake: (nowUs) => {
				woken.push(nowUs);
				if (woken.length < 3) sleeper.wake(1500);
			},
		});
		sleeper.wake(9000);
		sleeper.wake(1000);
		machine.advance(10);
		expect(woken).toEqual([1000, 2500, 4000]);
		sleeper.wake(1000);
		sleeper.close();
		machine.advance(10);
		expect(woken.length).toBe(3);
		expect(() => sleeper.wake(0)).toThrow(/closed/);
	});

	test("a transmit queue of 16", () => {
		module.open("p", { port: "sim:a" });
		for (let i = 0; i < 16; i++) module.write("p", i);
		expect(() => module.write("p", 16)).toThrow(/queue full/);
		machine.advance(10);
		expect(heard.length).toBe(16);
		expect(module.take()).toEqual([{ port: "p", event: "writable" }]);
	});
});

describe("CAN and its options", () => {
	test.each([
		[{ port: 1 }, /port must be a string/],
		[{}, /port must be/],
		[{ port: "sim:x", bitrate: 100000 }, /bitrate/],
		[{ port: "sim:x", bitrate: 200000 }, /bitrate must be 125000/],
		[{ port: "sim:x", bitrate: "500000" }, /bitrate/],
		[{ port: "sim:x", mode: "loud" }, /mode must be normal, listen or selftest/],
		[{ port: "sim:x", filters: 5 }, /filters must be an array/],
		[{ port: "sim:x", filters: [5] }, /filter must be an object/],
		[{ port: "sim:x", filters: [{}] }, /needs an id/],
		[{ port: "sim:x", filters: [{ id: 0x800 }] }, /id of a filter/],
		[{ port: "sim:x", filters: [{ id: 1, mask: 0x800 }] }, /mask of a filter/],
		[{ port: "sim:x", filters: Array.from({ length: 17 }, (_, id) => ({ id })) }, /number of filters/],
		[{ port: "can-that-is-not-there" }, /no CAN|no such CAN interface|15 characters/],
		[{ port: "slcan:/nonexistent" }, /\/nonexistent: No such file/],
		[{ port: "slcan:/dev/null" }, /not a serial device/],
		[{ port: "slcan:/dev/null", mode: "selftest" }, /no selftest/],
		[{ port: "slcan:/dev/null", ttyBaud: 1 }, /ttyBaud/],
	])("%j is refused", (options, message) => {
		expect(() => module.open("m", options)).toThrow(message);
	});

	test("members keep to their contract", () => {
		const patterns = [
			/TypeError.*options/,
			/TypeError.*options/,
			/TypeError/,
			/TypeError.*onReadable/,
			/TypeError.*onStateChange/,
			/TypeError.*frame/,
			/RangeError.*needs an id/,
			/RangeError.*id must be a whole number from 0 to 2047/,
			/RangeError.*id/,
			/RangeError.*id/,
			/RangeError.*536870911/,
			/RangeError.*0 to 8 bytes/,
			/TypeError/,
			/RangeError.*length/,
			/TypeError.*buffer/,
			/RangeError.*8 bytes/,
			/TypeError.*fills an object/,
			/Error/,
			/^undefined$/,
			/^active$/,
			/closed/,
			/closed/,
			/closed/,
			/closed/,
		];
		const results = module.misuse();
		expect(results.length).toBe(patterns.length);
		for (const [index, pattern] of patterns.entries()) {
			expect(results[index]).toMatch(pattern);
			expect(results[index]).not.toMatch(/no error/);
		}
	});
});
