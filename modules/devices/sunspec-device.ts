import { frozen } from "../base/frozen";
import { ModbusException } from "../modbus/pdu";
import { Discovery } from "../sunspec/client/discovery";
import { type FoundModel, sameModels } from "../sunspec/client/found";
import { ClientPlan, Pace } from "../sunspec/client/plan";
import { Image } from "../sunspec/image";
import type { PointInfo } from "../sunspec/place";
import type { WrittenValue } from "../sunspec/server";
import type { Periods, ReadResult } from "./engine";
import type { PolledDevice, SuspectPoint } from "./polled";
import { Presence } from "./presence";
import { abilitiesOf, controlModels, storesOf } from "./sunspec-abilities";
import { SunSpecIntake } from "./sunspec-intake";
import { type Done, pointLabel, SunSpecWriter, type WrittenDevice, wordsOf, writeRuns } from "./sunspec-write";
import type { WriteClient, WriteOutcome } from "./write";

export interface SunSpecDeviceOptions {
	/** Modbus address on its bus. */
	unit: number;
	/** What it was found to hold before a restart: then it is polled at once, and its chain compared on the way. */
	models?: readonly FoundModel[] | undefined;
	/**
	 * It was found, or what it holds has changed: an image of these models is to be built and given to `attach` in here.
	 * Called while a result is taken.
	 */
	onFound(models: readonly FoundModel[], device: SunSpecDevice): void;
	/** Where "SunS" is looked for, in this order. Default: 40000, 0, 50000, and one behind each. */
	bases?: readonly number[] | undefined;
	/** Longest wait for a reply to begin. Default 1000. */
	timeoutMs?: number | undefined;
	/** Quiet between two transactions. Default 0. */
	pauseMs?: number | undefined;
	periodsMs?: Partial<Periods> | undefined;
	/** Most registers of a read, 2 to 125. Shorter reads are also learned from refusals. */
	mostRegisters?: number | undefined;
}

const defaultPeriodsMs = frozen<Periods>({ fast: 1000, normal: 5000, slow: 60_000 });
/** Reads missed one after the other, with no answer between, after which the whole device counts as gone. */
const missesUntilOffline = 2;
/** A read the device refuses, and a device without "SunS", are asked again this much later. */
const refusedRetryMs = 60_000;
/** What is known of a read. */
const isMissing = 1;
const isLost = 2;
/** Reads are not made shorter than this. */
const leastRegisters = 8;

/**
 * A device on a bus that speaks SunSpec itself: it is asked what it holds, then its models are copied into its image
 * block by block, scale factors included. Truth rules as for a device of a table (engine.ts):
 * - A read that stays unanswered takes its points to comms_lost at once; two in a row lose the whole image.
 * - An exception reply is an answer: only the points of that read are lost.
 * - A scale factor that cannot be one makes what it scales suspect: with the last good one, or without a value.
 * - An implausible value is suspect; an energy that falls is held, and suspect.
 * When ID or L of a model is not what was found, the device is asked anew what it holds.
 */
export class SunSpecDevice extends Presence implements PolledDevice, WrittenDevice {
	readonly product = "sunspec";
	readonly unit: number;
	readonly pauseMs: number;
	maker = "";
	model = "";
	timeoutMs: number;
	/** What it holds, as far as known; empty before it was found. */
	models: readonly FoundModel[];
	#options: SunSpecDeviceOptions;
	#discovery: Discovery | undefined;
	/** Where what is read goes; undefined until the first `attach`. */
	#intake: SunSpecIntake | undefined;
	/** The same for the control models of a device just found, read to learn what it can be told. */
	#survey: SunSpecIntake | undefined;
	#writer: SunSpecWriter | undefined;
	#plan: ClientPlan | undefined;
	#most: number;
	/** The longest read it has answered, in registers. */
	#longest = 0;
	#join = true;
	/** It was asked anew because it refused a read. */
	#doubted = false;
	/** By read: `isMissing` for one that has not been answered yet, `isLost` for one whose points are lost already. */
	#flags: Uint8Array | undefined;
	/** Index of the open read, or -1. */
	#open = -1;

	constructor(options: SunSpecDeviceOptions) {
		super(new Float64Array(0));
		this.#options = options;
		this.unit = options.unit;
		this.pauseMs = options.pauseMs ?? 0;
		this.timeoutMs = options.timeoutMs ?? 1000;
		this.#most = options.mostRegisters ?? 125;
		this.models = options.models ?? [];
		if (this.models.length === 0) this.look();
		else this.nextDueMs = Infinity;
	}

