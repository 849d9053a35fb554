import { frozen } from "../../base/frozen";
import type { ModelSpec } from "../../sunspec/image";
import { defineModel, type PointTable } from "../../sunspec/vendor";

/** What a battery management system says and takes beside 802 or 713: its switches, temperatures and cells. */
export const kBms = 64931;

function numbers(
	type: "uint16" | "int16" | "uint32",
	units: string,
	sf: number,
	names: readonly string[],
): PointTable[] {
	return names.map((name) => ({ name, type, units, ...(sf === 0 ? {} : { sf }) }));
}

function onOff(name: string): PointTable {
	const symbols = [
		{ name: "OFF", value: 0 },
		{ name: "ON", value: 1 },
	];
	return { name, type: "enum16", access: "RW", symbols };
}

/**
 * ChaSw, DisSw, BalSw: charging, discharging and balancing are switched on. ChaALim, DisALim: the most it is to be
 * charged and discharged with. ChaOn, DisOn: the switch conducts. AhRem,
 * AhFull: left, and when full; AhTot ever. Alm: the maker's alarm bits. BalA: current of the balancer. TmpMos, TmpBrd: of
 * the switches and the board, Tmp1 to Tmp8 of the cells. CellV1...: of each cell that there is.
 */
export function bmsModel(cells: number): ModelSpec {
	const each = Array.from({ length: cells }, (_, i) => `CellV${i + 1}`);
	return frozen<ModelSpec>({
		id: kBms,
		text: defineModel(kBms, {
			name: "battery_management",
			points: [
				onOff("ChaSw"),
				onOff("DisSw"),
				onOff("BalSw"),
				...["ChaALim", "DisALim"].map(
					(name): PointTable => ({ name, type: "uint16", sf: -1, units: "A", access: "RW" }),
				),
				{ name: "ChaOn", type: "uint16" },
				{ name: "DisOn", type: "uint16" },
				{ name: "NCell", type: "uint16" },
				{ name: "NTmp", type: "uint16" },
				{ name: "Alm", type: "bitfield32" },
				...numbers("uint32", "Ah", -3, ["AhRem", "AhFull"]),
				...numbers("uint32", "Ah", 0, ["AhTot"]),
				...numbers("int16", "A", -3, ["BalA"]),
				...numbers("uint16", "V", -3, ["CellVDif"]),
				...numbers("int16", "C", -1, ["TmpMos", "TmpBrd"]),
				...numbers(
					"int16",
					"C",
					-1,
					[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `Tmp${n}`),
				),
				...numbers("uint16", "V", -3, each),
			],
		}),
	});
}
