import { frozen } from "../base/frozen";

/** Gain of the current channel for each current transformer that boards of this chip are sold with. */
export const kCurrentGains = frozen({
	"sct-006": 11143,
	"sct-010-50a": 41334,
	"sct-010-80a": 41660,
	"sct-013-000": 27518,
	"sct-013-030": 8650,
	"sct-013-050": 15420,
	"sct-016": 41787,
	"sct-024-100ma": 27518,
	"sct-024-50ma": 55036,
});

export type CurrentTransformer = keyof typeof kCurrentGains;

/** Voltage gain of the CircuitSetup 6-channel board with its 9 V transformer. */
export const kVoltageGain = 7305;
/** The board's default transformer. */
export const kDefaultGain = kCurrentGains["sct-010-80a"];

/** How one board of two chips is set up. Channel 1 to 3 are phase A, B, C of the first chip, 4 to 6 those of the second. */
export interface BoardSettings {
	/** Frequency of the line: 50 or 60. */
	readonly lineHz: 50 | 60;
	/** By chip, 0 to 65535. */
	readonly voltageGains: readonly number[];
	/** By channel, 0 to 65535. */
	readonly currentGains: readonly number[];
	/** Gain of the amplifiers: register MMode1. */
	readonly pga: number;
	/**
	 * Pulses (CF) that a count of the energy registers is worth: 0.1 while bit 001LSB of MMode0 is clear, as it is here and as
	 * the data sheet has it. Published programs take 0.01 with the same setting: who finds that right on a bench says so.
	 */
	readonly countCf: 0.1 | 0.01;
}

export const kDefaultBoard = frozen<BoardSettings>({
	lineHz: 50,
	voltageGains: [kVoltageGain, kVoltageGain],
	currentGains: [kDefaultGain, kDefaultGain, kDefaultGain, kDefaultGain, kDefaultGain, kDefaultGain],
	pga: 0,
	countCf: 0.1,
});
