import { describe, expect, it } from "vitest";
import { ClockChip } from "./clock-chip";

/** The chip's registers, and a crystal that a test moves. */
function chip(...registers: number[]) {
	const memory = new Uint8Array(19);
	memory.set(registers);
	const bus = {
		readBuffer: (register: number, buffer: Uint8Array) =>
			buffer.set(memory.subarray(register, register + buffer.length)),
		writeBuffer: (register: number, buffer: Uint8Array) => memory.set(buffer, register),
	};
	return { memory, clock: new ClockChip(bus) };
}

describe("DS3231", () => {
	it("reads its registers as the data sheet has them", () => {
		const { clock } = chip(0x59, 0x34, 0x23, 0x03, 0x24, 0x11, 0x26);
		expect(clock.read()).toBe(Date.UTC(2026, 10, 24, 23, 34, 59));
		// the century bit, and am and pm
		expect(chip(0, 0, 0x72, 1, 0x01, 0x81, 0x27).clock.read()).toBe(Date.UTC(2027, 0, 1, 12));
		expect(chip(0, 0, 0x52, 1, 0x01, 0x01, 0x27).clock.read()).toBe(Date.UTC(2027, 0, 1, 0));
		expect(chip(0, 0, 0x61, 1, 0x01, 0x01, 0x27).clock.read()).toBe(Date.UTC(2027, 0, 1, 13));
	});

	it("has no time once its crystal stood, until it is set", () => {
		const { memory, clock } = chip(0, 0, 0, 1, 0x24, 0x11, 0x26);
		memory[15] = 0x88;
		expect(clock.read()).toBeUndefined();
		const now = Date.UTC(2028, 1, 29, 17, 5, 9);
		clock.write(now + 499);
		expect(clock.read()).toBe(now);
		expect(memory[15]).toBe(0x08);
		// Tuesday is the third day of a week that begins on Sunday
		expect([...memory.subarray(0, 7)]).toEqual([0x09, 0x05, 0x17, 0x03, 0x29, 0x02, 0x28]);
	});

	it("takes no date that there is not", () => {
		expect(chip(0, 0, 0, 1, 0x31, 0x04, 0x26).clock.read()).toBeUndefined();
		expect(chip(0, 0, 0, 0, 0x00, 0x00, 0x00).clock.read()).toBeUndefined();
		expect(chip(0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0xff).clock.read()).toBeUndefined();
	});
});
