import { expect, test } from "vitest";
import { compileAndRun } from "../compile";

test("can core: filters, queues, states, bus-off, bits and rank of frames against models, slcan, frames of Linux", () => {
	const output = compileAndRun(["can/can_core.c", "can/slcan.c", "can/socketcan_frame.c", "can/core_test.c"]);
	expect(output).toMatch(/ 0 failures/);
}, 60_000);
