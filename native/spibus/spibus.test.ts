import { expect, test } from "vitest";
import { compileAndRun } from "../compile";

test("a shared SPI bus is opened once with all its pins, and closed by the last who leaves", () => {
	const output = compileAndRun(["spibus/spibus_esp32.c", "spibus/spibus_test.c"], [], { board: true });
	expect(output).toMatch(/^\d\d checks, 0 failures\n$/);
});
