import type { PointInfo } from "../modules/sunspec/place";
import type { SimDer } from "./der-base";
import { TimedValue } from "./der-timed";
import { Dice } from "./dice";

/**
 * The immediate controls of model 123, as the device has them: connection, power limit, power factor and reactive power.
 * Each takes effect within its window, ramps, and falls back alone when its reversion time is over.
 */
export class ImmediateControls {
	readonly #der: SimDer;
	readonly #dice: Dice;
	/** A new value counts only when the enabling point is written too (Fronius). */
	readonly #latched: boolean;
	readonly #connection = new TimedValue(1);
	readonly #limitPct = new TimedValue(100);
	/** As reactive by active power: a power factor would pass 0 on its way from lead to lag. */
	readonly #tangent = new TimedValue(0);
	readonly #varPct = new TimedValue(0);

	constructor(der: SimDer, seed: number, latched: boolean) {
		this.#der = der;
		this.#dice = new Dice(seed, 0x7b);
		this.#latched = latched;
		der.putAll("123", { WMaxLimPct_SF: -2, OutPFSet_SF: -3, VArPct_SF: -1 });
		der.putAll("123", { Conn_WinTms: 0, Conn_RvrtTms: 0, Conn: 1 });
		der.putAll("123", { WMaxLimPct: 100, WMaxLimPct_WinTms: 0, WMaxLimPct_RvrtTms: 0, WMaxLimPct_RmpTms: 0 });
		der.putAll("123", { WMaxLim_Ena: 0, OutPFSet: 1, OutPFSet_WinTms: 0, OutPFSet_RvrtTms: 0, OutPFSet_RmpTms: 0 });
		der.putAll("123", { OutPFSet_Ena: 0, VArWMaxPct: 0, VArMaxPct: 0, VArAvalPct: 0, VArPct_WinTms: 0 });
		der.putAll("123", { VArPct_RvrtTms: 0, VArPct_RmpTms: 0, VArPct_Mod: 2, VArPct_Ena: 0 });
	}

	/** Whether a point of model 123 takes this value. */
	accepts(name: string, value: number): boolean {
		if (name === "WMaxLimPct") return value >= 0 && value <= 100;
		if (name === "OutPFSet") return Math.abs(value) >= 0.8 && Math.abs(value) <= 1;
		if (name === "VArPct_Mod") return value >= 1 && value <= 3;
		return !/^VAr.*MaxPct$|^VArAvalPct$/.test(name) || Math.abs(value) <= 100;
	}

	written(points: readonly PointInfo[], nowMs: number): void {
		const names = points.filter((point) => point.model.id === 123).map((point) => point.name);
		const touched = (prefix: string, enable: string): boolean =>
			names.some((name) => (this.#latched ? name === enable : name.startsWith(prefix)));
		if (touched("Conn", "Conn")) {
			const on = this.#der.get("123.Conn") === 1;
			this.#order(this.#connection, "Conn", on ? undefined : 0, nowMs);
		}
		if (touched("WMaxLim", "WMaxLim_Ena")) {
			const on = this.#der.get("123.WMaxLim_Ena") === 1;
			this.#order(this.#limitPct, "WMaxLimPct", on ? this.#der.get("123.WMaxLimPct") : undefined, nowMs);
		}
		if (touched("OutPFSet", "OutPFSet_Ena")) {
			const on = this.#der.get("123.OutPFSet_Ena") === 1;
			this.#order(this.#tangent, "OutPFSet", on ? tangent(this.#der.get("123.OutPFSet")) : undefined, nowMs);
		}
		if (touched("VAr", "VArPct_Ena")) {
			const on = this.#der.get("123.VArPct_Ena") === 1;
			this.#order(this.#varPct, "VArPct", on ? this.#orderedVarPct() : undefined, nowMs);
		}
	}

	#orderedVarPct(): number {
		const mode = this.#der.get("123.VArPct_Mod");
		return this.#der.get(mode === 1 ? "123.VArWMaxPct" : mode === 2 ? "123.VArMaxPct" : "123.VArAvalPct");
	}

	#order(control: TimedValue, prefix: string, value: number | undefined, nowMs: number): void {
		const times = {
			windowS: this.#der.get(`123.${prefix}_WinTms`),
			revertS: this.#der.get(`123.${prefix}_RvrtTms`),
			rampS: prefix === "Conn" ? 0 : this.#der.get(`123.${prefix}_RmpTms`),
		};
		control.order(value, times, nowMs, this.#dice.next());
	}

	/** Takes back what is over. */
	run(nowMs: number): void {
		if (this.#connection.fallsBack(nowMs)) this.#der.put("123.Conn", 1);
		if (this.#limitPct.fallsBack(nowMs)) this.#der.put("123.WMaxLim_Ena", 0);
		if (this.#tangent.fallsBack(nowMs)) this.#der.put("123.OutPFSet_Ena", 0);
		if (this.#varPct.fallsBack(nowMs)) this.#der.put("123.VArPct_Ena", 0);
	}

	connected(nowMs: number): boolean {
		return this.#connection.at(nowMs) > 0.5;
	}

	/** Of WMax. */
	limitPct(nowMs: number): number {
		return this.#limitPct.at(nowMs);
	}

	/**
	 * Reactive power at this active power, var: positive is over-excited, as a negative OutPFSet is (EEI). `most` is VArMax,
	 * `room` what the apparent power leaves.
	 */
	reactiveVar(powerW: number, wMax: number, most: number, room: number, nowMs: number): number {
		const slope = this.#tangent.at(nowMs);
		if (slope !== 0) return Math.abs(powerW) * slope;
		const mode = this.#der.get("123.VArPct_Mod");
		return (this.#varPct.at(nowMs) / 100) * (mode === 1 ? wMax : mode === 2 ? most : room);
	}
}

/** Reactive by active power; the sign of the power factor is against that of the reactive power (EEI). */
function tangent(pf: number): number {
	const size = Math.sqrt(Math.max(0, 1 / (pf * pf) - 1));
	return pf < 0 ? size : -size;
}
