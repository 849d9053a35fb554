import { expect, test } from "vitest";
import { Machine } from "./machine";
import { createTestMachine } from "./testing";

const subject = `
	import Timer from "timer";
	import Time from "time";
	export const log = [];
	const note = (text) => log.push(text + "@" + Time.ticks);
	export function set(name, delay, repeat) { return Timer.set(() => note(name), delay, repeat); }
	export function repeat(name, delay) { return Timer.repeat(() => note(name), delay); }
	export function order() {
		set("b", 20); set("a", 10); set("c", 20); set("now", 0);
		Timer.set(() => { note("d"); set("e", 0); Promise.resolve().then(() => note("job")); }, 20);
		set("f", 20);
	}
	export function clearing() {
		const other = set("never", 15);
		Timer.set(() => { Timer.clear(other); note("cleared"); }, 10);
		let n = 0;
		const own = Timer.repeat((timer) => { note("own " + (timer === own)); if (++n === 3) Timer.clear(timer); }, 4);
		Timer.clear(undefined); Timer.clear(null); Timer.clear(own === other);
	}
	export function scheduling() {
		const timer = set("s", 10);
		Timer.schedule(timer, 30);
		const held = repeat("held", 5);
		Timer.set(() => Timer.schedule(held), 12);
		Timer.set(() => Timer.schedule(held, 1, 100), 40);
		let again = 2;
		Timer.set((timer) => { note("again"); if (again--) Timer.schedule(timer, 7); }, 1);
		const fired = set("fired", 0);
		Timer.set(() => { try { Timer.schedule(fired, 1); } catch { note("too late"); } }, 2);
	}
	export function throwing() {
		Timer.set(() => { throw new RangeError("in a timer"); }, 5);
		Timer.repeat(() => { note("r"); if (log.length === 2) throw new TypeError("once"); }, 10);
	}
	export function dates() {
		Timer.set(() => note(new Date().toISOString()), 1500);
		Timer.set(() => { Timer.delay(250); note("after delay " + Date.now()); }, 2000);
		Timer.set(() => { Time.set(1000000); note("set " + Date.now() + " " + Time.delta(3000)); }, 3250);
	}
	export function keep() { set("kept", 1000); }
	export function fractions() { set("0.9", 0.9); set("-5", -5); set("1.9", 1.9); }
`;

interface Subject {
	log: string[];
	[name: string]: unknown;
}

function run(name: string, ms: number, options = {}) {
	const machine = createTestMachine({ sources: { subject }, ...options });
	const module = machine.importModule<Subject>("subject");
	(module[name] as () => void)();
	machine.advance(ms);
	// arrays are copied on their way to Node
	return { machine, log: () => module.log, module };
}

test("timers fire in order of due time, then of setting, each seeing its own time; jobs run after each", () => {
	const { machine, log } = run("order", 25);
	expect(log()).toEqual(["now@0", "a@10", "b@20", "c@20", "d@20", "job@20", "f@20", "e@20"]);
	expect(machine.now()).toBe(25);
	expect(machine.counters().timers).toBe(0);
	machine.finish();
});

test("timers can be cleared, also by themselves", () => {
	const { machine, log } = run("clearing", 100);
	expect(log()).toEqual(["own true@4", "own true@8", "cleared@10", "own true@12"]);
	machine.finish();
});

test("timers can be scheduled anew, suspended and resumed", () => {
	const { machine, log } = run("scheduling", 150);
	expect(log()).toEqual([
		"fired@0",
		"again@1",
		"too late@2",
		"held@5",
		"again@8",
		"held@10",
		"again@15",
		"s@30",
		"held@41",
		"held@141",
	]);
	machine.finish();
});

test("an exception in a timer is told with its stack; other timers and the repetition go on", () => {
	const { machine, log } = run("throwing", 40);
	expect(machine.errors.map(String)).toEqual(["RangeError: in a timer", "TypeError: once"]);
	expect(machine.errors[0]?.stack).toContain("(subject:");
	expect(log()).toEqual(["r@10", "r@20", "r@30", "r@40"]);
	machine.delete();
});

test("Date, ticks and delay follow the virtual clock; the wall clock can be set without moving it", () => {
	const { machine, log } = run("dates", 5000, { epochMs: Date.UTC(2026, 5, 1, 12) });
	expect(log()).toEqual([
		"2026-06-01T12:00:01.500Z@1500",
		`after delay ${Date.UTC(2026, 5, 1, 12) + 2250}@2250`,
		"set 1000000000 250@3250",
	]);
	expect(machine.clock.epochMs()).toBe(1_000_000_000 + 1750);
	machine.finish();
});

