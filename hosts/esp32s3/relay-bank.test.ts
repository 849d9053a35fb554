import { expect, it } from "vitest";
import { RelayBank } from "./relay-bank";

it("drives an active-low bank bit by bit, all off at first", () => {
	const written: number[] = [];
	let fails = false;
	const wire = {
		write: (bytes: Uint8Array) => {
			if (fails) throw new Error("no answer");
			written.push(...bytes);
		},
	};
	const bank = new RelayBank(wire);
	bank.write(0, 1);
	bank.write(7, 1);
	bank.write(0, 0);
	expect(written).toEqual([0xff, 0xfe, 0x7e, 0x7f]);
	fails = true;
	expect(() => bank.write(3, 1)).toThrow("no answer");
	fails = false;
	bank.write(7, 0);
	expect(written.at(-1)).toBe(0xf7);
	expect(() => bank.write(8, 1)).toThrow("invalid channel 8");
});
