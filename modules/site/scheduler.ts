import { Backoff } from "../base/backoff";
import type { Clock, TimerId } from "../base/clock";
import { frozen } from "../base/frozen";
import { type Log, silentLog } from "../base/log";
import type { RecordSpec } from "../base/record";
import type { ReadResult } from "../devices/engine";
import type { PolledDevice } from "../devices/polled";

/** What the scheduler needs of a Modbus client: it queues a request and calls `onResult` once, later. */
export interface BusClient {
	request(request: BusRequest): void;
}

export interface BusRequest {
	unit: number;
	function: number;
	address: number;
	count: number;
	timeoutMs: number;
	retries: number;
	/** What is asked for, where it is no registers. */
	record?: RecordSpec | undefined;
	onResult(result: ReadResult): void;
}

export interface BusSchedulerOptions {
	client: BusClient;
	devices: readonly PolledDevice[];
	clock: Clock;
	/** Name of the bus, for the log. */
	name?: string;
	log?: Log;
	/** Further tries for a device that answered the last time. Default 1. */
	retries?: number;
}

export interface DeviceStats {
	unit: number;
	product: string;
	online: boolean;
	lastAnswerMs: number;
	roundTripMs: number;
	slowestMs: number;
	answers: number;
	timeouts: number;
	exceptions: number;
	garbled: number;
}

/** Waits of a device that does not answer: from the second miss on, doubled each time. */
const waits = frozen({ minMs: 2000, maxMs: 60_000, tolerance: 2 });
/** A silent device may cost at most one part in so many of the bus's time. */
const silentShare = 20;
/** How long a silent device is left alone on whose readings something rests. */
const vitalWaitMs = 500;
/** How long a line that is gone is left alone. */
const lineRetryMs = 1000;
const windowMs = 10_000;

/** A device's place on the bus. */
class Seat {
	readonly device: PolledDevice;
	/** Not to be asked earlier: it wants quiet, or it was silent. */
	notBeforeMs = 0;
	readonly backoff = new Backoff(waits);

	constructor(device: PolledDevice) {
		this.device = device;
	}
}

/**
 * Polls the devices of one bus: earliest deadline first, one read at a time. A silent device waits longer after each
 * miss and gets no second try, so it takes at most a twentieth of the bus and its neighbours keep their periods.
 * The scheduler is the one request object of its bus; a poll makes no object.
 */
export class BusScheduler implements BusRequest {
	unit = 0;
	function = 3;
	address = 0;
	count = 1;
	timeoutMs = 0;
	retries = 0;
	record: RecordSpec | undefined = undefined;
	/** Reads that began after their deadline (the next time the same read fell due). */
	late = 0;
	/** Reads done, answered or not. */
	reads = 0;
	#client: BusClient;
	#clock: Clock;
	#log: Log;
	#name: string;
	#retries: number;
	#seats: Seat[];
	#open: Seat | undefined;
	#running = false;
	#timer: TimerId | undefined;
	#tick: () => void;
	#resumeMs = 0;
	#windowStartMs = 0;
	#busyMs = 0;
	#share = Number.NaN;
	/** What `choose` found. */
	#best: Seat | undefined;
	#bestMs = Infinity;
	#wakeMs = Infinity;
	#wasVital = false;

