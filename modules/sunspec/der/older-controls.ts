/**
 * Models 121, 123 and 124 as a second way to the same controls. What 123 shares with 704 lives in 704: a write to 123
 * is carried over to 704 when it takes effect, and a change of 704, also a time-out, shows in 123. Connecting and the
 * storage controls have no place in the 7xx models: for them 123 and 124 are it.
 *
 * OutPFSet has the sign of the limits it must keep, PFMinQ1 and PFMinQ4 of 121, which model 121 gives in the EEI
 * convention: negative is over-excited (quadrant 1), positive under-excited (quadrant 4).
 */
import { frozen } from "../../base/frozen";
import { At704, Control, count704, enabled704, setVar, type VarBases, VarMode } from "./controls-704";
import type { ModelBytes } from "./model-bytes";

/** Places in 123; those of WinTms, RvrtTms and RmpTms by control (0: none). */
export const At123 = frozen({
	conn: 4,
	wMaxLimPct: 5,
	wMaxLimEna: 9,
	outPfSet: 10,
	outPfEna: 14,
	/** VArWMaxPct, VArMaxPct, VArAvalPct in the order of VArPct_Mod 1 to 3. */
	varPct: 15,
	varMod: 21,
	varEna: 22,
	wMaxLimPctSf: 23,
	outPfSf: 24,
	varPctSf: 25,
});
const winTms123 = frozen([11, 11, 6, 0, 18, 2, 0]);
const rvrtTms123 = frozen([12, 12, 7, 0, 19, 3, 0]);
const rmpTms123 = frozen([13, 13, 8, 0, 20, 0, 0]);

/** Places in 124. */
export const At124 = frozen({
	wChaMax: 2,
	wChaGra: 3,
	wDisChaGra: 4,
	storCtlMod: 5,
	minRsvPct: 7,
	chaState: 8,
	outWRte: 12,
	inWRte: 13,
	winTms: 14,
	rvrtTms: 15,
	rmpTms: 16,
	chaGriSet: 17,
	wChaMaxSf: 18,
	graSf: 19,
	minRsvSf: 21,
	chaStateSf: 22,
	rteSf: 25,
});

/** The control that a register of 123 belongs to. */
export function controlAt123(at: number): number {
	if (at < 2 || at > 22) return -1;
	if (at < 5) return Control.connect;
	if (at < 10) return Control.limit;
	return at < 15 ? Control.pfInj : Control.var;
}

/** As `controlAt123`, for 124: all that InOutWRte_RvrtTms falls back. */
export function controlAt124(at: number): number {
	return at === At124.storCtlMod || (at >= At124.outWRte && at <= At124.rmpTms) ? Control.storage : -1;
}

export class OlderControls {
	/** What 123.Conn and 124 say, once it has taken effect. */
	connected = true;
	storMode = 0;
	outPct = 100;
	inPct = 100;
	readonly #m704: ModelBytes;
	readonly #m123: ModelBytes;
	readonly #m124: ModelBytes;

	constructor(m704: ModelBytes, m123: ModelBytes, m124: ModelBytes) {
		this.#m704 = m704;
		this.#m123 = m123;
		this.#m124 = m124;
	}

	/** The WinTms of a control written through 123 or 124, s. */
	windowS(control: number): number {
		if (control === Control.storage) return this.#m124.u16(At124.winTms) || 0;
		const at = winTms123[control]!;
		return at === 0 ? 0 : this.#m123.u16(at) || 0;
	}

	/** As `windowS`, of its RmpTms. */
	rampS(control: number): number {
		if (control === Control.storage) return this.#m124.u16(At124.rmpTms) || 0;
		const at = rmpTms123[control]!;
		return at === 0 ? 0 : this.#m123.u16(at) || 0;
	}

	/** Reversion time of the two controls that are not in 704, s; 0: none. */
	rvrtS(control: number): number {
		if (control === Control.storage) return this.storMode === 0 ? 0 : this.#m124.u16(At124.rvrtTms) || 0;
		return this.connected ? 0 : this.#m123.u16(rvrtTms123[control]!) || 0;
	}

