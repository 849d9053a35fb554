import type { Clock, TimerId } from "../../modules/base/clock";

/** This computer's time, for tools that run in Node itself. */
export const nodeClock: Clock = {
	now: () => performance.now(),
	epochMs: () => Date.now(),
	setTimer: (callback, delayMs): TimerId => setTimeout(callback, delayMs),
	clearTimer: (id) => clearTimeout(id as NodeJS.Timeout | undefined),
};
