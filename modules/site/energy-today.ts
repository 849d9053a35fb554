import type { Clock } from "../base/clock";
import type { HubDevice } from "./entry";
import { measuredHandle, quantities } from "./quantities";

export interface EnergyTodayOptions {
	clock: Clock;
	devices: readonly HubDevice[];
	/** Minutes that local time is ahead of UTC. */
	utcOffsetMinutes: number;
}

const kDayMs = 86_400_000;
/** What a meter counted across midnight is parted between the days when its reads are no further apart than this. */
const kPartedMs = 900_000;
/** A wall clock that is put right by more begins the day anew; one put right by less keeps what was counted. */
const kStepMs = 3_600_000;

/** How soon readings follow a wall clock that was set or put right. */
const kLookMs = 10_000;

/** Numbers a device: energy and time where the day begins, and of the last reading. Times are monotonic. */
const kBaseWh = 0;
const kBaseMs = 1;
const kLastWh = 2;
const kLastMs = 3;
const kNumbers = 4;

/**
 * Energy taken from the grid (by a DER: given to it) since local midnight, or since the hub first read the meter today, from the meter's own
 * counter. Days are those of the wall clock; while nobody has set it there is one long day.
 */
export class EnergyToday {
	readonly #clock: Clock;
	readonly #offsetMs: number;
	/** Per device: the counter's point, or -1. */
	readonly #handles: Int16Array;
	readonly #numbers: Float64Array;
	/** The last midnight as it was when the clock was last asked, and when that is next. */
	#knownMidnightMs = Number.NEGATIVE_INFINITY;
	#lookMs = Number.NEGATIVE_INFINITY;

	constructor({ clock, devices, utcOffsetMinutes }: EnergyTodayOptions) {
		this.#clock = clock;
		this.#offsetMs = utcOffsetMinutes * 60_000;
		this.#handles = Int16Array.from(devices, energyHandle);
		this.#numbers = new Float64Array(kNumbers * devices.length).fill(Number.NaN);
	}

	/** What a device holds was found out, or has changed: its image is a new one. What was counted so far stays. */
	found(entry: HubDevice): void {
		this.#handles[entry.index] = energyHandle(entry);
	}

	/** After the image of a device has changed. */
	reading(entry: HubDevice): void {
		const index = entry.index;
		const handle = this.#handles[index]!;
		if (handle < 0) return;
		const image = entry.image;
		const numbers = this.#numbers;
		const at = kNumbers * index;
		const timeMs = image.timeMs(handle);
		// a lost or held reading keeps its time
		if (timeMs === numbers[at + kLastMs] || Number.isNaN(timeMs)) return;
		const wh = image.lastValue(handle);
		if (wh === undefined) return;
		const lastMs = numbers[at + kLastMs]!;
		// one that has less than before is another device in the same place
		if (Number.isNaN(lastMs) || wh < numbers[at + kLastWh]!) this.#begin(at, wh, timeMs);
		else {
			const midnightMs = timeMs < this.#lookMs ? this.#knownMidnightMs : this.#lookAgain(timeMs);
			const crossed = lastMs < midnightMs && midnightMs <= timeMs;
			if (crossed && timeMs - lastMs <= kPartedMs) {
				const lastWh = numbers[at + kLastWh]!;
				this.#begin(at, lastWh + ((wh - lastWh) * (midnightMs - lastMs)) / (timeMs - lastMs), midnightMs);
			} else if (crossed || numbers[at + kBaseMs]! < midnightMs - kStepMs) this.#begin(at, wh, timeMs);
		}
		numbers[at + kLastWh] = wh;
		numbers[at + kLastMs] = timeMs;
	}

	/** Undefined when the device counts no energy or has not been read today. */
	todayWh(index: number): number | undefined {
		const at = kNumbers * index;
		const lastMs = this.#numbers[at + kLastMs]!;
		if (Number.isNaN(lastMs) || lastMs < this.#midnightMs()) return undefined;
		return this.#numbers[at + kLastWh]! - this.#numbers[at + kBaseWh]!;
	}

	/** Monotonic time from which `todayWh` counts; meant only where that is defined. */
	sinceMs(index: number): number {
		return this.#numbers[kNumbers * index + kBaseMs]!;
	}

	#begin(at: number, wh: number, timeMs: number): void {
		this.#numbers[at + kBaseWh] = wh;
		this.#numbers[at + kBaseMs] = timeMs;
	}

	#lookAgain(timeMs: number): number {
		const midnightMs = this.#midnightMs();
		this.#knownMidnightMs = midnightMs;
		const nextMs = midnightMs + kDayMs;
		this.#lookMs = timeMs < nextMs ? Math.min(timeMs + kLookMs, nextMs) : timeMs + kLookMs;
		return midnightMs;
	}

	/** Monotonic time of the last local midnight; before all time while nobody has set the clock. */
	#midnightMs(): number {
		const epochMs = this.#clock.epochMs();
		if (epochMs === undefined) return Number.NEGATIVE_INFINITY;
		return this.#clock.now() - ((epochMs + this.#offsetMs) % kDayMs);
	}
}

const energyHandle = (entry: HubDevice): number => measuredHandle(entry, quantities(entry.kind).energy);
