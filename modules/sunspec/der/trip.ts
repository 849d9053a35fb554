/**
 * One of the models 707 to 710 over time: is the grid inside the region where the DER must trip, may trip, or is to
 * have no power for a while (momentary cessation)? What follows from it is the caller's business.
 *
 * A hub that reads a device once a second does not replace the device's own protection, which trips within 0.16 s: it
 * keeps the settings, and acts on what lasts.
 */
import { partAt } from "./curve-check";
import { TripPart, tripParts } from "./curve-forms";
import type { Curves } from "./curves";
import { tripTime } from "./trip-time";

export class Trip {
	readonly curves: Curves;
	/** Since when the value has been farther off than each point of each curve, ms; NaN: it is not. */
	readonly #since: Float64Array;
	/** Bit i: the value is inside the region of curve i. */
	#inside = 0;
	#nextMs = Number.POSITIVE_INFINITY;

	constructor(curves: Curves) {
		this.curves = curves;
		this.#since = new Float64Array(tripParts * curves.points).fill(Number.NaN);
	}

	get mustTrip(): boolean {
		return (this.#inside & (1 << TripPart.mustTrip)) !== 0;
	}

	get mayTrip(): boolean {
		return (this.#inside & (1 << TripPart.mayTrip)) !== 0;
	}

	/** Is the DER to have no power? Ends when the value comes back. */
	get ceases(): boolean {
		return (this.#inside & (1 << TripPart.momCess)) !== 0;
	}

	/** When the value enters a region if it stays as it is; Infinity: never. */
	get nextMs(): number {
		return this.#nextMs;
	}

	/**
	 * The voltage in percent of VNom, or Hz, holds from now on; it may be told again without a change. NaN: not known,
	 * then nothing is inside. True when a region has been entered or left.
	 */
	update(value: number, nowMs: number): boolean {
		const { curves } = this;
		const before = this.#inside;
		this.#inside = 0;
		this.#nextMs = Number.POSITIVE_INFINITY;
		if (curves.enabled && !Number.isNaN(value)) {
			for (let part = 0; part < tripParts; part++) this.#look(part, value, nowMs);
		} else this.#since.fill(Number.NaN);
		return this.#inside !== before;
	}

	#look(part: number, value: number, nowMs: number): void {
		const { curves } = this;
		const { form, points, id } = curves;
		const at = partAt(curves, curves.active, part);
		const active = curves.u16(at);
		const low = id === 707 || id === 709;
		let first = true;
		for (let i = 0; i < active; i++) {
			const place = at + 1 + form.point * i;
			const x = form.point === 4 ? curves.scaledU32(place, form.sf) : curves.scaledU16(place, form.sf);
			const slot = part * points + i;
			if (low ? value < x : value > x) {
				const since = Number.isNaN(this.#since[slot]!) ? nowMs : this.#since[slot]!;
				this.#since[slot] = since;
				// between two points the time is that of the way between them
				const seconds = first ? tripTime(curves, at, value) : curves.scaledU32(place + form.point - 2, form.sf + 1);
				first = false;
				const dueMs = since + 1000 * seconds;
				if (nowMs >= dueMs) this.#inside |= 1 << part;
				else if (dueMs < this.#nextMs) this.#nextMs = dueMs;
			} else this.#since[slot] = Number.NaN;
		}
	}
}
