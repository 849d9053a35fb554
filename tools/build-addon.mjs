// Compiles XS, from the sources in the package @agoric/xsnap, with our C into a Node addon: build/addon/<variant>/gridpost.node.
// Incremental, two compilers at a time. Variants: debug (the default: stacks with lines, xsbug), release, asan and stress
// for tools/asan.mjs, and board: the device's ports on a stand-in for the chip.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { cSources, writeBindings } from "./bindings.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

/** An error whose message is all a person needs to see. */
function buildError(message) {
	return Object.assign(new Error(message), { buildError: true });
}

const defines = [
	"INCLUDE_XSPLATFORM",
	'XSPLATFORM="platform.h"',
	"mxParse=1",
	"mxRun=1",
	"mxSloppy=1",
	"mxLockdown=1",
	"mxMetering=1",
	"mxInstrument=1",
	"mxBoundsCheck=1",
	"mxMultipleThreads=1",
	"mxRegExpUnicodePropertyEscapes=1",
	"mxStringNormalize=1",
	"mxMinusZero=1",
	"NAPI_VERSION=9",
];

const asan = {
	defines: ["mxDebug=1", "mxASANStackMargin=131072", "mxPoisonSlots=1"],
	flags: ["-O1", "-g", "-fsanitize=address", "-fno-omit-frame-pointer"],
	link: ["-fsanitize=address"],
};

const stress = ["mxStress=1", "mxNoChunks=1"];

const variants = {
	release: { defines: [], flags: ["-O2"], link: [] },
	debug: { defines: ["mxDebug=1"], flags: ["-O2", "-g1"], link: [] },
	asan,
	// a collection at every allocation, and chunks from malloc: a pointer into one that is kept too long is seen at once.
	// Sees nothing of a full chunk heap, so the tests of limits are for `asan`.
	stress: { ...asan, defines: [...asan.defines, ...stress] },
	// the ports of the device instead of the desktop's, on the pieces of ESP-IDF and the chip in native/standin
	board: { defines: ["mxDebug=1", "GRIDPOST_STANDIN=1"], flags: ["-O2", "-g1"], link: [], board: true },
	"board-asan": { ...asan, defines: [...asan.defines, "GRIDPOST_STANDIN=1"], board: true },
	"board-stress": { ...asan, defines: [...asan.defines, ...stress, "GRIDPOST_STANDIN=1"], board: true },
	// slots, chunks and records as large as on the device: for a 32-bit Node under qemu (bench/memory.ts)
	arm32: {
		defines: ["mxDebug=1", "mxMisalignedSettersCrash=1", "mxUnalignedAccess=0"],
		flags: ["-O2", "-Wno-format-truncation"],
		link: [],
		compiler: "arm-linux-gnueabihf-gcc",
	},
};

/** Where the engine's sources are. */
function engineFolder() {
	const folder = join(root, "node_modules/@agoric/xsnap/moddable/xs");
	if (!existsSync(join(folder, "sources/xsAll.h")))
		throw buildError("the engine's sources are missing: run npm ci first");
	return folder;
}

/** The path of a variant's addon. */
function addonPath(variant = "debug") {
	return join(root, "build/addon", variant, "gridpost.node");
}

function compiler(cross) {
	const name = cross ?? process.env.CC ?? "gcc";
	const found = spawnSync(name, ["--version"], { encoding: "utf8" });
	const packages = cross ? "gcc-arm-linux-gnueabihf" : "build-essential";
	if (found.error || found.status !== 0)
		throw buildError(
			`a C compiler is needed and "${name}" cannot be run: install gcc (Debian, Ubuntu: apt-get install ${packages})`,
		);
	return { name, version: found.stdout.split("\n", 1)[0] };
}

/**
 * The C of one folder of native/: for the desktop what is neither the device's nor a program of its own; for the board the
 * core, the class and the device's port, where the folder has these.
 */
function nativeSources(folder, board) {
	const all = cSources(folder).filter((path) => !/(^|[-_.])(fuzz|test)[^/]*\.c$/.test(basename(path)));
	const device = all.filter((path) => /(^|[-_.])esp32[^/]*\.c$/.test(basename(path)));
	const ported = all.some((path) => path.endsWith("_core.c")) && device.length > 0;
	if (!board || !ported) return all.filter((path) => !device.includes(path));
	return all.filter((path) => device.includes(path) || /_(core|class)\.c$/.test(path));
}

/** Everything that goes into the addon: { path, group } with group engine | host | native. */
function sourcesOf(xs, board) {
	const sources = [];
	for (const path of cSources(join(xs, "sources")))
		if (basename(path) !== "xsSnapshot.c") sources.push({ path, group: "engine" });
	for (const path of cSources(join(root, "hosts/desktop/addon"))) sources.push({ path, group: "host" });
	for (const path of cSources(join(root, "hosts/desktop/addon/test"))) sources.push({ path, group: "native" });
	const native = join(root, "native");
	for (const path of cSources(native)) sources.push({ path, group: "native" });
	if (existsSync(native))
		for (const entry of readdirSync(native, { withFileTypes: true }))
			if (entry.isDirectory() && (board || entry.name !== "standin"))
				for (const path of nativeSources(join(native, entry.name), board)) sources.push({ path, group: "native" });
	return sources;
}

function modified(path) {
	try {
		return statSync(path).mtimeMs;
	} catch {
		return 0;
	}
}

