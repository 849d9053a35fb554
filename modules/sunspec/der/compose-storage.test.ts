import { describe, expect, it } from "vitest";
import { ComposedDer } from "../../../test/adapters/composed";

const factors802 = {
	...{ AHRtg_SF: 0, WHRtg_SF: 0, WChaDisChaMax_SF: 0, SoC_SF: -1, DoD_SF: -1, SoH_SF: -1, V_SF: -1, CellV_SF: -3 },
	...{ A_SF: -1, AMax_SF: -1, W_SF: 0 },
};

/** A BMS: 802 as a device's table or the device itself gives it. */
function bms(): ComposedDer {
	const der = new ComposedDer([802], { kind: "battery", abilities: ["chargeLimitW", "dischargeLimitW"], strings: 1 });
	der.give(802, factors802).give(802, { AHRtg: 280, WHRtg: 14_336, SoC: 55.5, SoH: 99, Typ: 4, State: 3, Evt1: 0 });
	return der.give(802, { V: 52.4, A: -30, W: -1572, WChaRteMax: 7000, WDisChaRteMax: 9000, ChaSt: 4 });
}

describe("a storage", () => {
	it("713, 714 and 124 from 802, with its limits in 702", () => {
		const der = bms().update();
		expect(der.added.map(({ id }) => id)).toEqual([702, 704, 713, 714, 715, 120, 121, 123, 124, 803]);
		expect(der.reads(713, ["WHRtg", "WHAvail", "SoC", "SoH", "Sta"])).toEqual({
			...{ WHRtg: 14_336, WHAvail: 7956, SoC: 55.5, SoH: 99, Sta: 0 },
		});
		const port = ["NPrt", "DCA", "DCW", "Prt[1].PrtTyp", "Prt[1].DCA", "Prt[1].DCV", "Prt[1].DCW", "Prt[1].DCSta"];
		expect(der.reads(714, port)).toEqual({
			...{ NPrt: 1, DCA: -30, DCW: -1572, "Prt[1].PrtTyp": 1, "Prt[1].DCA": -30, "Prt[1].DCV": 52.4 },
			...{ "Prt[1].DCW": -1572, "Prt[1].DCSta": 1 },
		});
		expect(der.reads(702, ["WChaRteMaxRtg", "WDisChaRteMaxRtg", "WChaRteMax"])).toEqual({
			...{ WChaRteMaxRtg: 7000, WDisChaRteMaxRtg: 9000, WChaRteMax: 7000 },
		});
		expect(der.reads(124, ["WChaMax", "ChaState", "StorAval", "InBatV", "ChaSt", "StorCtl_Mod"])).toEqual({
			...{ WChaMax: 7000, ChaState: 55.5, StorAval: 155, InBatV: 52.4, ChaSt: 4, StorCtl_Mod: 0 },
		});
		expect(der.reads(803, ["NStr", "NStrCon", "StrVMax", "StrVMin"])).toEqual({
			...{ NStr: 1, NStrCon: 1, StrVMax: 52.4, StrVMin: 52.4 },
		});
		expect(der.reads(803, ["string[1].StrSoC", "string[1].StrA", "string[1].StrSt", "string[1].StrEvt1"])).toEqual({
			...{ "string[1].StrSoC": 55.5, "string[1].StrA": -30, "string[1].StrSt": 3, "string[1].StrEvt1": 0 },
		});
	});

	it("a rating is the most the BMS has ever allowed: a full battery's limit of nothing is none", () => {
		const der = bms().update();
		der.give(802, { WChaRteMax: 0 });
		for (let i = 0; i < 20; i++) der.update();
		expect(der.read("702.WChaRteMaxRtg")).toBe(7000);
		der.give(802, { WChaRteMax: 7500 });
		for (let i = 0; i < 20; i++) der.update();
		expect(der.read("702.WChaRteMaxRtg")).toBe(7500);
	});

	it("the state of charge never jumps on a lost poll: there is none until the next answer", () => {
		const der = bms().give(802, { SoC: 55.5 });
		const soc = der.handle(713, "SoC");
		der.update();
		const shown: unknown[] = [];
		const look = () => shown.push([der.image.value(soc), der.read("713.SoC"), der.read("124.ChaState")]);
		look();
		der.image.losePoint(der.handle(802, "SoC"));
		der.update();
		look();
		der.image.lose(3000);
		der.update();
		look();
		expect([der.image.quality(soc), der.image.lastValue(soc)]).toEqual(["comms_lost", 55.5]);
		der.give(802, { SoC: 55.4 }, 4000).update();
		look();
		const none = [undefined, undefined, undefined];
		expect(shown).toEqual([[55.5, 55.5, 55.5], none, none, [55.4, 55.4, 55.4]]);
	});

	// 802.Evt1 and State -> 713.Sta
	it.each([
		[0, 3, 0],
		[1 << 2, 3, 1],
		[1 << 9, 3, 2],
		[(1 << 2) | (1 << 9), 3, 2],
		[0, 99, 2],
	])("events %d in state %d are health %d", (events, state, health) => {
		expect(bms().give(802, { Evt1: events, State: state }).update().read("713.Sta")).toBe(health);
	});

	it("802 from 713 and a port of 714", () => {
		const der = new ComposedDer([701, 702, 713, { id: 714, repeats: 2 }], { ratings: { capacityAh: 200 } });
		der.give(702, { W_SF: 0, WMaxRtg: 5000, WChaRteMaxRtg: 3000, WDisChaRteMaxRtg: 3600, WChaRteMax: 2500 });
		der.give(713, { WH_SF: 0, Pct_SF: 0, WHRtg: 10_240, SoC: 40, SoH: 97, Sta: 1 });
		der.give(714, { DCA_SF: -1, DCV_SF: -1, DCW_SF: 0, "Prt[1].PrtTyp": 1, "Prt[2].PrtTyp": 0 });
		der.give(714, { "Prt[1].DCA": -12.5, "Prt[1].DCV": 51, "Prt[1].DCW": -638, "Prt[1].DCSta": 1 }).update();
		expect(der.reads(802, ["AHRtg", "WHRtg", "WChaRteMax", "WDisChaRteMax", "SoC", "SoH", "DoD", "ChaSt"])).toEqual({
			...{ AHRtg: 200, WHRtg: 10_240, WChaRteMax: 2500, WDisChaRteMax: 3600, SoC: 40, SoH: 97, DoD: 60, ChaSt: 4 },
		});
		const rest = ["State", "Evt1", "Evt2", "V", "A", "W", "LocRemCtl", "AlmRst", "Typ", "SetOp", "SetInvState"];
		expect(der.reads(802, rest)).toEqual({
			...{ State: 3, Evt1: 1 << 26, Evt2: 0, V: 51, A: -12.5, W: -638, LocRemCtl: 0, AlmRst: 0, Typ: 0 },
			...{ SetOp: 1, SetInvState: 3 },
		});
	});

	// 714's power of the storage and 713.SoC -> ChaSt of 124 and 802
	it.each([
		[800, 50, 3],
		[-800, 50, 4],
		[0, 50, 6],
		[2, 100, 5],
		[-1, 0, 2],
	])("%d W at %d per cent is charge state %d", (w, soc, state) => {
		const der = new ComposedDer([701, 713, { id: 714, repeats: 1 }], { kind: "battery" });
		der.give(713, { WH_SF: 0, Pct_SF: 0, WHRtg: 5000, SoC: soc });
		der.give(714, { DCW_SF: 0, "Prt[1].PrtTyp": 1, "Prt[1].DCW": w }).update();
		expect([der.read("802.ChaSt"), der.read("124.ChaSt")]).toEqual([state, state]);
	});

	it("713 from 124 and 120, the storage's port from 103 where it is a battery's inverter", () => {
		const der = new ComposedDer([103, 120, 124], { kind: "battery" });
		der.give(120, { WRtg_SF: 0, WRtg: 4000, WHRtg_SF: 1, WHRtg: 9600, MaxChaRte_SF: 0, MaxChaRte: 3500 });
		der.give(124, { ChaState_SF: 0, ChaState: 25, InBatV_SF: -1, InBatV: 50.5 });
		der.give(103, { W_SF: 0, W: -900, DCW_SF: 0, DCW: -870, DCA_SF: -1, DCA: -17.2, DCV_SF: -1, DCV: 50.4 }).update();
		expect(der.reads(713, ["WHRtg", "SoC", "WHAvail", "Sta"])).toEqual({ WHRtg: 9600, SoC: 25, WHAvail: 2400, Sta: 0 });
		expect(der.reads(714, ["DCW", "Prt[1].PrtTyp", "Prt[1].DCW"])).toEqual({
			...{ DCW: -870, "Prt[1].PrtTyp": 1, "Prt[1].DCW": -870 },
		});
		expect(der.reads(802, ["WHRtg", "SoC", "ChaSt", "W", "WChaRteMax"])).toEqual({
			...{ WHRtg: 9600, SoC: 25, ChaSt: 4, W: -870, WChaRteMax: 3500 },
		});
		expect(der.reads(701, ["W", "ACType"])).toEqual({ W: -900, ACType: 2 });
	});
});
