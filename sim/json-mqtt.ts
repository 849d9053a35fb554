import { utf8Decode, utf8Encode } from "../modules/base/bytes";
import type { Clock } from "../modules/base/clock";
import type { TcpClass, TcpOptions } from "../modules/base/io";
import type { RecordSpec } from "../modules/base/record";
import { type JsonDevice, matchTemplate, SimConnection, tcpClass } from "./json-device";

/** The TCP class of a network with a broker at which these devices speak: what one client of it sees of MQTT 3.1.1. */
export function simulatedMqtt(devices: readonly JsonDevice[], clock: Clock): TcpClass {
	return tcpClass((options) => new BrokerConnection(options, clock, devices));
}

class BrokerConnection extends SimConnection {
	readonly #devices: readonly JsonDevice[];
	readonly #filters = new Set<string>();
	#bytes: number[] = [];
	/** Devices whose will was published. */
	readonly #gone = new Set<JsonDevice>();

	constructor(options: TcpOptions, clock: Clock, devices: readonly JsonDevice[]) {
		super(options, clock);
		this.#devices = devices;
		this.watch();
	}

	/** A device that has gone, or is back, is told by its last will and its greeting. */
	private watch(): void {
		this.later(1000, () => {
			for (const device of this.#devices) {
				const gone = device.fault !== undefined;
				if (gone === this.#gone.has(device)) continue;
				if (gone) this.#gone.add(device);
				else this.#gone.delete(device);
				const record = device.table.records?.find(({ name }) => name === "availability");
				if (record) this.say(device, record, gone ? "Offline" : "Online", false);
			}
			this.watch();
		});
	}

	protected received(bytes: Uint8Array): void {
		for (const byte of bytes) this.#bytes.push(byte);
		for (;;) {
			let length = 0;
			let at = 1;
			for (let shift = 0; ; shift += 7) {
				const byte = this.#bytes[at++];
				if (byte === undefined) return;
				length += (byte & 0x7f) << shift;
				if (byte < 0x80) break;
			}
			if (this.#bytes.length < at + length) return;
			const packet = Uint8Array.from(this.#bytes.splice(0, at + length));
			this.packet(packet[0]! >> 4, (packet[0]! >> 1) & 3, packet.subarray(at));
		}
	}

	private packet(type: number, qos: number, body: Uint8Array): void {
		if (type === 1) this.send([0x20, 2, 0, 0]);
		else if (type === 12) this.send([0xd0, 0]);
		else if (type === 8) this.subscribe(body);
		else if (type === 3) {
			const length = body[0]! * 256 + body[1]!;
			const topic = utf8Decode(body, 2, 2 + length) ?? "";
			const rest = body.subarray(2 + length);
			if (qos > 0) this.send([0x40, 2, rest[0]!, rest[1]!]);
			this.command(topic, utf8Decode(rest, qos > 0 ? 2 : 0) ?? "");
		}
	}

	private subscribe(body: Uint8Array): void {
		const granted: number[] = [];
		for (let at = 2; at < body.length; ) {
			const length = body[at]! * 256 + body[at + 1]!;
			const filter = utf8Decode(body, at + 2, at + 2 + length) ?? "";
			at += 3 + length;
			granted.push(0);
			if (this.#filters.has(filter)) continue;
			this.#filters.add(filter);
			this.begin(filter);
		}
		this.send([0x90, 2 + granted.length, body[0]!, body[1]!, ...granted]);
	}

	/** What is published on a topic, from now on. */
	private begin(topic: string): void {
		for (const device of this.#devices) {
			for (const record of device.table.records ?? []) {
				if (record.write === true || device.fill(String(record.key)) !== topic) continue;
				this.later(device.table.bus.replyMs ?? 20, () => this.publish(device, record, record.everyMs === undefined));
				if (record.everyMs !== undefined) this.repeat(device, record, record.everyMs);
			}
		}
	}

	private repeat(device: JsonDevice, record: RecordSpec, everyMs: number): void {
		this.later(everyMs, () => {
			this.publish(device, record, false);
			this.repeat(device, record, everyMs);
		});
	}

	private publish(device: JsonDevice, record: RecordSpec, retained: boolean): void {
		if (device.fault) return;
		const isThere = record.name === "availability";
		this.say(device, record, isThere ? "Online" : device.document(record, this.clock.now()), retained);
	}

	private say(device: JsonDevice, record: RecordSpec, text: string, retained: boolean): void {
		const topic = device.fill(String(record.key));
		if (!this.#filters.has(topic)) return;
		const name = utf8Encode(topic);
		const payload = utf8Encode(text);
		const length = 2 + name.length + payload.length;
		const sizes = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
		this.send([retained ? 0x31 : 0x30, ...sizes, name.length >> 8, name.length & 0xff, ...name, ...payload]);
	}

	private command(topic: string, payload: string): void {
		for (const device of this.#devices) {
			if (device.fault) continue;
			for (const record of device.table.records ?? []) {
				if (record.write !== true || device.fill(String(record.key)) !== topic) continue;
				const value = matchTemplate(device.fill(record.request ?? "{value}"), payload);
				if (value === undefined || !device.take(record, value)) continue;
				// the state is told at once
				for (const told of device.table.records ?? []) {
					if (told.write !== true) {
						this.later(device.table.bus.replyMs ?? 20, () => this.publish(device, told, false));
					}
				}
			}
		}
	}
}