test("times are whole milliseconds and never before now", () => {
	const { machine, log } = run("fractions", 5);
	expect(log()).toEqual(["0.9@0", "-5@0", "1.9@1"]);
	machine.finish();
});

test("a pending timer outlives collection", () => {
	const { machine, log } = run("keep", 10);
	machine.collect();
	machine.evaluate("for (let i = 0; i < 100000; i++) ({ i })");
	machine.collect();
	machine.advance(1000);
	expect(log()).toEqual(["kept@1000"]);
	machine.finish();
});

test("a day of timers passes in moments", () => {
	const { machine, module, log } = run("order", 0);
	(module["repeat"] as (name: string, delay: number) => void)("tick", 60_000);
	expect(machine.untilTimer()).toBe(10);
	machine.advance(86_400_000);
	expect(log().filter((line) => line.startsWith("tick"))).toHaveLength(1440);
	expect(log().at(-1)).toBe("tick@86400000");
	machine.finish();
});

test("Node's timers are on the same clock, in the same order", () => {
	const { machine, module, log } = run("order", 0);
	const seen: string[] = [];
	const clock = machine.clock;
	const see = (name: string) => () => seen.push(`${name}@${clock.now()} after ${log().length}`);
	clock.setTimer(see("first"), 15);
	clock.setTimer(see("exact"), 20);
	clock.clearTimer(clock.setTimer(see("never"), 16));
	clock.setTimer(() => {
		clock.setTimer(see("nested"), 0.5);
		throw new Error("of Node");
	}, 21);
	clock.clearTimer(undefined);
	(module["set"] as (name: string, delay: number) => void)("last", 20);
	machine.advance(30);
	// set before `last`, and after the timers of `order`
	expect(seen).toEqual(["first@15 after 2", "exact@20 after 7", "nested@21.5 after 9"]);
	expect(log().slice(-2)).toEqual(["last@20", "e@20"]);
	expect(machine.errors.map(String)).toEqual(["Error: of Node"]);
	machine.delete();
});

test("advance is refused while the machine's code runs", () => {
	const machine = createTestMachine({ sources: { subject: "export function run(f) { f(); }" } });
	const { run } = machine.importModule<{ run(f: () => void): void }>("subject");
	expect(() => run(() => machine.advance(1))).toThrow("while the machine's code runs");
	machine.finish();
});

test("on the real clock timers come from Node's loop, to the millisecond, and keep the process alive", async () => {
	const errors: Error[] = [];
	const machine = new Machine({ sources: { subject }, onError: (error) => errors.push(error) });
	const module = machine.importModule<Subject>("subject");
	const started = performance.now();
	let nodeSaw = 0;
	await new Promise<void>((resolve) => {
		(module["set"] as (name: string, delay: number) => void)("a", 5);
		(module["repeat"] as (name: string, delay: number) => void)("r", 10);
		(module["throwing"] as () => void)();
		machine.clock.setTimer(() => {
			nodeSaw = performance.now() - started;
			resolve();
		}, 42.5);
	});
	expect(nodeSaw).toBeGreaterThanOrEqual(42.4);
	expect(nodeSaw).toBeLessThan(400);
	expect(module.log.length).toBeGreaterThanOrEqual(5);
	expect(errors[0]).toBeInstanceOf(RangeError);
	expect(Math.abs(machine.clock.epochMs()! - Date.now())).toBeLessThan(50);
	expect(() => machine.advance(1)).toThrow("virtual");
	machine.delete();
});

test("the stream of microtasks of Node runs after a timer of the machine", async () => {
	const order: string[] = [];
	const machine = new Machine({
		sources: { subject: `import Timer from "timer"; export function go(f) { Timer.set(f, 1); }` },
	});
	await new Promise<void>((resolve) => {
		machine.importModule<{ go(f: () => void): void }>("subject").go(() => {
			Promise.resolve().then(() => order.push("microtask"));
			process.nextTick(() => order.push("tick"));
			setImmediate(() => {
				order.push("immediate");
				resolve();
			});
		});
	});
	expect(order).toEqual(["tick", "microtask", "immediate"]);
	machine.delete();
});
