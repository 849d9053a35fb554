import { beforeEach, describe, expect, it } from "vitest";
import { answerAfter, ask, client, clock, frame, fresh, line, open, seen } from "../../test/fakes/rtu-client";
import { toHex } from "../base/bytes";

beforeEach(fresh);

describe("a late reply is never taken for the current one", () => {
	it("from another device", () => {
		open({ retries: 0, timeoutMs: 100 });
		ask({ unit: 1 });
		ask({ unit: 2 });
		clock.advance(116);
		expect(seen).toMatchObject([{ status: "timeout" }]);
		clock.advance(10);
		line.feed(frame("01 03 02 11 11"));
		expect(seen).toHaveLength(1);
		line.feed(frame("02 03 02 22 22"));
		expect(seen[1]).toMatchObject({ status: "ok", data: "2222" });
	});

	it("from the same device to another function, or of another length", () => {
		open({ retries: 0, timeoutMs: 100 });
		ask({ address: 0 });
		ask({ function: 4 });
		clock.advance(130);
		line.feed(frame("01 03 02 11 11"));
		line.feed(frame("01 04 02 22 22"));
		expect(seen).toMatchObject([{ status: "timeout" }, { status: "ok", data: "2222" }]);
	});

	it("from the same device to a like request: that one waits until the late reply has come or cannot come", () => {
		open({ retries: 0, timeoutMs: 100, lateMs: 400 });
		ask({ address: 0 });
		ask({ address: 50 });
		ask({ unit: 7 });
		line.onSent = (request) => {
			if (request[0] === 7) line.feed(frame("07 03 02 77 77"));
		};
		clock.advance(130);
		// unit 7 went first; the other is held
		expect(seen).toMatchObject([{ status: "timeout" }, { status: "ok", data: "7777" }]);
		expect(line.sent).toHaveLength(2);
		clock.advance(300);
		expect(line.sent).toHaveLength(2);
		line.feed(frame("01 03 02 11 11"));
		clock.advance(10);
		expect(seen).toHaveLength(2);
		expect(line.sent).toHaveLength(3);
		line.feed(frame("01 03 02 22 22"));
		expect(seen[2]).toMatchObject({ status: "ok", data: "2222" });
		expect(client.counters.unsolicited).toBe(1);
	});

	it("and when it never comes, the like request waits as long as it could come, one for other items not at all", () => {
		open({ retries: 0, timeoutMs: 100, lateMs: 400 });
		ask({ address: 0 });
		ask({ address: 50, count: 2 });
		clock.advance(130);
		expect(line.sent).toHaveLength(2);
		line.feed(frame("01 03 02 11 11"));
		line.feed(frame("01 03 04 22 22 33 33"));
		expect(seen[1]).toMatchObject({ status: "ok", data: "22223333" });
		ask({ address: 0, function: 4 });
		ask({ address: 50, function: 4 });
		clock.advance(130);
		expect(line.sent).toHaveLength(3);
		clock.advance(380);
		expect(line.sent).toHaveLength(3);
		clock.advance(20);
		expect(line.sent).toHaveLength(4);
	});

	it("to the first attempt, when the second was answered too", () => {
		open({ retries: 1, timeoutMs: 100, lateMs: 300 });
		ask({ address: 0 });
		clock.advance(130);
		line.feed(frame("01 03 02 11 11"));
		expect(seen).toMatchObject([{ status: "ok", data: "1111", attempts: 2 }]);
		ask({ address: 50 });
		clock.advance(10);
		// the reply to the second attempt: nobody's
		expect(line.sent).toHaveLength(2);
		line.feed(frame("01 03 02 11 12"));
		clock.advance(10);
		expect(line.sent).toHaveLength(3);
		line.feed(frame("01 03 02 33 33"));
		expect(seen[1]).toMatchObject({ status: "ok", data: "3333", attempts: 1 });
	});

	it("nor anything else that was on the line before the request was out", () => {
		open();
		line.feed(frame("01 03 02 11 11"));
		ask();
		line.feed(frame("01 03 02 22 22"));
		clock.advance(20);
		expect(seen).toEqual([]);
		line.feed(frame("01 03 02 33 33"));
		expect(seen).toMatchObject([{ status: "ok", data: "3333" }]);
		expect(client.counters.unsolicited).toBe(2);
	});
});

