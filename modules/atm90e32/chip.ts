/**
 * One ATM90E32 on an SPI bus (mode 3, 200 kHz, 16 bits of address with the read bit on top, then 16 of data).
 *
 * There is no CRC on the wire. Register 78 hex, LastSPIData, holds what the chip has sent or taken last: every read is
 * held against it. An energy register is cleared by being read, and its value lives on in LastSPIData, so a read that was
 * disturbed is mended from there and never repeated.
 */
import type { SpiDevice } from "../base/wires";
import {
	clearsOnRead,
	kAccessCode,
	kMode60Hz,
	kModeAllPhases,
	kModeCf2Var,
	kPlConstant,
	kResetCode,
	Register,
} from "./registers";
import type { BoardSettings } from "./settings";

/** A phase's gains lie so many registers behind those of the phase before. */
const kGainStep = 4;
/** The chip is deaf for 5 ms after its reset. */
export const kResetMs = 6;

export class Atm90e32Chip {
	readonly #spi: SpiDevice;
	readonly #frame = new Uint8Array(4);

	constructor(spi: SpiDevice) {
		this.#spi = spi;
	}

	/** Whether it is there and measures as it was set up: 0 after a brown-out, anything where there is no chip. */
	get measures(): boolean {
		return this.read(Register.meterEn) === 1;
	}

	/** Makes the chip start anew; it is deaf for `kResetMs`. */
	reset(): void {
		this.#send(Register.softReset, kResetCode);
	}

	/** Sets the chip up after its reset. False: there is none, or what was written did not arrive. `index`: 0 or 1 on its board. */
	configure(settings: BoardSettings, index: number): boolean {
		if (!this.#put(Register.cfgRegAccEn, kAccessCode)) return false;
		let mode = kModeCf2Var | kModeAllPhases;
		if (settings.lineHz === 60) mode |= kMode60Hz;
		let done = this.#put(Register.meterEn, 1);
		done &&= this.#put(Register.plConstH, kPlConstant >>> 16);
		done &&= this.#put(Register.plConstL, kPlConstant & 0xffff);
		done &&= this.#put(Register.mMode0, mode);
		done &&= this.#put(Register.mMode1, settings.pga);
		// start-up thresholds: 0.02 A of all phases, 0.002 A of one, in steps of 0.00032
		done &&= this.#put(Register.pStartTh, 0x1d4c) && this.#put(Register.qStartTh, 0x1d4c);
		done &&= this.#put(Register.sStartTh, 0x1d4c);
		done &&= this.#put(Register.pPhaseTh, 0x02ee) && this.#put(Register.qPhaseTh, 0x02ee);
		for (let phase = 0; phase < 3 && done; phase++) {
			done &&= this.#put(Register.uGainA + kGainStep * phase, settings.voltageGains[index]!);
			done &&= this.#put(Register.iGainA + kGainStep * phase, settings.currentGains[3 * index + phase]!);
		}
		return this.#put(Register.cfgRegAccEn, 0) && done;
	}

	/** A register; -1 when it could not be read without doubt. */
	read(register: number): number {
		const value = this.#get(register);
		if (this.#get(Register.lastSpiData) === value) return value;
		if (clearsOnRead(register)) {
			const first = this.#get(Register.lastSpiData);
			return first === this.#get(Register.lastSpiData) ? first : -1;
		}
		const again = this.#get(register);
		return this.#get(Register.lastSpiData) === again ? again : -1;
	}

	close(): void {
		this.#spi.close();
	}

	#put(register: number, value: number): boolean {
		this.#send(register, value);
		return this.#get(Register.lastSpiData) === value;
	}

	#send(register: number, value: number): void {
		const frame = this.#frame;
		frame[0] = (register >> 8) & 3;
		frame[1] = register;
		frame[2] = value >> 8;
		frame[3] = value;
		this.#spi.transfer(frame);
	}

	#get(register: number): number {
		const frame = this.#frame;
		frame[0] = 0x80 | ((register >> 8) & 3);
		frame[1] = register;
		frame[2] = 0;
		frame[3] = 0;
		this.#spi.transfer(frame);
		return (frame[2]! << 8) | frame[3]!;
	}
}
