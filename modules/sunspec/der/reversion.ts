/**
 * When controls fall back, and when a control that was written with a time window takes effect. Times are monotonic.
 *
 * SunSpec DER Information Model Specification, 3.2 "reversion", as its editors explain it in sunspec/models#213 and
 * #215: the time runs while the function (its Ena) is enabled and RvrtTms is not 0; it starts when the function is
 * enabled, and anew whenever one of its settings is written; disabling the function or RvrtTms = 0 cancels it.
 */
import type { Random } from "../../base/clock";
import type { Arbiter } from "./arbiter";
import { At704, Control, controlCount, count704, enabled704, revert704 } from "./controls-704";
import type { ModelBytes } from "./model-bytes";
import type { OlderControls } from "./older-controls";
import type { Settings } from "./settings";

const infinity = Number.POSITIVE_INFINITY;

/** One time a control, kept in seven of the cells it is given. */
export class Timers {
	/** By control, when it is over; Infinity: not running. */
	readonly #dueMs: Float64Array;
	readonly #first: number;
	/** How many run. */
	count = 0;

	constructor(cells: Float64Array, first: number) {
		this.#dueMs = cells;
		this.#first = first;
		cells.fill(infinity, first, first + controlCount);
	}

	/** Starts a time, or starts it anew; 0 or less, or NaN, stops it. */
	start(control: number, seconds: number, nowMs: number): void {
		this.stop(control);
		if (!(seconds > 0)) return;
		this.#dueMs[this.#first + control] = nowMs + 1000 * seconds;
		this.count++;
	}

	stop(control: number): void {
		if (this.runs(control)) this.count--;
		this.#dueMs[this.#first + control] = infinity;
	}

	runs(control: number): boolean {
		return this.#dueMs[this.#first + control] !== infinity;
	}

	/** Whole seconds left, rounded up: 0 only when the time does not run. */
	remainingS(control: number, nowMs: number): number {
		const due = this.#dueMs[this.#first + control]!;
		// a clock with fractions makes 3.0000000001 s of 3 s
		return due === infinity ? 0 : Math.max(0, Math.ceil((due - nowMs) / 1000 - 1e-6));
	}

	/** When the next one is over; Infinity: none runs. */
	nextMs(): number {
		let next = infinity;
		if (this.count === 0) return next;
		for (let i = 0; i < controlCount; i++) next = Math.min(next, this.#dueMs[this.#first + i]!);
		return next;
	}

	/** Takes a control whose time is over, -1 for none. */
	take(nowMs: number): number {
		for (let i = 0; this.count > 0 && i < controlCount; i++) {
			if (this.#dueMs[this.#first + i]! > nowMs) continue;
			this.stop(i);
			return i;
		}
		return -1;
	}
}

export class Reversion {
	readonly #m704: ModelBytes;
	readonly #older: OlderControls;
	readonly #arbiter: Arbiter;
	readonly #settings: Settings;
	readonly #random: Random;
	readonly #timers: Timers;
	/** Windows (WinTms) after which what was written through 123 or 124 takes effect. */
	readonly #windows: Timers;

	/** Takes `2 * controlCount` cells, from the first on. */
	constructor(
		m704: ModelBytes,
		older: OlderControls,
		arbiter: Arbiter,
		settings: Settings,
		random: Random,
		cells: Float64Array,
	) {
		this.#m704 = m704;
		this.#older = older;
		this.#arbiter = arbiter;
		this.#settings = settings;
		this.#random = random;
		this.#timers = new Timers(cells, 0);
		this.#windows = new Timers(cells, controlCount);
	}

	/** Some time runs that a client can see. */
	get running(): boolean {
		return this.#timers.count > 0;
	}

	nextMs(): number {
		return Math.min(this.#timers.nextMs(), this.#windows.nextMs());
	}

	/** A control was written in 704; `restarts`: also something that its time starts anew with. */
	written(control: number, restarts: boolean, nowMs: number): void {
		this.#windows.stop(control);
		if (restarts) this.restart(control, nowMs);
	}

	/** A control was written through 123 or 124. */
	writtenOlder(control: number, nowMs: number): void {
		const windowS = this.#older.windowS(control);
		this.#windows.start(control, windowS > 0 ? windowS * this.#random() : 0, nowMs);
		if (!this.#windows.runs(control)) this.adoptOne(control, nowMs);
	}

	/** Carries over what was waiting for its window. True when a control has changed. */
	adopt(nowMs: number): boolean {
		let changed = false;
		for (let control = this.#windows.take(nowMs); control >= 0; control = this.#windows.take(nowMs)) {
			this.adoptOne(control, nowMs);
			changed = true;
		}
		return changed;
	}

	/** Lets a control fall back whose time is over, and says which one; -1: none is left. */
	revert(nowMs: number): number {
		const control = this.#timers.take(nowMs);
		if (control >= 0) this.revertOne(control);
		return control;
	}

	/** Counts down what a client can see. */
	count(nowMs: number): void {
		for (let control = 0; this.running && control < count704; control++) this.showRemaining(control, nowMs);
	}

	/** Shows 704 in 123, but for what waits there to take effect. */
	show(): void {
		for (let control = 0; control < count704; control++) {
			if (!this.#windows.runs(control)) this.#older.show(control, this.#settings);
		}
	}

	/**
	 * After a restart: `leftS` of its time were left (0: it did not run), `offS` have gone by since. True when that was
	 * longer, and the control has fallen back.
	 */
	resume(control: number, leftS: number, offS: number, nowMs: number): boolean {
		const over = leftS > 0 && leftS <= offS;
		if (over) this.revertOne(control);
		else this.#timers.start(control, leftS - offS, nowMs);
		this.showRemaining(control, nowMs);
		return over;
	}

	remainingS(control: number, nowMs: number): number {
		return this.#timers.remainingS(control, nowMs);
	}

	/** The shortest reversion time of those that run, s; 0: none does. */
	shortestS(): number {
		let shortest = infinity;
		for (let control = 0; control < controlCount; control++) {
			if (this.#timers.runs(control)) shortest = Math.min(shortest, this.seconds(control));
		}
		return shortest === infinity ? 0 : shortest;
	}

	private adoptOne(control: number, nowMs: number): void {
		this.#older.adopt(control);
		this.#arbiter.startRamp(control, this.#older.rampS(control));
		this.restart(control, nowMs);
		// 123 writes both power factors of 704
		if (control === Control.pfInj) this.restart(Control.pfAbs, nowMs);
	}

	/** Starts a time anew, or ends it. */
	private restart(control: number, nowMs: number): void {
		const off = control < count704 && !enabled704(this.#m704, control);
		this.#timers.start(control, off ? 0 : this.seconds(control), nowMs);
		this.showRemaining(control, nowMs);
	}

	private seconds(control: number): number {
		return control < count704 ? this.#m704.u32(At704.rvrtTms[control]!) : this.#older.rvrtS(control);
	}

	private showRemaining(control: number, nowMs: number): void {
		if (control >= count704) return;
		const at = At704.rvrtRem[control]!;
		if (!Number.isNaN(this.#m704.u32(at))) this.#m704.put32(at, this.#timers.remainingS(control, nowMs));
	}

	private revertOne(control: number): void {
		if (control < count704) revert704(this.#m704, control);
		else this.#older.revert(control);
	}
}