describe("noise on the line", () => {
	it("is looked past in front of the reply, in one piece or two", () => {
		open();
		const noisy = [
			[Uint8Array.of(0), frame("01 03 02 00 01")],
			[Uint8Array.of(0xff, 0, ...frame("01 03 02 00 01"))],
			[Uint8Array.of(1), frame("01 03 02 00 01")],
			[Uint8Array.of(1, 3), frame("01 03 02 00 01")],
			[Uint8Array.of(0, ...frame("01 03 02 00 01").subarray(0, 3)), frame("01 03 02 00 01").subarray(3)],
		];
		for (const parts of noisy) {
			line.onSent = () => {
				for (const part of parts) line.feed(part);
			};
			ask();
			clock.advance(20);
			expect(seen.at(-1)).toMatchObject({ status: "ok", data: "0001", attempts: 1 });
			clock.advance(500);
		}
	});

	it("puts a reply together that came in pieces", () => {
		open();
		const whole = frame("01 03 06 00 01 00 02 00 03");
		line.onSent = () => {
			clock.setTimer(() => line.feed(whole.subarray(0, 1)), 10);
			clock.setTimer(() => line.feed(whole.subarray(1, 5)), 40);
			clock.setTimer(() => line.feed(whole.subarray(5)), 70);
		};
		ask({ count: 3 });
		clock.advance(200);
		expect(seen).toMatchObject([{ status: "ok", data: "000100020003" }]);
	});

	it("does not wait for long when a reply breaks off", () => {
		open({ retries: 0 });
		line.onSent = () => line.feed(frame("01 03 02 00 01").subarray(0, 4));
		ask();
		clock.advance(120);
		expect(seen).toMatchObject([{ status: "garbled", atMs: 108 }]);
	});

	it("sends again at once when the reply is broken", () => {
		open();
		const broken = frame("01 03 02 00 01");
		broken[4]! ^= 0x10;
		line.onSent = () => line.feed(line.sent.length === 1 ? broken : frame("01 03 02 00 01"));
		ask();
		clock.advance(20);
		expect(seen).toMatchObject([{ status: "ok", attempts: 2, atMs: 17 }]);
		expect(client.counters).toMatchObject({ retries: 1 });
	});

	it("says what it was when nothing helped", () => {
		open({ retries: 1, timeoutMs: 100 });
		line.onSent = () => line.feed(frame("02 03 02 00 01"));
		ask();
		clock.advance(1000);
		expect(seen[0]).toMatchObject({ status: "foreign", attempts: 2 });
		line.onSent = () => line.feed(Uint8Array.of(0x55));
		ask({ unit: 3 });
		clock.advance(1000);
		expect(seen[1]).toMatchObject({ status: "garbled", attempts: 2 });
	});

	it.each(["parity", "framing", "overrun", "break"] as const)("does not believe bytes with a %s error", (cause) => {
		open({ retries: 0, timeoutMs: 100 });
		line.onSent = () => line.feed(frame("01 03 02 00 01 00"), cause);
		ask({ count: 2 });
		clock.advance(20);
		expect(seen).toMatchObject([{ status: "garbled" }]);
	});

	it("does not join what a bad character cut, even if the pieces fit", () => {
		open({ retries: 0 });
		const whole = frame("01 03 02 00 05");
		line.onSent = () => {
			line.feed(whole.subarray(0, 3), "parity");
			line.feed(whole.subarray(3, 4), "parity");
			line.feed(whole.subarray(4));
		};
		ask();
		clock.advance(2000);
		expect(seen).toMatchObject([{ status: "garbled" }]);
	});

	it("finds its reply behind noise and behind one that answers something else", () => {
		open();
		line.onSent = () =>
			line.feed(
				Uint8Array.of(0x55, ...frame("01 03 04 00 01 00 02"), ...frame("02 03 02 00 03"), ...frame("01 03 02 00 05")),
			);
		ask();
		clock.advance(20);
		// cut by count: the rest comes in a second piece
		expect(seen).toMatchObject([{ status: "ok", data: "0005", attempts: 1 }]);
	});

	it("looks past a bad character that stands alone", () => {
		open();
		line.onSent = () => {
			line.feed(new Uint8Array(0), "break");
			line.feed(Uint8Array.of(0), "framing");
			line.feed(frame("01 03 02 00 05"));
		};
		ask();
		clock.advance(20);
		expect(seen).toMatchObject([{ status: "ok", data: "0005" }]);
	});
});

