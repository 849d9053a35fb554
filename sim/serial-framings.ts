/** How devices of serial protocols other than Modbus answer: each turns the payload of a record into its own frames. */

import { concatBytes } from "../modules/base/bytes";
import { crc16Modbus } from "../modules/base/crc";
import { frozen } from "../modules/base/frozen";
import { findRow } from "../modules/devices/table";
import { isIntactJk, jkAt, jkSize, kJkCellSlots, kJkCells, sealJk } from "../modules/serial/jk";
import {
	hexAt,
	isIntactPylontech,
	kPylontechCells,
	kPylontechTemperatures,
	putHex,
	sealPylontech,
} from "../modules/serial/pylontech";
import type { FramedDevice, SerialFraming } from "./serial-device";

/** What a row of this name says, 0 when there is none. */
function rowValue({ values }: FramedDevice, name: string, nowMs: number): number {
	const row = findRow(values.table, name);
	return row === undefined ? 0 : values.value(row, nowMs);
}

const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0);

/** Daly A5: several frames where the facts say so, as many as there are cells and sensors. */
export const dalyFraming: SerialFraming = frozen({
	answer(frame, device, nowMs) {
		if (frame.length !== 13 || frame[0] !== 0xa5 || frame[3] !== 8) return undefined;
		if (frame[12] !== (sum(frame.subarray(0, 12)) & 255)) return undefined;
		const command = frame[2]!;
		const written = device.write(command, [frame[4]!]);
		// the answer to a switch repeats it
		if (written !== undefined)
			return dalyFrame(device.unit, command, Uint8Array.of(written ? frame[4]! : 1 - frame[4]!));
		const payload = device.read(command, nowMs);
		if (payload === undefined) return undefined;
		const per = command === 0x95 ? 6 : command === 0x96 || command === 0x57 ? 7 : 8;
		if (per === 8) return dalyFrame(device.unit, command, payload);
		const count =
			command === 0x95
				? 2 * rowValue(device, "cell_count", nowMs)
				: command === 0x96
					? rowValue(device, "temperature_count", nowMs)
					: payload.length;
		const frames: Uint8Array[] = [];
		for (let at = 0; at < count; at += per) {
			frames.push(dalyFrame(device.unit, command, Uint8Array.of(frames.length + 1, ...payload.subarray(at, at + per))));
		}
		return concatBytes(frames);
	},
	disguise(answer) {
		const other = answer.slice();
		for (let at = 0; at < other.length; at += 13) {
			other[at + 1]!++;
			other[at + 12]!++;
		}
		return other;
	},
});

function dalyFrame(unit: number, command: number, data: Uint8Array): Uint8Array {
	const bytes = new Uint8Array(13);
	bytes.set([0xa5, unit, command, 8]);
	bytes.set(data.subarray(0, 8), 4);
	bytes[12] = sum(bytes);
	return bytes;
}

/** JK 4E57: everything in one frame; a write wants the password frame before it. */
export class JkFraming implements SerialFraming {
	#open = false;

	answer(frame: Uint8Array, device: FramedDevice, nowMs: number): Uint8Array | undefined {
		if (frame.length < 20 || frame[0] !== 0x4e || !isIntactJk(frame, 0, frame.length)) return undefined;
		const command = frame[8]!;
		const data = frame.subarray(11, frame.length - 9);
		const mayWrite = this.#open;
		this.#open = command === 5;
		if (command === 5) return jkFrame(command, data);
		if (command === 2) {
			if (!mayWrite || device.write(data[0]!, [...data.subarray(1)]) !== true) return undefined;
			return jkFrame(command, data.subarray(0, 1));
		}
		const payload = command === 6 ? device.read(6, nowMs) : undefined;
		return payload && jkFrame(command, jkList(payload));
	}
}

function jkFrame(command: number, data: Uint8Array): Uint8Array {
	const out = new Uint8Array(512);
	out.set(data, 11);
	return out.slice(0, sealJk(out, 11 + data.length, command, 0, 1));
}

function jkList(payload: Uint8Array): Uint8Array {
	const cells: number[] = [];
	for (let cell = 0; cell < kJkCellSlots; cell++) {
		const [high, low] = [payload[2 * cell]!, payload[2 * cell + 1]!];
		if (high !== 0 || low !== 0) cells.push(cell + 1, high, low);
	}
	const bytes = [kJkCells, cells.length, ...cells];
	for (let id = 0x80; id <= 0xc0; id++) {
		const size = jkSize(id);
		// what restarts, resets or switches a modem is only written
		if (size > 0 && (id < 0xbb || id > 0xbf)) bytes.push(id, ...payload.subarray(jkAt(id), jkAt(id) + size));
	}
	return Uint8Array.from(bytes);
}

