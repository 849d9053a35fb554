import { describe, expect, it } from "vitest";
import { toHex } from "../base/bytes";
import { Image } from "./image";
import { symbolName } from "./model";
import { pointAt } from "./place";

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

describe("handles", () => {
	it("are the same number for the same point, however it is named", () => {
		const image = new Image([{ id: 1 }, { id: 705, repeats: { NCrv: 3, NPt: 4 } }]);
		const handle = image.handle(705, "V", "Crv[2].Pt[3]");
		expect(image.handle(705, "V", "Crv[2].Pt", 3)).toBe(handle);
		expect(image.handleAt(image.point(handle)!.address)).toBe(handle);
		expect(image.handle(705, "Var", "Crv[2].Pt[3]")).not.toBe(handle);
		expect(image.handle(705, "ActPt", 2)).toBe(image.handle(705, "ActPt", "Crv[2]"));
		expect(image.handle(705, "ActPt", "Crv")).toBe(image.handle(705, "ActPt", "Crv[1]"));
	});

	it.each([
		["a model that is not there", 103, "W", "", undefined, 1],
		["a point that is not there", 705, "Watt", "", undefined, 1],
		["a point of another group", 705, "V", "", undefined, 1],
		["part of a name", 705, "SF", "", undefined, 1],
		["a group that is not there", 705, "V", "Curve", undefined, 1],
		["a group without its parent", 705, "V", "Pt[1]", undefined, 1],
		["instance 0", 705, "ActPt", "Crv", 0, 1],
		["an instance too many", 705, "ActPt", "Crv", 4, 1],
		["half an instance", 705, "ActPt", "Crv", 1.5, 1],
		["a broken path", 705, "ActPt", "Crv[2", undefined, 1],
		["a second model of the kind", 705, "Ena", "", undefined, 2],
	])("are -1 for %s", (_name, model, point, group, instance, occurrence) => {
		const image = new Image([{ id: 705, repeats: { NCrv: 3, NPt: 4 } }]);
		const handle = image.handle(model, point, group, instance, occurrence);
		expect(handle).toBe(-1);
		expect(image.set(handle, 1, 0, "good")).toBe(false);
		expect([image.value(handle), image.raw(handle), image.quality(handle), image.point(handle)]).toEqual([
			undefined,
			undefined,
			undefined,
			undefined,
		]);
		expect(image.timeMs(handle)).toBeNaN();
	});

	it("of nobody change nothing", () => {
		const image = meter();
		image.handle(213, "W");
		const before = new Uint8Array(image.registers.buffer.slice(0));
		for (const handle of [1, 7, 8, 1000]) expect(image.set(handle, 5, 0, "good")).toBe(false);
		expect(new Uint8Array(image.registers.buffer)).toEqual(before);
	});

	it("tell equal models apart", () => {
		const image = new Image([{ id: 1 }, { id: 701 }, { id: 701 }]);
		image.set(image.handle(701, "W", "", undefined, 1), 10, 0, "good");
		image.set(image.handle(701, "W", "", undefined, 2), -20, 0, "good");
		expect(image.value(image.handle(701, "W"))).toBe(10);
		expect(image.models.map(({ id, occurrence }) => `${id}.${occurrence}`)).toEqual(["1.1", "701.1", "701.2"]);
	});

	it("may be as many as there are points", () => {
		const image = new Image([{ id: 1 }, { id: 707, repeats: { NCrvSet: 3, NPt: 8 } }]);
		let count = 0;
		image.eachPoint((point) => {
			expect(image.handle(point.model.id, point.name, point.group)).toBeGreaterThanOrEqual(0);
			count++;
		});
		const numbers = Array.from({ length: count }, (_unused, handle) => handle);
		for (const handle of numbers) image.set(handle, handle % 7, handle, "good");
		expect(numbers.map((handle) => image.timeMs(handle))).toEqual(numbers);
		expect(new Set(numbers.map((handle) => image.point(handle)!.address)).size).toBe(count);
	});

	it("say what the table says", () => {
		const image = new Image([{ id: 802 }]);
		const { group, name, type, address, size, scale, unit, mandatory, writable, symbols } = image.point(
			image.handle(802, "State"),
		)!;
		expect({ group, name, type, address, size, scale, unit, mandatory, writable }).toEqual({
			group: "",
			name: "State",
			type: "enum16",
			address: 40002 + 22,
			size: 1,
			scale: undefined,
			unit: "",
			mandatory: true,
			writable: false,
		});
		expect([symbolName(symbols, 5), symbolName(symbols, 3), symbolName(symbols, 77)]).toEqual([
			"SOC PROTECTION",
			"CONNECTED",
			undefined,
		]);
	});
});

