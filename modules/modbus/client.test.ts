import { beforeEach, describe, expect, it } from "vitest";
import { PlainSpace } from "../../test/fakes/registers";
import { FakeLine } from "../../test/fakes/rs485";
import { fromHex, toHex } from "../base/bytes";
import { ManualClock } from "../base/manual-clock";
import { ModbusClient, type ModbusClientOptions, type ModbusRequest, type ModbusResult } from "./client";
import { RtuResponder } from "./server-rtu";

interface Seen {
	status: string;
	exception: number;
	count: number;
	data: string;
	attempts: number;
	atMs: number;
}

let clock: ManualClock;
let line: FakeLine;
let client: ModbusClient;
let seen: Seen[];

function open(options: Partial<ModbusClientOptions> = {}): void {
	client = new ModbusClient({ link: { io: line.io, port: "sim:a" }, clock, ...options });
}

function ask(request: Partial<ModbusRequest> = {}): Seen[] {
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

/** A device that answers `reply` after `delayMs`; the CRC is added. */
function frame(hex: string): Uint8Array {
	const bytes = fromHex(hex);
	const out = new Uint8Array(bytes.length + 2);
	out.set(bytes);
	let crc = 0xffff;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
	}
	out[bytes.length] = crc & 255;
	out[bytes.length + 1] = crc >> 8;
	return out;
}

function answerAfter(delayMs: number, ...replies: (string | undefined)[]): void {
	line.onSent = () => {
		const reply = replies.length > 1 ? replies.shift() : replies[0];
		if (reply !== undefined) clock.setTimer(() => line.feed(frame(reply)), delayMs);
	};
}

beforeEach(() => {
	clock = new ManualClock();
	line = new FakeLine(clock);
	seen = [];
});

describe("one transaction", () => {
	it("reads registers", () => {
		open();
		answerAfter(5, "01 03 02 12 34");
		ask();
		clock.advance(100);
		expect(toHex(line.sent[0]!)).toBe("01 03 00 00 00 01 84 0a");
		expect(seen).toEqual([{ status: "ok", exception: 0, count: 1, data: "1234", attempts: 1, atMs: 13 }]);
	});

	it("is over as soon as the expected bytes are there", () => {
		open();
		line.onSent = () => line.feed(new Uint8Array([...frame("01 03 02 12 34"), 0, 0, 0]));
		ask();
		clock.advance(9);
		expect(seen[0]).toMatchObject({ status: "ok", data: "1234" });
	});

	it("talks to our own server for every function", () => {
		open();
		const space = new PlainSpace([9]);
		const responder = new RtuResponder(space);
		line.onSent = (request) => {
			responder.room().set(request);
			const reply = responder.receive(request.length);
			if (reply) line.feed(reply.slice());
		};
		space.holding.set([1, 2, 0xffff], 10);
		space.input.set([7, 8], 20);
		ask({ unit: 9, address: 10, count: 3 });
		ask({ unit: 9, function: 4, address: 20, count: 2 });
		ask({ unit: 9, function: 5, address: 3, values: [1] });
		ask({ unit: 9, function: 15, address: 4, values: [1, 0, 1] });
		ask({ unit: 9, function: 1, address: 3, count: 4 });
		ask({ unit: 9, function: 2, address: 3, count: 9 });
		ask({ unit: 9, function: 6, address: 30, values: [-2] });
		ask({ unit: 9, function: 16, address: 31, values: [5, 6] });
		ask({ unit: 9, function: 22, address: 31, andMask: 0xf2, orMask: 0x25 });
		ask({ unit: 9, function: 23, address: 30, count: 3, writeAddress: 32, values: [0x1234] });
		ask({ unit: 9, function: 43, address: 0 });
		clock.advance(2000);
		expect(seen.map((one) => `${one.status} ${one.count} ${one.data}`)).toEqual([
			"ok 3 00010002ffff",
			"ok 2 00070008",
			"ok 1 ",
			"ok 3 ",
			"ok 4 0b",
			"ok 9 0000",
			"ok 1 ",
			"ok 2 ",
			"ok 1 ",
			"ok 3 fffe00051234",
			`ok 0 0181000003${toHex(new TextEncoder().encode("\u0000\u0016Company identification\u0001\u000fProduct code XX\u0002\u0005V2.11"), "")}`,
		]);
	});
});
