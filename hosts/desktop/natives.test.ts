import { expect, test } from "vitest";
import { createTestMachine } from "./testing";

const modules = { selftest: "hosts/desktop/addon/test/selftest" };

interface Counter {
	value: number;
	add(n: number): number;
	start(us: number): void;
	enter(): void;
	close(): void;
}

interface Selftest {
	default: {
		new (options?: unknown): Counter;
	};
	totals(): { open: number; selftestMade: number };
}

/** The class itself, and functions that use it from inside. */
function setup(source = "") {
	const machine = createTestMachine({
		modules,
		sources: { subject: `import Selftest, { totals } from "selftest"; export { Selftest, totals }; ${source}` },
	});
	return {
		machine,
		Selftest: machine.importModule<Selftest>("selftest").default,
		// biome-ignore lint/suspicious/noExplicitAny: what the text exports
		subject: machine.importModule<any>("subject"),
	};
}

test("a native class has methods, accessors, statics and host data", () => {
	const { machine, Selftest, subject } = setup(`
		export const sum = (x) => Selftest.sum(x);
		export const bytes = () => Selftest.bytes();
		export const names = () => [Selftest.prototype.add.name, Selftest.prototype.add.length, Selftest.name, Selftest.length,
			Object.getOwnPropertyDescriptor(Selftest.prototype, "value").get.name, totals.name];
	`);
	const counter = new Selftest({ start: 3 });
	expect(counter.add(4)).toBe(7);
	counter.value = 100;
	expect(counter.value).toBe(100);
	expect(subject.sum(Uint8Array.of(1, 2, 3).subarray(1))).toBe(5);
	expect(subject.sum(new ArrayBuffer(4))).toBe(0);
	expect(subject.bytes()).toEqual(Uint8Array.of(1, 2, 3, 4).buffer);
	expect(subject.names()).toEqual(["add", 1, "Selftest", 1, "get value", "totals"]);
	expect(subject.totals()).toEqual({ open: 1, selftestMade: 1 });
	machine.finish();
});

test("errors of C have their class", () => {
	const { machine, Selftest } = setup();
	expect(() => new Selftest()).toThrow(TypeError);
	expect(() => new Selftest({ start: -1 })).toThrow(RangeError);
	expect(() => new Selftest({ start: -1 })).toThrow(/start -1 is negative/);
	machine.finish();
});

test("closing twice is fine, methods after it throw, and others' objects are refused", () => {
	const { machine, Selftest, subject } = setup(`
		export const foreign = () => Selftest.prototype.add.call({}, 1);
		export const none = () => Selftest.prototype.add.call(new ArrayBuffer(8), 1);
	`);
	const counter = new Selftest({});
	counter.close();
	counter.close();
	expect(() => counter.add(1)).toThrow();
	expect(() => subject.foreign()).toThrow();
	expect(() => subject.none()).toThrow();
	expect(subject.totals()).toEqual({ open: 0, selftestMade: 1 });
	machine.finish();
});

test("destructors run when objects are collected, and when the machine is deleted", () => {
	const { machine, subject } = setup(
		"export function make(n) { while (n--) new Selftest({}); } export const kept = []; export function keep() { kept.push(new Selftest({})); }",
	);
	subject.keep();
	subject.make(100);
	machine.collect();
	expect(subject.totals()).toEqual({ open: 1, selftestMade: 101 });
	machine.finish();
});

test("a subclass in JavaScript works with super, and what C holds survives collection", () => {
	const { machine, subject } = setup(`
		class Sub extends Selftest {
			constructor(n) { super({ start: n, onSelftestTick: (us) => seen.push([us, this.value, this.name]) }); this.name = "sub" + n; }
			add(n) { return super.add(n) * 10; }
		}
		export const seen = [];
		export function run() { const sub = new Sub(5); sub.start(1500); sub.start(2500); return sub.add(1); }
	`);
	expect(subject.run()).toBe(60);
	machine.collect();
	machine.evaluate("for (let i = 0; i < 50000; i++) ({ i })");
	machine.collect();
	machine.advance(2.499);
	expect(subject.seen).toEqual([]);
	machine.advance(0.001);
	expect(subject.seen).toEqual([[2500, 6, "sub5"]]);
	machine.collect();
	expect(subject.totals().open).toBe(0);
	machine.finish();
});

test("exceptions cross C in both directions", () => {
	const { machine, subject } = setup(`
		export const attempt = (f) => Selftest.attempt(f);
		export const tick = (f) => new Selftest({ onSelftestTick: f }).start(10);
		export const inside = (f) => new Selftest({ onSelftestTick: f }).enter();
	`);
	expect(subject.attempt((n: number) => n + 1)).toBe(8);
	expect(
		subject.attempt(() => {
			throw new RangeError("from Node");
		}),
	).toBe("from Node");
	subject.tick(() => {
		throw new TypeError("in a host timer");
	});
	machine.advance(1);
	subject.inside(() => {
		throw new RangeError("in an entry");
	});
	expect(machine.errors.map(String)).toEqual(["TypeError: in a host timer", "RangeError: in an entry"]);
	expect(subject.attempt((n: number) => n)).toBe(7);
	machine.delete();
});

test("a machine that dies inside of C unwinds", () => {
	const { machine, subject } = setup("export const attempt = (f) => Selftest.attempt(f);");
	expect(() => subject.attempt(() => machine.evaluate("let l; for (;;) l = { l };"))).toThrow("memory full");
	machine.delete();
});

test("each machine has its own module state", () => {
	const a = setup();
	const b = setup();
	new a.Selftest({});
	expect([a.subject.totals().open, b.subject.totals().open]).toEqual([1, 0]);
	a.machine.finish();
	b.machine.finish();
});

test("a name without C function is a ReferenceError that says so", () => {
	const machine = createTestMachine({ sources: { subject: `export function f() @ "xs_not_there";` } });
	expect(() => machine.importModule("subject")).toThrow(ReferenceError);
	expect(() => machine.importModule("subject")).toThrow("xs_not_there");
	machine.finish();
});

test("natives do not run while modules are preloaded, but work in the clones", () => {
	const sources = {
		early: `import { totals } from "selftest"; export const t = totals();`,
		late: `import Selftest from "selftest"; export function run() { return new Selftest({ start: 2 }).add(3); }`,
	};
	expect(() => createTestMachine({ modules, sources, preload: ["early"] })).toThrow("while modules are preloaded");
	const machine = createTestMachine({ modules, sources, preload: ["selftest", "late"] });
	expect(machine.importModule<{ run(): number }>("late").run()).toBe(5);
	machine.finish();
});
