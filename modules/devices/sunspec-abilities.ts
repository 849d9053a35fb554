/** What a SunSpec device can be told, as its control models show it. */
import { frozen } from "../base/frozen";
import type { FoundModel } from "../sunspec/client/found";
import type { StoreModules } from "../sunspec/der/profile";
import type { DerAbility } from "../sunspec/der/types";
import type { Image } from "../sunspec/image";

/** Models that tell what a device can be told, and what its percentages are of. */
export const controlModels = frozen<readonly number[]>([120, 121, 123, 124, 702, 703, 704]);

/** For each model: an ability, and the points that must be there for it (of some, one of several). */
const rules = frozen<readonly (readonly [model: number, ability: DerAbility, ...points: string[]])[]>([
	[123, "limitW", "WMaxLimPct", "WMaxLim_Ena"],
	[123, "pf", "OutPFSet", "OutPFSet_Ena"],
	[123, "setVar", "VArMaxPct/VArWMaxPct", "VArPct_Ena"],
	[123, "energize", "Conn"],
	[124, "chargeLimitW", "WChaMax", "InWRte", "StorCtl_Mod"],
	[124, "dischargeLimitW", "WChaMax", "OutWRte", "StorCtl_Mod"],
	[124, "setW", "WChaMax", "InWRte", "OutWRte", "StorCtl_Mod"],
	[703, "energize", "ES"],
	[704, "limitW", "WMaxLimPct", "WMaxLimPctEna"],
	[704, "setW", "WSet", "WSetEna"],
	[704, "setVar", "VarSet", "VarSetEna"],
	[704, "pf", "PFWInj.PF", "PFWInj.Ext", "PFWInjEna"],
]);

/** The abilities of a model as its registers in the image show them. */
export function abilitiesOf(image: Image, model: number): DerAbility[] {
	const abilities: DerAbility[] = [];
	for (const [id, ability, ...points] of rules) {
		if (id !== model) continue;
		if (points.every((one) => one.split("/").some((name) => isThere(image, model, name)))) abilities.push(ability);
	}
	return abilities;
}

/**
 * The modules of 160 for what flows into and out of a storage: their names say it ("StCha", "StDisCha"), or they are the
 * third and fourth of a Fronius that has 124 (GEN24). What it tells there is no power of the sun. `image` holds 1 and 160.
 */
export function storesOf(image: Image): StoreModules | undefined {
	let charge = 0;
	let discharge = 0;
	let count = 0;
	for (;;) {
		const handle = image.handle(160, "IDStr", `module[${count + 1}]`);
		if (handle < 0) break;
		count++;
		const name = textAt(image, handle);
		if (name.startsWith("StCha")) charge = count;
		else if (name.startsWith("StDisCha")) discharge = count;
	}
	if (charge > 0 && discharge > 0) return [charge, discharge];
	return count === 4 && textAt(image, image.handle(1, "Mn")).startsWith("Fronius") ? [3, 4] : undefined;
}

function textAt(image: Image, handle: number): string {
	const text = image.value(handle);
	return typeof text === "string" ? text : "";
}

/** Which of the found models tells the device of an ability: 704 and 703 before the older ones; 0 for none. */
export function modelFor(models: readonly FoundModel[], ability: DerAbility): number {
	let best = 0;
	for (const model of models) {
		if (model.abilities?.includes(ability) && model.id > best) best = model.id;
	}
	return best;
}

/** Value of a point, scale applied; undefined for one that is not implemented. */
export function numberAt(image: Image, model: number, name: string): number | undefined {
	const dot = name.indexOf(".");
	const handle = image.handle(model, name.slice(dot + 1), dot < 0 ? "" : name.slice(0, dot));
	const value = image.value(handle);
	return typeof value === "number" ? value : undefined;
}

function isThere(image: Image, model: number, name: string): boolean {
	return numberAt(image, model, name) !== undefined;
}
