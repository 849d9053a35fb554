import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestMachine, type TestMachine } from "../../hosts/desktop/testing";
import { Board } from "../standin/board";
import { setVoltage } from "../standin/can-bench";

const asked = process.env["GRIDPOST_ADDON"];
const variant = asked === "board-asan" || asked === "board-stress" ? asked : "board";

const probe = `
import Buttons from "modules/buttons/buttons";
import { ladder865B, ladderV2 } from "modules/buttons/ladders";
export const log = [];
const ladders = { "865B": ladder865B, V2: ladderV2 };
let buttons, raw = 4095, broken = false, opened = 0;
class Analog {
	constructor(settings) { if (settings.pin !== 11) throw new Error("no such pin"); opened++; }
	read() { if (broken) throw new Error("converter broken"); return raw; }
	close() { opened--; }
}
export function open(ladder, options, reaction, io) {
	buttons = new Buttons({ analog: io ? { io: Analog, pin: 11 } : { pin: 1 }, ...ladders[ladder], ...options, onEvent(event) {
		log.push({ ...event });
		if (reaction === "close") { this.close(); this.close(); }
		if (reaction === "throw") throw new Error("reaction");
	} });
}
export function set(value) { raw = value; }
export function breakIt() { broken = true; }
export function inputs() { return opened; }
export function get(what) { return buttons[what]; }
export function close() { buttons.close(); }
export function take() { return log.splice(0); }
export function attempt(options) {
	try { new Buttons({ analog: { pin: 1 }, ...ladder865B, ...options }).close(); } catch (e) { return e.constructor.name + ": " + e.message; }
	return "no error";
}
`;

interface Probe {
	open(ladder: string, options?: object, reaction?: string, io?: boolean): void;
	set(raw: number): void;
	breakIt(): void;
	inputs(): number;
	get(what: "pressed" | "raw"): unknown;
	close(): void;
	take(): { type: string; button?: string; heldMs: number; count: number }[];
	attempt(options: object): string;
}

let machine: TestMachine;
let module: Probe;
let board: Board;

const kinds = ["memory", "timer", "pin", "adc"];
const left = () => Object.fromEntries(kinds.map((kind) => [kind, board.open(kind)]));
const nothing = Object.fromEntries(kinds.map((kind) => [kind, 0]));
const types = () => module.take().map(({ type, button }) => (button === undefined ? type : `${type} ${button}`));

function begin() {
	machine = createTestMachine({ sources: { probe }, variant });
	module = machine.importModule<Probe & Record<string, unknown>>("probe");
	board = new Board(machine);
}

const hold = (mv: number, ms: number) => {
	setVoltage(board, mv);
	machine.advance(ms);
};

