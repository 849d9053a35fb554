import { ERROR, type IoContext, Port, READABLE, viewOf, WRITABLE } from "./context";
import type { Wire, WireEvents } from "./wire";

export interface Windows {
	/** Bytes that XS can see at once; beyond it the other side is made to wait. */
	receiveBytes: number;
	/** Bytes that XS may write before it must wait for `onWritable`. */
	sendBytes: number;
}

/** 8 KB is what lwIP on the device lets wait; 16 KB what a reader of the hub has to bear at once. */
export const DEFAULT_WINDOWS: Windows = { receiveBytes: 16384, sendBytes: 8192 };

/** A TCP, TLS or Serial object of XS, over a wire. */
export class StreamPort extends Port implements WireEvents {
	#wire: Wire;
	#name: string;
	#windows: Windows;
	#chunks: Uint8Array[] = [];
	/** Bytes of the first chunk that are read already. */
	#offset = 0;
	#queued = 0;
	#inFlight = 0;
	#ready = false;
	#paused = false;

	/** `mask` 0 leaves it unattached: it collects, and tells nothing until `adopt`. */
	constructor(context: IoContext, mask: number, wire: Wire, name: string, windows: Windows) {
		super(context, mask);
		this.#wire = wire;
		this.#name = name;
		this.#windows = windows;
		wire.attach(this);
	}

	get remoteAddress(): string | undefined {
		return this.#wire.remoteAddress;
	}

	get remotePort(): number | undefined {
		return this.#wire.remotePort;
	}

	/** A new owner in XS, with its callbacks: it is told all there is. */
	adopt(mask: number): void {
		this.mask = mask;
		this.trigger(READABLE | (this.#ready ? WRITABLE : 0) | (this.failure === undefined ? 0 : ERROR));
	}

	protected override readableCount(): number {
		return Math.min(this.#queued, this.#windows.receiveBytes);
	}

	protected override writableCount(): number {
		return this.#ready ? this.#windows.sendBytes - this.#inFlight : 0;
	}

	opened(): void {
		this.#ready = true;
		this.trigger(WRITABLE);
	}

	received(bytes: Uint8Array): void {
		if (!this.isOpen || bytes.length === 0) return;
		this.#chunks.push(bytes);
		this.#queued += bytes.length;
		if (this.#queued >= this.#windows.receiveBytes && !this.#paused) {
			this.#paused = true;
			this.#wire.pause();
		}
		this.trigger(READABLE);
	}

	sent(count: number): void {
		this.#inFlight -= count;
		this.trigger(WRITABLE);
	}

	ended(reason: string): void {
		this.#ready = false;
		this.fail(reason);
	}

	/** `count` bytes, or all with -1; undefined when there are none. More than there are is a mistake, as on the device. */
	read(count: number): ArrayBuffer | undefined {
		const available = this.readableCount();
		if (available === 0) return undefined;
		if (count === -1) count = available;
		if (!(count > 0 && count <= available))
			throw new RangeError(`${this.#name}: ${count} bytes asked, ${available} are there`);
		const out = new Uint8Array(count);
		let at = 0;
		while (at < count) {
			const chunk = this.#chunks[0]!;
			const part = chunk.subarray(this.#offset, Math.min(chunk.length, this.#offset + count - at));
			out.set(part, at);
			at += part.length;
			this.#offset += part.length;
			if (this.#offset === chunk.length) {
				this.#chunks.shift();
				this.#offset = 0;
			}
		}
		this.#queued -= count;
		if (this.#paused && this.#queued <= this.#windows.receiveBytes / 2) {
			this.#paused = false;
			this.#wire.resume();
		}
		// what waited beyond the window has become visible, as if it came now
		if (this.readableCount() > available - count) this.trigger(READABLE);
		else if (this.#queued === 0 && this.failure !== undefined) this.trigger(ERROR);
		return out.buffer;
	}

	/** The credit left; undefined when the other side is gone and the bytes with it. Throws when there is no room. */
	write(buffer: ArrayBuffer | ArrayBufferView): number | undefined {
		if (this.failure !== undefined) return undefined;
		if (!this.#ready) throw new Error(`${this.#name}: not ready`);
		const bytes = viewOf(buffer);
		const credit = this.writableCount();
		if (bytes.length > credit) throw new Error(`${this.#name}: would block: ${bytes.length} bytes, room for ${credit}`);
		if (bytes.length > 0) {
			this.#inFlight += bytes.length;
			this.#wire.write(bytes);
		}
		return credit - bytes.length;
	}

	protected released(hard: boolean): void {
		this.#chunks = [];
		this.#queued = 0;
		if (hard) this.#wire.destroy();
		else this.#wire.close();
	}
}
