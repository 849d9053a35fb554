import { expect, it } from "vitest";
import { ManualClock } from "../../modules/base/manual-clock";
import { BootButton } from "./boot-button";

function bench() {
	const clock = new ManualClock();
	const events: string[] = [];
	let level = 1;
	let edge = () => {};
	let closed = 0;
	const button = new BootButton({
		clock,
		open: (onEdge) => {
			edge = onEdge;
			return { read: () => level, close: () => closed++ };
		},
		onEvent: ({ type, button, heldMs, count }) => events.push(`${type} ${button} ${heldMs} ${count}`),
	});
	const set = (value: number) => {
		level = value;
		edge();
	};
	return { clock, events, button, set, closed: () => closed };
}

it("tells a press that bounces once, and how long it was held", () => {
	const { clock, events, set } = bench();
	for (const value of [0, 1, 0]) {
		set(value);
		clock.advance(5);
	}
	clock.advance(200);
	set(1);
	clock.advance(100);
	expect(events).toEqual(["press boot 0 0", "release boot 205 0"]);
	expect(clock.pending).toBe(0);
});

it("repeats for as long as a factory reset takes, and is stuck after a minute", () => {
	const { clock, events, set } = bench();
	set(0);
	clock.advance(1540);
	expect(events).toEqual(["press boot 0 0", "long boot 1000 0", "repeat boot 1250 1", "repeat boot 1500 2"]);
	clock.advance(8500);
	expect(events.at(-1)).toBe("repeat boot 10000 36");
	clock.advance(60_000);
	expect(events.at(-1)).toMatch(/^stuck boot 60000/);
	expect(clock.pending).toBe(0);
	set(1);
	clock.advance(50);
	expect(events.at(-1)).toMatch(/^release/);
});

it("is silent after close", () => {
	const { clock, events, button, set, closed } = bench();
	set(0);
	clock.advance(50);
	button.close();
	clock.advance(5000);
	expect(events).toEqual(["press boot 0 0"]);
	expect(clock.pending).toBe(0);
	expect(closed()).toBe(1);
});
