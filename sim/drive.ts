import type { DeviceTable } from "../modules/devices/table";
import {
	AbbProfile,
	Cia402Profile,
	DeltaProfile,
	type DriveProfile,
	type Drivetrain,
	YaskawaProfile,
} from "./drive-profiles";
import type { PointSource } from "./profile";
import { SimSlave } from "./slave";

export interface SimDriveOptions {
	readonly table: DeviceTable;
	/** Address on the bus. */
	readonly unit: number;
	readonly seed?: number;
	/** What the reference is at least once it runs. Default 0. */
	readonly lowHz?: number;
	/** Hz at 100 %. Default 50. */
	readonly maxHz?: number;
	/** Seconds from 0 to maxHz, and back. Default 2. */
	readonly rampS?: number;
	/** After so long without a message it trips; 0 never. Default 5. */
	readonly watchdogS?: number;
	/** Default 1: stops when the time is over. */
	readonly lossAction?: number;
}

/** A moment in which a motor that was not driven began to be. */
export interface MotorStart {
	readonly ms: number;
	readonly reverse: boolean;
}

/** Communication lost, as the drives number it here. */
const lossCode = 54;

function profileOf(table: DeviceTable): DriveProfile {
	const { command } = table.drive!;
	if (table.drive!.signed) return new AbbProfile();
	if (command === "command_cmd") return new Cia402Profile();
	return table.functions.includes(6) ? new DeltaProfile() : new YaskawaProfile();
}

/**
 * A drive with its motor, as the registers of its table: it takes the command words of its family, ramps, refuses, trips,
 * and stops by itself when nobody speaks to it.
 */
export class SimDrive extends SimSlave implements PointSource, Drivetrain {
	running = false;
	reverse = false;
	faultCode = 0;
	local = false;
	hz = 0;
	/** Every time the motor began to be driven. */
	readonly starts: MotorStart[] = [];
	readonly #profile: DriveProfile;
	readonly #options: Required<Omit<SimDriveOptions, "table" | "unit" | "seed">>;
	#nowMs = 0;
	#heardMs = 0;
	#driven = false;
	/** The motor turns the other way than is wanted now. */
	#turnsBack = false;

	constructor(options: SimDriveOptions) {
		super({
			...{ table: options.table, unit: options.unit, seed: options.seed ?? options.unit },
			source: { value: (name, nowMs) => this.value(name, nowMs) },
		});
		this.#options = { lowHz: 0, maxHz: 50, rampS: 2, watchdogS: 5, lossAction: 1, ...options };
		this.#profile = profileOf(options.table);
		this.onWrite = (row, value) => {
			this.#profile.written(row, value, this);
			if (row === options.table.drive!.reference) this.#heardMs = this.#nowMs;
			this.#settle();
		};
		const { watchdog } = options.table.drive!;
		if ("row" in watchdog) this.set(watchdog.row, this.#options.watchdogS);
	}

	/** What it is to turn at, in Hz; 0 while it has no run command. */
	get targetHz(): number {
		if (!this.running) return 0;
		return Math.max(this.#options.lowHz, Math.abs(this.#referenceHz));
	}

	get #referenceHz(): number {
		const { reference } = this.table.drive!;
		const row = this.table.rows.find(({ name }) => name === reference)!;
		const value = this.setting(reference);
		return row.unit === "%" ? (value * this.#options.maxHz) / 100 : value;
	}

	/** Whether the motor is driven. */
	get driven(): boolean {
		return this.targetHz > 0;
	}

	coast(): void {
		this.hz = 0;
	}

	clearFault(): void {
		this.faultCode = 0;
	}

	/** Something in the drive goes wrong. */
	trip(code: number): void {
		this.faultCode = code;
		this.running = false;
		this.hz = 0;
		this.#profile.tripped();
		this.#settle();
	}

	/** Its supply goes and comes: what was only told to it is forgotten. */
	powerCycle(): void {
		this.trip(1);
		this.faultCode = 0;
		this.set(this.table.drive!.command, 0);
		this.set(this.table.drive!.reference, 0);
		this.#profile.written(this.table.drive!.command, 0, this);
		this.#settle();
	}

	/** Someone turns the switch at the drive. */
	setLocal(local: boolean): void {
		this.local = local;
		if (local) this.running = false;
		this.#settle();
	}

	/** Moves it on to a time: ramps, and its own time-out. */
	advance(nowMs: number): void {
		const { watchdogS, rampS, maxHz } = this.#options;
		const lostMs = this.#heardMs + 1000 * watchdogS;
		if (this.running && watchdogS > 0 && this.#options.lossAction === 1 && nowMs > lostMs) {
			this.#ramp(lostMs, maxHz / rampS);
			this.trip(lossCode);
		}
		this.#ramp(nowMs, maxHz / rampS);
	}

	#ramp(nowMs: number, hzPerS: number): void {
		const change = (hzPerS * Math.max(0, nowMs - this.#nowMs)) / 1000;
		this.#nowMs = Math.max(this.#nowMs, nowMs);
		const target = this.#turnsBack ? 0 : this.targetHz;
		if (this.hz < target) this.hz = Math.min(target, this.hz + change);
		else this.hz = Math.max(target, this.hz - change);
		if (this.hz === 0) this.#turnsBack = false;
	}

	#settle(): void {
		if (this.driven && !this.#driven) this.starts.push({ ms: this.#nowMs, reverse: this.#signedReverse });
		this.#driven = this.driven;
	}

	get #signedReverse(): boolean {
		if (this.table.drive!.signed) this.reverse = this.#referenceHz < 0;
		return this.reverse;
	}

	protected override execute(frame: Uint8Array, nowMs: number): Uint8Array {
		this.advance(nowMs);
		// an ABB drive looks at its reference only
		if (this.table.drive!.refreshS === undefined) this.#heardMs = nowMs;
		const reply = super.execute(frame, nowMs);
		const ignores = this.table.drive!.command === "command_cmd" && (frame[1] === 6 || frame[1] === 16);
		// the Altivar confirms what it does not have
		return ignores && reply[0] === (frame[1]! | 0x80) && reply[1] === 2 ? frame.slice(1, 6) : reply;
	}

	value(name: string, nowMs: number): number | undefined {
		this.advance(nowMs);
		const status = this.#profile.status(name, this);
		if (status !== undefined) return status;
		const way = this.#signedReverse ? -1 : 1;
		switch (name) {
			case "Hz":
				return this.hz;
			case "output_frequency_rfr":
				return way * this.hz;
			case "HzRef":
				return Math.abs(this.#referenceHz);
			case "frequency_reference_frh":
				return way * this.#referenceHz;
			case "Rpm":
				return Math.round(this.hz * 29);
			case "p0102_speed":
			case "output_speed_rfrd":
				return way * Math.round(this.hz * 29);
			case "A":
				return this.hz > 0 ? 1.5 + this.hz / 25 : 0;
			case "V":
				return 8 * this.hz;
			case "DCV":
				return 560;
			case "W":
				return Math.round(this.hz) * 20;
			case "TrqPct":
				return this.hz > 0 ? 35 : 0;
			case "MaxHz":
				return this.#options.maxHz;
			case "MinHz":
				return this.#options.lowHz;
			case "FltRaw":
				return this.faultCode;
			case "comm_loss_action":
				return this.#options.lossAction;
			default:
				return undefined;
		}
	}
}
