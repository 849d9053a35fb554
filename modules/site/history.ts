import type { Clock } from "../base/clock";
import type { HubDevice } from "./entry";
import { measuredHandle, quantities } from "./quantities";

/** Length of a slot. */
export const slotMs = 300_000;
/** A day. */
export const slotsKept = 288;

/** Bytes a slot in the ring: a float whose nine lowest bits are the seconds measured, and the voltage. */
const kSlotBytes = 6;
const kSecondsBits = 511;
/** Of a slot as the API gives it. */
export const slotBytesOut = 8;
export const noVoltage = 0xffff;

/** Numbers a meter: the last reading, and the slot that is being filled. */
const kLastMs = 0;
const kLastW = 1;
const kLastV = 2;
/** Sums of power and voltage times milliseconds. */
const kSumW = 3;
const kSumV = 4;
/** Milliseconds with power, and of those with voltage. */
const kMeasuredMs = 5;
const kVoltageMs = 6;
const kSlot = 7;
const kNumbers = 8;

export interface HistoryOptions {
	clock: Clock;
	devices: readonly HubDevice[];
}

/**
 * Mean power and voltage of each meter in slots of five minutes, for 24 hours. Means are weighed by time: between two
 * readings the value goes straight from one to the other. From the moment a reading is lost to the next good one nothing
 * is measured, and the slot says how many of its seconds were. Slots are counted in monotonic time, so a wall clock that
 * is set later or put right moves all of them; power keeps 14 bits after the first, better than 0.01 %.
 */
export class History {
	readonly #clock: Clock;
	/** Per device: its place among the meters, or -1. */
	readonly #meterOf: Int8Array;
	/** Per meter: the points of power and voltage, the latter -1 for none. */
	#handles: Int16Array;
	#numbers: Float64Array;
	#ring: DataView;
	readonly #firstSlot: number;

	constructor({ clock, devices }: HistoryOptions) {
		this.#clock = clock;
		this.#firstSlot = Math.floor(clock.now() / slotMs);
		this.#meterOf = new Int8Array(devices.length).fill(-1);
		let meters = 0;
		for (const entry of devices) if (handlesOf(entry)[0]! >= 0) this.#meterOf[entry.index] = meters++;
		this.#handles = new Int16Array(2 * meters);
		this.#numbers = new Float64Array(kNumbers * meters);
		this.#ring = new DataView(new ArrayBuffer(meters * slotsKept * kSlotBytes));
		for (const entry of devices) this.#begin(entry);
	}

