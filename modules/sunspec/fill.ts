/** A model's registers before anybody has set a point. */
import { writeNotImplemented } from "./codec";
import { findPoint, type GroupLayout, linesOf, sizeOf, typeOf } from "./model";
import { PointType } from "./types";

/**
 * Writes a model at byte `at`: its id, its length, how often its groups repeat, and "not implemented" everywhere else.
 */
export function fillModel(
	registers: DataView,
	at: number,
	model: { readonly id: number; readonly length: number; readonly text: string },
	root: GroupLayout,
): void {
	fillGroup(registers, at, model.text, root);
	registers.setUint16(at, model.id);
	registers.setUint16(at + 2, model.length);
	fillCounters(registers, at, model.text, root, root);
}

function fillGroup(registers: DataView, at: number, text: string, group: GroupLayout): void {
	for (const line of linesOf(text, group)) {
		const [, offset, word] = line.split("|", 3);
		const type = typeOf(word!);
		writeNotImplemented(registers, at + 2 * Number(offset), type, sizeOf(word!, type));
	}
	let first = at + 2 * group.ownLength;
	for (const child of group.groups) {
		const bytes = 2 * child.length;
		if (child.count > 0) fillGroup(registers, first, text, child);
		const all = new Uint8Array(registers.buffer);
		for (let n = 1; n < child.count; n++) all.copyWithin(first + n * bytes, first, first + bytes);
		first += child.count * bytes;
	}
}

/** The points that hold how often groups repeat stand in the model itself, those of nested groups (705.NPt) too. */
function fillCounters(registers: DataView, at: number, text: string, root: GroupLayout, parent: GroupLayout): void {
	for (const group of parent.groups) {
		if (group.repeats) {
			// Older tables do not name the counting point; where there is one it is called N (160, 401 to 404).
			const point = findPoint(text, root, group.counter === "" ? "N" : group.counter);
			if (point && (group.counter !== "" || point.type === PointType.count)) {
				registers.setUint16(at + 2 * point.offset, group.count);
			}
		}
		fillCounters(registers, at, text, root, group);
	}
}
