import { describe, expect, it } from "vitest";
import { GridpostError } from "../base/errors";
import { allTables } from "./generated/tables";
import type { DeviceTable } from "./table";
import { tablePoints } from "./table-points";
import { acceptTable, validateTable } from "./validate";

// biome-ignore lint/suspicious/noExplicitAny: the point is to write what the types forbid
type Loose = any;

function good(): Loose {
	return {
		id: "acme-one",
		maker: "Acme",
		model: "One",
		kind: "meter",
		sunspec: [1, 211],
		fixed: { Evt: 0 },
		derived: [{ point: "PhV", by: "mean", of: ["PhVphA"] }],
		bus: { baud: 9600, parity: "none", stop: 1, unit: 1 },
		functions: [1, 3, 4, 5, 6, 16],
		fc: 3,
		maxRead: 20,
		blocks: [[0, 30]],
		never: [[40, 41]],
		positive: "import",
		rows: [
			{ name: "voltage", address: 0, type: "u16", k: 0.1, unit: "V", point: "PhVphA", poll: "fast", range: [50, 300] },
			{ name: "power", address: 2, type: "s32", unit: "W", point: "W", poll: "fast", times: ["ratio"] },
			{ name: "energy", address: 4, type: "u32", k: 10, unit: "Wh", point: "TotWhImp", poll: "normal" },
			{ name: "ratio", address: 6, type: "u16", unit: "1", poll: "once" },
			{ name: "serial", address: 8, type: "string", words: 8, unit: "text", point: "1.SN", poll: "once" },
			{ name: "limit", address: 50, type: "u16", unit: "A", access: "rw", write: { fc: 6, min: 6, max: 32 } },
			{ name: "relay", address: 0, fc: 1, type: "bit", unit: "code", access: "rw", write: { fc: 5, min: 0, max: 1 } },
			{ name: "fault_low", address: 60, type: "bits", bits: [0, 4], unit: "code" },
			{ name: "fault_high", address: 60, type: "bits", bits: [4, 4], unit: "code" },
			{ name: "angle", address: 16, type: "f32", unit: "deg", notAvailable: [Number.NaN] },
		],
		quirks: ["none known"],
		sources: ["acme/manual.pdf"],
		confidence: "one",
	};
}

it("takes a right table, and every table of the catalogue", () => {
	expect(validateTable(good(), tablePoints)).toEqual([]);
	for (const table of allTables) expect(validateTable(table, tablePoints), table.id).toEqual([]);
});