describe("a line that fails", () => {
	it("that is not there: the constructor says so", () => {
		line.refuse = true;
		expect(() => open()).toThrow("cannot open");
	});

	it("is opened again, with pauses, and used", () => {
		open({ retries: 0 });
		answerAfter(1, "01 03 02 00 01");
		ask();
		clock.advance(50);
		line.refuse = true;
		ask();
		clock.advance(1);
		line.fail();
		expect(seen).toMatchObject([{ status: "ok" }, { status: "closed", attempts: 0 }]);
		expect(line.isOpen).toBe(false);
		for (let i = 0; i < 4; i++) {
			ask();
			clock.advance(2000);
		}
		expect(seen.slice(2).map((one) => one.status)).toEqual(["closed", "closed", "closed", "closed"]);
		line.refuse = false;
		clock.advance(30_000);
		expect(line.isOpen).toBe(true);
		ask();
		clock.advance(50);
		expect(seen.at(-1)).toMatchObject({ status: "ok", data: "0001" });
	});

	it("takes a request while it is away and sends it when it is back", () => {
		open();
		answerAfter(1, "01 03 02 00 01");
		line.fail();
		ask();
		clock.advance(100);
		expect(seen).toMatchObject([{ status: "ok" }]);
		expect(line.opened).toBe(2);
	});

	it("that never falls silent: the request ends, and is not sent later in the name of another", () => {
		open();
		line.babbling = true;
		ask();
		clock.advance(2000);
		expect(seen).toMatchObject([{ status: "garbled", attempts: 0 }]);
		expect(client.busy).toBe(false);
		ask({ unit: 2 });
		line.onSent = (request) => line.feed(frame(`${toHex(request.subarray(0, 1))} 03 02 00 0${request[0]}`));
		line.calm();
		clock.advance(20);
		expect(line.sent.map((request) => request[0])).toEqual([1, 2]);
		expect(seen[1]).toMatchObject({ status: "ok", data: "0002", attempts: 1 });
	});
});

describe("a device that answers under another address", () => {
	it("is heard under that, and under no other", () => {
		open({ retries: 0, timeoutMs: 100, replyUnits: new Map([[0x81, 0x51]]) });
		answerAfter(5, "51 03 02 12 34");
		ask({ unit: 0x81 });
		clock.advance(200);
		answerAfter(5, "81 03 02 12 34");
		ask({ unit: 0x81 });
		clock.advance(800);
		ask({ unit: 1 });
		answerAfter(5, "51 03 02 12 34");
		clock.advance(800);
		expect(seen.map((one) => one.status)).toEqual(["ok", "foreign", "foreign"]);
	});

	it("and its late reply is known by that", () => {
		open({ retries: 0, timeoutMs: 100, lateMs: 400, replyUnits: new Map([[0x81, 0x51]]) });
		ask({ unit: 0x81 });
		ask({ unit: 0x81, address: 5 });
		clock.advance(150);
		expect(line.sent).toHaveLength(1);
		line.feed(frame("51 03 02 11 11"));
		clock.advance(20);
		expect(line.sent).toHaveLength(2);
		line.feed(frame("51 03 02 22 22"));
		expect(seen[1]).toMatchObject({ status: "ok", data: "2222" });
	});
});

it("unit 255, above what the specification allows, is asked and heard like any other", () => {
	open({ retries: 0, timeoutMs: 100 });
	answerAfter(5, "ff 03 02 12 34");
	ask({ unit: 255 });
	clock.advance(200);
	expect(line.sent[0]![0]).toBe(255);
	expect(seen).toMatchObject([{ status: "ok", data: "1234" }]);
});
