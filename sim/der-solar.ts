import { frozen } from "../modules/base/frozen";
import type { PointInfo } from "../modules/sunspec/place";
import { clamp, SimDer, type SimDerOptions } from "./der-base";
import { Cells } from "./der-cells";
import { sunshine } from "./profile";

export interface ChargerOptions extends SimDerOptions {
	/** Peak of the modules. Default 3000. */
	peakW?: number;
	/** Of the battery it charges. Default 10 kWh at 51 V. */
	capacityWh?: number;
	/** At time 0, %. Default 70. */
	socPct?: number;
	/** What others draw from the battery at a time of day in seconds. Default: 200 W, 500 W in the evening. */
	loadW?: (timeS: number) => number;
	/** What the sun gives, 0..1, at a time of day in seconds. Default: a day with clouds. */
	sun?: (timeS: number) => number;
	/** The settings of model 64112 too. Default true. */
	settings?: boolean;
}

/** ChargerSt of 64111. */
export const ChargerStage = frozen({ off: 0, float: 1, bulk: 2, absorb: 3 });

const efficiency = 0.97;
const mostA = 80;
const absorbV = 55.2;
const floatV = 54;
const rebulkV = 52;
const absorbHours = 2;
const absorbEndA = 6;
const openPvV = 140;
const workPvV = 112;
const dayS = 86_400;

/** A solar charge controller with a battery and a load behind it, as OutBack models it: 1, 64111 and 64112. */
export class SolarCharger extends SimDer {
	readonly peakW: number;
	readonly capacityWh: number;
	/** State of charge, %. */
	socPct: number;
	stage: number = ChargerStage.bulk;
	/** Into the battery and its load. */
	outputW = 0;
	batteryV = 0;
	pvV = 0;
	/** Output since the beginning, and since midnight. */
	outputWh = 0;
	#today = { wh: 0, ah: 0, lowV: 0, highV: 0, highPvV: 0, day: 0 };
	#outputAh = 0;
	#mostW = 0;
	#absorbedHours = 0;
	readonly #cells: Cells;
	readonly #loadW: (timeS: number) => number;
	readonly #sun: (timeS: number) => number;

	constructor(options: ChargerOptions = {}) {
		const settings = options.settings ?? true;
		super([{ id: 1 }, { id: 64111 }, ...(settings ? [{ id: 64112 }] : [])], options);
		this.peakW = options.peakW ?? 3000;
		this.capacityWh = options.capacityWh ?? 10_000;
		this.socPct = options.socPct ?? 70;
		this.#cells = new Cells(16, this.capacityWh);
		this.#sun = options.sun ?? sunshine;
		this.#loadW = options.loadW ?? ((timeS) => ((timeS % dayS) / 3600 > 18 ? 500 : 200));
		this.batteryV = this.#cells.openV(this.socPct);
		this.#newDay(Math.floor(this.startS / dayS));
		this.identify("OutBack_Power", "FLEXmax 80", options.serial ?? "SIM-CC-1", "1.3.5");
		this.putAll("64111", { Port: 1, V_SF: -1, A_SF: -1, P_SF: 0, AH_SF: 0, KWH_SF: -1 });
		if (settings) this.#describe();
		this.begin();
	}

