import { describe, expect, it } from "vitest";
import { ComposedDer } from "../../../test/adapters/composed";

describe("a solar charge controller", () => {
	function outback(): ComposedDer {
		const der = new ComposedDer([64111, 64112], { kind: "solar", ratings: { maxW: 4000 } });
		der.give(64111, { V_SF: -1, A_SF: -1, P_SF: 0, AH_SF: 0, KWH_SF: -1 });
		der.give(64111, { BattV: 52.5, ArrayV: 98, OutputA: 38.1, InputA: 21, ChargerSt: 2, OutputW: 2000 });
		return der.give(64111, { LifeTimeKWHOut: 1234 });
	}

	it("714 from OutBack's 64111: the array, and the battery that it charges", () => {
		const der = outback().update();
		const array = ["NPrt", "Prt[1].PrtTyp", "Prt[1].DCA", "Prt[1].DCV", "Prt[1].DCW", "Prt[1].DCSta", "Prt[1].DCWhInj"];
		expect(der.reads(714, array)).toEqual({
			...{ NPrt: 2, "Prt[1].PrtTyp": 0, "Prt[1].DCA": 21, "Prt[1].DCV": 98, "Prt[1].DCW": 2058, "Prt[1].DCSta": 1 },
			...{ "Prt[1].DCWhInj": 1_234_000 },
		});
		expect(der.reads(714, ["Prt[2].PrtTyp", "Prt[2].DCA", "Prt[2].DCV", "Prt[2].DCW", "Prt[2].DCWhAbs"])).toEqual({
			...{
				"Prt[2].PrtTyp": 1,
				"Prt[2].DCA": -38.1,
				"Prt[2].DCV": 52.5,
				"Prt[2].DCW": -2000,
				"Prt[2].DCWhAbs": 1_234_000,
			},
		});
	});

	it("160, 403, 404, 501 and 502 of it; its own models stay, after the others", () => {
		const der = outback().update();
		expect(der.image.models.map(({ id }) => id)).toEqual([1, 714, 160, 403, 404, 501, 502, 64111, 64112]);
		expect(
			der.reads(160, ["module[1].DCA", "module[1].DCV", "module[1].DCW", "module[1].DCSt", "module[1].DCWH"]),
		).toEqual({
			...{ "module[1].DCA": 21, "module[1].DCV": 98, "module[1].DCW": 2058, "module[1].DCSt": 4 },
			...{ "module[1].DCWH": 1_234_000 },
		});
		expect(
			der.reads(404, ["N", "DCV", "string[1].InID", "string[1].InDCA", "string[1].InDCW", "string[1].InEvt"]),
		).toEqual({
			...{ N: 1, DCV: 98, "string[1].InID": 1, "string[1].InDCA": 21, "string[1].InDCW": 2058, "string[1].InEvt": 0 },
		});
		expect(der.reads(403, ["string[1].InDCA", "Evt", "DCV"])).toEqual({ "string[1].InDCA": 21, Evt: 0, DCV: 98 });
		expect(der.reads(502, ["Stat", "InA", "InV", "InW", "OutA", "OutV", "OutPw", "OutWh", "Evt"])).toEqual({
			...{ Stat: 4, InA: 21, InV: 98, InW: 2058, OutA: 38.1, OutV: 52.5, OutPw: 2000, OutWh: 1_234_000, Evt: 0 },
		});
		expect(der.read("501.OutW")).toBe(2000);
		expect(der.read("501.InV")).toBe(98);
	});

	// 64111.ChargerSt -> 714.DCSta, 160.DCSt
	it.each([
		[0, 0, 1],
		[1, 1, 5],
		[2, 1, 4],
		[3, 1, 5],
		[4, 1, 5],
	])("charger state %d is %d and %d", (charger, port, module) => {
		const der = outback().give(64111, { ChargerSt: charger }).update();
		expect([der.read("714.Prt[1].DCSta"), der.read("160.module[1].DCSt")]).toEqual([port, module]);
	});

	it("714 from 502, from 404, and what it gives to the other models", () => {
		const panel = new ComposedDer([502], { kind: "solar" });
		panel.give(502, {
			A_SF: -2,
			V_SF: -1,
			W_SF: 0,
			Wh_SF: 0,
			InA: 8.5,
			InV: 31,
			InW: 263,
			OutA: 5,
			OutV: 50.1,
			OutPw: 250,
		});
		panel.give(502, { OutWh: 9000, Stat: 5 }).update();
		expect(panel.reads(714, ["Prt[1].DCA", "Prt[1].DCV", "Prt[1].DCW", "Prt[1].DCWhInj", "Prt[2].DCW"])).toEqual({
			...{ "Prt[1].DCA": 8.5, "Prt[1].DCV": 31, "Prt[1].DCW": 263, "Prt[1].DCWhInj": 9000, "Prt[2].DCW": -250 },
		});
		expect(panel.reads(501, ["InA", "OutV", "OutW"])).toEqual({ InA: 8.5, OutV: Math.fround(50.1), OutW: 250 });
		const strings = new ComposedDer([{ id: 404, repeats: { string: 2 } }], { kind: "solar" });
		strings.give(404, { InDCA_SF: -1, InDCV_SF: 0, InDCW_SF: 0, InDCWh_SF: 0, DCV_SF: 0, DCV: 600 });
		strings.give(404, {
			"string[1].InDCA": 7.5,
			"string[2].InDCA": 6,
			"string[2].InDCW": 3500,
			"string[2].InDCWh": 50,
		});
		strings.update();
		expect(strings.reads(714, ["NPrt", "Prt[1].DCW", "Prt[2].DCW", "Prt[2].DCWhInj", "DCA"])).toEqual({
			...{ NPrt: 3, "Prt[1].DCW": 4500, "Prt[2].DCW": 3500, "Prt[2].DCWhInj": 50, DCA: 13.5 },
		});
		expect(strings.reads(160, ["N", "module[2].DCW"])).toEqual({ N: 2, "module[2].DCW": 3500 });
	});
});

