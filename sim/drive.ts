import type { DeviceTable } from "../modules/devices/table";
import type { SimDevice } from "./device";
import {
	AbbProfile,
	Cia402Profile,
	DeltaProfile,
	type DriveProfile,
	type Drivetrain,
	HuanyangProfile,
	YaskawaProfile,
} from "./drive-profiles";
import type { Fault, FaultSchedule, SimReply } from "./faults";
import type { PointSource } from "./profile";
import { seal } from "./rtu-frame";
import { type TabledDevice, tabledDevice } from "./tabled";

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
	if (table.protocol === "huanyang") return new HuanyangProfile();
	return table.functions.includes(6) ? new DeltaProfile() : new YaskawaProfile();
}

/**
 * A drive with its motor, in what its table speaks: it takes the command words of its family, ramps, refuses, trips, and
 * stops by itself when nobody speaks to it.
 */
export class SimDrive implements SimDevice, PointSource, Drivetrain {
	readonly table: DeviceTable;
	readonly unit: number;
	running = false;
	reverse = false;
	faultCode = 0;
	local = false;
	hz = 0;
	/** Every time the motor began to be driven. */
	readonly starts: MotorStart[] = [];
	readonly #device: TabledDevice;
	readonly #profile: DriveProfile;
	readonly #options: Required<Omit<SimDriveOptions, "table" | "unit" | "seed">>;
	#nowMs = 0;
	#heardMs = 0;
	#driven = false;
	/** The motor turns the other way than is wanted now. */
	#turnsBack = false;

	constructor(options: SimDriveOptions) {
		const { table, unit, seed = unit } = options;
		this.table = table;
		this.unit = unit;
		this.#options = { lowHz: 0, maxHz: 50, rampS: 2, watchdogS: 5, lossAction: 1, ...options };
		this.#profile = profileOf(table);
		const { reference, watchdog } = table.drive!;
		this.#device = tabledDevice({
			...{ table, unit, seed, source: { value: (name, nowMs) => this.value(name, nowMs) } },
			onWrite: (row, value) => {
				this.#profile.written(row, value, this);
				if (row === reference) this.#heardMs = this.#nowMs;
				this.#settle();
			},
		});
		this.set(reference, 0);
		if ("row" in watchdog) this.set(watchdog.row, this.#options.watchdogS);
	}

	get fault(): Fault | undefined {
		return this.#device.fault;
	}

	set fault(fault: Fault | undefined) {
		this.#device.fault = fault;
	}

	get faults(): FaultSchedule | undefined {
		return this.#device.faults;
	}

	set faults(faults: FaultSchedule | undefined) {
		this.#device.faults = faults;
	}

	get requests(): number {
		return this.#device.requests;
	}

	/** What a row holds that can be written, in its unit. */
	setting(row: string): number {
		return Number(this.#device.values.settings.get(row) ?? 0);
	}

	/** Turns a setting at the drive itself. */
	set(row: string, value: number): void {
		this.#device.values.settings.set(row, value);
	}

	onFrame(frame: Uint8Array, nowMs: number): SimReply | undefined {
		this.advance(nowMs);
		const reply = this.#device.onFrame(frame, nowMs);
		// an ABB drive looks at its reference only
		if (reply && this.table.drive!.refreshS === undefined) this.#heardMs = nowMs;
		return reply && this.#profile.confirmsAll ? confirmed(frame, reply) : reply;
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
		this.#fall(false);
	}

	/** Its supply goes and comes: what was only told to it is forgotten. */
	powerCycle(): void {
		this.faultCode = 0;
		this.set(this.table.drive!.command, 0);
		this.set(this.table.drive!.reference, 0);
		this.#fall(true);
	}

	#fall(power: boolean): void {
		this.running = false;
		this.hz = 0;
		this.#profile.tripped(power);
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
			case "pd001_command_source":
				return this.local ? 0 : 2;
			case "comm_loss_action":
				return this.#options.lossAction;
			default:
				return undefined;
		}
	}
}

/** What was refused because there is no such register is confirmed like anything else. */
function confirmed(frame: Uint8Array, reply: SimReply): SimReply {
	const isWrite = frame[1] === 6 || frame[1] === 16;
	if (!isWrite || reply.bytes[1] !== (frame[1]! | 0x80) || reply.bytes[2] !== 2) return reply;
	return { bytes: seal(frame[0]!, frame.slice(1, 6)), delayMs: reply.delayMs };
}
