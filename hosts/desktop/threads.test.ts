import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { findRoot } from "./loader";

const root = findRoot();

/** Runs a module in a worker thread, with `Machine` and `parentPort` at hand; gives its first message. */
function inThread(body: string): { worker: Worker; message: Promise<unknown> } {
	const url = new URL("./build/js/hosts/desktop/machine.js", `file://${root}/`).href;
	const source = `import { parentPort } from "node:worker_threads"; import { Machine } from "${url}"; ${body}`;
	const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
		execArgv: ["--import", join(root, "hosts/desktop/resolve.mjs")],
	});
	const message = new Promise((resolve, reject) => {
		worker.on("message", resolve);
		worker.on("error", reject);
	});
	return { worker, message };
}

const busy = `
	const sources = { subject: "export function run(n) { let s = 0; for (let i = 0; i < n; i++) s = (s * 31 + [i].length + Math.random() * 8) % 65521 | 0; return s; }" };
	const results = [];
	for (let i = 0; i < 5; i++) {
		const machine = new Machine({ sources, clock: "virtual", preload: i % 2 ? ["subject"] : [] });
		results.push(machine.importModule("subject").run(20000));
		if (i < 3) machine.delete(); // the others are left to the end of the thread
	}
	parentPort.postMessage(results);
`;

test("machines run in several threads at once, with the same results, and may be left to the thread's end", async () => {
	for (let round = 0; round < 3; round++) {
		const results = await Promise.all(Array.from({ length: 4 }, () => inThread(busy).message));
		const [first] = results as number[][];
		expect(first).toHaveLength(5);
		expect(new Set(first).size).toBe(1);
		for (const result of results) expect(result).toEqual(first);
	}
});

test("a thread ends while its machine waits for a timer", async () => {
	const { worker, message } = inThread(`
		const machine = new Machine({ sources: { subject: 'import Timer from "timer"; Timer.repeat(() => trace("x"), 5);' }, trace() {} });
		machine.importModule("subject");
		setTimeout(() => parentPort.postMessage("waiting"), 30);
	`);
	expect(await message).toBe("waiting");
	expect(await worker.terminate()).toBe(1);
});

test("an endless loop in a thread is ended by the byte-code limit", async () => {
	const { message } = inThread(`
		const machine = new Machine({ byteCodeLimit: 5_000_000 });
		try { machine.evaluate("for (;;);"); } catch (error) { parentPort.postMessage(error.code); }
	`);
	expect(await message).toBe("XS_COMPUTATION");
});

test("a timer of the machine keeps a thread alive until it has fired", async () => {
	const { worker, message } = inThread(`
		const machine = new Machine({ sources: { subject: 'import Timer from "timer"; export const go = (f) => Timer.set(f, 60);' } });
		machine.importModule("subject").go(() => parentPort.postMessage("fired"));
		parentPort.unref();
	`);
	const exited = new Promise((resolve) => worker.on("exit", resolve));
	expect(await message).toBe("fired");
	expect(await exited).toBe(0);
});
