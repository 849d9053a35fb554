import { Cell } from "./cell";

/** Milliseconds of the browser's steady clock; moves once a second while the page is seen, so that ages grow. */
export const nowMs = new Cell(performance.now());

function tick(): void {
	if (!document.hidden) nowMs.set(performance.now());
}

setInterval(tick, 1000);
document.addEventListener("visibilitychange", tick);

/** The age now of something that was `ageS` old at `atMs`. */
export function ageNow(ageS: number, atMs: number, now = nowMs.value): number {
	return Math.max(0, ageS + (now - atMs) / 1000);
}

/** The time of day, in the browser's zone, of something that is so old now. */
export function momentOf(ageS: number): Date {
	return new Date(Date.now() - ageS * 1000);
}
