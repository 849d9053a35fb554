/** Text to bytes on the application's engine, whose strings are UTF-8 with exceptions of its own. */
import { expect, it } from "vitest";
import { createTestMachine } from "../hosts/desktop/testing";

it.each([
	["nothing", ""],
	["ASCII", `{"value":1.5}${"x".repeat(300)}`],
	["two, three and four bytes", "Ü ß € 𝄞 \u{10ffff}"],
	["U+0000", "a\0b"],
	["U+0000 beside others", "ü\0€"],
	["a lone high surrogate", "a\ud834b"],
	["a lone low surrogate at the end", "ü\udd1e"],
])("encodes %s as TextEncoder does", (_, text) => {
	const machine = createTestMachine();
	const { utf8Encode } = machine.importModule<{ utf8Encode(text: string): Uint8Array }>("modules/base/bytes");
	expect([...utf8Encode(text)]).toEqual([...new TextEncoder().encode(text)]);
	machine.finish();
});
