import { describe, expect, it } from "vitest";
import { tablePoints } from "./table-points";
import { validateTable } from "./validate";

// biome-ignore lint/suspicious/noExplicitAny: the point is to write what the types forbid
type Loose = any;

/** An inverter's table with something of everything that meters do not have. */
function good(): Loose {
	return {
		id: "acme-hybrid",
		maker: "Acme",
		model: "Hybrid",
		kind: "inverter",
		sunspec: [1, 701, 701, 702, { id: 714, repeats: { NPrt: 2 } }, 802],
		fixed: { "701.W_SF": 0, "714.Prt[1].IDStr": "PV" },
		derived: [
			{ point: "PF", by: "sign", of: ["@pf", "W"] },
			{ point: "LLV", by: "sum", of: ["VL1", "VL2"], factors: [1, 1], when: { row: "grid_type", is: [1] } },
			{ point: "714.Prt[1].DCSta", by: "over", of: ["714.Prt[1].DCW"], limit: 10 },
		],
		controls: [
			{ ability: "limitW", row: "limit", percentOf: "702.WMaxRtg" },
			{ ability: "chargeLimitW", row: "charge", dividedBy: "@battery_voltage" },
			{ ability: "energize", row: "switch", free: 1 },
		],
		eeprom: true,
		bus: { baud: 9600, parity: "none", stop: 1, unit: 1 },
		functions: [3, 16],
		fc: 3,
		wordOrder: "lo-hi",
		maxRead: 20,
		blocks: [[70, 90]],
		positive: "import",
		rows: [
			/* 0 */ {
				name: "grid_type",
				address: 86,
				type: "u16",
				unit: "code",
				poll: "slow",
				map: { 0: 0, 1: 1 },
				point: "ACType",
			},
			/* 1 */ {
				name: "total",
				address: 78,
				high: 80,
				type: "u32",
				k: 100,
				unit: "Wh",
				poll: "slow",
				point: "TotWhAbs",
			},
			/* 2 */ { name: "hz", address: 79, type: "u16", k: 0.01, unit: "Hz", poll: "fast", point: "Hz" },
			/* 3 */ {
				name: "faults",
				address: 103,
				type: "u64",
				unit: "code",
				poll: "slow",
				point: "Alrm",
				bitMap: [
					[60, 6],
					[3, 0],
				],
			},
			/* 4 */ {
				name: "texts",
				again: "faults",
				address: 103,
				type: "u64",
				unit: "text",
				poll: "slow",
				point: "MnAlrmInfo",
				texts: { 60: "F61" },
			},
			/* 5 */ {
				name: "pf",
				address: 110,
				type: "s16",
				k: 0.001,
				unit: "1",
				poll: "fast",
				above: { raw: 1000, k: -0.001, b: 2 },
			},
			/* 6 */ { name: "power", address: 120, type: "s16", unit: "W", poll: "fast", point: "W", times: ["step"] },
			/* 7 */ { name: "step", address: 54, type: "u16", unit: "1", poll: "once", map: { 10: 10 }, otherwise: 1 },
			/* 8 */ { name: "l1", address: 130, type: "u16", k: 0.1, unit: "V", poll: "fast", point: "VL1" },
			/* 9 */ {
				name: "l2",
				address: 131,
				type: "u16",
				k: 0.1,
				unit: "V",
				poll: "fast",
				point: "VL2",
				when: { row: "grid_type", is: [1] },
			},
			/* 10 */ {
				name: "battery",
				address: 140,
				type: "s16",
				unit: "W",
				poll: "fast",
				point: ["714.Prt[2].DCW", "802.W"],
				positive: "discharge",
			},
			/* 11 */ { name: "pv", address: 141, type: "u16", unit: "W", poll: "fast", point: "714.Prt[1].DCW" },
			/* 12 */ { name: "rated", address: 142, type: "u32", unit: "W", poll: "once", point: "702.WMaxRtg" },
			/* 13 */ { name: "battery_voltage", address: 144, type: "u16", k: 0.01, unit: "V", poll: "normal" },
			/* 14 */ {
				name: "limit",
				address: 150,
				type: "u16",
				k: 0.1,
				unit: "%",
				access: "rw",
				write: { fc: 16, min: 0, max: 120 },
			},
			/* 15 */ {
				name: "charge",
				address: 151,
				type: "u16",
				unit: "A",
				access: "rw",
				write: { fc: 16, min: 0, max: 185 },
			},
			/* 16 */ {
				name: "switch",
				address: 152,
				type: "u16",
				unit: "code",
				access: "rw",
				map: { 0: 1, 1: 0 },
				write: { fc: 16, min: 0, max: 1 },
			},
		],
		quirks: [],
		sources: ["none"],
		confidence: "unverified",
	};
}

