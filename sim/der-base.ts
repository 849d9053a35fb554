import { ModbusException } from "../modules/modbus/pdu";
import { Image, type ModelSpec } from "../modules/sunspec/image";
import type { PointInfo } from "../modules/sunspec/place";
import type { WrittenValue } from "../modules/sunspec/server";

/** The grid where a DER is connected. */
export interface Mains {
	/** Brings the grid to this time. */
	advance(nowMs: number): void;
	/** Phase to neutral. `phase`: 1 to 3. */
	voltageV(phase: number): number;
	frequencyHz(): number;
}

/** A grid that is what a test or a site says. */
export class SetMains implements Mains {
	volts = nominalV;
	hz = nominalHz;

	advance(): void {}

	voltageV(): number {
		return this.volts;
	}

	frequencyHz(): number {
		return this.hz;
	}
}

export interface SimDerOptions {
	/** Default: 230 V and 50 Hz. */
	mains?: Mains;
	/** Connected to one phase (1 to 3); default: to all three. */
	phase?: number;
	serial?: string;
	/** Time of day at time 0. Default 12. */
	startHour?: number;
	/** Address of "SunS". Default 40000. */
	base?: number;
	/** Time from the permission to connect until power flows, and after a fault of the grid. Default 20 s. */
	startDelayMs?: number;
	seed?: number;
}

/** Physics go on in steps of at most this. */
const stepMs = 1000;
export const nominalV = 230;
export const nominalHz = 50;

/**
 * A distributed energy resource as a SunSpec device: its image, and what happens behind it. Time only goes forward;
 * positive power is injected into the grid.
 */
export abstract class SimDer {
	readonly image: Image;
	mains: Mains;
	readonly phases: readonly number[];
	/** Injected now. */
	powerW = 0;
	reactiveVar = 0;
	/** Bits of Evt1 (Alrm of 701) that a test sets: the DER stops while there are any. */
	alarms = 0;
	protected readonly startS: number;
	protected readonly startDelayMs: number;
	readonly #handles = new Map<string, number>();
	#atMs = 0;

	constructor(models: readonly ModelSpec[], options: SimDerOptions) {
		this.image = new Image(models, { base: options.base ?? 40000 });
		this.mains = options.mains ?? new SetMains();
		this.phases = options.phase === undefined ? [1, 2, 3] : [options.phase];
		this.startS = 3600 * (options.startHour ?? 12);
		this.startDelayMs = options.startDelayMs ?? 20_000;
	}

	/** Up to here time has gone on. */
	get nowMs(): number {
		return this.#atMs;
	}

	/** For the end of a constructor: the state at time 0. */
	protected begin(): void {
		this.step(0, 0);
		this.advance(0);
	}

	/** Brings grid, physics and image to this time. */
	advance(nowMs: number): void {
		this.mains.advance(nowMs);
		this.run(nowMs);
		this.show(nowMs);
		this.image.commit();
	}

	/** As `advance`, without the grid, which calls this, and without the image. */
	run(nowMs: number): void {
		while (this.#atMs < nowMs) {
			// steps end at whole seconds, so that it does not matter how often somebody asks
			const endMs = Math.min(nowMs, (Math.floor(this.#atMs / stepMs) + 1) * stepMs);
			const lengthMs = endMs - this.#atMs;
			this.#atMs = endMs;
			this.step(endMs, lengthMs / 3_600_000);
		}
	}

	/** Moves on by `hours`, to `nowMs`. */
	protected abstract step(nowMs: number, hours: number): void;

	/** Writes what there is to be seen to the image. */
	protected abstract show(nowMs: number): void;

	/** Whether a writable point takes this value. */
	protected abstract accepts(point: PointInfo, value: number): boolean;

	/** A client has written these: they are in the image. */
	written(_points: readonly PointInfo[], nowMs: number): void {
		this.step(nowMs, 0);
	}

	/** May this point be written so? 0 or a Modbus exception. */
	onWrite(point: PointInfo, value: WrittenValue): number {
		return this.accepts(point, Number(value)) ? 0 : ModbusException.illegalDataValue;
	}

	/** Sets "W" of model 103 with `put("103.W", 5)`, and "160.module[2].DCW" in the same way. */
	put(path: string, value: number | string | undefined): void {
		this.image.set(this.#handle(path), value, this.#atMs, "good");
	}

	putAll(model: string, values: Readonly<Record<string, number | string | undefined>>): void {
		for (const name of Object.keys(values)) this.put(`${model}.${name}`, values[name]);
	}

	/** The number a point has; `otherwise` when it has none. */
	get(path: string, otherwise = 0): number {
		const value = this.image.value(this.#handle(path));
		return typeof value === "number" ? value : otherwise;
	}

	#handle(path: string): number {
		let handle = this.#handles.get(path);
		if (handle === undefined) {
			const first = path.indexOf(".");
			const last = path.lastIndexOf(".");
			const group = first === last ? "" : path.slice(first + 1, last);
			handle = this.image.handle(Number(path.slice(0, first)), path.slice(last + 1), group);
			if (handle < 0) throw new RangeError(`${path} is no point of this device`);
			this.#handles.set(path, handle);
		}
		return handle;
	}

	protected identify(maker: string, product: string, serial: string, version = "1.0.0"): void {
		this.putAll("1", { Mn: maker, Md: product, SN: serial, Vr: version, Opt: "simulated" });
	}

	/** Mean of the phases it is connected to. */
	protected get volts(): number {
		let sum = 0;
		for (const phase of this.phases) sum += this.mains.voltageV(phase);
		return sum / this.phases.length;
	}

	/** What is wrong with the grid, as bits of Evt1; 0 when nothing is. Limits of VDE-AR-N 4105. */
	protected gridEvents(): number {
		const { volts } = this;
		const frequencyHz = this.mains.frequencyHz();
		let bits = 0;
		if (volts > 1.15 * nominalV) bits |= 1 << 10;
		if (volts < 0.8 * nominalV) bits |= 1 << 11;
		if (frequencyHz > 51.5) bits |= 1 << 8;
		if (frequencyHz < 47.5) bits |= 1 << 9;
		return bits === 0 ? 0 : bits | (1 << 4);
	}

	get apparentVA(): number {
		return Math.sqrt(this.powerW * this.powerW + this.reactiveVar * this.reactiveVar);
	}
}

export const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);
