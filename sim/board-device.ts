import { clearsOnRead, Register } from "../modules/atm90e32/registers";
import type { RecordSpec } from "../modules/base/record";
import type { SpiClass, SpiDevice, SpiOptions } from "../modules/base/wires";
import { recordPayload } from "./record-payload";
import { RowValues, type RowValuesOptions } from "./row-values";

/**
 * A metering board that shows what the rows of its table say, register by register: for the contract that every table
 * keeps. `fault` "silent" takes its chips away. How a real chip counts and forgets is in atm90e32.ts.
 */
export class TabledMeterBoard {
	readonly values: RowValues;
	fault: { readonly kind: string } | undefined;
	readonly SPI: SpiClass;
	readonly #now: () => number;
	readonly #records: readonly RecordSpec[];

	constructor(options: RowValuesOptions, now: () => number) {
		this.values = new RowValues(options);
		this.#now = now;
		this.#records = options.table.records ?? [];
		const board = this;
		this.SPI = class implements SpiDevice {
			readonly #chip: number;
			#last = 0;
			#metering = 0;

			constructor({ chip }: SpiOptions) {
				this.#chip = chip & 1;
			}

			transfer(buffer: Uint8Array): void {
				if (board.fault) {
					buffer.fill(0xff);
					return;
				}
				const register = buffer[1]!;
				if (buffer[0]! & 0x80) {
					if (register === Register.meterEn) this.#last = this.#metering;
					else if (register !== Register.lastSpiData) this.#last = board.register(this.#chip, register);
					buffer[2] = this.#last >> 8;
					buffer[3] = this.#last;
				} else {
					this.#last = (buffer[2]! << 8) | buffer[3]!;
					if (register === Register.meterEn) this.#metering = this.#last;
				}
			}

			close(): void {}
		};
	}

	/** A register as the record that holds it says; energies in tenths of a pulse, and not cleared. */
	register(chip: number, register: number): number {
		const name = register.toString(16).padStart(2, "0");
		for (const record of this.#records) {
			const [own, list] = String(record.key).split(":");
			const at = Number(own) === chip ? list!.split(" ").indexOf(name) : -1;
			const payload = at < 0 ? undefined : recordPayload(this.values, record, this.#now());
			if (payload === undefined) continue;
			const value = (payload[2 * at]! << 8) | payload[2 * at + 1]!;
			return clearsOnRead(register) ? Math.round(value / 10) : value;
		}
		return 0;
	}
}
