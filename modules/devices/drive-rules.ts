/** How a drive is told to run: the part of a device table that only drives have. */
export interface DriveRules {
	/** Row of the command word; its values are the words below. */
	readonly command: string;
	readonly words: DriveWords;
	/** Row of the reference: in Hz, or in % of the point MaxHz. */
	readonly reference: string;
	/** The reference of a reverse run is negative; the words do not tell the directions apart. */
	readonly signed?: boolean;
	/** Row that shows how far the drive has been led up to running: raw values, for `steps`. */
	readonly stage?: string;
	/** Words that lead up to the run word, in their order; each has worked when `stage` shows one of these. */
	readonly steps?: readonly DriveStep[];
	/** What clears a fault: `on` is written to the row, then `off`. Left out: the drive is reset at its panel. */
	readonly reset?: { readonly row: string; readonly on: number; readonly off: number };
	/** What makes the drive stop by itself when the hub is gone. */
	readonly watchdog: DriveWatchdog;
	/** The drive's time-out looks at the reference: it is written again this often while a start holds. */
	readonly refreshS?: number;
}

export interface DriveWords {
	/** Stops on the ramp. */
	readonly stop: number;
	readonly forward: number;
	readonly reverse: number;
	/** Left out: as `stop`. */
	readonly quickStop?: number;
	/** Written when the motor stands: with it a run word that comes astray does nothing. */
	readonly park?: number;
}

export interface DriveStep {
	readonly word: number;
	readonly stage: readonly number[];
}

/**
 * `row`: its time-out in s, 0 for off; `action`: row of what it does then, and the raw values that stop the motor. Both
 * are looked at before each start. `factoryS`: it has one that no known register tells. `none`: it has none, why.
 */
export type DriveWatchdog =
	| {
			readonly row: string;
			readonly mostS: number;
			readonly action?: { readonly row: string; readonly is: readonly number[] };
	  }
	| { readonly factoryS: number }
	| { readonly none: string };
