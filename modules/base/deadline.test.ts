import { beforeEach, describe, expect, it } from "vitest";
import { Deadline } from "./deadline";
import { ManualClock } from "./manual-clock";

let clock: ManualClock;
let reached: number[];
let deadline: Deadline;

beforeEach(() => {
	clock = new ManualClock();
	reached = [];
	deadline = new Deadline(clock, (nowMs) => reached.push(nowMs));
});

describe("Deadline", () => {
	it("is reached once, and then there is none", () => {
		deadline.set(100);
		expect(deadline.atMs).toBe(100);
		clock.advance(1000);
		expect(reached).toEqual([100]);
		expect([deadline.atMs, clock.pending]).toEqual([Number.POSITIVE_INFINITY, 0]);
	});

	it("moves out without a timer more, and in", () => {
		deadline.set(100);
		deadline.set(250);
		expect(clock.pending).toBe(1);
		clock.advance(249);
		expect(reached).toEqual([]);
		clock.advance(1);
		deadline.set(900);
		deadline.set(300);
		expect(clock.pending).toBe(1);
		clock.advance(1000);
		expect(reached).toEqual([250, 300]);
	});

	it.each<[string, () => void]>([
		["set to never", () => deadline.set(Number.POSITIVE_INFINITY)],
		["never is written", () => (deadline.atMs = Number.POSITIVE_INFINITY)],
	])("is none when %s", (_, never) => {
		deadline.set(100);
		never();
		clock.advance(1000);
		expect([reached, clock.pending]).toEqual([[], 0]);
		deadline.set(1100);
		clock.advance(1000);
		expect(reached).toEqual([1100]);
	});

	it("that lies behind is reached as soon as the turn is over", () => {
		clock.advance(500);
		deadline.set(100);
		expect(reached).toEqual([]);
		clock.advance(0);
		expect(reached).toEqual([500]);
	});

	it("may be set anew where it is reached", () => {
		const again = new Deadline(clock, (nowMs) => {
			reached.push(nowMs);
			if (nowMs < 300) again.set(nowMs + 100);
		});
		again.set(100);
		clock.advance(1000);
		expect(reached).toEqual([100, 200, 300]);
	});

	it("is never reached once closed", () => {
		deadline.set(100);
		deadline.close();
		deadline.close();
		deadline.set(50);
		clock.advance(1000);
		expect([reached, clock.pending]).toEqual([[], 0]);
	});
});