/** What is broken, where the problem is reported, and words of its message. */
const broken: readonly [what: string, spoil: (table: Loose) => void, place: string, words: RegExp][] = [
	["id with capitals", (t) => (t.id = "Acme One"), "id", /small letters/],
	["id missing", (t) => delete t.id, "id", /nothing is not allowed/],
	["maker empty", (t) => (t.maker = " "), "maker", /1 to 32/],
	["maker too long", (t) => (t.maker = "x".repeat(33)), "maker", /1 to 32/],
	["model a number", (t) => (t.model = 630), "model", /630/],
	["unknown kind", (t) => (t.kind = "toaster"), "kind", /"meter", "environment"/],
	["sunspec empty", (t) => (t.sunspec = []), "sunspec", /0 entries/],
	["sunspec without the common model", (t) => (t.sunspec = [211, 1]), "sunspec[0]", /common model/],
	["sunspec no meter", (t) => (t.sunspec = [1, 307]), "sunspec", /211/],
	["sunspec text", (t) => (t.sunspec = [1, "211"]), "sunspec[1]", /whole number/],
	["sign not stated", (t) => delete t.positive, "positive", /which power/],
	["sign unknown", (t) => (t.positive = "both"), "positive", /both/],
	["fixed a list", (t) => (t.fixed = [0]), "fixed", /object/],
	["fixed text", (t) => (t.fixed = { Evt: "0" }), "fixed.Evt", /number/],
	["fixed a truth", (t) => (t.fixed = { Evt: true }), "fixed.Evt", /number or text/],
	["fixed unknown point", (t) => (t.fixed = { Event: 0 }), "fixed", /no such point/],
	["quirks missing", (t) => delete t.quirks, "quirks", /list/],
	["no source", (t) => (t.sources = []), "sources", /0 entries/],
	["source a number", (t) => (t.sources = [7]), "sources[0]", /text/],
	["confidence made up", (t) => (t.confidence = "sure"), "confidence", /unverified/],
	["setting misspelt", (t) => (t.maxread = 3), "maxread", /did you mean "maxRead"/],
	["bus missing", (t) => delete t.bus, "bus", /object/],
	["baud odd", (t) => (t.bus.baud = 9601), "bus.baud", /9600/],
	["parity short", (t) => (t.bus.parity = "E"), "bus.parity", /"even"/],
	["three stop bits", (t) => (t.bus.stop = 3), "bus.stop", /one of 1, 2/],
	["unit 0", (t) => (t.bus.unit = 0), "bus.unit", /1 to 255/],
	["time-out of nothing", (t) => (t.bus.timeoutMs = 0), "bus.timeoutMs", /10 to 10000 ms/],
	["functions empty", (t) => (t.functions = []), "functions", /entries/],
	["function 7", (t) => (t.functions = [3, 7]), "functions[1]", /one of/],
	["fc not answered", (t) => (t.fc = 2), "fc", /answers only/],
	["fc 5", (t) => (t.fc = 5), "fc", /one of 1, 2, 3, 4/],
	["word order big", (t) => (t.wordOrder = "big"), "wordOrder", /"hi-lo", "lo-hi"/],
	["maxRead 126", (t) => (t.maxRead = 126), "maxRead", /1 to 125/],
	["maxRead missing", (t) => delete t.maxRead, "maxRead", /1 to 125/],
	["align 3", (t) => (t.align = 3), "align", /one of 1, 2/],
	["block backwards", (t) => (t.blocks = [[30, 0]]), "blocks[0]", /must not lie before/],
	["block of one number", (t) => (t.blocks = [[30]]), "blocks[0]", /entries/],
	["never beyond the map", (t) => (t.never = [[0, 65536]]), "never[0][1]", /65535/],
	["derived a number", (t) => (t.derived = 3), "derived", /list/],
	["derived by median", (t) => (t.derived[0].by = "median"), "derived[0].by", /"sum", "mean"/],
	["derived of a point nobody gives", (t) => (t.derived[0].of = ["PhVphB"]), "derived[0].of", /no row gives/],
	["derived point a row gives", (t) => (t.derived[0].point = "W"), "derived[0].point", /already/],
	["no rows", (t) => (t.rows = []), "rows", /0 entries/],
	["rows an object", (t) => (t.rows = {}), "rows", /list/],
	["row no object", (t) => (t.rows[3] = 12), "rows[3]", /object/],
	["row name missing", (t) => delete t.rows[0].name, "rows[0].name", /small letters/],
	["row name twice", (t) => (t.rows[1].name = "voltage"), "rows[1] voltage.name", /rows\[0\] voltage has it already/],
	["address negative", (t) => (t.rows[0].address = -1), "rows[0] voltage.address", /0 to 65535/],
	["address as text", (t) => (t.rows[0].address = "0x0"), "rows[0] voltage.address", /whole number/],
	["address 40001", (t) => (t.rows[0].address = 70_001), "rows[0] voltage.address", /65535/],
	["row past the end", (t) => (t.rows[1].address = 65_535), "rows[1] power.address", /end at 65535/],
	[
		"row fc 4 to a device without",
		(t) => {
			t.functions = [1, 3, 5, 6];
			t.rows[0].fc = 4;
		},
		"rows[0] voltage.fc",
		/answers only/,
	],
	["type float", (t) => (t.rows[0].type = "float"), "rows[0] voltage.type", /"f32"/],
	["type missing", (t) => delete t.rows[0].type, "rows[0] voltage.type", /one of/],
	["bit in registers", (t) => (t.rows[0].type = "bit"), "rows[0] voltage.type", /reads registers/],
	["register among coils", (t) => (t.rows[6].type = "u16"), "rows[6] relay.type", /reads bits/],
	["string without length", (t) => delete t.rows[4].words, "rows[4] serial.words", /1 to 64/],
	["words of a number", (t) => (t.rows[0].words = 2), "rows[0] voltage.words", /knows its own size/],
	["string longer than a read", (t) => (t.maxRead = 4), "rows[4] serial.type", /8 registers; one read takes 4/],
	["string with unit V", (t) => (t.rows[4].unit = "V"), "rows[4] serial.unit", /"text"/],
	["bits missing", (t) => delete t.rows[7].bits, "rows[7] fault_low.bits", /list/],
	["bits too many", (t) => (t.rows[7].bits = [20, 20]), "rows[7] fault_low.bits", /within 32/],
	["bits of a number", (t) => (t.rows[0].bits = [0, 1]), "rows[0] voltage.bits", /only a "bits" row/],
	["bits that overlap", (t) => (t.rows[8].bits = [3, 4]), "rows[8] fault_high.address", /already/],
	["word order of a row", (t) => (t.rows[1].wordOrder = "lo"), "rows[1] power.wordOrder", /hi-lo/],
	["byte order of a row", (t) => (t.rows[1].byteOrder = "swap"), "rows[1] power.byteOrder", /"little"/],
	["k = 0", (t) => (t.rows[0].k = 0), "rows[0] voltage.k", /other than 0/],
	["k text", (t) => (t.rows[0].k = "0.1"), "rows[0] voltage.k", /other than 0/],
	["k not finite", (t) => (t.rows[0].k = Number.POSITIVE_INFINITY), "rows[0] voltage.k", /other than 0/],
	["k of a text", (t) => (t.rows[4].k = 2), "rows[4] serial.k", /not scaled/],
	["b text", (t) => (t.rows[0].b = "40"), "rows[0] voltage.b", /number/],
	["unit missing", (t) => delete t.rows[0].unit, "rows[0] voltage.unit", /missing/],
	["unit volts", (t) => (t.rows[0].unit = "volts"), "rows[0] voltage.unit", /one of/],
	["energy in kWh", (t) => (t.rows[2].unit = "kWh"), "rows[2] energy.unit", /k 1000 times larger/],
	["power in kW", (t) => (t.rows[1].unit = "kW"), "rows[1] power.unit", /k 1000 times larger/],
	["energy in W", (t) => (t.rows[2].unit = "W"), "rows[2] energy.point", /Wh, the row in W/],
	["counter that falls", (t) => (t.rows[2].k = -10), "rows[2] energy.k", /rises/],
	["access all", (t) => (t.rows[0].access = "all"), "rows[0] voltage.access", /"rw"/],
	["poll often", (t) => (t.rows[0].poll = "often"), "rows[0] voltage.poll", /"once"/],
	[
		"poll of what is only written",
		(t) => {
			t.rows[5].access = "w";
			t.rows[5].poll = "fast";
		},
		"rows[5] limit.poll",
		/only written/,
	],
	["point without poll", (t) => delete t.rows[0].poll, "rows[0] voltage.poll", /how often/],
	["point unknown", (t) => (t.rows[0].point = "PhVphD"), "rows[0] voltage.point", /no such point/],
	["point of a model not had", (t) => (t.rows[0].point = "213.PhVphA"), "rows[0] voltage.point", /models are 1, 211/],
	["point with blanks", (t) => (t.rows[0].point = "Ph V"), "rows[0] voltage.point", /SunSpec point/],
	["point in another unit", (t) => (t.rows[0].point = "A"), "rows[0] voltage.point", /in A, the row in V/],
	["point without a unit", (t) => (t.rows[0].point = "Evt"), "rows[0] voltage.point", /in no unit, the row in V/],
	["point given twice", (t) => (t.rows[1].point = "TotWhImp"), "rows[2] energy.point", /already/],
	["range backwards", (t) => (t.rows[0].range = [300, 50]), "rows[0] voltage.range", /below/],
	["range of one", (t) => (t.rows[0].range = [300]), "rows[0] voltage.range", /entries/],
	["sentinel text", (t) => (t.rows[0].notAvailable = ["ffff"]), "rows[0] voltage.notAvailable[0]", /number/],
	[
		"sentinel that no integer has",
		(t) => (t.rows[0].notAvailable = [Number.NaN]),
		"rows[0] voltage.notAvailable[0]",
		/number/,
	],
	["overlap", (t) => (t.rows[3].address = 3), "rows[3] ratio.address", /rows\[1\] power holds 2 to 3/],
	["forbidden register", (t) => (t.rows[5].address = 40), "rows[5] limit.address", /never be read/],
	["across a block's border", (t) => (t.rows[2].address = 30), "rows[2] energy.address", /crosses the border/],
	[
		"odd address of an aligned device",
		(t) => {
			t.align = 2;
			t.blocks = undefined;
		},
		"rows[0] voltage.address",
		/multiples of 2/,
	],
	["ratio not there", (t) => (t.rows[1].times = ["ct"]), "rows[1] power.times", /no such row/],
	["ratio read often", (t) => (t.rows[3].poll = "fast"), "rows[3] ratio.poll", /"once"/],
	["ratio a number", (t) => (t.rows[1].times = [40]), "rows[1] power.times[0]", /name of a row/],
	["writable without rule", (t) => delete t.rows[5].write, "rows[5] limit.write", /function, min and max/],
	["rule on a read-only row", (t) => delete t.rows[5].access, "rows[5] limit.write", /"rw"/],
	["write function not had", (t) => (t.rows[5].write.fc = 15), "rows[5] limit.write.fc", /answers only/],
	["write function 3", (t) => (t.rows[5].write.fc = 3), "rows[5] limit.write.fc", /one of 5, 6, 15, 16/],
	[
		"one register for two",
		(t) => {
			t.rows[5].type = "u32";
			t.rows[5].write.fc = 6;
		},
		"rows[5] limit.write.fc",
		/one register/,
	],
	["coil function for a register", (t) => (t.rows[5].write.fc = 5), "rows[5] limit.write.fc", /does not write/],
	[
		"write of a bit field",
		(t) => Object.assign(t.rows[7], { access: "rw", write: { fc: 16, min: 0, max: 3 } }),
		"rows[7] fault_low.write",
		/overwritten/,
	],
	["min above max", (t) => (t.rows[5].write.min = 40), "rows[5] limit.write", /below/],
	["max missing", (t) => delete t.rows[5].write.max, "rows[5] limit.write max", /number/],
	["allowed outside", (t) => (t.rows[5].write.allowed = [6, 64]), "rows[5] limit.write.allowed[1]", /6 to 32/],
	["note too long", (t) => (t.rows[0].note = "x".repeat(201)), "rows[0] voltage.note", /200/],
	["row setting misspelt", (t) => (t.rows[0].scale = 0.1), "rows[0] voltage.scale", /no such setting/],
];

