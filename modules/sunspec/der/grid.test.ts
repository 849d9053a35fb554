import { describe, expect, it } from "vitest";
import { ManualClock } from "../../base/manual-clock";
import { Image } from "../image";
import { Grid } from "./grid";
import { ModelBytes } from "./model-bytes";

/** What is seen of voltages of a 701, at a nominal voltage. */
function seen(values: Readonly<Record<string, number>>, vNom: number): readonly (number | undefined)[] {
	const image = new Image([{ id: 1 }, { id: 701 }]);
	const model = new ModelBytes(image, 701, new ManualClock());
	image.set(image.handle(701, "V_SF"), -1, 0, "good");
	image.set(image.handle(701, "Hz_SF"), -2, 0, "good");
	for (const [name, value] of Object.entries(values)) image.set(image.handle(701, name), value, 0, "good");
	const grid = new Grid(model);
	grid.read(vNom);
	return [grid.vPct, grid.lowPct, grid.highPct].map((one) => Number(one.toFixed(1)));
}

const none = Number.NaN;

describe("voltage in percent of VNom", () => {
	it.each([
		["single phase", { ACType: 0, LNV: 218.5 }, 230, [95, 95, 95]],
		["split phase", { ACType: 1, LLV: 240, VL1: 114, VL2: 126 }, 240, [100, 95, 105]],
		["three phases", { ACType: 2, LLV: 400, VL1: 230, VL2: 207, VL3: 253 }, 400, [100, 89.6, 109.6]],
		["three phases, to neutral only", { ACType: 2, LNV: 230.9 }, 400, [100, 100, 100]],
		["three phases, each alone", { ACType: 2, VL1: 230.9, VL2: 230.9, VL3: 242.5 }, 400, [102.5, 100, 105]],
		["nothing measured", { ACType: 2 }, 400, [none, none, none]],
		["no nominal voltage", { ACType: 2, LLV: 400 }, none, [none, none, none]],
		["kind of connection not known", { LNV: 230 }, 230, [none, none, none]],
		["a nominal voltage of another kind of connection", { ACType: 2, LNV: 230 }, 230, [none, none, none]],
		["no voltage", { ACType: 2, LLV: 0, VL1: 0, VL2: 0, VL3: 0 }, 400, [0, 0, 0]],
	])("%s", (_, values, vNom, expected) => {
		expect(seen(values, vNom)).toEqual(expected);
	});
});