describe("a storage in modules of 160", () => {
	function gen24(): ComposedDer {
		const models = [103, 120, 124, { id: 160, repeats: { module: 4 } }];
		const der = new ComposedDer(models, { kind: "inverter", ratings: { maxW: 10_000 }, storeModules: [3, 4] });
		der.give(120, { WRtg_SF: 0, WRtg: 10_000 });
		return der.give(160, { DCA_SF: -2, DCV_SF: -1, DCW_SF: 0, DCWH_SF: 0 });
	}

	it("is the last port of 714, positive when it discharges; what is left are trackers", () => {
		const der = gen24();
		der.give(160, { "module[1].DCW": 3000, "module[2].DCW": 2000, "module[3].DCW": 1500, "module[4].DCW": 0 });
		der.give(160, { "module[3].DCA": 3.75, "module[4].DCA": 0, "module[3].DCV": 400, "module[4].DCV": 400 });
		der.give(160, { "module[3].DCWH": 7000, "module[4].DCWH": 5000 }).update();
		expect(der.reads(714, ["NPrt", "Prt[1].DCW", "Prt[2].DCW", "Prt[3].DCW", "Prt[3].DCA", "Prt[3].PrtTyp"])).toEqual({
			...{ NPrt: 3, "Prt[1].DCW": 3000, "Prt[2].DCW": 2000, "Prt[3].DCW": -1500, "Prt[3].DCA": -3.75 },
			"Prt[3].PrtTyp": 1,
		});
		expect(der.reads(714, ["DCW", "Prt[3].DCWhInj", "Prt[3].DCWhAbs", "Prt[3].DCV"])).toEqual({
			...{ DCW: 3500, "Prt[3].DCWhInj": 5000, "Prt[3].DCWhAbs": 7000, "Prt[3].DCV": 400 },
		});
	});

	it("discharges, also while the other module says nothing; has no value while both do not", () => {
		const der = gen24();
		der.give(160, { "module[4].DCW": 900 }).update();
		expect(der.read("714.Prt[3].DCW")).toBe(900);
		const none = gen24().update();
		expect(none.read("714.Prt[3].DCW")).toBeUndefined();
	});
});