	/** Whether it is still, or again, being asked what it holds. */
	get looking(): boolean {
		return this.#discovery !== undefined;
	}

	/** Its image, built from `models` (it may hold fewer models, and others of the hub's own). */
	attach(image: Image): void {
		image.away = !this.online;
		this.#intake = new SunSpecIntake(image);
		this.#intake.overlay = this.#writer;
		this.#survey = undefined;
		this.rebuild(this.lastAnswerMs || 0);
		this.#intake.check(this.#plan!);
	}

	get image(): Image | undefined {
		return this.#intake?.image;
	}

	/** Whether everything it gives has been read once since `attach`. */
	get complete(): boolean {
		return this.#plan !== undefined && this.#survey === undefined && !this.missesSome;
	}

	private get missesSome(): boolean {
		const flags = this.#flags;
		for (let i = 0; flags !== undefined && i < flags.length; i++) if ((flags[i]! & isMissing) !== 0) return true;
		return false;
	}

	/** From now on what a client may write in these models is the hub's own: neither a read nor a loss changes it. */
	keep(models: readonly number[]): void {
		this.#intake!.keep(models);
	}

	private rebuild(nowMs: number): void {
		const { models } = (this.#survey ?? this.#intake!).image;
		this.#plan = new ClientPlan(this.models, models, { most: this.#most, join: this.#join });
		this.dueMs = new Float64Array(this.#plan.reads).fill(nowMs);
		this.#flags = new Uint8Array(this.#plan.reads).fill(isMissing);
		this.#open = -1;
		this.nextDueMs = this.#discovery === undefined ? nowMs : this.nextDueMs;
	}

	private look(): void {
		this.#survey = undefined;
		this.#discovery = new Discovery({ bases: this.#options.bases, most: this.#most });
	}

	private periodMs(read: number): number {
		const pace = this.#plan!.pace(read);
		if (pace === Pace.once) return Infinity;
		const name = pace === Pace.fast ? "fast" : pace === Pace.normal ? "normal" : "slow";
		return this.#options.periodsMs?.[name] ?? defaultPeriodsMs[name];
	}

	/** What is read once is wanted as soon as what is read fast. */
	private deadline(read: number): number {
		const periodMs = this.periodMs(read);
		return this.dueMs[read]! + (periodMs === Infinity ? defaultPeriodsMs.fast : periodMs);
	}

	private pick(nowMs: number): number {
		let best = -1;
		let bestMs = Infinity;
		for (let i = 0; i < this.dueMs.length; i++) {
			if (this.dueMs[i]! > nowMs) continue;
			const deadlineMs = this.deadline(i);
			if (deadlineMs < bestMs) {
				best = i;
				bestMs = deadlineMs;
			}
		}
		return best;
	}

	/** The deadline of the read `nextRead` would give; Infinity for none. */
	deadlineMs(nowMs: number): number {
		if (this.#discovery !== undefined) {
			return nowMs >= this.nextDueMs ? this.nextDueMs + defaultPeriodsMs.fast : Infinity;
		}
		const read = this.pick(nowMs);
		return read < 0 ? Infinity : this.deadline(read);
	}

	/** The next read that is due, now open; undefined when none is. */
	nextRead(nowMs: number): this | undefined {
		if (this.#discovery !== undefined) {
			if (nowMs < this.nextDueMs) return undefined;
			this.address = this.#discovery.address;
			this.count = this.#discovery.count;
			return this;
		}
		const read = this.pick(nowMs);
		this.#open = read;
		if (read < 0) return undefined;
		this.address = this.#plan!.address(read);
		this.count = this.#plan!.count(read);
		return this;
	}

	onResult(result: ReadResult): void {
		if (result.status === "ok") this.answered(result);
		else if (result.status === "exception") {
			this.exceptions++;
			this.lastException = result.exception;
			this.answered(result);
		} else if (result.status !== "closed") {
			if (result.status === "timeout") this.timeouts++;
			else this.garbled++;
			this.missed++;
		}
		if (this.#discovery !== undefined) this.lookedAt(this.#discovery, result);
		else if (this.#open >= 0) this.polled(this.#open, result);
		this.#open = -1;
		this.image?.commit();
	}

	private lookedAt(discovery: Discovery, result: ReadResult): void {
		const nowMs = result.endMs;
		if (result.status === "closed") {
			this.gone(nowMs);
			return;
		}
		discovery.take(result);
		this.nextDueMs = nowMs + discovery.waitMs;
		if (this.missed >= missesUntilOffline) this.gone(nowMs);
		if (discovery.state === "looking") return;
		if (discovery.state !== "found") {
			if (discovery.state === "silent") this.gone(nowMs);
			else this.nextDueMs = nowMs + refusedRetryMs;
			this.look();
			return;
		}
		this.#discovery = undefined;
		if (discovery.quirks.includes("short-reads")) this.#join = false;
		if (this.image !== undefined && sameModels(this.models, discovery.models)) {
			this.rebuild(nowMs);
			return;
		}
		this.models = discovery.models;
		const stores = this.models.some(({ id }) => id === 124) && this.models.some(({ id }) => id === 160);
		const tells = (id: number): boolean => controlModels.includes(id) || (stores && (id === 1 || id === 160));
		const controls = this.models.filter((model) => model.known && tells(model.id));
		if (controls.length === 0) this.found();
		else {
			this.#survey = new SunSpecIntake(new Image(controls));
			this.rebuild(nowMs);
		}
	}

	/** What it holds is known, and what it can be told. */
	private found(): void {
		const survey = this.#survey?.image;
		if (survey !== undefined) {
			this.models = this.models.map((model) => {
				const abilities = abilitiesOf(survey, model.id);
				const stores = model.id === 160 ? storesOf(survey) : undefined;
				if (stores !== undefined) return { ...model, stores };
				return abilities.length === 0 ? model : { ...model, abilities };
			});
		}
		this.#survey = undefined;
		this.#plan = undefined;
		this.dueMs = new Float64Array(0);
		this.nextDueMs = Infinity;
		this.#options.onFound(this.models, this);
	}

	private polled(read: number, result: ReadResult): void {
		const nowMs = result.endMs;
		if (result.status === "ok") {
			if (!this.#plan!.sameHeads(read, result.data, this.models)) {
				this.loseRead(read);
				this.look();
				this.nextDueMs = nowMs;
				return;
			}
			if (this.count > this.#longest) this.#longest = this.count;
			this.take(read, result.data, nowMs);
			this.schedule(read, nowMs, Infinity);
		} else if (result.status === "exception") {
			this.refused(read, result.exception, nowMs);
			if (this.#discovery !== undefined) return;
		} else if (result.status === "closed") {
			this.gone(nowMs);
			this.schedule(read, nowMs, 0);
		} else {
			this.loseRead(read);
			if (this.missed >= missesUntilOffline || this.dueMs.length === 1) this.gone(nowMs);
			this.schedule(read, nowMs, defaultPeriodsMs.fast);
		}
		if (this.#survey !== undefined && !this.missesSome) this.found();
		else this.nextDueMs = this.earliest();
	}

	private earliest(): number {
		let earliest = Infinity;
		for (let i = 0; i < this.dueMs.length; i++) if (this.dueMs[i]! < earliest) earliest = this.dueMs[i]!;
		return earliest;
	}

	private refused(read: number, exception: number, nowMs: number): void {
		const forGood = exception <= 3;
		// Of a device that was remembered the first refusal says rather that it is another one.
		const isKnown = this.#longest > 0 || this.#doubted || this.#survey !== undefined;
		if (forGood && isKnown && this.shorten(read, nowMs)) return;
		this.loseRead(read);
		this.schedule(read, nowMs, refusedRetryMs);
		if (!forGood) return;
		this.#flags![read]! &= ~isMissing;
		this.dueMs[read] = Math.max(this.dueMs[read]!, nowMs + refusedRetryMs);
		if (this.#doubted || this.#survey !== undefined) return;
		// What it holds may have changed, or it is another device; asked once.
		this.#doubted = true;
		this.look();
		this.nextDueMs = nowMs;
	}

	/** A read that is refused may be too long, or go on into another model: then it is taken apart. */
	private shorten(read: number, nowMs: number): boolean {
		const plan = this.#plan!;
		const count = plan.count(read);
		if (this.#join && plan.firstPart(read + 1) - plan.firstPart(read) > 1) this.#join = false;
		else if (count > this.#longest && count > leastRegisters) this.#most = Math.max(leastRegisters, count >> 1);
		else return false;
		this.rebuild(nowMs);
		return true;
	}

	private take(read: number, data: DataView, nowMs: number): void {
		const plan = this.#plan!;
		this.#flags![read] = 0;
		if ((this.#survey ?? this.#intake!).take(plan, read, data, nowMs)) this.onChange?.(this, "reset");
		if (this.#survey === undefined && plan.pace(read) === Pace.once) this.identify();
	}

	private identify(): void {
		const image = this.image!;
		const text = (name: string): string => {
			const value = image.value(image.handle(1, name));
			return typeof value === "string" ? value : "";
		};
		this.maker = text("Mn");
		this.model = text("Md");
		const serial = text("SN");
		this.registerSerial = serial === "" ? undefined : serial;
	}

	private loseRead(read: number): void {
		if ((this.#flags![read]! & isLost) !== 0 || this.#survey !== undefined) return;
		this.#flags![read]! |= isLost;
		this.#intake!.lose(this.#plan!, read);
	}

	private gone(nowMs: number): boolean {
		const image = this.image;
		if (image !== undefined) {
			image.lostMs = nowMs;
			image.away = true;
			if (this.#plan !== undefined) for (let i = 0; i < this.#plan.reads; i++) this.loseRead(i);
		}
		return this.noteGone(this);
	}

	/** The line itself is gone, which is no miss of the device. True when it had answered until now. */
	lineDown(nowMs: number): boolean {
		const answered = this.gone(nowMs);
		this.image?.commit();
		return answered;
	}

	/** The device has answered, if only with an exception. */
	private answered(result: ReadResult): void {
		if (!this.noteAnswer(result)) return;
		if (this.image !== undefined) this.image.away = false;
		this.#doubted = false;
		this.onChange?.(this, "online");
	}

	private schedule(read: number, nowMs: number, onceAgainMs: number): void {
		this.keepRhythm(read, this.periodMs(read), nowMs, onceAgainMs);
	}

	/**
	 * May this point take this value? 0, or the Modbus exception to answer: 0x0B while the device does not answer, 2 for
	 * what it does not have or does not let anybody write. What the value may be is for the device to say.
	 */
	writable(point: PointInfo, _value: WrittenValue): number {
		if (!this.online || this.looking || this.image === undefined) return ModbusException.gatewayTargetFailedToRespond;
		if (!point.writable || this.deviceAddress(point.address) < 0) return ModbusException.illegalDataAddress;
		// An empty text is a value.
		if (point.type === "string" || this.image.rawOf(point) !== undefined) return 0;
		return ModbusException.illegalDataAddress;
	}

	/**
	 * Sends points as they stand in the image to the device: neighbours in one request (function 16, or 6 one by one when
	 * the device has no 16), one request at a time, read back. The image takes what the device then holds.
	 */
	write(points: readonly PointInfo[], client: WriteClient, onOutcome?: (outcome: WriteOutcome) => void): void {
		const image = this.image;
		if (image === undefined) return;
		for (const run of writeRuns(points, this)) {
			const values = run.map((point) => image.valueOf(point));
			this.put(run[0]!.address, wordsOf(image, run), client, (result, reason) => {
				run.forEach((point, i) => {
					onOutcome?.({ result, reason, row: pointLabel(point), value: Number(values[i]) });
				});
			});
		}
	}

	/** As `write`, for registers that are not in the image yet, at their place there. */
	put(address: number, words: number[], client: WriteClient, onDone?: Done): void {
		if (this.#writer === undefined) {
			this.#writer = new SunSpecWriter(this);
			if (this.#intake !== undefined) this.#intake.overlay = this.#writer;
		}
		this.#writer.put(address, words, client, onDone);
	}

	/** Where a register of the image stands on the device; -1 for nowhere, and while it is asked what it holds. */
	deviceAddress(imageAddress: number): number {
		if (this.#plan === undefined || this.#survey !== undefined || this.looking) return -1;
		return this.#plan.deviceAddress(imageAddress);
	}

	/** What the device was asked to hold there, read back. */
	readBack(address: number, data: DataView, count: number, nowMs: number): void {
		if (this.deviceAddress(address) < 0) return;
		this.#intake!.load(this.#plan!, address, data, 0, count, nowMs);
		this.image!.commit();
	}

	/** What stands there is read next. */
	refresh(imageAddress: number): void {
		if (this.deviceAddress(imageAddress) < 0) return;
		this.dueMs[this.#plan!.readOf(imageAddress)] = 0;
		this.nextDueMs = this.earliest();
	}

	/** Whether the device gives this point: its model was found, and the device has a value there. */
	reads(model: number, point: string): boolean {
		const image = this.image;
		if (image === undefined) return false;
		const info = image.point(image.handle(model, point));
		return info !== undefined && this.deviceAddress(info.address) >= 0;
	}

	suspect(): SuspectPoint | undefined {
		return this.#intake?.suspect();
	}
}
