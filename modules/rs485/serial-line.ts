import { Backoff } from "../base/backoff";
import type { Clock, TimerId } from "../base/clock";
import { characterMs, type LineCounters, type LineOptions, type Rs485Port } from "./line";

/** What a line tells whoever uses it. */
export interface LineOwner {
	/** Hand-overs wait: `port.read`. */
	lineReadable(port: Rs485Port): void;
	/** The frame written last is out. */
	lineWritten(): void;
	/** The line is gone (an adapter pulled out); it is opened again by itself. */
	lineLost(): void;
	/** It is open again. */
	lineBack(): void;
}

/** A serial line that is opened again, after growing pauses, when it goes away; its faults are counted over all that. */
export class SerialLine {
	/** Of one character on the wire. */
	readonly byteMs: number;
	port: Rs485Port | undefined;
	/** Hand-overs that were no frame, which only the protocol knows. */
	crc = 0;
	readonly #options: LineOptions;
	readonly #clock: Clock;
	readonly #owner: LineOwner;
	readonly #backoff = new Backoff({ maxMs: 30_000 });
	readonly #before: LineCounters = { crc: 0, parity: 0, framing: 0, overrun: 0 };
	#timer: TimerId | undefined;
	#closed = false;

	/** Throws what the class of the line throws when it cannot be opened. */
	constructor(options: LineOptions, clock: Clock, owner: LineOwner) {
		this.#options = options;
		this.#clock = clock;
		this.#owner = owner;
		this.byteMs = characterMs(options);
		this.open();
	}

	get fault(): string {
		return this.port === undefined ? "the line is gone" : "";
	}

	/** A fresh object. */
	get counters(): LineCounters {
		const { parity, framing, overrun } = this.#before;
		const now = this.port?.counters;
		return {
			crc: this.crc,
			parity: parity + (now?.parity ?? 0),
			framing: framing + (now?.framing ?? 0),
			overrun: overrun + (now?.overrun ?? 0),
		};
	}

	/** Something good came: the next loss is the first again. */
	works(): void {
		this.#backoff.succeeded();
	}

	/** Gives a frame to the driver; false when the line is gone. */
	write(frame: Uint8Array, expect: number): boolean {
		const { port } = this;
		if (port === undefined) return false;
		try {
			port.write(frame, expect);
			return true;
		} catch {
			this.drop();
			this.reopenLater();
			return false;
		}
	}

	close(): void {
		this.#closed = true;
		this.#clock.clearTimer(this.#timer);
		this.drop();
	}

	private open(): void {
		const { io, ...line } = this.#options;
		this.port = new io({
			...line,
			onReadable: () => {
				if (this.port !== undefined) this.#owner.lineReadable(this.port);
			},
			onWritable: () => this.#owner.lineWritten(),
			onError: () => this.failed(),
		});
	}

	private failed(): void {
		if (this.#closed || this.port === undefined) return;
		this.drop();
		this.reopenLater();
		this.#owner.lineLost();
	}

	private drop(): void {
		if (this.port === undefined) return;
		Object.assign(this.#before, this.counters);
		this.port.close();
		this.port = undefined;
	}

	private reopenLater(): void {
		const nowMs = this.#clock.now();
		this.#backoff.failed(nowMs);
		this.#clock.clearTimer(this.#timer);
		this.#timer = this.#clock.setTimer(() => this.reopen(), Math.max(0, this.#backoff.dueMs - nowMs));
	}

	private reopen(): void {
		this.#timer = undefined;
		try {
			this.open();
		} catch {
			this.reopenLater();
			return;
		}
		this.#owner.lineBack();
	}
}
