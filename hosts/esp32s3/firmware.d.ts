/** Label of the partition that the program runs from: "ota_0", "ota_1". */
export function slot(): string;
/**
 * - `trial` a new image: unless `confirm` is called, the next reset goes back to the image before
 * - `confirmed` it stays
 * - `unknown` it was flashed by cable: there is nothing to go back to
 */
export function state(): "trial" | "confirmed" | "unknown";
/** The image stays. Nothing happens when it is not on trial. Throws when the flash cannot be written. */
export function confirm(): void;
/** Back to the image before, at once. Returns false, and nothing else, when there is none. */
export function reject(): false;
/** Why the chip started. */
export function resetReason():
	| "power"
	| "pin"
	| "restart"
	| "panic"
	| "interrupt watchdog"
	| "task watchdog"
	| "watchdog"
	| "sleep"
	| "brown-out"
	| "USB"
	| "unknown";
/** Keeps why the program is about to stop, printable ASCII, over a restart but not over a loss of power. At most 250 characters. */
export function note(text: string): void;
/** Why the program stopped before this start by itself: what `note` was told; "" when it was asked to stop, or by power. */
export function lastNote(): string;
/** Bytes: free of the internal memory, its largest free block, free of the PSRAM. */
export function memory(): { internal: number; largest: number; psram: number };
/** Stops everything and starts anew. */
export function restart(): void;
/** Whether UART 0 belongs to the debugger xsbug. */
export function hasDebugger(): boolean;
