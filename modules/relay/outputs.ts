import type { DigitalClass, DigitalOutput, I2cClass, I2cDevice } from "../base/wires";

/** Relay outputs of one chip or board. A bit is 1 while its relay is closed. All calls throw when the chip does not answer. */
export interface Outputs {
	/** As read back from the outputs. */
	closed(): number;
	/** Switches one, and leaves the others as they are. */
	set(bit: number, closed: boolean): void;
	/** Opens all. */
	openAll(): void;
	close(): void;
}

/** The fastest that the chip and the cable of its board bear. */
export const kI2cHz = 100_000;

/**
 * Relays behind a PCF8574, active low: at power-on its outputs are high and all relays open. What it holds is read from
 * its pins before a bit is changed, so that single outputs may have another master, as the alarm relay has.
 */
export class Pcf8574 implements Outputs {
	readonly #chip: Omit<I2cDevice, "close"> & { close?(): void };
	readonly #byte = new Uint8Array(1);

	constructor(chip: Omit<I2cDevice, "close"> & { close?(): void }) {
		this.#chip = chip;
	}

	static open(io: I2cClass, port: string | number, address: number): Pcf8574 {
		return new Pcf8574(new io({ port, address, hz: kI2cHz }));
	}

	closed(): number {
		this.#chip.read(this.#byte);
		return ~this.#byte[0]! & 0xff;
	}

	set(bit: number, closed: boolean): void {
		const others = this.closed() & ~(1 << bit);
		this.#write(closed ? others | (1 << bit) : others);
	}

	openAll(): void {
		this.#write(0);
	}

	close(): void {
		this.#chip.close?.();
	}

	#write(closed: number): void {
		this.#byte[0] = ~closed;
		this.#chip.write(this.#byte);
	}
}

/** Outputs on pins of the processor, active high: solid-state relays of the board. */
export class PinOutputs implements Outputs {
	readonly #pins: DigitalOutput[] = [];

	/** Opens `count` outputs of a port. Throws when there are fewer. */
	constructor(io: DigitalClass, port: string | number, count: number) {
		try {
			for (let pin = 0; pin < count; pin++) this.#pins.push(new io({ port, pin }));
		} catch (error) {
			this.close();
			throw error;
		}
	}

	closed(): number {
		return this.#pins.reduce((bits, pin, i) => (pin.read() === 0 ? bits : bits | (1 << i)), 0);
	}

	set(bit: number, closed: boolean): void {
		this.#pins[bit]!.write(closed ? 1 : 0);
	}

	openAll(): void {
		for (const pin of this.#pins) pin.write(0);
	}

	close(): void {
		for (const pin of this.#pins.splice(0)) pin.close();
	}
}
