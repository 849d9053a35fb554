/** Which models a DER bears beside those its device gives, in which order and with how many repetitions. */
import { frozen } from "../../base/frozen";
import type { ModelSpec } from "../image";
import type { AcType, DerProfile } from "./profile";

/** Model ids of AC measurements in the older families, by type of connection: whole numbers, floats. */
export const kOlderAc = frozen<Readonly<Record<AcType, readonly [number, number]>>>({
	single: [101, 111],
	split: [102, 112],
	three: [103, 113],
});

/**
 * Repetitions of the models that hold curves: curve 1 is the active one, the others can be written. Points: IEEE
 * 1547-2018 needs 4 for volt-var, 2 for volt-watt, 6 for watt-var and 5 for the steps of a trip curve.
 */
const kCurves = frozen<readonly ModelSpec[]>([
	{ id: 705, repeats: { NCrv: 3, NPt: 4 } },
	{ id: 706, repeats: { NCrv: 3, NPt: 2 } },
	{ id: 707, repeats: { NCrvSet: 2, NPt: 5 } },
	{ id: 708, repeats: { NCrvSet: 2, NPt: 5 } },
	{ id: 709, repeats: { NCrvSet: 2, NPt: 5 } },
	{ id: 710, repeats: { NCrvSet: 2, NPt: 5 } },
	{ id: 711, repeats: { NCtl: 3 } },
	{ id: 712, repeats: { NCrv: 3, NPt: 6 } },
]);

/** DC ports of a DER whose 714 is composed: those of its solar input first, that of its storage last. */
export interface Ports {
	readonly solar: number;
	readonly storage: number;
}

const has = (models: readonly ModelSpec[], id: number): boolean => models.some((model) => model.id === id);

/** How often the first group of a model repeats. */
function count(models: readonly ModelSpec[], id: number): number {
	const repeats = models.find((model) => model.id === id)?.repeats ?? 0;
	return typeof repeats === "number" ? repeats : (Object.values(repeats)[0] ?? 0);
}

/** The AC type that the profile or the older models say; three-phase where nobody does. */
export function acTypeOf(models: readonly ModelSpec[], profile: DerProfile): AcType {
	if (profile.acType) return profile.acType;
	if (has(models, 101) || has(models, 111)) return "single";
	return has(models, 102) || has(models, 112) ? "split" : "three";
}

/** The older AC model that the device gives itself, whole numbers before floats; 0 for none. */
export function olderAcOf(models: readonly ModelSpec[]): number {
	for (const id of [103, 102, 101, 113, 112, 111]) if (has(models, id)) return id;
	return 0;
}

/** Whether the models tell of a storage. */
export function hasStorage(models: readonly ModelSpec[], profile: DerProfile): boolean {
	if (profile.kind === "battery") return true;
	for (const id of [124, 713, 802, 803, 804]) if (has(models, id)) return true;
	return profile.ratings?.capacityWh !== undefined;
}

/** The ports of a 714 that is composed of these models. */
export function portsOf(models: readonly ModelSpec[], profile: DerProfile): Ports {
	const solarController = has(models, 64111) || has(models, 501) || has(models, 502) || profile.kind === "solar";
	const older = olderAcOf(models) > 0;
	const measured = solarController || has(models, 802) || has(models, 124) || (profile.kind === "battery" && older);
	const storage = measured ? 1 : 0;
	if (has(models, 160)) {
		const stores = profile.storeModules !== undefined;
		return { solar: count(models, 160) - (stores ? 2 : 0), storage: stores ? 1 : storage };
	}
	if (has(models, 404) || has(models, 403)) return { solar: count(models, has(models, 404) ? 404 : 403), storage };
	return { solar: solarController || (older && profile.kind !== "battery") ? 1 : 0, storage };
}

/**
 * The models to add to those a device gives, in the order of the map: 701 to 715 as its source and its controls allow,
 * then the older ones. `present` begins with model 1.
 */
export function derModels(present: readonly ModelSpec[], profile: DerProfile): ModelSpec[] {
	const added: ModelSpec[] = [];
	const add = (id: number, repeats?: ModelSpec["repeats"]): void => {
		if (!has(present, id)) added.push(repeats === undefined ? { id } : { id, repeats });
	};
	const { abilities, continuous } = profile;
	const can = (...wanted: readonly string[]): boolean => abilities.some((ability) => wanted.includes(ability));
	const older = olderAcOf(present);
	const ac = older > 0 || has(present, 701);
	const storage = hasStorage(present, profile);
	const ports = portsOf(present, profile);
	const controlled = abilities.length > 0;
	if (ac) add(701);
	if (ac || controlled) add(702);
	if (can("energize")) add(703);
	if (controlled) add(704);
	for (const model of kCurves) {
		const { id } = model;
		const offered =
			id >= 707 && id <= 710
				? can("energize")
				: continuous && (id === 705 || id === 712 ? can("setVar") : can("limitW", "setW"));
		if (ac && offered && !has(present, id)) added.push(model);
	}
	if (storage) add(713);
	if (ports.solar + ports.storage > 0) add(714, { NPrt: ports.solar + ports.storage });
	if (controlled) add(715);
	if (profile.legacy === false) return added;
	if (ac) for (const id of kOlderAc[acTypeOf(present, profile)]) add(id);
	if (ac || controlled) add(120);
	if (controlled) add(121);
	if (ac) add(122);
	if (controlled) add(123);
	if (storage) add(124);
	const solar = has(present, 714) ? (profile.solarPorts ?? count(present, 714)) : ports.solar;
	if (solar > 0 && profile.kind !== "battery") {
		add(160, { module: solar });
		if (profile.kind === "solar") {
			add(403, { string: solar });
			add(404, { string: solar });
			add(501);
			add(502);
		}
	}
	if (storage) add(802);
	if (storage && profile.strings !== undefined) add(803, { NStr: profile.strings });
	return added;
}

/**
 * The whole map of a DER: what the device gives and what is added, in the order SunSpec recommends: 1, then 701 to 715,
 * then the older models, then those of makers. A device with more than one model 1 keeps its own order, for what
 * follows a model 1 belongs to it.
 */
export function derMap(present: readonly ModelSpec[], added: readonly ModelSpec[]): ModelSpec[] {
	const all = [...present, ...added];
	if (present.filter((model) => model.id === 1).length > 1) return all;
	return all
		.map((model, index) => ({ model, index }))
		.sort(byRank)
		.map(({ model }) => model);
}

function byRank(a: { model: ModelSpec; index: number }, b: { model: ModelSpec; index: number }): number {
	return rank(a.model.id) - rank(b.model.id) || a.index - b.index;
}

function rank(id: number): number {
	if (id === 1) return 0;
	if (id >= 701 && id <= 715) return id;
	return id < 64000 ? 1000 + id : 100000 + id;
}
