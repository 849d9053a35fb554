import { expect, test } from "vitest";
import { ManualClock } from "../../../modules/base/manual-clock";
import { FakeMachine } from "./fake-machine";
import { VirtualNetwork } from "./virtual-network";

const deleted = {
	get dead(): Error | undefined {
		throw new Error("the machine was deleted");
	},
};

/** A machine with one connection, at the moment when data is on the way to it. */
function connected() {
	const clock = new ManualClock();
	const network = new VirtualNetwork({ clock });
	const m = new FakeMachine({ network: network.attach(), clock });
	const other = new FakeMachine({ network: network.attach(), clock });
	const ended: string[] = [];
	const from = other.listen(1, (id) => {
		other.adopt(id, { onError: (reason) => ended.push(reason) });
		other.send(id, "data");
	});
	const id = m.connect(1, { onReadable: () => {}, onWritable: () => {}, onError: () => {} }, "10.0.0.2");
	clock.advance(1.5);
	return { clock, m, id, from, ended };
}

test("a machine that has died or was deleted is not called, its clock is left alone, and its peers see the end", () => {
	for (const state of [{ dead: new Error("memory full") }, deleted]) {
		const { clock, m, ended } = connected();
		const { entries } = m;
		m.io.attach(state);
		clock.advance(1);
		const { pending } = clock;
		clock.advance(10);
		expect(m.entries).toBe(entries);
		expect(m.io.open).toBe(0);
		expect(m.errors).toEqual([]);
		expect(ended).toEqual(["connection broken"]);
		expect(clock.pending).toBeLessThanOrEqual(pending);
	}
});

test("a live one is, and what throws there is reported once per call", () => {
	const { clock, m, id } = connected();
	m.io.attach({ dead: undefined });
	let calls = 0;
	m.on(id, {
		onReadable: () => {
			calls++;
			// not even an Error
			throw "text";
		},
	});
	clock.advance(10);
	expect(calls).toBe(1);
	expect(m.errors).toEqual([new Error("text")]);
	expect(m.io.open).toBe(1);
});

test("a number is never used twice", () => {
	const m = new FakeMachine({ network: "none" });
	const seen = new Set<number>();
	for (let i = 0; i < 100; i++) {
		const id = m.host.analogOpen(1);
		seen.add(id);
		m.host.close(id);
	}
	expect(seen.size).toBe(100);
	expect(() => m.host.analogRead([...seen][0]!)).toThrow("closed");
	expect(() => m.host.streamRead(m.host.analogOpen(1), -1)).toThrow("closed");
	m.io.close();
});
