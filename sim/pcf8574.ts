import type { I2cDevice } from "../modules/base/wires";

/** A PCF8574: its eight pins are as they were written, unless something pulls one low. */
export class SimPcf8574 implements I2cDevice {
	/** All bytes written so far. */
	readonly written: number[] = [];
	/** Nobody answers at its address. */
	missing = false;
	/** Pins that something outside holds low: a relay that sticks. */
	pulledLow = 0;
	#latch = 0xff;

	read(buffer: Uint8Array): void {
		if (this.missing) throw new Error("no answer");
		buffer[0] = this.#latch & ~this.pulledLow;
	}

	write(buffer: Uint8Array): void {
		if (this.missing) throw new Error("no answer");
		this.#latch = buffer[0]!;
		this.written.push(this.#latch);
	}

	close(): void {}

	/** The supply dips: all outputs are high again. */
	brownOut(): void {
		this.#latch = 0xff;
	}

	/** Closed relays as bits. */
	get closed(): number {
		return ~this.#latch & 0xff;
	}
}
