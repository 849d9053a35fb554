import type { DeviceTable } from "../table";
import { lowMap } from "./deye-low";
import { solArk12k, solArkBlocks, solArkQuirks, solArkSources } from "./sol-ark-12k";

/** Sol-Ark 15K: as the 12K, with 3 MPPTs, 275 A and, from SW 7226/1446 on, powers in steps of 10 W (register 54). */
export const solArk15k: DeviceTable = lowMap(
	{
		id: "sol-ark-15k",
		maker: "Sol-Ark",
		model: "15K",
		brand: "sol-ark",
		mppts: 3,
		phases: 2,
		maxRead: 20,
		blocks: solArkBlocks,
		tens: true,
		maxSellW: 34_000,
		maxPvW: 16_500,
		// The map says 9000; owners run it with 12000.
		maxWindowW: 15_000,
		maxChargeA: 275,
		quirks: [
			...solArkQuirks,
			"register 54 at 10: 167 to 172, 176 to 178 and 190 count 10 W. 173 to 175 and 185 are taken as 1 W: unverified",
			"the DC transformer's temperature (90) is not used",
		],
		sources: solArkSources,
		confidence: "two",
	},
	[solArk12k],
);
