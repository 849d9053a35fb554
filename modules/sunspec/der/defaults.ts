/**
 * The first values of a DER's controls: everything off, no reversion. A control that the device behind it cannot follow
 * stays "not implemented", and a point that is set already keeps what it has.
 */
import { frozen } from "../../base/frozen";
import { At704, Control } from "./controls-704";
import type { ModelBytes } from "./model-bytes";
import { At123, At124 } from "./older-controls";
import { At703 } from "./service";
import type { DerAbility, DerActuator } from "./types";

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
	readonly abilities: readonly DerAbility[];
	/** It may be told something else each second: then it has ramps. */
	readonly continuous: boolean;
	/** It can absorb active power. */
	readonly storage: boolean;
	/** 50 or 60; NaN: unknown. */
	readonly nominalHz: number;
}

function fill704(model: ModelBytes, { abilities, storage, continuous }: DefaultsFor): void {
	for (const [at, power] of scales704) model.initial16(at!, power!, notSigned);
	if (abilities.includes("limitW")) {
		timer(model, Control.limit);
		model.initial16(At704.wMaxLimPct, percent(model, At704.wMaxLimPctSf));
		model.initial16(At704.wMaxLimPct + 1, percent(model, At704.wMaxLimPctSf));
	}
	if (abilities.includes("setW")) {
		timer(model, Control.set);
		model.initial16(At704.wSetMod, 1);
		for (const at of set32) model.initial32(at, 0, 0x80000000);
		for (const at of [28, 29]) model.initial16(at, 0, notSigned);
	}
	if (abilities.includes("setVar")) {
		timer(model, Control.var);
		model.initial16(At704.varSetMod, 4);
		model.initial16(At704.varSetPri, 0);
		for (const at of var32) model.initial32(at, 0, 0x80000000);
		for (const at of [42, 43]) model.initial16(at, 0, notSigned);
		if (continuous) model.initial16(At704.varRmp, 100);
	}
	if (abilities.includes("pf")) {
		powerFactors(model, Control.pfInj);
		if (storage) powerFactors(model, Control.pfAbs);
	}
	if (continuous && (abilities.includes("limitW") || abilities.includes("setW"))) {
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

function fill703(model: ModelBytes, { abilities, nominalHz, continuous }: DefaultsFor): void {
	if (!abilities.includes("energize") && !abilities.includes("limitW")) return;
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
	if (continuous) model.initial32(At703.ramp, 0);
	model.initial32(At703.remaining, 0);
}

function fill715(model: ModelBytes, { abilities }: DefaultsFor): void {
	model.initial16(2, 0);
	model.initial32(3, 0);
	model.initial32(5, 0);
	model.initial16(7, 0);
	if (abilities.includes("energize") || abilities.includes("limitW")) model.initial16(8, 1);
}

/** Points that 123 must have are there also when they cannot be changed: see `isFixed`. */
function fill123(model: ModelBytes, { abilities, continuous }: DefaultsFor): void {
	model.initial16(At123.wMaxLimPctSf, -2, notSigned);
	model.initial16(At123.outPfSf, -3, notSigned);
	model.initial16(At123.varPctSf, -2, notSigned);
	model.initial16(At123.conn, 1);
	model.initial16(At123.wMaxLimPct, percent(model, At123.wMaxLimPctSf));
	model.initial16(At123.outPfSet, 10 ** -model.scale(At123.outPfSf), notSigned);
	for (const at of [At123.wMaxLimEna, At123.outPfEna, At123.varEna]) model.initial16(at, 0);
	if (abilities.includes("energize") || abilities.includes("limitW")) for (const at of [2, 3]) model.initial16(at, 0);
	if (abilities.includes("limitW")) for (const at of [6, 7]) model.initial16(at, 0);
	if (abilities.includes("pf")) for (const at of [11, 12]) model.initial16(at, 0);
	if (continuous && abilities.includes("limitW")) model.initial16(8, 0);
	if (continuous && abilities.includes("pf")) model.initial16(13, 0);
	if (!abilities.includes("setVar")) return;
	for (const at of [15, 16, 17]) model.initial16(at, 0, notSigned);
	for (const at of [18, 19]) model.initial16(at, 0);
	if (continuous) model.initial16(20, 0);
	model.initial16(At123.varMod, 2);
}

/** As `fill123`, for 124. */
function fill124(model: ModelBytes, { abilities, continuous }: DefaultsFor): void {
	model.initial16(At124.graSf, 0, notSigned);
	model.initial16(At124.wChaGra, 100);
	model.initial16(At124.wDisChaGra, 100);
	model.initial16(At124.storCtlMod, 0);
	if (!canStore(abilities)) return;
	model.initial16(At124.minRsvSf, -1, notSigned);
	model.initial16(At124.rteSf, -2, notSigned);
	if (abilities.includes("dischargeLimitW")) model.initial16(At124.minRsvPct, 0);
	model.initial16(At124.outWRte, percent(model, At124.rteSf), notSigned);
	model.initial16(At124.inWRte, percent(model, At124.rteSf), notSigned);
	for (const at of [At124.winTms, At124.rvrtTms]) model.initial16(at, 0);
	if (continuous) model.initial16(At124.rmpTms, 0);
	if (abilities.includes("setW")) model.initial16(At124.chaGriSet, 1);
}

/** What a DER's models hold before anybody has written them. `given`: models that its device fills itself. */
export function fillControls(models: readonly ModelBytes[], what: DefaultsFor, given: readonly number[] = []): void {
	for (const model of models) {
		if (model.id === 704) fill704(model, what);
		else if (given.includes(model.id)) continue;
		else if (model.id === 703) fill703(model, what);
		else if (model.id === 715) fill715(model, what);
		else if (model.id === 123) fill123(model, what);
		else if (model.id === 124) fill124(model, what);
	}
}

function canStore(abilities: readonly DerAbility[]): boolean {
	return abilities.includes("chargeLimitW") || abilities.includes("dischargeLimitW") || abilities.includes("setW");
}

/**
 * Is this a point that 123 or 124 must have, and that says what cannot be changed? Then it takes only the value that it
 * has. `at`: its place in the model.
 */
export function isFixed(id: number, at: number, { abilities, continuous }: DerActuator): boolean {
	if (id === 124) {
		if (at === At124.storCtlMod) return !canStore(abilities);
		return (at === At124.wChaGra || at === At124.wDisChaGra) && !(continuous && canStore(abilities));
	}
	if (id !== 123) return false;
	if (at === At123.conn) return !abilities.includes("energize") && !abilities.includes("limitW");
	if (at === At123.wMaxLimPct || at === At123.wMaxLimEna) return !abilities.includes("limitW");
	if (at === At123.outPfSet || at === At123.outPfEna) return !abilities.includes("pf");
	return at === At123.varEna && !abilities.includes("setVar");
}