	/** What a device holds was found out, or has changed: its image is a new one. What was kept of it so far stays. */
	found(entry: HubDevice): void {
		if (handlesOf(entry)[0]! < 0) {
			this.#meterOf[entry.index] = -1;
			return;
		}
		if (this.#meterOf[entry.index]! < 0) {
			const meter = this.#handles.length / 2;
			this.#meterOf[entry.index] = meter;
			const handles = new Int16Array(2 * (meter + 1));
			const numbers = new Float64Array(kNumbers * (meter + 1));
			const ring = new Uint8Array((meter + 1) * slotsKept * kSlotBytes);
			handles.set(this.#handles);
			numbers.set(this.#numbers);
			ring.set(new Uint8Array(this.#ring.buffer));
			this.#handles = handles;
			this.#numbers = numbers;
			this.#ring = new DataView(ring.buffer);
			this.#begin(entry);
		} else this.#handles.set(handlesOf(entry), 2 * this.#meterOf[entry.index]!);
	}

	#begin(entry: HubDevice): void {
		const meter = this.#meterOf[entry.index]!;
		if (meter < 0) return;
		this.#handles.set(handlesOf(entry), 2 * meter);
		this.#numbers.fill(0, kNumbers * meter, kNumbers * (meter + 1));
		this.#numbers[kNumbers * meter + kLastMs] = Number.NaN;
		this.#numbers[kNumbers * meter + kSlot] = this.#firstSlot;
	}

	/** Whether there is one of this device: it measures power. */
	has(index: number): boolean {
		return this.#meterOf[index]! >= 0;
	}

	/** After the image of a device has changed. */
	reading(entry: HubDevice): void {
		const meter = this.#meterOf[entry.index]!;
		if (meter < 0) return;
		const image = entry.image;
		const handle = this.#handles[2 * meter]!;
		const numbers = this.#numbers;
		const at = kNumbers * meter;
		const timeMs = image.timeMs(handle);
		const powerW = image.value(handle);
		if (typeof powerW !== "number") {
			numbers[at + kLastMs] = Number.NaN;
			return;
		}
		const lastMs = numbers[at + kLastMs]!;
		if (timeMs === lastMs) return;
		const voltage = image.value(this.#handles[2 * meter + 1]!);
		const voltageV = typeof voltage === "number" ? voltage : Number.NaN;
		if (timeMs > lastMs) this.#spend(meter, lastMs, timeMs, powerW, voltageV);
		numbers[at + kLastMs] = timeMs;
		numbers[at + kLastW] = powerW;
		numbers[at + kLastV] = voltageV;
	}

	/** Books the time between two readings, to each slot its part. */
	#spend(meter: number, fromMs: number, toMs: number, powerW: number, voltageV: number): void {
		const numbers = this.#numbers;
		const at = kNumbers * meter;
		const firstW = numbers[at + kLastW]!;
		const firstV = numbers[at + kLastV]!;
		if (Math.floor(fromMs / slotMs) === numbers[at + kSlot] && toMs <= (numbers[at + kSlot]! + 1) * slotMs) {
			// nearly always: within the slot that is being filled
			const tookMs = toMs - fromMs;
			numbers[at + kSumW]! += ((firstW + powerW) / 2) * tookMs;
			numbers[at + kMeasuredMs]! += tookMs;
			const volts = (firstV + voltageV) / 2;
			if (volts >= 0) {
				numbers[at + kSumV]! += volts * tookMs;
				numbers[at + kVoltageMs]! += tookMs;
			}
			return;
		}
		for (let beginMs = fromMs; beginMs < toMs; ) {
			const slot = Math.floor(beginMs / slotMs);
			if (slot !== numbers[at + kSlot]) this.#open(meter, slot);
			const endMs = Math.min(toMs, (slot + 1) * slotMs);
			const partMs = endMs - beginMs;
			const middle = ((beginMs + endMs) / 2 - fromMs) / (toMs - fromMs);
			numbers[at + kSumW]! += (firstW + (powerW - firstW) * middle) * partMs;
			numbers[at + kMeasuredMs]! += partMs;
			const volts = firstV + (voltageV - firstV) * middle;
			if (volts >= 0) {
				numbers[at + kSumV]! += volts * partMs;
				numbers[at + kVoltageMs]! += partMs;
			}
			beginMs = endMs;
		}
	}

	/** Keeps the slot that was being filled, leaves those up to the new one empty, and begins that. */
	#open(meter: number, slot: number): void {
		const numbers = this.#numbers;
		const at = kNumbers * meter;
		const ring = this.#ring;
		const place = (one: number): number => (meter * slotsKept + (one % slotsKept)) * kSlotBytes;
		const filled = numbers[at + kSlot]!;
		const measuredMs = numbers[at + kMeasuredMs]!;
		ring.setFloat32(place(filled), numbers[at + kSumW]! / measuredMs);
		const seconds = Math.round(measuredMs / 1000);
		const bits = ring.getUint32(place(filled));
		// rounded to the bits that are left; a mean of nothing has no seconds, whatever the bits are
		const mean = bits + ((kSecondsBits + 1) >> 1);
		ring.setUint32(place(filled), ((mean & ~kSecondsBits) | seconds) >>> 0);
		ring.setUint16(place(filled) + 4, tenths(numbers[at + kSumV]! / numbers[at + kVoltageMs]!));
		for (let one = Math.max(filled + 1, slot - slotsKept); one < slot; one++) ring.setUint32(place(one), 0);
		numbers.fill(0, at + kSumW, at + kSlot);
		numbers[at + kSlot] = slot;
	}

	/** The last whole slots of a device that `has` one, as bytes: see `HistorySlots`. */
	slots(index: number): HistorySlots {
		const meter = this.#meterOf[index]!;
		const nowMs = this.#clock.now();
		const endSlot = Math.floor(nowMs / slotMs);
		const first = Math.max(this.#firstSlot, endSlot - slotsKept);
		const count = endSlot - first;
		const data = new DataView(new ArrayBuffer(count * slotBytesOut));
		for (let i = 0; i < count; i++) this.#give(meter, first + i, data, i * slotBytesOut);
		return { count, endAgeMs: nowMs - endSlot * slotMs, data };
	}

	#give(meter: number, slot: number, data: DataView, offset: number): void {
		const numbers = this.#numbers;
		const at = kNumbers * meter;
		const filling = numbers[at + kSlot]!;
		let powerW = Number.NaN;
		let voltage = noVoltage;
		let seconds = 0;
		if (slot === filling) {
			seconds = Math.round(numbers[at + kMeasuredMs]! / 1000);
			powerW = numbers[at + kSumW]! / numbers[at + kMeasuredMs]!;
			voltage = tenths(numbers[at + kSumV]! / numbers[at + kVoltageMs]!);
		} else if (slot < filling && slot >= filling - slotsKept) {
			const place = (meter * slotsKept + (slot % slotsKept)) * kSlotBytes;
			const bits = this.#ring.getUint32(place);
			seconds = bits & kSecondsBits;
			voltage = this.#ring.getUint16(place + 4);
			data.setUint32(offset, bits & ~kSecondsBits);
			powerW = data.getFloat32(offset);
		}
		if (seconds === 0) {
			powerW = Number.NaN;
			voltage = noVoltage;
		}
		data.setFloat32(offset, powerW, true);
		data.setUint16(offset + 4, voltage, true);
		data.setUint16(offset + 6, seconds, true);
	}
}

export interface HistorySlots {
	count: number;
	/** How long ago the last of them ended. */
	endAgeMs: number;
	/**
	 * Oldest first, 8 bytes each, little endian: float32 mean power W, NaN where nothing was measured; uint16 mean voltage
	 * in 0.1 V, 0xFFFF for none; uint16 seconds of the slot that were measured.
	 */
	data: DataView;
}

function tenths(volts: number): number {
	return volts >= 0 ? Math.min(Math.round(volts * 10), noVoltage - 1) : noVoltage;
}

/** The points of power and of voltage; -1 for none. */
function handlesOf(entry: HubDevice): [power: number, voltage: number] {
	const { power, voltage } = quantities(entry.kind);
	return [measuredHandle(entry, power), measuredHandle(entry, voltage)];
}
