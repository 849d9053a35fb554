import { frozen } from "../base/frozen";
import { Plan } from "./plan";
import type { DeviceTable } from "./table";
import { chintDdsu666 } from "./tables/chint-ddsu666";
import { chintDtsu666 } from "./tables/chint-dtsu666";
import { eastronSdm120 } from "./tables/eastron-sdm120";
import { hikingDds238 } from "./tables/hiking-dds238-2-zn-s";
import { sht20XyMd02 } from "./tables/sht20-xy-md02";

/** Every product the hub knows by itself. The tables are constants that stay in flash. */
export const deviceTables = frozen<readonly DeviceTable[]>([
	hikingDds238,
	chintDdsu666,
	eastronSdm120,
	chintDtsu666,
	sht20XyMd02,
]);

export function deviceTable(id: string): DeviceTable | undefined {
	return deviceTables.find((table) => table.id === id);
}

/** The plans of the tables in use: devices of one product share one. The composition root owns it. */
export class Catalogue {
	#plans = new Map<string, Plan>();
	#more: readonly DeviceTable[];

	/** `more`: tables from elsewhere (plug-ins), already validated. They win over the built-in ones of the same id. */
	constructor(more: readonly DeviceTable[] = []) {
		this.#more = more;
	}

	table(id: string): DeviceTable | undefined {
		return this.#more.find((table) => table.id === id) ?? deviceTable(id);
	}

	plan(table: DeviceTable): Plan {
		let plan = this.#plans.get(table.id);
		if (plan === undefined || plan.table !== table) this.#plans.set(table.id, (plan = new Plan(table)));
		return plan;
	}
}
