import { frozen } from "../../base/frozen";
import type { ModelSpec } from "../../sunspec/image";
import { defineModel, type PointTable } from "../../sunspec/vendor";

/** Settings of an energy storage system of several devices, and of the inverter with charger in it. */
export const kEssSettings = 64929;

/** An enumeration whose values begin at `first`. */
function choice(name: string, first: number, ...symbols: string[]): PointTable {
	const named = symbols.map((symbol, i) => ({ name: symbol, value: first + i }));
	return { name, type: "enum16", access: "RW", symbols: named };
}

/**
 * MinSoC: left in the battery while the mains are there. Ctl: who steers the inverters. MaxFeedW, MaxDisW, MaxChaA: below 0
 * is no limit. Sw: the switch of the inverter, InA the most it takes from the mains, NoCha and NoFeed: 1 forbids it.
 */
export const essSettings = frozen<ModelSpec>({
	id: kEssSettings,
	text: defineModel(kEssSettings, {
		name: "ess_settings",
		points: [
			{ name: "MinSoC", type: "uint16", sf: -1, units: "Pct", access: "RW" },
			choice("Ctl", 1, "PHASE_COMPENSATION", "NO_PHASE_COMPENSATION", "EXTERNAL"),
			{ name: "MaxFeedW", type: "int32", units: "W", access: "RW" },
			{ name: "MaxDisW", type: "int32", units: "W", access: "RW" },
			{ name: "MaxChaA", type: "int16", units: "A", access: "RW" },
			choice("Rly1", 0, "OPEN", "CLOSED"),
			choice("Rly2", 0, "OPEN", "CLOSED"),
			choice("Sw", 1, "CHARGER_ONLY", "INVERTER_ONLY", "ON", "OFF"),
			{ name: "InA", type: "int16", sf: -1, units: "A", access: "RW" },
			choice("NoCha", 0, "NO", "YES"),
			choice("NoFeed", 0, "NO", "YES"),
		],
	}),
});
