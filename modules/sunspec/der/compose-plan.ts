/** Which point of an image follows from which, worked out once: two flat lists that `Composer` runs through. */
import type { Image, ModelSpec } from "../image";
import { findPoint, type GroupLayout, layout, linesOf, parsePoint } from "../model";
import { findGroup, type ModelPlace } from "../place";
import { PointType } from "../types";
import { kCopy, kEnergy, kEnergyK, wayOf } from "./compose-ops";
import * as rules from "./compose-rules";
import { acTypeOf, hasStorage, kOlderAc, olderAcOf, portsOf } from "./layout";
import type { DerProfile } from "./profile";

/** Words a slot: register index; type | image << 8; scale (0: none, 16 + n: fixed, 32 + register index); handle + 1. */
export const kSlotWords = 4;
/** Words a rule, without its sources. */
export const kRuleWords = 4;
export const kFixedScale = 16;
export const kPointScale = 32;

export interface PlanInput {
	/** Where the DER's models are; others that know more of it (a BMS with a unit of its own). */
	readonly images: readonly Image[];
	/** What its device gives, and what is composed. */
	readonly present: readonly ModelSpec[];
	readonly added: readonly ModelSpec[];
	readonly profile: DerProfile;
}

export class Plan {
	readonly slots: number[] = [];
	/** Op | energy << 8, number of sources, slot of the target, a word for `Composer`, slots of the sources (-1: none). */
	readonly rules: number[] = [];
	energies = 0;
	readonly #input: PlanInput;
	readonly #added: readonly number[];
	/** Path of the storage's port in 714 and of its solar ports; empty where there is none. */
	#storagePort = "";
	#solarPorts: readonly string[] = [];
	#lastPlace: ModelPlace | undefined;
	#lastRoot: GroupLayout | undefined;

	constructor(input: PlanInput) {
		this.#input = input;
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
		this.#block(702, 702, rules.kCapacity);
		if (older > 0) this.#block(701, older, rules.kNewAc);
		this.#block(713, 713, rules.kStorage);
		if (!this.#added.includes(714)) return;
		const gives = (id: number): boolean => present.some((model) => model.id === id);
		const solar = this.#solarPorts;
		solar.forEach((port, i) => {
			if (gives(160)) this.#block(714, 160, rules.kTracker, `${port}.`, `module[${i + 1}].`);
			else if (gives(404) || gives(403)) {
				this.#block(714, gives(404) ? 404 : 403, rules.kInputPort, `${port}.`, `string[${i + 1}].`);
			} else if (gives(64111)) this.#block(714, 64111, rules.kOutbackArray, `${port}.`);
			else if (gives(502) || gives(501)) this.#block(714, gives(502) ? 502 : 501, rules.kPanelPort, `${port}.`);
			else if (older > 0) this.#block(714, older, rules.kOldDc, `${port}.`);
		});
		const storage = this.#storagePort;
		if (storage !== "") {
			if (gives(64111)) this.#block(714, 64111, rules.kOutbackBattery, `${storage}.`);
			else if (gives(502) || gives(501)) this.#block(714, gives(502) ? 502 : 501, rules.kPanelBattery, `${storage}.`);
			else if (this.#hasSource(802)) this.#block(714, 802, rules.kStoragePort, `${storage}.`);
			else if (older > 0 && profile.kind === "battery") this.#block(714, older, rules.kOldDc, `${storage}.`);
		}
		const ports = storage === "" ? solar : [...solar, storage];
		for (const name of rules.kDcTotals.split(" ")) {
			const alarms = name === "PrtAlrms";
			const from = ports.map((port) => `714.${port}.${alarms ? "DCAlrm" : name}`);
			this.#rule(714, alarms ? "or" : "s", name, 714, from);
		}
	}

	#older(): void {
		const { present, profile } = this.#input;
		const source = olderAcOf(present);
		for (const id of kOlderAc[acTypeOf(present, profile)]) {
			if (source > 0) for (const name of rules.kSameAc.split(" ")) this.#rule(id, ".", name, source, [name]);
			else {
				this.#block(id, 701, rules.kOldAc);
				const phases = id % 10;
				for (let i = 0; i < phases; i++) this.#block(id, 701, rules.kOldPhases[i]!);
			}
		}
		this.#block(120, 702, rules.kNameplate);
		this.#block(121, 702, rules.kSettings);
		this.#block(122, 701, rules.kStatus);
		if (hasStorage(present, profile)) this.#block(122, 701, rules.kStorageStatus);
		else this.#block(122, 701, rules.kNoStorage);
		this.#block(124, 713, rules.kOldStorage);
		if (!this.#copy(802)) this.#block(802, 713, rules.kBattery);
		this.#block(803, 713, rules.kBank);
		const charger = present.some((model) => model.id === 64111);
		this.#solarPorts.forEach((port, i) => {
			const to = `module[${i + 1}].`;
			this.#block(160, 714, rules.kModule, to, `${port}.`);
			if (charger) this.#block(160, 64111, rules.kOutbackModule, to);
			for (const id of [403, 404]) this.#block(id, 714, rules.kCombinerInput, `string[${i + 1}].`, `${port}.`);
		});
		for (const id of [403, 404]) this.#block(id, 714, rules.kCombiner);
		for (const id of [501, 502]) {
			this.#block(id, 714, rules.kPanel);
			if (charger) this.#block(id, 64111, rules.kOutbackStat);
		}
	}

