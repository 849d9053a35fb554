// Made by `node tools/generate-tables.mjs` from the files of modules/devices/tables.
import type { DeviceTable } from "../table";
import { chintDdsu666 } from "../tables/chint-ddsu666";
import { chintDtsu666 } from "../tables/chint-dtsu666";
import { deyeSinglePhase } from "../tables/deye-single-phase";
import { deyeThreePhaseHv } from "../tables/deye-three-phase-hv";
import { deyeThreePhaseLv } from "../tables/deye-three-phase-lv";
import { eastronSdm120 } from "../tables/eastron-sdm120";
import { hikingDds238 } from "../tables/hiking-dds238-2-zn-s";
import { sht20XyMd02 } from "../tables/sht20-xy-md02";
import { solArk12k } from "../tables/sol-ark-12k";
import { solArk15k } from "../tables/sol-ark-15k";
import { solArkHv } from "../tables/sol-ark-hv";

/** Every product of the catalogue, also those that the firmware loads only when a site names them. */
export const allTables: readonly DeviceTable[] = [
	chintDdsu666,
	chintDtsu666,
	deyeSinglePhase,
	deyeThreePhaseHv,
	deyeThreePhaseLv,
	eastronSdm120,
	hikingDds238,
	sht20XyMd02,
	solArk12k,
	solArk15k,
	solArkHv,
];

export function findTable(id: string): DeviceTable | undefined {
	return allTables.find((table) => table.id === id);
}
