import { expect, test } from "vitest";
import { compileAndRun } from "../compile";

test("buttons core: windows, debounce, holding, stuck, several at once, random samples against a model", () => {
	expect(compileAndRun(["buttons/buttons_core.c", "buttons/core_test.c"])).toMatch(/ 0 failures/);
}, 60_000);
