/**
 * Where a value stands in a JSON document: "ENERGY.Power", "inverters[0].AC.0.Power.v". A dot leads into an object, brackets
 * into an array: [n] is one element, [+] the sum of all. What is no array is its own first element, and its own sum. `*` is
 * any name of an object. "$" is the document itself.
 */
import { utf8Encode } from "../base/bytes";

/** A name (its bytes), an index, or one of the two below. */
export type PathStep = Uint8Array | number;

export const kSum = -1;
export const kAnyName = -2;

/** Undefined for what is no path. */
export function parsePath(text: string): PathStep[] | undefined {
	if (text === "$") return [];
	if (!/^[^.[\]]+(?:\[(?:[0-9]{1,3}|\+)\])*(?:\.[^.[\]]+(?:\[(?:[0-9]{1,3}|\+)\])*)*$/.test(text)) return undefined;
	const steps: PathStep[] = [];
	for (const part of text.split(".")) {
		const [name, ...indices] = part.split("[");
		steps.push(name === "*" ? kAnyName : utf8Encode(name!));
		for (const index of indices) steps.push(index === "+]" ? kSum : Number.parseInt(index, 10));
	}
	return steps;
}