	#describe(): void {
		const set = (values: Record<string, number>): void => {
			for (const name of Object.keys(values)) this.put(`64112.CC_Config_${name}`, values[name]);
		};
		this.putAll("64112", { Port: 1, V_SF: -1, C_SF: -1, H_SF: -1, P_SF: 0, AH_SF: 0, KWH_SF: -1 });
		set({ fault: 0, absorb_V: absorbV, absorb_Hr: absorbHours, absorb_End_A: absorbEndA, rebulk_V: rebulkV });
		set({ float_V: floatV, max_Chg_A: mostA, equalize_V: 56, equalize_Hr: 1, auto_equalize: 0, MPPT_mode: 0 });
		set({ sweep_width: 0, sweep_max: 2, U_Pick_Duty_cyc: 77, grid_tie: 0, temp_comp: 1, temp_comp_llimt: 53 });
		set({ temp_comp_hlimt: 57, auto_restart: 2, wakeup_VOC: 75, snooze_mode_A: 0.6, wakeup_interval: 5 });
		set({ AUX_mode: 0, AUX_control: 1, AUX_state: 0, AUX_polarity: 1, AUX_L_Batt_disc: 46, AUX_L_Batt_rcon: 50 });
		set({ AUX_L_Batt_dly: 10, MajorFWRev: 1, MidFWRev: 3, MinorFWRev: 5 });
	}

	/** Nothing of these models can be written. */
	protected accepts(_point: PointInfo, _value: number): boolean {
		return false;
	}

	protected step(nowMs: number, hours: number): void {
		const timeS = this.startS + nowMs / 1000;
		const day = Math.floor(timeS / dayS);
		if (day !== this.#today.day) this.#newDay(day);
		const availableW = efficiency * this.peakW * this.#sun(timeS);
		const loadW = this.#loadW(timeS);
		this.#stageAt(availableW);
		const targetV = this.stage === ChargerStage.float ? floatV : absorbV;
		const cells = this.#cells;
		// The battery takes what brings its terminals to the target; the load takes its own.
		const acceptedW = Math.max(0, targetV * cells.currentAt(targetV, this.socPct)) + loadW;
		this.outputW = this.stage === ChargerStage.off ? 0 : Math.min(availableW, acceptedW, mostA * this.batteryV);
		const batteryW = this.outputW - loadW;
		this.socPct = clamp(this.socPct + (100 * batteryW * hours) / this.capacityWh, 0, 100);
		this.batteryV = cells.voltageV(this.socPct, -batteryW);
		this.#advanceStage(hours);
		const used = availableW > 0 ? this.outputW / availableW : 0;
		this.pvV = availableW > 0 ? openPvV - (openPvV - workPvV) * used : 0;
		this.#count(hours);
	}

	#stageAt(availableW: number): void {
		if (availableW < 10) this.stage = ChargerStage.off;
		else if (this.stage === ChargerStage.off) {
			this.stage = ChargerStage.bulk;
			this.#absorbedHours = 0;
		}
	}

	/** Bulk until the voltage is there, absorb for its time or until the current is small, float until it falls. */
	#advanceStage(hours: number): void {
		const chargingA = this.#cells.currentAt(this.batteryV, this.socPct);
		if (this.stage === ChargerStage.bulk && this.batteryV >= absorbV - 0.05) this.stage = ChargerStage.absorb;
		else if (this.stage === ChargerStage.absorb) {
			this.#absorbedHours += hours;
			if (this.batteryV < absorbV - 0.4) this.stage = ChargerStage.bulk;
			else if (this.#absorbedHours >= absorbHours || chargingA < absorbEndA) this.stage = ChargerStage.float;
		} else if (this.stage === ChargerStage.float && this.batteryV < rebulkV) {
			this.stage = ChargerStage.bulk;
			this.#absorbedHours = 0;
		}
	}

	#newDay(day: number): void {
		this.#today = { wh: 0, ah: 0, lowV: this.batteryV, highV: this.batteryV, highPvV: 0, day };
	}

	#count(hours: number): void {
		const today = this.#today;
		const ah = (this.outputW / this.batteryV) * hours;
		this.outputWh += this.outputW * hours;
		this.#outputAh += ah;
		today.wh += this.outputW * hours;
		today.ah += ah;
		today.lowV = Math.min(today.lowV, this.batteryV);
		today.highV = Math.max(today.highV, this.batteryV);
		if (this.pvV > 0) today.highPvV = openPvV;
		this.#mostW = Math.max(this.#mostW, this.outputW);
	}

	protected show(): void {
		const today = this.#today;
		this.putAll("64111", {
			BattV: this.batteryV,
			ArrayV: this.pvV,
			OutputA: this.outputW / this.batteryV,
			InputA: this.pvV > 0 ? this.outputW / efficiency / this.pvV : 0,
			ChargerSt: this.stage,
			OutputW: this.outputW,
			TodayMinBatV: today.lowV,
			TodayMaxBatV: today.highV,
			VOCV: this.pvV > 0 ? openPvV : 0,
			TodayMaxVOC: today.highPvV,
			TodaykWhOutput: today.wh / 1000,
			TodayAHOutput: today.ah,
			LifeTimeKWHOut: 1200 + this.outputWh / 1000,
			LifeTimeAHOut: 23 + this.#outputAh / 1000,
			LifeTimeMaxOut: Math.max(2800, this.#mostW),
			LifeTimeMaxBatt: 57.4,
			LifeTimeMaxVOC: 143,
		});
	}
}
