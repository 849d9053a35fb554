import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestMachine, type TestMachine } from "../../hosts/desktop/testing";

const probe = `
import Buttons from "modules/buttons/buttons";
import { ladder865B, ladderV2 } from "modules/buttons/ladders";
export const log = [];
const ladders = { "865B": ladder865B, V2: ladderV2 };
let raw = 4095, broken = false, opened = 0, buttons;
class Analog {
	constructor(settings) { if (settings.pin !== 1) throw new Error("no such pin"); opened++; }
	read() { if (broken) throw new Error("converter broken"); return raw; }
	close() { opened--; }
}
export function open(ladder, options, reaction) {
	buttons = new Buttons({ analog: { io: Analog, pin: 1 }, ...ladders[ladder], ...options, onEvent(event) {
		log.push({ ...event });
		if (reaction === "close") { this.close(); this.close(); }
		if (reaction === "throw") throw new Error("reaction");
	} });
}
export function set(value) { raw = value; }
export function breakIt() { broken = true; }
export function get(what) { return buttons[what]; }
export function close() { buttons.close(); }
export function openInputs() { return opened; }
export function take() { return log.splice(0); }
const error = (f) => { try { return "no error: " + f(); } catch (e) { return e.constructor.name + ": " + e.message; } };
export function misuse() {
	const good = { analog: { io: Analog, pin: 1 }, ...ladder865B };
	const { idleMin, ...noIdle } = good, { thresholds, ...noThresholds } = good, { analog, ...noAnalog } = good;
	const one = (threshold) => () => new Buttons({ ...good, thresholds: [threshold] });
	const results = [
		error(() => new Buttons()), error(() => Buttons(good)), error(() => new Buttons(noIdle)), error(() => new Buttons(noThresholds)), error(() => new Buttons(noAnalog)),
		error(() => new Buttons({ ...good, idleMin: "x" })), error(() => new Buttons({ ...good, thresholds: [] })), error(() => new Buttons({ ...good, thresholds: Array(9).fill(thresholds[0]) })),
		error(one(5)), error(one({ min: 1, max: 2 })), error(one({ name: "a", min: -1, max: 2 })), error(one({ name: "a", min: 1.5, max: 2 })), error(one({ name: "a", min: 3, max: 2 })),
		error(one({ name: "a", min: 3, max: 2400 })), error(one({ name: "a name that is far too long", min: 3, max: 24 })),
		error(() => new Buttons({ ...good, thresholds: [{ name: "a", min: 1, max: 9 }, { name: "b", min: 9, max: 20 }] })),
		error(() => new Buttons({ ...good, scanMs: 0 })), error(() => new Buttons({ ...good, debounceMs: -1 })), error(() => new Buttons({ ...good, longMs: 1e9 })),
		error(() => new Buttons({ ...good, onEvent: 1 })), error(() => new Buttons({ ...good, analog: {} })), error(() => new Buttons({ ...good, analog: { io: Analog, pin: 2 } })),
	];
	const port = new Buttons(good);
	results.push(error(() => Object.getOwnPropertyDescriptor(Buttons.prototype, "raw").get.call({})), String(port.pressed));
	port.close(); port.close();
	results.push(error(() => port.raw), error(() => port.pressed));
	return results;
}
`;

interface Probe {
	open(ladder: string, options?: object, reaction?: string): void;
	set(raw: number): void;
	breakIt(): void;
	get(what: string): unknown;
	close(): void;
	openInputs(): number;
	take(): { type: string; button?: string; heldMs: number; count: number }[];
	misuse(): string[];
}

let machine: TestMachine;
let module: Probe;
beforeEach(() => {
	machine = createTestMachine({ sources: { probe } });
	module = machine.importModule<Probe & Record<string, unknown>>("probe");
});
afterEach(() => machine.finish());

const hold = (raw: number, ms: number) => {
	module.set(raw);
	machine.advance(ms);
};
const types = () => module.take().map(({ type, button }) => (button === undefined ? type : `${type} ${button}`));

