/**
 * The Modbus PDU: function codes, limits, requests to bytes, and what answers what.
 * MAP = Modbus Application Protocol Specification V1.1b3.
 *
 * RTU and TCP share one buffer layout, that of a TCP frame: six bytes of MBAP header (not used by RTU), the unit at
 * `UNIT_AT`, the PDU from `PDU_AT`. So one encoder, one matcher and one responder serve both, without a copy.
 */

import { GridpostError } from "../base/errors";
import { frozen } from "../base/frozen";

export const FunctionCode = frozen({
	readCoils: 1,
	readDiscreteInputs: 2,
	readHoldingRegisters: 3,
	readInputRegisters: 4,
	writeSingleCoil: 5,
	writeSingleRegister: 6,
	writeMultipleCoils: 15,
	writeMultipleRegisters: 16,
	maskWriteRegister: 22,
	readWriteMultipleRegisters: 23,
	/** With MEI type 14: Read Device Identification. */
	encapsulatedInterface: 43,
});

/** MAP 7. The values a `RegisterSpace` answers with; 0 stands for "done". */
export const ModbusException = frozen({
	illegalFunction: 0x01,
	illegalDataAddress: 0x02,
	illegalDataValue: 0x03,
	serverDeviceFailure: 0x04,
	/** Accepted, but it takes long: ask later whether it is done; sending it again would do it twice. */
	acknowledge: 0x05,
	/** Nothing was done: the same request may be sent again later. */
	serverDeviceBusy: 0x06,
	gatewayPathUnavailable: 0x0a,
	gatewayTargetFailedToRespond: 0x0b,
});

/** MAP 6.1 to 6.17: most data items one request may carry, so that the PDU stays within 253 bytes (MAP 4.1). */
export const limits = frozen({
	readBits: 2000,
	writeBits: 1968,
	readRegisters: 125,
	writeRegisters: 123,
	readWriteRead: 125,
	readWriteWrite: 121,
	pdu: 253,
});

/** Where the unit and the PDU stand in every buffer of this module. */
export const UNIT_AT = 6;
export const PDU_AT = 7;
/** Room for any frame: header, unit, PDU and the CRC of RTU. */
export const FRAME_BYTES = PDU_AT + limits.pdu + 2;

export const MEI_DEVICE_IDENTIFICATION = 14;

/** One request as a client takes it. A plain object or the instance of a class; it may be used again after `onResult`. */
export interface ModbusRequest {
	/** 1 to 247, 0 = broadcast on RTU (only functions that write); on TCP also 0, 255 as the server wants it. */
	unit: number;
	function: number;
	/** Protocol address, from 0. For 43/14: the first object id. */
	address: number;
	/** Items to read (1-4, 23), or for 43/14 the read device id code (1 basic, 2 regular, 3 extended, 4 one object). */
	count?: number;
	/** Items to write: registers 0 to 65535 (-32768 to -1 as two's complement), or bits as 0 and anything else. */
	values?: ArrayLike<number>;
	/** Function 23 only: where `values` go; `address` and `count` are what is read back. */
	writeAddress?: number;
	/** Function 22: new = (old AND andMask) OR (orMask AND NOT andMask). */
	andMask?: number;
	orMask?: number;
}

/** A request that the specification does not allow: a mistake of the caller. */
export const badRequest = (text: string): GridpostError =>
	new GridpostError("bad-request", `modbus: ${text}`, { origin: "local", retry: "never" });

function checkCount(what: string, count: number, most: number): void {
	if (!Number.isInteger(count) || count < 1 || count > most) {
		throw badRequest(`${what} is ${count}, allowed 1 to ${most}`);
	}
}

function checkRange(address: number, count: number): void {
	if (address !== (address & 0xffff) || address + count > 65536) {
		throw badRequest(`address ${address} with ${count} items leaves 0 to 65535`);
	}
}

function register(value: number | undefined): number {
	if (value === undefined || !Number.isInteger(value) || value < -32768 || value > 65535) {
		throw badRequest(`register value ${value}, allowed -32768 to 65535`);
	}
	return value & 0xffff;
}

function required(values: ArrayLike<number> | undefined): ArrayLike<number> {
	if (!values) throw badRequest("values are missing");
	return values;
}

/**
 * Writes unit and PDU of a request at `UNIT_AT`. Returns the length of the PDU.
 * Throws GridpostError "bad-request" on anything the specification does not allow: that is a mistake of the caller.
 */
