import { frozen } from "../base/frozen";
import type { RecordSpec } from "../base/record";
import type { PolledDevice, ReadResult } from "./polled";

/** Periods below this are those of a sensor that protects. */
export const kQuickMs = 100;
/** Of a read: asked for, or sent by the device itself and heard of late, or silent. */
const Unasked = frozen({ asked: 0, heard: 1, silent: 2 });

/** What is known of a device on its bus: whether it answers, how soon, what went wrong, and when its reads fall due. */
export class Presence {
	/** The open request. */
	function = 3;
	address = 0;
	count = 1;
	/** The record it asks for; undefined for registers. */
	record: RecordSpec | undefined = undefined;
	/** Further tries after the first; the scheduler takes them away from a device that is gone. */
	retries = 1;

	online = false;
	/** Whether it is there has been found out: it has answered, or was asked in vain. */
	known = false;
	/** Monotonic time of the last answer; NaN before the first. */
	lastAnswerMs = Number.NaN;
	/** Request to reply complete: smoothed over about eight reads, and the longest so far. */
	roundTripMs = 0;
	slowestMs = 0;
	answers = 0;
	timeouts = 0;
	exceptions = 0;
	/** Replies that were damaged, or not to our request. */
	garbled = 0;
	/** When the next read falls due; in the past when it is late. A field, because it is looked at most of all. */
	nextDueMs = 0;
	/** What stands for it in paths and topics, where it speaks JSON. */
	path = "";
	/** Which of several alike in one device it is, from 1, where it speaks JSON. */
	channel = 1;
	/** Something rests on its readings: it is not left alone for long when it falls silent. */
	vital = false;
	/** Reads missed since the last answer. */
	missed = 0;
	/** Last exception code; 0 for none yet. */
	lastException = 0;
	/** What the device's own register says, where it has one. */
	registerSerial: string | undefined;
	/** Called when the device has come or gone, never answered to begin with, or when a counter was reset or its meter exchanged. */
	onChange: ((device: PolledDevice, what: "online" | "offline" | "reset") => void) | undefined;
	/** By read. */
	protected dueMs: Float64Array;
	/** By read: above 0 for what the device sends by itself, and is never asked for. Undefined: none. */
	protected unasked: Uint8Array | undefined = undefined;

	protected constructor(dueMs: Float64Array) {
		this.dueMs = dueMs;
	}

	/**
	 * The device has answered, if only with an exception. True when it had not before: then it may have been exchanged,
	 * and everything is asked again, what is read once too.
	 */
	protected noteAnswer({ startMs, endMs }: ReadResult): boolean {
		const tookMs = endMs - startMs;
		this.answers++;
		this.missed = 0;
		this.lastAnswerMs = endMs;
		this.roundTripMs += this.answers === 1 ? tookMs : (tookMs - this.roundTripMs) / 8;
		if (tookMs > this.slowestMs) this.slowestMs = tookMs;
		if (this.online) return false;
		this.online = true;
		this.known = true;
		const dueMs = this.dueMs;
		for (let i = 0; i < dueMs.length; i++) if (dueMs[i]! > endMs && !this.unasked?.[i]) dueMs[i] = endMs;
		return true;
	}

	/** It does not answer any more, or did not to begin with: told once. True when it had answered until now. */
	protected noteGone(device: PolledDevice): boolean {
		const answered = this.online;
		if (this.known && !answered) return false;
		this.known = true;
		this.online = false;
		this.onChange?.(device, "offline");
		return answered;
	}

	/** A read that the device sends by itself has come. `from`: it is found out that it is one. */
	protected noteHeard(read: number, from = false): void {
		if (from) this.unasked ??= new Uint8Array(this.dueMs.length);
		if (from || this.unasked?.[read]) this.unasked![read] = Unasked.heard;
	}

	/** It does not come any more. True when nothing does: some of what a device may send it never sends. */
	protected allSilent(read: number): boolean {
		this.unasked![read] = Unasked.silent;
		return this.unasked!.every((one) => one === Unasked.silent);
	}

	/**
	 * The next time of a read keeps its rhythm; times that were missed are left out, never caught up in a burst. What is
	 * read many times a second has none to keep: when it is late it is read again as soon as others had their turn.
	 * `onceAgainMs`: when a read of an endless period is wanted again, because it was not had.
	 */
	protected keepRhythm(read: number, periodMs: number, nowMs: number, onceAgainMs: number): void {
		if (this.unasked?.[read]) return;
		if (periodMs === Infinity) {
			this.dueMs[read] = nowMs + onceAgainMs;
			return;
		}
		let dueMs = this.dueMs[read]! + periodMs;
		if (dueMs <= nowMs) dueMs = nowMs + (periodMs < kQuickMs ? 1 : periodMs - ((nowMs - dueMs) % periodMs));
		this.dueMs[read] = dueMs;
	}
}

/** An exception of the device itself: 10 and 11 are a gateway's, which has no way to it or no answer from it. */
export function isRefusal({ status, exception }: ReadResult): boolean {
	return status === "exception" && exception !== 10 && exception !== 11;
}
