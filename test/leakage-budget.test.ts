import { describe, expect, it } from "vitest";
import { kBudgetMs } from "../bench/leakage";
import { cases, measure } from "../bench/leakage-cases";

/** What limits a wiring that cannot keep the budget, in ms: how long its reads take (docs/protection.md). */
const limits: Record<string, number> = {
	"RCMB300 on a line of its own, relay on another, factory settings": 100,
	"RGU-100A on a line of its own, relay among busy meters": 100,
	"RGU-100A on a line of its own, relay among silent meters": 100,
	"all on one line of 9600 baud": 200,
};

describe("residual current at the sensor to relay command on its bus", () => {
	it.each(cases)("$name", (one) => {
		const { worstMs, frameMs } = measure(one, 12);
		if (one.bound) expect(worstMs).toBeLessThan(kBudgetMs + frameMs);
		else expect(worstMs).toBeLessThan(limits[one.name]!);
		// the sensor's answer is on the wire first
		expect(worstMs).toBeGreaterThan(5);
	});

	it("holds for wirings with a line for the sensor, and for one fast line", () => {
		expect(cases.filter(({ bound }) => bound)).toHaveLength(5);
		expect(Object.keys(limits)).toEqual(cases.filter(({ bound }) => !bound).map(({ name }) => name));
	});
});
