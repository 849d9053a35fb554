import { describe, expect, test } from "vitest";
import { createTestMachine } from "./testing";

/** A module as it stands in flash: one of each thing that code could try to change. */
const flash = `
	export const object = { a: 1, deep: { b: 2 } };
	export const frozen = Object.freeze({ a: 1, list: Object.freeze([1, 2]) });
	export const list = [1, 2, 3];
	export const map = new Map([["k", 1]]);
	export const set = new Set([1]);
	export const weak = new WeakMap();
	export const buffer = new ArrayBuffer(4);
	export const bytes = Uint8Array.of(1, 2, 3);
	export const view = new DataView(buffer);
	export const pattern = /a(b)/g;
	export const date = new Date(0);
	export const big = 2n ** 70n;
	export const text = "text " + [1, 2].join("-");
	export let counter = 0;
	export function count() { return ++counter; }
	export let callback = () => 1;
	export function setCallback(f) { callback = f; }
	export class Device { static made = 0; static table = { x: 1 }; name = "d"; hello() { return "hello " + this.name; } }
	export class DeviceError extends Error { code = "x"; }
	export class OldError extends Error { constructor(m) { super(m); this.name = "OldError"; } }
	export const device = new Device();
	const hidden = { n: 0 };
	export function bump() { hidden.n++; return hidden.n; }
	export function* numbers() { yield 1; yield 2; }
	export async function later() { await null; return text; }
`;

/** Not preloaded: the code under test, in RAM. */
const ram = (body: string) => `import * as m from "flash"; export function run() { ${body} }`;

const sources: Record<string, string> = { flash };

function clone(body: string) {
	const id = `ram${Object.keys(sources).length}`;
	sources[id] = ram(body);
	const machine = createTestMachine({ preload: ["flash"], sources });
	return { machine, run: machine.importModule<{ run(): unknown }>(id).run };
}

describe("these throw in a clone, as they do on the device", () => {
	test.each([
		["a property of a frozen object", "m.frozen.a = 2"],
		["a new property of a frozen object", "m.frozen.b = 2"],
		["an item of a frozen array", "m.frozen.list[0] = 2"],
		["a static of a class", "m.Device.made = 1"],
		["a new static", "m.Device.extra = 1"],
		["a method of a prototype", "m.Device.prototype.hello = () => 2"],
		["a new method", "m.Device.prototype.extra = () => 2"],
		["a property of a function", "m.count.x = 1"],
		["a Map", "m.map.set('k', 2)"],
		["a Set", "m.set.add(2)"],
		["a WeakMap", "m.weak.set({}, 1)"],
		["a typed array", "m.bytes[0] = 9"],
		["a DataView", "m.view.setUint8(0, 1)"],
		["a regular expression's lastIndex", "m.pattern.lastIndex = 3"],
		["a variable that holds a function", "m.setCallback(() => 2)"],
		["the name of an error in a preloaded class", "new m.OldError('x')"],
		["a method of a built-in", "Array.prototype.extra = 1"],
		["a replaced built-in method", "Array.prototype.push = 1"],
		["Object.prototype", "Object.prototype.x = 1"],
		["Math", "Math.max = 1"],
		["JSON", "JSON.extra = 1"],
		["a prototype of typed arrays", "Uint8Array.prototype.x = 1"],
		["deleting", "delete m.frozen.a"],
		["defining", "Object.defineProperty(m.Device, 'x', { value: 1 })"],
		["another prototype", "Object.setPrototypeOf(m.frozen, {})"],
	])("%s: %s", (_, body) => {
		const { machine, run } = clone(body);
		expect(() => run()).toThrow(TypeError);
		machine.finish();
	});
});

