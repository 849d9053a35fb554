import { beforeEach, describe, expect, it } from "vitest";
import { PlainSpace } from "../../test/fakes/registers";
import { answerAfter, ask, client, clock, frame, fresh, line, open, seen } from "../../test/fakes/rtu-client";
import { toHex } from "../base/bytes";
import type { ModbusRequest } from "./client";
import { RtuResponder } from "./server-rtu";

beforeEach(fresh);

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

describe("time-outs and retries", () => {
	it("waits for the time-out from the end of the request, and for the reply's own time on the wire", () => {
		open({ retries: 0, timeoutMs: 200 });
		ask({ count: 18 });
		// 8 bytes of request and 41 of reply at 9600 baud: 8.3 ms and 42.7 ms
		clock.advance(250);
		expect(seen).toEqual([]);
		clock.advance(2);
		expect(seen).toEqual([{ status: "timeout", exception: 0, count: 0, data: "", attempts: 1, atMs: 251 }]);
	});

	it("sends again, as often as asked", () => {
		open();
		answerAfter(1, undefined, "01 03 02 00 07", undefined);
		ask();
		clock.advance(3000);
		expect(seen).toMatchObject([{ status: "ok", data: "0007", attempts: 2 }]);
		ask({ unit: 2, retries: 3, timeoutMs: 50 });
		clock.advance(3000);
		expect(seen[1]).toMatchObject({ status: "timeout", attempts: 4 });
		ask({ unit: 3, retries: 0 });
		clock.advance(3000);
		expect(seen[2]).toMatchObject({ status: "timeout", attempts: 1 });
		expect(client.counters).toMatchObject({ ok: 1, timeouts: 2, retries: 4 });
	});

	it("keeps the rate of the neighbours when a device is silent and backs off", () => {
		open({ retries: 0, timeoutMs: 100 });
		line.onSent = (request) => {
			if (request[0] !== 1) line.feed(frame(`${toHex(request.subarray(0, 1))} 03 02 00 01`));
		};
		let done = 0;
		const neighbour: ModbusRequest = {
			unit: 2,
			function: 3,
			address: 0,
			count: 1,
			onResult(result) {
				if (result.status === "ok") done++;
				client.request(neighbour);
			},
		};
		client.request(neighbour);
		ask({ unit: 1 });
		clock.advance(1000);
		expect(seen).toMatchObject([{ status: "timeout" }]);
		// one transaction of 8 bytes and an answer at once takes 8.3 ms; the silent one took one time-out
		expect(done).toBeGreaterThan(100);
	});
});

describe("order", () => {
	it("takes requests one at a time, in order", () => {
		open();
		answerAfter(2, "01 03 02 00 01", "01 04 02 00 02", "02 03 02 00 03");
		ask();
		ask({ function: 4 });
		ask({ unit: 2 });
		expect(client.queueLength).toBe(2);
		expect(client.busy).toBe(true);
		clock.advance(100);
		expect(seen.map((one) => one.data)).toEqual(["0001", "0002", "0003"]);
		expect(client.queueLength).toBe(0);
		expect(client.busy).toBe(false);
	});

	it("takes a request made in onResult behind those that wait", () => {
		open();
		line.onSent = (request) => line.feed(frame(`${toHex(request.subarray(0, 1))} 03 02 00 01`));
		const order: number[] = [];
		const make = (unit: number, next?: number): ModbusRequest => ({
			unit,
			function: 3,
			address: 0,
			count: 1,
			onResult() {
				order.push(unit);
				if (next !== undefined) client.request(make(next));
			},
		});
		client.request(make(1, 4));
		client.request(make(2));
		client.request(make(3));
		clock.advance(100);
		expect(order).toEqual([1, 2, 3, 4]);
	});

	it("goes on when onResult throws", () => {
		open();
		answerAfter(1, "01 03 02 00 01");
		client.request({
			unit: 1,
			function: 3,
			address: 0,
			count: 1,
			onResult() {
				throw new Error("bug of the caller");
			},
		});
		ask();
		expect(() => clock.advance(100)).toThrow("bug of the caller");
		clock.advance(100);
		expect(seen).toMatchObject([{ status: "ok" }]);
	});

	it("refuses a wrong request at once, whether the line is free or not, and goes on", () => {
		open();
		answerAfter(1, "01 03 02 00 01");
		expect(() => ask({ count: 126 })).toThrow("count is 126");
		expect(() => ask({ unit: 0 })).toThrow("cannot be broadcast");
		ask();
		expect(() => ask({ count: 126 })).toThrow("count is 126");
		expect(() => ask({ unit: 0 })).toThrow("cannot be broadcast");
		ask();
		clock.advance(100);
		expect(seen).toMatchObject([{ status: "ok" }, { status: "ok" }]);
	});
});

