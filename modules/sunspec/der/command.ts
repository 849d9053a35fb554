/** Commands to a DER, compared. */
import type { DerCommand } from "./types";

/** What a device does that nobody commands. */
export function unlimited(): DerCommand {
	return {
		energize: true,
		limitW: Number.POSITIVE_INFINITY,
		setW: Number.NaN,
		chargeLimitW: Number.POSITIVE_INFINITY,
		dischargeLimitW: Number.POSITIVE_INFINITY,
		reactive: "none",
		pf: 1,
		setVar: 0,
	};
}

/** Do two commands differ by no more than `toleranceW` (and var) and a thousandth of power factor? */
export function sameCommand(a: DerCommand, b: DerCommand, toleranceW: number): boolean {
	return (
		a.energize === b.energize &&
		a.reactive === b.reactive &&
		near(a.limitW, b.limitW, toleranceW) &&
		near(a.setW, b.setW, toleranceW) &&
		near(a.chargeLimitW, b.chargeLimitW, toleranceW) &&
		near(a.dischargeLimitW, b.dischargeLimitW, toleranceW) &&
		near(a.setVar, b.setVar, toleranceW) &&
		near(a.pf, b.pf, toleranceW > 0 ? 0.001 : 0)
	);
}

function near(a: number, b: number, tolerance: number): boolean {
	return Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance;
}
