import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));

/**
 * Compiles C files of native/ under the address and undefined-behaviour sanitizers, warnings being errors, and runs the program.
 * Returns what it printed; throws with the compiler's or the program's complaint when either fails.
 */
export function compileAndRun(sources: readonly string[], args: readonly string[] = []): string {
	const scratch = mkdtempSync(join(tmpdir(), "gridpost-core-"));
	try {
		const program = join(scratch, "test");
		const flags =
			"-std=c11 -D_GNU_SOURCE -g -O1 -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover=all";
		const files = sources.map((source) => join(folder, source));
		execFileSync(process.env["CC"] ?? "gcc", [...flags.split(" "), ...files, "-o", program, "-lpthread"], {
			encoding: "utf8",
			stdio: ["ignore", "pipe", "pipe"],
		});
		return execFileSync(program, args, {
			encoding: "utf8",
			stdio: ["ignore", "pipe", "pipe"],
			env: { ...process.env, ASAN_OPTIONS: "detect_leaks=1" },
		});
	} finally {
		rmSync(scratch, { recursive: true, force: true });
	}
}
