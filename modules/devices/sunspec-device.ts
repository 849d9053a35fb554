import { frozen } from "../base/frozen";
import type { Quality } from "../base/quality";
import { Discovery } from "../sunspec/client/discovery";
import type { FoundModel } from "../sunspec/client/found";
import { ClientPlan, Pace, Special } from "../sunspec/client/plan";
import type { Image } from "../sunspec/image";
import { findPoint, layout } from "../sunspec/model";
import type { Periods, ReadResult } from "./engine";
import type { PolledDevice, SuspectPoint } from "./polled";

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
/** Reads are not made shorter than this. */
const leastRegisters = 8;

/** Points whose value tells at a glance that it is none: name, least, greatest. */
const plausible = frozen<readonly (readonly [string, number, number])[]>([
	["Hz", 30, 80],
	["PF", -100, 100],
	["SoC", 0, 100],
	["SoH", 0, 100],
	["ChaState", 0, 100],
]);

/**
 * A device on a bus that speaks SunSpec itself: it is asked what it holds, then its models are copied into its image
 * block by block, scale factors included. Truth rules as for a device of a table (engine.ts):
 * - A read that stays unanswered takes its points to comms_lost at once; two in a row lose the whole image.
 * - An exception reply is an answer: only the points of that read are lost.
 * - A scale factor that cannot be one makes what it scales suspect: with the last good one, or without a value.
 * - An implausible value is suspect.
 * When ID or L of a model is not what was found, the device is asked anew what it holds.
 */
export class SunSpecDevice implements PolledDevice {
	readonly product = "sunspec";
	readonly unit: number;
	readonly pauseMs: number;
	maker = "";
	model = "";
	registerSerial: string | undefined;
	timeoutMs: number;
	/** The open request. */
	function = 3;
	address = 0;
	count = 2;
	retries = 1;

	online = false;
	known = false;
	lastAnswerMs = Number.NaN;
	roundTripMs = 0;
	slowestMs = 0;
	answers = 0;
	timeouts = 0;
	exceptions = 0;
	garbled = 0;
	lastException = 0;
	missed = 0;
	nextDueMs = 0;
	onChange: ((device: PolledDevice, what: "online" | "offline" | "reset") => void) | undefined;

	/** What it holds, as far as known; empty before it was found. */
	models: readonly FoundModel[];
	/** Undefined until the first `attach`. */
	image: Image | undefined;
	#options: SunSpecDeviceOptions;
	#discovery: Discovery | undefined;
	#plan: ClientPlan | undefined;
	#most: number;
	/** The longest read it has answered, in registers. */
	#longest = 0;
	#join = true;
	/** It was asked anew because it refused a read. */
	#doubted = false;
	#dueMs = new Float64Array(0);
	/** 1 for reads that have not been answered yet. */
	#missing = new Uint8Array(0);
	/** Reads whose points are lost already. */
	#lost = new Uint8Array(0);
	/** Index of the open read, or -1. */
	#open = -1;
	#copy = new DataView(new ArrayBuffer(250));
	/** Handle, least and greatest value of points that are checked. */
	#checks = new Float64Array(0);
	/** Address in the image and size of points that are not taken from the device any more, in order: see `keep`. */
	#kept = new Uint16Array(0);

	constructor(options: SunSpecDeviceOptions) {
		this.#options = options;
		this.unit = options.unit;
		this.pauseMs = options.pauseMs ?? 0;
		this.timeoutMs = options.timeoutMs ?? 1000;
		this.#most = options.mostRegisters ?? 125;
		this.models = options.models ?? [];
		if (this.models.length === 0) this.#look();
		else this.nextDueMs = Infinity;
	}

	/** Whether it is still, or again, being asked what it holds. */
	get looking(): boolean {
		return this.#discovery !== undefined;
	}

