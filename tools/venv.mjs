// The Python peers of the interoperability tests, in .venv at the pinned versions of requirements.txt.
// Called by the test set-up; `node tools/venv.mjs` by hand does the same.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const venv = join(root, ".venv");
const requirements = join(root, "tools/requirements.txt");

/** Makes or updates .venv when requirements.txt changed. Returns undefined, or one line that says what is missing. */
export function ensureVenv() {
	const wanted = readFileSync(requirements, "utf8");
	const stamp = join(venv, "requirements.stamp");
	if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return undefined;
	try {
		execFileSync("python3", ["--version"], { stdio: "pipe" });
	} catch {
		return "python3 is missing: install it (Debian: apt install python3 python3-venv)";
	}
	try {
		if (!existsSync(join(venv, "bin/pip"))) execFileSync("python3", ["-m", "venv", venv], { stdio: "pipe" });
	} catch {
		return "python3 cannot make virtual environments: apt install python3-venv";
	}
	try {
		execFileSync(join(venv, "bin/pip"), ["install", "-q", "--disable-pip-version-check", "-r", requirements], {
			stdio: "pipe",
		});
	} catch (error) {
		const reason = String(error.stderr ?? error).trim();
		return `the Python peers could not be installed: ${reason.split("\n").at(-1)}`;
	}
	writeFileSync(stamp, wanted);
	return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const missing = ensureVenv();
	if (missing) {
		console.error(missing);
		process.exit(1);
	}
}
