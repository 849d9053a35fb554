import type { Mains } from "./der-base";
import { Dice } from "./dice";
import type { HomeProfile, PointSource } from "./profile";

export interface GridHome {
	profile: HomeProfile;
	/** 1 to 3. */
	phase: number;
	/** Register readings at time 0. */
	importWh: number;
	exportWh: number;
}

/** A generator or a store on the pole. */
export interface GridSource {
	/** 1 to 3, each with its part. */
	readonly phases: readonly number[];
	/** Injected now. */
	readonly powerW: number;
	readonly reactiveVar: number;
	/** Brings it to this time. */
	run(nowMs: number): void;
}

/** Everything holds still for one slot, so energy is the exact sum of power over time. With sources it is a second. */
const stillMs = 5000;
const livelyMs = 1000;
const nominalV = 230;
/** One wire and its return, from the feeder meter to the pole, and from the pole to a home. */
const lineOhm = 0.09;
const dropOhm = 0.06;

/** What one meter sees. Signs: positive is drawn from the grid. */
class Flow {
	voltageV = nominalV;
	/** At the end of the line, of a phase. */
	poleV = nominalV;
	powerW = 0;
	reactiveVar = 0;
	lossW = 0;
	importWh = 0;
	exportWh = 0;

	get apparentVA(): number {
		return Math.sqrt(this.powerW * this.powerW + this.reactiveVar * this.reactiveVar);
	}

	get currentA(): number {
		return this.apparentVA / this.voltageV;
	}

	get powerFactor(): number {
		const apparentVA = this.apparentVA;
		return apparentVA === 0 ? 1 : Math.abs(this.powerW) / apparentVA;
	}

	run(hours: number): void {
		if (this.powerW >= 0) this.importWh += this.powerW * hours;
		else this.exportWh -= this.powerW * hours;
	}
}

/**
 * The wires of a pole: homes on three phases behind one feeder meter. The voltage at a home sags with the current of its
 * phase; the feeder carries the homes of a phase and what the wires lose; energies are the power summed over time.
 * Time only goes forward.
 */
export class Grid {
	readonly #homes: readonly GridHome[];
	readonly #flows: Flow[];
	readonly #phases = [new Flow(), new Flow(), new Flow()];
	readonly #total = new Flow();
	readonly #seed: number;
	readonly #startS: number;
	readonly #sources: GridSource[] = [];
	/** Set by who wants to see what devices do: in place of its own, and added to each phase. */
	setHz: number | undefined;
	addedV = 0;
	#slotMs = stillMs;
	#frequencyHz = 50;
	/** Up to here the energies are summed. */
	#atMs = 0;
	#slot = -1;

