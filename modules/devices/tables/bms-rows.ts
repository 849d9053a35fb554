import { frozen } from "../../base/frozen";
import { bmsModel } from "../models/bms";
import type { Derived, DeviceTable, Row } from "../table";

/** The voltage of a cell, from 1 on. */
function cellRow(cell: number, address: number, more: Partial<Row>): Row {
	return {
		name: `cell_${cell}_voltage`,
		address,
		type: "u16",
		k: 0.001,
		unit: "V",
		point: `64931.CellV${cell}`,
		range: [1, 5],
		...more,
	};
}

/** Rows of cell voltages 1 to `count`, 2 bytes each from a byte of a record on; 0 is no cell. */
export function cellRows(record: string, at: number, count: number): Row[] {
	const more = { record, poll: "normal", notAvailable: [0, 0xffff] } as const;
	return Array.from({ length: count }, (_, i) => cellRow(i + 1, at + 2 * i, more));
}

/** The same of a device whose cells are registers, from 0 on. */
export function cellRegisters(count: number): Row[] {
	return Array.from({ length: count }, (_, i) => cellRow(i + 1, i, { poll: "fast", notAvailable: [0] }));
}

/** What all protocols of Daly's battery management bring, and what the models demand beside. */
export const dalyHead = frozen<Pick<DeviceTable, "maker" | "kind" | "sunspec" | "fixed">>({
	maker: "Daly",
	kind: "battery",
	sunspec: [1, 713, { id: 714, repeats: { NPrt: 1 } }, bmsModel(16)],
	fixed: {
		"713.WH_SF": 1,
		"713.Pct_SF": -1,
		"714.DCV_SF": -1,
		"714.DCA_SF": -1,
		"714.DCW_SF": 0,
		"714.DCWH_SF": 0,
		"714.Tmp_SF": 0,
		"714.Prt[1].PrtTyp": 1,
	},
});

/** Power and what is left, from what Daly's protocols tell. */
export const dalyDerived = frozen<readonly Derived[]>([
	{ point: ["714.DCW", "714.Prt[1].DCW"], by: "product", of: ["714.Prt[1].DCV", "714.Prt[1].DCA"] },
	{ point: "WHAvail", by: "product", of: ["64931.AhRem", "714.Prt[1].DCV"] },
]);

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
