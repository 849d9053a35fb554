/**
 * What a serial protocol that is not Modbus RTU needs of its own: bytes of a request, and what received bytes mean.
 * Lines, time-outs, retries and the order of requests are the client's (client.ts); a framer keeps no time and no port.
 */
import { GridpostError } from "../base/errors";
import { frozen } from "../base/frozen";

/** What a framer is asked for: a record of a device's table, to be read, or written with `values`. */
export interface FrameRequest {
	/** Address on the line; framers of point-to-point protocols do not look at it. */
	unit: number;
	record?: FrameRecord | undefined;
	/** Bytes to write, 0 to 255 each; left out, or none, for a read. */
	values?: ArrayLike<number> | undefined;
	/** Byte of the record they were read from at which the values stand. */
	at?: number | undefined;
}

/** What a framer looks at of a record (RecordSpec of modules/base/record.ts). */
export interface FrameRecord {
	readonly name: string;
	/** Command, function and index, label: each framer says what. */
	readonly key: number | string;
	/** Length of the payload that the table reckons with. */
	readonly bytes: number;
	/** Bytes that a reply must have at least, where it may be shorter. */
	readonly least?: number;
	/** More for the request, where a framer wants it. */
	readonly request?: string;
}

/** What the bytes received so far are. */
export const Verdict = frozen({
	/** Nothing yet, or the beginning of what may become the reply. */
	more: 0,
	/** The reply: `payload` and `payloadBytes` hold it. */
	reply: 1,
	/** The device refuses: `exception` says why. */
	exception: 2,
	/** The reply came and is broken: nothing better will follow. */
	garbled: 3,
	/** A whole frame that answers something else. */
	foreign: 4,
	/** Bytes that are no frame. The reply may still come. */
	noise: 5,
	/** One part of the exchange is done: `encode` gives the next frame, to be sent after `pauseMs`. */
	step: 6,
	/** A frame of a reply that has several was taken; the others follow within `gapMs`. */
	part: 7,
});

/**
 * Bytes of one protocol. For each attempt the client calls `begin` and `encode`, sends the frame, and calls `take` with
 * everything received since, again and again, until the verdict is final. Nothing is allocated on the way.
 */
export interface Framer {
	/** Longest request frame. */
	readonly sendBytes: number;
	/** Most bytes of a reply with what may stand in front of it. */
	readonly receiveBytes: number;
	/** Longest quiet inside a reply, of several frames or of a slow sender, in ms. */
	readonly gapMs: number;
	/** Quiet wanted before the frame that follows a `step`, in ms. */
	readonly pauseMs: number;
	/**
	 * Throws GridpostError "bad-request" for a request the protocol does not have. Replies to requests of equal numbers
	 * look alike: a late one could be taken for the other's. Touches nothing of the open request.
	 */
	check(request: FrameRequest): number;
	/** An attempt of a request that was checked begins. */
	begin(request: FrameRequest): void;
	/** Writes the next frame of the exchange to `out` and gives its length. */
	encode(out: Uint8Array): number;
	/** Bytes of the reply to the frame encoded last where it is always as long, else 0. */
	readonly expected: number;
	/** Nobody answers the frame encoded last: what is on the wire is done. */
	readonly silent: boolean;
	/** Judges the first `length` bytes. `used` of them, from the front, are done with after it. */
	take(bytes: Uint8Array, length: number): number;
	readonly used: number;
	/** Nothing more came for `gapMs`: whether the frames taken so far are the reply all the same. */
	settle(): boolean;
	/** The reply's payload, from its first byte; beyond `payloadBytes` it is zeros as far as the record reaches. */
	readonly payload: DataView;
	readonly payloadBytes: number;
	readonly exception: number;
}

/** A request that the protocol does not have: a mistake of the caller. */
export function badFrameRequest(protocol: string, text: string): GridpostError {
	return new GridpostError("bad-request", `${protocol}: ${text}`, { origin: "local", retry: "never" });
}

/** What a request writes; undefined for one that reads. */
export function writtenOf({ values }: FrameRequest): ArrayLike<number> | undefined {
	return values === undefined || values.length === 0 ? undefined : values;
}

/** The record of a request; throws without one. */
export function recordOf(protocol: string, request: FrameRequest): FrameRecord {
	if (request.record === undefined) throw badFrameRequest(protocol, "a request needs a record");
	return request.record;
}

/** The key of a record as a number 0 to `most`. */
export function numberKey(protocol: string, record: FrameRecord, most: number): number {
	const { key } = record;
	if (typeof key !== "number" || !Number.isInteger(key) || key < 0 || key > most)
		throw badFrameRequest(protocol, `record ${record.name}: key ${key}, allowed 0 to ${most}`);
	return key;
}

/** Throws unless there are `least` to `most` bytes to write. */
export function checkValues(
	protocol: string,
	values: ArrayLike<number> | undefined,
	least: number,
	most: number,
): void {
	const count = values?.length ?? 0;
	if (count < least || count > most)
		throw badFrameRequest(protocol, `${count} bytes to write, allowed ${least} to ${most}`);
	for (let i = 0; i < count; i++) {
		const value = values![i]!;
		if (value !== (value & 255)) throw badFrameRequest(protocol, `byte ${i} to write is ${value}, allowed 0 to 255`);
	}
}

/** Copies the bytes of a write to `out` at `at` and gives where they end. */
export function putBytes(values: ArrayLike<number>, out: Uint8Array, at: number): number {
	for (let i = 0; i < values.length; i++) out[at + i] = values[i]!;
	return at + values.length;
}
