/**
 * JK BMS, classic protocol of the "GPS" jack (BD6A, B2A, B1A series): one frame each way, big-endian.
 *
 *     4e 57 | 00 13 | 00 00 00 00 | 06 | 03 | 00 | 00 | 00 00 00 00 | 68 | 00 00 01 29
 *     start   length  terminal      cmd  from type id   record number end   sum of all before
 *
 * The length counts all but the start. Commands: 2 write, 3 read one, 5 password, 6 read all. A reply to "read all" is a
 * list of ids, each with a value of the size its id has; behind an unknown id nothing can be read.
 * Sources: syssi/esphome-jk-bms:README.md ("Request / Response example", registers) and components/jk_modbus.
 */
import { frozen } from "../base/frozen";
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

const kName = "jk";
const kStart = 0x4e;
const kStart2 = 0x57;
const kEnd = 0x68;
const kWrite = 2;
const kPassword = 5;
const kReadAll = 6;
/** Start, length, terminal, command, source, type. */
const kHead = 11;
/** Record number, end, sum. */
const kTail = 9;
const kFromPc = 3;
const kFromGps = 2;
const kAsk = 0;
const kWriting = 2;
const kAnswer = 1;
const kFrameMost = 400;
const kFieldMost = 24;
export const kJkCells = 0x79;
/** Cells that have room in the payload; others are passed over. */
export const kJkCellSlots = 24;

/** Length of the value of each id of "read all", from 0x80; 0: no such id. */
const sizes = frozen<readonly number[]>([
	2, 2, 2, 2, 2, 1, 1, 2, 0, 4, 2, 2, 2, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	2, 2, 1, 4, 1, 1, 2, 1, 1, 2, 1, 10, 1, 8, 4, 4, 15, 1, 4, 24, 1, 1, 1, 2, 2, 1,
]);
const kFirst = 0x80;

/** Where each id's value begins in the payload, behind the cells; the last entry is its end. */
const places = frozen<readonly number[]>(
	[...sizes, 0].map((_, i) => sizes.slice(0, i).reduce((at, size) => at + size, 2 * kJkCellSlots)),
);

/** Bytes of the payload of "read all": the cells, and behind them the values of all ids in their order. */
export const jkBytes = (): number => places[sizes.length]!;

/** Length of the value of an id of "read all"; 0 for one that is not known. */
export const jkSize = (id: number): number => sizes[id - kFirst] ?? 0;

/** Where the value of an id stands in the payload of "read all"; 0x79, the cells, begin at 0. */
export const jkAt = (id: number): number => (id === kJkCells ? 0 : places[id - kFirst]!);

/**
 * The key of a record: 6 reads all; the id of a setting (0x8e to 0xbf) writes it, after the password frame whose data
 * `record.request` gives in hexadecimal, 150 ms before.
 * Payload of 6: cell voltages of cells 1 to 24 in mV, 0 where there is none, then each id's value at `jkAt(id)`, zeros for
 * those the board did not send. A write has no payload.
 */
