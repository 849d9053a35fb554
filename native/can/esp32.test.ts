import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestMachine, type TestMachine } from "../../hosts/desktop/testing";
import { Board } from "../standin/board";
import { CanBench } from "../standin/can-bench";

const variant =
	process.env["GRIDPOST_ADDON"] === "board-asan" || process.env["GRIDPOST_ADDON"] === "board-stress"
		? process.env["GRIDPOST_ADDON"]
		: "board";

const probe = `
import CAN from "modules/can/can";
export const log = [];
const data = new Uint8Array(8);
let can;
export function open(options, reaction) {
	can = new CAN({
		...options,
		onReadable() {
			if (reaction === "deaf") { log.push("readable"); return; }
			let frame;
			while (can && (frame = this.read(data))) {
				log.push("frame " + frame.id.toString(16) + (frame.extended ? "x" : "") + (frame.remote ? "r" : "") + " " + frame.length + " " + Array.from(data.subarray(0, frame.remote ? 0 : frame.length)).join());
				if (reaction === "close") { this.close(); this.close(); return; }
			}
			if (reaction === "throw") throw new Error("reaction");
		},
		onWritable() { log.push("writable"); if (reaction === "close writable") this.close(); },
		onError(message) { log.push("error " + message); if (reaction === "close error") this.close(); },
		onStateChange(state) { log.push("state " + state); if (reaction === "close " + state) this.close(); },
	});
}
export function write(frame) { can.write(frame.data ? { ...frame, data: Uint8Array.from(frame.data) } : frame); }
export function drain() { let count = 0; while (can.read(data)) count++; return count; }
export function close() { can.close(); }
export function get(what) { return can[what]; }
export function take() { return log.splice(0); }
export function attempt(options) {
	try { open(options); } catch (e) { return e.constructor.name + ": " + e.message; }
	return "no error";
}
`;

interface Probe {
	open(options: object, reaction?: string): void;
	write(frame: { id: number; extended?: boolean; remote?: boolean; data?: number[]; length?: number }): void;
	drain(): number;
	close(): void;
	get(what: "state"): string;
	get(what: "counters"): Record<string, number>;
	take(): string[];
	attempt(options: object): string;
}

const twai = { port: 0, transmit: 5, receive: 4 };
const mcp = { port: "mcp2515", select: 2, in: 42, out: 41, clock: 8, interrupt: 17 };

let machine: TestMachine;
let module: Probe;
let board: Board;
let bench: CanBench;

const kinds = ["memory", "timer", "pin", "twai", "spi", "task", "pin-handler"];
const left = () => Object.fromEntries(kinds.map((kind) => [kind, board.open(kind)]));
const nothing = Object.fromEntries(kinds.map((kind) => [kind, 0]));

function begin(isMcp: boolean) {
	machine = createTestMachine({ sources: { probe }, variant });
	module = machine.importModule<Probe & Record<string, unknown>>("probe");
	board = new Board(machine);
	bench = new CanBench(board, isMcp);
}