describe("repeating groups", () => {
	it("stand one after the other, nested ones inside, and are counted in the model", () => {
		const image = new Image([{ id: 705, repeats: { NCrv: 2, NPt: 3 } }]);
		expect(image.models[0]!.length).toBe(13 + 2 * (10 + 3 * 2));
		const count = (name: string) => image.value(image.handle(705, name));
		expect([count("NCrv"), count("NPt"), count("L")]).toEqual([2, 3, 45]);
		expect(image.point(image.handle(705, "Var", "Crv[2].Pt[3]"))!.address).toBe(40002 + 15 + 16 + 10 + 2 * 2 + 1);
	});

	it("are counted by N in older models that have it", () => {
		const image = new Image([{ id: 160, repeats: 4 }]);
		expect(image.value(image.handle(160, "N"))).toBe(4);
		expect(image.models[0]!.length).toBe(8 + 4 * 20);
	});

	it("may be none", () => {
		const image = new Image([{ id: 160 }]);
		expect(image.models[0]!.length).toBe(8);
		expect(image.handle(160, "DCW", 1)).toBe(-1);
	});

	it("take their scale factor from the group if it has one, else from the model", () => {
		const image = new Image([
			{ id: 133, repeats: 2 },
			{ id: 160, repeats: 1 },
		]);
		image.set(image.handle(133, "X_SF", 2), -2, 0, "good");
		image.set(image.handle(160, "DCW_SF"), 1, 0, "good");
		expect(image.scale(image.handle(133, "X1", 1))).toBe(0);
		expect(image.scale(image.handle(133, "X1", 2))).toBe(-2);
		expect(image.scale(image.handle(160, "DCW", 1))).toBe(1);
	});
});

describe("text", () => {
	it("is kept in the registers", () => {
		const image = meter();
		const serial = image.handle(1, "SN");
		expect(image.set(serial, "CN-0042", 0, "good")).toBe(true);
		expect(image.value(serial)).toBe("CN-0042");
		expect(image.set(serial, "x".repeat(40), 0, "good")).toBe(false);
		expect([image.value(serial), image.quality(serial)]).toEqual(["x".repeat(32), "suspect"]);
		expect(image.set(serial, undefined, 0, "good")).toBe(true);
		expect([image.value(serial), image.quality(serial)]).toEqual([undefined, "good"]);
	});

	it("is no number, and a number no text", () => {
		const image = meter();
		expect(image.set(image.handle(1, "SN"), 42, 0, "good")).toBe(false);
		expect(image.set(image.handle(213, "W"), "42", 0, "good")).toBe(false);
		expect(image.raw(image.handle(213, "W"))).toBeUndefined();
	});

	it("is an address in its usual spelling", () => {
		const image = new Image([{ id: 12 }]);
		const address = image.handle(12, "Addr");
		expect(image.point(address)!.type).toBe("string");
		const network = new Image([{ id: 11 }]);
		const mac = network.handle(11, "MAC");
		expect(network.set(mac, "00:1b:44:11:3a:b7", 0, "good")).toBe(true);
		expect(network.value(mac)).toBe("00:1B:44:11:3A:B7");
		expect(network.set(mac, "00:1b:44", 0, "good")).toBe(false);
		expect([network.value(mac), network.quality(mac)]).toEqual([undefined, "suspect"]);
	});
});

