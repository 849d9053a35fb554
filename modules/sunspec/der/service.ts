/**
 * When a DER may be in service. IEEE 1547-2018, 4.10.2 and 4.10.3 (enter service), 6.6 (return after a trip): a DER that
 * is out of service comes back only after voltage and frequency have stood inside the window of model 703 for ESDlyTms,
 * plus a random part of ESRndTms, without a break; then its active power may rise over ESRmpTms.
 */
import type { Random } from "../../base/clock";
import { frozen } from "../../base/frozen";
import type { Grid } from "./grid";
import type { ModelBytes } from "./model-bytes";

/** Places in 703. */
export const At703 = frozen({
	es: 2,
	vHi: 3,
	vLo: 4,
	hzHi: 5,
	hzLo: 7,
	delay: 9,
	random: 11,
	ramp: 13,
	remaining: 15,
	vSf: 17,
	hzSf: 18,
});

export class EnterService {
	inService = true;
	readonly #model: ModelBytes;
	readonly #random: Random;
	/** Since when the grid has stood inside the window; NaN: it does not. */
	#sinceMs = Number.NaN;
	/** Delay of this return, with its random part. */
	#delayMs = 0;
	/** When service was entered; NaN: its ramp is over. */
	#enteredMs = Number.NaN;

	constructor(model: ModelBytes, random: Random) {
		this.#model = model;
		this.#random = random;
	}

	/**
	 * `permitted`: nothing but voltage and frequency keeps the DER out (no trip, no stop, connected). True when it has
	 * just left or entered service.
	 */
	update(permitted: boolean, grid: Grid, nowMs: number): boolean {
		const may = permitted && this.#model.u16(At703.es) !== 0;
		if (!may) {
			const left = this.inService;
			this.inService = false;
			this.#sinceMs = this.#enteredMs = Number.NaN;
			return left;
		}
		if (this.inService) return false;
		if (!this.inWindow(grid)) {
			this.#sinceMs = Number.NaN;
			return false;
		}
		if (Number.isNaN(this.#sinceMs)) {
			this.#sinceMs = nowMs;
			this.#delayMs = 1000 * (this.seconds(At703.delay) + this.seconds(At703.random) * this.#random());
		}
		if (nowMs - this.#sinceMs < this.#delayMs) return false;
		this.inService = true;
		this.#sinceMs = Number.NaN;
		this.#enteredMs = this.seconds(At703.ramp) > 0 ? nowMs : Number.NaN;
		return true;
	}

	/** The share of its power that a DER which has just entered service may have: 0 to 1. */
	share(nowMs: number): number {
		if (Number.isNaN(this.#enteredMs)) return 1;
		const share = (nowMs - this.#enteredMs) / (1000 * this.seconds(At703.ramp));
		if (share < 1) return share;
		this.#enteredMs = Number.NaN;
		return 1;
	}

	/** Is it on its way: counting a delay, or rising? */
	get busy(): boolean {
		return !Number.isNaN(this.#sinceMs) || !Number.isNaN(this.#enteredMs);
	}

	/** When the delay is over; Infinity: it does not run. */
	nextMs(): number {
		return Number.isNaN(this.#sinceMs) ? Number.POSITIVE_INFINITY : this.#sinceMs + this.#delayMs;
	}

	/** For ESDlyRemTms: what is left of the delay, all of it while the grid is outside the window, 0 in service. */
	remainingS(nowMs: number): number {
		if (this.inService) return 0;
		if (Number.isNaN(this.#sinceMs)) return this.seconds(At703.delay);
		return Math.max(0, Math.ceil((this.#sinceMs + this.#delayMs - nowMs) / 1000 - 1e-6));
	}

	/** Nothing is measured: a delay begins anew. */
	interrupt(): void {
		this.#sinceMs = Number.NaN;
	}

	private seconds(at: number): number {
		return this.#model.u32(at) || 0;
	}

	/** What is not measured, and a bound that is not set, cannot keep a DER out: its own protection does. */
	private inWindow(grid: Grid): boolean {
		const model = this.#model;
		return !(
			grid.highPct > model.scaledU16(At703.vHi, At703.vSf) ||
			grid.lowPct < model.scaledU16(At703.vLo, At703.vSf) ||
			grid.hz > model.scaledU32(At703.hzHi, At703.hzSf) ||
			grid.hz < model.scaledU32(At703.hzLo, At703.hzSf)
		);
	}
}
