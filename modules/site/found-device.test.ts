import { describe, expect, it } from "vitest";
import { utf8Encode } from "../base/bytes";
import type { FoundModel } from "../sunspec/client/found";
import { packFound, unpackFound } from "./found-device";

const models: FoundModel[] = [
	{ id: 1, address: 40002, length: 66, known: true, repeats: {} },
	{ id: 123, address: 40070, length: 24, known: true, repeats: {}, abilities: ["limitW", "energize"] },
	{ id: 160, address: 40096, length: 48, known: true, repeats: { module: 2 } },
	{ id: 160, address: 40500, length: 88, known: true, repeats: { module: 4 }, stores: [3, 4] },
	{ id: 64999, address: 40146, length: 4, known: false, repeats: {} },
];

describe("what a device was found to hold", () => {
	it("is the same after it was kept", () => {
		expect(unpackFound(packFound(models))).toEqual(models);
	});

	it.each([
		["[]"],
		["{}"],
		["[1]"],
		["[[1,40002,66,1]]"],
		['[[1,40002,66,1,null,""]]'],
		["[".repeat(1000)],
		// a model that this firmware does not know, counts that are none, more than a map can hold
		['[[1,40002,66,1,{},""],[60123,40070,24,1,{},""]]'],
		['[[160,40002,48,1,{"module":-1},""]]'],
		['[[160,40002,48,1,{"module":"x"},""]]'],
		['[[160,40002,48,1,{"module":65000},""]]'],
	])("is found out anew when what was kept cannot be: %s", (text) => {
		expect(unpackFound(utf8Encode(text))).toBeUndefined();
	});
});
