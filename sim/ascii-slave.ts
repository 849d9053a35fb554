import type { SimDevice } from "./device";
import type { Fault, FaultSchedule, SimReply } from "./faults";
import { isIntact, seal } from "./rtu-frame";

/**
 * A slave of RTU frames on a line where Modbus ASCII is spoken. Written apart from modules/modbus, so that a mistake there
 * is not mirrored here. Characters have their eighth bit as they come: the lower seven count.
 */
export class AsciiSlave<T extends SimDevice> implements SimDevice {
	readonly inner: T;

	constructor(inner: T) {
		this.inner = inner;
	}

	get unit(): number {
		return this.inner.unit;
	}

	get requests(): number {
		return this.inner.requests;
	}

	get fault(): Fault | undefined {
		return this.inner.fault;
	}

	set fault(fault: Fault | undefined) {
		this.inner.fault = fault;
	}

	get faults(): FaultSchedule | undefined {
		return this.inner.faults;
	}

	set faults(faults: FaultSchedule | undefined) {
		this.inner.faults = faults;
	}

	onFrame(frame: Uint8Array, nowMs: number): SimReply | undefined {
		const pdu = fromAscii(frame);
		const reply = this.inner.onFrame(pdu === undefined ? new Uint8Array(0) : seal(pdu[0]!, pdu.subarray(1)), nowMs);
		return reply && { bytes: toAscii(reply.bytes), delayMs: reply.delayMs };
	}
}

/** Unit and PDU of an ASCII frame; undefined when it is none. */
function fromAscii(frame: Uint8Array): Uint8Array | undefined {
	const text = String.fromCharCode(...frame.map((code) => code & 0x7f));
	const match = /^:((?:[0-9A-F]{2}){3,})\r\n$/.exec(text);
	if (!match) return undefined;
	const bytes = Uint8Array.from(match[1]!.match(/../g)!, (pair) => Number.parseInt(pair, 16));
	return (bytes.reduce((sum, byte) => sum + byte, 0) & 255) === 0 ? bytes.subarray(0, -1) : undefined;
}

/** The characters of an RTU frame; of bytes that are none, with a wrong LRC. */
function toAscii(bytes: Uint8Array): Uint8Array {
	const body = bytes.subarray(0, Math.max(0, bytes.length - 2));
	const sum = body.reduce((total, byte) => total + byte, isIntact(bytes) ? 0 : 0x55);
	let text = ":";
	for (const byte of [...body, -sum & 255]) text += byte.toString(16).toUpperCase().padStart(2, "0");
	return Uint8Array.from(`${text}\r\n`, (letter) => letter.charCodeAt(0) | 0x80);
}
