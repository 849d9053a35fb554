/**
 * The first values of a DER's controls: everything off, no reversion. A control that the device behind it cannot follow
 * stays "not implemented", and a point that is set already keeps what it has.
 */
import { frozen } from "../../base/frozen";
import { At704, Control } from "./controls-704";
import type { ModelBytes } from "./model-bytes";
import { At123, At124 } from "./older-controls";
import { At703 } from "./service";
import type { DerAbility } from "./types";

const notSigned = 0x8000;

/** Scale factors: place, power. */
const scales704 = frozen([
	[At704.pfSf, -3],
	[At704.wMaxLimPctSf, -2],
	[At704.wSetSf, 0],
	[At704.wSetPctSf, -2],
	[At704.varSetSf, 0],
	[At704.varSetPctSf, -2],
]);

/** Signed 32-bit values of 704: WSet, WSetRvrt; VarSet, VarSetRvrt. */
const set32 = frozen([24, 26]);
const var32 = frozen([38, 40]);

/** What the device can be told, and which models there are. */
export interface DefaultsFor {
	readonly can: (ability: DerAbility) => boolean;
	/** It can absorb active power. */
	readonly storage: boolean;
	/** 50 or 60; NaN: unknown. */
	readonly nominalHz: number;
}

export function fill704(model: ModelBytes, { can, storage }: DefaultsFor): void {
	for (const [at, power] of scales704) model.initial16(at!, power!, notSigned);
	if (can("limitW")) {
		timer(model, Control.limit);
		model.initial16(At704.wMaxLimPct, percent(model, At704.wMaxLimPctSf));
		model.initial16(At704.wMaxLimPct + 1, percent(model, At704.wMaxLimPctSf));
	}
	if (can("setW")) {
		timer(model, Control.set);
		model.initial16(At704.wSetMod, 1);
		for (const at of set32) model.initial32(at, 0, 0x80000000);
		for (const at of [28, 29]) model.initial16(at, 0, notSigned);
	}
	if (can("setVar")) {
		timer(model, Control.var);
		model.initial16(At704.varSetMod, 4);
		model.initial16(At704.varSetPri, 0);
		for (const at of var32) model.initial32(at, 0, 0x80000000);
		for (const at of [42, 43]) model.initial16(at, 0, notSigned);
		model.initial16(At704.varRmp, 100);
	}
	if (can("pf")) {
		powerFactors(model, Control.pfInj);
		if (storage) powerFactors(model, Control.pfAbs);
	}
	if (can("limitW") || can("setW")) {
		model.initial16(At704.wRmp, 100);
		model.initial16(At704.wRmp + 1, 1);
	}
}

function timer(model: ModelBytes, control: number): void {
	model.initial16(At704.ena[control]!, 0);
	model.initial16(At704.enaRvrt[control]!, 0);
	model.initial32(At704.rvrtTms[control]!, 0);
	model.initial32(At704.rvrtRem[control]!, 0);
}

function powerFactors(model: ModelBytes, control: number): void {
	timer(model, control);
	const at = At704.pf[control]!;
	const unity = 10 ** -model.scale(At704.pfSf);
	for (const group of [at, at + 2]) {
		model.initial16(group, unity);
		model.initial16(group + 1, 0);
	}
}

function percent(model: ModelBytes, scaleAt: number): number {
	return 100 * 10 ** -model.scale(scaleAt);
}

export function fill703(model: ModelBytes, { can, nominalHz }: DefaultsFor): void {
	if (!can("energize") && !can("limitW")) return;
	model.initial16(At703.vSf, -2, notSigned);
	model.initial16(At703.hzSf, -3, notSigned);
	model.initial16(At703.es, 1);
	// IEEE 1547-2018, table 4; where nobody says at which frequency the grid runs the window takes both
	model.initial16(At703.vHi, percent(model, At703.vSf) * 1.05);
	model.initial16(At703.vLo, percent(model, At703.vSf) * 0.917);
	const hz = 10 ** -model.scale(At703.hzSf);
	model.initial32(At703.hzHi, Math.round((Number.isNaN(nominalHz) ? 65 : nominalHz + 0.1) * hz));
	model.initial32(At703.hzLo, Math.round((Number.isNaN(nominalHz) ? 45 : nominalHz - 0.5) * hz));
	model.initial32(At703.delay, 300);
	model.initial32(At703.random, 0);
	model.initial32(At703.ramp, 0);
	model.initial32(At703.remaining, 0);
}

export function fill715(model: ModelBytes, { can }: DefaultsFor): void {
	model.initial16(2, 0);
	model.initial32(3, 0);
	model.initial32(5, 0);
	model.initial16(7, 0);
	if (can("energize") || can("limitW")) model.initial16(8, 1);
}

export function fill123(model: ModelBytes, { can }: DefaultsFor): void {
	model.initial16(At123.wMaxLimPctSf, -2, notSigned);
	model.initial16(At123.outPfSf, -3, notSigned);
	model.initial16(At123.varPctSf, -2, notSigned);
	if (can("energize") || can("limitW")) {
		for (const at of [2, 3]) model.initial16(at, 0);
		model.initial16(At123.conn, 1);
	}
	if (can("limitW")) {
		model.initial16(At123.wMaxLimPct, percent(model, At123.wMaxLimPctSf));
		for (const at of [6, 7, 8, At123.wMaxLimEna]) model.initial16(at, 0);
	}
	if (can("pf")) {
		model.initial16(At123.outPfSet, 10 ** -model.scale(At123.outPfSf), notSigned);
		for (const at of [11, 12, 13, At123.outPfEna]) model.initial16(at, 0);
	}
	if (can("setVar")) {
		for (const at of [15, 16, 17]) model.initial16(at, 0, notSigned);
		for (const at of [18, 19, 20, At123.varEna]) model.initial16(at, 0);
		model.initial16(At123.varMod, 2);
	}
}

/** `charge`: the most active power into the storage, W. */
export function fill124(model: ModelBytes, { can }: DefaultsFor): void {
	if (!can("chargeLimitW") && !can("dischargeLimitW") && !can("setW")) return;
	model.initial16(At124.graSf, 0, notSigned);
	model.initial16(At124.minRsvSf, -1, notSigned);
	model.initial16(At124.rteSf, -2, notSigned);
	model.initial16(At124.wChaGra, 100);
	model.initial16(At124.wDisChaGra, 100);
	model.initial16(At124.storCtlMod, 0);
	if (can("dischargeLimitW")) model.initial16(At124.minRsvPct, 0);
	model.initial16(At124.outWRte, percent(model, At124.rteSf), notSigned);
	model.initial16(At124.inWRte, percent(model, At124.rteSf), notSigned);
	for (const at of [At124.winTms, At124.rvrtTms, At124.rmpTms]) model.initial16(at, 0);
	if (can("setW")) model.initial16(At124.chaGriSet, 1);
}
