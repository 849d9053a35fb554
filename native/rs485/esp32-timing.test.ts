import { expect, test } from "vitest";
import { compileAndRun, rs485Board } from "../compile";

// what must hold is at the top of the program
test("rs485 on the device: frames end at T3.5, nothing splits or joins, errors, driver enable; 20,000 random sequences", () => {
	const output = compileAndRun([...rs485Board, "rs485/esp32_timing_test.c"], ["20000"], { board: true });
	expect(output).toContain("sequences 20000 transactions 2000 latest 30 us");
	expect(output).toMatch(/ 0 failures/);
}, 60_000);

test("rs485 on the device: interrupts as late as a character at 115200 baud (80 us): frames stay whole", () => {
	const output = compileAndRun([...rs485Board, "rs485/esp32_timing_test.c"], ["5000", "80"], { board: true });
	expect(output).toMatch(/ 0 failures/);
}, 60_000);
