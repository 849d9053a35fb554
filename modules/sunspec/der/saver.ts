/**
 * When the state of a DER's controls is written to flash: changed values within a second, all of a second at once. A
 * client that only starts its reversion time anew, as it is to do every few seconds, causes no more than one write in
 * a minute, or in half of the shortest reversion time that runs if that is longer: after a restart at least half of the
 * time is left then, and a control that falls back too early is written again by a client that is still there. As often
 * is written what is left while there is no wall clock to reckon it from.
 */
import type { Image } from "../image";
import type { ModelBytes } from "./model-bytes";
import { type DerState, packState, valuesCrc } from "./state";
import type { DerStore } from "./types";

const changeMs = 1000;
const refreshMs = 60_000;

export class Saver {
	readonly #store: DerStore;
	readonly #unit: number;
	#dueMs = Number.POSITIVE_INFINITY;
	#savedMs = Number.NEGATIVE_INFINITY;
	#savedCrc = -1;

	constructor(store: DerStore, unit: number) {
		this.#store = store;
		this.#unit = unit;
	}

	/** Something is to be saved. */
	touch(nowMs: number): void {
		this.#dueMs = Math.min(this.#dueMs, nowMs + changeMs);
	}

	nextMs(): number {
		return this.#dueMs;
	}

	/** Saves if that is due. `shortestS`: the shortest reversion time that runs, s; 0 for none. */
	run(image: Image, models: readonly ModelBytes[], state: DerState, shortestS: number, nowMs: number): void {
		const bytes = packState(image, models, state);
		const crc = valuesCrc(bytes);
		const refreshedMs = this.#savedMs + Math.max(refreshMs, 500 * shortestS);
		if (crc === this.#savedCrc && nowMs < refreshedMs) {
			this.#dueMs = shortestS > 0 ? refreshedMs : Number.POSITIVE_INFINITY;
			return;
		}
		const again = shortestS > 0 && state.epochMs === 0;
		this.#dueMs = again ? nowMs + Math.max(refreshMs, 500 * shortestS) : Number.POSITIVE_INFINITY;
		this.#savedMs = nowMs;
		this.#savedCrc = crc;
		this.#store.save(this.#unit, bytes);
	}
}
