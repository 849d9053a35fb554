import {
	clearsOnRead,
	kAccessCode,
	kMode60Hz,
	kMode001Lsb,
	kPlConstant,
	kResetCode,
	Register,
} from "../modules/atm90e32/registers";
import type { SpiDevice } from "../modules/base/wires";

/** What one phase of a simulated chip has at its terminals. Power is positive when it flows forward. */
export interface PhaseInput {
	volts: number;
	amperes: number;
	watts: number;
	vars: number;
}

export interface SimChipOptions {
	now: () => number;
	/** By phase A, B, C. */
	inputs: readonly PhaseInput[];
	hz?: number;
	/** Gains that make the readings right, by phase. */
	voltageGain: number;
	currentGains: readonly number[];
}

const kConfigFrom = 0x31;
const kConfigTo = 0x6f;
const kDeafMs = 5;

/**
 * An ATM90E32 as registers: what is written to it counts only while the access code stands, it measures only when
 * metering is on, its gains scale what it shows, its energies run with the injected time and are cleared by reading.
 */
export class SimAtm90e32 implements SpiDevice {
	readonly inputs: readonly PhaseInput[];
	/** The chip is not there: the line reads as ones. */
	missing = false;
	/** Whether a reading is disturbed on its way: a bit of what comes back is turned. Asked once a transfer. */
	disturbs: ((register: number) => boolean) | undefined;
	readonly registers = new Uint16Array(0x100);
	hz: number;
	#now: () => number;
	#voltageGain: number;
	#currentGains: readonly number[];
	/** Energy in counts, with fractions: forward of A, B, C, then reverse. */
	#counts = new Float64Array(6);
	#countedMs: number;
	#deafUntilMs = 0;

	constructor(options: SimChipOptions) {
		this.inputs = options.inputs;
		this.hz = options.hz ?? 50;
		this.#now = options.now;
		this.#voltageGain = options.voltageGain;
		this.#currentGains = options.currentGains;
		this.#countedMs = options.now();
		this.#reset();
	}

	transfer(frame: Uint8Array): void {
		if (this.missing || this.#now() < this.#deafUntilMs) {
			frame.fill(this.missing ? 0xff : 0);
			return;
		}
		const register = ((frame[0]! & 3) << 8) | frame[1]!;
		if (frame[0]! & 0x80) {
			const value = this.#read(register);
			frame[2] = value >> 8;
			frame[3] = value;
			if (this.disturbs?.(register)) frame[3] ^= 0x10;
		} else this.#write(register, (frame[2]! << 8) | frame[3]!);
	}

	close(): void {}

	/** The supply dips: everything that was set up is gone. */
	brownOut(): void {
		this.#count();
		this.#reset();
	}

	#reset(): void {
		this.registers.fill(0);
		this.registers[Register.plConstH] = kPlConstant >>> 16;
		this.registers[Register.plConstL] = kPlConstant & 0xffff;
		for (let phase = 0; phase < 3; phase++) {
			this.registers[Register.uGainA + 4 * phase] = 0x8000;
			this.registers[Register.iGainA + 4 * phase] = 0x8000;
		}
		this.#counts.fill(0);
	}

	#write(register: number, value: number): void {
		this.#count();
		this.registers[Register.lastSpiData] = value;
		if (register === Register.softReset && value === kResetCode) {
			this.#reset();
			this.#deafUntilMs = this.#now() + kDeafMs;
		} else if (register === Register.cfgRegAccEn || register === Register.meterEn || this.#open(register)) {
			this.registers[register] = value;
		}
	}

	#open(register: number): boolean {
		const open = this.registers[Register.cfgRegAccEn] === kAccessCode;
		return open && register < 0x70 && (register < kConfigFrom || register <= kConfigTo);
	}

	#read(register: number): number {
		if (register === Register.lastSpiData) return this.registers[register]!;
		this.#count();
		const value = this.#value(register) & 0xffff;
		this.registers[Register.lastSpiData] = value;
		if (clearsOnRead(register)) this.#clear(register);
		return value;
	}

	#value(register: number): number {
		if (register < 0x80) return this.registers[register] ?? 0;
		if (this.registers[Register.meterEn] !== 1) return 0;
		if (register >= 0x81 && register <= 0x83) return Math.floor(this.#counts[register - 0x81]!);
		if (register >= 0x85 && register <= 0x87) return Math.floor(this.#counts[register - 0x85 + 3]!);
		const group = register & ~3;
		const phase = (register & 3) - 1;
		if (register === Register.freq) return Math.round(this.hz * 100);
		if (register === Register.temp) return 31;
		const input = this.inputs[phase];
		if (!input) return 0;
		const u = this.registers[Register.uGainA + 4 * phase]! / this.#voltageGain;
		const i = this.registers[Register.iGainA + 4 * phase]! / this.#currentGains[phase]!;
		const watts = Math.round((input.watts * u * i) / 0.00032);
		const vars = Math.round((input.vars * u * i) / 0.00032);
		const va = Math.round((input.volts * input.amperes * u * i) / 0.00032);
		switch (group) {
			case 0xb0:
				return watts >> 16;
			case 0xb4:
				return vars >> 16;
			case 0xb8:
				return va >> 16;
			case 0xbc:
				return Math.round((1000 * input.watts) / Math.max(1e-6, input.volts * input.amperes));
			case 0xc0:
				return watts;
			case 0xc4:
				return vars;
			case 0xc8:
				return va;
			case 0xd8:
				return Math.round(input.volts * u * 100);
			case 0xdc:
				return Math.round(input.amperes * i * 1000);
			default:
				return 0;
		}
	}

	/** Energy since the last look. */
	#count(): void {
		const nowMs = this.#now();
		const hours = (nowMs - this.#countedMs) / 3_600_000;
		this.#countedMs = nowMs;
		if (this.registers[Register.meterEn] !== 1 || nowMs < this.#deafUntilMs) return;
		const constant = this.registers[Register.plConstH]! * 65536 + this.registers[Register.plConstL]!;
		const pulsesPerWh = 450e6 / constant;
		const countsPerWh = pulsesPerWh * (this.registers[Register.mMode0]! & kMode001Lsb ? 100 : 10);
		this.inputs.forEach(({ watts }, phase) => {
			this.#counts[watts < 0 ? phase + 3 : phase]! += Math.abs(watts) * hours * countsPerWh;
		});
	}

	#clear(register: number): void {
		const at = register >= 0x85 ? register - 0x85 + 3 : register - 0x81;
		if (at >= 0 && at < 6) this.#counts[at]! -= Math.floor(this.#counts[at]!);
	}

	/** What the line's frequency is set to. */
	get lineHz(): number {
		return this.registers[Register.mMode0]! & kMode60Hz ? 60 : 50;
	}
}
