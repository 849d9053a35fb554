import type { Unlock, WriteStep } from "../modules/devices/table";

/**
 * The lock before a device's settings: opened by the writes of `before` in their order, closed by those of `after`, or by
 * itself after one setting when there are none.
 */
export class SimLock {
	readonly #unlock: Unlock;
	/** How many steps of `before` it has seen. */
	#opened = 0;
	#closing = 0;

	constructor(unlock: Unlock) {
		this.#unlock = unlock;
	}

	get open(): boolean {
		return this.#opened >= this.#unlock.before.length;
	}

	/** Whether a write is a step of the sequence, and no setting. `values`: big-endian words. */
	takes(code: number, address: number, values: DataView): boolean {
		const { before, after = [] } = this.#unlock;
		const is = (step: WriteStep | undefined): boolean =>
			step?.fc === code &&
			step.address === address &&
			2 * step.values.length === values.byteLength &&
			step.values.every((word, i) => values.getUint16(2 * i) === word);
		if (!this.open && is(before[this.#opened])) this.#opened++;
		else if (is(before[0])) this.#opened = 1;
		else if (is(after[this.#closing])) {
			this.#closing = (this.#closing + 1) % after.length;
			if (this.#closing === 0) this.#opened = 0;
		} else return false;
		return true;
	}

	/** A setting was written. */
	wrote(): void {
		if (!this.#unlock.after) this.#opened = 0;
	}
}
