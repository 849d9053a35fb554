/** From a residual current at the sensor to the relay's command on its bus (bench/leakage-cases.ts). */
import { type Report, sayer } from "./figure";
import { cases, measure } from "./leakage-cases";

/** Event to command, beside the one frame that may be on the bus: design.md, section 5. */
export const kBudgetMs = 50;

export function run(report: Report, phases = 150): void {
	const say = sayer("leakage", report);
	for (const one of cases) {
		const { worstMs, meanMs, frameMs } = measure(one, phases);
		const note = `${one.note}; mean ${Math.round(meanMs)} ms`;
		const budget = Math.round((kBudgetMs + frameMs) * 10) / 10;
		say(one.name, worstMs, "ms", one.bound ? { budget, note } : { note: `${note}; the budget would be ${budget}` });
	}
}
