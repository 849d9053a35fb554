/** What is known of a device before its register list is typed in. */
export interface NewTable {
	maker: string;
	model: string;
	/** Made of maker and model when left out. */
	id?: string | undefined;
	kind: NewKind;
	/** Of a meter. */
	phases: 1 | 2 | 3;
	fc: 3 | 4;
	/** Of most registers. */
	type: "f32" | "32" | "16";
	wordOrder: "hi-lo" | "lo-hi";
	/** Address of the first row; the others follow it. */
	first: number;
	baud: number;
	parity: "none" | "even" | "odd";
	stop: 1 | 2;
	unit: number;
	/** Of a meter and an inverter: power counted as positive. */
	positive: "import" | "export";
	source: string;
	/** Where its types come from: "../table" in the catalogue, "gridpost/plugin" elsewhere. */
	types: string;
}

export type NewKind = "meter" | "environment" | "inverter" | "battery" | "solar";
export const kNewKinds: readonly NewKind[] = ["meter", "environment", "inverter", "battery", "solar"];

/** The formatter's; a tab counts as two. */
const kColumns = 120;

/** A row of a template: name, unit, points, plausible range; "s" where it has a sign. */
type Draft = readonly [
	name: string,
	unit: string,
	point: string | readonly string[],
	range?: string | undefined,
	signed?: "s",
];

interface Template {
	sunspec: string;
	fixed?: readonly string[];
	derived?: readonly string[];
	rows: readonly Draft[];
	direction: boolean;
}

/** "eastron-sdm230". */
export function idOf(maker: string, model: string): string {
	const words = `${maker} ${model}`.toLowerCase().replace(/[^a-z0-9]+/g, "-");
	return words.replace(/^-+|-+$/g, "").slice(0, 63);
}

/** "eastronSdm230". */
function exportName(id: string): string {
	const name = id.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
	return /^[0-9]/.test(name) ? `device${name}` : name;
}

/**
 * The text of a table file that type-checks, is valid and can be simulated as it stands: the points of its kind, on
 * consecutive registers, to be put where the device has them.
 */
export function newTable(device: NewTable): string {
	const id = device.id ?? idOf(device.maker, device.model);
	const { sunspec, fixed, derived, rows, direction } = template(device);
	let address = device.first;
	const lines = rows.map((row) => {
		const [line, words] = rowLine(row, address, device);
		address += words;
		return line;
	});
	const functions = device.fc === 3 ? "[3]" : "[3, 4]";
	return [
		`import type { DeviceTable } from ${JSON.stringify(device.types)};`,
		"",
		`export const ${exportName(id)}: DeviceTable = {`,
		`	id: ${JSON.stringify(id)},`,
		`	maker: ${JSON.stringify(device.maker)},`,
		`	model: ${JSON.stringify(device.model)},`,
		`	kind: "${device.kind}",`,
		`	sunspec: ${sunspec},`,
		...(fixed ? [fixedLines(fixed)] : []),
		...(derived ? ["	derived: [", ...derived.map((one) => `		${one},`), "	],"] : []),
		`	bus: { baud: ${device.baud}, parity: "${device.parity}", stop: ${device.stop}, unit: ${device.unit} },`,
		`	functions: ${functions},`,
		`	fc: ${device.fc},`,
		...(device.wordOrder === "lo-hi" ? ['	wordOrder: "lo-hi",'] : []),
		"	maxRead: 80,",
		...(direction ? [`	positive: "${device.kind === "battery" ? "discharge" : device.positive}",`] : []),
		"	rows: [",
		...lines,
		"	],",
		"	quirks: [],",
		`	sources: [${JSON.stringify(device.source)}],`,
		'	confidence: "unverified",',
		"};",
		"",
	].join("\n");
}

/** On one line, or a line each where that is too long. */
function fixedLines(fixed: readonly string[]): string {
	const line = `	fixed: { ${fixed.join(", ")} },`;
	return line.length + 1 <= kColumns ? line : ["	fixed: {", ...fixed.map((one) => `		${one},`), "	},"].join("\n");
}

