import { frozen } from "../../base/frozen";
import type { DeviceTable, Range } from "../table";
import { lowMap } from "./deye-low";

/**
 * Runs of registers that the map names without a gap, cut where published gateways begin a read: 78 to 80 stay in one.
 * 159, 197 to 199 and 320, 321 have no meaning there and are read along by all of them.
 */
export const solArkBlocks = frozen<readonly Range[]>([
	[2, 7],
	[59, 91],
	[101, 116],
	[150, 169],
	[170, 189],
	[190, 199],
	[200, 211],
	[213, 222],
	[225, 232],
	[241, 245],
	[247, 248],
	[250, 269],
	[270, 293],
	[312, 323],
]);

export const solArkSources = frozen<readonly string[]>([
	"energy-iot/meshems@solark_pysunspec:documentation/solark_modbus_map_v130.csv",
	"energy-iot/meshems@pysunspec-gateway:ems/solark_client.py",
	"pbix/HA-solark-PV:custom_components/solark/solark_register_map.py",
	"mikeenea/solark15k-homeassistant-community:docs/tou-modbus-research.md",
	"kellerza/sunsynk:src/sunsynk/definitions/single_phase.py",
	"davidrapan/ha-solarman:custom_components/solarman/inverter_definitions/deye_hybrid.yaml",
]);

export const solArkQuirks = frozen<readonly string[]>([
	"at most 20 registers a read; function 6 is ignored, one register at a time is written with function 16",
	"power at the grid (167 to 172) is positive when buying; battery power and current are positive when discharging",
	"78 and 80 are the two words of the grid-buy total, with the frequency between them",
	"297 to 310, calibration of the arc detector, are high word first and must never be written: they are not even read",
	"relay 194: 1 open, 2 closed by the map; an owner saw 0 open, 1 closed. RlyRaw in the vendor model shows what it holds",
	"two inverters in parallel: write to the master only, the other takes its settings over",
	"with RS-485 used for the battery this port does not answer; a CAN battery leaves it free",
	"settings are in EEPROM",
]);

/** Sol-Ark 5K, 8K and 12K: 120/240 V split phase, or two legs of 120/208 V (grid type 2); 2 MPPTs. */
export const solArk12k: DeviceTable = lowMap(
	{
		id: "sol-ark-12k",
		maker: "Sol-Ark",
		model: "5K, 8K, 12K",
		brand: "sol-ark",
		mppts: 2,
		phases: 2,
		maxRead: 20,
		blocks: solArkBlocks,
		tens: false,
		maxSellW: 11_000,
		maxPvW: 16_500,
		maxWindowW: 9000,
		maxChargeA: 185,
		quirks: solArkQuirks,
		sources: solArkSources,
		confidence: "two",
	},
	[],
);
