import { frozen } from "../base/frozen";
import type { AlarmEntry } from "../site/alarms";
import type { HubDevice } from "../site/hub";
import { type Canvas, numberWidth, textWidth } from "./canvas";
import { kSign, textFont } from "./font";
import { ageUnit, ageValue } from "./quantities";

/** What pages have in common: their rows, and what stands at the head and at the foot of a device's page. */

/** Width that a page draws in: one less than the screen has, as the picture moves by a dot; so do the rows below. */
export const kWidth = 127;
export const kRows = frozen({ rule: 9, figure: 13, unit: 19, first: 31, second: 41, last: 54 });
/** Of the pages that are lists. */
export const kLines = frozen([12, 22, 32, 42]);

/** NaN: no value. */
export function numberAt({ image }: HubDevice, handle: number): number {
	const value = image.value(handle);
	return typeof value === "number" ? value : Number.NaN;
}

export function isSuspect({ image }: HubDevice, handles: Int16Array): boolean {
	for (let i = 0; i < handles.length; i++) if (image.quality(handles[i]!) === "suspect") return true;
	return false;
}

export function countActive(list: readonly AlarmEntry[], openOnly: boolean): number {
	let count = 0;
	for (let i = 0; i < list.length; i++) {
		const entry = list[i]!;
		if (entry.active && !(openOnly && entry.acknowledged)) count++;
	}
	return count;
}

/** Name of the device, and which of its like it is. */
export function drawTitle(canvas: Canvas, title: string, place: number, count: number): void {
	canvas.text(textFont, 0, 0, title);
	drawShare(canvas, kWidth, place, count);
	canvas.rule(kRows.rule, kWidth);
}

/** "3/7", ending before `right`. */
export function drawShare(canvas: Canvas, right: number, part: number, whole: number): void {
	canvas.numberTo(textFont, right, 0, whole, 0);
	const slash = right - numberWidth(textFont, whole, 0) - 1;
	canvas.textTo(textFont, slash, 0, "/");
	canvas.numberTo(textFont, slash - 6, 0, part, 0);
}

/** How many alarms wait for somebody, at the right of the last row; nothing for none. Returns where it begins. */
export function drawBell(canvas: Canvas, list: readonly AlarmEntry[]): number {
	const open = countActive(list, true);
	if (open === 0) return kWidth;
	const right = kWidth - numberWidth(textFont, open, 0);
	canvas.number(textFont, right, kRows.last, open, 0);
	canvas.textTo(textFont, right - 2, kRows.last, kSign.bell);
	return right - 2 - textWidth(textFont, kSign.bell);
}

/** How it stands with a device, in a word: that of one that is well is `well`. */
export function drawState(
	canvas: Canvas,
	{ device }: HubDevice,
	suspect: boolean,
	nowMs: number,
	well = "ok",
	sign: string = kSign.tick,
): void {
	const y = kRows.last;
	if (device.online) {
		const x = canvas.text(textFont, 0, y, suspect ? "?" : sign);
		canvas.text(textFont, x + 2, y, suspect ? "suspect" : well);
		return;
	}
	let x = canvas.text(textFont, 0, y, kSign.cross) + 2;
	const ageMs = nowMs - device.lastAnswerMs;
	x = canvas.text(textFont, x, y, Number.isNaN(ageMs) ? "no answer yet" : "no answer ");
	if (Number.isNaN(ageMs)) return;
	x = canvas.number(textFont, x, y, ageValue(ageMs), 0);
	canvas.text(textFont, x + 2, y, ageUnit(ageMs));
}
