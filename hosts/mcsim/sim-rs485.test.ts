import { describe, expect, it } from "vitest";
import { ManualClock } from "../../modules/base/manual-clock";
import type { RS485Options } from "../../modules/rs485/rs485";
import { simulatedRS485 } from "./sim-rs485";

/** 9600 8N1: a character takes 1.0417 ms, T3.5 3.6458 ms. */
const charMs = 10_000 / 9600;
const gapMs = 3.5 * charMs;

function bench(answer: Uint8Array | undefined, delayMs = 5) {
	const clock = new ManualClock();
	const frames: { bytes: number[]; atMs: number }[] = [];
	const line = {
		onFrame: (frame: Uint8Array, atMs: number) => {
			frames.push({ bytes: [...frame], atMs });
			return answer && { bytes: answer, delayMs };
		},
	};
	const RS485 = simulatedRS485((name) => (name === "feeder" ? line : undefined), clock);
	const events: string[] = [];
	const open = (options: Partial<RS485Options> = {}) => {
		const port = new RS485({
			port: "sim:feeder",
			onWritable: () => events.push(`sent ${clock.now().toFixed(1)}`),
			onReadable: () => {
				const buffer = new Uint8Array(512);
				for (let count = port.read(buffer); count !== undefined; count = port.read(buffer))
					events.push(`${port.cause} ${count} ${clock.now().toFixed(1)}`);
			},
			...options,
		});
		return port;
	};
	return { clock, frames, events, open };
}

describe("simulated RS-485 line", () => {
	it("takes the wire's time for the frame and for the answer", () => {
		const { clock, frames, events, open } = bench(new Uint8Array(20));
		const port = open();
		port.write(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]));
		clock.advance(1000);
		const sentMs = gapMs + 8 * charMs;
		expect(frames).toEqual([{ bytes: [1, 2, 3, 4, 5, 6, 7, 8], atMs: expect.closeTo(sentMs + gapMs, 6) }]);
		const silentMs = sentMs + gapMs + 5 + 20 * charMs + gapMs;
		expect(events).toEqual([`sent ${sentMs.toFixed(1)}`, `silence 20 ${silentMs.toFixed(1)}`]);
		expect(port.counters).toMatchObject({ framesSent: 1, bytesSent: 8, framesReceived: 1, bytesReceived: 20, full: 0 });
		expect(port.silenceUs).toBe(3646);
	});

	it("hands up as soon as the expected bytes are there, and what is over after the silence", () => {
		const { clock, events, open } = bench(new Uint8Array(12));
		open().write(new Uint8Array(8), 9);
		clock.advance(1000);
		const firstMs = gapMs + 8 * charMs + gapMs + 5 + 9 * charMs;
		expect(events.slice(1)).toEqual([
			`count 9 ${firstMs.toFixed(1)}`,
			`silence 3 ${(firstMs + 3 * charMs + gapMs).toFixed(1)}`,
		]);
	});

	it("cuts a babbler at the ring's size", () => {
		const { clock, events, open } = bench(new Uint8Array(1100));
		open().write(new Uint8Array(8), 25);
		clock.advance(5000);
		expect(events.slice(1).map((event) => event.replace(/ [\d.]+$/, ""))).toEqual([
			"count 25",
			"full 512",
			"full 512",
			"silence 51",
		]);
	});

	it("keeps T3.5 after an answer before it sends again, and refuses to send twice at once", () => {
		const { clock, frames, open } = bench(new Uint8Array(10));
		const port = open({ onReadable: () => port.write(new Uint8Array(4)), onWritable: () => {} });
		port.write(new Uint8Array(8), 10);
		expect(() => port.write(new Uint8Array(1))).toThrow("sending");
		clock.advance(gapMs + 8 * charMs + gapMs + 5 + 10 * charMs + gapMs + 4 * charMs + 0.01);
		expect(frames.length).toBe(2);
	});

	it("is silent after close, which a callback may call, twice", () => {
		const { clock, events, open } = bench(new Uint8Array(10));
		const port = open({
			onWritable: () => {
				port.close();
				port.close();
			},
		});
		port.write(new Uint8Array(8));
		clock.advance(1000);
		expect(events).toEqual([]);
		expect(clock.pending).toBe(0);
		expect(() => port.write(new Uint8Array(1))).toThrow("closed");
	});

	it("refuses a line that is not there and an impossible baud", () => {
		const { open } = bench(undefined);
		expect(() => open({ port: "sim:other" })).toThrow("no simulated line sim:other");
		expect(() => open({ baud: 300 })).toThrow("invalid baud 300");
	});
});
