import { frozen } from "../modules/base/frozen";
import type { ModelSpec } from "../modules/sunspec/image";
import type { PointInfo } from "../modules/sunspec/place";
import { clamp, nominalHz, nominalV, SimDer, type SimDerOptions } from "./der-base";
import { ImmediateControls } from "./der-controls";

/** Of 103 and its kin. */
export const InverterState = frozen({
	off: 1,
	sleeping: 2,
	starting: 3,
	mppt: 4,
	throttled: 5,
	fault: 7,
	standby: 8,
});

export interface AcDerOptions extends SimDerOptions {
	/** Nameplate. */
	ratedW?: number;
	/** Nameplate; default that of the active power. */
	ratedVA?: number;
	/** Measurements as 111 or 113 in place of 101 or 103. */
	float?: boolean;
	/** A new value of a control of 123 counts only when its enabling point is written too, as Fronius has it. */
	latched?: boolean;
}

/** What inverters and storage on the AC side have in common: 101 to 113, 120, 121 and 123, and being connected. */
export abstract class AcDer extends SimDer {
	readonly ratedW: number;
	readonly ratedVA: number;
	protected readonly controls: ImmediateControls;
	protected state: number = InverterState.starting;
	protected events = 0;
	protected runs = false;
	/** Sums, Wh and varh. */
	injectedWh = 0;
	absorbedWh = 0;
	injectedVarh = 0;
	absorbedVarh = 0;
	readonly #float: boolean;
	readonly #measurements: string;
	/** From this time on it may run. */
	#readyMs = 0;
	#cabinetC = 25;

	constructor(ratedW: number, options: AcDerOptions, more: readonly ModelSpec[], derType: number) {
		const single = options.phase !== undefined;
		const measurements = (options.float ? 111 : 101) + (single ? 0 : 2);
		// interfaces stand behind the common model
		const first = more.filter((spec) => spec.id < 100);
		const after120 = more.filter((spec) => spec.id === 122);
		const last = more.filter((spec) => spec.id > 122);
		const head = [{ id: 1 }, ...first, { id: measurements }, { id: 120 }, { id: 121 }];
		super([...head, ...after120, { id: 123 }, ...last], options);
		this.ratedW = ratedW;
		this.ratedVA = options.ratedVA ?? ratedW;
		this.#float = options.float ?? false;
		this.#measurements = String(measurements);
		this.#describe(derType, single);
		this.controls = new ImmediateControls(this, options.seed ?? 1, options.latched ?? false);
	}

	/** Most reactive power, of either sign. */
	get ratedVar(): number {
		return 0.6 * this.ratedVA;
	}

