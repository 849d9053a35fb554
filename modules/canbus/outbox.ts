import type { CANTransmit } from "../can/can";
import { type CanPort, kExtended } from "./types";

/** Frames that wait beside the 16 of the port. */
const kMost = 16;
const kFrameBytes = 8;

/**
 * Frames on their way to the port: they wait here while its queue is full or the bus is off. A frame that is sent again
 * before it could go takes the place of the one that waits, as what is sent on CAN is a state. Nothing is allocated.
 */
export class Outbox {
	/** Frames that found no place. */
	refused = 0;
	readonly #keys = new Uint32Array(kMost);
	readonly #lengths = new Uint8Array(kMost);
	readonly #data = new Uint8Array(kMost * kFrameBytes);
	#count = 0;
	readonly #bytes = new Uint8Array(kFrameBytes);
	/** By length, made when the first frame of it is sent. */
	readonly #views: (Uint8Array | undefined)[] = [];
	readonly #frame: Required<Pick<CANTransmit, "id" | "extended" | "data">>;

	constructor() {
		this.#frame = { id: 0, extended: false, data: this.#bytes };
	}

	get waiting(): number {
		return this.#count;
	}

	/** `port` undefined: it cannot send now. False when the frame found no place. `key` with `kExtended`. */
	send(port: CanPort | undefined, key: number, data: Uint8Array): boolean {
		if (this.#count === 0 && port !== undefined && this.write(port, key, data, 0, data.length)) return true;
		let at = 0;
		while (at < this.#count && this.#keys[at] !== key) at++;
		if (at === kMost) {
			this.refused++;
			return false;
		}
		if (at === this.#count) this.#count++;
		this.#keys[at] = key;
		this.#lengths[at] = data.length;
		this.#data.set(data, at * kFrameBytes);
		return true;
	}

	/** Hands on what waits, as far as the port takes it. */
	flush(port: CanPort): void {
		let done = 0;
		while (done < this.#count) {
			const at = done * kFrameBytes;
			if (!this.write(port, this.#keys[done]!, this.#data, at, this.#lengths[done]!)) break;
			done++;
		}
		if (done === 0) return;
		this.#keys.copyWithin(0, done);
		this.#lengths.copyWithin(0, done);
		this.#data.copyWithin(0, done * kFrameBytes);
		this.#count -= done;
	}

	/** Forgets what waits: it would be stale. */
	clear(): void {
		this.#count = 0;
	}

	private write(port: CanPort, key: number, data: Uint8Array, at: number, length: number): boolean {
		for (let i = 0; i < length; i++) this.#bytes[i] = data[at + i]!;
		const frame = this.#frame;
		frame.id = key & (kExtended - 1);
		frame.extended = key >= kExtended;
		frame.data = this.#views[length] ??= new Uint8Array(this.#bytes.buffer, 0, length);
		try {
			port.write(frame);
			return true;
		} catch {
			// its queue is full, or the bus has just gone off: the frame waits
			return false;
		}
	}
}
