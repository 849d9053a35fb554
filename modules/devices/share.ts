/**
 * A constant like `value` in which every object and array that stands more than once, or in one of `like`, is one and the
 * same, and all are frozen. Tables of one family are nearly equal, and each object costs flash. `like` holds results of
 * this function; what is frozen in `value` already stays the object it is unless `like` has its equal.
 */
export function shared<T extends object>(value: T, like: readonly object[] = []): T {
	const pool = new Pool();
	for (const one of like) pool.share(one);
	const all = pool.share(value);
	pool.clear();
	return all;
}

/** Plain objects and arrays, each kept once and frozen. */
export class Pool {
	#byKey = new Map<string, object>();
	#numbers = new Map<object, number>();

	share<T>(value: T): T {
		if (typeof value !== "object" || value === null) return value;
		const parts: unknown = Array.isArray(value)
			? value.map((part) => this.share(part))
			: Object.fromEntries(Object.entries(value).map(([name, part]) => [name, this.share(part)]));
		const key = this.#key(parts as object);
		const known = this.#byKey.get(key);
		if (known !== undefined) return known as T;
		const kept = Object.isFrozen(value) ? value : Object.freeze(parts as object);
		this.#byKey.set(key, kept);
		this.#numbers.set(kept, this.#numbers.size);
		return kept as T;
	}

	/** What is preloaded keeps whatever its last collection still reached. */
	clear(): void {
		this.#byKey.clear();
		this.#numbers.clear();
	}

	/** The same for equal parts in equal order; objects among them are told apart by their number. */
	#key(parts: object): string {
		let key = Array.isArray(parts) ? "[" : "{";
		for (const [name, part] of Object.entries(parts)) {
			key += `${name}:${typeof part === "object" ? `#${this.#numbers.get(part)}` : `${typeof part} ${part}`};`;
		}
		return key;
	}
}
