import { describe, expect, it } from "vitest";
import { ManualClock } from "../../modules/base/manual-clock";
import { Trial } from "./trial";

function bench(state: "trial" | "confirmed" | "unknown") {
	const clock = new ManualClock();
	const events: string[] = [];
	const hub = { healthy: false, confirmFails: false };
	const firmware = {
		state: () => state,
		confirm: () => {
			if (hub.confirmFails) throw new Error("flash");
			events.push("confirm");
		},
		reject: () => {
			events.push("reject");
			return false as const;
		},
	};
	const trial = new Trial({ clock, log: () => {}, firmware, healthy: () => hub.healthy });
	return { clock, events, hub, trial };
}

describe("trial of a new image", () => {
	it("confirms once the hub does its work, not before three minutes and only once", () => {
		const { clock, events, hub } = bench("trial");
		hub.healthy = true;
		clock.advance(179_000);
		expect(events).toEqual([]);
		clock.advance(3_600_000);
		expect(events).toEqual(["confirm"]);
		expect(clock.pending).toBe(0);
	});

	it("waits for a hub that is late, and tries again when the flash cannot be written", () => {
		const { clock, events, hub } = bench("trial");
		clock.advance(600_000);
		expect(events).toEqual([]);
		hub.healthy = true;
		hub.confirmFails = true;
		clock.advance(10_000);
		hub.confirmFails = false;
		clock.advance(10_000);
		expect(events).toEqual(["confirm"]);
	});

	it("goes back after half an hour without work, and at once when nothing starts", () => {
		const idle = bench("trial");
		idle.clock.advance(1_790_000);
		expect(idle.events).toEqual([]);
		idle.clock.advance(20_000);
		expect(idle.events).toEqual(["reject"]);
		const broken = bench("trial");
		broken.trial.failed();
		expect(broken.events).toEqual(["reject"]);
	});

	it("leaves an image alone that is not on trial, and stops when closed", () => {
		for (const state of ["confirmed", "unknown"] as const) {
			const { clock, events, trial } = bench(state);
			trial.failed();
			clock.advance(3_600_000);
			expect(events).toEqual([]);
		}
		const { clock, events, hub, trial } = bench("trial");
		hub.healthy = true;
		trial.close();
		clock.advance(3_600_000);
		expect(events).toEqual([]);
	});
});
