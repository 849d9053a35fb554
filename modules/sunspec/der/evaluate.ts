/**
 * What the curves of 705, 706, 711 and 712 ask for, read from their bytes: functions of what is measured alone. The open
 * loop response (how an output follows) is apart, in `approach`.
 */
import { scaled } from "../codec";
import type { Curves } from "./curves";

/** What percentages refer to, in SI units. */
export interface CurveRatings {
	readonly wMax: number;
	readonly vaMax: number;
	readonly varInj: number;
	readonly varAbs: number;
	/** Reactive power that the active power of now leaves room for. */
	readonly varAval: number;
}

/** Places in a curve of 705, and how far the reference voltage may be moved (IEEE 1547-2018, 5.3.3). */
const vRefAt = 3;
const lowestVRef = 95;
const highestVRef = 105;

/**
 * The dependent value at `x`, in percent: straight between two points, level before the first and after the last; NaN for
 * NaN.
 */
export function lineAt(curves: Curves, x: number): number {
	if (Number.isNaN(x)) return x;
	const { form, active } = curves;
	const { own, sf } = form;
	const signed = curves.id === 712;
	const count = curves.u16(active);
	const power = curves.scale(sf);
	let place = active + own;
	let lastX = Number.NaN;
	for (let i = 0; i < count; i++, place += 2) {
		const pointX = scaled(signed ? curves.i16(place) : curves.u16(place), power);
		if (x < pointX) {
			const y = curves.scaledI16(place + 1, sf + 1);
			if (i === 0) return y;
			const lastY = curves.scaledI16(place - 1, sf + 1);
			return lastY + ((x - lastX) / (pointX - lastX)) * (y - lastY);
		}
		lastX = pointX;
	}
	return curves.scaledI16(place - 1, sf + 1);
}

/** A percentage of what DeptRef of 705 or 712 names, in var. */
function varOf(curves: Curves, percent: number, ratings: CurveRatings): number {
	const share = percent / 100;
	switch (curves.u16(curves.active + 1)) {
		case 0:
			return share * ratings.wMax;
		case 1:
			return share * (share < 0 ? ratings.varAbs : ratings.varInj);
		case 2:
			return share * ratings.varAval;
		default:
			return share * ratings.vaMax;
	}
}

/** The reference voltage that 705 has been set to, percent of VNom. */
export function vRefOf(curves: Curves): number {
	return curves.scaledU16(curves.active + vRefAt, curves.form.sf);
}

/**
 * 705: reactive power at a voltage in percent of VNom. The curve is written for a reference voltage of 100 % and moves
 * with `vRef` (IEEE 1547-2018, table 8 gives its points as distances from VRef).
 */
export function voltVar(curves: Curves, vPct: number, vRef: number, ratings: CurveRatings): number {
	return varOf(curves, lineAt(curves, vPct - vRef + 100), ratings);
}

/** 706: the most active power at a voltage in percent of VNom, W; negative: the least that is to be absorbed. */
export function voltWatt(curves: Curves, vPct: number, ratings: CurveRatings): number {
	// Nobody tells what power is available, so W_AVAL_PCT counts from WMax, which it cannot exceed.
	return (lineAt(curves, vPct) / 100) * ratings.wMax;
}

/** 712: reactive power at an active power in W. */
export function wattVar(curves: Curves, w: number, ratings: CurveRatings): number {
	return varOf(curves, lineAt(curves, (100 * w) / ratings.wMax), ratings);
}

/** 711: beyond which of its two dead bands the frequency is: 1 above, -1 below, 0 inside. */
export function droopSide(curves: Curves, hz: number, nominalHz: number): number {
	const { active, form } = curves;
	if (hz > nominalHz + curves.scaledU32(active, form.sf)) return 1;
	return hz < nominalHz - curves.scaledU32(active + 2, form.sf) ? -1 : 0;
}

/**
 * 711: active power that the DER is to have at a frequency outside the dead band, W. `beforeW` is what it had when the
 * frequency left the band (IEEE 1547-2018, table 23): the most when the frequency is high, the least when it is low.
 */
export function freqDroop(curves: Curves, hz: number, nominalHz: number, beforeW: number, wMax: number): number {
	const { active, form } = curves;
	const side = hz > nominalHz ? 0 : 1;
	const band = curves.scaledU32(active + 2 * side, form.sf);
	const k = curves.scaledU16(active + 4 + side, form.sf + 1);
	const change = ((Math.abs(hz - nominalHz) - band) / (nominalHz * k)) * wMax;
	if (side === 1) return Math.min(beforeW + change, wMax);
	const least = ((curves.i16(active + 8) || 0) / 100) * wMax;
	// what is below PMin already stays as it is
	return Math.max(beforeW - change, Math.min(least, beforeW));
}

/** RspTms of the curve in force, s; 0 for a model that has none. */
export function rspTms(curves: Curves): number {
	const { id, active, form } = curves;
	if (id === 712) return 0;
	return curves.scaledU32(active + (id === 705 ? 7 : id === 706 ? 2 : 6), form.sf + 2);
}

/**
 * Where an output is that has been on its way to `target` for `seconds`. An open loop response time is the time in
 * which 90 % of a step is done, as a lag of first order (IEEE 1547-2018, 3.1; IEEE 2030.5, openLoopTms).
 */
export function approach(now: number, target: number, responseS: number, seconds: number): number {
	return responseS > 0 ? target + (now - target) * 10 ** (-seconds / responseS) : target;
}

/** VRefAutoTms is a time constant: the reference voltage follows the voltage, between 95 and 105 % of VNom. */
export function trackVRef(vRef: number, vPct: number, tmsS: number, seconds: number): number {
	const next = tmsS > 0 ? vPct + (vRef - vPct) * Math.exp(-seconds / tmsS) : vPct;
	return Math.min(Math.max(next, lowestVRef), highestVRef);
}