describe.each([
	["the chip's own controller", twai, false],
	["an MCP2515", mcp, true],
])("CAN on the board: %s", (_name, wiring, isMcp) => {
	beforeEach(() => begin(isMcp));
	afterEach(() => machine.finish());

	test("frames of all kinds, both ways", () => {
		module.open(wiring);
		expect(bench.frame({ id: 0x123, data: [1, 2, 3] })).toBe(true);
		machine.advance(2);
		expect(bench.frame({ id: 0x18ff50e5, extended: true, data: [1, 2, 3, 4, 5, 6, 7, 8] })).toBe(true);
		machine.advance(2);
		expect(bench.frame({ id: 7, remote: true, length: 4 })).toBe(true);
		machine.advance(2);
		expect(bench.frame({ id: 0 })).toBe(true);
		machine.advance(2);
		expect(module.take()).toEqual([
			"frame 123 3 1,2,3",
			"frame 18ff50e5x 8 1,2,3,4,5,6,7,8",
			"frame 7r 4 ",
			"frame 0 0 ",
		]);
		module.write({ id: 0x7ff, data: [9] });
		module.write({ id: 0x1fffffff, extended: true, data: [8, 7, 6, 5, 4, 3, 2, 1] });
		module.write({ id: 1, remote: true, length: 5 });
		machine.advance(20);
		expect(bench.heard()).toEqual([
			{ id: 0x7ff, extended: false, remote: false, length: 1, data: [9] },
			{ id: 0x1fffffff, extended: true, remote: false, length: 8, data: [8, 7, 6, 5, 4, 3, 2, 1] },
			{ id: 1, extended: false, remote: true, length: 5, data: [] },
		]);
		expect(module.take()).toEqual(["writable"]);
		expect(module.get("counters")).toMatchObject({ framesReceived: 4, framesSent: 3, overflow: 0, busErrors: 0 });
	});

	test.each([
		[[{ id: 0x100, mask: 0x700 }]],
		[[{ id: 0x100, mask: 0x700 }, { id: 0x345 }]],
		[
			[
				{ id: 0x18ff0000, mask: 0x1fff0000, extended: true },
				{ id: 0x10001, extended: true },
			],
		],
		[[{ id: 0x123 }, { id: 0x124 }, { id: 0x18ff0000, mask: 0x1fff0000, extended: true }]],
		[[{ id: 1 }, { id: 0x10, mask: 0x7f0 }, { id: 0x200, mask: 0x600 }, { id: 5, extended: true }]],
	])("filters %j pass what they must and nothing else", (filters) => {
		module.open({ ...wiring, filters });
		const passes = (frame: { id: number; extended: boolean }) =>
			(filters as { id: number; mask?: number; extended?: boolean }[]).some(
				(filter) =>
					(filter.extended ?? false) === frame.extended && ((frame.id ^ filter.id) & (filter.mask ?? 0x1fffffff)) === 0,
			);
		const expected: string[] = [];
		const frames = [0, 1, 5, 0x12, 0x100, 0x123, 0x124, 0x1ff, 0x200, 0x345, 0x7ff].map((id) => ({
			id,
			extended: false,
		}));
		frames.push(...[1, 5, 0x123, 0x10001, 0x10002, 0x18ff1234, 0x18fe1234].map((id) => ({ id, extended: true })));
		for (const frame of frames) {
			bench.frame({ ...frame, data: [0, 1] });
			if (passes(frame)) expected.push(`frame ${frame.id.toString(16)}${frame.extended ? "x" : ""} 2 0,1`);
			machine.advance(2);
		}
		expect(module.take()).toEqual(expected);
	});

	test("states as they change, down to the warning and back", () => {
		module.open(wiring);
		bench.errors(96);
		machine.advance(5);
		bench.errors(130);
		machine.advance(5);
		expect(module.get("state")).toBe("passive");
		bench.errors(100, 20);
		machine.advance(250);
		expect(module.get("state")).toBe("warning");
		bench.errors(50, 20);
		machine.advance(250);
		const states = module.take().filter((entry, index, all) => entry !== all[index - 1]);
		expect(states[0]).toBe("state warning");
		expect(states[1]).toBe("state passive");
		expect(states.slice(-2)).toEqual(["state warning", "state active"]);
		expect(module.get("state")).toBe("active");
	});

	test("bus-off drops what waited, and is left with the core's growing delay", () => {
		module.open(wiring);
		bench.silent = true;
		for (let id = 1; id <= 5; id++) module.write({ id });
		machine.advance(1);
		bench.errors(256);
		machine.advance(3);
		expect(module.take().at(-1)).toBe("state bus-off");
		expect(module.get("counters")).toMatchObject({ busOff: 1, dropped: 5, framesSent: 0 });
		expect(() => module.write({ id: 6 })).toThrow("bus-off");
		bench.silent = false;
		machine.advance(200);
		expect(module.get("state")).toBe("bus-off");
		if (isMcp) bench.errors(0);
		machine.advance(100);
		expect(module.get("state")).toBe("active");
		module.write({ id: 7 });
		machine.advance(5);
		// nothing of what had waited
		expect(bench.heard().map(({ id }) => id)).toEqual([7]);
		expect(module.take()).toEqual(["state active", "writable"]);
		bench.errors(256);
		machine.advance(450);
		if (isMcp) bench.errors(0);
		expect(module.get("state")).toBe("bus-off");
		machine.advance(150);
		expect(module.get("state")).toBe("active");
		if (!isMcp) expect(bench.recoveries).toBe(2);
		module.close();
		machine.advance(500);
		expect(left()).toEqual(nothing);
	});

	test("the transmit queue holds sixteen, then throws; what nobody acknowledges is sent again", () => {
		module.open(wiring);
		bench.silent = true;
		for (let id = 0; id < 16; id++) module.write({ id });
		expect(() => module.write({ id: 16 })).toThrow("transmit queue full");
		machine.advance(50);
		expect(module.get("counters")).toMatchObject({ framesSent: 0 });
		expect(module.get("counters")["busErrors"]).toBeGreaterThan(0);
		bench.silent = false;
		machine.advance(50);
		expect(bench.heard().map(({ id }) => id)).toEqual([...Array(16).keys()]);
		expect(module.take().filter((entry) => entry === "writable")).toEqual(["writable"]);
		module.write({ id: 0x20 });
		machine.advance(5);
		expect(bench.heard().map(({ id }) => id)).toEqual([0x20]);
	});

	test("64 wait to be read, more are lost and told once", () => {
		module.open(wiring, "deaf");
		for (let id = 0; id < 70; id++) {
			bench.frame({ id });
			machine.advance(1);
		}
		const entries = module.take();
		expect(entries.filter((entry) => entry.startsWith("error"))).toEqual([
			"error frames were lost: the receive queue was full",
		]);
		expect(module.get("counters")).toMatchObject({ framesReceived: 64, overflow: 6 });
		expect(module.drain()).toBe(64);
		bench.frame({ id: 1 });
		machine.advance(2);
		expect(module.drain()).toBe(1);
	});

	test("a full queue of the engine loses nothing: it is told when there is room again, and by one message", () => {
		module.open(wiring);
		board.othersWaiting = 10;
		for (let id = 0; id < 5; id++) {
			bench.frame({ id });
			machine.advance(1);
		}
		machine.advance(20);
		expect(module.take()).toEqual([]);
		expect(board.refused).toBeGreaterThan(0);
		board.othersWaiting = 0;
		machine.advance(10);
		expect(module.take()).toEqual([0, 1, 2, 3, 4].map((id) => `frame ${id} 0 `));
		module.close();
		machine.advance(50);
		expect(left()).toEqual(nothing);
		// and closed while it is full
		module.open(wiring);
		board.othersWaiting = 10;
		bench.frame({ id: 1 });
		machine.advance(1);
		module.close();
		machine.advance(50);
		expect(left()).toEqual(nothing);
		board.othersWaiting = 0;
		expect(module.take()).toEqual([]);
	});

	test("closing in each callback, then again; nothing is left and it can be opened anew", () => {
		for (const [reaction, cause] of [
			["close", () => bench.frame({ id: 5 }) && bench.frame({ id: 6 })],
			["close writable", () => module.write({ id: 5 })],
			["close passive", () => bench.errors(130)],
			["close bus-off", () => bench.errors(256)],
		] as const) {
			module.open(wiring, reaction);
			cause();
			machine.advance(50);
			expect(module.take().length, reaction).toBe(1);
			machine.advance(500);
			expect(left(), reaction).toEqual(nothing);
			bench.errors(0);
		}
		module.open(wiring);
		bench.heard();
		module.write({ id: 9 });
		machine.advance(5);
		expect(bench.heard().map(({ id }) => id)).toEqual([9]);
	});

	test("an error in a callback does not stop the port", () => {
		module.open(wiring, "throw");
		bench.frame({ id: 5 });
		machine.advance(3);
		bench.frame({ id: 6 });
		machine.advance(3);
		expect(module.take()).toEqual(["frame 5 0 ", "frame 6 0 "]);
		expect(machine.errors.map(({ message }) => message)).toEqual(["reaction", "reaction"]);
		machine.errors.length = 0;
		module.close();
		machine.advance(50);
		expect(left()).toEqual(nothing);
	});

	test("while flash is written frames are kept", () => {
		module.open(wiring);
		board.flashBusy = true;
		bench.frame({ id: 1 });
		bench.frame({ id: 2 });
		machine.advance(5);
		expect(module.take()).toEqual([]);
		board.flashBusy = false;
		machine.advance(10);
		expect(module.take()).toEqual(["frame 1 0 ", "frame 2 0 "]);
		for (const id of [5, 6, 7]) module.write({ id });
		board.flashBusy = true;
		machine.advance(20);
		expect(bench.heard().length).toBeLessThan(2);
		board.flashBusy = false;
		machine.advance(20);
		expect(bench.heard().at(-1)?.id).toBe(7);
		expect(module.get("counters")).toMatchObject({ framesSent: 3 });
		expect(module.take()).toEqual(["writable"]);
	});

	test("listening and testing itself", () => {
		module.open({ ...wiring, mode: "listen" });
		expect(() => module.write({ id: 1 })).toThrow("listen-only");
		bench.frame({ id: 1 });
		machine.advance(300);
		expect(module.take()).toEqual(["frame 1 0 "]);
		expect(module.get("state")).toBe("active");
		module.close();
		machine.advance(50);
		module.open({ ...wiring, mode: "selftest" });
		bench.silent = true;
		module.write({ id: 0x77, data: [1] });
		machine.advance(10);
		expect(module.take().sort()).toEqual(["frame 77 1 1", "writable"]);
	});

	test("options that are refused by name, calls that fail: nothing stays open", () => {
		const bad: [object, RegExp][] = [
			[{ port: 3 }, /RangeError.*port must be 0 or "mcp2515"/],
			[{ port: "can0" }, /RangeError.*port must be/],
			[{ bitrate: 300000 }, /bitrate/],
			[{ mode: "loud" }, /mode/],
			[{ filters: 5 }, /filters/],
			...(isMcp
				? ([
						[{ select: undefined }, /RangeError.*select is missing/],
						[{ interrupt: "x" }, /RangeError.*interrupt/],
						[{ crystalHz: 12e6 }, /crystalHz must be 8000000 or 16000000/],
						[{ bitrate: 1000000 }, /8 MHz/],
						[{ spi: 3 }, /RangeError.*spi/],
					] as [object, RegExp][])
				: ([
						[{ transmit: undefined }, /RangeError.*transmit is missing/],
						[{ receive: 49 }, /RangeError.*receive/],
					] as [object, RegExp][])),
		];
		for (const [change, pattern] of bad) expect(module.attempt({ ...wiring, ...change })).toMatch(pattern);
		expect(left()).toEqual(nothing);
		const calls = isMcp
			? [
					"heap_caps_malloc",
					"esp_timer_create",
					"spi_bus_initialize",
					"spi_bus_add_device",
					"spi_device_polling_transmit",
					"gpio_config",
					"gpio_isr_handler_add",
					"xTaskCreate",
				]
			: [
					"heap_caps_malloc",
					"esp_timer_create",
					"twai_new_node_onchip",
					"twai_node_register_event_callbacks",
					"twai_node_enable",
				];
		for (const call of calls) {
			board.fail(call);
			expect(module.attempt(wiring), call).toMatch(/^Error: /);
			expect(left(), call).toEqual(nothing);
		}
		if (!isMcp) {
			board.fail("esp_timer_create", 2);
			expect(module.attempt(wiring)).toMatch(/out of memory/);
			expect(left()).toEqual(nothing);
		}
		module.open(wiring);
		expect(module.attempt(wiring)).toMatch(/Error.*in use/);
		module.close();
		machine.advance(50);
		expect(left()).toEqual(nothing);
	});

	test("a machine that is deleted with the port open", () => {
		module.open(wiring);
		bench.frame({ id: 1 });
		machine.delete();
		begin(isMcp);
		module.open(wiring);
		bench.frame({ id: 2 });
		machine.advance(5);
		expect(module.take()).toEqual(["frame 2 0 "]);
	});
});

