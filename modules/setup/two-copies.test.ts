import { describe, expect, it } from "vitest";
import { FakeCopies } from "../../test/fakes/board";
import { utf8Decode, utf8Encode } from "../base/bytes";
import { crc32 } from "../base/crc";
import { TwoCopies } from "./two-copies";

const kMagic = 0x31415926;

function load(storage: FakeCopies): string | undefined {
	const bytes = new TwoCopies(storage, kMagic).load();
	return bytes && utf8Decode(bytes);
}

describe("two copies", () => {
	it("has the CRC-32 of IEEE 802.3", () => {
		const check = utf8Encode("123456789");
		expect(crc32(check)).toBe(0xcbf43926);
		expect(crc32(check, 4, 9, crc32(check, 0, 4))).toBe(0xcbf43926);
	});

	it("gives the newest, and keeps the one before", () => {
		const storage = new FakeCopies();
		const copies = new TwoCopies(storage, kMagic);
		expect(copies.load()).toBeUndefined();
		for (const text of ["one", "two", "three"]) copies.save(utf8Encode(text));
		expect(load(storage)).toBe("three");
		expect(utf8Decode(copies.before()!)).toBe("two");
		copies.erase();
		expect(load(storage)).toBeUndefined();
	});

	it("survives a loss of power at every byte of every write", () => {
		const storage = new FakeCopies();
		let last = "start";
		new TwoCopies(storage, kMagic).save(utf8Encode(last));
		for (let round = 0; round < 60; round++) {
			const text = `content ${round} ${"x".repeat(round % 7)}`;
			const length = 16 + text.length;
			storage.cutAfter = (round * 11) % (length + 1);
			const reached = storage.cutAfter;
			expect(() => new TwoCopies(storage, kMagic).save(utf8Encode(text))).toThrow("power");
			// all bytes or none: nothing in between, and never nothing
			if (reached === length) last = text;
			expect(load(storage), `cut after ${reached} of ${length}`).toBe(last);
		}
	});

	it("takes the other copy when any bit of the newest has changed", () => {
		const storage = new FakeCopies();
		const copies = new TwoCopies(storage, kMagic);
		copies.save(utf8Encode("old"));
		copies.save(utf8Encode("new"));
		const place = storage.places.findIndex((bytes) => bytes?.at(-1) === 0x77);
		const whole = storage.places[place]!;
		for (let bit = 0; bit < whole.length * 8; bit++) {
			storage.places[place] = whole.slice();
			storage.places[place]![bit >> 3]! ^= 1 << (bit & 7);
			const fresh = new TwoCopies(storage, kMagic);
			expect(utf8Decode(fresh.load()!), `bit ${bit}`).toBe("old");
			expect(fresh.damaged).toBe(1);
		}
	});

	it("writes over the damaged copy, never over the whole one", () => {
		const storage = new FakeCopies();
		new TwoCopies(storage, kMagic).save(utf8Encode("good"));
		storage.places[1] = new Uint8Array([1, 2, 3]);
		new TwoCopies(storage, kMagic).save(utf8Encode("next"));
		expect(utf8Decode(storage.places[0]!.subarray(16))).toBe("good");
		expect(load(storage)).toBe("next");
	});

	it("says so when a write did not take", () => {
		const storage = new FakeCopies();
		storage.write = () => {};
		expect(() => new TwoCopies(storage, kMagic).save(utf8Encode("x"))).toThrow("17 bytes did not read back");
	});

	it("does not take another kind of content", () => {
		const storage = new FakeCopies();
		new TwoCopies(storage, kMagic + 1).save(utf8Encode("other"));
		const copies = new TwoCopies(storage, kMagic);
		expect(copies.load()).toBeUndefined();
		expect(copies.damaged).toBe(1);
	});
});