/** Are all files that went into the object older than it? The list is the compiler's own (-MMD). */
function upToDate(object, command) {
	const built = modified(object);
	if (!built) return false;
	let list;
	try {
		if (readFileSync(`${object}.cmd`, "utf8") !== command) return false;
		list = readFileSync(`${object}.d`, "utf8");
	} catch {
		return false;
	}
	const files = list
		.replace(/^[^:]*:/, "")
		.replace(/\\\n/g, " ")
		.trim()
		.split(/(?<!\\)\s+/);
	return files.every((file) => {
		const time = modified(file.replace(/\\ /g, " "));
		return time > 0 && time <= built;
	});
}

function run(name, args) {
	return new Promise((resolve, reject) => {
		const child = spawn(name, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
		let output = "";
		child.stdout.on("data", (data) => (output += data));
		child.stderr.on("data", (data) => (output += data));
		child.on("error", reject);
		child.on("close", (status) => resolve({ status, output }));
	});
}

/**
 * Builds one variant when something changed. Throws an error with `buildError: true` whose message is for people.
 * @returns the addon's path
 */
export async function buildAddon({ variant = "debug", quiet = false, jobs = 2 } = {}) {
	const settings = variants[variant];
	if (!settings) throw buildError(`no addon variant "${variant}": ${Object.keys(variants).join(", ")}`);
	const xs = engineFolder();
	const folder = join(root, "build/addon", variant);
	const generated = join(root, settings.board ? "build/addon/generated-board" : "build/addon/generated");
	const target = addonPath(variant);
	mkdirSync(folder, { recursive: true });
	const sources = sourcesOf(xs, settings.board);
	writeBindings({
		folder: generated,
		sources: sources.filter((source) => source.group !== "engine").map((source) => source.path),
		xsCommon: join(xs, "sources/xsCommon.c"),
	});
	sources.push({ path: join(generated, "natives.c"), group: "host" });

	let tool;
	const nodeHeaders = require("node-api-headers").include_dir;
	const includes = [
		generated,
		join(root, "hosts/desktop/addon"),
		...(settings.board ? [join(root, "native/standin/include")] : []),
		join(xs, "includes"),
		join(xs, "platforms"),
		join(xs, "sources"),
		nodeHeaders,
	];
	const common = [
		"-std=gnu11",
		"-fPIC",
		"-fno-common",
		"-fno-strict-aliasing",
		"-fvisibility=hidden",
		...settings.flags,
	];
	const groups = {
		// the engine is somebody else's: its warnings are not ours to mend
		engine: ["-w"],
		host: [
			"-Wall",
			"-Wextra",
			"-Wno-unused-parameter",
			"-Wno-sign-compare",
			"-Wno-missing-field-initializers",
			"-Wno-clobbered",
		],
		native: ["-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-clobbered", "-Werror=incompatible-pointer-types"],
	};
	const objects = [];
	const work = [];
	for (const { path, group } of sources) {
		const name = relative(root, path)
			.replace(/^node_modules.*\/xs\//, "")
			.replace(/[/\\]/g, "_")
			.replace(/\.c$/, ".o");
		const object = join(folder, name);
		let flags = [...common, ...groups[group]];
		// reads whole words past the end of strings on purpose
		if (basename(path) === "xsCommon.c") flags = flags.filter((flag) => !flag.startsWith("-fsanitize"));
		const args = [
			...flags,
			...[...defines, ...settings.defines].map((define) => `-D${define}`),
			...includes.map((include) => `-I${include}`),
			"-MMD",
			"-MF",
			`${object}.d`,
			"-c",
			path,
			"-o",
			object,
		];
		const command = args.join(" ");
		objects.push(object);
		if (!upToDate(object, command)) work.push({ path, object, args, command });
	}
	const link = [
		"-shared",
		"-Wl,-Bsymbolic",
		// what is missing is told when the addon is loaded, not when it is called
		"-Wl,-z,now",
		...settings.link,
		"-o",
		`${target}.new`,
		...objects,
		"-lm",
		"-lpthread",
	];
	const linkHash = createHash("sha256").update(link.join(" ")).digest("hex");
	const linkFile = join(folder, "link.cmd");
	const linked = existsSync(linkFile) && readFileSync(linkFile, "utf8") === linkHash;
	if (!work.length && linked && modified(target)) return target;

	tool = compiler(settings.compiler);
	const started = Date.now();
	if (!quiet && work.length > 5) console.log(`compiling the engine (${work.length} files, ${tool.version})`);
	let failed;
	const worker = async () => {
		for (let item = work.shift(); item && !failed; item = work.shift()) {
			rmSync(`${item.object}.cmd`, { force: true });
			const { status, output } = await run(tool.name, item.args);
			if (status !== 0) failed ??= buildError(`cannot compile ${relative(root, item.path)}:\n${output}`);
			else {
				if (output && !quiet) process.stderr.write(output);
				writeFileSync(`${item.object}.cmd`, item.command);
			}
		}
	};
	await Promise.all(Array.from({ length: jobs }, worker));
	if (failed) throw failed;
	const { status, output } = await run(tool.name, link);
	if (status !== 0) throw buildError(`cannot link the addon:\n${output}`);
	// a rename, so that processes which have the old one loaded keep it
	renameSync(`${target}.new`, target);
	writeFileSync(linkFile, linkHash);
	if (!quiet) console.log(`engine (${variant}) built in ${((Date.now() - started) / 1000).toFixed(1)} s`);
	return target;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const variant =
		process.argv
			.slice(2)
			.find((argument) => argument.startsWith("--"))
			?.slice(2) ?? "debug";
	try {
		await buildAddon({ variant });
	} catch (error) {
		console.error(error.buildError ? `gridpost: ${error.message}` : error);
		process.exit(1);
	}
}