it("takes a right table", () => {
	expect(validateTable(good(), tablePoints)).toEqual([]);
});

it.each([
	["battery", "charge", [1, 713, 802]],
	["battery", "discharge", [1, 803]],
	["inverter", "export", [1, 103]],
	["solar", undefined, [1, 160]],
	["solar", undefined, [1, 64111]],
])("takes a %s that counts %s as positive, with models %j", (kind, positive, sunspec) => {
	const rows = [{ name: "x", address: 1, type: "u16", unit: "code" }];
	const table = { ...good(), kind, positive, sunspec, rows, fixed: undefined, derived: undefined, controls: undefined };
	expect(validateTable(table, tablePoints)).toEqual([]);
});

/** What is broken, where the problem is reported, and words of its message. */
const broken: readonly [what: string, spoil: (table: Loose) => void, place: string, words: RegExp][] = [
	["inverter without direction", (t) => delete t.positive, "positive", /"import" or "export"/],
	["inverter that charges", (t) => (t.positive = "charge"), "positive", /"import" or "export"/],
	["battery that imports", (t) => (t.kind = "battery"), "positive", /"charge" or "discharge"/],
	["charge controller with a direction", (t) => (t.kind = "solar"), "positive", /no signed power/],
	["inverter without its model", (t) => (t.sunspec = [1, 702, 802]), "sunspec", /101.*701/],
	["model without id", (t) => (t.sunspec[4] = { repeats: 2 }), "sunspec[4].id", /whole number/],
	["repeats no count", (t) => (t.sunspec[4] = { id: 714, repeats: "2" }), "sunspec[4].repeats", /whole number/],
	["repeats below 0", (t) => (t.sunspec[4] = { id: 714, repeats: { NPrt: -1 } }), "sunspec[4].repeats.NPrt", /0 to/],
	["model setting misspelt", (t) => (t.sunspec[4] = { id: 714, repeat: 2 }), "sunspec[4].repeat", /repeats/],
	["model nobody knows", (t) => t.sunspec.push(65000), "sunspec", /65000/],
	["eeprom a word", (t) => (t.eeprom = "yes"), "eeprom", /true or false/],
	["fixed number as text", (t) => (t.fixed["701.W_SF"] = "0"), "fixed.701.W_SF", /number/],
	["fixed text as number", (t) => (t.fixed["714.Prt[1].IDStr"] = 1), "fixed.714.Prt[1].IDStr", /text/],
	["fixed group not there", (t) => (t.fixed["714.Prt[3].ID"] = 3), "fixed", /no such point/],

	["third of two models", (t) => (t.rows[6].point = "701#3.W"), "rows[6] power.point", /models are 1, 701, 701/],
	["point of group without group", (t) => (t.rows[11].point = "714.IDStr"), "rows[11] pv.point", /no such point/],
	["point twice by two spellings", (t) => (t.rows[11].point = "701.W"), "rows[11] pv.point", /rows\[6\] power gives/],
	["DC port by the grid's direction", (t) => delete t.rows[10].positive, "rows[10] battery.positive", /no grid/],
	["direction of a voltage", (t) => (t.rows[8].positive = "export"), "rows[8] l1.positive", /only W, var and A/],
	["direction made up", (t) => (t.rows[10].positive = "out"), "rows[10] battery.positive", /"discharge"/],

	["high of a u16", (t) => (t.rows[2].high = 81), "rows[2] hz.high", /u32 or s32/],
	["high beyond the map", (t) => (t.rows[1].high = 70_000), "rows[1] total.high", /65535/],
	["high beside low", (t) => (t.rows[1].high = 79), "rows[1] total.high", /address 78 with wordOrder "lo-hi"/],
	["high below low", (t) => (t.rows[1].high = 77), "rows[1] total.high", /address 77 with wordOrder "hi-lo"/],
	["high is low", (t) => (t.rows[1].high = 78), "rows[1] total.high", /another register/],
	["high and word order", (t) => (t.rows[1].wordOrder = "lo-hi"), "rows[1] total.wordOrder", /say which/],
	["high too far for one read", (t) => (t.rows[1].high = 99), "rows[1] total.type", /22 registers; one read takes 20/],
	["high in another row", (t) => (t.rows[2].address = 80), "rows[2] hz.address", /total holds 78 and 80 already/],
	[
		"between the words nobody answers",
		(t) => Object.assign(t, { blocks: undefined }).rows.splice(2, 1),
		"rows[1] total.high",
		/79/,
	],
	["between the words forbidden", (t) => (t.never = [[79, 79]]), "rows[1] total.address", /never be read/],
	["high across a block's border", (t) => (t.blocks = [[70, 79]]), "rows[1] total.address", /crosses the border/],

	["same registers twice", (t) => delete t.rows[4].again, "rows[4] texts.address", /faults holds 103 to 106 already/],
	["again a row not there", (t) => (t.rows[4].again = "alarms"), "rows[4] texts.again", /no such row/],
	["again a number", (t) => (t.rows[4].again = 103), "rows[4] texts.again", /name of a row/],
	["again more than it has", (t) => (t.rows[4].address = 104), "rows[4] texts.again", /103 to 106 only/],
	[
		"again of again",
		(t) => t.rows.push({ name: "x", again: "texts", address: 103, type: "u16", unit: "code" }),
		"rows[17] x.again",
		/for itself/,
	],

	["map and k", (t) => (t.rows[0].k = 2), "rows[0] grid_type.k", /map gives/],
	["map of a float", (t) => (t.rows[0].type = "f32"), "rows[0] grid_type.map", /whole numbers/],
	["map empty", (t) => (t.rows[0].map = {}), "rows[0] grid_type.map", /1 to 64/],
	["map of names", (t) => (t.rows[0].map = { one: 1 }), "rows[0] grid_type.map", /whole number/],
	["map to text", (t) => (t.rows[0].map = { 0: "single" }), "rows[0] grid_type.map.0", /number/],
	["map of a counter", (t) => (t.rows[1].map = { 0: 0 }), "rows[1] total.map", /only scaled/],
	["map and bits", (t) => (t.rows[3].map = { 0: 0 }), "rows[3] faults.bitMap", /already/],
	["otherwise text", (t) => (t.rows[7].otherwise = "1"), "rows[7] step.otherwise", /number/],
	["otherwise for nothing", (t) => (t.rows[2].otherwise = 50), "rows[2] hz.otherwise", /map, or for a ratio/],
	["bit beyond the row", (t) => (t.rows[3].bitMap[0] = [64, 6]), "rows[3] faults.bitMap[0][0]", /0 to 63/],
	["bit beyond the point", (t) => (t.rows[3].bitMap[0] = [60, 31]), "rows[3] faults.bitMap[0][1]", /0 to 30/],
	["bit alone", (t) => (t.rows[3].bitMap[0] = [60]), "rows[3] faults.bitMap[0]", /entries/],
	["bits of a signed row", (t) => (t.rows[3].type = "s64"), "rows[3] faults.bitMap", /u16, u32, u64/],
	["bits in %", (t) => (t.rows[3].unit = "%"), "rows[3] faults.bitMap", /"code"/],
	["texts without the unit", (t) => (t.rows[4].unit = "code"), "rows[4] texts.unit", /"text"/],
	["texts of bits not there", (t) => (t.rows[4].texts = { 64: "F65" }), "rows[4] texts.texts", /0 to 63/],
	["texts too long", (t) => (t.rows[4].texts = { 60: "x".repeat(49) }), "rows[4] texts.texts.60", /1 to 48/],
	["texts a list", (t) => (t.rows[4].texts = ["F01"]), "rows[4] texts.texts", /object/],
	["above without k", (t) => delete t.rows[5].above.k, "rows[5] pf.above.k", /number/],
	["above with k 0", (t) => (t.rows[5].above.k = 0), "rows[5] pf.above.k", /other than 0/],
	["above misspelt", (t) => (t.rows[5].above.row = 1), "rows[5] pf.above.row", /raw/],

	["when of a row not there", (t) => (t.rows[9].when.row = "type"), "rows[9] l2.when.row", /no such row/],
	["when of a row not read", (t) => (t.rows[9].when.row = "limit"), "rows[9] l2.when.row", /not read/],
	["when of nothing", (t) => (t.rows[9].when.is = []), "rows[9] l2.when.is", /0 entries/],
	["when is a number", (t) => (t.rows[9].when.is = 1), "rows[9] l2.when.is", /list/],
	["when within when", (t) => (t.rows[0].when = { row: "hz", is: [1] }), "rows[9] l2.when.row", /no other/],
	["one point under conditions that overlap", sameCondition([1, 2]), "rows[9] l2.point", /rows\[8\] l1 gives it/],

	["derived by nothing", (t) => (t.derived[0].by = "median"), "derived[0].by", /"sum", "mean", "product"/],
	["sign of one", (t) => (t.derived[0].of = ["W"]), "derived[0].of", /2 to 2/],
	["part no row has", (t) => (t.derived[0].of[0] = "@phi"), "derived[0].of", /no such row/],
	["part not read", (t) => (t.derived[0].of[0] = "@limit"), "derived[0].of", /not read/],
	["part that is text", (t) => (t.derived[0].of[0] = "@texts"), "derived[0].of", /text/],
	["part made later", (t) => (t.derived[0].of[1] = "LLV"), "derived[0].of", /no row gives/],
	["part no point", (t) => (t.derived[0].of[1] = 7), "derived[0].of", /@ and the name/],
	["derived point no name", (t) => (t.derived[0].point = "P F"), "derived[0].point", /SunSpec point/],
	["derived point unknown", (t) => (t.derived[0].point = "cosPhi"), "derived", /no such point/],
	["derived twice", (t) => t.derived.push({ ...t.derived[0] }), "derived[3].point", /derived\[0\] gives it/],
	["one factor for two", (t) => (t.derived[1].factors = [1]), "derived[1].factors", /2 to 2/],
	["factor text", (t) => (t.derived[1].factors = [1, "2"]), "derived[1].factors[1]", /number/],
	["derived k 0", (t) => (t.derived[1].k = 0), "derived[1].k", /other than 0/],
	["limit of a sum", (t) => (t.derived[1].limit = 3), "derived[1].limit", /only "over"/],
	["over without limit", (t) => delete t.derived[2].limit, "derived[2].limit", /number/],
	["derived when of nobody", (t) => (t.derived[1].when.row = "type"), "derived[1].when.row", /no such row/],
	["derived when no object", (t) => (t.derived[1].when = "split"), "derived[1].when", /object/],

	[
		"controls of a meter",
		(t) => Object.assign(t, { kind: "meter", sunspec: [1, 701, 701, 702, t.sunspec[4], 802, 211] }),
		"controls",
		/has none/,
	],
	["control of nothing", (t) => (t.controls[0].ability = "limit"), "controls[0].ability", /"limitW"/],
	["control without row", (t) => (t.controls[0].row = "lim"), "controls[0].row", /no such row/],
	["control of a row that is read", (t) => (t.controls[0].row = "hz"), "controls[0].row", /not written/],
	[
		"percent of nobody's point",
		(t) => (t.controls[0].percentOf = "702.VAMaxRtg"),
		"controls[0].percentOf",
		/no row gives/,
	],
	["percent of a switch", (t) => (t.controls[2].percentOf = "702.WMaxRtg"), "controls[2].percentOf", /no power/],
	["divided by an unread row", (t) => (t.controls[1].dividedBy = "@charge"), "controls[1].dividedBy", /not read/],
	["control k 0", (t) => (t.controls[0].k = 0), "controls[0].k", /other than 0/],
	["given back out of range", (t) => (t.controls[1].free = 200), "controls[1].free", /charge: 200 .* 0 to 185/],
	["given back between steps", (t) => (t.controls[1].active = 0.5), "controls[1].active", /multiple/],
	["control misspelt", (t) => (t.controls[0].percentof = "W"), "controls[0].percentof", /percentOf/],
	["one row for two", (t) => (t.controls[1].row = "limit"), "controls[1].row", /limitW writes it already/],

	["write of a split number", (t) => writable(t.rows[1]), "rows[1] total.write", /not in one request/],
	["write of mapped bits", (t) => writable(t.rows[3]), "rows[3] faults.write", /several registers/],
	[
		"write of an ambiguous map",
		(t) => (t.rows[16].map = { 0: 1, 1: 0, 2: 1 }),
		"rows[16] switch.write",
		/0 and 2 .* both mean 1/,
	],
];

