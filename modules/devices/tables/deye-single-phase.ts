import type { DeviceTable } from "../table";
import { lowMap } from "./deye-low";
import { solArk12k } from "./sol-ark-12k";
import { solArk15k } from "./sol-ark-15k";

/** Deye SG0xLP1 and Sunsynk 3.6K to 8.8K: one phase of 220 to 240 V, 2 MPPTs, battery of 48 V. */
export const deyeSinglePhase: DeviceTable = lowMap(
	{
		id: "deye-single-phase",
		maker: "Deye",
		model: "SG0xLP1, Sunsynk 1-phase hybrid",
		brand: "deye",
		mppts: 2,
		phases: 1,
		// Readers in the field take up to 100 and find 0 in the gaps.
		maxRead: 80,
		blocks: [
			[2, 116],
			[150, 199],
			[200, 295],
			[311, 325],
		],
		tens: false,
		maxSellW: 12_000,
		maxPvW: 13_000,
		maxWindowW: 12_000,
		maxChargeA: 240,
		quirks: [
			"relay 194: anything but 0 is connected, unlike Sol-Ark's list",
			"power at the grid (167 to 172) is positive when buying; battery power and current are positive when discharging",
			"78 and 80 are the two words of the grid-buy total, with the frequency between them",
			"16K: 167 to 172 and 176 to 178 count 10 W; register 54 tells where the firmware has it",
			"two firmwares disagree about switching off by register 43 (0 or 2): it is not offered",
			"function 6 is not accepted by many firmwares; settings are in EEPROM",
		],
		sources: [
			"kellerza/sunsynk:src/sunsynk/definitions/single_phase.py",
			"davidrapan/ha-solarman:custom_components/solarman/inverter_definitions/deye_hybrid.yaml",
		],
		confidence: "two",
	},
	[solArk12k, solArk15k],
);
