/** What pysunspec2 reads from the models that are composed, by values worked out by hand. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { toHex } from "../modules/base/bytes";
import { ComposedDer, scales } from "./adapters/composed";
import { describeWithPeers, root, run, temporaryFolder } from "./peers";

interface Answer {
	computed: Record<string, string>;
	error: string;
}

/** A 10 kW inverter with two strings that speaks the older models, half way down a sunny day. */
function inverter(): ComposedDer {
	const der = new ComposedDer([103, 120, { id: 160, repeats: 2 }], {
		abilities: ["energize", "limitW"],
		continuous: true,
	});
	der.give(120, { WRtg_SF: 1, WRtg: 10_000, VARtg_SF: 1, VARtg: 10_000, ARtg_SF: -1, ARtg: 14.5 });
	der.give(103, scales).give(103, { W: 7314, VA: 7401, VAr: -1120, PF: 98.83, A: 32.1, Hz: 49.97, WH: 81_234_567 });
	der.give(103, { AphA: 10.7, AphB: 10.8, AphC: 10.6, PhVphA: 231.4, PhVphB: 230.2, PhVphC: 232 });
	der.give(103, { PPVphAB: 400.1, PPVphBC: 400.6, PPVphCA: 401.2, St: 4, Evt1: 0, TmpCab: 47.3 });
	der.give(160, { DCA_SF: -2, DCV_SF: -1, DCW_SF: 0, DCWH_SF: 0 });
	der.give(160, { "module[1].DCA": 6.41, "module[1].DCV": 602.5, "module[1].DCW": 3862, "module[1].DCSt": 4 });
	return der.give(160, { "module[2].DCA": 6.03, "module[2].DCV": 598.1, "module[2].DCW": 3606, "module[2].DCSt": 4 });
}

/** A battery that speaks the newer models, charging. */
function battery(): ComposedDer {
	const der = new ComposedDer([701, 702, 713, { id: 714, repeats: 1 }], { kind: "battery", acType: "single" });
	der.give(701, { W_SF: 0, VA_SF: 0, Var_SF: 0, PF_SF: -2, A_SF: -1, V_SF: -1, Hz_SF: -2, TotWh_SF: 2 });
	der.give(701, { W: -2300, VA: 2310, Var: 15, PF: -0.99, A: -10, LNV: 230.1, Hz: 50.03, TotWhInj: 456_700, InvSt: 3 });
	der.give(702, { W_SF: 1, WMaxRtg: 5000, WChaRteMaxRtg: 4600, WDisChaRteMaxRtg: 5000 });
	der.give(713, { WH_SF: 1, Pct_SF: 0, WHRtg: 15_360, SoC: 62, SoH: 96, Sta: 0 });
	der.give(714, { DCA_SF: -1, DCV_SF: -2, DCW_SF: 0, "Prt[1].PrtTyp": 1, "Prt[1].DCSta": 1 });
	return der.give(714, { "Prt[1].DCA": -42.4, "Prt[1].DCV": 53.17, "Prt[1].DCW": -2254 });
}

/** OutBack's charge controller. */
function solar(): ComposedDer {
	const der = new ComposedDer([64111], { kind: "solar", ratings: { maxW: 4800 } });
	der.give(64111, { V_SF: -1, A_SF: -1, P_SF: 0, AH_SF: 0, KWH_SF: -1, BattV: 54.1, ArrayV: 142.3, OutputA: 44.4 });
	return der.give(64111, { InputA: 17, ChargerSt: 3, OutputW: 2402, LifeTimeKWHOut: 8765 });
}

const ders = { inverter, battery, solar };
type Name = keyof typeof ders;

