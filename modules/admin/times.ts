import type { Clock } from "../base/clock";

/** Seconds with one decimal since a monotonic time; null for one that never was. */
export function ageS(timeMs: number, nowMs: number): number | null {
	return Number.isNaN(timeMs) ? null : Math.round((nowMs - timeMs) / 100) / 10;
}

/** UTC of a monotonic time by the wall clock of now; null while that is not set. */
export function isoOf(timeMs: number, clock: Clock): string | null {
	const epochMs = clock.epochMs();
	return epochMs === undefined ? null : new Date(Math.round(epochMs - clock.now() + timeMs)).toISOString();
}
