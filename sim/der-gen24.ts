import type { PointInfo } from "../modules/sunspec/place";
import { AcDer, type AcDerOptions, InverterState, scaleFor } from "./der-ac";
import { clamp } from "./der-base";
import { Cells } from "./der-cells";
import { TimedValue } from "./der-timed";
import { sunshine } from "./profile";

export interface Gen24Options extends AcDerOptions {
	/** Of the modules. Default 1.1 times the rating. */
	peakW?: number;
	/** Default 10 kWh. */
	capacityWh?: number;
	/** At time 0, %. Default 50. */
	socPct?: number;
	/** What the sun gives, 0..1, at a time of day in seconds. Default: a day with clouds. */
	sun?: (timeS: number) => number;
	/** What the house draws beside it: the battery makes up for the sun. Default 800 W. */
	loadW?: number;
}

const efficiency = 0.97;
const lowestPct = 5;

/**
 * A hybrid as Fronius' GEN24 models it: 1, 101 to 113, 120 to 124, and 160 with four modules: two strings, then what goes
 * into the battery and what comes out of it, each a positive power. A rate of 124 below 0 forces the other direction.
 */
export class Gen24Hybrid extends AcDer {
	readonly peakW: number;
	readonly capacityWh: number;
	socPct: number;
	loadW: number;
	/** At the DC side: of the panels, and of the battery, positive when discharging. */
	pvW = 0;
	batteryW = 0;
	readonly #cells: Cells;
	readonly #sun: (timeS: number) => number;
	readonly #inPct = new TimedValue(100);
	readonly #outPct = new TimedValue(100);
	readonly #wh = [0, 0, 0, 0];

	constructor(options: Gen24Options = {}) {
		const ratedW = options.ratedW ?? 10_000;
		super(ratedW, { latched: true, ...options }, [{ id: 122 }, { id: 124 }, { id: 160, repeats: 4 }], 82);
		this.peakW = options.peakW ?? 1.1 * ratedW;
		this.capacityWh = options.capacityWh ?? 10_000;
		this.socPct = options.socPct ?? 50;
		this.loadW = options.loadW ?? 800;
		this.#sun = options.sun ?? sunshine;
		this.#cells = new Cells(128, this.capacityWh);
		this.identify("Fronius", "Symo GEN24 10.0 Plus", options.serial ?? "SIM-GEN24-1", "1.30.6-1");
		const sf = scaleFor(1.3 * ratedW);
		this.putAll("124", { WChaMax_SF: sf, WChaDisChaGra_SF: 0, MinRsvPct_SF: -2, ChaState_SF: -2, InOutWRte_SF: -2 });
		this.putAll("124", { WChaMax: ratedW, WChaGra: 100, WDisChaGra: 100, StorCtl_Mod: 0, MinRsvPct: lowestPct });
		this.putAll("124", { OutWRte: 100, InWRte: 100, ChaGriSet: 1, InOutWRte_RvrtTms: 0 });
		this.putAll("160", { DCA_SF: -2, DCV_SF: -1, DCW_SF: sf, DCWH_SF: 0, Evt: 0 });
		["MPPT 1", "MPPT 2", "StCha 3", "StDisCha 4"].forEach((IDStr, i) => {
			this.putAll(`160.module[${i + 1}]`, { ID: i + 1, IDStr });
		});
		this.putAll("122", { VArAval_SF: sf, WAval_SF: sf, TmSrc: "RTC" });
		this.begin();
	}

	protected override accepts(point: PointInfo, value: number): boolean {
		if (point.model.id !== 124) return super.accepts(point, value);
		if (point.name === "OutWRte" || point.name === "InWRte") return Math.abs(value) <= 100;
		return point.name === "StorCtl_Mod" ? value <= 3 : true;
	}

	override written(points: readonly PointInfo[], nowMs: number): void {
		if (points.some(({ model, name }) => model.id === 124 && name === "StorCtl_Mod")) {
			const mode = this.get("124.StorCtl_Mod");
			const times = { windowS: 0, rampS: 0, revertS: this.get("124.InOutWRte_RvrtTms") };
			this.#inPct.order(mode & 1 ? this.get("124.InWRte") : undefined, times, nowMs, 0);
			this.#outPct.order(mode & 2 ? this.get("124.OutWRte") : undefined, times, nowMs, 0);
		}
		super.written(points, nowMs);
	}

	protected step(nowMs: number, hours: number): void {
		const inOver = this.#inPct.fallsBack(nowMs);
		if (this.#outPct.fallsBack(nowMs) || inOver) this.put("124.StorCtl_Mod", 0);
		this.pvW = 0;
		this.batteryW = 0;
		if (this.running(nowMs)) this.#flow(nowMs);
		else this.setIdle();
		this.integrate(hours);
		this.socPct = clamp(this.socPct - (100 * this.batteryW * hours) / this.capacityWh, 0, 100);
		const flows = [0.55 * this.pvW, 0.45 * this.pvW, Math.max(0, -this.batteryW), Math.max(0, this.batteryW)];
		flows.forEach((watts, i) => {
			this.#wh[i] = this.#wh[i]! + watts * hours;
		});
	}

	#flow(nowMs: number): void {
		const sunW = this.peakW * this.#sun(this.startS + nowMs / 1000);
		const whole = this.get("124.WChaMax", this.ratedW) / 100;
		const mostIn = Math.min(this.#inPct.at(nowMs) * whole, (this.ratedW * Math.max(0, 100 - this.socPct)) / 5);
		const mostOut = Math.min(this.#outPct.at(nowMs) * whole, (this.ratedW * Math.max(0, this.socPct - lowestPct)) / 3);
		const wanted = Math.min(Math.max(this.loadW / efficiency - sunW, -mostIn), mostOut);
		const limitDcW = Math.min(this.limitW(nowMs), this.ratedW) / efficiency;
		this.batteryW = wanted;
		this.pvW = clamp(limitDcW - wanted, 0, sunW);
		const dcW = this.pvW + this.batteryW;
		this.setPower(dcW > 0 ? dcW * efficiency : dcW / efficiency, nowMs);
		this.state = this.pvW < sunW - 1 ? InverterState.throttled : InverterState.mppt;
	}

	protected show(nowMs: number): void {
		const packV = this.#cells.voltageV(this.socPct, this.batteryW);
		const volts = [620, 510, packV, packV];
		const watts = [0.55 * this.pvW, 0.45 * this.pvW, Math.max(0, -this.batteryW), Math.max(0, this.batteryW)];
		watts.forEach((own, i) => {
			const module = `160.module[${i + 1}]`;
			this.putAll(module, { DCW: own, DCV: volts[i]!, DCA: own / volts[i]!, DCWH: this.#wh[i]!, DCSt: this.state });
			this.putAll(module, { DCEvt: 0, Tms: Math.floor(nowMs / 1000) });
		});
		this.showAc(this.pvW + this.batteryW, packV, false);
		const charging = this.batteryW < -10 ? 4 : this.batteryW > 10 ? 3 : 6;
		this.putAll("124", { ChaState: this.socPct, ChaSt: charging });
		const connected = this.controls.connected(nowMs) ? 1 : 0;
		this.putAll("122", { PVConn: connected, StorConn: connected, ECPConn: connected, ActWh: this.injectedWh, RtSt: 0 });
	}
}
