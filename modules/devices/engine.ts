import { frozen } from "../base/frozen";
import type { Quality } from "../base/quality";
import { CounterBook, type Counters } from "./counters";
import { rawNumber, type Step, stepText, stepValue } from "./decode";
import { derivePoint } from "./derive";
import { KeptRows } from "./kept";
import { Plan, type PlannedRead } from "./plan";
import type { PointImage, PolledDevice, ReadResult, SuspectPoint } from "./polled";
import { isRefusal, kQuickMs, Presence } from "./presence";
import type { DeviceTable, Poll } from "./table";

export type { PointImage, ReadResult } from "./polled";

/** Milliseconds between two reads of a row, by its poll class. */
export type Periods = Readonly<Record<Exclude<Poll, "once">, number>>;

const defaultPeriodsMs = frozen<Periods>({ fast: 1000, normal: 5000, slow: 60_000 });

/** Reads missed one after the other, with no answer between, after which the whole device counts as gone. */
const missesUntilOffline = 2;

/** A read the device refuses for good (no such function, address or value) is asked again this much later. */
const refusedRetryMs = 60_000;

export interface DeviceOptions {
	table: DeviceTable;
	/** Shared by the devices of one product (`Catalogue.plan`); made from the table when left out. */
	plan?: Plan | undefined;
	image: PointImage;
	/** Modbus address on its bus. */
	unit: number;
	/** As the site knows it; wins over what a register says. */
	serial?: string | undefined;
	/** Longest wait for a reply to begin. Default: the table's. */
	timeoutMs?: number | undefined;
	periodsMs?: Partial<Periods> | undefined;
	/** Energies as they stood when the hub last stopped, so that they do not fall either over a restart. */
	counters?: Counters | undefined;
}

/**
 * One device on a bus: which read is due, and its answers turned into SunSpec points.
 *
 * It is itself the request it wants sent (`function`, `address`, `count`), so a poll makes no object. Truth rules:
 * - A read that stays unanswered when the client's retries are used up takes its own points to comms_lost at once:
 *   no value, the time of the last good one. Two such reads with no answer between: the whole image is lost.
 * - An exception reply is an answer, unless it is a gateway's: only the points of that read are lost.
 * - A value outside its row's plausible range, or no number at all, is suspect.
 * - Energies never fall: see counters.ts.
 */
export class Device extends Presence implements PolledDevice {
	readonly table: DeviceTable;
	readonly plan: Plan;
	readonly image: PointImage;
	readonly unit: number;
	timeoutMs: number;

	/** Called when a read of the plan has been taken, before the commit. */
	onRead: ((read: number) => void) | undefined;

	#handles: Int16Array;
	/** Undefined when the table has none. */
	#kept: KeptRows | undefined;
	#counters: CounterBook;
	#periodMs: Float64Array;
	/** Index of the open read, or -1. */
	#open = -1;
	#scratch = new DataView(new ArrayBuffer(8));
	/** Payloads of the last replies, read after read, and when they came; NaN before the first. */
	#raw: Uint8Array;
	#readMs: Float64Array;
	#siteSerial: boolean;

	constructor(options: DeviceOptions) {
		const { table, image } = options;
		const plan = options.plan ?? new Plan(table);
		super(new Float64Array(plan.reads.length));
		this.table = table;
		this.plan = plan;
		this.image = image;
		this.unit = options.unit;
		this.timeoutMs = options.timeoutMs ?? table.bus.timeoutMs ?? 500;
		this.#handles = new Int16Array(this.plan.pointCount);
		for (let i = 0; i < this.plan.pointCount; i++) {
			const one = this.plan.point(i);
			this.#handles[i] = image.handle(one.model, one.point, one.group, undefined, one.occurrence);
		}
		if (this.plan.kept.length > 0) this.#kept = new KeptRows(this.plan.kept);
		this.#counters = new CounterBook(this.plan, options.counters);
		this.#periodMs = new Float64Array(this.plan.reads.length);
		this.plan.reads.forEach((read, i) => {
			const { poll } = read;
			this.#periodMs[i] = poll === "once" ? Infinity : (options.periodsMs?.[poll] ?? defaultPeriodsMs[poll]);
		});
		this.waitForUnasked();
		this.#raw = new Uint8Array(this.plan.payloadAt[this.plan.reads.length]!);
		this.#readMs = new Float64Array(this.plan.reads.length).fill(Number.NaN);
		// a second try would find what the first has cleared
		if (table.rows.some((row) => row.accumulates)) this.retries = 0;
		this.#siteSerial = options.serial !== undefined;
		this.identify(options.serial);
	}

