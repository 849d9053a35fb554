import { beforeEach, describe, expect, it } from "vitest";
import { ask, client, clock, fresh, line, open, record, seen } from "../../test/fakes/serial-client";
import { withCrc } from "../../test/fixtures/modbus-frames";
import { fromHex, toHex } from "../base/bytes";
import { HuanyangFramer, huanyangKey } from "./huanyang";

const frequency = record(huanyangKey(4, 1));
const current = record(huanyangKey(4, 2));
const frame = (hex: string) => withCrc(fromHex(hex));

/** The drive answers each frame after `delayMs`, undefined = silence; the last answer for ever. */
function answer(delayMs: number, ...replies: (Uint8Array | undefined)[]): void {
	line.onSent = () => {
		const reply = replies.length > 1 ? replies.shift() : replies[0];
		if (reply !== undefined) clock.setTimer(() => line.feed(reply), delayMs);
	};
}

const begin = (options = {}) => open(new HuanyangFramer(), options);

beforeEach(fresh);

describe("one transaction at a time", () => {
	it("gives the payload, the times and the attempts", () => {
		begin();
		answer(20, frame("01 04 03 01 13 88"));
		ask(frequency);
		expect(client.busy).toBe(true);
		clock.advance(100);
		expect(seen).toMatchObject([{ status: "ok", data: "1388", attempts: 1 }]);
		expect(seen[0]!.atMs).toBeGreaterThan(20);
		expect(client.busy).toBe(false);
		expect(client.counters).toMatchObject({ ok: 1, retries: 0 });
	});

	it("sends the next when the one before is done, in order", () => {
		begin();
		line.onSent = (sent) => line.feed(frame(`01 04 03 0${sent[3]} 00 0${sent[3]}`));
		ask(frequency);
		ask(current);
		ask(frequency);
		expect(client.queueLength).toBe(2);
		clock.advance(100);
		expect(seen.map((one) => one.data)).toEqual(["0001", "0002", "0001"]);
	});

	it("sends what is urgent ahead of all that waits, in its order", () => {
		begin();
		line.onSent = (sent) => line.feed(frame(`0${sent[0]} 04 03 0${sent[3]} 00 0${sent[3]}`));
		ask(frequency);
		ask(frequency);
		ask(record(huanyangKey(4, 3)), { urgent: true });
		ask(record(huanyangKey(4, 4)), { urgent: true, unit: 2 });
		clock.advance(200);
		expect(seen.map((one) => one.data)).toEqual(["0001", "0003", "0004", "0001"]);
	});

	it("takes a reply that comes in pieces, and gives up one that breaks off", () => {
		begin({ retries: 0 });
		const reply = frame("01 04 03 01 13 88");
		line.onSent = () => {
			line.feed(reply.subarray(0, 3));
			clock.setTimer(() => line.feed(reply.subarray(3)), 30);
		};
		ask(frequency);
		clock.advance(100);
		expect(seen).toMatchObject([{ status: "ok", data: "1388" }]);
		answer(10, reply.subarray(0, 5));
		const mine = ask(frequency);
		clock.advance(100);
		expect(mine).toMatchObject([{ status: "garbled" }]);
	});
});

describe("no reply", () => {
	it("is a time-out after the retries, counted from the end of the request", () => {
		begin({ timeoutMs: 100, retries: 2 });
		ask(frequency);
		clock.advance(1000);
		expect(seen).toMatchObject([{ status: "timeout", attempts: 3 }]);
		// 8 bytes of request and the time of the 8 bytes of the reply, three times
		expect(seen[0]!.atMs).toBe(Math.round(3 * (100 + (16 * 10_000) / 9600)));
		expect(client.counters).toMatchObject({ timeouts: 1, retries: 2 });
	});

	it("and a reply to the second attempt is one", () => {
		begin({ timeoutMs: 100 });
		answer(5, undefined, frame("01 04 03 01 00 05"));
		ask(frequency);
		clock.advance(500);
		expect(seen).toMatchObject([{ status: "ok", data: "0005", attempts: 2 }]);
	});

	it("of the right kind tells apart what came instead", () => {
		begin({ timeoutMs: 100, retries: 0 });
		answer(5, frame("01 04 03 02 00 05"));
		ask(frequency);
		clock.advance(500);
		answer(5, fromHex("77"));
		ask(frequency);
		clock.advance(1000);
		answer(5, fromHex("01 04 03 01 13 88 00 00"));
		ask(frequency);
		clock.advance(1000);
		expect(seen.map((one) => one.status)).toEqual(["foreign", "garbled", "garbled"]);
		expect(client.line.crc).toBe(2);
	});

	it("a request of the like waits until a late one cannot come any more, another goes at once", () => {
		begin({ timeoutMs: 100, retries: 0, lateMs: 300 });
		ask(frequency);
		clock.advance(150);
		answer(5, frame("01 04 03 02 00 07"));
		const second = ask(frequency);
		ask(current, { unit: 2 });
		clock.advance(50);
		// the other unit went first
		expect(line.sent.map((sent) => `${sent[0]}.${sent[3]}`)).toEqual(["1.1", "2.2"]);
		clock.advance(100);
		line.feed(frame("01 04 03 01 99 99"));
		expect(second).toEqual([]);
		answer(5, frame("01 04 03 01 13 88"));
		clock.advance(400);
		expect(second).toMatchObject([{ status: "ok", data: "1388" }]);
		expect(client.counters.unsolicited).toBe(1);
	});
});

