import { frozen } from "../../base/frozen";
import type { DeviceTable } from "../table";
import { highMap } from "./deye-high";
import { solArk12k } from "./sol-ark-12k";

export const threePhaseQuirks = frozen<readonly string[]>([
	"not the map of the single-phase models: measurements are at 500 to 712, settings at 80 to 191",
	"power at the grid is positive when buying; battery power and current are positive when discharging",
	"grid type 184 counts 0 three-phase, 1 single, 2 split: another order than register 286 of the low map",
	"voltages between phases are in no register: 1.732 times the mean to neutral",
	"function 6 is not accepted by many firmwares; settings are in EEPROM",
]);

export const threePhaseSources = frozen<readonly string[]>([
	"kellerza/sunsynk:src/sunsynk/definitions/three_phase_common.py",
	"davidrapan/ha-solarman:custom_components/solarman/inverter_definitions/deye_p3.yaml",
]);

/** Deye SG0xLP3 and Sunsynk three-phase with a battery of 48 V: 5 to 20 kW, 2 MPPTs. */
export const deyeThreePhaseLv: DeviceTable = highMap(
	{
		id: "deye-three-phase-lv",
		maker: "Deye",
		model: "SG0xLP3, Sunsynk 3-phase LV",
		brand: "deye",
		mppts: 2,
		highVoltage: false,
		nominalV: 51.2,
		maxSellW: 24_000,
		maxPvW: 32_000,
		maxWindowW: 32_000,
		maxPeakW: 24_000,
		maxChargeA: 350,
		quirks: [
			...threePhaseQuirks,
			"the high words of powers (687 to 708) are 0 on older firmware, also for negative values: only the low words are used",
		],
		sources: threePhaseSources,
		confidence: "two",
	},
	[solArk12k],
);