	constructor(options: BusSchedulerOptions) {
		this.#client = options.client;
		this.#clock = options.clock;
		this.#log = options.log ?? silentLog;
		this.#name = options.name ?? "bus";
		this.#retries = options.retries ?? 1;
		this.#seats = options.devices.map((device) => new Seat(device));
		this.#tick = () => {
			this.#timer = undefined;
			this.next();
		};
	}

	start(): void {
		if (this.#running) return;
		this.#running = true;
		this.#windowStartMs = this.#clock.now();
		this.next();
	}

	/** The open read is let go: its answer, if it still comes, is not used. May be called twice, and in a callback. */
	close(): void {
		this.#running = false;
		this.#clock.clearTimer(this.#timer);
		this.#timer = undefined;
	}

	/** Goes on with another client: after the port was opened again. */
	attach(client: BusClient): void {
		this.#client = client;
		this.#resumeMs = 0;
		this.#open = undefined;
		if (this.#running) this.next();
	}

	/** The part of the time the bus was in use, from request to reply or time-out, over the last whole ten seconds. */
	utilisation(): number {
		if (!Number.isNaN(this.#share)) return this.#share;
		const elapsedMs = this.#clock.now() - this.#windowStartMs;
		return elapsedMs > 0 ? Math.min(1, this.#busyMs / elapsedMs) : 0;
	}

	/** A fresh list, in the order of the devices. */
	stats(): DeviceStats[] {
		return this.#seats.map(({ device }) => ({
			unit: device.unit,
			product: device.product,
			online: device.online,
			lastAnswerMs: device.lastAnswerMs,
			roundTripMs: device.roundTripMs,
			slowestMs: device.slowestMs,
			answers: device.answers,
			timeouts: device.timeouts,
			exceptions: device.exceptions,
			garbled: device.garbled,
		}));
	}

	private next(): void {
		if (!this.#running || this.#open !== undefined) return;
		const nowMs = this.#clock.now();
		// vital ones go first, but let others in between: each of these has its turn after each of those
		if (!this.choose(nowMs, this.#wasVital) && this.#wasVital) this.choose(nowMs, false);
		this.#clock.clearTimer(this.#timer);
		this.#timer = undefined;
		const best = this.#best;
		if (best !== undefined) this.send(best, nowMs, this.#bestMs);
		else if (this.#wakeMs < Infinity) this.#timer = this.#clock.setTimer(this.#tick, this.#wakeMs - nowMs);
	}

	/** Finds who is next, of those that are not vital only if so wished; false for nobody, and then when to look again. */
	private choose(nowMs: number, others: boolean): boolean {
		let best: Seat | undefined;
		let bestMs = Infinity;
		let wakeMs = Infinity;
		if (this.#resumeMs > nowMs) wakeMs = this.#resumeMs;
		else {
			const seats = this.#seats;
			for (let i = 0; i < seats.length; i++) {
				const seat = seats[i]!;
				const device = seat.device;
				if (others && device.vital) continue;
				const readyMs = device.nextDueMs > seat.notBeforeMs ? device.nextDueMs : seat.notBeforeMs;
				if (readyMs > nowMs) {
					if (readyMs < wakeMs) wakeMs = readyMs;
					continue;
				}
				const deadlineMs = device.deadlineMs(nowMs);
				if (deadlineMs < bestMs) {
					best = seat;
					bestMs = deadlineMs;
				}
			}
		}
		this.#best = best;
		this.#bestMs = bestMs;
		this.#wakeMs = wakeMs;
		return best !== undefined;
	}

	private send(seat: Seat, nowMs: number, deadlineMs: number): void {
		const device = seat.device;
		const read = device.nextRead(nowMs)!;
		this.#wasVital = device.vital;
		// what is vital has no deadline: it is always late
		if (nowMs > deadlineMs && deadlineMs > -Infinity) this.late++;
		this.#open = seat;
		this.unit = device.unit;
		this.function = read.function;
		this.address = read.address;
		this.count = read.count;
		this.timeoutMs = device.timeoutMs;
		this.record = read.record;
		this.retries = device.online && device.missed === 0 && device.retries > 0 ? this.#retries : 0;
		this.#client.request(this);
	}

	/** The client's answer. */
	onResult(result: ReadResult): void {
		const seat = this.#open;
		this.#open = undefined;
		if (!this.#running || seat === undefined) return;
		const device = seat.device;
		const tookMs = result.endMs - result.startMs;
		const wasOnline = device.online;
		const wasKnown = device.known;
		this.reads++;
		this.account(tookMs, result.endMs);
		device.onResult(result);
		if (result.status === "closed") this.lineDown(result.endMs, wasOnline);
		else {
			seat.notBeforeMs = result.endMs + device.pauseMs;
			if (device.missed === 0) seat.backoff.succeeded();
			else {
				seat.backoff.failed(result.endMs);
				if (device.vital) seat.notBeforeMs = result.endMs + vitalWaitMs;
				else if (device.missed >= waits.tolerance) {
					seat.notBeforeMs = Math.max(seat.backoff.dueMs, result.endMs + silentShare * tookMs);
				}
			}
			if (wasOnline !== device.online || wasKnown !== device.known) this.report(device, result.status);
		}
		this.next();
	}

	private lineDown(nowMs: number, wasOnline: boolean): void {
		this.#resumeMs = nowMs + lineRetryMs;
		let lost = wasOnline ? 1 : 0;
		for (const seat of this.#seats) {
			if (seat.device.lineDown(nowMs)) lost++;
		}
		if (lost > 0) this.#log("warn", "bus", `${this.#name}: the line is gone, with ${lost} devices that answered`);
	}

	private account(tookMs: number, nowMs: number): void {
		this.#busyMs += tookMs;
		const elapsedMs = nowMs - this.#windowStartMs;
		if (elapsedMs < windowMs) return;
		this.#share = Math.min(1, this.#busyMs / elapsedMs);
		this.#windowStartMs = nowMs;
		this.#busyMs = 0;
	}

	private report(device: PolledDevice, status: string): void {
		const what = device.online ? "answers" : `does not answer (${status})`;
		this.#log(device.online ? "info" : "warn", "bus", `${this.#name} unit ${device.unit} (${device.product}) ${what}`);
	}
}
