import { deviceTables } from "../devices/catalogue";
import { kFoundDevice } from "./site-shape";

/** What a site file may name as a `device`: the tables of the catalogue, and what the hub finds out by itself. */
export function knownDevices(): string[] {
	return [...deviceTables.map((table) => table.id), kFoundDevice];
}
