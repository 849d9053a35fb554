/** What the chip needs of an I2C bus: registers by number, as the SDK's SMBus class has them. Each may throw. */
export interface RegisterBus {
	readBuffer(register: number, buffer: Uint8Array): unknown;
	writeBuffer(register: number, buffer: Uint8Array): unknown;
}

/** Address on the bus. */
export const kClockChipAddress = 0x68;
/** Data sheet of the DS3231 (19-5170), figure 1: seconds to year, in BCD; status. */
const kTime = 0x00;
const kStatus = 0x0f;
/** The oscillator stood at some time: what the registers say is no time. */
const kStopped = 0x80;
/** Hours of a clock with am and pm. */
const kTwelve = 0x40;
const kPm = 0x20;

/** A DS3231: a clock with a battery of its own, UTC, 2000 to 2099. */
export class ClockChip {
	readonly #bus: RegisterBus;

	constructor(bus: RegisterBus) {
		this.#bus = bus;
	}

	/** UTC, ms since 1970; undefined when it was never set, stood still or says an impossible date. */
	read(): number | undefined {
		const status = new Uint8Array(1);
		this.#bus.readBuffer(kStatus, status);
		if (status[0]! & kStopped) return undefined;
		const bytes = new Uint8Array(7);
		this.#bus.readBuffer(kTime, bytes);
		const seconds = fromBcd(bytes[0]! & 0x7f);
		const minutes = fromBcd(bytes[1]! & 0x7f);
		const day = fromBcd(bytes[4]! & 0x3f);
		const month = fromBcd(bytes[5]! & 0x1f);
		const year = 2000 + fromBcd(bytes[6]!);
		const epochMs = Date.UTC(year, month - 1, day, hoursOf(bytes[2]!), minutes, seconds);
		const date = new Date(epochMs);
		// a date that Date had to bend, such as month 0 or the 31st of April
		const isReal = date.getUTCDate() === day && date.getUTCMonth() === month - 1 && date.getUTCSeconds() === seconds;
		return isReal ? epochMs : undefined;
	}

	write(epochMs: number): void {
		const date = new Date(Math.round(epochMs / 1000) * 1000);
		const parts = [
			date.getUTCSeconds(),
			date.getUTCMinutes(),
			date.getUTCHours(),
			date.getUTCDay() + 1,
			date.getUTCDate(),
			date.getUTCMonth() + 1,
			date.getUTCFullYear() % 100,
		];
		this.#bus.writeBuffer(kTime, Uint8Array.from(parts, toBcd));
		const status = new Uint8Array(1);
		this.#bus.readBuffer(kStatus, status);
		this.#bus.writeBuffer(kStatus, new Uint8Array([status[0]! & ~kStopped]));
	}
}

function hoursOf(byte: number): number {
	if (!(byte & kTwelve)) return fromBcd(byte & 0x3f);
	return (fromBcd(byte & 0x1f) % 12) + (byte & kPm ? 12 : 0);
}

function fromBcd(byte: number): number {
	return (byte >> 4) * 10 + (byte & 15);
}

function toBcd(value: number): number {
	return ((value / 10) << 4) | (value % 10);
}
