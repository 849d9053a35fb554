/**
 * The five controls of model 704 (DER AC controls) as places in its registers, and what they ask for. The model's
 * registers are the one place where these controls live: model 123 is a second way to write them (older-controls.ts).
 */
import { frozen } from "../../base/frozen";
import type { ModelBytes } from "./model-bytes";

/** The controls that have a reversion timer: those of 704 in the order of its registers, then those of 123 and 124. */
export const Control = frozen({ pfInj: 0, pfAbs: 1, limit: 2, set: 3, var: 4, connect: 5, storage: 6 });
export const controlCount = 7;
/** How many of them live in 704. */
export const count704 = 5;
export const controlNames = frozen(["PFWInj", "PFWAbs", "WMaxLimPct", "WSet", "VarSet", "Conn", "StorCtl_Mod"]);

/** What a value of VarSetMod, VArPct_Mod refers to. */
export const VarMode = frozen({ wMax: 0, varMax: 1, varAval: 2, vaMax: 3, vars: 4 });

/** Places of points of 704 (registers from the start of the model), by control. */
export const At704 = frozen({
	ena: [2, 8, 14, 22, 35],
	enaRvrt: [3, 9, 17, 30, 44],
	rvrtTms: [4, 10, 18, 31, 45],
	rvrtRem: [6, 12, 20, 33, 47],
	wMaxLimPct: 15,
	wSetMod: 23,
	wSet: 24,
	wSetPct: 28,
	varSetMod: 36,
	varSetPri: 37,
	varSet: 38,
	varSetPct: 42,
	wRmp: 49,
	varRmp: 51,
	/** Of PF; Ext is the register behind it. */
	pf: [59, 63],
	pfSf: 53,
	wMaxLimPctSf: 54,
	wSetSf: 55,
	wSetPctSf: 56,
	varSetSf: 57,
	varSetPctSf: 58,
});

/** Values that a time-out copies, by control: from, to, registers, 1 for a signed one. */
const reversions = frozen([
	[[61, 59, 2, 0]],
	[[65, 63, 2, 0]],
	[[16, 15, 1, 0]],
	[
		[26, 24, 2, 1],
		[29, 28, 1, 1],
	],
	[
		[40, 38, 2, 1],
		[43, 42, 1, 1],
	],
]);

/** Registers that say what holds after a time-out: writing them does not start the time anew. */
const afterTimeOut = frozen<readonly number[]>([3, 9, 16, 17, 26, 29, 30, 40, 43, 44, 61, 62, 65, 66]);

/** The control that a register of 704 belongs to; -1: none. */
export function controlAt(at: number): number {
	if (at < 2) return -1;
	if (at < 8) return Control.pfInj;
	if (at < 14) return Control.pfAbs;
	if (at < 22) return Control.limit;
	if (at < 35) return Control.set;
	if (at < 49) return Control.var;
	if (at < 59) return -1;
	return at < 63 ? Control.pfInj : Control.pfAbs;
}

/** Does a write to this register of 704 start the reversion time anew? */
export function restartsTimer(at: number): boolean {
	return controlAt(at) >= 0 && !afterTimeOut.includes(at);
}

/**
 * The reversion time of a control is over: its reversion values become its values, and it is enabled or not as
 * xxxEnaRvrt says (sunspec/models#193: that point is the enable setting on reversion). Where the reversion values are
 * not implemented the old ones stay.
 */
export function revert704(model: ModelBytes, control: number): void {
	for (const [from, to, count, signed] of reversions[control]!) model.copy(from!, to!, count!, signed === 1);
	model.put16(At704.ena[control]!, model.u16(At704.enaRvrt[control]!) === 1 ? 1 : 0);
	model.put32(At704.rvrtRem[control]!, 0);
}

export function enabled704(model: ModelBytes, control: number): boolean {
	return model.u16(At704.ena[control]!) === 1;
}

/** The limit that WMaxLimPct sets, W; Infinity while it is not enabled, or nobody knows what it is a part of. */
export function limitW(model: ModelBytes, wMax: number): number {
	if (!enabled704(model, Control.limit)) return Number.POSITIVE_INFINITY;
	const percent = model.scaledU16(At704.wMaxLimPct, At704.wMaxLimPctSf);
	// nothing is nothing, whatever the rating
	if (percent === 0) return 0;
	const limit = (percent * wMax) / 100;
	return Number.isNaN(limit) ? Number.POSITIVE_INFINITY : limit;
}

/** The active power that WSet or WSetPct asks for, W; NaN while it is not enabled. */
export function setW(model: ModelBytes, wMax: number): number {
	if (!enabled704(model, Control.set)) return Number.NaN;
	if (model.u16(At704.wSetMod) === 1) return model.scaledI32(At704.wSet, At704.wSetSf);
	return (model.scaledI16(At704.wSetPct, At704.wSetPctSf) * wMax) / 100;
}

/** What percentages of reactive power are parts of. */
export interface VarBases {
	readonly wMax: number;
	readonly varInj: number;
	readonly varAbs: number;
	readonly vaMax: number;
	/** Reactive power that the active power of now leaves room for. */
	readonly varAval: number;
}

/** The reactive power that VarSet or VarSetPct asks for, var; NaN while it is not enabled. */
export function setVar(model: ModelBytes, bases: VarBases): number {
	if (!enabled704(model, Control.var)) return Number.NaN;
	const mode = model.u16(At704.varSetMod);
	if (mode === VarMode.vars) return model.scaledI32(At704.varSet, At704.varSetSf);
	const percent = model.scaledI16(At704.varSetPct, At704.varSetPctSf);
	return (percent * varBase(mode, percent, bases)) / 100;
}

/** What 100 % of reactive power is, var, in a mode and a direction. */
export function varBase(mode: number, percent: number, bases: VarBases): number {
	const max = percent < 0 ? bases.varAbs : bases.varInj;
	if (mode === VarMode.wMax) return bases.wMax;
	if (mode === VarMode.vaMax) return bases.vaMax;
	if (mode === VarMode.varAval) return Number.isNaN(max) ? bases.varAval : Math.min(max, bases.varAval);
	return max;
}

/** The power factor while injecting or absorbing active power, negative when under-excited; NaN: not enabled. */
export function powerFactor(model: ModelBytes, absorbing: boolean): number {
	const control = absorbing ? Control.pfAbs : Control.pfInj;
	if (!enabled704(model, control)) return Number.NaN;
	const at = At704.pf[control]!;
	const pf = model.scaledU16(at, At704.pfSf);
	return model.u16(at + 1) === 1 ? -pf : pf;
}
