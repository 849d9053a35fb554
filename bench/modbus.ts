/**
 * Modbus over one pty and one TCP server: transactions a second and CPU a transaction, ours on XS beside pymodbus,
 * modbus-serial and libmodbus. Theirs give 9 numbers, ours 9 points of a SunSpec image with time and quality. On the pty ours keeps the silence that the line needs between frames (1.75 ms), which bounds its rate;
 * the others send at once. On TCP all are free.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { findRoot } from "../hosts/desktop/loader";
import { type Report, sayer } from "./figure";

const root = findRoot();
const venvPython = join(root, ".venv/bin/python");
const times = { pty: 1000, TCP: 4000 };
/** Best of so many: what else runs on the computer can only add. */
const rounds = 5;

/** What bounds the rate on the pty. */
const rateNotes: Record<string, string> = {
	"ours on XS": "keeps the silence of 1.75 ms that a line needs before each frame; the others send at once",
	pymodbus: "looks for the answer every millisecond",
};

/** Runs a program to its end and gives its last line as JSON. */
function measured(command: string, args: readonly string[]): Promise<Record<string, number>> {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
		let out = "";
		let problems = "";
		child.stdout.on("data", (chunk) => {
			out += chunk;
		});
		child.stderr.on("data", (chunk) => {
			problems += chunk;
		});
		child.on("error", reject);
		child.on("close", (code) => {
			if (code === 0) resolve(JSON.parse(out.trim().split("\n").at(-1)!));
			else reject(new Error(`${args.join(" ")} ended with ${code}: ${problems}`));
		});
	});
}

/** Starts the other end; resolves with the path of its device and its TCP port. */
function startServer(): Promise<{ places: string[]; stop(): void }> {
	return new Promise((resolve, reject) => {
		const server = spawn("python3", ["-u", join(root, "bench/modbus_server.py")], {
			stdio: ["ignore", "pipe", "inherit"],
		});
		server.on("error", reject);
		server.on("close", (code) => reject(new Error(`bench/modbus_server.py ended with ${code}`)));
		server.stdout.once("data", (line) =>
			resolve({ places: `${line}`.trim().split(" "), stop: () => void server.kill() }),
		);
	});
}

type Client = readonly [command: string, args: readonly string[]];

/** libmodbus comes with Debian's mbpoll; the program that calls it is compiled here. Undefined when either is missing. */
function libmodbus(): Client | undefined {
	const program = join(root, "build/bench/modbus_client");
	mkdirSync(join(root, "build/bench"), { recursive: true });
	const compiled = spawnSync("gcc", ["-O2", "-o", program, join(root, "bench/modbus_client.c"), "-ldl"]);
	if (compiled.status !== 0) return undefined;
	// 4: the library is there, and this port is not to be connected to
	return spawnSync(program, ["0", "0"]).status === 3 ? undefined : [program, []];
}

function isInstalled(name: string): boolean {
	try {
		createRequire(join(root, "package.json")).resolve(name);
		return true;
	} catch {
		return false;
	}
}

/** Ours first, then the peers that are there; the others by name and remedy. */
function clients(): { there: Map<string, Client>; missing: string[] } {
	const node = (kind: string): Client => [
		process.execPath,
		["--import", join(root, "hosts/desktop/resolve.mjs"), join(root, "build/js/bench/modbus-client.js"), kind],
	];
	const there = new Map<string, Client>([["ours on XS", node("xs")]]);
	const missing: string[] = [];
	if (isInstalled("modbus-serial")) there.set("modbus-serial", node("modbus-serial"));
	else missing.push("modbus-serial: run npm ci");
	if (existsSync(venvPython)) there.set("pymodbus", [venvPython, [join(root, "bench/modbus_client.py")]]);
	else missing.push("pymodbus: run node tools/venv.mjs");
	const c = libmodbus();
	if (c) there.set("libmodbus (C)", c);
	else missing.push("libmodbus: it comes with the Debian package mbpoll");
	return { there, missing };
}

/** Gives the names of peers that are missing. */
export async function run(report: Report): Promise<string[]> {
	const say = sayer("modbus", report);
	const { there, missing } = clients();
	const server = await startServer();
	try {
		for (const [at, wire] of (["pty", "TCP"] as const).entries()) {
			const best: Record<string, Record<string, number>> = {};
			for (let round = 0; round < rounds; round++) {
				for (const [name, [command, args]] of there) {
					const figures = await measured(command, [...args, server.places[at]!, `${times[wire]}`]);
					best[name] ??= figures;
					for (const [key, value] of Object.entries(figures)) best[name][key] = Math.min(best[name][key]!, value);
				}
			}
			for (const [name, figures] of Object.entries(best)) {
				const ours = name === "ours on XS";
				say(`${wire}: CPU of a read of 18 registers, decoded: ${name}`, figures["cpuUs"]!, "microseconds", {
					...(ours && wire === "pty" ? { budget: 100 } : {}),
					...(ours ? { note: "into 9 points of an image; the others make 9 numbers" } : {}),
				});
			}
			for (const [name, figures] of Object.entries(best)) {
				const note = wire === "TCP" ? undefined : rateNotes[name];
				say(
					`${wire}: reads of 18 registers: ${name}`,
					(1000 * times[wire]) / figures["elapsedMs"]!,
					"a second",
					note === undefined ? {} : { note },
				);
			}
			say(`${wire}: a read of 18 registers into points`, best["ours on XS"]!["byteCodes"]!, "byte codes");
		}
	} finally {
		server.stop();
	}
	return missing;
}