describe("64 bits", () => {
	it("take a BigInt whole, with a scale factor as far as a double goes", () => {
		const image = new Image([{ id: 701 }]);
		const energy = image.handle(701, "TotWhInj");
		expect(image.point(energy)!.type).toBe("uint64");
		expect(image.set(energy, 9007199254740993n, 0, "good")).toBe(true);
		expect(image.raw(energy)).toBe(9007199254740993n);
		image.set(image.handle(701, "TotWh_SF"), 3, 0, "good");
		expect(image.set(energy, 5_000n, 0, "good")).toBe(true);
		expect([image.raw(energy), image.value(energy)]).toEqual([5, 5000]);
		expect(image.set(energy, -5_000n, 0, "good")).toBe(false);
		expect(image.value(energy)).toBeUndefined();
	});
});

describe("time and quality", () => {
	it("takes NaN and undefined for no value, not for a bad one", () => {
		const image = meter();
		const power = image.handle(213, "W");
		for (const nothing of [Number.NaN, undefined]) {
			image.set(power, 5, 1, "good");
			expect(image.set(power, nothing, 2, "good")).toBe(true);
			expect([image.value(power), image.raw(power), image.quality(power)]).toEqual([undefined, undefined, "good"]);
		}
	});

	it("loses measured values with the device, and gets them back", () => {
		const image = new Image([{ id: 1 }, { id: 103 }, { id: 702 }]);
		const names = [image.handle(1, "Mn"), image.handle(103, "W_SF"), image.handle(702, "WMaxRtg")];
		const power = image.handle(103, "W");
		const unread = image.handle(103, "VA");
		image.set(names[0]!, "Maker", 1, "good");
		image.set(names[1]!, 1, 1, "good");
		image.set(names[2]!, 5000, 1, "good");
		image.set(power, 1230, 7, "good");
		image.lose(99);
		expect([image.value(power), image.raw(power), image.quality(power), image.timeMs(power), image.lostMs]).toEqual([
			undefined,
			undefined,
			"comms_lost",
			7,
			99,
		]);
		expect(names.map((handle) => image.value(handle))).toEqual(["Maker", 1, 5000]);
		expect(names.map((handle) => image.quality(handle))).toEqual(["good", "good", "good"]);
		expect(image.quality(unread)).toBeUndefined();
		// A late scale factor brings nothing back.
		image.set(names[1]!, 0, 100, "good");
		expect(image.raw(power)).toBeUndefined();
		image.set(power, 50, 101, "good");
		expect([image.value(power), image.raw(power), image.quality(power), image.timeMs(power)]).toEqual([
			50,
			50,
			"good",
			101,
		]);
	});

	it("keeps the last value of a lost number for who asks for it", () => {
		const image = meter();
		const power = image.handle(213, "W");
		image.set(power, 5, 1, "good");
		image.lose(2);
		expect([image.value(power), image.lastValue(power), image.timeMs(power)]).toEqual([undefined, 5, 1]);
		const energy = image.handle(213, "TotWhImp");
		expect(image.set(energy, 1234, 1, "comms_lost")).toBe(true);
		expect([image.value(energy), image.raw(energy), image.lastValue(energy)]).toEqual([undefined, undefined, 1234]);
		expect(image.lastValue(image.handle(213, "Hz"))).toBeUndefined();
	});

	it("loses one point alone", () => {
		const image = meter();
		const power = image.handle(213, "W");
		const current = image.handle(213, "A");
		image.set(power, 5, 1, "good");
		image.set(current, 2, 1, "good");
		image.losePoint(current);
		image.losePoint(image.handle(213, "Hz"));
		image.losePoint(-1);
		expect([image.value(power), image.value(current), image.raw(current)]).toEqual([5, undefined, undefined]);
		expect([image.quality(power), image.quality(current), image.timeMs(current)]).toEqual(["good", "comms_lost", 1]);
		expect(image.quality(image.handle(213, "Hz"))).toBeUndefined();
	});

	it("keeps time and quality when a scale factor changes, unless the value does not fit any more", () => {
		const image = new Image([{ id: 103 }]);
		const power = image.handle(103, "W");
		const small = image.handle(103, "Hz");
		image.set(power, 30_000, 3, "suspect");
		image.set(small, 50, 4, "good");
		image.set(image.handle(103, "W_SF"), -1, 9, "good");
		expect([image.value(power), image.quality(power), image.timeMs(power)]).toEqual([undefined, "suspect", 3]);
		image.set(image.handle(103, "Hz_SF"), -2, 9, "good");
		expect([image.raw(small), image.quality(small), image.timeMs(small)]).toEqual([5000, "good", 4]);
	});

	it("tells when a decode is complete", () => {
		const image = meter();
		const seen: number[] = [];
		image.commit();
		image.onCommit = (committed) => seen.push(committed.version);
		image.set(image.handle(213, "W"), 1, 0, "good");
		expect(seen).toEqual([]);
		image.commit();
		image.commit();
		expect(seen).toEqual([2, 3]);
	});
});

