/** What the hub itself knows of a DER, for the points of 701 and 702 that its device does not give. */
import { frozen } from "../../base/frozen";
import type { ModelBytes } from "./model-bytes";
import type { DerCommand } from "./types";

/** Places in 701 and sizes in registers of what is reported: St, InvSt, ConnSt, Alrm, ThrotPct, ThrotSrc. */
const places = frozen([3, 4, 5, 6, 110, 111]);
const sizes = frozen([1, 1, 1, 2, 1, 2]);
export const reportedCount = 6;
const notImplemented = frozen([0xffff, 0xffffffff]);

export const InvSt = frozen({ off: 0, starting: 2, running: 3, throttled: 4, standby: 7 });

/** Bits of 701.Alrm. */
export const Alarm = frozen({
	gridDisconnect: 1 << 4,
	manualShutdown: 1 << 6,
	overFrequency: 1 << 8,
	underFrequency: 1 << 9,
	acOverVolt: 1 << 10,
	acUnderVolt: 1 << 11,
});

export class Reporter {
	readonly #model: ModelBytes;
	/** What was written last, by point: a point that holds something else is somebody else's from then on. */
	readonly #written: Float64Array;
	readonly #first: number;
	/** Bit i: point i is given by the device. */
	#given = 0;

	/** Takes `reportedCount` cells from `first` on. */
	constructor(model: ModelBytes, cells: Float64Array, first: number) {
		this.#written = cells;
		this.#first = first;
		cells.fill(Number.NaN, first, first + reportedCount);
		this.#model = model;
	}

	/** St, InvSt, ConnSt, Alrm, ThrotPct, ThrotSrc; NaN for what is not known. */
	report(st: number, invSt: number, connSt: number, alrm: number, throtPct: number, throtSrc: number): void {
		if (!this.#model.present) return;
		this.put(0, st);
		this.put(1, invSt);
		this.put(2, connSt);
		this.put(3, alrm);
		this.put(4, throtPct);
		this.put(5, throtSrc);
	}

	private put(which: number, value: number): void {
		if (this.#given & (1 << which)) return;
		const at = places[which]!;
		const model = this.#model;
		const there = sizes[which] === 1 ? model.u16(at) : model.u32(at);
		const last = this.#written[this.#first + which]!;
		const untouched = there === last || (Number.isNaN(there) && Number.isNaN(last));
		if (!untouched) {
			this.#given |= 1 << which;
			return;
		}
		this.#written[this.#first + which] = value;
		if (there === value || (Number.isNaN(there) && Number.isNaN(value))) return;
		const raw = Number.isNaN(value) ? notImplemented[sizes[which]! - 1]! : value;
		if (sizes[which] === 1) model.put16(at, raw);
		else model.put32(at, raw);
	}
}

/** What 701.ThrotPct says: the part of WMax that a command leaves, %. */
export function throttle({ limitW, setW }: DerCommand, wMax: number): number {
	const most = Math.min(limitW, setW >= 0 ? setW : limitW, wMax);
	return Math.round((100 * Math.max(0, most)) / wMax);
}
