/**
 * The functions of a DER that follow the grid by curves: models 705 to 712 as one. It owns their registers, says what
 * they ask for at each moment, and which regions of the trip curves the grid is in.
 */
import type { Clock } from "../../base/clock";
import { frozen } from "../../base/frozen";
import { ModbusException } from "../../modbus/pdu";
import type { Image } from "../image";
import type { PointInfo } from "../place";
import type { WrittenValue } from "../server";
import { type Following, Source } from "./arbiter";
import { type CurveDefaults, fillCurves } from "./curve-defaults";
import { curveModels, isTrip } from "./curve-forms";
import { Curves } from "./curves";
import {
	approach,
	type CurveRatings,
	droopSide,
	freqDroop,
	rspTms,
	trackVRef,
	voltVar,
	voltWatt,
	vRefOf,
	wattVar,
} from "./evaluate";
import { Alarm } from "./report";
import { Trip } from "./trip";

/** What the functions look at; NaN for what is not known. */
export interface GridSample {
	/** Active power of the DER, W, positive when injected. */
	readonly w: number;
	/** Mean voltage, that of the lowest and of the highest phase, percent of VNom. */
	readonly vPct: number;
	readonly lowPct: number;
	readonly highPct: number;
	readonly hz: number;
}

export interface FunctionsOptions extends CurveDefaults {
	/** Any of the models 705 to 712 may be missing. */
	readonly image: Image;
	readonly clock: Clock;
	/** Read anew at each evaluation. */
	readonly ratings: CurveRatings;
	/** Models that belong to the device behind: they are left alone. */
	readonly given?: readonly number[];
}

/** By model: its bit in 702.CtrlModes and 701.ThrotSrc, and in 701.Alrm. */
const bits = frozen<Readonly<Record<number, readonly [number, number]>>>({
	705: [Source.voltVar, 0],
	706: [Source.voltWatt, 0],
	707: [Source.lowVolt, Alarm.acUnderVolt],
	708: [Source.highVolt, Alarm.acOverVolt],
	709: [Source.lowHz, Alarm.underFrequency],
	710: [Source.highHz, Alarm.overFrequency],
	711: [Source.freqWatt, 0],
	712: [Source.wattVar, 0],
});

