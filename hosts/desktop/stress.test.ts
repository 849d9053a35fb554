import { expect, test } from "vitest";
import { createTestMachine } from "./testing";

/*
 * Everything that C of the host does with the machine's memory, once and briefly: what tools/asan.mjs runs with a garbage
 * collection at every allocation. Slow there, quick elsewhere.
 */
const subject = `
	import Selftest, { totals } from "selftest";
	import Timer from "timer";
	import host from "host:stress";
	export const echo = (x) => x;
	export const call = (f, ...rest) => f(...rest);
	export const fail = (message) => { throw new RangeError(message); };
	export const attempt = (f) => { try { f(); } catch (e) { return [e.constructor.name, e.message, typeof e.stack]; } };
	export const later = async (x) => { await null; return x; };
	export class Thing { constructor(a) { this.a = a; } get twice() { return this.a + this.a; } }
	export const natives = () => {
		const seen = [];
		const counter = new Selftest({ start: 1, onSelftestTick(us) { seen.push(us, this.value); } });
		counter.add(2);
		counter.value += 3;
		counter.enter();
		counter.start(50);
		return [seen, Selftest.sum(Uint8Array.of(1, 2, 3)), Selftest.bytes(), totals(), Selftest.attempt((n) => "n" + n),
			Selftest.attempt(() => { throw new Error("c" + "aught"); })];
	};
	export const timers = (log) => {
		const timer = Timer.repeat(() => { log("tick" + 1); Timer.schedule(timer, 5, 5); }, 3);
		Timer.set((self) => { Timer.clear(timer); Timer.clear(self); log({ cleared: [timer === undefined] }); }, 9);
		Timer.set(() => { throw new TypeError("thrown" + 1); }, 1);
	};
	export const provided = () => [host.bytes(new Uint8Array(4)), host.object({ a: [1, "b" + 2] })];
`;

test("values, functions, errors, natives, timers and providers survive collections at any moment", async () => {
	const machine = createTestMachine({
		modules: { selftest: "hosts/desktop/addon/test/selftest" },
		preload: ["modules/base/crc"],
		sources: { subject },
		host: {
			stress: {
				bytes: (bytes: Uint8Array) => bytes.map((_, i) => i),
				object: (object: object) => ({ ...object, more: { text: "Ω" } }),
			},
		},
	});
	// biome-ignore lint/suspicious/noExplicitAny: what the text exports
	const m = machine.importModule<any>("subject");
	for (const value of [
		1.5,
		"text",
		"Ω😀",
		2n ** 70n,
		[1, [2, ["3"]]],
		{ a: { b: "c" }, 5: [6] },
		Uint16Array.of(1, 2),
		new Date(5),
	])
		expect(m.echo(value)).toStrictEqual(value);
	expect(m.call((...rest: unknown[]) => [...rest, "back"], "x", { y: 1 })).toEqual(["x", { y: 1 }, "back"]);
	expect(() => m.fail("on purpose")).toThrow(new RangeError("on purpose"));
	expect(
		m.attempt(() => {
			throw new TypeError("of Node");
		}),
	).toEqual(["TypeError", "of Node", "string"]);
	expect(await m.later({ text: "late" })).toEqual({ text: "late" });
	const thing = new m.Thing("ab");
	thing.a += "c";
	expect([thing.twice, Object.keys(thing), "a" in thing]).toEqual(["abcabc", ["a"], true]);
	expect(m.natives()).toEqual([
		[-1, 6],
		6,
		Uint8Array.of(1, 2, 3, 4).buffer,
		{ open: 1, selftestMade: 1 },
		"n7",
		"caught",
	]);
	const log: unknown[] = [];
	m.timers((x: unknown) => log.push(x));
	machine.advance(20);
	expect(log).toEqual(["tick1", "tick1", { cleared: [false] }]);
	expect(machine.errors.map(String)).toEqual(["TypeError: thrown1"]);
	machine.errors.length = 0;
	expect(m.provided()).toEqual([Uint8Array.of(0, 1, 2, 3), { a: [1, "b2"], more: { text: "Ω" } }]);
	expect(() => machine.importModule("subject/missing")).toThrow("not found");
	expect(machine.evaluate("[1, 2].map((x) => 'v' + x)")).toEqual(["v1", "v2"]);
	machine.finish();
});
