/**
 * Rows that a device forgets, or falls back from, when they are not written again: as long as a command holds, each is
 * written once every `everyS`. When who commands does not give the command again in time, or withdraws it, the row gets
 * its `safe` value, or is left to the device's own fall-back. After a start of the hub nothing is commanded.
 */
import type { Clock, TimerId } from "../base/clock";
import type { Device } from "./engine";
import { ratioOf } from "./ratios";
import { findRow, type KeepAlive } from "./table";
import { type WriteClient, type WriteOutcome, writeRow } from "./write";

/** A row that could not be written is tried again after this, or after its period when that is shorter. */
const againMs = 5000;
/** How long a command counts that is not given again, where the table does not say. */
const holdMs = 600_000;

export interface KeepAliveOptions {
	device: Device;
	client: WriteClient;
	clock: Clock;
	/** The first failure of a row, and its first success after that; and what became of a safe value. */
	onOutcome(outcome: WriteOutcome): void;
}

/** A row of the table's list. */
interface Kept {
	readonly rule: KeepAlive;
	/** NaN: nothing is commanded. */
	value: number;
	/** The value is the safe one: once it is in the device that is all. */
	safe: boolean;
	/** When it is written next, and when the command ends by itself. */
	dueMs: number;
	untilMs: number;
	/** Somebody else is writing the row. */
	suspended: boolean;
	failing: boolean;
	/** Changes whenever the value does: a write under way may be about an older one. */
	turn: number;
	/** A write is under way. */
	open: boolean;
}

export class KeepAliveWriter {
	readonly #options: KeepAliveOptions;
	readonly #kept: readonly Kept[];
	#timer: TimerId | undefined;
	#closed = false;

	constructor(options: KeepAliveOptions) {
		this.#options = options;
		this.#kept = (options.device.table.keepAlive ?? []).map((rule) => ({
			...{ rule, value: Number.NaN, safe: false, dueMs: 0, untilMs: Infinity },
			...{ suspended: false, failing: false, turn: 0, open: false },
		}));
	}

	/** What a row is kept at; NaN for one of which nothing is commanded. */
	value(row: string): number {
		const kept = this.find(row);
		return kept === undefined || kept.safe ? Number.NaN : kept.value;
	}

	/**
	 * The device has just taken a command: it is kept for `forMs`, or the time the table says, or until it is withdrawn. For
	 * a row that is none of the table's list nothing happens, here and below.
	 */
	hold(row: string, value: number, forMs?: number): void {
		const kept = this.find(row);
		if (kept === undefined) return;
		const nowMs = this.#options.clock.now();
		this.turnTo(kept, value, false, nowMs + 1000 * kept.rule.everyS);
		kept.untilMs = nowMs + (forMs ?? (kept.rule.holdS === undefined ? holdMs : 1000 * kept.rule.holdS));
		this.plan();
	}

	/** A command is about to write the row itself. `hold`, `goOn` or `forget` follows. */
	suspend(row: string): void {
		const kept = this.find(row);
		if (kept === undefined) return;
		kept.suspended = true;
		kept.turn++;
	}

	/** That command came to nothing: what held before holds on. */
	goOn(row: string): void {
		const kept = this.find(row);
		if (kept === undefined) return;
		kept.suspended = false;
		this.plan();
	}

	/** Nothing is commanded any more: the row gets its safe value, where it has one. */
	withdraw(row: string): void {
		const kept = this.find(row);
		if (kept !== undefined) this.fall(kept);
	}

	/** The row is no longer kept; who says so writes it, or has. */
	forget(row: string): void {
		const kept = this.find(row);
		if (kept !== undefined) this.turnTo(kept, Number.NaN, false, Infinity);
	}

	/** The device is back: what is commanded is written at once. */
	resume(): void {
		for (const kept of this.#kept) kept.dueMs = 0;
		this.plan();
	}

	close(): void {
		this.#closed = true;
		this.#options.clock.clearTimer(this.#timer);
		this.#timer = undefined;
	}

	private find(row: string): Kept | undefined {
		return this.#kept.find((kept) => kept.rule.row === row);
	}

	private turnTo(kept: Kept, value: number, safe: boolean, dueMs: number): void {
		kept.value = value;
		kept.safe = safe;
		kept.dueMs = dueMs;
		kept.untilMs = Infinity;
		kept.suspended = false;
		kept.turn++;
	}

	private fall(kept: Kept): void {
		const { safe = Number.NaN } = kept.rule;
		this.turnTo(kept, safe, true, this.#options.clock.now());
		this.plan();
	}

	/** Writes what is due, and wakes when the next is. */
	private plan(): void {
		const { clock, device } = this.#options;
		clock.clearTimer(this.#timer);
		this.#timer = undefined;
		if (this.#closed) return;
		const nowMs = clock.now();
		let wakeMs = Infinity;
		for (const kept of this.#kept) {
			if (nowMs >= kept.untilMs && !kept.suspended) this.turnTo(kept, kept.rule.safe ?? Number.NaN, true, nowMs);
			if (Number.isNaN(kept.value) || kept.suspended) continue;
			// what is not answered is written when the device is back
			if (device.online && !kept.open && kept.dueMs <= nowMs) this.write(kept);
			const nextMs = device.online && !kept.open ? Math.min(kept.dueMs, kept.untilMs) : kept.untilMs;
			if (nextMs < wakeMs) wakeMs = nextMs;
		}
		if (wakeMs < Infinity && !this.#closed) {
			clock.clearTimer(this.#timer);
			this.#timer = clock.setTimer(() => this.plan(), Math.max(0, wakeMs - clock.now()));
		}
	}

	private write(kept: Kept): void {
		const { device, client } = this.#options;
		const { turn, value } = kept;
		kept.open = true;
		const onDone = (outcome: WriteOutcome): void => {
			kept.open = false;
			if (turn === kept.turn) this.done(kept, outcome);
			this.plan();
		};
		const { table, unit } = device;
		const factor = ratioOf(device, findRow(table, kept.rule.row)!);
		writeRow({ table, unit, row: kept.rule.row, value, client, factor, onDone });
	}

	private done(kept: Kept, outcome: WriteOutcome): void {
		const { clock, onOutcome } = this.#options;
		const taken = outcome.result === "accepted";
		const { everyS } = kept.rule;
		kept.dueMs = clock.now() + (taken ? 1000 * everyS : Math.min(againMs, 1000 * everyS));
		const tell = taken ? kept.failing || kept.safe : !kept.failing;
		kept.failing = !taken;
		if (taken && kept.safe) this.turnTo(kept, Number.NaN, false, Infinity);
		if (tell) onOutcome(taken ? outcome : { ...outcome, reason: `keep-alive: ${outcome.reason}` });
	}
}
