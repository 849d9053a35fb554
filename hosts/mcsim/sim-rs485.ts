import type { Clock, TimerId } from "../../modules/base/clock";
import type { RS485Cause, RS485Counters, RS485Options } from "../../modules/rs485/rs485";

/**
 * Who answers on a simulated line: is told each frame of the master, gives the bytes that follow and how long after
 * the end of the frame (its T3.5 included in `nowMs`) the first of them starts.
 */
export interface LineAnswerer {
	onFrame(frame: Uint8Array, nowMs: number): { readonly bytes: Uint8Array; readonly delayMs: number } | undefined;
	/** Who talks unasked is asked for it this often; left out by those who do not. */
	readonly talkEveryMs?: number | undefined;
	talk?(nowMs: number): Uint8Array | undefined;
}

/** The receive ring of native/rs485. */
const ringBytes = 512;

/**
 * The RS485 class of the device over a line that exists only in memory: bytes take their time on the wire, to the
 * millisecond of the simulator's timers. mcsim has no serial driver with parity and frame ends; this takes its place there.
 */
export class SimulatedRS485 {
	#line: LineAnswerer;
	#clock: Clock;
	#options: RS485Options;
	#charMs: number;
	#gapMs: number;
	#sending = false;
	#closed = false;
	#expect = 0;
	#quietFromMs = 0;
	#timers = new Set<TimerId>();
	/** When the bytes of the last answer are on the wire, and whether a frame of ours began before they did. */
	#airFromMs = Number.POSITIVE_INFINITY;
	#airUntilMs = Number.NEGATIVE_INFINITY;
	#spoilt = false;
	#ready: { bytes: Uint8Array; cause: RS485Cause }[] = [];
	#cause: RS485Cause = "silence";
	#framesReceived = 0;
	#framesSent = 0;
	#bytesReceived = 0;
	#bytesSent = 0;
	#full = 0;

	constructor(line: LineAnswerer, clock: Clock, options: RS485Options) {
		const baud = options.baud ?? 9600;
		if (!(baud >= 1200 && baud <= 115200)) throw new RangeError(`invalid baud ${baud}`);
		const bits = 9 + (options.parity === "even" || options.parity === "odd" ? 1 : 0) + (options.stop ?? 1);
		this.#line = line;
		this.#clock = clock;
		this.#options = options;
		this.#charMs = (bits * 1000) / baud;
		this.#gapMs = baud > 19200 ? 1.75 : 3.5 * this.#charMs;
		this.#quietFromMs = clock.now();
		this.#talkLater();
	}

