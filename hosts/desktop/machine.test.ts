import { describe, expect, test } from "vitest";
import { Machine } from "./machine";
import { createTestMachine } from "./testing";

/** Exports of a module that is given as text. */
function load(source: string, options: Parameters<typeof createTestMachine>[0] = {}) {
	const machine = createTestMachine({ ...options, sources: { subject: source, ...options.sources } });
	// biome-ignore lint/suspicious/noExplicitAny: what the text exports
	return { machine, subject: machine.importModule<any>("subject") };
}

const echo = "export function echo(x) { return x; } export function type(x) { return typeof x; }";

describe("values", () => {
	test("pass there and back unchanged", () => {
		const { machine, subject } = load(echo);
		const values = [
			undefined,
			null,
			true,
			0,
			-0,
			1,
			-2147483648,
			2147483648,
			0.1,
			Number.NaN,
			Number.POSITIVE_INFINITY,
			2 ** 53,
			"",
			"plain",
			"Ω€😀",
			"\u0000 and \ud800 alone \udc00",
			"x".repeat(100_000),
			0n,
			-1n,
			123456789012345678901234567890n,
			2n ** 64n,
			-(2n ** 200n),
			[],
			[1, "two", [3, undefined, null]],
			{ a: 1, b: { c: [true, "d"] }, 7: "seven", "with space": 0, ünïcode: "ü" },
			new Date(86_400_000),
		];
		for (const value of values) expect(subject.echo(value)).toStrictEqual(value);
		machine.finish();
	});

	test("of every kind of buffer are copied, with class and window", () => {
		const { machine, subject } = load(echo);
		const bytes = Uint8Array.from({ length: 40 }, (_, i) => 200 + i);
		const classes = [
			Int8Array,
			Uint8Array,
			Uint8ClampedArray,
			Int16Array,
			Uint16Array,
			Int32Array,
			Uint32Array,
			Float32Array,
			Float64Array,
			BigInt64Array,
			BigUint64Array,
		];
		for (const TypedArray of classes) {
			const sent = new TypedArray(bytes.buffer.slice(8), 8, 2);
			const received = subject.echo(sent);
			expect(received).toBeInstanceOf(TypedArray);
			expect(received).toStrictEqual(sent.slice());
			expect(received.buffer).not.toBe(sent.buffer);
		}
		expect(subject.echo(bytes.buffer)).toStrictEqual(bytes.buffer);
		const view = subject.echo(new DataView(bytes.buffer, 4, 3)) as DataView;
		expect([view.byteLength, view.getUint8(0)]).toEqual([3, 204]);
		expect(subject.echo(new Uint8Array(0))).toHaveLength(0);
		// a window made in the machine
		expect(machine.evaluate("new Uint16Array(Uint8Array.of(0, 0, 1, 2, 3, 4).buffer, 2, 1)")).toEqual(
			Uint16Array.of(0x0201),
		);
		machine.finish();
	});

	test("that cannot pass throw a TypeError and leave the machine usable", () => {
		const { machine, subject } = load(echo);
		expect(() => subject.echo(Symbol("x"))).toThrow(TypeError);
		expect(() => subject.echo(Promise.resolve())).toThrow("promise");
		expect(() => machine.evaluate("Symbol('x')")).toThrow(TypeError);
		const circle: Record<string, unknown> = {};
		circle["self"] = circle;
		expect(() => subject.echo(circle)).toThrow("circle");
		expect(() => machine.evaluate("const o = {}; o.o = o; o")).toThrow("circle");
		expect(subject.echo(1)).toBe(1);
		machine.finish();
	});

	test("of another machine are refused", () => {
		const a = load(`${echo} export class K {}`);
		const b = load(echo);
		expect(() => b.subject.echo(a.subject.echo)).toThrow("another machine");
		expect(() => b.subject.echo(new a.subject.K())).toThrow("another machine");
		a.machine.finish();
		b.machine.finish();
	});
});

