/** The DERs of sites/der.json, as they are declared to the conformance test: what a PICS says of a product. */
import type { DeclaredDer } from "./suite";

export interface TestedDer extends DeclaredDer {
	/** In the tables of the documentation. */
	readonly title: string;
	/** Ids of procedures that have nothing to test here, and why in the test's own words. */
	readonly absent: Readonly<Record<string, RegExp>>;
}

const single = "as it is";

const noCurves = /no model with curves/;
const withoutCurves = {
	"CRV-1": noCurves,
	"CRV-2": noCurves,
	"CRV-3": noCurves,
	"MOD-4": /no curve models/,
};

/** Of a hybrid of Sol-Ark or Deye: no curves, the storage tells and takes nothing, ramps are its own. */
function hybrid(der: Pick<TestedDer, "name" | "title" | "unit" | "common">, ac: number, values: DeclaredDer["values"]) {
	return {
		...der,
		models: [
			...[1, 701, 701, 702, 704, 713, 714, 715],
			...[ac, ac + 10, 120, 121, 122, 123, 124, 160, 802, 64910, 64911],
		],
		missing: [`${ac}.TmpCab`, `${ac + 10}.TmpCab`],
		values: {
			"1.DA": single,
			"124.WChaGra": single,
			"124.WDisChaGra": single,
			"802.AlmRst": single,
			"802.SetOp": single,
			"802.SetInvState": single,
			...values,
		},
		absent: withoutCurves,
	} as const;
}

/** A hybrid that cannot be told a power factor or reactive power. */
const noReactive = { "123.OutPFSet": single, "123.OutPFSet_Ena": single, "123.VArPct_Ena": single } as const;

/** The power factors that a Sol-Ark has codes for. */
const factors = [0.8, 0.85, 0.9, 0.95, 1];

export const testedDers: readonly TestedDer[] = [
	{
		name: "inverter",
		title: "Inverter",
		unit: 10,
		models: [
			...[1, 701, 702, 703, 704, 705, 706, 707, 708, 709, 710, 711, 712, 714, 715],
			...[103, 113, 120, 121, 122, 123, 160],
		],
		common: { SN: "PV-1000010" },
		values: { "1.DA": single },
		absent: {},
	},
	{
		name: "battery",
		title: "Battery",
		unit: 20,
		models: [
			...[1, 701, 702, 703, 704, 705, 706, 707, 708, 709, 710, 711, 712, 713, 714, 715],
			...[103, 113, 120, 121, 122, 123, 124, 802],
		],
		common: { SN: "BAT-1000020" },
		// nothing until it has discharged
		missing: ["113.WH?"],
		values: { "1.DA": single },
		absent: {},
	},
	{
		name: "solar",
		title: "Solar controller",
		unit: 30,
		models: [1, 714, 160, 403, 404, 501, 502, 64111, 64112],
		common: { SN: "CC-1000030" },
		values: { "1.DA": single },
		absent: {
			...withoutCurves,
			"REV-1": /no reversion timer/,
			"REV-2": /no reversion timer/,
			"REV-3": /no reversion timer/,
			"MB-1": /no two neighbours/,
			"EXC-1": /no enumeration/,
		},
	},
	hybrid({ name: "deye", title: "Deye, single phase", unit: 41, common: {} }, 101, noReactive),
	hybrid({ name: "sol-ark", title: "Sol-Ark 12K, split phase", unit: 42, common: {} }, 102, {
		"704.PFWInj.PF": factors,
		"704.PFWInjRvrt.PF": factors,
		"704.PFWAbs.PF": factors,
		"704.PFWAbsRvrt.PF": factors,
		"123.OutPFSet": factors,
		"704.VarSetMod": [0, 1, 3, 4],
		"123.VArPct_Mod": [1, 2],
	}),
	hybrid({ name: "sol-ark-hv", title: "Sol-Ark, three phase", unit: 43, common: {} }, 103, noReactive),
];
