import type { Clock, TimerId } from "../base/clock";
import { Outbox } from "./outbox";
import { type EventKind, isoTime, kLongestRecord, type MeterSource, RecordCodec, rowHandles } from "./record";

/** What the publisher needs of an MQTT client. */
export interface Publishing {
	/** False: no room, nothing taken; the client calls back when there is. */
	publish(topic: string, payload: string, options: { qos: 0 | 1; retain: boolean }): boolean;
}

export interface PublisherOptions {
	clock: Clock;
	mqtt: Publishing;
	feederId: string;
	gatewayId: string;
	/** Those that are known at the start; see `add`. */
	meters: readonly MeterSource[];
	/** Telemetry of every meter each so many ms. */
	periodMs: number;
	/** What may wait for the broker, in bytes of memory; about 75 bytes a message of a single-phase meter. */
	outboxBytes: number;
	firmware: string;
	/** Words on the wall clock for the gateway's status. */
	clockState: () => string;
}

/** The wall clock counts whole milliseconds and is slewed a little; beyond this it was set. */
const kTrembleMs = 250;

/** The topics of a gateway, profile 0.1. */
export function topicRoot(feederId: string, gatewayId: string): string {
	return `openami/v1/${feederId}/${gatewayId}`;
}

/**
 * Telemetry, events and status by the OpenAMI profile 0.1. Messages wait as numbers in the outbox while the broker is
 * away or the wall clock is not set, and leave in order, each with its own time.
 *
 * The gateway's status (ours; the profile leaves liveness open) is retained at `{root}/status`: state, firmware,
 * clock, meters by serial that are lost, messages waiting and dropped. The client's will sets it to offline.
 */
export class OpenAmiPublisher {
	#options: PublisherOptions;
	#root: string;
	#outbox: Outbox;
	#codec = new RecordCodec();
	readonly #meters: MeterSource[] = [];
	#handles: Int16Array[] = [];
	#lost: boolean[] = [];
	#started: boolean[] = [];
	#seq = 0;
	#timer: TimerId | undefined;
	#nextMs = 0;
	#statusDue = false;
	#utcOffsetMs = Number.NaN;

