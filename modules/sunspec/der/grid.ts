/** What a DER measures of the grid and of itself, from its model 701. */

import { frozen } from "../../base/frozen";
import { scaled } from "../codec";
import type { ModelBytes } from "./model-bytes";

// Places in 701.
const acType = 2;
const derMode = 8;
const gridForming = 1 << 1;
const w = 10;
const lineVoltages = 15;
const hz = 17;
const vSf = 114;
const hzSf = 115;
const wSf = 116;
const highestPct = 160;
const root3 = 1.7320508075688772;

/** The latest sample; NaN for what is not known. */
export class Grid {
	/** Active power, positive when injected. */
	w = Number.NaN;
	/** Mean voltage, and those of the lowest and the highest phase, in percent of VNom. */
	vPct = Number.NaN;
	lowPct = Number.NaN;
	highPct = Number.NaN;
	hz = Number.NaN;
	/** The DER makes the grid (an island) instead of following one. */
	forming = false;
	readonly #model: ModelBytes;

	/** `model`: the 701 where the DER meets the grid. */
	constructor(model: ModelBytes) {
		this.#model = model;
	}

	/** Reads 701 anew. `vNom` as 702 has it: line to neutral for one phase, line to line otherwise. */
	read(vNom: number): void {
		const model = this.#model;
		this.w = model.scaledI16(w, wSf);
		this.hz = model.scaledU32(hz, hzSf);
		this.forming = (model.u32(derMode) & gridForming) !== 0;
		const type = model.u16(acType);
		// Nominal voltage of a phase to neutral: 702.VNom is a line voltage unless there is one phase only.
		const phase = type === 0 ? vNom : type === 1 ? vNom / 2 : type === 2 ? vNom / root3 : Number.NaN;
		this.lowPct = Number.POSITIVE_INFINITY;
		this.highPct = Number.NEGATIVE_INFINITY;
		// in percent already: two digits more than the registers
		const scale = Math.min(10, model.scale(vSf) + 2);
		for (let i = 0; i < 3; i++) this.extend(scaled(model.u16(phaseVoltages[i]!), scale) / phase);
		const line = scaled(model.u16(lineVoltages), scale) / vNom;
		const neutral = scaled(model.u16(lineVoltages + 1), scale) / phase;
		this.vPct = type === 0 || Number.isNaN(line) ? neutral : line;
		if (this.lowPct > this.highPct) this.extend(this.vPct);
		if (this.lowPct > this.highPct) this.lowPct = this.highPct = Number.NaN;
		else if (Number.isNaN(this.vPct)) this.vPct = (this.lowPct + this.highPct) / 2;
		// no grid has this voltage: the nominal one is that of another kind of connection
		if (this.highPct > highestPct) this.vPct = this.lowPct = this.highPct = Number.NaN;
	}

	private extend(percent: number): void {
		if (percent < this.lowPct) this.lowPct = percent;
		if (percent > this.highPct) this.highPct = percent;
	}

	/** The device does not answer: nothing is known. */
	lose(): void {
		this.w = this.vPct = this.lowPct = this.highPct = this.hz = Number.NaN;
	}
}

/** VL1, VL2 and VL3. */
const phaseVoltages = frozen([47, 70, 93]);
