import type { Clock, Random } from "../base/clock";
import { frozen } from "../base/frozen";
import type { Log } from "../base/log";
import { TableActuator } from "../devices/actuator";
import type { Catalogue } from "../devices/catalogue";
import { DriveControl } from "../devices/drive";
import { Device, type Periods } from "../devices/engine";
import { Evse } from "../devices/evse";
import { KeepAliveWriter } from "../devices/keep-alive";
import type { Plan } from "../devices/plan";
import { SunSpecActuator } from "../devices/sunspec-actuator";
import { SunSpecDevice } from "../devices/sunspec-device";
import { type DeviceTable, firstModel, isContinuous, tableModels } from "../devices/table";
import type { WriteClient, WriteOutcome } from "../devices/write";
import type { FoundModel } from "../sunspec/client/found";
import { derMap, derModels } from "../sunspec/der/layout";
import type { AcType, DerProfile } from "../sunspec/der/profile";
import type { DerActuator } from "../sunspec/der/types";
import { Image, type ModelSpec } from "../sunspec/image";
import type { ControlStore } from "./control-store";
import { DerUnit } from "./der-unit";
import { type ControlReport, Entry } from "./entry";
import {
	foundAbilities,
	foundKind,
	foundSpecs,
	hasOwnControls,
	mainModel,
	packFound,
	unpackFound,
} from "./found-device";
import { keptCounters } from "./kept-energy";
import { isDer } from "./quantities";
import { SharedActuator } from "./shared-actuator";
import { kFoundDevice, type PollPeriods, type Site, type SiteDevice } from "./site-file";

export interface DeviceBuilderOptions {
	site: Site;
	catalogue: Catalogue;
	clock: Clock;
	random: Random;
	log: Log;
	store: ControlStore;
	onCommit: (entry: Entry) => void;
	/** What a device is was found out: its image is a new one. */
	onFound: (entry: Entry) => void;
	onReport: (entry: Entry, report: ControlReport) => void;
}

/** How long a frame may be under way to its device. */
const lineLifeMs = 500;
const netLifeMs = 3000;
/**
 * How often a sensor that protects is read, and what else it says. Of the 50 ms from event to relay command the time
 * between two reads is one part, the transaction of such a read the second, the wait for an open transaction on the
 * relay's bus the third. A line that needs longer for a read is kept busy with it, others having their turn in between.
 */
const kProtectionPoll = frozen<PollPeriods>({ fastS: 0.02, normalS: 1 });

type Abilities = Pick<DerActuator, "abilities" | "continuous">;

/** Makes the devices of a site: how each is polled, its image with what the hub adds to it, and the way to command it. */
export class DeviceBuilder {
	readonly #options: DeviceBuilderOptions;

	constructor(options: DeviceBuilderOptions) {
		this.#options = options;
	}

	build(site: SiteDevice, index: number, client: WriteClient): Entry {
		this.#options.store.add(site.unit, site.serial);
		const { buses, services } = this.#options.site;
		const bus = buses.find((one) => one.id === site.bus)!;
		const protects = services.protection.some(({ sensor }) => sensor === site.id);
		const periods = periodsMs({ ...bus.poll, ...(protects ? kProtectionPoll : {}), ...site.poll });
		if (site.device === kFoundDevice) return this.#findable(index, site, client, periods);
		const entry = this.#tabled(index, site, client, periods);
		if (entry.table) entry.table.vital = protects;
		return entry;
	}

	#tabled(index: number, site: SiteDevice, client: WriteClient, periods: Partial<Periods>): Entry {
		const { catalogue, store, clock, random } = this.#options;
		// readSite has checked that it is there
		const table = catalogue.table(site.device)!;
		const plan = catalogue.plan(table);
		const present = tableModels(table);
		const can = abilitiesOf(table);
		const profile = isDer(table.kind)
			? {
					...this.#profile(table.kind, site, can),
					acType: acTypeOf(plan),
					...solarPortsOf(table),
					noCapacity: !tellsCapacity(plan),
				}
			: undefined;
		const added = profile ? derModels(present, profile) : [];
		const image = new Image(profile ? derMap(present, added) : present);
		// those that speak JSON have paths, and for the bus the number that is theirs alone
		const unit = table.protocol === "json-http" || table.protocol === "json-mqtt" ? site.unit : site.address;
		const counters = keptCounters(store, site.unit, plan);
		const device = new Device({ table, plan, image, unit, serial: site.serial, periodsMs: periods, counters });
		device.path = site.path;
		device.channel = site.address;
		const entry = new Entry(index, site, device, image, client);
		entry.table = device;
		entry.kind = table.kind;
		entry.model = firstModel(table);
		if (table.keepAlive) {
			const onOutcome = (outcome: WriteOutcome): void => this.outcome(entry, outcome);
			entry.keepAlive = new KeepAliveWriter({ device, client, clock, onOutcome });
		}
		if (table.drive && this.#isCommanded(site)) {
			entry.drive = new DriveControl({
				...{ device, client, clock, lifeMs: this.#frameLifeMs(site), firstId: Math.floor(0xffffffff * random()) },
				onOutcome: (outcome) => this.outcome(entry, outcome),
			});
			entry.commander = entry.drive;
		}
		if (table.evse && this.#isCommanded(site)) {
			entry.evse = new Evse({
				...{ device, client, clock, keepAlive: entry.keepAlive, kept: store.read("e", site.unit) },
				onKept: (bytes) => store.write("e", site.unit, bytes),
				onOutcome: (outcome) => this.outcome(entry, outcome),
				onNote: (what) => {
					this.#options.log("info", "control", `${site.id}: ${what}`);
					this.#options.onReport(entry, { result: "note", what, reason: "" });
				},
			});
			entry.commander = entry.evse;
		}
		if (profile && profile.abilities.length > 0) {
			const actuator = new TableActuator({
				...{ device, client, clock, keepAlive: entry.keepAlive, held: store.read("h", site.unit) },
				onHeld: (bytes) => store.write("h", site.unit, bytes),
				onOutcome: (outcome) => this.outcome(entry, outcome),
			});
			entry.actuator = new SharedActuator(actuator);
			entry.commander = actuator;
		}
		if (profile) this.#compose(entry, present, added, profile);
		this.#prepare(entry);
		return entry;
	}

