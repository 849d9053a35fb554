import { describe, expect, it } from "vitest";
// @ts-expect-error plain JavaScript tool without types
import { completedManifest, manifestComplaints } from "./check-manifest.mjs";

const base = "$(MODDABLE)/examples/manifest_base.json";

/** A small application that is in order; a test breaks one thing in it. */
function good() {
	const files: Record<string, string> = {
		"main.ts":
			'import host from "host";\nimport { crc } from "./modules/base/crc";\nimport type { T } from "./modules/base/types";',
		"modules/base/crc.ts": 'import { toHex } from "./bytes";',
		"modules/base/bytes.ts": "",
		"modules/base/types.ts": "",
		"hosts/mcsim/host.ts": 'import Timer from "timer";\nimport RS485 from "modules/rs485/rs485";',
		"modules/rs485/rs485.js": 'export default class RS485 @ "xs_rs485_destructor" {\n\tclose() @ "xs_rs485_close"\n}',
		"modules/rs485/rs485.d.ts": "",
		"native/rs485/port.c": "void xs_rs485_destructor(void *data) {}\nvoid xs_rs485_close(xsMachine *the) {}",
		"sites/demo.json": "{}",
	};
	const manifest = {
		include: [base],
		modules: {
			main: "./main",
			"modules/base/*": ["./modules/base/crc", "./modules/base/bytes"],
		} as Record<string, string | string[]>,
		data: { "*": "./sites/demo" },
		preload: ["modules/base/crc", "modules/base/bytes"],
		platforms: {
			lin: {
				modules: {
					host: "./hosts/mcsim/host",
					"modules/rs485/rs485": "./modules/rs485/rs485",
					"*": "./native/rs485/port",
				} as Record<string, string | string[]>,
				preload: ["modules/rs485/rs485"],
			},
			"...": { error: "no port" },
		},
	};
	return { files, manifest };
}

const access = (files: Record<string, string>) => ({
	exists: (path: string) => path in files,
	read: (path: string) => files[path],
});

function complaintsOf({ files, manifest }: ReturnType<typeof good>): string[] {
	return manifestComplaints(manifest, access(files));
}

