/**
 * From all controls of a DER to one command. The rules, which SunSpec leaves to the device (sunspec/models#216):
 *
 * - Limits of active power take the least: 702.WMax where it is set below its rating, 704.WMaxLimPct (and so 123), the
 *   rise after entering service, volt-watt, frequency droop.
 * - 704.WSet is kept within these limits and those of the storage (124, WChaRteMax, WDisChaRteMax, the reserve). Without
 *   WSet a negative rate of 124 is the set-point: -50 % of OutWRte charges at least at half the rate.
 * - Of reactive power only one mode holds, as IEEE 1547-2018, 5.3.1 wants it: VarSet, then constant power factor, then
 *   volt-var, then watt-var. What was commanded goes before what follows the grid, as it ends by its reversion time.
 */
import { frozen } from "../../base/frozen";
import { At704, Control, enabled704, limitW, powerFactor, setVar, setW } from "./controls-704";
import type { Grid } from "./grid";
import type { ModelBytes } from "./model-bytes";
import { At124, type OlderControls } from "./older-controls";
import { Ramped, type Ramps } from "./ramps";
import type { Settings } from "./settings";
import type { DerCommand } from "./types";

/** Bits of 701.ThrotSrc and of 702.CtrlModes. */
export const Source = frozen({
	maxW: 1 << 0,
	fixedW: 1 << 1,
	fixedVar: 1 << 2,
	fixedPf: 1 << 3,
	voltVar: 1 << 4,
	freqWatt: 1 << 5,
	lowVolt: 1 << 7,
	highVolt: 1 << 8,
	wattVar: 1 << 9,
	voltWatt: 1 << 10,
	lowHz: 1 << 12,
	highHz: 1 << 13,
	derated: 1 << 14,
});

/** What the functions that follow the grid ask for at this moment; NaN: nothing. */
export interface Following {
	/** Most active power by volt-watt, W. */
	readonly voltWattW: number;
	/** Most active power by frequency droop, W, and the least one. */
	readonly droopHighW: number;
	readonly droopLowW: number;
	readonly voltVar: number;
	readonly wattVar: number;
}

export interface Situation {
	readonly energize: boolean;
	/** Connected, but to have no power: standby, momentary cessation. */
	readonly idle: boolean;
	/** See `EnterService.share`. */
	readonly share: number;
	/** State of charge, %; NaN: unknown. */
	readonly soc: number;
	readonly following: Following;
	/** What follows the grid puts reactive power first (Pri of its curve). */
	readonly reactiveFirst: boolean;
}

const infinity = Number.POSITIVE_INFINITY;

export class Arbiter {
	/** Bits of `Source` that hold the DER below what it could do. */
	sources = 0;
	readonly #m704: ModelBytes;
	readonly #m124: ModelBytes;
	readonly #settings: Settings;
	readonly #older: OlderControls;
	readonly #ramps: Ramps;
	readonly #continuous: boolean;
	/** The storage is down to its reserve. */
	#reserved = false;
	/** The DER absorbs active power. */
	#absorbing = false;

	/** `continuous`: see `DerActuator`. */
	constructor(
		m704: ModelBytes,
		m124: ModelBytes,
		settings: Settings,
		older: OlderControls,
		ramps: Ramps,
		continuous: boolean,
	) {
		this.#continuous = continuous;
		this.#m704 = m704;
		this.#m124 = m124;
		this.#settings = settings;
		this.#older = older;
		this.#ramps = ramps;
	}

