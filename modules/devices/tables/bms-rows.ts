import { frozen } from "../../base/frozen";
import type { Row } from "../table";

/** Rows of cell voltages 1 to `count`, 2 bytes each from a byte of a record on; 0 is no cell. */
export function cellRows(record: string, at: number, count: number): Row[] {
	return Array.from(
		{ length: count },
		(_, i): Row => ({
			name: `cell_${i + 1}_voltage`,
			record,
			address: at + 2 * i,
			type: "u16",
			k: 0.001,
			unit: "V",
			point: `64931.CellV${i + 1}`,
			poll: "normal",
			range: [1, 5],
			notAvailable: [0, 0xffff],
		}),
	);
}

/** What 802 demands and a BMS does not say: scale factors, who is in charge, a lithium battery. */
export const bms802 = frozen<Readonly<Record<string, number>>>({
	AHRtg_SF: 0,
	WHRtg_SF: 1,
	WChaDisChaMax_SF: 1,
	SoC_SF: -1,
	SoH_SF: 0,
	V_SF: -2,
	CellV_SF: -3,
	A_SF: -2,
	AMax_SF: -1,
	W_SF: 0,
	LocRemCtl: 1,
	AlmRst: 0,
	Typ: 4,
	Evt2: 0,
	EvtVnd1: 0,
	EvtVnd2: 0,
	SetOp: 1,
	SetInvState: 3,
});
