import { frozen } from "../../base/frozen";
import type { DeviceTable } from "../table";
import { highMap } from "./deye-high";
import { deyeThreePhaseLv, threePhaseQuirks, threePhaseSources } from "./deye-three-phase-lv";
import { solArk12k } from "./sol-ark-12k";

export const highVoltageQuirks = frozen<readonly string[]>([
	...threePhaseQuirks,
	"powers of PV, battery, selling, windows and peak shaving count 10 W; battery voltages 0.1 V",
	"a power's low word is at 604 to 671, its high word at 656 to 708: both come in one read",
	"fault numbers F41, F46, F49 and F52 to F62 mean other things than on low-voltage models",
]);

/** Deye SG0xHP3 and Sunsynk three-phase with a battery of 160 to 800 V: 5 to 80 kW; 4 of up to 8 MPPTs. */
export const deyeThreePhaseHv: DeviceTable = highMap(
	{
		id: "deye-three-phase-hv",
		maker: "Deye",
		model: "SG0xHP3, Sunsynk 3-phase HV",
		brand: "deye",
		mppts: 4,
		highVoltage: true,
		nominalV: 409.6,
		maxSellW: 80_000,
		maxPvW: 128_000,
		maxWindowW: 128_000,
		maxPeakW: 80_000,
		maxChargeA: 350,
		quirks: [...highVoltageQuirks, "MPPTs 5 to 8 (719 to 730) of the largest models are not in the table"],
		sources: [...threePhaseSources, "kellerza/sunsynk:src/sunsynk/definitions/three_phase_hv.py"],
		confidence: "two",
	},
	[solArk12k, deyeThreePhaseLv],
);