	/** A device that speaks SunSpec: its image is built when it is known what it holds. */
	#findable(index: number, site: SiteDevice, client: WriteClient, periods: Partial<Periods>): Entry {
		const { store, log, onFound } = this.#options;
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
				onFound(entry);
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
		const { site, client } = entry;
		const { clock, store } = this.#options;
		entry.close();
		entry.kind = foundKind(models);
		entry.model = mainModel(entry.kind, models);
		const present = foundSpecs(models);
		// What a client has written to its own controls is not the hub's to undo: it counts for the site as it is.
		const can = hasOwnControls(models) ? { abilities: [], continuous: true } : foundAbilities(models);
		const storeModules = models.find(({ stores }) => stores !== undefined)?.stores;
		const profile = isDer(entry.kind) ? { ...this.#profile(entry.kind, site, can), storeModules } : undefined;
		const added = profile ? derModels(present, profile) : [];
		entry.image = new Image(profile ? derMap(present, added) : present);
		if (profile && this.#isCommanded(site) && can.abilities.length > 0) {
			const actuator = new SunSpecActuator({
				...{ device, client, clock, held: store.read("h", site.unit) },
				onHeld: (bytes) => store.write("h", site.unit, bytes),
				onOutcome: (outcome) => this.outcome(entry, outcome),
			});
			entry.actuator = new SharedActuator(actuator);
			entry.commander = actuator;
		}
		if (profile) this.#compose(entry, present, added, profile, device);
		this.#prepare(entry);
		device.attach(entry.image);
	}

	/** A line forgets what it has carried; a gateway behind a network may bring it later. */
	#frameLifeMs(site: SiteDevice): number {
		return this.#options.site.buses.find(({ id }) => id === site.bus)?.kind === "rs485" ? lineLifeMs : netLifeMs;
	}

	#prepare(entry: Entry): void {
		const { image, site } = entry;
		image.set(image.handle(1, "DA"), site.unit, 0, "good");
		image.onCommit = () => this.#options.onCommit(entry);
	}

	#isCommanded(site: SiteDevice): boolean {
		return site.control && this.#options.site.services.sunspec.control;
	}

	#profile(kind: DerProfile["kind"], site: SiteDevice, { abilities, continuous }: Abilities): DerProfile {
		const legacy = this.#options.site.services.sunspec.older;
		return { kind, ratings: site.ratings, abilities: this.#isCommanded(site) ? abilities : [], continuous, legacy };
	}

	/** `found`: it leaves the models to the hub that the hub commands it by. */
	#compose(
		entry: Entry,
		present: readonly ModelSpec[],
		added: readonly ModelSpec[],
		profile: DerProfile,
		found?: SunSpecDevice,
	): void {
		const { clock, random, log, store, onReport } = this.#options;
		entry.derUnit = new DerUnit({
			...{ image: entry.image, unit: entry.site.unit, present, added, profile, clock, random, log, store },
			actuator: profile.abilities.length > 0 ? entry.actuator?.own : undefined,
			onBegin: (der) => found?.keep(present.map(({ id }) => id).filter((id) => der.owns(id))),
			onChange: (what) => onReport(entry, { result: "note", what, reason: "" }),
		});
	}

	/** How a write to a device ended. */
	outcome(entry: Entry, { result, reason, row, value }: WriteOutcome): void {
		this.#options.onReport(entry, { result, what: `${row} ${value}`, reason });
	}
}

/** What a table's controls can tell its device, before there is one. */
function abilitiesOf(table: DeviceTable): Abilities {
	const abilities = [...new Set((table.controls ?? []).map((control) => control.ability))];
	return { abilities, continuous: isContinuous(table) };
}

/** By the phases whose voltages a device measures. */
function acTypeOf(plan: Plan): AcType {
	if (plan.has(701, "VL3")) return "three";
	return plan.has(701, "VL2") ? "split" : "single";
}

function tellsCapacity(plan: Plan): boolean {
	return plan.has(713, "WHRtg") || plan.has(802, "WHRtg");
}

/** What a table says for good of its DC ports. */
function solarPortsOf({ fixed }: DeviceTable): { solarPorts?: number } {
	const types = Object.entries(fixed ?? {}).filter(([name]) => name.endsWith(".PrtTyp"));
	return types.length === 0 ? {} : { solarPorts: types.filter(([, type]) => type === 0).length };
}

function periodsMs(poll: PollPeriods): { fast?: number; normal?: number; slow?: number } {
	return {
		...(poll.fastS === undefined ? {} : { fast: poll.fastS * 1000 }),
		...(poll.normalS === undefined ? {} : { normal: poll.normalS * 1000 }),
		...(poll.slowS === undefined ? {} : { slow: poll.slowS * 1000 }),
	};
}