describe("bad characters", () => {
	it("end what came before them", () => {
		begin({ retries: 0, timeoutMs: 100 });
		line.onSent = () => {
			line.feed(fromHex("01 04 03 01 13"), "parity");
			line.feed(fromHex("08"), "parity");
		};
		ask(frequency);
		clock.advance(200);
		expect(seen).toMatchObject([{ status: "garbled" }]);
	});

	it("in front of the reply are looked past", () => {
		begin({ retries: 0, timeoutMs: 100 });
		line.onSent = () => {
			line.feed(fromHex("00"), "framing");
			line.feed(frame("01 04 03 01 13 88"));
		};
		ask(frequency);
		clock.advance(200);
		expect(seen).toMatchObject([{ status: "ok", data: "1388" }]);
	});
});

describe("the line", () => {
	it("that goes away ends the request, is opened again, and goes on", () => {
		begin({ retries: 0 });
		ask(frequency);
		clock.advance(20);
		line.refuse = true;
		line.fail();
		expect(seen).toMatchObject([{ status: "closed" }]);
		expect(client.fault).toBe("the line is gone");
		clock.advance(2000);
		line.refuse = false;
		clock.advance(40_000);
		expect(client.fault).toBe("");
		answer(5, frame("01 04 03 01 13 88"));
		ask(frequency);
		clock.advance(100);
		expect(seen[1]).toMatchObject({ status: "ok" });
	});

	it("that is never silent ends the request as garbled", () => {
		begin();
		line.babbling = true;
		ask(frequency);
		clock.advance(3000);
		expect(seen).toMatchObject([{ status: "garbled", attempts: 0 }]);
	});

	it("shows its frames to the tap", () => {
		const told: string[] = [];
		begin({
			retries: 0,
			timeoutMs: 100,
			source: 3,
			tap: {
				frame: (tag: number, bytes: Uint8Array) => told.push(`${tag >> 13}.${(tag >> 10) & 7} ${toHex(bytes, "")}`),
				damaged: () => told.push("damaged"),
			},
		});
		answer(5, frame("01 04 03 01 13 88"), undefined);
		ask(frequency);
		ask(frequency);
		clock.advance(500);
		expect(told).toEqual(["3.0 010403010000a18e", "3.1 010403011388acd8", "3.0 010403010000a18e", "3.2 "]);
	});
});

describe("closing", () => {
	it("ends every request once, and takes no more", () => {
		begin();
		ask(frequency);
		ask(current);
		client.close();
		client.close();
		expect(seen.map((one) => one.status)).toEqual(["closed", "closed"]);
		ask(frequency);
		clock.advance(5000);
		expect(seen).toHaveLength(2);
		expect(line.isOpen).toBe(false);
	});

	it("is allowed in a result", () => {
		begin();
		answer(5, frame("01 04 03 01 13 88"));
		client.request({ unit: 1, record: frequency, onResult: () => client.close() });
		clock.advance(100);
		expect(line.isOpen).toBe(false);
	});

	it("and what is no request of the protocol is refused while the caller is there, also behind another", () => {
		begin();
		ask(frequency);
		expect(() => ask(record(huanyangKey(0)))).toThrow(/function 0/);
		answer(5, frame("01 04 03 01 13 88"));
		clock.advance(100);
		expect(seen).toMatchObject([{ status: "ok" }]);
	});
});
