/**
 * Commands to a charger of vehicles, by the points of model 64921: charge or pause, a limit, a set-point of a
 * bidirectional one. `EvseRules` of the table says which rows carry them out. A limit below 6 A pauses. A limit that is
 * not given again within LimTms falls back to the safe one: by the charger itself where it has such a time-out, by a write
 * of the hub where not. Each command is read back, or seen to work where the row cannot be read, and ends in one outcome.
 */
import type { Clock, TimerId } from "../base/clock";
import { ModbusException } from "../modbus/pdu";
import type { PointInfo } from "../sunspec/place";
import type { WrittenValue } from "../sunspec/server";
import type { Device } from "./engine";
import {
	type EvseCause,
	type EvsePoint,
	EvseRows,
	type EvseStep,
	type EvseWanted,
	kEvsePoints,
	kLeastA,
	kNothing,
} from "./evse-rows";
import type { KeepAliveWriter } from "./keep-alive";
import { EvseState, kEvse } from "./models/evse";
import { RowWriter } from "./row-writer";
import { rowPoints } from "./table";
import type { WriteClient, WriteOutcome } from "./write";

/** How long the effect of a row that cannot be read back is waited for; some boxes take 10 s over a new limit. */
const settleMs = 20_000;
const lookMs = 500;
/** A safe value that could not be written is tried again after this. */
const againMs = 5000;
const defaultLimTms = 300;

export interface EvseOptions {
	device: Device;
	client: WriteClient;
	clock: Clock;
	keepAlive?: KeepAliveWriter | undefined;
	/** `kept` as it was when the hub last stopped. */
	kept?: Uint8Array | undefined;
	/** Whenever `kept` has changed: to be kept over a restart. */
	onKept?: ((kept: Uint8Array) => void) | undefined;
	/** How each command ended; its row is the point. */
	onOutcome(outcome: WriteOutcome): void;
	/** A limit has fallen back, in words for a person. */
	onNote(what: string): void;
}

interface Job {
	readonly point: EvseCause;
	readonly value: number;
	/** Rows to be written, in their order. */
	steps: readonly EvseStep[];
	step: number;
	wanted: EvseWanted;
	pauses: boolean;
	/** Set while its effect is waited for. */
	untilMs: number;
	timer: TimerId | undefined;
}

export class Evse {
	readonly #options: EvseOptions;
	readonly #writer: RowWriter;
	private readonly rows: EvseRows;
	#wanted: EvseWanted = kNothing;
	/** What the hub has told it last: undefined when nothing. */
	#paused: boolean | undefined;
	/** The limit that a pause by 0 has overwritten. */
	#before = Number.NaN;
	#limTms = defaultLimTms;
	#safe: number;
	/** A limit holds, or held before the hub started, that is to fall back. */
	#held = false;
	/** The safe limit is what holds. */
	#fallen = false;
	/** When it was given; NaN: before the hub started. */
	#givenMs = Number.NaN;
	#timer: TimerId | undefined;
	#queue: Job[] = [];
	#job: Job | undefined;
	#failing = false;
	#closed = false;

	/** Throws nothing: the table is valid and has `evse`. */
	constructor(options: EvseOptions) {
		this.#options = options;
		this.rows = new EvseRows(options.device.table);
		this.#safe = this.rows.byCurrent ? kLeastA : 0;
		const { device, client, clock } = options;
		this.#writer = new RowWriter({ device, client, clock, onOutcome: (outcome) => this.written(outcome) });
		this.restore(options.kept);
	}

	/** Whether a point is a command to this charger. */
	owns(model: number, point: string): point is EvsePoint {
		return model === kEvse && this.rows.takes(point);
	}

