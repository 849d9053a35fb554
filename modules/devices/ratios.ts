import type { Plan } from "./plan";
import type { Row } from "./table";

/** What a device has told of itself. */
interface Told {
	readonly plan: Plan;
	/** Value of a row that the plan keeps; NaN for none. */
	kept(index: number): number;
}

/** What the ratios of a row make of its k; NaN while the device has not told one. */
export function ratioOf(device: Told, row: Row): number {
	let factor = 1;
	for (const name of row.times ?? []) factor *= device.kept(device.plan.keptIndex(name));
	return factor;
}
