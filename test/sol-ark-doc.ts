/** How a table makes a point, in words for a page. */
import { pointPath } from "../modules/devices/points";
import {
	type Derived,
	type DeviceTable,
	findRow,
	modelPoint,
	pointNames,
	type Row,
	rowFirst,
	rowLast,
	rowSign,
} from "../modules/devices/table";

const path = (table: DeviceTable, name: string): string => pointPath(modelPoint(table, name));

/** Registers and conversion of a point; undefined for one the table does not give. */
export function origin(table: DeviceTable, point: string): { register: string; conversion: string } | undefined {
	const gives = (one: { point?: string | readonly string[] }): boolean =>
		pointNames(one.point).some((name) => path(table, name) === point);
	const rows = table.rows.filter(gives);
	if (rows.length > 0) {
		return {
			register: [...new Set(rows.map(registerOf))].join(", "),
			conversion: rows.map((row) => conversionOf(table, row)).join("; "),
		};
	}
	const derived = (table.derived ?? []).filter(gives);
	if (derived.length > 0) {
		const parts = [...new Set(derived.flatMap((one) => one.of.map((part) => partOf(table, part))))];
		return { register: parts.join(", "), conversion: derived.map((one) => makingOf(table, one)).join("; ") };
	}
	const fixed = Object.keys(table.fixed ?? {}).find((name) => path(table, name) === point);
	return fixed === undefined ? undefined : { register: "", conversion: "constant" };
}

function registerOf(row: Row): string {
	if (row.high !== undefined) return `${row.address} low, ${row.high} high`;
	const [first, last] = [rowFirst(row), rowLast(row)];
	return first === last ? `${first}` : `${first}-${last}`;
}

/** A register for "@row"; else the point's own name. */
function partOf(table: DeviceTable, part: string): string {
	return part[0] === "@" ? registerOf(findRow(table, part.slice(1))!) : part;
}

function conversionOf(table: DeviceTable, row: Row): string {
	const words: string[] = [];
	if (row.type === "bits")
		words.push(row.bits![1] === 1 ? `bit ${row.bits![0]}` : `${row.bits![1]} bits from ${row.bits![0]}`);
	if (row.type[0] === "s" && row.type !== "string") words.push("signed");
	if (row.map !== undefined) {
		const pairs = Object.entries(row.map).map(([raw, value]) => `${raw}: ${value}`);
		if (row.otherwise !== undefined) pairs.push(`else ${row.otherwise}`);
		words.push(`{${pairs.join(", ")}}`);
	}
	if (row.bitMap !== undefined) words.push("fault bits to alarm bits");
	if (row.texts !== undefined) words.push("names of the fault bits");
	if (row.k !== undefined) words.push(`x ${row.k}`);
	if (row.b !== undefined) words.push(row.b < 0 ? `- ${-row.b}` : `+ ${row.b}`);
	if (row.above !== undefined) {
		const { raw, k, b } = row.above;
		words.push(`above ${raw}: x ${k}${b === 0 ? "" : ` + ${b}`}`);
	}
	for (const ratio of row.times ?? []) words.push(`x (${findRow(table, ratio)!.address})`);
	if (rowSign(table, row) < 0) words.push("negated");
	if (row.notAvailable !== undefined) words.push(`${row.notAvailable.join(", ")} is none`);
	if (row.when !== undefined)
		words.push(`while ${findRow(table, row.when.row)!.address} is ${row.when.is.join(" or ")}`);
	if (row.write !== undefined) words.push("written");
	return words.join(", ") || "as it stands";
}

function makingOf(table: DeviceTable, one: Derived): string {
	const words: string[] = [
		{
			sum: "sum",
			mean: "mean",
			product: "product",
			min: "least",
			max: "greatest",
			total: "sum of those that are there",
			difference: "difference",
			ratio: "ratio",
			root: "root of the difference of squares",
			hypot: "root of the sum of squares",
			sign: "magnitude of the first, sign of the second",
			first: "the first that has a value",
			over: `1 above ${one.limit ?? 0}, else 0`,
			or: "bits that any has",
		}[one.by],
	];
	if (one.factors !== undefined) words.push(`with factors ${one.factors.join(", ")}`);
	if (one.k !== undefined && one.k !== 1) words.push(`x ${Number(one.k.toPrecision(6))}`);
	if (one.b !== undefined) words.push(`+ ${one.b}`);
	if (one.when !== undefined)
		words.push(`while ${findRow(table, one.when.row)!.address} is ${one.when.is.join(" or ")}`);
	return words.join(", ");
}

/** Why a point has no value, by its path; the first that fits. */
export const reasons: readonly (readonly [pattern: RegExp, reason: string])[] = [
	[/^701(#2)?\.TotVarh/, "reactive energy is counted nowhere"],
	[/^701(#2)?\.TmpSw$/, "the heat sink of the switches (91) is TmpSnk"],
	[/^701(#2)?\.TmpTrns$/, "register 90 is not used on the 15K"],
	[/^701(#2)?\.TmpAmb$/, "no such sensor (95 of Deye: its readers disagree what it is)"],
	[/^701(#2)?\.Tmp/, "no such sensor"],
	[/^701(#2)?\.TotWh(Inj|Abs)L/, "energies are not counted by leg"],
	[/^701(#2)?\.Throt/, "it does not say that or why it holds back"],
	[/^701(#2)?\.(LLV|VL\dL\d)$/, "one phase has no line voltage; three-phase models measure none"],
	[/^701(#2)?\.(W|VA|Var|PF|A|V)L[23]$/, "no such leg, or not measured by leg"],
	[/^701(#2)?\.(VA|Var|PF)L1$/, "not measured by leg"],
	[/^701#2\.(VA|Var|PF)$/, "not measured at the load (38 has no side)"],
	[/^701#2\.TotWhInj$/, "a load gives nothing back"],
	[/^701#2\.A(L\d)?$/, "Deye's three-phase map has no load current"],
	[/^701\.(VA|Var|PF)$/, "Deye's single-phase map has none"],
	[/^701(#2)?\.MnAlrmInfo$/, "no fault"],
	[/^702\.(W|VA|Var)?(Max)?(OvrExt|UndExt)|^702\.W(Ovr|Und)Ext/, "not stated"],
	[/^702\./, "not stated by the inverter"],
	[/^713\.SoH$/, "no register on 48 V models"],
	[/^714\.(PrtAlrms|Prt\[\d\]\.DCAlrm)$/, "faults are not told by port"],
	[/^714\.Prt\[\d\]\.DCWhInj$/, "only the sum of all inputs is counted (64910.WhPv)"],
	[/^714\.Prt\[\d\]\.DCWhAbs$/, "a panel takes nothing"],
	[/^714\.Prt\[\d\]\.Tmp$/, "no sensor at the input"],
	[/^802\.(Cell|NCyc|SoH|DoD|WarrDt)/, "the inverter passes on no cells, cycles or health"],
	[/^802\./, "not told by the inverter"],
];

export function reasonFor(point: string): string | undefined {
	return reasons.find(([pattern]) => pattern.test(point))?.[1];
}
