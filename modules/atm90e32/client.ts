import type { Clock, TimerId } from "../base/clock";
import type { SpiClass } from "../base/wires";
import { Atm90e32Chip, kResetMs } from "./chip";
import { clearsOnRead } from "./registers";
import { type BoardSettings, kDefaultBoard } from "./settings";

/** Fewer bits a second than the chip's limit, as its boards are used: wires between boards are long. */
const kSpiHz = 200_000;
const kSpiMode = 3;
/** Exception code of a board one of whose chips is missing. */
const kDeviceFailure = 4;
/** Chips of a board. */
const kChips = 2;

export interface Atm90e32Result {
	status: "ok" | "timeout" | "garbled" | "exception" | "closed";
	exception: number;
	data: DataView;
	startMs: number;
	endMs: number;
}

export interface Atm90e32Request {
	/** Board on the bus, from 1: its chips are 2 * (unit - 1) and the next. */
	unit: number;
	/**
	 * What is read: chip of the board (0 or 1), a colon, and the registers in hexadecimal with blanks between:
	 * "0:d9 da db". The payload is two bytes a register, in this order; energies in hundredths of a pulse (CF).
	 */
	record?: { readonly key: number | string; readonly bytes: number } | undefined;
	/** Called once, never from within `request()`; the result is valid during the call only. */
	onResult(result: Atm90e32Result): void;
}

export interface Atm90e32ClientOptions {
	io: SpiClass;
	port: string | number;
	clock: Clock;
	/** By board, from 1; default: `kDefaultBoard`. */
	settings?: ((unit: number) => BoardSettings | undefined) | undefined;
}

/** A chip, and what is known of it. */
interface Seat {
	readonly chip: Atm90e32Chip;
	/** When it hears again after its reset; 0: not reset. */
	readyMs: number;
	/** It was set up. */
	ready: boolean;
}

/**
 * Client of the metering chips on one SPI bus. A chip that is not there, or does not keep what is written to it, is a
 * request that times out, or an exception when the board's other chip is at work; one that was reset by a dip of its supply is set up again before it is read.
 */
export class Atm90e32Client {
	readonly #options: Atm90e32ClientOptions;
	readonly #seats: (Seat | undefined)[] = [];
	readonly #queue: Atm90e32Request[] = [];
	readonly #bytes = new Uint8Array(256);
	readonly #result: Atm90e32Result;
	readonly #work = () => {
		this.#timer = undefined;
		this.#next();
	};
	#timer: TimerId | undefined;
	#startMs = 0;
	#closed = false;
	/** Why the bus cannot be used; "" when it can. */
	fault = "";

	/** Throws what the class of the bus throws when it cannot be opened. */
	constructor(options: Atm90e32ClientOptions) {
		this.#options = options;
		const data = new DataView(this.#bytes.buffer);
		this.#result = { status: "ok", exception: 0, data, startMs: 0, endMs: 0 };
		this.#seat(0);
	}

	request(request: Atm90e32Request): void {
		if (this.#closed) return;
		this.#queue.push(request);
		if (this.#queue.length === 1) this.#begin();
	}

	/** Ends all requests with status "closed". May be called twice. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#options.clock.clearTimer(this.#timer);
		for (const seat of this.#seats) seat?.chip.close();
		for (const request of this.#queue.splice(0)) this.#tell(request, "closed");
	}

	#begin(): void {
		const { clock } = this.#options;
		this.#startMs = clock.now();
		this.#timer = clock.setTimer(this.#work, 0);
	}

	#next(): void {
		const request = this.#queue[0]!;
		const waitMs = this.#run(request);
		if (waitMs > 0) {
			this.#timer = this.#options.clock.setTimer(this.#work, waitMs);
			return;
		}
		this.#queue.shift();
		if (this.#queue.length > 0) this.#begin();
		this.#tell(request, this.#result.status);
	}

	/** Does the request, or begins to set up its chip and says how long that takes. */
	#run(request: Atm90e32Request): number {
		const key = String(request.record?.key ?? "");
		const index = key.charCodeAt(0) - 0x30;
		const seat = this.#seat(kChips * (request.unit - 1) + index);
		// with the other chip at work the board is there: it is the chip that fails
		const other = this.#seats[kChips * (request.unit - 1) + (index ^ 1)];
		this.#result.status = other?.ready ? "exception" : "timeout";
		if (seat === undefined) return 0;
		const { chip } = seat;
		const settings = this.#options.settings?.(request.unit) ?? kDefaultBoard;
		// asked twice: a reset costs the energy that was not read yet
		if (!seat.ready || !(chip.measures || chip.measures)) {
			const nowMs = this.#options.clock.now();
			if (seat.ready || seat.readyMs === 0) {
				chip.reset();
				seat.ready = false;
				seat.readyMs = nowMs + kResetMs;
			}
			if (nowMs < seat.readyMs) return seat.readyMs - nowMs;
			seat.readyMs = 0;
			seat.ready = chip.configure(settings, index);
			if (!seat.ready) return 0;
		}
		this.#result.status = this.#read(chip, key, settings.countCf) ? "ok" : "garbled";
		return 0;
	}

	/** The registers that stand in the key behind its colon. */
	#read(chip: Atm90e32Chip, key: string, countCf: number): boolean {
		let at = 0;
		for (let i = 2; i < key.length; i += 3) {
			const register = (hexDigit(key, i) << 4) | hexDigit(key, i + 1);
			let value = chip.read(register);
			if (value < 0) return false;
			if (clearsOnRead(register)) value = Math.min(0xffff, Math.round(100 * countCf) * value);
			this.#bytes[at++] = value >> 8;
			this.#bytes[at++] = value;
		}
		return true;
	}

	/** Undefined: the bus has no such chip select. */
	#seat(index: number): Seat | undefined {
		const { io, port } = this.#options;
		const known = this.#seats[index];
		if (known) return known;
		if (!(index >= 0)) return undefined;
		try {
			const chip = new Atm90e32Chip(new io({ port, chip: index, hz: kSpiHz, mode: kSpiMode }));
			return (this.#seats[index] = { chip, readyMs: 0, ready: false });
		} catch (error) {
			if (index === 0) throw error;
			return undefined;
		}
	}

	#tell(request: Atm90e32Request, status: Atm90e32Result["status"]): void {
		const result = this.#result;
		result.status = status;
		result.exception = status === "exception" ? kDeviceFailure : 0;
		result.startMs = this.#startMs;
		result.endMs = this.#options.clock.now();
		request.onResult(result);
	}
}

function hexDigit(text: string, at: number): number {
	const code = text.charCodeAt(at);
	return code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57;
}