	/** `startHour`: time of day at time 0. */
	constructor(homes: readonly GridHome[], seed: number, startHour = 0) {
		this.#homes = homes;
		this.#seed = seed;
		this.#startS = 3600 * startHour;
		this.#flows = homes.map((home) => {
			const flow = new Flow();
			flow.importWh = home.importWh;
			flow.exportWh = home.exportWh;
			const phase = this.#phases[home.phase - 1]!;
			// What was lost before time 0 is in the feeder's reading too.
			phase.importWh += 1.04 * home.importWh;
			phase.exportWh += 0.1 * home.exportWh;
			return flow;
		});
		for (const phase of this.#phases) {
			this.#total.importWh += phase.importWh;
			this.#total.exportWh += phase.exportWh;
		}
		this.#enter(0);
	}

	/** The meter of home `index`, in the order given. */
	home(index: number): PointSource {
		return { value: (point, nowMs) => this.#homeValue(index, point, nowMs) };
	}

	/** The three-phase meter where the feeder begins. */
	get feeder(): PointSource {
		return { value: (point, nowMs) => this.#feederValue(point, nowMs) };
	}

	/** Connects a source, before time goes on, and gives it what it sees there: the voltage at the pole. */
	connect(source: GridSource): Mains {
		if (this.#atMs > 0) throw new RangeError("a source is connected before time goes on");
		this.#sources.push(source);
		this.#slotMs = livelyMs;
		this.#slot = -1;
		return {
			advance: (nowMs) => this.#advance(nowMs),
			voltageV: (phase) => this.#phases[phase - 1]!.poleV,
			frequencyHz: () => this.#frequencyHz,
		};
	}

	/** Lost in the wires now. */
	lossW(nowMs: number): number {
		this.#advance(nowMs);
		return this.#phases.reduce((sum, phase) => sum + phase.lossW, 0);
	}

	#homeValue(index: number, point: string, nowMs: number): number | undefined {
		this.#advance(nowMs);
		const flow = this.#flows[index]!;
		switch (point) {
			case "PhVphA":
				return flow.voltageV;
			case "AphA":
				return flow.currentA;
			case "Hz":
				return this.#frequencyHz;
			default:
				return flowValue(flow, point);
		}
	}

	#feederValue(point: string, nowMs: number): number | undefined {
		this.#advance(nowMs);
		if (point === "Hz") return this.#frequencyHz;
		if (point === "A") return this.#phases.reduce((sum, phase) => sum + phase.currentA, 0);
		if (point === "PPV") {
			const pairs = ["AB", "BC", "CA"].map((pair) => this.#feederValue(`PPVph${pair}`, nowMs)!);
			return pairs.reduce((sum, volts) => sum + volts / 3, 0);
		}
		if (point.startsWith("PPVph")) {
			const first = this.#phases["ABC".indexOf(point[5]!)];
			const second = this.#phases["ABC".indexOf(point[6]!)];
			if (first === undefined || second === undefined) return undefined;
			const [a, b] = [first.voltageV, second.voltageV];
			return Math.sqrt(a * a + b * b + a * b);
		}
		const byPhase = /^(.+?)[pP]h([ABC])$/.exec(point);
		if (byPhase) return flowValue(this.#phases["ABC".indexOf(byPhase[2]!)]!, byPhase[1]!);
		return flowValue(this.#total, point);
	}

	#advance(nowMs: number): void {
		while (nowMs > this.#atMs) {
			const slot = Math.floor(this.#atMs / this.#slotMs);
			if (slot !== this.#slot) this.#enter(slot);
			const untilMs = Math.min(nowMs, (slot + 1) * this.#slotMs);
			const hours = (untilMs - this.#atMs) / 3_600_000;
			for (const flow of this.#flows) flow.run(hours);
			for (const phase of this.#phases) phase.run(hours);
			this.#total.run(hours);
			this.#atMs = untilMs;
		}
		const slot = Math.floor(nowMs / this.#slotMs);
		if (slot > this.#slot) this.#enter(slot);
	}

	/** Power, voltage and losses of a slot. */
	#enter(slot: number): void {
		this.#slot = slot;
		const timeS = this.#startS + (slot * this.#slotMs) / 1000;
		const dice = new Dice(this.#seed, slot);
		this.#frequencyHz = 50 + 0.03 * Math.sin(timeS / 97) + 0.02 * (dice.next() - 0.5);
		if (this.setHz !== undefined) this.#frequencyHz = this.setHz;
		for (const phase of this.#phases) {
			phase.powerW = 0;
			phase.reactiveVar = 0;
			phase.lossW = 0;
			phase.voltageV = nominalV + 2 * Math.sin(timeS / 1301) + 0.6 * (dice.next() - 0.5) + this.addedV;
		}
		for (let i = 0; i < this.#homes.length; i++) {
			const { profile, phase } = this.#homes[i]!;
			const flow = this.#flows[i]!;
			const sample = profile.at(timeS);
			flow.powerW = sample.loadW - sample.solarW;
			flow.reactiveVar = sample.reactiveVar;
			const feeding = this.#phases[phase - 1]!;
			feeding.powerW += flow.powerW;
			feeding.reactiveVar += flow.reactiveVar;
		}
		for (const source of this.#sources) {
			source.run(slot * this.#slotMs);
			for (const phase of source.phases) {
				this.#phases[phase - 1]!.powerW -= source.powerW / source.phases.length;
				this.#phases[phase - 1]!.reactiveVar -= source.reactiveVar / source.phases.length;
			}
		}
		for (const phase of this.#phases) phase.poleV = phase.voltageV - (phase.powerW * lineOhm) / nominalV;
		for (let i = 0; i < this.#homes.length; i++) {
			const flow = this.#flows[i]!;
			const feeding = this.#phases[this.#homes[i]!.phase - 1]!;
			// Active power moves the voltage, along the line and along the home's own wires.
			const sagV = (feeding.powerW * lineOhm + flow.powerW * dropOhm) / nominalV;
			flow.voltageV = feeding.voltageV - sagV;
			feeding.lossW += flow.currentA * flow.currentA * dropOhm;
		}
		this.#total.powerW = 0;
		this.#total.reactiveVar = 0;
		let voltageV = 0;
		for (const phase of this.#phases) {
			phase.lossW += phase.currentA * phase.currentA * lineOhm;
			phase.powerW += phase.lossW;
			voltageV += phase.voltageV / 3;
			this.#total.powerW += phase.powerW;
			this.#total.reactiveVar += phase.reactiveVar;
		}
		this.#total.voltageV = voltageV;
	}
}

function flowValue(flow: Flow, point: string): number | undefined {
	switch (point) {
		case "PhV":
			return flow.voltageV;
		case "A":
			return flow.currentA;
		case "W":
			return flow.powerW;
		case "VA":
			return flow.apparentVA;
		case "VAR":
			return flow.reactiveVar;
		case "PF":
			return flow.powerFactor;
		case "TotWhImp":
			return flow.importWh;
		case "TotWhExp":
			return flow.exportWh;
		default:
			return undefined;
	}
}
