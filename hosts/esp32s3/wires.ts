import Digital from "embedded:io/digital";
import I2C from "embedded:io/i2c";
import type {
	DigitalClass,
	DigitalOptions,
	DigitalOutput,
	I2cClass,
	I2cDevice,
	I2cOptions,
	SpiClass,
	SpiDevice,
	SpiOptions,
} from "../../modules/base/wires";
import { board } from "./board";
import SPIDevice, { padLevel } from "./spi";
import { spiBus } from "./wiring";

/** Chips on I2C that are open, by address: the SDK refuses a second one at the same address, and the panel has one too. */
const chips = new Map<number, I2C>();

/** Chips on the pins of the relay bank. */
export const BoardI2C: I2cClass = class implements I2cDevice {
	readonly #chip: I2C;

	constructor({ port, address, hz }: I2cOptions) {
		checkPort(port);
		const { bank_data: data, bank_clock: clock } = board.pins;
		if (data === undefined || clock === undefined) throw new Error(`${board.title} has no I2C bus`);
		let chip = chips.get(address);
		if (!chip) chips.set(address, (chip = new I2C({ data, clock, hz, address })));
		this.#chip = chip;
	}

	read(buffer: Uint8Array): void {
		buffer.set(new Uint8Array(this.#chip.read(buffer.length)!));
	}

	write(buffer: Uint8Array): void {
		this.#chip.write(buffer);
	}

	/** The chip stays open for others. */
	close(): void {}
};

/** Metering chips on the bus of display and network chip. */
export const BoardSPI: SpiClass = class implements SpiDevice {
	readonly #chip: SPIDevice;

	constructor({ port, chip, hz, mode }: SpiOptions) {
		checkPort(port);
		const bus = spiBus(board.pins);
		const select = [board.pins.meter_1_select, board.pins.meter_2_select][chip];
		if (!bus || bus.in === undefined || select === undefined)
			throw new Error(`${board.title} has no meter chip ${chip + 1}`);
		this.#chip = new SPIDevice({ ...bus, select, hz, mode });
	}

	transfer(buffer: Uint8Array): void {
		this.#chip.transfer(buffer);
	}

	close(): void {
		this.#chip.close();
	}
};

/** The board's own relay. */
export const BoardDigital: DigitalClass = class implements DigitalOutput {
	readonly #pin: number;
	readonly #output: Digital;

	constructor({ port, pin }: DigitalOptions) {
		checkPort(port);
		const number = [board.pins.relay][pin];
		if (number === undefined) throw new Error(`${board.title} has no output ${pin + 1}`);
		this.#pin = number;
		this.#output = new Digital({ pin: number, mode: Digital.Output, initialValue: 0 });
	}

	write(value: number): void {
		this.#output.write(value);
	}

	/** The SDK's class reads no output. */
	read(): number {
		return padLevel(this.#pin);
	}

	close(): void {
		this.#output.close();
	}
};

function checkPort(port: string | number): void {
	if (port !== "board") throw new Error(`nothing is simulated on a board: ${port}`);
}
