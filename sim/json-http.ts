import { utf8Decode, utf8Encode } from "../modules/base/bytes";
import type { Clock } from "../modules/base/clock";
import type { TcpClass, TcpOptions } from "../modules/base/io";
import { type JsonDevice, matchTemplate, SimConnection, tcpClass } from "./json-device";

/** The TCP class of a network on which one web server answers for these devices, in real HTTP text. */
export function simulatedHttp(devices: readonly JsonDevice[], clock: Clock): TcpClass {
	return tcpClass((options) => new HttpConnection(options, clock, devices));
}

class HttpConnection extends SimConnection {
	readonly #devices: readonly JsonDevice[];
	#text = "";

	constructor(options: TcpOptions, clock: Clock, devices: readonly JsonDevice[]) {
		super(options, clock);
		this.#devices = devices;
	}

	protected received(bytes: Uint8Array): void {
		this.#text += utf8Decode(bytes) ?? "";
		const head = this.#text.indexOf("\r\n\r\n");
		if (head < 0) return;
		const length = Number(/content-length: *([0-9]+)/i.exec(this.#text.slice(0, head))?.[1] ?? 0);
		const end = head + 4 + length;
		if (this.#text.length < end) return;
		const body = this.#text.slice(head + 4, end);
		const [method = "", path = ""] = this.#text.split(" ");
		this.#text = this.#text.slice(end);
		if (this.#devices.every((device) => device.fault !== undefined)) return;
		this.later(this.#devices[0]!.table.bus.replyMs ?? 20, () => {
			const [status, text] = this.answer(method, path, body);
			this.send(
				utf8Encode(
					`HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
				),
			);
		});
	}

	private answer(method: string, path: string, body: string): [status: string, text: string] {
		const nowMs = this.clock.now();
		for (const device of this.#devices) {
			for (const record of device.table.records ?? []) {
				if ((record.request === undefined) !== (method === "GET")) continue;
				const atPath = matchTemplate(device.fill(String(record.key)), path);
				if (atPath === undefined) continue;
				const inBody = record.request === undefined ? Number.NaN : matchTemplate(device.fill(record.request), body);
				if (inBody === undefined) continue;
				if (record.write !== true) return ["200 OK", device.document(record, nowMs)];
				const taken = device.take(record, Number.isNaN(atPath) ? inBody : atPath);
				return taken
					? ["200 OK", '{"message":"SUCCESS","type":"success"}']
					: ["200 OK", '{"message":"FAILED","type":"warning"}'];
			}
		}
		return ["404 Not Found", "{}"];
	}
}
