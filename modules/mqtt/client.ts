import type { Clock, TimerId } from "../base/clock";
import type { TcpSocket } from "../base/io";
import { type Log, silentLog } from "../base/log";
import { checkOptions, type MqttClientOptions } from "./options";
import type { PublishOptions } from "./queue";
import { type EndReason, ended } from "./reasons";
import { type MessageInfo, Session, type SessionCounters } from "./session";

export type { MqttClientOptions, Resolver } from "./options";
export type { WillFields } from "./packets";
export type { PublishOptions } from "./queue";
export type { EndReason } from "./reasons";
export type { MessageInfo } from "./session";

export interface MqttCounters extends SessionCounters {
	/** Connections the broker accepted. */
	connections: number;
	/** TCP connections tried. */
	attempts: number;
}

const outputBytes = 1460;
const inputBytes = 1460;
const tickMs = 1000;
/** A connection that lived this long was a good one: the back-off starts afresh after it. */
const stableMs = 10_000;

/**
 * MQTT 3.1.1 client, QoS 0 and 1, over an ECMA-419 TCP or TLS class. It connects by itself, for ever, until `close`.
 *
 * QoS 1 messages are sent in order of publish, at most `window` at a time, and those not acknowledged are sent first
 * on the next connection, with DUP if they had gone out whole. A duplicate at the receiver is therefore possible only
 * for a message whose PUBACK was lost with the connection: at most `window` messages a break.
 *
 * A large payload is written as TCP gives credit; other packets, pings too, go between publishes, never inside one
 * (MQTT has no fragments), so a payload should not take longer than the keep-alive time at the link's speed.
 */
export class MqttClient {
	readonly #options: MqttClientOptions;
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #session: Session;
	readonly #output = new Uint8Array(outputBytes);
	readonly #tick = () => this.#check();
	readonly #start = () => this.#connect();
	#timer: TimerId | undefined;
	#socket: TcpSocket | undefined;
	/** Tells callbacks of a former connection from those of this one. */
	#generation = 0;
	#up = false;
	#credit = 0;
	#readable = 0;
	#pumping = false;
	#reading = false;
	#closed = false;
	#failures = 0;
	#startedMs = 0;
	#connectedMs = Number.NaN;
	#lastText = "";
	#connections = 0;
	#attempts = 0;

