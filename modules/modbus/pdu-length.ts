/**
 * How long a PDU is, told from its first bytes. RTU has no length field, so whoever looks for frames in a run of bytes
 * (merged, cut, or with noise in front) needs this.
 */
import { FunctionCode, identificationLength } from "./pdu";

/** The bytes so far do not tell yet. */
export const LENGTH_UNKNOWN = 0;
/** No PDU of this kind exists, so nothing can be said about its end. */
export const LENGTH_NONE = -1;

/** Length of the request PDU at `at` of which `available` bytes are there. */
export function requestLength(bytes: Uint8Array, at: number, available: number): number {
	if (available < 1) return LENGTH_UNKNOWN;
	switch (bytes[at]!) {
		case FunctionCode.readCoils:
		case FunctionCode.readDiscreteInputs:
		case FunctionCode.readHoldingRegisters:
		case FunctionCode.readInputRegisters:
		case FunctionCode.writeSingleCoil:
		case FunctionCode.writeSingleRegister:
			return 5;
		case FunctionCode.writeMultipleCoils:
		case FunctionCode.writeMultipleRegisters:
			return available < 6 ? LENGTH_UNKNOWN : 6 + bytes[at + 5]!;
		case FunctionCode.maskWriteRegister:
			return 7;
		case FunctionCode.readWriteMultipleRegisters:
			return available < 10 ? LENGTH_UNKNOWN : 10 + bytes[at + 9]!;
		case FunctionCode.encapsulatedInterface:
			return 4;
		default:
			return LENGTH_NONE;
	}
}

/** Length of the reply PDU at `at` of which `available` bytes are there. */
export function replyLength(bytes: Uint8Array, at: number, available: number): number {
	if (available < 1) return LENGTH_UNKNOWN;
	const code = bytes[at]!;
	if (code >= 0x81 && code <= 0xab) return 2;
	switch (code) {
		case FunctionCode.readCoils:
		case FunctionCode.readDiscreteInputs:
		case FunctionCode.readHoldingRegisters:
		case FunctionCode.readInputRegisters:
		case FunctionCode.readWriteMultipleRegisters:
			return available < 2 ? LENGTH_UNKNOWN : 2 + bytes[at + 1]!;
		case FunctionCode.writeSingleCoil:
		case FunctionCode.writeSingleRegister:
		case FunctionCode.writeMultipleCoils:
		case FunctionCode.writeMultipleRegisters:
			return 5;
		case FunctionCode.maskWriteRegister:
			return 7;
		case FunctionCode.encapsulatedInterface:
			return identificationLength(bytes, available, at);
		default:
			return LENGTH_NONE;
	}
}
