import { afterEach, expect, test } from "vitest";
import { ManualClock } from "../../../modules/base/manual-clock";
import { FakeMachine } from "./fake-machine";

const INPUT = 0;
const INPUT_PULL_UP = 1;
const OUTPUT = 8;
const RISING = 1;
const FALLING = 2;

const clock = new ManualClock();
const m = new FakeMachine({ clock });
const { pins } = m.io;
const opened: number[] = [];
afterEach(() => {
	for (const id of opened.splice(0)) m.host.close(id);
});

function digital(pin: number, mode: number, options: { edges?: number; activeLow?: boolean; initial?: number } = {}) {
	const log: number[] = [];
	const { edges = 0, activeLow = false, initial = 0 } = options;
	const id = m.host.digitalOpen(pin, mode, edges, activeLow, initial, edges ? 1 : 0);
	m.on(id, { onReadable: () => log.push(m.host.digitalRead(id)) });
	opened.push(id);
	const set = (level: 0 | 1) => {
		pins.set(pin, level);
		clock.advance(1);
	};
	return { id, log, set, read: () => m.host.digitalRead(id), write: (value: number) => m.host.digitalWrite(id, value) };
}

test("an input is what the world sets it to; its pull-up counts while nobody does", () => {
	const plain = digital(4, INPUT);
	const pulled = digital(5, INPUT_PULL_UP);
	expect([plain.read(), pulled.read()]).toEqual([0, 1]);
	plain.set(1);
	pulled.set(0);
	expect([plain.read(), pulled.read()]).toEqual([1, 0]);
	expect(() => plain.write(1)).toThrow("can't write input");
});

test("edges asked for are told, others are not, and no edge without a change", () => {
	const rising = digital(6, INPUT, { edges: RISING });
	const both = digital(7, INPUT, { edges: RISING | FALLING });
	for (const level of [1, 1, 0, 1, 0] as const) {
		rising.set(level);
		both.set(level);
	}
	expect(rising.log).toEqual([1, 1]);
	expect(both.log).toEqual([1, 0, 1, 0]);
});

test("a pulse shorter than a turn is one event, and is read as it is by then", () => {
	const input = digital(8, INPUT, { edges: RISING | FALLING });
	pins.set(8, 1);
	pins.set(8, 0);
	clock.advance(1);
	expect(input.log).toEqual([0]);
});

test("activeLow turns levels, edges and the initial value", () => {
	const input = digital(9, INPUT, { edges: RISING, activeLow: true });
	expect(input.read()).toBe(1);
	input.set(1);
	input.set(0);
	expect(input.log).toEqual([1]);
	const relay = digital(10, OUTPUT, { activeLow: true });
	expect(pins.get(10)).toBe(1);
	relay.write(1);
	expect(pins.get(10)).toBe(0);
	const on = digital(11, OUTPUT, { activeLow: true, initial: 1 });
	expect(pins.get(11)).toBe(0);
	expect(() => on.read()).toThrow("can't read output");
});

test("a panel sees outputs change, and cannot drive them", () => {
	const seen: string[] = [];
	const stop = pins.onOutput((pin, level) => seen.push(`${pin}=${level}`));
	const relay = digital(12, OUTPUT);
	relay.write(1);
	relay.write(1);
	relay.write(0);
	expect(() => pins.set(12, 1)).toThrow("pin 12 is an output");
	stop();
	relay.write(1);
	expect(seen).toEqual(["12=0", "12=1", "12=0"]);
});

test("a pin belongs to one, until it is closed", () => {
	const first = digital(13, OUTPUT, { initial: 1 });
	expect(() => digital(13, INPUT)).toThrow("Digital: pin 13 in use");
	expect(() => m.host.analogOpen(13)).toThrow("Analog: pin 13 in use");
	expect(pins.inUse(13)).toBe(true);
	m.host.close(first.id);
	expect(pins.inUse(13)).toBe(false);
	// let go, it floats
	expect(digital(13, INPUT).read()).toBe(0);
	expect(() => first.read()).toThrow("closed");
});

test("pins that do not exist and modes that make no sense are refused", () => {
	expect(() => digital(49, INPUT)).toThrow("invalid pin 49");
	expect(() => digital(23, INPUT)).toThrow("invalid pin 23");
	expect(() => digital(-1, INPUT)).toThrow("invalid pin -1");
	expect(() => digital(14, 7)).toThrow("invalid mode 7");
	expect(() => m.host.digitalOpen(14, INPUT, 0, false, 0, 1)).toThrow("onReadable needs an edge");
	expect(() => m.host.analogOpen(0)).toThrow("pin 0 has no converter");
	expect(() => m.host.analogOpen(21)).toThrow("pin 21 has no converter");
	expect(() => pins.setAnalog(1, 4096)).toThrow("4096 is not 0..4095");
	expect(() => pins.setAnalog(1, Number.NaN)).toThrow("not 0..4095");
	expect(pins.inUse(14)).toBe(false);
});

test("an analog pin reads what was set last", () => {
	const id = m.host.analogOpen(1);
	opened.push(id);
	expect(m.host.analogRead(id)).toBe(0);
	pins.setAnalog(1, 2047.6);
	expect(m.host.analogRead(id)).toBe(2047);
	expect(pins.getAnalog(1)).toBe(2047);
	m.host.close(id);
	expect(() => m.host.analogRead(id)).toThrow("closed");
});

test("closing in the callback ends it", () => {
	const button = digital(15, INPUT, { edges: RISING | FALLING });
	m.on(button.id, {
		onReadable: () => {
			button.log.push(-1);
			m.host.close(button.id);
		},
	});
	button.set(1);
	button.set(0);
	expect(button.log).toEqual([-1]);
});
