/** The I2C class as it is used here: each write is one transfer to the address it was opened with. */
export interface BankWire {
	write(buffer: Uint8Array): void;
}

/**
 * Relays behind a PCF8574, active low: at power-on its outputs are high and all relays off. The bank's boards number their
 * channels from either end of the byte: here a channel is the bit.
 */
export class RelayBank {
	#wire: BankWire;
	#outputs = Uint8Array.of(0xff);

	/** Switches all relays off: a restart of the hub does not reset the bank. */
	constructor(wire: BankWire) {
		this.#wire = wire;
		wire.write(this.#outputs);
	}

	/** One relay, 0 to 7: 1 closes it. Throws when the bank does not answer; the next write then says it again. */
	write(channel: number, value: 0 | 1): void {
		if (!(channel >= 0 && channel <= 7)) throw new RangeError(`invalid channel ${channel}`);
		const bit = 1 << channel;
		this.#outputs[0] = value ? this.#outputs[0]! & ~bit : this.#outputs[0]! | bit;
		this.#wire.write(this.#outputs);
	}
}
