/**
 * An RS-485 line, half duplex, frame by frame, in the shape of ECMA-419 IO classes. C (native/rs485) keeps the deadlines:
 * the silence before sending, the end of a received frame, the driver-enable pin. It hands up bytes with the reason why
 * they ended, and knows nothing of what they mean.
 *
 * Silence is T3.5: 3.5 characters, 1.75 ms above 19200 baud (Modbus over Serial Line V1.02, 2.5.1.1). A character
 * has its real length on the wire: start, 8 data bits, parity, stop (10 bits for 8N1, 11 for 8E1 and 8N2).
 */
export interface RS485Options {
	/**
	 * Device: number of the UART, 1 or 2 (0 is the console's). Desktop: path ("/dev/ttyUSB0"), or "sim:NAME" for a line
	 * inside the process.
	 */
	port: number | string;
	/** Pins, on the device only, where both are needed and must be free. */
	transmit?: number;
	receive?: number;
	/** Driver-enable pin, on the device only; absent for transceivers that switch by themselves. */
	enable?: number;
	/** Driver enable is active low. */
	enableInvert?: boolean;
	/** 1200 to 115200. Default 9600. */
	baud?: number;
	/** Default "none". */
	parity?: "none" | "even" | "odd";
	/** Stop bits. Default 1. */
	stop?: 1 | 2;
	/** One or more hand-overs wait: call `read` until it returns undefined. */
	onReadable?(this: RS485): void;
	/** The last stop bit of the frame is out and the driver is released. */
	onWritable?(this: RS485): void;
	/** The port works no more (a serial adapter was unplugged); never on the device. Told once; it can only be closed then. */
	onError?(this: RS485, message: string): void;
}

/**
 * Why a hand-over ended:
 * - `silence` T3.5 without a start bit
 * - `count` the number of bytes came in that `write` was told to expect
 * - `full` no room: what followed on the line, up to the next silence, is lost
 * - `parity`, `framing` a character was bad. It is never put together with others: what came before it is one hand-over,
 *   the bad character another one of 1 byte, both with this cause; what follows is the next
 * - `overrun` characters behind these were lost
 * - `break` the line was low for a whole character; what came before it, or 0 bytes
 */
export type RS485Cause = "silence" | "count" | "full" | "parity" | "framing" | "overrun" | "break";

export interface RS485Counters {
	/** Hand-overs by silence or count. */
	framesReceived: number;
	framesSent: number;
	bytesReceived: number;
	bytesSent: number;
	parity: number;
	framing: number;
	overrun: number;
	full: number;
	break: number;
	/** Frames sent although the line never became quiet. */
	busy: number;
}

export default class RS485 {
	/** Throws TypeError or RangeError naming the option, Error when the port cannot be opened (nothing stays open then). */
	constructor(options: RS485Options);
	/**
	 * Copies the oldest hand-over and returns its length, which may be 0; undefined when none waits. What does not fit
	 * into the buffer is lost. The receive ring holds 512 bytes and 64 hand-overs.
	 */
	read(buffer: ArrayBuffer | Uint8Array): number | undefined;
	/**
	 * Sends one whole frame of 1 to 512 bytes, no earlier than T3.5 after the last activity on the line. If the line does not
	 * become quiet for the time of two frames of 256 characters, it is sent all the same. Our own echo is not received.
	 * @param expect hand over as soon as this many bytes came in after it (0: wait for silence)
	 * Throws Error while a frame is being sent, after close, and when the port has gone.
	 */
	write(frame: ArrayBuffer | Uint8Array, expect?: number): void;
	/** Why the hand-over ended that `read` returned last. */
	get cause(): RS485Cause;
	/** A fresh object. Counts from the opening, modulo 2^32. */
	get counters(): RS485Counters;
	/** T3.5 in microseconds. */
	get silenceUs(): number;
	/** May be called twice, and in a callback. No callback comes after it. */
	close(): void;
}
