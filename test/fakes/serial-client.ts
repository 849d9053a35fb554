import { toHex } from "../../modules/base/bytes";
import { ManualClock } from "../../modules/base/manual-clock";
import { FramerClient } from "../../modules/serial/client";
import type { FramerClientOptions, SerialRequest, SerialResult } from "../../modules/serial/client-types";
import { type FrameRecord, type Framer, Verdict } from "../../modules/serial/framer";
import { FakeLine } from "./rs485";

/** A client with a framer on a fake line, made anew by `fresh()`: what the tests of serial protocols stand on. */
export interface Seen {
	status: string;
	exception: number;
	data: string;
	attempts: number;
	atMs: number;
}

export let clock: ManualClock;
export let line: FakeLine;
export let client: FramerClient;
export let seen: Seen[];

export function fresh(): void {
	clock = new ManualClock();
	line = new FakeLine(clock);
	seen = [];
}

export function open(framer: Framer, options: Partial<FramerClientOptions> = {}): void {
	client = new FramerClient({ link: { io: line.io, port: "sim:a" }, framer, clock, ...options });
}

export function record(key: number | string, bytes = 2, more: Partial<FrameRecord> = {}): FrameRecord {
	return { name: `r${key}`, key, bytes, ...more };
}

export function ask(of: FrameRecord, request: Partial<SerialRequest> = {}): Seen[] {
	const mine: Seen[] = [];
	client.request({
		unit: 1,
		record: of,
		...request,
		onResult(result: SerialResult) {
			const data = new Uint8Array(result.data.buffer, result.data.byteOffset, result.byteLength);
			const entry = {
				status: result.status,
				exception: result.exception,
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

/** The frame of a request. */
export function encoded(framer: Framer, of: FrameRecord, values?: number[], unit = 1): Uint8Array {
	const out = new Uint8Array(framer.sendBytes);
	framer.check({ unit, record: of, values });
	framer.begin({ unit, record: of, values });
	return out.slice(0, framer.encode(out));
}

/** What a framer makes of bytes that come at once: the name of the verdict and the payload. */
export function judged(framer: Framer, bytes: Uint8Array): string {
	const verdict = framer.take(bytes, bytes.length);
	const name = Object.keys(Verdict).find((key) => Verdict[key as keyof typeof Verdict] === verdict)!;
	if (verdict === Verdict.exception) return `${name} ${framer.exception}`;
	if (verdict !== Verdict.reply) return name;
	return `${name} ${toHex(new Uint8Array(framer.payload.buffer, framer.payload.byteOffset, framer.payloadBytes), "")}`;
}
