/**
 * A full scan of a SunSpec DER of 15 models, from the connection until every register is in its point: pysunspec2 against our
 * server, our client against pymodbus' server with pysunspec2's registers, pysunspec2 against the same; and what a model
 * more costs in memory. pysunspec2 has no server of its own. Everything over TCP on this computer; ours on the device's engine.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createIo } from "../hosts/desktop/io/io";
import { findRoot } from "../hosts/desktop/loader";
import { heapBytes, microsecondsOf, type Report, type Say, sayer } from "./figure";
import { type ScanOnXs, scanMachine } from "./sunspec-scan-machine";

const root = findRoot();
const venvPython = join(root, ".venv/bin/python");
/** The best of so many counts: what else runs on the computer can only add. */
const rounds = 10;

const models = [1, ...Array.from({ length: 14 }, (_unused, i) => 701 + i)];
const device = [{ unit: 1, base: 40000, seed: 7, repeats: 3, models }];

/** How often groups repeat in the models of "memory". */
const repeats = { NCrv: 3, NCrvSet: 3, NCtl: 2, NPt: 4, NPrt: 2, NStr: 2, module: 2 };
const measured = [701, 702, 703, 704, 705, 706, 707, 708, 709, 710, 711, 712, 713, 714, 715]
	.concat([103, 120, 121, 122, 123, 124])
	.concat([160, 802, 803]);

interface Scan {
	models: number;
	requests: number;
	ms: number;
}

/** Runs pysunspec2's client to its end. */
function theirScan(port: number): Promise<Scan> {
	return new Promise((resolve, reject) => {
		const args = [join(root, "bench/sunspec_scan.py"), `${port}`, `${rounds}`];
		const child = spawn(venvPython, args, { stdio: ["ignore", "pipe", "pipe"] });
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
			if (code === 0) resolve(JSON.parse(out));
			else reject(new Error(`bench/sunspec_scan.py ended with ${code}: ${problems}`));
		});
	});
}

/** pymodbus with the registers that pysunspec2 makes of random values. */
function startTheirServer(): Promise<{ port: number; stop(): void }> {
	return new Promise((resolve, reject) => {
		const script = join(root, "test/peers/sunspec_sim.py");
		const server = spawn(venvPython, ["-u", script, JSON.stringify(device)], { stdio: ["pipe", "pipe", "inherit"] });
		server.on("error", reject);
		server.on("close", (code) => reject(new Error(`test/peers/sunspec_sim.py ended with ${code}`)));
		let text = "";
		server.stdout.on("data", (chunk) => {
			text += chunk;
			const port = /^ready (\d+)\n/.exec(text)?.[1];
			if (port !== undefined) resolve({ port: Number(port), stop: () => void server.kill() });
		});
	});
}

function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const server = createServer();
		server.listen(0, "127.0.0.1", () => {
			const { port } = server.address() as { port: number };
			server.close(() => resolve(port));
		});
	});
}

async function ourScan(xs: ScanOnXs, port: number): Promise<Scan> {
	const scan: Scan = { models: 0, requests: 0, ms: Number.POSITIVE_INFINITY };
	for (let round = 0; round <= rounds; round++) {
		const begunMs = performance.now();
		scan.requests = await new Promise<number>((resolve) => xs.scan(port, resolve));
		// the first warms up, as theirs does
		if (round > 0) scan.ms = Math.min(scan.ms, performance.now() - begunMs);
		xs.end();
	}
	scan.models = xs.models();
	return scan;
}

/** Gives the names of peers that are missing. */
export async function run(report: Report): Promise<string[]> {
	const say = sayer("sunspec-scan", report);
	const io = createIo({
		onError(error) {
			throw error;
		},
	});
	const { machine, xs } = scanMachine(io);
	const there = existsSync(venvPython);
	if (there) {
		const server = await startTheirServer();
		try {
			const ours = await ourScan(xs, server.port);
			const theirs = await theirScan(server.port);
			const port = await freePort();
			xs.serve(port);
			const served = await theirScan(port);
			const both = await ourScan(xs, port);
			xs.close();
			tell(say, { ours, theirs, served, both });
			costs(say, xs, machine);
		} finally {
			server.stop();
		}
	}
	memory(say, xs, machine);
	io.close();
	machine.finish();
	return there ? [] : ["pysunspec2 and pymodbus: run node tools/venv.mjs"];
}

function tell(say: Say, { ours, theirs, served, both }: Record<"ours" | "theirs" | "served" | "both", Scan>): void {
	for (const one of [ours, theirs, served, both]) {
		if (one.models !== models.length) throw new Error(`${one.models} models were found instead of ${models.length}`);
	}
	const rows: [string, Scan][] = [
		["pysunspec2 against our server", served],
		["our client against pymodbus' server", ours],
		["pysunspec2 against pymodbus' server", theirs],
		["our client against our server", both],
	];
	for (const [name, { ms }] of rows) {
		const isOurs = name.startsWith("our client");
		const note = isOurs
			? "finding, the control models for what it can be told, then all models into the image"
			: undefined;
		say(`full scan of 15 models: ${name}`, ms, "ms", note === undefined ? {} : { note });
	}
	for (const [name, { requests }] of rows) say(`requests of a full scan: ${name}`, requests, "requests");
	say("our client's time, pysunspec2's = 1, both against pymodbus' server", ours.ms / theirs.ms, "ratio", {
		note: "ours on the device's engine, the other in Python; over a line what counts is the number of requests",
	});
	say("our server's time, pymodbus' server = 1, both for pysunspec2", served.ms / theirs.ms, "ratio", { budget: 1 });
}

function costs(say: Say, xs: ScanOnXs, machine: ReturnType<typeof scanMachine>["machine"]): void {
	xs.poll(50);
	const before = machine.counters().byteCodes;
	const registers = xs.poll(50);
	const codes = (machine.counters().byteCodes - before) / 50;
	const note = `of ${registers / 50} registers on average, with the test's own copy`;
	say("a poll's reply into the image of a found device", codes, "byte codes", { note });
	say(
		"a poll's reply into the image of a found device, here",
		microsecondsOf(200, () => xs.poll(200)),
		"microseconds",
	);
	const held = heapBytes(machine);
	const found = xs.registers();
	xs.forget();
	say("heap of a found device of 15 models, with its image", held - heapBytes(machine), "bytes", {
		note: `${2 * found} of them registers; its Modbus client too`,
	});
}

function memory(say: Say, xs: ScanOnXs, machine: ReturnType<typeof scanMachine>["machine"]): void {
	xs.make([{ id: 1 }]);
	const heapOf = (specs: Parameters<ScanOnXs["make"]>[0]): number => {
		const before = heapBytes(machine);
		xs.make(specs);
		return heapBytes(machine) - before;
	};
	const alone = heapOf([{ id: 1 }]);
	for (const id of measured) {
		say(`heap of model ${id} more in an image`, heapOf([{ id: 1 }, { id, repeats }]) - alone, "bytes");
	}
}
