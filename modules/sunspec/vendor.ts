/** Models of our own (ids 64xxx), written as plain tables in the shape of the SunSpec model files. */

import { configError } from "../base/errors";
import { frozen } from "../base/frozen";
import { PointType, type PointTypeName, registersOf, typeWords } from "./types";

export interface PointTable {
	readonly name: string;
	readonly type: PointTypeName;
	/** In registers; strings only, others have their own. */
	readonly size?: number;
	/** Scale factor: a number, or a sunssf point of this group or of the model. */
	readonly sf?: number | string;
	readonly units?: string;
	/** Missing: R. */
	readonly access?: "R" | "RW";
	readonly mandatory?: "M" | "O";
	/** S: does not change while the device runs. */
	readonly static?: "S" | "D";
	/** Values of an enumeration, bit numbers of a bit field. */
	readonly symbols?: readonly { readonly name: string; readonly value: number }[];
}

export interface GroupTable {
	readonly name: string;
	/** "sync": to be read and written in one request. */
	readonly type?: "group" | "sync";
	/** Missing: there once. Otherwise a number, or the point of the model that holds it. */
	readonly count?: number | string;
	readonly points?: readonly PointTable[];
	readonly groups?: readonly GroupTable[];
}

const idAndLength = frozen<readonly PointTable[]>([
	{ name: "ID", type: "uint16", mandatory: "M", static: "S" },
	{ name: "L", type: "uint16", mandatory: "M", static: "S" },
]);

/**
 * The text of a model, for `new Image([{ id, text }])`. ID and L are put in front when the table leaves them out.
 * Throws `bad-config` for a table the text cannot hold.
 */
export function defineModel(id: number, group: GroupTable): string {
	if (!Number.isInteger(id) || id < 1 || id > 0xfffe) throw configError("id", id, "it must be 1 to 65534");
	const lines: string[] = [];
	const points = group.points ?? [];
	const whole = points[0]?.name === "ID" ? group : { ...group, points: [...idAndLength, ...points] };
	addGroup(lines, whole, `${id}|${word(group.name, "name")}`, "", []);
	return lines.join("\n");
}

function addGroup(lines: string[], group: GroupTable, head: string, path: string, factors: readonly string[]): void {
	const at = lines.push("") - 1;
	const names = factors.slice();
	for (const point of group.points ?? []) if (point.type === "sunssf") names.push(point.name);
	let offset = 0;
	for (const point of group.points ?? []) {
		lines.push(pointLine(point, offset, names, `${path}.${point.name}`.slice(1)));
		offset += sizeOf(point);
	}
	lines[at] = `${head}|${offset}${group.type === "sync" ? "|sync" : ""}`;
	for (const child of group.groups ?? []) {
		const name = word(child.name, "group");
		if (/[.[\]]/.test(name)) throw configError("group", name, "a name has no dot and no bracket");
		const childPath = `${path}.${name}`;
		addGroup(lines, child, `${childPath}|${child.count ?? 1}`, childPath, path === "" ? names : factors);
	}
}

function pointLine(point: PointTable, offset: number, factors: readonly string[], place: string): string {
	const type = PointType[point.type];
	if (type === undefined) throw configError(place, point.type, "it must be a SunSpec point type");
	const size = sizeOf(point);
	if (!(size >= 1 && size <= 255)) throw configError(place, point.size, "a string has a size of 1 to 255 registers");
	if (typeof point.sf === "string" && !factors.includes(point.sf)) {
		throw configError(place, point.sf, "the scale factor must be a sunssf point of the group or the model");
	}
	let flags = "";
	if (point.mandatory === "M") flags += "M";
	if (point.access === "RW") flags += "W";
	if (point.static === "S") flags += "S";
	const fields = [word(point.name, place), `${offset}`, type === PointType.string ? `s${size}` : typeWords[type]!];
	fields.push(`${point.sf ?? ""}`, word((point.units ?? "").trim(), place), flags, symbolList(point, place));
	while (fields[fields.length - 1] === "") fields.pop();
	return fields.join("|");
}

function sizeOf(point: PointTable): number {
	return registersOf(PointType[point.type]) || (point.size ?? 0);
}

function symbolList(point: PointTable, place: string): string {
	let next = 0;
	const list: string[] = [];
	for (const { name, value } of point.symbols ?? []) {
		if (!Number.isInteger(value) || /[=,]/.test(name))
			throw configError(place, name, "a symbol is a name and a number");
		list.push(value === next ? word(name, place) : `${word(name, place)}=${value}`);
		next = value + 1;
	}
	return list.join(",");
}

function word(text: string, place: string): string {
	if (/[|\n]/.test(text)) throw configError(place, text, "no line feed and no bar in it");
	return text;
}