export function encodeRequest(request: ModbusRequest, frame: Uint8Array): number {
	const code = request.function;
	const address = request.address;
	if (request.unit !== (request.unit & 255)) throw badRequest(`unit ${request.unit}, allowed 0 to 255`);
	frame[UNIT_AT] = request.unit;
	frame[PDU_AT] = code;
	if (code >= 1 && code <= 4) {
		const count = request.count ?? 1;
		const most = code <= 2 ? limits.readBits : limits.readRegisters;
		if (!(count >= 1 && count <= most) || count !== (count | 0)) checkCount("count", count, most);
		checkRange(address, count);
		put16(frame, PDU_AT + 1, address);
		put16(frame, PDU_AT + 3, count);
		return 5;
	}
	return encodeRare(request, frame);
}

function put16(bytes: Uint8Array, at: number, value: number): void {
	bytes[at] = value >> 8;
	bytes[at + 1] = value;
}

/** Everything but the four reads, kept apart so that the common case stays short. */
function encodeRare(request: ModbusRequest, frame: Uint8Array): number {
	const address = request.address;
	switch (request.function) {
		case FunctionCode.writeSingleCoil:
			checkRange(address, 1);
			put16(frame, PDU_AT + 1, address);
			put16(frame, PDU_AT + 3, required(request.values)[0] ? 0xff00 : 0);
			return 5;
		case FunctionCode.writeSingleRegister:
			checkRange(address, 1);
			put16(frame, PDU_AT + 1, address);
			put16(frame, PDU_AT + 3, register(required(request.values)[0]));
			return 5;
		case FunctionCode.writeMultipleCoils: {
			const values = required(request.values);
			checkCount("number of values", values.length, limits.writeBits);
			checkRange(address, values.length);
			put16(frame, PDU_AT + 1, address);
			put16(frame, PDU_AT + 3, values.length);
			return 6 + packBits(values, frame, PDU_AT + 5);
		}
		case FunctionCode.writeMultipleRegisters: {
			const values = required(request.values);
			checkCount("number of values", values.length, limits.writeRegisters);
			checkRange(address, values.length);
			put16(frame, PDU_AT + 1, address);
			put16(frame, PDU_AT + 3, values.length);
			return 6 + packRegisters(values, frame, PDU_AT + 5);
		}
		case FunctionCode.maskWriteRegister:
			checkRange(address, 1);
			put16(frame, PDU_AT + 1, address);
			put16(frame, PDU_AT + 3, register(request.andMask));
			put16(frame, PDU_AT + 5, register(request.orMask));
			return 7;
		case FunctionCode.readWriteMultipleRegisters: {
			const values = required(request.values);
			const count = request.count ?? 1;
			const writeAddress = request.writeAddress ?? address;
			checkCount("count", count, limits.readWriteRead);
			checkCount("number of values", values.length, limits.readWriteWrite);
			checkRange(address, count);
			checkRange(writeAddress, values.length);
			put16(frame, PDU_AT + 1, address);
			put16(frame, PDU_AT + 3, count);
			put16(frame, PDU_AT + 5, writeAddress);
			put16(frame, PDU_AT + 7, values.length);
			return 10 + packRegisters(values, frame, PDU_AT + 9);
		}
		case FunctionCode.encapsulatedInterface: {
			const readCode = request.count ?? 1;
			checkCount("read device id code", readCode, 4);
			if (!Number.isInteger(address) || address < 0 || address > 255) throw badRequest(`object id ${address}`);
			frame[PDU_AT + 1] = MEI_DEVICE_IDENTIFICATION;
			frame[PDU_AT + 2] = readCode;
			frame[PDU_AT + 3] = address;
			return 4;
		}
		default:
			throw badRequest(`function ${request.function} is not known`);
	}
}

/** Byte count, then the values big-endian. Returns the byte count. */
function packRegisters(values: ArrayLike<number>, frame: Uint8Array, at: number): number {
	frame[at] = 2 * values.length;
	for (let i = 0; i < values.length; i++) put16(frame, at + 1 + 2 * i, register(values[i]));
	return 2 * values.length;
}

