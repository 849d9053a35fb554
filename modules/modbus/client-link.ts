/** What stands between a client and its wire. One is for RTU (client-rtu.ts), one for TCP (client-tcp.ts). */
import { frozen } from "../base/frozen";
import type { TcpClass } from "../base/io";
import type { RS485Options } from "../rs485/rs485";
import type { ModbusRequest } from "./pdu";

/** The shape of the RS485 class (modules/rs485) as the client and the RTU server use it. */
export interface Rs485Port {
	write(frame: Uint8Array | ArrayBuffer, expect?: number): void;
	read(buffer: Uint8Array): number | undefined;
	readonly cause: string;
	/** Since the opening; left out by classes that do not count. */
	readonly counters?: Readonly<Record<"parity" | "framing" | "overrun", number>>;
	close(): void;
}

/** What the tap of a line is shown; a number, because it is told for each frame. */
export const FrameKind = frozen({
	/** Sent: unit to CRC on a line, whole with its header on a connection. */
	request: 0,
	/** Came: one hand-over of a line, whatever it is; one frame of a connection. */
	received: 1,
	/** Nothing came in time; no bytes. */
	timeout: 2,
	/** Came, and ended with a bad character. */
	damaged: 3,
});

/** The length of a frame and more fits below a tag. */
const kKindShift = 10;
const kSourceShift = 13;

/** `source` (0 to 7, the number given with the tap) and `FrameKind` in one number, which is made once and not per frame. */
export const frameTag = (source: number, kind: number): number => (source << kSourceShift) | (kind << kKindShift);

export const tagSource = (tag: number): number => tag >> kSourceShift;

export const tagKind = (tag: number): number => (tag >> kKindShift) & 7;

/** Who sees what goes over the wire, in the order in which it does: for a log of frames. Must be quick. */
export interface FrameTap {
	/** `tag`: a `frameTag`. `bytes`: of the frame and no more, valid during the call. `nowMs`: the clock's time. */
	frame(tag: number, bytes: Uint8Array, nowMs: number): void;
	/** The frame told last from this source ended with a bad character. */
	damaged(source: number): void;
}

/** Line faults since the client was made. */
export interface LineCounters {
	/** Hand-overs that were no intact frame, without a bad character. */
	crc: number;
	parity: number;
	framing: number;
	overrun: number;
}

export type Rs485Class = new (options: RS485Options) => Rs485Port;

/** Settings of the line (modules/rs485), without the callbacks. */
export type RtuLinkOptions = Omit<RS485Options, "onReadable" | "onWritable" | "onError"> & { io: Rs485Class };

export interface TcpLinkOptions {
	io: TcpClass;
	/** IP address, or `host` for an `io` that resolves names. */
	address?: string;
	host?: string;
	/** Default 502. */
	port?: number;
}

/** How the reply to the open request turned out, as a link tells it. */
export interface LinkOwner {
	/** The last bit is on the wire: time-outs count from here. */
	linkSent(nowMs: number): void;
	/** The reply, or an exception reply, is in the link's buffer. */
	linkReplied(exception: boolean, nowMs: number): void;
	/** The reply came and is broken. */
	linkGarbled(): void;
	/** Something came that is no reply; waiting goes on. */
	linkDisturbed(foreign: boolean): void;
	/** Part of the reply is there, and its end must follow soon or never. */
	linkPartial(): void;
	/** A late reply has come: requests that were held for it may go. */
	linkSettled(): void;
	/** There is no connection, or it broke. `sent`: the request may have reached the server. */
	linkLost(sent: boolean): void;
}

export interface ClientLink {
	/** Requests are encoded into this, in the layout of `pdu.ts`. */
	readonly frame: Uint8Array;
	/** Replies are found here, in the same layout. */
	readonly bytes: Uint8Array;
	/** Whether unit 0 means everybody, and nobody answers. */
	readonly broadcasts: boolean;
	/** Milliseconds that a reply PDU of `bytes` takes on the wire. */
	wireMs(bytes: number): number;
	/** Longest time that sending a PDU of `bytes` may take, `timeoutMs` being that of the request. */
	sendMs(bytes: number, timeoutMs: number): number;
	/** The line is open, yet the request could not be sent: it never falls silent. */
	readonly jammed: boolean;
	/** Why nothing can be sent now, "" when it can. */
	readonly fault: string;
	/** Undefined for what has no line. */
	readonly line: LineCounters | undefined;
	/** Sends the PDU of `length` bytes that stands in `frame`. `expected`: length of the reply's PDU, 0 unknown. */
	send(length: number, expected: number): void;
	/** No reply will be taken any more for the request sent last. `timedOut`: it was sent, and nothing came. */
	giveUp(timedOut: boolean): void;
	/** A reply to the request in `frame` may still come until then. */
	expectLate(untilMs: number): void;
	/** Until when this request must wait so that a late reply to an earlier one cannot be taken for its own; 0 = go. */
	holdMs(request: ModbusRequest, nowMs: number): number;
	/** What came while nothing was waited for. */
	readonly unsolicited: number;
	close(): void;
}
