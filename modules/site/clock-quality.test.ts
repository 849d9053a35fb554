import { describe, expect, it } from "vitest";
import { ManualClock } from "../base/manual-clock";
import { ClockQuality } from "./clock-quality";

describe("ClockQuality", () => {
	it("is unset until somebody has set the clock, whatever the platform says of the time", () => {
		const clock = new ManualClock(0);
		const quality = new ClockQuality(clock);
		expect(quality.state).toBe("unset");
		expect(quality.uncertaintyMs).toBeUndefined();
		quality.confirmed("sntp", 30);
		expect(quality).toMatchObject({ state: "synchronised", source: "sntp", uncertaintyMs: 30 });
	});
	it("goes into holdover after a day, 20 ppm a day being 1.7 s", () => {
		const clock = new ManualClock(0);
		const quality = new ClockQuality(clock);
		quality.confirmed("sntp", 30);
		clock.advance(86_400_000);
		expect(quality.state).toBe("synchronised");
		expect(quality.uncertaintyMs).toBeCloseTo(1758, 6);
		clock.advance(1);
		expect(quality.state).toBe("holdover");
		quality.confirmed("rtc", 1000);
		expect(quality).toMatchObject({ state: "synchronised", source: "rtc", uncertaintyMs: 1000 });
	});
	it("stays unset when the clock is not set though a source spoke", () => {
		const clock = new ManualClock();
		const quality = new ClockQuality(clock);
		quality.confirmed("host", 0);
		expect(quality.state).toBe("unset");
	});
	it("trusts a clock that the operating system keeps, for as long as it runs", () => {
		const clock = new ManualClock(0);
		const quality = new ClockQuality(clock, "system");
		clock.advance(10 * 86_400_000);
		expect(quality).toMatchObject({ state: "synchronised", source: "system", uncertaintyMs: 1000 });
		expect(new ClockQuality(new ManualClock(), "system").state).toBe("unset");
	});
});
