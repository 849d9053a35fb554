import { expect, test } from "vitest";
import { compileAndRun } from "../compile";

test("rs485 core: vectors, causes, sending, 100,000 random sequences against a model, two threads", () => {
	const output = compileAndRun(["rs485/rs485_core.c", "rs485/core_test.c"], ["100000"]);
	expect(output).toContain("100000 random sequences");
	expect(output).toMatch(/ 0 failures/);
}, 60_000);
