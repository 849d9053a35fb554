import { concatBytes } from "../modules/base/bytes";
import { deviceTable } from "../modules/devices/catalogue";
import type { DeviceTable } from "../modules/devices/table";
import { AsciiSlave } from "./ascii-slave";
import type { SimCanDevice } from "./can-bus";
import { CanDevice } from "./can-device";
import { CanInverter } from "./can-inverter";
import type { SimDer, SimDerOptions } from "./der-base";
import { GridBattery } from "./der-battery";
import { Gen24Hybrid } from "./der-gen24";
import { PvInverter } from "./der-inverter";
import { NativeHybrid } from "./der-native";
import { SmaInverter } from "./der-sma";
import { SolarCharger } from "./der-solar";
import type { SimDevice } from "./device";
import { Dice } from "./dice";
import { SimDrive } from "./drive";
import { SimEvse } from "./evse";
import { babble, FaultSchedule, type FaultScheduleOptions, type SimReply } from "./faults";
import { Grid, type GridHome } from "./grid";
import { LeakageSource } from "./leakage";
import { AirProfile, FixedSource, HomeProfile, type PointSource } from "./profile";
import { SimSlave } from "./slave";
import { isSolArk, SolArk } from "./sol-ark";
import { SunSpecSlave } from "./sunspec-slave";
import { tabledDevice } from "./tabled";
import { TypicalSource } from "./typical";

/** What a device that speaks SunSpec itself is played as. */
export type SimKind = "inverter" | "battery" | "solar" | "native" | "sma" | "gen24";

/** A device of a site, as its file has it, and what the simulation may know beyond that. */
export interface PoleDevice {
	id: string;
	/** Id of a device table, or "sunspec". */
	device: string;
	/** What it is played as, when `device` is "sunspec". Default "inverter". */
	sim?: SimKind;
	bus: string;
	/** Modbus address; a file may leave it out where a bus has none. */
	address: number;
	serial?: string;
	/** "feeder" is the three-phase meter before all homes; "home" a customer; others measure air. */
	role: string;
	/** 1 to 3, for a home. */
	phase?: number;
	/** Peak of its roof. Left out: a third of the homes have one of 1.5 kW, and DERs what goes with their rating. */
	solarW?: number;
}

export interface PoleOptions {
	devices: readonly PoleDevice[];
	seed?: number;
	/** Time of day at time 0. Default 17.5: the evening peak is near. */
	startHour?: number;
	/** Buses on which Modbus is spoken in ASCII. */
	ascii?: readonly string[];
	/** Tables beside the catalogue's. */
	table?: (id: string) => DeviceTable | undefined;
	/** CAN bus on which the hub is a battery. */
	inverterBus?: string | undefined;
	/** Faults that come and go on every slave. */
	faults?: Omit<FaultScheduleOptions, "seed">;
}

/** One simulated serial line: its slaves and its noise. */
export class SimLine {
	readonly slaves: SimDevice[] = [];
	/** Part of the frames after which the line itself crackles, 0..1. */
	noise = 0;
	#dice: Dice;

	constructor(seed: number) {
		this.#dice = new Dice(seed, 0x11e);
	}

	/** How often somebody here talks unasked; undefined when nobody does. */
	get talkEveryMs(): number | undefined {
		return this.slaves.find((slave) => slave.talkEveryMs !== undefined)?.talkEveryMs;
	}

	/** What those who talk unasked say now. */
	talk(nowMs: number): Uint8Array | undefined {
		const all = this.slaves.map((slave) => slave.talk?.(nowMs)).filter((bytes) => bytes !== undefined);
		return all.length === 0 ? undefined : concatBytes(all);
	}