	#talkLater(): void {
		const everyMs = this.#line.talkEveryMs;
		if (everyMs === undefined) return;
		this.#after(everyMs, () => {
			const bytes = this.#line.talk?.(this.#clock.now());
			if (bytes !== undefined) this.#arrive(bytes, 0);
			this.#talkLater();
		});
	}

	/**
	 * Sends one whole frame, no earlier than T3.5 after the last byte on the line. One that has begun when an answer begins
	 * spoils both. Throws while one is being sent.
	 */
	write(frame: ArrayBuffer | Uint8Array, expect = 0): void {
		if (this.#closed) throw new Error("closed");
		if (this.#sending) throw new Error("sending");
		const bytes = frame instanceof ArrayBuffer ? new Uint8Array(frame.slice(0)) : frame.slice();
		this.#sending = true;
		this.#expect = expect;
		const nowMs = this.#clock.now();
		let startMs = Math.max(nowMs, this.#quietFromMs + this.#gapMs);
		if (startMs >= this.#airFromMs && startMs < this.#airUntilMs + this.#gapMs)
			startMs = this.#airUntilMs + this.#gapMs;
		const endMs = startMs + bytes.length * this.#charMs;
		if (startMs < this.#airFromMs && endMs > this.#airFromMs && nowMs <= this.#airUntilMs) {
			this.#spoilt = true;
			bytes[bytes.length - 1]! ^= 0x55;
		}
		this.#after(endMs - nowMs, () => this.#sent(bytes));
	}

	/** Copies the oldest hand-over; undefined when none waits. `cause` then says why that one ended. */
	read(buffer: Uint8Array): number | undefined {
		const next = this.#ready.shift();
		if (!next) return undefined;
		this.#cause = next.cause;
		const count = Math.min(next.bytes.length, buffer.length);
		buffer.set(count < next.bytes.length ? next.bytes.subarray(0, count) : next.bytes);
		return count;
	}

	get cause(): RS485Cause {
		return this.#cause;
	}

	get counters(): RS485Counters {
		return {
			framesReceived: this.#framesReceived,
			framesSent: this.#framesSent,
			bytesReceived: this.#bytesReceived,
			bytesSent: this.#bytesSent,
			parity: 0,
			framing: 0,
			overrun: 0,
			full: this.#full,
			break: 0,
			busy: 0,
		};
	}

	/** T3.5 in microseconds. */
	get silenceUs(): number {
		return Math.round(this.#gapMs * 1000);
	}

	close(): void {
		this.#closed = true;
		for (const timer of this.#timers) this.#clock.clearTimer(timer);
		this.#timers.clear();
		this.#ready.length = 0;
	}

	#after(delayMs: number, action: () => void): void {
		const timer = this.#clock.setTimer(() => {
			this.#timers.delete(timer);
			action();
		}, delayMs);
		this.#timers.add(timer);
	}

	#sent(frame: Uint8Array): void {
		this.#sending = false;
		this.#framesSent++;
		this.#bytesSent += frame.length;
		const endMs = this.#clock.now();
		this.#quietFromMs = endMs;
		const answer = this.#line.onFrame(frame, endMs + this.#gapMs);
		if (answer && answer.bytes.length > 0) this.#arrive(answer.bytes, this.#gapMs + answer.delayMs);
		this.#options.onWritable?.call(this as never);
	}

	/** `bytes` start in `delayMs`: each part is handed up when the last of its bytes, or the silence after it, has passed. */
	#arrive(bytes: Uint8Array, delayMs: number): void {
		const counted = this.#expect > 0 && bytes.length >= this.#expect;
		this.#airFromMs = this.#clock.now() + delayMs;
		this.#airUntilMs = this.#airFromMs + bytes.length * this.#charMs;
		this.#spoilt = false;
		let from = 0;
		while (from < bytes.length) {
			const left = bytes.length - from;
			const isFirst = from === 0 && counted;
			const size = isFirst ? Math.min(this.#expect, ringBytes) : Math.min(left, ringBytes);
			const cause: RS485Cause = isFirst && size === this.#expect ? "count" : size === ringBytes ? "full" : "silence";
			const part = bytes.slice(from, from + size);
			from += size;
			const onWireMs = delayMs + from * this.#charMs;
			this.#after(cause === "silence" ? onWireMs + this.#gapMs : onWireMs, () => this.#handOver(part, cause));
		}
	}

	#handOver(bytes: Uint8Array, cause: RS485Cause): void {
		if (this.#spoilt) bytes[0]! ^= 0x55;
		this.#quietFromMs = this.#clock.now() - (cause === "silence" ? this.#gapMs : 0);
		this.#framesReceived++;
		this.#bytesReceived += bytes.length;
		if (cause === "full") this.#full++;
		this.#ready.push({ bytes, cause });
		this.#options.onReadable?.call(this as never);
	}
}

/** The class to inject as `io`: `port: "sim:NAME"` takes `line(NAME)`, asked for when the port is opened. */
export function simulatedRS485(
	line: (name: string) => LineAnswerer | undefined,
	clock: Clock,
): new (
	options: RS485Options,
) => SimulatedRS485 {
	return class extends SimulatedRS485 {
		constructor(options: RS485Options) {
			const found = line(String(options.port).replace(/^sim:/, ""));
			if (!found) throw new Error(`no simulated line ${options.port}`);
			super(found, clock, options);
		}
	};
}
