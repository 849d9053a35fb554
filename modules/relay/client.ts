import type { Clock, TimerId } from "../base/clock";
import { WRITE_RECORD } from "../base/record";
import type { Outputs } from "./outputs";

/** Bytes of an output in the payload of a bank's state: its command, what was read back (both 1 = closed), and why. */
export const kOutputBytes = 3;

/** Why an output is as commanded: values of the point Rsn of model 64923. */
const kStart = 0;
const kCommand = 1;
const kTrip = 2;
const kLost = 3;

/** Exception code of an output that does not follow its command ("the device failed"). */
const kDeviceFailure = 4;

export interface RelayResult {
	status: "ok" | "timeout" | "exception" | "closed";
	exception: number;
	data: DataView;
	startMs: number;
	endMs: number;
}

export interface RelayRequest {
	unit: number;
	/** `WRITE_RECORD` switches the output whose bit the record's key is; everything else reads the state of the bank. */
	function: number;
	record?: { readonly key: number | string; readonly bytes: number } | undefined;
	/** 1 closes, 0 opens. */
	values?: readonly number[];
	/** Done at once, and told as a trip. */
	urgent?: boolean | undefined;
	/** Called once, never from within `request()`; the result is valid during the call only. */
	onResult(result: RelayResult): void;
}

/** What happens to the outputs of a bank when the hub starts: all are opened, or they stay as the bank holds them. */
export type RelayStart = "open" | "keep";

export interface RelayClientOptions {
	clock: Clock;
	/** The outputs of a unit; throws when they are not there. */
	open: (unit: number) => Outputs;
	/** Default "open". */
	start?: ((unit: number) => RelayStart | undefined) | undefined;
}

interface Bank {
	readonly outputs: Outputs;
	/** It was brought into the state that it is to have at the start. */
	started: boolean;
	commanded: number;
	readonly reasons: Uint8Array;
}

/** Client of the relay outputs of one bus: what is urgent is done at once, the rest in turn. */
export class RelayClient {
	readonly #options: RelayClientOptions;
	readonly #banks = new Map<number, Bank>();
	readonly #queue: RelayRequest[] = [];
	readonly #bytes = new Uint8Array(32 * kOutputBytes);
	readonly #result: RelayResult;
	readonly #work = () => this.#next();
	#timer: TimerId | undefined;
	#startMs = 0;
	#closed = false;
	readonly fault = "";

	constructor(options: RelayClientOptions) {
		this.#options = options;
		const data = new DataView(this.#bytes.buffer);
		this.#result = { status: "ok", exception: 0, data, startMs: 0, endMs: 0 };
	}

	request(request: RelayRequest): void {
		if (this.#closed) return;
		if (request.urgent && request.function === WRITE_RECORD) {
			try {
				this.#switch(request);
			} catch {
				// done again, and told, in its turn
			}
			this.#queue.unshift(request);
		} else this.#queue.push(request);
		if (this.#timer === undefined) this.#begin();
	}

	/** Ends all requests with status "closed"; the outputs stay as they are. May be called twice. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#options.clock.clearTimer(this.#timer);
		for (const { outputs } of this.#banks.values()) outputs.close();
		for (const request of this.#queue.splice(0)) this.#tell(request, "closed");
	}

	#begin(): void {
		const { clock } = this.#options;
		this.#startMs = clock.now();
		this.#timer = clock.setTimer(this.#work, 0);
	}

	#next(): void {
		const request = this.#queue.shift()!;
		let status: RelayResult["status"] = "ok";
		try {
			if (request.function === WRITE_RECORD) status = this.#switch(request) ? "ok" : "exception";
			else this.#read(request);
		} catch {
			status = "timeout";
		}
		this.#timer = undefined;
		if (this.#queue.length > 0) this.#begin();
		this.#tell(request, status);
	}

	/** Switches one output; false when it does not follow. */
	#switch({ unit, record, values, urgent }: RelayRequest): boolean {
		const bank = this.#bank(unit);
		const bit = Number(record!.key);
		const closed = values![0] === 1;
		bank.outputs.set(bit, closed);
		bank.commanded = closed ? bank.commanded | (1 << bit) : bank.commanded & ~(1 << bit);
		bank.reasons[bit] = urgent ? kTrip : kCommand;
		return (((bank.outputs.closed() >> bit) & 1) === 1) === closed;
	}

	#read({ unit, record }: RelayRequest): void {
		const bank = this.#bank(unit);
		const closed = bank.outputs.closed();
		const count = Math.floor(record!.bytes / kOutputBytes);
		for (let bit = 0; bit < count; bit++) {
			const is = (closed >> bit) & 1;
			// It has lost its supply: it does not close again before somebody says so.
			if (is === 0 && (bank.commanded >> bit) & 1) {
				bank.commanded &= ~(1 << bit);
				bank.reasons[bit] = kLost;
			}
			const at = kOutputBytes * bit;
			this.#bytes[at] = (bank.commanded >> bit) & 1;
			this.#bytes[at + 1] = is;
			this.#bytes[at + 2] = bank.reasons[bit]!;
		}
	}

	/** The outputs of a unit, in the state that they are to have at the start. */
	#bank(unit: number): Bank {
		let bank = this.#banks.get(unit);
		if (!bank) {
			const reasons = new Uint8Array(32).fill(kStart);
			bank = { outputs: this.#options.open(unit), started: false, commanded: 0, reasons };
			this.#banks.set(unit, bank);
		}
		if (!bank.started) {
			if ((this.#options.start?.(unit) ?? "open") === "open") bank.outputs.openAll();
			else bank.commanded = bank.outputs.closed();
			bank.started = true;
		}
		return bank;
	}

	#tell(request: RelayRequest, status: RelayResult["status"]): void {
		const result = this.#result;
		result.status = status;
		result.exception = status === "exception" ? kDeviceFailure : 0;
		result.startMs = this.#startMs;
		result.endMs = this.#options.clock.now();
		request.onResult(result);
	}
}
