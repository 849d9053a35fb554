// manifest.json against the sources, without the SDK: on each platform every module that main.ts reaches is in `modules`
// under the specifier its importers use, is preloaded, and exists; a native class has its typing and its C beside it.
// The SDK's tools say nothing about most of this: a TypeScript module missing in `preload` runs, and eats RAM.
// `node tools/check-manifest.mjs --write` brings the two lists up to date.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { importsOf } from "./check/layers.mjs";

/** What the SDK manifests that we include bring, on all platforms or on one: what may be imported without an entry of our own. */
const included = {
	"$(MODDABLE)/examples/manifest_base.json": {
		all: ["Resource", "instrumentation", "mc/config", "time", "timer"],
		"esp32/esp32s3": ["button", "neopixel", "preference"],
	},
	"$(MODDABLE)/modules/base/modules/manifest.json": { all: ["modules"] },
	"$(MODDABLE)/modules/io/manifest.json": {
		all: [
			"embedded:io/serial",
			"embedded:io/socket/listener",
			"embedded:io/socket/tcp",
			"embedded:io/socket/udp",
			"net",
		],
		"esp32/esp32s3": [
			"embedded:io/analog",
			"embedded:io/digital",
			"embedded:io/digitalbank",
			"embedded:io/i2c",
			"embedded:io/pulsecount",
			"embedded:io/pwm",
			"embedded:io/smbus",
			"embedded:io/spi",
			"embedded:network/interface/wifi",
			"sntp",
		],
	},
	"$(MODDABLE)/modules/io/storage/manifest.json": { "esp32/esp32s3": ["embedded:storage/key-value"] },
	"$(MODDABLE)/modules/io/flash/manifest.json": { "esp32/esp32s3": ["embedded:storage/flash"] },
	"$(MODDABLE)/modules/io/files/manifest.json": { all: ["embedded:storage/files"] },
	"$(MODDABLE)/modules/io/dnssd/manifest.json": { all: ["embedded:network/dnssd"] },
	"$(MODDABLE)/modules/network/wifi/manifest.json": { all: ["wifi"] },
	"$(MODDABLE)/examples/io/tcp/tlssocket/manifest.json": { all: ["embedded:io/socket/tcp/tls"] },
};

/** Modules of the SDK that call natives as they load: what is preloaded must not import them, or the build's last step fails. */
const callsAtLoad = new Set(["embedded:storage/files"]);

/**
 * Loaded when the device starts, because they call the platform as they load: all else that they import is preloaded.
 * The last is the module that the engine starts, where that is not main.
 */
const atStart = (parts) => new Set(["main", "host", ...parts.flatMap((part) => listOf(part.creation?.main))]);

/** Modules that the SDK calls by these names: what they import is reached too. */
const calledBySdk = (specifier) => specifier.startsWith("setup/") || specifier === "embedded:provider/builtin";

const listOf = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
const local = (path) => path.startsWith("./");
/** Made by `npm run build`. */
const isBuilt = (path) => path.startsWith("./build/");

