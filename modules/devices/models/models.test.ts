import { describe, expect, it } from "vitest";
import { Image } from "../../sunspec/image";
import { leakageModel } from "./leakage";
import { plcModelOf } from "./plc";
import { relayModelOf } from "./relay";

describe("models of protection", () => {
	it("holds residual currents to a tenth of a milliampere", () => {
		const image = new Image([{ id: 1 }, leakageModel]);
		const dc = image.handle(64922, "ADC");
		expect(image.set(dc, 0.0058, 0, "good")).toBe(true);
		expect(image.registers.getInt32(2 * (image.point(dc)!.address - image.base))).toBe(58);
		expect(image.handle(64922, "EvtDirDC")).toBeGreaterThanOrEqual(0);
	});

	it("has a group for each relay", () => {
		const image = new Image([{ id: 1 }, relayModelOf(10)]);
		expect(image.handle(64923, "Cmd", "Ch[10]")).toBeGreaterThanOrEqual(0);
		expect(image.handle(64923, "Cmd", "Ch[11]")).toBe(-1);
		expect(image.value(image.handle(64923, "N"))).toBe(10);
	});

	it("has a variable for each address of a controller", () => {
		const image = new Image([{ id: 1 }, plcModelOf({ QX: 16, IX: 8, IW: 4, QW: 4, MW: 2, MD: 3, ML: 1 })]);
		const long = image.handle(64924, "V", "ML[1]");
		expect(image.set(long, 2 ** 40, 0, "good")).toBe(true);
		expect(image.value(long)).toBe(2 ** 40);
		expect(image.handle(64924, "V", "QX[16]")).toBeGreaterThanOrEqual(0);
		expect(image.handle(64924, "V", "IW[5]")).toBe(-1);
	});
});
