import { expect, it } from "vitest";
import { SimPcf8574 } from "../../sim/pcf8574";
import { Pcf8574, PinOutputs } from "./outputs";

it("drives an active-low bank bit by bit, and leaves bits of others alone", () => {
	const chip = new SimPcf8574();
	const bank = new Pcf8574(chip);
	bank.set(0, true);
	bank.set(7, true);
	bank.set(0, false);
	expect(chip.written).toEqual([0xfe, 0x7e, 0x7f]);
	new Pcf8574(chip).set(3, true);
	bank.set(1, true);
	expect(bank.closed()).toBe(0b1000_1010);
	bank.openAll();
	expect(chip.written.at(-1)).toBe(0xff);
	expect(bank.closed()).toBe(0);
	chip.missing = true;
	expect(() => bank.set(3, true)).toThrow("no answer");
});

it("reads the pads of pins back, and lets go what it opened when one is missing", () => {
	const levels = [0, 0];
	let open = 0;
	class Digital {
		readonly pin: number;
		constructor({ pin }: { pin: number }) {
			if (pin > 1) throw new Error(`no output ${pin}`);
			this.pin = pin;
			open++;
		}
		write(value: number): void {
			levels[this.pin] = value;
		}
		read(): number {
			return levels[this.pin]!;
		}
		close(): void {
			open--;
		}
	}
	const pins = new PinOutputs(Digital, "board", 2);
	pins.set(1, true);
	expect(levels).toEqual([0, 1]);
	levels[0] = 1;
	expect(pins.closed()).toBe(3);
	pins.openAll();
	expect(levels).toEqual([0, 0]);
	pins.close();
	expect(() => new PinOutputs(Digital, "board", 3)).toThrow("no output 2");
	expect(open).toBe(0);
});