export class JkFramer implements Framer {
	readonly sendBytes = kHead + 1 + kFieldMost + kTail;
	readonly receiveBytes = 512;
	readonly gapMs = 60;
	readonly pauseMs = 150;
	readonly silent = false;
	readonly expected = 0;
	used = 0;
	exception = 0;
	readonly #data = new Uint8Array(jkBytes());
	readonly payload = new DataView(this.#data.buffer);
	payloadBytes = 0;
	#id = 0;
	#command = kReadAll;
	#request: FrameRequest | undefined;

	check(request: FrameRequest): number {
		const record = recordOf(kName, request);
		const key = numberKey(kName, record, 0xff);
		const values = writtenOf(request);
		if (values === undefined) {
			if (key !== kReadAll) throw badFrameRequest(kName, `record ${record.name}: key ${key} is not read; allowed 6`);
		} else {
			if (key < 0x8e || key > 0xbf || jkSize(key) === 0)
				throw badFrameRequest(kName, `record ${record.name}: key ${key} is not written; allowed 142 to 191`);
			checkValues(kName, values, jkSize(key), jkSize(key));
			hexOf(record.request);
		}
		return 0;
	}

	begin(request: FrameRequest): void {
		this.#request = request;
		this.#id = request.record!.key as number;
		this.#command = writtenOf(request) === undefined ? kReadAll : kPassword;
		this.payloadBytes = 0;
	}

	encode(out: Uint8Array): number {
		const { record, values } = this.#request!;
		const asks = this.#command === kReadAll;
		let at = kHead;
		if (asks) out[at++] = 0;
		else if (this.#command === kPassword) at = putBytes(hexOf(record!.request), out, at);
		else {
			out[at++] = this.#id;
			at = putBytes(values!, out, at);
		}
		return sealJk(out, at, this.#command, asks ? kFromPc : kFromGps, asks ? kAsk : kWriting);
	}

	take(bytes: Uint8Array, length: number): number {
		let verdict: number = Verdict.noise;
		let at = 0;
		while (at < length) {
			const left = length - at;
			if (bytes[at] !== kStart || (left > 1 && bytes[at + 1] !== kStart2)) {
				at++;
				continue;
			}
			if (left < 4) return this.#wait(at);
			const size = 2 + ((bytes[at + 2]! << 8) | bytes[at + 3]!);
			if (size < kHead + kTail || size > kFrameMost) {
				at++;
				continue;
			}
			if (size > left) return this.#wait(at);
			if (!isIntactJk(bytes, at, size)) {
				verdict = Verdict.garbled;
				at++;
				continue;
			}
			at += size;
			if (bytes[at - size + 8] !== this.#command || bytes[at - size + 10] !== kAnswer) {
				if (verdict !== Verdict.garbled) verdict = Verdict.foreign;
				continue;
			}
			this.used = at;
			if (this.#command === kPassword) {
				this.#command = kWrite;
				return Verdict.step;
			}
			if (this.#command === kWrite) return Verdict.reply;
			return this.#spread(bytes, at - size + kHead, at - kTail) ? Verdict.reply : Verdict.garbled;
		}
		this.used = length;
		return verdict;
	}

	settle(): boolean {
		return false;
	}

	#wait(at: number): number {
		this.used = at;
		return Verdict.more;
	}

	/** Puts every value to its place. False when the list does not end where the frame does. */
	#spread(bytes: Uint8Array, from: number, end: number): boolean {
		const data = this.#data;
		data.fill(0);
		this.payloadBytes = data.length;
		let at = from;
		while (at < end) {
			const id = bytes[at++]!;
			if (id === kJkCells) {
				const cellsEnd = at + 1 + bytes[at]!;
				if (cellsEnd > end) return false;
				for (at++; at + 3 <= cellsEnd; at += 3) {
					const cell = bytes[at]! - 1;
					if (cell < 0 || cell >= kJkCellSlots) continue;
					data[2 * cell] = bytes[at + 1]!;
					data[2 * cell + 1] = bytes[at + 2]!;
				}
				at = cellsEnd;
				continue;
			}
			const size = jkSize(id);
			// behind an unknown id nothing can be read: what came before it is taken
			if (size === 0) return at > from + 1;
			if (at + size > end) return false;
			for (let to = jkAt(id), next = at + size; at < next; ) data[to++] = bytes[at++]!;
		}
		return true;
	}
}

/** Writes all but the data, which ends before `end`, of a frame that starts at 0; gives its length. */
export function sealJk(out: Uint8Array, end: number, command: number, source: number, type: number): number {
	out[0] = kStart;
	out[1] = kStart2;
	const length = end + kTail - 2;
	out[2] = length >> 8;
	out[3] = length;
	out.fill(0, 4, 8);
	out[8] = command;
	out[9] = source;
	out[10] = type;
	out.fill(0, end, end + 4);
	out[end + 4] = kEnd;
	out.fill(0, end + 5, end + 7);
	const total = sum(out, 0, end + 5);
	out[end + 7] = total >> 8;
	out[end + 8] = total;
	return end + kTail;
}

/** Whether the `size` bytes at `at` end with their end mark and their sum. */
export function isIntactJk(bytes: Uint8Array, at: number, size: number): boolean {
	const end = at + size;
	return bytes[end - 5] === kEnd && sum(bytes, at, end - 4) === ((bytes[end - 2]! << 8) | bytes[end - 1]!);
}

function sum(bytes: Uint8Array, from: number, end: number): number {
	let all = 0;
	for (let i = from; i < end; i++) all += bytes[i]!;
	return all & 0xffff;
}

function hexOf(request: string | undefined): number[] {
	if (request === undefined || !/^([0-9a-fA-F]{2}){1,11}$/.test(request))
		throw badFrameRequest(kName, `password "${request}", allowed 1 to 11 bytes in hexadecimal`);
	const bytes: number[] = [];
	for (let i = 0; i < request.length; i += 2) bytes.push(Number.parseInt(request.slice(i, i + 2), 16));
	return bytes;
}
