/** Random values for every point of a model, by seed: what the tests against other implementations and engines set. */
import { expect } from "vitest";
import { Image } from "../../modules/sunspec/image";
import type { PointInfo } from "../../modules/sunspec/place";
import { noise } from "./noise";

export interface RandomModel {
	id: number;
	round: number;
	image: Image;
	points: PointInfo[];
	/** Full name -> what stands in the register, as text. */
	raws: Map<string, string>;
	/** What was set: model, point, group, value in the point's unit. */
	sets: [number, string, string, number | bigint | string][];
}

/** "Crv[2].Pt[1].V" */
export const nameOf = (point: PointInfo): string => (point.group === "" ? point.name : `${point.group}.${point.name}`);

/** Any value the type can hold; under a scale factor, a 64-bit one that a double holds exactly. */
function randomRaw(point: PointInfo, scaled: boolean, random: () => number): bigint | number | string {
	const whole = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
	const bits = (count: number) => {
		let value = 0n;
		for (let i = 0; i < count; i++) value = value * 2n + BigInt(whole(0, 1));
		return value;
	};
	switch (point.type) {
		case "int16":
			return whole(-0x7fff, 0x7fff);
		case "uint16":
		case "enum16":
			return whole(0, 0xfffe);
		case "acc16":
			return whole(1, 0xffff);
		case "bitfield16":
			return whole(0, 0x7fff);
		case "int32":
			return whole(-0x7fffffff, 0x7fffffff);
		case "uint32":
		case "enum32":
			return whole(0, 0xfffffffe);
		case "acc32":
			return whole(1, 0xffffffff);
		case "bitfield32":
			return whole(0, 0x7fffffff);
		case "int64":
			return scaled ? whole(-(2 ** 47), 2 ** 47) : bits(63) * (random() < 0.5 ? -1n : 1n);
		case "uint64":
			return scaled ? whole(0, 2 ** 47) : bits(63) * 2n;
		case "acc64":
			return scaled ? whole(1, 2 ** 47) : bits(62) + 1n;
		case "float32":
			return Math.fround((random() - 0.5) * 10 ** whole(-6, 9));
		case "float64":
			return (random() - 0.5) * 10 ** whole(-9, 18);
		case "ipaddr":
			return `${whole(1, 255)}.${whole(0, 255)}.${whole(0, 255)}.${whole(0, 255)}`;
		case "eui48":
			return Array.from({ length: 6 }, () => whole(1, 254).toString(16).toUpperCase().padStart(2, "0")).join(":");
		case "ipv6addr":
			return Array.from({ length: 8 }, () => whole(1, 0xffff).toString(16).toUpperCase().padStart(4, "0")).join(":");
		case "string": {
			const letters = ["a", "Z", "7", " ", "-", "é", "ß", "…"];
			let text = "x";
			while (text.length < 3 * point.size && random() < 0.9) text += letters[whole(0, letters.length - 1)];
			while (Buffer.byteLength(text) > 2 * point.size) text = text.slice(0, -1);
			return text;
		}
		default:
			throw new Error(`no random ${point.type}`);
	}
}

/** Points that the image fills itself: pads, id, length, and how often the groups repeat. */
export function filled(point: PointInfo): boolean {
	if (point.type === "pad" || point.type === "count") return true;
	const counters = [...point.model.text.matchAll(/^\..*?\|([A-Za-z]\w*)\|/gm)].map((match) => match[1]);
	return point.group === "" && ["ID", "L", ...counters].includes(point.name);
}

/** `round` is the seed and how often groups repeat. */
export function randomModel(id: number, round: number): RandomModel {
	const random = noise(id * 100 + round);
	const image = new Image([{ id, repeats: round }]);
	const points: PointInfo[] = [];
	image.eachPoint((point) => points.push(point));
	const raws = new Map<string, string>();
	const sets: RandomModel["sets"] = [];
	// Scale factors first, so that the others are set under them.
	for (const factors of [true, false]) {
		for (const point of points) {
			if ((point.type === "sunssf") !== factors || filled(point)) continue;
			const handle = image.handle(id, point.name, point.group);
			expect(image.handleAt(point.address)).toBe(handle);
			if (random() < 0.15) continue;
			const scale = image.scale(handle);
			const raw = factors ? Math.floor(random() * 13) - 8 : randomRaw(point, scale !== 0, random);
			const value = typeof raw === "number" && scale !== 0 ? (scale < 0 ? raw / 10 ** -scale : raw * 10 ** scale) : raw;
			expect(image.set(handle, value, 1, "good"), `${id} ${nameOf(point)} = ${value}`).toBe(true);
			raws.set(nameOf(point), String(raw));
			sets.push([id, point.name, point.group, value]);
		}
	}
	return { id, round, image, points, raws, sets };
}
