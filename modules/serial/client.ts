/**
 * Client of a serial line for every protocol that has a framer: requests in, results out, one transaction at a time.
 * Time-outs, retries and order are as in the Modbus client, so that the scheduler of a bus cannot tell them apart.
 * Nothing is allocated for an ordinary transaction.
 */
import type { Clock } from "../base/clock";
import { Deadline } from "../base/deadline";
import { FrameKind, type FrameTap, frameTag } from "../base/frame-tap";
import { type Log, silentLog } from "../base/log";
import { isDamage, type LineCounters, type Rs485Port } from "../rs485/line";
import { type LineOwner, SerialLine } from "../rs485/serial-line";
import type { FramerClientOptions, SerialCounters, SerialRequest, SerialResult, SerialStatus } from "./client-types";
import { type Framer, Verdict } from "./framer";

const IDLE = 0;
const SENDING = 1;
const LISTENING = 2;
const PAUSING = 3;

/** Replies of these protocols say little of what they answer. */
const MOST_LATE_MS = 1000;
/** For timers that are late. */
const MARGIN_MS = 500;
/** Bytes that are no frame and yet no broken reply: a driver that switches direction. */
const STRAY_BYTES = 3;
/** Only replies shorter than this have a view that is kept. */
const VIEWS_BYTES = 64;
const nothing = new Uint8Array(0);

interface Late {
	unit: number;
	likeness: number;
	untilMs: number;
}