describe("functions and objects", () => {
	test("of the machine keep their identity and their prototype", () => {
		const { machine, subject } = load(`
			export class Meter {
				#wh = 5;
				constructor(id) { this.id = id; }
				get wh() { return this.#wh; }
				set wh(value) { this.#wh = value; }
				add(n) { this.#wh += n; return this; }
				static of(id) { return new Meter(id); }
			}
			export function same(a, b) { return a === b; }
			export function isMeter(x) { return x instanceof Meter; }
		`);
		const meter = new subject.Meter("m1");
		expect(meter.id).toBe("m1");
		expect(meter.add(3).wh).toBe(8);
		meter.wh = 100;
		expect(meter.wh).toBe(100);
		expect("add" in meter).toBe(true);
		expect("nothing" in meter).toBe(false);
		expect(Object.keys(meter)).toEqual(["id"]);
		expect(subject.isMeter(meter)).toBe(true);
		expect(subject.same(meter, meter)).toBe(true);
		expect(subject.same(subject.Meter, subject.Meter)).toBe(true);
		expect(Object.keys(subject)).toEqual(["Meter", "isMeter", "same"]);
		machine.finish();
	});

	test("of Node are called with converted values, and nest", () => {
		const { machine, subject } = load("export function twice(f, x) { return f(f(x)); }");
		expect(subject.twice((x: number) => x * 3, 7)).toBe(63);
		const deep = (n: number): number => (n === 0 ? 0 : subject.twice((x: number) => x + deep(n - 1) * 0 + 1, n));
		expect(deep(4)).toBe(6);
		machine.finish();
	});

	test("are let go when neither side holds them", () => {
		const { machine, subject } = load(`export function make() { return () => 1; } export function take(f) { f(); }`);
		const before = machine.counters().slots;
		for (let i = 0; i < 2000; i++) subject.take(() => i);
		machine.collect();
		expect(machine.counters().slots - before).toBeLessThan(50);
		machine.finish();
	});
});

describe("errors", () => {
	test("keep class, message and stack, both ways", () => {
		const { machine, subject } = load(`
			export function fail(name) { throw new globalThis[name]("it is " + name); }
			export function catchIt(f) { try { f(); } catch (e) { return [e.constructor.name, e.message, String(e.stack)]; } }
		`);
		for (const name of ["Error", "TypeError", "RangeError", "SyntaxError", "ReferenceError", "URIError", "EvalError"]) {
			const error = caught(() => subject.fail(name));
			expect(error.constructor.name).toBe(name);
			expect(error.message).toBe(`it is ${name}`);
			expect(error.stack).toMatch(/at fail \(subject:2\)/);
		}
		const [name, message, stack] = subject.catchIt(() => {
			throw new RangeError(`long ${"x".repeat(300)} end`);
		});
		expect([name, message]).toEqual(["RangeError", `long ${"x".repeat(300)} end`]);
		expect(stack).toContain("machine.test.ts");
		machine.finish();
	});

	test("carry their own fields: code and place of a GridpostError", () => {
		const machine = createTestMachine();
		const { configError } = machine.importModule<{ configError(a: string, b: unknown, c: string): Error }>(
			"modules/base/errors",
		);
		const module = load("export function thrower(e) { throw e; }");
		const error = caught(() => {
			throw configError("$.bus", 3, "a name");
		});
		expect(error).toMatchObject({ code: "bad-config", place: "$.bus", origin: "config" });
		machine.finish();
		module.machine.finish();
	});

	test("have the lines of the TypeScript source", () => {
		const machine = createTestMachine({
			sources: {
				subject: `import { configError } from "modules/base/errors";
					export function run() { const e = configError("p", 1, "x"); return e.stack; }`,
			},
		});
		const stack = machine.importModule<{ run(): string }>("subject").run();
		// `new GridpostError(` in configError
		expect(stack).toMatch(/configError \(\/.*modules\/base\/errors\.ts:3\d\)/);
		machine.finish();
	});

	test("thrown that are none arrive as they are", () => {
		const { machine, subject } = load(`export function fail(x) { throw x; }`);
		for (const value of [undefined, 3, "text"]) {
			let got: unknown = "nothing";
			try {
				subject.fail(value);
			} catch (error) {
				got = error;
			}
			expect(got).toBe(value);
		}
		machine.finish();
	});

	test("in promise jobs and unhandled rejections are told, and the machine goes on", () => {
		const { machine, subject } = load(`
			export function reject() { Promise.reject(new TypeError("nobody listens")); }
			export function handled() { Promise.reject(new Error("no")).catch(() => {}); }
			export async function later() { await null; throw new RangeError("late"); }
			export function start() { later(); }
			export function ok() { return 1; }
		`);
		subject.reject();
		expect(machine.errors.map(String)).toEqual(["TypeError: nobody listens"]);
		expect(machine.errors[0]?.stack).toContain("reject (subject:2)");
		subject.handled();
		expect(machine.errors).toHaveLength(1);
		subject.start();
		expect(machine.errors.map(String)[1]).toBe("RangeError: late");
		expect(subject.ok()).toBe(1);
		expect(() => machine.finish()).toThrow("nobody listens");
	});
});