	/** See `SunSpecSpaceOptions.onWrite`. */
	onWrite({ name }: PointInfo, value: WrittenValue): number {
		if (!this.#options.device.online) return ModbusException.gatewayTargetFailedToRespond;
		const refused = typeof value !== "number" || this.refuses(name as EvsePoint, value) !== undefined;
		return refused ? ModbusException.illegalDataValue : 0;
	}

	/** See `SunSpecSpaceOptions.onWritten`: the values are in the image. A charger has its limit before it starts. */
	onWritten(points: readonly PointInfo[]): void {
		const names = points.map(({ name }) => name as EvsePoint);
		names.sort((a, b) => Number(a === "Chg") - Number(b === "Chg"));
		for (const name of names) {
			const value = this.shown(name);
			if (!Number.isNaN(value)) this.command(name, value);
		}
	}

	/** The commands that it can carry out. */
	get points(): readonly EvsePoint[] {
		return kEvsePoints.filter((point) => this.rows.takes(point));
	}

	/** Why a command must not be given, in words for a person; undefined when it may. */
	refuses(point: EvsePoint, value: number): string | undefined {
		return this.rows.refuses(point, value);
	}

	/** A command that `refuses` has nothing against. */
	command(point: EvsePoint, value: number): void {
		const { onOutcome } = this.#options;
		if (point === "LimTms" || point === "SafeA" || point === "SafeW") {
			if (point === "LimTms") this.#limTms = value;
			else this.#safe = value;
			this.keep();
			this.putOwn();
			this.watch();
			onOutcome({ result: "accepted", reason: "", row: point, value });
			if (this.#fallen && point !== "LimTms") this.fall();
			return;
		}
		const waiting = this.#queue.findIndex((job) => job.point === point);
		if (waiting >= 0) this.replaced(this.#queue.splice(waiting, 1)[0]!, value);
		const job = this.job(point, value);
		const urgent = point === "Chg" && value === 0;
		if (urgent) this.#queue.unshift(job);
		else this.#queue.push(job);
		const open = this.#job;
		if (open && (urgent || open.point === point)) {
			if (open.timer !== undefined) this.finish("rejected", `${point} ${value} came before it was seen to work`);
			else if (this.#writer.takeBack(open.steps[open.step]!.row)) {
				this.#options.keepAlive?.goOn(this.rows.limit.name);
				if (open.point === point) this.finish("rejected", `${point} ${value} came before it was written`);
				else {
					// it is due again when the pause is done
					this.#queue.splice(1, 0, open);
					this.#job = undefined;
				}
			}
		}
		this.next();
	}

	/** The device answers again: it is told what holds, as it may have been without power. */
	resume(): void {
		this.putOwn();
		if (this.#held && Number.isNaN(this.#givenMs)) this.#givenMs = this.#options.clock.now();
		this.watch();
		if (this.rows.byHub && this.#held && this.#limTms > 0 && this.leftMs <= 0) {
			// what has had its time is not told again
			this.fall();
			return;
		}
		const { charge, limit, setW } = this.#wanted;
		const told = !Number.isNaN(charge) || !Number.isNaN(limit) || !Number.isNaN(setW);
		if (!told || this.#queue.some((job) => job.point === "Again")) return;
		this.#queue.push(this.job("Again", Number.NaN));
		this.next();
	}

	close(): void {
		const { clock } = this.#options;
		this.#closed = true;
		this.#writer.close();
		clock.clearTimer(this.#timer);
		clock.clearTimer(this.#job?.timer);
	}

	/** Whether a limit holds that falls back; how long until then, and to what: 8 bytes each. */
	get kept(): Uint8Array {
		return new Uint8Array(Float64Array.of(this.#held ? 1 : 0, this.#limTms, this.#safe).buffer);
	}

	private restore(kept: Uint8Array | undefined): void {
		if (kept?.length !== 24) return;
		const [held, limTms, safe] = new Float64Array(kept.slice().buffer);
		this.#held = held === 1;
		this.#limTms = limTms!;
		this.#safe = safe!;
	}

	private keep(): void {
		this.#options.onKept?.(this.kept);
	}

	private job(point: EvseCause, value: number): Job {
		const wanted = this.#wanted;
		return { point, value, steps: [], step: 0, wanted, pauses: false, untilMs: 0, timer: undefined };
	}

	private next(): void {
		if (this.#job || this.#closed) return;
		const job = this.#queue.shift();
		if (!job) return;
		this.#job = job;
		this.plan(job);
		this.step();
	}

	/** What a job makes of what is wanted, and the rows it writes for that. */
	private plan(job: Job): void {
		const { rows } = this;
		job.wanted = rows.wanted(this.#wanted, job.point, job.value);
		job.pauses = rows.pauses(job.wanted);
		job.step = 0;
		if (job.pauses && !rows.charge && !this.#paused) {
			const now = this.shown(rows.limitPoint);
			if (now >= rows.least) this.#before = now;
		}
		job.steps = rows.steps(job.point, job.wanted, this.#paused, this.unlimited());
	}

	/** What a charger whose limit of 0 was its pause goes on with. */
	private unlimited(): number {
		if (!Number.isNaN(this.#before)) return this.#before;
		const most = this.shown(this.rows.byCurrent ? "MaxA" : "WMax");
		return most >= this.rows.least ? Math.min(most, this.rows.limit.write!.max) : this.#safe;
	}

	/** What the image has; NaN for nothing. */
	private shown(point: string): number {
		const { image } = this.#options.device;
		const value = image.value(image.handle(kEvse, point));
		return typeof value === "number" ? value : Number.NaN;
	}

	private step(): void {
		const job = this.#job!;
		const step = job.steps[job.step];
		if (step === undefined) this.settle();
		else {
			this.given(job);
			if (step.row === this.rows.limit) this.#options.keepAlive?.suspend(step.row.name);
			this.#writer.write(step.row, step.value);
		}
	}

	/** How the write of a row ended. */
	private written({ result, reason, row, value }: WriteOutcome): void {
		const { keepAlive } = this.#options;
		const job = this.#job!;
		if (row === this.rows.limit.name) {
			if (result !== "accepted") keepAlive?.goOn(row);
			// a pause that is a limit of 0 holds on
			else if (job.point === "Safe" && job.wanted.charge !== 0) keepAlive?.forget(row);
			// how long the command holds is not the table's but LimTms
			else keepAlive?.hold(row, value, Infinity);
		}
		if (result !== "accepted") this.finish(result, row === job.point ? reason : `${row} ${value}: ${reason}`);
		else {
			job.step++;
			this.step();
		}
	}

	/** Everything is written: done, or to be seen to work. */
	private settle(): void {
		const { clock } = this.#options;
		const job = this.#job!;
		if (!job.steps.some(({ row }) => row.access === "w")) this.finish("accepted", "");
		else {
			job.untilMs = clock.now() + settleMs;
			const afterMs = clock.now();
			const look = (): void => {
				job.timer = undefined;
				const trouble = this.trouble(job, afterMs);
				if (trouble === "") this.finish("accepted", "");
				else if (clock.now() >= job.untilMs) this.finish("rejected", trouble);
				else job.timer = clock.setTimer(look, lookMs);
			};
			job.timer = clock.setTimer(look, lookMs);
		}
	}

	/** What speaks against that a command has worked; only readings from after it count. */
	private trouble(job: Job, afterMs: number): string {
		const { image } = this.#options.device;
		const state = image.handle(kEvse, "St");
		const seen = (handle: number): boolean => image.timeMs(handle) > afterMs;
		if (job.pauses) {
			if (!seen(state)) return "the charger's state was not read";
			const now = image.value(state);
			return now === EvseState.charging || now === EvseState.discharging ? "the charger does not pause" : "";
		}
		const offered = image.handle(kEvse, "OffA");
		const step = job.steps.find(({ row }) => row === this.rows.limit && row.access === "w");
		if (!step || !this.rows.byCurrent || !this.#options.device.reads(kEvse, "OffA")) return "";
		if (!seen(offered)) return "what the charger offers was not read";
		const amps = this.shown("OffA");
		return amps > step.value * 1.02 + 0.1 ? `the charger still offers ${amps} A` : "";
	}

	private finish(result: WriteOutcome["result"], reason: string): void {
		const { clock, onOutcome, onNote } = this.#options;
		const job = this.#job!;
		clock.clearTimer(job.timer);
		job.timer = undefined;
		this.#job = undefined;
		const taken = result === "accepted";
		if (taken) {
			this.#wanted = job.wanted;
			if (job.steps.length > 0) this.#paused = job.pauses;
		} else this.showAgain(job.point);
		this.putOwn();
		const value = job.point === "Again" ? 1 : job.value;
		if (job.point === "Safe" || job.point === "Again") {
			if (!taken || this.#failing) {
				if (taken || !this.#failing)
					onOutcome({ result, reason, row: this.rows.limitPoint, value: this.toldLimit(value) });
				this.#failing = !taken;
			}
			if (job.point === "Safe") this.fallen(taken, onNote);
		} else {
			if (taken) this.given(job);
			onOutcome({ result, reason, row: job.point, value });
		}
		this.next();
	}

	private toldLimit(value: number): number {
		return Number.isNaN(this.#wanted.limit) ? value : this.#wanted.limit;
	}

	/** A limit was given: from now on it has its time, also when nobody knows whether the charger has taken it. */
	private given({ point }: Job): void {
		if (point !== "LimA" && point !== "LimW" && point !== "SetW") return;
		this.#givenMs = this.#options.clock.now();
		this.#fallen = false;
		if (!this.#held) {
			this.#held = true;
			this.keep();
		}
		this.watch();
	}

	/** Wakes when the time of the limit is over. */
	private watch(): void {
		const { clock } = this.#options;
		clock.clearTimer(this.#timer);
		this.#timer = undefined;
		if (!this.#held || this.#limTms === 0 || Number.isNaN(this.#givenMs) || this.#closed) return;
		this.#timer = clock.setTimer(() => this.fall(), Math.max(0, this.leftMs));
	}

	/** Until the limit falls back. */
	private get leftMs(): number {
		return this.#givenMs + 1000 * this.#limTms - this.#options.clock.now();
	}

	private fall(): void {
		this.#options.clock.clearTimer(this.#timer);
		this.#timer = undefined;
		if (this.rows.byHub) {
			const waits = this.#job?.point === "Safe" || this.#queue.some((job) => job.point === "Safe");
			if (!waits) this.#queue.push(this.job("Safe", this.#safe));
			this.next();
			return;
		}
		// the charger does it by itself once nobody speaks of the limit any more
		this.#wanted = { ...this.#wanted, limit: Number.NaN, setW: Number.NaN };
		if (this.#wanted.charge !== 0 || this.rows.charge) this.#options.keepAlive?.forget(this.rows.limit.name);
		this.release();
		this.#options.onNote(`${this.rows.limitPoint} was not given again for ${this.#limTms} s: the charger falls back`);
		this.putOwn();
	}

	/** The safe limit was written, or not. */
	private fallen(taken: boolean, onNote: (what: string) => void): void {
		const { clock } = this.#options;
		if (!taken) {
			clock.clearTimer(this.#timer);
			this.#timer = clock.setTimer(() => this.fall(), againMs);
			return;
		}
		if (this.#fallen) return;
		this.#fallen = true;
		this.release();
		const unit = this.rows.byCurrent ? "A" : "W";
		onNote(`${this.rows.limitPoint} was not given again for ${this.#limTms} s: ${this.#safe} ${unit}`);
	}

	private release(): void {
		this.#held = false;
		this.#givenMs = Number.NaN;
		this.keep();
	}

	private replaced(job: Job, value: number): void {
		const { point } = job;
		const reason = `${point} ${value} came before it was carried out`;
		this.#options.onOutcome({ result: "rejected", reason, row: point, value: job.value });
	}

	/** A point shows what holds, not what could not be done. */
	private showAgain(point: string): void {
		const { device } = this.#options;
		const { plan, table } = device;
		const row = table.rows.find((one) => rowPoints(table, one).some((at) => at.model === kEvse && at.point === point));
		const step = row === undefined ? -1 : plan.stepOf(row);
		const read = step < 0 ? -1 : plan.reads.findIndex(({ end }) => step < end);
		if (read >= 0 && device.online) device.retake(read);
	}

	/** Points that no row of the device gives. */
	private putOwn(): void {
		const { device } = this.#options;
		if (!device.online) return;
		const { charge, limit, discharge, setW } = this.#wanted;
		this.put("Chg", charge === 0 ? 0 : 1);
		this.put(this.rows.limitPoint, limit);
		if (this.rows.discharge) {
			this.put("DisW", discharge);
			this.put("SetW", setW);
		}
		this.put("LimTms", this.#limTms);
		if (this.rows.byHub) this.put(this.rows.byCurrent ? "SafeA" : "SafeW", this.#safe);
		device.image.commit();
	}

	private put(point: EvsePoint, value: number): void {
		const { device, clock } = this.#options;
		const { image } = device;
		if (device.reads(kEvse, point)) return;
		image.set(image.handle(kEvse, point), Number.isNaN(value) ? undefined : value, clock.now(), "good");
	}
}
