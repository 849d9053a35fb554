/**
 * Client of devices that say JSON, or plain words, on topics of a broker: heard unasked, with silence told, and commanded by
 * publishing. Nothing is kept for later: a command that cannot go now does not go, and a kept (retained) value of unknown
 * age counts only where a topic says a state, not a measurement.
 */
import type { Clock, TimerId } from "../base/clock";
import { configError } from "../base/errors";
import { type RecordSpec, WRITE_RECORD } from "../base/record";
import { MqttClient, type MqttClientOptions } from "../mqtt/client";
import { fillTemplate, type JsonRequest, type JsonResult, type JsonSource, kNoData, SourceExtractors } from "./source";

export interface JsonListener extends JsonSource {
	/**
	 * A message of a record that comes unasked, by its index; or "timeout", once, when none came for three of its periods
	 * or the device says that it is gone; or "closed", when the broker is.
	 */
	onRecord(index: number, result: JsonResult): void;
}

export interface JsonMqttOptions {
	broker: Pick<
		MqttClientOptions,
		"socket" | "resolver" | "clock" | "random" | "clientId" | "user" | "password" | "log"
	>;
	sources: readonly JsonListener[];
}

/** Longest message, bytes. */
const longest = 8192;
const silentPeriods = 3;
/** How long after a command a state that was told before it is no answer. */
const settleMs = 3000;
/** The record that says whether a device is there: 0 when it is gone. */
const availability = "availability";

/** One record of one device. */
interface Heard {
	readonly seat: Seat;
	readonly index: number;
	readonly record: RecordSpec;
	/** Moment of the last message, or since when none is missed; NaN: nothing was heard. */
	heardMs: number;
	/** Number of the last message among all; 0 for none. */
	mark: number;
	isSilent: boolean;
}

interface Seat {
	readonly source: JsonListener;
	readonly extractors: SourceExtractors;
	readonly heard: Heard[];
	/** Number of the last message when something was published to the device, and when that was. */
	writtenMark: number;
	writtenMs: number;
}

interface Waiting {
	readonly heard: Heard;
	readonly request: JsonRequest;
	readonly startMs: number;
	timer: TimerId | undefined;
}

export class JsonMqttClient {
	readonly #clock: Clock;
	readonly #mqtt: MqttClient;
	readonly #seats = new Map<number, Seat>();
	readonly #topics = new Map<string, Heard[]>();
	readonly #waiting: Waiting[] = [];
	#count = 0;
	#timer: TimerId | undefined;
	#fault = "";
	#closed = false;

