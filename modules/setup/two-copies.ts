import { crc32 } from "../base/crc";
import { GridpostError } from "../base/errors";

/** Two places that keep bytes over a loss of power: two keys, two files. */
export interface CopyStorage {
	/** Undefined when nothing is there or it cannot be read. */
	read(place: Place): Uint8Array | undefined;
	/** Replaces what is there; a loss of power may leave any part of it. Throws when there is no room. */
	write(place: Place, bytes: Uint8Array): void;
	erase(place: Place): void;
}

export type Place = 0 | 1;

/** u32 magic, u32 sequence, u32 length, u32 CRC-32 of sequence, length and content; little endian. */
const kHeaderBytes = 16;

/**
 * One content that is replaced as a whole and never lost: each new one is written over the older of two copies, so that
 * power lost at any byte leaves the one before. A copy counts only when its CRC says that it is whole.
 */
export class TwoCopies {
	#storage: CopyStorage;
	#magic: number;
	#sequence = 0;
	/** Where the newest whole copy lies. */
	#newest: Place | undefined;
	#damaged = 0;

	/** `magic`: kind and version of the content, so that another kind is not taken for it. */
	constructor(storage: CopyStorage, magic: number) {
		this.#storage = storage;
		this.#magic = magic;
	}

	/** Copies that hold something which is not whole, as the last `load` found them: 0 to 2. */
	get damaged(): number {
		return this.#damaged;
	}

	/** The content of the newest whole copy; undefined when there is none. */
	load(): Uint8Array | undefined {
		this.#newest = undefined;
		this.#sequence = 0;
		this.#damaged = 0;
		let content: Uint8Array | undefined;
		for (const place of [0, 1] as const) {
			const bytes = this.#storage.read(place);
			if (!bytes || bytes.length === 0) continue;
			const sequence = this.#check(bytes);
			if (sequence === undefined) {
				this.#damaged++;
				continue;
			}
			if (content && sequence <= this.#sequence) continue;
			this.#newest = place;
			this.#sequence = sequence;
			content = bytes.subarray(kHeaderBytes);
		}
		return content;
	}

	/** Content of the other copy, when it is whole: the one before. To be called after `load`. */
	before(): Uint8Array | undefined {
		if (this.#newest === undefined) return undefined;
		const bytes = this.#storage.read(this.#newest === 0 ? 1 : 0);
		return bytes && this.#check(bytes) !== undefined ? bytes.subarray(kHeaderBytes) : undefined;
	}

	/** Keeps new content. Throws when it cannot be stored or does not read back; what was kept before is still there then. */
	save(content: Uint8Array): void {
		this.load();
		const place: Place = this.#newest === 0 ? 1 : 0;
		const bytes = new Uint8Array(kHeaderBytes + content.length);
		bytes.set(content, kHeaderBytes);
		const view = new DataView(bytes.buffer);
		view.setUint32(0, this.#magic, true);
		view.setUint32(4, this.#sequence + 1, true);
		view.setUint32(8, content.length, true);
		view.setUint32(12, crcOf(bytes), true);
		this.#storage.write(place, bytes);
		const kept = this.#storage.read(place);
		if (!kept || kept.length !== bytes.length || this.#check(kept) !== this.#sequence + 1) {
			throw new GridpostError("not-stored", `${bytes.length} bytes did not read back as they were written`, {
				origin: "local",
				retry: "later",
			});
		}
		this.#newest = place;
		this.#sequence++;
	}

	/** Forgets both copies. */
	erase(): void {
		this.#storage.erase(0);
		this.#storage.erase(1);
		this.#newest = undefined;
		this.#sequence = 0;
		this.#damaged = 0;
	}

	/** Sequence number of a whole copy, else undefined. */
	#check(bytes: Uint8Array): number | undefined {
		if (bytes.length < kHeaderBytes) return undefined;
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		if (view.getUint32(0, true) !== this.#magic) return undefined;
		if (view.getUint32(8, true) !== bytes.length - kHeaderBytes) return undefined;
		if (view.getUint32(12, true) !== crcOf(bytes)) return undefined;
		return view.getUint32(4, true);
	}
}

function crcOf(bytes: Uint8Array): number {
	return crc32(bytes, kHeaderBytes, bytes.length, crc32(bytes, 4, 12));
}
