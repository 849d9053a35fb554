/**
 * Independent programs that tests hold our protocols against. A peer that is missing fails the test when CI=true;
 * elsewhere the suite says in one line what to install and leaves those tests out.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe } from "vitest";
// @ts-expect-error plain JavaScript tool without types
import { ensurePrograms } from "../tools/debian.mjs";
// @ts-expect-error plain JavaScript tool without types
import { ensureVenv } from "../tools/venv.mjs";

export { freePort } from "./adapters/free-port";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** `describe`, once the peers are there: `"python"` stands for the pinned packages in .venv, other words for programs. */
export function describeWithPeers(name: string, peers: readonly string[], body: () => void): void {
	const programs = peers.filter((peer) => peer !== "python");
	const missing: string | undefined =
		(peers.includes("python") ? ensureVenv() : undefined) ?? (programs.length ? ensurePrograms(programs) : undefined);
	if (missing && process.env["CI"] === "true") throw new Error(`${name}: ${missing}`);
	if (missing) process.stderr.write(`left out: ${name}: ${missing}\n`);
	else describe(name, body);
}

export interface Peer {
	readonly process: ChildProcess;
	/** Everything printed so far, both streams. */
	output(): string;
	/** Resolves when a line of the output matches; rejects after `timeoutMs` or when the peer ends before. */
	waitFor(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>;
	write(text: string): void;
	/** Resolves with the exit code, killing the peer first unless `wait` is set. */
	stop(signal?: NodeJS.Signals): Promise<number | null>;
	ended: Promise<number | null>;
}

/** Starts a program; it is killed when the test process ends. */
export function start(command: string, args: readonly string[], env: Record<string, string> = {}): Peer {
	const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
	let text = "";
	let over: number | null | undefined;
	const waiting = new Set<() => void>();
	const more = (chunk: Buffer | string) => {
		text += chunk.toString();
		for (const wake of [...waiting]) wake();
	};
	child.stdout.on("data", more);
	child.stderr.on("data", more);
	child.stdin.on("error", () => {});
	const ended = new Promise<number | null>((resolve) => {
		const end = (code: number | null) => {
			over = code;
			process.off("exit", kill);
			for (const wake of [...waiting]) wake();
			resolve(code);
		};
		child.on("close", end);
		child.on("error", (error) => {
			text += `${error.message}\n`;
			end(-1);
		});
	});
	const kill = () => child.kill("SIGKILL");
	process.on("exit", kill);
	return {
		process: child,
		ended,
		output: () => text,
		write: (line) => void child.stdin.write(line),
		waitFor(pattern, timeoutMs = 10_000) {
			return new Promise((resolve, reject) => {
				const look = () => {
					const match = text.match(pattern);
					if (!match && over === undefined) return;
					clearTimeout(timer);
					waiting.delete(look);
					if (match) resolve(match);
					else reject(new Error(`${command} ended (${over}) before ${pattern}; it said:\n${text}`));
				};
				const timer = setTimeout(() => {
					waiting.delete(look);
					reject(new Error(`${command} did not say ${pattern} within ${timeoutMs} ms; it said:\n${text}`));
				}, timeoutMs);
				waiting.add(look);
				look();
			});
		},
		stop(signal = "SIGKILL") {
			if (over === undefined) child.kill(signal);
			return ended;
		},
	};
}

/** Starts a Python script of test/peers with the pinned packages. */
export function python(script: string, args: readonly string[] = []): Peer {
	return start(join(root, ".venv/bin/python"), ["-u", join(root, "test/peers", script), ...args]);
}

/** Runs a program to its end and gives what it printed; rejects when it fails. */
export async function run(command: string, args: readonly string[], timeoutMs = 30_000): Promise<string> {
	const peer = start(command, args);
	const timer = setTimeout(() => void peer.stop(), timeoutMs);
	const code = await peer.ended;
	clearTimeout(timer);
	if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${peer.output()}`);
	return peer.output();
}

/** A folder that is gone after `remove()`. */
export function temporaryFolder(): { path: string; remove(): void } {
	const path = mkdtempSync(join(tmpdir(), "gridpost-"));
	return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
