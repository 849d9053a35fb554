import { frozen } from "../modules/base/frozen";
import type { PointInfo } from "../modules/sunspec/place";
import type { SimDer } from "./der-base";

interface Revertible {
	/** What the names of its points and groups begin with. */
	readonly prefix: string;
	/** What holds, and what is to hold when the time is over; the enabling points are `prefix`Ena and `prefix`EnaRvrt. */
	readonly values: readonly (readonly [now: string, then: string])[];
}

const controls = frozen<readonly Revertible[]>([
	{
		prefix: "PFWInj",
		values: [
			["PFWInj.PF", "PFWInjRvrt.PF"],
			["PFWInj.Ext", "PFWInjRvrt.Ext"],
		],
	},
	{
		prefix: "PFWAbs",
		values: [
			["PFWAbs.PF", "PFWAbsRvrt.PF"],
			["PFWAbs.Ext", "PFWAbsRvrt.Ext"],
		],
	},
	{ prefix: "WMaxLimPct", values: [["WMaxLimPct", "WMaxLimPctRvrt"]] },
	{
		prefix: "WSet",
		values: [
			["WSet", "WSetRvrt"],
			["WSetPct", "WSetPctRvrt"],
		],
	},
	{
		prefix: "VarSet",
		values: [
			["VarSet", "VarSetRvrt"],
			["VarSetPct", "VarSetPctRvrt"],
		],
	},
]);

/** The reversion of model 704, as a device that has it keeps it: a time a control, counting down in seconds. */
export class Reversion704 {
	readonly #der: SimDer;
	/** By control: when it reverts. */
	readonly #dueMs = controls.map(() => Number.POSITIVE_INFINITY);

	constructor(der: SimDer) {
		this.#der = der;
	}

	/** A control that a client has touched counts from the beginning. */
	written(points: readonly PointInfo[], nowMs: number): void {
		controls.forEach(({ prefix }, i) => {
			const own = (point: PointInfo): boolean =>
				point.model.id === 704 && (point.group || point.name).startsWith(prefix);
			if (!points.some(own)) return;
			const seconds = this.#der.get(`704.${prefix}RvrtTms`);
			const runs = this.#der.get(`704.${prefix}Ena`) === 1 && seconds > 0;
			this.#dueMs[i] = runs ? nowMs + 1000 * seconds : Number.POSITIVE_INFINITY;
		});
	}

	run(nowMs: number): void {
		controls.forEach(({ prefix, values }, i) => {
			if (nowMs < this.#dueMs[i]!) return;
			this.#dueMs[i] = Number.POSITIVE_INFINITY;
			for (const [now, then] of values) this.#der.put(`704.${now}`, this.#der.get(`704.${then}`));
			this.#der.put(`704.${prefix}Ena`, this.#der.get(`704.${prefix}EnaRvrt`));
		});
	}

	show(nowMs: number): void {
		controls.forEach(({ prefix }, i) => {
			const leftMs = this.#dueMs[i]! - nowMs;
			this.#der.put(`704.${prefix}RvrtRem`, leftMs === Number.POSITIVE_INFINITY ? 0 : Math.ceil(leftMs / 1000));
		});
	}
}
