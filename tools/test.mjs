// npm test: type check, lint, the house's own checks, then every test. Extra arguments go to vitest.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./build.mjs";

const bin = (name) => join(root, "node_modules/.bin", name);
const only = process.argv.slice(2);
const steps = [
	["type check", bin("tsc"), ["--noEmit", "-p", "tsconfig.json"]],
	["type check of hosts and tests", bin("tsc"), ["--noEmit", "-p", "tsconfig.node.json"]],
	["type check of the dashboard", bin("tsc"), ["--noEmit", "-p", "tsconfig.web.json"]],
	["lint", bin("biome"), ["check", "--error-on-warnings", "--diagnostic-level=warn", "."]],
	["house rules", process.execPath, ["tools/check.mjs"]],
	["tests", bin("vitest"), ["run", ...only]],
];
for (const [name, command, args] of only.length ? steps.slice(-1) : steps) {
	console.log(`--- ${name}`);
	const result = spawnSync(command, args, { cwd: root, stdio: "inherit" });
	if (result.status !== 0) {
		console.error(`${name} failed`);
		process.exit(1);
	}
}
