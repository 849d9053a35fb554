/**
 * Huanyang HY drives: address, function, length of the data, data, CRC-16 low byte first. It looks like Modbus RTU and
 * is not: every request and reply has the length byte, and the functions are its own.
 *
 *     01 04 03 01 00 00 a1 8e          read status value 1, the output frequency
 *     01 04 03 01 13 88 ac d8          it is 0x1388 = 50.00 Hz
 *
 * Functions: 1 read a parameter, 2 write one, 3 control, 4 read a status value, 5 set the frequency
 * (LinuxCNC/linuxcnc:src/hal/user_comps/huanyang-vfd/hy_modbus.c, buildbotics/bbctrl-firmware:src/avr/src/huanyang.c).
 */
import { crc16Modbus } from "../base/crc";
import {
	badFrameRequest,
	checkValues,
	type FrameRequest,
	type Framer,
	numberKey,
	putBytes,
	recordOf,
	Verdict,
	writtenOf,
} from "./framer";

const kName = "huanyang";
/** Address, function and length before the data; the CRC behind it. */
const kHead = 3;
const kCrc = 2;
const kDataMost = 3;
const kReadParameter = 1;
const kWriteParameter = 2;
const kControl = 3;
const kReadStatus = 4;
const kSetFrequency = 5;

/** The key of a record: 0x0401 is status value 1, 0x0300 the control byte, 0x028d parameter 141 to be written. */
export const huanyangKey = (code: number, index = 0): number => (code << 8) | index;

/**
 * Payload of functions 1, 2 and 4: the value in 2 bytes, big-endian, also where the drive sends it in 1. Of function 3:
 * 1 byte, the status; a read of it sends the data of `record.request` in hexadecimal ("00": a control byte that commands
 * nothing). Of function 5: 2 bytes, the frequency that was taken.
 * `values`: 1 or 2 bytes for function 2, 1 for function 3, 2 for function 5.
 */
export class HuanyangFramer implements Framer {
	readonly sendBytes = kHead + kDataMost + kCrc;
	readonly receiveBytes = 64;
	readonly gapMs = 60;
	readonly pauseMs = 0;
	readonly silent = false;
	readonly payload = new DataView(new ArrayBuffer(4));
	payloadBytes = 0;
	exception = 0;
	used = 0;
	expected = 0;
	/** The open request, without its CRC: address, function, length, data. */
	readonly #request = new Uint8Array(kHead + kDataMost);

	check(request: FrameRequest): number {
		const record = recordOf(kName, request);
		const key = numberKey(kName, record, 0x5ff);
		const values = writtenOf(request);
		switch (key >> 8) {
			case kReadParameter:
			case kReadStatus:
				checkValues(kName, values, 0, 0);
				break;
			case kWriteParameter:
				checkValues(kName, values, 1, 2);
				break;
			case kControl:
				if (values === undefined) controlByte(record.request);
				else checkValues(kName, values, 1, 1);
				break;
			case kSetFrequency:
				checkValues(kName, values, 2, 2);
				break;
			default:
				throw badFrameRequest(kName, `function ${key >> 8}, allowed 1 to 5`);
		}
		return key;
	}

	begin(request: FrameRequest): void {
		const { unit, record } = request;
		const values = writtenOf(request);
		const key = record!.key as number;
		const code = key >> 8;
		const out = this.#request;
		out[0] = unit;
		out[1] = code;
		out[kHead] = key;
		out[kHead + 1] = 0;
		out[kHead + 2] = 0;
		if (code === kReadParameter || code === kReadStatus) out[2] = 3;
		else if (code === kWriteParameter) out[2] = putBytes(values!, out, kHead + 1) - kHead;
		else if (values !== undefined) out[2] = putBytes(values, out, kHead) - kHead;
		else {
			out[2] = 1;
			out[kHead] = controlByte(record!.request);
		}
		// a parameter of one byte comes in 7
		this.expected = code === kControl ? 6 : code === kSetFrequency ? 7 : code === kReadStatus ? 8 : 0;
	}

	encode(out: Uint8Array): number {
		const end = kHead + this.#request[2]!;
		for (let i = 0; i < end; i++) out[i] = this.#request[i]!;
		const crc = crc16Modbus(out, 0, end);
		out[end] = crc;
		out[end + 1] = crc >> 8;
		return end + kCrc;
	}

	take(bytes: Uint8Array, length: number): number {
		const request = this.#request;
		let foreign = false;
		let ours = false;
		for (let at = 0; at < length; ) {
			const left = length - at;
			// whether a frame of ours may begin here, by as many bytes as there are
			const begins =
				bytes[at] === request[0] &&
				(left < 2 || bytes[at + 1] === request[1]) &&
				(left < 3 || (bytes[at + 2]! >= 1 && bytes[at + 2]! <= kDataMost));
			if (left < kHead) {
				if (begins) return this.#wait(at);
				at++;
				continue;
			}
			const size = kHead + bytes[at + 2]! + kCrc;
			if (size <= left && bytes[at + 2]! <= kDataMost && crc16Modbus(bytes, at, at + size) === 0) {
				if (begins && this.#answers(bytes, at)) {
					this.used = at + size;
					return Verdict.reply;
				}
				foreign = true;
				at += size;
				continue;
			}
			if (begins) {
				if (size > left) return this.#wait(at);
				ours = true;
			}
			at++;
		}
		this.used = length;
		return foreign ? Verdict.foreign : ours ? Verdict.garbled : Verdict.noise;
	}

	settle(): boolean {
		return false;
	}

	#wait(at: number): number {
		this.used = at;
		return Verdict.more;
	}

	/** Whether the intact frame at `at` answers the request, by its length and the index that comes back. */
	#answers(bytes: Uint8Array, at: number): boolean {
		const code = bytes[at + 1]!;
		const length = bytes[at + 2]!;
		const data = at + kHead;
		const payload = this.payload;
		if (code === kControl) {
			if (length !== 1) return false;
			payload.setUint16(0, bytes[data]! << 8);
			this.payloadBytes = 1;
			return true;
		}
		if (code === kSetFrequency) {
			if (length !== 2) return false;
			payload.setUint16(0, (bytes[data]! << 8) | bytes[data + 1]!);
			this.payloadBytes = 2;
			return true;
		}
		if (length < 2 || bytes[data] !== this.#request[kHead]) return false;
		payload.setUint16(0, length === 2 ? bytes[data + 1]! : (bytes[data + 1]! << 8) | bytes[data + 2]!);
		this.payloadBytes = 2;
		return true;
	}
}

function controlByte(request: string | undefined): number {
	if (request === undefined || !/^[0-9a-fA-F]{2}$/.test(request))
		throw badFrameRequest(kName, `control byte "${request}" to read the status with, allowed two hexadecimal digits`);
	return Number.parseInt(request, 16);
}
