import type { FoundPlugin } from "../../modules/devices/plugin-table";
import { reasonOf } from "../../modules/devices/plugin-table";
import type { PluginTrial } from "../../modules/setup/plugin-trial";

export interface ModsOptions {
	/** Specifiers of the modules in the archive beside the firmware (`Modules.archive`). */
	archive: readonly string[];
	/** Gives the table of a module, as data: `runPlugin`. */
	run(specifier: string): unknown;
	/** Left out where a loop or a hoard of memory ends more than the hub. */
	trial?: PluginTrial;
}

/** Modules of the archive under this name are plug-ins. */
const kFolder = "plugin/";

/** The plug-ins of the archive, each run once. */
export function findMods({ archive, run, trial }: ModsOptions): FoundPlugin[] {
	const found: FoundPlugin[] = [];
	for (const specifier of archive) {
		if (!specifier.startsWith(kFolder)) continue;
		const name = specifier.slice(kFolder.length);
		const refusal = trial?.refusal(name);
		if (refusal !== undefined) {
			found.push({ name, reason: refusal });
			continue;
		}
		trial?.begin(name);
		try {
			found.push({ name, table: run(specifier) });
		} catch (error) {
			found.push({ name, reason: reasonOf(error) });
		}
	}
	return found;
}

/**
 * The signature of an archive from its first bytes: what its tool (xsl) puts there changes with the content. "" when
 * there is none. Atoms: length and name, "XS_A" around all, then "VERS", "SIGN" with 16 bytes.
 */
export function archiveSignature(bytes: Uint8Array): string {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const nameAt = (at: number): string => String.fromCharCode(...bytes.slice(at + 4, at + 8));
	if (bytes.length < 16 || nameAt(0) !== "XS_A") return "";
	for (let at = 8; at + 24 <= bytes.length; ) {
		const size = view.getUint32(at);
		if (nameAt(at) === "SIGN") {
			return [...bytes.slice(at + 8, at + 24)].map((one) => one.toString(16).padStart(2, "0")).join("");
		}
		if (size < 8) return "";
		at += size;
	}
	return "";
}