describe("registers taken over as bytes", () => {
	/** 713 as another device would send it: 12.00 kWh of 20, 61.5 %, no health, state 1. */
	const bytes = (words: readonly number[]): DataView => {
		const view = new DataView(new ArrayBuffer(2 * words.length + 3));
		words.forEach((word, i) => {
			view.setUint16(3 + 2 * i, word & 0xffff);
		});
		return view;
	};
	const capacity = [2000, 1200, 615, 0xffff, 1, 1, -1];

	it("give the values of points with handles, whichever came first: value or scale factor", () => {
		const image = new Image([{ id: 1 }, { id: 713 }]);
		const at = image.models[1]!.address + 2;
		const soc = image.handle(713, "SoC");
		const health = image.handle(713, "SoH");
		image.load(at, bytes(capacity), 3, 7, 50, "good");
		expect([image.value(soc), image.timeMs(soc), image.quality(soc)]).toEqual([61.5, 50, "good"]);
		expect([image.value(health), image.quality(health)]).toEqual([undefined, "good"]);
		expect(image.value(image.handle(713, "WHAvail"))).toBe(12_000);
		expect(image.value(image.handle(713, "Sta"))).toBe(1);
	});

	it("follow a scale factor that comes alone", () => {
		const image = new Image([{ id: 1 }, { id: 713 }]);
		const at = image.models[1]!.address + 2;
		const energy = image.handle(713, "WHRtg");
		image.load(at, bytes(capacity), 3, 5, 1, "good");
		expect(image.value(energy)).toBe(2000);
		image.load(at + 5, bytes(capacity), 13, 2, 2, "good");
		expect([image.value(energy), image.timeMs(energy)]).toEqual([20_000, 1]);
		image.load(at + 5, bytes([0x8000, 0]), 3, 2, 3, "good");
		expect(image.value(energy)).toBe(2000);
	});

	it("leave all else as it was, and are lost like other values", () => {
		const image = new Image([{ id: 1 }, { id: 713 }]);
		const soc = image.handle(713, "SoC");
		const before = toHex(new Uint8Array(image.registers.buffer));
		const at = image.models[1]!.address + 2;
		image.load(at + 2, bytes([400]), 3, 1, 7, "suspect");
		expect([image.value(soc), image.quality(soc)]).toEqual([400, "suspect"]);
		image.lose(9);
		expect([image.value(soc), image.quality(soc), image.timeMs(soc)]).toEqual([undefined, "comms_lost", 7]);
		expect(toHex(new Uint8Array(image.registers.buffer))).toBe(before);
	});

	it("can be read without a handle", () => {
		const image = new Image([{ id: 1 }, { id: 713 }]);
		const at = image.models[1]!.address + 2;
		image.load(at, bytes(capacity), 3, 7, 50, "good");
		const point = pointAt(image.models, at + 2)!;
		expect([image.valueOf(point), image.rawOf(point), image.knownHandle(at + 2)]).toEqual([61.5, 615, -1]);
	});
});
