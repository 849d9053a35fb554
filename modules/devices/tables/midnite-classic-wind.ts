import type { DeviceTable } from "../table";
import { midniteClassic } from "./midnite-classic";

/** The same registers; what comes in is rectified wind power, so the input port is no solar one. */
export const midniteClassicWind: DeviceTable = {
	...midniteClassic,
	id: "midnite-classic-wind",
	model: "Classic 150/200/250, wind",
	fixed: { ...midniteClassic.fixed, "Prt[1].PrtTyp": 3 },
	quirks: [
		...midniteClassic.quirks,
		"wind track (mode register 4163) follows a table of voltage and current that the owner has set at the unit",
		"the brake is the clipper on an aux output: nothing tells what it takes",
	],
};
