/**
 * Daly A5: frames of 13 bytes both ways, the same commands over UART and RS-485.
 *
 *     a5 40 90 08 00 00 00 00 00 00 00 00 7d      the hub asks for 0x90
 *     a5 01 90 08 02 0f 00 00 75 38 02 93 91      board 1: 52.7 V, 0x7538 = 0.8 A above 30000, 65.9 %
 *
 * Start, address, command, length 8, data, low byte of the sum. Cell voltages (0x95) and temperatures (0x96) come in
 * several frames, numbered from 1 in their first byte, as many as there are cells or, from some boards, always all.
 * Sources: esphome/esphome:esphome/components/daly_bms, dalathegreat/Battery-Emulator:Software/src/battery/DALY-BMS.cpp.
 */
import { checkValues, type FrameRequest, type Framer, numberKey, recordOf, Verdict, writtenOf } from "./framer";

const kName = "daly";
const kStart = 0xa5;
const kHost = 0x40;
const kFrame = 13;
const kData = 8;
/** Start, address, command, length. */
const kHead = 4;
const kBasicStatus = 0x94;
const kCellVoltages = 0x95;
const kTemperatures = 0x96;
const kSerialNumber = 0x57;
/** Every frame of a board that always sends all. */
const kFramesMost = 16;

/**
 * The key of a record is its command. Payload: the 8 data bytes; of 0x95, 0x96 and 0x57 the data of all frames without
 * their numbers, one behind the other. `values` of a write: 1 to 8 bytes, the first data bytes.
 */
export class DalyFramer implements Framer {
	readonly sendBytes = kFrame;
	readonly receiveBytes = (kFramesMost + 2) * kFrame;
	readonly gapMs = 60;
	readonly pauseMs = 0;
	readonly silent = false;
	expected = 0;
	used = 0;
	exception = 0;
	readonly #data = new Uint8Array(kFramesMost * (kData - 1));
	readonly payload = new DataView(this.#data.buffer);
	payloadBytes = 0;
	#unit = 0;
	#command = 0;
	readonly #values = new Uint8Array(kData);
	/** Frames of the open request that came, in order. */
	#frames = 0;
	/** The board that said last what it has (0x94), and how many. */
	#known = -1;
	#cells = 0;
	#sensors = 0;

	check(request: FrameRequest): number {
		const key = numberKey(kName, recordOf(kName, request), 0xff);
		if (writtenOf(request) !== undefined) checkValues(kName, request.values, 1, kData);
		return key;
	}

	begin({ unit, record, values }: FrameRequest): void {
		this.#unit = unit;
		this.#command = record!.key as number;
		this.#frames = 0;
		this.payloadBytes = 0;
		this.#values.fill(0);
		if (values !== undefined) for (let i = 0; i < values.length; i++) this.#values[i] = values[i]!;
		this.#data.fill(0);
		this.expected = this.#perFrame() === kData ? kFrame : this.#wanted() * kFrame;
	}

	encode(out: Uint8Array): number {
		out[0] = kStart;
		out[1] = kHost;
		out[2] = this.#command;
		out[3] = kData;
		for (let i = 0; i < kData; i++) out[kHead + i] = this.#values[i]!;
		out[kFrame - 1] = sum(out, 0);
		return kFrame;
	}

	take(bytes: Uint8Array, length: number): number {
		let foreign = false;
		let broken = false;
		let at = 0;
		while (at < length) {
			if (bytes[at] !== kStart || (at + 3 < length && bytes[at + 3] !== kData)) {
				at++;
				continue;
			}
			if (length - at < kFrame) {
				this.used = at;
				return this.#frames > 0 && at > 0 ? Verdict.part : Verdict.more;
			}
			if (bytes[at + kFrame - 1] !== sum(bytes, at)) {
				broken ||= bytes[at + 2] === this.#command;
				at++;
				continue;
			}
			const ours = bytes[at + 1] === this.#unit && bytes[at + 2] === this.#command;
			at += kFrame;
			if (!ours) {
				foreign = true;
				continue;
			}
			if (!this.#gather(bytes, at - kFrame + kHead)) {
				this.used = length;
				return Verdict.garbled;
			}
			if (this.#whole()) {
				this.used = at;
				return Verdict.reply;
			}
		}
		this.used = length;
		if (broken) return Verdict.garbled;
		if (this.#frames > 0) return Verdict.part;
		return foreign ? Verdict.foreign : Verdict.noise;
	}

	/** All that came is the reply where nobody knows how many frames there are. */
	settle(): boolean {
		return this.#frames > 0 && this.#wanted() === 0;
	}

	/** Takes the data of a frame; false when it is out of order, as after one that was lost. */
	#gather(bytes: Uint8Array, from: number): boolean {
		const per = this.#perFrame();
		const numbered = per < kData ? 1 : 0;
		if (numbered > 0 && (bytes[from] !== this.#frames + 1 || this.#frames >= kFramesMost)) return false;
		const to = this.#frames * per;
		for (let i = 0; i < per; i++) this.#data[to + i] = bytes[from + numbered + i]!;
		this.#frames++;
		this.payloadBytes = to + per;
		if (this.#command === kBasicStatus) {
			this.#known = this.#unit;
			this.#cells = this.#data[0]!;
			this.#sensors = this.#data[1]!;
		}
		return true;
	}

	#whole(): boolean {
		return this.#perFrame() === kData || (this.#wanted() > 0 && this.#frames >= this.#wanted());
	}

	/** Payload bytes of each frame: of three cells, of seven sensors or letters. */
	#perFrame(): number {
		if (this.#command === kCellVoltages) return 6;
		return this.#command === kTemperatures || this.#command === kSerialNumber ? kData - 1 : kData;
	}

	/** Frames of the reply; 0 when nobody has said. */
	#wanted(): number {
		if (this.#unit !== this.#known) return 0;
		if (this.#command === kCellVoltages) return Math.min(kFramesMost, Math.ceil(this.#cells / 3));
		if (this.#command === kTemperatures) return Math.min(kFramesMost, Math.ceil(this.#sensors / 7));
		return 0;
	}
}

function sum(bytes: Uint8Array, at: number): number {
	let all = 0;
	for (let i = at; i < at + kFrame - 1; i++) all += bytes[i]!;
	return all & 255;
}