	/** Its image, built from `models` (it may hold fewer models, and others of the hub's own). */
	attach(image: Image): void {
		this.image = image;
		this.#kept = new Uint16Array(0);
		this.#rebuild(this.lastAnswerMs || 0);
		const checks: number[] = [];
		for (const place of image.models) {
			for (const [name, least, greatest] of plausible) {
				if (findPoint(place.text, layout(place.text, place.repeats), name) === undefined) continue;
				if (this.#plan!.deviceAddress(place.address + 2) < 0) continue;
				checks.push(image.handle(place.id, name, "", undefined, place.occurrence), least, greatest);
			}
		}
		this.#checks = Float64Array.from(checks);
	}

	/** Whether everything it gives has been read once since `attach`. */
	get complete(): boolean {
		return this.#plan !== undefined && !this.#missing.includes(1);
	}

	/** From now on what a client may write in these models is the hub's own: neither a read nor a loss changes it. */
	keep(models: readonly number[]): void {
		const kept: number[] = [];
		this.image!.eachPoint((point) => {
			if (point.writable && models.includes(point.model.id)) kept.push(point.address, point.size);
		});
		this.#kept = Uint16Array.from(kept);
	}

	#rebuild(nowMs: number): void {
		this.#plan = new ClientPlan(this.models, this.image!.models, { most: this.#most, join: this.#join });
		this.#dueMs = new Float64Array(this.#plan.reads).fill(nowMs);
		this.#lost = new Uint8Array(this.#plan.reads);
		this.#missing = new Uint8Array(this.#plan.reads).fill(1);
		this.#open = -1;
		this.nextDueMs = this.#discovery === undefined ? nowMs : this.nextDueMs;
	}