describe("manifest check", () => {
	it("accepts what is in order", () => expect(complaintsOf(good())).toEqual([]));

	it("catches a module that main.ts reaches and the manifest forgot", () => {
		const app = good();
		app.manifest.modules["modules/base/*"] = ["./modules/base/crc"];
		app.manifest.preload.pop();
		expect(complaintsOf(app)).toEqual([
			'manifest.json (lin): modules/base/crc.ts: imports "./bytes"; modules/base/bytes is not in modules',
		]);
	});

	it("catches a module that is not preloaded", () => {
		const app = good();
		app.manifest.preload.pop();
		expect(complaintsOf(app)).toEqual([
			"manifest.json (lin): modules/base/bytes.ts: modules/base/bytes is not in preload",
		]);
	});

	it("refuses to preload what calls the platform", () => {
		const app = good();
		app.manifest.preload.push("main");
		expect(complaintsOf(app)).toEqual(["manifest.json (lin): preload main: it calls the platform as it loads"]);
	});

	it("refuses patterns, which take tests along and find no TypeScript", () => {
		const app = good();
		app.manifest.modules["modules/base/*"] = ["./modules/base/*"];
		app.manifest.preload[0] = "modules/base/*";
		const found = complaintsOf(app).join("\n");
		expect(found).toContain("./modules/base/*: name the files");
		expect(found).toContain("preload modules/base/*: a pattern finds no TypeScript");
	});

	it("catches a file that is not there and one that nothing imports", () => {
		const app = good();
		app.manifest.platforms.lin.modules["modules/base/*"] = ["./modules/base/gone", "./modules/base/types"];
		app.manifest.preload.push("modules/base/types");
		expect(complaintsOf(app)).toEqual([
			"manifest.json (lin): ./modules/base/gone: no such file",
			"manifest.json (lin): modules/base/types.ts: is in modules, but nothing imports it",
		]);
	});

	it("catches a relative import that means something else on the device", () => {
		const app = good();
		app.files["hosts/mcsim/host.ts"] = 'import RS485 from "../../modules/rs485/rs485";';
		expect(complaintsOf(app)[0]).toContain("../../modules/rs485/rs485 is not in modules");
	});

	it("catches a native class without typing or without its C", () => {
		const app = good();
		delete app.files["modules/rs485/rs485.d.ts"];
		app.files["native/rs485/port.c"] = "void xs_rs485_destructor(void *data) {}";
		expect(complaintsOf(app)).toEqual([
			"manifest.json (lin): modules/rs485/rs485.js: has no .d.ts",
			"manifest.json (lin): modules/rs485/rs485.js: no C file in modules has the function xs_rs485_close",
		]);
	});

	it("catches two C files of one name, which share an object file in the SDK's build", () => {
		const app = good();
		app.files["native/can/port.c"] = "";
		app.manifest.modules["*"] = "./native/can/port";
		expect(complaintsOf(app)[0]).toContain("the SDK builds one of it");
	});

	it("catches a specifier that is not the path", () => {
		const app = good();
		app.manifest.modules["base/*"] = ["./modules/base/crc"];
		expect(complaintsOf(app)[0]).toContain("relative imports need modules/base/crc");
	});

	it("asks what an unknown include brings, and misses a data file", () => {
		const app = good();
		app.manifest.include.push("$(MODDABLE)/modules/io/ble/manifest.json");
		delete app.files["sites/demo.json"];
		const found = complaintsOf(app);
		expect(found[0]).toContain("say in tools/check-manifest.mjs what it brings");
		expect(found[1]).toBe("manifest.json (lin): data ./sites/demo: no such file");
	});

	it("knows another module that the engine starts", () => {
		const app = good();
		app.files["hosts/mcsim/start.ts"] = 'import main from "../../main";\nimport "./panel";';
		app.files["hosts/mcsim/panel.ts"] = "";
		const lin = { ...app.manifest.platforms.lin, creation: { main: "hosts/mcsim/start" } };
		const manifest = completedManifest({ ...app.manifest, platforms: { lin } }, access(app.files));
		expect(manifest.platforms.lin.modules["hosts/mcsim/*"]).toEqual(["./hosts/mcsim/panel", "./hosts/mcsim/start"]);
		expect(manifest.platforms.lin.preload).toEqual(["hosts/mcsim/panel", "modules/rs485/rs485"]);
		expect(manifestComplaints(manifest, access(app.files))).toEqual([]);
	});

	it("knows what the SDK calls by name on the board, and what its manifests bring on one platform only", () => {
		const app = good();
		app.files["hosts/board/setup.ts"] =
			'import Digital from "embedded:io/digital";\nimport { pins } from "hosts/board/pins";';
		app.files["hosts/board/provider.ts"] = 'import { pins } from "hosts/board/pins";';
		app.files["hosts/board/pins.ts"] = "";
		app.files["hosts/board/host.ts"] = "";
		const io = "$(MODDABLE)/modules/io/manifest.json";
		const section = {
			include: [io],
			modules: {
				"~": ["$(SUBPLATFORMDIRECTORY)/setup-target"],
				host: "./hosts/board/host",
				"setup/target": "./hosts/board/setup",
				"embedded:provider/builtin": "./hosts/board/provider",
			},
			preload: ["setup/target", "embedded:provider/builtin"],
		};
		const forgotten = complaintsOf({
			...app,
			manifest: { ...app.manifest, platforms: { "esp32/esp32s3": section } as never },
		});
		expect(forgotten).toEqual([
			'manifest.json (esp32/esp32s3): hosts/board/setup.ts: imports "hosts/board/pins"; hosts/board/pins is not in modules',
			'manifest.json (esp32/esp32s3): hosts/board/provider.ts: imports "hosts/board/pins"; hosts/board/pins is not in modules',
		]);
		const manifest = completedManifest({ ...app.manifest, platforms: { "esp32/esp32s3": section } }, access(app.files));
		expect(manifestComplaints(manifest, access(app.files))).toEqual([]);
		expect(manifest.platforms["esp32/esp32s3"].modules["hosts/board/*"]).toEqual(["./hosts/board/pins"]);
		expect(manifest.platforms["esp32/esp32s3"].preload).toContain("hosts/board/pins");
		const onLin = { ...app.manifest, platforms: { lin: { ...manifest.platforms["esp32/esp32s3"] } } };
		expect(manifestComplaints(onLin, access(app.files))).toEqual([
			'manifest.json (lin): hosts/board/setup.ts: imports "embedded:io/digital"; embedded:io/digital is not in modules',
		]);
	});

	it("catches a preloaded module that imports what calls natives as it loads", () => {
		const app = good();
		app.manifest.include.push("$(MODDABLE)/modules/io/files/manifest.json");
		app.files["hosts/mcsim/host.ts"] += '\nimport files from "embedded:storage/files";';
		expect(complaintsOf(app)).toEqual([]);
		app.files["modules/base/bytes.ts"] = 'import files from "embedded:storage/files";';
		expect(complaintsOf(app)[0]).toContain("modules/base/bytes.ts: is preloaded and imports embedded:storage/files");
	});

	it("writes the lists itself: those of main.ts on top, those of a host with its platform, nothing twice or stale", () => {
		const app = good();
		app.files["modules/base/bytes.ts"] = 'import "./extra";';
		app.files["modules/base/extra.ts"] = "";
		app.manifest.modules["modules/old/*"] = ["./modules/old/gone"];
		app.manifest.preload.push("modules/old/gone");
		const manifest = completedManifest(app.manifest, access(app.files));
		expect(manifestComplaints(manifest, access(app.files))).toEqual([]);
		expect(manifest.modules).toEqual({
			main: "./main",
			"modules/base/*": ["./modules/base/bytes", "./modules/base/crc", "./modules/base/extra"],
		});
		expect(manifest.preload).toEqual(["modules/base/bytes", "modules/base/crc", "modules/base/extra"]);
		expect(manifest.platforms.lin).toEqual({
			modules: {
				host: "./hosts/mcsim/host",
				"*": "./native/rs485/port",
				"modules/rs485/*": ["./modules/rs485/rs485"],
			},
			preload: ["modules/rs485/rs485"],
		});
	});
});
