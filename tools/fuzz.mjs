// Runs the fuzzers of native/ (libFuzzer, with address and undefined-behaviour sanitizers).
//   node tools/fuzz.mjs --seconds 30     30 s in all, split over the targets (the default)
//   node tools/fuzz.mjs --runs 10000000  so many runs of each target
//   --only NAME                          one target
// An input that fails is kept in build/fuzz/NAME; give it to build/fuzz/NAME/fuzz as its argument to see it again.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Name, sources and seed corpus, relative to native/. */
const targets = [
	{ name: "rs485", sources: ["rs485/rs485_core.c", "rs485/fuzz.c"], corpus: "rs485/corpus", longest: 128 },
	{ name: "can", sources: ["can/can_core.c", "can/fuzz.c"], corpus: "can/corpus", longest: 256 },
	{
		name: "slcan",
		sources: ["can/can_core.c", "can/slcan.c", "can/slcan_fuzz.c"],
		corpus: "can/corpus-slcan",
		longest: 256,
	},
	{ name: "buttons", sources: ["buttons/buttons_core.c", "buttons/fuzz.c"], corpus: "buttons/corpus", longest: 128 },
];

function fail(message) {
	console.error(`gridpost: ${message}`);
	process.exit(1);
}

function compile(target, folder) {
	const program = join(folder, "fuzz");
	const clang = process.env.CLANG ?? "clang";
	const result = spawnSync(
		clang,
		[
			..."-std=c11 -g -O2 -Wall -Wextra -Werror -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all".split(
				" ",
			),
			...target.sources.map((source) => join(root, "native", source)),
			"-o",
			program,
		],
		{ encoding: "utf8" },
	);
	if (result.error) fail(`fuzzing needs clang: apt-get install clang libclang-rt-dev (Debian 12: libclang-rt-14-dev)`);
	if (result.status !== 0) fail(`cannot compile the fuzzer ${target.name}:\n${result.stderr}`);
	return program;
}

function run(target, limits) {
	const folder = join(root, "build/fuzz", target.name);
	const found = join(folder, "corpus");
	mkdirSync(found, { recursive: true });
	const program = compile(target, folder);
	const started = Date.now();
	const result = spawnSync(
		program,
		[
			found, // what it finds goes here, the seeds stay as they are
			join(root, "native", target.corpus),
			...limits,
			`-max_len=${target.longest}`,
			"-print_final_stats=1",
			`-artifact_prefix=${folder}/`,
		],
		{ encoding: "utf8", maxBuffer: 256 * 1024 * 1024, stdio: ["ignore", "ignore", "pipe"] },
	);
	const output = result.stderr ?? "";
	if (result.status !== 0)
		fail(`the fuzzer ${target.name} found something:\n${output.split("\n").slice(-60).join("\n")}`);
	const number = (pattern) => Number(output.match(pattern)?.at(-1)?.match(/\d+/)?.[0] ?? 0);
	return {
		name: target.name,
		runs: number(/number_of_executed_units:\s*\d+/g),
		edges: number(/cov: \d+/g),
		inputs: readdirSync(found).length,
		seconds: (Date.now() - started) / 1000,
	};
}

const options = process.argv.slice(2);
const optionOf = (name) => {
	const index = options.indexOf(name);
	if (index < 0) return undefined;
	const value = options[index + 1];
	if (value === undefined) fail(`${name} needs a value`);
	return value;
};
const only = optionOf("--only");
const chosen = targets.filter((target) => !only || target.name === only);
if (chosen.length === 0) fail(`no fuzzer ${only}: ${targets.map((target) => target.name).join(", ")}`);
const runs = optionOf("--runs");
const seconds = Number(optionOf("--seconds") ?? 30);
for (const value of [runs ?? "1", seconds])
	if (!(Number(value) >= 1)) fail("--runs and --seconds need a number of 1 or more");
const limits = runs ? [`-runs=${runs}`] : [`-max_total_time=${Math.max(1, Math.floor(seconds / chosen.length))}`];
for (const target of chosen) {
	const report = run(target, limits);
	console.log(
		`${report.name}: ${report.runs} runs, ${report.edges} edges, ${report.inputs} inputs kept, ${report.seconds.toFixed(0)} s`,
	);
}
