import type { Clock, TimerId } from "../base/clock";
import { type Log, silentLog } from "../base/log";

/** Where the trial is kept over a restart; "" when there is nothing. */
export interface TrialStorage {
	read(): string;
	write(text: string): void;
}

export interface PluginTrialOptions {
	storage: TrialStorage;
	/** Of the archive that is installed now: another one begins anew. */
	signature: string;
	/** How many of the last starts did not last (BootGuard). */
	failedStarts: number;
	clock: Clock;
	log?: Log;
}

/** So many starts in a row that ended within a minute may be the plug-ins' fault, before the site file is suspected. */
const kUnsafeStarts = 2;
/** A hub that has run for so long has survived its plug-ins. */
const kSurvivedMs = 10_000;

/** What is kept: the archive's signature, what is being tried ("" nothing, "*" all is well), and what failed. */
interface Kept {
	signature: string;
	trying: string;
	bad: string[];
}

/**
 * Plug-ins of an archive that was just installed run on trial: before each a mark is written, and it goes when the hub
 * has run for some seconds with it. A start that finds a mark leaves that plug-in out, for as long as the archive stays:
 * it looped or took all memory, and the watchdog or the engine ended the start. An archive that has proved itself costs no
 * write.
 */
export class PluginTrial {
	readonly #options: PluginTrialOptions;
	readonly #kept: Kept;
	#timer: TimerId | undefined;

	constructor(options: PluginTrialOptions) {
		this.#options = options;
		const kept = readKept(options.storage.read());
		const isSame = kept !== undefined && kept.signature === options.signature;
		this.#kept = isSame ? kept : { signature: options.signature, trying: "", bad: [] };
		const { trying, bad } = this.#kept;
		if (trying === "" || trying === "*") return;
		bad.push(trying);
		this.#kept.trying = "";
		this.#write();
	}

	/** Why a plug-in is not run in this start; undefined: it may. */
	refusal(name: string): string | undefined {
		const { failedStarts } = this.#options;
		if (this.#kept.bad.includes(name))
			return "the hub did not come up with it: it loops or wants too much memory; mend it and install it again";
		if (failedStarts < kUnsafeStarts) return undefined;
		return `left out once, as the last ${failedStarts} starts ended within a minute`;
	}

	/** It runs next. */
	begin(name: string): void {
		if (this.#kept.trying === "*") return;
		this.#kept.trying = name;
		this.#write();
		this.#timer ??= this.#options.clock.setTimer(() => this.survived(), kSurvivedMs);
	}

	/** All of them have run, and the hub with them. */
	survived(): void {
		this.#options.clock.clearTimer(this.#timer);
		this.#timer = undefined;
		if (this.#kept.trying === "*") return;
		this.#kept.trying = "*";
		this.#write();
	}

	/** Where nothing can be stored plug-ins run all the same, without this guard. */
	#write(): void {
		const { storage, log = silentLog } = this.#options;
		try {
			storage.write(JSON.stringify(this.#kept));
		} catch (error) {
			log("error", "plugin", `the mark of the trial: ${error instanceof Error ? error.message : error}`);
		}
	}
}

function readKept(text: string): Kept | undefined {
	try {
		const { signature, trying, bad } = JSON.parse(text) as Partial<Kept>;
		if (typeof signature !== "string" || typeof trying !== "string" || !Array.isArray(bad)) return undefined;
		return { signature, trying, bad: bad.filter((one) => typeof one === "string") };
	} catch {
		return undefined;
	}
}
