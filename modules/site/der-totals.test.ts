import { describe, expect, it } from "vitest";
import { ComposedDer, scales } from "../../test/adapters/composed";
import { Composer } from "../sunspec/der/composer";
import { derModels } from "../sunspec/der/layout";
import { Image } from "../sunspec/image";
import { type DerMember, DerTotals, derTotalsModels, derTotalsProfile } from "./der-totals";

/** Two inverters, a three-phase one of 10 kW with older models and a single-phase one of 5 kW, and two hybrids' batteries. */
class Site {
	readonly older = new ComposedDer([103, 120]);
	readonly newer = new ComposedDer([701, 702, 713]);
	readonly hybrid = new ComposedDer([701, 702, 713]);
	readonly image: Image;
	readonly totals: DerTotals;
	readonly members: readonly DerMember[];
	#composer: Composer;

	constructor() {
		this.older.give(120, { WRtg_SF: 1, WRtg: 10_000, VARtg_SF: 1, VARtg: 10_000 }).give(103, scales);
		for (const der of [this.newer, this.hybrid]) {
			der.give(701, { W_SF: 0, Var_SF: 0, VA_SF: 0, A_SF: -1, V_SF: -1, Hz_SF: -2, PF_SF: -2, TotWh_SF: 0, ACType: 0 });
			der.give(713, { WH_SF: 0, Pct_SF: -1 }).give(702, { W_SF: 0 });
		}
		this.newer.give(702, { WMaxRtg: 5000, WChaRteMaxRtg: 2000, WDisChaRteMaxRtg: 2500 }).give(713, { WHRtg: 5000 });
		this.hybrid.give(702, { WMaxRtg: 5000, WChaRteMaxRtg: 4000, WDisChaRteMaxRtg: 5000 }).give(713, { WHRtg: 15_000 });
		this.members = [
			{ image: this.older.image, phase: 1 },
			{ image: this.newer.image, phase: 2 },
			{ image: this.hybrid.image, phase: 2 },
		];
		const present = [{ id: 1 }, ...derTotalsModels(this.members)];
		const profile = derTotalsProfile(this.members, { abilities: [], continuous: true });
		const added = derModels(present, profile);
		this.image = new Image([...present, ...added]);
		this.totals = new DerTotals(this.image, this.members, profile);
		this.#composer = new Composer({ image: this.image, profile, present, added });
		this.older.give(103, {
			W: 6000,
			VAr: 800,
			A: 26.1,
			AphA: 8.7,
			AphB: 8.7,
			AphC: 8.7,
			Hz: 50.02,
			WH: 100_000,
			St: 4,
		});
		this.older.give(103, { PhVphA: 230, PhVphB: 231, PhVphC: 229, VA: 6053 });
		this.newer.give(701, {
			W: 2000,
			Var: 0,
			A: 8.6,
			LNV: 236,
			VL1: 236,
			Hz: 50.06,
			TotWhInj: 5000,
			InvSt: 1,
			VA: 2000,
		});
		this.hybrid.give(701, { W: -1000, Var: -200, A: 4.4, LNV: 234, VL1: 234, Hz: 50.02, TotWhInj: 700, TotWhAbs: 900 });
		this.newer.give(713, { SoC: 80, SoH: 90, Sta: 0 });
		this.hybrid.give(713, { SoC: 40, SoH: 100, Sta: 1 });
		this.hybrid.give(701, { InvSt: 6, St: 0, ConnSt: 1, Alrm: 2, VA: 1020 });
	}

	update(nowMs = 2000): this {
		for (const der of [this.older, this.newer, this.hybrid]) der.update(nowMs);
		this.totals.update(nowMs);
		if (this.totals.settled) this.#composer.update(nowMs);
		return this;
	}

	read(path: string): unknown {
		const dot = path.indexOf(".");
		const handle = this.image.handle(Number(path.slice(0, dot)), path.slice(dot + 1));
		return this.image.value(handle);
	}

	quality(path: string): unknown {
		const dot = path.indexOf(".");
		return this.image.quality(this.image.handle(Number(path.slice(0, dot)), path.slice(dot + 1)));
	}

	reads(model: number, names: readonly string[]): Record<string, unknown> {
		const seen = names.map((name) => [name, this.read(`${model}.${name}`)] as const);
		// handles asked for only now have what the registers say
		return Object.fromEntries(
			seen.map(([name, value]) => [name, typeof value === "number" ? Math.round(value * 1000) / 1000 : value]),
		);
	}
}

