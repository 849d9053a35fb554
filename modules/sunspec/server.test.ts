import { beforeEach, describe, expect, it } from "vitest";
import { fromHex, toHex } from "../base/bytes";
import { ManualClock } from "../base/manual-clock";
import { FRAME_BYTES, PDU_AT } from "../modbus/pdu";
import { respond } from "../modbus/respond";
import { Image } from "./image";
import { SunSpecSpace, type WrittenValue } from "./server";
import { defineModel } from "./vendor";

const vendor = defineModel(64901, {
	name: "everything",
	points: [
		{ name: "Sf", type: "sunssf" },
		{ name: "Limit", type: "uint16", sf: "Sf", units: "W", access: "RW" },
		{ name: "Energy", type: "uint32", access: "RW" },
		{
			name: "Mode",
			type: "enum16",
			access: "RW",
			symbols: [
				{ name: "OFF", value: 0 },
				{ name: "ON", value: 1 },
			],
		},
		{ name: "Bits", type: "bitfield16", access: "RW" },
		{ name: "Target", type: "float32", access: "RW" },
		{ name: "Name", type: "string", size: 4, access: "RW" },
		{ name: "Total", type: "uint64", access: "RW" },
		{ name: "Fixed", type: "uint16" },
		{ name: "Unused", type: "uint16", access: "RW" },
		{ name: "Gap", type: "pad" },
		{ name: "After", type: "int16", access: "RW" },
		{ name: "Host", type: "ipaddr", access: "RW" },
	],
	groups: [{ name: "Slot", count: 0, points: [{ name: "V", type: "uint16", access: "RW" }] }],
});

// Unit 5: model 1 at 40002, the vendor model at 40070, model 211 behind it.
const at = (name: string): number => 40070 + offsets.indexOf(name);
const offsets = [
	"ID",
	"L",
	"Sf",
	"Limit",
	"Energy",
	"",
	"Mode",
	"Bits",
	"Target",
	"",
	"Name",
	"",
	"",
	"",
	"Total",
	"",
	"",
	"",
	"Fixed",
	"Unused",
	"Gap",
	"After",
	"Host",
	"",
	"Slot1",
	"Slot2",
];
const meterAt = 40070 + offsets.length;
const end = meterAt + 126;

let image: Image;
let space: SunSpecSpace;
let asked: [string, WrittenValue][];
let acted: string[][];
let answer: number;
const clock = new ManualClock();

beforeEach(() => {
	asked = [];
	acted = [];
	answer = 0;
	image = new Image([{ id: 1 }, { id: 64901, text: vendor, repeats: 2 }, { id: 211 }]);
	space = new SunSpecSpace({
		clock,
		onWrite: (unit, of, point, value) => {
			expect([unit, of]).toEqual([5, image]);
			asked.push([point.name, value]);
			return answer;
		},
		onCheck: (_unit, _of, points, values) => {
			const limit = points.findIndex((point) => point.name === "Limit");
			const mode = points.findIndex((point) => point.name === "Mode");
			return limit >= 0 && mode >= 0 && values[limit] === 0 && values[mode] === 1 ? 3 : 0;
		},
		onWritten: (_unit, _of, points) => acted.push(points.map((point) => point.name)),
	});
	space.add(5, image);
	const set = (name: string, value: WrittenValue, group = "") =>
		image.set(image.handle(64901, name, group), value, 1, "good");
	set("Sf", 1);
	set("Limit", 5000);
	set("Energy", 70_000);
	set("Mode", 0);
	set("Bits", 3);
	set("Target", 1.5);
	set("Name", "pole");
	set("Total", 1);
	set("Fixed", 9);
	set("After", -4);
	set("Host", "10.0.0.1");
	set("V", 1, "Slot[1]");
	set("V", 2, "Slot[2]");
	image.set(image.handle(1, "Mn"), "Maker", 1, "good");
});

/** The reply registers as hex, or the exception. */
function read(unit: number, address: number, count: number): string | number {
	const out = new DataView(new ArrayBuffer(300), 10);
	const exception = space.readRegisters(unit, false, address, count, out, 9);
	return exception === 0 ? toHex(new Uint8Array(out.buffer, 19, 2 * count), "") : exception;
}

