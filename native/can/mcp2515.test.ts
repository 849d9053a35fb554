import { expect, test } from "vitest";
import { describeWithPeers, python } from "../../test/peers";
import { compileAndRun } from "../compile";

const sources = ["can/can_core.c", "can/mcp2515_core.c", "standin/mcp2515_chip.c", "can/mcp2515_test.c"];

test("mcp2515: registers, filters, frames in order, errors and bus-off, against a simulated chip", () => {
	expect(compileAndRun(sources)).toMatch(/ 0 failures/);
}, 60_000);

describeWithPeers("mcp2515 against python-can", ["python"], () => {
	test("bit timings: bit rate and sample point as BitTiming computes them; what is refused cannot be had", async () => {
		const table = compileAndRun(sources, ["timing"]);
		const peer = python("mcp2515_timing.py", table.trim().split("\n"));
		expect(await peer.ended).toBe(0);
		const lines = peer.output().trim().split("\n");
		expect(lines).toEqual([
			"8000000 125000 125000 87.5 16",
			"8000000 250000 250000 87.5 16",
			"8000000 500000 500000 75.0 8",
			"16000000 125000 125000 87.5 16",
			"16000000 250000 250000 87.5 16",
			"16000000 500000 500000 87.5 16",
			"16000000 800000 800000 80.0 10",
			"16000000 1000000 1000000 75.0 8",
			"possible 8000000 125000 True",
			"possible 8000000 250000 True",
			"possible 8000000 500000 True",
			"impossible 8000000 800000 False",
			"impossible 8000000 1000000 False",
			"possible 16000000 125000 True",
			"possible 16000000 250000 True",
			"possible 16000000 500000 True",
			"possible 16000000 800000 True",
			"possible 16000000 1000000 True",
		]);
	}, 30_000);
});