describe("several DERs as one", () => {
	it("sums powers, currents, energies and ratings; means of voltage and frequency go by rating", () => {
		const site = new Site().update();
		expect(site.reads(701, ["ACType", "W", "Var", "VA", "PF", "A", "TotWhInj", "TotWhAbs"])).toEqual({
			...{ ACType: 2, W: 7000, Var: 600, VA: 7026, PF: 0.996, A: 39.1, TotWhInj: 105_700, TotWhAbs: 900 },
		});
		expect(site.reads(701, ["LNV", "Hz", "InvSt", "St", "ConnSt", "Alrm"])).toEqual({
			...{ LNV: 232.5, Hz: 50.03, InvSt: 3, St: 1, ConnSt: 1, Alrm: 2 },
		});
		expect(site.reads(702, ["WMaxRtg", "WMax", "WChaRteMaxRtg", "WDisChaRteMaxRtg", "VNomRtg"])).toEqual({
			...{ WMaxRtg: 20_000, WMax: 20_000, WChaRteMaxRtg: 6000, WDisChaRteMaxRtg: 7500, VNomRtg: 230 },
		});
	});

	it("a single-phase DER counts on the phase that it hangs on", () => {
		const site = new Site().update();
		expect(site.reads(701, ["AL1", "AL2", "AL3", "VL1", "VL2", "VL3", "WL2"])).toEqual({
			...{ AL1: 8.7, AL2: 21.7, AL3: 8.7, VL1: 230, VL2: 233.7, VL3: 229 },
		});
	});

	it("the state of charge goes by capacity, and the older models follow", () => {
		const site = new Site().update();
		expect(site.reads(713, ["WHRtg", "SoC", "SoH", "WHAvail", "Sta"])).toEqual({
			...{ WHRtg: 20_000, SoC: 50, SoH: 97.5, WHAvail: 10_000, Sta: 1 },
		});
		expect(site.reads(103, ["W", "WH", "St"])).toEqual({ W: 7000, WH: 105_700, St: 4 });
		expect(site.reads(120, ["WRtg", "WHRtg", "DERTyp"])).toEqual({ WRtg: 20_000, WHRtg: 20_000, DERTyp: 82 });
		expect(site.reads(802, ["SoC", "WHRtg"])).toEqual({ SoC: 50, WHRtg: 20_000 });
	});

	it("one lost: power of the others and suspect, energies and state of charge as before; all lost: lost", () => {
		const site = new Site();
		const paths = ["701.W", "701.TotWhInj", "713.SoC", "713.WHRtg", "701.LNV", "103.W"];
		for (const path of paths) site.read(path);
		site.update();
		const look = () => paths.map((path) => site.read(path));
		expect(look()).toEqual([7000, 105_700, 50, 20_000, 232.5, 7000]);
		expect(site.quality("701.W")).toBe("good");
		site.newer.image.lose(3000);
		site.update(3000);
		expect(look()).toEqual([5000, 105_700, 50, 20_000, (10 * 230 + 5 * 234) / 15, 5000]);
		expect(paths.map((path) => site.quality(path))).toEqual([...Array(6).fill("suspect")]);
		site.older.image.lose(4000);
		site.hybrid.image.lose(4000);
		site.update(4000);
		expect(look().map((value, i) => (paths[i] === "713.WHRtg" ? "" : value))).toEqual([
			...[undefined, undefined, undefined, "", undefined, undefined],
		]);
		expect(site.quality("701.TotWhInj")).toBe("comms_lost");
		expect(site.image.lastValue(site.image.handle(701, "TotWhInj"))).toBe(105_700);
		site.older.give(103, { W: 100, WH: 100_001 }, 5000);
		site.update(5000);
		expect([site.read("701.W"), site.read("701.TotWhInj"), site.quality("701.W")]).toEqual([100, 105_701, "suspect"]);
	});

	it("says nothing of all that one DER does not tell: powers by phase, reactive power", () => {
		const site = new Site().update();
		expect(site.reads(701, ["WL1", "WL2", "Var", "VA"])).toEqual({ Var: 600, VA: 7026 });
		site.newer.give(701, { Var: Number.NaN }).update();
		site.update();
		expect(site.reads(701, ["Var", "VA", "PF"])).toEqual({});
		expect(site.reads(702, ["VAMaxRtg", "AMaxRtg", "WChaRteMaxRtg"])).toEqual({
			VAMaxRtg: 20_000,
			WChaRteMaxRtg: 6000,
		});
	});

	it("waits for the ratings; one that stays silent is taken to be as large as the others", () => {
		const site = new Site();
		const silent = new ComposedDer([701, 702]);
		const members = [...site.members, { image: silent.image, phase: 1 }];
		const models = derTotalsModels(members);
		const image = new Image([{ id: 1 }, ...models]);
		const totals = new DerTotals(image, members, derTotalsProfile(members, { abilities: [], continuous: false }));
		site.update();
		totals.update(1);
		expect(totals.settled).toBe(false);
		for (let i = 0; i < 60; i++) totals.update(1);
		expect(totals.settled).toBe(true);
		const w = image.handle(701, "W");
		expect([image.value(w), image.scale(w)]).toEqual([7000, 1]);
	});

	it("a rating that comes later raises the sum; a setting follows unless somebody has set it", () => {
		const site = new Site().update();
		const setting = site.image.handle(702, "WMax");
		const rating = site.image.handle(702, "WMaxRtg");
		site.newer.give(702, { WMaxRtg: 6000 });
		for (let i = 0; i < 10; i++) site.update();
		expect([site.image.value(rating), site.image.value(setting)]).toEqual([21_000, 21_000]);
		site.image.set(setting, 9000, 1, "good");
		site.newer.give(702, { WMaxRtg: 7000 });
		for (let i = 0; i < 10; i++) site.update();
		expect([site.image.value(rating), site.image.value(setting)]).toEqual([22_000, 9000]);
	});

	it("there is none on a site without a DER that feeds AC", () => {
		expect(derTotalsModels([{ image: new Image([{ id: 1 }, { id: 802 }]), phase: 1 }])).toEqual([]);
		const one = [{ image: new ComposedDer([101]).image, phase: 1 }];
		expect(derTotalsModels(one)).toEqual([{ id: 701 }, { id: 702 }]);
		expect(derTotalsProfile(one, { abilities: [], continuous: false }).acType).toBe("single");
	});
});