function template({ kind, phases }: NewTable): Template {
	switch (kind) {
		case "meter":
			return phases === 1 ? singlePhase : polyphase(phases);
		case "environment":
			return { sunspec: "[1, 307]", direction: false, rows: weather };
		case "inverter":
			return inverter;
		case "battery":
			return battery;
		case "solar":
			return solar;
	}
}

const energies: readonly Draft[] = [
	["import_energy", "Wh", "TotWhImp"],
	["export_energy", "Wh", "TotWhExp"],
];
const singlePhase: Template = {
	sunspec: "[1, 211]",
	fixed: ["Evt: 0"],
	direction: true,
	rows: [
		["voltage", "V", ["PhV", "PhVphA"], "[50, 300]"],
		["current", "A", ["A", "AphA"], "[-100, 100]"],
		["active_power", "W", "W", "[-25000, 25000]", "s"],
		["apparent_power", "VA", "VA"],
		["reactive_power", "var", "VAR", undefined, "s"],
		["power_factor", "1", "PF", "[-1, 1]", "s"],
		["frequency", "Hz", "Hz", "[40, 70]"],
		...energies,
	],
};

function polyphase(phases: 2 | 3): Template {
	const names = ["A", "B", "C"].slice(0, phases);
	const pairs = phases === 3 ? ["AB", "BC", "CA"] : ["AB"];
	const of = (points: readonly string[]): string => points.map((point) => `"${point}"`).join(", ");
	const each = (prefix: string): string[] => names.map((name) => `${prefix}ph${name}`);
	return {
		sunspec: `[1, ${210 + phases}]`,
		fixed: ["Evt: 0"],
		derived: [
			`{ point: "A", by: "sum", of: [${of(each("A"))}] }`,
			`{ point: "PhV", by: "mean", of: [${of(each("PhV"))}] }`,
			...(phases === 3 ? ['{ point: "PPV", by: "mean", of: ["PPVphAB", "PPVphBC", "PPVphCA"] }'] : []),
		],
		direction: true,
		rows: [
			...names.map((name, i): Draft => [`voltage_l${i + 1}`, "V", `PhVph${name}`, "[50, 300]"]),
			...pairs.map((pair): Draft => {
				const row = `voltage_l${" ABC".indexOf(pair[0]!)}_l${" ABC".indexOf(pair[1]!)}`;
				return [row, "V", phases === 2 ? ["PPV", "PPVphAB"] : `PPVph${pair}`, "[80, 520]"];
			}),
			...names.map((name, i): Draft => [`current_l${i + 1}`, "A", `Aph${name}`, "[-6000, 6000]"]),
			["active_power", "W", "W", undefined, "s"],
			...names.map((name, i): Draft => [`active_power_l${i + 1}`, "W", `Wph${name}`, undefined, "s"]),
			["reactive_power", "var", "VAR", undefined, "s"],
			["power_factor", "1", "PF", "[-1, 1]", "s"],
			["frequency", "Hz", "Hz", "[40, 70]"],
			...energies,
		],
	};
}

const weather: readonly Draft[] = [
	["temperature", "C", "TmpAmb", "[-40, 85]", "s"],
	["humidity", "%", "RH", "[0, 100]"],
];

const dcScales = ['"714.DCV_SF": -1', '"714.DCA_SF": -2', '"714.DCWH_SF": 0'];
const inverter: Template = {
	sunspec: "[1, 701, { id: 714, repeats: { NPrt: 1 } }]",
	fixed: [
		"ACType: 0",
		"V_SF: -1",
		"A_SF: -2",
		"Hz_SF: -2",
		"PF_SF: -3",
		"Tmp_SF: -1",
		...dcScales,
		'"714.Prt[1].PrtTyp": 0',
	],
	direction: true,
	rows: [
		["output_power", "W", ["W", "WL1"], undefined, "s"],
		["ac_voltage", "V", ["LNV", "VL1"], "[50, 300]"],
		["ac_current", "A", ["A", "AL1"]],
		["apparent_power", "VA", "VA"],
		["reactive_power", "var", "Var", undefined, "s"],
		["frequency", "Hz", "Hz", "[40, 70]"],
		["energy_total", "Wh", "TotWhInj"],
		["temperature", "C", "TmpCab", "[-40, 120]", "s"],
		["pv_voltage", "V", "714.Prt[1].DCV"],
		["pv_current", "A", "714.Prt[1].DCA"],
		["pv_power", "W", "714.Prt[1].DCW"],
	],
};

