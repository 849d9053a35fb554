import { fromHex, toHex } from "../../modules/base/bytes";
import { ManualClock } from "../../modules/base/manual-clock";
import {
	ModbusClient,
	type ModbusClientOptions,
	type ModbusRequest,
	type ModbusResult,
} from "../../modules/modbus/client";
import { withCrc } from "../fixtures/modbus-frames";
import { FakeLine } from "./rs485";

/** A client on a fake line, made anew by `fresh()` before each test: what the tests of the RTU client stand on. */
export interface Seen {
	status: string;
	exception: number;
	count: number;
	data: string;
	attempts: number;
	atMs: number;
}

export let clock: ManualClock;
export let line: FakeLine;
export let client: ModbusClient;
export let seen: Seen[];

export function open(options: Partial<ModbusClientOptions> = {}): void {
	client = new ModbusClient({ link: { io: line.io, port: "sim:a" }, clock, ...options });
}

export function ask(request: Partial<ModbusRequest> = {}): Seen[] {
	const mine: Seen[] = [];
	client.request({
		unit: 1,
		function: 3,
		address: 0,
		count: 1,
		...request,
		onResult(result: ModbusResult) {
			const data = new Uint8Array(result.data.buffer, result.data.byteOffset, result.byteLength);
			const entry = {
				status: result.status,
				exception: result.exception,
				count: result.count,
				data: toHex(data, ""),
				attempts: result.attempts,
				atMs: Math.round(result.endMs),
			};
			mine.push(entry);
			seen.push(entry);
		},
	});
	return mine;
}

/** A frame from its bytes without CRC. */
export function frame(hex: string): Uint8Array {
	return withCrc(fromHex(hex));
}

/** The device answers after `delayMs`: the replies one after the other, the last one for ever; undefined = silence. */
export function answerAfter(delayMs: number, ...replies: (string | undefined)[]): void {
	line.onSent = () => {
		const reply = replies.length > 1 ? replies.shift() : replies[0];
		if (reply !== undefined) clock.setTimer(() => line.feed(frame(reply)), delayMs);
	};
}

export function fresh(): void {
	clock = new ManualClock();
	line = new FakeLine(clock);
	seen = [];
}
