import { simulatedRS485 } from "../hosts/mcsim/sim-rs485";
import type { KeptValues } from "../modules/base/kept";
import type { Log } from "../modules/base/log";
import { ManualClock } from "../modules/base/manual-clock";
import { Catalogue } from "../modules/devices/catalogue";
import { allTables } from "../modules/devices/generated/tables";
import { ControlStore } from "../modules/site/control-store";
import { Hub } from "../modules/site/hub";
import { knownDevices } from "../modules/site/known-devices";
import type { Protection } from "../modules/site/leakage-guard";
import { readSite } from "../modules/site/site-file";
import { SimBoard } from "../sim/board-io";
import { LeakageSource } from "../sim/leakage";
import { SimLine } from "../sim/pole";
import { FixedSource } from "../sim/profile";
import { SimSlave } from "../sim/slave";
import { FakeNetwork } from "./fakes/tcp";

/** A frame of the master as it was on a line. */
export interface SentFrame {
	bus: string;
	bytes: Uint8Array;
	/** When its first and its last bit were on the wire. */
	beginMs: number;
	endMs: number;
}

export interface RigBus {
	id: string;
	/** Default "rs485". */
	kind?: "rs485" | "i2c";
	baud?: number;
	parity?: "none" | "even";
	timeoutMs?: number;
}

export interface RigDevice {
	id: string;
	device: string;
	bus: string;
	address: number;
	role?: string;
	poll?: { fastS?: number; normalS?: number; slowS?: number };
	/** What a FixedSource gives. */
	values?: Record<string, number>;
}

export interface RigOptions {
	buses: readonly RigBus[];
	devices: readonly RigDevice[];
	protection: readonly Record<string, unknown>[];
	kept?: KeptValues;
	epochMs?: number;
}

/** Where the relay bank of the tests is. */
export const kBankAddress = 0x20;

/** A hub over simulated lines in virtual time: every byte takes its time, and what goes out is written down. */
export class LeakageRig {
	readonly clock: ManualClock;
	readonly hub: Hub;
	readonly frames: SentFrame[] = [];
	/** The longest frame there was on each bus, of whoever. */
	readonly longestMs: Record<string, number> = {};
	readonly told: string[] = [];
	readonly logged: string[] = [];
	/** Chips on I2C, and when the one of the relays was written. */
	readonly board: SimBoard;
	readonly bankWritesMs: number[] = [];
	readonly #slaves = new Map<string, SimSlave>();

	constructor(options: RigOptions) {
		this.clock = new ManualClock(options.epochMs);
		const { clock } = this;
		const lines = new Map(options.buses.map(({ id }, i) => [id, new SimLine(i + 1)]));
		for (const { id, device, bus, address, values } of options.devices) {
			const table = allTables.find((one) => one.id === device)!;
			if (table.protocol === "relay") continue;
			const source = table.kind === "leakage" ? new LeakageSource() : new FixedSource(values ?? {});
			const slave = new SimSlave({ table, unit: address, source, seed: address });
			lines.get(bus)!.slaves.push(slave);
			this.#slaves.set(id, slave);
		}
		const site = readSite(
			JSON.stringify({
				...{ name: "Rig", feederId: "f", gatewayId: "g" },
				buses: options.buses.map((bus) => ({ ...(bus.kind === "i2c" ? {} : { baud: 9600 }), ...bus, port: "sim" })),
				devices: options.devices.map(({ values: _, ...device }, i) => ({
					...{ unit: 10 + i, serial: `S${i}`, role: "other" },
					...device,
				})),
				services: { protection: options.protection },
			}),
			knownDevices(),
		);
		const watched = (bus: string) => ({
			onFrame: (bytes: Uint8Array, nowMs: number) => {
				const { baud, parity } = site.buses.find(({ id }) => id === bus)!;
				const charMs = ((parity === "none" ? 10 : 11) * 1000) / baud;
				const endMs = nowMs - (baud > 19200 ? 1.75 : 3.5 * charMs);
				this.frames.push({ bus, bytes, beginMs: endMs - bytes.length * charMs, endMs });
				const reply = lines.get(bus)!.onFrame(bytes, nowMs);
				const longest = Math.max(bytes.length, reply?.bytes.length ?? 0) * charMs;
				this.longestMs[bus] = Math.max(this.longestMs[bus] ?? 0, longest);
				return reply;
			},
		});
		this.board = new SimBoard({ now: () => clock.now() });
		const bank = this.board.bank(kBankAddress);
		const write = bank.write.bind(bank);
		bank.write = (bytes) => {
			this.bankWritesMs.push(clock.now());
			write(bytes);
		};
		const log: Log = (level, area, text) => void this.logged.push(`${level} ${area}: ${text}`);
		this.hub = new Hub({
			...{ site, clock, log, firmware: "rig", random: () => 0.5 },
			catalogue: new Catalogue(allTables),
			io: { RS485: simulatedRS485(watched, clock), TCP: new FakeNetwork().tcp, I2C: this.board.I2C },
			store: new ControlStore(options.kept, log),
			onProtection: (protection: Protection) => this.told.push(protection.latch),
		});
		this.hub.start();
	}

	slave(id: string): SimSlave {
		return this.#slaves.get(id)!;
	}

	leak(id: string): LeakageSource {
		return this.slave(id).source as LeakageSource;
	}

	/** Number of a device's point in the hub's image. */
	point(id: string, model: number, name: string): number | string | undefined {
		const { image } = this.hub.devices.find(({ site }) => site.id === id)!;
		return image.value(image.handle(model, name)) as number | string | undefined;
	}

	/** When the relay was told the first time since then: its first bit on the bus. */
	commandMs(device: string, sinceMs: number): number | undefined {
		const { site, kind } = this.hub.devices.find((entry) => entry.site.id === device)!;
		if (kind === "relay") return this.bankWritesMs.find((atMs) => atMs >= sinceMs);
		return this.writes(site.address, sinceMs)[0]?.beginMs;
	}

	/** Frames that write to an address since a time. */
	writes(address: number, sinceMs: number): SentFrame[] {
		return this.frames.filter(({ bytes, beginMs }) => bytes[0] === address && bytes[1]! >= 5 && beginMs >= sinceMs);
	}

	close(): void {
		this.hub.close();
	}
}

/** What is kept over a restart, in memory. */
export function memory(): KeptValues & { entries: Map<string, Uint8Array> } {
	const entries = new Map<string, Uint8Array>();
	return {
		entries,
		read: (key) => entries.get(key),
		write: (key, bytes) => void entries.set(key, bytes.slice()),
	};
}
