import { frozen } from "../../base/frozen";
import type { ModelSpec } from "../../sunspec/image";
import { defineModel, type PointTable } from "../../sunspec/vendor";

/** What the owner of an off-grid inverter with charger may set. */
export const kOffgridSettings = 64928;

function choice(name: string, ...symbols: string[]): PointTable {
	return { name, type: "enum16", access: "RW", symbols: symbols.map((symbol, value) => ({ name: symbol, value })) };
}

/** OutPri: where the load's power comes from first. ChaPri: what charges the battery. ChaA: from all sources, GridChaA: from the mains. */
export const offgridSettings = frozen<ModelSpec>({
	id: kOffgridSettings,
	text: defineModel(kOffgridSettings, {
		name: "offgrid_settings",
		points: [
			choice("On", "OFF", "ON"),
			choice("OutPri", "BATTERY", "SOLAR", "MAINS", "SOLAR_AND_MAINS"),
			choice("ChaPri", "SOLAR_FIRST", "SOLAR_AND_MAINS", "ONLY_SOLAR"),
			{ name: "ChaA", type: "uint16", units: "A", access: "RW" },
			{ name: "GridChaA", type: "uint16", units: "A", access: "RW" },
			choice("BatTyp", "AGM", "FLOODED", "USER", "LITHIUM", "USER_2"),
		],
	}),
});