describe("a broken table is refused with row, field, value and what is allowed", () => {
	it.each(broken)("%s", (_what, spoil, place, words) => {
		const table = good();
		spoil(table);
		const problems = validateTable(table, tablePoints);
		expect(problems.map((one) => one.place)).toContain(place);
		expect(
			problems
				.filter((one) => one.place === place)
				.map((one) => one.message)
				.join("\n"),
		).toMatch(words);
	});

	it.each([[null], [undefined], [7], ["table"], [[]], [{}]])("%j is no table", (value) => {
		expect(validateTable(value).length).toBeGreaterThan(0);
	});

	it("names all problems at once", () => {
		const table = good();
		table.rows[0].k = 0;
		table.rows[1].unit = "kW";
		table.bus.baud = 1;
		expect(validateTable(table).map((one) => one.place)).toEqual([
			"bus.baud",
			"rows[0] voltage.k",
			"rows[1] power.unit",
		]);
	});
});

it("acceptTable throws one error that names the file and every problem", () => {
	const table = good();
	table.rows[0].k = 0;
	table.rows[1].unit = "kW";
	let caught: unknown;
	try {
		acceptTable(table, "plugins/acme.json", tablePoints);
	} catch (error) {
		caught = error;
	}
	expect(caught).toBeInstanceOf(GridpostError);
	expect((caught as GridpostError).code).toBe("bad-table");
	expect((caught as GridpostError).message).toBe(
		"plugins/acme.json has 2 problems:\n" +
			"  rows[0] voltage.k: 0 is not allowed; it must be a number other than 0 (value = raw * k + b)\n" +
			'  rows[1] power.unit: "kW" is not allowed; write W (k 1000 times larger)',
	);
	const right = good() as DeviceTable;
	expect(acceptTable(right, "plugins/acme.json", tablePoints)).toBe(right);
});
