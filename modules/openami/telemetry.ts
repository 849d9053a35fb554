import type { Clock, Random } from "../base/clock";
import { configError } from "../base/errors";
import { frozen } from "../base/frozen";
import type { TcpClass } from "../base/io";
import type { Log } from "../base/log";
import { MqttClient, type MqttClientOptions } from "../mqtt/client";
import type { HubDevice } from "../site/hub";
import { parseBroker, type Site } from "../site/site-file";
import { OpenAmiPublisher, type Publishing } from "./publisher";
import type { MeterSource } from "./record";

export interface TelemetryOptions {
	site: Pick<Site, "feederId" | "gatewayId" | "services">;
	/** Of the broker; "" for none. */
	url: string;
	/** Those that are no meters have no telemetry. */
	devices: readonly HubDevice[];
	io: { TCP: TcpClass; TLS?: TcpClass };
	clock: Clock;
	random: Random;
	log: Log;
	firmware: string;
	/** Words on the wall clock for the gateway's status. */
	clockState: () => string;
}

/** Messages that MQTT holds as text; what waits longer waits in the outbox as numbers. */
const kMqttQueue = frozen({ messages: 8, bytes: 12288 });
/** Waiting telemetry: a quarter of an hour of the demo pole at 10 s, an hour and a half at 60 s. */
export const kOutboxBytes = 48 * 1024;

/** What the hub says of its meters, and the connection to the broker that it says it to. */
export class Telemetry implements Publishing {
	readonly #url: string;
	readonly #publisher: OpenAmiPublisher;
	readonly #settings: MqttClientOptions | undefined;
	/** Per device: its place among the meters, or -1. */
	readonly #meterOf: Int8Array;
	#meters: number;
	#mqtt: MqttClient | undefined;

	/** Throws `bad-config` for a broker that cannot be used. Nothing is connected before `start`. */
	constructor(options: TelemetryOptions) {
		const { site, clock, firmware, clockState } = options;
		const { feederId, gatewayId } = site;
		this.#url = options.url;
		this.#settings = options.url === "" ? undefined : this.#settingsOf(options);
		const meters = options.devices.filter((entry) => entry.kind === "meter");
		this.#meterOf = Int8Array.from(options.devices, (entry) => meters.indexOf(entry));
		this.#meters = meters.length;
		this.#publisher = new OpenAmiPublisher({
			clock,
			mqtt: this,
			feederId,
			gatewayId,
			meters: meters.map(sourceOf),
			periodMs: site.services.openami.periodS * 1000,
			outboxBytes: kOutboxBytes,
			firmware,
			clockState,
		});
	}

	#settingsOf({ url, io, site, clock, random, log }: TelemetryOptions): MqttClientOptions {
		const parts = parseBroker(url);
		if (!parts) throw configError("broker", url, 'it must be "mqtt://host:1883" or "mqtts://host:8883"');
		if (parts.tls && !io.TLS) throw configError("broker", url, "this platform has no TLS");
		const { user, password, keepAliveS } = site.services.mqtt;
		return {
			socket: { io: parts.tls ? io.TLS! : io.TCP, host: parts.host, port: parts.port },
			clock,
			random,
			clientId: `gridpost-${site.gatewayId}`,
			...(user === "" ? {} : { user, password }),
			keepAliveS,
			will: OpenAmiPublisher.will(site.feederId, site.gatewayId),
			queueLimit: kMqttQueue,
			log,
			onConnected: () => this.#publisher.connected(),
			onDrain: () => this.#publisher.flush(),
		};
	}

	start(): void {
		if (this.#settings) this.#mqtt = new MqttClient(this.#settings);
		this.#publisher.start();
	}

	/** The broker is told. May be called twice. */
	close(): void {
		this.#publisher.close();
		// on a good-bye the broker keeps the will to itself
		const will = this.#settings?.will;
		if (will) this.#mqtt?.publish(will.topic, will.payload, { qos: 0, retain: true });
		this.#mqtt?.close();
	}

	/** What a device is was found out: its image is a new one, and it may be a meter now. */
	found(entry: HubDevice): void {
		if (entry.kind !== "meter") return;
		if (this.#meterOf[entry.index]! < 0) this.#meterOf[entry.index] = this.#meters++;
		this.#publisher.put(this.#meterOf[entry.index]!, sourceOf(entry));
	}

	/** New readings of a device are in its image. */
	reading(entry: HubDevice): void {
		const meter = this.#meterOf[entry.index]!;
		if (meter >= 0) this.#publisher.committed(meter);
	}

	/** A device has begun or stopped to answer. */
	presence(entry: HubDevice, online: boolean): void {
		const meter = this.#meterOf[entry.index]!;
		if (meter >= 0) this.#publisher.setLost(meter, !online);
	}

	/** The wall clock was set: what waited for a time can go. */
	clockSet(): void {
		this.#publisher.flush();
	}

	/** Of the publisher, to the broker; without one nothing is kept. */
	publish(topic: string, payload: string, options: { qos: 0 | 1; retain: boolean }): boolean {
		return this.#mqtt === undefined ? this.#settings === undefined : this.#mqtt.publish(topic, payload, options);
	}

	/** Undefined when there is none. */
	broker(): { address: string; connected: boolean } | undefined {
		return this.#settings && { address: this.#url, connected: this.#mqtt?.connected ?? false };
	}

	/** Messages to the broker since the start; `broker` is "" when there is none. */
	status(): { broker: string; connected: boolean; sent: number; waiting: number; dropped: number } {
		return {
			broker: this.#url,
			connected: this.#mqtt?.connected ?? false,
			sent: this.#mqtt?.counters.acknowledged ?? 0,
			waiting: this.#publisher.waiting + (this.#mqtt?.queued ?? 0),
			dropped: this.#publisher.dropped,
		};
	}
}

function sourceOf({ site: { serial }, image, model, device }: HubDevice): MeterSource {
	return { serial, image, model, reads: (point) => device.reads(model, point) };
}
