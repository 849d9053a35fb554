import { describe, expect, it } from "vitest";
// @ts-expect-error plain JavaScript tool without types
import { importsOf, layerComplaints } from "./layers.mjs";
// @ts-expect-error plain JavaScript tool without types
import { nativeComplaints, orphanComplaints } from "./natives.mjs";
// @ts-expect-error plain JavaScript tool without types
import { sizeComplaint } from "./sizes.mjs";

const layersOf = (files: Record<string, string>): string[] => layerComplaints(files, (path: string) => path in files);

describe("layers", () => {
	it("lets imports point down", () => {
		expect(layersOf({ "modules/base/a.ts": "", "modules/modbus/b.ts": 'import { x } from "../base/a";' })).toEqual([]);
	});
	it("refuses an import upward", () => {
		const found = layersOf({ "modules/base/a.ts": 'import type { x } from "../modbus/b";', "modules/modbus/b.ts": "" });
		expect(found).toEqual(["modules/base/a.ts: imports modules/modbus/b.ts, which lies in a higher layer"]);
	});
	it("refuses neighbours that know each other", () => {
		const found = layersOf({ "modules/mqtt/a.ts": 'import "../http/b";', "modules/http/b.ts": "" });
		expect(found[0]).toContain("neighbours");
	});
	it("finds a circle", () => {
		const found = layersOf({ "modules/base/a.ts": 'import "./b";', "modules/base/b.ts": 'export * from "./a";' });
		expect(found).toEqual(["circle of imports: modules/base/a.ts -> modules/base/b.ts -> modules/base/a.ts"]);
	});
	it("keeps platform modules out of modules/", () => {
		expect(layersOf({ "modules/mqtt/a.ts": 'import Timer from "timer";' })[0]).toContain("only main.ts and hosts/");
		expect(layersOf({ "main.ts": 'import host from "host";' })).toEqual([]);
	});
	it("reads every form of import, and none in comments", () => {
		const text =
			'import a from "a";\nimport {\n\tb,\n} from "b";\nexport { c } from "c";\nconst d = import("d");\n// import e from "e";\n/* import "f"; */ import "g";';
		expect(importsOf(text).sort()).toEqual(["a", "b", "c", "d", "g"]);
	});
});

describe("sizes", () => {
	it("stops at 500 lines, C at 600", () => {
		expect(sizeComplaint("a.ts", 500)).toBeUndefined();
		expect(sizeComplaint("a.ts", 501)).toContain("501 lines");
		expect(sizeComplaint("a.c", 600)).toBeUndefined();
		expect(sizeComplaint("a.c", 601)).toContain("601 lines");
	});
});

describe("natives", () => {
	const script =
		'export default class A @ "xs_a_destructor" {\n\tconstructor(o) @ "xs_a";\n\tread(b) @ "xs_a_read";\n\tget cause() @ "xs_a_cause";\n}';
	const typing =
		"export default class A {\n\tconstructor(o: object);\n\tread(b: Uint8Array): number;\n\treadonly cause: string;\n}";
	const c =
		"void xs_a_destructor(void *data) {}\nvoid xs_a(xsMachine *the) {}\nvoid xs_a_read(xsMachine *the) {}\nvoid xs_a_cause(xsMachine *the) {}";
	const ports = { desktop: c, esp32: c };
	it("accepts three that agree", () => expect(nativeComplaints("a.js", script, typing, ports)).toEqual([]));
	it("names a member without typing", () => {
		expect(nativeComplaints("a.js", script, typing.replace("\treadonly cause: string;\n", ""), ports)).toEqual([
			"a.js: A.cause is missing in its .d.ts",
		]);
	});
	it("names a typing without member", () => {
		expect(nativeComplaints("a.js", script, typing.replace("read(", "flush(): void;\n\tread("), ports)[0]).toContain(
			"declares A.flush",
		);
	});
	it("names a C function that one of the ports lacks", () => {
		const other = c.replace("xs_a_read", "xs_a_reed");
		expect(nativeComplaints("a.js", script, typing, { desktop: c, esp32: other })).toEqual([
			"a.js: no C function xs_a_read for esp32 in native/",
		]);
		expect(nativeComplaints("a.js", script, typing, { desktop: other, esp32: c })).toEqual([
			"a.js: no C function xs_a_read for desktop in native/",
		]);
		const comment = c.replace("void xs_a_read", "/*\nvoid xs_a_read(xsMachine *the)\n*/ static void xs_a_read");
		expect(nativeComplaints("a.js", script, typing, { esp32: comment })).toHaveLength(1);
	});
	it("names a C function that no class has", () => {
		expect(orphanComplaints([["native/a/desktop.c", c]], [script])).toEqual([]);
		expect(orphanComplaints([["native/a/a_esp32.c", c]], [script.replace("xs_a_read", "xs_a_reed")])).toEqual([
			"native/a/a_esp32.c: no class has xs_a_read",
		]);
	});
});