function writable(row: Loose): void {
	Object.assign(row, { access: "rw", write: { fc: 16, min: 0, max: 9 } });
}

function sameCondition(is: readonly number[]): (table: Loose) => void {
	return (table) => Object.assign(table.rows[8], { point: "VL2", when: { row: "grid_type", is } });
}

describe("a broken table is refused with row, field, value and what is allowed", () => {
	it.each(broken)("%s", (_what, spoil, place, words) => {
		const table = good();
		spoil(table);
		const problems = validateTable(table, tablePoints);
		expect(problems.map((one) => one.place)).toContain(place);
		const own = problems.filter((one) => one.place === place);
		expect(own.map((one) => one.message).join("\n")).toMatch(words);
	});
});

it("lets two rows give one point under conditions that never hold at once", () => {
	const table = good();
	sameCondition([2, 3])(table);
	table.derived.splice(1, 1);
	expect(validateTable(table, tablePoints)).toEqual([]);
});

it("takes a limit in percent of the site's rating where the table has no model of ratings", () => {
	const table = good();
	table.sunspec = table.sunspec.filter((model: unknown) => model !== 702);
	table.rows[12].point = undefined;
	expect(validateTable(table, tablePoints)).toEqual([]);
	table.controls[0].percentOf = "702.VAMaxRtg";
	expect(validateTable(table, tablePoints).map((one) => one.place)).toEqual(["controls[0].percentOf"]);
});

it("lets two abilities share a switch, each with its own setting of it", () => {
	const table = good();
	table.controls.push({ ability: "pf", row: "switch", active: 1 }, { ability: "setVar", row: "switch", active: 0 });
	table.controls.splice(2, 1);
	expect(validateTable(table, tablePoints)).toEqual([]);
});
