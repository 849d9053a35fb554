import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/**
 * Where the desktop keeps what the device has in flash: `files/`, `values/`, `flash/` in one folder, made when first
 * used. Without a path it is a temporary one, gone after `close`.
 */
export class DataFolder {
	#path: string | undefined;
	#temporary = false;
	/** False: written data may be lost with the power of the computer, but tests run faster. */
	readonly durable: boolean;

	constructor(path?: string, durable = path !== undefined) {
		this.#path = path === undefined ? undefined : resolve(path);
		this.durable = durable;
	}

	/** A folder in it, which exists. */
	folder(name: string): string {
		if (this.#path === undefined) {
			this.#path = mkdtempSync(join(tmpdir(), "gridpost-data-"));
			this.#temporary = true;
		}
		const path = join(this.#path, name);
		mkdirSync(path, { recursive: true });
		return path;
	}

	/** Replaces a file: after a power cut there is the old one or the new one, whole. */
	replace(path: string, bytes: Uint8Array): void {
		const temporary = `${path}.new`;
		const file = openSync(temporary, "w");
		try {
			writeFileSync(file, bytes);
			if (this.durable) fsyncSync(file);
		} finally {
			closeSync(file);
		}
		renameSync(temporary, path);
		if (!this.durable) return;
		// the new name is safe only when the folder is, too
		const folder = openSync(dirname(path), "r");
		try {
			fsyncSync(folder);
		} finally {
			closeSync(folder);
		}
	}

	close(): void {
		if (this.#temporary && this.#path !== undefined) rmSync(this.#path, { recursive: true, force: true });
		this.#path = undefined;
		this.#temporary = false;
	}
}
