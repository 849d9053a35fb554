import { expect, test } from "vitest";
import { ManualClock } from "../../../modules/base/manual-clock";
import { type TimedMachine, VirtualTime } from "./virtual-time";

/** A machine that has only a clock, with own timers. */
class ClockMachine extends ManualClock implements TimedMachine {
	#due: number[] = [];

	override setTimer(callback: () => void, delayMs: number) {
		const due = this.now() + delayMs;
		this.#due.push(due);
		return super.setTimer(() => {
			this.#due.splice(this.#due.indexOf(due), 1);
			callback();
		}, delayMs);
	}

	untilTimer(): number | undefined {
		return this.#due.length === 0 ? undefined : Math.max(0, Math.min(...this.#due) - this.now());
	}
}

test("timers fire in order of time, then of setting, those set on the way included", () => {
	const time = new VirtualTime();
	const log: string[] = [];
	const note = (name: string) => () => log.push(`${name}@${time.now()}`);
	time.setTimer(note("late"), 20);
	const cleared = time.setTimer(note("cleared"), 5);
	time.setTimer(note("second"), 10);
	time.setTimer(note("third"), 10);
	time.setTimer(() => {
		note("first")();
		time.setTimer(note("at once"), 0);
		time.setTimer(note("negative"), -5);
	}, 10);
	time.clearTimer(cleared);
	time.clearTimer(undefined);
	time.advance(10);
	expect(log).toEqual(["second@10", "third@10", "first@10", "at once@10", "negative@10"]);
	time.advance(9.999);
	expect(log).toHaveLength(5);
	time.advance(0.001);
	expect(log.at(-1)).toBe("late@20");
	expect(time.now()).toBe(20);
	expect(time.epochMs()).toBeUndefined();
	expect(new VirtualTime(1000).epochMs()).toBe(1000);
});

test("10,000 timers in any order come out sorted", () => {
	const time = new VirtualTime();
	const fired: number[] = [];
	let seed = 1;
	for (let i = 0; i < 10_000; i++) {
		seed = (seed * 48271) % 0x7fffffff;
		const timer = time.setTimer(() => fired.push(time.now()), seed % 5000);
		if (seed % 3 === 0) time.clearTimer(timer);
	}
	time.advance(5000);
	expect(fired.length).toBeGreaterThan(6000);
	expect(fired).toEqual([...fired].sort((a, b) => a - b));
});

test("machines and Node keep step: each sees the other's time as its own", () => {
	const time = new VirtualTime();
	const log: string[] = [];
	const a = new ClockMachine();
	time.add(a);
	time.advance(100);
	// a machine that is switched on later starts at 0
	const b = new ClockMachine();
	time.add(b);
	const note = (name: string) => log.push(`${name} ${time.now()} a${a.now()} b${b.now()}`);
	a.setTimer(() => note("a"), 7.5);
	b.setTimer(() => note("b"), 7.5);
	time.setTimer(() => note("node"), 7.5);
	b.setTimer(() => a.setTimer(() => note("a again"), 0), 8);
	time.setTimer(() => a.setTimer(() => note("from node"), 2), 3);
	time.advance(50);
	expect(log).toEqual([
		// within one moment the machines are not yet all there: a is first
		"from node 105 a105 b3",
		"a 107.5 a107.5 b5",
		"b 107.5 a107.5 b7.5",
		"node 107.5 a107.5 b7.5",
		"a again 108 a108 b8",
	]);
	time.remove(b);
	time.advance(10);
	expect([a.now(), b.now()]).toEqual([160, 50]);
});

test("code in Node has its turn before time goes on", async () => {
	const time = new VirtualTime();
	const log: string[] = [];
	const node = {
		activity: 0,
		async settle() {
			let seen: number;
			do {
				seen = this.activity;
				await new Promise((resolve) => setImmediate(resolve));
			} while (seen !== this.activity);
		},
	};
	time.setTimer(() => {
		node.activity++;
		process.nextTick(() => {
			node.activity++;
			time.setTimer(() => log.push(`answer ${time.now()}`), 1);
		});
	}, 10);
	time.setTimer(() => log.push(`later ${time.now()}`), 12);
	await time.run(20, node);
	expect(log).toEqual(["answer 11", "later 12"]);
});
