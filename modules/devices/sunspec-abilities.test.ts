import { describe, expect, it } from "vitest";
import { Image } from "../sunspec/image";
import { storesOf } from "./sunspec-abilities";

function device(maker: string, ...names: (string | undefined)[]): Image {
	const image = new Image([{ id: 1 }, { id: 160, repeats: names.length }]);
	image.set(image.handle(1, "Mn"), maker, 0, "good");
	names.forEach((name, i) => {
		image.set(image.handle(160, "IDStr", `module[${i + 1}]`), name, 0, "good");
	});
	return image;
}

describe("a storage in modules of 160", () => {
	it.each([
		["by its names", "Fronius", ["MPPT 1", "MPPT 2", "StCha 3", "StDisCha 4"], [3, 4]],
		["by its names, in another order", "Example", ["StDisCha", "StCha", "MPPT"], [2, 1]],
		["by its maker and number, when the names do not say it", "Fronius", [undefined, "", "x", "y"], [3, 4]],
		["not of another maker", "SMA", ["A", "B", "C", "D"], undefined],
		["not among two strings", "Fronius", ["String 1", "String 2"], undefined],
		["not by one name alone", "Example", ["MPPT 1", "StCha"], undefined],
	] as const)("is found %s", (_how, maker, names, wanted) => {
		expect(storesOf(device(maker, ...names))).toEqual(wanted);
	});
});
