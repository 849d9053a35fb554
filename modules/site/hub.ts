import type { Clock, Random } from "../base/clock";
import type { TcpClass } from "../base/io";
import type { Log } from "../base/log";
import { TableActuator } from "../devices/actuator";
import type { Catalogue } from "../devices/catalogue";
import { Device, type Periods } from "../devices/engine";
import type { Kind } from "../devices/kinds";
import type { Plan } from "../devices/plan";
import type { PolledDevice } from "../devices/polled";
import { SunSpecDevice } from "../devices/sunspec-device";
import { type DeviceTable, firstModel, tableModels } from "../devices/table";
import type { WriteClient, WriteOutcome, WriteRequest } from "../devices/write";
import type { FrameTap, Rs485Class } from "../modbus/client-link";
import type { FoundModel } from "../sunspec/client/found";
import type { Der } from "../sunspec/der/der";
import { derMap, derModels } from "../sunspec/der/layout";
import type { AcType, DerProfile } from "../sunspec/der/profile";
import type { DerActuator } from "../sunspec/der/types";
import { Image, type ModelSpec } from "../sunspec/image";
import { SunSpecSpace } from "../sunspec/server";
import { Bus } from "./bus";
import { ControlRouter } from "./control-router";
import type { ControlStore } from "./control-store";
import { DerUnit } from "./der-unit";
import { foundAbilities, foundKind, foundSpecs, mainModel, packFound, unpackFound } from "./found-device";
import { isDer } from "./quantities";
import { kFoundDevice, type PollPeriods, type Site, type SiteDevice } from "./site-file";
import { HubImage, type TotalsSource } from "./totals";

/** A device of the site with its image. */
export interface HubDevice extends TotalsSource {
	/** Place in the site file's list. */
	index: number;
	site: SiteDevice;
	device: PolledDevice;
	/** The same, for a device of a table. */
	table?: Device | undefined;
	/** The same, for one that speaks SunSpec. */
	found?: SunSpecDevice | undefined;
	/** "unknown" for what speaks SunSpec, until the hub has found out. */
	kind: Kind | "unknown";
	/** Of a DER that the hub composes and commands. */
	derUnit?: DerUnit | undefined;
	/** Its controls; undefined until its device has answered. */
	readonly der: Der | undefined;
	/** To its bus. */
	client: WriteClient;
	/** Whether everything that the device gives has been read once. */
	readonly complete: boolean;
	/** The SunSpec model that carries its readings, e.g. 211. */
	model: number;
}

export interface HubOptions {
	site: Site;
	catalogue: Catalogue;
	clock: Clock;
	log: Log;
	firmware: string;
	io: { RS485: Rs485Class; TCP: TcpClass };
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
	/** For what DERs are to do at different times. */
	random: Random;
	/** What is kept of the devices over a restart. */
	store: ControlStore;
}

/** What became of a control. */
export interface ControlReport {
	/** "note": what a person may want to know and nobody has to mend. */
	result: WriteOutcome["result"] | "note";
	/** What it was about: a row with its value, a control. */
	what: string;
	/** Why it was not carried out; "" otherwise. */
	reason: string;
}

/** The site at work: an image and a poll for each device, the buses, and the units as a SunSpec server shows them. */
export class Hub {
	readonly site: Site;
	readonly devices: HubDevice[];
	readonly buses: Bus[];
	readonly space: SunSpecSpace;
	readonly totals: HubImage;
	#options: HubOptions;
	#byUnit = new Map<number, HubDevice>();
	#clients: BusClient[];

