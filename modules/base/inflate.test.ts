/** Against zlib, which has nothing of ours in it. */
import { constants, deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Dice } from "../../sim/dice";
import { inflate } from "./inflate";

const kMost = 100_000;

/** Bytes as they occur: random ones, a few values, words again and again. */
function sample(dice: Dice): Uint8Array {
	const values = [2, 16, 256][dice.below(3)]!;
	const bytes = new Uint8Array(dice.below(3000));
	for (let i = 0; i < bytes.length; i++) {
		const back = i > 40 && dice.below(4) === 0 ? 1 + dice.below(40) : 0;
		bytes[i] = back > 0 ? bytes[i - back]! : dice.below(values);
	}
	return bytes;
}

const ways = [
	{ level: 0 },
	{ level: 1 },
	{ level: 9 },
	{ level: 6, strategy: constants.Z_FIXED },
	{ level: 6, strategy: constants.Z_HUFFMAN_ONLY },
	{ level: 6, strategy: constants.Z_RLE },
];

describe.each(ways)("what zlib has compressed with %j", (way) => {
	it("comes out as it was", () => {
		for (let seed = 1; seed <= 60; seed++) {
			const bytes = sample(new Dice(seed));
			const packed = new Uint8Array(deflateRawSync(bytes, way));
			expect(Buffer.from(inflate(packed, kMost)).equals(Buffer.from(bytes)), `seed ${seed}`).toBe(true);
		}
	});
});

it("takes back more than its first buffer, up to the limit and not beyond", () => {
	const bytes = new Uint8Array(20_000).fill(7);
	const packed = new Uint8Array(deflateRawSync(bytes));
	expect(inflate(packed, 20_000)).toEqual(bytes);
	expect(() => inflate(packed, 19_999)).toThrow("more than 19999 bytes");
});

it("ends on damaged data with bytes or an error of its own, never otherwise", () => {
	const whole = new Uint8Array(deflateRawSync(Buffer.from("a meter, a drive, a charger, a meter".repeat(9))));
	let refused = 0;
	for (let seed = 1; seed <= 4000; seed++) {
		const dice = new Dice(seed);
		const spoiled = whole.slice(0, dice.below(2) === 0 ? whole.length : dice.below(whole.length));
		for (let n = dice.below(3); n >= 0 && spoiled.length > 0; n--)
			spoiled[dice.below(spoiled.length)] = dice.below(256);
		try {
			expect(inflate(spoiled, kMost).length).toBeLessThanOrEqual(kMost);
		} catch (error) {
			expect(error).toMatchObject({ code: "bad-data" });
			refused++;
		}
	}
	expect(refused).toBeGreaterThan(2000);
});
