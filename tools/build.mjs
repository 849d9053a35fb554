// Compiles the application (TypeScript to build/js), the engine (build/addon), the dashboard (build/web) and the device tables (build/tables). What has not changed is left alone,
// so a second start takes no time; two builds at once wait for each other.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** An error whose message is all a person needs to see. */
export class BuildError extends Error {}

const folders = ["modules", "hosts", "sim", "bench", "typings", "test/adapters"];
const singles = ["main.ts", "tsconfig.json", "tsconfig.host.json", "package-lock.json"];

/** Source files by path below the root, tests left out. */
function sources() {
	const found = singles.filter((path) => existsSync(join(root, path)));
	for (const folder of folders) {
		for (const name of existsSync(join(root, folder)) ? readdirSync(join(root, folder), { recursive: true }) : []) {
			if (/\.(ts|js)$/.test(name) && !/\.test\.ts$/.test(name)) found.push(`${folder}/${name}`);
		}
	}
	return found.sort();
}

/** Changes with every change of a source: names, times and sizes. */
function fingerprint(paths) {
	const hash = createHash("sha1").update(process.version);
	for (const path of paths) {
		const { mtimeMs, size } = statSync(join(root, path));
		hash.update(`${path} ${mtimeMs} ${size}\n`);
	}
	return hash.digest("hex");
}

function typescript(project, typeErrors) {
	const require = createRequire(join(root, "package.json"));
	const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
	const result = spawnSync(process.execPath, [tsc, "-p", project], { cwd: root, encoding: "utf8" });
	if (result.status === 0) return true;
	if (typeErrors !== "warn") throw new BuildError(`TypeScript (${project}):\n${result.stdout}${result.stderr}`);
	console.error(`type errors: ${result.stdout.split("\n", 1)[0]}`);
	return false;
}

/** Classes in the `@ "xs_name"` form are no JavaScript that tsc could read: they go as they are. */
function copyNativeClasses(paths) {
	for (const path of paths.filter((one) => one.endsWith(".js"))) {
		const target = join(root, "build/js", path);
		mkdirSync(dirname(target), { recursive: true });
		copyFileSync(join(root, path), target);
	}
}

function compileApplication(typeErrors) {
	const paths = sources();
	const stamp = join(root, "build/js/.sources");
	const print = fingerprint(paths);
	if (existsSync(stamp) && readFileSync(stamp, "utf8") === print) return;
	rmSync(stamp, { force: true });
	const clean = [typescript("tsconfig.json", typeErrors), typescript("tsconfig.host.json", typeErrors)].every(Boolean);
	copyNativeClasses(paths);
	if (clean) writeFileSync(stamp, print);
}

/** False when the process that made the lock is gone. A lock just made may not bear its number yet. */
function isHeld(lock) {
	try {
		const holder = Number(readFileSync(lock, "utf8"));
		if (holder === 0) return Date.now() - statSync(lock).mtimeMs < 2000;
		process.kill(holder, 0);
		return true;
	} catch (error) {
		return error.code !== "ESRCH";
	}
}

/** Runs `body` while no other process builds here. A build that was killed holds up nobody. */
export async function alone(body, lock = join(root, "build/.lock")) {
	mkdirSync(dirname(lock), { recursive: true });
	for (let waitedMs = 0; ; waitedMs += 100) {
		try {
			writeFileSync(lock, `${process.pid}`, { flag: "wx" });
			break;
		} catch (error) {
			if (error.code !== "EEXIST") throw error;
			if (waitedMs === 3000) console.error("another build runs here; waiting for it");
			if (!isHeld(lock)) rmSync(lock, { force: true });
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}
	const release = () => rmSync(lock, { force: true });
	process.once("exit", release);
	try {
		return await body();
	} finally {
		release();
		process.off("exit", release);
	}
}

/** Throws BuildError. `variants` of the engine: see build-addon.mjs. */
export function build({ quiet = false, typeErrors, variants = ["debug"] } = {}) {
	if (!existsSync(join(root, "node_modules/typescript")))
		throw new BuildError("packages are missing: run npm ci first");
	return alone(async () => {
		compileApplication(typeErrors);
		const { buildAddon } = await import(pathToFileURL(join(root, "tools/build-addon.mjs")).href);
		const { buildWeb } = await import(pathToFileURL(join(root, "tools/build-web.mjs")).href);
		for (const variant of variants) await buildAddon({ variant, quiet });
		const { buildTables } = await import(pathToFileURL(join(root, "tools/build-tables.mjs")).href);
		await buildWeb();
		await buildTables();
	});
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	try {
		await build();
	} catch (error) {
		console.error(error instanceof BuildError || error.buildError ? error.message : error);
		process.exit(1);
	}
}
