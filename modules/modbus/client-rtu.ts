/** The client's side of an RS-485 line: RTU, or ASCII. */
import type { Clock } from "../base/clock";
import { isDamage } from "../rs485/line";
import { type LineOwner, SerialLine } from "../rs485/serial-line";
import { AsciiReplyFinder, lineOf } from "./ascii";
import {
	type ClientLink,
	FrameKind,
	type FrameTap,
	frameTag,
	type LineCounters,
	type LinkOwner,
	type Rs485Port,
	type RtuLinkOptions,
} from "./client-link";
import { FRAME_BYTES, type ModbusRequest, PDU_AT, UNIT_AT } from "./pdu";
import { type ReplyFinder, RtuReplyFinder, Verdict } from "./rtu";

/** Views of hand-overs that are kept, 64 bytes each. */
const VIEWS_MOST = 8;

/** For timers that are late. */
const MARGIN_MS = 500;

/** A reply that did not come in time and may still come. `count`: the items asked for. */
interface Late {
	unit: number;
	/** The address that the reply bears. */
	replyUnit: number;
	code: number;
	count: number;
	untilMs: number;
}

export class RtuClientLink implements ClientLink, LineOwner {
	readonly broadcasts = true;
	readonly frame = new Uint8Array(FRAME_BYTES);
	readonly bytes: Uint8Array;
	readonly #finder: ReplyFinder;
	readonly #owner: LinkOwner;
	readonly #line: SerialLine;
	/** The driver has a frame to send and has not said that it is out. */
	#busy = false;
	/** The frame the driver has is that of the open request. */
	#inFlight = false;
	/** The open request is not with the driver yet: the line is closed, or an abandoned frame is stuck in front of it. */
	#waiting = false;
	/** The open request is on the wire; bytes that come otherwise are nobody's. */
	#listening = false;
	/** The open request as it goes on the wire, and what the driver was given last. */
	#next: Uint8Array = this.frame;
	#sent: Uint8Array = this.frame;
	#expect = 0;
	#late: Late[] = [];
	readonly #clock: Clock;
	/** Hand-overs that came while nothing was waited for. */
	unsolicited = 0;
	readonly #replyUnits: ReadonlyMap<number, number> | undefined;
	readonly #tap: FrameTap | undefined;
	readonly #source: number;
	readonly #requestTag: number;
	readonly #receivedTag: number;
	/** Where the finder wants what begins a reply, and by length views of its beginning: replies are of few lengths. */
	readonly #room: Uint8Array;
	readonly #views: Uint8Array[] = [];
	#viewsKept = 0;

	/** Throws what the class of the line throws when it cannot be opened. Once open, it is opened again when it fails. */
	constructor(
		options: RtuLinkOptions,
		clock: Clock,
		owner: LinkOwner,
		tap?: FrameTap,
		source = 0,
		replyUnits?: ReadonlyMap<number, number>,
	) {
		const { ascii, ...plain } = options;
		const coded = ascii === undefined ? undefined : lineOf(plain, ascii);
		this.#finder = coded ? new AsciiReplyFinder(this.frame, coded.eighth) : new RtuReplyFinder(this.frame);
		this.#room = this.#finder.room();
		this.#replyUnits = replyUnits;
		this.#clock = clock;
		this.#owner = owner;
		this.#tap = tap;
		this.#source = source;
		this.#requestTag = frameTag(source, FrameKind.request);
		this.#receivedTag = frameTag(source, FrameKind.received);
		this.bytes = this.#finder.bytes;
		this.#line = new SerialLine(coded?.line ?? plain, clock, this);
	}

	wireMs(bytes: number): number {
		return this.#finder.wireBytes(bytes) * this.#line.byteMs;
	}

	/** The driver sends in the end on a line that never falls silent, after the time of two of the longest frames. */
	sendMs(bytes: number): number {
		return this.wireMs(bytes + 2 * 256) + MARGIN_MS;
	}

	get jammed(): boolean {
		return this.#line.port !== undefined;
	}

	get fault(): string {
		return this.#line.fault;
	}

	get line(): LineCounters {
		return this.#line.counters;
	}

