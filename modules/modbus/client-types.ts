import type { Clock } from "../base/clock";
import type { Log } from "../base/log";
import type { FrameTap, RtuLinkOptions, TcpLinkOptions } from "./client-link";
import type { ModbusRequest as RequestFields } from "./pdu";

/**
 * - ok: the reply is in `data`; a broadcast that went out is ok too, with no data
 * - exception: the device refused, `exception` says why. 0x05: accepted, ask later; 0x06: still busy after the retries
 * - timeout: nothing came
 * - garbled: bytes came, but no whole reply; or the line is never silent
 * - foreign: whole frames came, but of another unit, function or length
 * - closed: no line or connection, or the client was closed
 */
export type ModbusStatus = "ok" | "exception" | "timeout" | "garbled" | "foreign" | "closed";

/** One object for all results of a client: valid only during `onResult`. */
export interface ModbusResult {
	status: ModbusStatus;
	/** Modbus exception code, 0 unless status is "exception". */
	exception: number;
	/**
	 * Payload of the reply from its first byte: registers big-endian, or bits, the first one lowest; for 43/14 see
	 * `parseIdentification`. The view is longer than the payload.
	 */
	data: DataView;
	/** Bytes of payload. */
	byteLength: number;
	/** Registers or bits that were read or written; 0 unless status is "ok". */
	count: number;
	/** When the first attempt began and when the result was there: `clock.now()`. */
	startMs: number;
	endMs: number;
	/** How often the request was sent, at least 1 unless status is "closed". */
	attempts: number;
}

export interface ModbusRequest extends RequestFields {
	/** How long the device may take to begin its answer, from the end of the request on the wire. */
	timeoutMs?: number | undefined;
	/** How often to send again after the first time. */
	retries?: number | undefined;
	/**
	 * A command that protects: it goes ahead of all that waits, also of earlier requests to its unit, and the open one is
	 * let go as soon as its device is later than it uses to be: asked again afterwards, or a "timeout" with no retries.
	 */
	urgent?: boolean | undefined;
	/** Called once, never from within `request()`. May make new requests, and close the client. */
	onResult(result: ModbusResult): void;
}

export interface ModbusClientOptions {
	/** A line with `port` and settings, or a connection with `address` or `host`. */
	link: RtuLinkOptions | TcpLinkOptions;
	clock: Clock;
	log?: Log;
	/** Default 1000. */
	timeoutMs?: number;
	/** Pause after a broadcast, for the devices to act on it (MSL 2.4.1). Default 100. */
	turnaroundMs?: number;
	/** Default 1. */
	retries?: number;
	/**
	 * How long after a time-out the reply may still come, and is known as late. On a line a like request to the same
	 * unit waits that long, or until it has come. Default: the time-out, 500 at most.
	 */
	lateMs?: number;
	/** Wait before a device that said "busy" (0x06) is asked again. Default 200. */
	busyMs?: number;
	/** Units of a line whose replies bear another address, each with that one (Daly: 0x81 answers as 0x51). */
	replyUnits?: ReadonlyMap<number, number> | undefined;
	/** Is shown every frame, with `source` to tell clients apart. */
	tap?: FrameTap | undefined;
	source?: number | undefined;
}

export interface ModbusCounters {
	/** Results by status. */
	ok: number;
	exceptions: number;
	timeouts: number;
	garbled: number;
	foreign: number;
	closed: number;
	/** Requests sent again. */
	retries: number;
	/** Frames that came when nothing was waited for. */
	unsolicited: number;
}
