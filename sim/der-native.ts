import { frozen } from "../modules/base/frozen";
import type { PointInfo } from "../modules/sunspec/place";
import { scaleFor } from "./der-ac";
import { clamp, nominalHz, nominalV, SimDer, type SimDerOptions } from "./der-base";
import { dailyShare } from "./der-battery";
import { Cells } from "./der-cells";
import { Reversion704 } from "./der-reversion";
import { Dice } from "./dice";
import { sunshine } from "./profile";

export interface NativeOptions extends SimDerOptions {
	/** Nameplate. Default 5000. */
	ratedW?: number;
	/** Of the modules. Default 1.2 times the rating. */
	peakW?: number;
	/** Default twice the rated power for an hour. */
	capacityWh?: number;
	/** At time 0, %. Default 50. */
	socPct?: number;
	/** What the sun gives, 0..1, at a time of day in seconds. Default: a day with clouds. */
	sun?: (timeS: number) => number;
	/** What its own controller asks of the battery, positive when discharging. Default: the sun by day, the evening back. */
	demandW?: (timeS: number) => number;
}

const efficiency = 0.97;
const reservePct = 10;
const pvV = 420;
/** InvSt of 701. */
const InvSt = frozen({ off: 0, starting: 2, running: 3, throttled: 4, fault: 6, standby: 7 });

/** A hybrid inverter that has the newer models itself: 1, 701 to 704, 713 and 714 with a PV and a storage port. */
export class NativeHybrid extends SimDer {
	readonly ratedW: number;
	readonly peakW: number;
	readonly capacityWh: number;
	/** State of charge, %. */
	socPct: number;
	/** At the ports, positive into the inverter. */
	pvW = 0;
	batteryW = 0;
	readonly #cells: Cells;
	readonly #reversion: Reversion704;
	readonly #sun: (timeS: number) => number;
	readonly #demandW: (timeS: number) => number;
	readonly #dice: Dice;
	readonly #sums = { injectedWh: 0, absorbedWh: 0, injectedVarh: 0, absorbedVarh: 0, pvWh: 0, outWh: 0, inWh: 0 };
	#availableW = 0;
	/** Service is entered at this time, and ramped up after it. */
	#enterMs = 0;
	#rampMs = 0;
	#inService = true;
	#state: number = InvSt.running;
	#alarms = 0;
	#throttlePct = 0;

	constructor(options: NativeOptions = {}) {
		const models = [1, 701, 702, 703, 704, 713].map((id) => ({ id }));
		super([...models, { id: 714, repeats: { NPrt: 2 } }], options);
		this.ratedW = options.ratedW ?? 5000;
		this.peakW = options.peakW ?? 1.2 * this.ratedW;
		this.capacityWh = options.capacityWh ?? 2 * this.ratedW;
		this.socPct = options.socPct ?? 50;
		this.#sun = options.sun ?? sunshine;
		this.#demandW = options.demandW ?? ((timeS) => dailyShare(timeS) * this.ratedW);
		this.#cells = new Cells(16, this.capacityWh);
		this.#reversion = new Reversion704(this);
		this.#dice = new Dice(options.seed ?? 1, 0x703);
		this.identify("Example Energy", "Hybrid 5", options.serial ?? "SIM-HY-1");
		this.#describe();
		this.begin();
	}

	/** Most reactive power, of either sign. */
	get ratedVar(): number {
		return 0.6 * this.ratedW;
	}

