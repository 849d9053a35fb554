import { frozen } from "../base/frozen";
import type { Quality } from "../base/quality";
import { kMeterRows, kSerialObis, type ObisRow } from "./obis";

/**
 * One telemetry message or event as it waits to be sent: numbers, not text, a tenth of the size. Times are of the
 * monotonic clock, so that a wall clock set later dates them rightly.
 *
 *     0  float64  time of the message, ms
 *     8  uint32   sequence number
 *    12  uint8    index of the meter
 *    13  uint8    0 telemetry, else an event of `kEvents`
 *    14  per register: uint32 of row (4 bits), quality (2) and age at that time (26, in 10 ms: a week), float64 value
 */
export const kLongestRecord = 14 + 12 * kMeterRows.length;

const kEvents = frozen(["", "comms_lost", "comms_restored"]);
export type EventKind = 1 | 2;

const kQualities = frozen<readonly Quality[]>(["good", "suspect", "comms_lost"]);
/** What the 26 bits of an age count, and the oldest that they hold. */
const kAgeUnitMs = 10;
const kOldestAge = 0x3ffffff;

/** What a record needs to know of an image; modules/sunspec's Image has it. */
export interface Readings {
	handle(model: number, point: string): number;
	value(handle: number): number | string | undefined;
	/** The last number that was good, also while the device is lost; undefined when there never was one. */
	lastValue(handle: number): number | string | undefined;
	timeMs(handle: number): number;
	quality(handle: number): Quality | undefined;
}

export interface MeterSource {
	readonly serial: string;
	readonly image: Readings;
	/** SunSpec meter model in the image. */
	readonly model: number;
	/** Whether the hub reads this point of the model from the meter. */
	reads(point: string): boolean;
}

/** Handles of the rows that a meter has, in the order of `kMeterRows`; -1 where it has none. */
export function rowHandles({ image, model, reads }: MeterSource): Int16Array {
	return Int16Array.from(kMeterRows, ({ point }) => (reads(point) ? image.handle(model, point) : -1));
}

/** Writes and reads records through one reused buffer. */
export class RecordCodec {
	readonly bytes = new Uint8Array(kLongestRecord);
	#view = new DataView(this.bytes.buffer);

	/**
	 * Snapshot of a meter. The message bears the time of its newest reading: a meter that is lost repeats its last
	 * good readings with their own time and the quality comms_lost, and never seems to have been read again.
	 * Gives the length.
	 */
	telemetry(seq: number, meter: number, image: Readings, handles: Int16Array, nowMs: number): number {
		let newestMs = Number.NaN;
		for (let i = 0; i < handles.length; i++) {
			const timeMs = handles[i]! < 0 ? Number.NaN : image.timeMs(handles[i]!);
			if (!(timeMs <= newestMs)) newestMs = Number.isNaN(timeMs) ? newestMs : timeMs;
		}
		const timeMs = Number.isNaN(newestMs) ? nowMs : newestMs;
		let at = this.#head(timeMs, seq, meter, 0);
		for (let i = 0; i < handles.length; i++) {
			const handle = handles[i]!;
			if (handle < 0) continue;
			const quality = image.quality(handle);
			if (quality === undefined) continue;
			const value = quality === "comms_lost" ? image.lastValue(handle) : image.value(handle);
			if (typeof value !== "number" || !Number.isFinite(value)) continue;
			if (kMeterRows[i]!.quietAtZero && half(kMeterRows[i]!, value) === 0) continue;
			const age = Math.max(0, Math.round((timeMs - image.timeMs(handle)) / kAgeUnitMs));
			if (age > kOldestAge) continue; // could not be dated any more
			this.#view.setUint32(at, (i << 28) | (kQualities.indexOf(quality) << 26) | age);
			this.#view.setFloat64(at + 4, value);
			at += 12;
		}
		return at;
	}

	event(seq: number, meter: number, kind: EventKind, nowMs: number): number {
		return this.#head(nowMs, seq, meter, kind);
	}

	#head(timeMs: number, seq: number, meter: number, kind: number): number {
		this.#view.setFloat64(0, timeMs);
		this.#view.setUint32(8, seq);
		this.#view.setUint8(12, meter);
		this.#view.setUint8(13, kind);
		return 14;
	}

	/** Index of the meter of the record in `bytes`. */
	get meter(): number {
		return this.#view.getUint8(12);
	}

	/** Index in `kEvents`; 0 is telemetry. */
	get kind(): number {
		return this.#view.getUint8(13);
	}

	/**
	 * The envelope of profile 0.1 of the record in `bytes`. `utcOffsetMs` is UTC minus monotonic time now.
	 * Beyond the profile: `seq` (counts messages of a gateway, so that a repeated delivery shows), `ts` in a register
	 * whose reading is more than a second older than the envelope's, and `event`.
	 */
	envelope(length: number, feederId: string, gatewayId: string, serial: string, utcOffsetMs: number): string {
		const timeMs = this.#view.getFloat64(0);
		const seq = this.#view.getUint32(8);
		let text = `{"schemaVersion":"0.1","ts":"${isoTime(timeMs + utcOffsetMs)}","feederId":"${feederId}","gatewayId":"${gatewayId}","meterSerial":"${serial}","seq":${seq}`;
		const kind = this.kind;
		if (kind > 0) return `${text},"event":{"type":"${kEvents[kind]}"},"registers":[]}`;
		text += `,"registers":[{"obis":"${kSerialObis}","value":"${serial}","unit":"","quality":"good"}`;
		for (let at = 14; at < length; at += 12) {
			const head = this.#view.getUint32(at);
			const row = kMeterRows[head >>> 28]!;
			const quality = kQualities[(head >>> 26) & 3]!;
			const ageMs = (head & kOldestAge) * kAgeUnitMs;
			text += `,{"obis":"${row.obis}","value":${publishedNumber(row, this.#view.getFloat64(at + 4))},"unit":"${row.unit}","quality":"${quality}"`;
			text += ageMs > 1000 ? `,"ts":"${isoTime(timeMs + utcOffsetMs - ageMs)}"}` : "}";
		}
		return `${text}]}`;
	}
}

/** ISO 8601 UTC with milliseconds. */
export function isoTime(epochMs: number): string {
	return new Date(Math.round(epochMs)).toISOString();
}

/** The number of a register as it is published: its half of a signed point, in its unit, at the meter's resolution. */
export function publishedNumber(row: ObisRow, value: number): number {
	const number = Number((half(row, value) * row.k).toFixed(row.digits));
	return number === 0 ? 0 : number; // no "-0"
}

function half(row: ObisRow, value: number): number {
	if (row.half === "import") return Math.max(0, value);
	if (row.half === "export") return Math.max(0, -value);
	return value;
}
