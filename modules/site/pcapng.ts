/**
 * The frame log as a capture file: pcapng (draft-ietf-opsawg-pcapng), one interface a bus. The link type is
 * WIRESHARK_UPPER_PDU (252): each packet names the dissector that reads it, so Wireshark needs no settings.
 */
import { utf8Encode } from "../base/bytes";
import type { Clock } from "../base/clock";
import { FrameKind } from "../modbus/client-link";
import { isIntact } from "../modbus/rtu";
import type { FrameLog, LoggedFrame } from "./frame-log";

export interface CapturedBus {
	id: string;
	kind: string;
	/** What is spoken there. Default "modbus". */
	protocol?: string;
}

const kSectionHeader = 0x0a0d0d0a;
const kInterface = 1;
const kPacket = 6;
const kUpperPdu = 252;

const kInterfaceName = 2;
const kHardware = 2;
const kApplication = 4;
const kComment = 1;
const kFlags = 2;
/** Of epb_flags: direction, and the link layer's errors. */
const kInbound = 1;
const kOutbound = 2;
const kCrcError = 0x01000000;
const kSymbolError = 0x80000000;

/** Tags before the bytes (Wireshark's exported PDU format); big-endian. */
const kTagDissector = 12;
const kTagPortType = 24;
const kTagSourcePort = 25;
const kTagTargetPort = 26;
const kTcp = 2;
/** The dissectors tell request from reply by the port they are registered for: 502 of mbtcp, 0 of mbrtu. */
const kTcpPort = 502;
const kRtuPort = 0;
const kMasterPort = 49152;

/** Writes one block or option list, little endian, growing with what is put into it. */
class Writer {
	#bytes = new Uint8Array(256);
	#view = new DataView(this.#bytes.buffer);
	#at = 0;

	#room(count: number): number {
		const at = this.#at;
		if (at + count > this.#bytes.length) {
			const longer = new Uint8Array(2 * (at + count));
			longer.set(this.#bytes);
			this.#bytes = longer;
			this.#view = new DataView(longer.buffer);
		}
		this.#at += count;
		return at;
	}

	u32(value: number): this {
		const at = this.#room(4);
		this.#view.setUint32(at, value, true);
		return this;
	}

	u16(value: number, littleEndian = true): this {
		const at = this.#room(2);
		this.#view.setUint16(at, value, littleEndian);
		return this;
	}

	/** Filled up with zeros to a multiple of four. */
	bytes(bytes: Uint8Array): this {
		const at = this.#room((bytes.length + 3) & ~3);
		this.#bytes.set(bytes, at);
		return this;
	}

	option(code: number, text: string): this {
		const bytes = utf8Encode(text);
		return this.u16(code).u16(bytes.length).bytes(bytes);
	}

	block(type: number): Uint8Array {
		const body = this.#bytes.subarray(0, this.#at);
		const whole = new Uint8Array(body.length + 12);
		const view = new DataView(whole.buffer);
		view.setUint32(0, type, true);
		view.setUint32(4, whole.length, true);
		whole.set(body, 8);
		view.setUint32(whole.length - 4, whole.length, true);
		return whole;
	}

	get written(): Uint8Array {
		return this.#bytes.subarray(0, this.#at);
	}
}

/**
 * The blocks of the file one by one, undefined at its end. Times are UTC when the wall clock is set, else since the start
 * of the hub.
 */
export function pcapngOf(
	log: FrameLog,
	buses: readonly CapturedBus[],
	clock: Clock,
	firmware: string,
): () => Uint8Array | undefined {
	const next = log.reader();
	// a time-out is told with its request, which is why each is kept until the next frame of its bus is known
	let held = next();
	const waiting: LoggedFrame[] = [];
	let opened = -1;
	const zeroMs = (clock.epochMs() ?? clock.now()) - clock.now();

	const packet = (frame: LoggedFrame, answered: boolean): Uint8Array =>
		packetBlock(frame, buses[frame.source]!, frame.timeMs + zeroMs, answered);

	return () => {
		if (opened < 0) {
			opened = 0;
			return sectionBlock(firmware);
		}
		if (opened < buses.length) return interfaceBlock(buses[opened++]!.id);
		for (;;) {
			const frame = waiting.shift() ?? held;
			if (!frame) return undefined;
			if (frame === held) held = next();
			if (frame.kind === FrameKind.timeout) continue;
			return packet(frame, frame.kind !== FrameKind.request || !isTimedOut(frame));
		}
	};

	/** Looks ahead, on a bus that others mix with, for what became of a request. */
	function isTimedOut(request: LoggedFrame): boolean {
		for (const one of waiting) if (one.source === request.source) return one.kind === FrameKind.timeout;
		for (; held; held = next()) {
			if (held.source === request.source) return held.kind === FrameKind.timeout;
			waiting.push(held);
		}
		return false;
	}
}

function sectionBlock(firmware: string): Uint8Array {
	const writer = new Writer().u32(0x1a2b3c4d).u16(1).u16(0).u32(0xffffffff).u32(0xffffffff);
	return writer.option(kHardware, "Gridpost").option(kApplication, `Gridpost ${firmware}`).u32(0).block(kSectionHeader);
}

function interfaceBlock(id: string): Uint8Array {
	return new Writer().u16(kUpperPdu).u16(0).u32(0).option(kInterfaceName, id).u32(0).block(kInterface);
}

function packetBlock(frame: LoggedFrame, bus: CapturedBus, timeMs: number, answered: boolean): Uint8Array {
	const { kind, protocol = "modbus" } = bus;
	// no dissector knows the others: their frames are bytes
	const isRtu = kind === "rs485" && protocol === "modbus";
	const { bytes } = frame;
	const isRequest = frame.kind === FrameKind.request;
	const damaged = frame.kind === FrameKind.damaged;
	const badCrc = isRtu && !damaged && (bytes.length < 4 || !isIntact(bytes, 0, bytes.length));
	const slavePort = kind === "tcp" ? kTcpPort : kRtuPort;
	const tags = new Writer();
	const number = (tag: number, value: number): void => void tags.u16(tag, false).u16(4, false).u16(0).u16(value, false);
	const name = utf8Encode(kind === "tcp" ? "mbtcp" : isRtu ? "mbrtu" : "data");
	tags
		.u16(kTagDissector, false)
		.u16((name.length + 3) & ~3, false)
		.bytes(name);
	number(kTagPortType, kTcp);
	number(kTagSourcePort, isRequest ? kMasterPort : slavePort);
	number(kTagTargetPort, isRequest ? slavePort : kMasterPort);
	tags.u32(0);
	const data = new Uint8Array(tags.written.length + bytes.length);
	data.set(tags.written);
	data.set(bytes, tags.written.length);

	const us = Math.round(timeMs * 1000);
	const writer = new Writer()
		.u32(frame.source)
		.u32(Math.floor(us / 0x100000000))
		.u32(us >>> 0);
	writer.u32(data.length).u32(data.length).bytes(data);
	const flags = (isRequest ? kOutbound : kInbound) + (badCrc ? kCrcError : 0) + (damaged ? kSymbolError : 0);
	writer.u16(kFlags).u16(4).u32(flags);
	const comment = badCrc ? "bad CRC" : damaged ? "ends with a bad character" : answered ? "" : "no answer in time";
	if (comment !== "") writer.option(kComment, comment);
	return writer.u32(0).block(kPacket);
}
