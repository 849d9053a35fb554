import { frozen } from "../../modules/base/frozen";
import type { KeptValues } from "../../modules/base/kept";
import type { BoardStorage } from "../../modules/setup/provisioning";
import type { CopyStorage, Place } from "../../modules/setup/two-copies";
import { type FlashFiles, type Format, keyValue } from "./sdk";

/** Namespace of NVS: at most 15 characters. */
const kSpace = "gridpost";
/** One entry for each board, which a factory reset leaves: it is in the board's name. */
const kBoardId = "board-id";
const kFolder = "site";

/**
 * What the board keeps: settings in NVS, the site file, which is too large for it, as two files of the partition "storage".
 * Nothing is held open: a write is rare, and a reset may come at any time.
 */
export function boardStorage(files: FlashFiles): BoardStorage {
	return {
		settings: new KeyCopies("settings"),
		site: new FileCopies(files),
		starts: {
			read: () => Number(readKey("starts", "uint8") ?? 0),
			write: (count) => writeKey("starts", "uint8", Math.min(count, 255)),
		},
		accessPointPassword: {
			read: () => readKey("ap-password", "string") as string | undefined,
			write: (password) => writeKey("ap-password", "string", password),
		},
		erase: eraseKeys,
	};
}

/** Values of the application, beside the settings in NVS; a factory reset erases them too. */
export const keptValues = frozen<KeptValues>({
	read: (key: string) => {
		const bytes = readKey(key, "buffer");
		return bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : undefined;
	},
	write: (key: string, bytes: Uint8Array) => writeKey(key, "buffer", bytes),
});

/** Four hexadecimal digits, made by chance at the first start. */
export function boardId(random: () => number): string {
	const kept = readKey(kBoardId, "string");
	if (typeof kept === "string" && /^[0-9a-f]{4}$/.test(kept)) return kept;
	const made = Math.floor(random() * 0x10000)
		.toString(16)
		.padStart(4, "0");
	writeKey(kBoardId, "string", made);
	return made;
}

class KeyCopies implements CopyStorage {
	#name: string;

	constructor(name: string) {
		this.#name = name;
	}

	read(place: Place): Uint8Array | undefined {
		const bytes = readKey(`${this.#name}-${place}`, "buffer");
		return bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : undefined;
	}

	write(place: Place, bytes: Uint8Array): void {
		writeKey(`${this.#name}-${place}`, "buffer", bytes);
	}

	erase(place: Place): void {
		const store = keyValue.open({ path: kSpace });
		try {
			store.delete(`${this.#name}-${place}`);
		} finally {
			store.close();
		}
	}
}

class FileCopies implements CopyStorage {
	readonly #files: FlashFiles;

	constructor(files: FlashFiles) {
		this.#files = files;
	}

	read(place: Place): Uint8Array | undefined {
		try {
			if (this.#files.status(path(place)).mode === 0) return undefined;
			const file = this.#files.openFile({ path: path(place), mode: "r" });
			try {
				return new Uint8Array(file.read(file.status().size, 0));
			} finally {
				file.close();
			}
		} catch {
			// a file system that cannot read one copy may still have the other
			return undefined;
		}
	}

	write(place: Place, bytes: Uint8Array): void {
		if (this.#files.status(kFolder).mode === 0) this.#files.createDirectory(kFolder);
		const file = this.#files.openFile({ path: path(place), mode: "w" });
		try {
			file.write(bytes, 0);
			file.flush();
		} finally {
			file.close();
		}
	}

	erase(place: Place): void {
		if (this.#files.status(path(place)).mode !== 0) this.#files.delete(path(place));
	}
}

function path(place: Place): string {
	return `${kFolder}/${place}.json`;
}

/** Undefined when it is not there, was written in another format or cannot be read. */
function readKey(key: string, format: Format): unknown {
	try {
		const store = keyValue.open({ path: kSpace, format });
		try {
			return store.read(key);
		} finally {
			store.close();
		}
	} catch {
		return undefined;
	}
}

function writeKey(key: string, format: Format, value: string | number | Uint8Array): void {
	const store = keyValue.open({ path: kSpace, format });
	try {
		store.write(key, value);
	} finally {
		store.close();
	}
}

function eraseKeys(): void {
	const store = keyValue.open({ path: kSpace });
	try {
		for (const key of [...store]) if (key !== kBoardId) store.delete(key);
	} finally {
		store.close();
	}
}
