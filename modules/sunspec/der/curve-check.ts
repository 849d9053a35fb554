/**
 * May a curve come into force? A single point is checked when it is written, the curve as a whole only when it is to be
 * adopted (so the model files of SunSpec want it, for a client writes a curve in pieces).
 */
import { frozen } from "../../base/frozen";
import { scaled } from "../codec";
import { AtCurves, curveForm, isTrip, TripPart, tripParts } from "./curve-forms";
import type { ModelBytes } from "./model-bytes";
import { tripTime } from "./trip-time";

/** Lowest and highest value of a point, by name. Wider than IEEE 1547-2018 has them: other grids have other rules. */
const ranges = frozen<Readonly<Record<string, readonly [number, number]>>>({
	V: [0, 200],
	Var: [-100, 100],
	W: [-100, 100],
	Hz: [40, 70],
	// days are no trip times
	Tms: [0, 86400],
	VRef: [80, 120],
	VRefAutoTms: [1, 65534],
	RspTms: [0, 3600],
	DbOf: [0, 10],
	DbUf: [0, 10],
	KOf: [0.001, 1],
	KUf: [0.001, 1],
	PMin: [-100, 100],
});

/** Is the value of a single point of a curve one that it may have? */
export function inRange(name: string, value: number): boolean {
	const range = ranges[name];
	return !range || (value >= range[0] && value <= range[1]);
}

/** What is wrong with a curve, in words; undefined when it may come into force. `at`: its first register. */
export function curveFault(model: ModelBytes, at: number): string | undefined {
	const { id } = model;
	if (isTrip(id)) return tripFault(model, at);
	return id === 711 ? droopFault(model, at) : lineFault(model, at);
}

function out(name: string, value: number): string | undefined {
	return inRange(name, value) ? undefined : `${name} ${value} is out of range`;
}

function countFault(model: ModelBytes, at: number, least: number): string | undefined {
	const points = model.u16(at);
	const room = model.u16(AtCurves.nPt);
	return points >= least && points <= room ? undefined : `ActPt ${points} is not ${least} to ${room}`;
}

/** 705, 706, 712: points of an independent and a dependent value. */
function lineFault(model: ModelBytes, at: number): string | undefined {
	const { id } = model;
	const form = curveForm(id);
	const count = countFault(model, at, 2);
	if (count) return count;
	if (!(model.u16(at + 1) <= (id === 706 ? 1 : 3))) return "DeptRef is none";
	const settings = id === 705 ? voltVarFault(model, at) : id === 706 ? rspTmsFault(model, at + 2, form.sf + 2) : "";
	if (settings) return settings;
	if (id === 712 && !(model.u16(at + 2) <= 1)) return "Pri is none";
	let lastX = Number.NEGATIVE_INFINITY;
	let lastY = Number.POSITIVE_INFINITY;
	for (let i = 0; i < model.u16(at); i++) {
		const place = at + form.own + form.point * i;
		const x = id === 712 ? model.scaledI16(place, form.sf) : model.scaledU16(place, form.sf);
		const y = model.scaledI16(place + 1, form.sf + 1);
		const range = out(id === 712 ? "W" : "V", x) ?? out(id === 706 ? "W" : "Var", y);
		if (range) return `point ${i + 1}: ${range}`;
		if (x < lastX) return `point ${i + 1}: ${x} is below the point before it`;
		if (x === lastX && y !== lastY) return `point ${i + 1}: two values at ${x}`;
		// What rises with the voltage drives it further up.
		if (id !== 712 && y > lastY) return `point ${i + 1}: ${y} rises with the voltage`;
		lastX = x;
		lastY = y;
	}
	return undefined;
}

function rspTmsFault(model: ModelBytes, at: number, sf: number): string | undefined {
	return out("RspTms", model.scaledU32(at, sf));
}

function voltVarFault(model: ModelBytes, at: number): string | undefined {
	if (!(model.u16(at + 2) <= 2)) return "Pri is none";
	if (!(model.u16(at + 5) <= 1)) return "VRefAutoEna is none";
	return (
		out("VRef", model.scaledU16(at + 3, 12)) ?? out("VRefAutoTms", model.u16(at + 6)) ?? rspTmsFault(model, at + 7, 14)
	);
}

function droopFault(model: ModelBytes, at: number): string | undefined {
	return (
		out("DbOf", model.scaledU32(at, 11)) ??
		out("DbUf", model.scaledU32(at + 2, 11)) ??
		out("KOf", model.scaledU16(at + 4, 12)) ??
		out("KUf", model.scaledU16(at + 5, 12)) ??
		rspTmsFault(model, at + 6, 13) ??
		out("PMin", model.i16(at + 8))
	);
}

/**
 * A trip curve runs from the deepest deviation with its short time to the slightest with its long one: times rise, and
 * values of 707 and 709 rise, those of 708 and 710 fall. So the farther off the grid is, the sooner it is to trip.
 */
function tripFault(model: ModelBytes, at: number): string | undefined {
	for (let part = 0; part < tripParts; part++) {
		const fault = partFault(model, partAt(model, at, part), part === TripPart.mustTrip);
		if (fault) return `${partNames[part]}: ${fault}`;
	}
	const must = partAt(model, at, TripPart.mustTrip);
	const may = partAt(model, at, TripPart.mayTrip);
	return model.u16(may) > 0 ? mayFault(model, must, may) : undefined;
}

const partNames = frozen(["MustTrip", "MayTrip", "MomCess"]);

/** The first register (ActPt) of one of the three curves in a trip curve. */
export function partAt(model: ModelBytes, at: number, part: number): number {
	const { own, point } = curveForm(model.id);
	return at + 1 + part * (own + point * model.u16(AtCurves.nPt));
}

function partFault(model: ModelBytes, at: number, needed: boolean): string | undefined {
	const points = model.u16(at);
	if (points === 0 && !needed) return undefined;
	const count = countFault(model, at, 2);
	if (count) return count;
	const { id } = model;
	const { point, sf } = curveForm(id);
	const low = id === 707 || id === 709;
	let lastX = Number.NaN;
	let lastT = Number.NaN;
	for (let i = 0; i < points; i++) {
		const place = at + 1 + point * i;
		const x = point === 4 ? model.scaledU32(place, sf) : model.scaledU16(place, sf);
		const t = model.scaledU32(place + point - 2, sf + 1);
		const range = out(point === 4 ? "Hz" : "V", x) ?? out("Tms", t);
		if (range) return `point ${i + 1}: ${range}`;
		if (low ? x < lastX : x > lastX) return `point ${i + 1}: ${x} is farther off than the point before it`;
		if (t < lastT) return `point ${i + 1}: Tms ${t} is less than at the point before it`;
		lastX = x;
		lastT = t;
	}
	return undefined;
}

/** Where the DER must trip it may trip, too. Both times change only at the values of their points, or evenly between. */
function mayFault(model: ModelBytes, must: number, may: number): string | undefined {
	const { point, sf } = curveForm(model.id);
	const step = scaled(0.5, model.scale(sf));
	for (const at of [must, may]) {
		for (let i = 0; i < model.u16(at); i++) {
			const place = at + 1 + point * i;
			const x = point === 4 ? model.scaledU32(place, sf) : model.scaledU16(place, sf);
			for (const near of [x - step, x + step]) {
				if (tripTime(model, may, near) > tripTime(model, must, near)) {
					return `MustTrip near ${x} comes before MayTrip`;
				}
			}
		}
	}
	return undefined;
}
