import { describe, expect, it } from "vitest";
import { abbAcs355Acs380 } from "../modules/devices/tables/abb-acs355-acs380";
import { deltaMs300 } from "../modules/devices/tables/delta-ms300";
import { huanyangHy } from "../modules/devices/tables/huanyang-hy";
import { schneiderAtv } from "../modules/devices/tables/schneider-atv12-312-320";
import { yaskawaV1000Ga500 } from "../modules/devices/tables/yaskawa-v1000-ga500";
import { squall, storm } from "./drive-storm";

describe("in a storm of lost, repeated, late and overtaken frames a motor starts once for a fresh command, and stops", () => {
	it.each([deltaMs300, abbAcs355Acs380, schneiderAtv, yaskawaV1000Ga500].map((table) => [table.id, table] as const))(
		"%s",
		(_id, table) => {
			for (const [seed, lifeMs] of [
				[1, 500],
				[2, 3000],
			] as const) {
				const options = { lifeMs, watchdogS: 2 + (3 * lifeMs) / 1000 };
				expect(squall(table, seed, 40, options).mistakes, `squall ${seed}`).toEqual([]);
				const { mistakes, accepted, motorStarts } = storm(table, seed, 300, options);
				expect(mistakes, `seed ${seed}`).toEqual([]);
				// so that there was something to be mistaken about
				expect(accepted).toBeGreaterThan(10);
				expect(motorStarts).toBeGreaterThan(10);
			}
		},
	);

	it("huanyang-hy, which has a line of its own and no time-out", () => {
		const options = { lifeMs: 500, line: true };
		expect(squall(huanyangHy, 1, 40, options).mistakes).toEqual([]);
		const { mistakes, accepted } = storm(huanyangHy, 1, 300, options);
		expect(mistakes).toEqual([]);
		expect(accepted).toBeGreaterThan(10);
	});
});
