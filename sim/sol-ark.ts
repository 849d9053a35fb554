import { frozen } from "../modules/base/frozen";
import { RtuDevice } from "./device";
import { lowRegisterMap, type RegisterMap, type SettingCell } from "./sol-ark-map";
import { highRegisterMap } from "./sol-ark-map3";
import { Plant, type PlantOptions } from "./sol-ark-plant";

/** Ids of the device tables that this simulator plays. */
const models = frozen([
	"sol-ark-12k",
	"sol-ark-15k",
	"sol-ark-hv",
	"deye-single-phase",
	"deye-three-phase-lv",
	"deye-three-phase-hv",
] as const);

export type SolArkModel = (typeof models)[number];

export function isSolArk(device: string): device is SolArkModel {
	return models.includes(device as SolArkModel);
}

export interface SolArkOptions {
	readonly model: SolArkModel;
	/** Address on the bus. */
	readonly unit: number;
	readonly serial?: string;
	readonly seed?: number;
	/** Time of day at time 0. Default 10. */
	readonly startHour?: number;
	readonly socPct?: number;
	/** Sol-Ark 15K: firmware with steps of 10 W (10) or before it (1). Default 10. */
	readonly ratio?: 1 | 10;
	/** Low-voltage Sol-Ark: 1 split phase 120/240 V (default), 2 two legs of 120/208 V. */
	readonly gridType?: 1 | 2;
}

interface Kind {
	readonly map: RegisterMap;
	readonly ratio: 1 | 10;
	readonly ratedRaw: number;
	readonly mpptAndPhases: number;
	readonly plant: Omit<PlantOptions, "setting">;
}

function describe(options: SolArkOptions): Kind {
	const root3 = Math.sqrt(3);
	const common = { seed: options.seed ?? 1, startHour: options.startHour ?? 10, socPct: options.socPct ?? 62 };
	const split = { phases: 2, phaseV: 120, nominalHz: 60, batteryV: 51.2, pvV: 360, ...common } as const;
	const gridType = options.gridType ?? 1;
	const lineFactor = gridType === 2 ? root3 : 2;
	switch (options.model) {
		case "sol-ark-12k": {
			const map = lowRegisterMap({
				...{ ratedAt: 50, gridType, maxRead: 20, maxSellW: 11_000, maxA: 185, maxWindowW: 9000, solArk: true },
			});
			const plant = { ...split, lineFactor, ratedW: 9000, pvPeakW: [5200, 4800] };
			return { map, ratio: 1, ratedRaw: 9000, mpptAndPhases: 0x0202, plant };
		}
		case "sol-ark-15k": {
			const map = lowRegisterMap({
				...{ ratedAt: 50, gridType, maxRead: 20, maxSellW: 34_000, maxA: 275, maxWindowW: 15_000, solArk: true },
			});
			const plant = { ...split, lineFactor, ratedW: 12_000, pvPeakW: [5200, 4800, 4400] };
			return { map, ratio: options.ratio ?? 10, ratedRaw: 120_000, mpptAndPhases: 0x0302, plant };
		}
		case "deye-single-phase": {
			const map = lowRegisterMap({
				...{ ratedAt: 16, gridType: 0, maxRead: 125, maxSellW: 12_000, maxA: 240, maxWindowW: 12_000, solArk: false },
			});
			const own = { phases: 1, phaseV: 230, lineFactor: 1, nominalHz: 50, batteryV: 51.2, pvV: 340 } as const;
			const plant = { ...own, ...common, ratedW: 8000, pvPeakW: [4000, 4000] };
			return { map, ratio: 1, ratedRaw: 80_000, mpptAndPhases: 0x0201, plant };
		}
		case "deye-three-phase-lv": {
			const own = { highVoltage: false, maxSellW: 24_000, maxA: 350, maxWindowW: 32_000, mppts: 2, solArk: false };
			const plant = { ...three(230, 50, 51.2), ...common, ratedW: 12_000, pvPeakW: [7000, 7000] };
			return { map: highRegisterMap(own), ratio: 1, ratedRaw: 120_000, mpptAndPhases: 0x0203, plant };
		}
		case "deye-three-phase-hv": {
			const own = { highVoltage: true, maxSellW: 80_000, maxA: 350, maxWindowW: 128_000, mppts: 4, solArk: false };
			const plant = { ...three(230, 50, 409.6), ...common, ratedW: 50_000, pvPeakW: [15e3, 15e3, 14e3, 13e3] };
			return { map: highRegisterMap(own), ratio: 1, ratedRaw: 500_000, mpptAndPhases: 0x0403, plant };
		}
		case "sol-ark-hv": {
			const own = { highVoltage: true, maxSellW: 60_000, maxA: 200, maxWindowW: 60_000, mppts: 4, solArk: true };
			const plant = { ...three(277, 60, 409.6), ...common, ratedW: 60_000, pvPeakW: [17e3, 17e3, 16e3, 15e3] };
			return { map: highRegisterMap(own), ratio: 1, ratedRaw: 600_000, mpptAndPhases: 0x0403, plant };
		}
	}
}

