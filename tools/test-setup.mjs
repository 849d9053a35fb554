// Once before all tests: the engine and the application are built, so that any test can have an XS machine.
import { build } from "./build.mjs";
import { ensurePrograms, programsOfTests } from "./debian.mjs";

export default function setup() {
	// all peers in one go; elsewhere each suite asks for its own
	const missing = process.env.CI === "true" ? ensurePrograms(programsOfTests) : undefined;
	if (missing) throw new Error(missing);
	// `npm test` has type-checked before; a lone vitest run may go on with what was emitted
	return build({ quiet: true, typeErrors: "warn", variants: ["debug", "board"] });
}
