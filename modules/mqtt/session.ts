import { utf8Decode, utf8Encode } from "../base/bytes";
import { GridpostError, show } from "../base/errors";
import {
	ByteFifo,
	bytesOf,
	type ConnectFields,
	encodeConnect,
	encodeEmpty,
	encodePuback,
	encodePublishHeader,
	encodeSubscribe,
	encodeUnsubscribe,
	PacketParser,
	type PacketTarget,
	PacketType,
} from "./packets";
import { Message, MessageQueue, type PublishOptions } from "./queue";
import { type EndReason, ended, refused, silent } from "./reasons";
import { Subscriptions } from "./subscriptions";
import { topicFilterFault, topicNameFault } from "./topics";

/** How a message came in. */
export interface MessageInfo {
	qos: number;
	/** It is the topic's kept value, not a new one. */
	retain: boolean;
	/** The broker may have sent it before. */
	dup: boolean;
}

/** What a session tells its owner. All calls come from within `feed`, `pull`, `publish` or `close`. */
export interface SessionTarget {
	connected(sessionPresent: boolean): void;
	/** `payload` is valid only during the call. The acknowledgement goes out after it. */
	message(topic: string, payload: Uint8Array, info: MessageInfo): void;
	/** `granted`: the QoS the broker gave, or 128 when it refused. */
	subscribed(filter: string, granted: number): void;
	/** A message too long to keep was passed over (and acknowledged, or it would come again for ever). */
	oversized(length: number): void;
	drain(): void;
	/** A message that has an onSent is out, or dropped. */
	settled(options: PublishOptions, delivered: boolean): void;
}

export interface SessionOptions extends ConnectFields {
	queueMessages: number;
	queueBytes: number;
	/** QoS 1 messages that may be out without acknowledgement. */
	window: number;
	inboundLimitBytes: number;
	/** For CONNACK, PINGRESP and for TCP to take bytes. */
	responseTimeoutMs: number;
	/** For PUBACK while the connection looks alive. */
	ackTimeoutMs: number;
}

export interface SessionCounters {
	published: number;
	acknowledged: number;
	resent: number;
	dropped: number;
	received: number;
	oversized: number;
	bytesOut: number;
	bytesIn: number;
}

/** Above this many bytes of acknowledgements that TCP does not take, nothing more is read. */
const congestedBytes = 2048;
const topicCacheSize = 64;

/**
 * The MQTT client without socket and timer: bytes and the time go in, bytes and calls come out. It lives as long as
 * the client; a connection is `open` to `lost`.
 */
export class Session implements PacketTarget {
	readonly #options: SessionOptions;
	readonly #target: SessionTarget;
	readonly #parser: PacketParser;
	readonly #subscriptions = new Subscriptions();
	readonly #queue = new MessageQueue();
	readonly #inFlight: Message[] = [];
	readonly #control = new ByteFifo(64);
	readonly #header = new ByteFifo(64);
	readonly #topics = new Map<string, Uint8Array>();
	readonly #info: MessageInfo = { qos: 0, retain: false, dup: false };
	readonly counters: SessionCounters = {
		published: 0,
		acknowledged: 0,
		resent: 0,
		dropped: 0,
		received: 0,
		oversized: 0,
		bytesOut: 0,
		bytesIn: 0,
	};
	#state: "lost" | "opening" | "connected" | "closed" = "lost";
	#current: Message | undefined;
	#offset = 0;
	#resend = 0;
	#lastId = 0;
	#messages = 0;
	#bytes = 0;
	#drainWanted = false;
	#nowMs = 0;
	#openedMs = 0;
	#sentMs = 0;
	#receivedMs = 0;
	#ackedMs = 0;
	#ping: "none" | "queued" | "sent" = "none";
	#pingMs = 0;
	#refusal = 0;

	constructor(options: SessionOptions, target: SessionTarget) {
		this.#options = options;
		this.#target = target;
		this.#parser = new PacketParser(this, options.inboundLimitBytes);
	}

	get connected(): boolean {
		return this.#state === "connected";
	}

	/** Messages taken and not yet out: waiting, in flight and being written. */
	get queued(): number {
		return this.#messages;
	}

	get queuedBytes(): number {
		return this.#bytes;
	}

	/** More must not be read until TCP has taken what waits. */
	get congested(): boolean {
		return this.#control.length > congestedBytes;
	}