	/** What comes back after a master's frame; undefined for silence. Slaves that talk at once spoil each other. */
	onFrame(frame: Uint8Array, nowMs: number): SimReply | undefined {
		let reply: SimReply | undefined;
		for (const slave of this.slaves) {
			const own = slave.onFrame(frame, nowMs);
			if (own !== undefined) reply = reply === undefined ? own : collide(reply, own);
		}
		if (this.noise > 0 && this.#dice.next() < this.noise) {
			const crackle = { bytes: babble(this.#dice, 1 + this.#dice.below(4)), delayMs: 20 * this.#dice.next() };
			reply = reply === undefined ? crackle : collide(reply, crackle);
		}
		return reply;
	}
}

/** Two senders at once: from the later one's beginning on, the bytes are both and neither. */
function collide(a: SimReply, b: SimReply): SimReply {
	const [first, second] = a.delayMs <= b.delayMs ? [a, b] : [b, a];
	const bytes = new Uint8Array(Math.max(first.bytes.length, second.bytes.length + 1));
	bytes.set(first.bytes, 0);
	for (let i = 0; i < second.bytes.length; i++) bytes[i + 1] = bytes[i + 1]! & second.bytes[i]!;
	return { bytes, delayMs: first.delayMs };
}

/** The devices of a whole site as slaves on their lines, all on one grid. */
export class Pole {
	readonly grid: Grid;
	readonly #lines = new Map<string, SimLine>();
	readonly #slaves = new Map<string, SimDevice>();
	/** On `inverterBus`. */
	readonly inverter = new CanInverter();
	readonly #chargers = new Map<string, SimEvse>();
	readonly #drives = new Map<string, SimDrive>();
	readonly #onCan: { readonly id: string; readonly bus: string; readonly device: CanDevice }[] = [];
	readonly #options: PoleOptions;
	readonly #seed: number;
	readonly #startHour: number;

	/** Throws RangeError for a device no table is known for. */
	constructor(options: PoleOptions) {
		this.#options = options;
		this.#seed = options.seed ?? 1;
		this.#startHour = options.startHour ?? 17.5;
		const homes = options.devices.filter((device) => device.role === "home");
		this.grid = new Grid(
			homes.map((home, i) => gridHome(home, this.#seed + 101 * (i + 1), i)),
			this.#seed,
			this.#startHour,
		);
		options.devices.forEach((device, i) => {
			// what is on the board itself is no slave: board-io.ts
			const protocol = this.#table(device)?.protocol;
			if (protocol === "relay" || protocol === "atm90e32") return;
			const own = device.device === "sunspec" ? this.#sunspec(device, i) : this.#tabled(device, homes, i);
			if (options.faults) own.faults = new FaultSchedule({ ...options.faults, seed: this.#seed + 31 * i });
			if (own instanceof CanDevice) {
				this.#onCan.push({ id: device.id, bus: device.bus, device: own });
				return;
			}
			const slave = options.ascii?.includes(device.bus) ? new AsciiSlave(own) : own;
			this.line(device.bus).slaves.push(slave);
			this.#slaves.set(device.id, slave);
		});
	}

	#table({ device }: PoleDevice): DeviceTable | undefined {
		return this.#options.table?.(device) ?? deviceTable(device);
	}

	#tabled(device: PoleDevice, homes: readonly PoleDevice[], i: number): SimDevice | CanDevice {
		const seed = this.#seed + 17 * i;
		const serial = device.serial === undefined ? {} : { serial: device.serial };
		const unit = device.address ?? 1;
		if (isSolArk(device.device)) {
			return new SolArk({ model: device.device, unit, seed, startHour: this.#startHour, ...serial });
		}
		const table = this.#table(device);
		if (table === undefined) throw new RangeError(`${device.id}: no table ${device.device}`);
		if (table.evse && (table.protocol ?? "modbus") === "modbus") {
			const charger = new SimEvse({ table, unit, seed, visits: true, ...serial });
			this.#chargers.set(device.id, charger);
			return charger.slave;
		}
		if (table.drive) {
			const drive = new SimDrive({ table, unit, seed });
			this.#drives.set(device.id, drive);
			return drive;
		}
		const played = { table, unit, source: this.#source(device, table, homes, i), seed, ...serial };
		return table.protocol === "can" ? new CanDevice(played) : tabledDevice(played);
	}

	/** What a device of a table measures. */
	#source(device: PoleDevice, table: DeviceTable, homes: readonly PoleDevice[], i: number): PointSource {
		if (table.kind === "leakage") return new LeakageSource();
		if (table.kind === "plc" || table.kind === "relay") return new FixedSource({});
		if (device.role === "feeder") return this.grid.feeder;
		if (device.role === "home") return this.grid.home(homes.indexOf(device));
		return table.kind === "environment" ? new AirProfile(this.#seed + i, this.#startHour) : new TypicalSource(table);
	}

	#sunspec(device: PoleDevice, i: number): SunSpecSlave {
		const seed = this.#seed + 17 * i;
		const der = simDer(device.sim ?? "inverter", {
			seed,
			startHour: this.#startHour,
			...(device.serial === undefined ? {} : { serial: device.serial }),
			...(device.phase === undefined ? {} : { phase: device.phase }),
			...(device.solarW === undefined ? {} : { peakW: device.solarW }),
		});
		if (device.sim !== "solar") der.mains = this.grid.connect(der);
		return new SunSpecSlave({ unit: device.address, der, seed, wholeModels: device.sim === "sma" });
	}

	/** The line of a bus; one without devices stays silent. */
	line(bus: string): SimLine {
		let line = this.#lines.get(bus);
		if (line === undefined) this.#lines.set(bus, (line = new SimLine(this.#lines.size + 1)));
		return line;
	}

	/** Who is on a CAN bus: its devices, or the inverter to which the hub is a battery. */
	canStations(bus: string): SimCanDevice[] {
		if (bus === this.#options.inverterBus) return [this.inverter];
		return this.#onCan.filter((one) => one.bus === bus).map(({ device }) => device);
	}

	/** The simulated device of a device of the site on a CAN bus. */
	canDevice(id: string): CanDevice | undefined {
		return this.#onCan.find((one) => one.id === id)?.device;
	}

	/** The slave of a device of the site that has a table. */
	slave(id: string): SimSlave | undefined {
		const slave = this.#slaves.get(id);
		return slave instanceof SimSlave ? slave : undefined;
	}

	/** The simulated device of any device of the site. */
	device(id: string): SimDevice | undefined {
		return this.#slaves.get(id);
	}

	/** What is behind a charger of vehicles. */
	charger(id: string): SimEvse | undefined {
		return this.#chargers.get(id);
	}

	/** The motor drive of the site. */
	drive(id: string): SimDrive | undefined {
		return this.#drives.get(id);
	}

	/** What is behind a device of the site that speaks SunSpec. */
	der(id: string): SimDer | undefined {
		const slave = this.#slaves.get(id);
		return slave instanceof SunSpecSlave ? slave.der : undefined;
	}
}

/** A DER of this kind as it comes. */
export function simDer(kind: SimKind, options: SimDerOptions & { peakW?: number } = {}): SimDer {
	if (kind === "battery") return new GridBattery(options);
	if (kind === "solar") return new SolarCharger(options);
	if (kind === "native") return new NativeHybrid(options);
	if (kind === "sma") return new SmaInverter(options);
	if (kind === "gen24") return new Gen24Hybrid(options);
	return new PvInverter(options);
}

function gridHome(device: PoleDevice, seed: number, index: number): GridHome {
	const dice = new Dice(seed, 3);
	const solarW = device.solarW ?? (index % 3 === 2 ? 1500 : 0);
	return {
		profile: new HomeProfile({ seed, solarW }),
		phase: device.phase ?? (index % 3) + 1,
		importWh: 100_000 + dice.below(4_000_000),
		exportWh: solarW > 0 ? dice.below(900_000) : 0,
	};
}