const expected: Record<Name, Record<number, Record<string, number | string>>> = {
	inverter: {
		701: {
			...{ ACType: 2, W: 7314, VA: 7401, Var: -1120, PF: 0.988, A: 32.1, LLV: 400.6, LNV: 231.2, Hz: 49.97, St: 1 },
			...{ InvSt: 3, ConnSt: 1, TotWhInj: 81_234_567, TmpCab: 47.3, AL2: 10.8, VL3: 232, VL3L1: 401.2, Alrm: 0 },
		},
		702: { WMaxRtg: 10_000, VAMaxRtg: 10_000, AMaxRtg: 14.5, VNomRtg: 230, WMax: 10_000 },
		714: {
			...{ NPrt: 2, DCA: 12.44, DCW: 7468, "Prt[1].DCV": 602.5, "Prt[2].DCA": 6.03, "Prt[2].DCW": 3606 },
			...{ "Prt[1].IDStr": "PV 1", "Prt[2].DCSta": 1 },
		},
		113: { W: 7314, PF: 98.83, AphC: 10.6, WH: 81_234_567, St: 4 },
		121: { WMax: 10_000, VRef: 230, VAMax: 10_000 },
		122: { PVConn: 7, StorConn: 0, ECPConn: 1, ActWh: 81_234_567 },
	},
	battery: {
		101: { W: -2300, VA: 2310, VAr: 15, PF: 99, A: 10, Hz: 50.03, WH: 456_700, St: 4, PhVphA: 230.1, DCV: 53.2 },
		111: { W: -2300, Hz: 50.03, DCA: 42.4, DCW: -2254 },
		120: { DERTyp: 82, WRtg: 5000, WHRtg: 15_360, MaxChaRte: 4600, MaxDisChaRte: 5000 },
		124: { ChaState: 62, WChaMax: 4600, ChaSt: 4, InBatV: 53.2 },
		802: {
			SoC: 62,
			SoH: 96,
			WHRtg: 15_360,
			V: 53.2,
			A: -42.4,
			W: -2254,
			ChaSt: 4,
			State: 3,
			WChaRteMax: 4600,
			DoD: 38,
		},
	},
	solar: {
		714: { DCW: 17, "Prt[1].DCW": 2419, "Prt[1].DCV": 142.3, "Prt[2].DCA": -44.4, "Prt[2].DCW": -2402 },
		160: { N: 1, "module[1].DCA": 17, "module[1].DCV": 142.3, "module[1].DCWH": 8_765_000, "module[1].DCSt": 5 },
		404: { N: 1, "string[1].InDCA": 17, "string[1].InDCW": 2419, DCWh: 8_765_000 },
		501: { Stat: 5, InV: 142.3, OutA: 44.4, OutV: 54.1, OutW: 2402 },
		502: { Stat: 5, InA: 17, InW: 2419, OutA: 44.4, OutPw: 2402, OutWh: 8_765_000 },
	},
};

describeWithPeers("composed models and pysunspec2", ["python"], () => {
	const folder = temporaryFolder();
	const built = Object.fromEntries(Object.entries(ders).map(([name, make]) => [name, make().update()]));
	const answers = new Map<string, Answer>();

	beforeAll(async () => {
		const cases: { key: string; id: number; bytes: string }[] = [];
		for (const [name, { image, added }] of Object.entries(built)) {
			for (const place of image.models) {
				if (!added.some(({ id }) => id === place.id)) continue;
				const start = 2 * (place.address - image.base);
				const bytes = toHex(new Uint8Array(image.registers.buffer, start, 2 * (place.length + 2)), "");
				cases.push({ key: `${name} ${place.id}`, id: place.id, bytes });
			}
		}
		const file = join(folder.path, "cases.json");
		writeFileSync(file, JSON.stringify(cases.map(({ id, bytes }) => ({ id, bytes }))));
		const output = await run(join(root, ".venv/bin/python"), [join(root, "test/peers/sunspec_models.py"), file]);
		const { results } = JSON.parse(output) as { results: Answer[] };
		for (const [i, { key }] of cases.entries()) answers.set(key, results[i]!);
	});
	afterAll(() => folder.remove());

	for (const [name, models] of Object.entries(expected)) {
		it.each(Object.entries(models))(`${name}: model %s`, (id, points) => {
			const { computed, error } = answers.get(`${name} ${id}`)!;
			expect(error).toBe("");
			for (const [point, value] of Object.entries(points)) {
				const read = computed[point];
				if (typeof value === "string") expect(read, point).toBe(value);
				else expect(Math.abs(Number(read) - value), point).toBeLessThanOrEqual(1e-7 * Math.abs(value));
			}
		});
	}

	it.each(Object.keys(ders))("%s: they read in every composed point what we do", (name) => {
		const { image, added } = built[name]!;
		let compared = 0;
		image.eachPoint((point) => {
			if (!added.some(({ id }) => id === point.model.id)) return;
			const ours = image.valueOf(point);
			if (typeof ours !== "number") return;
			const path = point.group === "" ? point.name : `${point.group}.${point.name}`;
			const theirs = Number(answers.get(`${name} ${point.model.id}`)!.computed[path]);
			expect(Math.abs(theirs - ours), `${point.model.id}.${path}`).toBeLessThanOrEqual(1e-9 * Math.abs(ours));
			compared++;
		});
		expect(compared).toBeGreaterThan(80);
	});
});
