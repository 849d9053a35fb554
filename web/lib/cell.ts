import { useEffect, useReducer } from "preact/hooks";

/** A value that components follow. */
export class Cell<T> {
	#value: T;
	#followers = new Set<() => void>();

	constructor(value: T) {
		this.#value = value;
	}

	get value(): T {
		return this.#value;
	}

	set(value: T): void {
		if (value === this.#value) return;
		this.#value = value;
		for (const follower of [...this.#followers]) follower();
	}

	follow(follower: () => void): () => void {
		this.#followers.add(follower);
		return () => void this.#followers.delete(follower);
	}
}

/** The cell's value; the component is drawn again when it changes. */
export function useCell<T>(cell: Cell<T>): T {
	const [, again] = useReducer<number, void>((count) => count + 1, 0);
	const seen = cell.value;
	useEffect(() => {
		if (cell.value !== seen) again();
		return cell.follow(() => again());
	}, [cell]);
	return seen;
}
