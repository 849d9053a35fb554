/** What has to be known of a DER before its composed models get their scale factors, and what is known of it. */
import { frozen } from "../../base/frozen";
import { decode, scaled } from "../codec";
import type { Image, ModelSpec } from "../image";
import { findPoint, layout } from "../model";
import { type AllRatings, allRatings } from "./constants";
import { placeOf } from "./initial";
import { acTypeOf } from "./layout";
import type { DerProfile, Ratings } from "./profile";

export interface SettleInput {
	readonly images: readonly Image[];
	readonly profile: DerProfile;
	readonly present: readonly ModelSpec[];
	readonly added: readonly ModelSpec[];
}

/** Where a device says its ratings itself, the better place first. */
const kSources = frozen<Readonly<Record<keyof Ratings, readonly string[]>>>({
	maxW: ["702.WMaxRtg", "120.WRtg", "702.WMax", "121.WMax"],
	maxVA: ["702.VAMaxRtg", "120.VARtg", "121.VAMax"],
	maxVar: ["702.VarMaxInjRtg", "120.VArRtgQ1", "121.VArMaxQ1"],
	chargeW: ["702.WChaRteMaxRtg", "120.MaxChaRte", "124.WChaMax", "802.WChaRteMax"],
	dischargeW: ["702.WDisChaRteMaxRtg", "120.MaxDisChaRte", "802.WDisChaRteMax"],
	nominalV: ["702.VNomRtg", "121.VRef"],
	capacityWh: ["713.WHRtg", "802.WHRtg", "120.WHRtg"],
	capacityAh: ["802.AHRtg", "120.AhrRtg"],
});

/** The device has told its ratings, or has no model to tell them with; and what its DC ports are. */
export function isSettled(input: SettleInput): boolean {
	const ids = sourceIds(input);
	const tells = (...some: readonly number[]): boolean => some.some((id) => ids.includes(id));
	if (tells(702, 120, 121) && Number.isNaN(ownRating(input, "maxW"))) return false;
	const waits = input.profile.noCapacity !== true;
	if (waits && tells(713, 802) && Number.isNaN(ownRating(input, "capacityWh"))) return false;
	if (!input.present.some((model) => model.id === 714)) return true;
	return !Number.isNaN(readPoint(input.images[0]!, 714, "Prt.PrtTyp"));
}

function sourceIds({ images, present }: SettleInput): number[] {
	const ids = present.map((model) => model.id);
	for (let i = 1; i < images.length; i++) for (const model of images[i]!.models) ids.push(model.id);
	return ids;
}

/** What a device says itself comes before what the profile says. */
export function knownRatings(input: SettleInput): AllRatings & { phases: number } {
	const { profile, present } = input;
	const known: Partial<Record<keyof Ratings, number>> = {};
	for (const name of Object.keys(kSources) as (keyof Ratings)[]) {
		const value = ownRating(input, name);
		const chosen = value > 0 ? value : profile.ratings?.[name];
		if (chosen !== undefined) known[name] = chosen;
	}
	const ac = acTypeOf(present, profile);
	return { ...allRatings(known, present, profile), phases: ac === "three" ? 3 : ac === "split" ? 2 : 1 };
}

function ownRating(input: SettleInput, name: keyof Ratings): number {
	for (const source of kSources[name]) {
		const dot = source.indexOf(".");
		const id = Number(source.slice(0, dot));
		for (let i = 0; i < input.images.length; i++) {
			if (i === 0 && !input.present.some((model) => model.id === id)) continue;
			const value = Math.abs(readPoint(input.images[i]!, id, source.slice(dot + 1)));
			if (value > 0) return value;
		}
	}
	return Number.NaN;
}

/** The value in the registers of a point of the model itself or of its first group ("Prt.PrtTyp"); NaN for none. */
export function readPoint(image: Image, id: number, path: string): number {
	const place = placeOf(image, id);
	if (!place) return Number.NaN;
	const root = layout(place.text, place.repeats);
	const dot = path.indexOf(".");
	const group = dot < 0 ? root : root.groups[0];
	if (!group || group.count === 0) return Number.NaN;
	const line = findPoint(place.text, group, path.slice(dot + 1));
	if (!line) return Number.NaN;
	const start = 2 * (place.address - image.base);
	const at = start + 2 * ((dot < 0 ? 0 : root.ownLength) + line.offset);
	const raw = decode(image.registers, at, line.type, line.size);
	if (raw === undefined) return Number.NaN;
	const factor = typeof line.scale === "string" ? findPoint(place.text, root, line.scale) : undefined;
	const power = factor ? image.registers.getInt16(start + 2 * factor.offset) : Number(line.scale ?? 0);
	return scaled(Number(raw), power >= -10 && power <= 10 ? power : 0);
}
