import { defineConfig } from "vitest/config";

/** What needs the Moddable SDK: npm run test:moddable. */
export default defineConfig({
	test: {
		include: ["test/moddable/*.ts"],
		exclude: ["test/moddable/display.ts"],
		pool: "forks",
		testTimeout: 60_000,
		// the first build of the SDK's part takes minutes
		hookTimeout: 900_000,
	},
});