const battery: Template = {
	sunspec: "[1, 713, { id: 714, repeats: { NPrt: 1 } }]",
	fixed: [...dcScales, '"714.Tmp_SF": -1', '"714.Prt[1].PrtTyp": 1'],
	direction: true,
	rows: [
		["state_of_charge", "%", "SoC", "[0, 100]"],
		["state_of_health", "%", "SoH", "[0, 100]"],
		["voltage", "V", "714.Prt[1].DCV", "[10, 1000]"],
		["current", "A", "714.Prt[1].DCA", undefined, "s"],
		["power", "W", ["714.DCW", "714.Prt[1].DCW"], undefined, "s"],
		["temperature", "C", "714.Prt[1].Tmp", "[-40, 100]", "s"],
	],
};

const solar: Template = {
	sunspec: "[1, { id: 714, repeats: { NPrt: 2 } }]",
	fixed: ["DCV_SF: -1", "DCA_SF: -2", "DCWH_SF: 0", '"Prt[1].PrtTyp": 0', '"Prt[2].PrtTyp": 1'],
	direction: false,
	rows: [
		["pv_voltage", "V", "Prt[1].DCV", "[0, 250]"],
		["pv_current", "A", "Prt[1].DCA", "[0, 200]"],
		["pv_power", "W", "Prt[1].DCW", "[0, 20000]"],
		["pv_energy", "Wh", "Prt[1].DCWhInj"],
		["battery_voltage", "V", "Prt[2].DCV", "[5, 100]"],
	],
};

/** Steps of registers that hold whole numbers, as most devices have them. */
const steps: Readonly<Record<string, number>> = { V: 0.1, A: 0.01, Hz: 0.01, "1": 0.001, C: 0.1, "%": 0.1, Wh: 10 };
const fastUnits = ["V", "A", "W"];

function rowLine(draft: Draft, address: number, { type, kind }: NewTable): [line: string, words: number] {
	const [name, unit, point, range, signed] = draft;
	const [own, words] = typeOf(type, unit, signed === "s");
	const k =
		type === "f32" ? (unit === "Wh" ? 1000 : undefined) : type === "16" || unit !== "W" ? steps[unit] : undefined;
	const fields = [`name: "${name}"`, `address: ${address}`, `type: "${own}"`];
	if (k !== undefined) fields.push(`k: ${k}`);
	fields.push(`unit: "${unit}"`);
	fields.push(`point: ${typeof point === "string" ? `"${point}"` : `[${point.map((one) => `"${one}"`).join(", ")}]`}`);
	fields.push(`poll: "${fastUnits.includes(unit) ? "fast" : "normal"}"`);
	if (range) fields.push(`range: ${range}`);
	// what flows at a DC port has nothing to do with the direction at the grid
	if (/714\.|^Prt/.test(String(point)) && unit === "W" && kind === "inverter") fields.push('positive: "discharge"');
	if (kind === "battery" && unit === "A") fields.push('positive: "discharge"');
	const line = `		{ ${fields.join(", ")} },`;
	// as the formatter has it: a row too long for one line has a line for each field
	if (line.length + 2 <= kColumns) return [line, words];
	return [["		{", ...fields.map((field) => `			${field},`), "		},"].join("\n"), words];
}

function typeOf(type: NewTable["type"], unit: string, signed: boolean): [type: string, words: number] {
	if (type === "f32") return ["f32", 2];
	if (type === "32" || unit === "Wh") return [signed ? "s32" : "u32", 2];
	return [signed ? "s16" : "u16", 1];
}
