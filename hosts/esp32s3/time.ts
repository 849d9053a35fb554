import SMBus from "embedded:io/smbus";
import Time from "time";
import type { Clock, Random, TimerId } from "../../modules/base/clock";
import { frozen } from "../../modules/base/frozen";
import type { Log } from "../../modules/base/log";
import { ClockChip, kClockChipAddress, type RegisterBus } from "../../modules/setup/clock-chip";
import { TimeKeeper, type TimeKeeperOptions } from "../../modules/setup/time-keeper";
import { WallClock } from "../../modules/setup/wall-clock";
import { ModdableClock } from "../moddable/clock";
import { resolve } from "./resolver";
import { UDP, type UdpSocket } from "./sdk";

/** Pools of different operators, so that no single one can set the hub's clock alone for long. */
const kTimeServers = frozen(["pool.ntp.org", "time.cloudflare.com", "time.google.com"] as const);
const kNtpPort = 123;
/** The chip's clock runs on over a restart; before this time it was never set. 2026-01-01. */
const kNeverSetMs = 1_767_225_600_000;

/** The board's clock: ticks of the chip, UTC as the time keeper sets and slews it. */
export class BoardClock implements Clock {
	readonly wall: WallClock;
	readonly #ticks = new ModdableClock(() => false);

	constructor() {
		this.wall = new WallClock(() => this.#ticks.now());
	}

	now(): number {
		return this.#ticks.now();
	}

	epochMs(): number | undefined {
		return this.wall.epochMs();
	}

	setTimer(callback: () => void, delayMs: number): TimerId {
		return this.#ticks.setTimer(callback, delayMs);
	}

	clearTimer(id: TimerId | undefined): void {
		this.#ticks.clearTimer(id);
	}
}

export interface BoardTimeOptions {
	clock: BoardClock;
	random: Random;
	log: Log;
	servers?: readonly string[];
	chip?: TimeKeeperOptions["chip"];
}

/** SNTP over the chip's network. `network` is to be called when the connection comes and goes. */
export class BoardTime {
	readonly #keeper: TimeKeeper;
	#socket: UdpSocket | undefined;
	#onSet: ((source: string, errorMs: number) => void) | undefined;
	/** What was told before anybody listened. */
	#told: { source: string; errorMs: number } | undefined;

	constructor({ clock, random, log, servers, chip }: BoardTimeOptions) {
		this.#keeper = new TimeKeeper({
			clock,
			random,
			wall: clock.wall,
			servers: servers ?? kTimeServers,
			send: (server, packet) => this.#send(server, packet),
			onTime: (source, errorMs) => {
				// for Date, and for the time after a restart; whole seconds are enough there
				const epochMs = clock.epochMs();
				if (epochMs !== undefined) Time.set(Math.round(epochMs / 1000));
				if (this.#onSet) this.#onSet(source, errorMs);
				else this.#told = { source, errorMs };
			},
			log,
			chip,
		});
		const keptMs = Date.now();
		this.#keeper.start(keptMs > kNeverSetMs ? keptMs : undefined);
	}

	/** For Host.onClockSet. */
	onSet(callback: (source: string, errorMs: number) => void): void {
		this.#onSet = callback;
		if (this.#told) callback(this.#told.source, this.#told.errorMs);
	}

	network(isUp: boolean): void {
		// a socket made before there is any interface throws
		if (isUp) this.#socket ??= new UDP({ onReadable: (packets) => this.#read(packets) });
		this.#keeper.network(isUp);
	}

	#send(server: string, packet: Uint8Array): void {
		resolve(server, (_name, address) => {
			if (!address) return;
			try {
				this.#socket?.write(packet, address, kNtpPort);
				this.#keeper.sent();
			} catch {
				// it counts as no answer, and is tried again
			}
		});
	}

	#read(packets: number): void {
		for (let i = 0; i < packets; i++) {
			const packet = this.#socket?.read();
			if (packet) this.#keeper.received(new Uint8Array(packet));
		}
	}
}

/** The SDK declares the options of its class as a list. */
const Bus = SMBus as unknown as new (options: {
	data: number;
	clock: number;
	hz: number;
	address: number;
}) => RegisterBus & { close(): void };
const kChipHz = 100_000;

/** A DS3231 on the I2C bus of the relay bank; undefined where the board has no such bus or nothing answers. */
export function openClockChip(pins: { bank_data?: number; bank_clock?: number }): ClockChip | undefined {
	const { bank_data: data, bank_clock: clock } = pins;
	if (data === undefined || clock === undefined) return undefined;
	const bus = new Bus({ data, clock, hz: kChipHz, address: kClockChipAddress });
	const chip = new ClockChip(bus);
	try {
		chip.read();
		return chip;
	} catch {
		bus.close();
		return undefined;
	}
}
