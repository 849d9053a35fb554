import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Loader } from "./loader";
import { createTestMachine } from "./testing";

describe("specifiers", () => {
	const loader = new Loader({ sources: { "modules/x/a": "", "modules/x/y/b": "", "modules/c": "", top: "" } });
	test.each([
		["modules/x/a", undefined, "modules/x/a"],
		["./a", "modules/x/z", "modules/x/a"],
		["./y/b", "modules/x/a", "modules/x/y/b"],
		["../c", "modules/x/a", "modules/c"],
		["../../c", "modules/x/y/b", "modules/c"],
		["./a.js", "modules/x/z", "modules/x/a"],
		["./top", "other", "top"],
		["timer", "modules/x/a", "hosts/desktop/xs/timer"],
		["time", undefined, "hosts/desktop/xs/time"],
		["embedded:io/socket/tcp", "main", "hosts/desktop/xs/tcp"],
		["embedded:io/socket/tcp/tls", "main", "hosts/desktop/xs/tls"],
		["embedded:storage/key-value", "main", "hosts/desktop/xs/key-value"],
		["modules/base/crc", "main", "modules/base/crc"],
		["../../../modules/base/crc", "hosts/desktop/xs/tcp", "modules/base/crc"],
	])("%s from %s is %s", (specifier, importer, id) => expect(loader.resolve(specifier, importer)).toBe(id));

	test.each([
		["modules/nothing", "main"],
		["./nothing", "modules/x/a"],
		["../../../outside", "modules/x/a"],
		["./a", undefined],
		["embedded:io/nothing", "main"],
		["node:fs", "main"],
		["/etc/passwd", "main"],
	])("%s from %s is refused, naming both", (specifier, importer) => {
		expect(() => loader.resolve(specifier, importer)).toThrow(ReferenceError);
		const by = importer === undefined ? "" : `, imported by "${importer}"`;
		expect(() => loader.resolve(specifier, importer)).toThrow(`module "${specifier}" not found${by}`);
	});
});

test("the application's modules run as they are compiled", () => {
	const machine = createTestMachine();
	const { crc16Modbus } = machine.importModule<{ crc16Modbus(bytes: Uint8Array): number }>("modules/base/crc");
	// "123456789", the check value of CRC-16/MODBUS
	expect(crc16Modbus(new TextEncoder().encode("123456789"))).toBe(0x4b37);
	machine.finish();
});

test("a missing import names specifier and importer, from inside too", () => {
	const machine = createTestMachine({
		sources: { "modules/a": `import "./b";`, "modules/b": `import "./c/missing";` },
	});
	expect(() => machine.importModule("modules/a")).toThrow('module "./c/missing" not found, imported by "modules/b"');
	machine.finish();
});

test("mistakes in modules are errors with their place, and the machine goes on", () => {
	const machine = createTestMachine({
		sources: {
			syntax: "export const a = 1;\nexport const = 2;",
			noexport: `import { nothing } from "other"; nothing();`,
			throws: "null.x;",
			fine: "export const ok = 1;",
			other: "",
			waits: "await new Promise(() => {});",
			"circle/a": `import { b } from "./b"; export function a() { return b; } export { a as again };`,
			"circle/b": `import { a } from "./a"; export const b = "b" + typeof a;`,
			dynamic: `export const load = (name) => import(name).then((m) => m.ok);`,
		},
	});
	expect(() => machine.importModule("syntax")).toThrow(/^syntax:2: /);
	expect(() => machine.importModule("syntax")).toThrow(SyntaxError);
	expect(() => machine.importModule("noexport")).toThrow(/nothing/);
	expect(() => machine.importModule("throws")).toThrow(TypeError);
	expect(() => machine.importModule("throws")).toThrow(TypeError);
	expect(() => machine.importModule("waits")).toThrow("async module");
	expect(() => machine.importModule("circle/a")).not.toThrow();
	expect(machine.importModule<{ ok: number }>("fine").ok).toBe(1);
	machine.finish();
});

test("dynamic import gives a promise", async () => {
	const machine = createTestMachine({
		sources: { fine: "export const ok = 1;", dynamic: `export const load = (name) => import(name).then((m) => m.ok);` },
	});
	const { load } = machine.importModule<{ load(name: string): Promise<number> }>("dynamic");
	expect(await load("fine")).toBe(1);
	await expect(load("missing")).rejects.toThrow('module "missing" not found, imported by "dynamic"');
	machine.finish();
});

test("a module map may point anywhere; lines come from the source map beside the file", () => {
	const folder = mkdtempSync(join(tmpdir(), "gridpost-"));
	try {
		writeFileSync(
			join(folder, "thing.js"),
			"\n\nexport function f() { throw new Error('here'); }\n//# sourceMappingURL=thing.js.map\n",
		);
		// line 3 of the file is line 7 of the source
		writeFileSync(
			join(folder, "thing.js.map"),
			JSON.stringify({ version: 3, sources: ["src/thing.ts"], names: [], mappings: ";;AAMA;" }),
		);
		const machine = createTestMachine({ modules: { "mine/*": `${folder}/*` } });
		const { f } = machine.importModule<{ f(): void }>("mine/thing");
		let stack = "";
		try {
			f();
		} catch (error) {
			stack = (error as Error).stack ?? "";
		}
		expect(stack).toContain(`at f (${folder}/src/thing.ts:7)`);
		machine.finish();
	} finally {
		rmSync(folder, { recursive: true });
	}
});