	/** What stands in 123 or 124 for a control takes effect. */
	adopt(control: number): void {
		const old = this.#m123;
		const m704 = this.#m704;
		if (control < count704 && Number.isNaN(m704.u16(At704.ena[control]!))) return;
		switch (control) {
			case Control.connect:
				this.connected = old.u16(At123.conn) !== 0;
				return;
			case Control.storage:
				this.storMode = this.#m124.u16(At124.storCtlMod) & 3 || 0;
				this.outPct = this.#m124.scaledI16(At124.outWRte, At124.rteSf);
				this.inPct = this.#m124.scaledI16(At124.inWRte, At124.rteSf);
				return;
			case Control.limit:
				m704.putScaledU16(At704.wMaxLimPct, At704.wMaxLimPctSf, old.scaledU16(At123.wMaxLimPct, At123.wMaxLimPctSf));
				this.carry(Control.limit, old.u16(At123.wMaxLimEna));
				return;
			case Control.var: {
				const mode = old.u16(At123.varMod);
				if (mode > 0) {
					m704.put16(At704.varSetMod, mode - 1);
					const percent = old.scaledI16(At123.varPct + mode - 1, At123.varPctSf);
					m704.putScaledI16(At704.varSetPct, At704.varSetPctSf, percent);
				}
				this.carry(Control.var, mode > 0 ? old.u16(At123.varEna) : 0);
				return;
			}
			case Control.pfInj: {
				// 123 knows one power factor: it holds in both directions of active power. Positive is over-excited.
				const pf = old.scaledI16(At123.outPfSet, At123.outPfSf);
				for (const which of [Control.pfInj, Control.pfAbs]) {
					if (Number.isNaN(m704.u16(At704.ena[which]!))) continue;
					m704.putScaledU16(At704.pf[which]!, At704.pfSf, Math.abs(pf));
					m704.put16(At704.pf[which]! + 1, pf < 0 || pf === 1 ? 0 : 1);
					this.carry(which, old.u16(At123.outPfEna));
				}
			}
		}
	}

	private carry(control: number, ena: number): void {
		this.#m704.put16(At704.ena[control]!, ena);
		const tms = this.#m123.u16(rvrtTms123[control]!);
		if (!Number.isNaN(tms)) this.#m704.put32(At704.rvrtTms[control]!, tms);
	}

	/** Shows a control of 704 in 123. */
	show(control: number, bases: VarBases): void {
		const old = this.#m123;
		const m704 = this.#m704;
		if (!old.present || Number.isNaN(m704.u16(At704.ena[control]!))) return;
		const ena = enabled704(m704, control) ? 1 : 0;
		if (control === Control.limit) {
			old.putScaledU16(At123.wMaxLimPct, At123.wMaxLimPctSf, m704.scaledU16(At704.wMaxLimPct, At704.wMaxLimPctSf));
			old.put16(At123.wMaxLimEna, ena);
		} else if (control === Control.pfInj) {
			const at = At704.pf[Control.pfInj]!;
			const pf = m704.scaledU16(at, At704.pfSf);
			old.putScaledI16(At123.outPfSet, At123.outPfSf, m704.u16(at + 1) === 1 || pf === 1 ? pf : -pf);
			old.put16(At123.outPfEna, ena);
		} else if (control === Control.var) {
			this.showVar(bases);
			old.put16(At123.varEna, ena);
		} else return;
		const tms = m704.u32(At704.rvrtTms[control]!);
		if (!Number.isNaN(old.u16(rvrtTms123[control]!))) old.put16(rvrtTms123[control]!, Math.min(tms, 0xfffe) || 0);
	}

	/** Modes that 123 does not know (in var, of VAMax) show as a part of VArMax. */
	private showVar(bases: VarBases): void {
		const old = this.#m123;
		const mode = this.#m704.u16(At704.varSetMod);
		let percent = this.#m704.scaledI16(At704.varSetPct, At704.varSetPctSf);
		let shown = mode + 1;
		if (mode === VarMode.vars || mode === VarMode.vaMax) {
			const value = setVar(this.#m704, bases);
			if (Number.isNaN(value)) return;
			percent = (100 * value) / (value < 0 ? bases.varAbs : bases.varInj);
			shown = VarMode.varMax + 1;
		}
		if (!(shown >= 1 && shown <= 3)) return;
		old.put16(At123.varMod, shown);
		old.putScaledI16(At123.varPct + shown - 1, At123.varPctSf, percent);
	}

	/** The time of a control that is not in 704 is over: connected again, no storage control. */
	revert(control: number): void {
		if (control === Control.connect) this.#m123.put16(At123.conn, 1);
		else this.#m124.put16(At124.storCtlMod, 0);
		this.adopt(control);
	}
}
