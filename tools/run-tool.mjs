// Builds what is not built, then runs a program of hosts/desktop with the arguments of this one:
// `node tools/run-tool.mjs try-device FILE --sim`. A mistake of the build is one sentence, never a stack.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { BuildError, build, root } from "./build.mjs";

const [program, ...args] = process.argv.slice(2);
try {
	await build({ quiet: true });
} catch (error) {
	console.error(`${program}: ${error instanceof BuildError || error.buildError ? error.message : error.stack}`);
	process.exit(1);
}
const child = spawn(
	process.execPath,
	[
		"--import",
		new URL("../hosts/desktop/resolve.mjs", import.meta.url).href,
		join(root, `build/js/hosts/desktop/${program}.js`),
		...args,
	],
	{ stdio: "inherit" },
);
// Ctrl-C reaches the child by the terminal; a signal sent to this process alone is passed on.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
