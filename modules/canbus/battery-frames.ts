/**
 * What a battery says to an inverter on CAN, in the frames of Pylontech (low voltage, 500 kbit/s, data little-endian), and
 * of Victron's extensions those that have no other meaning elsewhere: name (0x370, 0x371), cells (0x373), capacity (0x379).
 */
import { frozen } from "../base/frozen";

/** SI; currents are positive when charging, as on the wire. NaN: not known. */
export interface BatteryState {
	voltageV: number;
	currentA: number;
	temperatureC: number;
	socPct: number;
	sohPct: number;
	/** Limits. */
	chargeV: number;
	dischargeV: number;
	chargeA: number;
	dischargeA: number;
	/** Conditions, as 0x35C has them. */
	chargeOn: boolean;
	dischargeOn: boolean;
	/** 0 no, 1 when possible, 2 at once. */
	requestCharge: number;
	requestFull: boolean;
	/** Bits of 0x359, bytes 0 to 3 as one number. */
	alarms: number;
	modules: number;
	capacityAh: number;
	cellMinV: number;
	cellMaxV: number;
}

/** Bits of `alarms`: protections in bytes 0 and 1, alarms in 2 and 3. */
export const kInternalCommunication = 27;

export function noBattery(): BatteryState {
	return {
		...{ voltageV: NaN, currentA: NaN, temperatureC: NaN, socPct: NaN, sohPct: NaN, chargeV: NaN, dischargeV: NaN },
		...{ chargeA: 0, dischargeA: 0, chargeOn: false, dischargeOn: false, requestCharge: 0, requestFull: false },
		...{ alarms: 0, modules: 1, capacityAh: NaN, cellMinV: NaN, cellMaxV: NaN },
	};
}

/** Identifiers in the order in which they are sent. */
const kIds: readonly number[] = frozen([0x351, 0x355, 0x356, 0x359, 0x35c, 0x35e, 0x370, 0x371, 0x373, 0x379]);

/** How many there are; some of them are left out where the battery does not know what they say. */
export const kBatteryFrames = kIds.length;

/** Writes one frame after the other into the same eight bytes. */
export class BatteryFrames {
	readonly #bytes = new Uint8Array(8);
	readonly #view = new DataView(this.#bytes.buffer);
	readonly #whole = this.#bytes;
	readonly #seven = new Uint8Array(this.#bytes.buffer, 0, 7);
	readonly #two = new Uint8Array(this.#bytes.buffer, 0, 2);
	readonly #maker: string;
	readonly #name: string;

	/** `maker`: up to 8 characters, for 0x35E, which decides how some inverters behave; `name`: up to 16. */
	constructor(maker: string, name: string) {
		this.#maker = maker;
		this.#name = name;
	}

	id(frame: number): number {
		return kIds[frame]!;
	}

	/** The data of a frame, valid until the next call; undefined for one that has nothing to say. */
	data(frame: number, state: BatteryState): Uint8Array | undefined {
		this.#bytes.fill(0);
		switch (kIds[frame]) {
			case 0x351:
				this.put(0, state.chargeV, 0.1);
				this.put(2, state.chargeA, 0.1);
				this.put(4, state.dischargeA, 0.1);
				this.put(6, state.dischargeV, 0.1);
				return this.#whole;
			case 0x355:
				this.put(0, state.socPct, 1);
				this.put(2, state.sohPct, 1);
				this.put(4, state.socPct, 0.01);
				return this.#whole;
			case 0x356:
				this.putSigned(0, state.voltageV, 0.01);
				this.putSigned(2, state.currentA, 0.1);
				this.putSigned(4, state.temperatureC, 0.1);
				return this.#whole;
			case 0x359:
				this.#view.setUint32(0, state.alarms, true);
				this.#bytes[4] = state.modules;
				this.#bytes[5] = 0x50;
				this.#bytes[6] = 0x4e;
				return this.#seven;
			case 0x35c: {
				const charge = state.requestCharge === 2 ? 0x20 : state.requestCharge === 1 ? 0x10 : 0;
				const on = (state.chargeOn ? 0x80 : 0) | (state.dischargeOn ? 0x40 : 0);
				this.#bytes[0] = on | charge | (state.requestFull ? 0x08 : 0);
				return this.#two;
			}
			case 0x35e:
				return this.text(this.#maker, 0, 0x20);
			case 0x370:
				return this.text(this.#name, 0, 0);
			case 0x371:
				return this.#name.length > 8 ? this.text(this.#name, 8, 0) : undefined;
			case 0x373:
				if (Number.isNaN(state.cellMinV) || Number.isNaN(state.temperatureC)) return undefined;
				this.put(0, state.cellMinV, 0.001);
				this.put(2, state.cellMaxV, 0.001);
				this.put(4, state.temperatureC + 273.15, 1);
				this.put(6, state.temperatureC + 273.15, 1);
				return this.#whole;
			default:
				if (Number.isNaN(state.capacityAh)) return undefined;
				this.put(0, state.capacityAh, 1);
				return this.#two;
		}
	}

	/** Values that are not known are 0. Currents are 16 bits with sign, so no value goes beyond 15. */
	private put(at: number, value: number, digit: number): void {
		const raw = Math.round(value / digit);
		this.#view.setUint16(at, raw > 0 ? Math.min(raw, digit === 0.1 ? 0x7fff : 0xffff) : 0, true);
	}

	private putSigned(at: number, value: number, digit: number): void {
		const raw = Math.round(value / digit);
		this.#view.setInt16(at, Number.isNaN(raw) ? 0 : Math.max(-0x8000, Math.min(0x7fff, raw)), true);
	}

	private text(text: string, from: number, fill: number): Uint8Array {
		for (let i = 0; i < 8; i++) this.#bytes[i] = from + i < text.length ? text.charCodeAt(from + i) : fill;
		return this.#whole;
	}
}
