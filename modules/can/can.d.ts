/**
 * A classic CAN port (2.0A: 11-bit, 2.0B: 29-bit identifiers), in the shape of ECMA-419 IO classes. C (native/can) filters,
 * queues and follows the controller's error state.
 */
export interface CANOptions {
	/**
	 * Device: 0, the chip's own controller, or "mcp2515", one behind SPI. Desktop: an interface of Linux ("can0"; its bit rate, listen-only and restart are
	 * set by `ip link`), a serial adapter ("slcan:/dev/ttyACM0"), or "sim:NAME" for a bus inside the process.
	 */
	port: number | string;
	/** Pins of the chip's own controller, on the device only. A port that listens needs no `transmit`. */
	transmit?: number;
	receive?: number;
	/**
	 * Pins of an MCP2515, on the device only: chip select, clock, out (its SI), in (its SO) and its INT. Boards V1 and V2:
	 * 2, 8, 41, 42, 17. Clock, out and in may be shared with other chips on the same bus (native/spibus).
	 */
	select?: number;
	clock?: number;
	out?: number;
	in?: number;
	interrupt?: number;
	/** SPI controller of an MCP2515: 1 is SPI2, 2 (the default) SPI3. */
	spi?: number;
	/** Crystal of an MCP2515: 8000000 (the default; boards V1 and V2) or 16000000. */
	crystalHz?: number;
	/**
	 * 125000, 250000, 500000 (the default), 800000 or 1000000; the last two not of an MCP2515 with 8 MHz, whose bits would
	 * be too short to divide.
	 */
	bitrate?: number;
	/** Speed of a serial adapter's own line. Default 115200. */
	ttyBaud?: number;
	/**
	 * Up to 16; a frame that passes any of them is received. None, or an empty list: every frame. The controller of the device
	 * leaves out what it can: the chip's own knows one or two of one format, an MCP2515 two of one mask and format
	 * and four of another.
	 */
	filters?: readonly CANFilter[];
	/**
	 * `listen` acknowledges nothing and sends nothing. `selftest` needs no other station and receives its own frames
	 * (not with a serial adapter; an MCP2515 keeps them to itself). Default "normal".
	 */
	mode?: "normal" | "listen" | "selftest";
	/** One or more frames wait: call `read` until it returns undefined. */
	onReadable?(this: CAN): void;
	/** All frames that were written are on the bus. */
	onWritable?(this: CAN): void;
	/** Frames were lost (told once until something is read), or the port has gone and can only be closed. */
	onError?(this: CAN, message: string): void;
	onStateChange?(this: CAN, state: CANState): void;
}

export interface CANFilter {
	id: number;
	/** Bits of the identifier that count; default all of them. */
	mask?: number;
	/** 29-bit identifiers; false: 11-bit ones. */
	extended?: boolean;
}

/**
 * Error state of the controller (ISO 11898-1): warning from 96 errors, passive from 128. From 256 on it is off the bus: what
 * waited to be sent is dropped, `write` throws, and it comes back after 0.25 s, then after twice that each time, up to 8 s.
 */
export type CANState = "active" | "warning" | "passive" | "bus-off";

export interface CANFrame {
	id: number;
	extended: boolean;
	remote: boolean;
	/** 0 to 8 bytes; of a remote frame, the length it asks for. */
	length: number;
	/** End of the frame on the bus (MCP2515: when it was read), in microseconds of the machine's monotonic clock. */
	timestampUs: number;
}

export interface CANTransmit {
	id: number;
	extended?: boolean;
	remote?: boolean;
	/** 0 to 8 bytes; not of a remote frame. */
	data?: Uint8Array | ArrayBuffer;
	/** Of a remote frame. */
	length?: number;
}

export interface CANCounters {
	framesReceived: number;
	framesSent: number;
	/** Passed by no filter, and not already left out by the controller. */
	filtered: number;
	/** Lost because 64 frames waited. */
	overflow: number;
	/** MCP2515: at most one each time it is looked at, ten a second on a quiet bus. */
	busErrors: number;
	/** Times that the port went off the bus. */
	busOff: number;
	/** Frames that waited to be sent when it did. */
	dropped: number;
}

export default class CAN {
	/** Throws TypeError or RangeError naming the option, Error when the port cannot be opened (nothing stays open then). */
	constructor(options: CANOptions);
	/**
	 * Takes the oldest of up to 64 frames, its data into a buffer of 8 bytes or more; undefined when none waits. What is
	 * known of it is written into `into` where that is given, and it is given back: so a frame makes no object.
	 */
	read(data: Uint8Array | ArrayBuffer, into?: CANFrame): CANFrame | undefined;
	/** Queues a frame (16 may wait). Throws Error when the queue is full, in listen mode, during bus-off, after close. */
	write(frame: CANTransmit): void;
	get state(): CANState;
	/** A fresh object. Counts from the opening, modulo 2^32. */
	get counters(): CANCounters;
	/** May be called twice, and in a callback. No callback comes after it. */
	close(): void;
}