	/** The command of this moment, after a step of `stepS` on the ramps (0: none is due). */
	decide(now: Situation, grid: Grid, stepS: number): DerCommand {
		this.sources = 0;
		let limit = this.limit(now, stepS);
		const storage = this.graded(this.storage(now.soc), stepS);
		let set = this.set(now, grid, storage.low, storage.high, stepS);
		const active = Number.isNaN(grid.w) ? set : grid.w;
		this.#settings.room(this.#continuous ? active : 0);
		// around nothing it is neither
		if (Math.abs(active) > 0.01 * this.#settings.wMax) this.#absorbing = active < 0;
		const command: DerCommand = {
			energize: now.energize,
			limitW: limit,
			setW: set,
			chargeLimitW: Math.max(0, -storage.low),
			dischargeLimitW: Math.max(0, storage.high),
			reactive: "none",
			pf: 1,
			setVar: 0,
		};
		if (now.idle) {
			limit = 0;
			if (!Number.isNaN(set)) set = 0;
			this.sources |= Source.derated;
		} else limit = Math.min(limit, this.reactive(command, now, stepS));
		command.limitW = Math.max(0, limit);
		// volt-watt and droop can want a storage to absorb
		const most = limit < 0 ? this.absorbed(limit, storage.low) : limit;
		command.setW = set > most || (most < 0 && Number.isNaN(set)) ? most : set;
		return command;
	}

	/** How far below nothing the DER can and may go, W. */
	private absorbed(limit: number, low: number): number {
		const { charge } = this.#settings;
		if (!(charge > 0) || this.#m124.u16(At124.chaGriSet) === 0) return 0;
		return Math.max(limit, -charge, low);
	}

	private limit(now: Situation, stepS: number): number {
		const settings = this.#settings;
		const { wMax } = settings;
		let limit = settings.wLimited ? wMax : infinity;
		limit = this.least(limit, limitW(this.#m704, wMax), Source.maxW);
		if (Number.isNaN(wMax)) this.#ramps.jump(Ramped.limit, limit);
		else {
			const at = this.#ramps.move(Ramped.limit, Math.min(limit, wMax), this.wRate(), infinity, stepS);
			// without a limit the way ends at WMax
			if (limit <= wMax || at < wMax) limit = at;
		}
		const { following } = now;
		limit = this.least(limit, following.voltWattW, Source.voltWatt);
		limit = this.least(limit, following.droopHighW, Source.freqWatt);
		return now.share < 1 ? this.least(limit, now.share * wMax, Source.derated) : limit;
	}

	private least(limit: number, other: number, source: number): number {
		if (!(other < limit)) return limit;
		this.sources |= source;
		return other;
	}

	/** WRmp: how fast active power may rise, W a second. */
	private wRate(): number {
		const percent = this.#m704.u16(At704.wRmp);
		return percent < 100 ? (percent * this.#settings.wMax) / 100 : infinity;
	}

	/** Least and most active power that the storage may have, W, positive when discharging. */
	private storage(soc: number): { low: number; high: number } {
		const m124 = this.#m124;
		const { chargeLimited, dischargeLimited, charge } = this.#settings;
		const { storMode, inPct, outPct } = this.#older;
		const discharge = this.#settings.mostDischarge;
		let low = chargeLimited ? -charge : -infinity;
		let high = dischargeLimited ? discharge : infinity;
		const least = -(inPct * charge) / 100;
		const most = (outPct * discharge) / 100;
		if (storMode & 1 && least > low) low = least;
		if (storMode & 2 && most < high) high = most;
		// keeps the reserve: nothing is taken from a battery that is down to it, until there is a little more in it
		const reserve = m124.scaledU16(At124.minRsvPct, At124.minRsvSf);
		this.#reserved = reserve > 0 && soc <= (this.#reserved ? reserve + 1 : reserve);
		if (this.#reserved) high = Math.min(high, 0);
		return { low: Math.min(low, high), high };
	}

	/** On their way to these: WChaGra and WDisChaGra are percent of the rate in a second; 100 and more is at once. */
	private graded({ low, high }: { low: number; high: number }, stepS: number): { low: number; high: number } {
		const { charge } = this.#settings;
		const discharge = this.#settings.mostDischarge;
		const into = this.#m124.scaledU16(At124.wChaGra, At124.graSf);
		const out = this.#m124.scaledU16(At124.wDisChaGra, At124.graSf);
		if (charge > 0) {
			const rate = into < 100 ? (into * charge) / 100 : infinity;
			const at = this.#ramps.move(Ramped.charge, Math.max(low, -charge), rate, rate, stepS);
			if (at > -charge || low > -infinity) low = at;
		}
		if (discharge > 0) {
			const rate = out < 100 ? (out * discharge) / 100 : infinity;
			const at = this.#ramps.move(Ramped.discharge, Math.min(high, discharge), rate, rate, stepS);
			if (at < discharge || high < infinity) high = at;
		}
		return { low, high };
	}

	private set(now: Situation, grid: Grid, low: number, high: number, stepS: number): number {
		let set = setW(this.#m704, this.#settings.wMax);
		if (Number.isNaN(set) && high < 0) set = high;
		if (Number.isNaN(set) && low > 0) set = low;
		const { droopLowW } = now.following;
		// without a set-point only a storage has something to give beside what it gives already
		if (set < droopLowW || (Number.isNaN(set) && this.#settings.charge > 0 && !Number.isNaN(droopLowW))) {
			set = droopLowW;
			this.sources |= Source.freqWatt;
		}
		set = Math.min(Math.max(set, low), high);
		// 124.ChaGriSet = PV: the storage is not to be charged from the grid
		if (set < 0 && this.#m124.u16(At124.chaGriSet) === 0) set = 0;
		if (Number.isNaN(set)) {
			this.#ramps.jump(Ramped.set, Number.NaN);
			return set;
		}
		this.sources |= Source.fixedW;
		// a first set-point is reached from where the DER is
		if (Number.isNaN(this.#ramps.now(Ramped.set))) this.#ramps.jump(Ramped.set, grid.w || 0);
		return this.#ramps.move(Ramped.set, set, this.wRate(), infinity, stepS);
	}

	/** Fills in the reactive part; gives the active power that it leaves room for. */
	private reactive(command: DerCommand, now: Situation, stepS: number): number {
		const { following } = now;
		const settings = this.#settings;
		const m704 = this.#m704;
		const ramps = this.#ramps;
		let wanted = setVar(m704, settings);
		const commanded = !Number.isNaN(wanted);
		const pf = commanded ? Number.NaN : powerFactor(m704, this.#absorbing);
		if (!Number.isNaN(pf)) {
			command.reactive = "pf";
			this.sources |= Source.fixedPf;
			// moves as its distance from 1, which knows no jump between the two sides
			const way = ramps.move(Ramped.pf, pf < 0 ? -1 - pf : 1 - pf, infinity, infinity, stepS);
			command.pf = way < 0 ? -1 - way : 1 - way;
			ramps.jump(Ramped.var, Number.NaN);
			return infinity;
		}
		ramps.jump(Ramped.pf, 0);
		if (commanded) this.sources |= Source.fixedVar;
		else if (!Number.isNaN(following.voltVar)) {
			wanted = following.voltVar;
			this.sources |= Source.voltVar;
		} else if (!Number.isNaN(following.wattVar)) {
			wanted = following.wattVar;
			this.sources |= Source.wattVar;
		} else {
			ramps.jump(Ramped.var, Number.NaN);
			return infinity;
		}
		command.reactive = "var";
		if (wanted > settings.varInj) wanted = settings.varInj;
		if (wanted < -settings.varAbs) wanted = -settings.varAbs;
		const reactiveFirst = commanded ? m704.u16(At704.varSetPri) === 1 : now.reactiveFirst;
		if (!reactiveFirst && Math.abs(wanted) > settings.varAval) wanted = Math.sign(wanted) * settings.varAval;
		if (commanded) {
			const percent = m704.u16(At704.varRmp);
			const rate = percent < 100 ? (percent / 100) * (wanted < 0 ? settings.varAbs : settings.varInj) : infinity;
			if (Number.isNaN(ramps.now(Ramped.var))) ramps.jump(Ramped.var, 0);
			wanted = ramps.move(Ramped.var, wanted, rate, rate, stepS);
		} else ramps.jump(Ramped.var, wanted);
		command.setVar = wanted;
		if (!reactiveFirst || Number.isNaN(settings.vaMax)) return infinity;
		return Math.sqrt(Math.max(0, settings.vaMax * settings.vaMax - wanted * wanted));
	}

	/** Where a control is on its way to, in the unit of its ramp: for the RmpTms of the older models. */
	startRamp(control: number, seconds: number): void {
		const { wMax } = this.#settings;
		const ramps = this.#ramps;
		if (control === Control.limit) ramps.take(Ramped.limit, seconds, Math.min(limitW(this.#m704, wMax), wMax));
		else if (control === Control.storage) {
			const { low, high } = this.storage(Number.NaN);
			ramps.take(Ramped.charge, seconds, Math.max(low, -this.#settings.charge));
			ramps.take(Ramped.discharge, seconds, Math.min(high, this.#settings.mostDischarge));
		} else if (control === Control.var) {
			if (Number.isNaN(ramps.now(Ramped.var))) ramps.jump(Ramped.var, 0);
			ramps.take(Ramped.var, seconds, setVar(this.#m704, this.#settings) || 0);
		} else if (control === Control.pfInj && enabled704(this.#m704, control)) {
			const pf = powerFactor(this.#m704, false);
			ramps.take(Ramped.pf, seconds, pf < 0 ? -1 - pf : 1 - pf);
		}
	}
}
