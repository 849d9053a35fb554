/** What a SunSpec device was found to hold, and how a model is laid out by the length the device gives it. */
import type { StoreModules } from "../der/profile";
import type { DerAbility } from "../der/types";
import { modelText } from "../generated/catalogue";
import { findPoint, type GroupLayout, layout } from "../model";
import { PointType } from "../types";

/** How a device departs from the specification; docs/sunspec-client.md says what is done about each. */
export type Quirk =
	/** L is not what the model's points take, or the next model does not begin where L says. */
	| "length"
	/** L is zero in a model that has points. */
	| "length-zero"
	/** The points that count repeating groups do not go with L. */
	| "count"
	/** No end model after the last: an exception, silence or registers that are no model. */
	| "no-end"
	/** Reads have to be shorter than 125 registers, or must not go on into the next model. */
	| "short-reads"
	/** It refused, or was busy, before it answered. */
	| "late";

/** A model of a device. Plain data: it may be kept over a restart and given back. */
export interface FoundModel {
	readonly id: number;
	/** Modbus address of its ID register on the device. */
	readonly address: number;
	/** Registers after ID and L, up to the next model. L itself, unless the device has it wrong. */
	readonly length: number;
	/** Whether the catalogue has the model; others are passed over. */
	readonly known: boolean;
	/** How often its groups repeat, by counting point or path; empty for models without. */
	readonly repeats: Readonly<Record<string, number>>;
	readonly quirk?: Quirk;
	/** What the device can be told by this model: of 123, 124, 703 and 704, once they were read. */
	readonly abilities?: readonly DerAbility[];
	/** Of 160: the modules that tell of a storage. */
	readonly stores?: StoreModules;
}

/** A model's groups at a given length. */
export interface Fit {
	readonly repeats: Record<string, number>;
	/** "": all as the table has it. */
	readonly quirk: Quirk | "";
}

/** Most instances of a group that are believed, and of one that has groups inside. */
const mostRepeats = 1000;
const mostCurves = 32;
/** A group of fewer registers fits into any length. */
const leastStep = 4;

/** Offsets from ID of a model's counting points, rising: what `fitLength` wants to see. */
export function counterOffsets(text: string): number[] {
	const root = layout(text);
	const offsets: number[] = [];
	for (const key of counters(root)) {
		const offset = countingPoint(text, root, key);
		if (offset !== undefined && !offsets.includes(offset)) offsets.push(offset);
	}
	return offsets.sort((a, b) => a - b);
}

/**
 * How often the groups of a model repeat when its length is `length` (as L). `register` gives a register of the model
 * by its offset from ID; NaN when it is not known. What the device counts holds when it goes with the length;
 * otherwise the length decides.
 */
export function fitLength(text: string, length: number, register: (offset: number) => number): Fit {
	const root = layout(text);
	const keys = counters(root);
	const repeats: Record<string, number> = {};
	const uncounted: string[] = [];
	for (const key of keys) {
		const point = countingPoint(text, root, key);
		const count = point === undefined ? Number.NaN : register(point);
		if (!(count >= 0 && count <= mostRepeats)) uncounted.push(key);
		repeats[key] = count >= 0 && count <= mostRepeats ? count : 0;
	}
	if (uncounted.length === 0 && measured(root, repeats) === length) return { repeats, quirk: "" };
	// Each count goes into the length linearly while the others stay. What the device did not count comes first.
	const order = uncounted.concat(keys.filter((key) => !uncounted.includes(key)));
	for (const key of order) {
		const solved = solve(root, repeats, key, length);
		if (solved >= 0 && solved <= mostRepeats && Number.isInteger(solved)) {
			return { repeats: { ...repeats, [key]: solved }, quirk: uncounted.includes(key) ? "" : "count" };
		}
	}
	// Longer than the table by a part of a group, or cut short.
	if (order.length > 0 && (measured(root, repeats) > length || uncounted.length > 0)) {
		const key = order[0]!;
		const solved = Math.floor(solve(root, repeats, key, length));
		if (solved >= 0 && solved <= mostRepeats) repeats[key] = solved;
	}
	return { repeats, quirk: measured(root, repeats) === length ? "" : "length" };
}

/** Registers after ID and L that the model's points take. */
export function lengthOf(text: string, repeats: Readonly<Record<string, number>>): number {
	return measured(layout(text), repeats);
}

