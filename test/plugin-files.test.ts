/** Plug-in files as the desktop loads them: each in a process of its own, with the plain language and the plug-in API. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { bundle, loadPluginFile } from "../hosts/desktop/plugin-files";
import { runPluginText } from "../hosts/desktop/plugin-machine";
import { type FoundPlugin, takePlugins } from "../modules/devices/plugin-table";
import { temporaryFolder } from "./peers";

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** As from a file, without the process around it. */
function load(text: string, name = "acme.ts"): FoundPlugin {
	const file = join(folder.path, name);
	writeFileSync(file, text);
	try {
		return { name: "acme", ...JSON.parse(runPluginText("acme", bundle(file))) };
	} catch (error) {
		return { name: "acme", reason: (error as Error).message };
	}
}

function loadFile(text: string, name = "acme.ts"): FoundPlugin {
	const file = join(folder.path, name);
	writeFileSync(file, text);
	return loadPluginFile(file);
}

/** Spelt so that it is no import of this file. */
const beside = `${"."}/rows`;
const head = `id: "acme-one", maker: "Acme", model: "One", kind: "environment", sunspec: [1, 307], quirks: [],
	sources: ["acme/manual.pdf"], confidence: "one", functions: [4], fc: 4, maxRead: 10,
	bus: { baud: 9600, parity: "none", stop: 1, unit: 1 }`;
const row = `{ name: "temperature", address: 1, type: "s16", k: 0.1, unit: "C", point: "TmpAmb", poll: "normal" }`;

describe("a plug-in becomes a table", () => {
	it("in TypeScript, with the API and a file beside it", () => {
		writeFileSync(join(folder.path, "rows.ts"), `export const rows = [${row}];`);
		const found = load(
			`import { defineModel, type DeviceTable } from "gridpost/plugin";
			import { rows } from "${beside}";
			const own = { id: 64950, text: defineModel(64950, { name: "own", points: [{ name: "W", type: "int16" }] }) };
			export const acme: DeviceTable = { ${head.replace("[1, 307]", "[1, 307, own]")}, rows };`,
		);
		const { tables, leftOut } = takePlugins([found]);
		expect(leftOut).toEqual([]);
		expect(tables[0]).toMatchObject({ id: "acme-one", rows: [{ name: "temperature", k: 0.1 }] });
		expect(tables[0]!.sunspec[2]).toEqual({ id: 64950, text: "64950|own|3\nID|0|u16|||MS\nL|1|u16|||MS\nW|2|i16" });
	});

	it.each([
		["acme.js", `export default { ${head}, rows: [${row}] };`],
		["acme.json", JSON.stringify(new Function(`return { ${head}, rows: [${row}] }`)())],
	])("in %s", (name, text) => {
		expect(takePlugins([loadFile(text, name)]).leftOut).toEqual([]);
	});
});

