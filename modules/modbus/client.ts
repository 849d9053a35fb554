/**
 * Modbus client: requests in, results out, one transaction at a time on its line or connection.
 *
 * Time-outs, retries, broadcast and the order of requests are here; what a line or a socket needs is in client-rtu.ts
 * and client-tcp.ts. Nothing is allocated for an ordinary transaction: request buffer, result and timer are used again.
 */
import type { Clock } from "../base/clock";
import { Deadline } from "../base/deadline";
import { type Log, silentLog } from "../base/log";
import type { ClientLink, LineCounters, LinkOwner, RtuLinkOptions, TcpLinkOptions } from "./client-link";
import { RtuClientLink } from "./client-rtu";
import { TcpClientLink } from "./client-tcp";
import type { ModbusClientOptions, ModbusCounters, ModbusRequest, ModbusResult, ModbusStatus } from "./client-types";
import {
	badRequest,
	canBroadcast,
	encodeRequest,
	expectedReply,
	FRAME_BYTES,
	FunctionCode,
	identificationLength,
	limits,
	ModbusException,
	PDU_AT,
} from "./pdu";

export type { ModbusClientOptions, ModbusCounters, ModbusRequest, ModbusResult, ModbusStatus } from "./client-types";

/** A reply that has begun is whole after this time, or will never be. */
const FRAGMENT_MS = 100;
const MOST_LATE_MS = 500;

/**
 * How soon the reply to an open request must have begun, from the end of its request, when something urgent waits: a quarter
 * and `HURRY_SPARE_MS` above what its device uses to need, at most `HURRY_MOST_MS`. Of a device that has not answered yet
 * nothing is known.
 */
const HURRY_SPARE_MS = 5;
const HURRY_MOST_MS = 45;
const HURRY_UNKNOWN_MS = 30;

const IDLE = 0;
const SENDING = 1;
const LISTENING = 2;
const TURNAROUND = 3;

/** A request that waits for its next attempt while others go first. */
interface Held {
	request: ModbusRequest;
	attempts: number;
	startMs: number;
	notBeforeMs: number;
}

