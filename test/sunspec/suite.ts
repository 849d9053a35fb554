/** Runs the conformance test (test/peers/sunspec_conformance, Python) and hands out its results one by one. */
import { createInterface } from "node:readline";
import { type Peer, python } from "../peers";

/** A DER that is tested, and what is declared of it. */
export interface DeclaredDer {
	readonly name: string;
	readonly unit: number;
	/** Model ids in the order of the map. */
	readonly models: readonly number[];
	/** Points of model 1. */
	readonly common: Readonly<Record<string, string>>;
	/** Points that are mandatory in an older model and that the device has nothing for: "103.TmpCab"; "?": at times. */
	readonly missing?: readonly string[];
	/** What a point takes, where that is not all of its type: values, or no other than the one it has. */
	readonly values?: Readonly<Record<string, readonly number[] | "as it is">>;
}

export interface Result {
	id: string;
	der: string;
	failures: string[];
	/** How much was tried, by what. */
	counts: Record<string, number>;
	/** Why the procedure is not applicable; "" when it is. */
	absent: string;
	seconds: number;
}

export interface Task {
	ders: readonly DeclaredDer[];
	ids: readonly string[];
	/** A unit that is not there. */
	nobody: number;
	/** Bit rates for RTU-2. */
	bauds?: readonly number[];
	/** Requests in one TCP packet. */
	packet?: number;
	/** How long no point must come or go before the test begins, s. Default 2. */
	settleS?: number;
	/** How long an answer may take, s. Default 3. */
	timeoutS?: number;
}

/** The procedures that every DER goes through, and those of each transport. */
export const commonIds = [
	"DEV-1",
	"DEV-2",
	"MOD-1",
	"MOD-2",
	"MOD-3",
	"MOD-4",
	"SF",
	"CRV-1",
	"CRV-2",
	"CRV-3",
	"REV-1",
	"REV-2",
	"REV-3",
	"MB-1",
	"MB-2",
	"EXC-1",
	"EXC-2",
	"EXC-3",
] as const;
export const tcpIds = ["TCP-1", "TCP-2", "TCP-3"] as const;

interface Waiting {
	resolve(result: Result): void;
	reject(error: Error): void;
}

export class Suite {
	/** All results so far. */
	readonly results: Result[] = [];
	readonly #peer: Peer;
	readonly #waiting = new Map<string, Waiting>();
	#line: ((path: string) => void) | undefined;
	#onBaud: ((baud: number) => Promise<void>) | undefined;
	#over: Error | undefined;
	/** Resolves when everything is through; rejects when the program ends before. */
	readonly done: Promise<void>;

	private constructor(args: readonly string[]) {
		this.#peer = python("sunspec_conformance", args);
		let end: () => void = () => {};
		let fail: (error: Error) => void = () => {};
		this.done = new Promise((resolve, reject) => {
			end = resolve;
			fail = reject;
		});
		this.done.catch(() => {});
		createInterface({ input: this.#peer.process.stdout! }).on("line", (line) => {
			if (line.startsWith('{"end"')) end();
			else if (line.startsWith("{")) this.#take(JSON.parse(line) as Record<string, unknown>);
		});
		void this.#peer.ended.then((code) => {
			this.#over = new Error(`the conformance test has ended (${code}):\n${this.#peer.output().slice(-3000)}`);
			for (const waiting of this.#waiting.values()) waiting.reject(this.#over);
			fail(this.#over);
		});
	}

	/** Over TCP; tests as soon as `test` is called. */
	static tcp(port: number): Suite {
		return new Suite(["tcp", "127.0.0.1", `${port}`]);
	}

	/** Over a serial line, which it makes: `path` is where the device is to be put. */
	static async rtu(baud: number): Promise<{ suite: Suite; path: string }> {
		const suite = new Suite(["rtu", `${baud}`]);
		const path = await new Promise<string>((resolve, reject) => {
			suite.#line = resolve;
			suite.done.catch(reject);
		});
		return { suite, path };
	}

	/** `onBaud`: brings the device to another bit rate. */
	test(task: Task, onBaud?: (baud: number) => Promise<void>): void {
		this.#onBaud = onBaud;
		this.#peer.write(`${JSON.stringify({ bauds: [], ...task })}\n`);
	}

	/** Resolves as soon as the procedure is through. */
	result(id: string, der: string): Promise<Result> {
		const known = this.results.find((result) => result.id === id && result.der === der);
		if (known) return Promise.resolve(known);
		if (this.#over) return Promise.reject(this.#over);
		return new Promise((resolve, reject) => this.#waiting.set(`${id} ${der}`, { resolve, reject }));
	}

	stop(): Promise<unknown> {
		return this.#peer.stop();
	}

	#take(line: Record<string, unknown>): void {
		if ("line" in line) this.#line?.(line["line"] as string);
		else if ("need" in line) {
			const { baud } = line["need"] as { baud: number };
			void this.#onBaud?.(baud).then(() => this.#peer.write("\n"));
		} else {
			const result = line as unknown as Result;
			this.results.push(result);
			this.#waiting.get(`${result.id} ${result.der}`)?.resolve(result);
		}
	}
}