	#describe(derType: number, single: boolean): void {
		const { ratedW, ratedVA, ratedVar } = this;
		const sf = scaleFor(1.2 * ratedVA);
		const ratedA = ratedVA / nominalV / (single ? 1 : 3);
		this.putAll("120", { WRtg_SF: sf, VARtg_SF: sf, VArRtg_SF: sf, ARtg_SF: -1, PFRtg_SF: -3 });
		this.putAll("120", { DERTyp: derType, WRtg: ratedW, VARtg: ratedVA, ARtg: ratedA });
		this.putAll("120", { VArRtgQ1: ratedVar, VArRtgQ2: ratedVar, VArRtgQ3: -ratedVar, VArRtgQ4: -ratedVar });
		this.putAll("120", { PFRtgQ1: 0.8, PFRtgQ2: 0.8, PFRtgQ3: -0.8, PFRtgQ4: -0.8 });
		this.putAll("121", { WMax_SF: sf, VRef_SF: -1, VRefOfs_SF: -1, VAMax_SF: sf, VArMax_SF: sf, ECPNomHz_SF: -2 });
		this.putAll("121", { WMax: ratedW, VRef: nominalV, VRefOfs: 0, VAMax: ratedVA, ECPNomHz: nominalHz });
		this.putAll("121", { VArMaxQ1: ratedVar, VArMaxQ2: ratedVar, VArMaxQ3: -ratedVar, VArMaxQ4: -ratedVar });
		if (this.#float) return;
		this.putAll(this.#measurements, { A_SF: -2, V_SF: -1, W_SF: sf, Hz_SF: -2, VA_SF: sf, VAr_SF: sf, PF_SF: -2 });
		this.putAll(this.#measurements, { WH_SF: 0, DCA_SF: -2, DCV_SF: -1, DCW_SF: sf, Tmp_SF: -1 });
	}

	protected accepts(point: PointInfo, value: number): boolean {
		if (point.model.id === 123) return this.controls.accepts(point.name, value);
		if (point.model.id !== 121) return true;
		if (point.name === "WMax") return value > 0 && value <= this.ratedW;
		if (point.name === "VAMax") return value > 0 && value <= this.ratedVA;
		if (point.name.startsWith("VArMax")) return Math.abs(value) <= this.ratedVar;
		if (point.name === "VRef") return value >= 0.8 * nominalV && value <= 1.2 * nominalV;
		if (point.name === "ECPNomHz") return value === 50 || value === 60;
		return true;
	}

	override written(points: readonly PointInfo[], nowMs: number): void {
		this.controls.written(points, nowMs);
		super.written(points, nowMs);
	}

	/** Whether it is connected and started; sets events and, when it is not, the state. */
	protected running(nowMs: number): boolean {
		this.runs = this.#started(nowMs);
		return this.runs;
	}

	#started(nowMs: number): boolean {
		this.controls.run(nowMs);
		const grid = this.gridEvents();
		this.events = this.alarms | grid;
		const connected = this.controls.connected(nowMs) && this.mayConnect();
		if (!connected || this.events !== 0) {
			this.#readyMs = nowMs + this.startDelayMs;
			this.state = this.alarms !== 0 ? InverterState.fault : connected ? InverterState.starting : InverterState.off;
			return false;
		}
		if (nowMs < this.#readyMs) this.state = InverterState.starting;
		return nowMs >= this.#readyMs;
	}

	/** Other switches than that of 123. */
	protected mayConnect(): boolean {
		return true;
	}

	/** Most active power it may inject now. */
	protected limitW(nowMs: number): number {
		return (this.get("121.WMax", this.ratedW) * this.controls.limitPct(nowMs)) / 100;
	}

	/** Sets both powers, within the apparent power: a power factor bends both, else active power goes first. */
	protected setPower(powerW: number, nowMs: number): void {
		const mostVA = this.get("121.VAMax", this.ratedVA);
		const mostVar = this.get("121.VArMaxQ1", this.ratedVar);
		this.powerW = clamp(powerW, -mostVA, mostVA) + 0;
		const room = Math.sqrt(mostVA * mostVA - this.powerW * this.powerW);
		const wantedVar = this.controls.reactiveVar(this.powerW, this.get("121.WMax", this.ratedW), mostVar, room, nowMs);
		if (this.get("123.OutPFSet_Ena") === 1) {
			const apparentVA = Math.sqrt(this.powerW * this.powerW + wantedVar * wantedVar);
			const share = apparentVA > mostVA ? mostVA / apparentVA : 1;
			this.powerW *= share;
			this.reactiveVar = wantedVar * share;
		} else this.reactiveVar = clamp(wantedVar, -Math.min(mostVar, room), Math.min(mostVar, room));
	}

	protected setIdle(): void {
		this.powerW = 0;
		this.reactiveVar = 0;
	}

	protected integrate(hours: number): void {
		if (this.powerW > 0) this.injectedWh += this.powerW * hours;
		else this.absorbedWh -= this.powerW * hours;
		if (this.reactiveVar > 0) this.injectedVarh += this.reactiveVar * hours;
		else this.absorbedVarh -= this.reactiveVar * hours;
		const endC = 25 + (30 * this.apparentVA) / this.ratedVA;
		this.#cabinetC += (endC - this.#cabinetC) * Math.min(1, 6 * hours);
	}

	/** Fills 101 to 113. `dcW` positive as `powerW`. `none`: measurements say "not implemented", as some do by night. */
	protected showAc(dcW: number, dcV: number, none: boolean): void {
		const model = this.#measurements;
		const of = (value: number): number | undefined => (none ? undefined : value);
		const { volts, powerW, reactiveVar, apparentVA } = this;
		const currentA = apparentVA / volts;
		this.putAll(model, { A: of(currentA), W: of(powerW), VA: of(apparentVA), VAr: of(reactiveVar) });
		const pf = apparentVA === 0 ? 100 : (100 * powerW) / apparentVA;
		this.putAll(model, { PF: of(pf), Hz: of(this.mains.frequencyHz()), WH: this.injectedWh });
		this.putAll(model, { DCW: of(dcW), DCV: of(dcV), DCA: of(dcV === 0 ? 0 : Math.abs(dcW) / dcV) });
		const perPhaseA = currentA / this.phases.length;
		if (this.phases.length === 1) this.putAll(model, { AphA: of(perPhaseA), PhVphA: of(volts) });
		else {
			for (const phase of this.phases) {
				const letter = "ABC"[phase - 1]!;
				const own = this.mains.voltageV(phase);
				const next = this.mains.voltageV((phase % 3) + 1);
				this.put(`${model}.Aph${letter}`, of(perPhaseA));
				this.put(`${model}.PhVph${letter}`, of(own));
				this.put(`${model}.PPVph${letter}${"BCA"[phase - 1]}`, of(Math.sqrt(own * own + next * next + own * next)));
			}
		}
		this.putAll(model, { TmpCab: of(this.#cabinetC), TmpSnk: of(this.#cabinetC + 5) });
		this.putAll(model, { St: this.state, Evt1: this.events, Evt2: 0 });
	}
}

/** The scale factor with which this value fits a register of 16 bits. */
export function scaleFor(most: number): number {
	let scale = 0;
	while (most / 10 ** scale > 32_000) scale++;
	return scale;
}
