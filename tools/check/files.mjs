import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Paths of the repository (tracked or new, not ignored) whose name matches. */
export function sourceFiles(root, pattern) {
	const list = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
		cwd: root,
		encoding: "utf8",
		maxBuffer: 1 << 26,
	});
	return list.split("\n").filter((path) => path && pattern.test(path) && existsSync(join(root, path)));
}
