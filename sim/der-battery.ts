import { frozen } from "../modules/base/frozen";
import type { ModelSpec } from "../modules/sunspec/image";
import type { PointInfo } from "../modules/sunspec/place";
import { AcDer, type AcDerOptions, InverterState, scaleFor } from "./der-ac";
import { clamp } from "./der-base";
import { Cells } from "./der-cells";
import { TimedValue } from "./der-timed";
import { Dice } from "./dice";
import { sunshine } from "./profile";

export interface BatteryOptions extends AcDerOptions {
	/** Default twice the rated power for an hour. */
	capacityWh?: number;
	/** At time 0, %. Default 55. */
	socPct?: number;
	/** Strings in model 803. Default 0: no such model. */
	strings?: number;
	/**
	 * Power it is asked for by its own controller, positive when discharging. Default: it charges from the sun by day and
	 * gives the evening what it took.
	 */
	demandW?: (timeS: number) => number;
}

/** One way, between the AC side and the cells. */
const efficiency = 0.95;
/** Below this the battery protects itself, %. */
const lowestPct = 5;
const daySeconds = 86_400;

/** Of 124 and 802. */
export const ChargeState = frozen({ off: 1, empty: 2, discharging: 3, charging: 4, full: 5, holding: 6 });

/** A battery with its own inverter on the grid: 1, 101 to 113, 120, 121, 123, 124, 802 and, if asked, 803. */
export class GridBattery extends AcDer {
	readonly capacityWh: number;
	/** State of charge, %. */
	socPct: number;
	readonly cells: Cells;
	/** At the cells, positive when discharging. */
	dcW = 0;
	readonly #strings: number;
	readonly #demandW: (timeS: number) => number;
	/** Most charging and discharging, % of WChaMax; below 0 the other is forced. */
	readonly #inPct = new TimedValue(100);
	readonly #outPct = new TimedValue(100);
	readonly #dice: Dice;
	readonly #latched: boolean;
	#chargeState: number = ChargeState.holding;
	#throughputWh = 0;

	constructor(options: BatteryOptions = {}) {
		const ratedW = options.ratedW ?? 5000;
		const strings = options.strings ?? 0;
		const bank: ModelSpec[] = strings > 0 ? [{ id: 803, repeats: { NStr: strings } }] : [];
		super(ratedW, options, [{ id: 124 }, { id: 802 }, ...bank], 82);
		this.capacityWh = options.capacityWh ?? 2 * ratedW;
		this.socPct = options.socPct ?? 55;
		this.cells = new Cells(16, this.capacityWh);
		this.#strings = strings;
		this.#dice = new Dice(options.seed ?? 1, 0x7c);
		this.#latched = options.latched ?? false;
		this.#demandW = options.demandW ?? ((timeS) => dailyShare(timeS) * ratedW);
		this.identify("SMA", "Sunny Boy Storage 5.0", options.serial ?? "SIM-BAT-1");
		this.#describe();
		this.begin();
	}

	#describe(): void {
		const { ratedW, capacityWh, cells } = this;
		const sf = scaleFor(1.2 * Math.max(ratedW, this.ratedVA));
		const whSf = scaleFor(capacityWh);
		this.putAll("120", { WHRtg_SF: whSf, AhrRtg_SF: 0, MaxChaRte_SF: sf, MaxDisChaRte_SF: sf });
		this.putAll("120", { WHRtg: capacityWh, AhrRtg: cells.capacityAh, MaxChaRte: ratedW, MaxDisChaRte: ratedW });
		this.putAll("124", { WChaMax_SF: sf, WChaDisChaGra_SF: 0, VAChaMax_SF: sf, MinRsvPct_SF: -1, ChaState_SF: -1 });
		this.putAll("124", { StorAval_SF: -1, InBatV_SF: -1, InOutWRte_SF: -2 });
		this.putAll("124", { WChaMax: ratedW, WChaGra: 100, WDisChaGra: 100, StorCtl_Mod: 0, VAChaMax: this.ratedVA });
		this.putAll("124", { MinRsvPct: 10, OutWRte: 100, InWRte: 100, ChaGriSet: 1 });
		this.putAll("124", { InOutWRte_WinTms: 0, InOutWRte_RvrtTms: 0, InOutWRte_RmpTms: 0 });
		this.putAll("802", {
			AHRtg_SF: -1,
			WHRtg_SF: whSf,
			WChaDisChaMax_SF: sf,
			DisChaRte_SF: -1,
			SoC_SF: -1,
			DoD_SF: -1,
		});
		this.putAll("802", { SoH_SF: -1, V_SF: -1, CellV_SF: -3, A_SF: -1, AMax_SF: -1, W_SF: sf });
		this.putAll("802", { AHRtg: cells.capacityAh, WHRtg: capacityWh, WChaRteMax: ratedW, WDisChaRteMax: ratedW });
		this.putAll("802", { DisChaRte: 0.1, SoCMax: 100, SoCMin: lowestPct, SocRsvMax: 100, SoCRsvMin: 10, SoH: 99 });
		this.putAll("802", { LocRemCtl: 0, CtrlHb: 0, AlmRst: 0, Typ: 4, SetOp: 1, SetInvState: 3, ReqInvState: 0 });
		this.putAll("802", { VMax: cells.highestV, VMin: cells.lowestV });
		if (this.#strings === 0) return;
		this.putAll("803", { CellV_SF: -3, ModTmp_SF: -1, A_SF: -1, SoH_SF: -1, SoC_SF: -1, V_SF: -1 });
		for (let i = 1; i <= this.#strings; i++) {
			this.putAll(`803.string[${i}]`, {
				StrNMod: 1,
				StrSoH: 99,
				StrConFail: 0,
				StrSetEna: 1,
				StrSetCon: 1,
				StrDisRsn: 0,
			});
		}
	}

