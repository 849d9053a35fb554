import { utf8Encode } from "../base/bytes";
import { frozen } from "../base/frozen";

/**
 * MQTT 3.1.1 control packets as bytes (OASIS standard, 29 October 2014; clause numbers are its own).
 * Encoders append to a ByteFifo; PacketParser cuts a byte stream into packets and checks their frame.
 */
export const PacketType = frozen({
	connect: 1,
	connack: 2,
	publish: 3,
	puback: 4,
	subscribe: 8,
	suback: 9,
	unsubscribe: 10,
	unsuback: 11,
	pingreq: 12,
	pingresp: 13,
	disconnect: 14,
});

/** Bytes waiting to be sent: a buffer that is reused and grows when it must. */
export class ByteFifo {
	#bytes: Uint8Array;
	#head = 0;
	#tail = 0;

	constructor(capacity: number) {
		this.#bytes = new Uint8Array(capacity);
	}

	get length(): number {
		return this.#tail - this.#head;
	}

	clear(): void {
		this.#head = this.#tail = 0;
	}

	byte(value: number): void {
		if (this.#tail === this.#bytes.length) this.#reserve(1);
		this.#bytes[this.#tail++] = value;
	}

	word(value: number): void {
		this.byte(value >> 8);
		this.byte(value & 0xff);
	}

	bytes(values: Uint8Array): void {
		if (this.#tail + values.length > this.#bytes.length) this.#reserve(values.length);
		this.#bytes.set(values, this.#tail);
		this.#tail += values.length;
	}

	/** Two bytes of length, then the bytes: 1.5.3. */
	field(values: Uint8Array): void {
		this.word(values.length);
		this.bytes(values);
	}

	/** 2.2.3: seven bits a byte, least significant first. */
	remainingLength(length: number): void {
		while (length > 127) {
			this.byte((length & 127) | 128);
			length >>= 7;
		}
		this.byte(length);
	}

	/** Moves up to `limit - at` bytes to `out` at `at`; gives how many. */
	take(out: Uint8Array, at: number, limit: number): number {
		const count = Math.min(this.length, limit - at);
		if (count <= 0) return 0;
		out.set(this.#bytes.subarray(this.#head, this.#head + count), at);
		this.#head += count;
		if (this.#head === this.#tail) this.clear();
		return count;
	}

	#reserve(more: number): void {
		const length = this.length;
		let bytes = this.#bytes;
		if (length + more > bytes.length) bytes = new Uint8Array(Math.max(2 * bytes.length, length + more));
		bytes.set(this.#bytes.subarray(this.#head, this.#tail));
		this.#bytes = bytes;
		this.#head = 0;
		this.#tail = length;
	}
}

export interface ConnectFields {
	clientId: string;
	cleanSession: boolean;
	/** 0 = the broker never gives the connection up. */
	keepAliveS: number;
	user?: string | undefined;
	password?: string | Uint8Array | undefined;
	will?: WillFields | undefined;
}

/** What the broker publishes for us when the connection ends without DISCONNECT. */
export interface WillFields {
	topic: string;
	payload: Uint8Array | string;
	qos?: 0 | 1 | undefined;
	retain?: boolean | undefined;
}

/** 3.1. */
export function encodeConnect(out: ByteFifo, fields: ConnectFields): void {
	const clientId = utf8Encode(fields.clientId);
	const will = fields.will;
	const willTopic = will && utf8Encode(will.topic);
	const willPayload = will && bytesOf(will.payload);
	const user = fields.user === undefined ? undefined : utf8Encode(fields.user);
	const password = fields.password === undefined ? undefined : bytesOf(fields.password);
	let flags = fields.cleanSession ? 0x02 : 0;
	let length = 10 + 2 + clientId.length;
	if (will && willTopic && willPayload) {
		flags |= 0x04 | ((will.qos ?? 0) << 3) | (will.retain ? 0x20 : 0);
		length += 4 + willTopic.length + willPayload.length;
	}
	if (user) {
		flags |= 0x80;
		length += 2 + user.length;
		if (password) {
			flags |= 0x40;
			length += 2 + password.length;
		}
	}
	out.byte(PacketType.connect << 4);
	out.remainingLength(length);
	out.field(protocolName);
	out.byte(4);
	out.byte(flags);
	out.word(fields.keepAliveS);
	out.field(clientId);
	if (willTopic && willPayload) {
		out.field(willTopic);
		out.field(willPayload);
	}
	if (user) out.field(user);
	if (user && password) out.field(password);
}

const protocolName = new Uint8Array([0x4d, 0x51, 0x54, 0x54]);

/**
 * 3.3, all but the payload, which follows as it is.
 * @param flags (qos << 1) | retain, to which DUP (8) may be added
 */
export function encodePublishHeader(
	out: ByteFifo,
	flags: number,
	topic: Uint8Array,
	packetId: number,
	payloadLength: number,
): void {
	const withId = flags & 6;
	out.byte((PacketType.publish << 4) | flags);
	out.remainingLength(2 + topic.length + (withId ? 2 : 0) + payloadLength);
	out.field(topic);
	if (withId) out.word(packetId);
}

/** 3.4. */
export function encodePuback(out: ByteFifo, packetId: number): void {
	out.byte(PacketType.puback << 4);
	out.byte(2);
	out.word(packetId);
}

/** 3.8, with one filter. */
export function encodeSubscribe(out: ByteFifo, packetId: number, filter: string, qos: number): void {
	const bytes = utf8Encode(filter);
	out.byte((PacketType.subscribe << 4) | 2);
	out.remainingLength(2 + 2 + bytes.length + 1);
	out.word(packetId);
	out.field(bytes);
	out.byte(qos);
}

/** 3.10, with one filter. */
export function encodeUnsubscribe(out: ByteFifo, packetId: number, filter: string): void {
	const bytes = utf8Encode(filter);
	out.byte((PacketType.unsubscribe << 4) | 2);
	out.remainingLength(2 + 2 + bytes.length);
	out.word(packetId);
	out.field(bytes);
}

/** PINGREQ (3.12) and DISCONNECT (3.14). */
export function encodeEmpty(out: ByteFifo, type: number): void {
	out.byte(type << 4);
	out.byte(0);
}

export function bytesOf(payload: Uint8Array | string): Uint8Array {
	return typeof payload === "string" ? utf8Encode(payload) : payload;
}

/** Takes what PacketParser finds. `bytes` belongs to the parser and is valid only during the call. */
export interface PacketTarget {
	/** A packet with its body at `start` to `end`. A text says what is wrong with it and ends the parsing. */
	packet(type: number, flags: number, bytes: Uint8Array, start: number, end: number): string | undefined;
	/** A PUBLISH longer than the limit; `head` is its first bytes, topic and id among them if those fit. */
	oversized(flags: number, length: number, head: Uint8Array, headLength: number): string | undefined;
}

const headLimit = 512;

/**
 * Cuts what a broker sends into packets. A packet that arrives in one piece is handed on where it lies; others are
 * put together in a buffer of their own length. A PUBLISH over `limit` bytes is passed over without being kept.
 * After an error the stream has no more packet borders: the connection must be closed and the parser reset.
 */
export class PacketParser {
	readonly #target: PacketTarget;
	readonly #limit: number;
	/** 0 expecting the first byte, 1 the remaining length, 2 the body, 3 a body that is passed over, 4 after an error */
	#state = 0;
	#type = 0;
	#flags = 0;
	#length = 0;
	#lengthBytes = 0;
	#body: Uint8Array | undefined;
	#have = 0;

	/** @param limit longest remaining length that is kept, in bytes */
	constructor(target: PacketTarget, limit: number) {
		this.#target = target;
		this.#limit = limit;
	}

	reset(): void {
		this.#state = this.#have = 0;
		this.#body = undefined;
	}

	/** Gives undefined, or what is wrong with the stream. */
	feed(bytes: Uint8Array): string | undefined {
		const end = bytes.length;
		let at = 0;
		while (at < end) {
			let wrong: string | undefined;
			if (this.#state === 0) wrong = this.#first(bytes[at++]!);
			else if (this.#state === 1) wrong = this.#more(bytes[at++]!);
			else if (this.#state === 4) return "bytes after an error";
			if (!wrong && this.#state === 2) {
				const missing = this.#length - this.#have;
				const body = this.#body;
				if (!body && end - at >= missing) {
					wrong = this.#done(bytes, at, at + missing);
					at += missing;
				} else {
					const count = Math.min(missing, end - at);
					at = this.#keep(bytes, at, count, this.#length);
					if (count === missing) wrong = this.#done(this.#body!, 0, this.#length);
				}
			} else if (!wrong && this.#state === 3) {
				const count = Math.min(this.#length - this.#have, end - at);
				const kept = Math.min(count, Math.max(0, headLimit - this.#have));
				if (kept > 0) {
					this.#keep(bytes, at, kept, headLimit);
					this.#have -= kept;
				}
				this.#have += count;
				at += count;
				if (this.#have === this.#length) wrong = this.#passed();
			}
			if (wrong) {
				this.#state = 4;
				this.#body = undefined;
				return wrong;
			}
		}
		return undefined;
	}

	#keep(bytes: Uint8Array, at: number, count: number, capacity: number): number {
		if (!this.#body) this.#body = new Uint8Array(capacity);
		const whole = at === 0 && count === bytes.length;
		this.#body.set(whole ? bytes : bytes.subarray(at, at + count), this.#have);
		this.#have += count;
		return at + count;
	}

	#first(byte: number): string | undefined {
		this.#type = byte >> 4;
		this.#flags = byte & 15;
		const expected = flagsFromBroker[this.#type]!;
		if (expected < 0) return `packet type ${this.#type} is not one a broker sends`;
		if (expected !== 16 && expected !== this.#flags) return `packet type ${this.#type} has flags ${this.#flags}`;
		if (expected === 16 && (this.#flags & 6) === 6) return "PUBLISH with QoS 3";
		this.#length = this.#lengthBytes = 0;
		this.#state = 1;
		return undefined;
	}

	#more(byte: number): string | undefined {
		this.#length |= (byte & 127) << (7 * this.#lengthBytes++);
		if (byte & 128) return this.#lengthBytes === 4 ? "remaining length has more than four bytes" : undefined;
		const fixed = lengthFromBroker[this.#type]!;
		if (fixed >= 0 && this.#length !== fixed) return `packet type ${this.#type} has ${this.#length} bytes`;
		this.#have = 0;
		this.#state = 2;
		if (this.#length > this.#limit) {
			if (this.#type !== PacketType.publish) return `packet type ${this.#type} has ${this.#length} bytes`;
			this.#state = 3;
		} else if (this.#length === 0) return this.#done(nothing, 0, 0);
		return undefined;
	}

	#done(bytes: Uint8Array, start: number, end: number): string | undefined {
		this.#state = this.#have = 0;
		this.#body = undefined;
		return this.#target.packet(this.#type, this.#flags, bytes, start, end);
	}

	#passed(): string | undefined {
		const head = this.#body ?? nothing;
		this.#state = this.#have = 0;
		this.#body = undefined;
		return this.#target.oversized(this.#flags, this.#length, head, Math.min(this.#length, headLimit));
	}
}

const nothing = new Uint8Array(0);
/** Flags of each type as a broker sends it (2.2.2): 16 = PUBLISH, any; -1 = it sends none such (QoS 2 is never asked for). */
const flagsFromBroker = frozen([-1, -1, 0, 16, 0, -1, -1, -1, -1, 0, -1, 0, -1, 0, -1, -1]);
/** Remaining length of the types that have one size; SUBACK answers one filter, since SUBSCRIBE asks for one. */
const lengthFromBroker = frozen([-1, -1, 2, -1, 2, -1, -1, -1, -1, 3, -1, 2, -1, 0, -1, -1]);