	constructor(options: HubOptions) {
		const { site, clock, log, io } = options;
		this.site = site;
		this.#options = options;
		this.#clients = site.buses.map(() => new BusClient());
		this.devices = site.devices.map((one, index) => this.#build(one, index));
		this.totals = new HubImage(site, this.devices, (index) => this.devices[index]!.model, options.firmware);
		const router = new ControlRouter({
			entry: (unit) => (site.services.sunspec.control ? this.#byUnit.get(unit) : undefined),
			onOutcome: (entry, outcome) => this.#outcome(entry, outcome),
		});
		this.space = new SunSpecSpace({
			clock,
			onWrite: (unit, _image, point, value) => router.onWrite(unit, point, value),
			onCheck: (unit, _image, points, values) => router.onCheck(unit, points, values),
			onWritten: (unit, image, points) => router.onWritten(unit, image, points),
		});
		this.space.add(1, this.totals.image);
		for (const entry of this.devices) {
			this.space.add(entry.site.unit, entry.image);
			this.#byUnit.set(entry.site.unit, entry);
		}
		this.buses = site.buses.map((bus, source) => {
			const devices = this.devices.filter((entry) => entry.site.bus === bus.id).map((entry) => entry.device);
			const one = new Bus({ bus, devices, clock, log, RS485: io.RS485, TCP: io.TCP, tap: options.tap, source });
			this.#clients[source]!.bus = one;
			return one;
		});
	}

	start(): void {
		for (const bus of this.buses) bus.start();
	}

	close(): void {
		for (const bus of this.buses) bus.close();
		for (const entry of this.devices) entry.derUnit?.close();
	}

	#build(site: SiteDevice, index: number): HubDevice {
		this.#options.store.add(site.unit, site.serial);
		const bus = this.site.buses.findIndex((one) => one.id === site.bus);
		const periods = periodsMs({ ...this.site.buses[bus]!.poll, ...site.poll });
		const client = this.#clients[bus]!;
		const entry =
			site.device === kFoundDevice
				? this.#findable(index, site, client, periods)
				: this.#tabled(index, site, client, periods);
		entry.device.onChange = (_, what) => {
			if (what !== "reset") this.#options.onPresence?.(entry, what === "online");
		};
		return entry;
	}

	/** A device that speaks SunSpec: its image is built when it is known what it holds. */
	#findable(index: number, site: SiteDevice, client: WriteClient, periods: Partial<Periods>): Entry {
		const { store, log } = this.#options;
		const models = unpackFound(store.read("m", site.unit));
		const device = new SunSpecDevice({
			unit: site.address,
			models,
			periodsMs: periods,
			onFound: (found) => {
				store.write("m", site.unit, packFound(found));
				const ids = found.map(({ id, quirk }) => `${id}${quirk ? ` (${quirk})` : ""}`).join(", ");
				log("info", "sunspec", `${site.id} holds models ${ids}`);
				this.#plug(entry, device, found);
				this.space.add(site.unit, entry.image);
				this.totals.found(entry, site.unit);
				this.#options.onFound?.(entry);
			},
		});
		const entry = new Entry(index, site, device, new Image([{ id: 1 }]), client);
		entry.found = device;
		if (models) this.#plug(entry, device, models);
		else this.#prepare(entry);
		return entry;
	}

