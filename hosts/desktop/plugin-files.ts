import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { buildSync, type Message } from "esbuild";
import { fromPlainJson } from "../../modules/devices/plain";
import type { FoundPlugin } from "../../modules/devices/plugin-table";
import { findRoot } from "./loader";

/** A table needs some milliseconds; starting the process takes most of the time. */
const kPatienceMs = 10_000;

/**
 * The table of a file, .ts or .js (which may import others beside it) or .json, as data that nobody has checked yet, or
 * the reason why there is none. Its code runs in a process of its own and has ended when this returns.
 */
export function loadPluginFile(file: string, patienceMs = kPatienceMs): FoundPlugin {
	const name = basename(file).replace(/\.(ts|js|mjs|json)$/, "");
	if (!existsSync(file)) return { name: file, reason: "there is no such file" };
	try {
		return { name, ...runApart(name, bundle(file), patienceMs) };
	} catch (error) {
		return { name, reason: error instanceof Error ? error.message : String(error) };
	}
}

/** One module, without types, that imports nothing but the plug-in API. Throws an Error that names file and line. */
export function bundle(file: string): string {
	try {
		const { outputFiles } = buildSync({
			entryPoints: [file],
			bundle: true,
			write: false,
			format: "esm",
			platform: "neutral",
			target: "es2022",
			external: ["gridpost/plugin"],
			logLevel: "silent",
			absWorkingDir: process.cwd(),
		});
		return outputFiles[0]!.text;
	} catch (error) {
		const { errors } = error as { errors?: Message[] };
		if (!errors?.[0]) throw error;
		throw new Error(errors.map(sentence).join("\n"));
	}
}

function sentence({ text, location }: Message): string {
	const more = text.startsWith("Could not resolve") ? '; a plug-in imports files beside it and "gridpost/plugin"' : "";
	return location ? `${shortPath(resolve(location.file))}:${location.line}: ${text}${more}` : text;
}

function runApart(name: string, text: string, patienceMs: number): { table: unknown } | { reason: string } {
	const root = findRoot();
	const result = spawnSync(
		process.execPath,
		[
			"--import",
			`file://${join(root, "hosts/desktop/resolve.mjs")}`,
			join(root, "build/js/hosts/desktop/plugin-box.js"),
			name,
		],
		{ input: text, encoding: "utf8", timeout: patienceMs, killSignal: "SIGKILL", maxBuffer: 16 << 20 },
	);
	if (result.signal === "SIGKILL") return { reason: `stopped: it did not end within ${patienceMs / 1000} s` };
	if (result.status !== 0 || result.stdout === "") {
		return {
			reason: `stopped: its process ended (${result.signal ?? result.status}) ${result.stderr.slice(0, 500)}`.trim(),
		};
	}
	return fromPlainJson(result.stdout) as { table: unknown } | { reason: string };
}

/** As a person would type it. */
export function shortPath(file: string): string {
	const short = relative(process.cwd(), file);
	return short.startsWith("..") ? file : short;
}
