import { expect, it } from "vitest";
import { ManualClock } from "../base/manual-clock";
import { FrameKind, frameTag } from "../modbus/client-link";
import { FrameLog, type LoggedFrame } from "./frame-log";

function all(log: FrameLog): LoggedFrame[] {
	const next = log.reader();
	const frames: LoggedFrame[] = [];
	for (let frame = next(); frame; frame = next()) frames.push(frame);
	return frames;
}

/** As a peer would count: some length, some bytes, by number. */
function numbered(n: number): Uint8Array {
	return Uint8Array.from({ length: 1 + ((n * 37) % 256) }, (_, i) => n + i);
}

it("gives back what was told it, with time, bus and kind", () => {
	const clock = new ManualClock();
	const log = new FrameLog(clock, 4096);
	clock.advance(12.34);
	log.frame(frameTag(1, FrameKind.request), Uint8Array.of(9, 1, 2, 3, 9).subarray(1, 4), clock.now());
	clock.advance(50);
	log.frame(frameTag(7, FrameKind.received), Uint8Array.of(4, 5), clock.now());
	log.damaged(7);
	log.damaged(1);
	clock.advance(2 ** 32 - 60);
	log.frame(frameTag(1, FrameKind.timeout), Uint8Array.of(), clock.now());
	clock.advance(5);
	expect(all(log)).toEqual([
		{ timeMs: 12, source: 1, kind: FrameKind.request, bytes: Uint8Array.of(1, 2, 3) },
		{ timeMs: 62, source: 7, kind: FrameKind.damaged, bytes: Uint8Array.of(4, 5) },
		{ timeMs: 2 ** 32 + 2, source: 1, kind: FrameKind.timeout, bytes: new Uint8Array(0) },
	]);
});

it.each([4096, 4099, 6144, 9000])(
	"keeps the newest of any sizes in a ring of %i bytes, whole and in order",
	(bytes) => {
		const clock = new ManualClock();
		const log = new FrameLog(clock, bytes);
		for (let n = 0; n < 2000; n++) {
			const frame = numbered(n);
			log.frame(frameTag(n % 8, n % 4), frame, clock.now());
			clock.advance(1);
			if (n % 97 !== 0) continue;
			const frames = all(log);
			expect(frames.at(-1)!.timeMs).toBe(n);
			const first = frames[0]!.timeMs;
			expect(frames.length).toBe(n - first + 1);
			// as many as fit, but for what the end of the ring and the next one waste
			const used = frames.reduce((sum, one) => sum + 8 + 8 * Math.ceil(one.bytes.length / 8), 0);
			if (first > 0) expect(used).toBeGreaterThan(bytes - 8 - 2 * (256 + 8));
			for (const one of frames) {
				expect(one).toEqual({
					timeMs: one.timeMs,
					source: one.timeMs % 8,
					kind: one.timeMs % 4,
					bytes: numbered(one.timeMs),
				});
			}
		}
	},
);

it("a reader leaves out what is overwritten while it reads, and does not see what comes after it began", () => {
	const clock = new ManualClock();
	const log = new FrameLog(clock, 4096);
	const put = (n: number) => {
		log.frame(frameTag(0, 0), new Uint8Array(96).fill(n), clock.now());
		clock.advance(1);
	};
	// 39 of them fit
	for (let n = 0; n < 20; n++) put(n);
	const next = log.reader();
	expect(next()!.bytes[0]).toBe(0);
	for (let n = 20; n < 49; n++) put(n);
	const rest: number[] = [];
	for (let frame = next(); frame; frame = next()) rest.push(frame.bytes[0]!);
	expect(rest).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
});
