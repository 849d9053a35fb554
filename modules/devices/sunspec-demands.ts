/** What each control of a SunSpec device is to hold for a command: points and values of models 123, 124, 703 and 704. */
import type { FoundModel } from "../sunspec/client/found";
import type { DerAbility, DerCommand } from "../sunspec/der/types";
import type { Image } from "../sunspec/image";
import { modelFor, numberAt } from "./sunspec-abilities";

/** One control. What the device does not have of its points is left out. */
export interface Demand {
	readonly model: number;
	/** Whether the command asks anything of it; when not, `points` switch it off. */
	readonly active: boolean;
	/** Values in the points' units; whether they are rounded to the next that the register can hold, or down. */
	readonly points: readonly (readonly [name: string, value: number])[];
	readonly down: boolean;
}

/** The controls of a device, in this order. */
export const controlCount = 5;

/**
 * The controls for a command, undefined for one the device does not have or whose reference (a rating) is not known.
 * `own` holds the registers of the device; `revertS`: after this the device is to fall back by itself.
 */
export function demands(
	command: Readonly<DerCommand>,
	models: readonly FoundModel[],
	own: Image,
	revertS: number,
): (Demand | undefined)[] {
	const of = (ability: DerAbility): number => modelFor(models, ability);
	const storage = of("setW") || of("chargeLimitW") || of("dischargeLimitW");
	return [
		service(command, of("energize")),
		limit(command, of("limitW"), own, revertS),
		power(command, storage, own, revertS),
		factor(command, of("pf"), own, revertS),
		reactive(command, of("setVar"), own, revertS),
	];
}

/** What percentages of active power are of, W; NaN while not known. */
export function referenceW(own: Image): number {
	return firstOf(own, [702, "WMax"], [702, "WMaxRtg"], [121, "WMax"], [120, "WRtg"]);
}

/** What percentages of reactive power are of, var; NaN while not known. */
export function referenceVar(own: Image): number {
	return Math.abs(firstOf(own, [121, "VArMaxQ1"], [120, "VArRtgQ1"]));
}

/** What the rates of model 124 are of, W, in both directions; NaN while not known. */
export function referenceStorageW(own: Image): number {
	return firstOf(own, [124, "WChaMax"]);
}

function firstOf(own: Image, ...places: readonly (readonly [model: number, point: string])[]): number {
	for (const [model, point] of places) {
		const value = numberAt(own, model, point);
		if (value !== undefined && value !== 0) return value;
	}
	return Number.NaN;
}

/** Taken off the grid it stays off, also when the hub dies: somebody may rely on it. */
function service({ energize }: Readonly<DerCommand>, model: number): Demand | undefined {
	if (model === 0) return undefined;
	const points: [string, number][] =
		model === 703
			? [["ES", energize ? 1 : 0]]
			: [
					["Conn_WinTms", 0],
					["Conn_RvrtTms", 0],
					["Conn", energize ? 1 : 0],
				];
	return { model, active: !energize, points, down: false };
}

function limit({ limitW }: Readonly<DerCommand>, model: number, own: Image, revertS: number): Demand | undefined {
	if (model === 0) return undefined;
	const ena = model === 704 ? "WMaxLimPctEna" : "WMaxLim_Ena";
	if (limitW === Infinity) return { model, active: false, points: [[ena, 0]], down: true };
	const percent = percentOf(limitW, referenceW(own));
	if (Number.isNaN(percent)) return undefined;
	const points: [string, number][] =
		model === 704
			? [
					["WMaxLimPctEna", 1],
					["WMaxLimPct", percent],
					["WMaxLimPctRvrt", 100],
					["WMaxLimPctEnaRvrt", 0],
					["WMaxLimPctRvrtTms", revertS],
				]
			: [
					["WMaxLimPct", percent],
					["WMaxLimPct_WinTms", 0],
					["WMaxLimPct_RvrtTms", revertS],
					["WMaxLimPct_RmpTms", 0],
					["WMaxLim_Ena", 1],
				];
	return { model, active: true, points, down: true };
}