	#describe(): void {
		const { ratedW, ratedVar, capacityWh } = this;
		const sf = scaleFor(1.3 * Math.max(ratedW, this.peakW));
		this.putAll("701", { A_SF: -2, V_SF: -1, Hz_SF: -2, W_SF: sf, PF_SF: -3, VA_SF: sf, Var_SF: sf });
		this.putAll("701", { TotWh_SF: 0, TotVarh_SF: 0, Tmp_SF: -1, ACType: this.phases.length === 1 ? 0 : 2 });
		this.putAll("702", { W_SF: sf, PF_SF: -3, VA_SF: sf, Var_SF: sf, V_SF: -1, A_SF: -1, S_SF: 0 });
		for (const end of ["Rtg", ""]) {
			this.putAll("702", { [`WMax${end}`]: ratedW, [`VAMax${end}`]: ratedW, [`VarMaxInj${end}`]: ratedVar });
			this.putAll("702", { [`VarMaxAbs${end}`]: ratedVar, [`WChaRteMax${end}`]: ratedW, [`VNom${end}`]: nominalV });
			this.putAll("702", { [`WDisChaRteMax${end}`]: ratedW, [`VAChaRteMax${end}`]: ratedW, [`VMax${end}`]: 264.5 });
			this.putAll("702", { [`VADisChaRteMax${end}`]: ratedW, [`VMin${end}`]: 184 });
		}
		this.putAll("702", { AMaxRtg: ratedW / nominalV / this.phases.length, NorOpCatRtg: 1, AbnOpCatRtg: 2 });
		this.putAll("702", { CtrlModes: 0b1111, IntIslandCatRtg: 0 });
		this.putAll("703", { V_SF: -1, Hz_SF: -2, ES: 1, ESVHi: 110, ESVLo: 90, ESHzHi: nominalHz + 0.1 });
		this.putAll("703", { ESHzLo: nominalHz - 0.5, ESDlyTms: 20, ESRndTms: 0, ESRmpTms: 0, ESDlyRemTms: 0 });
		this.putAll("704", { PF_SF: -3, WMaxLimPct_SF: -1, WSet_SF: 0, WSetPct_SF: -1, VarSet_SF: 0, VarSetPct_SF: -1 });
		for (const name of ["PFWInj", "PFWAbs", "WMaxLimPct", "WSet", "VarSet"]) {
			this.putAll("704", { [`${name}Ena`]: 0, [`${name}EnaRvrt`]: 0, [`${name}RvrtTms`]: 0, [`${name}RvrtRem`]: 0 });
		}
		for (const end of ["", "Rvrt"]) {
			this.putAll("704", { [`WMaxLimPct${end}`]: 100, [`WSet${end}`]: 0, [`WSetPct${end}`]: 0, [`VarSet${end}`]: 0 });
			this.putAll("704", { [`VarSetPct${end}`]: 0 });
			for (const group of ["PFWInj", "PFWAbs"]) this.putAll(`704.${group}${end}`, { PF: 1, Ext: 0 });
		}
		this.putAll("704", { WSetMod: 1, VarSetMod: 1, VarSetPri: 0 });
		this.putAll("713", { WH_SF: scaleFor(capacityWh), Pct_SF: -1, WHRtg: capacityWh, SoH: 99, Sta: 0 });
		this.putAll("714", { DCA_SF: -2, DCV_SF: -1, DCW_SF: sf, DCWH_SF: 0, Tmp_SF: -1, PrtAlrms: 0 });
		this.putAll("714.Prt[1]", { PrtTyp: 0, ID: 1, IDStr: "PV", DCAlrm: 0 });
		this.putAll("714.Prt[2]", { PrtTyp: 1, ID: 2, IDStr: "Battery", DCAlrm: 0 });
	}

	protected accepts(point: PointInfo, value: number): boolean {
		const { name } = point;
		const { ratedW, ratedVar } = this;
		if (point.model.id === 704) {
			if (name === "PF") return value >= 0.8 && value <= 1;
			if (name.startsWith("WMaxLimPct") && !name.includes("Tms")) return value <= 100;
			if (name === "WSet" || name === "WSetRvrt") return Math.abs(value) <= ratedW;
			if (name === "VarSet" || name === "VarSetRvrt") return Math.abs(value) <= ratedVar;
			if (name.startsWith("WSetPct") || name.startsWith("VarSetPct")) return Math.abs(value) <= 100;
		}
		if (point.model.id === 702) {
			if (/^(W|VA)/.test(name)) return value > 0 && value <= ratedW;
			if (name.startsWith("Var")) return value <= ratedVar;
			if (name === "VNom") return value >= 0.8 * nominalV && value <= 1.2 * nominalV;
		}
		return true;
	}

	override written(points: readonly PointInfo[], nowMs: number): void {
		this.#reversion.written(points, nowMs);
		super.written(points, nowMs);
	}

	protected step(nowMs: number, hours: number): void {
		this.#reversion.run(nowMs);
		const timeS = this.startS + nowMs / 1000;
		this.#availableW = this.peakW * this.#sun(timeS);
		this.#enterService(nowMs);
		if (!this.#inService) {
			this.powerW = 0;
			this.reactiveVar = 0;
			this.pvW = 0;
			this.batteryW = 0;
		} else this.#flow(timeS, nowMs);
		this.#sum(hours);
	}

	/** In service or not: alarms and a bad grid end it, model 703 says when and how fast it begins. */
	#enterService(nowMs: number): void {
		this.#alarms = this.alarms | this.gridEvents();
		const allowed = this.get("703.ES") === 1;
		if (!allowed || this.#alarms !== 0 || (!this.#inService && !this.#gridAllowsEntry())) {
			this.#inService = false;
			this.#state = this.alarms !== 0 ? InvSt.fault : allowed ? InvSt.starting : InvSt.off;
			const waitS = this.get("703.ESDlyTms") + this.get("703.ESRndTms") * this.#dice.next();
			this.#enterMs = nowMs + 1000 * waitS;
		} else if (!this.#inService) {
			this.#state = InvSt.starting;
			this.#inService = nowMs >= this.#enterMs;
			this.#rampMs = 1000 * this.get("703.ESRmpTms");
		}
	}

	#gridAllowsEntry(): boolean {
		const pct = (100 * this.volts) / this.get("702.VNom", nominalV);
		const hz = this.mains.frequencyHz();
		if (pct > this.get("703.ESVHi") || pct < this.get("703.ESVLo")) return false;
		return hz <= this.get("703.ESHzHi") && hz >= this.get("703.ESHzLo");
	}

	#flow(timeS: number, nowMs: number): void {
		const wMax = this.get("702.WMax", this.ratedW);
		const ramp = this.#rampMs > 0 ? clamp((nowMs - this.#enterMs) / this.#rampMs, 0, 1) : 1;
		const limitPct = this.get("704.WMaxLimPctEna") === 1 ? this.get("704.WMaxLimPct") : 100;
		const mostW = (ramp * wMax * limitPct) / 100;
		const freeW = this.#availableW * efficiency + this.#demandW(timeS);
		let wantedW = freeW;
		if (this.get("704.WSetEna") === 1) {
			wantedW = this.get("704.WSetMod") === 1 ? this.get("704.WSet") : (wMax * this.get("704.WSetPct")) / 100;
		}
		const acW = clamp(wantedW, -ramp * wMax, mostW);
		const dcW = acW > 0 ? acW / efficiency : acW * efficiency;
		this.batteryW = clamp(dcW - this.#availableW, -this.#mostChargeW(), this.#mostDischargeW());
		this.pvW = clamp(dcW - this.batteryW, 0, this.#availableW);
		const gotW = this.pvW + this.batteryW;
		this.powerW = gotW > 0 ? gotW * efficiency : gotW / efficiency;
		this.#react(wMax);
		this.#throttlePct = freeW > this.powerW + 1 && freeW > 0 ? 100 * (1 - Math.max(0, this.powerW) / freeW) : 0;
		this.#state = this.powerW === 0 ? InvSt.standby : this.#throttlePct > 0 ? InvSt.throttled : InvSt.running;
	}

	#mostChargeW(): number {
		return Math.min(this.get("702.WChaRteMax"), (this.ratedW * Math.max(0, 100 - this.socPct)) / 5);
	}

	#mostDischargeW(): number {
		return Math.min(this.get("702.WDisChaRteMax"), (this.ratedW * Math.max(0, this.socPct - reservePct)) / 3);
	}

	/** Reactive power: a set-point, or the power factor of the direction. Active power goes first. */
	#react(wMax: number): void {
		const vaMax = this.get("702.VAMax", this.ratedW);
		const room = Math.sqrt(Math.max(0, vaMax * vaMax - this.powerW * this.powerW));
		const direction = this.powerW >= 0 ? "PFWInj" : "PFWAbs";
		let wanted = 0;
		if (this.get("704.VarSetEna") === 1) {
			const mode = this.get("704.VarSetMod");
			const base = [wMax, this.ratedVar, Math.min(room, this.ratedVar), vaMax][mode];
			wanted = base === undefined ? this.get("704.VarSet") : (base * this.get("704.VarSetPct")) / 100;
		} else if (this.get(`704.${direction}Ena`) === 1) {
			const pf = this.get(`704.${direction}.PF`, 1);
			const size = Math.abs(this.powerW) * Math.sqrt(1 / (pf * pf) - 1);
			wanted = this.get(`704.${direction}.Ext`) === 0 ? size : -size;
		}
		const most = Math.min(room, this.ratedVar);
		this.reactiveVar = clamp(wanted, -most, most);
	}

	#sum(hours: number): void {
		const sums = this.#sums;
		if (this.powerW > 0) sums.injectedWh += this.powerW * hours;
		else sums.absorbedWh -= this.powerW * hours;
		if (this.reactiveVar > 0) sums.injectedVarh += this.reactiveVar * hours;
		else sums.absorbedVarh -= this.reactiveVar * hours;
		sums.pvWh += this.pvW * hours;
		if (this.batteryW > 0) sums.outWh += this.batteryW * hours;
		else sums.inWh -= this.batteryW * hours;
		this.socPct = clamp(this.socPct - (100 * this.batteryW * hours) / this.capacityWh, 0, 100);
	}

	protected show(nowMs: number): void {
		this.#reversion.show(nowMs);
		const { volts, powerW, reactiveVar, apparentVA } = this;
		const sums = this.#sums;
		const threePhase = this.phases.length === 3;
		const totalA = apparentVA / volts / this.phases.length;
		this.putAll("701", { St: this.#inService ? 1 : 0, InvSt: this.#state, ConnSt: this.#inService ? 1 : 0 });
		this.putAll("701", { Alrm: this.#alarms, DERMode: 1, W: powerW, VA: apparentVA, Var: reactiveVar });
		this.putAll("701", { PF: apparentVA === 0 ? 1 : powerW / apparentVA, A: totalA, Hz: this.mains.frequencyHz() });
		this.putAll("701", { LNV: volts, LLV: threePhase ? volts * Math.sqrt(3) : undefined });
		this.putAll("701", { TotWhInj: sums.injectedWh, TotWhAbs: sums.absorbedWh });
		this.putAll("701", { TotVarhInj: sums.injectedVarh, TotVarhAbs: sums.absorbedVarh });
		this.putAll("701", { ThrotPct: this.#throttlePct, ThrotSrc: this.#throttlePct > 0 ? 1 : 0 });
		if (threePhase) for (const phase of this.phases) this.#showPhase(phase);
		else this.putAll("701", { WL1: powerW, VAL1: apparentVA, VarL1: reactiveVar, AL1: totalA, VL1: volts });
		this.put("703.ESDlyRemTms", this.#inService ? 0 : Math.max(0, Math.ceil((this.#enterMs - nowMs) / 1000)));
		const cellV = this.#cells.voltageV(this.socPct, this.batteryW);
		this.putAll("713", { SoC: this.socPct, WHAvail: (this.capacityWh * Math.max(0, this.socPct - reservePct)) / 100 });
		this.#showPort(1, this.pvW, this.#availableW > 0 ? pvV : 0, sums.pvWh, 0);
		this.#showPort(2, this.batteryW, cellV, sums.outWh, sums.inWh);
		this.putAll("714", { DCW: this.pvW + this.batteryW });
	}

	#showPhase(phase: number): void {
		const own = this.mains.voltageV(phase);
		const next = this.mains.voltageV((phase % 3) + 1);
		const va = this.apparentVA / 3;
		this.putAll("701", {
			[`WL${phase}`]: this.powerW / 3,
			[`VAL${phase}`]: va,
			[`VarL${phase}`]: this.reactiveVar / 3,
		});
		this.putAll("701", { [`AL${phase}`]: va / own, [`VL${phase}`]: own });
		this.put(`701.VL${phase}L${(phase % 3) + 1}`, Math.sqrt(own * own + next * next + own * next));
	}

	/** Energies: into the inverter ("injected"), and out of it. */
	#showPort(port: number, watts: number, dcV: number, injectedWh: number, absorbedWh: number): void {
		this.putAll(`714.Prt[${port}]`, {
			DCW: watts,
			DCV: dcV,
			DCA: dcV > 0 ? watts / dcV : 0,
			DCWhInj: injectedWh,
			DCWhAbs: absorbedWh,
			DCSta: watts === 0 ? 0 : 1,
		});
	}
}
