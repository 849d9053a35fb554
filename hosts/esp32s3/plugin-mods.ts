import flash from "embedded:storage/flash";
import Modules from "modules";
import { utf8Decode, utf8Encode } from "../../modules/base/bytes";
import type { Clock } from "../../modules/base/clock";
import type { Log } from "../../modules/base/log";
import { type LoadedPlugins, takePlugins } from "../../modules/devices/plugin-table";
import { PluginTrial } from "../../modules/setup/plugin-trial";
import { archiveSignature, findMods } from "../moddable/mods";
import { runPlugin } from "../moddable/plugin-sandbox";
import type { FlashFiles } from "./sdk";
import { boardStorage, keptValues } from "./settings-store";

/** The partition that holds programs added later, and its key in NVS. */
const kPartition = "xs";
const kKey = "plugins";
const kHeadBytes = 128;

export interface BoardPluginsOptions {
	clock: Clock;
	files: FlashFiles;
	log: Log;
}

/** The plug-ins in the board's flash, each on trial while its archive is new. */
export function boardPlugins({ clock, files, log }: BoardPluginsOptions): LoadedPlugins {
	const archive = Modules.archive ?? [];
	if (archive.length === 0) return { tables: [], leftOut: [] };
	const trial = new PluginTrial({
		storage: {
			read: () => {
				const bytes = keptValues.read(kKey);
				return (bytes && utf8Decode(bytes)) ?? "";
			},
			write: (text) => keptValues.write(kKey, utf8Encode(text)),
		},
		signature: signature(log),
		failedStarts: boardStorage(files).starts.read(),
		clock,
		log,
	});
	return takePlugins(findMods({ archive, run: runPlugin, trial }));
}

function signature(log: Log): string {
	try {
		const partition = flash.open({ path: kPartition });
		try {
			return archiveSignature(new Uint8Array(partition.read(kHeadBytes, 0)));
		} finally {
			partition.close();
		}
	} catch (error) {
		log("warn", "plugin", `partition ${kPartition}: ${error instanceof Error ? error.message : error}`);
		return "";
	}
}
