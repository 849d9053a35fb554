/** Text to bytes on the application's engine, whose strings are UTF-8 with exceptions of its own. */
import { expect, it } from "vitest";
import { createTestMachine } from "../hosts/desktop/testing";

it.each([
	["nothing", ""],
	["ASCII", `{"value":1.5}${"x".repeat(300)}`],
	["two, three and four bytes", "Ü ß € 𝄞 \u{10ffff}"],
	["U+0000", "a\0b"],
	["U+0000 beside others", "ü\0€"],
	["a pair on the border of two pieces", `${"a".repeat(63)}𝄞b`],
	["halves that do not belong together there", `${"a".repeat(63)}\ud834b\udd1e`],
	["a lone high surrogate", "a\ud834b"],
	["a lone low surrogate at the end", "ü\udd1e"],
])("encodes %s as TextEncoder does", (_, text) => {
	const machine = createTestMachine();
	const { utf8Encode } = machine.importModule<{ utf8Encode(text: string): Uint8Array }>("modules/base/bytes");
	expect([...utf8Encode(text)]).toEqual([...new TextEncoder().encode(text)]);
	machine.finish();
});

it("costs little more for a long text with an accent than for one without", () => {
	const machine = createTestMachine();
	const { utf8Encode } = machine.importModule<{ utf8Encode(text: string): Uint8Array }>("modules/base/bytes");
	const costOf = (text: string) => {
		const before = machine.counters().byteCodes;
		utf8Encode(text);
		return machine.counters().byteCodes - before;
	};
	const plain = "x".repeat(10_000);
	expect(costOf(`${plain.slice(0, 5000)}é${plain.slice(5001)}`)).toBeLessThan(1.1 * costOf(plain));
	machine.finish();
});
