/** What stands in a model before anything is measured, point by point. */
import { encodeNumber, isImplemented, unscaled } from "../codec";
import type { Image } from "../image";
import { findPoint, layout } from "../model";
import { findGroup, type ModelPlace } from "../place";
import { encodeText } from "../text";
import { PointType } from "../types";

/** Writes points of one model that nobody has set, straight into the bytes. */
export class Initial {
	readonly #image: Image;
	readonly #place: ModelPlace | undefined;

	constructor(image: Image, place: ModelPlace | undefined) {
		this.#image = image;
		this.#place = place;
	}

	/** Nothing when there is no such point, or no value, or when it has one already. */
	set(path: string, value: number | string): this {
		const image = this.#image;
		const place = this.#place;
		if (!place || Number.isNaN(value)) return this;
		const root = layout(place.text, place.repeats);
		const dot = path.lastIndexOf(".");
		const found = findGroup(root, dot < 0 ? "" : path.slice(0, dot));
		const line = found && findPoint(place.text, found.group, path.slice(dot + 1));
		if (!found || !line) return this;
		const start = 2 * (place.address - image.base);
		const at = start + 2 * (found.start + line.offset);
		if (isImplemented(image.registers, at, line.type, line.size)) return this;
		if (typeof value === "string") encodeText(image.registers, at, line.type, line.size, value);
		else {
			const factor = typeof line.scale === "string" ? findPoint(place.text, root, line.scale) : undefined;
			const power = factor ? image.registers.getInt16(start + 2 * factor.offset) : Number(line.scale ?? 0);
			const raw = line.type === PointType.float32 ? value : unscaled(value, power === -0x8000 ? 0 : power);
			encodeNumber(image.registers, at, line.type, raw);
		}
		// handles that somebody has already follow
		const address = place.address + found.start + line.offset;
		image.load(address, image.registers, at, line.size, Number.NaN, "good");
		return this;
	}
}

/** The first model of that id in the image. */
export function placeOf(image: Image, id: number): ModelPlace | undefined {
	for (const place of image.models) if (place.id === id) return place;
	return undefined;
}
