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
import { Pcf8574 } from "../../modules/relay/outputs";
import { board } from "./board";
import SPIDevice, { padLevel } from "./spi";
import { spiBus } from "./wiring";

/** The board's chips on I2C and SPI and its relay, as a site's buses open them, and the alarm relay among them. */
export class BoardWires {
	readonly I2C: I2cClass;
	readonly SPI: SpiClass;
	readonly Digital: DigitalClass;
	/** Open chips by address: the SDK refuses a second one at the same address. */
	readonly #chips = new Map<number, I2C>();
	#relay: Digital | undefined;
	/** The site has the relay: it is no alarm relay then. */
	#relayIsTaken = false;

	constructor() {
		const wires = this;
		this.I2C = class implements I2cDevice {
			readonly #chip: I2C;

			constructor({ port, address, hz }: I2cOptions) {
				checkPort(port);
				this.#chip = wires.#chipAt(address, hz);
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
		this.SPI = class implements SpiDevice {
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
		this.Digital = class implements DigitalOutput {
			readonly #pin: number;

			constructor({ port, pin }: DigitalOptions) {
				checkPort(port);
				const number = [board.pins.relay][pin];
				if (number === undefined) throw new Error(`${board.title} has no output ${pin + 1}`);
				this.#pin = number;
				wires.#relayIsTaken = true;
				wires.#output(number).write(0);
			}

			write(value: number): void {
				wires.#output(this.#pin).write(value === 0 ? 0 : 1);
			}

			/** The SDK's class reads no output. */
			read(): number {
				return padLevel(this.#pin);
			}

			/** The pin stays an output, and as it is. */
			close(): void {}
		};
	}

	/** The panel's relay: the board's own unless a site switches that, or one of the bank. Undefined: the board has none. */
	alarmRelay(): { write(value: 0 | 1): void } | undefined {
		const { relay, bank_data, bank_clock } = board.pins;
		if (relay !== undefined) {
			this.#output(relay);
			return { write: (value) => (this.#relayIsTaken ? undefined : this.#output(relay).write(value)) };
		}
		if (bank_data === undefined || bank_clock === undefined) return undefined;
		const bank = Pcf8574.open(this.I2C, "board", board.bankAddress);
		bank.set(board.bankChannel, false);
		return { write: (value) => bank.set(board.bankChannel, value === 1) };
	}

	#chipAt(address: number, hz: number): I2C {
		const { bank_data: data, bank_clock: clock } = board.pins;
		if (data === undefined || clock === undefined) throw new Error(`${board.title} has no I2C bus`);
		let chip = this.#chips.get(address);
		if (!chip) this.#chips.set(address, (chip = new I2C({ data, clock, hz, address })));
		return chip;
	}

	#output(pin: number): Digital {
		return (this.#relay ??= new Digital({ pin, mode: Digital.Output, initialValue: 0 }));
	}
}

function checkPort(port: string | number): void {
	if (port !== "board") throw new Error(`nothing is simulated on a board: ${port}`);
}
