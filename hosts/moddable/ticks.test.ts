import { describe, expect, it } from "vitest";
import { Ticks } from "./ticks";

describe("ticks", () => {
	it("counts on when the device's signed counter turns negative and when it comes around", () => {
		const ticks = new Ticks(0x7fffff00);
		expect(ticks.read(0x7fffffff)).toBe(255);
		expect(ticks.read(-0x80000000)).toBe(256);
		expect(ticks.read(-1)).toBe(256 + 0x7fffffff);
		expect(ticks.read(0)).toBe(257 + 0x7fffffff);
	});

	it("stands still while a wall clock steps back, and goes on from there", () => {
		const ticks = new Ticks(1_800_000_000_000);
		expect(ticks.read(1_800_000_000_500)).toBe(500);
		expect(ticks.read(1_799_999_000_000)).toBe(500);
		expect(ticks.read(1_799_999_000_020)).toBe(520);
	});
});
