/**
 * What a server answers: one request PDU in, one reply PDU out, the data coming from a `RegisterSpace`.
 * Used by the RTU server, the TCP server and the simulated devices alike.
 * MAP = Modbus Application Protocol Specification V1.1b3; each function follows the state diagram of its clause:
 * function known? quantity allowed? addresses exist? processing done?
 */
import { frozen } from "../base/frozen";
import { FunctionCode, limits, MEI_DEVICE_IDENTIFICATION, ModbusException, PDU_AT } from "./pdu";

/**
 * The data behind a server. Every method answers 0 or a Modbus exception code, and changes nothing when it is not 0.
 * A method that is missing makes its functions "illegal function". `unit` is as received, after the server's own mapping.
 * Bits are packed as on the wire: the first one lowest in the first byte, the rest of the last byte 0.
 */
export interface RegisterSpace {
	/** Whether this unit is served here. RTU servers keep silent for others, TCP servers answer 0x0B. Missing = all are. */
	hasUnit?(unit: number): boolean;
	/** False: there are no input registers, and their function is illegal whatever it asks for. */
	readonly inputRegisters?: boolean;
	readRegisters?(unit: number, input: boolean, address: number, count: number, out: DataView, offset: number): number;
	/** All or nothing. */
	writeRegisters?(unit: number, address: number, count: number, data: DataView, offset: number): number;
	/** `out` from `offset` on is zeroed before. */
	readBits?(unit: number, discrete: boolean, address: number, count: number, out: Uint8Array, offset: number): number;
	writeBits?(unit: number, address: number, count: number, data: Uint8Array, offset: number): number;
	/** ASCII text of a device identification object (0 vendor, 1 product code, 2 revision, 3 URL, 4 product, 5 model). */
	identification?(unit: number, objectId: number): string | undefined;
}

/** The buffers of a request and its reply; both in the layout of `pdu.ts`. */
export interface Exchange {
	readonly request: Uint8Array;
	readonly requestView: DataView;
	readonly reply: Uint8Array;
	readonly replyView: DataView;
}

const DATA_AT = PDU_AT + 2;
/** MAP 6.21: what is left of a PDU for one object, behind the head of the reply and of the object. */
const OBJECT_MOST = limits.pdu - 9;

/** Answers the request PDU of `length` bytes. Returns the length of the reply PDU. Never throws. */
export function respond(space: RegisterSpace, unit: number, exchange: Exchange, length: number): number {
	const { request, reply } = exchange;
	const code = request[PDU_AT]!;
	let result: number;
	try {
		result = -perform(space, unit, code, exchange, length);
	} catch {
		result = ModbusException.serverDeviceFailure;
	}
	if (result <= 0) {
		reply[PDU_AT] = code;
		return -result;
	}
	// a function code above 127 is no request: the answer cannot say which it was (MAP 4.1), and keeps bit 7 set
	reply[PDU_AT] = code | 0x80;
	reply[PDU_AT + 1] = result;
	return 2;
}

/** Length of the reply PDU, or an exception code as a negative number. */
function perform(space: RegisterSpace, unit: number, code: number, exchange: Exchange, length: number): number {
	switch (code) {
		case FunctionCode.readCoils:
		case FunctionCode.readDiscreteInputs:
			return readBits(space, unit, code === FunctionCode.readDiscreteInputs, exchange, length);
		case FunctionCode.readHoldingRegisters:
		case FunctionCode.readInputRegisters:
			return readRegisters(space, unit, code === FunctionCode.readInputRegisters, exchange, length);
		case FunctionCode.writeSingleCoil:
			return writeSingleCoil(space, unit, exchange, length);
		case FunctionCode.writeSingleRegister:
			if (!space.writeRegisters) return -ModbusException.illegalFunction;
			if (length !== 5) return -ModbusException.illegalDataValue;
			return echo(space.writeRegisters(unit, address(exchange), 1, exchange.requestView, PDU_AT + 3), exchange, 5);
		case FunctionCode.writeMultipleCoils:
			return writeMultipleCoils(space, unit, exchange, length);
		case FunctionCode.writeMultipleRegisters:
			return writeMultipleRegisters(space, unit, exchange, length);
		case FunctionCode.maskWriteRegister:
			return maskWrite(space, unit, exchange, length);
		case FunctionCode.readWriteMultipleRegisters:
			return readWrite(space, unit, exchange, length);
		case FunctionCode.encapsulatedInterface:
			return identify(space, unit, exchange, length);
		default:
			return -ModbusException.illegalFunction;
	}
}

