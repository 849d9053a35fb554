import { describe, expect, test } from "vitest";
import { createTestMachine } from "./testing";

/** As small as the device's: 64 KB of chunks, 4,000 slots, 400 of stack. */
const device = { chunkBytes: 65536, slots: 4000, stackSlots: 400, keys: 300 };

/** Runs the text as the body of a function, and gives the error's code. */
function death(body: string, options: Parameters<typeof createTestMachine>[0] = { heap: device }) {
	const machine = createTestMachine({
		...options,
		sources: { subject: `export function run(x) { ${body} } export function ok() { return 1; }` },
	});
	const { run, ok } = machine.importModule<{ run(x?: unknown): unknown; ok(): number }>("subject");
	let code: unknown = "nothing was thrown";
	let error: unknown;
	try {
		run();
	} catch (thrown) {
		error = thrown;
		code = (thrown as { code?: string }).code ?? String(thrown);
	}
	return { machine, code, error, ok, run };
}

function expectDead(body: string, code: string, options?: Parameters<typeof createTestMachine>[0]) {
	const { machine, code: actual, ok } = death(body, options);
	expect(actual).toBe(code);
	expect(machine.dead).toMatchObject({ code });
	// it stays dead, for calls, timers and collections
	expect(() => ok()).toThrow(expect.objectContaining({ code }));
	expect(() => machine.advance(1)).toThrow(expect.objectContaining({ code }));
	expect(() => machine.collect()).toThrow(expect.objectContaining({ code }));
	expect(machine.counters().byteCodes).toBeGreaterThan(0);
	machine.delete();
}

describe("a fixed heap ends the machine, not the process, when", () => {
	test("chunks are full", () =>
		expectDead("const list = []; for (let i = 0; ; i++) list.push(new ArrayBuffer(1000));", "XS_MEMORY"));
	test("slots are full", () => expectDead("let list; for (;;) list = { list };", "XS_MEMORY"));
	test("one buffer is larger than all", () => expectDead("new ArrayBuffer(2000000000);", "XS_MEMORY"));
	test("a string doubles", () => expectDead("let s = 'ab'; for (;;) s += s;", "XS_MEMORY"));
	test("keys are full", () => {
		expectDead("for (let i = 0; ; i++) globalThis['key' + i] = i;", "XS_KEYS", {
			heap: { ...device, slots: 60_000, chunkBytes: 1_000_000 },
		});
	});
	test("the code recurses", () => expectDead("(function f() { return 1 + f(); })();", "XS_STACK"));
	test("the engine's C code recurses", () => {
		expectDead("const f = () => [1].map(f); f();", "XS_STACK", { heap: { stackSlots: 1_000_000, grow: true } });
	});
	test("catch and finally in the machine do not see it", () => {
		expectDead("try { for (let list;;) list = { list }; } catch { return 1; } finally { trace('no'); }", "XS_MEMORY");
	});
});

test("a growing heap ends at its limit", () => {
	expectDead("const list = []; for (;;) list.push(new ArrayBuffer(100000));", "XS_MEMORY", {
		heap: { grow: true, limitBytes: 8 * 1024 * 1024 },
	});
	const { machine, code } = death("const list = []; for (let i = 0; i < 40; i++) list.push(new ArrayBuffer(100000));", {
		heap: { grow: true, chunkBytes: 10_000, limitBytes: 8 * 1024 * 1024 },
	});
	expect(code).toBe("nothing was thrown");
	machine.finish();
});

describe("the byte-code limit ends", () => {
	const limited = { byteCodeLimit: 3_000_000 };
	test("an endless loop", () => expectDead("for (;;);", "XS_COMPUTATION", limited));
	test("an endless chain of promises", () =>
		expectDead("(async () => { for (;;) await null; })();", "XS_COMPUTATION", limited));
	test("a timer's loop, and the turns before it have each their own allowance", () => {
		const machine = createTestMachine({
			...limited,
			sources: {
				subject: `import Timer from "timer"; export let turns = 0;
					Timer.repeat(() => { for (let i = 0; i < 100000; i++); if (++turns > 20) for (;;); }, 10);`,
			},
		});
		const subject = machine.importModule<{ turns: number }>("subject");
		machine.advance(150);
		expect(subject.turns).toBe(15);
		expect(machine.dead).toBeUndefined();
		expect(() => machine.advance(1000)).toThrow("too much computation");
		machine.delete();
	});
});

test("a machine that dies in an entry inside an entry takes the outer one along, whatever Node does in between", () => {
	const { machine, run, code } = death("return x ? x() : 0;", {});
	expect(code).toBe("nothing was thrown");
	const swallowed: unknown[] = [];
	expect(() =>
		run(() => {
			try {
				machine.evaluate("let list; for (;;) list = { list };");
			} catch (error) {
				swallowed.push(error);
			}
			return 5;
		}),
	).toThrow("memory full");
	expect(swallowed).toHaveLength(1);
	expect(machine.dead).toMatchObject({ code: "XS_MEMORY" });
	machine.delete();
});

test("deep nesting is a SyntaxError or dies, and the neighbour lives on", () => {
	const neighbour = createTestMachine();
	const { machine, code } = death(`return eval("(".repeat(200000));`, {});
	expect(code).toMatch(/SyntaxError|RangeError|XS_STACK/);
	machine.delete();
	const json = death(`return JSON.parse("[".repeat(1000000));`, {});
	expect(json.code).toMatch(/SyntaxError|RangeError|XS_STACK/);
	json.machine.delete();
	expect(neighbour.evaluate("1 + 1")).toBe(2);
	neighbour.finish();
});

test("a heap that does not hold the engine's own start is refused", () => {
	expect(() => createTestMachine({ heap: { chunkBytes: 1000, slots: 10, stackSlots: 20 } })).toThrow("XS machine");
});

test("machines that die leave no memory behind", () => {
	const once = () => {
		const { machine } = death("const list = []; for (;;) list.push(new Uint8Array(60000), { list });", {
			heap: { grow: true, limitBytes: 16 * 1024 * 1024 },
		});
		machine.delete();
	};
	for (let i = 0; i < 10; i++) once();
	const before = process.memoryUsage.rss();
	for (let i = 0; i < 60; i++) once();
	expect((process.memoryUsage.rss() - before) / 1024 / 1024).toBeLessThan(48);
});