function three(phaseV: number, nominalHz: number, batteryV: number) {
	const pvV = batteryV > 100 ? 620 : 550;
	return { phases: 3, phaseV, lineFactor: Math.sqrt(3), nominalHz, batteryV, pvV } as const;
}

const illegalFunction = 1;
const illegalAddress = 2;
const illegalValue = 3;

/**
 * A Sol-Ark, Deye or Sunsynk hybrid as its registers: the plant's quantities in the words that public lists give them,
 * settings that are written with function 16 within their range and act on the plant. It refuses reads that are longer
 * than the inverter takes, or cross a register that its list does not name.
 */
export class SolArk extends RtuDevice {
	readonly plant: Plant;
	/** Requests that wrote: each one costs the EEPROM a cycle. */
	writes = 0;
	/** Longest read so far, and those of registers nobody names. */
	longestRead = 0;
	refused = 0;
	readonly #map: RegisterMap;
	readonly #ratio: number;
	readonly #fixed: Readonly<Record<string, number>>;
	/** Raw words of settings by address. */
	readonly #settings = new Map<number, number>();
	readonly #byName = new Map<string, SettingCell>();
	readonly #serial: string;

	constructor(options: SolArkOptions) {
		super(options.unit, 40, options.seed ?? options.unit);
		const kind = describe(options);
		this.#map = kind.map;
		this.#ratio = kind.ratio;
		const protocol = 0x0104;
		const { ratedRaw, mpptAndPhases } = kind;
		this.#fixed = { protocol, ratedRaw, mpptAndPhases, ratio: kind.ratio };
		this.#serial = options.serial ?? "2207123456";
		for (const cell of kind.map.settings) {
			this.#settings.set(cell.address, cell.first & 0xffff);
			this.#byName.set(cell.name, cell);
		}
		this.plant = new Plant({ ...kind.plant, setting: (name) => this.setting(name) });
	}

	/** A setting in the plant's unit; 0 for one the model does not have (then 1 for a power factor). */
	setting(name: string): number {
		const cell = this.#byName.get(name);
		if (cell === undefined) return name === "output_power_factor" ? 1 : 0;
		const raw = this.#settings.get(cell.address)!;
		return (cell.signed && raw > 0x7fff ? raw - 0x10000 : raw) * (cell.k ?? 1);
	}

	/** Turns a setting at the device itself; as in `setting`. */
	set(name: string, value: number): void {
		const cell = this.#byName.get(name)!;
		this.#settings.set(cell.address, Math.round(value / (cell.k ?? 1)) & 0xffff);
		this.plant.changed();
	}

	/** What a register holds now. */
	word(address: number, nowMs: number): number {
		this.plant.advance(nowMs);
		return this.#words(address, 1)[0]!;
	}

