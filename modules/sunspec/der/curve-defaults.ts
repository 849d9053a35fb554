/**
 * What stands in the models 705 to 712 from the start: default settings of IEEE 1547-2018, category B for normal and
 * category III for abnormal conditions (tables 8, 9, 10, 13, 18, 24), in curve 1 and in those to be written.
 */
import { frozen } from "../../base/frozen";
import { unscaled } from "../codec";
import { AdptRslt, AtCurves, curveLength, isTrip, tripParts } from "./curve-forms";
import type { Curves } from "./curves";

export interface CurveDefaults {
	/** Can absorb active power. */
	readonly storage: boolean;
	/** 50 or 60. IEEE 1547-2018 is for 60 Hz: its limits are kept as distances from the nominal frequency. */
	readonly nominalHz: number;
}

/** Scale factors where nobody has set any: see `constants.ts`. */
const scales = frozen<Readonly<Record<number, readonly number[]>>>({
	705: [-1, -1, -1],
	706: [-1, -1, -1],
	707: [-1, -2],
	708: [-1, -2],
	709: [-2, -2],
	710: [-2, -2],
	711: [-3, -3, -1],
	712: [-1, -1],
});

/** V, Var: percent of VNom and of VAMax. */
const voltVar = frozen([92, 44, 98, 0, 102, 0, 108, -44]);
/** V, W; the second W is 0 for what can absorb. */
const voltWatt = frozen([106, 100, 110, 20]);
/** W, Var: of the load side first. */
const wattVar = frozen([-100, 44, -50, 0, -20, 0, 20, 0, 50, 0, 100, -44]);

/**
 * Must-trip curves, which the SunSpec IEEE 1547-2018 profile lays out in five points: the second is the farther limit
 * (UV2, OV2, UF2, OF2), the fourth the nearer one, the others join them. V in percent, or Hz from nominal; s.
 */
const mustTrip = frozen<Readonly<Record<number, readonly number[]>>>({
	707: [0, 2, 50, 2, 50, 21, 88, 21, 88, 50],
	708: [130, 0.16, 120, 0.16, 120, 13, 110, 13, 110, 50],
	709: [-5, 0.16, -3.5, 0.16, -3.5, 300, -1.5, 300, -1.5, 1000],
	710: [5, 0.16, 2, 0.16, 2, 300, 1.2, 300, 1.2, 1000],
});
/** Momentary cessation, category III. The standard has no settings of what a DER may ride through: no may-trip curve. */
const momCess = frozen<Readonly<Record<number, readonly number[]>>>({
	707: [50, 0, 50, 2],
	708: [110, 0, 110, 13],
});

/** Fills what nobody has set: a model whose scale factors or curves are there already keeps them. */
export function fillCurves(model: Curves, defaults: CurveDefaults): void {
	if (!model.present) return;
	const { id, form } = model;
	const power = scales[id]!;
	for (let i = 0; i < power.length; i++) model.initial16(form.sf + i, power[i]!, 0x8000);
	model.initial16(AtCurves.ena, isTrip(id) ? 1 : 0);
	model.initial16(AtCurves.adptReq, 1);
	model.initial16(AtCurves.adptRslt, AdptRslt.completed);
	if (form.rvrtTms > 0) {
		model.initial32(form.rvrtTms, 0);
		model.initial32(form.rvrtTms + 2, 0);
		model.initial16(form.rvrtTms + 4, 0);
	}
	for (let curve = 1; curve <= model.count; curve++) {
		const at = model.curveAt(curve);
		if (!Number.isNaN(model.u16(at + form.readOnly))) continue;
		if (isTrip(id)) fillTrip(model, at, defaults);
		else if (id === 711) fillDroop(model, at, defaults);
		else fillLine(model, at, defaults);
		model.put16(at + form.readOnly, curve === 1 ? 1 : 0);
	}
}

function put(model: Curves, at: number, sf: number, value: number): void {
	model.put16(at, unscaled(value, model.scale(sf)));
}

function put32(model: Curves, at: number, sf: number, value: number): void {
	model.put32(at, unscaled(value, model.scale(sf)));
}

function fillLine(model: Curves, at: number, { storage }: CurveDefaults): void {
	const { id, form } = model;
	const values = id === 705 ? voltVar : id === 706 ? voltWatt : wattVar;
	const active = Math.min(values.length / 2, model.points);
	model.put16(at, active);
	// reactive power as a share of VAMax, active power of WMax
	model.put16(at + 1, id === 706 ? 0 : 3);
	if (id === 705) {
		model.put16(at + 2, 1);
		put(model, at + 3, form.sf, 100);
		put(model, at + 4, form.sf, 100);
		model.put16(at + 5, 0);
		model.put16(at + 6, 300);
		put32(model, at + 7, form.sf + 2, 5);
	} else if (id === 706) put32(model, at + 2, form.sf + 2, 10);
	else model.put16(at + 2, 1);
	// room for more points holds the last one: what is "not implemented" could not be written
	for (let i = 0; i < model.points; i++) {
		const from = 2 * Math.min(i, active - 1);
		const place = at + form.own + form.point * i;
		put(model, place, form.sf, values[from]!);
		put(model, place + 1, form.sf + 1, id === 706 && storage && from === 2 ? 0 : values[from + 1]!);
	}
}

function fillDroop(model: Curves, at: number, { storage }: CurveDefaults): void {
	const { sf } = model.form;
	put32(model, at, sf, 0.036);
	put32(model, at + 2, sf, 0.036);
	put(model, at + 4, sf + 1, 0.05);
	put(model, at + 5, sf + 1, 0.05);
	put32(model, at + 6, sf + 2, 5);
	model.put16(at + 8, storage ? -100 : 0);
}

function fillTrip(model: Curves, at: number, { nominalHz }: CurveDefaults): void {
	const { id, form } = model;
	const must = mustTrip[id]!;
	const length = (curveLength(id, model.points) - 1) / tripParts;
	const offset = form.point === 4 ? nominalHz : 0;
	for (let part = 0; part < tripParts; part++) {
		const values = part === 0 ? must : part === 2 ? momCess[id] : undefined;
		const first = at + 1 + part * length;
		const active = values && values.length / 2 <= model.points ? values.length / 2 : 0;
		model.put16(first, active);
		for (let i = 0; i < model.points; i++) {
			const [from, list] = values && active > 0 ? [2 * Math.min(i, active - 1), values] : [must.length - 2, must];
			const place = first + 1 + form.point * i;
			if (form.point === 4) put32(model, place, form.sf, offset + list[from]!);
			else put(model, place, form.sf, list[from]!);
			put32(model, place + form.point - 2, form.sf + 1, list[from + 1]!);
		}
	}
}