/** Set-point and limits of a storage. By 124 a negative rate forces the other direction at least that far. */
function power(command: Readonly<DerCommand>, model: number, own: Image, revertS: number): Demand | undefined {
	if (model === 0) return undefined;
	const { setW, chargeLimitW, dischargeLimitW } = command;
	if (model === 704) {
		if (Number.isNaN(setW)) return { model, active: false, points: [["WSetEna", 0]], down: false };
		const points: [string, number][] = [
			["WSetEna", 1],
			["WSetMod", 1],
			["WSet", setW],
			["WSetEnaRvrt", 0],
			["WSetRvrtTms", revertS],
		];
		return { model, active: true, points, down: false };
	}
	const reference = referenceStorageW(own);
	const isSet = !Number.isNaN(setW);
	const isCharge = chargeLimitW !== Infinity || isSet;
	const isDischarge = dischargeLimitW !== Infinity || isSet;
	if (!isCharge && !isDischarge) {
		return {
			model,
			active: false,
			points: [
				["StorCtl_Mod", 0],
				["OutWRte", 100],
				["InWRte", 100],
			],
			down: true,
		};
	}
	if (Number.isNaN(reference)) return undefined;
	const points: [string, number][] = [
		["OutWRte", isSet ? rate(setW, reference) : percentOf(dischargeLimitW, reference)],
		["InWRte", isSet ? rate(-setW, reference) : percentOf(chargeLimitW, reference)],
		["InOutWRte_WinTms", 0],
		["InOutWRte_RvrtTms", revertS],
		["InOutWRte_RmpTms", 0],
		["StorCtl_Mod", (isCharge ? 1 : 0) + (isDischarge ? 2 : 0)],
	];
	return { model, active: true, points, down: !isSet };
}

function factor(command: Readonly<DerCommand>, model: number, own: Image, revertS: number): Demand | undefined {
	if (model === 0) return undefined;
	const active = command.reactive === "pf";
	const { pf } = command;
	if (model === 123) {
		if (!active) return { model, active, points: [["OutPFSet_Ena", 0]], down: false };
		const points: [string, number][] = [
			// the sign of PFMinQ1 in 121, EEI: over-excited is negative
			["OutPFSet", Math.abs(pf) === 1 ? 1 : -pf],
			["OutPFSet_WinTms", 0],
			["OutPFSet_RvrtTms", revertS],
			["OutPFSet_RmpTms", 0],
			["OutPFSet_Ena", 1],
		];
		return { model, active, points, down: false };
	}
	const points: [string, number][] = [];
	for (const group of ["PFWInj", "PFWAbs"]) {
		if (numberAt(own, model, `${group}.PF`) === undefined) continue;
		if (!active) points.push([`${group}Ena`, 0]);
		else {
			points.push([`${group}Ena`, 1], [`${group}EnaRvrt`, 0], [`${group}RvrtTms`, revertS]);
			points.push([`${group}.PF`, Math.abs(pf)], [`${group}.Ext`, pf < 0 ? 1 : 0]);
		}
	}
	return { model, active, points, down: false };
}

function reactive(command: Readonly<DerCommand>, model: number, own: Image, revertS: number): Demand | undefined {
	if (model === 0) return undefined;
	const active = command.reactive === "var";
	if (model === 704) {
		if (!active) return { model, active, points: [["VarSetEna", 0]], down: false };
		const points: [string, number][] = [
			["VarSetEna", 1],
			["VarSetMod", 4],
			["VarSet", command.setVar],
			["VarSetEnaRvrt", 0],
			["VarSetRvrtTms", revertS],
		];
		return { model, active, points, down: false };
	}
	if (!active) return { model, active, points: [["VArPct_Ena", 0]], down: false };
	const ofVar = numberAt(own, 123, "VArMaxPct") !== undefined && !Number.isNaN(referenceVar(own));
	const reference = ofVar ? referenceVar(own) : referenceW(own);
	if (Number.isNaN(reference)) return undefined;
	const points: [string, number][] = [
		[ofVar ? "VArMaxPct" : "VArWMaxPct", rate(command.setVar, reference)],
		["VArPct_WinTms", 0],
		["VArPct_RvrtTms", revertS],
		["VArPct_RmpTms", 0],
		["VArPct_Mod", ofVar ? 2 : 1],
		["VArPct_Ena", 1],
	];
	return { model, active, points, down: false };
}

/** Of a limit, 0 to 100 %. */
function percentOf(limit: number, reference: number): number {
	return limit === Infinity ? 100 : Math.max(0, Math.min(100, (100 * limit) / reference));
}

/** Of a set-point, -100 to 100 %. */
function rate(value: number, reference: number): number {
	return Math.max(-100, Math.min(100, (100 * value) / reference));
}
