import { describe, expect, it } from "vitest";
import { Image } from "./image";
import { defineModel, type GroupTable } from "./vendor";

const hub: GroupTable = {
	name: "hub",
	points: [
		{ name: "N", type: "count", mandatory: "M" },
		{ name: "W", type: "int32", sf: "W_SF", units: "W" },
		{ name: "W_SF", type: "sunssf", static: "S" },
	],
	groups: [
		{
			name: "unit",
			count: "N",
			points: [
				{ name: "Unit", type: "uint16", static: "S" },
				{ name: "SN", type: "string", size: 16, static: "S" },
				{
					name: "St",
					type: "enum16",
					symbols: [
						{ name: "ONLINE", value: 1 },
						{ name: "LOST", value: 2 },
						{ name: "OFF", value: 9 },
					],
				},
			],
		},
	],
};

describe("a model from a table", () => {
	it("is a text as the generator makes it", () => {
		expect(defineModel(64900, hub)).toBe(
			[
				"64900|hub|6",
				"ID|0|u16|||MS",
				"L|1|u16|||MS",
				"N|2|n16|||M",
				"W|3|i32|W_SF|W",
				"W_SF|5|sf|||S",
				".unit|N|18",
				"Unit|0|u16|||S",
				"SN|1|s16|||S",
				"St|17|e16||||ONLINE=1,LOST,OFF=9",
			].join("\n"),
		);
	});

	it("is a model of an image like any other", () => {
		const image = new Image([{ id: 1 }, { id: 64900, text: defineModel(64900, hub), repeats: 3 }]);
		expect(image.value(image.handle(64900, "N"))).toBe(3);
		image.set(image.handle(64900, "W_SF"), 1, 0, "good");
		image.set(image.handle(64900, "W"), 12345, 0, "good");
		image.set(image.handle(64900, "SN", "unit[3]"), "CN-7", 0, "good");
		expect(image.raw(image.handle(64900, "W"))).toBe(1235);
		expect(image.value(image.handle(64900, "SN", 3))).toBe("CN-7");
		expect(image.models[1]).toMatchObject({ id: 64900, address: 40070, length: 4 + 3 * 18 });
	});

	it.each<[string, number, GroupTable, RegExp]>([
		["id 0", 0, hub, /id: 0/],
		["the id of the end model", 65535, hub, /id: 65535/],
		["half an id", 64900.5, hub, /id: 64900\.5/],
		["an unknown type", 64900, { name: "x", points: [{ name: "A", type: "uint24" as "uint16" }] }, /A: "uint24"/],
		["a string without a size", 64900, { name: "x", points: [{ name: "A", type: "string" }] }, /A: nothing/],
		["a string too long", 64900, { name: "x", points: [{ name: "A", type: "string", size: 256 }] }, /A: 256/],
		[
			"a scale factor that is not there",
			64900,
			{ name: "x", points: [{ name: "A", type: "int16", sf: "B" }] },
			/A: "B"/,
		],
		["a scale factor that is none", 64900, { name: "x", points: [{ name: "A", type: "int16", sf: "A" }] }, /A: "A"/],
		["a bar in a name", 64900, { name: "x", points: [{ name: "A|B", type: "int16" }] }, /A\|B/],
		[
			"a line feed in a unit",
			64900,
			{ name: "x", points: [{ name: "A", type: "int16", units: "\n" + "W\nW" }] },
			/A: /,
		],
		[
			"a symbol with a comma",
			64900,
			{ name: "x", points: [{ name: "A", type: "enum16", symbols: [{ name: "A,B", value: 1 }] }] },
			/A,B/,
		],
		["a group with a dot", 64900, { name: "x", groups: [{ name: "a.b" }] }, /a\.b/],
	])("is refused with %s", (_name, id, table, message) => {
		expect(() => defineModel(id, table)).toThrow(message);
	});

	it("cannot be used when it is no model text", () => {
		expect(() => new Image([{ id: 64900, text: "nonsense" }])).toThrow(/not a model text/);
	});
});
