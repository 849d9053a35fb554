// Compiles the application (TypeScript to build/js) and the engine (build/addon). Incremental: seconds when nothing changed.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** An error whose message is all a person needs to see. */
export class BuildError extends Error {}

function typescript(project, typeErrors) {
	const require = createRequire(join(root, "package.json"));
	const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
	const result = spawnSync(process.execPath, [tsc, "-p", project], { cwd: root, encoding: "utf8" });
	if (result.status === 0) return;
	if (typeErrors !== "warn") throw new BuildError(`TypeScript (${project}):\n${result.stdout}${result.stderr}`);
	console.error(`type errors: ${result.stdout.split("\n", 1)[0]}`);
}

/** Classes in the `@ "xs_name"` form are no JavaScript that tsc could read: they go as they are. */
function copyNativeClasses() {
	for (const folder of ["modules", "hosts/desktop/xs"]) {
		for (const name of readdirSync(join(root, folder), { recursive: true })) {
			if (!name.endsWith(".js")) continue;
			const target = join(root, "build/js", folder, name);
			mkdirSync(dirname(target), { recursive: true });
			copyFileSync(join(root, folder, name), target);
		}
	}
}

/** Throws BuildError. */
export async function build({ quiet = false, addon = true, typeErrors } = {}) {
	if (!existsSync(join(root, "node_modules/typescript")))
		throw new BuildError("packages are missing: run npm ci first");
	typescript("tsconfig.json", typeErrors);
	typescript("tsconfig.host.json", typeErrors);
	copyNativeClasses();
	const builder = join(root, "tools/build-addon.mjs");
	if (addon && existsSync(builder)) {
		const { buildAddon } = await import(pathToFileURL(builder).href);
		await buildAddon({ quiet });
	}
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	try {
		await build();
	} catch (error) {
		console.error(error instanceof BuildError ? error.message : error);
		process.exit(1);
	}
}
