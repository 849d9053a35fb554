/** A serial line as protocols use it, whichever they are. */
import type { RS485Options } from "./rs485";

/** The shape of the RS485 class as clients and servers use it. */
export interface Rs485Port {
	write(frame: Uint8Array | ArrayBuffer, expect?: number): void;
	read(buffer: Uint8Array): number | undefined;
	readonly cause: string;
	/** Since the opening; left out by classes that do not count. */
	readonly counters?: Readonly<Record<"parity" | "framing" | "overrun", number>>;
	close(): void;
}

export type Rs485Class = new (options: RS485Options) => Rs485Port;

/** Settings of a line and the class that opens it, without the callbacks. */
export type LineOptions = Omit<RS485Options, "onReadable" | "onWritable" | "onError"> & { io: Rs485Class };

/** Line faults since the client was made. */
export interface LineCounters {
	/** Hand-overs that were no intact frame, without a bad character. */
	crc: number;
	parity: number;
	framing: number;
	overrun: number;
}

/** Whether a hand-over ended with a bad character. */
export function isDamage(cause: string): boolean {
	return cause === "parity" || cause === "framing" || cause === "overrun" || cause === "break";
}

/** Milliseconds that one character takes: start, 8 data bits, parity, stop. */
export function characterMs(line: Pick<RS485Options, "baud" | "parity" | "stop">): number {
	const bits = 1 + 8 + (line.parity && line.parity !== "none" ? 1 : 0) + (line.stop ?? 1);
	return (bits * 1000) / (line.baud ?? 9600);
}
