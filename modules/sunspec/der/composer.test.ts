import { describe, expect, it } from "vitest";
import { ComposedDer, scales } from "../../../test/adapters/composed";
import { Image } from "../image";

const nameplate = {
	WRtg_SF: 1,
	WRtg: 10_000,
	VARtg_SF: 1,
	VARtg: 11_000,
	VArRtg_SF: 0,
	VArRtgQ1: 4400,
	VArRtgQ4: -4000,
};

function threePhase(): ComposedDer {
	return new ComposedDer([103, 120])
		.give(120, nameplate)
		.give(103, scales)
		.give(103, { W: 5000, VA: 5100, VAr: -1005, PF: 98.04, A: 22.2, AphA: 7.4, AphB: 7.5, AphC: 7.3, Hz: 50.02 })
		.give(103, { PhVphA: 229, PhVphB: 230, PhVphC: 231.6, PPVphAB: 398, PPVphBC: 399, PPVphCA: 400, WH: 123_456 })
		.give(103, { St: 4, Evt1: 1 << 7, TmpCab: 41.5, TmpSnk: 55, DCA: 9, DCV: 600, DCW: 5200 });
}

describe("newer models from older ones", () => {
	it("701 from 103", () => {
		const der = threePhase().update();
		const measured = ["W", "VA", "Var", "PF", "A", "AL1", "AL2", "AL3", "Hz", "LNV", "LLV", "VL1", "VL3", "VL2L3"];
		expect(der.reads(701, measured)).toEqual({
			...{ W: 5000, VA: 5100, Var: -1005, PF: 0.98, A: 22.2, AL1: 7.4, AL2: 7.5, AL3: 7.3, Hz: 50.02 },
			...{ LNV: 230.2, LLV: 399, VL1: 229, VL3: 231.6, VL2L3: 399 },
		});
		expect(
			der.reads(701, ["ACType", "St", "InvSt", "ConnSt", "Alrm", "DERMode", "TotWhInj", "TmpCab", "TmpSnk"]),
		).toEqual({
			...{ ACType: 2, St: 1, InvSt: 3, ConnSt: 1, Alrm: 1 << 7, DERMode: 1 },
			...{ TotWhInj: 123_456, TmpCab: 41.5, TmpSnk: 55 },
		});
		expect(der.reads(701, ["TotWhAbs", "TmpAmb", "WL1", "ThrotPct"])).toEqual({});
	});

	it("702 from 120, what it does not say from what follows; 714 from the DC side", () => {
		const der = threePhase().update();
		expect(der.reads(702, ["WMaxRtg", "WMax", "VAMaxRtg", "VarMaxInjRtg", "VarMaxAbsRtg", "VNomRtg"])).toEqual({
			...{ WMaxRtg: 10_000, WMax: 10_000, VAMaxRtg: 11_000, VarMaxInjRtg: 4400, VarMaxAbsRtg: 4000, VNomRtg: 230 },
		});
		expect(der.reads(714, ["NPrt", "DCA", "DCW", "Prt[1].DCA", "Prt[1].DCV", "Prt[1].PrtTyp", "Prt[1].IDStr"])).toEqual(
			{
				...{
					NPrt: 1,
					DCA: 9,
					DCW: 5200,
					"Prt[1].DCA": 9,
					"Prt[1].DCV": 600,
					"Prt[1].PrtTyp": 0,
					"Prt[1].IDStr": "PV 1",
				},
			},
		);
	});

	it("a single-phase inverter has no line voltages and two phases less", () => {
		const der = new ComposedDer([101, 120]).give(120, nameplate).give(101, scales);
		der.give(101, { W: -20, PF: 100, A: 0.1, AphA: 0.1, PhVphA: 231.2, Hz: 49.98, WH: 9, St: 2 }).update();
		expect(der.reads(701, ["ACType", "W", "PF", "LNV", "VL1", "InvSt", "St", "ConnSt", "DERMode"])).toEqual({
			...{ ACType: 0, W: -20, PF: -1, LNV: 231.2, VL1: 231.2, InvSt: 1, St: 0, ConnSt: 0, DERMode: 0 },
		});
		expect(der.reads(701, ["LLV", "AL2", "VL2", "VL1L2"])).toEqual({});
		expect(der.added.map(({ id }) => id)).toEqual([701, 702, 714, 111, 122, 160]);
	});

	// St of 101 to 113 -> 701.InvSt, St, ConnSt; 9 is no state
	it.each([
		[1, 0, 0, 0],
		[2, 1, 0, 0],
		[3, 2, 1, 0],
		[4, 3, 1, 1],
		[5, 4, 1, 1],
		[6, 5, 1, 1],
		[7, 6, 0, 0],
		[8, 7, 1, undefined],
		[9, undefined, undefined, undefined],
	])("state %d is %s, on %s, connected %s", (state, invSt, on, connected) => {
		const der = threePhase().give(103, { St: state, Evt1: 0 }).update();
		expect([der.read("701.InvSt"), der.read("701.St"), der.read("701.ConnSt")]).toEqual([invSt, on, connected]);
	});

	it("is not connected while an event says so, or 122 does; a maker's event is an alarm", () => {
		expect(
			threePhase()
				.give(103, { Evt1: 1 << 4 })
				.update()
				.read("701.ConnSt"),
		).toBe(0);
		const der = threePhase().give(103, { Evt1: 0, EvtVnd2: 64 }).update();
		expect(der.read("701.Alrm")).toBe(1 << 16);
		const own = new ComposedDer([103, 120, 122]).give(120, nameplate).give(103, { St: 4 });
		expect(own.give(122, { ECPConn: 0 }).update().read("701.ConnSt")).toBe(0);
		expect(own.give(122, { ECPConn: 1 }).update().read("701.ConnSt")).toBe(1);
	});

	it("714 from 160, a port for each module, with totals", () => {
		const der = new ComposedDer([103, 120, { id: 160, repeats: 2 }]).give(120, nameplate);
		der.give(160, { DCA_SF: -2, DCV_SF: -1, DCW_SF: 0, DCWH_SF: 1 });
		der.give(160, { "module[1].DCA": 5.25, "module[1].DCV": 400.5, "module[1].DCW": 2103, "module[1].DCWH": 700_000 });
		der.give(160, { "module[2].DCA": 1.5, "module[2].DCV": 300, "module[2].DCW": 450, "module[2].DCWH": 50_000 });
		der
			.give(160, { "module[1].DCSt": 4, "module[2].DCSt": 7, "module[2].DCEvt": 1 << 20, "module[1].Tmp": 38 })
			.update();
		expect(der.reads(714, ["DCA", "DCW", "DCWhInj", "PrtAlrms"])).toEqual({
			...{ DCA: 6.75, DCW: 2553, DCWhInj: 750_000, PrtAlrms: 1 << 20 },
		});
		expect(der.reads(714, ["Prt[1].DCA", "Prt[1].DCV", "Prt[1].DCW", "Prt[1].DCSta", "Prt[1].Tmp"])).toEqual({
			...{ "Prt[1].DCA": 5.25, "Prt[1].DCV": 400.5, "Prt[1].DCW": 2103, "Prt[1].DCSta": 1, "Prt[1].Tmp": 38 },
		});
		expect(der.reads(714, ["Prt[2].DCSta", "Prt[2].DCAlrm", "Prt[2].DCWhInj"])).toEqual({
			...{ "Prt[2].DCSta": 3, "Prt[2].DCAlrm": 1 << 20, "Prt[2].DCWhInj": 50_000 },
		});
	});
});

