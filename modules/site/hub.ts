import type { Clock, Random } from "../base/clock";
import type { FrameTap } from "../base/frame-tap";
import type { Log } from "../base/log";
import type { Catalogue } from "../devices/catalogue";
import type { PolledDevice } from "../devices/polled";
import type { WriteClient, WriteRequest } from "../devices/write";
import { SunSpecSpace } from "../sunspec/server";
import { Bus } from "./bus";
import { CanBattery } from "./can-battery";
import { ControlRouter } from "./control-router";
import type { ControlStore } from "./control-store";
import { DeviceBuilder } from "./device-builder";
import type { ControlReport, Entry, HubDevice } from "./entry";
import { addsUp, KeptEnergy } from "./kept-energy";
import { LeakageGuard, type Protection } from "./leakage-guard";
import type { LinkIo } from "./links";
import { SiteDer } from "./site-der";
import type { Site, SiteBoard, SiteBus } from "./site-file";
import { HubImage } from "./totals";

export type { ControlReport, HubDevice } from "./entry";

export interface HubOptions {
	site: Site;
	catalogue: Catalogue;
	clock: Clock;
	log: Log;
	firmware: string;
	io: LinkIo;
	/** Is shown the frames of every bus, with the bus's place in the site file. */
	tap?: FrameTap | undefined;
	/** New readings of a device are in its image, or its readings were lost. */
	onReading?: (entry: HubDevice) => void;
	/** What a device is was found out: its kind, main model and image are other ones than before. */
	onFound?: (entry: HubDevice) => void;
	/** A device has begun or stopped to answer. */
	onPresence?: (entry: HubDevice, online: boolean) => void;
	/** A command to a device was carried out, or not and why; or a control has fallen back. */
	onControl?: (entry: HubDevice, report: ControlReport) => void;
	/** A protection has opened its relay, the relay has confirmed it, or a person has reset it. */
	onProtection?: (protection: Protection) => void;
	/** For what DERs are to do at different times. */
	random: Random;
	/** What is kept of the devices over a restart. */
	store: ControlStore;
}

/** How often readings of a sensor that protects are told. */
const kTellMs = 1000;

/** The site at work: an image and a poll for each device, the buses, and the units as a SunSpec server shows them. */
export class Hub {
	readonly site: Site;
	readonly devices: readonly HubDevice[];
	readonly buses: Bus[];
	readonly space: SunSpecSpace;
	/** The hub's own unit. */
	totals: HubImage;
	readonly #entries: readonly Entry[];
	readonly #options: HubOptions;
	readonly #router: ControlRouter;
	/** Undefined where no device needs it. */
	readonly #energy: KeptEnergy | undefined;
	/** Residual currents that open relays. */
	readonly guard: LeakageGuard;
	/** What an inverter sees on a CAN bus. */
	readonly canBattery: CanBattery | undefined;
	#siteDer: SiteDer;