describe("Buttons", () => {
	test("press, long press and repeats on the 865B, with their times", () => {
		module.open("865B");
		hold(3000, 500);
		expect(module.get("pressed")).toBe(undefined);
		hold(2000, 300);
		expect(module.get("pressed")).toBe("button2");
		expect(module.get("raw")).toBe(2000);
		hold(3000, 300);
		hold(1300, 1600);
		hold(3000, 300);
		const events = module.take();
		expect(events.map(({ type, button }) => `${type} ${button}`)).toEqual([
			"press button2",
			"release button2",
			"press button1",
			"long button1",
			"repeat button1",
			"repeat button1",
			"release button1",
		]);
		expect(events[1]!.heldMs).toBe(300);
		expect(events[3]!.heldMs).toBeGreaterThanOrEqual(1000);
		expect(events[3]!.heldMs).toBeLessThanOrEqual(1020);
		expect(events[5]).toMatchObject({ count: 2 });
		expect(events[6]!.heldMs).toBe(1600);
	});

	test("the door, four buttons of V2, several at once, stuck", () => {
		module.open("865B", { stuckMs: 5000 });
		hold(50, 10_000);
		hold(3000, 100);
		expect(types()).toEqual(["press door", "release door"]);
		hold(2000, 200);
		hold(1100, 200);
		expect(module.get("pressed")).toBe("unknown");
		hold(3000, 100);
		expect(types()).toEqual(["press button2", "unknown", "clear"]);
		hold(2000, 6000);
		hold(3000, 100);
		expect(types().filter((type) => !type.startsWith("repeat"))).toEqual([
			"press button2",
			"long button2",
			"stuck button2",
			"clear button2",
		]);
		module.close();
		module.open("V2", { longMs: 0 });
		for (const raw of [1500, 3000, 3500, 3900, 100]) {
			hold(raw, 100);
			hold(4095, 100);
		}
		expect(types()).toEqual([
			...[1, 2, 3, 4].flatMap((n) => [`press button${n}`, `release button${n}`]),
			"unknown",
			"clear",
		]);
		expect(module.openInputs()).toBe(1);
	});

	test("close in a callback closes the input, an error in a callback does not stop the sampling", () => {
		module.open("865B", {}, "close");
		hold(2000, 100);
		expect(types()).toEqual(["press button2"]);
		expect(module.openInputs()).toBe(0);
		hold(3000, 100);
		expect(types()).toEqual([]);
		expect(machine.counters().timers).toBe(0);
		module.open("865B", {}, "throw");
		hold(2000, 100);
		hold(3000, 100);
		expect(types()).toEqual(["press button2", "release button2"]);
		expect(machine.errors.map(({ message }) => message)).toEqual(["reaction", "reaction"]);
		machine.errors.length = 0;
	});

	test("an input that cannot be read tells it once", () => {
		module.open("865B");
		module.breakIt();
		machine.advance(1000);
		expect(machine.errors.map(({ message }) => message)).toEqual(["converter broken"]);
		machine.errors.length = 0;
		module.close();
		expect(module.openInputs()).toBe(0);
	});

	test("an hour costs little and leaves nothing", () => {
		module.open("865B", { scanMs: 20 });
		machine.advance(1000);
		machine.collect();
		const before = machine.counters();
		machine.advance(3600_000);
		machine.collect();
		const after = machine.counters();
		expect(after.slots).toBe(before.slots);
		expect(after.chunkBytes).toBe(before.chunkBytes);
		expect((after.byteCodes - before.byteCodes) / 180_000).toBeLessThan(30);
	});

	test("each bad option is refused by name, and nothing stays open", () => {
		const patterns = [
			/TypeError.*options/,
			/TypeError/,
			/TypeError.*idleMin is missing/,
			/TypeError.*thresholds must be an array/,
			/TypeError.*analog/,
			/RangeError.*idleMin/,
			/RangeError.*number of thresholds/,
			/RangeError.*number of thresholds/,
			/TypeError.*threshold must be an object/,
			/TypeError.*needs a name/,
			/RangeError.*min/,
			/RangeError.*min/,
			/RangeError.*above its max/,
			/RangeError.*reaches into idle/,
			/RangeError.*too long/,
			/RangeError.*overlap/,
			/RangeError.*scanMs/,
			/RangeError.*debounceMs/,
			/RangeError.*longMs/,
			/TypeError.*onEvent/,
			/TypeError.*analog.io/,
			/Error.*no such pin/,
			/Error/,
			/^undefined$/,
			/closed/,
			/closed/,
		];
		const results = module.misuse();
		expect(results.length).toBe(patterns.length);
		for (const [index, pattern] of patterns.entries()) {
			expect(results[index]).toMatch(pattern);
			expect(results[index]).not.toMatch(/no error/);
		}
		expect(module.openInputs()).toBe(0);
	});

	test("a machine deleted with buttons open", () => {
		module.open("865B");
		machine.advance(100);
		machine.delete();
		machine = createTestMachine();
	});
});
