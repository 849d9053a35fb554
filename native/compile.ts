import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRoot } from "../hosts/desktop/loader";

const folder = join(findRoot(), "native");

export interface CompileOptions {
	/** With the device's ports: the stand-in's headers in place of ESP-IDF's. */
	board?: boolean;
	/** Optimised and without sanitizers, for what is measured. */
	fast?: boolean;
}

/** What a program over the device's port of RS-485 is made of, besides its own file. */
export const rs485Board = [
	"rs485/rs485_core.c",
	"rs485/rs485_esp32_uart.c",
	"standin/standin.c",
	"standin/chip_uart.c",
	"standin/chip_gptimer.c",
];

/**
 * Compiles C files of native/ under the address and undefined-behaviour sanitizers, warnings being errors, and runs the program.
 * Returns what it printed; throws with the compiler's or the program's complaint when either fails.
 */
export function compileAndRun(
	sources: readonly string[],
	args: readonly string[] = [],
	{ board = false, fast = false }: CompileOptions = {},
): string {
	const scratch = mkdtempSync(join(tmpdir(), "gridpost-core-"));
	try {
		const program = join(scratch, "test");
		const checks = fast ? "-O2" : "-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all";
		const places = board ? ` -DGRIDPOST_STANDIN -I${join(folder, "standin/include")} -I${join(folder, "standin")}` : "";
		const flags = `-std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror ${checks}${places}`;
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