export class FramerClient implements LineOwner {
	readonly #framer: Framer;
	readonly #line: SerialLine;
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #timeoutMs: number;
	readonly #retries: number;
	readonly #lateMs: number | undefined;
	readonly #tap: FrameTap | undefined;
	readonly #source: number;
	readonly #requestTag: number;
	readonly #receivedTag: number;
	readonly #deadline: Deadline;
	readonly #out: Uint8Array;
	/** Views of the first bytes of `#out`, by length: requests are of few lengths. */
	readonly #views: (Uint8Array | undefined)[] = [];
	readonly #bytes: Uint8Array;
	/** Views of the first bytes of `#bytes`, by length. */
	readonly #received: (Uint8Array | undefined)[] = [];
	readonly #result: SerialResult;
	#counters: SerialCounters = {
		ok: 0,
		exceptions: 0,
		timeouts: 0,
		garbled: 0,
		foreign: 0,
		closed: 0,
		retries: 0,
		unsolicited: 0,
	};
	#phase = IDLE;
	#current: SerialRequest | undefined;
	readonly #queue: SerialRequest[] = [];
	readonly #late: Late[] = [];
	#likeness = 0;
	#attempts = 0;
	/** Bytes kept at the front of `#bytes`, and those that were no frame, since the request. */
	#length = 0;
	#stray = 0;
	#sent: Uint8Array = nothing;
	/** The driver has a frame and has not said that it is out. */
	#busy = false;
	/** The frame the driver has is the open request's; the open request waits for the driver or the line. */
	#inFlight = false;
	#waiting = false;
	#sawForeign = false;
	#sawNoise = false;
	#timedOut = false;
	#closed = false;
	#hardMs = 0;

	/** Throws what the class of the line throws when it cannot be opened. Once open, it is opened again when it fails. */
	constructor(options: FramerClientOptions) {
		const { framer } = options;
		this.#framer = framer;
		this.#clock = options.clock;
		this.#log = options.log ?? silentLog;
		this.#timeoutMs = options.timeoutMs ?? 1000;
		this.#retries = options.retries ?? 1;
		this.#lateMs = options.lateMs;
		this.#tap = options.tap;
		this.#source = options.source ?? 0;
		this.#requestTag = frameTag(this.#source, FrameKind.request);
		this.#receivedTag = frameTag(this.#source, FrameKind.received);
		this.#deadline = new Deadline(options.clock, (nowMs) => this.deadlineReached(nowMs));
		this.#out = new Uint8Array(framer.sendBytes);
		this.#bytes = new Uint8Array(framer.receiveBytes);
		this.#result = {
			status: "ok",
			exception: 0,
			data: framer.payload,
			byteLength: 0,
			startMs: 0,
			endMs: 0,
			attempts: 0,
		};
		this.#line = new SerialLine(options.link, options.clock, this);
	}

	/** Requests that wait, without the one under way. */
	get queueLength(): number {
		return this.#queue.length;
	}

	/** Whether a transaction is under way. */
	get busy(): boolean {
		return this.#phase !== IDLE;
	}

	/** A fresh object. */
	get counters(): SerialCounters {
		return { ...this.#counters };
	}

	/** Why nothing can be sent now: the line is gone; "" when all is well. */
	get fault(): string {
		return this.#line.fault;
	}

	/** Faults of the line. A fresh object. */
	get line(): LineCounters {
		return this.#line.counters;
	}

	/**
	 * Sends a request, or queues it behind others. Throws GridpostError "bad-request" for one that the protocol does not
	 * have. A client that is closed takes no request, and does not call `onResult`.
	 */
	request(request: SerialRequest): void {
		if (this.#closed) return;
		const likeness = this.#framer.check(request);
		if (this.#phase === IDLE && this.#queue.length === 0) {
			const nowMs = this.#clock.now();
			if (this.holdMs(request.unit, likeness, nowMs) === 0) {
				this.start(request, likeness, nowMs);
				return;
			}
		}
		let at = this.#queue.length;
		if (request.urgent) for (at = 0; this.#queue[at]?.urgent; ) at++;
		this.#queue.splice(at, 0, request);
		if (this.#phase === IDLE) this.next();
	}

	/** Ends all requests with status "closed", and the line. May be called twice. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#line.close();
		this.#deadline.close();
		const waiting = this.#queue.splice(0);
		if (this.#current) waiting.unshift(this.#current);
		this.#current = undefined;
		this.#phase = IDLE;
		this.#counters.closed += waiting.length;
		const result: SerialResult = { ...this.#result, status: "closed", exception: 0, byteLength: 0, attempts: 0 };
		for (const request of waiting) request.onResult(result);
	}

	private start(request: SerialRequest, likeness: number, nowMs: number): void {
		this.#current = request;
		this.#likeness = likeness;
		this.#attempts = 0;
		this.#timedOut = false;
		this.#result.startMs = nowMs;
		this.transmit(nowMs);
	}

	private transmit(nowMs: number): void {
		this.#attempts++;
		this.#framer.begin(this.#current!);
		this.#sawForeign = false;
		this.#sawNoise = false;
		this.sendNext(nowMs);
	}

	/** Sends the next frame of the exchange. */
	private sendNext(nowMs: number): void {
		const length = this.#framer.encode(this.#out);
		this.#sent = this.#views[length] ??= this.#out.subarray(0, length);
		this.#phase = SENDING;
		this.#length = 0;
		this.#stray = 0;
		this.#inFlight = false;
		this.#waiting = true;
		// the driver sends in the end on a line that never falls silent, after the time of two of the longest frames
		this.#deadline.set(nowMs + (length + 2 * 256) * this.#line.byteMs + MARGIN_MS);
		if (!this.#busy) this.write();
	}

	private write(): void {
		this.#busy = this.#line.write(this.#sent, this.#framer.silent ? 0 : this.#framer.expected);
		this.#inFlight = this.#busy;
		this.#waiting = !this.#busy;
	}

	lineWritten(): void {
		this.#busy = false;
		if (this.#inFlight) {
			this.#inFlight = false;
			const nowMs = this.#clock.now();
			this.#tap?.frame(this.#requestTag, this.#sent, nowMs);
			if (this.#phase !== SENDING) return;
			if (this.#framer.silent) {
				this.judge(this.#framer.take(this.#bytes, 0), nowMs);
				return;
			}
			this.#phase = LISTENING;
			this.#hardMs =
				nowMs + (this.#current!.timeoutMs ?? this.#timeoutMs) + this.#framer.receiveBytes * this.#line.byteMs;
			this.#deadline.set(
				nowMs + (this.#current!.timeoutMs ?? this.#timeoutMs) + this.#framer.expected * this.#line.byteMs,
			);
		} else if (this.#waiting) this.write();
	}

	lineReadable(port: Rs485Port): void {
		for (;;) {
			if (this.#length >= this.#bytes.length) this.#length = 0;
			const room = this.#length === 0 ? this.#bytes : this.#bytes.subarray(this.#length);
			const count = port.read(room);
			if (count === undefined) return;
			const nowMs = this.#clock.now();
			this.#tap?.frame(this.#receivedTag, this.viewOf(room, count), nowMs);
			if (this.#phase === LISTENING) this.received(count, isDamage(port.cause), nowMs);
			else this.#counters.unsolicited++;
			if (this.#closed) return;
		}
	}

	private viewOf(room: Uint8Array, count: number): Uint8Array {
		if (room !== this.#bytes || count >= VIEWS_BYTES) return room.subarray(0, count);
		return (this.#received[count] ??= room.subarray(0, count));
	}

	private received(count: number, damaged: boolean, nowMs: number): void {
		const bytes = this.#bytes;
		const framer = this.#framer;
		this.#length += count;
		while (this.#phase === LISTENING) {
			const verdict = framer.take(bytes, this.#length);
			const used = framer.used;
			if (verdict === Verdict.noise || verdict === Verdict.more) this.#stray += used;
			if (used > 0) {
				bytes.copyWithin(0, used, this.#length);
				this.#length -= used;
			}
			if (verdict === Verdict.reply || verdict === Verdict.exception || verdict === Verdict.step) {
				this.judge(verdict, nowMs);
				return;
			}
			if (damaged) {
				// the driver never puts a bad character together with good ones: what came before it goes no further
				this.#tap?.damaged(this.#source);
				this.#stray += this.#length;
				this.#length = 0;
				if (count > STRAY_BYTES) this.judge(Verdict.garbled, nowMs);
				else this.#sawNoise = true;
				return;
			}
			if (verdict === Verdict.garbled || verdict === Verdict.noise) this.#line.crc++;
			this.judge(verdict, nowMs);
			if (this.#length === 0 || used === 0) return;
		}
	}

	private judge(verdict: number, nowMs: number): void {
		switch (verdict) {
			case Verdict.reply:
				this.#line.works();
				this.finish("ok", 0, nowMs);
				return;
			case Verdict.exception:
				this.#line.works();
				this.finish("exception", this.#framer.exception, nowMs);
				return;
			case Verdict.step:
				this.pause(nowMs);
				return;
			case Verdict.garbled:
				this.fail("garbled");
				return;
			case Verdict.foreign:
				this.#sawForeign = true;
				return;
			case Verdict.noise:
				this.#sawNoise = true;
				// a few bytes are a driver that switches direction; half a reply was the reply
				if (this.#stray > STRAY_BYTES && 2 * this.#stray > this.#framer.expected && this.#framer.expected > 0)
					this.fail("garbled");
				return;
			default:
				if (this.#length === 0 && verdict !== Verdict.part) return;
				// the rest must follow soon or never
				this.#sawNoise = true;
				this.#deadline.set(Math.min(nowMs + this.#framer.gapMs, this.#hardMs));
		}
	}

	private pause(nowMs: number): void {
		this.#length = 0;
		if (this.#framer.pauseMs === 0) {
			this.sendNext(nowMs);
			return;
		}
		this.#phase = PAUSING;
		this.#deadline.set(nowMs + this.#framer.pauseMs);
	}

	lineLost(): void {
		const sent = this.#phase === LISTENING || this.#phase === PAUSING;
		this.#busy = false;
		this.#inFlight = false;
		this.#length = 0;
		if (this.#phase === IDLE) return;
		if (sent) this.fail("closed");
		else this.unsent("closed");
	}

	lineBack(): void {
		this.#busy = false;
		if (this.#waiting) this.write();
	}

	private fail(status: SerialStatus): void {
		if (this.#attempts <= (this.#current!.retries ?? this.#retries)) {
			this.#counters.retries++;
			this.transmit(this.#clock.now());
		} else this.finish(status, 0, this.#clock.now());
	}

	/** The request could not be sent. That is the fault of the line, so there is no retry. */
	private unsent(status: SerialStatus): void {
		this.#attempts--;
		this.finish(status, 0, this.#clock.now());
	}

	private finish(status: SerialStatus, exception: number, nowMs: number): void {
		const request = this.#current!;
		const result = this.#result;
		result.status = status;
		result.exception = exception;
		result.attempts = this.#attempts;
		result.endMs = nowMs;
		result.byteLength = status === "ok" ? this.#framer.payloadBytes : 0;
		if (status === "exception") this.#counters.exceptions++;
		else if (status === "timeout") this.#counters.timeouts++;
		else this.#counters[status]++;
		// this was the answer to one attempt, and the one to another may still be under way
		if (this.#timedOut) {
			const lateMs = this.#lateMs ?? Math.min(request.timeoutMs ?? this.#timeoutMs, MOST_LATE_MS);
			this.#late.push({ unit: request.unit, likeness: this.#likeness, untilMs: nowMs + lateMs });
		}
		this.#current = undefined;
		this.#phase = IDLE;
		this.#waiting = false;
		this.#inFlight = false;
		this.#deadline.atMs = Number.POSITIVE_INFINITY;
		try {
			request.onResult(result);
		} finally {
			if (this.#phase === IDLE && this.#queue.length > 0) this.next();
		}
	}

	/** Takes the next request that may go; when all have to wait, the timer comes back here. */
	private next(): void {
		if (this.#closed) return;
		const nowMs = this.#clock.now();
		let earliestMs = Number.POSITIVE_INFINITY;
		for (let i = 0; i < this.#queue.length; i++) {
			const request = this.#queue[i]!;
			if (this.isBehind(request, i)) continue;
			const likeness = this.#framer.check(request);
			const untilMs = this.holdMs(request.unit, likeness, nowMs);
			if (untilMs === 0) {
				this.#queue.splice(i, 1);
				this.start(request, likeness, nowMs);
				return;
			}
			if (untilMs < earliestMs) earliestMs = untilMs;
		}
		this.#deadline.set(earliestMs);
	}

	/** Whether an earlier request to the same unit waits: order within a unit is kept. */
	private isBehind(request: SerialRequest, index: number): boolean {
		if (request.urgent) return false;
		for (let i = 0; i < index; i++) if (this.#queue[i]!.unit === request.unit) return true;
		return false;
	}

	/** Until when a request must wait so that a late reply to an earlier one cannot be taken for its own; 0 = go. */
	private holdMs(unit: number, likeness: number, nowMs: number): number {
		let untilMs = 0;
		for (let i = this.#late.length - 1; i >= 0; i--) {
			const late = this.#late[i]!;
			if (late.untilMs <= nowMs) this.#late.splice(i, 1);
			else if (late.unit === unit && late.likeness === likeness && late.untilMs > untilMs) untilMs = late.untilMs;
		}
		return untilMs;
	}

	private deadlineReached(nowMs: number): void {
		if (this.#phase === LISTENING) this.timeOut(nowMs);
		else if (this.#phase === PAUSING) this.sendNext(nowMs);
		else if (this.#phase === SENDING) this.stuck();
		else this.next();
	}

	private timeOut(nowMs: number): void {
		if (this.#framer.settle()) {
			this.#line.works();
			this.finish("ok", 0, nowMs);
			return;
		}
		this.#timedOut = true;
		this.#tap?.frame(frameTag(this.#source, FrameKind.timeout), nothing, nowMs);
		this.fail(this.#sawForeign ? "foreign" : this.#sawNoise ? "garbled" : "timeout");
	}

	private stuck(): void {
		const jammed = this.#line.port !== undefined;
		this.#inFlight = false;
		this.#waiting = false;
		if (jammed) this.#log("warn", "serial", "the line is never silent: a request could not be sent");
		this.unsent(jammed ? "garbled" : "closed");
	}
}
