import { concatBytes } from "../modules/base/bytes";
import { frozen } from "../modules/base/frozen";
import { cellBytes } from "../modules/devices/path-rows";
import type { Row } from "../modules/devices/table";
import type { SimDevice } from "./device";
import { Dice } from "./dice";
import { babble, type Fault, type FaultSchedule } from "./faults";
import { RowValues, type RowValuesOptions } from "./row-values";

export interface VeDirectDeviceOptions extends RowValuesOptions {
	unit: number;
	seed?: number;
}

/** Fields in one block at most; more come in a second one. */
const kBlockFields = 18;
/** Labels whose value is a word. */
const words: readonly string[] = frozen(["LOAD", "Alarm", "Relay"]);

/**
 * Plays the device of a table of VE.Direct text: a frame each second, in blocks, with a HEX message in between now and
 * then. It hears nothing. Written apart from modules/serial, so that a mistake there is not mirrored here.
 */
export class VeDirectDevice implements SimDevice {
	readonly unit: number;
	readonly values: RowValues;
	readonly talkEveryMs = 1000;
	fault: Fault | undefined;
	faults: FaultSchedule | undefined;
	/** Frames sent. */
	requests = 0;
	readonly #dice: Dice;

	constructor(options: VeDirectDeviceOptions) {
		this.unit = options.unit;
		this.values = new RowValues(options);
		this.#dice = new Dice(options.seed ?? options.unit);
	}

	onFrame(): undefined {
		return undefined;
	}

	talk(nowMs: number): Uint8Array | undefined {
		const fault = this.fault ?? this.faults?.at(nowMs);
		const lines = this.values.table.rows
			.filter((row) => row.path !== undefined && row.path !== "Checksum" && row.again === undefined)
			.map((row) => this.#line(row, nowMs))
			.filter((line) => line !== undefined);
		const blocks: Uint8Array[] = [];
		for (let at = 0; at < lines.length; at += kBlockFields) {
			blocks.push(block(lines.slice(at, at + kBlockFields)));
			if (this.#dice.next() < 0.2) blocks.push(ascii(":7F0ED0071\n"));
		}
		const bytes = concatBytes(blocks);
		this.requests++;
		return fault === undefined ? bytes : this.#spoil(fault, bytes);
	}

	/** A label and its value; undefined for what the device does not say. */
	#line(row: Row, nowMs: number): string | undefined {
		const cell = new DataView(new ArrayBuffer(cellBytes(row)));
		if (row.poll === undefined || !this.values.put(row, cell, nowMs)) return undefined;
		if (row.type === "string") {
			return `\r\n${row.path}\t${String.fromCharCode(...new Uint8Array(cell.buffer)).split("\0")[0]}`;
		}
		const number = cell.getFloat64(0);
		if (Number.isNaN(number)) return `\r\n${row.path}\t---`;
		const raw = Math.round(number);
		if (words.includes(row.path!)) return `\r\n${row.path}\t${raw === 0 ? "OFF" : "ON"}`;
		return `\r\n${row.path}\t${row.path === "OR" || row.path === "PID" ? `0x${raw.toString(16).toUpperCase()}` : raw}`;
	}

	#spoil(fault: Fault, bytes: Uint8Array): Uint8Array | undefined {
		if (this.#dice.next() >= (fault.share ?? 1)) return bytes;
		switch (fault.kind) {
			case "short":
				return bytes.slice(0, bytes.length >> 1);
			case "wrong-crc":
				return bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 0x55 : byte));
			case "noise":
			case "babbling":
				return concatBytes([babble(this.#dice, 1 + this.#dice.below(30)), bytes]);
			default:
				return undefined;
		}
	}
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** Lines with their checksum: the sum of all bytes is 0 modulo 256. */
function block(lines: readonly string[]): Uint8Array {
	const head = ascii(`${lines.join("")}\r\nChecksum\t`);
	const sum = head.reduce((total, byte) => total + byte, 0);
	return concatBytes([head, Uint8Array.of(-sum & 255)]);
}
