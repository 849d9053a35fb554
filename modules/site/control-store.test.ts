import { describe, expect, it } from "vitest";
import { kLongestKey } from "../base/kept";
import { ControlStore } from "./control-store";

function memory() {
	const entries = new Map<string, Uint8Array>();
	return {
		entries,
		full: false,
		read: (key: string) => entries.get(key),
		write(key: string, bytes: Uint8Array) {
			if (this.full) throw new Error("no room");
			entries.set(key, bytes);
		},
	};
}

describe("what is kept of the devices", () => {
	it("is found again by the same device only", () => {
		const kept = memory();
		const store = new ControlStore(kept, () => {});
		store.add(247, "A-very-long-serial-number-of-an-inverter");
		store.save(247, Uint8Array.of(1, 2));
		expect([...kept.entries.keys()].every((key) => key.length <= kLongestKey)).toBe(true);
		const after = new ControlStore(kept, () => {});
		after.add(247, "A-very-long-serial-number-of-an-inverter");
		expect(after.load(247)).toEqual(Uint8Array.of(1, 2));
		after.add(247, "another");
		expect(after.load(247)).toBeUndefined();
		expect(after.read("m", 247)).toBeUndefined();
	});

	it("without room for it is lost loudly, once, by a restart, and not before", () => {
		const kept = memory();
		const told: string[] = [];
		const store = new ControlStore(kept, (_level, _area, text) => told.push(text));
		kept.full = true;
		store.save(5, Uint8Array.of(1));
		store.save(5, Uint8Array.of(2));
		expect(told).toEqual(["unit 5: its state is not kept over a restart: Error: no room"]);
		expect([store.load(5), kept.entries.size]).toEqual([Uint8Array.of(2), 0]);
		kept.full = false;
		store.save(5, Uint8Array.of(3));
		expect([store.load(5), kept.entries.size]).toEqual([Uint8Array.of(3), 1]);
		const nothing = new ControlStore(undefined, () => {});
		nothing.save(5, Uint8Array.of(1));
		expect(nothing.load(5)).toEqual(Uint8Array.of(1));
		expect(new ControlStore(undefined, () => {}).load(5)).toBeUndefined();
	});
});