describe("these are copied on write, each clone for itself", () => {
	test.each([
		["an object", "m.object.a = 5; return [m.object.a, m.object.deep.b]", [5, 2]],
		["an object in an object", "m.object.deep.b = 5; return m.object.deep.b", 5],
		["an array", "m.list.push(4); m.list[0] = 9; return m.list", [9, 2, 3, 4]],
		["an instance", "m.device.name = 'e'; return m.device.hello()", "hello e"],
		["a hidden module object", "m.bump(); return m.bump()", 2],
		["an object in a static", "m.Device.table.x = 5; return m.Device.table.x", 5],
		["a variable of the module", "m.count(); return m.count()", 2],
		["a global", "globalThis.mine = 1; return mine", 1],
	])("%s: %s", (_, body, expected) => {
		const first = clone(body);
		expect(first.run()).toEqual(expected);
		first.machine.collect();
		const second = clone(body);
		expect(second.run()).toEqual(expected);
		second.machine.finish();
		first.machine.finish();
	});
});

describe("these work as ever", () => {
	test.each([
		[
			"reading",
			"return [m.text, m.big, m.map.get('k'), [...m.set], m.bytes, m.view.getUint8(0)]",
			["text 1-2", 2n ** 70n, 1, [1], Uint8Array.of(1, 2, 3), 0],
		],
		["classes", "return new m.Device().hello()", "hello d"],
		["subclasses in RAM", "class X extends m.Device { name = 'x' } return new X().hello()", "hello x"],
		["errors", "const e = new m.DeviceError('oh'); return [e.code, e.message, e instanceof Error]", ["x", "oh", true]],
		["generators", "return [...m.numbers()]", [1, 2]],
		["closures", "return m.callback()", 1],
		["strings of flash in new strings", "return (m.text + '!').slice(0, 6)", "text 1"],
	])("%s: %s", (_, body, expected) => {
		const { machine, run } = clone(body);
		machine.collect();
		expect(run()).toEqual(expected);
		machine.collect();
		expect(run()).toEqual(expected);
		machine.finish();
	});

	test("promises", async () => {
		const { machine, run } = clone("return m.later()");
		expect(await run()).toBe("text 1-2");
		machine.finish();
	});
});

test("what the engine lets through is found by the check of the root", () => {
	const { machine, run } = clone("m.date.setTime(5)");
	run();
	expect(() => machine.finish()).toThrow("written into a preloaded module");
	// the root is spoiled for this process: put the value back
	const repair = clone("m.date.setTime(0)");
	repair.run();
	repair.machine.finish();
});

test("a clone begins with next to nothing of its own, and preloaded modules cost it nothing", () => {
	const fresh = createTestMachine({ preload: ["flash"], sources });
	expect(fresh.counters().slots).toBeLessThan(60);
	expect(fresh.counters().chunkBytes).toBeLessThan(200);
	fresh.importModule("flash");
	fresh.collect();
	const { slots } = fresh.counters();
	expect(slots).toBeLessThan(100);
	fresh.finish();
	const loaded = createTestMachine({ sources });
	loaded.importModule("flash");
	loaded.collect();
	expect(loaded.counters().slots).toBeGreaterThan(slots + 150);
	loaded.finish();
});

test("without freezing, preloads are the machine's own and nothing is frozen", () => {
	const machine = createTestMachine({ preload: ["flash"], sources, freeze: false });
	expect(machine.counters().slots).toBeGreaterThan(3000);
	expect(machine.evaluate("Array.prototype.extra = 1; [].extra")).toBe(1);
	machine.finish();
});

test("a preload that fails says why, each time, and other machines are made", () => {
	const failing = { bad: "throw new RangeError('at preload');", good: "export const x = 1;" };
	for (let i = 0; i < 2; i++)
		expect(() => createTestMachine({ preload: ["bad"], sources: failing })).toThrow("at preload");
	expect(() => createTestMachine({ preload: ["missing"], sources: failing })).toThrow('module "missing" not found');
	createTestMachine({ preload: ["good"], sources: failing }).finish();
});

test("many clones come and go", () => {
	for (let i = 0; i < 300; i++) {
		const machine = createTestMachine({ preload: ["flash"], sources });
		const m = machine.importModule<{ count(): number; bump(): number }>("flash");
		expect([m.count(), m.bump()]).toEqual([1, 1]);
		if (i % 50 === 0) machine.finish();
		else machine.delete();
	}
});