	/**
	 * Takes a message, or gives false when the queue is full; then `drain` tells when it is at most three quarters
	 * full. A QoS 1 message drives out the oldest waiting QoS 0 ones if that makes room. An empty queue takes a
	 * message of any size. Throws GridpostError when the topic is not one.
	 */
	publish(topic: string, payload: Uint8Array | string, options?: PublishOptions): boolean {
		if (this.#state === "closed") return false;
		const topicBytes = this.#topicBytes(topic);
		const flags = ((options?.qos ?? 1) << 1) | (options?.retain ? 1 : 0);
		const message = new Message(topicBytes, bytesOf(payload), flags, options);
		const size = message.size;
		const { queueMessages, queueBytes } = this.#options;
		if (this.#messages > 0 && (this.#messages >= queueMessages || this.#bytes + size > queueBytes)) {
			const droppable = flags >= 2 ? this.#queue.droppableCount : 0;
			const fits =
				this.#messages - droppable < queueMessages && this.#bytes - this.#queue.droppableBytes + size <= queueBytes;
			if (droppable === 0 || !fits) {
				this.#drainWanted = true;
				return false;
			}
		}
		this.#queue.push(message);
		this.#messages++;
		this.#bytes += size;
		while (flags >= 2 && this.#messages > 1 && (this.#messages > queueMessages || this.#bytes > queueBytes)) {
			const dropped = this.#queue.takeDroppable();
			if (!dropped) break;
			this.counters.dropped++;
			this.#settle(dropped, false);
		}
		return true;
	}

	/** Throws GridpostError when the filter is not one. */
	subscribe(filter: string, qos: 0 | 1): void {
		const fault = topicFilterFault(filter);
		if (fault) throw badTopic(filter, fault);
		this.#subscriptions.want(filter, qos);
	}

	unsubscribe(filter: string): void {
		this.#subscriptions.drop(filter);
	}

	/** A TCP connection is up: CONNECT is the next thing `pull` gives. */
	open(nowMs: number): void {
		this.#reset();
		this.#state = "opening";
		this.#nowMs = this.#openedMs = this.#sentMs = this.#receivedMs = this.#ackedMs = nowMs;
		encodeConnect(this.#control, this.#options);
	}

	/** The connection is gone. What was in flight, and what was half written, goes first on the next one. */
	lost(): void {
		if (this.#state !== "closed") this.#state = "lost";
		const current = this.#current;
		if (current && current.flags < 2) {
			// never wholly sent, so it was not delivered
			this.#queue.unshift(current);
		}
		this.#reset();
	}

	/** Ends for good. Puts DISCONNECT in line if it can still be sent as a whole packet; settles all messages as not sent. */
	close(): void {
		if (this.#state === "closed") return;
		const clean = this.#state === "connected" && !this.#current;
		this.#state = "closed";
		if (clean) encodeEmpty(this.#control, PacketType.disconnect);
		else this.#control.clear();
		const current = this.#current;
		this.#current = undefined;
		if (current && current.flags < 2) this.#settle(current, false);
		for (const message of this.#inFlight.splice(0)) this.#settle(message, false);
		for (let message = this.#queue.shift(); message; message = this.#queue.shift()) this.#settle(message, false);
	}

	/** Bytes from the broker. Gives why the connection must end, if it must. */
	feed(bytes: Uint8Array, nowMs: number): EndReason | undefined {
		this.#nowMs = this.#receivedMs = nowMs;
		this.counters.bytesIn += bytes.length;
		const wrong = this.#parser.feed(bytes);
		if (this.#refusal) {
			const returnCode = this.#refusal;
			return refused(returnCode);
		}
		return wrong === undefined ? undefined : ended("protocol", `broker: ${wrong}`);
	}

	/** Fills `out` up to `limit` with what is to be sent; gives how many bytes that are. */
	pull(out: Uint8Array, limit: number, nowMs: number): number {
		this.#nowMs = nowMs;
		let at = 0;
		for (;;) {
			if (this.#current) {
				at = this.#pullCurrent(this.#current, out, at, limit);
				if (this.#current) break;
			}
			if (this.#control.length) {
				at += this.#control.take(out, at, limit);
				if (this.#control.length) break;
			}
			if (this.#ping === "queued") {
				this.#ping = "sent";
				this.#pingMs = nowMs;
			}
			if (at >= limit || this.#state !== "connected") break;
			if (!this.#begin()) break;
		}
		if (at > 0) {
			this.#sentMs = nowMs;
			this.counters.bytesOut += at;
		}
		return at;
	}

	/** Called about once a second while a connection is open: pings when due, gives why the connection must end. */
	check(nowMs: number): EndReason | undefined {
		this.#nowMs = nowMs;
		const { keepAliveS, responseTimeoutMs, ackTimeoutMs } = this.#options;
		if (this.#state === "opening" && nowMs - this.#openedMs > responseTimeoutMs)
			return silent("no CONNACK", nowMs - this.#openedMs);
		if ((this.#current || this.#control.length) && nowMs - this.#sentMs > responseTimeoutMs)
			return silent("TCP takes no bytes", nowMs - this.#sentMs);
		if (this.#ping === "sent" && nowMs - this.#pingMs > responseTimeoutMs)
			return silent("no PINGRESP", nowMs - this.#pingMs);
		if (this.#inFlight.length && this.#inFlight[0]!.wasSent && !this.#current && nowMs - this.#ackedMs > ackTimeoutMs)
			return silent("no PUBACK", nowMs - this.#ackedMs);
		// Both directions must show life: 3.1.2.10 asks that we send; that we hear tells a half-open connection.
		const quietMs = nowMs - Math.min(this.#sentMs, this.#receivedMs);
		if (keepAliveS > 0 && this.#state === "connected" && this.#ping === "none" && quietMs >= keepAliveS * 750) {
			encodeEmpty(this.#control, PacketType.pingreq);
			this.#ping = "queued";
		}
		return undefined;
	}

	packet(type: number, flags: number, bytes: Uint8Array, start: number, end: number): string | undefined {
		if (this.#state === "opening")
			return type === PacketType.connack ? this.#connack(bytes, start) : "not a CONNACK first";
		if (this.#state !== "connected") return "a packet after the end";
		switch (type) {
			case PacketType.publish:
				return this.#publish(flags, bytes, start, end);
			case PacketType.puback:
				return this.#puback(word(bytes, start));
			case PacketType.suback:
				return this.#suback(word(bytes, start), bytes[start + 2]!);
			case PacketType.unsuback:
				return this.#unsuback(word(bytes, start));
			case PacketType.pingresp:
				this.#ping = "none";
				return undefined;
			default:
				return "a second CONNACK";
		}
	}

	oversized(flags: number, length: number, head: Uint8Array, headLength: number): string | undefined {
		if (this.#state !== "connected") return "not a CONNACK first";
		this.counters.oversized++;
		this.#target.oversized(length);
		if ((flags & 6) === 0) return undefined;
		const at = 2 + word(head, 0);
		if (at + 2 <= headLength) encodePuback(this.#control, word(head, at));
		return undefined;
	}

	#connack(bytes: Uint8Array, start: number): string | undefined {
		const acknowledge = bytes[start]!;
		const returnCode = bytes[start + 1]!;
		if (acknowledge > 1 || (acknowledge === 1 && returnCode !== 0)) return `CONNACK with flags ${acknowledge}`;
		if (returnCode !== 0) {
			this.#refusal = returnCode;
			return "refused";
		}
		this.#state = "connected";
		this.#ackedMs = this.#nowMs;
		this.#subscriptions.connected(acknowledge === 1);
		this.#target.connected(acknowledge === 1);
		return undefined;
	}

	#publish(flags: number, bytes: Uint8Array, start: number, end: number): string | undefined {
		const qos = (flags >> 1) & 3;
		if (qos > 1) return "PUBLISH with QoS 2, which was not asked for";
		const topicEnd = start + 2 + (end - start < 2 ? 0 : word(bytes, start));
		const payloadStart = topicEnd + (qos ? 2 : 0);
		if (end - start < 2 || payloadStart > end) return "PUBLISH shorter than its topic";
		const topic = utf8Decode(bytes, start + 2, topicEnd);
		if (topic === undefined) return "PUBLISH with a topic that is not UTF-8";
		const fault = topicNameFault(topic);
		if (fault) return `PUBLISH: ${fault}`;
		const packetId = qos ? word(bytes, topicEnd) : 0;
		if (qos && packetId === 0) return "PUBLISH with packet id 0";
		this.counters.received++;
		const info = this.#info;
		info.qos = qos;
		info.retain = (flags & 1) !== 0;
		info.dup = (flags & 8) !== 0;
		this.#target.message(topic, bytes.subarray(payloadStart, end), info);
		// the handler may have closed the client
		if (qos && this.connected) encodePuback(this.#control, packetId);
		return undefined;
	}

	#puback(packetId: number): string | undefined {
		if (packetId === 0) return "PUBACK with packet id 0";
		const inFlight = this.#inFlight;
		for (let i = 0; i < inFlight.length; i++) {
			const message = inFlight[i]!;
			if (message.packetId !== packetId) continue;
			if (message === this.#current) return "PUBACK for a message that is still being sent";
			if (i >= this.#resend) break;
			inFlight.splice(i, 1);
			this.#resend--;
			this.#ackedMs = this.#nowMs;
			this.counters.acknowledged++;
			this.#settle(message, true);
			break;
		}
		// an unknown id is harmless: at most it acknowledges what a former run of this client id had sent
		return undefined;
	}

	#suback(packetId: number, granted: number): string | undefined {
		if (packetId === 0 || (granted > 2 && granted !== 128)) return `SUBACK with id ${packetId} and code ${granted}`;
		const answered = this.#subscriptions.answered(packetId, true, granted === 128);
		if (answered) this.#target.subscribed(answered.filter, granted);
		return undefined;
	}

	#unsuback(packetId: number): string | undefined {
		if (packetId === 0) return "UNSUBACK with packet id 0";
		this.#subscriptions.answered(packetId, false, false);
		return undefined;
	}

	/** Puts the next packet in line; false when there is none that may go. */
	#begin(): boolean {
		const subscription = this.#subscriptions.next();
		if (subscription) {
			subscription.packetId = this.#nextId();
			if (subscription.wanted)
				encodeSubscribe(this.#control, subscription.packetId, subscription.filter, subscription.qos);
			else encodeUnsubscribe(this.#control, subscription.packetId, subscription.filter);
			return true;
		}
		let message: Message | undefined;
		if (this.#resend < this.#inFlight.length) message = this.#inFlight[this.#resend++]!;
		else {
			message = this.#queue.head;
			if (!message || (message.flags >= 2 && this.#inFlight.length >= this.#options.window)) return false;
			this.#queue.shift();
			if (message.flags >= 2) {
				message.packetId = this.#nextId();
				if (this.#inFlight.length === 0) this.#ackedMs = this.#nowMs;
				this.#inFlight.push(message);
				this.#resend++;
			}
		}
		if (message.wasSent) this.counters.resent++;
		else this.counters.published++;
		const flags = message.flags | (message.wasSent ? 8 : 0);
		encodePublishHeader(this.#header, flags, message.topic, message.packetId, message.payload.length);
		this.#current = message;
		this.#offset = 0;
		return true;
	}

	#pullCurrent(message: Message, out: Uint8Array, at: number, limit: number): number {
		at += this.#header.take(out, at, limit);
		if (this.#header.length) return at;
		const payload = message.payload;
		const count = Math.min(payload.length - this.#offset, limit - at);
		if (count > 0) {
			out.set(count === payload.length ? payload : payload.subarray(this.#offset, this.#offset + count), at);
			this.#offset += count;
			at += count;
		}
		if (this.#offset === payload.length) {
			this.#current = undefined;
			// as if acknowledged now: the time for PUBACK runs from the last byte
			if (message.flags < 2) this.#settle(message, true);
			else {
				message.wasSent = true;
				if (this.#inFlight[0] === message) this.#ackedMs = this.#nowMs;
			}
		}
		return at;
	}

	#settle(message: Message, delivered: boolean): void {
		this.#messages--;
		this.#bytes -= message.size;
		if (message.options?.onSent) this.#target.settled(message.options, delivered);
		if (!this.#drainWanted || this.#state === "closed") return;
		const { queueMessages, queueBytes } = this.#options;
		if (this.#messages * 4 > queueMessages * 3 || this.#bytes * 4 > queueBytes * 3) return;
		this.#drainWanted = false;
		this.#target.drain();
	}

	#reset(): void {
		this.#parser.reset();
		this.#control.clear();
		this.#header.clear();
		this.#current = undefined;
		this.#offset = this.#resend = this.#refusal = 0;
		this.#ping = "none";
	}

	/** 2.3.1: not 0, and not one that is waiting for its answer. */
	#nextId(): number {
		for (;;) {
			this.#lastId = this.#lastId === 0xffff ? 1 : this.#lastId + 1;
			if (!this.#idInUse(this.#lastId)) return this.#lastId;
		}
	}

	#idInUse(packetId: number): boolean {
		for (const message of this.#inFlight) if (message.packetId === packetId) return true;
		return this.#subscriptions.usesId(packetId);
	}

	/** Checked and encoded once a topic: a hub publishes to the same few for ever. */
	#topicBytes(topic: string): Uint8Array {
		const known = this.#topics.get(topic);
		if (known) return known;
		const fault = topicNameFault(topic);
		if (fault) throw badTopic(topic, fault);
		if (this.#topics.size >= topicCacheSize) this.#topics.clear();
		const bytes = utf8Encode(topic);
		this.#topics.set(topic, bytes);
		return bytes;
	}
}

function word(bytes: Uint8Array, at: number): number {
	return (bytes[at]! << 8) | bytes[at + 1]!;
}

function badTopic(topic: string, fault: string): GridpostError {
	return new GridpostError("bad-topic", `topic ${show(topic)}: ${fault}`, {
		origin: "local",
		retry: "never",
		place: topic,
	});
}