function write(unit: number, address: number, hex: string): number {
	const bytes = fromHex(`a5a5a5${hex}`);
	return space.writeRegisters(unit, address, (bytes.length - 3) / 2, new DataView(bytes.buffer), 3);
}

const all = (): string => toHex(new Uint8Array(image.registers.buffer), "");

describe("reading", () => {
	it("serves any span, across points, models and the end", () => {
		expect(read(5, 40000, 2)).toBe("53756e53");
		expect(read(5, 40000, 125)).toBe(all().slice(0, 500));
		expect(read(5, end, 2)).toBe("ffff0000");
		expect(read(5, end + 1, 1)).toBe("0000");
		expect(read(5, at("Energy") + 1, 1)).toBe("1170");
		for (let from = 0; from < image.length; from++) {
			for (const count of [1, 2, 7, 125]) {
				const hex = read(5, 40000 + from, count);
				expect(hex).toBe(from + count > image.length ? 2 : all().slice(4 * from, 4 * (from + count)));
			}
		}
	});

	it.each([
		["below the map", 5, 39999, 1, 2],
		["from below the map", 5, 39999, 5, 2],
		["address 0", 5, 0, 2, 2],
		["address 50000", 5, 50000, 2, 2],
		["behind the end model", 5, end + 2, 1, 2],
		["beyond the end model", 5, end, 3, 2],
		["the last address", 5, 65535, 1, 2],
		["unit 0", 0, 40000, 2, 0x0b],
		["unit 1, which is not there", 1, 40000, 2, 0x0b],
		["unit 247", 247, 40000, 2, 0x0b],
		["unit 255", 255, 40000, 2, 0x0b],
		["an address outside of a unit that is not there", 6, 3, 2, 0x0b],
	])("refuses %s", (_name, unit, address, count, exception) => {
		expect(read(unit, address, count)).toBe(exception);
	});

	it("has no input registers", () => {
		expect(space.readRegisters(5, true, 40000, 2, new DataView(new ArrayBuffer(8)), 0)).toBe(1);
	});

	it("follows units that come and go", () => {
		expect([space.hasUnit(5), space.hasUnit(6)]).toEqual([true, false]);
		space.add(6, new Image([{ id: 1 }], { base: 0 }));
		expect([space.hasUnit(6), read(6, 0, 2), read(6, 40000, 2)]).toEqual([true, "53756e53", 2]);
		space.remove(6);
		expect([space.hasUnit(6), read(6, 0, 2)]).toEqual([false, 0x0b]);
	});
});