/** Pylontech: lists as long as their counts say. */
export const pylontechFraming: SerialFraming = frozen({
	answer(frame, device, nowMs) {
		if (frame[0] !== 0x7e || !isIntactPylontech(frame, 0, frame.length)) return undefined;
		if (hexAt(frame, 3, 2) !== device.unit || hexAt(frame, 5, 2) !== 0x46) return undefined;
		const command = hexAt(frame, 7, 2);
		const info: number[] = [];
		for (let at = 13; at < frame.length - 5; at += 2) info.push(hexAt(frame, at, 2));
		// the block of 94 is that of 92, whose first byte is the address
		const written = device.write(command, info.slice(1), 1);
		if (written !== undefined) return pylontechFrame(device.unit, written ? 0 : 6, Uint8Array.of(0));
		const payload = device.read(command, nowMs);
		if (payload === undefined) return pylontechFrame(device.unit, 4, new Uint8Array(0));
		if (command !== 0x42 && command !== 0x44) return pylontechFrame(device.unit, 0, payload);
		const width = command === 0x42 ? 2 : 1;
		const end = 4 + width * (kPylontechCells + kPylontechTemperatures);
		// without the pair of large numbers the list is that much shorter
		const short = command === 0x42 && payload[end + 6] === 2 ? 6 : 0;
		const bytes = [...payload.subarray(0, 2)];
		let at = 2;
		for (const slots of [kPylontechCells, kPylontechTemperatures]) {
			const count = Math.min(payload[at]!, slots);
			bytes.push(...payload.subarray(at, at + 1 + width * count));
			at += 1 + width * slots;
		}
		bytes.push(...payload.subarray(at, payload.length - short));
		return pylontechFrame(device.unit, 0, Uint8Array.from(bytes));
	},
	disguise(answer) {
		const other = answer.slice();
		sealPylontech(other, other.length - 5, hexAt(answer, 3, 2) + 1, 0);
		return other;
	},
	refuse: (unit, code) => pylontechFrame(unit, Math.min(code, 6), new Uint8Array(0)),
});

function pylontechFrame(unit: number, code: number, info: Uint8Array): Uint8Array {
	const out = new Uint8Array(18 + 2 * info.length);
	let at = 13;
	for (const byte of info) at = putHex(out, at, byte, 2);
	sealPylontech(out, at, unit, code);
	return out;
}

/** Huanyang: parameters and status values by their index, control and frequency echoed. */
export const huanyangFraming: SerialFraming = frozen({
	answer(frame, device, nowMs) {
		if (frame.length < 6 || frame[0] !== device.unit || frame.length !== 5 + frame[2]!) return undefined;
		if (crc16Modbus(frame) !== 0) return undefined;
		const code = frame[1]!;
		const data = frame.subarray(3, frame.length - 2);
		if (code === 1 || code === 4) {
			const payload = device.read((code << 8) | data[0]!, nowMs);
			return payload && huanyangFrame(device.unit, code, [data[0]!, ...payload.subarray(0, 2)]);
		}
		if (code === 2) {
			const done = device.write(0x200 | data[0]!, [...data.subarray(1)]);
			return done === true ? huanyangFrame(device.unit, code, [...data]) : undefined;
		}
		if (code === 5) {
			return device.write(0x500, [...data]) === true ? huanyangFrame(device.unit, code, [...data]) : undefined;
		}
		if (code !== 3) return undefined;
		const asked = device.values.table.records?.find(({ key, write }) => key === 0x300 && write !== true)?.request;
		const isQuestion = asked !== undefined && Number.parseInt(asked, 16) === data[0];
		if (!isQuestion && device.write(0x300, [...data]) !== true) return undefined;
		return huanyangFrame(device.unit, code, [device.read(0x300, nowMs)?.[0] ?? data[0]!]);
	},
	disguise: (answer) => huanyangFrame(answer[0]! + 1, answer[1]!, [...answer.subarray(3, answer.length - 2)]),
});

function huanyangFrame(unit: number, code: number, data: number[]): Uint8Array {
	const bytes = Uint8Array.of(unit, code, data.length, ...data, 0, 0);
	const crc = crc16Modbus(bytes, 0, bytes.length - 2);
	bytes[bytes.length - 2] = crc;
	bytes[bytes.length - 1] = crc >> 8;
	return bytes;
}
