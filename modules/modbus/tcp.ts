/**
 * Frames of Modbus TCP, without the socket: a byte stream cut by the MBAP header.
 * MTG = Modbus Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3: transaction id (2 bytes, the client's own),
 * protocol id (2 bytes, 0), length (2 bytes: unit and PDU), unit (1 byte).
 */
import { limits, PDU_AT, UNIT_AT } from "./pdu";

const MOST = PDU_AT + limits.pdu;

/** What `MbapFramer.next()` says of bytes that can be no Modbus. The stream has lost its step: only closing helps. */
export const NOT_MODBUS = -1;

/** Writes the header of a frame whose PDU of `length` bytes stands at `PDU_AT`. Returns the end of the frame. */
export function sealMbap(frame: Uint8Array, transaction: number, length: number): number {
	frame[0] = transaction >> 8;
	frame[1] = transaction;
	frame[2] = 0;
	frame[3] = 0;
	frame[4] = (length + 1) >> 8;
	frame[5] = length + 1;
	return PDU_AT + length;
}

/** Cuts a stream into frames: `push` while there is `room`, then `next()` until 0, `drop()` after each frame. */
export class MbapFramer {
	/** The first frame begins at 0. */
	readonly bytes = new Uint8Array(MOST);
	#fill = 0;

	/** How many bytes may be pushed. Never 0 when `next()` said 0. */
	get room(): number {
		return MOST - this.#fill;
	}

	/** Whether part of a frame waits for the rest. */
	get partial(): boolean {
		return this.#fill > 0;
	}

	push(chunk: Uint8Array): void {
		this.bytes.set(chunk, this.#fill);
		this.#fill += chunk.length;
	}

	/** Length of the PDU of the first frame, 0 while it is not complete, or `NOT_MODBUS`. */
	next(): number {
		const bytes = this.bytes;
		const fill = this.#fill;
		if (fill < 4) return fill > 2 && bytes[2] !== 0 ? NOT_MODBUS : 0;
		if (bytes[2] !== 0 || bytes[3] !== 0) return NOT_MODBUS;
		if (fill < UNIT_AT) return 0;
		const length = (bytes[4]! << 8) | bytes[5]!;
		if (length < 2 || length > limits.pdu + 1) return NOT_MODBUS;
		return fill < UNIT_AT + length ? 0 : length - 1;
	}

	/** Forgets the first frame, which `next()` found complete. */
	drop(): void {
		const size = UNIT_AT + ((this.bytes[4]! << 8) | this.bytes[5]!);
		if (size < this.#fill) this.bytes.copyWithin(0, size, this.#fill);
		this.#fill -= size;
	}

	reset(): void {
		this.#fill = 0;
	}

	/**
	 * Forgets a beginning whose rest never came, when `chunk` by itself starts like a new frame. For peers that gave up
	 * in the middle of a request and sent the next one on the same connection. Returns whether it did.
	 */
	restart(chunk: Uint8Array): boolean {
		if (chunk.length < PDU_AT + 1 || chunk[2] !== 0 || chunk[3] !== 0) return false;
		const length = (chunk[4]! << 8) | chunk[5]!;
		if (length < 2 || length > limits.pdu + 1 || UNIT_AT + length > chunk.length) return false;
		this.#fill = 0;
		return true;
	}
}
