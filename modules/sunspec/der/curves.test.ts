import { describe, expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock";
import { Image, type ModelSpec } from "../image";
import { curveFault } from "./curve-check";
import { fillCurves } from "./curve-defaults";
import { curveModels } from "./curve-forms";
import { Curves } from "./curves";

const specs: Readonly<Record<number, ModelSpec>> = {
	705: { id: 705, repeats: { NCrv: 3, NPt: 4 } },
	706: { id: 706, repeats: { NCrv: 3, NPt: 2 } },
	707: { id: 707, repeats: { NCrvSet: 3, NPt: 5 } },
	708: { id: 708, repeats: { NCrvSet: 3, NPt: 5 } },
	709: { id: 709, repeats: { NCrvSet: 3, NPt: 5 } },
	710: { id: 710, repeats: { NCrvSet: 3, NPt: 5 } },
	711: { id: 711, repeats: { NCtl: 3 } },
	712: { id: 712, repeats: { NCrv: 3, NPt: 6 } },
};

function rig(id: number, storage = false) {
	const clock = new ManualClock();
	const image = new Image([{ id: 1 }, specs[id]!]);
	const curves = new Curves(image, id, clock);
	fillCurves(curves, { storage, nominalHz: 50 });
	return { clock, image, curves };
}

describe.each(curveModels)("model %i", (id) => {
	test("all of its curves are valid from the start, and every point is there", () => {
		const { image, curves } = rig(id);
		for (let curve = 1; curve <= 3; curve++) expect(curveFault(curves, curves.curveAt(curve))).toBeUndefined();
		image.eachPoint((point) => {
			if (point.model.id === id) expect(image.rawOf(point), `${point.group}.${point.name}`).not.toBeUndefined();
		});
		expect(curves.curveAt(4)).toBe(image.models[1]!.length + 2);
	});
});