	/** Gives a device of these models its image, with what the hub adds. */
	#plug(entry: Entry, device: SunSpecDevice, models: readonly FoundModel[]): void {
		const { site } = entry;
		entry.kind = foundKind(models);
		entry.model = mainModel(entry.kind, models);
		entry.derUnit?.close();
		entry.derUnit = undefined;
		entry.complete = false;
		const present = foundSpecs(models);
		const profile = isDer(entry.kind) ? this.#profile(entry.kind, site, foundAbilities(models)) : undefined;
		const added = profile ? derModels(present, profile) : [];
		entry.image = new Image(profile ? derMap(present, added) : present);
		if (profile) entry.derUnit = this.#derUnit(entry, present, added, profile);
		this.#prepare(entry);
		device.attach(entry.image);
	}

	#prepare(entry: Entry): void {
		const { image, site } = entry;
		image.set(image.handle(1, "DA"), site.unit, 0, "good");
		image.onCommit = () => this.#committed(entry);
	}

	#tabled(index: number, site: SiteDevice, client: WriteClient, periods: Partial<Periods>): Entry {
		const { catalogue, store, clock } = this.#options;
		// readSite has checked that it is there
		const table = catalogue.table(site.device)!;
		const plan = catalogue.plan(table);
		const present = tableModels(table);
		const profile = isDer(table.kind)
			? { ...this.#profile(table.kind, site, abilitiesOf(table)), acType: acTypeOf(plan) }
			: undefined;
		const added = profile ? derModels(present, profile) : [];
		const image = new Image(profile ? derMap(present, added) : present);
		const device = new Device({
			table,
			plan,
			image,
			unit: site.address,
			serial: site.serial,
			periodsMs: periods,
		});
		const entry = new Entry(index, site, device, image, client);
		entry.table = device;
		entry.kind = table.kind;
		entry.model = firstModel(table);
		if (profile) {
			const held = store.read("h", site.unit);
			const actuator =
				profile.abilities.length === 0
					? undefined
					: new TableActuator({
							...{ device, client, clock, held },
							onHeld: (bytes) => store.write("h", site.unit, bytes),
							onOutcome: (outcome) => this.#outcome(entry, outcome),
						});
			entry.derUnit = this.#derUnit(entry, present, added, profile, actuator);
		}
		this.#prepare(entry);
		return entry;
	}

	#profile(kind: DerProfile["kind"], site: SiteDevice, can: Pick<DerActuator, "abilities" | "continuous">): DerProfile {
		const { control, older } = this.site.services.sunspec;
		const isCommanded = control && site.control;
		const { abilities, continuous } = can;
		return { kind, ratings: site.ratings, abilities: isCommanded ? abilities : [], continuous, legacy: older };
	}

	#derUnit(
		entry: HubDevice,
		present: readonly ModelSpec[],
		added: readonly ModelSpec[],
		profile: DerProfile,
		actuator?: DerActuator,
	): DerUnit {
		const { clock, random, log, store } = this.#options;
		return new DerUnit({
			...{ image: entry.image, unit: entry.site.unit, present, added, profile, actuator, clock, random, log, store },
			onChange: (what) => this.#report(entry, { result: "note", what, reason: "" }),
		});
	}

	#outcome(entry: HubDevice, { result, reason, row, value }: WriteOutcome): void {
		this.#report(entry, { result, what: `${row} ${value}`, reason });
	}

	#report(entry: HubDevice, report: ControlReport): void {
		const { result, what, reason } = report;
		const level = result === "rejected" || result === "timeout" ? "warn" : "info";
		this.#options.log(level, "control", `${entry.site.id}: ${what}${reason === "" ? "" : `: ${reason}`}`);
		this.#options.onControl?.(entry, report);
	}

	#committed(entry: Entry): void {
		entry.complete ||= (entry.table ?? entry.found!).complete;
		entry.derUnit?.update(entry.complete);
		this.totals.update(entry, this.#options.clock.now());
		this.#options.onReading?.(entry);
	}
}

/** What a table's controls can tell its device, before there is one. */
function abilitiesOf(table: DeviceTable): Pick<DerActuator, "abilities" | "continuous"> {
	const abilities = [...new Set((table.controls ?? []).map((control) => control.ability))];
	return { abilities, continuous: table.eeprom !== true };
}

/** By the phases whose voltages a device measures. */
function acTypeOf({ points }: Plan): AcType {
	const measures = (name: string): boolean => points.some(({ model, point }) => model === 701 && point === name);
	if (measures("VL3")) return "three";
	return measures("VL2") ? "split" : "single";
}

/** One entry of the hub's list; a class, as its getters look at what comes later. */
class Entry implements HubDevice {
	table: Device | undefined;
	kind: HubDevice["kind"] = "unknown";
	model = 1;
	derUnit: DerUnit | undefined;
	readonly index: number;
	readonly site: SiteDevice;
	readonly role: string;
	device: PolledDevice;
	image: Image;
	readonly client: WriteClient;
	complete = false;
	found: SunSpecDevice | undefined;

	constructor(index: number, site: SiteDevice, device: PolledDevice, image: Image, client: WriteClient) {
		this.index = index;
		this.site = site;
		this.role = site.role;
		this.device = device;
		this.image = image;
		this.client = client;
	}

	get der(): Der | undefined {
		return this.derUnit?.der;
	}
}

/** The bus of a device as it is commanded: the buses are made after the devices. */
class BusClient implements WriteClient {
	bus: Bus | undefined;

	request(request: WriteRequest): void {
		this.bus!.request(request);
	}
}

function periodsMs(poll: PollPeriods): { fast?: number; normal?: number; slow?: number } {
	return {
		...(poll.fastS === undefined ? {} : { fast: poll.fastS * 1000 }),
		...(poll.normalS === undefined ? {} : { normal: poll.normalS * 1000 }),
		...(poll.slowS === undefined ? {} : { slow: poll.slowS * 1000 }),
	};
}
