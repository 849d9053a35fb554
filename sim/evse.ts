import type { Clock } from "../modules/base/clock";
import { EvseState, PilotState } from "../modules/devices/models/evse";
import { type DeviceTable, findRow, rowPoints } from "../modules/devices/table";
import type { SimDevice } from "./device";
import { Dice } from "./dice";
import type { Fault, FaultSchedule, SimReply } from "./faults";
import type { PointSource } from "./profile";
import { isIntact, seal } from "./rtu-frame";
import { SimSlave } from "./slave";

export interface SimCar {
	/** How much it will take. */
	wantsWh: number;
	/** What it takes at most on each phase; of a DC charger, in W. */
	mostA?: number;
	mostW?: number;
	/** State of charge when it comes, and what a full battery holds. */
	socPct?: number;
	capacityWh?: number;
}

export interface SimEvseOptions {
	table: DeviceTable;
	/** Left out: time goes on when the charger is read. */
	clock?: Clock;
	unit: number;
	serial?: string;
	phases?: 1 | 3;
	/** What its hardware can. */
	maxA?: number;
	maxW?: number;
	/** A limit that is not written again for so long is forgotten, for this one. */
	watchdog?: { s: number; safeA: number };
	/** Cars come and go by themselves: the first after a minute, each charged for ten minutes to an hour. */
	visits?: boolean;
	seed?: number;
}

const volts = 230;
const dcVolts = 400;
/** The safe current of its own that a charger without a watchdog shows. */
const safeA = 6;

/**
 * A charger with a car that comes, charges within the limit, is full and goes. It is the source of what its slave shows;
 * what is written there is done.
 */
export class SimEvse implements PointSource {
	readonly slave: SimSlave;
	/** A fault the charger reports. */
	fault = false;
	/** Of a bidirectional one: whether the plant lets the car give power back. */
	givesBack = false;
	car: SimCar | undefined;
	/** Wh into the car since it came, and ever; and out of it. */
	sessionWh = 0;
	totalWh = 1_250_000;
	givenBackWh = 0;
	totalGivenBackWh = 40_000;
	/** Names of the rows that were written, in their order. */
	readonly written: string[] = [];
	readonly #options: SimEvseOptions;
	readonly #states: readonly number[];
	#charge = 1;
	#limit = Number.NaN;
	#discharge = 0;
	#limitMs = Number.NEGATIVE_INFINITY;
	#nowMs = 0;
	#lastMs: number;
	/** When the next car comes, or this one goes. */
	#turnMs: number;
	readonly #dice: Dice;
	#arrivedMs = 0;
	#chargedMs = 0;

	constructor(options: SimEvseOptions) {
		const { table, unit, seed = unit, serial = "17042391" } = options;
		this.#options = options;
		this.#dice = new Dice(seed, 0xe5e);
		this.#lastMs = this.now;
		this.#turnMs = options.visits ? this.now + 60_000 : Infinity;
		const state = table.rows.find((row) => rowPoints(table, row).some(({ point }) => point === "St"));
		const known = state?.map ? Object.values(state.map) : [];
		this.#states = state?.otherwise === undefined ? known : [...known, state.otherwise];
		const text = (): string => this.letters();
		this.slave = new SimSlave({
			...{ table, unit, source: this, serial, seed },
			texts: {
				get mode3_state() {
					return text();
				},
			},
			onWrite: (row, value) => this.wrote(row, value),
		});
	}

	private get now(): number {
		return this.#options.clock?.now() ?? this.#nowMs;
	}

	/** A car is plugged in. */
	arrive(car: SimCar): void {
		this.advance();
		this.car = { ...car };
		this.sessionWh = 0;
		this.givenBackWh = 0;
		this.#chargedMs = 0;
		this.#arrivedMs = this.now;
	}

	leave(): void {
		this.advance();
		this.car = undefined;
	}

	/** What flows into the car now, negative out of it. */
	get powerW(): number {
		this.advance();
		return this.flow();
	}

