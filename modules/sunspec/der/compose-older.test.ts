import { describe, expect, it } from "vitest";
import { ComposedDer } from "../../../test/adapters/composed";
import type { AcType, DerProfile } from "./profile";

const factors701 = {
	...{ A_SF: -2, V_SF: -1, Hz_SF: -2, W_SF: 0, PF_SF: -3, VA_SF: 0, Var_SF: 0, TotWh_SF: 0, TotVarh_SF: 0, Tmp_SF: -1 },
};
const controlled: Partial<DerProfile> = { abilities: ["energize", "limitW", "setW", "setVar", "pf"], continuous: true };

function hybrid(acType: AcType, profile: Partial<DerProfile> = {}): ComposedDer {
	const der = new ComposedDer([701, 702, 713, { id: 714, repeats: { NPrt: 3 } }], { acType, ...profile });
	der.give(701, factors701).give(702, { W_SF: 0, VA_SF: 0, Var_SF: 0, V_SF: -1, A_SF: -1, PF_SF: -2 });
	der.give(702, { WMaxRtg: 8000, VAMaxRtg: 8000, WChaRteMaxRtg: 5000, WDisChaRteMaxRtg: 6000, AMaxRtg: 33.3 });
	der.give(702, { VarMaxInjRtg: 4800, VarMaxAbsRtg: 4000, PFOvrExtRtg: 0.8, PFUndExtRtg: 0.85, VNomRtg: 240 });
	der.give(713, { WH_SF: 1, Pct_SF: -1, WHRtg: 20_000, SoC: 64.5, SoH: 98, WHAvail: 12_900, Sta: 0 });
	der.give(714, { DCA_SF: -1, DCV_SF: -1, DCW_SF: 0, DCWH_SF: 2, Tmp_SF: -1, DCA: 40.5, DCW: 4100 });
	der.give(714, { "Prt[1].PrtTyp": 0, "Prt[2].PrtTyp": 1, "Prt[3].PrtTyp": 0 });
	der.give(714, { "Prt[1].DCA": 5, "Prt[1].DCV": 380, "Prt[1].DCW": 1900, "Prt[1].DCSta": 1, "Prt[1].DCWhInj": 5000 });
	der.give(714, { "Prt[2].DCA": 25, "Prt[2].DCV": 51.2, "Prt[2].DCW": 1280, "Prt[2].DCSta": 1 });
	der.give(714, { "Prt[3].DCA": 2.6, "Prt[3].DCV": 355, "Prt[3].DCW": 920, "Prt[3].DCSta": 0 });
	return der.give(701, { W: 3900, VA: 4000, Var: 890, PF: 0.975, A: 16.6, LNV: 120.3, LLV: 240.5, Hz: 60.01 });
}

