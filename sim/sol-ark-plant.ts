import { frozen } from "../modules/base/frozen";
import { HomeProfile, sunshine } from "./profile";

export interface PlantOptions {
	readonly phases: 1 | 2 | 3;
	/** Volts between a phase and neutral, and Hz. */
	readonly phaseV: number;
	/** Between two phases: 2 when they are opposite (120/240 V), else the square root of 3. */
	readonly lineFactor: number;
	readonly nominalHz: number;
	readonly ratedW: number;
	/** What all panels of an MPPT give at most, W. */
	readonly pvPeakW: readonly number[];
	readonly pvV: number;
	/** Volts of the battery when half full. */
	readonly batteryV: number;
	readonly seed?: number;
	/** Time of day at time 0. Default 10. */
	readonly startHour?: number;
	readonly socPct?: number;
	/** Settings by name, in their unit (A, W, V, %). */
	setting(name: string): number;
}

/** What a test, or a day without grid, decides instead of sun and homes. */
export interface Scene {
	/** Of each MPPT. */
	pvW?: readonly number[];
	/** Of each phase. */
	loadW?: readonly number[];
	gridOn: boolean;
	/** A management that talks to the inverter. */
	bmsOn: boolean;
	bmsWarning: number;
	bmsFault: number;
	/** Of the 64; bit 60 is "switched off by its button". */
	faults: bigint;
	warnings: number;
}

const slotMs = 5000;
/** DC to AC and back. */
const efficiency = 0.96;
const dayS = 86_400;
const counters = frozen(["Buy", "Sell", "Load", "Pv", "Charge", "Discharge", "Inverter"]);

/** Lifetime readings at time 0, Wh: beyond 16 bits of 100 Wh, so that both words of each count. */
const lifeAtStart = frozen<Readonly<Record<(typeof counters)[number], number>>>({
	Buy: 12_345_600,
	Sell: 7_654_300,
	Load: 23_456_700,
	Pv: 31_415_900,
	Charge: 9_876_500,
	Discharge: 8_765_400,
	Inverter: 20_202_000,
});

/**
 * A hybrid inverter on its panels, battery, loads and grid: each moment the powers balance, energies are their sum over
 * time, and the settings act (limits of current and selling, reserves, time windows, charging from the grid, reactive
 * power). Signs are the device's: grid positive when buying, battery positive when discharging, load positive.
 */
export class Plant {
	readonly scene: Scene = { gridOn: true, bmsOn: true, bmsWarning: 0, bmsFault: 0, faults: 0n, warnings: 0 };
	socPct: number;
	readonly #options: PlantOptions;
	readonly #homes: readonly HomeProfile[];
	readonly #now = new Map<string, number>();
	readonly #life = new Map<string, number>();
	readonly #day = new Map<string, number>();
	#atMs = 0;

	constructor(options: PlantOptions) {
		this.#options = options;
		this.socPct = options.socPct ?? 62;
		const seed = options.seed ?? 1;
		this.#homes = Array.from({ length: options.phases }, (_, i) => new HomeProfile({ seed: seed + i, scale: 3 }));
		for (const name of counters) {
			this.#life.set(name, lifeAtStart[name]);
			this.#day.set(name, 0);
		}
		this.#balance();
	}