	#look(): void {
		this.#discovery = new Discovery({ bases: this.#options.bases, most: this.#most });
	}

	#periodMs(read: number): number {
		const pace = this.#plan!.pace(read);
		if (pace === Pace.once) return Infinity;
		const name = pace === Pace.fast ? "fast" : pace === Pace.normal ? "normal" : "slow";
		return this.#options.periodsMs?.[name] ?? defaultPeriodsMs[name];
	}

	/** What is read once is wanted as soon as what is read fast. */
	#deadline(read: number): number {
		const periodMs = this.#periodMs(read);
		return this.#dueMs[read]! + (periodMs === Infinity ? defaultPeriodsMs.fast : periodMs);
	}

	#pick(nowMs: number): number {
		let best = -1;
		let bestMs = Infinity;
		for (let i = 0; i < this.#dueMs.length; i++) {
			if (this.#dueMs[i]! > nowMs) continue;
			const deadlineMs = this.#deadline(i);
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
		const read = this.#pick(nowMs);
		return read < 0 ? Infinity : this.#deadline(read);
	}

	/** The next read that is due, now open; undefined when none is. */
	nextRead(nowMs: number): this | undefined {
		if (this.#discovery !== undefined) {
			if (nowMs < this.nextDueMs) return undefined;
			this.address = this.#discovery.address;
			this.count = this.#discovery.count;
			return this;
		}
		const read = this.#pick(nowMs);
		this.#open = read;
		if (read < 0) return undefined;
		this.address = this.#plan!.address(read);
		this.count = this.#plan!.count(read);
		return this;
	}

	onResult(result: ReadResult): void {
		if (result.status === "ok") this.#answered(result);
		else if (result.status === "exception") {
			this.exceptions++;
			this.lastException = result.exception;
			this.#answered(result);
		} else if (result.status !== "closed") {
			if (result.status === "timeout") this.timeouts++;
			else this.garbled++;
			this.missed++;
		}
		if (this.#discovery !== undefined) this.#lookedAt(this.#discovery, result);
		else if (this.#open >= 0) this.#polled(this.#open, result);
		this.#open = -1;
		this.image?.commit();
	}

	#lookedAt(discovery: Discovery, result: ReadResult): void {
		const nowMs = result.endMs;
		if (result.status === "closed") {
			this.#gone(nowMs);
			return;
		}
		discovery.take(result);
		this.nextDueMs = nowMs + discovery.waitMs;
		if (this.missed >= missesUntilOffline) this.#gone(nowMs);
		if (discovery.state === "looking") return;
		if (discovery.state !== "found") {
			if (discovery.state === "silent") this.#gone(nowMs);
			else this.nextDueMs = nowMs + refusedRetryMs;
			this.#look();
			return;
		}
		this.#discovery = undefined;
		if (discovery.quirks.includes("short-reads")) this.#join = false;
		if (this.image !== undefined && sameModels(this.models, discovery.models)) {
			this.#rebuild(nowMs);
			return;
		}
		this.models = discovery.models;
		this.#plan = undefined;
		this.#dueMs = new Float64Array(0);
		this.nextDueMs = Infinity;
		this.#options.onFound(this.models, this);
	}

	#polled(read: number, result: ReadResult): void {
		const nowMs = result.endMs;
		if (result.status === "ok") {
			if (!this.#sameHeads(read, result.data)) {
				this.#loseRead(read);
				this.#look();
				this.nextDueMs = nowMs;
				return;
			}
			if (this.count > this.#longest) this.#longest = this.count;
			this.#take(read, result.data, nowMs);
			this.#schedule(read, nowMs, Infinity);
		} else if (result.status === "exception") {
			this.#refused(read, result.exception, nowMs);
			if (this.#discovery !== undefined) return;
		} else if (result.status === "closed") {
			this.#gone(nowMs);
			this.#schedule(read, nowMs, 0);
		} else {
			this.#loseRead(read);
			if (this.missed >= missesUntilOffline || this.#dueMs.length === 1) this.#gone(nowMs);
			this.#schedule(read, nowMs, defaultPeriodsMs.fast);
		}
		this.nextDueMs = this.#earliest();
	}

	#earliest(): number {
		let earliest = Infinity;
		for (let i = 0; i < this.#dueMs.length; i++) if (this.#dueMs[i]! < earliest) earliest = this.#dueMs[i]!;
		return earliest;
	}

	#refused(read: number, exception: number, nowMs: number): void {
		const forGood = exception <= 3;
		if (forGood && this.#longest > 0 && this.#shorten(read, nowMs)) return;
		this.#loseRead(read);
		this.#schedule(read, nowMs, refusedRetryMs);
		if (!forGood) return;
		this.#missing[read] = 0;
		this.#dueMs[read] = Math.max(this.#dueMs[read]!, nowMs + refusedRetryMs);
		if (this.#doubted) return;
		// What it holds may have changed, or it is another device; asked once.
		this.#doubted = true;
		this.#look();
		this.nextDueMs = nowMs;
	}

	/** A read that is refused may be too long, or go on into another model: then it is taken apart. */
	#shorten(read: number, nowMs: number): boolean {
		const plan = this.#plan!;
		const count = plan.count(read);
		if (this.#join && plan.firstPart(read + 1) - plan.firstPart(read) > 1) this.#join = false;
		else if (count > this.#longest && count > leastRegisters) this.#most = Math.max(leastRegisters, count >> 1);
		else return false;
		this.#rebuild(nowMs);
		return true;
	}

	/** Whether the models of a read are still those that were found. */
	#sameHeads(read: number, data: DataView): boolean {
		const plan = this.#plan!;
		for (let part = plan.firstPart(read); part < plan.firstPart(read + 1); part++) {
			if (!plan.partHasHead(part)) continue;
			const address = plan.partAddress(part);
			const at = 2 * (address - plan.address(read));
			const model = this.models.find((one) => one.address === address);
			if (model === undefined || data.getUint16(at) !== model.id) return false;
			const length = data.getUint16(at + 2);
			if (length !== model.length && model.quirk === undefined) return false;
		}
		return true;
	}

	#take(read: number, data: DataView, nowMs: number): void {
		const plan = this.#plan!;
		const image = this.image!;
		const from = plan.address(read);
		this.#lost[read] = 0;
		this.#missing[read] = 0;
		for (let part = plan.firstPart(read); part < plan.firstPart(read + 1); part++) {
			const head = plan.partHasHead(part) ? 2 : 0;
			const address = plan.partImage(part) + head;
			const count = plan.partCount(part) - head;
			const at = 2 * (plan.partAddress(part) + head - from);
			for (let i = 0; i < count; i++) this.#copy.setUint16(2 * i, data.getUint16(at + 2 * i));
			const quality = this.#settle(address, count);
			this.#restoreKept(address, count);
			image.load(address, this.#copy, 0, count, nowMs, quality);
		}
		this.#check(nowMs);
		if (plan.pace(read) === Pace.once) this.#identify();
	}

	#restoreKept(address: number, count: number): void {
		const kept = this.#kept;
		const { registers, base } = this.image!;
		for (let i = 0; i < kept.length; i += 2) {
			const from = kept[i]!;
			if (from < address || from >= address + count) continue;
			for (let n = 0; n < kept[i + 1]!; n++) {
				this.#copy.setUint16(2 * (from + n - address), registers.getUint16(2 * (from + n - base)));
			}
		}
	}

	/** Keeps counts and good scale factors as they are in the image; says what the rest is worth. */
	#settle(address: number, count: number): Quality {
		const plan = this.#plan!;
		const image = this.image!;
		let quality: Quality = "good";
		for (let i = 0; i < plan.specials; i++) {
			const special = plan.specialAddress(i);
			if (special < address) continue;
			if (special >= address + count) break;
			const at = 2 * (special - address);
			const held = image.registers.getInt16(2 * (special - image.base));
			if (plan.specialKind(i) === Special.count) this.#copy.setInt16(at, held);
			else {
				const factor = this.#copy.getInt16(at);
				if (factor >= -10 && factor <= 10) continue;
				if (held >= -10 && held <= 10) this.#copy.setInt16(at, held);
				else this.#copy.setInt16(at, -0x8000);
				// "Not implemented" from the start is a device that does without.
				if (held !== -0x8000 || factor !== -0x8000) quality = "suspect";
			}
		}
		return quality;
	}

	/** Values that cannot be are shown and marked. */
	#check(nowMs: number): void {
		const image = this.image!;
		const checks = this.#checks;
		for (let i = 0; i < checks.length; i += 3) {
			const handle = checks[i]!;
			if (image.timeMs(handle) !== nowMs) continue;
			const value = image.value(handle);
			if (typeof value !== "number" || (value >= checks[i + 1]! && value <= checks[i + 2]!)) continue;
			image.set(handle, value, nowMs, "suspect");
		}
	}

	#identify(): void {
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

	#loseRead(read: number): void {
		if (this.#lost[read] !== 0) return;
		this.#lost[read] = 1;
		const plan = this.#plan!;
		for (let part = plan.firstPart(read); part < plan.firstPart(read + 1); part++) {
			let from = plan.partImage(part);
			const end = from + plan.partCount(part);
			for (let i = 0; i < this.#kept.length; i += 2) {
				const kept = this.#kept[i]!;
				if (kept < from || kept >= end) continue;
				if (kept > from) this.image!.loseRange(from, kept - from);
				from = kept + this.#kept[i + 1]!;
			}
			if (from < end) this.image!.loseRange(from, end - from);
		}
	}

	#gone(nowMs: number): boolean {
		const image = this.image;
		if (image !== undefined) {
			image.lostMs = nowMs;
			if (this.#plan !== undefined) for (let i = 0; i < this.#plan.reads; i++) this.#loseRead(i);
		}
		const answered = this.online;
		if (this.known && !answered) return false;
		this.known = true;
		this.online = false;
		this.onChange?.(this, "offline");
		return answered;
	}

	/**
	 * The line itself is gone: nothing can be read, which is no miss of the device. True when it had answered until now.
	 */
	lineDown(nowMs: number): boolean {
		const answered = this.#gone(nowMs);
		this.image?.commit();
		return answered;
	}

	/** The device has answered, if only with an exception. */
	#answered(result: ReadResult): void {
		const tookMs = result.endMs - result.startMs;
		this.answers++;
		this.missed = 0;
		this.lastAnswerMs = result.endMs;
		this.roundTripMs += this.answers === 1 ? tookMs : (tookMs - this.roundTripMs) / 8;
		if (tookMs > this.slowestMs) this.slowestMs = tookMs;
		if (this.online) return;
		// It may have been exchanged: everything is asked again, what is read once too.
		this.online = true;
		this.known = true;
		this.#doubted = false;
		for (let i = 0; i < this.#dueMs.length; i++) if (this.#dueMs[i]! > result.endMs) this.#dueMs[i] = result.endMs;
		this.onChange?.(this, "online");
	}

	/** The next time of a read keeps its rhythm; times that were missed are left out. */
	#schedule(read: number, nowMs: number, onceAgainMs: number): void {
		const periodMs = this.#periodMs(read);
		if (periodMs === Infinity) {
			this.#dueMs[read] = nowMs + onceAgainMs;
			return;
		}
		let dueMs = this.#dueMs[read]! + periodMs;
		if (dueMs <= nowMs) dueMs = nowMs + periodMs - ((nowMs - dueMs) % periodMs);
		this.#dueMs[read] = dueMs;
	}

	/** Whether the device gives this point: its model was found, and the device has a value there. */
	reads(model: number, point: string): boolean {
		const image = this.image;
		if (image === undefined || this.#plan === undefined) return false;
		const info = image.point(image.handle(model, point));
		return info !== undefined && this.#plan.deviceAddress(info.address) >= 0;
	}

	suspect(): SuspectPoint | undefined {
		const image = this.image;
		if (image === undefined) return undefined;
		for (let handle = 0; image.quality(handle) !== undefined || image.point(handle) !== undefined; handle++) {
			if (image.quality(handle) !== "suspect") continue;
			const value = image.value(handle);
			return { point: image.point(handle)!.name, value: typeof value === "number" ? value : undefined };
		}
		return undefined;
	}
}

function sameModels(a: readonly FoundModel[], b: readonly FoundModel[]): boolean {
	if (a.length !== b.length) return false;
	return a.every((model, i) => {
		const other = b[i]!;
		const keys = Object.keys(model.repeats);
		return (
			model.id === other.id &&
			model.address === other.address &&
			model.length === other.length &&
			keys.every((key) => model.repeats[key] === other.repeats[key])
		);
	});
}