	protected execute(frame: Uint8Array, nowMs: number): Uint8Array {
		this.plant.advance(nowMs);
		const code = frame[1]!;
		const request = new DataView(frame.buffer, frame.byteOffset + 2, frame.byteLength - 4);
		if (code !== 3 && code !== 16) return refusal(code, illegalFunction);
		if (request.byteLength < 4) return refusal(code, illegalValue);
		const address = request.getUint16(0);
		const count = request.getUint16(2);
		return code === 3 ? this.#read(address, count) : this.#write(address, count, frame);
	}

	#read(address: number, count: number): Uint8Array {
		if (count < 1 || count > this.#map.maxRead) return this.#refuse(3, illegalValue);
		for (let at = address; at < address + count; at++) {
			if (!this.#map.answers.some(([first, last]) => at >= first && at <= last)) {
				return this.#refuse(3, illegalAddress);
			}
		}
		this.longestRead = Math.max(this.longestRead, count);
		const words = this.#words(address, count);
		const pdu = new Uint8Array(2 + 2 * count);
		pdu[0] = 3;
		pdu[1] = 2 * count;
		const view = new DataView(pdu.buffer);
		for (let i = 0; i < count; i++) view.setUint16(2 + 2 * i, words[i]!);
		return pdu;
	}

	#refuse(code: number, exception: number): Uint8Array {
		this.refused++;
		return refusal(code, exception);
	}

	#words(address: number, count: number): Uint16Array {
		const words = new Uint16Array(count);
		const put = (at: number, word: number): void => {
			if (at >= address && at < address + count) words[at - address] = word;
		};
		for (const cell of this.#map.cells) {
			const value = this.#fixed[cell.quantity] ?? this.plant.value(cell.quantity) ?? 0;
			const raw = Math.round((value - (cell.b ?? 0)) / cell.k / (cell.ratio ? this.#ratio : 1));
			put(cell.address, raw & 0xffff);
			if (cell.high !== undefined) put(cell.high, Math.floor(raw / 0x10000) & 0xffff);
		}
		for (const [at, word] of this.#settings) put(at, word);
		for (let i = 0; i < 5; i++) {
			put(this.#map.serialAt + i, (this.#serial.charCodeAt(2 * i) << 8) | this.#serial.charCodeAt(2 * i + 1));
		}
		const { faults, warnings } = this.plant.scene;
		for (let i = 0; i < 4; i++) put(this.#map.faultsAt + i, Number((faults >> BigInt(16 * i)) & 0xffffn));
		put(this.#map.warningsAt, warnings & 0xffff);
		put(this.#map.warningsAt + 1, (warnings >>> 16) & 0xffff);
		return words;
	}

	/** All or nothing: every register must be a setting, every value in its range. */
	#write(address: number, count: number, frame: Uint8Array): Uint8Array {
		if (count < 1 || frame[6] !== 2 * count || frame.length < 9 + 2 * count) return this.#refuse(16, illegalValue);
		const values: number[] = [];
		for (let i = 0; i < count; i++) {
			const cell = this.#map.settings.find((one) => one.address === address + i);
			if (cell === undefined) return this.#refuse(16, illegalAddress);
			const word = (frame[7 + 2 * i]! << 8) | frame[8 + 2 * i]!;
			const raw = cell.signed && word > 0x7fff ? word - 0x10000 : word;
			const inGap = cell.gap !== undefined && raw > cell.gap[0] && raw < cell.gap[1];
			if (raw < cell.min || raw > cell.max || inGap) return this.#refuse(16, illegalValue);
			values.push(word);
		}
		for (let i = 0; i < count; i++) this.#settings.set(address + i, values[i]!);
		this.writes++;
		this.plant.changed();
		return frame.slice(1, 6);
	}
}

function refusal(code: number, exception: number): Uint8Array {
	return Uint8Array.of(code | 0x80, exception);
}
