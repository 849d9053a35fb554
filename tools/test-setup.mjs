// Once before all tests: the engine and the application are built, so that any test can have an XS machine.
import { build } from "./build.mjs";

export default function setup() {
	return build({ quiet: true });
}
