// npm start: builds what is not built, then runs the desktop hub. Errors of the build are one sentence, never a stack.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { BuildError, build, root } from "./build.mjs";

try {
	await build();
} catch (error) {
	console.error(`gridpost: ${error instanceof BuildError || error.buildError ? error.message : error.stack}`);
	process.exit(1);
}
const child = spawn(
	process.execPath,
	[
		"--import",
		new URL("../hosts/desktop/resolve.mjs", import.meta.url).href,
		join(root, "build/js/hosts/desktop/cli.js"),
		...process.argv.slice(2),
	],
	{ stdio: "inherit" },
);
// Ctrl-C reaches the child by the terminal; a signal sent to this process alone is passed on.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
