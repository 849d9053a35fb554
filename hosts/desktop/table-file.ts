import { existsSync } from "node:fs";
import { allTables, findTable } from "../../modules/devices/generated/tables";
import { takePlugins } from "../../modules/devices/plugin-table";
import type { DeviceTable } from "../../modules/devices/table";
import { UsageError } from "./options";
import { loadPluginFile } from "./plugin-files";

/** The table of a file, checked, or of the catalogue by its id. Throws UsageError with every problem. */
export function tableOf(name: string): DeviceTable {
	if (!existsSync(name)) {
		const known = findTable(name);
		if (known) return known;
		const ids = allTables.map(({ id }) => id).sort();
		throw new UsageError(`${name}: there is no such file, and no such device among ${ids.join(", ")}`);
	}
	const { tables, leftOut } = takePlugins([loadPluginFile(name)]);
	if (leftOut[0]) throw new UsageError(`${name}: ${leftOut[0].reason}`);
	return tables[0]!;
}
