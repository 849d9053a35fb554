import { describe, expect, it } from "vitest";
import { FakeOled } from "../../test/fakes/oled";
import { ManualClock } from "../base/manual-clock";
import { Canvas } from "./canvas";
import { textFont } from "./font";
import { Sh1106 } from "./sh1106";

function bench(chip: "sh1106" | "ssd1306" = "sh1106", extra: { turned?: boolean; select?: boolean } = {}) {
	const oled = new FakeOled(chip);
	const clock = new ManualClock();
	const part = (role: string) => ({ io: oled.io as never, role });
	const display = new Sh1106({
		spi: part("spi"),
		dc: part("dc"),
		reset: part("reset"),
		...(extra.select ? { select: part("select") } : {}),
		...(extra.turned ? { turned: true } : {}),
		chip,
		clock,
	});
	return { oled, clock, display };
}

function sample(): Canvas {
	const canvas = new Canvas(128, 64);
	canvas.text(textFont, 3, 2, "Akello 1.24 kW");
	canvas.box(0, 0, 128, 64);
	canvas.fill(117, 57, 5, 3);
	return canvas;
}

/** As rows, from the canvas alone. */
function rowsOf({ dots }: Canvas): string[] {
	return Array.from({ length: 64 }, (_, y) =>
		Array.from({ length: 128 }, (_, x) => (dots[16 * y + (x >> 3)]! & (0x80 >> (x & 7)) ? "#" : ".")).join(""),
	);
}

describe("SH1106 display", () => {
	it.each([
		["sh1106", {}],
		["ssd1306", {}],
		["sh1106", { select: true }],
	] as const)("shows on a %s %o what was drawn, the noise of its RAM gone", (chip, extra) => {
		const { oled, clock, display } = bench(chip, extra);
		display.draw(sample().dots);
		expect(oled.bytes).toBe(0);
		expect(oled.on).toBe(false);
		clock.advance(10);
		expect(oled.complaints).toEqual([]);
		expect({ on: oled.on, pump: oled.pump, multiplex: oled.multiplex }).toEqual({
			on: true,
			pump: true,
			multiplex: 63,
		});
		expect(oled.picture()).toEqual(rowsOf(sample()));
		expect(clock.pending).toBe(0);
	});

	it("starts dark without a picture, and is turned on only once its RAM is clean", () => {
		const { oled, clock } = bench();
		clock.advance(1.5);
		expect(oled.on).toBe(false);
		clock.advance(1);
		expect(oled.on).toBe(true);
		expect(new Set(oled.picture())).toEqual(new Set([".".repeat(128)]));
	});

	it("turns the picture for a module that is built in upside down", () => {
		const { oled, clock, display } = bench("sh1106", { turned: true });
		display.draw(sample().dots);
		clock.advance(10);
		const upside = rowsOf(sample()).map((row) => [...row].reverse().join(""));
		expect(oled.picture()).toEqual(upside.reverse());
	});

	it("sends only the pages that have changed, each of 128 columns", () => {
		const { oled, clock, display } = bench();
		const canvas = sample();
		display.draw(canvas.dots);
		clock.advance(10);
		oled.pages.clear();
		oled.bytes = 0;
		display.draw(canvas.dots);
		expect(oled.bytes).toBe(0);
		canvas.fill(60, 20, 1, 1);
		canvas.fill(60, 47, 1, 1);
		display.draw(canvas.dots);
		expect([...oled.pages]).toEqual([2, 5]);
		expect(oled.bytes).toBe(2 * (3 + 128));
		expect(oled.picture()).toEqual(rowsOf(canvas));
	});

	it("dims, goes off and comes back with its picture", () => {
		const { oled, clock, display } = bench();
		display.brightness(1);
		display.draw(sample().dots);
		clock.advance(10);
		const dim = oled.contrast;
		expect(oled.on).toBe(true);
		display.brightness(0);
		expect(oled.on).toBe(false);
		display.brightness(2);
		expect(oled.on).toBe(true);
		expect(oled.contrast).toBeGreaterThan(4 * dim);
		expect(oled.picture()).toEqual(rowsOf(sample()));
	});

	it("closes before its reset is over, twice, and gives everything back", () => {
		const { oled, clock, display } = bench();
		display.close();
		display.close();
		expect(clock.pending).toBe(0);
		expect(oled.opened).toBe(0);
		const late = bench();
		late.clock.advance(10);
		expect(late.oled.opened).toBe(3);
		late.display.close();
		expect(late.oled.on).toBe(false);
		expect(late.oled.opened).toBe(0);
	});

	it("closes what was open when a pin is taken", () => {
		const oled = new FakeOled();
		class Taken {
			constructor() {
				throw new Error("in use");
			}
			write() {}
		}
		const part = (role: string) => ({ io: oled.io as never, role });
		const clock = new ManualClock();
		expect(() => new Sh1106({ spi: { io: Taken as never }, dc: part("dc"), reset: part("reset"), clock })).toThrow(
			"in use",
		);
		expect(oled.opened).toBe(0);
		expect(clock.pending).toBe(0);
	});
});
