import { deviceTables } from "../devices/catalogue";
import type { DeviceTable } from "../devices/table";
import { kFoundDevice } from "./site-shape";

/** What a site file may name as a `device`: the tables of the catalogue, `more` tables of plug-ins, and what the hub finds out by itself. */
export function knownDevices(more: readonly DeviceTable[] = []): string[] {
	return [...deviceTables, ...more].map(({ id }) => id).concat(kFoundDevice);
}
