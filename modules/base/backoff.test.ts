import { describe, expect, it } from "vitest";
import { Backoff } from "./backoff";

describe("Backoff", () => {
	it("forgives the first failures, then doubles up to the longest wait", () => {
		const backoff = new Backoff({ minMs: 100, maxMs: 1000, tolerance: 2 });
		const waits = Array.from({ length: 8 }, () => {
			backoff.failed(5000);
			return Math.max(0, backoff.dueMs - 5000);
		});
		expect(waits).toEqual([0, 100, 200, 400, 800, 1000, 1000, 1000]);
		expect(backoff.failures).toBe(8);
		expect(backoff.dueMs).toBe(6000);
	});

	it("is back at once after a success", () => {
		const backoff = new Backoff({ tolerance: 1 });
		backoff.failed(0);
		backoff.failed(0);
		backoff.succeeded();
		expect([backoff.failures, backoff.dueMs]).toEqual([0, 0]);
		backoff.failed(0);
		expect(backoff.dueMs).toBe(1000);
	});

	it("stays at the longest wait for ever", () => {
		const backoff = new Backoff({ maxMs: 60_000 });
		for (let i = 0; i < 5000; i++) backoff.failed(0);
		expect(backoff.dueMs).toBe(60_000);
	});

	it("takes chance off the wait", () => {
		const backoff = new Backoff({ minMs: 1000, tolerance: 1, jitter: 0.5, random: () => 0.5 });
		backoff.failed(0);
		expect(backoff.dueMs).toBe(750);
	});
});
