/**
 * Where models, groups and points stand in a register map. Everything is worked out from the model's text when asked
 * and thrown away after; nothing here is on the way of a reading.
 */

import {
	findPoint,
	type GroupLayout,
	groupOffset,
	layout,
	linesOf,
	type PointLine,
	parsePoint,
	pointCovering,
	type Repeats,
} from "./model";
import { type PointTypeName, typeNames } from "./types";

/** A model in an image. */
export interface ModelPlace {
	readonly id: number;
	/** 1 for the first model of this id in the image, 2 for the next. */
	readonly occurrence: number;
	/** Modbus address of its ID register. */
	readonly address: number;
	/** As in its L register: without ID and L. */
	readonly length: number;
	readonly repeats: Repeats;
	readonly text: string;
}

/** What the model table says about one point of an image. */
export interface PointInfo {
	readonly model: ModelPlace;
	/** "" for a point of the model itself, else "Crv[2].Pt[1]"; instances count from 1. */
	readonly group: string;
	readonly name: string;
	readonly type: PointTypeName;
	/** Modbus address of its first register. */
	readonly address: number;
	/** In registers. */
	readonly size: number;
	/** Scale factor: a number, the name of a point, or undefined. */
	readonly scale: number | string | undefined;
	/** As SunSpec spells it: "W", "% WMax", "Secs". */
	readonly unit: string;
	readonly mandatory: boolean;
	readonly writable: boolean;
	readonly constant: boolean;
	/** See `symbolName`. */
	readonly symbols: string;
}

/** One instance of a group: `start` in registers from the start of the model. */
export interface GroupPlace {
	readonly group: GroupLayout;
	readonly start: number;
	readonly path: string;
}

/** The instance a path like "Crv[2].Pt[1]" names ("Crv" is "Crv[1]"), or undefined. */
export function findGroup(root: GroupLayout, path: string): GroupPlace | undefined {
	let group = root;
	let start = 0;
	if (path === "") return { group, start, path };
	for (const step of path.split(".")) {
		const bracket = step.indexOf("[");
		const name = bracket < 0 ? step : step.slice(0, bracket);
		const instance = bracket < 0 ? 1 : Number(step.slice(bracket + 1, -1));
		const child = group.groups.find((candidate) => candidate.name === name);
		if (!child || !(instance >= 1 && instance <= child.count) || instance % 1 !== 0) return undefined;
		start += groupOffset(group, child) + (instance - 1) * child.length;
		group = child;
	}
	return { group, start, path };
}

/** A point in its model: `start` of its group instance in registers from the start of the model. */
export interface PointPlace extends GroupPlace {
	readonly model: ModelPlace;
	readonly root: GroupLayout;
	readonly line: PointLine;
}

/** The point that a Modbus address belongs to; undefined outside the models. */
export function locate(models: readonly ModelPlace[], address: number): PointPlace | undefined {
	for (const model of models) {
		const index = address - model.address;
		if (index < 0 || index >= model.length + 2) continue;
		// an image works it out at each question
		const { text } = model;
		const root = layout(text, model.repeats);
		const { group, start, path } = groupAt({ group: root, start: 0, path: "" }, index);
		const line = pointCovering(text, group, index - start);
		return line && { model, root, group, start, path, line };
	}
	return undefined;
}

/** The group instance a register of the model belongs to (`index` from the start of the model). */
function groupAt(place: GroupPlace, index: number): GroupPlace {
	let start = place.start + place.group.ownLength;
	if (index < start) return place;
	for (const child of place.group.groups) {
		const end = start + child.count * child.length;
		if (index < end) {
			const instance = Math.floor((index - start) / child.length);
			return groupAt(childPlace(place, child, start + instance * child.length, instance + 1), index);
		}
		start = end;
	}
	return place;
}

function childPlace(parent: GroupPlace, group: GroupLayout, start: number, instance: number): GroupPlace {
	const step = group.repeats ? `${group.name}[${instance}]` : group.name;
	return { group, start, path: parent.path === "" ? step : `${parent.path}.${step}` };
}

/** As `locate`, in words. */
export function pointAt(models: readonly ModelPlace[], address: number): PointInfo | undefined {
	const place = locate(models, address);
	return place && pointInfo(place.model, place, place.line);
}

/** Calls `visit` for every point of a model, in the order of the registers. */
export function eachPoint(model: ModelPlace, visit: (point: PointInfo) => void): void {
	visitGroup(model, { group: layout(model.text, model.repeats), start: 0, path: "" }, visit);
}

function visitGroup(model: ModelPlace, place: GroupPlace, visit: (point: PointInfo) => void): void {
	for (const line of linesOf(model.text, place.group)) visit(pointInfo(model, place, parsePoint(line)));
	let start = place.start + place.group.ownLength;
	for (const child of place.group.groups) {
		for (let instance = 1; instance <= child.count; instance++) {
			visitGroup(model, childPlace(place, child, start, instance), visit);
			start += child.length;
		}
	}
}

function pointInfo(model: ModelPlace, place: GroupPlace, line: PointLine): PointInfo {
	return {
		model,
		group: place.path,
		name: line.name,
		type: typeNames[line.type]!,
		address: model.address + place.start + line.offset,
		size: line.size,
		scale: line.scale,
		unit: line.unit,
		mandatory: line.mandatory,
		writable: line.writable,
		constant: line.constant,
		symbols: line.symbols,
	};
}

/** The power of ten of a point in these registers, which begin at `base`; 0 where there is none, or none that counts. */
export function scaleOf(registers: DataView, base: number, point: PointInfo): number {
	const { scale, model } = point;
	if (typeof scale !== "string") return scale ?? 0;
	const { text } = model;
	const root = layout(text, model.repeats);
	const place = findGroup(root, point.group);
	const near = place && findPoint(text, place.group, scale);
	const factor = near ?? findPoint(text, root, scale);
	if (!factor) return 0;
	const at = model.address - base + (near ? place.start : 0) + factor.offset;
	const power = registers.getInt16(2 * at);
	return power >= -10 && power <= 10 ? power : 0;
}
