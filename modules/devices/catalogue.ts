import { configError } from "../base/errors";
import { frozen } from "../base/frozen";
import { unpackTable } from "./packed-table";
import { Plan } from "./plan";
import { PointList } from "./points";
import { Pool } from "./share";
import type { DeviceTable } from "./table";
import { chintDdsu666 } from "./tables/chint-ddsu666";
import { chintDtsu666 } from "./tables/chint-dtsu666";
import { deyeSinglePhase } from "./tables/deye-single-phase";
import { deyeThreePhaseHv } from "./tables/deye-three-phase-hv";
import { deyeThreePhaseLv } from "./tables/deye-three-phase-lv";
import { eastronSdm120 } from "./tables/eastron-sdm120";
import { hikingDds238 } from "./tables/hiking-dds238-2-zn-s";
import { sht20XyMd02 } from "./tables/sht20-xy-md02";
import { solArk12k } from "./tables/sol-ark-12k";
import { solArk15k } from "./tables/sol-ark-15k";
import { solArkHv } from "./tables/sol-ark-hv";

/**
 * The products that most sites have: constants that stay in flash with their plans. All others lie in flash compressed, which
 * takes a twentieth of the room, and are unpacked into RAM when a site names one (`Catalogue`; tools/build-tables.mjs). The hybrids share their rows and are too large for RAM. generated/tables.ts lists all of them, for
 * those who are not short of memory.
 */
export const deviceTables = frozen<readonly DeviceTable[]>([
	hikingDds238,
	chintDdsu666,
	eastronSdm120,
	chintDtsu666,
	sht20XyMd02,
	deyeSinglePhase,
	deyeThreePhaseHv,
	deyeThreePhaseLv,
	solArk12k,
	solArk15k,
	solArkHv,
]);

/** Made while modules are preloaded, so that they lie in flash beside their tables. */
const plans = frozen<readonly Plan[]>(makePlans());

function makePlans(): Plan[] {
	const pool = new Pool();
	const points = new PointList();
	return deviceTables.map((table) => new Plan(table, { pool, points }));
}

export function deviceTable(id: string): DeviceTable | undefined {
	return deviceTables.find((table) => table.id === id);
}

/** Gives the file of a table (`Host.packedTable`). */
export type PackedTables = (id: string) => Uint8Array | undefined;

/** Tables and their plans: devices of one product share one. The composition root owns it. */
export class Catalogue {
	/** Of the tables from elsewhere and those that were loaded, in their order. */
	#plans: (Plan | undefined)[] = [];
	#more: DeviceTable[];
	/** Of the plans that are made here: most name the same. */
	readonly #points = new PointList();
	readonly #packed: PackedTables | undefined;

	/**
	 * `more`: tables from elsewhere (plug-ins), already validated. They win over the built-in ones of the same id. Without
	 * `packed` there are only these and the resident ones.
	 */
	constructor(more: readonly DeviceTable[] = [], packed?: PackedTables) {
		this.#more = [...more];
		this.#packed = packed;
	}

	/** Undefined for an id that nobody knows. */
	table(id: string): DeviceTable | undefined {
		return this.#more.find((table) => table.id === id) ?? deviceTable(id) ?? this.#unpacked(id);
	}

	#unpacked(id: string): DeviceTable | undefined {
		const bytes = this.#packed?.(id);
		if (!bytes) return undefined;
		const table = unpackTable(bytes);
		this.#more.push(table);
		return table;
	}

	/** Throws `bad-config` for a table that is not of this catalogue. */
	plan(table: DeviceTable): Plan {
		const plan = plans[deviceTables.indexOf(table)];
		if (plan) return plan;
		const index = this.#more.indexOf(table);
		if (index < 0) throw configError("table", table.id, "it must be a table of the catalogue");
		return (this.#plans[index] ??= new Plan(table, { pool: new Pool(), points: this.#points }));
	}
}
