/**
 * Records that wait to be sent, oldest first, in one block of memory. When it is full the oldest records give way to
 * the newest and are counted: the journal in flash will take this place; until then memory bounds what is held back.
 *
 * A record is stored as length (uint16, big endian) and bytes and never wraps: where the end of the block is too
 * short for it, the rest is skipped.
 */
export class Outbox {
	#bytes: Uint8Array;
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
		this.#bytes = new Uint8Array(size);
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

	/** Takes the first `length` bytes of `record`, 1 to a quarter of the block. */
	push(record: Uint8Array, length: number): void {
		const need = length + 2;
		if (length < 1 || need > this.#bytes.length >> 2) throw new RangeError(`record of ${length} bytes does not fit`);
		while (!this.#makeRoom(need)) {
			this.shift();
			this.#dropped++;
		}
		this.#bytes[this.#tail] = length >> 8;
		this.#bytes[this.#tail + 1] = length & 0xff;
		for (let i = 0; i < length; i++) this.#bytes[this.#tail + 2 + i] = record[i]!;
		this.#tail += need;
		this.#count++;
	}

	/** Copies the oldest record; its length, or 0 when there is none. */
	peek(into: Uint8Array): number {
		if (this.#count === 0) return 0;
		const length = this.#lengthAt(this.#head);
		for (let i = 0; i < length; i++) into[i] = this.#bytes[this.#head + 2 + i]!;
		return length;
	}

	/** Forgets the oldest record. */
	shift(): void {
		if (this.#count === 0) return;
		this.#head += this.#lengthAt(this.#head) + 2;
		this.#count--;
		if (this.#count === 0) {
			this.#head = 0;
			this.#tail = 0;
			this.#end = this.#bytes.length;
		} else if (this.#head >= this.#end) {
			this.#head = 0;
			this.#end = this.#bytes.length;
		}
	}

	#lengthAt(at: number): number {
		return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
	}

	/** True when `need` bytes from the tail on are free; moves the tail to the front when the end is too short. */
	#makeRoom(need: number): boolean {
		if (this.#count === 0 || this.#tail > this.#head) {
			if (this.#bytes.length - this.#tail >= need) return true;
			if (this.#count === 0 || this.#head < need) return false;
			this.#end = this.#tail;
			this.#tail = 0;
			return true;
		}
		return this.#head - this.#tail >= need;
	}
}
