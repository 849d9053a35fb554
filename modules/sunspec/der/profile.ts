/** What the hub knows about a DER before it has read anything of it. */
import type { DerAbility } from "./types";

/** Name plate of a DER, as far as its own registers do not say it. */
export interface Ratings {
	/** Active power injected into the grid, W. */
	maxW: number;
	/** Apparent power, VA. */
	maxVA: number;
	/** Reactive power injected and absorbed, var. */
	maxVar: number;
	/** Active power into and out of the storage, W. */
	chargeW: number;
	dischargeW: number;
	/** Nominal AC voltage of a phase to neutral, of a split-phase DER between its lines, V. */
	nominalV: number;
	/** Of the storage. */
	capacityWh: number;
	capacityAh: number;
}

export type AcType = "single" | "split" | "three";

export type StoreModules = readonly [charge: number, discharge: number];

export interface DerProfile {
	/**
	 * inverter: feeds AC, may have DC ports and a storage; battery: its source of power is a storage, with or without an
	 * inverter of its own; solar: a DC charge controller.
	 */
	readonly kind: "inverter" | "battery" | "solar";
	/** Missing: as the models that are there say, else three-phase. */
	readonly acType?: AcType;
	readonly ratings?: Readonly<Partial<Ratings>>;
	/** Of its actuator; none for a DER whose own models carry its controls. */
	readonly abilities: readonly DerAbility[];
	/** Of its actuator; see `DerActuator`. */
	readonly continuous: boolean;
	/** Older models too. Missing: true. */
	readonly legacy?: boolean;
	/**
	 * Modules of its 160, from 1, that are no trackers: what flows into its storage, and what flows out of it, each a positive
	 * power.
	 */
	readonly storeModules?: StoreModules | undefined;
	/** Its device has a storage and never tells how much that holds: nothing waits for it. */
	readonly noCapacity?: boolean;
	/** How many ports of a 714 that its device gives are solar; missing: not known, it may be all. */
	readonly solarPorts?: number;
	/** Battery strings that 803 is to tell of; missing: no 803 is added. */
	readonly strings?: number;
}
