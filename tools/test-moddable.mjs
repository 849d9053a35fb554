// npm run test:moddable: builds the simulator's application with the Moddable SDK and runs it in mcsim on a virtual X
// server. Needs $MODDABLE, so it is no part of npm test, which needs no SDK.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./build.mjs";
import { ensurePrograms } from "./debian.mjs";

const sdk = process.env.MODDABLE;

function missing() {
	if (!sdk) return "set MODDABLE to the folder of the Moddable SDK 8.2, built for Linux: docs/device.md says how";
	for (const tool of ["mcconfig", "mcsim"]) {
		const path = join(sdk, "build/bin/lin/release", tool);
		if (!existsSync(path)) return `MODDABLE=${sdk}: ${path} is missing, build the SDK's tools for Linux`;
	}
	return ensurePrograms(["Xvfb", "xdotool", "xwd", "curl"]);
}

const reason = missing();
if (reason) {
	console.error(reason);
	process.exit(1);
}
const vitest = join(root, "node_modules/.bin/vitest");
const args = ["run", "--config", "vitest.moddable.config.ts", ...process.argv.slice(2)];
process.exit(spawnSync(vitest, args, { cwd: root, stdio: "inherit" }).status ?? 1);