/** What it does, its text, and words of the reason for which it is left out. */
const bad: readonly [what: string, text: string, reason: RegExp][] = [
	["throws", `throw new Error("no such luck");`, /^Error: no such luck$/],
	["throws what is no error", `throw "luck";`, /^luck$/],
	["loops", "for (;;);", /^stopped: it did not end within 50 million byte codes$/],
	["loops in a regular expression", `/^(a+)+$/.exec("${"a".repeat(40)}b");`, /^stopped: it did not end/],
	["loops in promises", `export const t = { id: 1 }; (async () => { for (;;) await 1; })();`, /^stopped: it did not/],
	["loops when it is copied", "export const t = { id: 1, get rows() { for (;;); } };", /^rows: .* this is a getter$/],
	["hoards objects", "const a = []; for (;;) a.push({});", /^stopped: it wants more memory than 16 MB$/],
	["hoards buffers", "const a = []; for (;;) a.push(new Uint8Array(100000));", /^stopped: it wants more memory/],
	["makes one long text", `export const t = { id: "a".repeat(2 ** 28) };`, /^stopped: it wants more memory/],
	["calls itself", "function f() { return 1 + f(); } f();", /^stopped: it calls itself without end$/],
	["makes names", "for (let i = 0; ; i++) ({})['k' + i] = 1;", /^stopped: /],
	["waits", "await new Promise(() => {});", /async module/],
	["is no TypeScript", "const =", /acme\.ts:1: Expected identifier/],
	[
		"imports the platform",
		`import Timer from "timer"; export const t = { id: Timer };`,
		/acme\.ts:1: .*"timer".*"gridpost/,
	],
	["imports a file of Node", `import * as fs from "node:fs"; export const t = { id: fs };`, /acme\.ts:1: .*"node:fs"/],
	["imports the hub", `import "modules/base/errors"; export const t = { id: 1 };`, /"modules\/base\/errors"/],
	["imports later", `await import("timer"); export const t = { id: 1 };`, /"timer"/],
	[
		"imports by a name it makes",
		`const n = "ti" + "mer"; await import(n); export const t = { id: 1 };`,
		/async module/,
	],
	[
		"makes a Compartment of its own",
		`export const t = { id: 1, x: new Compartment({ modules: { t: { source: "timer" } } }).importNow("t") };`,
		/loadNowHook/,
	],
	["prints", `trace("hello");`, /^TypeError: /],
	["looks for the device", "export const t = { id: device.pin };", /device: undefined variable/],
	["wants a timer", "setTimeout(() => {}, 1); export const t = { id: 1 };", /setTimeout: undefined variable/],
	[
		"gives a proxy that loops",
		"export const t = new Proxy({ id: 1 }, { ownKeys() { for (;;); } });",
		/^stopped: it did not/,
	],
	["mends the language", "Array.prototype.map = () => 5; export const t = { id: 1 };", /not writable/],
	["adds to the language", "Object.prototype.rows = []; export const t = { id: 1 };", /not extensible/],
	["exports nothing", "const t = { id: 1 };", /^it exports no table/],
	["exports a number", "export default 5;", /^it exports no table/],
	["exports two tables", "export const a = { id: 1 }, b = { id: 2 };", /^it exports 2 tables \(a, b\)/],
	[
		"has a function in a row",
		`export const t = { id: "x", rows: [{ name: "volt", k: () => 1 }] };`,
		/^rows\[0\] volt\.k: /,
	],
	["has a symbol", "export const t = { id: Symbol('x') };", /^id: .* this is a symbol$/],
	[
		"has a big number",
		"export const t = { id: 'x', rows: [{ name: 'p', k: 5n }] };",
		/^rows\[0\] p\.k: .* this is a bigint$/,
	],
	["has an object of a class", "class A { id = 1; } export const t = new A();", /object of a class$/],
	["has a map", "export const t = { id: 1, rows: new Map() };", /^rows: .*object of a class$/],
	["holds itself", "const t = { id: 1 }; t.t = t; export { t };", /nested deeper than 8/],
	["has a long list", "export const t = { id: 1, rows: Array(50000).fill(0) };", /^rows: a table has at most 40000/],
	[
		"has a text of 20 KB",
		"export const t = { id: 1, quirks: ['x'.repeat(20000)] };",
		/^quirks\[0\]: a text has at most/,
	],
	[
		"has a row that is wrong",
		`export const t = { ${head}, rows: [${row.replace("s16", "s17")}] };`,
		/rows\[0\] temperature\.type: "s17"/,
	],
];

describe("a plug-in is left out, and named, when it", () => {
	it.each(bad)("%s", (_what, text, reason) => {
		const { tables, leftOut } = takePlugins([load(text)]);
		expect(tables).toEqual([]);
		expect(leftOut.length).toBe(1);
		expect(leftOut[0]!.name).toBe("acme");
		expect(leftOut[0]!.reason).toMatch(reason);
	});

	it.each([
		["throws", `throw new Error("no such luck");`, "Error: no such luck"],
		["loops", "for (;;);", "stopped: it did not end within 50 million byte codes"],
		["hoards", "const a = []; for (;;) a.push({});", "stopped: it wants more memory than 16 MB"],
	])("%s, in its own process", (_what, text, reason) => {
		expect(loadFile(text)).toEqual({ name: "acme", reason });
	});

	it("takes too long in a way that the engine does not count", () => {
		const slow = "const a = {}; for (let i = 0; i < 60000; i++) a['k' + i] = 1; for (;;);";
		const file = join(folder.path, "slow.ts");
		writeFileSync(file, slow);
		expect(loadPluginFile(file, 600)).toEqual({ name: "slow", reason: "stopped: it did not end within 0.6 s" });
	});

	it("is not there", () => {
		const missing = loadPluginFile(join(folder.path, "none.ts"));
		expect(takePlugins([missing]).leftOut[0]).toMatchObject({ reason: "there is no such file" });
	});

	it("is there twice; the others stay", () => {
		const good = load(`export const t = { ${head}, rows: [${row}] };`);
		const other = load(`export const t = { ${head.replace("acme-one", "acme-two")}, rows: [${row}] };`);
		const { tables, leftOut } = takePlugins([good, { ...good, name: "copy" }, other]);
		expect(tables.map(({ id }) => id)).toEqual(["acme-one", "acme-two"]);
		expect(leftOut).toEqual([{ name: "copy", reason: 'another plug-in is "acme-one" already' }]);
	});
});
