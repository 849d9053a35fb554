import { frozen } from "../modules/base/frozen";
import type { ModelSpec } from "../modules/sunspec/image";
import { AcDer, type AcDerOptions, InverterState, scaleFor } from "./der-ac";
import { sunshine } from "./profile";

export interface InverterOptions extends AcDerOptions {
	/** Peak of the modules. Default 1.1 times the rating. */
	peakW?: number;
	/** What the sun gives, 0..1, at a time of day in seconds. Default: a day with clouds. */
	sun?: (timeS: number) => number;
	/** By night measurements are 0, or "not implemented" (NaN, 0x8000, 0xFFFF). Default 0. */
	night?: "zero" | "none";
}

const efficiency = 0.97;
/** The modules are on two strings of unequal length. */
const shares = frozen<readonly number[]>([0.55, 0.45]);
const stringV = frozen<readonly number[]>([620, 510]);

/** A PV inverter as Fronius models it: 1, 101 to 113, 120 to 123, and 160 with two strings. */
export class PvInverter extends AcDer {
	readonly peakW: number;
	readonly #sun: (timeS: number) => number;
	readonly #noneByNight: boolean;
	/** DC power there could be. */
	#availableW = 0;
	readonly #stringWh = [0, 0];
	#apparentVAh = 0;

	/** `more`: models beside those. */
	constructor(options: InverterOptions = {}, more: readonly ModelSpec[] = []) {
		const ratedW = options.ratedW ?? 10_000;
		super(ratedW, options, [{ id: 122 }, ...more, { id: 160, repeats: 2 }], 4);
		this.peakW = options.peakW ?? 1.1 * ratedW;
		this.#sun = options.sun ?? sunshine;
		this.#noneByNight = options.night === "none";
		this.identify("Fronius", "Symo GEN24 10.0", options.serial ?? "SIM-PV-1");
		const sf = scaleFor(1.3 * ratedW);
		this.putAll("160", { DCA_SF: -2, DCV_SF: -1, DCW_SF: sf, DCWH_SF: 0, TmsPer: 0, Evt: 0 });
		this.putAll("160.module[1]", { ID: 1, IDStr: "String 1" });
		this.putAll("160.module[2]", { ID: 2, IDStr: "String 2" });
		this.putAll("122", { VArAval_SF: sf, WAval_SF: sf, TmSrc: "RTC" });
		this.begin();
	}

	protected step(nowMs: number, hours: number): void {
		this.#availableW = this.peakW * this.#sun(this.startS + nowMs / 1000);
		const acW = efficiency * this.#availableW;
		if (!this.running(nowMs)) this.setIdle();
		else if (acW < 0.005 * this.ratedW) {
			this.setIdle();
			this.state = InverterState.sleeping;
		} else {
			this.setPower(Math.min(acW, this.limitW(nowMs)), nowMs);
			this.state = this.powerW < 0.999 * acW ? InverterState.throttled : InverterState.mppt;
		}
		this.integrate(hours);
		this.#apparentVAh += this.apparentVA * hours;
		shares.forEach((share, i) => {
			this.#stringWh[i] = this.#stringWh[i]! + (this.powerW / efficiency) * share * hours;
		});
	}

	protected show(nowMs: number): void {
		const asleep = this.state === InverterState.sleeping;
		const none = asleep && this.#noneByNight;
		const dcW = this.powerW / efficiency;
		// A string that gives less than it could stands nearer to its open-circuit voltage.
		const unused = this.#availableW > 0 ? 1 - dcW / this.#availableW : 0;
		const of = (value: number): number | undefined => (none ? undefined : value);
		let voltsSum = 0;
		shares.forEach((share, i) => {
			const dcV = asleep ? 0 : stringV[i]! * (1 + 0.2 * unused);
			voltsSum += dcV / 2;
			const own = dcW * share;
			this.putAll(`160.module[${i + 1}]`, {
				DCW: of(own),
				DCV: of(dcV),
				DCA: of(dcV > 0 ? own / dcV : 0),
				DCWH: this.#stringWh[i],
				DCSt: this.state,
				DCEvt: 0,
				Tms: Math.floor(nowMs / 1000),
			});
		});
		this.showAc(dcW, voltsSum, none);
		const connected = this.controls.connected(nowMs);
		const running = this.powerW > 0;
		this.putAll("122", {
			PVConn: (connected ? 1 : 0) + (this.#availableW > 0 ? 2 : 0) + (running ? 4 : 0),
			StorConn: 0,
			ECPConn: connected && this.events === 0 ? 1 : 0,
			ActWh: this.injectedWh,
			ActVAh: this.#apparentVAh,
			ActVArhQ1: this.injectedVarh,
			ActVArhQ4: this.absorbedVarh,
			WAval: Math.min(efficiency * this.#availableW, this.ratedW),
			VArAval: Math.min(this.ratedVar, Math.sqrt(Math.max(0, this.ratedVA ** 2 - this.powerW ** 2))),
			StActCtl: this.#activeControls(),
			Tms: Math.floor(this.startS + nowMs / 1000),
			RtSt: 0,
		});
	}

	#activeControls(): number {
		const limited = this.get("123.WMaxLim_Ena") === 1 ? 1 : 0;
		const fixedVar = this.get("123.VArPct_Ena") === 1 ? 2 : 0;
		return limited + fixedVar + (this.get("123.OutPFSet_Ena") === 1 ? 4 : 0);
	}
}
