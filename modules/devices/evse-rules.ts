/** How a charger of vehicles is told what to do: the part of a device table that only chargers have. */
export interface EvseRules {
	/** Row that starts (1) and pauses (0). Left out: a limit of 0 pauses. */
	readonly charge?: string;
	/** Row of the limit: of current when its unit is A, of power when it is W. Below its `write.min` it is not written. */
	readonly limit: string;
	/** Row of the power that a bidirectional charger may take out of the car. */
	readonly discharge?: string;
	/**
	 * Who sees to it that a limit which is not given again falls back. "charger": its own time-out, so that the hub only has
	 * to fall silent about the limit; which value, the charger knows. "hub": the hub writes the safe value.
	 */
	readonly fallback: "charger" | "hub";
}
