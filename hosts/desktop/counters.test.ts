import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { findRoot } from "./loader";
import { createTestMachine } from "./testing";

const root = findRoot();

const machineUrl = pathToFileURL(join(root, "build/js/hosts/desktop/machine.js")).href;

/** Work of every kind, with chance and time in it. Gives what the machine counted. */
const program = `
	import { Machine } from "${machineUrl}";
	const subject = \`
		import Timer from "timer";
		import { crc16Modbus } from "modules/base/crc";
		const kept = [];
		let turns = 0;
		Timer.repeat(() => {
			const bytes = Uint8Array.from({ length: 50 }, () => Math.random() * 256);
			kept.push({ crc: crc16Modbus(bytes), at: Date.now(), text: new Date().toISOString() + turns });
			if (kept.length > 100) kept.splice(0, 50);
			Promise.resolve(turns++).then((n) => { if (n % 100 === 0) globalThis["name" + n] = /x(.)/.exec("ax" + n); });
			try { if (turns % 7 === 0) null.x; } catch {}
		}, 10);
		export const run = () => JSON.stringify(kept).length;
	\`;
	const machine = new Machine({
		clock: "virtual", preload: ["modules/base/crc"], sources: { subject },
		heap: { chunkBytes: 60000, slots: 6000, stackSlots: 500, keys: 200 },
	});
	const { run } = machine.importModule("subject");
	machine.advance(20000);
	const result = JSON.stringify([run(), machine.counters()]);
	machine.delete();
`;

function inProcess(variant = ""): string {
	return execFileSync(
		process.execPath,
		["--import", "./hosts/desktop/resolve.mjs", "--input-type=module", "-e", `${program}; console.log(result)`],
		{ cwd: root, encoding: "utf8", env: variant === "" ? process.env : { ...process.env, GRIDPOST_ADDON: variant } },
	).trim();
}

function inThread(): Promise<string> {
	const worker = new Worker(
		new URL(
			`data:text/javascript,${encodeURIComponent(`import { parentPort } from "node:worker_threads"; ${program}; parentPort.postMessage(result);`)}`,
		),
		{ execArgv: ["--import", join(root, "hosts/desktop/resolve.mjs")] },
	);
	return new Promise((resolve, reject) => {
		worker.on("message", resolve);
		worker.on("error", reject);
	});
}

test("the same program counts the same in every process and thread", async () => {
	const first = inProcess();
	const [length, counters] = JSON.parse(first) as [number, Record<string, number>];
	expect(length).toBeGreaterThan(3000);
	expect(counters["byteCodes"]).toBeGreaterThan(1_000_000);
	expect(counters["collections"]).toBeGreaterThan(5);
	expect(counters["chunkBytesReserved"]).toBe(60_000);
	expect(counters["chunkBytesPeak"]).toBeLessThan(66_000);
	expect(counters["stackPeak"]).toBeGreaterThan(50);
	expect(counters["stackPeak"]).toBeLessThan(500);
	expect(inProcess()).toBe(first);
	expect(await Promise.all([inThread(), inThread(), inThread()])).toEqual([first, first, first]);
});

test("counters tell what code costs", () => {
	const machine = createTestMachine({
		sources: {
			subject: `let kept; export function loop(n) { while (n--); } export function keep(n) { kept = []; while (n--) kept.push({ n }); } export function text(n) { kept = "x".repeat(n); }`,
		},
	});
	const subject = machine.importModule<Record<"loop" | "keep" | "text", (n: number) => void>>("subject");
	const cost = (run: () => void) => {
		machine.collect();
		const before = machine.counters();
		run();
		machine.collect();
		const after = machine.counters();
		return {
			byteCodes: after.byteCodes - before.byteCodes,
			slots: after.slots - before.slots,
			chunkBytes: after.chunkBytes - before.chunkBytes,
		};
	};
	const ten = cost(() => subject.loop(10)).byteCodes;
	const hundredThousand = cost(() => subject.loop(100_000)).byteCodes;
	const each = (hundredThousand - ten) / 99_990;
	expect(Number.isInteger(each)).toBe(true);
	expect(each).toBeGreaterThan(3);
	expect(each).toBeLessThan(20);
	// an object with one property: its instance and the property
	expect(cost(() => subject.keep(1000)).slots).toBeGreaterThanOrEqual(2000);
	expect(cost(() => subject.keep(1000)).slots).toBeLessThan(20);
	expect(cost(() => subject.text(10_000)).chunkBytes).toBeLessThan(10_200);
	machine.finish();
});

test("counting goes on beyond 32 bits", () => {
	const machine = createTestMachine({ byteCodeLimit: 0 });
	const run = machine.evaluate<(n: number) => void>("(function (n) { while (n--); })");
	// two limits of the engine's own counter would take a minute: what is tested is that it never reaches the first
	const before = machine.counters().byteCodes;
	run(2_000_000);
	run(2_000_000);
	const after = machine.counters().byteCodes;
	expect(after - before).toBeGreaterThan(8_000_000);
	machine.finish();
});
