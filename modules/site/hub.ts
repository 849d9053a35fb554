import type { Clock, Random } from "../base/clock";
import type { TcpClass } from "../base/io";
import type { Log } from "../base/log";
import { TableActuator } from "../devices/actuator";
import type { Catalogue } from "../devices/catalogue";
import { Device } from "../devices/engine";
import type { Kind } from "../devices/kinds";
import type { PolledDevice } from "../devices/polled";
import { type DeviceTable, firstModel, tableModels } from "../devices/table";
import type { WriteClient, WriteOutcome, WriteRequest } from "../devices/write";
import type { FrameTap, Rs485Class } from "../modbus/client-link";
import type { Der } from "../sunspec/der/der";
import { derMap, derModels } from "../sunspec/der/layout";
import type { DerProfile } from "../sunspec/der/profile";
import type { DerActuator } from "../sunspec/der/types";
import { Image, type ModelSpec } from "../sunspec/image";
import { SunSpecSpace } from "../sunspec/server";
import { Bus } from "./bus";
import { ControlRouter } from "./control-router";
import type { ControlStore } from "./control-store";
import { DerUnit } from "./der-unit";
import { isDer } from "./quantities";
import type { PollPeriods, Site, SiteDevice } from "./site-file";
import { HubImage, type TotalsSource } from "./totals";

/** A device of the site with its image. */
export interface HubDevice extends TotalsSource {
	/** Place in the site file's list. */
	index: number;
	site: SiteDevice;
	device: PolledDevice;
	/** The same, for a device of a table. */
	table?: Device | undefined;
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
		const { catalogue, onPresence, store, clock } = this.#options;
		// readSite has checked that both are there
		const table = catalogue.table(site.device)!;
		const bus = this.site.buses.findIndex((one) => one.id === site.bus);
		const client = this.#clients[bus]!;
		const present = tableModels(table);
		const profile = isDer(table.kind) ? this.#profile(table.kind, site, abilitiesOf(table)) : undefined;
		const added = profile ? derModels(present, profile) : [];
		const image = new Image(profile ? derMap(present, added) : present);
		const device = new Device({
			table,
			plan: catalogue.plan(table),
			image,
			unit: site.address,
			serial: site.serial,
			periodsMs: periodsMs({ ...this.site.buses[bus]!.poll, ...site.poll }),
		});
		image.set(image.handle(1, "DA"), site.unit, 0, "good");
		const entry = new Entry(index, site, device, image, client);
		entry.table = device;
		entry.kind = table.kind;
		entry.model = firstModel(table);
		store.add(site.unit, site.serial);
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
		image.onCommit = () => this.#committed(entry);
		device.onChange = (_, what) => {
			if (what !== "reset") onPresence?.(entry, what === "online");
		};
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
		actuator: DerActuator | undefined,
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

	#committed(entry: HubDevice): void {
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
	#complete = false;

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

	/** Whether everything that the device gives has been read once. */
	get complete(): boolean {
		this.#complete ||= this.table ? this.table.complete : false;
		return this.#complete;
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