describe("CAN on the board: what only one of them does", () => {
	afterEach(() => machine.finish());

	test("the chip's own: bus errors are counted, listening needs no pin to send", () => {
		begin(false);
		module.open({ port: 0, receive: 4, mode: "listen" });
		module.close();
		module.open(twai);
		for (let i = 0; i < 5; i++) bench.error();
		bench.error(true);
		expect(module.get("counters")).toMatchObject({ busErrors: 5 });
	});

	test("the MCP2515: frames lost in the chip, a dip of its supply, its plug", () => {
		begin(true);
		module.open(mcp);
		const other = { ...mcp, select: 10, interrupt: 11, clock: 9 };
		expect(module.attempt(other)).toMatch(/SPI bus is open with other pins/);
		const set = [0x28, 0x29, 0x2a, 0x2b, 0x0f].map((address) => bench.register(address));
		// interrupts wait while flash is written, and the chip has room for two
		board.flashBusy = true;
		expect([1, 2, 3].map((id) => bench.frame({ id }))).toEqual([true, true, false]);
		machine.advance(5);
		board.flashBusy = false;
		machine.advance(5);
		expect(module.take()).toEqual([
			"frame 1 0 ",
			"frame 2 0 ",
			"error frames were lost: the controller's queue was full",
		]);
		bench.reset();
		machine.advance(250);
		expect([0x28, 0x29, 0x2a, 0x2b, 0x0f].map((address) => bench.register(address))).toEqual(set);
		bench.frame({ id: 4 });
		machine.advance(5);
		expect(module.take()).toEqual(["frame 4 0 "]);
		bench.absent = true;
		machine.advance(2000);
		expect(module.take()).toEqual(["error the controller does not answer any more"]);
		expect(() => module.write({ id: 1 })).toThrow("the port has gone");
		module.close();
		machine.advance(50);
		expect(left()).toEqual(nothing);
		expect(module.attempt(mcp)).toMatch(/no MCP2515 answers/);
		machine.advance(50);
		expect(left()).toEqual(nothing);
	});
});
