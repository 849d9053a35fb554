import type { Clock } from "../../modules/base/clock";
import type { Rs485Class, Rs485Port } from "../../modules/modbus/client-link";
import type { RS485Cause, RS485Options } from "../../modules/rs485/rs485";

interface HandOver {
	bytes: Uint8Array;
	cause: RS485Cause;
}

/**
 * A line with one port of ours on it, in the shape of modules/rs485: frames take their time on the wire, bytes fed in are
 * handed up at once, cut where `write` said how many to expect.
 */
export class FakeLine {
	readonly clock: Clock;
	/** Give this as `io`. */
	readonly io: Rs485Class;
	/** What was sent, whole frames, when their last bit was out. */
	readonly sent: Uint8Array[] = [];
	/** Called after each: where a test answers. */
	onSent: ((frame: Uint8Array) => void) | undefined;
	/** Makes the constructor throw, as for a path that is not there. */
	refuse = false;
	/** Somebody never stops sending: what is written is not sent before `calm()`. */
	babbling = false;
	#stuck: (() => void) | undefined;
	opened = 0;
	options: RS485Options | undefined;
	#handOvers: HandOver[] = [];
	#expect = 0;
	#sending = false;
	#open = false;
	/** Times of the begin of each sent frame. */
	readonly begunMs: number[] = [];

	constructor(clock: Clock) {
		this.clock = clock;
		const line = this;
		this.io = class implements Rs485Port {
			cause: RS485Cause = "silence";

			constructor(options: RS485Options) {
				if (line.refuse) throw new Error(`cannot open ${options.port}`);
				line.opened++;
				line.options = options;
				line.#open = true;
				line.#sending = false;
				line.#handOvers = [];
			}

			read(buffer: Uint8Array): number | undefined {
				const next = line.#handOvers.shift();
				if (next === undefined) return undefined;
				const bytes = next.bytes.subarray(0, buffer.length);
				buffer.set(bytes);
				this.cause = next.cause;
				return bytes.length;
			}

			write(frame: Uint8Array | ArrayBuffer, expect = 0): void {
				if (!line.#open) throw new Error("closed");
				if (line.#sending) throw new Error("still sending");
				const copy = new Uint8Array(frame instanceof ArrayBuffer ? frame : frame.slice());
				line.#send(copy, expect);
			}

			close(): void {
				line.#open = false;
			}
		};
	}

	get isOpen(): boolean {
		return this.#open;
	}

	/** Hand-overs that nobody has read. */
	get unread(): number {
		return this.#handOvers.length;
	}

	/** Bytes arrive in one piece. */
	feed(bytes: Uint8Array, cause: RS485Cause = "silence"): void {
		if (!this.#open) return;
		let rest = bytes;
		if (this.#expect > 0 && rest.length >= this.#expect) {
			this.#handOvers.push({ bytes: rest.slice(0, this.#expect), cause: "count" });
			rest = rest.subarray(this.#expect);
			this.#expect = 0;
		}
		if (rest.length > 0 || cause !== "silence") this.#handOvers.push({ bytes: rest.slice(), cause });
		this.options!.onReadable?.call(undefined as never);
	}

	/** The adapter is pulled out. */
	fail(message = "the serial device has gone"): void {
		this.options!.onError?.call(undefined as never, message);
	}

	/** The line falls silent. */
	calm(): void {
		this.babbling = false;
		this.#stuck?.();
		this.#stuck = undefined;
	}

	#send(frame: Uint8Array, expect: number): void {
		this.#sending = true;
		if (this.babbling) {
			this.#stuck = () => this.#send(frame, expect);
			return;
		}
		this.begunMs.push(this.clock.now());
		const bits = 9 + (this.options!.stop ?? 1) + (this.options!.parity && this.options!.parity !== "none" ? 1 : 0);
		const options = this.options;
		this.clock.setTimer(
			() => {
				if (!this.#open || options !== this.options) return;
				this.#sending = false;
				this.#expect = expect;
				this.sent.push(frame);
				this.options!.onWritable?.call(undefined as never);
				this.onSent?.(frame);
			},
			(frame.length * bits * 1000) / (this.options!.baud ?? 9600),
		);
	}
}