	constructor(options: PublisherOptions) {
		this.#options = options;
		this.#root = topicRoot(options.feederId, options.gatewayId);
		this.#outbox = new Outbox(Math.max(options.outboxBytes, 4 * (kLongestRecord + 2)));
		for (const meter of options.meters) this.put(this.#meters.length, meter);
	}

	/** Adds a meter that was found later (`at` = how many there are), or gives one a new image. */
	put(at: number, meter: MeterSource): void {
		this.#meters[at] = meter;
		this.#handles[at] = rowHandles(meter);
		this.#lost[at] = false;
		this.#started[at] = false;
	}

	/** Messages that wait here; those the MQTT client holds come on top. */
	get waiting(): number {
		return this.#outbox.count;
	}

	get dropped(): number {
		return this.#outbox.dropped;
	}

	/** For the MQTT client's will. */
	static will(feederId: string, gatewayId: string): { topic: string; payload: string; qos: 1; retain: true } {
		const payload = `{"schemaVersion":"0.1","feederId":"${feederId}","gatewayId":"${gatewayId}","state":"offline"}`;
		return { topic: `${topicRoot(feederId, gatewayId)}/status`, payload, qos: 1, retain: true };
	}

	start(): void {
		this.#nextMs = this.#options.clock.now() + this.#options.periodMs;
		this.#arm();
	}

	close(): void {
		this.#options.clock.clearTimer(this.#timer);
		this.#timer = undefined;
	}

	/** The image of a meter has new readings. The first full set goes out at once, so that a new pole shows up in seconds. */
	committed(meter: number): void {
		if (this.#started[meter] || !this.#complete(meter)) return;
		this.#started[meter] = true;
		this.#snapshot(meter);
		this.flush();
	}

	/** A meter stopped or began to answer. Told once each way. */
	setLost(meter: number, lost: boolean): void {
		if (this.#lost[meter] === lost) return;
		this.#lost[meter] = lost;
		this.#event(meter, lost ? 1 : 2);
		this.#statusDue = true;
		this.flush();
	}

	/** The broker is there: tells it the status, then what waits. */
	connected(): void {
		this.#statusDue = true;
		this.flush();
	}

	/** Sends what waits, until the client has no more room. Call when it drains and when the wall clock was set. */
	flush(): void {
		const epochMs = this.#options.clock.epochMs();
		if (epochMs === undefined) return; // a message without a true time would be a lie; it waits
		const utcOffsetMs = this.#offset(epochMs - this.#options.clock.now());
		if (this.#statusDue && this.#publishStatus(epochMs)) this.#statusDue = false;
		for (;;) {
			const length = this.#outbox.peek(this.#codec.bytes);
			if (length === 0) return;
			const { feederId, gatewayId } = this.#options;
			const serial = this.#meters[this.#codec.meter]!.serial;
			const payload = this.#codec.envelope(length, feederId, gatewayId, serial, utcOffsetMs);
			const leaf = this.#codec.kind === 0 ? "telemetry" : "event";
			const topic = `${this.#root}/meter/${serial}/${leaf}`;
			if (!this.#options.mqtt.publish(topic, payload, { qos: 1, retain: false })) return;
			this.#outbox.shift();
		}
	}

	/** UTC minus monotonic time, held still while the two only tremble: one reading has one time, however often it is told. */
	#offset(freshMs: number): number {
		if (!(Math.abs(freshMs - this.#utcOffsetMs) <= kTrembleMs)) this.#utcOffsetMs = freshMs;
		return this.#utcOffsetMs;
	}

	#arm(): void {
		const delayMs = Math.max(0, this.#nextMs - this.#options.clock.now());
		this.#timer = this.#options.clock.setTimer(() => this.#tick(), delayMs);
	}

	#tick(): void {
		const { clock, periodMs } = this.#options;
		for (let meter = 0; meter < this.#meters.length; meter++) {
			this.#started[meter] = true;
			this.#snapshot(meter);
		}
		this.#statusDue = true;
		this.flush();
		// on the grid of the start, so that the period does not creep; slots missed while asleep are not made up
		while (this.#nextMs <= clock.now()) this.#nextMs += periodMs;
		this.#arm();
	}

	/** Every register that the hub reads of the meter is there. What never comes is waited for until the first period ends. */
	#complete(meter: number): boolean {
		const { image } = this.#meters[meter]!;
		return this.#handles[meter]!.every((handle) => handle < 0 || image.quality(handle) !== undefined);
	}

	#snapshot(meter: number): void {
		const image = this.#meters[meter]!.image;
		const length = this.#codec.telemetry(this.#seq++, meter, image, this.#handles[meter]!, this.#options.clock.now());
		this.#outbox.push(this.#codec.bytes, length);
	}

	#event(meter: number, kind: EventKind): void {
		this.#outbox.push(this.#codec.bytes, this.#codec.event(this.#seq++, meter, kind, this.#options.clock.now()));
	}

	#publishStatus(epochMs: number): boolean {
		const { feederId, gatewayId, firmware, clockState, mqtt } = this.#options;
		const meters = this.#meters;
		const lost = meters.filter((_, i) => this.#lost[i]).map((meter) => `"${meter.serial}"`);
		const payload =
			`{"schemaVersion":"0.1","ts":"${isoTime(epochMs)}","feederId":"${feederId}","gatewayId":"${gatewayId}","state":"online",` +
			`"firmware":"${firmware}","clock":"${clockState()}","meters":${meters.length},"lost":[${lost.join(",")}],` +
			`"waiting":${this.#outbox.count},"dropped":${this.#outbox.dropped}}`;
		return mqtt.publish(`${this.#root}/status`, payload, { qos: 1, retain: true });
	}
}
