import { expect, test } from "vitest";
import { frozen } from "./frozen";

test("freezes all levels and gives the value back", () => {
	const inner = { c: [1, { d: 2 }] };
	const value = { a: 1, b: inner, f: () => 1, bytes: Uint8Array.of(1), none: null };
	expect(frozen(value)).toBe(value);
	for (const one of [value, inner, inner.c, inner.c[1]]) expect(Object.isFrozen(one)).toBe(true);
	expect(() => {
		(inner.c as number[])[0] = 2;
	}).toThrow(TypeError);
	value.bytes[0] = 3;
	expect(frozen("text")).toBe("text");
});

test("instances of classes are frozen with their fields, and rings come to an end", () => {
	class Node {
		next: Node | undefined;
	}
	const first = new Node();
	const second = new Node();
	first.next = second;
	second.next = first;
	frozen(first);
	expect(Object.isFrozen(second)).toBe(true);
});