	/** The limit that counts: what was written, or what the charger has fallen back to. */
	get limit(): number {
		const { watchdog } = this.#options;
		if (watchdog && this.now - this.#limitMs >= 1000 * watchdog.s) return watchdog.safeA;
		return Number.isNaN(this.#limit) ? this.most : this.#limit;
	}

	private get most(): number {
		return this.byCurrent ? (this.#options.maxA ?? 32) : (this.#options.maxW ?? 25_000);
	}

	private get byCurrent(): boolean {
		const { table } = this.#options;
		return table.evse === undefined || findRow(table, table.evse.limit)!.unit === "A";
	}

	private get phases(): number {
		return this.#options.phases ?? 3;
	}

	private wrote(row: string, value: number): void {
		this.advance();
		this.written.push(`${row} ${value}`);
		const rules = this.#options.table.evse;
		if (row === rules?.charge) this.#charge = value;
		else if (row === rules?.discharge) this.#discharge = value;
		else if (row === rules?.limit) {
			this.#limit = value;
			this.#limitMs = this.now;
		}
	}

	private get wants(): boolean {
		return this.car !== undefined && this.sessionWh < this.car.wantsWh;
	}

	private flow(): number {
		const { car } = this;
		if (!car || this.fault || this.#charge === 0) return 0;
		if (this.givesBack) return -Math.min(this.#discharge, car.mostW ?? this.most);
		if (!this.wants) return 0;
		const limit = Math.min(this.limit, this.most);
		if (!this.byCurrent) return Math.min(limit, car.mostW ?? limit);
		return limit < 6 ? 0 : this.phases * volts * Math.min(limit, car.mostA ?? limit);
	}

	/** Books what has flowed until now, in steps of a second. */
	private advance(): void {
		for (const nowMs = this.now; this.#lastMs < nowMs; ) {
			if (this.#lastMs >= this.#turnMs) this.visit();
			const stepMs = Math.min(1000, nowMs - this.#lastMs);
			const wh = (this.flow() * stepMs) / 3_600_000;
			this.#lastMs += stepMs;
			if (wh > 0) {
				this.sessionWh += wh;
				this.totalWh += wh;
				this.#chargedMs += stepMs;
			} else {
				this.givenBackWh -= wh;
				this.totalGivenBackWh -= wh;
			}
		}
	}

	/** A car comes, or the one that was there goes. */
	private visit(): void {
		const dice = this.#dice;
		if (this.car) this.car = undefined;
		else {
			this.car = { wantsWh: 2000 + dice.below(12_000), mostA: 16 + dice.below(17), mostW: 22_000 };
			this.car.socPct = 20 + dice.below(40);
			this.sessionWh = 0;
			this.givenBackWh = 0;
			this.#chargedMs = 0;
			this.#arrivedMs = this.#lastMs;
		}
		this.#turnMs += 60_000 * (10 + dice.below(50));
	}

	private state(): number {
		const flow = this.flow();
		let state: number = EvseState.available;
		if (this.fault) state = EvseState.fault;
		else if (flow > 0) state = EvseState.charging;
		else if (flow < 0) state = EvseState.discharging;
		else if (this.wants) state = EvseState.paused;
		else if (this.car) state = EvseState.connected;
		return this.#states.includes(state) ? state : EvseState.connected;
	}

	/** The state as IEC 61851 has it: the digit says whether the charger offers power. */
	private letters(): string {
		this.advance();
		switch (this.state()) {
			case EvseState.available:
				return "A";
			case EvseState.fault:
				return "F";
			case EvseState.charging:
				return "C2";
			case EvseState.paused:
				return "C1";
			default:
				return "B2";
		}
	}

	value(point: string, nowMs = this.#nowMs): number | undefined {
		this.#nowMs = Math.max(this.#nowMs, nowMs);
		this.advance();
		const flow = this.flow();
		const amps = this.byCurrent ? flow / volts / this.phases : 0;
		const { car } = this;
		const phase = /^(AL|VL|213\.(?:PhVph|PPVph|Aph|Wph|VAph|VARph|PFph|TotWh(?:Imp|Exp)Ph))([1-3A-C])[A-C]?$/.exec(
			point,
		);
		if (phase) return this.ofPhase(phase[1]!, "123ABC".indexOf(phase[2]!) % 3, flow, amps);
		switch (point) {
			case "St":
				return this.state();
			case "Cp":
				return flow !== 0 ? PilotState.C : car ? PilotState.B : PilotState.A;
			case "Plug":
				return car ? 4 : 0;
			case "Err":
				return this.fault ? 1 : 0;
			case "W":
			case "power":
			case "213.W":
			case "213.VA":
				return flow;
			case "A":
				return amps;
			case "213.A":
				return amps * this.phases;
			case "213.PF":
				return 1;
			case "213.Hz":
				return 50;
			case "213.VAR":
				return 0;
			case "WhSes":
				return this.sessionWh;
			case "WhTot":
				return this.totalWh;
			case "WhSesDis":
				return this.givenBackWh;
			case "WhTotDis":
				return this.totalGivenBackWh;
			case "TmsSes":
				return car ? (this.#lastMs - this.#arrivedMs) / 1000 : 0;
			case "TmsCha":
				return this.#chargedMs / 1000;
			case "OffA":
				return this.#charge === 0 || this.limit < 6 ? 0 : Math.min(this.limit, this.most);
			case "LimA":
			case "LimW":
				return this.limit;
			case "Chg":
				return this.#charge;
			case "NPh":
				return this.phases;
			case "MaxA":
			case "CabA":
				return this.#options.maxA ?? 32;
			case "WMax":
			case "WMaxDis":
				return this.most;
			case "EvWMax":
				return car?.mostW ?? 150_000;
			case "EvWMin":
				return 1000;
			case "SafeA":
				return this.#options.watchdog?.safeA ?? safeA;
			case "RmgTms": {
				const { watchdog } = this.#options;
				return watchdog ? Math.max(0, watchdog.s - (this.now - this.#limitMs) / 1000) : 0;
			}
			case "SoC":
				return this.soc();
			case "DCV":
				return car ? dcVolts : 0;
			case "DCA":
			case "dc_charge_current":
				return Math.max(0, flow / dcVolts);
			case "dc_discharge_current":
				return Math.max(0, -flow / dcVolts);
			case "Tmp":
				return 31;
			default:
				return undefined;
		}
	}

	private ofPhase(what: string, phase: number, flow: number, amps: number): number {
		const used = phase < this.phases ? 1 : 0;
		switch (what) {
			case "AL":
			case "213.Aph":
				return used * amps;
			case "213.PPVph":
				return volts * Math.sqrt(3);
			case "213.Wph":
			case "213.VAph":
				return (used * flow) / this.phases;
			case "213.VARph":
				return 0;
			case "213.PFph":
				return 1;
			case "213.TotWhImpPh":
				return (used * this.totalWh) / this.phases;
			case "213.TotWhExpPh":
				return 0;
			default:
				return volts;
		}
	}

	private soc(): number {
		const { car } = this;
		if (!car) return 0;
		const inside = this.sessionWh - this.givenBackWh;
		return Math.min(100, (car.socPct ?? 40) + (100 * inside) / (car.capacityWh ?? 60_000));
	}
}

/** An EKEPC2 answers to 255 too, whatever its unit is. */
export class SimEkepc2 implements SimDevice {
	readonly unit: number;
	fault: Fault | undefined;
	faults: FaultSchedule | undefined;
	readonly #slave: SimSlave;

	constructor(slave: SimSlave) {
		this.#slave = slave;
		this.unit = slave.unit;
	}

	get requests(): number {
		return this.#slave.requests;
	}

	onFrame(frame: Uint8Array, nowMs: number): SimReply | undefined {
		this.#slave.fault = this.fault;
		this.#slave.faults = this.faults;
		if (!isIntact(frame) || frame[0] !== 255) return this.#slave.onFrame(frame, nowMs);
		const reply = this.#slave.onFrame(seal(this.unit, frame.subarray(1, frame.length - 2)), nowMs);
		if (reply === undefined) return undefined;
		return { ...reply, bytes: seal(255, reply.bytes.subarray(1, reply.bytes.length - 2)) };
	}
}
