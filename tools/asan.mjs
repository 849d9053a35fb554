// The tests of the desktop host in an engine with the address sanitizer: twice, the second time with a garbage collection
// at every allocation, which finds pointers that native code keeps too long. First it must find a planted one. Then the
// benches of the device's ports, in both ways.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { BuildError, build, root } from "./build.mjs";
import { buildAddon } from "./build-addon.mjs";

function run(variant, args, quiet = false) {
	const libasan = execFileSync(process.env.CC ?? "gcc", ["-print-file-name=libasan.so"], { encoding: "utf8" }).trim();
	return spawnSync(process.execPath, args, {
		cwd: root,
		encoding: "utf8",
		stdio: quiet ? "pipe" : "inherit",
		env: {
			...process.env,
			GRIDPOST_ADDON: variant,
			LD_PRELOAD: libasan,
			// Node and V8 leak on purpose at exit
			ASAN_OPTIONS: "detect_leaks=0:abort_on_error=0:exitcode=99",
		},
	});
}

const vitest = join(root, "node_modules/vitest/vitest.mjs");
const planted = `
	import { Machine } from "./build/js/hosts/desktop/machine.js";
	const machine = new Machine({ modules: { selftest: "hosts/desktop/addon/test/selftest" },
		sources: { subject: 'import Selftest from "selftest"; export const stale = () => Selftest.stale(new ArrayBuffer(64));' } });
	machine.importModule("subject").stale();
`;

try {
	await build({ quiet: true, addon: false });
	for (const variant of ["asan", "stress", "board-asan", "board-stress"]) await buildAddon({ variant });
} catch (error) {
	console.error(`gridpost: ${error instanceof BuildError || error.buildError ? error.message : error.stack}`);
	process.exit(1);
}

const found = run("stress", ["--import", "./hosts/desktop/resolve.mjs", "--input-type=module", "-e", planted], true);
if (!/AddressSanitizer.*(use-after-free|poison)/.test(found.stderr) || !found.stderr.includes("selftest.c")) {
	console.error(`the address sanitizer does not see a planted stale pointer:\n${found.stderr}`);
	process.exit(1);
}
console.log("the planted stale pointer was found");

const ports = readdirSync(join(root, "native"))
	.map((folder) => `native/${folder}/esp32.test.ts`)
	.filter((path) => existsSync(join(root, path)));
const suites = [
	["asan", process.argv.length > 2 ? process.argv.slice(2) : ["hosts/desktop/"]],
	["stress", ["hosts/desktop/stress.test.ts"]],
	["board-asan", ports],
	["board-stress", ports],
];
for (const [variant, files] of suites) {
	console.log(`--- ${variant}: ${files.join(" ")}`);
	const { status } = run(variant, [vitest, "run", "--test-timeout", "120000", ...files]);
	if (status !== 0) {
		console.error(`${variant} failed`);
		process.exit(1);
	}
}