	/** Throws GridpostError for options that are out of range. The first connection starts on the clock's next turn. */
	constructor(options: MqttClientOptions) {
		checkOptions(options);
		this.#options = options;
		this.#clock = options.clock;
		this.#log = options.log ?? silentLog;
		this.#session = new Session(
			{
				clientId: options.clientId,
				cleanSession: options.cleanSession ?? false,
				keepAliveS: options.keepAliveS ?? 60,
				user: options.user,
				password: options.password,
				will: options.will,
				queueMessages: options.queueLimit?.messages ?? 500,
				queueBytes: options.queueLimit?.bytes ?? 131_072,
				window: options.window ?? 1,
				inboundLimitBytes: options.inboundLimitBytes ?? 16_384,
				responseTimeoutMs: options.responseTimeoutMs ?? 20_000,
				ackTimeoutMs: options.ackTimeoutMs ?? 60_000,
			},
			{
				connected: (sessionPresent) => this.#accepted(sessionPresent),
				message: (topic, payload, info) => this.#message(topic, payload, info),
				subscribed: (filter, granted) => this.#subscribed(filter, granted),
				oversized: (length) => this.#log("warn", "mqtt", `passed over a message of ${length} bytes`),
				drain: () => this.#drain(),
				settled: (options, delivered) => this.#settled(options, delivered),
			},
		);
		this.#timer = this.#clock.setTimer(this.#start, 0);
	}

	/** The broker has accepted the connection that is open now. */
	get connected(): boolean {
		return this.#session.connected;
	}

	/** Messages taken by publish and not yet out. */
	get queued(): number {
		return this.#session.queued;
	}

	/** Bytes of topics and payloads of those messages. */
	get queuedBytes(): number {
		return this.#session.queuedBytes;
	}

	get counters(): MqttCounters {
		return { ...this.#session.counters, connections: this.#connections, attempts: this.#attempts };
	}

	/**
	 * Queues a message, connected or not. Gives false, and takes nothing, when the queue is full (see onDrain) or the
	 * client is closed. A full queue makes room for a QoS 1 message by dropping the oldest QoS 0 ones. A message larger
	 * than the queue is taken when the queue is empty. The payload is kept by reference until onSent.
	 * Throws GridpostError when `topic` is not a topic name.
	 */
	publish(topic: string, payload: Uint8Array | string, options?: PublishOptions): boolean {
		const taken = this.#session.publish(topic, payload, options);
		if (taken) this.#pump();
		return taken;
	}

	/** Subscribes now and after each reconnect. Throws GridpostError when `filter` is not a topic filter. */
	subscribe(filter: string, qos: 0 | 1 = 1): void {
		this.#session.subscribe(filter, qos);
		this.#pump();
	}

	unsubscribe(filter: string): void {
		this.#session.unsubscribe(filter);
		this.#pump();
	}

	/**
	 * Ends for good. Says DISCONNECT if TCP takes it now, so that the will is not published; messages still queued are
	 * settled as not sent.
	 */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#clock.clearTimer(this.#timer);
		this.#session.close();
		this.#flush();
		this.#drop();
	}

	#connect(): void {
		this.#timer = undefined;
		const { socket, resolver } = this.#options;
		const generation = ++this.#generation;
		this.#startedMs = this.#clock.now();
		this.#attempts++;
		this.#schedule(tickMs, this.#tick);
		if (socket.host === undefined || socket.address !== undefined || !resolver) this.#open(generation, socket.address);
		else
			resolver.resolve({
				host: socket.host,
				onResolved: (_host, address) => this.#open(generation, address),
				onError: () => {
					if (generation === this.#generation) this.#end(ended("resolve", `no address for ${socket.host}`));
				},
			});
	}

	#open(generation: number, address: string | undefined): void {
		if (this.#closed || generation !== this.#generation) return;
		const { io, ...settings } = this.#options.socket;
		try {
			this.#socket = new io({
				// the SDK says nodelay, ECMA-419 noDelay
				nodelay: true,
				noDelay: true,
				...settings,
				...(address === undefined ? {} : { address }),
				onReadable: (bytes) => {
					if (generation !== this.#generation) return;
					this.#readable = bytes;
					this.#read();
				},
				onWritable: (bytes) => {
					if (generation === this.#generation) this.#writable(bytes);
				},
				onError: (error) => {
					if (generation !== this.#generation) return;
					const what = this.#up ? "connection closed" : "no connection";
					// the SDK's classes give no reason, the desktop's do
					this.#end(ended("closed", error === undefined ? what : `${what}: ${messageOf(error)}`));
				},
			});
		} catch (error) {
			this.#end(ended("closed", `no socket: ${messageOf(error)}`));
		}
	}

	#writable(bytes: number): void {
		if (!this.#up) {
			this.#up = true;
			this.#session.open(this.#clock.now());
		}
		this.#credit = bytes;
		this.#pump();
		if (this.#readable > 0) this.#read();
	}

	#read(): void {
		if (this.#reading) return;
		this.#reading = true;
		let end: EndReason | undefined;
		try {
			while (!end && this.#socket && this.#readable > 0 && !this.#session.congested) {
				const count = Math.min(this.#readable, inputBytes);
				const data = this.#socket.read(count);
				this.#readable = Math.max(0, this.#readable - count);
				if (!data) {
					this.#readable = 0;
					break;
				}
				if (!this.#up) end = ended("protocol", "bytes before the connection was up");
				else end = this.#session.feed(new Uint8Array(data), this.#clock.now());
			}
		} catch (error) {
			end = ended("internal", `reading: ${messageOf(error)}`);
		}
		this.#reading = false;
		if (!this.#socket) return;
		if (end) {
			this.#end(end);
			return;
		}
		this.#pump();
		// the acknowledgements that stopped the reading may be gone now
		if (this.#readable > 0 && this.#credit > 0 && !this.#session.congested) this.#read();
	}

	#pump(): void {
		if (this.#pumping || !this.#up || this.#reading) return;
		const fault = this.#flush();
		if (fault) this.#end(fault);
	}

	#flush(): EndReason | undefined {
		this.#pumping = true;
		let fault: EndReason | undefined;
		try {
			while (this.#socket && this.#credit > 0) {
				const count = this.#session.pull(this.#output, Math.min(this.#credit, outputBytes), this.#clock.now());
				if (count === 0 || !this.#socket) break;
				const left = this.#socket.write(count === outputBytes ? this.#output : this.#output.subarray(0, count));
				this.#credit = typeof left === "number" ? left : this.#credit - count;
			}
		} catch (error) {
			fault = ended("closed", `writing: ${messageOf(error)}`);
		}
		this.#pumping = false;
		return fault;
	}

	#check(): void {
		this.#timer = undefined;
		const nowMs = this.#clock.now();
		let end: EndReason | undefined;
		if (this.#up) end = this.#session.check(nowMs);
		else if (nowMs - this.#startedMs >= (this.#options.connectTimeoutMs ?? 15_000))
			end = ended("timeout", "no connection in time");
		if (end) {
			this.#end(end);
			return;
		}
		this.#schedule(tickMs, this.#tick);
		this.#pump();
	}

	#end(reason: EndReason): void {
		if (this.#closed) return;
		this.#drop();
		this.#session.lost();
		const nowMs = this.#clock.now();
		if (nowMs - this.#connectedMs >= stableMs) this.#failures = 0;
		this.#connectedMs = Number.NaN;
		const minMs = this.#options.backoff?.minMs ?? 1000;
		const maxMs = this.#options.backoff?.maxMs ?? 30_000;
		// what a person has to put right is not asked again each second
		const hopeless = reason.code === "refused" && reason.returnCode !== 3;
		const waitMs = hopeless ? maxMs : Math.min(maxMs, minMs * 2 ** Math.min(this.#failures, 16));
		this.#failures++;
		this.#schedule(waitMs * (0.5 + 0.5 * this.#options.random()), this.#start);
		// ten minutes without a broker are one line, not thirty
		this.#log(reason.text === this.#lastText ? "debug" : "warn", "mqtt", reason.text);
		this.#lastText = reason.text;
		try {
			this.#options.onDisconnected?.(reason);
		} catch (error) {
			this.#failed("onDisconnected", error);
		}
	}

	#drop(): void {
		this.#generation++;
		const socket = this.#socket;
		this.#socket = undefined;
		this.#up = false;
		this.#credit = this.#readable = 0;
		try {
			socket?.close();
		} catch (error) {
			this.#failed("closing the socket", error);
		}
	}

	#schedule(delayMs: number, callback: () => void): void {
		this.#clock.clearTimer(this.#timer);
		this.#timer = this.#closed ? undefined : this.#clock.setTimer(callback, delayMs);
	}

	#accepted(sessionPresent: boolean): void {
		this.#connectedMs = this.#clock.now();
		this.#connections++;
		this.#lastText = "";
		this.#log("info", "mqtt", sessionPresent ? "connected, session resumed" : "connected, new session");
		try {
			this.#options.onConnected?.(sessionPresent);
		} catch (error) {
			this.#failed("onConnected", error);
		}
	}

	#message(topic: string, payload: Uint8Array, info: MessageInfo): void {
		try {
			this.#options.onMessage?.(topic, payload, info);
		} catch (error) {
			this.#failed(`onMessage of ${topic}`, error);
		}
	}

	#subscribed(filter: string, granted: number): void {
		const refused = granted === 128;
		if (refused) this.#log("warn", "mqtt", `the broker refuses the subscription to ${filter}`);
		try {
			this.#options.onSubscribed?.(filter, refused ? undefined : granted === 0 ? 0 : 1);
		} catch (error) {
			this.#failed("onSubscribed", error);
		}
	}

	#drain(): void {
		try {
			this.#options.onDrain?.();
		} catch (error) {
			this.#failed("onDrain", error);
		}
	}

	#settled(options: PublishOptions, delivered: boolean): void {
		try {
			options.onSent?.(delivered);
		} catch (error) {
			this.#failed("onSent", error);
		}
	}

	#failed(where: string, error: unknown): void {
		this.#log("error", "mqtt", `${where}: ${messageOf(error)}`);
	}
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
