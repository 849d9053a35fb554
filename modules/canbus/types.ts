/** What stands between the client of a CAN bus and its port, its listeners and its askers. */
import type { RecordSpec } from "../base/record";
import type { CANCounters, CANFrame, CANOptions, CANState, CANTransmit } from "../can/can";

/** The shape of the CAN class (modules/can) as the client uses it. */
export interface CanPort {
	read(data: Uint8Array, into: CANFrame): CANFrame | undefined;
	write(frame: CANTransmit): void;
	readonly state: CANState;
	readonly counters: CANCounters;
	close(): void;
}

export type CanClass = new (options: CANOptions) => CanPort;

/** Settings of the port (modules/can), without what the client gives itself. */
export type CanLinkOptions = Omit<
	CANOptions,
	"onReadable" | "onWritable" | "onError" | "onStateChange" | "filters" | "mode"
> & { io: CanClass };

/** As a transaction of any bus ends. `data` is read during the call only. */
export interface CanResult {
	status: "ok" | "timeout" | "garbled" | "closed";
	/** Always 0. */
	exception: number;
	/** May go on behind the payload. */
	data: DataView;
	/** The payload as bytes, and how many. */
	bytes: Uint8Array;
	byteLength: number;
	startMs: number;
	endMs: number;
}

/** A device that is heard. */
export interface CanListener {
	readonly records: readonly RecordSpec[];
	/** Its unit; 1 is that of the identifiers as the records have them. */
	readonly unit: number;
	/**
	 * A frame of a record came, by its index in `records`; "garbled": one that is too short, "timeout": none for three
	 * periods (told once), "closed": the port has gone (told of each record).
	 */
	onRecord(index: number, result: CanResult): void;
}

/** A record that is asked for, or written. The object must stay as it is until its result. */
export interface CanRequest {
	readonly unit: number;
	readonly record?: RecordSpec | undefined;
	/** Payload of what is written. */
	readonly values?: readonly number[] | undefined;
	readonly timeoutMs: number;
	/** Further tries after the first. */
	readonly retries: number;
	onResult(result: CanResult): void;
}

/** Identifier and format in one number, which is still a small integer: 29 bits, and one above them. */
export const kExtended = 0x20000000;

/** That of a record for a unit. */
export function recordKey(record: RecordSpec, unit: number): number {
	return Number(record.key) + (record.perUnit ?? 0) * (unit - 1) + (record.extended === true ? kExtended : 0);
}

/** A frame as candump writes it. */
export interface FrameText {
	/** With `kExtended`. */
	readonly key: number;
	readonly data: Uint8Array;
}

/** "305#0000" or "18900140#0000000000000000"; without "#", a frame without data. Undefined for what is none. */
export function parseFrame(text: string): FrameText | undefined {
	const match = /^([0-9a-fA-F]{3}|[0-9a-fA-F]{8})(?:#((?:[0-9a-fA-F]{2}){0,8}))?$/.exec(text);
	if (match === null) return undefined;
	const id = Number.parseInt(match[1]!, 16);
	const isExtended = match[1]!.length === 8;
	if (id > (isExtended ? 0x1fffffff : 0x7ff)) return undefined;
	const digits = match[2] ?? "";
	const data = new Uint8Array(digits.length / 2);
	for (let i = 0; i < data.length; i++) data[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
	return { key: id + (isExtended ? kExtended : 0), data };
}
