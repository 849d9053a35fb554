import { frozen } from "../base/frozen";
import type { ButtonThreshold } from "./buttons";

/** What the buttons of a board revision read like: 12-bit raw values of the converter, 0 to 3.3 V. */
export interface Ladder {
	idleMin: number;
	thresholds: readonly ButtonThreshold[];
}

/**
 * NESL PCB 865B (V3): 10 kOhm up, SW1 through 10 kOhm and SW2 through 5.1 kOhm down, the door contact straight to
 * ground on the same node: a closed door hides the buttons. Windows of the board's own firmware; 1.65 V (1.8 V with the
 * internal pull-up) and 1.11 V (1.27 V) are what they should read.
 */
export const ladder865B = frozen<Ladder>({
	idleMin: 2400,
	thresholds: [
		{ name: "button1", min: 900, max: 1634 },
		{ name: "button2", min: 1635, max: 2399 },
		{ name: "door", min: 0, max: 899, plain: true },
	],
});

/** Boards V1 and V2 of 2025: four buttons in a ladder of 1 kOhm steps. Wrong for the 865B. */
export const ladderV2 = frozen<Ladder>({
	idleMin: 4000,
	thresholds: [
		{ name: "button1", min: 201, max: 2500 },
		{ name: "button2", min: 2501, max: 3300 },
		{ name: "button3", min: 3301, max: 3800 },
		{ name: "button4", min: 3801, max: 3999 },
	],
});
