import type { Clock, TimerId } from "../base/clock";
import type { RecordSpec } from "../base/record";
import { type CanRequest, type CanResult, type FrameText, kExtended, parseFrame, recordKey } from "./types";

const kDefaultTimeoutMs = 500;
/** Between the parts of a reply, at most: then no more of them comes. */
const kPartMs = 100;

interface View {
	readonly data: DataView;
	readonly bytes: Uint8Array;
}

/** What the exchange needs of its client. */
export interface ExchangeOwner {
	/** False when the frame cannot even wait. */
	send(key: number, data: Uint8Array): boolean;
	readonly isOpen: boolean;
}

/**
 * Records that are asked for, one at a time: a request frame, and the reply under the record's identifier, in one frame or
 * in numbered parts. Nothing is allocated for a request that was sent once before.
 */
export class Exchange {
	timeouts = 0;
	retries = 0;
	readonly #clock: Clock;
	readonly #owner: ExchangeOwner;
	readonly #queue: CanRequest[] = [];
	#current: CanRequest | undefined;
	/** Identifier of the reply waited for, or -1. A field, as each frame is compared with it. */
	replyKey = -1;
	#attempts = 0;
	#startMs = 0;
	#timer: TimerId | undefined;
	readonly #onTimer: () => void;
	/** Requests as bytes, by their texts. */
	readonly #texts = new Map<string, FrameText>();
	#payload = new Uint8Array(8);
	/** Of the payload, by their lengths. */
	readonly #views = new Map<number, View>();
	readonly #result: CanResult;
	/** Bytes of a reply in parts that are there without a gap. */
	#whole = 0;
	#closed = false;

	constructor(owner: ExchangeOwner, clock: Clock) {
		this.#owner = owner;
		this.#clock = clock;
		this.#onTimer = () => this.late();
		this.#result = { status: "ok", exception: 0, ...this.view(0), byteLength: 0, startMs: 0, endMs: 0 };
	}

