import type { WatchCounts, WatchedRow } from "./device-watch";
import type { TableStyle } from "./table";

const kColours = { good: "32", suspect: "33", comms_lost: "31", never: "31", dim: "2", bold: "1" } as const;
type Paint = (text: string, colour: keyof typeof kColours) => string;

const head = ["row", "at", "raw", "value", "unit", "point", "quality"] as const;
const right = [false, true, false, true, false, false, false];
/** What a narrow terminal loses first. */
const expendable = [5, 1, 2];

/** A device's rows as lines of text, with a title above and what became of the reads below. */
export function renderDevice(
	title: string,
	rows: readonly WatchedRow[],
	counts: WatchCounts,
	style: TableStyle,
): string[] {
	const paint: Paint = (text, colour) => (style.colour ? `\x1b[${kColours[colour]}m${text}\x1b[0m` : text);
	const cells = rows.map(cellsOf);
	const widths = head.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]!.length)));
	const shown = head.map((_, i) => i);
	for (const column of expendable) {
		if (shown.reduce((sum, i) => sum + widths[i]! + 2, -2) > style.width) shown.splice(shown.indexOf(column), 1);
	}
	const line = (row: readonly string[]): string =>
		shown
			.map((i) => (right[i] ? row[i]!.padStart(widths[i]!) : row[i]!.padEnd(widths[i]!)))
			.join("  ")
			.trimEnd();
	const lines = [paint(title, "bold"), "", paint(line(head), "dim")];
	rows.forEach((row, i) => {
		const text = line(cells[i]!);
		lines.push(row.quality === "good" ? text : paint(text, row.trouble === kNone ? "dim" : row.quality));
	});
	return [...lines, "", paint(countsLine(counts), counts.answers > 0 ? "dim" : "comms_lost")];
}

/** The device's own word for no value: nothing is wrong. */
const kNone = "it says it has none";

/** One row as a line of its own, for a log. */
export function rowLine(row: WatchedRow): string {
	const [name, , raw, value, unit, point] = cellsOf(row);
	return [name, value, unit, raw === "" ? "" : `raw ${raw}`, point, qualityOf(row)]
		.filter((one) => one !== "")
		.join("  ");
}

function cellsOf(row: WatchedRow): string[] {
	const value = row.value === null ? "-" : typeof row.value === "number" ? figure(row.value) : `"${row.value}"`;
	return [row.name, row.at, grouped(row.raw ?? ""), value, row.unit, row.point ?? "", qualityOf(row)];
}

function qualityOf(row: WatchedRow): string {
	if (row.trouble !== "") return row.trouble;
	return row.quality === "suspect" ? "suspect: outside its range" : row.quality;
}

/** "095f0e10" as words: "095f 0e10"; long texts are cut. */
function grouped(hex: string): string {
	const words = hex.replace(/ /g, "").match(/.{1,4}/g) ?? [];
	return words.length > 4 ? `${words.slice(0, 4).join(" ")} ..` : words.join(" ");
}

function figure(value: number): string {
	return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

function countsLine({ answers, timeouts, garbled, exceptions, foreign }: WatchCounts): string {
	const parts = [`${answers} answers`];
	if (timeouts > 0) parts.push(`${timeouts} without answer`);
	if (garbled > 0) parts.push(`${garbled} broken`);
	if (foreign > 0) parts.push(`${foreign} of somebody else`);
	if (exceptions > 0) parts.push(`${exceptions} refused`);
	return parts.join(", ");
}

/** What to do about a device that says nothing sensible; undefined when there is nothing to say. */
export function advice(counts: WatchCounts, place: { serial: boolean; scan: string }): string[] {
	if (counts.answers > 0 || counts.timeouts + counts.garbled + counts.foreign === 0) return [];
	if (!place.serial) {
		return [
			"The connection is there, but nothing answers this unit. Try another --unit: gateways use 1, 247, 255 or the",
			"device's own address.",
		];
	}
	if (counts.garbled > 0) {
		return [
			"Something answers, but not in this format: another --baud or --parity than the device's, A and B swapped, or two",
			`devices with one address. To find out: ${place.scan}`,
		];
	}
	if (counts.foreign > 0) {
		return [
			"Somebody else speaks on this line: another master, or a device that answers under another address. A line has one",
			`master. To see who is there: ${place.scan}`,
		];
	}
	return [
		"Nothing answers. In this order: is the device powered; swap A and B; the address and baud in its menu (--unit,",
		`--baud, --parity); a ground wire between both. To look for it: ${place.scan}`,
	];
}
