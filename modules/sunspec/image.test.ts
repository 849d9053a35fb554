import { describe, expect, it } from "vitest";
import { Image } from "./image";

const meter = () => new Image([{ id: 1 }, { id: 213 }]);

describe("the map", () => {
	it("is SunS, the models with their lengths, the end model", () => {
		const { registers, length, models } = meter();
		expect(registers.getUint32(0)).toBe(0x53756e53);
		expect([registers.getUint16(4), registers.getUint16(6)]).toEqual([1, 66]);
		expect([registers.getUint16(2 * 70), registers.getUint16(2 * 71)]).toEqual([213, 124]);
		expect([registers.getUint16(2 * (length - 2)), registers.getUint16(2 * (length - 1))]).toEqual([0xffff, 0]);
		expect(models.map((model) => [model.id, model.address, model.length])).toEqual([
			[1, 40002, 66],
			[213, 40070, 124],
		]);
	});

	it("starts with everything not implemented", () => {
		const image = meter();
		expect(image.registers.getUint32(2 * 72)).toBe(0x7fc00000);
		expect(image.registers.getUint16(2 * 4)).toBe(0);
		expect(image.value(image.handle(213, "W"))).toBeUndefined();
		expect(image.quality(image.handle(213, "W"))).toBeUndefined();
		expect(image.timeMs(image.handle(213, "W"))).toBeNaN();
	});

	it("may start elsewhere", () => {
		expect(new Image([{ id: 1 }], { base: 0 }).models[0]!.address).toBe(2);
	});

	it.each([
		["an unknown model", () => new Image([{ id: 999 }]), /models: 999/],
		["a count that is none", () => new Image([{ id: 160, repeats: -1 }]), /repeats: -1/],
		["half a group", () => new Image([{ id: 160, repeats: { module: 1.5 } }]), /repeats: 1.5/],
		["more than the addresses hold", () => new Image([{ id: 160, repeats: 1300 }]), /65535/],
	])("refuses %s", (_name, make, message) => {
		expect(make).toThrow(message);
	});
});

describe("values", () => {
	it("keeps the exact value beside the bytes", () => {
		const image = meter();
		const energy = image.handle(213, "TotWhImp");
		expect(image.set(energy, 123_456_789, 5, "good")).toBe(true);
		expect(image.value(energy)).toBe(123_456_789);
		expect(image.raw(energy)).toBe(Math.fround(123_456_789));
		expect([image.timeMs(energy), image.quality(energy)]).toEqual([5, "good"]);
	});

	it("applies the scale factor, before or after the value came", () => {
		const image = new Image([{ id: 1 }, { id: 103 }]);
		const voltage = image.handle(103, "PhVphA");
		image.set(voltage, 230.37, 1, "good");
		expect(image.raw(voltage)).toBe(230);
		image.set(image.handle(103, "V_SF"), -1, 1, "good");
		expect([image.raw(voltage), image.value(voltage), image.scale(voltage)]).toEqual([2304, 230.37, -1]);
		image.set(voltage, 229.95, 2, "good");
		expect(image.raw(voltage)).toBe(2300);
	});

	it("says so when a value does not fit, and shows none", () => {
		const image = new Image([{ id: 1 }, { id: 103 }]);
		const power = image.handle(103, "W");
		image.set(power, 5, 1, "good");
		expect(image.set(power, 40_000, 2, "good")).toBe(false);
		expect([image.raw(power), image.value(power), image.quality(power), image.timeMs(power)]).toEqual([
			undefined,
			undefined,
			"suspect",
			2,
		]);
		image.set(image.handle(103, "W_SF"), 1, 2, "good");
		expect(image.set(power, 40_000, 3, "good")).toBe(true);
		expect([image.raw(power), image.quality(power)]).toEqual([4000, "good"]);
	});
});
