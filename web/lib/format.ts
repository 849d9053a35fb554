import { language, t, tMaybe } from "../texts/texts";
import type { PointStatus } from "./types";

const formats = new Map<number, Intl.NumberFormat>();

/** With thousands apart and so many decimals; a minus sign, not a dash. */
export function number(value: number, digits = 0): string {
	let format = formats.get(digits);
	if (!format) {
		format = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
		formats.set(digits, format);
	}
	// what rounds to nothing has no sign
	const shown = format.format(Math.abs(value) < 0.5 * 10 ** -digits ? 0 : value);
	return shown.replace("-", "\u2212");
}

/** A value and its unit apart, so that they can be set in two sizes. */
export interface Amount {
	number: string;
	unit: string;
}

/** Between number and unit: a space that does not break. */
const kUnitSpace = "\u202f";

export function together({ number: digits, unit }: Amount): string {
	return unit === "" ? digits : `${digits}${kUnitSpace}${unit}`;
}

/** 412 W; from 10 kW on in kW. */
export function power(watts: number): Amount {
	if (Math.abs(watts) >= 9999.5) return { number: number(watts / 1000, 2), unit: "kW" };
	return { number: number(watts), unit: "W" };
}

export function voltage(volts: number): Amount {
	return { number: number(volts, 1), unit: "V" };
}

/** 0.42 kWh; from 100 kWh on with one decimal. */
export function energy(wattHours: number): Amount {
	const kilo = wattHours / 1000;
	return { number: number(kilo, Math.abs(kilo) < 100 ? 2 : 1), unit: "kWh" };
}

export function percent(part: number, digits = 0): string {
	return `${number(part * 100, digits)}${kUnitSpace}%`;
}

/** A point as a person reads it. Undefined when there is no value. */
export function pointAmount({ value, unit }: PointStatus): Amount | undefined {
	if (value === null) return undefined;
	if (typeof value === "string") return { number: symbolWords(value), unit: "" };
	switch (unit) {
		case "W":
			return power(value);
		case "Wh":
		case "WH":
			return energy(value);
		case "V":
			return voltage(value);
		case "A":
			// residual currents
			if (value !== 0 && Math.abs(value) < 0.1) return { number: number(1000 * value, 1), unit: "mA" };
			return { number: number(value, 2), unit };
		case "Hz":
			return { number: number(value, 2), unit };
		case "VA":
		case "var":
		case "Var":
			return { number: number(value), unit };
		case "PF":
			return { number: number(value, 2), unit: "" };
		case "C":
			return { number: number(value, 1), unit: "°C" };
		case "Pct":
		case "%WHRtg":
			return { number: number(value, 1), unit: "%" };
		default:
			return { number: number(value, Number.isInteger(value) ? 0 : 2), unit };
	}
}

/** A word of SunSpec as a person reads it: "SHUTTING_DOWN" is "shutting down"; a name of a device stays. */
export function symbolWords(value: string): string {
	return /^[A-Z][A-Z_]+$/.test(value) ? value.toLowerCase().replaceAll("_", " ") : value;
}

export function pointName(point: string): string {
	return tMaybe(`point_${point}`) ?? point;
}

/** 4 s, 12 min, 3 h, 2 d. */
export function age(seconds: number): string {
	if (seconds < 90) return t("age_s", { n: Math.round(seconds) });
	if (seconds < 5400) return t("age_min", { n: Math.round(seconds / 60) });
	if (seconds < 129_600) return t("age_h", { n: Math.round(seconds / 3600) });
	return t("age_d", { n: Math.round(seconds / 86_400) });
}

const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const clockSeconds = new Intl.DateTimeFormat(language, { timeStyle: "medium", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });

/** 14:32, in the browser's zone; "23 Nov 14:32" when that is another day. */
export function timeOfDay(date: Date, seconds = false): string {
	const time = (seconds ? clockSeconds : clock).format(date);
	return date.toDateString() === new Date().toDateString() ? time : `${day.format(date)} ${time}`;
}
