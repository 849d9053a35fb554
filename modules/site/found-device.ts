import { utf8Decode, utf8Encode } from "../base/bytes";
import { frozen } from "../base/frozen";
import { jsonFault } from "../base/json-place";
import type { Kind } from "../devices/kinds";
import type { FoundModel } from "../sunspec/client/found";
import type { DerAbility, DerActuator } from "../sunspec/der/types";
import { Image, type ModelSpec } from "../sunspec/image";

/** Models by which a found device is told to be of a kind, the first that fits counts. */
const kTells = frozen<readonly (readonly [Kind, readonly number[]])[]>([
	["battery", [124, 713, 802, 803]],
	["inverter", [101, 102, 103, 111, 112, 113, 701]],
	["solar", [64111, 501, 502, 403, 404]],
	["meter", [201, 202, 203, 204, 211, 212, 213, 214]],
	["environment", [302, 303, 304, 305, 306, 307, 308]],
]);

/** Models in which a device is commanded. */
const kOwnControls = frozen<readonly number[]>([703, 704, 705, 706, 707, 708, 709, 710, 711, 712, 715]);

/** What a device is that bears these models; "unknown" for one with none that says. */
export function foundKind(models: readonly FoundModel[]): Kind | "unknown" {
	const has = (id: number): boolean => models.some((model) => model.id === id);
	// a hybrid has trackers beside its storage
	if (has(160) && (has(103) || has(113) || has(101) || has(111) || has(102) || has(112) || has(701))) return "inverter";
	for (const [kind, ids] of kTells) if (ids.some(has)) return kind;
	return "unknown";
}

/** The model that carries its readings. */
export function mainModel(kind: Kind | "unknown", models: readonly FoundModel[]): number {
	if (kind === "inverter" || kind === "battery") return 701;
	if (kind === "solar") return 714;
	const ids = kTells.find(([one]) => one === kind)?.[1] ?? [];
	return models.find(({ id }) => ids.includes(id))?.id ?? 1;
}

/** Whether it has controls of the new kind, so that the hub only passes on what is written. */
export function hasOwnControls(models: readonly FoundModel[]): boolean {
	return models.some(({ id }) => kOwnControls.includes(id));
}

/** What its image is made of: the models that the catalogue knows. */
export function foundSpecs(models: readonly FoundModel[]): ModelSpec[] {
	// as they are: an image shares its specs
	const specs: ModelSpec[] = models.filter(({ known }) => known);
	return specs[0]?.id === 1 ? specs : [{ id: 1 }, ...specs];
}

/** To be kept over a restart. */
export function packFound(models: readonly FoundModel[]): Uint8Array {
	const plain = models.map(({ id, address, length, known, repeats, quirk, abilities, stores }) => [
		id,
		address,
		length,
		known ? 1 : 0,
		repeats,
		quirk ?? "",
		...(abilities ?? []),
		...(stores ?? []),
	]);
	return utf8Encode(JSON.stringify(plain));
}

/** Undefined for what is no such list: it is found out anew. */
export function unpackFound(bytes: Uint8Array | undefined): FoundModel[] | undefined {
	const text = bytes && utf8Decode(bytes);
	if (!text || jsonFault(text)) return undefined;
	const list: unknown = JSON.parse(text);
	if (!Array.isArray(list)) return undefined;
	const models: FoundModel[] = [];
	for (const one of list) {
		if (!Array.isArray(one)) return undefined;
		const [id, address, length, known, repeats, quirk, ...more] = one as unknown[];
		const abilities = more.filter((word) => typeof word === "string");
		const stores = more.filter((module) => typeof module === "number");
		if (typeof id !== "number" || typeof address !== "number" || typeof length !== "number") return undefined;
		if (typeof repeats !== "object" || repeats === null) return undefined;
		models.push({
			...{ id, address, length, known: known === 1, repeats: repeats as Record<string, number> },
			...(quirk ? { quirk: quirk as NonNullable<FoundModel["quirk"]> } : {}),
			...(abilities.length > 0 ? { abilities: abilities as DerAbility[] } : {}),
			...(stores.length === 2 ? { stores: [stores[0]!, stores[1]!] } : {}),
		});
	}
	return models.length > 0 && isWhole(models) ? models : undefined;
}

/** Another firmware may have had other models in its catalogue; a hub that cannot start would not find out. */
function isWhole(models: readonly FoundModel[]): boolean {
	try {
		return new Image(foundSpecs(models)).length > 0;
	} catch {
		return false;
	}
}

/** What the hub can tell a device through the models it was found to have. */
export function foundAbilities(models: readonly FoundModel[]): Pick<DerActuator, "abilities" | "continuous"> {
	const abilities = new Set<DerAbility>();
	for (const model of models) for (const ability of model.abilities ?? []) abilities.add(ability);
	return { abilities: [...abilities], continuous: true };
}
