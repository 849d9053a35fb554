// Once before all tests: the engine and the application are built, so that any test can have an XS machine.
import { build } from "./build.mjs";

export default function setup() {
	// `npm test` has type-checked before; a lone vitest run may go on with what was emitted
	return build({ quiet: true, typeErrors: "warn", variants: ["debug", "board"] });
}