describe("broadcast", () => {
	it("is ok without a reply, and gives the devices the turnaround delay", () => {
		open({ turnaroundMs: 150 });
		ask({ unit: 0, function: 6, address: 4, values: [9] });
		ask({ unit: 0, function: 16, address: 4, values: [9, 8] });
		ask({ unit: 0, function: 5, address: 4, values: [1] });
		clock.advance(1000);
		expect(seen).toMatchObject([
			{ status: "ok", count: 0, data: "", atMs: 158 },
			{ status: "ok", count: 0 },
			{ status: "ok", count: 0 },
		]);
		// the second begins 150 ms after the end of the first
		expect(Math.round(line.begunMs[1]!)).toBe(158);
	});
});

describe("exceptions are values", () => {
	it("hands them to the caller without a retry", () => {
		open();
		for (const code of [1, 2, 3, 4, 10, 11]) {
			answerAfter(1, `01 83 ${toHex(Uint8Array.of(code))}`);
			ask();
			clock.advance(50);
			expect(seen.at(-1)).toMatchObject({ status: "exception", exception: code, attempts: 1, count: 0, data: "" });
		}
		expect(client.counters).toMatchObject({ exceptions: 6, retries: 0 });
	});

	it("does not send again what was acknowledged (05): it would be done twice", () => {
		open({ retries: 3 });
		answerAfter(1, "01 86 05");
		ask({ function: 6, values: [1] });
		clock.advance(5000);
		expect(line.sent).toHaveLength(1);
		expect(seen).toMatchObject([{ status: "exception", exception: 5 }]);
	});

	it("asks a busy device (06) again a little later, and others meanwhile", () => {
		open({ busyMs: 300, retries: 2 });
		line.onSent = (request) => {
			const busy = request[0] === 1 && line.sent.length < 4;
			line.feed(frame(busy ? "01 83 06" : `${toHex(request.subarray(0, 1))} 03 02 00 0${request[0]}`));
		};
		ask();
		ask({ unit: 2 });
		ask({ unit: 3 });
		clock.advance(100);
		expect(seen.map((one) => one.data)).toEqual(["0002", "0003"]);
		clock.advance(300);
		expect(seen[2]).toMatchObject({ status: "ok", data: "0001", attempts: 2 });
		expect(Math.round(line.begunMs[3]! - line.begunMs[0]!)).toBe(308);
	});

	it("keeps the order of requests to a device that is busy", () => {
		open({ busyMs: 300 });
		line.onSent = (request) => {
			const busy = request[0] === 1 && line.sent.length < 2;
			line.feed(frame(busy ? "01 83 06" : `${toHex(request.subarray(0, 2))} 02 00 0${request[0]}`));
		};
		ask();
		ask({ function: 4 });
		ask({ unit: 2 });
		clock.advance(1000);
		expect(line.sent.map((request) => `${request[0]} ${request[1]}`)).toEqual(["1 3", "2 3", "1 3", "1 4"]);
	});

	it("gives up on a device that stays busy", () => {
		open({ retries: 2 });
		answerAfter(1, "01 83 06");
		ask();
		clock.advance(5000);
		expect(line.sent).toHaveLength(3);
		expect(seen).toMatchObject([{ status: "exception", exception: 6, attempts: 3 }]);
	});
});

describe("close", () => {
	it("ends what is open and what waits, once, and what comes after", () => {
		open();
		ask();
		ask({ unit: 2 });
		clock.advance(10);
		client.close();
		client.close();
		expect(seen.map((one) => one.status)).toEqual(["closed", "closed"]);
		ask();
		expect(seen).toHaveLength(2);
		clock.advance(10_000);
		expect(clock.pending).toBe(0);
		expect(line.isOpen).toBe(false);
	});

	it("may be called in onResult", () => {
		open();
		answerAfter(1, "01 03 02 00 01");
		let status = "";
		client.request({
			unit: 1,
			function: 3,
			address: 0,
			count: 1,
			onResult(result) {
				status = result.status;
				client.close();
			},
		});
		ask();
		clock.advance(100);
		expect(status).toBe("ok");
		expect(seen).toMatchObject([{ status: "closed" }]);
	});
});

it("needs no timer for each transaction", () => {
	open();
	line.onSent = () => line.feed(frame("01 03 02 00 01"));
	let timers = 0;
	const setTimer = clock.setTimer.bind(clock);
	clock.setTimer = (callback, delayMs) => {
		timers++;
		return setTimer(callback, delayMs);
	};
	let left = 100;
	const again = (): void => {
		client.request({ unit: 1, function: 3, address: 0, count: 1, onResult: () => void (--left > 0 && again()) });
	};
	again();
	clock.advance(900);
	expect(left).toBe(0);
	// one timer a transaction is the fake line's
	expect(timers).toBeLessThan(105);
});
