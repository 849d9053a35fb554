import type { Clock, TimerId } from "../modules/base/clock";
import type { SimReply } from "./faults";

/** Who answers on a simulated line: `SimLine`, or a single `SimSlave`. */
export interface FrameListener {
	onFrame(frame: Uint8Array, nowMs: number): SimReply | undefined;
}

export interface SimRs485Options {
	/** What hangs on the line. */
	line?: unknown;
	clock?: unknown;
	baud?: number;
	parity?: "none" | "even" | "odd";
	stop?: 1 | 2;
	onReadable(): void;
	onWritable(): void;
	onError(message?: unknown): void;
	[setting: string]: unknown;
}

interface HandOver {
	bytes: Uint8Array;
	cause: string;
}

/**
 * A serial line in the shape of the RS485 class (modules/rs485), under an injected clock and without C: bytes take their
 * time on the wire, a frame ends with a silence of 3.5 characters (1.75 ms above 19200 baud, Modbus over Serial Line
 * V1.02, 2.5.1.1), what arrives while the master sends is lost. For tests and benchmarks of the layers above the driver.
 */
export class SimRs485 {
	/** Why the hand-over just read ended. */
	cause = "silence";
	/** Time the wire carried bytes, both ways. */
	wireMs = 0;
	framesSent = 0;
	#line: FrameListener;
	#clock: Clock;
	#options: SimRs485Options;
	#byteMs: number;
	#silenceMs: number;
	#quietFromMs = 0;
	#sending = false;
	#sendingUntilMs = 0;
	#expect = 0;
	#queue: HandOver[] = [];
	#timers = new Set<TimerId>();
	#closed = false;

	constructor(options: SimRs485Options) {
		this.#options = options;
		this.#line = options.line as FrameListener;
		this.#clock = options.clock as Clock;
		const baud = options.baud ?? 9600;
		const bits = 9 + (options.parity && options.parity !== "none" ? 1 : 0) + (options.stop ?? 1);
		this.#byteMs = (1000 * bits) / baud;
		this.#silenceMs = baud > 19_200 ? 1.75 : 3.5 * this.#byteMs;
	}

	write(frame: ArrayBuffer | Uint8Array, expect = 0): void {
		if (this.#closed) throw new Error("closed");
		if (this.#sending) throw new Error("still sending");
		const bytes = frame instanceof Uint8Array ? frame.slice() : new Uint8Array(frame.slice(0));
		const nowMs = this.#clock.now();
		const startMs = Math.max(nowMs, this.#quietFromMs + this.#silenceMs);
		const takesMs = bytes.length * this.#byteMs;
		this.#sending = true;
		this.#sendingUntilMs = startMs + takesMs;
		this.#quietFromMs = this.#sendingUntilMs;
		this.#expect = expect;
		this.#queue = [];
		this.framesSent++;
		this.wireMs += takesMs;
		this.#after(this.#sendingUntilMs - nowMs, () => {
			this.#sending = false;
			this.#options.onWritable();
		});
		this.#after(this.#sendingUntilMs - nowMs + this.#silenceMs, () => this.#answer(bytes));
	}

	read(buffer: Uint8Array): number | undefined {
		const next = this.#queue.shift();
		if (next === undefined) return undefined;
		this.cause = next.cause;
		const count = Math.min(buffer.length, next.bytes.length);
		buffer.set(next.bytes.subarray(0, count));
		return count;
	}

	close(): void {
		this.#closed = true;
		for (const timer of this.#timers) this.#clock.clearTimer(timer);
		this.#timers.clear();
	}

	/** The adapter is pulled out. */
	unplug(): void {
		if (!this.#closed) this.#options.onError("unplugged");
	}

	#answer(frame: Uint8Array): void {
		const nowMs = this.#clock.now();
		const reply = this.#line.onFrame(frame, nowMs);
		if (reply === undefined) return;
		const takesMs = reply.bytes.length * this.#byteMs;
		this.#after(reply.delayMs + takesMs, () => this.#arrived(reply.bytes, takesMs));
	}

	#arrived(bytes: Uint8Array, takesMs: number): void {
		const nowMs = this.#clock.now();
		this.wireMs += takesMs;
		this.#quietFromMs = Math.max(this.#quietFromMs, nowMs);
		// The receiver is off while the driver is on.
		if (this.#sending || nowMs - takesMs < this.#sendingUntilMs) return;
		const counted = this.#expect > 0 && bytes.length >= this.#expect;
		const whole = counted ? bytes.slice(0, this.#expect) : bytes;
		this.#expect = 0;
		this.#after(counted ? 0 : this.#silenceMs, () => {
			this.#queue.push({ bytes: whole, cause: counted ? "count" : "silence" });
			this.#options.onReadable();
		});
	}

	#after(delayMs: number, callback: () => void): void {
		const id = this.#clock.setTimer(() => {
			this.#timers.delete(id);
			callback();
		}, delayMs);
		this.#timers.add(id);
	}
}