	/** Every line of a text, for one target model and the model that bare names of sources belong to. */
	#block(to: number, from: number, text: string, toGroup = "", fromGroup = ""): void {
		if (!this.#added.includes(to)) return;
		for (const line of text.split("\n")) {
			const [target, op, sources] = line.split(" ");
			const names = sources!.split(",").map((name) => (name.includes(".") ? name : fromGroup + name));
			this.#rule(to, op!, toGroup + target!, from, names);
		}
	}

	#rule(to: number, op: string, target: string, from: number, names: readonly string[]): void {
		if (!this.#added.includes(to)) return;
		const sources = names.map((name) => this.#source(to, from, name));
		if (sources.every((slot) => slot < 0)) return;
		const slot = this.#slot(0, to, target);
		if (slot < 0) return;
		const number = wayOf(op);
		const energy = number === kEnergy || number === kEnergyK ? ++this.energies : 0;
		this.rules.push(number | (energy << 8), sources.length, slot, 0, ...sources);
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
		} else if (name.startsWith("solar.")) {
			if (this.#solarPorts.length === 0) return -1;
			model = 714;
			path = this.#solarPorts[0]! + name.slice(5);
		}
		// An older model that is composed itself says nothing new, but for a rating; another image's is a source.
		const composed = this.#added.includes(model) && (model < 700 || model > 715) && !path.endsWith("Rtg");
		for (let i = composed && model !== to ? 1 : 0; i < this.#input.images.length; i++) {
			const slot = this.#slot(i, model, path);
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
		const text = this.#input.images[0]!.models.find((model) => model.id === id)!.text;
		for (const line of linesOf(text, layout(text))) {
			const { name, type } = parsePoint(line);
			if (name === "ID" || name === "L" || type === PointType.sunssf) continue;
			for (let i = 1; i < this.#input.images.length; i++) {
				const from = this.#slot(i, id, name);
				if (from >= 0) this.rules.push(kCopy, 1, this.#slot(0, id, name), 0, from);
			}
		}
		return true;
	}

	/** The slot of a point, always the same for the same point; -1 when the image has none of that name. */
	#slot(imageIndex: number, model: number, path: string): number {
		const image = this.#input.images[imageIndex]!;
		const place = image.models.find((one) => one.id === model);
		if (!place) return -1;
		if (place !== this.#lastPlace) this.#lastRoot = layout(place.text, place.repeats);
		this.#lastPlace = place;
		const root = this.#lastRoot!;
		const dot = path.lastIndexOf(".");
		const found = findGroup(root, dot < 0 ? "" : path.slice(0, dot));
		const line = found && findPoint(place.text, found.group, path.slice(dot + 1));
		if (!found || !line) return -1;
		const start = place.address - image.base;
		const index = start + found.start + line.offset;
		const type = line.type | (imageIndex << 8);
		const { slots } = this;
		for (let at = 0; at < slots.length; at += kSlotWords) {
			if (slots[at] === index && slots[at + 1] === type) return at / kSlotWords;
		}
		let scale = 0;
		if (typeof line.scale === "number") scale = kFixedScale + line.scale;
		else if (line.scale !== undefined) {
			const near = findPoint(place.text, found.group, line.scale);
			const factor = near ?? findPoint(place.text, root, line.scale);
			if (factor) scale = kPointScale + start + (near ? found.start : 0) + factor.offset;
		}
		slots.push(index, type, scale, 0);
		return slots.length / kSlotWords - 1;
	}
}
