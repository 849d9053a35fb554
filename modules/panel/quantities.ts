import { type Canvas, numberWidth, textWidth } from "./canvas";
import { figureFont, textFont } from "./font";

/** How the panel writes quantities: three figures and the unit in which they are readable; a dash where there is none. */

/** The large figure with its unit beside its foot. */
export function drawPower(canvas: Canvas, x: number, y: number, powerW: number): void {
	const kilo = isKilo(powerW);
	const value = kilo ? powerW / 1000 : powerW;
	const to = canvas.number(figureFont, x, y, value, kilo ? places(value) : 0);
	if (!Number.isNaN(powerW)) canvas.text(textFont, to + 1, y + 6, kilo ? "kW" : "W");
}

/** Ends before `right`; returns where it begins, as all of these do. */
export function powerTo(canvas: Canvas, right: number, y: number, powerW: number): number {
	const kilo = isKilo(powerW);
	const value = kilo ? powerW / 1000 : powerW;
	return quantityTo(canvas, right, y, value, kilo ? places(value) : 0, kilo ? "kW" : "W");
}

/** To the watt, as what a device was told is: "3000 W"; from a hundred kilowatts on in those. Begins at `x`. */
export function wattsAt(canvas: Canvas, x: number, y: number, powerW: number): void {
	const kilo = Math.abs(powerW) >= 99_999.5;
	const value = kilo ? powerW / 1000 : powerW;
	const to = canvas.number(textFont, x, y, value, kilo ? places(value) : 0);
	canvas.text(textFont, to + 2, y, kilo ? "kW" : "W");
}

export function energyTo(canvas: Canvas, right: number, y: number, energyWh: number): number {
	const kilo = isKilo(energyWh);
	const value = kilo ? energyWh / 1000 : energyWh;
	return quantityTo(canvas, right, y, value, kilo ? places(value) : 0, kilo ? "kWh" : "Wh");
}

/** Whether it reads as a thousand or more once it is rounded. */
function isKilo(value: number): boolean {
	return Math.abs(value) >= 999.5;
}

/** Three figures are enough. */
function places(value: number): number {
	const size = Math.abs(value);
	return size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
}

/** A number and its unit, ending before `right`; without a value a dash and no unit. Returns where it begins. */
export function quantityTo(
	canvas: Canvas,
	right: number,
	y: number,
	value: number,
	decimals: number,
	unit: string,
): number {
	let to = right;
	if (unit !== "" && !Number.isNaN(value)) {
		canvas.textTo(textFont, right, y, unit);
		to = right - textWidth(textFont, unit) - 3;
	}
	canvas.numberTo(textFont, to, y, value, decimals);
	return to - numberWidth(textFont, value, decimals);
}

/** "5 min": in the unit in which it is a small number. Returns where it begins. */
export function ageTo(canvas: Canvas, right: number, y: number, ageMs: number): number {
	return quantityTo(canvas, right, y, ageValue(ageMs), 0, ageUnit(ageMs));
}

export function ageValue(ageMs: number): number {
	const seconds = Math.max(0, ageMs / 1000);
	if (seconds < 60) return Math.floor(seconds);
	if (seconds < 3600) return Math.floor(seconds / 60);
	return seconds < 172_800 ? Math.floor(seconds / 3600) : Math.floor(seconds / 86_400);
}

export function ageUnit(ageMs: number): string {
	const seconds = ageMs / 1000;
	return seconds < 60 ? "s" : seconds < 3600 ? "min" : seconds < 172_800 ? "h" : "d";
}

/** As many as the age has changes in what is drawn of it. */
export function ageSteps(ageMs: number): number {
	if (Number.isNaN(ageMs)) return -2;
	const seconds = ageMs / 1000;
	return Math.floor(seconds < 60 ? seconds : 60 + seconds / 60);
}

/** Four bars of rising height; what is there stands, of the others only the foot. */
export function drawBars(canvas: Canvas, x: number, y: number, signalDbm: number): void {
	const bars = signalDbm >= -55 ? 4 : signalDbm >= -67 ? 3 : signalDbm >= -75 ? 2 : 1;
	for (let i = 0; i < 4; i++) {
		const height = i < bars ? 1 + 2 * i : 1;
		canvas.fill(x + 4 * i, y + 7 - height, 3, height);
	}
}
