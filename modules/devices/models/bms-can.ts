import { frozen } from "../../base/frozen";
import type { ModelSpec } from "../../sunspec/image";
import { defineModel, type PointTable } from "../../sunspec/vendor";

/** What a battery says on CAN beside 802 and 713: what it allows and asks for, its modules, temperatures and capacities. */
export const kBmsCan = 64932;

function choice(name: string, ...symbols: string[]): PointTable {
	return { name, type: "enum16", symbols: symbols.map((symbol, value) => ({ name: symbol, value })) };
}

/**
 * ChaOn, DisOn: it allows charging and discharging. ReqCha: it wants to be charged, from the grid too when it can, or at
 * once. ReqFull: it wants to be full once, to calibrate. NMod: modules there; of them NModCha and NModDis forbid charging
 * and discharging; NModOff: not there. TmpMin, TmpMax: coldest and warmest cell. AhAvail: of what is there, when full;
 * AhRem: left. Sw: its firmware.
 */
export const bmsCan = frozen<ModelSpec>({
	id: kBmsCan,
	text: defineModel(kBmsCan, {
		name: "battery_on_can",
		points: [
			choice("ChaOn", "OFF", "ON"),
			choice("DisOn", "OFF", "ON"),
			choice("ReqCha", "NO", "WHEN_POSSIBLE", "AT_ONCE"),
			choice("ReqFull", "NO", "YES"),
			{ name: "NMod", type: "uint16" },
			{ name: "NModCha", type: "uint16" },
			{ name: "NModDis", type: "uint16" },
			{ name: "NModOff", type: "uint16" },
			{ name: "TmpMin", type: "int16", sf: -1, units: "C" },
			{ name: "TmpMax", type: "int16", sf: -1, units: "C" },
			{ name: "AhAvail", type: "uint16", sf: -1, units: "Ah" },
			{ name: "AhRem", type: "uint16", sf: -1, units: "Ah" },
		],
	}),
});
