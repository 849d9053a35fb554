import { beforeEach, describe, expect, it } from "vitest";
import { answerAfter, ask, client, clock, frame, fresh, line, open, seen } from "../../test/fakes/rtu-client";
import { toHex } from "../base/bytes";
import type { ModbusRequest } from "./client";

beforeEach(fresh);

/** 8 bytes at 9600 baud, and how long a device takes that is asked below. */
const kFrameMs = 80 / 9.6;

const coilOff: Partial<ModbusRequest> = { unit: 9, function: 5, address: 3, values: [0], retries: 0, urgent: true };
const sent = (): string[] => line.sent.map((bytes) => `${bytes[0]} ${bytes[1]}`);

/** Unit 1 answers to a read after some time, unit 9 to a write of a coil at once; others are silent. */
function bus(delayMs: number): void {
	line.onSent = (bytes) => {
		if (bytes[0] === 9) clock.setTimer(() => line.feed(bytes.slice()), 5);
		else if (bytes[0] === 1) clock.setTimer(() => line.feed(frame("01 03 02 12 34")), delayMs);
	};
}

describe("an urgent request", () => {
	it("goes ahead of all that waits, of its own unit too", () => {
		open();
		bus(10);
		ask();
		ask({ unit: 9, function: 5, address: 1, values: [1] });
		ask({ unit: 2 });
		ask(coilOff);
		ask({ ...coilOff, address: 4 });
		clock.advance(100);
		expect(sent().slice(0, 4)).toEqual(["1 3", "9 5", "9 5", "9 5"]);
		expect(line.sent.slice(1, 4).map((bytes) => bytes[3])).toEqual([3, 4, 1]);
	});

	it("is sent at once on a quiet line", () => {
		open();
		ask(coilOff);
		expect(line.begunMs).toEqual([clock.now()]);
	});

	it("waits for a reply that uses to come", () => {
		open({ retries: 1 });
		bus(20);
		ask();
		clock.advance(100);
		ask();
		clock.advance(kFrameMs + 15);
		ask(coilOff);
		clock.advance(100);
		expect(seen.map(({ status }) => status)).toEqual(["ok", "ok", "ok"]);
		expect(sent()).toEqual(["1 3", "1 3", "9 5"]);
	});

	it.each([0, 4, 12, 30, 200, 600])("does not wait for a silent device: %s ms into the wait for it", (intoMs) => {
		open({ timeoutMs: 1000, retries: 2 });
		bus(10);
		ask({ unit: 2 });
		clock.advance(intoMs);
		const atMs = clock.now();
		ask(coilOff);
		clock.advance(60);
		expect(sent()[1]).toBe("9 5");
		expect(line.begunMs[1]! - atMs).toBeLessThanOrEqual(kFrameMs + 45);
	});

	it("lets go a device that has fallen silent after the time it used to need", () => {
		open({ timeoutMs: 1000 });
		bus(10);
		ask();
		clock.advance(100);
		line.onSent = undefined;
		ask();
		ask(coilOff);
		clock.advance(100);
		expect(line.begunMs[2]! - line.begunMs[1]!).toBeLessThan(kFrameMs + 1.25 * 12 + 6);
	});

	it("asks again what was let go, and the answer is its own", () => {
		open({ timeoutMs: 300, retries: 1 });
		bus(60);
		ask();
		clock.advance(kFrameMs + 1);
		ask(coilOff);
		clock.advance(400);
		expect(seen.map(({ status, data }) => `${status} ${data}`)).toEqual(["ok ", "ok 1234"]);
		expect(sent()).toEqual(["1 3", "9 5", "1 3"]);
	});

	it("never repeats a read that must not be", () => {
		open({ timeoutMs: 300 });
		ask({ unit: 2, retries: 0 });
		clock.advance(kFrameMs + 1);
		ask(coilOff);
		clock.advance(600);
		expect(sent()).toEqual(["2 3", "9 5"]);
		expect(seen[0]!.status).toBe("timeout");
	});

	it("does not wait for the confirmation of another write, which was sent once", () => {
		open({ timeoutMs: 1000 });
		ask({ unit: 2, function: 6, address: 1, values: [7], retries: 0 });
		ask(coilOff);
		clock.advance(250);
		expect(sent()).toEqual(["2 6", "9 5"]);
		expect(seen[0]!.status).toBe("timeout");
	});

	it("waits for another urgent one", () => {
		open({ timeoutMs: 300 });
		ask(coilOff);
		ask({ ...coilOff, address: 4 });
		clock.advance(250);
		expect(sent()).toEqual(["9 5"]);
		clock.advance(100);
		expect(sent()).toEqual(["9 5", "9 5"]);
	});

	it("ends with its client", () => {
		open();
		answerAfter(5, "01 03 02 12 34");
		ask();
		ask(coilOff);
		client.close();
		expect(seen.map(({ status }) => status)).toEqual(["closed", "closed"]);
		expect(toHex(line.sent[0] ?? new Uint8Array())).toBe("");
	});
});
