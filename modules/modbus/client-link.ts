/** What stands between a client and its wire. One is for RTU (client-rtu.ts), one for TCP (client-tcp.ts). */
import type { TcpClass } from "../base/io";
import type { LineCounters, LineOptions } from "../rs485/line";
import type { ModbusRequest } from "./pdu";

export { FrameKind, type FrameTap, frameTag, tagKind, tagSource } from "../base/frame-tap";
export type { LineCounters, Rs485Class, Rs485Port } from "../rs485/line";

/** Settings of the line (modules/rs485), without the callbacks. */
export type RtuLinkOptions = LineOptions & {
	/** Modbus ASCII in place of RTU, in characters of so many bits. */
	ascii?: 7 | 8 | undefined;
};

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
