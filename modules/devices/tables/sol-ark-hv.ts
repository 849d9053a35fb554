import type { DeviceTable } from "../table";
import { highMap } from "./deye-high";
import { deyeThreePhaseHv, highVoltageQuirks } from "./deye-three-phase-hv";
import { deyeThreePhaseLv, threePhaseSources } from "./deye-three-phase-lv";
import { solArk12k } from "./sol-ark-12k";

/** Sol-Ark 30K and 60K, three-phase with a high-voltage battery; 4 MPPTs. */
export const solArkHv: DeviceTable = highMap(
	{
		id: "sol-ark-hv",
		maker: "Sol-Ark",
		model: "30K-3P, 60K-3P",
		brand: "sol-ark",
		mppts: 4,
		highVoltage: true,
		nominalV: 409.6,
		maxSellW: 60_000,
		maxPvW: 100_000,
		maxWindowW: 60_000,
		maxPeakW: 60_000,
		maxChargeA: 200,
		quirks: [
			...highVoltageQuirks,
			"measurements are confirmed by one Sol-Ark source; the settings are those of the Deye HP3, unverified on a Sol-Ark",
			"710 to 712 are taken as signed like the power: unverified",
			"health of the battery is at 10006 here, at 224 on Deye",
		],
		sources: ["nesl-admin/nesl-meshems", ...threePhaseSources],
		confidence: "unverified",
	},
	[solArk12k, deyeThreePhaseLv, deyeThreePhaseHv],
);
