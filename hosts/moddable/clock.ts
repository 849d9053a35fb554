import Time from "time";
import Timer from "timer";
import type { Clock, TimerId } from "../../modules/base/clock";
import { Ticks } from "./ticks";

/** The application's clock over the SDK's `time` and `timer` modules: whole milliseconds. */
export class ModdableClock implements Clock {
	#ticks = new Ticks(Time.ticks);
	#hasWallClock: () => boolean;

	/** `hasWallClock` says whether anybody has set the wall clock since power-on. */
	constructor(hasWallClock: () => boolean) {
		this.#hasWallClock = hasWallClock;
	}

	now(): number {
		return this.#ticks.read(Time.ticks);
	}

	epochMs(): number | undefined {
		return this.#hasWallClock() ? Date.now() : undefined;
	}

	setTimer(callback: () => void, delayMs: number): TimerId {
		// up, not down: a timer that comes early finds nothing due and is set again
		return Timer.set(callback, Math.max(0, Math.ceil(delayMs)));
	}

	clearTimer(id: TimerId | undefined): void {
		Timer.clear(id as Timer | undefined);
	}
}
