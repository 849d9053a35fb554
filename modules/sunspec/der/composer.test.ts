import { describe, expect, it } from "vitest";
import { Image, type ModelSpec } from "../image";
import { Composer } from "./composer";
import { derMap, derModels } from "./layout";
import type { DerProfile } from "./profile";

const profile: DerProfile = { kind: "inverter", abilities: [], continuous: false };

function build(present: readonly ModelSpec[], given: Partial<DerProfile> = {}) {
	const own = { ...profile, ...given };
	const added = derModels(present, own);
	const image = new Image(derMap(present, added));
	const composer = new Composer({ image, profile: own, present, added });
	const set = (model: number, values: Record<string, number>, group = "", timeMs = 1000) => {
		for (const [name, value] of Object.entries(values)) {
			const handle = image.handle(model, name, group);
			if (handle < 0) throw new Error(`${model}.${name}`);
			image.set(handle, value, timeMs, "good");
		}
	};
	const value = (model: number, name: string, group = "") => {
		let found: number | bigint | string | undefined;
		image.eachPoint((point) => {
			if (point.model.id === model && point.name === name && point.group === group) found = image.valueOf(point);
		});
		return found;
	};
	return { image, composer, set, value, added };
}

describe("newer models from older ones", () => {
	it("701 from 103", () => {
		const { composer, set, value } = build([{ id: 1 }, { id: 103 }, { id: 120 }]);
		set(120, { WRtg_SF: 1, WRtg: 10_000, VARtg_SF: 1, VARtg: 10_000 });
		set(103, { W_SF: 0, VA_SF: 0, VAr_SF: 0, PF_SF: -1, A_SF: -1, V_SF: -1, Hz_SF: -2, WH_SF: 0, Tmp_SF: -1 });
		set(103, { W: 5000, VA: 5100, VAr: -1005, PF: -98, A: 22.2, AphA: 7.4, AphB: 7.5, AphC: 7.3, Hz: 50.02 });
		set(103, { PhVphA: 229, PhVphB: 230, PhVphC: 231.6, PPVphAB: 398, PPVphBC: 399, PPVphCA: 400, WH: 123_456 });
		set(103, { St: 4, Evt1: 1 << 7, TmpCab: 41.5 });
		composer.update(2000);
		const points = [
			"W",
			"VA",
			"Var",
			"PF",
			"A",
			"AL1",
			"AL3",
			"Hz",
			"LNV",
			"LLV",
			"VL3",
			"VL2L3",
			"TotWhInj",
			"TmpCab",
		];
		expect(points.map((name) => value(701, name))).toEqual([
			5000, 5100, -1005, 0.98, 22.2, 7.4, 7.3, 50.02, 230.2, 399, 231.6, 399, 123_456, 41.5,
		]);
		const states = ["ACType", "St", "InvSt", "ConnSt", "Alrm", "DERMode"];
		expect(states.map((name) => value(701, name))).toEqual([2, 1, 3, 1, 128, 1]);
		expect(value(113, "W")).toBe(5000);
		expect(value(702, "WMaxRtg")).toBe(10_000);
	});
});
