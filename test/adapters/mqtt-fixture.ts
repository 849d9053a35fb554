import { ManualClock } from "../../modules/base/manual-clock";
import { MqttClient, type MqttClientOptions } from "../../modules/mqtt/client";
import { FakeNetwork, type FakePeer } from "../fakes/tcp";

/** A packet a client sent, taken apart by a reader of its own (not by the code under test). */
export interface SentPacket {
	type: number;
	flags: number;
	body: Uint8Array;
	/** PUBLISH: */
	topic: string;
	id: number;
	payload: string;
}

/** Whole packets at the front of some bytes; throws when there are others. */
export function packetsOf(bytes: Uint8Array): SentPacket[] {
	const packets: SentPacket[] = [];
	let at = 0;
	while (at < bytes.length) {
		const first = bytes[at++]!;
		let length = 0;
		let factor = 1;
		for (;;) {
			const byte = bytes[at++];
			if (byte === undefined) throw new Error("packet cut off");
			length += (byte & 127) * factor;
			factor *= 128;
			if (byte < 128) break;
		}
		const body = bytes.subarray(at, at + length);
		if (body.length !== length) throw new Error("packet cut off");
		at += length;
		packets.push({ type: first >> 4, flags: first & 15, body, ...publishOf(first, body) });
	}
	return packets;
}

function publishOf(first: number, body: Uint8Array): { topic: string; id: number; payload: string } {
	if (first >> 4 !== 3) return { topic: "", id: body.length >= 2 ? (body[0]! << 8) | body[1]! : 0, payload: "" };
	const topicEnd = 2 + ((body[0]! << 8) | body[1]!);
	const qos = (first >> 1) & 3;
	const id = qos ? (body[topicEnd]! << 8) | body[topicEnd + 1]! : 0;
	const text = (from: number, to?: number) => Buffer.from(body.subarray(from, to)).toString();
	return { topic: text(2, topicEnd), id, payload: text(topicEnd + (qos ? 2 : 0)) };
}

export function connack(code = 0, sessionPresent = false): Uint8Array {
	return new Uint8Array([0x20, 2, sessionPresent ? 1 : 0, code]);
}

export function puback(id: number): Uint8Array {
	return new Uint8Array([0x40, 2, id >> 8, id & 255]);
}

export function suback(id: number, code: number): Uint8Array {
	return new Uint8Array([0x90, 3, id >> 8, id & 255, code]);
}

export function publish(topic: string, payload: string | Uint8Array, flags = 0, id = 1): Uint8Array {
	const name = Buffer.from(topic);
	const body = Buffer.concat([
		new Uint8Array([name.length >> 8, name.length & 255]),
		name,
		flags & 6 ? new Uint8Array([id >> 8, id & 255]) : new Uint8Array(0),
		Buffer.from(payload),
	]);
	const length: number[] = [];
	for (let left = body.length; ; left >>= 7) {
		length.push(left > 127 ? (left & 127) | 128 : left);
		if (left <= 127) break;
	}
	return new Uint8Array([0x30 | flags, ...length, ...body]);
}

/** A client on the fake network, with everything that it reports written down in `events`. */
export class Rig {
	readonly clock = new ManualClock();
	readonly network = new FakeNetwork();
	readonly events: string[] = [];
	readonly logs: string[] = [];
	readonly client: MqttClient;

	constructor(options: Partial<MqttClientOptions> = {}) {
		this.client = new MqttClient({
			socket: { io: this.network.tcp, address: "10.0.0.1", port: 1883 },
			clock: this.clock,
			random: () => 1,
			clientId: "hub",
			log: (level, _area, text) => this.logs.push(`${level}: ${text}`),
			onConnected: (present) => this.events.push(`connected ${present}`),
			onDisconnected: (reason) => this.events.push(`ended ${reason.code}: ${reason.text}`),
			onMessage: (topic, payload, info) =>
				this.events.push(
					`message ${topic} ${Buffer.from(payload)} ${info.qos}${info.retain ? "r" : ""}${info.dup ? "d" : ""}`,
				),
			onSubscribed: (filter, granted) => this.events.push(`subscribed ${filter} ${granted}`),
			onDrain: () => this.events.push("drain"),
			...options,
		});
	}

	get socket(): FakePeer {
		return this.network.last;
	}

	/** Lets the client connect (its timer must be due within `waitMs`) and the broker accept. Gives the CONNECT. */
	accept(sessionPresent = false, credit = 100_000, waitMs = 0): SentPacket {
		this.clock.advance(waitMs);
		this.socket.grant(credit);
		const connect = packetsOf(this.socket.take())[0]!;
		this.socket.send(connack(0, sessionPresent));
		return connect;
	}

	/** What the client has sent since the last call. */
	packets(): SentPacket[] {
		return packetsOf(this.socket.take());
	}

	/** The payloads of the PUBLISHes among it, as "payload" or "payload+" with DUP. */
	published(): string[] {
		return this.packets()
			.filter((packet) => packet.type === 3)
			.map((packet) => packet.payload + (packet.flags & 8 ? "+" : ""));
	}

	takeEvents(): string[] {
		return this.events.splice(0);
	}
}
