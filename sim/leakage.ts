import { LeakageAlarm } from "../modules/devices/models/leakage";
import type { PointSource } from "./profile";

/** Residual currents in A. */
export interface ResidualCurrents {
	ac: number;
	dc: number;
}

export interface LeakageSourceOptions {
	/** What leaks all the time, through filters and cables. Default: 2.5 mA AC, 0.4 mA DC. */
	ambient?: ResidualCurrents;
	/** Thresholds of the monitor itself. Default: 30 mA AC, 6 mA DC. */
	thresholds?: ResidualCurrents;
	/** How long it takes until it tells a current above its threshold as an alarm, in ms. Default 180. */
	responseMs?: number;
}

/**
 * The residual currents of a circuit, with faults that are given to it, and what the monitor makes of them: alarm bits,
 * states and the trip that stays until it is reset. Rows of a table are known by name where no point has them.
 */
export class LeakageSource implements PointSource {
	readonly #ambient: ResidualCurrents;
	readonly #thresholds: ResidualCurrents;
	readonly #responseMs: number;
	#fault: ResidualCurrents = { ac: 0, dc: 0 };
	#sinceMs = 0;
	/** It has tripped by a current it saw, and which. */
	#tripped = 0;

	constructor(options: LeakageSourceOptions = {}) {
		this.#ambient = options.ambient ?? { ac: 0.0025, dc: 0.0004 };
		this.#thresholds = options.thresholds ?? { ac: 0.03, dc: 0.006 };
		this.#responseMs = options.responseMs ?? 180;
	}

	/** From now on so much flows besides; {ac: 0, dc: 0} ends it. */
	fault(currents: ResidualCurrents, nowMs: number): void {
		this.#settle(nowMs);
		this.#fault = currents;
		this.#sinceMs = nowMs;
	}

	/** Somebody presses the reset button of the monitor. */
	reset(): void {
		this.#tripped = 0;
	}

	get currents(): ResidualCurrents {
		return { ac: this.#ambient.ac + this.#fault.ac, dc: this.#ambient.dc + this.#fault.dc };
	}

	value(point: string, nowMs: number): number | undefined {
		const { ac, dc } = this.currents;
		this.#settle(nowMs);
		switch (point) {
			case "AAC":
				return ac;
			case "ADC":
				return dc;
			case "APls":
				return Math.hypot(ac, dc);
			case "ThAC":
				return this.#thresholds.ac;
			case "ThDC":
				return this.#thresholds.dc;
			case "ThPls":
				return 0.03;
			case "Trp":
				return this.#tripped;
			case "Alrm":
				return this.#alarms(nowMs);
			case "test_pattern":
				return 0x12345678;
			case "prealarm":
				return ac >= 0.6 * this.#thresholds.ac ? 1 : 0;
			case "tripped":
			case "tripped_by_leakage":
				return this.#tripped > 0 ? 1 : 0;
			default:
				return undefined;
		}
	}

	#alarms(nowMs: number): number {
		const told = nowMs - this.#sinceMs >= this.#responseMs;
		let bits = 0;
		if (told && this.currents.ac >= this.#thresholds.ac) bits |= 1 << LeakageAlarm.ac;
		if (told && this.currents.dc >= this.#thresholds.dc) bits |= 1 << LeakageAlarm.dc;
		return bits;
	}

	#settle(nowMs: number): void {
		if (this.#tripped === 0 && this.#alarms(nowMs) !== 0) this.#tripped = Math.max(this.currents.ac, this.currents.dc);
	}
}
