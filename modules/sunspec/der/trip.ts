/**
 * One of the models 707 to 710 over time: is the grid inside the region where the DER must trip, may trip, or is to
 * have no power for a while (momentary cessation)? What follows from it is the caller's business.
 *
 * A hub that reads a device once a second does not replace the device's own protection, which trips within 0.16 s: it
 * keeps the settings, and acts on what lasts.
 */
import { scaled } from "../codec";
import { TripPart, tripParts } from "./curve-forms";
import type { Curves } from "./curves";
import { tripTime } from "./trip-time";

// All is `private`, not #: on XS each #method takes 16 bytes in every object, and #fields do once.
export class Trip {
	readonly curves: Curves;
	/** Since when the value has been farther off than each point of each curve, ms; NaN: it is not. Made when needed. */
	private since: Float64Array | undefined;
	/** Bit i: the value is inside the region of curve i. */
	private inside = 0;
	/** Bit i: curve i has points in `since`. */
	private counting = 0;
	/** When the value enters a region if it stays as it is; Infinity: never. */
	nextMs = Number.POSITIVE_INFINITY;

	constructor(curves: Curves) {
		this.curves = curves;
	}

	get mustTrip(): boolean {
		return (this.inside & (1 << TripPart.mustTrip)) !== 0;
	}

	get mayTrip(): boolean {
		return (this.inside & (1 << TripPart.mayTrip)) !== 0;
	}

	/** Is the DER to have no power? Ends when the value comes back. */
	get ceases(): boolean {
		return (this.inside & (1 << TripPart.momCess)) !== 0;
	}

	/**
	 * The voltage in percent of VNom, or Hz, holds from now on; it may be told again without a change. NaN: not known,
	 * then nothing is inside. True when a region has been entered or left.
	 */
	update(value: number, nowMs: number): boolean {
		const { curves } = this;
		const before = this.inside;
		this.inside = 0;
		this.nextMs = Number.POSITIVE_INFINITY;
		if (curves.enabled && !Number.isNaN(value)) {
			const { own, point, sf } = curves.form;
			const power = curves.scale(sf);
			const length = own + point * curves.points;
			let at = curves.active + 1;
			for (let part = 0; part < tripParts; part++, at += length) this.look(part, at, value, power, nowMs);
		} else this.forget();
		return this.inside !== before;
	}

	private forget(): void {
		if (this.counting) this.since?.fill(Number.NaN);
		this.counting = 0;
	}

	/** `at`: the first register of the curve; `power` of ten that its values have. */
	private look(part: number, at: number, value: number, power: number, nowMs: number): void {
		const { curves } = this;
		const active = curves.u16(at);
		const bit = 1 << part;
		// the last point is the nearest: mostly the grid is not even beyond that one
		if (active > 0 && this.isBeyond(at, active - 1, value, power)) {
			this.counting |= bit;
			this.count(part, at, active, value, power, nowMs);
		} else if (this.counting & bit) {
			const first = part * curves.points;
			this.since?.fill(Number.NaN, first, first + curves.points);
			this.counting &= ~bit;
		}
	}

	private isBeyond(at: number, index: number, value: number, power: number): boolean {
		const { curves } = this;
		const { point } = curves.form;
		const place = at + 1 + point * index;
		const x = scaled(point === 4 ? curves.u32(place) : curves.u16(place), power);
		return curves.id === 707 || curves.id === 709 ? value < x : value > x;
	}

	private count(part: number, at: number, active: number, value: number, power: number, nowMs: number): void {
		const { curves } = this;
		const { point, sf } = curves.form;
		const first = part * curves.points;
		this.since ??= new Float64Array(tripParts * curves.points).fill(Number.NaN);
		const times = this.since;
		let deepest = true;
		for (let i = 0; i < active; i++) {
			if (this.isBeyond(at, i, value, power)) {
				const since = Number.isNaN(times[first + i]!) ? nowMs : times[first + i]!;
				times[first + i] = since;
				// between two points the time is that of the way between them
				const seconds = deepest ? tripTime(curves, at, value) : curves.scaledU32(at - 1 + point * (i + 1), sf + 1);
				deepest = false;
				const dueMs = since + 1000 * seconds;
				// a clock with fractions may be a hair short of it
				if (nowMs >= dueMs - 0.001) this.inside |= 1 << part;
				else if (dueMs < this.nextMs) this.nextMs = dueMs;
			} else times[first + i] = Number.NaN;
		}
	}
}
