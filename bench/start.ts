/** Start-up in real time: the command line with its own broker, from the start of the process to the first telemetry. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { findRoot } from "../hosts/desktop/loader";
import { Machine } from "../hosts/desktop/machine";
import { applicationModules } from "../hosts/desktop/preloads";
import { freePort } from "../test/adapters/free-port";
import { type Report, sayer } from "./figure";
import { subscribe } from "./subscriber";

const rounds = 3;
const limitMs = 15_000;

/** Milliseconds from the start of the process to the first telemetry that a subscriber gets. */
async function firstTelemetry(): Promise<number> {
	const root = findRoot();
	const [mqtt, http, modbus] = [await freePort(), await freePort(), await freePort()];
	const begunMs = performance.now();
	const child: ChildProcess = spawn(
		process.execPath,
		[
			"--import",
			join(root, "hosts/desktop/resolve.mjs"),
			join(root, "build/js/hosts/desktop/cli.js"),
			...["--headless", "--site", join(root, "sites/demo.json"), "--data", join(root, "build/bench/data")],
			...["--mqtt", `${mqtt}`, "--http", `${http}`, "--modbus", `${modbus}`],
		],
		{ cwd: root, stdio: ["ignore", "ignore", "inherit"] },
	);
	try {
		await subscribe(mqtt, "openami/v1/+/+/meter/+/telemetry", limitMs);
		return performance.now() - begunMs;
	} finally {
		child.kill();
	}
}

/** Milliseconds that the root takes: every module compiled, run once and frozen. On the device that is done at build time. */
function preloading(): number {
	const begunMs = performance.now();
	// a root is shared by machines of the same sources: with its own, even none, this one makes it anew
	new Machine({ clock: "virtual", preload: applicationModules(), sources: {} }).delete();
	return performance.now() - begunMs;
}

export async function run(report: Report): Promise<void> {
	const say = sayer("start", report);
	let bestMs = Number.POSITIVE_INFINITY;
	for (let round = 0; round < rounds; round++) bestMs = Math.min(bestMs, await firstTelemetry());
	say("process start to first telemetry at a subscriber", bestMs / 1000, "s", {
		budget: 3,
		note: "here, with Node and preloading; the budget is the device's, after power-on",
	});
	say("of that: preloading, here", preloading(), "ms", { note: "on the device at build time" });
}