	send(length: number, expected: number): void {
		this.#next = this.#finder.seal(PDU_AT + length);
		this.#expect = expected === 0 || this.frame[UNIT_AT] === 0 ? 0 : this.#finder.wireBytes(expected);
		this.#finder.begin(expected, this.replyUnit(this.frame[UNIT_AT]!));
		this.#listening = false;
		this.#inFlight = false;
		this.#waiting = true;
		if (!this.#busy) this.write();
	}

	giveUp(timedOut: boolean): void {
		if (timedOut)
			this.#tap?.frame(frameTag(this.#source, FrameKind.timeout), this.frame.subarray(0, 0), this.#clock.now());
		this.#listening = false;
		this.#inFlight = false;
		this.#waiting = false;
	}

	expectLate(untilMs: number): void {
		const frame = this.frame;
		const count = (frame[PDU_AT + 3]! << 8) | frame[PDU_AT + 4]!;
		const unit = frame[UNIT_AT]!;
		this.#late.push({ unit, replyUnit: this.replyUnit(unit), code: frame[PDU_AT]!, count, untilMs });
	}

	/** Only replies to reads of as many items look alike; a write's reply names address and value. */
	holdMs(request: ModbusRequest, nowMs: number): number {
		let untilMs = 0;
		for (let i = this.#late.length - 1; i >= 0; i--) {
			const late = this.#late[i]!;
			if (late.untilMs <= nowMs) this.#late.splice(i, 1);
			else if (late.unit === request.unit && late.code === request.function && late.untilMs > untilMs) {
				if (late.count === (request.count ?? 1)) untilMs = late.untilMs;
			}
		}
		return untilMs;
	}

	close(): void {
		this.forget();
		this.#line.close();
	}

	private write(): void {
		const bytes = this.#next;
		this.#busy = true;
		this.#sent = bytes;
		// else the request stays, for when the line is open again
		if (this.#line.write(bytes, this.#expect)) {
			this.#waiting = false;
			this.#inFlight = true;
		} else this.forget();
	}

	lineWritten(): void {
		this.#busy = false;
		if (this.#inFlight) {
			this.#inFlight = false;
			this.#listening = true;
			const nowMs = this.#clock.now();
			this.#tap?.frame(this.#requestTag, this.#sent, nowMs);
			this.#owner.linkSent(nowMs);
		} else if (this.#waiting) this.write();
	}

	lineReadable(): void {
		for (;;) {
			const { port } = this.#line;
			if (port === undefined) return;
			const room = this.#finder.room();
			const count = port.read(room);
			if (count === undefined) return;
			const nowMs = this.#clock.now();
			const view = room === this.#room ? this.#views[count] : undefined;
			this.#tap?.frame(this.#receivedTag, view ?? this.viewOf(room, count), nowMs);
			if (!this.#listening) this.ignore(count);
			else this.judge(this.#finder.take(count), count, port, nowMs);
		}
	}

	private viewOf(room: Uint8Array, count: number): Uint8Array {
		const view = room.subarray(0, count);
		if (room === this.#room && this.#viewsKept < VIEWS_MOST) {
			this.#viewsKept++;
			this.#views[count] = view;
		}
		return view;
	}

	private judge(verdict: number, count: number, port: Rs485Port, nowMs: number): void {
		const owner = this.#owner;
		if (verdict === Verdict.reply || verdict === Verdict.exception) {
			this.#listening = false;
			this.#line.works();
			owner.linkReplied(verdict === Verdict.exception, nowMs);
			return;
		}
		// the driver never puts a bad character together with good ones, so it can spoil only what is not whole
		if (verdict !== Verdict.foreign && isDamage(port.cause)) {
			verdict = this.#finder.breakOff(count);
			this.#tap?.damaged(this.#source);
		} else if (verdict === Verdict.garbled || verdict === Verdict.noise) this.#line.crc++;
		switch (verdict) {
			case Verdict.garbled:
				this.#listening = false;
				owner.linkGarbled();
				return;
			case Verdict.foreign:
				this.settle(this.#finder.foreignUnit, this.#finder.foreignFunction);
				owner.linkDisturbed(true);
				return;
			case Verdict.noise:
				owner.linkDisturbed(false);
				return;
			default:
				owner.linkPartial();
		}
	}

	private ignore(count: number): void {
		this.unsolicited++;
		const bytes = this.bytes;
		if (this.#late.length === 0 || !this.#finder.isWhole(count)) return;
		this.settle(bytes[UNIT_AT]!, bytes[PDU_AT]! & 0x7f);
		this.#owner.linkSettled();
	}

	private replyUnit(unit: number): number {
		return this.#replyUnits?.get(unit) ?? unit;
	}

	/** A late reply has come: it can disturb nothing any more. */
	private settle(unit: number, code: number): void {
		const at = this.#late.findIndex((late) => late.replyUnit === unit && late.code === code);
		if (at >= 0) this.#late.splice(at, 1);
	}

	/** It is tried again, and the request of the moment is lost. */
	lineLost(): void {
		const sent = this.#listening;
		this.forget();
		this.#owner.linkLost(sent);
	}

	lineBack(): void {
		if (this.#waiting) this.write();
	}

	/** Nothing is with the driver, and nothing is waited for. */
	private forget(): void {
		this.#listening = false;
		this.#inFlight = false;
		this.#busy = false;
	}
}
