import type { Clock, Random, TimerId } from "../base/clock";
import { type Log, silentLog } from "../base/log";
import { readSntp, sntpRequest } from "./sntp";
import type { WallClock } from "./wall-clock";

export interface TimeKeeperOptions {
	clock: Clock;
	random: Random;
	wall: WallClock;
	/** Names or addresses of time servers; asked one after the other until one answers. */
	servers: readonly string[];
	/** Sends a packet to port 123 of a server; what comes back goes to `received`. May throw. */
	send: (server: string, packet: Uint8Array) => void;
	/** The wall clock was set or confirmed, right to `errorMs`. */
	onTime: (source: string, errorMs: number) => void;
	/** A clock chip that keeps time without power. Its methods may throw. */
	chip?: { read(): number | undefined; write(epochMs: number): void } | undefined;
	log?: Log | undefined;
}

const kAnswerMs = 4000;
const kFirstRetryMs = 4000;
const kLongestRetryMs = 1_024_000;
/** Once the time is known. RFC 4330, 10: never more often than each 15 s. */
const kPeriodMs = 3_600_000;
/** Until a time that differs much is asked for again. */
const kDoubtMs = 16_000;
/** A clock chip counts whole seconds and runs off some seconds a month. */
const kChipErrorMs = 2000;
const kChipPeriodMs = 86_400_000;

/** Keeps the wall clock right by SNTP, sans-IO, with a chip for the time until the network is there. */
export class TimeKeeper {
	readonly #options: TimeKeeperOptions;
	readonly #log: Log;
	readonly #nonce = new Uint8Array(8);
	/** Servers that do not want to be asked by us. */
	readonly #refused = new Set<string>();
	#timer: TimerId | undefined;
	#server = 0;
	#sentMs = Number.NaN;
	#retryMs = kFirstRetryMs;
	#periodMs = kPeriodMs;
	#isUp = false;
	#lastFault = "";
	#chipSetMs = Number.NEGATIVE_INFINITY;

	constructor(options: TimeKeeperOptions) {
		this.#options = options;
		this.#log = options.log ?? silentLog;
	}

	/** Takes the time of the chip, or of a clock that ran on over a restart. */
	start(keptEpochMs?: number): void {
		const { chip } = this.#options;
		let fromChip: number | undefined;
		try {
			fromChip = chip?.read();
		} catch (error) {
			this.#log("warn", "time", `clock chip: ${error instanceof Error ? error.message : error}`);
		}
		if (fromChip !== undefined) this.#tell("rtc", fromChip, kChipErrorMs);
		else if (keptEpochMs !== undefined) this.#tell("restart", keptEpochMs, kChipErrorMs);
	}

	/** There is a network now, or none. */
	network(isUp: boolean): void {
		if (isUp === this.#isUp) return;
		this.#isUp = isUp;
		this.#retryMs = kFirstRetryMs;
		this.#sentMs = Number.NaN;
		// a street of hubs gets its power back at the same moment
		if (isUp) this.#after(this.#options.random() * 1000, () => this.#ask());
		else this.#after(undefined);
	}

	/** The packet has left only now: the name had to be resolved first. */
	sent(): void {
		if (!Number.isNaN(this.#sentMs)) this.#sentMs = this.#options.clock.now();
	}

	/** A datagram from a time server. */
	received(bytes: Uint8Array): void {
		if (Number.isNaN(this.#sentMs)) return;
		const { clock, servers } = this.#options;
		const answer = readSntp(bytes, this.#nonce, this.#sentMs, clock.now());
		// what somebody else made up is not the end of the wait
		if (answer.fault === "it answers another request") return;
		this.#sentMs = Number.NaN;
		const server = servers[this.#server]!;
		if (answer.epochMs === undefined) {
			if (answer.kiss === "DENY" || answer.kiss === "RSTR") this.#refused.add(server);
			if (answer.kiss === "RATE") this.#periodMs = Math.min(this.#periodMs * 2, kChipPeriodMs);
			this.#failed(`${server}: ${answer.fault}`);
			return;
		}
		this.#retryMs = kFirstRetryMs;
		this.#lastFault = "";
		const told = this.#tell("sntp", answer.epochMs, answer.errorMs ?? 0);
		if (!told) {
			this.#nextServer();
			this.#after(kDoubtMs, () => this.#ask());
			return;
		}
		this.#keepInChip(answer.epochMs);
		this.#after(this.#periodMs * (0.9 + 0.2 * this.#options.random()), () => this.#ask());
	}

	close(): void {
		this.#after(undefined);
		this.#isUp = false;
	}

	#ask(): void {
		const { clock, random, servers, send } = this.#options;
		if (servers.every((one) => this.#refused.has(one))) {
			this.#log("error", "time", "no time server is left that answers us");
			return;
		}
		while (this.#refused.has(servers[this.#server]!)) this.#nextServer();
		for (let i = 0; i < 8; i++) this.#nonce[i] = Math.floor(random() * 256);
		this.#sentMs = clock.now();
		this.#after(kAnswerMs, () => this.#failed(`${servers[this.#server]}: no answer`));
		try {
			send(servers[this.#server]!, sntpRequest(this.#nonce));
		} catch (error) {
			this.#failed(`${servers[this.#server]}: ${error instanceof Error ? error.message : error}`);
		}
	}

	#failed(fault: string): void {
		if (fault !== this.#lastFault) this.#log("warn", "time", fault);
		this.#lastFault = fault;
		this.#sentMs = Number.NaN;
		this.#nextServer();
		this.#after(this.#retryMs * (1 + 0.25 * this.#options.random()), () => this.#ask());
		this.#retryMs = Math.min(this.#retryMs * 2, kLongestRetryMs);
	}

	#nextServer(): void {
		this.#server = (this.#server + 1) % this.#options.servers.length;
	}

	/** Whether the time was taken. */
	#tell(source: string, epochMs: number, errorMs: number): boolean {
		const { wall, onTime } = this.#options;
		const beforeMs = wall.epochMs();
		const what = wall.tell(epochMs, errorMs);
		const told = new Date(epochMs).toISOString();
		if (what === "impossible" || what === "doubtful") {
			this.#log("warn", "time", `${source} says ${told}, which is ${what}; not taken`);
			return false;
		}
		if (what === "set") this.#log("info", "time", `set by ${source}: ${told}`);
		if (what === "stepped")
			this.#log("warn", "time", `moved by ${Math.round((epochMs - (beforeMs ?? 0)) / 1000)} s to ${told} by ${source}`);
		onTime(source, errorMs);
		return true;
	}

	#keepInChip(epochMs: number): void {
		const { chip, clock } = this.#options;
		if (!chip || clock.now() - this.#chipSetMs < kChipPeriodMs) return;
		this.#chipSetMs = clock.now();
		try {
			chip.write(epochMs);
		} catch (error) {
			this.#log("warn", "time", `clock chip: ${error instanceof Error ? error.message : error}`);
		}
	}

	#after(delayMs: number | undefined, action?: () => void): void {
		const { clock } = this.#options;
		clock.clearTimer(this.#timer);
		this.#timer = delayMs === undefined ? undefined : clock.setTimer(action!, delayMs);
	}
}
