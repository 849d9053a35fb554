import { describe, expect, it } from "vitest";
import type { TimerId } from "../../modules/base/clock";
import { ManualClock } from "../../modules/base/manual-clock";
import { ScaledClock } from "./scaled-clock";

/** A clock whose timers come in whole milliseconds, as those of the SDK. */
class CoarseClock extends ManualClock {
	override setTimer(callback: () => void, delayMs: number) {
		return super.setTimer(callback, Math.ceil(delayMs));
	}
}

describe("scaled clock", () => {
	it("runs sixty times as fast, the wall clock with it, and goes on where it stands when the speed changes", () => {
		const inner = new CoarseClock(1_000_000);
		const clock = new ScaledClock(inner);
		inner.advance(1000);
		expect([clock.now(), clock.epochMs()]).toEqual([1000, 1_001_000]);
		clock.speed = 60;
		inner.advance(1000);
		expect([clock.now(), clock.epochMs()]).toEqual([61_000, 1_061_000]);
		clock.speed = 1;
		inner.advance(500);
		expect(clock.now()).toBe(61_500);
	});

	it("fires timers in order, each at its own time, those set on the way included", () => {
		const inner = new CoarseClock();
		const clock = new ScaledClock(inner);
		clock.speed = 60;
		const seen: string[] = [];
		const note = (name: string) => () => seen.push(`${name} ${clock.now().toFixed(1)}`);
		clock.setTimer(note("late"), 70);
		clock.setTimer(() => {
			note("first")();
			clock.setTimer(note("second"), 3.5);
		}, 10);
		const gone = clock.setTimer(note("gone"), 20);
		clock.clearTimer(gone);
		inner.advance(5);
		expect(seen).toEqual(["first 10.0", "second 13.5", "late 70.0"]);
		expect(inner.pending).toBe(0);
	});

	it("a timer that waits is brought forward when the clock goes faster", () => {
		const inner = new CoarseClock();
		const clock = new ScaledClock(inner);
		let atMs = 0;
		clock.setTimer(() => (atMs = inner.now()), 60_000);
		inner.advance(1000);
		clock.speed = 60;
		inner.advance(2000);
		expect(atMs).toBe(1984);
		expect(() => (clock.speed = 0)).toThrow("speed 0");
	});

	it("runs slower, and gives others their turn, when the computer is too slow", () => {
		const inner = new ManualClock();
		let workMs = 0;
		const busy = {
			now: () => inner.now() + workMs,
			epochMs: () => undefined,
			setTimer: (callback: () => void, ms: number) => inner.setTimer(callback, Math.max(1, ms)),
			clearTimer: (id: TimerId | undefined) => inner.clearTimer(id),
		};
		const clock = new ScaledClock(busy);
		let calls = 0;
		const work = () => {
			calls++;
			workMs += 30;
			clock.setTimer(work, 10);
		};
		clock.setTimer(work, 10);
		let turns = 0;
		for (let i = 0; i < 1000; i++) {
			inner.advance(1);
			turns++;
		}
		// three times as much work as time: without a limit it would be behind for ever
		expect(turns).toBe(1000);
		expect(calls).toBeGreaterThan(100);
		expect(busy.now() - clock.now()).toBeGreaterThan(2000);
		expect(clock.epochMs()).toBeUndefined();
	});

	it("an error in a callback stops no other timer", () => {
		const inner = new CoarseClock();
		const clock = new ScaledClock(inner);
		let calls = 0;
		clock.setTimer(() => {
			throw new Error("broken");
		}, 10);
		clock.setTimer(() => calls++, 20);
		expect(() => inner.advance(10)).toThrow("broken");
		inner.advance(30);
		expect(calls).toBe(1);
	});
});
