import type { Clock, TimerId } from "../base/clock";
import type { Device } from "./engine";
import type { KeepAliveWriter } from "./keep-alive";
import { ratioOf } from "./ratios";
import { type Row, wears } from "./table";
import { type WriteClient, type WriteOutcome, writeRow } from "./write";

export interface RowWriterOptions {
	device: Device;
	client: WriteClient;
	clock: Clock;
	/** Of a table with rows that are to be written again and again. */
	keepAlive?: KeepAliveWriter | undefined;
	/** How each write ended. */
	onOutcome(outcome: WriteOutcome): void;
}

/** A row that wears the device's flash is written at most once in this time. */
export const wearMs = 10_000;

/** A write on its way. */
interface Pending {
	readonly row: Row;
	/** Index of the read that brings the row, and of its step; -1 for a row that is not read. */
	readonly read: number;
	readonly step: number;
	readonly value: number;
	/** Set while it waits until the row may be written again. */
	timer: TimerId | undefined;
	/** When the row was written before. */
	beforeMs: number;
}

/**
 * Writes rows whose points somebody has written in the image. Until the device has been asked the points show what was
 * written, also when a reply that was on its way before brings the old value; when it refuses, they show again what it
 * said last. Either way its rows are read again at once. A value for a row that wears, and was written just now, waits;
 * of several that wait the last one is written.
 */
export class RowWriter {
	#options: RowWriterOptions;
	#pending: Pending[] = [];
	/** When rows that wear were written last. */
	#writtenMs = new Map<Row, number>();

	constructor(options: RowWriterOptions) {
		this.#options = options;
	}

	write(row: Row, value: number): void {
		const { device, clock, onOutcome } = this.#options;
		const step = device.plan.stepOf(row);
		const read = step < 0 ? -1 : device.plan.reads.findIndex(({ end }) => step < end);
		const pending: Pending = { row, read, step, value, timer: undefined, beforeMs: -Infinity };
		const replaced = this.#pending.findIndex((one) => one.row === row && one.timer !== undefined);
		if (replaced >= 0) {
			const [old] = this.#pending.splice(replaced, 1);
			clock.clearTimer(old!.timer);
			onOutcome({
				result: "rejected",
				reason: `${value} came before it was written`,
				row: row.name,
				value: old!.value,
			});
		}
		this.#pending.push(pending);
		device.onRead = (index) => this.show(index);
		const waitMs = (this.#writtenMs.get(row) ?? -Infinity) + wearMs - clock.now();
		if (waitMs > 0) pending.timer = clock.setTimer(() => this.send(pending), waitMs);
		else this.send(pending);
	}

	/** Takes back a value that waits until the row may be written again; false when none does. Nobody is told. */
	takeBack(row: Row): boolean {
		const index = this.#pending.findIndex((one) => one.row === row && one.timer !== undefined);
		if (index < 0) return false;
		this.#options.clock.clearTimer(this.#pending.splice(index, 1)[0]!.timer);
		return true;
	}

	/** What waits is not written any more. */
	close(): void {
		for (const { timer } of this.#pending) this.#options.clock.clearTimer(timer);
	}

	private send(pending: Pending): void {
		const { device, client, clock, keepAlive } = this.#options;
		const { row, value } = pending;
		const { table, unit } = device;
		pending.timer = undefined;
		const unlessHeld = wears(table, row);
		pending.beforeMs = this.#writtenMs.get(row) ?? -Infinity;
		if (unlessHeld) this.#writtenMs.set(row, clock.now());
		keepAlive?.suspend(row.name);
		const onDone = (outcome: WriteOutcome): void => this.done(pending, outcome);
		writeRow({ table, unit, row: row.name, value, client, factor: ratioOf(device, row), unlessHeld, onDone });
	}

	/** What is on its way, over what a read has brought. */
	private show(index: number): void {
		const { device, clock } = this.#options;
		for (const { read, step: at, value } of this.#pending) {
			if (read !== index) continue;
			const first = device.plan.firstPoint(at);
			for (let i = device.plan.steps[at]!.points - 1; i >= 0; i--)
				device.image.set(device.handle(first + i), value, clock.now(), "good");
		}
	}

	private done(pending: Pending, outcome: WriteOutcome): void {
		const { device, clock, keepAlive, onOutcome } = this.#options;
		if (outcome.result === "accepted") keepAlive?.hold(pending.row.name, pending.value);
		else keepAlive?.goOn(pending.row.name);
		// a value that it held wears nothing
		if (outcome.held) this.#writtenMs.set(pending.row, pending.beforeMs);
		this.#pending.splice(this.#pending.indexOf(pending), 1);
		if (this.#pending.length === 0) device.onRead = undefined;
		if (pending.read >= 0) {
			if (outcome.result !== "accepted" && device.online) {
				device.retake(pending.read);
				this.show(pending.read);
				device.image.commit();
			}
			device.refresh(pending.read, clock.now());
		}
		onOutcome(outcome);
	}
}
