/**
 * What the controls of a DER (SunSpec models 703 to 712, 715 and the older 121, 123, 124) come down to for the device
 * behind it. SunSpec signs: positive active power is injected into the grid (a discharging battery), positive reactive
 * power is injected (over-excited).
 */
import { frozen } from "../../base/frozen";

/** The state that all controls together ask for, in SI units. Made anew by `Der` whenever it changes. */
export interface DerCommand {
	/** May be connected and energised. */
	energize: boolean;
	/** Most active power it may inject, W; Infinity: no limit. */
	limitW: number;
	/** Active power it is to have, W, negative to absorb; NaN: as much as there is (within `limitW`). */
	setW: number;
	/** Most active power into and out of the storage, W; Infinity: no limit. */
	chargeLimitW: number;
	dischargeLimitW: number;
	/** Which of the two below holds. */
	reactive: "none" | "pf" | "var";
	/** 0 to 1, negative when under-excited (absorbing reactive power). */
	pf: number;
	/** Reactive power it is to have, var. */
	setVar: number;
}

/** The fields of a command that a device can be told. What it cannot do is "not implemented" in its models. */
export const derAbilities = frozen([
	"energize",
	"limitW",
	"setW",
	"chargeLimitW",
	"dischargeLimitW",
	"pf",
	"setVar",
] as const);
export type DerAbility = (typeof derAbilities)[number];

/** The device behind a DER's controls. */
export interface DerActuator {
	readonly abilities: readonly DerAbility[];
	/**
	 * It may be told something else each second for years. False for a device that keeps its settings in EEPROM: then
	 * functions that follow the grid (705, 706, 711, 712) are not offered.
	 */
	readonly continuous: boolean;
	/** False while the device does not answer: then controls are refused with exception 0x0B. */
	readonly online: boolean;
	/**
	 * Why the device would refuse a value (outside its range), in words; undefined when it may be sent. Asked before
	 * a write is accepted; must not act.
	 */
	refuses?(ability: DerAbility, value: number): string | undefined;
	/** Brings the device to this state; sends only what differs from what it was told. Called on every change. */
	apply(command: Readonly<DerCommand>): void;
}

/** Where the controls of all units are kept over a restart. */
export interface DerStore {
	/** What was saved last for a unit; undefined for nothing. */
	load(unit: number): Uint8Array | undefined;
	/** May put off writing to flash by some seconds; never throws. */
	save(unit: number, state: Uint8Array): void;
}
