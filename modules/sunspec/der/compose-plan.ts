/** Which point of an image follows from which, worked out once: two flat lists that `Composer` runs through. */
import type { Image, ModelSpec } from "../image";
import { layout, linesOf, parsePoint } from "../model";
import { PointType } from "../types";
import {
	kBank,
	kBattery,
	kCapacity,
	kCombiner,
	kCombinerInput,
	kCombinerTotals,
	kDcTotals,
	kInputPort,
	kModule,
	kNameplate,
	kNewAc,
	kNoStorage,
	kOldAc,
	kOldDc,
	kOldPhases,
	kOldStorage,
	kOnlyString,
	kOutbackArray,
	kOutbackBattery,
	kOutbackModule,
	kOutbackStat,
	kPanel,
	kPanelBattery,
	kPanelPort,
	kSameAc,
	kSettings,
	kStatus,
	kStorage,
	kStoragePort,
	kStorageStatus,
	kTracker,
	storeModules,
} from "./compose-rules";
import { acTypeOf, hasStorage, kOlderAc, olderAcOf, portsOf } from "./layout";
import type { DerProfile } from "./profile";
import { Rules } from "./rules";

export interface PlanInput {
	/** Where the DER's models are; others that know more of it (a BMS with a unit of its own). */
	readonly images: readonly Image[];
	/** What its device gives, and what is composed. */
	readonly present: readonly ModelSpec[];
	readonly added: readonly ModelSpec[];
	readonly profile: DerProfile;
}

/** The rules of a DER's composed models. */
export function planOf(input: PlanInput): Rules {
	return new Plan(input).rules;
}

class Plan {
	readonly rules: Rules;
	readonly #input: PlanInput;
	readonly #added: readonly number[];
	/** Path of the storage's port in 714 and of its solar ports; empty where there is none. */
	#storagePort = "";
	#solarPorts: readonly string[] = [];

	constructor(input: PlanInput) {
		this.#input = input;
		this.rules = new Rules(input.images);
		this.#added = input.added.map((model) => model.id);
		this.#findPorts();
		this.#newer();
		if (input.profile.legacy !== false) this.#older();
	}

	#findPorts(): void {
		const { images, present, profile } = this.#input;
		if (this.#added.includes(714)) {
			const { solar, storage } = portsOf(present, profile);
			this.#solarPorts = Array.from({ length: solar }, (_unused, i) => `Prt[${i + 1}]`);
			if (storage > 0) this.#storagePort = `Prt[${solar + 1}]`;
			return;
		}
		const image = images[0]!;
		const place = image.models.find((model) => model.id === 714);
		if (!place) return;
		const solar: string[] = [];
		const group = layout(place.text, place.repeats).groups[0]!;
		for (let i = 0; i < group.count; i++) {
			const type = image.registers.getUint16(2 * (place.address - image.base + 20 + i * group.length));
			if (type === 1) this.#storagePort ||= `Prt[${i + 1}]`;
			else if (type === 0 || type === 3) solar.push(`Prt[${i + 1}]`);
		}
		if (profile.kind === "battery" && this.#storagePort === "" && solar.length === 0) this.#storagePort = "Prt[1]";
		this.#solarPorts = solar;
	}