const address = (exchange: Exchange): number => exchange.requestView.getUint16(PDU_AT + 1);
const quantity = (exchange: Exchange): number => exchange.requestView.getUint16(PDU_AT + 3);
const badCount = (count: number, most: number): boolean => count < 1 || count > most;

/** The reply to most writes is the head of the request. */
function echo(result: number, exchange: Exchange, length: number): number {
	if (result !== 0) return -result;
	for (let at = PDU_AT + 1; at < PDU_AT + length; at++) exchange.reply[at] = exchange.request[at]!;
	return length;
}

/** MAP 6.3, 6.4. */
function readRegisters(space: RegisterSpace, unit: number, input: boolean, exchange: Exchange, length: number): number {
	if (!space.readRegisters || (input && space.inputRegisters === false)) return -ModbusException.illegalFunction;
	if (length !== 5) return -ModbusException.illegalDataValue;
	const from = address(exchange);
	const count = quantity(exchange);
	if (badCount(count, limits.readRegisters)) return -ModbusException.illegalDataValue;
	if (from + count > 65536) return -ModbusException.illegalDataAddress;
	const result = space.readRegisters(unit, input, from, count, exchange.replyView, DATA_AT);
	if (result !== 0) return -result;
	exchange.reply[PDU_AT + 1] = 2 * count;
	return 2 + 2 * count;
}

/** MAP 6.1, 6.2. */
function readBits(space: RegisterSpace, unit: number, discrete: boolean, exchange: Exchange, length: number): number {
	if (!space.readBits) return -ModbusException.illegalFunction;
	if (length !== 5) return -ModbusException.illegalDataValue;
	const from = address(exchange);
	const count = quantity(exchange);
	if (badCount(count, limits.readBits)) return -ModbusException.illegalDataValue;
	if (from + count > 65536) return -ModbusException.illegalDataAddress;
	const bytes = (count + 7) >> 3;
	exchange.reply.fill(0, DATA_AT, DATA_AT + bytes);
	const result = space.readBits(unit, discrete, from, count, exchange.reply, DATA_AT);
	if (result !== 0) return -result;
	exchange.reply[PDU_AT + 1] = bytes;
	return 2 + bytes;
}

/** MAP 6.5: 0xFF00 is on, 0 is off, nothing else is allowed. */
function writeSingleCoil(space: RegisterSpace, unit: number, exchange: Exchange, length: number): number {
	if (!space.writeBits) return -ModbusException.illegalFunction;
	const value = length === 5 ? quantity(exchange) : 1;
	if (value !== 0 && value !== 0xff00) return -ModbusException.illegalDataValue;
	// one packed bit: it is put behind the reply, where it is in nobody's way
	const at = PDU_AT + limits.pdu - 1;
	exchange.reply[at] = value === 0 ? 0 : 1;
	return echo(space.writeBits(unit, address(exchange), 1, exchange.reply, at), exchange, 5);
}

/** MAP 6.11. */
function writeMultipleCoils(space: RegisterSpace, unit: number, exchange: Exchange, length: number): number {
	if (!space.writeBits) return -ModbusException.illegalFunction;
	if (length < 7) return -ModbusException.illegalDataValue;
	const from = address(exchange);
	const count = quantity(exchange);
	const bytes = exchange.request[PDU_AT + 5]!;
	if (badCount(count, limits.writeBits) || bytes !== (count + 7) >> 3 || length !== 6 + bytes) {
		return -ModbusException.illegalDataValue;
	}
	if (from + count > 65536) return -ModbusException.illegalDataAddress;
	return echo(space.writeBits(unit, from, count, exchange.request, PDU_AT + 6), exchange, 5);
}

/** MAP 6.12. */
function writeMultipleRegisters(space: RegisterSpace, unit: number, exchange: Exchange, length: number): number {
	if (!space.writeRegisters) return -ModbusException.illegalFunction;
	if (length < 8) return -ModbusException.illegalDataValue;
	const from = address(exchange);
	const count = quantity(exchange);
	const bytes = exchange.request[PDU_AT + 5]!;
	if (badCount(count, limits.writeRegisters) || bytes !== 2 * count || length !== 6 + bytes) {
		return -ModbusException.illegalDataValue;
	}
	if (from + count > 65536) return -ModbusException.illegalDataAddress;
	return echo(space.writeRegisters(unit, from, count, exchange.requestView, PDU_AT + 6), exchange, 5);
}