	/** In SI; undefined for what it does not know. Powers hold for the moment, energies up to it. */
	value(quantity: string): number | undefined {
		const energy = /^(life|day)(\w+)Wh$/.exec(quantity);
		if (energy) return (energy[1] === "life" ? this.#life : this.#day).get(energy[2]!);
		return this.#now.get(quantity);
	}

	/** Takes time forward. What has been set in between holds from now on. */
	advance(nowMs: number): void {
		while (this.#atMs < nowMs) {
			const untilMs = Math.min(nowMs, (Math.floor(this.#atMs / slotMs) + 1) * slotMs);
			this.#integrate((untilMs - this.#atMs) / 3_600_000);
			const day = this.#dayNumber();
			this.#atMs = untilMs;
			if (this.#dayNumber() !== day) for (const name of counters) this.#day.set(name, 0);
			this.#balance();
		}
	}

	/** What was written or decided counts at once. */
	changed(): void {
		this.#balance();
	}

	#timeS(): number {
		return 3600 * (this.#options.startHour ?? 10) + this.#atMs / 1000;
	}

	#dayNumber(): number {
		return Math.floor(this.#timeS() / dayS);
	}

	#integrate(hours: number): void {
		const add = (name: string, powerW: number): void => {
			this.#life.set(name, this.#life.get(name)! + powerW * hours);
			this.#day.set(name, this.#day.get(name)! + powerW * hours);
		};
		const gridW = this.#now.get("gridW")!;
		const batteryW = this.#now.get("batteryW")!;
		add("Buy", Math.max(0, gridW));
		add("Sell", Math.max(0, -gridW));
		add("Load", this.#now.get("loadW")!);
		add("Pv", this.#now.get("pvW")!);
		add("Charge", Math.max(0, -batteryW));
		add("Discharge", Math.max(0, batteryW));
		add("Inverter", this.#now.get("inverterW")!);
		const capacityWh = this.#options.setting("battery_capacity_set") * this.#options.batteryV;
		if (capacityWh > 0) this.socPct -= (100 * batteryW * hours) / capacityWh;
		this.socPct = Math.max(0, Math.min(100, this.socPct));
	}

	/** The window of the schedule that holds now. */
	#window(): { powerW: number; socPct: number; mode: number } | undefined {
		const setting = this.#options.setting;
		const day = (this.#dayNumber() % 7) + 1;
		const enabled = setting("time_of_use");
		if ((enabled & 1) === 0 || (enabled & (1 << day)) === 0) return undefined;
		const minutes = Math.floor((this.#timeS() % dayS) / 60);
		const clock = Math.floor(minutes / 60) * 100 + (minutes % 60);
		let n = 6;
		for (let i = 1; i <= 6; i++) if (setting(`tou${i}_time`) <= clock) n = i;
		return {
			powerW: setting(`tou${n}_power`),
			socPct: setting(`tou${n}_soc`),
			mode: setting(`tou${n}_mode`),
		};
	}

	#balance(): void {
		const { setting, ratedW } = this.#options;
		const scene = this.scene;
		const available = this.#pvAvailable();
		const loads = scene.loadW ?? this.#homes.map((home) => home.at(this.#timeS()).loadW);
		let loadW = loads.reduce((sum, one) => sum + one, 0);
		const batteryV = this.#voltage(0);
		const off = (scene.faults >> 60n) & 1n;
		const window = this.#window();
		const floorPct = scene.gridOn
			? Math.max(setting("battery_low_soc"), window?.socPct ?? 0)
			: setting("battery_shutdown_soc");
		const noBattery = setting("battery_operation_mode") === 2 || off === 1n;
		let mostOut = noBattery || this.socPct <= floorPct ? 0 : setting("max_discharge_current") * batteryV;
		if (window) mostOut = Math.min(mostOut, window.powerW);
		const room = Math.max(0, Math.min(1, (100 - this.socPct) / 4));
		const mostIn = noBattery ? 0 : setting("max_charge_current") * batteryV * room;
		const pvMost =
			off === 1n
				? 0
				: Math.min(
						available.reduce((sum, one) => sum + one, 0),
						setting("max_solar_power"),
					);
		const wanted = Math.min(loadW, ratedW) / efficiency;
		let pvW = Math.min(pvMost, wanted);
		let batteryW = 0;
		let sellW = 0;
		const sells = scene.gridOn && setting("limit_mode") === 0 && setting("solar_sell") === 1;
		const mostSellW = sells ? setting("max_sell_power") : 0;
		if (pvMost >= wanted) {
			const chargeW = Math.min(pvMost - wanted, mostIn);
			sellW = Math.min((pvMost - wanted - chargeW) * efficiency, mostSellW, Math.max(0, ratedW - loadW));
			batteryW = -chargeW;
			pvW = wanted + chargeW + sellW / efficiency;
		} else batteryW = Math.min(wanted - pvMost, mostOut);
		if (sells && window && (window.mode & 2) !== 0 && this.socPct > window.socPct) {
			const more = Math.min(mostOut - Math.max(0, batteryW), (mostSellW - sellW) / efficiency);
			if (more > 0) {
				batteryW += more;
				sellW += more * efficiency;
			}
		}
		let inverterW = (pvW + batteryW) * efficiency;
		const fromGrid =
			scene.gridOn && setting("grid_charge_enable") === 1 && window !== undefined && (window.mode & 1) !== 0;
		if (fromGrid && this.socPct < window.socPct) {
			const more = Math.min(setting("grid_charge_current") * batteryV, mostIn + Math.min(0, batteryW));
			if (more > 0 && batteryW <= 0) {
				batteryW -= more;
				inverterW -= more / efficiency;
			}
		}
		if (!scene.gridOn) loadW = Math.max(0, inverterW);
		this.#publish({ pvW, available, batteryW, inverterW, loadW, loads });
	}

	#pvAvailable(): number[] {
		const sun = sunshine(this.#timeS());
		return this.#options.pvPeakW.map((peak, i) => this.scene.pvW?.[i] ?? peak * sun);
	}

	#voltage(batteryW: number): number {
		const nominal = this.#options.batteryV;
		return nominal * (0.97 + 0.06 * (this.socPct / 100)) - 0.0004 * batteryW;
	}

	#publish(flow: {
		pvW: number;
		available: readonly number[];
		batteryW: number;
		inverterW: number;
		loadW: number;
		loads: readonly number[];
	}): void {
		const { phases, phaseV, lineFactor, nominalHz, ratedW, pvV, setting } = this.#options;
		const scene = this.scene;
		const put = (name: string, value: number): void => void this.#now.set(name, value);
		const gridW = scene.gridOn ? flow.loadW - flow.inverterW : 0;
		const loadSum = flow.loads.reduce((sum, one) => sum + one, 0);
		const share = (n: number): number => (loadSum > 0 ? flow.loads[n - 1]! / loadSum : 1 / phases);
		const loadVar = 0.2 * flow.loadW;
		const pf = setting("output_power_factor");
		const fixedVar = (setting("fixed_reactive_power") / 100) * ratedW;
		const pfVar = pf === 0 ? 0 : Math.sign(pf) * Math.abs(flow.inverterW) * Math.sqrt(1 / (pf * pf) - 1);
		const gridVar = scene.gridOn ? loadVar - fixedVar - pfVar : 0;
		const gridVA = Math.sqrt(gridW * gridW + gridVar * gridVar);
		put("pvW", flow.pvW);
		const sum = flow.available.reduce((all, one) => all + one, 0);
		flow.available.forEach((one, i) => {
			const watts = sum > 0 ? (flow.pvW * one) / sum : 0;
			put(`pv${i + 1}W`, watts);
			put(`pv${i + 1}V`, watts > 0 ? pvV - 5 * i : 0);
			put(`pv${i + 1}A`, watts > 0 ? watts / (pvV - 5 * i) : 0);
		});
		put("batteryW", flow.batteryW);
		put("batteryV", this.#voltage(flow.batteryW));
		put("batteryA", flow.batteryW / this.#voltage(flow.batteryW));
		put("socPct", this.socPct);
		put("sohPct", 98);
		put("batteryC", 22.4 + Math.abs(flow.batteryW) / 2000);
		put("correctedAh", setting("battery_capacity_set") - 3);
		put("inverterW", flow.inverterW);
		put("loadW", flow.loadW);
		put("upsW", flow.loadW);
		put("gridW", gridW);
		put("ctW", gridW);
		put("gridVA", gridVA);
		put("gridVar", Math.abs(gridVar));
		put("gridPf", gridVA > 0 ? Math.abs(gridW) / gridVA : 1);
		// above 1000 is the other quadrant
		const ratio = gridVA > 0 ? Math.abs(gridW) / gridVA : 1;
		put("gridPfRaw", gridVar > 0 ? 2000 - 1000 * ratio : 1000 * ratio);
		put("VA", Math.sqrt(flow.loadW * flow.loadW + loadVar * loadVar));
		const gridV = scene.gridOn ? phaseV * (1 - gridW / (60 * ratedW)) : 0;
		for (let n = 1; n <= 3; n++) {
			const there = n <= phases;
			const volts = there ? gridV + 0.2 * n : 0;
			const loadV = there ? phaseV - 0.3 * n : 0;
			put(`gridVL${n}`, scene.gridOn ? volts : 0);
			put(`inverterVL${n}`, there ? phaseV + 0.1 * n : 0);
			put(`loadVL${n}`, loadV);
			for (const [name, watts, v] of [
				["grid", gridW, volts],
				["ct", gridW, volts],
				["inverter", flow.inverterW, phaseV + 0.1 * n],
				["load", flow.loadW, loadV],
			] as const) {
				const own = there ? watts * share(n) : 0;
				put(`${name}WL${n}`, own);
				put(`${name}AL${n}`, v > 1 ? own / v : 0);
			}
			put(`gridVarL${n}`, there ? gridVar * share(n) : 0);
		}
		put("gridVL1L2", scene.gridOn ? lineFactor * (gridV + 0.3) : 0);
		put("inverterVL1L2", lineFactor * (phaseV + 0.15));
		put("relayV", lineFactor * (phaseV + 0.15));
		put("gridHz", scene.gridOn ? nominalHz + 0.02 * Math.sin(this.#timeS() / 97) : 0);
		put("inverterHz", nominalHz);
		put("loadHz", nominalHz);
		put("heatSinkC", 25 + Math.abs(flow.inverterW) / 500);
		put("dcTransformerC", 27 + Math.abs(flow.batteryW) / 400);
		put("genW", 0);
		put("genV", 0);
		put("genHz", 0);
		put("genRelay", 2);
		this.#publishState();
	}

	#publishState(): void {
		const scene = this.scene;
		const put = (name: string, value: number): void => void this.#now.set(name, value);
		const stopped = scene.faults & ~(1n << 12n);
		put("status", stopped !== 0n ? 4 : scene.warnings !== 0 ? 3 : 2);
		put("powered", ((scene.faults >> 60n) & 1n) === 1n ? 0 : 1);
		put("relayOneTwo", scene.gridOn ? 2 : 1);
		put("relayZeroOne", scene.gridOn ? 1 : 0);
		put("relayBits", scene.gridOn ? 5 : 1);
		const bms = scene.bmsOn;
		const nominal = this.#options.batteryV;
		put("bmsChargeV", bms ? 1.1 * nominal : 0);
		put("bmsDischargeV", bms ? 0.9 * nominal : 0);
		put("bmsChargeA", bms ? 100 : 0);
		put("bmsDischargeA", bms ? 150 : 0);
		put("bmsSocPct", bms ? this.socPct : 0);
		put("bmsV", bms ? this.#now.get("batteryV")! : 0);
		put("bmsA", bms ? this.#now.get("batteryA")! : 0);
		put("bmsC", bms ? 24 : -100);
		put("bmsWarning", scene.bmsWarning);
		put("bmsFault", scene.bmsFault);
	}
}