/** An output that is nearer than this share of its rating has arrived. */
const near = 0.001;
const none = Number.NaN;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export class Functions {
	/** What the enabled functions ask for now. */
	readonly following: Readonly<Following>;
	readonly #following: Mutable<Following> = {
		voltWattW: none,
		droopHighW: none,
		droopLowW: none,
		voltVar: none,
		wattVar: none,
	};
	readonly #curves: readonly Curves[];
	readonly #trips: readonly Trip[];
	readonly #ratings: CurveRatings;
	readonly #nominalHz: number;
	/** Where volt-var, volt-watt and droop are going, and the autonomous reference voltage. */
	#varTarget = none;
	#wattTarget = none;
	#droopTarget = none;
	#vRef = none;
	/** Active power when the frequency left the dead band; NaN: it is inside. */
	#beforeW = none;
	/** Side of the dead band that droop acts for: 1 high, -1 low, 0 none. */
	#side = 0;
	#lastMs = none;
	#settling = false;

	constructor(options: FunctionsOptions) {
		const { image, clock, ratings, nominalHz, given = [] } = options;
		const curves = curveModels.filter((id) => !given.includes(id)).map((id) => new Curves(image, id, clock));
		this.#curves = curves.filter((model) => model.present);
		for (const model of this.#curves) fillCurves(model, options);
		this.#trips = this.#curves.filter((model) => isTrip(model.id)).map((model) => new Trip(model));
		this.#ratings = ratings;
		this.#nominalHz = nominalHz;
		this.following = this.#following;
	}

	/** The curves of a model, if the image has it. */
	model(id: number): Curves | undefined {
		// by index here and below: for-of and find make objects at each call
		for (let i = 0; i < this.#curves.length; i++) if (this.#curves[i]!.id === id) return this.#curves[i];
		return undefined;
	}

	/** Bits of 702.CtrlModes for the models that are there. */
	get modes(): number {
		let modes = 0;
		for (const { id } of this.#curves) modes |= bits[id]![0];
		return modes;
	}

	/** May a client write this value? 0, or the Modbus exception. */
	onWrite(point: PointInfo, value: WrittenValue): number {
		return this.model(point.model.id)?.onWrite(point, value) ?? ModbusException.illegalDataAddress;
	}

	/**
	 * A client's values are in the image: adopts what is to be adopted. True when a function may do something else now:
	 * then call `update`.
	 */
	onWritten(points: readonly PointInfo[], nowMs: number): boolean {
		let changed = false;
		for (const model of this.#curves) if (model.onWritten(points, nowMs)) changed = true;
		return changed;
	}

	/** Why a model's last adoption failed, in words; undefined: it did not. */
	fault(id: number): string | undefined {
		return this.model(id)?.fault;
	}

	/** Takes a sample of the grid, or the same again when `nextMs` has come. True when a region was entered or left. */
	update(grid: GridSample, nowMs: number): boolean {
		const seconds = Number.isNaN(this.#lastMs) ? 0 : Math.max(0, nowMs - this.#lastMs) / 1000;
		this.#lastMs = nowMs;
		this.#settling = false;
		for (let i = 0; i < this.#curves.length; i++) {
			const model = this.#curves[i]!;
			switch (model.id) {
				case 705:
					this.voltVar(model, grid, seconds);
					break;
				case 706:
					this.voltWatt(model, grid, seconds);
					break;
				case 711:
					this.droop(model, grid, seconds);
					break;
				case 712:
					this.#following.wattVar = model.enabled ? wattVar(model, grid.w, this.#ratings) : none;
			}
		}
		let moved = false;
		for (let i = 0; i < this.#trips.length; i++) {
			const trip = this.#trips[i]!;
			const { id } = trip.curves;
			const value = id === 707 ? grid.lowPct : id === 708 ? grid.highPct : grid.hz;
			if (trip.update(value, nowMs)) moved = true;
		}
		return moved;
	}

	private voltVar(model: Curves, { vPct }: GridSample, seconds: number): void {
		const following = this.#following;
		if (!model.enabled || Number.isNaN(vPct)) {
			following.voltVar = this.#varTarget = this.#vRef = none;
			return;
		}
		const vRef = this.reference(model, vPct, seconds);
		const target = voltVar(model, vPct, vRef, this.#ratings);
		// a function that has just been enabled starts from nothing
		following.voltVar = this.follow(
			model,
			following.voltVar || 0,
			this.#varTarget,
			target,
			seconds,
			this.#ratings.vaMax,
		);
		this.#varTarget = target;
	}

	/** The reference voltage, which the function may move by itself. */
	private reference(model: Curves, vPct: number, seconds: number): number {
		const { active } = model;
		const set = vRefOf(model);
		let vRef = set;
		if (model.u16(active + 5) === 1) {
			vRef = trackVRef(Number.isNaN(this.#vRef) ? set : this.#vRef, vPct, model.u16(active + 6), seconds);
			// is it still on its way to where it would be at once?
			if (Math.abs(vRef - trackVRef(vRef, vPct, 0, 0)) > 0.05) this.#settling = true;
			this.#vRef = vRef;
		} else this.#vRef = none;
		model.putScaledU16(active + 4, model.form.sf, vRef);
		return vRef;
	}

	private voltWatt(model: Curves, { vPct }: GridSample, seconds: number): void {
		const following = this.#following;
		const { wMax } = this.#ratings;
		if (!model.enabled || Number.isNaN(vPct)) {
			following.voltWattW = this.#wattTarget = none;
			return;
		}
		const now = Number.isNaN(following.voltWattW) ? wMax : following.voltWattW;
		const target = voltWatt(model, vPct, this.#ratings);
		const limit = this.follow(model, now, this.#wattTarget, target, seconds, wMax);
		following.voltWattW = limit < wMax ? limit : none;
		this.#wattTarget = target;
	}

	private droop(model: Curves, { hz, w }: GridSample, seconds: number): void {
		const following = this.#following;
		const { wMax } = this.#ratings;
		const nominal = this.#nominalHz;
		const side = model.enabled ? droopSide(model, hz, nominal) : 0;
		if (!model.enabled || Number.isNaN(hz)) this.endDroop();
		else if (side !== 0) {
			if (side !== this.#side) {
				this.endDroop();
				this.#side = side;
				this.#beforeW = Number.isNaN(w) ? (side > 0 ? wMax : 0) : w;
			}
			const target = freqDroop(model, hz, nominal, this.#beforeW, wMax);
			this.droopTo(model, target, seconds);
		} else if (this.#side !== 0) {
			// back in the band: the limit goes up to what there is, the demand down to what there was
			const target = this.#side > 0 ? wMax : this.#beforeW;
			this.droopTo(model, target, seconds);
			if ((this.#side > 0 ? following.droopHighW : following.droopLowW) === target) this.endDroop();
		}
	}

	private droopTo(model: Curves, target: number, seconds: number): void {
		const following = this.#following;
		const high = this.#side > 0;
		const last = high ? following.droopHighW : following.droopLowW;
		const now = Number.isNaN(last) ? this.#beforeW : last;
		const power = this.follow(model, now, this.#droopTarget, target, seconds, this.#ratings.wMax);
		this.#droopTarget = target;
		if (high) following.droopHighW = power;
		else following.droopLowW = power;
	}

	private endDroop(): void {
		this.#side = 0;
		this.#following.droopHighW = this.#following.droopLowW = this.#beforeW = this.#droopTarget = none;
	}

	/** Over the time that has passed, the output went to where it was to go then; from now on it goes to `target`. */
	private follow(model: Curves, now: number, last: number, target: number, seconds: number, rating: number): number {
		if (Number.isNaN(target)) return target;
		const response = rspTms(model);
		const reached = Number.isNaN(last) ? now : approach(now, last, response, seconds);
		if (!(response > 0) || Math.abs(target - reached) <= near * rating) return target;
		this.#settling = true;
		return reached;
	}

	/** The output of some function is on its way: call `update` each second. */
	get settling(): boolean {
		return this.#settling;
	}

	/** The grid is where a DER must trip: bits of 701.Alrm that say why, 0 for none. */
	get mustTrip(): number {
		let alarms = 0;
		for (let i = 0; i < this.#trips.length; i++) {
			if (this.#trips[i]!.mustTrip) alarms |= bits[this.#trips[i]!.curves.id]![1];
		}
		return alarms;
	}

	/** The grid is where the DER is to have no power until it comes back: bits of 701.Alrm. */
	get ceases(): number {
		let alarms = 0;
		for (let i = 0; i < this.#trips.length; i++) {
			if (this.#trips[i]!.ceases) alarms |= bits[this.#trips[i]!.curves.id]![1];
		}
		return alarms;
	}

	/** The state of a trip model's curves. */
	trip(id: number): Trip | undefined {
		return this.#trips.find((trip) => trip.curves.id === id);
	}

	/** Does 705, or else 712, put reactive power first (Pri)? */
	get reactiveFirst(): boolean {
		const first = Number.isNaN(this.#following.voltVar) ? this.model(712) : this.model(705);
		return first?.u16(first.active + 2) === 1;
	}

	/** When `tick` and then `update` are to be called, if nothing is measured before; `settling` is not in it. */
	nextMs(nowMs: number): number {
		let next = Number.POSITIVE_INFINITY;
		for (let i = 0; i < this.#curves.length; i++) next = Math.min(next, this.#curves[i]!.nextMs(nowMs));
		for (let i = 0; i < this.#trips.length; i++) next = Math.min(next, this.#trips[i]!.nextMs);
		return next;
	}

	/** Counts reversion times down. Id of a model that has fallen back, 0 for none; call it until it is 0. */
	tick(nowMs: number): number {
		for (let i = 0; i < this.#curves.length; i++) if (this.#curves[i]!.tick(nowMs)) return this.#curves[i]!.id;
		return 0;
	}

	/** The shortest reversion time that runs, s; 0: none does. */
	get shortestS(): number {
		let shortest = 0;
		for (const model of this.#curves) {
			if (model.nextMs(0) === Number.POSITIVE_INFINITY) continue;
			const seconds = model.u32(model.form.rvrtTms);
			if (shortest === 0 || seconds < shortest) shortest = seconds;
		}
		return shortest;
	}

	/** What is to outlive a restart. */
	save(nowMs: number): Uint8Array {
		let size = 0;
		for (const model of this.#curves) size += model.savedBytes;
		const bytes = new Uint8Array(size);
		const view = new DataView(bytes.buffer);
		let at = 0;
		for (const model of this.#curves) {
			model.save(view, at, nowMs);
			at += model.savedBytes;
		}
		return bytes;
	}

	/** Takes over what was saved `offS` seconds ago, model by model, as far as it still fits. True when anything did. */
	restore(bytes: Uint8Array, offS: number, nowMs: number): boolean {
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		let restored = false;
		for (let at = 0; at + 4 <= bytes.length; at += 4 + 2 * view.getUint16(at + 2)) {
			if (this.model(view.getUint16(at))?.restore(view, at, offS, nowMs)) restored = true;
		}
		return restored;
	}
}
