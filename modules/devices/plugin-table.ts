import { GridpostError } from "../base/errors";
import { NotPlain, plainCopy } from "./plain";
import type { DeviceTable } from "./table";
import { tablePoints } from "./table-points";
import { acceptTable } from "./validate";

/** A plug-in as a platform found it: its table as data, or why there is none. */
export type FoundPlugin =
	| { readonly name: string; readonly table: unknown }
	| { readonly name: string; readonly reason: string };

/** What became of the plug-ins of a start. */
export interface LoadedPlugins {
	readonly tables: readonly DeviceTable[];
	/** Those that were left out, each with the reason: for the log, the alarm and a person. */
	readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
}

/** The one table among a module's exports, copied as data. Throws NotPlain, or GridpostError "bad-table". */
export function exportedTable(exports: Readonly<Record<string, unknown>>, name: string): unknown {
	const given = Object.keys(exports).filter((key) => looksLikeTable(exports[key]));
	if (given.length !== 1) {
		const what = given.length === 0 ? "no table" : `${given.length} tables (${given.join(", ")})`;
		throw badTable(name, `it exports ${what}; a plug-in exports one: export const table: DeviceTable = { ... }`);
	}
	return plainCopy(exports[given[0]!]);
}

/** A table, or what was meant to be one. */
function looksLikeTable(value: unknown): boolean {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
	return ["id", "rows", "bus", "kind"].some((key) => Object.getOwnPropertyDescriptor(value, key) !== undefined);
}

/**
 * Checks what was found, each by itself: a plug-in with a mistake is left out and the others stay. Two with the same id
 * are one too many; one with the id of the hub's own table replaces it.
 */
export function takePlugins(found: readonly FoundPlugin[]): LoadedPlugins {
	const tables: DeviceTable[] = [];
	const leftOut: { name: string; reason: string }[] = [];
	for (const one of found) {
		try {
			if ("reason" in one) throw badTable(one.name, one.reason);
			const table = acceptTable(one.table, one.name, tablePoints);
			if (tables.some(({ id }) => id === table.id))
				throw badTable(one.name, `another plug-in is "${table.id}" already`);
			tables.push(table);
		} catch (error) {
			leftOut.push({ name: one.name, reason: reasonOf(error) });
		}
	}
	return { tables, leftOut };
}

/** In words, with the place in the table where there is one. */
export function reasonOf(error: unknown): string {
	if (error instanceof NotPlain || error instanceof GridpostError) return error.message;
	return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function badTable(place: string, message: string): GridpostError {
	return new GridpostError("bad-table", message, { origin: "config", retry: "never", place });
}