describe("writing", () => {
	it.each<[string, string, string, WrittenValue]>([
		["a scaled number", "Limit", "012c", 3000],
		["32 bits", "Energy", "00020000", 131072],
		["an enumeration", "Mode", "0001", 1],
		["a bit field", "Bits", "7fff", 0x7fff],
		["a float", "Target", "c2280000", -42],
		["text", "Name", "4100000000000000", "A"],
		["empty text", "Name", "0000000000000000", ""],
		["64 bits", "Total", "0020000000000001", 9007199254740993n],
		["a negative number", "After", "ffff", -1],
		["an address", "Host", "c0a80001", "192.168.0.1"],
		["a point of a group", "Slot2", "0007", 7],
	])("takes %s, reads it back at once and says so", (_name, point, hex, value) => {
		clock.advance(10);
		const before = image.version;
		expect(write(5, at(point), hex)).toBe(0);
		expect(read(5, at(point), hex.length / 4)).toBe(hex);
		const name = point === "Slot2" ? "V" : point;
		expect(asked).toEqual([[name, value]]);
		expect(acted).toEqual([[name]]);
		const handle = image.handleAt(at(point));
		expect([image.timeMs(handle), image.quality(handle)]).toEqual([clock.now(), "good"]);
		expect(image.version).toBe(before + 1);
	});

	it("takes several points in one request, and acts once", () => {
		expect(write(5, at("Limit"), `0064 00000005 0001 0002`)).toBe(0);
		expect(asked).toEqual([
			["Limit", 1000],
			["Energy", 5],
			["Mode", 1],
			["Bits", 2],
		]);
		expect(acted).toEqual([["Limit", "Energy", "Mode", "Bits"]]);
		expect(read(5, at("Limit"), 5)).toBe("0064000000050001" + "0002");
	});

	const refused: [string, number, number, string, number][] = [
		["SunS itself", 5, 40000, "53756e53", 2],
		["a model id", 5, 40002, "0001", 2],
		["a model length", 5, at("L"), "0020", 2],
		["a manufacturer", 5, 40004, "00".repeat(32), 2],
		["a point that is not implemented in model 1", 5, 40068, "0001", 2],
		["a scale factor", 5, at("Sf"), "0000", 2],
		["a read-only point", 5, at("Fixed"), "0001", 2],
		["a point that is not implemented", 5, at("Unused"), "0001", 2],
		["a pad", 5, at("Gap"), "0000", 2],
		["the end model", 5, end, "0001", 2],
		["a measured value", 5, meterAt + 2, "3f800000", 2],
		["below the map", 5, 39999, "0001", 2],
		["from below the map", 5, 39999, "00010001", 2],
		["behind the map", 5, end + 2, "0001", 2],
		["beyond the end of the map", 5, end + 1, "00010001", 2],
		["address 0", 5, 0, "0001", 2],
		["address 65535", 5, 65535, "0001", 2],
		["the high half of 32 bits", 5, at("Energy"), "0001", 2],
		["the low half of 32 bits", 5, at("Energy") + 1, "0001", 2],
		["half a float", 5, at("Target"), "3f80", 2],
		["the second half of a float and what follows", 5, at("Target") + 1, "00004100000000000000", 2],
		["a point and half of the next", 5, at("Limit"), "00010000", 2],
		["half of a point and the next", 5, at("Energy") + 1, "00050001", 2],
		["part of a string", 5, at("Name"), "41004200", 2],
		["the end of a string", 5, at("Name") + 1, "410042004300", 2],
		["a quarter of 64 bits", 5, at("Total") + 3, "0001", 2],
		["three quarters of 64 bits", 5, at("Total"), "000000000001", 2],
		["half an address", 5, at("Host"), "c0a8", 2],
		["writable points and a read-only one behind", 5, at("Total"), "00000000000000050001", 2],
		["writable points and one that is not implemented", 5, at("After") - 2, "000000000001", 2],
		["writable points with a pad between", 5, at("Unused"), "000180000001", 2],
		["a read-only point in front", 5, at("Sf"), "00010064", 2],
		["the last point of a model and the id of the next", 5, at("Slot2"), "000100d3", 2],
		["a number's not-implemented code", 5, at("Limit"), "ffff", 3],
		["a signed number's not-implemented code", 5, at("After"), "8000", 3],
		["the not-implemented code of 32 bits", 5, at("Energy"), "ffffffff", 3],
		["the not-implemented code of 64 bits", 5, at("Total"), "ff".repeat(8), 3],
		["an enumeration's not-implemented code", 5, at("Mode"), "ffff", 3],
		["a value the enumeration does not have", 5, at("Mode"), "0002", 3],
		["a bit field with its top bit", 5, at("Bits"), "8001", 3],
		["NaN", 5, at("Target"), "7fc00000", 3],
		["another NaN", 5, at("Target"), "ff800001", 3],
		["text that is not UTF-8", 5, at("Name"), "c328000000000000", 3],
		["no address", 5, at("Host"), "00000000", 3],
		["good values and a bad one behind", 5, at("Limit"), "00640000000500020001", 3],
		["a bad value and good ones behind", 5, at("Limit"), "ffff0000000500010001", 3],
		["unit 0", 0, at("Limit"), "0001", 0x0b],
		["a unit that is not there", 6, at("Limit"), "0001", 0x0b],
		["unit 255", 255, at("Limit"), "0001", 0x0b],
	];

	it.each(refused)("refuses %s and changes nothing", (_name, unit, address, hex, exception) => {
		const before = all();
		const version = image.version;
		expect(write(unit, address, hex)).toBe(exception);
		expect(all()).toBe(before);
		expect([image.version, acted, asked]).toEqual([version, [], []]);
	});

	it("is all or nothing when the owner refuses", () => {
		const before = all();
		answer = 4;
		expect(write(5, at("Limit"), "006400000005")).toBe(4);
		expect([all(), acted]).toEqual([before, []]);
		expect(asked).toEqual([["Limit", 1000]]);
	});

	it("is all or nothing when the values do not go together", () => {
		const before = all();
		expect(write(5, at("Limit"), "0000000000050001")).toBe(3);
		expect([all(), acted]).toEqual([before, []]);
		expect(write(5, at("Limit"), "0000000000050000")).toBe(0);
		expect(acted).toEqual([["Limit", "Energy", "Mode"]]);
	});

	it("is refused for a device that does not answer", () => {
		image.lose(5);
		expect(write(5, at("Limit"), "0064")).toBe(0x0b);
	});

	it("is refused everywhere without an owner", () => {
		const readOnly = new SunSpecSpace({ clock });
		readOnly.add(5, image);
		expect(readOnly.writeRegisters(5, at("Limit"), 1, new DataView(fromHex("0064").buffer), 0)).toBe(2);
	});

	it("leaves no state behind where it is refused", () => {
		const fresh = new Image([{ id: 1 }, { id: 64901, text: vendor, repeats: 2 }, { id: 211 }]);
		space.add(5, fresh);
		for (let address = 40000; address < end + 2; address++) expect(write(5, address, "0001")).not.toBe(0);
		// The next handle still is a low number: points that are read-only got none.
		expect(fresh.handle(211, "W")).toBeLessThan(12);
	});
});

