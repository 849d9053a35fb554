/**
 * A constant like `value` in which every object and array that stands more than once, or in one of `like`, is one and the
 * same, and all are frozen. Tables of one family are nearly equal, and each object costs flash. `like` holds results of
 * this function; what is frozen in `value` already stays the object it is unless `like` has its equal.
 */
export function shared<T extends object>(value: T, like: readonly object[] = []): T {
	const pool = new Pool();
	for (const one of like) pool.share(one);
	return pool.share(value);
}

/** Plain objects and arrays, each kept once and frozen. */
export class Pool {
	#byKey = new Map<string, object>();
	#numbers = new Map<object, number>();

	share<T>(value: T): T {
		if (typeof value !== "object" || value === null) return value;
		const parts: Record<string, unknown> = Array.isArray(value) ? ([] as never) : {};
		for (const [name, part] of Object.entries(value)) parts[name] = this.share(part);
		const key = this.key(parts);
		const known = this.#byKey.get(key);
		if (known !== undefined) return known as T;
		const kept = Object.isFrozen(value) ? value : Object.freeze(parts);
		this.#byKey.set(key, kept);
		this.#numbers.set(kept, this.#numbers.size);
		return kept as T;
	}

	/** The same for equal parts in equal order; objects among them are told apart by their number. */
	private key(parts: object): string {
		let key = Array.isArray(parts) ? "[" : "{";
		for (const [name, part] of Object.entries(parts)) {
			const text = typeof part === "object" ? "" : String(part);
			key += `${name} `;
			// with its length, so that no text can look like several parts
			key += typeof part === "object" ? `#${this.#numbers.get(part)};` : `${typeof part} ${text.length} ${text};`;
		}
		return key;
	}
}