/** Imports that are there at run time: `import type` and `export type` are gone after the compiler. */
function runtimeImports(text) {
	return importsOf(text.replace(/(^|[\s;}])(import|export)\s+type\s[^"';]*?from\s+["'][^"']+["']/g, "$1"));
}

/** The specifier that `specifier` means inside the module `importer`: the engine knows specifiers, not folders. */
function resolve(specifier, importer) {
	if (!specifier.startsWith(".")) return specifier;
	return posix.normalize(posix.join(posix.dirname(importer), specifier));
}

/** `modules` of one platform: our scripts by specifier, specifiers from the SDK, C files, complaints about entries. */
function readModules(platform, parts, files) {
	const scripts = new Map();
	const foreign = new Set();
	const natives = [];
	const complaints = [];
	const starters = atStart(parts);
	for (const part of parts) {
		for (const include of listOf(part.include)) {
			if (!(include in included))
				complaints.push(`includes ${include}; say in tools/check-manifest.mjs what it brings`);
			const { all = [], [platform]: here = [] } = included[include] ?? {};
			for (const specifier of [...all, ...here]) foreign.add(specifier);
		}
		for (const [target, sources] of Object.entries(part.modules ?? {})) {
			if (target === "~") continue;
			for (const source of listOf(sources)) {
				const path = source.slice(2);
				const specifier = target.endsWith("*") ? target.slice(0, -1) + posix.basename(source) : target;
				if (!local(source)) foreign.add(specifier);
				else if (source.includes("*")) complaints.push(`${source}: name the files, a pattern takes the tests along`);
				else if (source.endsWith("/")) continue;
				else {
					const script = [`${path}.ts`, `${path}.js`, path].find((candidate) => files.exists(candidate));
					const c = [`${path}.c`].find((candidate) => files.exists(candidate));
					if (!script && !c) complaints.push(`${source}: no such file`);
					if (c) natives.push(c);
					if (!script) continue;
					if (!/\.(ts|js|mjs)$/.test(script)) continue;
					if (specifier !== path && !starters.has(specifier) && !calledBySdk(specifier))
						complaints.push(`${source}: has the specifier ${specifier}; relative imports need ${path}`);
					scripts.set(specifier, script);
				}
			}
		}
	}
	return { scripts, foreign, natives, complaints };
}

function platformComplaints(platform, parts, files) {
	const { scripts, foreign, natives, complaints } = readModules(platform, parts, files);
	const starters = atStart(parts);
	const preload = new Set(parts.flatMap((part) => listOf(part.preload)));
	for (const name of preload) {
		if (name.includes("*")) complaints.push(`preload ${name}: a pattern finds no TypeScript; name the modules`);
		else if (starters.has(name)) complaints.push(`preload ${name}: it calls the platform as it loads`);
		else if (!scripts.has(name) && !foreign.has(name)) complaints.push(`preload ${name}: is not in modules`);
	}
	for (const part of parts) {
		for (const source of listOf(part.data).flatMap((data) => Object.values(data).flatMap(listOf))) {
			const path = source.slice(2);
			if (local(source) && !isBuilt(source) && !files.exists(path) && !files.exists(`${path}.json`))
				complaints.push(`data ${source}: no such file`);
		}
	}

	for (const path of natives) {
		const twin = natives.find((other) => other !== path && posix.basename(other) === posix.basename(path));
		if (twin) complaints.push(`${path}: the SDK builds one of it and ${twin}, as they have one name`);
	}
	const cText = natives.map((path) => files.read(path)).join("\n");
	const reached = new Set();
	const visit = (specifier) => {
		reached.add(specifier);
		const path = scripts.get(specifier);
		const text = files.read(path);
		if (!starters.has(specifier) && !preload.has(specifier)) complaints.push(`${path}: ${specifier} is not in preload`);
		for (const match of text.matchAll(/@\s*"(\w+)"/g)) {
			if (!path.endsWith(".js")) continue;
			if (!files.exists(path.replace(/js$/, "d.ts"))) complaints.push(`${path}: has no .d.ts`);
			if (!new RegExp(`\\bvoid\\s+${match[1]}\\s*\\(`).test(cText))
				complaints.push(`${path}: no C file in modules has the function ${match[1]}`);
		}
		for (const name of runtimeImports(text)) {
			const next = resolve(name, specifier);
			if (callsAtLoad.has(next) && preload.has(specifier))
				complaints.push(
					`${path}: is preloaded and imports ${next}, which calls the platform as it loads; hand it over`,
				);
			if (foreign.has(next) || reached.has(next)) continue;
			if (scripts.has(next)) visit(next);
			else complaints.push(`${path}: imports "${name}"; ${next} is not in modules`);
		}
	};
	const isRoot = (name) => (starters.has(name) && name !== "host") || calledBySdk(name);
	for (const root of [...scripts.keys()].filter(isRoot)) if (!reached.has(root)) visit(root);
	if (!reached.has("main")) complaints.push("modules has no main");
	for (const [specifier, path] of scripts)
		if (!reached.has(specifier)) complaints.push(`${path}: is in modules, but nothing imports it`);
	return [...new Set(complaints)];
}

/** Complaints about a manifest; `files` is `{ exists(path), read(path) }` over paths of the repository. */
export function manifestComplaints(manifest, files) {
	const complaints = [];
	for (const [platform, section] of Object.entries(manifest.platforms ?? {})) {
		if (section.error) continue;
		for (const complaint of platformComplaints(platform, [manifest, section], files))
			complaints.push(`manifest.json (${platform}): ${complaint}`);
	}
	return complaints;
}

/** Repository paths, without extension, of the scripts that `roots` reach; the module "host" is `hostPath`, if any. */
function reachedPaths(roots, hostPath, files) {
	const reached = new Set();
	const visit = (base) => {
		const path = [`${base}.ts`, `${base}.js`].find((candidate) => files.exists(candidate));
		if (!path || reached.has(base)) return;
		reached.add(base);
		for (const name of runtimeImports(files.read(path)))
			visit(name === "host" ? (hostPath ?? name) : resolve(name, base));
	};
	for (const root of roots) visit(root);
	reached.delete("main");
	reached.delete(hostPath);
	return reached;
}

/** `modules` with one entry a folder for `paths`; entries for other specifiers stay as they are. */
function withModules(modules, paths) {
	const folders = {};
	const inOrder = [...paths].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
	for (const path of inOrder) {
		folders[`${posix.dirname(path)}/*`] ??= [];
		folders[`${posix.dirname(path)}/*`].push(`./${path}`);
	}
	const kept = Object.entries(modules ?? {}).filter(([target]) => !/^(modules|sim|hosts)\//.test(target));
	return { list: { ...Object.fromEntries(kept), ...folders }, inOrder };
}

/**
 * The manifest with `modules` and `preload` as main.ts and the hosts of its platforms need them: what main.ts reaches by
 * itself stands on top, what only a host reaches with its platform.
 */
export function completedManifest(manifest, files) {
	const result = structuredClone(manifest);
	const common = reachedPaths(["main"], undefined, files);
	const fill = (part, paths, starters) => {
		const { list, inOrder } = withModules(part.modules, paths);
		const foreign = listOf(part.preload).filter((name) => !/^(modules|sim|hosts)\//.test(name));
		part.modules = list;
		part.preload = [...foreign, ...inOrder.filter((path) => !starters.has(path))];
	};
	fill(result, common, atStart([result]));
	for (const section of Object.values(result.platforms)) {
		if (section.error) continue;
		const starters = atStart([result, section]);
		const called = Object.entries(section.modules).filter(([name]) => calledBySdk(name));
		const hosts = called.map(([, source]) => source.slice(2));
		const reached = reachedPaths([...starters, ...hosts], section.modules.host.slice(2), files);
		for (const path of hosts) reached.delete(path);
		fill(section, new Set([...reached].filter((path) => !common.has(path))), starters);
	}
	return result;
}

const filesOf = (root) => ({
	exists: (path) => existsSync(join(root, path)),
	read: (path) => readFileSync(join(root, path), "utf8"),
});

export function checkManifest(root) {
	const manifest = JSON.parse(readFileSync(join(root, "manifest.json"), "utf8"));
	const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
	const complaints = manifestComplaints(manifest, filesOf(root));
	if (manifest.config?.firmware !== version)
		complaints.push(`manifest.json: config.firmware is ${manifest.config?.firmware}, the package's version ${version}`);
	return complaints;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const root = fileURLToPath(new URL("..", import.meta.url));
	if (process.argv[2] === "--write") {
		const path = join(root, "manifest.json");
		const manifest = completedManifest(JSON.parse(readFileSync(path, "utf8")), filesOf(root));
		writeFileSync(path, `${JSON.stringify(manifest, null, "\t")}\n`);
		spawnSync("npx", ["biome", "format", "--write", path], { cwd: root, stdio: "inherit" });
	}
	const complaints = checkManifest(root);
	for (const complaint of complaints) console.error(complaint);
	process.exit(complaints.length > 0 ? 1 : 0);
}
