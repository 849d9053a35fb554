import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { SiteStore } from "../host";

/** Where the command line keeps the text of the site file. */
export interface DesktopSiteStore extends SiteStore {
	/** What the hub starts with. Throws when it cannot be read. */
	read(): string;
	/** Back to the text before the last `save`; false when there was none. */
	revert(): boolean;
}

/** A site file of the person who runs the hub: written whole or not at all, the one before stays as FILE.bak. */
export function fileStore(path: string): DesktopSiteStore {
	let changed = false;
	return {
		place: path,
		read: () => readFileSync(path, "utf8"),
		save(text) {
			if (existsSync(path)) copyFileSync(path, `${path}.bak`);
			try {
				writeFileSync(`${path}.new`, text, { flush: true });
				renameSync(`${path}.new`, path);
			} catch (error) {
				rmSync(`${path}.new`, { force: true });
				throw error;
			}
			changed = true;
		},
		revert() {
			if (!changed) return false;
			changed = false;
			copyFileSync(`${path}.bak`, path);
			return true;
		},
	};
}

/** The demo's file belongs to the program: what is changed of it lasts as long as the program runs. */
export function passingStore(path: string): DesktopSiteStore {
	let text: string | undefined;
	let before: string | undefined;
	return {
		place: `memory, until the hub stops (${path} stays as it is)`,
		read: () => text ?? readFileSync(path, "utf8"),
		save(next) {
			before = text ?? readFileSync(path, "utf8");
			text = next;
		},
		revert() {
			if (before === undefined) return false;
			text = before;
			before = undefined;
			return true;
		},
	};
}
