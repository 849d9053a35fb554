import type { Clock } from "../base/clock";
import type { Device } from "./engine";
import type { Row } from "./table";
import { type WriteClient, type WriteOutcome, writeRow } from "./write";

export interface RowWriterOptions {
	device: Device;
	client: WriteClient;
	clock: Clock;
	/** How each write ended. */
	onOutcome(outcome: WriteOutcome): void;
}

/** A write on its way. */
interface Pending {
	readonly row: Row;
	/** Index of the read that brings the row, and of its step; -1 for a row that is not read. */
	readonly read: number;
	readonly step: number;
	readonly value: number;
}

/**
 * Writes rows whose points somebody has written in the image. Until the device has been asked the points show what was
 * written, also when a reply that was on its way before brings the old value; when it refuses, they show again what it
 * said last. Either way its rows are read again at once.
 */
export class RowWriter {
	#options: RowWriterOptions;
	#pending: Pending[] = [];

	constructor(options: RowWriterOptions) {
		this.#options = options;
	}

	write(row: Row, value: number): void {
		const { device, client } = this.#options;
		const step = device.plan.stepOf(row);
		const read = step < 0 ? -1 : device.plan.reads.findIndex(({ end }) => step < end);
		const pending: Pending = { row, read, step, value };
		this.#pending.push(pending);
		device.onRead = (index) => this.show(index);
		const { table, unit } = device;
		const onDone = (outcome: WriteOutcome): void => this.done(pending, outcome);
		writeRow({ table, unit, row: row.name, value, client, unlessHeld: table.eeprom === true, onDone });
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
		const { device, clock, onOutcome } = this.#options;
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