	request(request: CanRequest): void {
		if (this.#closed) return;
		this.#queue.push(request);
		if (this.#current === undefined) this.next();
	}

	/** Whether a frame with the identifier waited for is the reply. */
	take(bytes: Uint8Array, length: number): boolean {
		const record = this.#current!.record!;
		if (record.mux !== undefined && bytes[record.mux.byte] !== record.mux.value) return false;
		if (record.partBytes === undefined) {
			const count = Math.min(length, record.bytes);
			for (let i = 0; i < count; i++) this.#payload[i] = bytes[i]!;
			this.finish(count < (record.least ?? record.bytes) ? "garbled" : "ok", count);
		} else this.takePart(record, record.partBytes, bytes, length);
		// who hears it all the time, hears it now too
		return record.request !== undefined;
	}

	private takePart(record: RecordSpec, partBytes: number, bytes: Uint8Array, length: number): void {
		const at = (bytes[0]! - 1) * partBytes;
		// not the next one: of an earlier reply, or one was lost
		if (at !== this.#whole || length < 2) return;
		const count = Math.min(length - 1, partBytes, record.bytes - at);
		for (let i = 0; i < count; i++) this.#payload[at + i] = bytes[1 + i]!;
		this.#whole += count;
		if (this.#whole >= record.bytes) this.finish("ok", this.#whole);
		else this.wait(kPartMs);
	}

	/** The port has gone: nobody answers any more. */
	lost(): void {
		// those of now, and not what is asked in answer to that
		for (let n = this.#queue.length + 1; n > 0 && this.#current !== undefined; n--) this.finish("closed", 0);
	}

	close(): void {
		this.#closed = true;
		this.#clock.clearTimer(this.#timer);
		this.#queue.length = 0;
		this.replyKey = -1;
		this.#current = undefined;
	}

	private next(): void {
		const request = this.#queue.shift();
		this.#current = request;
		if (request === undefined) return;
		this.#attempts = 0;
		this.#startMs = this.#clock.now();
		const { record } = request;
		if (record === undefined || !this.#owner.isOpen) {
			// not from within request(): who asks again in onResult would never come out
			this.#timer = this.#clock.setTimer(this.#onTimer, 0);
			return;
		}
		const most = Math.max(record.bytes, 8);
		if (this.#payload.length < most) {
			this.#payload = new Uint8Array(most);
			this.#views.clear();
		}
		this.attempt(request, record);
	}

	private attempt(request: CanRequest, record: RecordSpec): void {
		this.#attempts++;
		this.#whole = 0;
		const asks = this.asks(record);
		const isRead = request.values === undefined;
		const own = recordKey(record, request.unit);
		const key = asks === undefined ? own : this.requestKey(asks, record, request.unit);
		this.replyKey = asks === undefined && !isRead ? -1 : own;
		// what comes by itself is waited for
		if (asks === undefined && isRead) {
			this.wait(Math.max(request.timeoutMs || kDefaultTimeoutMs, 2 * (record.everyMs ?? 0)));
			return;
		}
		const data = request.values === undefined ? asks?.data : payloadOf(record, request.values);
		const isSent = this.#owner.send(key, data ?? this.#payload.subarray(0, 0));
		// what nobody answers is done as soon as it can go
		if (asks === undefined && isSent) this.#timer = this.#clock.setTimer(this.#onTimer, 0);
		else this.wait(request.timeoutMs || kDefaultTimeoutMs);
	}

	private asks(record: RecordSpec): FrameText | undefined {
		const text = record.request;
		if (typeof text !== "string") return undefined;
		let frame = this.#texts.get(text);
		if (frame === undefined && (frame = parseFrame(text)) !== undefined) this.#texts.set(text, frame);
		return frame;
	}

	private requestKey(asks: FrameText, record: RecordSpec, unit: number): number {
		return ((asks.key & (kExtended - 1)) + (record.requestPerUnit ?? 0) * (unit - 1)) | (asks.key & kExtended);
	}

	private wait(ms: number): void {
		this.#clock.clearTimer(this.#timer);
		this.#timer = this.#clock.setTimer(this.#onTimer, ms);
	}

	private late(): void {
		this.#timer = undefined;
		const request = this.#current;
		if (request === undefined) return;
		const { record } = request;
		if (record === undefined || !this.#owner.isOpen) this.finish("closed", 0);
		else if (this.replyKey < 0) this.finish("ok", 0);
		else if (this.#whole > 0 && this.#whole >= (record.least ?? record.bytes)) this.finish("ok", this.#whole);
		else if (this.#attempts <= request.retries) {
			this.retries++;
			this.attempt(request, record);
		} else {
			this.timeouts++;
			this.finish("timeout", 0);
		}
	}

	private finish(status: CanResult["status"], bytes: number): void {
		const request = this.#current!;
		this.#clock.clearTimer(this.#timer);
		this.#timer = undefined;
		this.replyKey = -1;
		const result = this.#result;
		result.status = status;
		const view = this.view(bytes);
		result.data = view.data;
		result.bytes = view.bytes;
		result.byteLength = bytes;
		result.startMs = this.#startMs;
		result.endMs = this.#clock.now();
		this.#current = undefined;
		request.onResult(result);
		if (this.#current === undefined && !this.#closed) this.next();
	}

	private view(length: number): View {
		let view = this.#views.get(length);
		if (view === undefined) {
			const { buffer } = this.#payload;
			view = { data: new DataView(buffer, 0, length), bytes: new Uint8Array(buffer, 0, length) };
			this.#views.set(length, view);
		}
		return view;
	}
}

/** What is written fills its record from the first byte on. */
function payloadOf(record: RecordSpec, values: readonly number[]): Uint8Array {
	const data = new Uint8Array(Math.min(8, Math.max(record.bytes, values.length)));
	for (let i = 0; i < data.length; i++) data[i] = values[i] ?? 0;
	return data;
}