/** MAP 6.16. Nothing comes between the read and the write: both happen in this call. */
function maskWrite(space: RegisterSpace, unit: number, exchange: Exchange, length: number): number {
	if (!space.readRegisters || !space.writeRegisters) return -ModbusException.illegalFunction;
	if (length !== 7) return -ModbusException.illegalDataValue;
	const at = address(exchange);
	const view = exchange.replyView;
	let result = space.readRegisters(unit, false, at, 1, view, DATA_AT);
	if (result !== 0) return -result;
	const and = exchange.requestView.getUint16(PDU_AT + 3);
	const or = exchange.requestView.getUint16(PDU_AT + 5);
	view.setUint16(DATA_AT, (view.getUint16(DATA_AT) & and) | (or & ~and));
	result = space.writeRegisters(unit, at, 1, view, DATA_AT);
	return echo(result, exchange, 7);
}

/** MAP 6.17: the write comes first. The read is tried before it, so that a bad read range leaves nothing written. */
function readWrite(space: RegisterSpace, unit: number, exchange: Exchange, length: number): number {
	if (!space.readRegisters || !space.writeRegisters) return -ModbusException.illegalFunction;
	if (length < 12) return -ModbusException.illegalDataValue;
	const { request, requestView, reply, replyView } = exchange;
	const from = address(exchange);
	const count = quantity(exchange);
	const writeFrom = requestView.getUint16(PDU_AT + 5);
	const writeCount = requestView.getUint16(PDU_AT + 7);
	const bytes = request[PDU_AT + 9]!;
	if (badCount(count, limits.readWriteRead) || badCount(writeCount, limits.readWriteWrite)) {
		return -ModbusException.illegalDataValue;
	}
	if (bytes !== 2 * writeCount || length !== 10 + bytes) return -ModbusException.illegalDataValue;
	if (from + count > 65536 || writeFrom + writeCount > 65536) return -ModbusException.illegalDataAddress;
	let result = space.readRegisters(unit, false, from, count, replyView, DATA_AT);
	if (result !== 0) return -result;
	result = space.writeRegisters(unit, writeFrom, writeCount, requestView, PDU_AT + 10);
	if (result !== 0) return -result;
	result = space.readRegisters(unit, false, from, count, replyView, DATA_AT);
	if (result !== 0) return -result;
	reply[PDU_AT + 1] = 2 * count;
	return 2 + 2 * count;
}

/** Last object id of basic, regular and extended identification; a higher category includes the lower ones. */
const categoryEnds = frozen<readonly number[]>([0, 0x02, 0x7f, 0xff]);

/** MAP 6.21. */
function identify(space: RegisterSpace, unit: number, exchange: Exchange, length: number): number {
	const { request, reply } = exchange;
	if (!space.identification) return -ModbusException.illegalFunction;
	// behind the end there may be bytes of an earlier request
	if (length < 2) return -ModbusException.illegalDataValue;
	if (request[PDU_AT + 1] !== MEI_DEVICE_IDENTIFICATION) return -ModbusException.illegalFunction;
	const readCode = request[PDU_AT + 2]!;
	if (length !== 4 || readCode < 1 || readCode > 4) return -ModbusException.illegalDataValue;
	let first = request[PDU_AT + 3]!;
	const known = space.identification(unit, first) !== undefined;
	if (readCode === 4 && !known) return -ModbusException.illegalDataAddress;
	// a stream asked for from an object that does not exist begins at the beginning
	if (!known || (readCode < 4 && first > categoryEnds[readCode]!)) first = 0;
	const last = readCode === 4 ? first : categoryEnds[readCode]!;
	let count = 0;
	let size = 7;
	let next = 0;
	for (let id = first; id <= last; id++) {
		const text = space.identification(unit, id);
		if (text === undefined) continue;
		const bytes = Math.min(text.length, OBJECT_MOST);
		if (size + 2 + bytes > limits.pdu) {
			next = id;
			break;
		}
		reply[PDU_AT + size] = id;
		reply[PDU_AT + size + 1] = bytes;
		for (let i = 0; i < bytes; i++) reply[PDU_AT + size + 2 + i] = text.charCodeAt(i);
		size += 2 + bytes;
		count++;
	}
	reply[PDU_AT + 1] = MEI_DEVICE_IDENTIFICATION;
	reply[PDU_AT + 2] = readCode;
	reply[PDU_AT + 3] = conformity(space, unit);
	reply[PDU_AT + 4] = next > 0 ? 0xff : 0;
	reply[PDU_AT + 5] = next;
	reply[PDU_AT + 6] = count;
	return size;
}

/** The highest category of which an object exists, with bit 7: single objects may be read too. */
function conformity(space: RegisterSpace, unit: number): number {
	for (let id = 0xff; id >= 0x03; id--) {
		if (space.identification!(unit, id) !== undefined) return id > 0x7f ? 0x83 : 0x82;
	}
	return 0x81;
}