describe("the quality of what is composed", () => {
	it("waits for the ratings that the device has a model for, then goes by what is known", () => {
		const der = new ComposedDer([103, 120]).give(103, scales).give(103, { W: 40_000 });
		der.update();
		expect(der.composer.settled).toBe(false);
		expect([der.read("701.W"), der.read("701.W_SF")]).toEqual([undefined, undefined]);
		der.give(120, { WRtg_SF: 1, WRtg: 50_000 }).update();
		expect(der.read("701.W_SF")).toBe(1);
		const silent = new ComposedDer([103, 120], { ratings: { maxW: 50_000 } })
			.give(103, scales)
			.give(103, { W: 30_000 });
		for (let i = 0; i <= 60; i++) silent.update();
		expect([silent.read("701.W"), silent.read("701.W_SF"), silent.read("702.WMaxRtg")]).toEqual([30_000, 1, 50_000]);
	});

	it("a lost device loses what is composed of it, its energy keeps the last value and its time; nothing is zero", () => {
		const der = threePhase();
		const w = der.handle(701, "W");
		const energy = der.handle(701, "TotWhInj");
		der.update(5000);
		expect([der.image.quality(w), der.image.timeMs(w), der.image.value(energy)]).toEqual(["good", 1000, 123_456]);
		der.image.lose(9000);
		der.update(9000);
		expect([der.image.value(w), der.image.quality(w), der.image.timeMs(w)]).toEqual([undefined, "comms_lost", 1000]);
		expect([der.image.lastValue(energy), der.image.quality(energy)]).toEqual([123_456, "comms_lost"]);
		const paths = ["701.W", "701.TotWhInj", "701.St", "701.Hz", "113.W", "122.ECPConn"];
		expect(paths.map((path) => der.read(path))).toEqual(paths.map(() => undefined));
		expect([der.read("701.W_SF"), der.read("701.ACType"), der.read("702.WMaxRtg")]).toEqual([0, 2, 10_000]);
		der.give(103, { W: 700 }, 9500).update(9600);
		expect([der.image.value(w), der.image.timeMs(w)]).toEqual([700, 9500]);
	});

	it("what somebody asks a handle for after it has been composed is lost like the others", () => {
		const der = threePhase().update();
		const [w, hz] = [der.handle(701, "W"), der.handle(701, "Hz")];
		der.image.lose(9000);
		der.give(103, { Hz: Number.NaN }).update(9000);
		expect([der.image.value(w), der.image.lastValue(w), der.image.quality(w), der.read("701.W")]).toEqual([
			...[undefined, 5000, "comms_lost", undefined],
		]);
		expect([der.image.value(hz), der.image.quality(hz), der.read("701.Hz")]).toEqual([undefined, "good", undefined]);
	});

	it("suspect stays suspect; one of three phases lost makes their mean suspect", () => {
		const der = threePhase();
		const [w, mean] = [der.handle(701, "W"), der.handle(701, "LNV")];
		der.give(103, { W: 4000 }, 3000, "suspect").update(3001);
		expect([der.image.value(w), der.image.quality(w), der.image.timeMs(w)]).toEqual([4000, "suspect", 3000]);
		der.image.losePoint(der.handle(103, "PhVphC"));
		der.update(3001);
		expect([der.image.value(mean), der.image.quality(mean)]).toEqual([229.5, "suspect"]);
	});

	it("what the device does not implement is not implemented, and comes when it is", () => {
		const der = threePhase().give(103, { VA: Number.NaN });
		const va = der.handle(701, "VA");
		der.update();
		expect([der.read("701.VA"), der.image.quality(va)]).toEqual([undefined, undefined]);
		der.give(103, { VA: 5002 }).update();
		expect([der.read("701.VA"), der.image.value(va)]).toEqual([5002, 5002]);
		der.give(103, { VA: Number.NaN }).update();
		expect([der.read("701.VA"), der.image.value(va), der.image.quality(va)]).toEqual([undefined, undefined, "good"]);
	});

	it("an energy goes on where its 32-bit source wraps, holds a lower read, and carries over a reset", () => {
		const der = threePhase();
		const energy = der.handle(701, "TotWhInj");
		const reads = (value: number) => {
			der.give(103, { WH: value }).update();
			return [der.image.value(energy), der.image.quality(energy)];
		};
		expect(reads(0xfffffff0)).toEqual([0xfffffff0, "good"]);
		expect(reads(20)).toEqual([0x100000000 + 20, "good"]);
		expect(reads(30)).toEqual([0x100000000 + 30, "good"]);
		expect(reads(29)).toEqual([0x100000000 + 30, "suspect"]);
		expect(reads(31)).toEqual([0x100000000 + 31, "good"]);
		expect(reads(5)).toEqual([0x100000000 + 31, "suspect"]);
		expect(reads(6)).toEqual([0x100000000 + 31, "suspect"]);
		expect(reads(7)).toEqual([0x100000000 + 31, "suspect"]);
		expect(reads(9)).toEqual([0x100000000 + 33, "suspect"]);
	});

	it("follows a source whose scale factor changes while its register stays", () => {
		const der = threePhase().update();
		expect(der.read("701.W")).toBe(5000);
		der.give(103, { W_SF: -1, W: 500 }).update();
		expect(der.read("701.W")).toBe(500);
		expect(der.read("701.W_SF")).toBe(0);
	});

	it("works from bytes that nobody has asked handles for", () => {
		const from = threePhase();
		const der = new ComposedDer([103, 120]);
		for (const id of [103, 120]) {
			const place = from.image.models.find((model) => model.id === id)!;
			const to = der.image.models.find((model) => model.id === id)!.address;
			const count = place.length + 2;
			der.image.load(to, from.image.registers, 2 * (place.address - from.image.base), count, 1000, "good");
		}
		const handles = der.image.handleCount;
		der.update();
		expect(der.reads(701, ["W", "PF", "LNV", "TotWhInj"])).toEqual({
			W: 5000,
			PF: 0.98,
			LNV: 230.2,
			TotWhInj: 123_456,
		});
		expect(der.read("113.W")).toBe(5000);
		expect(der.image.handleCount).toBe(handles);
	});

	it("takes a battery's state from the unit of its BMS", () => {
		const bms = new Image([{ id: 1 }, { id: 802 }]);
		const give = (values: Record<string, number>) => {
			for (const [name, value] of Object.entries(values)) bms.set(bms.handle(802, name), value, 700, "good");
		};
		give({
			AHRtg_SF: 0,
			WHRtg_SF: 1,
			SoC_SF: -1,
			V_SF: -1,
			A_SF: -1,
			W_SF: 0,
			WHRtg: 10_240,
			SoC: 71.5,
			V: 51.9,
			A: 20,
		});
		const der = new ComposedDer([103, 120], { kind: "battery" }, [bms]).give(120, nameplate);
		const soc = der.handle(713, "SoC");
		der.update();
		expect(der.reads(713, ["WHRtg", "SoC", "WHAvail", "Sta"])).toEqual({
			WHRtg: 10_240,
			SoC: 71.5,
			WHAvail: 7322,
			Sta: 0,
		});
		expect(der.reads(714, ["DCW", "Prt[1].DCV", "Prt[1].PrtTyp"])).toEqual({
			...{ DCW: 1038, "Prt[1].DCV": 51.9, "Prt[1].PrtTyp": 1 },
		});
		expect(der.reads(802, ["SoC", "V", "A"])).toEqual({ SoC: 71.5, V: 51.9, A: 20 });
		expect(der.image.timeMs(soc)).toBe(700);
	});
});
