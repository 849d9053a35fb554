import { kDefaultBoard } from "../modules/atm90e32/settings";
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
} from "../modules/base/wires";
import { type PhaseInput, SimAtm90e32 } from "./atm90e32";
import { SimPcf8574 } from "./pcf8574";

export interface SimBoardOptions {
	now: () => number;
	/** Metering boards of two chips on the SPI bus. Default 3. */
	meterBoards?: number;
	/** Outputs on pins. Default 2. */
	pins?: number;
	/** What the channels of a metering board measure, 0 to 5. Default: six loads of a small house. */
	channel?: (board: number, channel: number) => PhaseInput;
}

/** What a board has beside its lines: chips on I2C and SPI, outputs on pins. Each is there when it is first opened. */
export class SimBoard {
	readonly #options: SimBoardOptions;
	readonly #banks = new Map<number, SimPcf8574>();
	readonly #meters = new Map<number, SimAtm90e32>();
	/** Levels of the outputs. */
	readonly levels: number[] = [];
	readonly I2C: I2cClass;
	readonly SPI: SpiClass;
	readonly Digital: DigitalClass;

	constructor(options: SimBoardOptions) {
		this.#options = options;
		const board = this;
		this.I2C = class implements I2cDevice {
			readonly #chip: SimPcf8574;

			constructor({ port, address }: I2cOptions) {
				checkPort(port);
				this.#chip = board.bank(address);
			}

			read(buffer: Uint8Array): void {
				this.#chip.read(buffer);
			}

			write(buffer: Uint8Array): void {
				this.#chip.write(buffer);
			}

			close(): void {}
		};
		this.SPI = class implements SpiDevice {
			readonly #chip: SimAtm90e32;

			constructor({ port, chip }: SpiOptions) {
				checkPort(port);
				if (chip >= 2 * (options.meterBoards ?? 3)) throw new Error(`no chip select ${chip}`);
				this.#chip = board.meter(chip);
			}

			transfer(buffer: Uint8Array): void {
				this.#chip.transfer(buffer);
			}

			close(): void {}
		};
		this.Digital = class implements DigitalOutput {
			readonly #pin: number;

			constructor({ port, pin }: DigitalOptions) {
				checkPort(port);
				if (pin >= (options.pins ?? 2)) throw new Error(`no output ${pin}`);
				this.#pin = pin;
				board.levels[pin] ??= 0;
			}

			write(value: number): void {
				board.levels[this.#pin] = value;
			}

			read(): number {
				return board.levels[this.#pin]!;
			}

			close(): void {}
		};
	}

	/** The relay bank at an I2C address. */
	bank(address: number): SimPcf8574 {
		let bank = this.#banks.get(address);
		if (!bank) this.#banks.set(address, (bank = new SimPcf8574()));
		return bank;
	}

	/** A metering chip, by its chip select. */
	meter(chip: number): SimAtm90e32 {
		let meter = this.#meters.get(chip);
		if (!meter) {
			const { now, channel = houseChannel } = this.#options;
			const inputs = [0, 1, 2].map((phase) => channel(chip >> 1, 3 * (chip & 1) + phase));
			const voltageGain = kDefaultBoard.voltageGains[chip & 1]!;
			const currentGains = kDefaultBoard.currentGains.slice(3 * (chip & 1), 3 * (chip & 1) + 3);
			this.#meters.set(chip, (meter = new SimAtm90e32({ now, inputs, voltageGain, currentGains })));
		}
		return meter;
	}
}

/** What a site asks of the real board is not played: nobody would see that it was. */
function checkPort(port: string | number): void {
	if (!String(port).startsWith("sim:")) throw new Error("this is no board");
}

/** Lights, a stove, a pump, sockets, a roof that feeds in, nothing. */
function houseChannel(_board: number, channel: number): PhaseInput {
	const watts = [120, 1500, 400, 650, -900, 0][channel]!;
	return { volts: 229 + channel / 2, amperes: Math.abs(watts) / 220, watts, vars: 0.1 * Math.abs(watts) };
}
