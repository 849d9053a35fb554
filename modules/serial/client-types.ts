import type { Clock } from "../base/clock";
import type { FrameTap } from "../base/frame-tap";
import type { Log } from "../base/log";
import type { LineOptions } from "../rs485/line";
import type { FrameRequest, Framer } from "./framer";

/** As of the Modbus client: "exception" is a refusal of the device, "foreign" a whole frame that answers something else. */
export type SerialStatus = "ok" | "exception" | "timeout" | "garbled" | "foreign" | "closed";

/** One object for all results of a client: valid only during `onResult`. */
export interface SerialResult {
	status: SerialStatus;
	/** The protocol's own code, 0 unless status is "exception". */
	exception: number;
	/** Payload of the reply from its first byte. The view is longer than the payload. */
	data: DataView;
	byteLength: number;
	/** When the first attempt began and when the result was there: `clock.now()`. */
	startMs: number;
	endMs: number;
	/** How often the request was sent. */
	attempts: number;
}

export interface SerialRequest extends FrameRequest {
	/** How long the device may take to begin its answer, from the end of the request on the wire. */
	timeoutMs?: number | undefined;
	/** How often to send again after the first time. */
	retries?: number | undefined;
	/** A command that protects: it goes ahead of all that waits, also of earlier requests to its unit. */
	urgent?: boolean | undefined;
	/** Called once, never from within `request()`. May make new requests, and close the client. */
	onResult(result: SerialResult): void;
}

export interface FramerClientOptions {
	link: LineOptions;
	framer: Framer;
	clock: Clock;
	log?: Log;
	/** Default 1000. */
	timeoutMs?: number;
	/** Default 1. */
	retries?: number;
	/** How long after a time-out the reply may still come; a like request waits that long. Default: the time-out, 1000 at most. */
	lateMs?: number;
	/** Is shown every frame, with `source` to tell clients apart. */
	tap?: FrameTap | undefined;
	source?: number | undefined;
}

export interface SerialCounters {
	/** Results by status. */
	ok: number;
	exceptions: number;
	timeouts: number;
	garbled: number;
	foreign: number;
	closed: number;
	/** Requests sent again. */
	retries: number;
	/** Hand-overs that came when nothing was waited for. */
	unsolicited: number;
}