test("promises of the machine are promises in Node", async () => {
	const { machine, subject } = load(`
		export async function later(x) { await null; return x; }
		export async function fails() { await null; throw new RangeError("late"); }
		let go; export const held = new Promise((resolve) => (go = resolve)); export function release(x) { go(x); }
	`);
	expect(await subject.later({ a: 1 })).toEqual({ a: 1 });
	await expect(subject.fails()).rejects.toThrow(RangeError);
	const held = subject.held;
	subject.release("now");
	expect(await held).toBe("now");
	machine.finish();
});

test("trace prints lines; an exception that is caught prints nothing", () => {
	const { machine, subject } = load(`
		export function run() { try { null.x; } catch { trace("caught\\n"); } trace("Ω ", 1, "\\n", "x".repeat(3000)); }
	`);
	subject.run();
	expect(machine.traced.join("|")).toBe(`caught|Ω |1||${"x".repeat(3000)}`);
	machine.finish();
});

test("Math.random depends on the seed alone", () => {
	const draw = (seed: number) => {
		const machine = createTestMachine({ seed });
		const numbers = machine.evaluate<number[]>("Array.from({ length: 1000 }, Math.random)");
		machine.finish();
		return numbers;
	};
	expect(draw(5)).toEqual(draw(5));
	expect(draw(5)).not.toEqual(draw(6));
	const numbers = draw(7);
	expect(numbers.every((x) => x >= 0 && x < 1)).toBe(true);
	const mean = numbers.reduce((a, b) => a + b) / numbers.length;
	expect(mean).toBeGreaterThan(0.45);
	expect(mean).toBeLessThan(0.55);
});

test("many machines live side by side and do not see each other", () => {
	const machines = Array.from({ length: 20 }, (_, i) => {
		const made = load("let n = 0; export function next() { return (globalThis.shared = ++n); }");
		for (let k = 0; k < i; k++) made.subject.next();
		return made;
	});
	expect(machines.map(({ subject }) => subject.next())).toEqual(machines.map((_, i) => i + 1));
	for (const { machine } of machines) machine.finish();
});

test("a deleted machine throws, and so do its functions and objects; deleting it again does nothing", () => {
	const { machine, subject } = load("export function f() { return 1; }");
	const { f } = subject;
	machine.delete();
	machine.delete();
	expect(() => f()).toThrow("deleted");
	expect(() => subject.f).toThrow("deleted");
	expect(() => machine.importModule("subject")).toThrow("deleted");
	expect(() => machine.advance(1)).toThrow("deleted");
	expect(machine.dead).toMatchObject({ code: "XS_DELETED" });
});

test("a machine cannot be deleted by its own code", () => {
	const { machine, subject } = load("export function run(f) { f(); return 1; }");
	expect(() => subject.run(() => machine.delete())).toThrow("while its code runs");
	expect(subject.run(() => undefined)).toBe(1);
	machine.finish();
});

test("providers are called with their receiver, only by the platform's modules", () => {
	const calls: unknown[] = [];
	const machine: Machine = new Machine({
		name: "providers",
		sources: {
			platform: `import io from "host:io"; export function run(x) { return [io.add(x, 1), io.version, Object.keys(io)]; }`,
			other: `import io from "host:nothing"; export { io };`,
		},
		host: (self) => ({
			io: {
				version: 7,
				add(a: number, b: number) {
					calls.push(this, self);
					return a + b;
				},
			},
		}),
	});
	expect(machine.importModule<{ run(x: number): unknown }>("platform").run(4)).toEqual([5, 7, ["version", "add"]]);
	expect(calls).toEqual([{ version: 7, add: expect.any(Function) }, machine]);
	expect(() => machine.importModule("other")).toThrow('no host provider "nothing"');
	expect(() => machine.importModule("host:io")).toThrow("only for hosts/desktop/xs");
	machine.delete();
});

function caught(run: () => unknown): Error {
	try {
		run();
	} catch (error) {
		return error as Error;
	}
	throw new Error("nothing was thrown");
}
