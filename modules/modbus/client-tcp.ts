/** The client's side of a Modbus TCP connection: kept open, opened again with growing pauses. */

import { Backoff } from "../base/backoff";
import type { Clock, TimerId } from "../base/clock";
import type { TcpSocket } from "../base/io";
import {
	type ClientLink,
	FrameKind,
	type FrameTap,
	frameTag,
	type LinkOwner,
	type TcpLinkOptions,
} from "./client-link";
import { FRAME_BYTES, Match, matchReply, PDU_AT, UNIT_AT } from "./pdu";
import { MbapFramer, NOT_MODBUS, sealMbap } from "./tcp";

/** Time-outs in a row after which the connection is taken for dead: the peer may be gone without a word. */
const SUSPICIOUS_TIMEOUTS = 3;

/** How long a request at least waits for a connection. */
const CONNECT_MS = 1000;

export class TcpClientLink implements ClientLink {
	readonly broadcasts = false;
	readonly frame = new Uint8Array(FRAME_BYTES);
	readonly bytes: Uint8Array;
	readonly #framer = new MbapFramer();
	readonly #owner: LinkOwner;
	readonly #clock: Clock;
	readonly #options: TcpLinkOptions;
	readonly #backoff = new Backoff({ maxMs: 30_000 });
	#socket: TcpSocket | undefined;
	#credit = 0;
	#transaction = 0;
	#end = 0;
	#expected = 0;
	/** The open request has not been written yet. */
	#waiting = false;
	/** The open request is written and its reply not here. */
	#listening = false;
	#readableBytes = 0;
	#timeouts = 0;
	#timer: TimerId | undefined;
	#closed = false;
	/** Frames that answered nothing open: late replies, mostly. */
	unsolicited = 0;
	readonly line = undefined;
	readonly #tap: FrameTap | undefined;
	readonly #source: number;

	constructor(options: TcpLinkOptions, clock: Clock, owner: LinkOwner, tap?: FrameTap, source = 0) {
		this.#options = options;
		this.#clock = clock;
		this.#owner = owner;
		this.#tap = tap;
		this.#source = source;
		this.bytes = this.#framer.bytes;
	}

	wireMs(): number {
		return 0;
	}

	sendMs(_bytes: number, timeoutMs: number): number {
		return Math.max(CONNECT_MS, timeoutMs);
	}

	get jammed(): boolean {
		return false;
	}

	/** One connection that breaks is none: servers close what is idle. */
	get fault(): string {
		const { address, host, port = 502 } = this.#options;
		return this.#backoff.failures > 1 ? `no connection to ${address ?? host}:${port}` : "";
	}

	send(length: number, expected: number): void {
		this.#transaction = (this.#transaction + 1) & 0xffff;
		this.#end = sealMbap(this.frame, this.#transaction, length);
		this.#expected = expected;
		this.#listening = false;
		this.#waiting = true;
		if (this.#socket === undefined) {
			if (this.#timer === undefined) this.openLater();
		} else this.write();
	}

	giveUp(timedOut: boolean): void {
		this.#listening = false;
		this.#waiting = false;
		if (timedOut) this.#tap?.frame(frameTag(this.#source, FrameKind.timeout), new Uint8Array(0), this.#clock.now());
		if (timedOut && ++this.#timeouts >= SUSPICIOUS_TIMEOUTS) this.drop();
	}

	/** Transaction ids tell late replies from the one that is due. */
	holdMs(): number {
		return 0;
	}

	expectLate(): void {}

	close(): void {
		this.#closed = true;
		this.#clock.clearTimer(this.#timer);
		this.#timer = undefined;
		this.drop();
	}

	private openLater(): void {
		const delayMs = Math.max(0, this.#backoff.dueMs - this.#clock.now());
		this.#timer = this.#clock.setTimer(() => this.open(), delayMs);
	}

	private open(): void {
		this.#timer = undefined;
		if (this.#closed || !this.#waiting) return;
		const { io, address, host, port = 502 } = this.#options;
		this.#credit = 0;
		this.#readableBytes = 0;
		try {
			const socket: TcpSocket = new io({
				...(address === undefined ? { host } : { address }),
				port,
				nodelay: true,
				noDelay: true,
				onReadable: (bytes) => {
					if (socket === this.#socket) this.readable(bytes);
				},
				onWritable: (bytes) => {
					if (socket !== this.#socket) return;
					this.#credit = bytes;
					this.write();
				},
				onError: () => {
					if (socket === this.#socket) this.failed();
				},
			});
			this.#socket = socket;
		} catch {
			// no interface yet, or no socket left
			this.#backoff.failed(this.#clock.now());
			this.openLater();
		}
	}

	private write(): void {
		if (!this.#waiting || this.#credit < this.#end) return;
		const bytes = this.frame.subarray(0, this.#end);
		try {
			const left = this.#socket!.write(bytes);
			this.#credit = left ?? this.#credit - this.#end;
		} catch {
			// the connection broke; its socket is about to say so, and the request fails then
			this.#credit = 0;
			return;
		}
		this.#waiting = false;
		this.#listening = true;
		const nowMs = this.#clock.now();
		this.#tap?.frame(frameTag(this.#source, FrameKind.request), bytes, nowMs);
		this.#owner.linkSent(nowMs);
	}

	private readable(bytes: number): void {
		this.#readableBytes = bytes;
		while (this.#socket !== undefined && this.#readableBytes > 0) {
			const count = Math.min(this.#readableBytes, this.#framer.room);
			const chunk = this.#socket.read(count);
			if (chunk === undefined) break;
			this.#readableBytes -= chunk.byteLength;
			this.#framer.push(new Uint8Array(chunk));
			if (!this.takeFrames()) return;
		}
	}

	/** Returns false when the connection was given up. */
	private takeFrames(): boolean {
		const framer = this.#framer;
		for (;;) {
			const length = framer.next();
			if (length === 0) return true;
			if (length === NOT_MODBUS) {
				this.failed();
				return false;
			}
			const nowMs = this.#clock.now();
			this.#tap?.frame(frameTag(this.#source, FrameKind.received), this.bytes.subarray(0, PDU_AT + length), nowMs);
			const match = this.match(length);
			if (match !== Match.no) {
				this.#listening = false;
				this.#timeouts = 0;
				this.#backoff.succeeded();
				// the reply is used where it stands: a request made meanwhile writes to another buffer
				this.#owner.linkReplied(match === Match.exception, nowMs);
				if (this.#socket === undefined) return false;
			}
			framer.drop();
		}
	}

	private match(length: number): number {
		const bytes = this.bytes;
		const frame = this.frame;
		if (!this.#listening || bytes[0] !== frame[0] || bytes[1] !== frame[1]) {
			this.unsolicited++;
			return Match.no;
		}
		// MBAP tells the length, and the transaction is ours: Hoymiles' DTU-Pro has a wrong byte count (wasilukm/hoymiles_modbus)
		const ours = bytes[UNIT_AT] === frame[UNIT_AT];
		const match = ours ? matchReply(frame, bytes, length, this.#expected, true) : Match.no;
		if (match === Match.no) this.#owner.linkDisturbed(true);
		return match;
	}

	private failed(): void {
		const lost = this.#listening || this.#waiting;
		const sent = this.#listening;
		this.drop();
		this.#backoff.failed(this.#clock.now());
		this.#waiting = false;
		if (lost) this.#owner.linkLost(sent);
	}

	private drop(): void {
		const socket = this.#socket;
		this.#socket = undefined;
		this.#listening = false;
		this.#timeouts = 0;
		this.#framer.reset();
		socket?.close();
	}
}
