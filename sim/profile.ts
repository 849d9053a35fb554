import { Dice } from "./dice";

/**
 * What a simulated device measures, by SunSpec point name and in SI; undefined for what it does not. Points of the
 * device's main model have their bare name, others their path as in a table ("714.Prt[1].DCA"), rows without a point the
 * row's name.
 */
export interface PointSource {
	value(point: string, nowMs: number): number | undefined;
}

/** Values that stay: for tests that know what must come out. */
export class FixedSource implements PointSource {
	readonly values: Record<string, number>;

	constructor(values: Record<string, number>) {
		this.values = values;
	}

	value(point: string): number | undefined {
		return this.values[point];
	}
}

/** A home's power at one moment. Load and solar are both positive; what the meter sees is load - solar. */
export interface HomeSample {
	loadW: number;
	solarW: number;
	/** Drawn by the load's inductive part. */
	reactiveVar: number;
}

export interface HomeOptions {
	seed: number;
	/** Peak of the roof, 0 for none. */
	solarW?: number;
	/** 1 is a small home: some 0.3 kW in the evening, appliances of up to 2 kW now and then. */
	scale?: number;
}

const dayS = 86_400;

/**
 * The load of a home as a function of time alone: a fridge, lights and screens with a morning and an evening peak,
 * an appliance now and then, and a roof in the sun if it has one. The same seed gives the same home.
 */
export class HomeProfile {
	readonly solarPeakW: number;
	#seed: number;
	#scale: number;
	#fridgeW: number;
	#fridgePeriodS: number;
	#fridgeOffsetS: number;
	#eveningW: number;
	#morningW: number;
	#applianceW: number;
	#tanPhi: number;

	constructor(options: HomeOptions) {
		const dice = new Dice(options.seed);
		this.solarPeakW = options.solarW ?? 0;
		this.#seed = options.seed;
		this.#scale = options.scale ?? 1;
		this.#fridgeW = 80 + 60 * dice.next();
		this.#fridgePeriodS = 2400 + 900 * dice.next();
		this.#fridgeOffsetS = this.#fridgePeriodS * dice.next();
		this.#eveningW = 150 + 350 * dice.next();
		this.#morningW = 60 + 150 * dice.next();
		this.#applianceW = 1100 + 900 * dice.next();
		this.#tanPhi = 0.15 + 0.25 * dice.next();
	}

	/** `timeS`: seconds since some midnight. */
	at(timeS: number): HomeSample {
		const hour = (timeS % dayS) / 3600;
		const busy = new Dice(this.#seed, Math.floor(timeS / 300));
		const evening = bell(hour, 19.7, 2.1);
		const morning = bell(hour, 6.8, 0.9);
		let loadW = 20 + 12 * busy.next();
		loadW += (this.#eveningW * evening + this.#morningW * morning) * (0.8 + 0.4 * busy.next());
		if ((timeS + this.#fridgeOffsetS) % this.#fridgePeriodS < 0.35 * this.#fridgePeriodS) loadW += this.#fridgeW;
		// A kettle or an iron: at most once in five minutes, for two to four of them.
		const wanted = busy.next() < 0.01 + 0.16 * evening + 0.1 * morning;
		if (wanted && timeS % 300 < 120 + 120 * busy.next()) loadW += this.#applianceW;
		loadW *= this.#scale;
		return { loadW, solarW: this.solarPeakW * sunshine(timeS), reactiveVar: loadW * this.#tanPhi };
	}
}

/** What the sun gives of its most, 0..1: a day from six to six, with clouds that are the same for everybody. */
export function sunshine(timeS: number): number {
	const hour = (timeS % dayS) / 3600;
	const cloud = 0.55 + 0.45 * new Dice(7, Math.floor(timeS / 600)).next();
	return hour > 6 && hour < 18 ? Math.sin((Math.PI * (hour - 6)) / 12) ** 1.3 * cloud : 0;
}

function bell(hour: number, middle: number, width: number): number {
	const x = (hour - middle) / width;
	return Math.exp(-0.5 * x * x);
}

/** Air at the pole: warmest at three in the afternoon, dampest before dawn. */
export class AirProfile implements PointSource {
	#seed: number;
	#startS: number;

	constructor(seed: number, startHour = 0) {
		this.#seed = seed;
		this.#startS = 3600 * startHour;
	}

	value(point: string, nowMs: number): number | undefined {
		const timeS = this.#startS + nowMs / 1000;
		const swing = Math.cos((2 * Math.PI * ((timeS % dayS) / 3600 - 15)) / 24);
		const chance = new Dice(this.#seed, Math.floor(timeS / 120)).next() - 0.5;
		if (point === "TmpAmb") return 24 + 7 * swing + 0.4 * chance;
		if (point === "RH") return 58 - 22 * swing + 2 * chance;
		return undefined;
	}
}