export class ModbusClient implements LinkOwner {
	#phase = IDLE;
	#current: ModbusRequest | undefined;
	readonly #link: ClientLink;
	readonly #clock: Clock;
	readonly #deadline: Deadline;
	#attempts = 0;
	#length = 0;
	#expected = 0;
	/** Something urgent waits for the open request. */
	#hurried = false;
	#sentMs = 0;
	/** By unit: how long it uses to take until its reply begins, in ms, and 1; 0 for one that has never answered. */
	readonly #begins = new Uint8Array(256);
	#sawForeign = false;
	#sawNoise = false;
	#timedOut = false;
	readonly #result: ModbusResult;
	readonly #timeoutMs: number;
	readonly #turnaroundMs: number;
	readonly #retries: number;
	readonly #lateMs: number | undefined;
	readonly #busyMs: number;
	readonly #log: Log;
	#queue: ModbusRequest[] = [];
	#held: Held[] = [];
	#closed = false;
	#counters: ModbusCounters = {
		ok: 0,
		exceptions: 0,
		timeouts: 0,
		garbled: 0,
		foreign: 0,
		closed: 0,
		retries: 0,
		unsolicited: 0,
	};

	/** Throws what the class of an RS-485 line throws when it cannot be opened; a TCP connection opens with the first request. */
	constructor(options: ModbusClientOptions) {
		this.#clock = options.clock;
		this.#log = options.log ?? silentLog;
		this.#timeoutMs = options.timeoutMs ?? 1000;
		this.#turnaroundMs = options.turnaroundMs ?? 100;
		this.#retries = options.retries ?? 1;
		this.#lateMs = options.lateMs;
		this.#busyMs = options.busyMs ?? 200;
		this.#deadline = new Deadline(options.clock, (nowMs) => this.deadlineReached(nowMs));
		const link = options.link;
		this.#link = isTcp(link)
			? new TcpClientLink(link, options.clock, this, options.tap, options.source)
			: new RtuClientLink(link, options.clock, this, options.tap, options.source, options.replyUnits);
		const bytes = this.#link.bytes;
		this.#result = {
			status: "ok",
			exception: 0,
			data: new DataView(bytes.buffer, PDU_AT + 2, FRAME_BYTES - PDU_AT - 4),
			byteLength: 0,
			count: 0,
			startMs: 0,
			endMs: 0,
			attempts: 0,
		};
	}

	/** Requests that wait, without the one under way. */
	get queueLength(): number {
		return this.#queue.length + this.#held.length;
	}

	/** Whether a transaction is under way. */
	get busy(): boolean {
		return this.#phase !== IDLE;
	}

	get counters(): ModbusCounters {
		return { ...this.#counters, unsolicited: this.#link.unsolicited };
	}

	/** Why nothing can be sent now: the line is gone, no connection can be made; "" when all is well. */
	get fault(): string {
		return this.#link.fault;
	}

	/** Faults of the line; undefined for a connection. A fresh object. */
	get line(): LineCounters | undefined {
		return this.#link.line;
	}

	/**
	 * Sends a request, or queues it behind others. Requests to one unit keep their order.
	 * Throws GridpostError "bad-request" for one that the specification does not allow.
	 * A client that is closed takes no request, and does not call `onResult`: who asks again in there would never end.
	 */
	request(request: ModbusRequest): void {
		if (this.#closed) return;
		if (this.#phase === IDLE && this.#queue.length === 0 && this.#held.length === 0) {
			const nowMs = this.#clock.now();
			if (this.#link.holdMs(request, nowMs) === 0) {
				this.start(request, nowMs);
				return;
			}
		}
		// only to find mistakes while the caller is there to hear of them; the buffer of an open request stays untouched
		encodeRequest(request, new Uint8Array(FRAME_BYTES));
		this.checkBroadcast(request);
		if (request.urgent) this.goFirst(request);
		else this.#queue.push(request);
		if (this.#phase === IDLE) this.next();
	}

	/** Behind what is urgent already, ahead of all else; the open request is hurried. */
	private goFirst(request: ModbusRequest): void {
		let at = 0;
		while (this.#queue[at]?.urgent) at++;
		this.#queue.splice(at, 0, request);
		const current = this.#current;
		if (current === undefined || current.urgent) return;
		this.#hurried = true;
		if (this.#phase === LISTENING) this.hurry();
	}

	private hurry(): void {
		const known = this.#begins[this.#current!.unit]!;
		const patienceMs = known === 0 ? HURRY_UNKNOWN_MS : Math.min(HURRY_MOST_MS, 1.25 * known + HURRY_SPARE_MS);
		const untilMs = Math.max(this.#clock.now(), this.#sentMs + patienceMs);
		if (untilMs < this.#deadline.atMs) this.#deadline.set(untilMs);
	}

	/** Learns how soon a unit begins to answer: at once when it takes longer than before, else step by step. */
	private learn(unit: number, nowMs: number): void {
		const reply = this.#link.wireMs(this.#expected);
		const beginMs = Math.min(200, Math.max(0, nowMs - this.#sentMs - reply)) + 1;
		const known = this.#begins[unit]!;
		this.#begins[unit] = beginMs > known ? Math.ceil(beginMs) : known - ((known - beginMs) >> 3);
	}

	/** Ends all requests with status "closed", and the line. May be called twice. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#link.close();
		this.#deadline.close();
		const waiting = this.#held.map((held) => held.request).concat(this.#queue);
		if (this.#current) waiting.unshift(this.#current);
		this.#current = undefined;
		this.#phase = IDLE;
		this.#held = [];
		this.#queue = [];
		const result: ModbusResult = {
			...this.#result,
			status: "closed",
			exception: 0,
			count: 0,
			byteLength: 0,
			attempts: 0,
		};
		this.#counters.closed += waiting.length;
		for (const request of waiting) request.onResult(result);
	}

	private start(request: ModbusRequest, nowMs: number): void {
		const frame = this.#link.frame;
		this.#length = encodeRequest(request, frame);
		if (request.unit === 0) this.checkBroadcast(request);
		this.#expected = expectedReply(frame);
		this.#current = request;
		this.#attempts = 0;
		this.#hurried = false;
		this.#timedOut = false;
		this.#result.startMs = nowMs;
		this.transmit(nowMs);
	}

	private checkBroadcast(request: ModbusRequest): void {
		if (request.unit !== 0 || !this.#link.broadcasts || canBroadcast(request.function)) return;
		throw badRequest(`function ${request.function} cannot be broadcast: nobody answers`);
	}

	private transmit(nowMs: number): void {
		this.#attempts++;
		this.#sawForeign = false;
		this.#sawNoise = false;
		this.#phase = SENDING;
		this.#deadline.set(nowMs + this.#link.sendMs(this.#length, this.#current!.timeoutMs ?? this.#timeoutMs));
		this.#link.send(this.#length, this.#expected);
	}

	linkSent(nowMs: number): void {
		if (this.#phase !== SENDING) return;
		if (this.#current!.unit === 0 && this.#link.broadcasts) {
			this.#phase = TURNAROUND;
			this.#deadline.set(nowMs + this.#turnaroundMs);
			return;
		}
		this.#phase = LISTENING;
		this.#sentMs = nowMs;
		const timeoutMs = this.#current!.timeoutMs ?? this.#timeoutMs;
		this.#deadline.set(nowMs + timeoutMs + this.#link.wireMs(this.#expected));
		if (this.#hurried) this.hurry();
	}

	linkReplied(exception: boolean, nowMs: number): void {
		if (this.#phase !== LISTENING) return;
		if (!exception) {
			this.learn(this.#current!.unit, nowMs);
			this.finish("ok", 0, nowMs);
			return;
		}
		const code = this.#link.bytes[PDU_AT + 1]!;
		if (code === ModbusException.serverDeviceBusy && this.mayRetry()) this.hold();
		else this.finish("exception", code, nowMs);
	}

	linkGarbled(): void {
		if (this.#phase === LISTENING) this.fail("garbled");
	}

	linkDisturbed(foreign: boolean): void {
		if (foreign) this.#sawForeign = true;
		else this.#sawNoise = true;
	}

	linkPartial(): void {
		if (this.#phase !== LISTENING) return;
		this.#sawNoise = true;
		const untilMs = this.#clock.now() + FRAGMENT_MS;
		if (untilMs < this.#deadline.atMs) this.#deadline.set(untilMs);
	}

	linkSettled(): void {
		if (this.#phase === IDLE && this.#queue.length > 0) this.next();
	}

	linkLost(sent: boolean): void {
		if (this.#phase === IDLE || this.#phase === TURNAROUND) return;
		if (sent) this.fail("closed");
		else this.unsent("closed");
	}

	private mayRetry(): boolean {
		return !this.#hurried && this.#attempts <= (this.#current!.retries ?? this.#retries);
	}

	private fail(status: ModbusStatus): void {
		if (this.mayRetry()) {
			this.#counters.retries++;
			this.transmit(this.#clock.now());
		} else this.finish(status, 0, this.#clock.now());
	}

	/** The device is busy: it is asked again a little later, and others have the line meanwhile. */
	private hold(): void {
		this.putAside(this.#attempts, this.#clock.now() + this.#busyMs);
	}

	private putAside(attempts: number, notBeforeMs: number): void {
		this.#counters.retries++;
		this.#held.push({ request: this.#current!, attempts, startMs: this.#result.startMs, notBeforeMs });
		this.#current = undefined;
		this.#phase = IDLE;
		this.next();
	}

	private finish(status: ModbusStatus, exception: number, nowMs: number): void {
		const request = this.#current!;
		const result = this.#result;
		const frame = this.#link.frame;
		result.status = status;
		result.exception = exception;
		result.attempts = this.#attempts;
		result.endMs = nowMs;
		result.byteLength = 0;
		result.count = 0;
		if (status === "ok") {
			this.#counters.ok++;
			this.describe(frame[PDU_AT]!);
		} else if (status === "exception") this.#counters.exceptions++;
		else if (status === "timeout") this.#counters.timeouts++;
		else this.#counters[status]++;
		// this was the answer to one attempt, and the one to another may still be under way
		if (this.#timedOut) this.#link.expectLate(result.endMs + this.lateWindow(request));
		this.#current = undefined;
		this.#phase = IDLE;
		this.#deadline.atMs = Number.POSITIVE_INFINITY;
		try {
			request.onResult(result);
		} finally {
			if (this.#phase === IDLE && (this.#queue.length > 0 || this.#held.length > 0)) this.next();
		}
	}

	/** Count and length of the payload of a good reply. */
	private describe(code: number): void {
		const result = this.#result;
		const frame = this.#link.frame;
		if (this.#phase === TURNAROUND) return;
		if (code <= 4 || code === FunctionCode.readWriteMultipleRegisters) {
			result.count = (frame[PDU_AT + 3]! << 8) | frame[PDU_AT + 4]!;
			result.byteLength = this.#expected - 2;
		} else if (code === FunctionCode.writeMultipleCoils || code === FunctionCode.writeMultipleRegisters) {
			result.count = (frame[PDU_AT + 3]! << 8) | frame[PDU_AT + 4]!;
		} else if (code !== FunctionCode.encapsulatedInterface) result.count = 1;
		else result.byteLength = identificationLength(this.#link.bytes, limits.pdu) - 2;
	}

	private lateWindow(request: ModbusRequest): number {
		return this.#lateMs ?? Math.min(request.timeoutMs ?? this.#timeoutMs, MOST_LATE_MS);
	}

	/** Takes the next request that may go; when all have to wait, the timer comes back here. */
	private next(): void {
		if (this.#closed) return;
		const nowMs = this.#clock.now();
		let earliestMs = Number.POSITIVE_INFINITY;
		const first = this.#queue[0];
		if (first?.urgent) {
			// the reply to a write names what was written, so that a late one to another cannot be taken for it
			const isWrite = first.function > FunctionCode.readInputRegisters;
			earliestMs = isWrite ? 0 : this.#link.holdMs(first, nowMs);
			if (earliestMs === 0) {
				this.#queue.shift();
				this.start(first, nowMs);
				return;
			}
		}
		for (let i = 0; i < this.#held.length; i++) {
			const held = this.#held[i]!;
			if (held.notBeforeMs <= nowMs) {
				this.#held.splice(i, 1);
				this.start(held.request, nowMs);
				this.#attempts += held.attempts;
				this.#result.startMs = held.startMs;
				return;
			}
			if (held.notBeforeMs < earliestMs) earliestMs = held.notBeforeMs;
		}
		for (let i = 0; i < this.#queue.length; i++) {
			const request = this.#queue[i]!;
			if (this.isBehind(request, i)) continue;
			const untilMs = this.#link.holdMs(request, nowMs);
			if (untilMs === 0) {
				this.#queue.splice(i, 1);
				this.start(request, nowMs);
				return;
			}
			if (untilMs < earliestMs) earliestMs = untilMs;
		}
		this.#deadline.set(earliestMs);
	}

	/** Whether an earlier request to the same unit waits: order within a unit is kept. */
	private isBehind(request: ModbusRequest, index: number): boolean {
		for (const held of this.#held) if (held.request.unit === request.unit) return true;
		for (let i = 0; i < index; i++) if (this.#queue[i]!.unit === request.unit) return !request.urgent;
		return false;
	}

	private deadlineReached(nowMs: number): void {
		if (this.#phase === LISTENING) this.timeOut();
		else if (this.#phase === TURNAROUND) this.finish("ok", 0, nowMs);
		else if (this.#phase === SENDING) this.stuck();
		else this.next();
	}

	private timeOut(): void {
		this.#link.giveUp(true);
		if (this.#hurried && this.#current!.retries !== 0) {
			this.#link.expectLate(this.#clock.now() + this.lateWindow(this.#current!));
			this.putAside(this.#attempts - 1, this.#clock.now());
			return;
		}
		this.#timedOut = true;
		this.fail(this.#sawForeign ? "foreign" : this.#sawNoise ? "garbled" : "timeout");
	}

	/** The request could not be sent. That is the fault of the line, so there is no retry. */
	private stuck(): void {
		const jammed = this.#link.jammed;
		this.#link.giveUp(false);
		if (jammed) this.#log("warn", "modbus", "the line is never silent: a request could not be sent");
		this.unsent(jammed ? "garbled" : "closed");
	}

	private unsent(status: ModbusStatus): void {
		this.#attempts--;
		this.finish(status, 0, this.#clock.now());
	}
}

const isTcp = (link: RtuLinkOptions | TcpLinkOptions): link is TcpLinkOptions => "address" in link || "host" in link;
