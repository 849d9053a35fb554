import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		include: [
			"modules/**/*.test.ts",
			"native/**/*.test.ts",
			"hosts/**/*.test.ts",
			"sim/**/*.test.ts",
			"test/**/*.test.ts",
			"tools/**/*.test.ts",
			"bench/**/*.test.ts",
		],
		pool: "forks",
		// also on two cores: the slow ones wait for brokers, browsers and peers most of the time
		maxWorkers: "100%",
		testTimeout: 20_000,
		hookTimeout: 120_000,
		globalSetup: ["tools/test-setup.mjs"],
	},
});
