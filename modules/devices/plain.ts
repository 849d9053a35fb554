import { show } from "../base/errors";

/** How much a copy may hold: a table of some hundred rows needs a tenth. */
const kMostValues = 40_000;
const kMostDepth = 8;
const kMostText = 16_384;

/** Why something is no plain data: the place in it and what was found there. */
export class NotPlain extends Error {
	readonly place: string;

	constructor(place: string, reason: string) {
		super(`${place === "" ? "table" : place}: ${reason}`);
		this.place = place;
	}
}

/**
 * A copy of what is made of objects, lists, texts, numbers, true and false, and of nothing else: no function of who made
 * it runs later, and nothing they keep can change it. Throws NotPlain.
 */
export function plainCopy(value: unknown): unknown {
	return new Copier().copy(value, "", 0);
}

/** Numbers that JSON has no word for: a device's NaN for "no value". */
const kNoJson = "\0";

/** As JSON, with all numbers. Texts that begin with NUL are none of a table's. */
export function plainJson(value: unknown): string {
	return JSON.stringify(value, (_key, one: unknown) =>
		typeof one === "number" && !Number.isFinite(one) ? kNoJson + String(one) : one,
	);
}

export function fromPlainJson(text: string): unknown {
	return JSON.parse(text, (_key, one: unknown) =>
		typeof one === "string" && one[0] === kNoJson ? Number(one.slice(1)) : one,
	);
}

class Copier {
	private count = 0;

	copy(value: unknown, place: string, depth: number): unknown {
		if (++this.count > kMostValues) throw new NotPlain(place, `a table has at most ${kMostValues} values`);
		switch (typeof value) {
			case "number":
			case "boolean":
				return value;
			case "string":
				if (value.length > kMostText) throw new NotPlain(place, `a text has at most ${kMostText} characters`);
				return value;
			case "object":
				break;
			default:
				throw new NotPlain(place, `a table is data, and this is a ${typeof value}`);
		}
		if (value === null) return null;
		if (depth >= kMostDepth) throw new NotPlain(place, `nested deeper than ${kMostDepth}; does it hold itself?`);
		if (Array.isArray(value)) return this.list(value, place, depth + 1);
		const prototype: unknown = Object.getPrototypeOf(value);
		if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
			throw new NotPlain(place, "a table is data, and this is an object of a class");
		}
		return this.object(value, place, depth + 1);
	}

	private list(value: readonly unknown[], place: string, depth: number): unknown[] {
		if (value.length > kMostValues) throw new NotPlain(place, `a table has at most ${kMostValues} values`);
		const copy: unknown[] = [];
		for (let i = 0; i < value.length; i++) {
			copy.push(this.copy(property(value, String(i), place), `${place}[${i}]${nameOf(value[i])}`, depth));
		}
		return copy;
	}

	private object(value: object, place: string, depth: number): Record<string, unknown> {
		const copy: Record<string, unknown> = {};
		for (const key of Object.keys(value)) {
			const at = place === "" ? key : `${place}.${key}`;
			if (key === "__proto__") throw new NotPlain(at, `${show(key)} is no setting`);
			const one = property(value, key, at);
			// what is left out and what is undefined are the same
			if (one !== undefined) copy[key] = this.copy(one, at, depth);
		}
		return copy;
	}
}

/** A getter is code: it is not called. */
function property(value: object, key: string, place: string): unknown {
	const found = Object.getOwnPropertyDescriptor(value, key);
	if (found?.get !== undefined || found?.set !== undefined) {
		throw new NotPlain(place, "a table is data, and this is a getter");
	}
	return found?.value;
}

/** " voltage" of a row, so that a place says both, as everywhere else. */
function nameOf(entry: unknown): string {
	if (typeof entry !== "object" || entry === null) return "";
	const name: unknown = Object.getOwnPropertyDescriptor(entry, "name")?.value;
	return typeof name === "string" && name !== "" ? ` ${name}` : "";
}
