/**
 * Client of a CAN bus: hears the devices that send unasked, asks those that want to be asked, and sends what the hub has
 * to say. The port (modules/can) queues, filters and comes back from bus-off by itself; a port that has gone is opened
 * again. In steady state a frame makes no object.
 */

import type { Clock, TimerId } from "../base/clock";
import { type Log, silentLog } from "../base/log";
import type { CANCounters, CANFrame, CANState } from "../can/can";
import { Exchange } from "./exchange";
import { filtersFor } from "./filters";
import { Hearing } from "./hearing";
import { Outbox } from "./outbox";
import { PeriodicFrames } from "./periodic";
import { type CanLinkOptions, type CanListener, type CanPort, type CanRequest, kExtended, recordKey } from "./types";

export interface CanClientOptions {
	link: CanLinkOptions;
	clock: Clock;
	listeners?: readonly CanListener[];
	log?: Log | undefined;
	/** Name of the bus, for the log. */
	name?: string;
}

/** Since the client was made, over all openings of the port. */
export interface CanLineCounters extends CANCounters {
	/** Frames that found no place in the queues to be sent. */
	refused: number;
	/** Frames that passed the filters and that nobody wants, and frames shorter than their record. */
	unknown: number;
	short: number;
}

const kReopenMinMs = 1000;
const kReopenMaxMs = 30_000;
/** Lost frames are told at most so often. */
const kOverflowQuietMs = 60_000;
const kUseMs = 10_000;
const kBitrate = 500_000;
/** Of a frame with 8 bytes and 11 or 29 bits of identifier, stuffed as usual. */
const kFrameBits = 130;
/** The message of the port begins so when it goes on. */
const kOverflow = "frames were lost";

export class CanClient {
	readonly #link: CanLinkOptions;
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #name: string;
	readonly #hearing: Hearing;
	readonly #exchange: Exchange;
	readonly #outbox = new Outbox();
	readonly #periodic: PeriodicFrames;
	readonly #keys: number[];
	#port: CanPort | undefined;
	#state: CANState = "active";
	readonly #frame: CANFrame = { id: 0, extended: false, remote: false, length: 0, timestampUs: 0 };
	/** Of ports that were closed. */
	#counted: CANCounters = noCounters();
	#timer: TimerId | undefined;
	#reopenMs = kReopenMinMs;
	#overflowToldMs = -Infinity;
	#lostBy = "";
	#use = Number.NaN;
	#useFromMs = 0;
	#useFrames = 0;
	#closed = false;