	#newer(): void {
		const { present, profile } = this.#input;
		const older = olderAcOf(present);
		this.#block(702, 702, kCapacity);
		if (older > 0) this.#block(701, older, kNewAc);
		this.#block(713, 713, kStorage);
		if (!this.#added.includes(714)) return;
		const gives = (id: number): boolean => present.some((model) => model.id === id);
		const solar = this.#solarPorts;
		const stores = gives(160) ? this.#input.profile.storeModules : undefined;
		let module = 0;
		solar.forEach((port, i) => {
			do module++;
			while (stores?.includes(module));
			if (gives(160)) this.#block(714, 160, kTracker, `${port}.`, `module[${module}].`);
			else if (gives(404) || gives(403)) {
				this.#block(714, gives(404) ? 404 : 403, kInputPort, `${port}.`, `string[${i + 1}].`);
			} else if (gives(64111)) this.#block(714, 64111, kOutbackArray, `${port}.`);
			else if (gives(502) || gives(501)) this.#block(714, gives(502) ? 502 : 501, kPanelPort, `${port}.`);
			else if (older > 0) this.#block(714, older, kOldDc, `${port}.`);
		});
		const storage = this.#storagePort;
		if (storage !== "") {
			if (stores) this.#block(714, 160, storeModules(stores), `${storage}.`);
			else if (gives(64111)) this.#block(714, 64111, kOutbackBattery, `${storage}.`);
			else if (gives(502) || gives(501)) this.#block(714, gives(502) ? 502 : 501, kPanelBattery, `${storage}.`);
			else if (this.#hasSource(802)) this.#block(714, 802, kStoragePort, `${storage}.`);
			else if (older > 0 && profile.kind === "battery") this.#block(714, older, kOldDc, `${storage}.`);
		}
		const ports = storage === "" ? solar : [...solar, storage];
		for (const name of kDcTotals.split(" ")) {
			const alarms = name === "PrtAlrms";
			const from = ports.map((port) => `714.${port}.${alarms ? "DCAlrm" : name}`);
			this.#rule(714, alarms ? "or" : "s", name, 714, from);
		}
	}

	#older(): void {
		const { present, profile } = this.#input;
		const source = olderAcOf(present);
		for (const id of kOlderAc[acTypeOf(present, profile)]) {
			if (source > 0) for (const name of kSameAc.split(" ")) this.#rule(id, ".", name, source, [name]);
			else {
				this.#block(id, 701, kOldAc);
				const phases = id % 10;
				for (let i = 0; i < phases; i++) this.#block(id, 701, kOldPhases[i]!);
			}
		}
		this.#block(120, 702, kNameplate);
		this.#block(121, 702, kSettings);
		this.#block(122, 701, kStatus);
		if (hasStorage(present, profile)) this.#block(122, 701, kStorageStatus);
		else this.#block(122, 701, kNoStorage);
		this.#block(124, 713, kOldStorage);
		if (!this.#copy(802)) this.#block(802, 713, kBattery);
		this.#block(803, 713, kBank);
		if (profile.strings === 1) this.#block(803, 713, kOnlyString, "string[1].");
		const charger = present.some((model) => model.id === 64111);
		this.#solarPorts.forEach((port, i) => {
			const to = `module[${i + 1}].`;
			this.#block(160, 714, kModule, to, `${port}.`);
			if (charger) this.#block(160, 64111, kOutbackModule, to);
			for (const id of [403, 404]) this.#block(id, 714, kCombinerInput, `string[${i + 1}].`, `${port}.`);
		});
		for (const id of [403, 404]) {
			this.#block(id, 714, kCombiner);
			for (const [point, from] of kCombinerTotals) {
				this.#rule(
					id,
					"s",
					point,
					714,
					this.#solarPorts.map((port) => `${port}.${from}`),
				);
			}
		}
		for (const id of [501, 502]) {
			this.#block(id, 714, kPanel);
			if (charger) this.#block(id, 64111, kOutbackStat);
		}
	}

	/** Every line of a text, for one target model and the model that bare names of sources belong to. */
	#block(to: number, from: number, lines: string, toGroup = "", fromGroup = ""): void {
		if (!this.#added.includes(to)) return;
		for (const line of lines.split("\n")) {
			const [target, op, sources] = line.split(" ");
			const names = sources!
				.split(",")
				.map((name) => (name.startsWith("^") ? name.slice(1) : name.includes(".") ? name : fromGroup + name));
			this.#rule(to, op!, toGroup + target!, from, names);
		}
	}

	#rule(to: number, op: string, target: string, from: number, names: readonly string[]): void {
		if (!this.#added.includes(to)) return;
		const sources = names.map((name) => this.#source(to, from, name));
		this.rules.add(this.rules.slot(0, to, target), op, sources);
	}

	#source(to: number, from: number, name: string): number {
		let path = name;
		let model = from;
		if (/^\d/.test(name)) {
			const dot = name.indexOf(".");
			model = Number(name.slice(0, dot));
			path = name.slice(dot + 1);
		} else if (name.startsWith("port.")) {
			if (this.#storagePort === "") return -1;
			model = 714;
			path = this.#storagePort + name.slice(4);
		} else if (name.startsWith("alike.")) {
			if (this.#storagePort !== "" && this.#solarPorts.length > 0) return -1;
			model = 714;
			path = name.slice(6);
		} else if (name.startsWith("only.")) {
			const ports = this.#storagePort === "" ? this.#solarPorts : [...this.#solarPorts, this.#storagePort];
			if (ports.length !== 1) return -1;
			model = 714;
			path = ports[0]! + name.slice(4);
		} else if (name.startsWith("solar.")) {
			if (this.#solarPorts.length === 0) return -1;
			model = 714;
			path = this.#solarPorts[0]! + name.slice(5);
		}
		// An older model that is composed itself says nothing new, but for a rating; another image's is a source.
		const isOlder = model < 700 || model > 715;
		const composed =
			this.#added.includes(model) && isOlder && !path.endsWith("Rtg") && !(to === 802 && path === "WChaMax");
		for (let i = composed && model !== to ? 1 : 0; i < this.#input.images.length; i++) {
			const slot = this.rules.slot(i, model, path);
			if (slot >= 0) return slot;
		}
		return -1;
	}

	/** Whether some image has the model from its device. */
	#hasSource(id: number): boolean {
		return this.#input.images.some((image, i) => {
			return !(i === 0 && this.#added.includes(id)) && image.models.some((model) => model.id === id);
		});
	}

	/** A model that another image has is taken over whole. */
	#copy(id: number): boolean {
		if (!this.#added.includes(id) || !this.#hasSource(id)) return false;
		const model = this.#input.images[0]!.models.find((one) => one.id === id)!;
		for (const line of linesOf(model.text, layout(model.text))) {
			const { name, type } = parsePoint(line);
			if (name === "ID" || name === "L" || type === PointType.sunssf) continue;
			for (let i = 1; i < this.#input.images.length; i++) {
				const from = this.rules.slot(i, id, name);
				if (from >= 0) this.rules.add(this.rules.slot(0, id, name), ".", [from]);
			}
		}
		return true;
	}
}
