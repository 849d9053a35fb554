/**
 * Modbus over one pty and one TCP server: transactions a second and CPU a transaction, ours on XS beside pymodbus and
 * modbus-serial. On the pty ours keeps the silence that the line needs between frames (1.75 ms), which bounds its rate;
 * the others send at once. On TCP all are free.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { findRoot } from "../hosts/desktop/loader";

export interface Figure {
	readonly area: "modbus";
	readonly name: string;
	readonly value: number;
	readonly unit: string;
	/** What docs and design allow; missing: just for information. */
	readonly budget?: number;
}

const root = findRoot();
const venvPython = join(root, ".venv/bin/python");
const times = 1000;
/** Best of so many: what else runs on the computer can only add. */
const rounds = 3;

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

export async function run(report: (figure: Figure) => void): Promise<void> {
	const clients = {
		"ours on XS": [
			process.execPath,
			["--import", join(root, "hosts/desktop/resolve.mjs"), "build/js/bench/modbus-client.js", "xs"],
		],
		"modbus-serial": [
			process.execPath,
			["--import", join(root, "hosts/desktop/resolve.mjs"), "build/js/bench/modbus-client.js", "modbus-serial"],
		],
		pymodbus: [venvPython, ["bench/modbus_client.py"]],
	} as const;
	const say = (name: string, value: number, unit: string, budget?: number) =>
		report({
			area: "modbus",
			name,
			value: Math.round(value * 10) / 10,
			unit,
			...(budget === undefined ? {} : { budget }),
		});
	const server = await startServer();
	try {
		for (const [at, wire] of ["pty", "TCP"].entries()) {
			const best: Record<string, Record<string, number>> = {};
			for (let round = 0; round < rounds; round++) {
				for (const [name, [command, args]] of Object.entries(clients)) {
					const figures = await measured(command, [...args, server.places[at]!, `${times}`]);
					best[name] ??= figures;
					for (const [key, value] of Object.entries(figures)) best[name][key] = Math.min(best[name][key]!, value);
				}
			}
			for (const [name, figures] of Object.entries(best)) {
				const budget = name === "ours on XS" && wire === "pty" ? 100 : undefined;
				say(`${wire}: CPU of a read of 18 registers, decoded: ${name}`, figures["cpuUs"]!, "microseconds", budget);
			}
			for (const [name, figures] of Object.entries(best)) {
				say(`${wire}: reads of 18 registers: ${name}`, (1000 * times) / figures["elapsedMs"]!, "per second");
			}
			say(`${wire}: a read of 18 registers, decoded`, best["ours on XS"]!["byteCodes"]!, "byte codes");
		}
	} finally {
		server.stop();
	}
}