	/** Throws what the class of the port throws when it cannot be opened. Once open, it is opened again when it fails. */
	constructor(options: CanClientOptions) {
		const { link, clock, listeners = [] } = options;
		this.#link = link;
		this.#clock = clock;
		this.#useFromMs = clock.now();
		this.#log = options.log ?? silentLog;
		this.#name = options.name ?? "can";
		this.#hearing = new Hearing(listeners, clock);
		this.#exchange = new Exchange(this, clock);
		this.#periodic = new PeriodicFrames(listeners, clock, (key, data) => this.send(key, data));
		const keys = new Set(this.#hearing.keys());
		for (const { records, unit } of listeners)
			for (const record of records) if (record.request !== undefined) keys.add(recordKey(record, unit));
		this.#keys = [...keys];
		this.open();
		this.#hearing.open();
		this.#periodic.start();
	}

	/** Why nothing can be sent now, "" when all is well. */
	get fault(): string {
		if (this.#port === undefined) return this.#lostBy;
		return this.#state === "bus-off" ? "off the bus: too many errors; wires, termination or bit rate" : "";
	}

	get isOpen(): boolean {
		return this.#port !== undefined;
	}

	get state(): CANState {
		return this.#state;
	}

	/** A fresh object. */
	get line(): CanLineCounters {
		const { refused } = this.#outbox;
		const { unknown, short } = this.#hearing;
		return { ...sum(this.#counted, this.#port?.counters), refused, unknown, short };
	}

	/**
	 * The part of the time, 0 to 1, that frames seen by this port take of the bus, over the last ten seconds or more. What
	 * the controller itself leaves out is not seen.
	 */
	get use(): number {
		const nowMs = this.#clock.now();
		const elapsedMs = nowMs - this.#useFromMs;
		if (elapsedMs < kUseMs && !Number.isNaN(this.#use)) return this.#use;
		const { framesReceived, framesSent, filtered, overflow } = this.line;
		const frames = framesReceived + framesSent + filtered + overflow;
		const bitsPerMs = (this.#link.bitrate ?? kBitrate) / 1000;
		if (elapsedMs > 0) this.#use = Math.min(1, ((frames - this.#useFrames) * kFrameBits) / bitsPerMs / elapsedMs);
		this.#useFromMs = nowMs;
		this.#useFrames = frames;
		return Number.isNaN(this.#use) ? 0 : this.#use;
	}

	/** Asks for a record, or writes one, behind what was asked before; the result comes later. */
	request(request: CanRequest): void {
		this.#exchange.request(request);
	}

	/**
	 * Sends a frame, of which `key` is the identifier with `kExtended`; while it cannot go, it waits. False when the queue
	 * is full too, or the port has gone.
	 */
	send(key: number, data: Uint8Array): boolean {
		if (this.#port === undefined) return false;
		return this.#outbox.send(this.#state === "bus-off" ? undefined : this.#port, key, data);
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#clock.clearTimer(this.#timer);
		this.#periodic.close();
		this.#hearing.close();
		this.#exchange.close();
		this.drop();
	}

	private open(): void {
		const { io, ...settings } = this.#link;
		this.#port = new io({
			...settings,
			filters: filtersFor(this.#keys),
			onReadable: () => this.readable(),
			onWritable: () => this.writable(),
			onError: (message) => this.failed(message),
			onStateChange: (state) => this.changed(state),
		});
		this.#state = this.#port.state;
	}

	private readable(): void {
		const frame = this.#frame;
		const hearing = this.#hearing;
		const exchange = this.#exchange;
		const { bytes } = hearing;
		const nowMs = this.#clock.now();
		for (;;) {
			const port = this.#port;
			if (port === undefined || port.read(bytes, frame) === undefined) return;
			if (frame.remote) continue;
			const key = frame.extended ? frame.id + kExtended : frame.id;
			if (key !== exchange.replyKey || !exchange.take(bytes, frame.length)) hearing.take(key, frame.length, nowMs);
		}
	}

	private writable(): void {
		if (this.#port !== undefined && this.#outbox.waiting > 0) this.#outbox.flush(this.#port);
	}

	private changed(state: CANState): void {
		const was = this.#state;
		this.#state = state;
		if (state === "bus-off") this.#log("error", "can", `${this.#name}: ${this.fault}`);
		else if (was === "bus-off") {
			this.#log("info", "can", `${this.#name}: on the bus again`);
			this.writable();
		} else if (state === "passive")
			this.#log("warn", "can", `${this.#name}: many errors on the bus, or nobody acknowledges`);
	}

	private failed(message: string): void {
		if (this.#closed || this.#port === undefined) return;
		if (message.startsWith(kOverflow)) {
			const nowMs = this.#clock.now();
			if (nowMs - this.#overflowToldMs < kOverflowQuietMs) return;
			this.#overflowToldMs = nowMs;
			this.#log("warn", "can", `${this.#name}: ${message}`);
			return;
		}
		this.#lostBy = message;
		this.#log("error", "can", `${this.#name}: ${message}`);
		this.drop();
		this.reopenLater();
		this.#exchange.lost();
		this.#hearing.lost();
	}

	private drop(): void {
		if (this.#port === undefined) return;
		this.#counted = sum(this.#counted, this.#port.counters);
		this.#outbox.clear();
		this.#port.close();
		this.#port = undefined;
	}

	private reopenLater(): void {
		this.#timer = this.#clock.setTimer(() => this.reopen(), this.#reopenMs);
		this.#reopenMs = Math.min(kReopenMaxMs, 2 * this.#reopenMs);
	}

	private reopen(): void {
		this.#timer = undefined;
		try {
			this.open();
		} catch {
			this.reopenLater();
			return;
		}
		this.#reopenMs = kReopenMinMs;
		this.#log("info", "can", `${this.#name}: the port is open again`);
		this.#hearing.open();
	}
}

function noCounters(): CANCounters {
	return { framesReceived: 0, framesSent: 0, filtered: 0, overflow: 0, busErrors: 0, busOff: 0, dropped: 0 };
}

function sum(a: CANCounters, b: CANCounters | undefined): CANCounters {
	if (b === undefined) return { ...a };
	return {
		framesReceived: a.framesReceived + b.framesReceived,
		framesSent: a.framesSent + b.framesSent,
		filtered: a.filtered + b.filtered,
		overflow: a.overflow + b.overflow,
		busErrors: a.busErrors + b.busErrors,
		busOff: a.busOff + b.busOff,
		dropped: a.dropped + b.dropped,
	};
}
