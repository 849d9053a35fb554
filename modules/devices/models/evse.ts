import { frozen } from "../../base/frozen";
import type { ModelSpec } from "../../sunspec/image";
import { defineModel, type PointTable } from "../../sunspec/vendor";

/** A charger of electric vehicles, one connector. */
export const kEvse = 64921;

/** What a charger does, in `St`. */
export const EvseState = frozen({
	/** No car. */
	available: 1,
	/** The car is plugged in and does not ask for power. */
	connected: 2,
	/** It waits for the charger: a card, a plan, power. */
	waiting: 3,
	charging: 4,
	/** It would charge and is not given power. */
	paused: 5,
	fault: 6,
	/** It feeds back. */
	discharging: 7,
});

/** State of the control pilot, IEC 61851-1 A to F, in `Cp`. */
export const PilotState = frozen({ A: 1, B: 2, C: 3, D: 4, E: 5, F: 6 });

/** What is plugged in, in `Plug`: a cable that is not the charger's own, and a car at its end. */
export const PlugState = frozen({ none: 0, cable: 1, cableLocked: 2, car: 3, carLocked: 4 });

function amps(name: string, access: "R" | "RW" = "R"): PointTable {
	return { name, type: "uint32", sf: -3, units: "A", access };
}

function watts(name: string, access: "R" | "RW" = "R"): PointTable {
	return { name, type: "uint32", units: "W", access };
}

function seconds(name: string, access: "R" | "RW" = "R"): PointTable {
	return { name, type: "uint32", units: "Secs", access };
}

function symbols(values: Readonly<Record<string, number>>): { name: string; value: number }[] {
	return Object.entries(values).map(([name, value]) => ({ name: name.replace(/[A-Z]/g, "_$&").toUpperCase(), value }));
}

/**
 * W and DCA are positive into the car, negative when it feeds back. A is the current of one phase where the charger tells
 * no more. CabA is what the cable may carry, OffA what the charger offers the car, MaxA what its hardware can. WhSes and
 * TmsSes are of the session since the car came, TmsCha the part in which it charged.
 *
 * Commands: Chg; LimA where the charger limits by current (below 6 A it pauses, IEC 61851-1 knows no less); LimW and, into
 * the grid, DisW where it limits by power; SetW where it can discharge. A limit or set-point that is not given again within
 * LimTms (0: for good) falls back to SafeA or SafeW. RmgTms: what is left until the charger itself falls back.
 */
export const evse = frozen<ModelSpec>({
	id: kEvse,
	text: defineModel(kEvse, {
		name: "evse",
		points: [
			{ name: "St", type: "enum16", symbols: symbols(EvseState) },
			{ name: "Cp", type: "enum16", symbols: Object.entries(PilotState).map(([name, value]) => ({ name, value })) },
			{ name: "Plug", type: "enum16", symbols: symbols(PlugState) },
			{ name: "Err", type: "uint32" },
			{ name: "W", type: "int32", units: "W" },
			...["A", "AL1", "AL2", "AL3"].map((name) => amps(name)),
			...["VL1", "VL2", "VL3"].map((name): PointTable => ({ name, type: "uint16", sf: -1, units: "V" })),
			{ name: "WhSes", type: "uint32", units: "Wh" },
			{ name: "WhTot", type: "uint64", units: "Wh" },
			{ name: "WhSesDis", type: "uint32", units: "Wh" },
			{ name: "WhTotDis", type: "uint64", units: "Wh" },
			...["TmsSes", "TmsCha", "TmsDis"].map((name) => seconds(name)),
			...["CabA", "OffA", "MaxA"].map((name) => amps(name)),
			...["WMax", "WMaxDis", "EvWMax", "EvWMin"].map((name) => watts(name)),
			{ name: "Tmp", type: "int16", sf: -1, units: "C" },
			{ name: "SoC", type: "uint16", sf: -2, units: "Pct" },
			{ name: "DCV", type: "uint16", sf: -1, units: "V" },
			{ name: "DCA", type: "int32", sf: -2, units: "A" },
			{ name: "NPh", type: "uint16", access: "RW" },
			{
				...{ name: "Chg", type: "enum16", access: "RW" },
				symbols: [
					{ name: "PAUSE", value: 0 },
					{ name: "CHARGE", value: 1 },
				],
			},
			amps("LimA", "RW"),
			watts("LimW", "RW"),
			watts("DisW", "RW"),
			{ name: "SetW", type: "int32", units: "W", access: "RW" },
			seconds("LimTms", "RW"),
			amps("SafeA", "RW"),
			watts("SafeW", "RW"),
			seconds("RmgTms"),
		],
	}),
});