describe("older models from newer ones", () => {
	it("103 and 113 from 701", () => {
		const der = hybrid("three", { ratings: { maxW: 99 } });
		der.give(701, {
			AL1: 5.5,
			AL2: 5.6,
			AL3: 5.5,
			VL1: 120,
			VL2: 120.5,
			VL3: 121,
			VL1L2: 208,
			VL2L3: 208.5,
			VL3L1: 209,
		});
		der.give(701, { TotWhInj: 7_654_321, InvSt: 4, ConnSt: 1, Alrm: 0x10002, TmpCab: 35, TmpSnk: 44 }).update();
		const expected = {
			...{ W: 3900, VA: 4000, VAr: 890, PF: -97.5, A: 16.6, AphA: 5.5, AphB: 5.6, AphC: 5.5, Hz: 60.01 },
			...{ PhVphA: 120, PhVphB: 120.5, PhVphC: 121, PPVphAB: 208, PPVphBC: 208.5, PPVphCA: 209, WH: 7_654_321 },
			...{ St: 5, Evt1: 2, Evt2: 0, TmpCab: 35, TmpSnk: 44, DCW: 4100 },
		};
		expect(der.reads(103, Object.keys(expected))).toEqual(expected);
		const float = der.reads(113, Object.keys(expected));
		for (const [name, value] of Object.entries(expected)) expect(float[name], name).toBeCloseTo(value, 4);
	});

	it("101 and 102 where 701 has no phases: what the whole has, and its share of the current", () => {
		const single = hybrid("single").update();
		expect(single.reads(101, ["A", "AphA", "PhVphA"])).toEqual({ A: 16.6, AphA: 16.6, PhVphA: 120.3 });
		expect(single.reads(101, ["AphB", "PhVphB", "PPVphAB"])).toEqual({});
		const split = hybrid("split").give(701, { VL1L2: 240.5 }).update();
		expect(split.reads(102, ["AphA", "AphB", "PhVphA", "PhVphB", "PPVphAB", "AphC"])).toEqual({
			...{ AphA: 8.3, AphB: 8.3, PhVphA: 120.3, PhVphB: 120.3, PPVphAB: 240.5 },
		});
	});

	it("currents of 101 to 103 and of 160 have no sign", () => {
		const der = hybrid("three")
			.give(701, { W: -2000, A: -8.4 })
			.give(714, { DCA: -30, "Prt[1].DCW": -3, "Prt[1].DCA": -0.1 });
		der.update();
		expect(der.reads(103, ["W", "A", "AphB"])).toEqual({ W: -2000, A: 8.4, AphB: 2.8 });
		expect(der.reads(160, ["module[1].DCW", "module[1].DCA"])).toEqual({ "module[1].DCW": 0, "module[1].DCA": 0 });
	});

	it("120 and 121 from 702", () => {
		const der = hybrid("split", controlled).update();
		expect(der.reads(120, ["DERTyp", "WRtg", "VARtg", "VArRtgQ1", "VArRtgQ4", "ARtg", "PFRtgQ1", "PFRtgQ4"])).toEqual({
			...{
				DERTyp: 82,
				WRtg: 8000,
				VARtg: 8000,
				VArRtgQ1: 4800,
				VArRtgQ4: -4000,
				ARtg: 33.3,
				PFRtgQ1: -0.8,
				PFRtgQ4: 0.85,
			},
		});
		expect(der.reads(120, ["WHRtg", "MaxChaRte", "MaxDisChaRte"])).toEqual({
			...{ WHRtg: 20_000, MaxChaRte: 5000, MaxDisChaRte: 6000 },
		});
		expect(der.reads(121, ["WMax", "VRef", "VAMax", "VArMaxQ1", "VArMaxQ4", "VRefOfs"])).toEqual({
			...{ WMax: 8000, VRef: 240, VAMax: 8000, VArMaxQ1: 4800, VArMaxQ4: -4000, VRefOfs: 0 },
		});
	});

	it("122 from the states and from what controls", () => {
		const der = hybrid("split", controlled).give(701, { InvSt: 3, ConnSt: 1, TotWhInj: 1234 }).update();
		expect(der.reads(122, ["PVConn", "StorConn", "ECPConn", "ActWh", "StActCtl"])).toEqual({
			...{ PVConn: 7, StorConn: 7, ECPConn: 1, ActWh: 1234, StActCtl: 0 },
		});
		der.give(701, { InvSt: 6, ConnSt: 0 }).give(704, { WMaxLimPctEna: 1, PFWInjEna: 1 }).give(706, { Ena: 1 }).update();
		expect(der.reads(122, ["PVConn", "ECPConn", "StActCtl"])).toEqual({ PVConn: 0, ECPConn: 0, StActCtl: 0x405 });
		const solar = new ComposedDer([701]).give(701, { W: 1, ConnSt: 1, InvSt: 7 }).update();
		expect(solar.reads(122, ["PVConn", "StorConn"])).toEqual({ PVConn: 3, StorConn: 0 });
	});

	it("160 from the solar ports of 714, whatever stands between them", () => {
		const der = hybrid("split").update();
		const paths = ["N", "module[1].DCA", "module[1].DCV", "module[1].DCW", "module[1].DCWH", "module[1].DCSt"];
		expect(der.reads(160, paths)).toEqual({
			...{ N: 3, "module[1].DCA": 5, "module[1].DCV": 380, "module[1].DCW": 1900, "module[1].DCWH": 5000 },
			...{ "module[1].DCSt": 4 },
		});
		expect(der.reads(160, ["module[2].DCV", "module[2].DCW", "module[2].DCSt", "module[3].DCV"])).toEqual({
			...{ "module[2].DCV": 355, "module[2].DCW": 920, "module[2].DCSt": 1 },
		});
	});

	// 701.InvSt and St -> St of 101 to 113; without either the power says
	it.each([
		[0, 0, 1],
		[1, 0, 2],
		[2, 1, 3],
		[3, 1, 4],
		[6, 0, 7],
		[7, 1, 8],
		[undefined, 0, 1],
		[undefined, 1, 4],
		[undefined, undefined, 4],
	])("state %s, on %s is %d", (invSt, on, expected) => {
		const der = hybrid("split").give(701, { InvSt: invSt ?? Number.NaN, St: on ?? Number.NaN });
		expect(der.update().read("102.St")).toBe(expected);
	});

	it("an energy beyond 32 bits wraps in 103, in a coarser unit for a large DER", () => {
		const der = hybrid("three")
			.give(701, { TotWhInj: 0x100000000 + 77 })
			.update();
		expect(der.read("103.WH")).toBe(77);
		const large = new ComposedDer([701, 702]).give(701, { ...factors701, W_SF: 2 }).give(702, { W_SF: 2 });
		large.give(702, { WMaxRtg: 2_000_000 }).give(701, { W: 1_500_000, TotWhInj: 60_000_000_000 }).update();
		expect(large.reads(103, ["W", "WH", "WH_SF", "W_SF"])).toEqual({
			W: 1_500_000,
			WH: 60_000_000_000,
			WH_SF: 2,
			W_SF: 2,
		});
	});

	it("fills every mandatory point, but for what nobody knows and what the controls fill", () => {
		const missing = (der: ComposedDer): string[] => {
			const names: string[] = [];
			der.image.eachPoint((point) => {
				const { model, mandatory, type, group, name } = point;
				if (!mandatory || type === "pad" || !der.added.some(({ id }) => id === model.id)) return;
				if (der.image.valueOf(point) === undefined) names.push(`${model.id}.${group === "" ? "" : `${group}.`}${name}`);
			});
			return names.filter((name) => !/^(70[3-9]|71[0-2]|123)\./.test(name));
		};
		const states = { InvSt: 3, TotWhInj: 5 };
		expect(
			missing(
				hybrid("three", controlled)
					.give(701, { ...states, TmpCab: 30 })
					.update(),
			),
		).toEqual(["802.AHRtg"]);
		const bare = new ComposedDer([701, 702, 713], { acType: "single", ratings: { capacityAh: 100 } });
		bare.give(702, { W_SF: 0, WMaxRtg: 5000 }).give(713, { WHRtg: 5000, SoC: 50 });
		bare.give(701, { ...states, W: 1, A: 1, LNV: 230, Hz: 50 }).update();
		expect(missing(bare)).toEqual(["101.TmpCab", "111.TmpCab", "802.V", "802.A", "802.W"]);
		expect(bare.reads(120, ["VARtg", "VArRtgQ1", "PFRtgQ1", "PFRtgQ2", "ARtg"])).toEqual({
			...{ VARtg: 5000, VArRtgQ1: 0, PFRtgQ1: -1, PFRtgQ2: 1, ARtg: 21.8 },
		});
		const controller = new ComposedDer([64111], { kind: "solar", ratings: { maxW: 4000 } });
		controller.give(64111, { BattV: 52, ArrayV: 90, InputA: 2, OutputA: 3, OutputW: 150, ChargerSt: 2 }).update();
		expect(missing(controller)).toEqual([]);
	});

	it("leaves older models out when they are not wanted", () => {
		const der = hybrid("three", { legacy: false });
		expect(der.added).toEqual([]);
		expect(hybrid("three").added.map(({ id }) => id)).toEqual([103, 113, 120, 122, 124, 160, 802]);
	});
});