	/** What the device sends by itself is never due. */
	private waitForUnasked(): void {
		this.plan.reads.forEach(({ record }, i) => {
			if (record < 0 || this.table.records![record]!.everyMs === undefined) return;
			this.noteHeard(i, true);
			this.dueMs[i] = Infinity;
		});
		this.nextDueMs = this.earliest();
	}

	/** Model 1: who the device is, before it has answered anything. */
	private identify(serial: string | undefined): void {
		const names = { Mn: this.table.maker, Md: this.table.model, SN: serial };
		for (const [point, value] of Object.entries(names)) {
			const handle = this.image.handle(1, point);
			if (handle >= 0 && value !== undefined) this.image.set(handle, value, 0, "good");
		}
		this.putFixed(true, 0);
	}

	/** A scale factor holds before the first answer, and for good; the other constants while the device answers. */
	private putFixed(scales: boolean, timeMs: number): void {
		Object.values(this.table.fixed ?? {}).forEach((value, i) => {
			const point = this.plan.fixedAt[i]!;
			if (this.plan.nameOf(point).endsWith("_SF") === scales) this.put(point, value, timeMs, "good");
		});
	}

	/** Value of a row that the plan keeps (`Plan.keptIndex`), in its unit; NaN for none. */
	kept(index: number): number {
		return index < 0 ? Number.NaN : this.#kept!.value(index);
	}

	/** The image's handle of a point of the plan, by its index there. */
	handle(point: number): number {
		return this.#handles[point]!;
	}

	get product(): string {
		return this.table.id;
	}

	get maker(): string {
		return this.table.maker;
	}

	get model(): string {
		return this.table.model;
	}

	get pauseMs(): number {
		return this.table.bus.pauseMs ?? 0;
	}

	/** Whether the table has a row, or a rule, that brings this point. */
	reads(model: number, point: string): boolean {
		return this.plan.has(model, point);
	}

	suspect(): SuspectPoint | undefined {
		const handles = this.#handles;
		const image = this.image;
		for (let i = 0; i < handles.length; i++) {
			if (image.quality(handles[i]!) !== "suspect") continue;
			const value = image.value(handles[i]!);
			return { point: this.plan.nameOf(i), value: typeof value === "number" ? value : undefined };
		}
		return undefined;
	}

