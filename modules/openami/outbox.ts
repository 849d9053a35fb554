/** Memory is taken and given back in pieces of this many bytes. */
const pageBits = 10;
const pageBytes = 1 << pageBits;

/**
 * Records that wait to be sent, oldest first, in at most so much memory; it is taken in pages as records come and given
 * back as they go, so that a hub with its broker at hand holds one. When all are full the oldest records give way to
 * the newest and are counted: the journal in flash will take this place; until then memory bounds what is held back.
 *
 * A record is stored as length (uint16, big endian) and bytes and never wraps: where the end of the block is too
 * short for it, the rest is skipped.
 */
export class Outbox {
	/** The block in pages; a page that holds nothing is undefined. */
	#pages: (Uint8Array | undefined)[];
	#size: number;
	/** Where the oldest record starts, where the next one goes. */
	#head = 0;
	#tail = 0;
	/** Where the records before a wrap end. */
	#end: number;
	#count = 0;
	#dropped = 0;

	/** `size` in bytes, 64 to 1 MB. */
	constructor(size: number) {
		if (!(size >= 64 && size <= 1 << 20)) throw new RangeError(`outbox of ${size} bytes; 64 to ${1 << 20} are allowed`);
		this.#pages = new Array<Uint8Array | undefined>((size + pageBytes - 1) >> pageBits);
		this.#size = size;
		this.#end = size;
	}

	/** Records waiting. */
	get count(): number {
		return this.#count;
	}

	/** Records that were pushed out unsent since the start. */
	get dropped(): number {
		return this.#dropped;
	}

	/** Bytes of memory that are held for them. */
	get bytes(): number {
		let bytes = 0;
		for (const page of this.#pages) bytes += page?.length ?? 0;
		return bytes;
	}

	/** Takes the first `length` bytes of `record`, 1 to a quarter of the block. */
	push(record: Uint8Array, length: number): void {
		const need = length + 2;
		if (length < 1 || need > this.#size >> 2) throw new RangeError(`record of ${length} bytes does not fit`);
		while (!this.#makeRoom(need)) {
			this.shift();
			this.#dropped++;
		}
		const start = this.#tail;
		this.#page(start)[start & (pageBytes - 1)] = length >> 8;
		this.#page(start + 1)[(start + 1) & (pageBytes - 1)] = length & 0xff;
		for (let done = 0; done < length; ) {
			const at = start + 2 + done;
			const page = this.#page(at);
			const offset = (at & (pageBytes - 1)) - done;
			const end = Math.min(length, page.length - offset);
			for (; done < end; done++) page[offset + done] = record[done]!;
		}
		this.#tail += need;
		this.#count++;
	}

	/** Copies the oldest record; its length, or 0 when there is none. */
	peek(into: Uint8Array): number {
		if (this.#count === 0) return 0;
		const length = this.#lengthAt(this.#head);
		for (let done = 0; done < length; ) {
			const at = this.#head + 2 + done;
			const page = this.#page(at);
			const offset = (at & (pageBytes - 1)) - done;
			const end = Math.min(length, page.length - offset);
			for (; done < end; done++) into[done] = page[offset + done]!;
		}
		return length;
	}

	/** Forgets the oldest record. */
	shift(): void {
		if (this.#count === 0) return;
		const from = this.#head >> pageBits;
		this.#head += this.#lengthAt(this.#head) + 2;
		this.#count--;
		if (this.#count === 0) {
			this.#release(from, ((this.#head - 1) >> pageBits) + 1, 0);
			this.#head = 0;
			this.#tail = 0;
			this.#end = this.#size;
		} else if (this.#head >= this.#end) {
			this.#release(from, this.#pages.length, this.#tail);
			this.#head = 0;
			this.#end = this.#size;
		} else this.#release(from, this.#head >> pageBits, this.#tail <= this.#head ? this.#tail : 0);
	}

	/** The page of a place in the block, made when there is none yet. */
	#page(at: number): Uint8Array {
		const index = at >> pageBits;
		return (this.#pages[index] ??= new Uint8Array(Math.min(pageBytes, this.#size - (index << pageBits))));
	}

	/**
	 * Gives back the pages that the head has left behind, without those that begin below `keep`: newer records have come
	 * around to there. The first stays, as an empty box goes on in it.
	 */
	#release(from: number, before: number, keep: number): void {
		for (let i = Math.max(1, from); i < before; i++) if (i << pageBits >= keep) this.#pages[i] = undefined;
	}

	#lengthAt(at: number): number {
		return (this.#page(at)[at & (pageBytes - 1)]! << 8) | this.#page(at + 1)[(at + 1) & (pageBytes - 1)]!;
	}

	/** True when `need` bytes from the tail on are free; moves the tail to the front when the end is too short. */
	#makeRoom(need: number): boolean {
		if (this.#count === 0 || this.#tail > this.#head) {
			if (this.#size - this.#tail >= need) return true;
			if (this.#count === 0 || this.#head < need) return false;
			this.#end = this.#tail;
			this.#tail = 0;
			return true;
		}
		return this.#head - this.#tail >= need;
	}
}
