/**
 * A byte-addressed piece of what a device says, and how it is asked for or recognised: a CAN frame, the reply to a command,
 * a JSON document. What the fields mean is the protocol's; whoever decodes it sees only the bytes of the payload.
 */
export interface RecordSpec {
	/** What rows call it, and a person reads: "0x356", "telemetry". */
	readonly name: string;
	/** CAN identifier, command, first register of a Modbus read; HTTP path or MQTT topic as text. */
	readonly key: number | string;
	/** Bytes of the payload, at most. */
	readonly bytes: number;
	/** Bytes it has at least, when the device may leave out what stands at its end. Default: all. */
	readonly least?: number;
	/** Function that reads it: Modbus only. Default: the table's. */
	readonly fc?: 3 | 4;
	/** A 29-bit CAN identifier. */
	readonly extended?: boolean;
	/** Milliseconds between two of those that the device sends unasked; three without one are its silence. */
	readonly everyMs?: number;
	/** The record is only this when its byte has that value: several of them share one key. */
	readonly mux?: { readonly byte: number; readonly value: number };
	/** What asks for it beyond the key; for one that is written, what is sent, {value} standing for the value. */
	readonly request?: string;
	/** Added to `key`, and to what asks for it, for each unit above 1: CAN. */
	readonly perUnit?: number;
	readonly requestPerUnit?: number;
	/** It comes in several frames, numbered from 1 in their first byte; this many bytes follow in each: CAN. */
	readonly partBytes?: number;
	/** It is sent by the hub, not read. */
	readonly write?: boolean;
}

/** `function` of a request that writes a record; `values` are the bytes of the row, of JSON its number. */
export const WRITE_RECORD = 0x100;

/** `function` of a request that reads a record of anything but Modbus. */
export const READ_RECORD = 0;