describe("Buttons on the board", () => {
	beforeEach(begin);
	afterEach(() => machine.finish());

	test("press, long press, repeats and the door of an 865B, from voltages", () => {
		module.open("865B");
		hold(3300, 200);
		expect(module.get("raw")).toBe(4095);
		hold(1650, 300);
		expect(module.get("pressed")).toBe("button2");
		hold(3300, 200);
		hold(1110, 1600);
		hold(3300, 200);
		hold(0, 200);
		hold(3300, 200);
		const events = module.take();
		expect(events.map(({ type, button }) => `${type} ${button}`)).toEqual([
			"press button2",
			"release button2",
			"press button1",
			"long button1",
			"repeat button1",
			"repeat button1",
			"release button1",
			"press door",
			"release door",
		]);
		expect(events[1]!.heldMs).toBeGreaterThanOrEqual(280);
		expect(events[1]!.heldMs).toBeLessThanOrEqual(320);
		expect(events[5]).toMatchObject({ count: 2 });
	});

	test("calibrated, the raw value is the voltage; without calibration data what the converter reads", () => {
		module.open("865B");
		for (const mv of [200, 1000, 1650, 2500]) {
			hold(mv, 40);
			expect(module.get("raw")).toBeGreaterThan((mv * 4095) / 3300 - 4);
			expect(module.get("raw")).toBeLessThan((mv * 4095) / 3300 + 4);
		}
		module.close();
		setVoltage(board, 1650, false);
		module.open("865B");
		machine.advance(40);
		expect(module.get("raw")).toBe(Math.floor((1690 * 4095) / 3100));
		// at the end of the scale it may be any higher: idle on a ladder whose windows reach up to 3999
		module.close();
		setVoltage(board, 3300);
		module.open("V2");
		machine.advance(200);
		expect(module.get("pressed")).toBe(undefined);
		expect(module.get("raw")).toBe(4095);
	});

	test("no event is lost while the engine's queue is full, nor while it does not listen at all", () => {
		module.open("865B", { longMs: 0 });
		hold(3300, 100);
		board.othersWaiting = 10;
		for (let i = 0; i < 5; i++) {
			hold(1650, 100);
			hold(3300, 100);
		}
		expect(module.take()).toEqual([]);
		expect(board.refused).toBeGreaterThan(0);
		board.othersWaiting = 0;
		machine.advance(10);
		expect(types()).toEqual(Array(5).fill(["press button2", "release button2"]).flat());
		// more than there is room for: what is told is whole, and the first of it
		board.othersWaiting = 10;
		const all: string[] = [];
		for (let i = 0; i < 40; i++) {
			hold([1650, 1110, 0][i % 3]!, 100);
			hold(3300, 100);
			const name = ["button2", "button1", "door"][i % 3];
			all.push(`press ${name}`, `release ${name}`);
		}
		board.othersWaiting = 0;
		machine.advance(100);
		const told = types();
		expect(told.length).toBeGreaterThanOrEqual(30);
		expect(told.length).toBeLessThanOrEqual(32);
		expect(told).toEqual(all.slice(0, told.length));
		hold(1110, 100);
		hold(3300, 100);
		expect(types()).toEqual(["press button1", "release button1"]);
	});

	test("an error in a callback: the next event comes all the same, in its turn", () => {
		module.open("865B", {}, "throw");
		board.othersWaiting = 10;
		hold(1650, 100);
		hold(3300, 100);
		board.othersWaiting = 0;
		machine.advance(50);
		expect(types()).toEqual(["press button2", "release button2"]);
		expect(machine.errors.map(({ message }) => message)).toEqual(["reaction", "reaction"]);
		machine.errors.length = 0;
		module.close();
		machine.advance(50);
		expect(left()).toEqual(nothing);
	});

	test("closing in a callback, opening again, closing while the queue is full", () => {
		for (let i = 0; i < 3; i++) {
			module.open("865B", {}, "close");
			hold(1650, 200);
			hold(3300, 200);
			expect(types()).toEqual(["press button2"]);
			expect(left()).toEqual(nothing);
		}
		module.open("865B");
		board.othersWaiting = 10;
		hold(1650, 100);
		module.close();
		machine.advance(100);
		expect(left()).toEqual(nothing);
		expect(() => module.get("raw")).toThrow("closed");
		expect(types()).toEqual([]);
	});

	test("a reading that fails is left out; flash that is written only delays", () => {
		module.open("865B");
		hold(1650, 30);
		board.fail("adc_oneshot_read");
		machine.advance(30);
		board.flashBusy = true;
		machine.advance(50);
		board.flashBusy = false;
		machine.advance(100);
		expect(types()).toEqual(["press button2"]);
	});

	test("with a class of its own: read on the engine's task, closed with it", () => {
		module.open("865B", {}, "", true);
		module.set(2000);
		machine.advance(100);
		module.set(3000);
		machine.advance(100);
		expect(types()).toEqual(["press button2", "release button2"]);
		expect(board.open("adc")).toBe(0);
		module.breakIt();
		machine.advance(500);
		expect(machine.errors.map(({ message }) => message)).toEqual(["converter broken"]);
		machine.errors.length = 0;
		module.close();
		expect(module.inputs()).toBe(0);
		machine.advance(50);
		expect(left()).toEqual(nothing);
		board.fail("esp_timer_create", 2);
		expect(() => module.open("865B", {}, "", true)).toThrow("out of memory");
		expect(module.inputs()).toBe(0);
	});

	test("options that are refused by name, calls that fail: nothing stays open", () => {
		for (const [options, pattern] of [
			[{ analog: undefined }, /TypeError.*analog/],
			[{ analog: {} }, /RangeError.*analog needs io or the number of a pin/],
			[{ analog: { pin: 48 } }, /no analog input/],
			[{ analog: { io: 5 } }, /TypeError.*analog.io/],
			[{ idleMin: undefined }, /idleMin is missing/],
			[{ scanMs: 0 }, /scanMs/],
			[{ thresholds: [{ name: "a", min: 3, max: 2400 }] }, /reaches into idle/],
		] as [object, RegExp][])
			expect(module.attempt(options)).toMatch(pattern);
		for (const call of ["heap_caps_malloc", "esp_timer_create", "adc_oneshot_new_unit", "adc_oneshot_config_channel"]) {
			board.fail(call);
			expect(module.attempt({}), call).toMatch(/^Error: /);
			expect(left(), call).toEqual(nothing);
		}
		board.fail("esp_timer_create", 2);
		expect(module.attempt({})).toMatch(/out of memory/);
		expect(left()).toEqual(nothing);
		module.open("865B");
		expect(module.attempt({})).toMatch(/pin of analog is in use/);
		expect(module.attempt({ analog: { pin: 2 } })).toMatch(/converter is in use/);
		expect(module.attempt({ analog: { pin: 12 } })).toBe("no error");
	});

	test("a machine that is deleted with buttons open", () => {
		module.open("865B");
		machine.advance(100);
		machine.delete();
		begin();
		module.open("865B");
		hold(1650, 100);
		expect(types()).toEqual(["press button2"]);
	});
});
