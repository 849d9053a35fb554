import { frozen } from "../modules/base/frozen";

/** Open-circuit voltage of an iron phosphate cell by state of charge, %. */
const curve = frozen<readonly (readonly [number, number])[]>([
	[0, 2.9],
	[5, 3.15],
	[10, 3.22],
	[20, 3.26],
	[40, 3.29],
	[60, 3.31],
	[80, 3.33],
	[95, 3.36],
	[99, 3.4],
	[100, 3.5],
]);

/** Iron phosphate cells in series. */
export class Cells {
	readonly count: number;
	readonly capacityAh: number;
	/** Of all cells, by what flows: some 4 % at the power that empties them in an hour. */
	readonly #ohm: number;

	constructor(count: number, capacityWh: number) {
		this.count = count;
		this.capacityAh = capacityWh / (3.2 * count);
		this.#ohm = (0.04 * 3.2 * count) / this.capacityAh;
	}

	get highestV(): number {
		return 3.6 * this.count;
	}

	get lowestV(): number {
		return 2.8 * this.count;
	}

	openV(socPct: number): number {
		let [lowPct, lowV] = curve[0]!;
		for (const [pct, volts] of curve) {
			if (socPct <= pct) {
				const part = pct === lowPct ? 0 : (socPct - lowPct) / (pct - lowPct);
				return this.count * (lowV + part * (volts - lowV));
			}
			[lowPct, lowV] = [pct, volts];
		}
		return this.count * lowV;
	}

	/** `powerW` positive when discharging. */
	voltageV(socPct: number, powerW: number): number {
		const openV = this.openV(socPct);
		// V = open - R * P / V
		return (openV + Math.sqrt(Math.max(0, openV * openV - 4 * this.#ohm * powerW))) / 2;
	}

	/** Current that brings the terminals to a voltage, positive when charging. */
	currentAt(voltageV: number, socPct: number): number {
		return (voltageV - this.openV(socPct)) / this.#ohm;
	}
}