describe("20,000 random requests", () => {
	it("never throw, and change the points they name and no others", () => {
		let state = 20261124;
		const random = (below: number): number => {
			state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
			return Math.floor((state / 4294967296) * below);
		};
		let taken = 0;
		for (let n = 0; n < 20_000; n++) {
			const unit = [5, 5, 5, 5, 5, 5, 0, 1, 247, 255][random(10)]!;
			const address =
				random(4) === 0 ? random(65536) : random(2) === 0 ? at("Limit") + random(22) : 40000 + random(image.length + 4);
			const count = 1 + random(random(2) === 0 ? 2 : 8);
			if (random(4) === 0) {
				const answer = read(unit, address, count);
				if (typeof answer === "number") expect([2, 0x0b]).toContain(answer);
				continue;
			}
			const before = all();
			const hex = Array.from({ length: count }, () =>
				random(3) === 0 ? "ffff" : random(65536).toString(16).padStart(4, "0"),
			).join("");
			const exception = write(unit, address, hex);
			expect([0, 2, 3, 0x0b]).toContain(exception);
			const from = 4 * (address - 40000);
			const whole = exception === 0 ? before.slice(0, from) + hex + before.slice(from + hex.length) : before;
			// Text is kept up to its NUL, a NaN never gets in: all else is there as it was sent.
			if (exception !== 0 || address < at("Name") - 8 || address >= at("Total")) expect(all()).toBe(whole);
			if (exception === 0) taken++;
		}
		expect(taken).toBeGreaterThan(100);
	});
});

describe("as a Modbus server answers", () => {
	const exchange = (hex: string): string => {
		const request = new Uint8Array(FRAME_BYTES);
		const reply = new Uint8Array(FRAME_BYTES);
		const pdu = fromHex(hex);
		request.set(pdu, PDU_AT);
		const length = respond(
			space,
			5,
			{ request, reply, requestView: new DataView(request.buffer), replyView: new DataView(reply.buffer) },
			pdu.length,
		);
		return toHex(reply.subarray(PDU_AT, PDU_AT + length), "");
	};

	it.each([
		["reads SunS", "03 9c40 0002", "0304" + "53756e53"],
		["reads 125 registers", "03 9c40 007d", /^03fa53756e53/],
		["refuses 126", "03 9c40 007e", "8303"],
		["refuses none", "03 9c40 0000", "8303"],
		["refuses a span that ends behind 65535", "03 ffff 0002", "8302"],
		["refuses input registers", "04 9c40 0002", "8401"],
		["refuses coils", "01 9c40 0002", "8101"],
		["writes one register", `06 ${(40073).toString(16)} 0064`, `06${(40073).toString(16)}0064`],
		["refuses one register of two", `06 ${(40074).toString(16)} 0064`, "8602"],
		["refuses a byte count that is wrong", `10 ${(40073).toString(16)} 0001 03 0064`, "9003"],
		["names maker, model and version", "2b 0e 01 00", /4d616b6572/],
	])("%s", (_name, request, reply) => {
		expect(exchange(request)).toMatch(typeof reply === "string" ? new RegExp(`^${reply}$`) : reply);
	});
});
