import { frozen } from "../base/frozen";
import { kTableIds } from "../devices/generated/table-ids";
import type { Protocol } from "../devices/table";
import { kFoundDevice } from "./site-shape";

/**
 * What a site file may name as a `device`: the tables of the catalogue, what the hub finds out by itself, and tables from
 * elsewhere (`more`: plug-ins). What speaks something else than Modbus has that behind a colon: "shelly-gen2:json-http".
 */
export function knownDevices(
	more: readonly { readonly id: string; readonly protocol?: Protocol }[] = [],
): readonly string[] {
	if (more.length === 0) return kKnown;
	const own = more.map(({ id, protocol }) => (protocol === undefined ? id : `${id}:${protocol}`));
	return [...own, ...kKnown];
}

/** Without plug-ins: one list, in flash, for all who keep it. */
const kKnown = frozen<readonly string[]>([...kTableIds, kFoundDevice]);

/** The id of an entry. */
export function knownId(entry: string): string {
	const colon = entry.indexOf(":");
	return colon < 0 ? entry : entry.slice(0, colon);
}

/** What a device of the list speaks; of one that is not in it, Modbus. */
export function protocolOf(known: readonly string[], id: string | undefined): Protocol {
	const entry = known.find((one) => knownId(one) === id) ?? "";
	const colon = entry.indexOf(":");
	return colon < 0 ? "modbus" : (entry.slice(colon + 1) as Protocol);
}