/** Byte count, then the bits, the first one lowest, the last byte filled up with zeros (MAP 6.11). */
function packBits(values: ArrayLike<number>, frame: Uint8Array, at: number): number {
	const bytes = (values.length + 7) >> 3;
	frame[at] = bytes;
	for (let i = 0; i < bytes; i++) {
		let byte = 0;
		for (let bit = 0; bit < 8; bit++) if (values[8 * i + bit]) byte |= 1 << bit;
		frame[at + 1 + i] = byte;
	}
	return bytes;
}

/** Length of the PDU that answers the request in `frame`, or 0 where only the reply itself tells (43/14). */
export function expectedReply(frame: Uint8Array): number {
	switch (frame[PDU_AT]!) {
		case FunctionCode.readCoils:
		case FunctionCode.readDiscreteInputs:
			return 2 + ((((frame[PDU_AT + 3]! << 8) | frame[PDU_AT + 4]!) + 7) >> 3);
		case FunctionCode.readHoldingRegisters:
		case FunctionCode.readInputRegisters:
		case FunctionCode.readWriteMultipleRegisters:
			return 2 + 2 * ((frame[PDU_AT + 3]! << 8) | frame[PDU_AT + 4]!);
		case FunctionCode.maskWriteRegister:
			return 7;
		case FunctionCode.encapsulatedInterface:
			return 0;
		default:
			return 5;
	}
}

/** Whether a function may be broadcast: the pure writes (MAP 4.1: "only writing requests"). */
export function canBroadcast(code: number): boolean {
	return code === 5 || code === 6 || code === 15 || code === 16 || code === 22;
}

export const Match = frozen({ no: 0, reply: 1, exception: 2 });

/**
 * Whether the PDU of `length` bytes in `reply` answers the PDU in `request` (both at `PDU_AT`): same function, the byte
 * count that was asked for, and for writes the echo of address and value or quantity. `expected` as from `expectedReply`.
 * `counted`: something else has told the length, so that the byte count need not.
 */
export function matchReply(
	request: Uint8Array,
	reply: Uint8Array,
	length: number,
	expected: number,
	counted = false,
): number {
	const code = request[PDU_AT]!;
	const got = reply[PDU_AT]!;
	if (got !== code) return got === (code | 0x80) && length === 2 ? Match.exception : Match.no;
	if (code <= 4 || code === FunctionCode.readWriteMultipleRegisters) {
		return length === expected && (counted || reply[PDU_AT + 1]! === expected - 2) ? Match.reply : Match.no;
	}
	if (code === FunctionCode.encapsulatedInterface) {
		if (length < 7 || reply[PDU_AT + 1]! !== MEI_DEVICE_IDENTIFICATION) return Match.no;
		if (reply[PDU_AT + 2]! !== request[PDU_AT + 2]!) return Match.no;
		return identificationLength(reply, length) === length ? Match.reply : Match.no;
	}
	if (length !== expected) return Match.no;
	for (let at = PDU_AT + 1; at < PDU_AT + expected; at++) {
		if (reply[at]! !== request[at]!) return Match.no;
	}
	return Match.reply;
}

/**
 * Length of the 43/14 reply PDU that starts at `at`, walked object by object; 0 while the `available` bytes do not
 * hold all of it.
 */
export function identificationLength(frame: Uint8Array, available: number, at: number = PDU_AT): number {
	if (available < 7) return 0;
	let end = 7;
	for (let left = frame[at + 6]!; left > 0; left--) {
		if (end + 2 > available) return 0;
		end += 2 + frame[at + end + 1]!;
	}
	return end <= available ? end : 0;
}

export interface Identification {
	/** 1 basic, 2 regular, 3 extended; + 0x80 when single objects may be read too. */
	conformity: number;
	/** Object id to go on from, or undefined when this reply was the last. */
	next: number | undefined;
	objects: { id: number; text: string }[];
}

/** Takes a 43/14 result apart: `data` as in ModbusResult, which for 43/14 starts behind the MEI type (MAP 6.21). */
export function parseIdentification(data: DataView): Identification {
	const objects: { id: number; text: string }[] = [];
	let at = 5;
	for (let left = data.getUint8(4); left > 0; left--) {
		const id = data.getUint8(at);
		const length = data.getUint8(at + 1);
		let text = "";
		for (let i = 0; i < length; i++) text += String.fromCharCode(data.getUint8(at + 2 + i));
		objects.push({ id, text });
		at += 2 + length;
	}
	return {
		conformity: data.getUint8(1),
		next: data.getUint8(2) === 0xff ? data.getUint8(3) : undefined,
		objects,
	};
}
