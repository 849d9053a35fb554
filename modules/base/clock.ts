/**
 * Time as the application sees it. Nothing below `main.ts` and `hosts/` calls a platform clock or timer:
 * it is handed one of these, so that a test can move it by hand.
 */
export interface Clock {
	/** Milliseconds since some fixed moment, with fractions. Never steps back and never follows the wall clock. */
	now(): number;
	/** UTC milliseconds since 1970, or undefined while nobody has set the wall clock since power-on. */
	epochMs(): number | undefined;
	/** Calls `callback` once, `delayMs` from now (0 = as soon as the current turn is over). */
	setTimer(callback: () => void, delayMs: number): TimerId;
	/** Forgets a timer. An id that has fired, or undefined, is ignored. */
	clearTimer(id: TimerId | undefined): void;
}

export type TimerId = number | object;

/** Uniform in [0, 1). Injected wherever chance is needed (back-off jitter, client ids). */
export type Random = () => number;