	/** Throws GridpostError for options that are out of range, and for a path that makes no topic. It connects by itself, for ever, until `close`. */
	constructor(options: JsonMqttOptions) {
		this.#clock = options.broker.clock;
		this.#mqtt = new MqttClient({
			...options.broker,
			cleanSession: true,
			inboundLimitBytes: longest,
			queueLimit: { messages: 20, bytes: 4096 },
			onMessage: (topic, payload, info) => this.message(topic, payload, info.retain),
			onConnected: () => this.connected(),
			onDisconnected: (reason) => this.disconnected(reason.text),
		});
		try {
			for (const source of options.sources) this.add(source);
		} catch (error) {
			this.#mqtt.close();
			throw error;
		}
	}

	/** Why nothing can be sent; "" when all is well. */
	get fault(): string {
		return this.#fault;
	}

	/**
	 * A record that comes unasked is waited for, from after what was written to the device last; of another the last
	 * message is given. A write is done when it is handed to the connection. `onResult` is called once, later.
	 */
	request(request: JsonRequest): void {
		if (this.#closed) return;
		const seat = this.#seats.get(request.unit);
		const record = seat?.source.records[request.address];
		if (seat === undefined || record === undefined) this.answer(request, "exception", 2);
		else if (!this.#mqtt.connected) this.answer(request, "closed", 0);
		else if (request.function === WRITE_RECORD) this.write(request, seat, record);
		else
			this.read(
				request,
				seat.heard.find(({ index }) => index === request.address),
			);
	}

	/** May be called twice. Requests under way end as "closed". */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#mqtt.close();
		this.#clock.clearTimer(this.#timer);
		this.endWaiting();
	}

	private add(source: JsonListener): void {
		if (/[+#\0]/.test(source.path)) throw configError("path", source.path, "it is part of a topic: no + and no #");
		const seat: Seat = {
			source,
			extractors: new SourceExtractors(source),
			heard: [],
			writtenMark: 0,
			writtenMs: -Infinity,
		};
		this.#seats.set(source.unit, seat);
		source.records.forEach((record, index) => {
			if (record.write === true) return;
			const heard: Heard = { seat, index, record, heardMs: Number.NaN, mark: 0, isSilent: true };
			seat.heard.push(heard);
			const topic = fillTemplate(String(record.key), source);
			const others = this.#topics.get(topic);
			if (others) others.push(heard);
			else {
				this.#topics.set(topic, [heard]);
				this.#mqtt.subscribe(topic, 0);
			}
		});
	}

	private write(request: JsonRequest, seat: Seat, record: RecordSpec): void {
		const value = request.values?.[0];
		const topic = fillTemplate(String(record.key), seat.source, value);
		const payload = fillTemplate(record.request ?? "{value}", seat.source, value);
		seat.writtenMark = this.#count;
		seat.writtenMs = this.#clock.now();
		// at most once: a command is not sent again by a connection that comes back later
		const sent = this.#mqtt.publish(topic, payload, {
			qos: 0,
			onSent: (delivered) => this.answer(request, delivered ? "ok" : "closed", 0),
		});
		if (!sent) this.answer(request, "closed", 0);
	}

	private read(request: JsonRequest, heard: Heard | undefined): void {
		if (heard === undefined) {
			this.answer(request, "exception", 2);
			return;
		}
		if (this.isGone(heard.seat)) {
			// what the broker remembers is no answer of the device
			this.answer(request, "timeout", 0);
			return;
		}
		const startMs = this.#clock.now();
		// a state that was commanded just now is the one that is told after it
		const fresh = heard.record.everyMs !== undefined || startMs - heard.seat.writtenMs < settleMs;
		const known = heard.mark > (fresh ? heard.seat.writtenMark : 0);
		if (known) {
			const data = heard.seat.extractors.of(heard.index).payload;
			this.#clock.setTimer(() => request.onResult({ status: "ok", exception: 0, data, startMs, endMs: startMs }), 0);
			return;
		}
		const waiting: Waiting = { heard, request, startMs, timer: undefined };
		waiting.timer = this.#clock.setTimer(() => this.settle(waiting, "timeout"), request.timeoutMs);
		this.#waiting.push(waiting);
	}

	private settle(waiting: Waiting, status: JsonResult["status"]): void {
		const at = this.#waiting.indexOf(waiting);
		if (at < 0) return;
		this.#waiting.splice(at, 1);
		this.#clock.clearTimer(waiting.timer);
		const { heard, request, startMs } = waiting;
		const data = status === "ok" ? heard.seat.extractors.of(heard.index).payload : kNoData;
		request.onResult({ status, exception: 0, data, startMs, endMs: this.#clock.now() });
	}

	private message(topic: string, payload: Uint8Array, retained: boolean): void {
		this.#count++;
		for (const heard of this.#topics.get(topic) ?? []) {
			if (this.#closed) return;
			if (!retained || heard.record.everyMs === undefined) this.take(heard, payload);
		}
	}

	private take(heard: Heard, payload: Uint8Array): void {
		const { seat, index, record } = heard;
		const extractor = seat.extractors.of(index);
		const nowMs = this.#clock.now();
		let status: JsonResult["status"] = "ok";
		if (!extractor.extract(payload)) {
			const plain = seat.source.fields(record).some(({ path }) => path === "$");
			if (plain) extractor.extractPlain(payload);
			else status = "garbled";
		}
		if (status === "ok") heard.mark = this.#count;
		if (record.everyMs !== undefined) {
			heard.heardMs = nowMs;
			heard.isSilent = false;
			const data = status === "ok" ? extractor.payload : kNoData;
			seat.source.onRecord(index, { status, exception: 0, data, startMs: nowMs, endMs: nowMs });
			this.watch();
		}
		if (status !== "ok") return;
		for (const one of this.#waiting.filter((waiting) => waiting.heard === heard)) this.settle(one, "ok");
		if (record.name === availability && extractor.payload.getFloat64(0) === 0) this.silence(seat);
	}

	/** Whether a device says that it is gone, or has said nothing for too long. */
	private isGone(seat: Seat): boolean {
		let unasked = 0;
		let silent = 0;
		for (const { record, index, mark, isSilent } of seat.heard) {
			if (record.everyMs !== undefined) {
				unasked++;
				if (isSilent) silent++;
			} else if (record.name === availability && mark > 0) {
				if (seat.extractors.of(index).payload.getFloat64(0) === 0) return true;
			}
		}
		return unasked > 0 && silent === unasked;
	}

	/** The device says that it is gone. */
	private silence(seat: Seat): void {
		for (const heard of seat.heard) if (heard.record.everyMs !== undefined) this.tellSilent(heard, "timeout");
	}

	private tellSilent(heard: Heard, status: JsonResult["status"]): void {
		if (heard.isSilent) return;
		heard.isSilent = true;
		const nowMs = this.#clock.now();
		heard.seat.source.onRecord(heard.index, { status, exception: 0, data: kNoData, startMs: nowMs, endMs: nowMs });
	}

	private connected(): void {
		this.#fault = "";
		const nowMs = this.#clock.now();
		// periods count from now
		for (const seat of this.#seats.values()) {
			for (const heard of seat.heard) {
				heard.heardMs = nowMs;
				heard.isSilent = false;
			}
		}
		this.watch();
	}

	private disconnected(reason: string): void {
		if (this.#closed) return;
		this.#fault = reason;
		this.endWaiting();
		for (const seat of this.#seats.values()) {
			for (const heard of seat.heard) {
				// what was kept may be another by the time the broker is back
				heard.mark = 0;
				if (heard.record.everyMs !== undefined) this.tellSilent(heard, "closed");
			}
		}
	}

	private endWaiting(): void {
		for (const waiting of this.#waiting.slice()) this.settle(waiting, "closed");
	}

	/** Tells who has been silent for too long, and looks again when the next one might be. */
	private watch(): void {
		const nowMs = this.#clock.now();
		let nextMs = Infinity;
		for (const seat of this.#seats.values()) {
			for (const heard of seat.heard) {
				const { everyMs } = heard.record;
				if (everyMs === undefined || heard.isSilent) continue;
				const dueMs = heard.heardMs + silentPeriods * everyMs;
				if (dueMs <= nowMs) this.tellSilent(heard, "timeout");
				else nextMs = Math.min(nextMs, dueMs);
			}
		}
		this.#clock.clearTimer(this.#timer);
		this.#timer =
			nextMs < Infinity && !this.#closed ? this.#clock.setTimer(() => this.watch(), nextMs - nowMs) : undefined;
	}

	private answer(request: JsonRequest, status: JsonResult["status"], exception: number): void {
		const nowMs = this.#clock.now();
		const result: JsonResult = { status, exception, data: kNoData, startMs: nowMs, endMs: nowMs };
		this.#clock.setTimer(() => request.onResult(result), 0);
	}
}
