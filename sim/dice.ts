/** Chance that is the same in every run: numbers from a seed and a place, for loads and faults. */
export class Dice {
	#state: number;

	/** `place` (a slot of time, a device) gives each its own sequence under one seed. */
	constructor(seed: number, place = 0) {
		this.#state = mix(mix(seed) ^ place);
	}

	/** Uniform in [0, 1). */
	next(): number {
		this.#state = mix(this.#state + 0x9e3779b9);
		return this.#state / 0x100000000;
	}

	/** A whole number from 0 to `limit` - 1. */
	below(limit: number): number {
		return Math.floor(this.next() * limit);
	}
}

/** Every bit of the result depends on every bit of the word. */
function mix(word: number): number {
	word = Math.imul(word ^ (word >>> 16), 0x7feb352d);
	word = Math.imul(word ^ (word >>> 15), 0x846ca68b);
	return (word ^ (word >>> 16)) >>> 0;
}