	/** Payload of the last reply to a read of the plan, kept when later ones fail; undefined before the first. */
	raw(read: number): DataView | undefined {
		if (Number.isNaN(this.#readMs[read]!)) return undefined;
		const at = this.plan.payloadAt;
		return new DataView(this.#raw.buffer, at[read]!, at[read + 1]! - at[read]!);
	}

	/** Whether every read of the plan has been answered once. */
	get complete(): boolean {
		return !this.#readMs.some(Number.isNaN);
	}

	/** Makes the points of a read anew from its last reply. */
	retake(read: number): void {
		const data = this.raw(read);
		// what is cleared by reading counts once
		if (data !== undefined && this.retries > 0) this.take(this.plan.reads[read]!, data, this.#readMs[read]!);
	}

	/** Wants a read at once. */
	refresh(read: number, nowMs: number): void {
		if (this.unasked?.[read]) return;
		this.nextDueMs = this.dueMs[read] = Math.min(this.dueMs[read]!, nowMs);
	}

	/** When that came; NaN: never. */
	readMs(read: number): number {
		return this.#readMs[read]!;
	}

	/** Which read is wanted now: the earliest deadline (due time + period) of those due; -1 for none. */
	pick(nowMs: number): number {
		const needRatios = this.needsRatios();
		const reads = this.plan.reads;
		let best = -1;
		let bestMs = Infinity;
		for (let i = 0; i < reads.length; i++) {
			if (this.dueMs[i]! > nowMs || (needRatios && !reads[i]!.ratios)) continue;
			const deadlineMs = this.deadline(i);
			if (deadlineMs < bestMs) {
				best = i;
				bestMs = deadlineMs;
			}
		}
		return best;
	}

	/** The deadline of the read `pick` would give; Infinity for none. */
	deadlineMs(nowMs: number): number {
		const index = this.pick(nowMs);
		return index < 0 ? Infinity : this.deadline(index);
	}

	/** What is read once is wanted as soon as what is read fast; what something rests on, before all else. */
	private deadline(index: number): number {
		const periodMs = this.#periodMs[index]!;
		if (this.vital && periodMs < kQuickMs) return -Infinity;
		return this.dueMs[index]! + (periodMs === Infinity ? defaultPeriodsMs.fast : periodMs);
	}

	private needsRatios(): boolean {
		return this.#kept?.missing === true;
	}

	/** Makes this object the request for the read due now, and gives it; undefined when none is due. */
	nextRead(nowMs: number): this | undefined {
		const index = this.pick(nowMs);
		if (index < 0) return undefined;
		const read = this.plan.reads[index]!;
		this.#open = index;
		this.function = read.function;
		this.address = read.address;
		this.count = read.count;
		if (read.record >= 0) this.record = this.table.records![read.record];
		else if (this.record !== undefined) this.record = undefined;
		return this;
	}

	/**
	 * A record that the device has sent unasked, as the answer to a read of the plan; or, with the status "timeout", that it
	 * sent none for too long.
	 */
	onRecord(read: number, result: ReadResult): void {
		this.#open = read;
		this.onResult(result);
	}

	/** The client's answer to the open request. */
	onResult(result: ReadResult): void {
		const index = this.#open;
		if (index < 0) return;
		this.#open = -1;
		const read = this.plan.reads[index]!;
		if (result.status === "ok") {
			this.answered(result);
			const data = result.data;
			const payloadAt = this.plan.payloadAt;
			const at = payloadAt[index]!;
			this.#raw.set(result.bytes ?? new Uint8Array(data.buffer, data.byteOffset, payloadAt[index + 1]! - at), at);
			this.noteHeard(index);
			this.#readMs[index] = result.endMs;
			if (read.record >= 0 && result.byteLength! < payloadAt[index + 1]! - at) this.takeShort(read, result);
			else this.take(read, data, result.endMs);
			this.onRead?.(index);
			this.schedule(index, result.endMs, read.ratios && this.needsRatios() ? refusedRetryMs : Infinity);
		} else if (isRefusal(result)) {
			this.exceptions++;
			this.lastException = result.exception;
			this.answered(result);
			this.loseRead(read, result.exception <= 3 ? result.endMs : Number.NaN);
			this.schedule(index, result.endMs, refusedRetryMs);
			if (result.exception <= 3) this.dueMs[index] = Math.max(this.dueMs[index]!, result.endMs + refusedRetryMs);
		} else {
			this.missedRead(index, read, result);
		}
		this.nextDueMs = this.earliest();
		this.image.commit();
	}

	private missedRead(index: number, read: PlannedRead, result: ReadResult): void {
		if (result.status === "closed") {
			this.gone(result.endMs);
			this.schedule(index, result.endMs, 0);
			return;
		}
		if (result.status === "timeout" || result.status === "exception") this.timeouts++;
		else this.garbled++;
		this.loseRead(read, Number.NaN);
		if (this.unasked?.[index]) {
			if (result.status === "timeout" && this.allSilent(index)) this.gone(result.endMs);
			return;
		}
		this.missed++;
		if (this.missed >= missesUntilOffline || this.plan.reads.length === 1) this.gone(result.endMs);
		this.schedule(index, result.endMs, defaultPeriodsMs.fast);
	}

	private gone(nowMs: number): boolean {
		this.image.lose(nowMs);
		this.#kept?.loseAll();
		return this.noteGone(this);
	}

	/**
	 * The line itself is gone (port unplugged, connection closed): nothing can be read, which is no miss of the device.
	 * True when it had answered until now.
	 */
	lineDown(nowMs: number): boolean {
		const answered = this.gone(nowMs);
		this.image.commit();
		return answered;
	}

	/** The device has answered, if only with an exception. */
	private answered(result: ReadResult): void {
		if (!this.noteAnswer(result)) return;
		this.putFixed(false, result.endMs);
		this.onChange?.(this, "online");
	}

	private schedule(index: number, nowMs: number, onceAgainMs: number): void {
		this.keepRhythm(index, this.#periodMs[index]!, nowMs, onceAgainMs);
	}

	private earliest(): number {
		const needRatios = this.needsRatios();
		let earliest = Infinity;
		for (let i = 0; i < this.dueMs.length; i++) {
			if (needRatios && !this.plan.reads[i]!.ratios) continue;
			if (this.dueMs[i]! < earliest) earliest = this.dueMs[i]!;
		}
		return earliest;
	}

	private take(read: PlannedRead, data: DataView, nowMs: number): void {
		const plan = this.plan;
		const steps = plan.steps;
		const places = plan.at;
		const scratch = this.#scratch;
		const end = read.end;
		const image = this.image;
		const handles = this.#handles;
		let first = read.firstPoint;
		for (let i = read.first; i < end; i++) {
			const step = steps[i]!;
			const next = first + step.points;
			if (step.plain) {
				// most steps of most reads, so without a call more than needed
				const value = rawNumber(step, data, places[i]!, scratch) * step.k + step.b;
				if (value >= step.min && value <= step.max && value - value === 0) {
					do image.set(handles[first]!, value, nowMs, "good");
					while (++first < next);
				} else this.putAll(first, step.points, value - value === 0 ? value : undefined, nowMs, "suspect");
			} else if (step.more!.text) this.takeText(i, first, data, nowMs);
			else this.takeNumber(step, i, first, data, places[i]!, nowMs);
			first = next;
		}
		if (read.firstChange < read.endChange) this.derive(read);
	}

	/** A record that ends early: what it does not hold has no value. */
	private takeShort(read: PlannedRead, { data, byteLength, endMs }: ReadResult): void {
		let first = read.firstPoint;
		for (let i = read.first; i < read.end; i++) {
			const step = this.plan.steps[i]!;
			const at = this.plan.at[i]!;
			if (at + 2 * step.words > byteLength!) {
				// of rows that share a point, the one that counts says that there is none
				if (step.more === undefined || this.counts(i, first, endMs))
					this.putAll(first, step.points, undefined, endMs, "good");
			} else if (step.more?.text) this.takeText(i, first, data, endMs);
			else if (step.more) this.takeNumber(step, i, first, data, at, endMs);
			else {
				const value = rawNumber(step, data, at, this.#scratch) * step.k + step.b;
				const good = value >= step.min && value <= step.max;
				this.putAll(first, step.points, value - value === 0 ? value : undefined, endMs, good ? "good" : "suspect");
			}
			first += step.points;
		}
		this.derive(read);
	}

	/** A number that is not plain, of the step `index`; `first` is the first of its points. */
	private takeNumber(step: Step, index: number, first: number, data: DataView, at: number, nowMs: number): void {
		const raw = rawNumber(step, data, at, this.#scratch);
		const more = step.more!;
		let value = raw * step.k + step.b;
		if (more.special) {
			const found = stepValue(step, raw, data, at, this.#scratch);
			if (found === undefined) {
				// The device's own way to say "none" is an answer like another.
				if (more.keeps) this.keep(index, Number.NaN, raw, nowMs, "good");
				if (this.counts(index, first, nowMs)) this.putAll(first, step.points, undefined, nowMs, "good");
				return;
			}
			value = found;
		}
		const factors = more.factors;
		if (factors !== undefined) for (let i = 0; i < factors.length; i++) value *= this.#kept!.value(factors[i]!);
		let quality: Quality = value >= step.min && value <= step.max ? "good" : "suspect";
		const wrong = value - value !== 0;
		if (more.keeps) this.keep(index, wrong ? Number.NaN : value, raw, nowMs, wrong ? "suspect" : quality);
		if (more.depends && !this.counts(index, first, nowMs)) return;
		if (wrong) {
			this.putAll(first, step.points, undefined, nowMs, "suspect");
			return;
		}
		let timeMs = nowMs;
		if (more.rises) {
			const counter = this.plan.ties[3 * index + 2]!;
			const book = this.#counters;
			const verdict = more.accumulates ? book.add(counter, value, nowMs) : book.take(counter, value, nowMs);
			value = book.total(counter);
			timeMs = book.timeMs(counter);
			if (verdict !== "rises") quality = "suspect";
			if (verdict === "reset") this.onChange?.(this, "reset");
		}
		const end = first + step.points;
		while (first < end) this.image.set(this.#handles[first++]!, value, timeMs, quality);
	}

	private keep(index: number, value: number, raw: number, nowMs: number, quality: Quality): void {
		this.#kept!.take(this.plan.keptOf(index), value, raw, nowMs, quality);
	}

	private takeText(index: number, first: number, data: DataView, nowMs: number): void {
		if (!this.counts(index, first, nowMs)) return;
		const step = this.plan.steps[index]!;
		const text = stepText(step, data, this.plan.at[index]!, this.#scratch);
		for (let i = first; i < first + step.points; i++) {
			if (this.plan.isPoint(i, 1, "SN")) {
				this.registerSerial = text;
				if (this.#siteSerial) continue;
			}
			this.put(i, text, nowMs, "good");
		}
	}

	/** Whether a step's row counts now. One that does not has no value, unless another row gives its points. */
	private counts(index: number, first: number, nowMs: number): boolean {
		const step = this.plan.steps[index]!;
		const more = step.more!;
		if (!more.depends || this.#kept!.holds(this.plan.whenOf(index), this.plan.row(index).when!)) return true;
		if (!more.shared) this.putAll(first, step.points, undefined, nowMs, "good");
		return false;
	}

	/**
	 * The points of a read that was not answered: no value, the time of the last one, comms_lost. `refusedMs`: when the
	 * device said that it has no such registers; NaN for a read that failed.
	 */
	private loseRead(read: PlannedRead, refusedMs: number): void {
		let point = read.firstPoint;
		for (let i = read.first; i < read.end; i++) {
			const kept = this.plan.keptOf(i);
			if (kept >= 0) {
				if (Number.isNaN(refusedMs)) this.#kept!.lose(kept);
				else this.#kept!.refuse(kept, refusedMs);
			}
			for (let n = this.plan.steps[i]!.points; n > 0; n--, point++) {
				if (this.plan.modelOf(point) !== 1) this.image.losePoint(this.#handles[point]!);
			}
		}
		this.derive(read);
	}

	private derive(read: PlannedRead): void {
		const { plan } = this;
		for (let i = read.firstChange; i < read.endChange; i++)
			derivePoint(plan, plan.changes[i]!, this.image, this.#handles, this.#kept);
	}

	private putAll(first: number, count: number, value: number | undefined, timeMs: number, quality: Quality): void {
		for (let i = first; i < first + count; i++) this.image.set(this.#handles[i]!, value, timeMs, quality);
	}

	private put(point: number, value: number | string | undefined, timeMs: number, quality: Quality): void {
		this.image.set(this.#handles[point]!, value, timeMs, quality);
	}

	/** Energies and what belongs to them, to be kept over a restart and given back as `counters`. */
	get counters(): Counters {
		return this.#counters.save();
	}
}
