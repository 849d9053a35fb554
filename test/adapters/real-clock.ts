import type { Clock, TimerId } from "../../modules/base/clock";

/** The computer's own time, for tests against other programs. Its timers do not keep the process alive. */
export const realClock: Clock = {
	now: () => performance.now(),
	epochMs: () => Date.now(),
	setTimer: (callback, delayMs): TimerId => setTimeout(callback, delayMs).unref(),
	clearTimer: (id) => clearTimeout(id as NodeJS.Timeout | undefined),
};

/** Resolves once `ready`, asked each `pollMs`, gives something true; rejects after `timeoutMs` with what was waited for. */
export async function until(
	what: string | (() => string),
	ready: () => unknown,
	timeoutMs = 8000,
	pollMs = 5,
): Promise<void> {
	const endMs = performance.now() + timeoutMs;
	while (!(await ready())) {
		if (performance.now() > endMs)
			throw new Error(`not within ${timeoutMs} ms: ${typeof what === "string" ? what : what()}`);
		await new Promise((resolve) => setTimeout(resolve, pollMs));
	}
}
