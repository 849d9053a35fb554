/** How the controls of a DER begin: what their models hold before anybody has written them. */
import type { Clock, Random } from "../../base/clock";
import { frozen } from "../../base/frozen";
import type { Log } from "../../base/log";
import type { Image } from "../image";
import { Source } from "./arbiter";
import { Control } from "./controls-704";
import { AtCurves, curveModels, isTrip } from "./curve-forms";
import { fillControls } from "./defaults";
import { Functions } from "./functions";
import type { Grid } from "./grid";
import { ModelBytes } from "./model-bytes";
import type { OlderControls } from "./older-controls";
import { At702, type Settings } from "./settings";
import type { DerActuator, DerStore } from "./types";

export interface DerOptions {
	readonly image: Image;
	/** As the store knows it. */
	readonly unit: number;
	readonly actuator: DerActuator;
	readonly clock: Clock;
	readonly store?: DerStore;
	readonly log?: Log;
	/** Which 701 of the image measures where the DER meets the grid, from 1. */
	readonly occurrence?: number;
	/** For delays that are to differ between DER (ESRndTms, WinTms). Missing: the middle. */
	readonly random?: Random;
	/** 50 or 60. Missing: what is nearer to the frequency that is measured. */
	readonly nominalHz?: number;
	/**
	 * Models of the image that its device fills: they get no first values from here, and its settings (702, 121) and
	 * what follows the grid (705 to 712) are left to it.
	 */
	readonly given?: readonly number[];
	/**
	 * The trip curves (707 to 710) are in force before a client enables them. Missing: they are not. What the hub sees of
	 * the grid may be that of an island, or of a meter elsewhere, and every device has a protection of its own.
	 */
	readonly protects?: boolean;
}

/** What 123 shares with 704. */
const old123 = frozen([Control.limit, Control.pfInj, Control.var]);

/** Fills in first values, and makes the functions that follow the grid. */
export function begin(
	{ image, clock, actuator, given = [], protects, ...options }: DerOptions,
	models: readonly ModelBytes[],
	settings: Settings,
	grid: Grid,
	older: OlderControls,
): Functions {
	const { abilities, continuous } = actuator;
	settings.begin();
	grid.read(settings.vNom);
	const nominalHz = options.nominalHz ?? (grid.hz > 55 ? 60 : grid.hz > 40 ? 50 : Number.NaN);
	const storage = settings.charge > 0 || abilities.includes("chargeLimitW");
	fillControls(models, { abilities, continuous, storage, nominalHz }, given);
	settings.fill();
	const others: number[] = given.slice();
	for (const id of curveModels) {
		if (given.includes(id)) continue;
		if (!continuous && !isTrip(id)) others.push(id);
		// nobody knows what would be too high or too low a frequency
		else if (!protects || Number.isNaN(nominalHz)) new ModelBytes(image, id, clock).initial16(AtCurves.ena, 0);
	}
	// what such a device is set to holds until somebody commands something else
	for (const control of given.includes(123) ? old123 : []) older.adopt(control);
	const functions = new Functions({
		image,
		clock,
		ratings: settings,
		given: others,
		storage,
		nominalHz: nominalHz || 50,
	});
	let modes = functions.modes;
	if (abilities.includes("limitW")) modes |= Source.maxW;
	if (abilities.includes("setW")) modes |= Source.fixedW;
	if (abilities.includes("setVar")) modes |= Source.fixedVar;
	if (abilities.includes("pf")) modes |= Source.fixedPf;
	settings.model.initial32(At702.ctrlModes, modes);
	return functions;
}