	constructor(options: HubOptions) {
		const { site, clock, log, io } = options;
		this.site = site;
		this.#options = options;
		const clients = site.buses.map(() => new BusClient());
		const builder = new DeviceBuilder({
			...options,
			onCommit: (entry) => this.#committed(entry),
			onFound: (entry) => this.#found(entry),
			onReport: (entry, report) => this.#report(entry, report),
		});
		// one for all of them: a closure costs 110 bytes on XS
		const onChange: PolledDevice["onChange"] = (device, what) => this.#changed(device, what);
		this.#entries = site.devices.map((one, index) => {
			const entry = builder.build(one, index, clients[site.buses.findIndex(({ id }) => id === one.bus)]!);
			entry.device.onChange = onChange;
			return entry;
		});
		this.devices = this.#entries;
		this.guard = new LeakageGuard({
			...{ protection: site.services.protection, devices: this.#entries, clock, log, store: options.store },
			...(options.onProtection ? { onChange: options.onProtection } : {}),
		});
		if (this.#entries.some(({ table }) => table && addsUp(table.plan)))
			this.#energy = new KeptEnergy({ devices: this.#entries, clock, store: options.store });
		const router = new ControlRouter({
			clock,
			entry: (unit) => (site.services.sunspec.control ? this.#entry(unit) : undefined),
			siteDer: () => (site.services.sunspec.control ? this.#siteDer.der : undefined),
			onOutcome: (entry, outcome) => builder.outcome(entry as Entry, outcome),
			guard: this.guard,
		});
		this.#router = router;
		this.space = new SunSpecSpace({
			clock,
			onWrite: (unit, _image, point, value) => router.onWrite(unit, point, value),
			onCheck: (unit, _image, points, values) => router.onCheck(unit, points, values),
			onWritten: (unit, image, points) => router.onWritten(unit, image, points),
		});
		this.#siteDer = this.#asOne();
		this.totals = this.#ownUnit();
		for (const entry of this.#entries) this.space.add(entry.site.unit, entry.image);
		this.canBattery = this.#asBattery();
		this.buses = site.buses.map((bus, source) => {
			const devices = this.devices.filter((entry) => entry.site.bus === bus.id).map((entry) => entry.device);
			const listeners = this.canBattery && site.services.canBattery?.bus === bus.id ? [this.canBattery] : [];
			const one = new Bus({
				...{ bus, devices, clock, log, random: options.random, io, tap: options.tap, source, listeners },
				boards: boardsOf(site, bus),
			});
			clients[source]!.bus = one;
			return one;
		});
	}

	start(): void {
		for (const bus of this.buses) bus.start();
		this.canBattery?.start();
		this.guard.start();
		this.#energy?.start();
	}

	close(): void {
		this.guard.close();
		this.#energy?.close();
		this.canBattery?.close();
		for (const bus of this.buses) bus.close();
		this.#router.close();
		this.#siteDer.close();
		for (const entry of this.#entries) entry.close();
	}

	#entry(unit: number): Entry | undefined {
		return this.#entries.find((entry) => entry.site.unit === unit);
	}

	/** The hub as a battery on a bus of its own; undefined when the site wants none. */
	#asBattery(): CanBattery | undefined {
		const { site, clock, log } = this.#options;
		const battery = site.services.canBattery;
		if (!battery) return undefined;
		const entry = this.#entries.find((one) => one.site.id === battery.from)!;
		const bus = site.buses.findIndex(({ id }) => id === battery.bus);
		return new CanBattery({
			...{ site: battery, clock, log },
			image: () => entry.image,
			gives: (model, point) => entry.device.reads(model, point),
			online: () => entry.device.online,
			send: (id, data) => this.buses[bus]!.sendFrame(id, data),
		});
	}

	/** All DERs as one. */
	#asOne(): SiteDer {
		const { site, clock, random, log, store } = this.#options;
		const { control, older } = site.services.sunspec;
		store.add(1, site.gatewayId);
		return new SiteDer({
			...{ devices: this.#entries, control, older, clock, random, log, store },
			onChange: () => {},
		});
	}

	#ownUnit(): HubImage {
		const { site, firmware } = this.#options;
		const modelOf = (index: number) => this.#entries[index]!.model;
		const own = new HubImage(site, this.#entries, modelOf, firmware, this.#siteDer.models);
		this.#siteDer.attach(own.image);
		this.space.add(1, own.image);
		return own;
	}

	/** It is known what a device is: it has a new image, and the hub's own unit perhaps other models. */
	#found(entry: Entry): void {
		this.space.add(entry.site.unit, entry.image);
		this.#siteDer.close();
		this.#siteDer = this.#asOne();
		this.totals = this.#ownUnit();
		this.#options.onFound?.(entry);
	}

	#changed(device: PolledDevice, what: "online" | "offline" | "reset"): void {
		const entry = this.#entries.find((one) => one.device === device)!;
		if (what === "online") {
			entry.commander?.resume();
			entry.keepAlive?.resume();
		}
		if (what !== "reset") this.guard.presence(entry, what === "online");
		if (what !== "reset") this.#options.onPresence?.(entry, what === "online");
	}

	#report(entry: Entry, report: ControlReport): void {
		const { result, what, reason } = report;
		const level = result === "rejected" || result === "timeout" ? "warn" : "info";
		// of itself the DER tells
		if (result !== "note")
			this.#options.log(level, "control", `${entry.site.id}: ${what}${reason === "" ? "" : `: ${reason}`}`);
		this.#options.onControl?.(entry, report);
	}

	#committed(entry: Entry): void {
		this.guard.reading(entry);
		if (this.#isTold(entry)) return;
		entry.update();
		if (this.#siteDer.update(entry)) this.totals.image.commit();
		this.totals.update(entry, this.#options.clock.now());
		this.#options.onReading?.(entry);
	}

	/** A sensor that protects is read many times a second: all but the guard hear of it once. */
	#isTold(entry: Entry): boolean {
		if (!entry.device.vital || !entry.device.online) return false;
		const nowMs = this.#options.clock.now();
		if (nowMs - entry.toldMs < kTellMs) return true;
		entry.toldMs = nowMs;
		return false;
	}
}

/** By address; undefined for a bus whose devices say nothing. */
function boardsOf(site: Site, bus: SiteBus): ReadonlyMap<number, SiteBoard> | undefined {
	const own = site.devices.filter((device) => device.bus === bus.id && device.board);
	return own.length === 0 ? undefined : new Map(own.map(({ address, board }) => [address, board!]));
}

/** The bus of a device as it is commanded: the buses are made after the devices. */
class BusClient implements WriteClient {
	bus: Bus | undefined;

	request(request: WriteRequest): void {
		this.bus!.request(request);
	}
}