function measured(root: GroupLayout, repeats: Readonly<Record<string, number>>): number {
	return groupLength(root, repeats) - 2;
}

/** Registers of one instance of a group, when groups repeat so often. */
function groupLength(group: GroupLayout, repeats: Readonly<Record<string, number>>): number {
	let length = group.ownLength;
	for (const child of group.groups) {
		const times = child.repeats ? repeats[keyOf(child)]! : 1;
		if (times > 0) length += times * groupLength(child, repeats);
	}
	return length;
}

/** How often the group would have to be there; not a whole number from 0 when it does not come out. */
function solve(root: GroupLayout, repeats: Record<string, number>, key: string, length: number): number {
	const none = measured(root, { ...repeats, [key]: 0 });
	const step = measured(root, { ...repeats, [key]: 1 }) - none;
	return step > 0 ? (length - none) / step : Number.NaN;
}

/** What a repeating group's count goes by: the name of the counting point, or its path when no point counts it. */
function keyOf(group: GroupLayout): string {
	return group.counter === "" ? group.path : group.counter;
}

/** Names of the points that hold how often groups repeat, beside those of type count. */
export function countingNames(text: string): string[] {
	return counters(layout(text));
}

/** The counts a model has: names of counting points, outer groups first, or paths of groups that no point counts. */
function counters(group: GroupLayout, keys: string[] = []): string[] {
	for (const child of group.groups) {
		if (child.repeats) {
			const key = keyOf(child);
			if (!keys.includes(key)) keys.push(key);
		}
		counters(child, keys);
	}
	return keys;
}

/** Offset of the point that holds a count. Older tables do not name it; where there is one it is called N. */
function countingPoint(text: string, root: GroupLayout, key: string): number | undefined {
	const named = findPoint(text, root, key);
	if (named !== undefined) return named.offset;
	const point = findPoint(text, root, "N");
	return point?.type === PointType.count ? point.offset : undefined;
}

/**
 * How much two registers look like the ID and L of a model: 3 there can hardly be another reason for them, 2 they do,
 * 1 they may, 0 they cannot.
 */
export function headerLikeness(id: number, length: number): number {
	if (id === 0xffff) return length === 0 || length === 0xffff ? 3 : 1;
	if (id === 0 || length === 0xffff) return 0;
	const text = modelText(id);
	// Vendor models, without the numbers that a scale factor below zero looks like.
	if (text === undefined) return length === 0 ? 0 : id > 63000 && id < 65500 && length < 1000 ? 2 : 1;
	// The length of the first editions, without the pad.
	if (id === 1 && length === 65) return 3;
	return length === 0 ? 1 : lengthLikeness(text, length);
}

/** 3: the model can have this length; 2: it repeats so few registers that it can have any; 1: it cannot. */
function lengthLikeness(text: string, length: number): number {
	const root = layout(text);
	const keys = counters(root);
	const repeats: Record<string, number> = {};
	for (const key of keys) repeats[key] = 0;
	if (measured(root, repeats) === length) return 3;
	if (keys.length === 0) return 1;
	const last = keys[keys.length - 1]!;
	// How often the outer groups are there is tried; the rest goes into the innermost.
	for (let outer = keys.length === 1 ? 0 : 1; outer <= mostCurves; outer++) {
		for (const key of keys) if (key !== last) repeats[key] = outer;
		const none = measured(root, repeats);
		if (none > length) break;
		const step = measured(root, { ...repeats, [last]: 1 }) - none;
		if (none === length) return 3;
		if (step > 0 && (length - none) % step === 0 && (length - none) / step <= mostRepeats) {
			return keys.length === 1 && step < leastStep ? 2 : 3;
		}
		if (keys.length === 1) break;
	}
	return 1;
}

/** Whether two lists say the same of a device, quirks and abilities aside. */
export function sameModels(a: readonly FoundModel[], b: readonly FoundModel[]): boolean {
	if (a.length !== b.length) return false;
	return a.every((model, i) => {
		const other = b[i]!;
		const keys = Object.keys(model.repeats);
		return (
			model.id === other.id &&
			model.address === other.address &&
			model.length === other.length &&
			keys.every((key) => model.repeats[key] === other.repeats[key])
		);
	});
}
