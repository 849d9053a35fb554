/**
 * Model texts: how a SunSpec model is kept in flash, and how it is read when somebody asks. One line a group, then one
 * a point of it:
 *
 *     705|DERVoltVar|15            id | name | registers of the group's own points | "sync"
 *     NPt|5|u16|||MS               name | offset in the group | type | scale factor | unit | flags | symbols
 *     .Crv|NCrv|10                 path | count | registers | "sync"
 *     .Crv.Pt|NPt|2
 *
 * A count is a number (1: there once; 0: as often as the model's length says) or the point that holds it. A scale
 * factor is a number or a point of the same group or of the model. Flags: M mandatory, W writable, S static. A symbol
 * without "=n" is one above its predecessor, the first one 0. Offsets include ID and L.
 * The texts are made by tools/generate-sunspec.mjs or, for vendor models, by `defineModel`.
 */
import { GridpostError } from "../base/errors";
import { PointType, registersOf, typeWords } from "./types";

/**
 * How often groups repeat: one number for all of them, or by the name of the counting point ("NPt"), of the group or
 * of its path ("Crv.Pt"). What is not named repeats 0 times.
 */
export type Repeats = number | Readonly<Record<string, number>>;

/** A group of a model at known repetitions. */
export interface GroupLayout {
	/** "" for the model itself, else "Crv.MustTrip". */
	readonly path: string;
	/** The last word of the path; of the model, its name. */
	readonly name: string;
	/** Instances one after the other; 1 for a group that does not repeat. */
	readonly count: number;
	/** The point that says so, or "" . */
	readonly counter: string;
	readonly repeats: boolean;
	/** To be read and written in one request (SunSpec "sync" groups). */
	readonly sync: boolean;
	/** Registers of the group's own points, and of one instance with all groups inside. */
	readonly ownLength: number;
	length: number;
	/** Where its point lines stand in the text: from the line feed before the first to the one after the last. */
	readonly start: number;
	end: number;
	readonly groups: GroupLayout[];
}

/** A point line, taken apart. */
export interface PointLine {
	readonly name: string;
	/** Registers from the start of the group instance. */
	readonly offset: number;
	/** A value of `PointType`. */
	readonly type: number;
	/** In registers. */
	readonly size: number;
	/** Scale factor: a number, the name of a point, or undefined. */
	readonly scale: number | string | undefined;
	readonly unit: string;
	readonly mandatory: boolean;
	readonly writable: boolean;
	/** Never changes while the device runs. */
	readonly constant: boolean;
	/** "OFF=1,SLEEPING"; see `symbolName`. */
	readonly symbols: string;
}

/** Lays a model out. Throws `bad-model` for a text that is none. */
export function layout(text: string, repeats: Repeats = 0): GroupLayout {
	const headEnd = lineEnd(text, 0);
	const head = text.slice(0, headEnd).split("|");
	const root = group("", head[1] ?? "", "1", head, headEnd, repeats);
	if (!(Number(head[0]) > 0) || !(root.ownLength >= 2)) {
		throw new GridpostError("bad-model", `not a model text: ${text.slice(0, 40)}`, { origin: "local", retry: "never" });
	}
	let previous = root;
	for (let at = text.indexOf("\n.", headEnd); at >= 0; at = text.indexOf("\n.", at + 1)) {
		previous.end = at;
		const end = lineEnd(text, at + 1);
		const fields = text.slice(at + 2, end).split("|");
		const path = fields[0]!;
		const dot = path.lastIndexOf(".");
		const child = group(path, path.slice(dot + 1), fields[1]!, fields, end, repeats);
		parentOf(root, path, dot).groups.push(child);
		previous = child;
	}
	previous.end = text.length;
	measure(root);
	return root;
}

function group(
	path: string,
	name: string,
	count: string,
	head: string[],
	start: number,
	repeats: Repeats,
): GroupLayout {
	const fixed = Number(count);
	const counter = Number.isNaN(fixed) ? count : "";
	let times = fixed;
	if (!(fixed > 0)) {
		times = typeof repeats === "number" ? repeats : (repeats[count] ?? repeats[path] ?? repeats[name] ?? 0);
	}
	const ownLength = Number(head[2]);
	return {
		path,
		name,
		counter,
		ownLength,
		start,
		count: times,
		repeats: fixed !== 1,
		sync: head[3] === "sync",
		length: ownLength,
		end: start,
		groups: [],
	};
}

