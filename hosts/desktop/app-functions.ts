import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LogLevel } from "../../modules/base/log";
import { plainJson } from "../../modules/devices/plain";
import type { FoundPlugin } from "../../modules/devices/plugin-table";
import type { HostOptions, SiteStore } from "../host";
import { findRoot } from "./loader";

export interface AppOptions {
	siteText: string;
	options?: HostOptions;
	/** A changed site file is saved: close this hub and start another. Called outside the machine. */
	onRestart?: () => void;
	/** Of the user "admin"; "" or left out: none. */
	adminPassword?: string;
	/** Tables beside the catalogue's (plugin-files.ts). */
	plugins?: readonly FoundPlugin[];
	log?: (level: LogLevel, area: string, text: string) => void;
}

/** What the module xs/host.ts asks Node for, by the name "app". `store`: where a changed site file goes. */
export function appFunctions(options: AppOptions, store?: SiteStore) {
	return {
		siteText: () => options.siteText,
		options: () => ({ ...options.options }),
		firmware: () => version(),
		webFile: (name: string) => builtFile("build/web", name),
		packedTable: (id: string) => builtFile("build/tables", `${id}.table`),
		sitePlace: () => store?.place ?? "",
		saveSite: (text: string) => store!.save(text),
		restart: () => void setImmediate(() => options.onRestart?.()),
		adminPassword: () => options.adminPassword ?? "",
		plugins: () => plainJson(options.plugins ?? []),
		log: options.log ?? (() => {}),
	};
}

/** A file of the built dashboard, or a packed table. */
function builtFile(folder: string, name: string): ArrayBuffer | undefined {
	const path = join(findRoot(), folder, name);
	if (!existsSync(path)) return undefined;
	const bytes = readFileSync(path);
	return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
}

function version(): string {
	return (JSON.parse(readFileSync(join(findRoot(), "package.json"), "utf8")) as { version: string }).version;
}
