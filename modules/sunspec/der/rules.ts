/** Rules that say which point of an image follows from which others, as two flat lists for `RuleRunner`. */
import type { Image } from "../image";
import { findPoint, type GroupLayout, layout } from "../model";
import { findGroup, type ModelPlace } from "../place";
import { kEnergy, kEnergyK, kFollow, wayOf } from "./compose-ops";

/**
 * A slot is a point: its first byte in the image; type | image << 8; scale (0: none, 16 + n: fixed, else the byte of a
 * scale factor, which stands behind model 1); handle + 1. Slots are named by the place of their first word.
 */
export const kSlotWords = 4;
/** Words a rule, without its sources. */
export const kRuleWords = 4;
export const kFixedScale = 16;
/** Scales from here on are bytes. */
export const kPointScale = 32;

export class Rules {
	readonly slots: number[] = [];
	/** Op | memory << 8, number of sources, slot of the target, a word for the runner, slots of the sources (-1: none). */
	readonly rules: number[] = [];
	/** Rules that remember something. */
	memories = 0;
	mostSources = 1;
	readonly #images: readonly Image[];
	#lastPlace: ModelPlace | undefined;
	#lastRoot: GroupLayout | undefined;

	constructor(images: readonly Image[]) {
		this.#images = images;
	}

	/** Nothing when there is no target, or none of the sources. */
	add(target: number, op: string, sources: readonly number[]): void {
		if (target < 0 || sources.every((slot) => slot < 0)) return;
		const number = wayOf(op);
		const remembers = number === kEnergy || number === kEnergyK || number === kFollow;
		const memory = remembers ? ++this.memories : 0;
		this.mostSources = Math.max(this.mostSources, sources.length);
		this.rules.push(number | (memory << 8), sources.length, target, 0, ...sources);
	}

	/** The slot of a point, always the same for the same point; -1 when the image has none of that name. */
	slot(imageIndex: number, model: number, path: string): number {
		const image = this.#images[imageIndex]!;
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
		const byte = 2 * (start + found.start + line.offset);
		const type = line.type | (imageIndex << 8);
		const { slots } = this;
		for (let at = 0; at < slots.length; at += kSlotWords) {
			if (slots[at] === byte && slots[at + 1] === type) return at;
		}
		let scale = 0;
		if (typeof line.scale === "number") scale = kFixedScale + line.scale;
		else if (line.scale !== undefined) {
			const near = findPoint(place.text, found.group, line.scale);
			const factor = near ?? findPoint(place.text, root, line.scale);
			if (factor) scale = 2 * (start + (near ? found.start : 0) + factor.offset);
		}
		slots.push(byte, type, scale, 0);
		return slots.length - kSlotWords;
	}
}