function parentOf(root: GroupLayout, path: string, dot: number): GroupLayout {
	let parent = root;
	for (let from = 0; from <= dot; ) {
		const to = path.indexOf(".", from);
		parent = parent.groups.find((child) => child.path === path.slice(0, to))!;
		from = to + 1;
	}
	return parent;
}

function measure(layout: GroupLayout): void {
	for (const child of layout.groups) {
		measure(child);
		layout.length += child.count * child.length;
	}
}

function lineEnd(text: string, from: number): number {
	const end = text.indexOf("\n", from);
	return end < 0 ? text.length : end;
}

/** The point of that name in a group, or undefined. */
export function findPoint(text: string, group: GroupLayout, name: string): PointLine | undefined {
	const at = text.indexOf(`\n${name}|`, group.start);
	return at < 0 || at >= group.end ? undefined : parsePoint(text.slice(at + 1, lineEnd(text, at + 1)));
}

/** The point lines of a group, in order. */
export function linesOf(text: string, group: GroupLayout): string[] {
	return group.end > group.start ? text.slice(group.start + 1, group.end).split("\n") : [];
}

/** The type that the type word of a point line stands for. */
export function typeOf(word: string): number {
	// "s16" is a string, "sf" a scale factor.
	return word.charCodeAt(0) === 0x73 && word !== "sf" ? PointType.string : typeWords.indexOf(word);
}

/** The size in registers that it stands for. */
export function sizeOf(word: string, type: number): number {
	return type === PointType.string ? Number(word.slice(1)) : registersOf(type);
}

/** The point of a group that holds the register `offset` of the group, or undefined. */
export function pointCovering(text: string, group: GroupLayout, offset: number): PointLine | undefined {
	const lines = linesOf(text, group);
	let low = 0;
	let high = lines.length - 1;
	while (low < high) {
		const middle = (low + high + 1) >> 1;
		const line = lines[middle]!;
		if (Number.parseInt(line.slice(line.indexOf("|") + 1), 10) <= offset) low = middle;
		else high = middle - 1;
	}
	const line = lines[low];
	const point = line ? parsePoint(line) : undefined;
	return point && offset < point.offset + point.size ? point : undefined;
}

/** Takes a point line apart. */
export function parsePoint(line: string): PointLine {
	const fields = line.split("|");
	const word = fields[2]!;
	const flags = fields[5] ?? "";
	const type = typeOf(word);
	return {
		name: fields[0]!,
		offset: Number(fields[1]),
		type,
		size: sizeOf(word, type),
		scale: parseScale(fields[3]),
		unit: fields[4] ?? "",
		mandatory: flags.includes("M"),
		writable: flags.includes("W"),
		constant: flags.includes("S"),
		symbols: fields[6] ?? "",
	};
}

function parseScale(field: string | undefined): number | string | undefined {
	if (!field) return undefined;
	const fixed = Number(field);
	return Number.isNaN(fixed) ? field : fixed;
}

/** Registers from the start of an instance of `group` to the first instance of `child` in it. */
export function groupOffset(group: GroupLayout, child: GroupLayout): number {
	let offset = group.ownLength;
	for (const other of group.groups) {
		if (other === child) break;
		offset += other.count * other.length;
	}
	return offset;
}

/** Name of an enumeration value or bit number in a point's symbols, or undefined. */
export function symbolName(symbols: string, value: number): string | undefined {
	let next = 0;
	if (symbols === "") return undefined;
	for (const symbol of symbols.split(",")) {
		const equals = symbol.indexOf("=");
		const number = equals < 0 ? next : Number(symbol.slice(equals + 1));
		if (number === value) return equals < 0 ? symbol : symbol.slice(0, equals);
		next = number + 1;
	}
	return undefined;
}
