/** One filter we want, or no longer want but have not heard the broker say so. */
export interface Subscription {
	readonly filter: string;
	qos: 0 | 1;
	wanted: boolean;
	/** The broker's session is known to hold it (or, when not wanted, is known to be rid of it). */
	confirmed: boolean;
	/** Id of the SUBSCRIBE or UNSUBSCRIBE under way on this connection, 0 = none. */
	packetId: number;
}

/**
 * What is subscribed, over all connections. The broker's persistent session holds it too; only what that session
 * lacks is sent again: everything when it was lost, else what changed or was refused meanwhile.
 */
export class Subscriptions {
	#all: Subscription[] = [];

	want(filter: string, qos: 0 | 1): void {
		const known = this.#find(filter);
		if (!known) this.#all.push({ filter, qos, wanted: true, confirmed: false, packetId: 0 });
		else {
			known.qos = qos;
			known.wanted = true;
			known.confirmed = false;
			known.packetId = 0;
		}
	}

	drop(filter: string): void {
		const known = this.#find(filter);
		if (!known) return;
		known.wanted = false;
		known.confirmed = false;
		known.packetId = 0;
	}

	/** A connection was accepted: nothing is under way on it, and without a session nothing is held either. */
	connected(sessionPresent: boolean): void {
		if (!sessionPresent) this.#all = this.#all.filter((one) => one.wanted);
		for (const one of this.#all) {
			one.packetId = 0;
			if (!sessionPresent) one.confirmed = false;
		}
	}

	/** The first entry that has something to send. */
	next(): Subscription | undefined {
		for (const one of this.#all) if (!one.confirmed && one.packetId === 0) return one;
		return undefined;
	}

	usesId(packetId: number): boolean {
		for (const one of this.#all) if (one.packetId === packetId) return true;
		return false;
	}

	/**
	 * SUBACK or UNSUBACK: gives the entry it answers. A refused filter counts as answered on this connection and
	 * is asked for again on the next one, where rights may have changed.
	 */
	answered(packetId: number, toSubscribe: boolean, refused: boolean): Subscription | undefined {
		for (const one of this.#all) {
			if (one.packetId !== packetId || one.wanted !== toSubscribe) continue;
			if (refused) one.packetId = -1;
			else {
				one.packetId = 0;
				one.confirmed = true;
				if (!one.wanted) this.#all = this.#all.filter((other) => other !== one);
			}
			return one;
		}
		return undefined;
	}

	#find(filter: string): Subscription | undefined {
		for (const one of this.#all) if (one.filter === filter) return one;
		return undefined;
	}
}