	protected override accepts(point: PointInfo, value: number): boolean {
		if (point.model.id === 124) {
			if (point.name === "OutWRte" || point.name === "InWRte") return Math.abs(value) <= 100;
			if (point.name === "StorCtl_Mod") return value <= 3;
			if (point.name === "WChaMax") return value > 0 && value <= this.ratedW;
			if (point.name === "VAChaMax") return value > 0 && value <= this.ratedVA;
			if (point.name.startsWith("WCha") || point.name.startsWith("WDis") || point.name === "MinRsvPct")
				return value <= 100;
		}
		if (point.name === "SocRsvMax" || point.name === "SoCRsvMin") return value <= 100;
		return super.accepts(point, value);
	}

	override written(points: readonly PointInfo[], nowMs: number): void {
		const rate = (point: PointInfo): boolean =>
			point.model.id === 124 &&
			(point.name === "StorCtl_Mod" || (!this.#latched && (point.name.includes("OutW") || point.name === "InWRte")));
		if (points.some(rate)) {
			const mode = this.get("124.StorCtl_Mod");
			const chance = this.#dice.next();
			const times = {
				windowS: this.get("124.InOutWRte_WinTms"),
				rampS: this.get("124.InOutWRte_RmpTms"),
				revertS: this.get("124.InOutWRte_RvrtTms"),
			};
			this.#inPct.order(mode & 1 ? this.get("124.InWRte") : undefined, times, nowMs, chance);
			this.#outPct.order(mode & 2 ? this.get("124.OutWRte") : undefined, times, nowMs, chance);
		}
		super.written(points, nowMs);
	}

	protected override mayConnect(): boolean {
		return this.get("802.SetOp", 1) === 1 && this.get("802.SetInvState", 3) !== 1;
	}

	/** Lowest state of charge that discharging goes down to. */
	get reservePct(): number {
		return Math.max(lowestPct, this.get("124.MinRsvPct"), this.get("802.SoCRsvMin"));
	}

	/** Most it can take now: the last five percent are charged ever slower. */
	get mostChargeW(): number {
		const fullPct = this.get("802.SocRsvMax", 100);
		return Math.min(this.get("124.WChaMax", this.ratedW), (this.ratedW * Math.max(0, fullPct - this.socPct)) / 5);
	}

	get mostDischargeW(): number {
		return Math.min(this.ratedW, (this.ratedW * Math.max(0, this.socPct - this.reservePct)) / 3);
	}

	protected step(nowMs: number, hours: number): void {
		// Both at once: `||` would leave one of them for the next step.
		const inOver = this.#inPct.fallsBack(nowMs);
		if (this.#outPct.fallsBack(nowMs) || inOver) this.put("124.StorCtl_Mod", 0);
		if (this.running(nowMs)) {
			this.setPower(this.#wantedW(nowMs), nowMs);
			this.state = this.powerW === 0 ? InverterState.standby : InverterState.mppt;
		} else this.setIdle();
		this.integrate(hours);
		this.dcW = this.powerW > 0 ? this.powerW / efficiency : this.powerW * efficiency;
		this.socPct = clamp(this.socPct - (100 * this.dcW * hours) / this.capacityWh, 0, 100);
		this.#throughputWh += Math.abs(this.dcW) * hours;
		this.#classify();
	}

	#wantedW(nowMs: number): number {
		const timeS = this.startS + nowMs / 1000;
		const whole = this.get("124.WChaMax", this.ratedW) / 100;
		const inW = this.#inPct.at(nowMs) * whole;
		const outW = this.#outPct.at(nowMs) * whole;
		// A negative rate asks for the other direction: at least that much of it.
		let powerW = Math.min(Math.max(this.#demandW(timeS), -inW), outW);
		const ownSun = this.get("124.ChaGriSet", 1) === 1 ? 1 : sunshine(timeS);
		powerW = Math.max(powerW, -this.mostChargeW, -ownSun * this.ratedW);
		return Math.min(powerW, this.mostDischargeW, this.limitW(nowMs));
	}

	#classify(): void {
		if (this.state === InverterState.off || this.state === InverterState.fault) this.#chargeState = ChargeState.off;
		else if (this.powerW > 0.001 * this.ratedW) this.#chargeState = ChargeState.discharging;
		else if (this.powerW < -0.001 * this.ratedW) this.#chargeState = ChargeState.charging;
		else if (this.socPct >= 99.5) this.#chargeState = ChargeState.full;
		else this.#chargeState = this.socPct <= this.reservePct + 0.1 ? ChargeState.empty : ChargeState.holding;
	}

	protected show(nowMs: number): void {
		const { cells, socPct, dcW } = this;
		const volts = cells.voltageV(socPct, dcW);
		const dcA = dcW / volts;
		const cell = volts / cells.count;
		this.showAc(dcW, volts, false);
		this.putAll("124", {
			ChaState: socPct,
			StorAval: (cells.capacityAh * Math.max(0, socPct - this.reservePct)) / 100,
			InBatV: volts,
			ChaSt: this.#chargeState,
		});
		this.putAll("802", {
			SoC: socPct,
			DoD: 100 - socPct,
			NCyc: Math.floor(100 + this.#throughputWh / (2 * this.capacityWh)),
			ChaSt: this.#chargeState,
			Hb: Math.floor(nowMs / 1000) % 65_000,
			State: this.mayConnect() ? (this.runs ? 3 : 4) : 1,
			Evt1: socPct <= lowestPct ? 1 << 13 : 0,
			Evt2: 0,
			EvtVnd1: 0,
			EvtVnd2: 0,
			V: volts,
			CellVMax: cell + 0.006,
			CellVMin: cell - 0.007,
			CellVAvg: cell,
			A: dcA,
			AChaMax: this.mostChargeW / volts,
			ADisChaMax: this.mostDischargeW / volts,
			W: dcW,
			ReqW: -dcW,
		});
		if (this.#strings > 0) this.#showBank(volts, dcA, cell);
	}

	#showBank(volts: number, dcA: number, cell: number): void {
		const warmC = 24 + Math.abs(this.dcW / this.ratedW) * 8;
		const own = dcA / this.#strings;
		this.putAll("803", { NStr: this.#strings, NStrCon: this.mayConnect() ? this.#strings : 0, ModTmpAvg: warmC });
		this.putAll("803", { ModTmpMax: warmC + 1, ModTmpMin: warmC - 1, StrVMax: volts, StrVMin: volts, StrVAvg: volts });
		this.putAll("803", { StrAMax: own, StrAMin: own, StrAAvg: own, NCellBal: 0 });
		for (let i = 1; i <= this.#strings; i++) {
			this.putAll(`803.string[${i}]`, {
				StrSt: this.mayConnect() ? 3 : 1,
				StrSoC: this.socPct,
				StrA: own,
				StrCellVMax: cell + 0.006,
				StrCellVMin: cell - 0.007,
				StrCellVAvg: cell,
				StrModTmpMax: warmC + 1,
				StrModTmpMin: warmC - 1,
				StrModTmpAvg: warmC,
				StrEvt1: 0,
			});
		}
	}
}

/** What a household's controller asks of its battery, in parts of the rated power: the sun by day, the evening back. */
export function dailyShare(timeS: number): number {
	const hour = (timeS % daySeconds) / 3600;
	if (hour >= 8 && hour < 16) return -0.6 * sunshine(timeS);
	return hour >= 17.5 || hour < 1 ? 0.3 : 0;
}
