import { describe, expect, it } from "vitest";
import { ManualClock } from "../base/manual-clock";
import type { Quality } from "../base/quality";
import { kMeterRows } from "./obis";
import { Outbox } from "./outbox";
import { OpenAmiPublisher, topicRoot } from "./publisher";
import { kLongestRecord, publishedNumber, type Readings } from "./record";

/** An image as the publisher sees it: point -> value, time, quality. */
class FakeImage implements Readings {
	points = new Map<string, { value: number; timeMs: number; quality: Quality }>();
	#names = kMeterRows.map((row) => row.point);
	#missing: string[];
	constructor(missing: string[] = ["PhVphB", "PhVphC"]) {
		this.#missing = missing;
	}
	handle(_model: number, point: string): number {
		return this.#missing.includes(point) ? -1 : this.#names.indexOf(point);
	}
	#of(handle: number) {
		return this.points.get(this.#names[handle]!);
	}
	value(handle: number): number | undefined {
		const point = this.#of(handle);
		return point?.quality === "comms_lost" ? undefined : point?.value;
	}
	lastValue(handle: number): number | undefined {
		return this.#of(handle)?.value;
	}
	timeMs(handle: number): number {
		return this.#of(handle)?.timeMs ?? Number.NaN;
	}
	quality(handle: number): Quality | undefined {
		return this.#of(handle)?.quality;
	}
	read(timeMs: number, values: Record<string, number>, quality: Quality = "good"): void {
		for (const [point, value] of Object.entries(values)) this.points.set(point, { value, timeMs, quality });
	}
	lose(): void {
		for (const point of this.points.values()) point.quality = "comms_lost";
	}
}

interface Sent {
	topic: string;
	body: {
		ts: string;
		seq: number;
		meterSerial: string;
		state: string;
		lost: string[];
		waiting: number;
		dropped: number;
		event: { type: string };
		registers: { obis: string; value: unknown; unit: string; quality: string; ts?: string }[];
	};
	retain: boolean;
}

function bench(options: { meters?: number; epochMs?: number; outboxBytes?: number; reads?: string[] } = {}) {
	const clock = new ManualClock(options.epochMs);
	const sent: Sent[] = [];
	const broker = { room: Number.POSITIVE_INFINITY };
	const mqtt = {
		publish(topic: string, payload: string, { retain }: { qos: 0 | 1; retain: boolean }): boolean {
			if (broker.room <= 0) return false;
			broker.room--;
			sent.push({ topic, body: JSON.parse(payload), retain });
			return true;
		},
	};
	const images = Array.from({ length: options.meters ?? 1 }, () => new FakeImage());
	const publisher = new OpenAmiPublisher({
		clock,
		mqtt,
		feederId: "f1",
		gatewayId: "g1",
		meters: images.map((image, i) => ({
			serial: `S${i}`,
			image,
			model: 211,
			reads: (point) => options.reads?.includes(point) ?? true,
		})),
		periodMs: 10_000,
		outboxBytes: options.outboxBytes ?? 48 * 1024,
		firmware: "test",
		clockState: () => "synchronised",
	});
	return { clock, sent, broker, images, publisher };
}

const midnight = Date.UTC(2026, 0, 1);
const reading = { TotWhImp: 1234567.8, TotWhExp: 0, W: 431.26, PhVphA: 229.9, Hz: 50.01 };

describe("envelope", () => {
	it("carries the register set with units, resolution and time", () => {
		const { clock, sent, images, publisher } = bench({ epochMs: midnight });
		publisher.start();
		clock.advance(1500);
		images[0]!.read(clock.now(), reading);
		publisher.committed(0);
		expect(sent).toHaveLength(1);
		expect(sent[0]!.topic).toBe("openami/v1/f1/g1/meter/S0/telemetry");
		expect(sent[0]!.body).toEqual({
			schemaVersion: "0.1",
			ts: "2026-01-01T00:00:01.500Z",
			feederId: "f1",
			gatewayId: "g1",
			meterSerial: "S0",
			seq: 0,
			registers: [
				{ obis: "0.0.96.1.1.255", value: "S0", unit: "", quality: "good" },
				{ obis: "1.8.0", value: 1234.568, unit: "kWh", quality: "good" },
				{ obis: "2.8.0", value: 0, unit: "kWh", quality: "good" },
				{ obis: "1.7.0", value: 431.3, unit: "W", quality: "good" },
				{ obis: "32.7.0", value: 229.9, unit: "V", quality: "good" },
				{ obis: "14.7.0", value: 50.01, unit: "Hz", quality: "good" },
			],
		});
	});

	it("splits power into import and export, without a negative zero", () => {
		const row = (obis: string) => kMeterRows.find((one) => one.obis === obis)!;
		expect(publishedNumber(row("1.7.0"), -300)).toBe(0);
		expect(Object.is(publishedNumber(row("1.7.0"), -0.001), 0)).toBe(true);
		expect(publishedNumber(row("2.7.0"), -300)).toBe(300);
		const { clock, sent, images, publisher } = bench({ epochMs: midnight });
		images[0]!.read(clock.now(), { ...reading, W: -300 });
		publisher.committed(0);
		const power = sent[0]!.body.registers.filter((one) => one.unit === "W").map((one) => [one.obis, one.value]);
		expect(power).toEqual([
			["1.7.0", 0],
			["2.7.0", 300],
		]);
	});

	it("waits for every register that is read of the meter before the first, but not beyond a period", () => {
		const { clock, sent, images, publisher } = bench({ epochMs: midnight, reads: ["TotWhImp", "W", "Hz"] });
		publisher.start();
		images[0]!.read(clock.now(), { TotWhImp: 1, W: 2 });
		publisher.committed(0);
		expect(sent).toEqual([]);
		images[0]!.read(clock.now(), { Hz: 50 });
		publisher.committed(0);
		expect(sent[0]!.body.registers.map((one) => one.obis)).toEqual(["0.0.96.1.1.255", "1.8.0", "1.7.0", "14.7.0"]);

		const refusing = bench({ epochMs: midnight });
		refusing.publisher.start();
		refusing.images[0]!.read(0, { TotWhImp: 1, W: 2 });
		refusing.publisher.committed(0);
		refusing.clock.advance(10_000);
		const told = refusing.sent.filter((one) => one.topic.endsWith("telemetry"));
		expect(told.map((one) => one.body.registers.length)).toEqual([3]);
	});

	it("gives a register that is read once a day the same time in every envelope, and none it cannot date", () => {
		const { clock, sent, images, publisher } = bench({ epochMs: midnight });
		images[0]!.read(120, reading);
		publisher.start();
		const times = new Set<string | undefined>();
		for (const hour of [1, 20, 24, 190]) {
			clock.advance(hour * 3_600_000 - clock.now() - 3_333);
			images[0]!.read(clock.now(), { W: hour });
			clock.advance(3_333);
			const { registers } = sent.filter((one) => one.topic.endsWith("telemetry")).at(-1)!.body;
			expect(registers.find((one) => one.obis === "1.7.0")!.value).toBe(hour);
			const energy = registers.find((one) => one.obis === "1.8.0");
			if (hour === 190) expect(energy).toBeUndefined();
			else times.add(new Date(Math.round(Date.parse(energy!.ts!) / 10) * 10).toISOString());
		}
		expect([...times]).toEqual(["2026-01-01T00:00:00.120Z"]);
	});

	it("dates a slow register with its own time", () => {
		const { clock, sent, images, publisher } = bench({ epochMs: midnight });
		images[0]!.read(clock.now(), reading);
		publisher.start();
		clock.advance(9_000);
		images[0]!.read(clock.now(), { W: 5 });
		clock.advance(1_000);
		const { registers, ts } = sent.find((one) => one.topic.endsWith("telemetry"))!.body;
		expect(ts).toBe("2026-01-01T00:00:09.000Z");
		expect(registers.find((one) => one.obis === "1.7.0")?.ts).toBeUndefined();
		expect(registers.find((one) => one.obis === "1.8.0")?.ts).toBe("2026-01-01T00:00:00.000Z");
	});

	it("never gives an old value a new time, nor a zero for what was not read", () => {
		const { clock, sent, images, publisher } = bench({ meters: 2, epochMs: midnight });
		publisher.start();
		clock.advance(4_000);
		images[0]!.read(clock.now(), reading);
		publisher.committed(0);
		images[0]!.lose();
		publisher.setLost(0, true);
		clock.advance(16_000);
		const told = sent.filter((one) => one.topic.endsWith("S0/telemetry"));
		expect(told).toHaveLength(3);
		for (const one of told) expect(one.body.ts).toBe("2026-01-01T00:00:04.000Z");
		expect(told[1]!.body.registers.slice(1).every((one) => one.quality === "comms_lost")).toBe(true);
		expect(told[1]!.body.registers.find((one) => one.obis === "1.8.0")?.value).toBe(1234.568);
		const silent = sent.filter((one) => one.topic.endsWith("S1/telemetry"));
		expect(silent).toHaveLength(2);
		expect(silent[0]!.body.registers).toEqual([{ obis: "0.0.96.1.1.255", value: "S1", unit: "", quality: "good" }]);
		const events = sent.filter((one) => one.topic.endsWith("/event"));
		expect(events.map((one) => [one.topic, one.body.event.type])).toEqual([
			["openami/v1/f1/g1/meter/S0/event", "comms_lost"],
		]);
	});
});

describe("publisher", () => {
	it("publishes every meter each period, on the grid of the start", () => {
		const { clock, sent, images, publisher } = bench({ meters: 7, epochMs: midnight });
		for (const image of images) image.read(0, reading);
		publisher.start();
		clock.advance(60_000);
		const telemetry = sent.filter((one) => one.topic.endsWith("telemetry"));
		expect(telemetry).toHaveLength(42);
		expect(new Set(telemetry.map((one) => one.body.seq)).size).toBe(42);
	});

	it("keeps a retained status and names what is lost", () => {
		const { clock, sent, images, publisher } = bench({ meters: 2, epochMs: midnight });
		for (const image of images) image.read(0, reading);
		publisher.start();
		publisher.connected();
		publisher.setLost(1, true);
		clock.advance(10_000);
		const status = sent.filter((one) => one.topic === `${topicRoot("f1", "g1")}/status`);
		expect(status.every((one) => one.retain)).toBe(true);
		expect(status.at(-1)!.body).toMatchObject({ state: "online", lost: ["S1"], clock: "synchronised", dropped: 0 });
		expect(OpenAmiPublisher.will("f1", "g1")).toMatchObject({ topic: "openami/v1/f1/g1/status", qos: 1, retain: true });
		expect(JSON.parse(OpenAmiPublisher.will("f1", "g1").payload)).toMatchObject({ state: "offline" });
	});

	it("holds back while the broker is away and sends all once, in order, each with its own time", () => {
		const { clock, sent, broker, images, publisher } = bench({ meters: 2, epochMs: midnight });
		publisher.start();
		broker.room = 0;
		for (let step = 0; step < 30; step++) {
			for (const image of images) image.read(clock.now(), { ...reading, W: step });
			clock.advance(10_000);
		}
		expect(sent).toHaveLength(0);
		broker.room = Number.POSITIVE_INFINITY;
		publisher.connected();
		const telemetry = sent.filter((one) => one.topic.endsWith("telemetry"));
		expect(telemetry.map((one) => one.body.seq)).toEqual(Array.from({ length: 60 }, (_, i) => i));
		telemetry.forEach((one, i) => {
			const step = i >> 1;
			expect(one.body.ts).toBe(new Date(midnight + step * 10_000).toISOString());
			expect(one.body.registers.find((register) => register.obis === "1.7.0")?.value).toBe(step);
		});
	});

	it("stops when the client is full and goes on where it stopped", () => {
		const { clock, sent, broker, images, publisher } = bench({ meters: 5, epochMs: midnight });
		for (const image of images) image.read(0, reading);
		broker.room = 3; // status and two messages
		publisher.start();
		clock.advance(10_000);
		expect(sent).toHaveLength(3);
		expect(publisher.waiting).toBe(3);
		broker.room = 10;
		publisher.flush();
		expect(sent.slice(1).map((one) => one.body.seq)).toEqual([0, 1, 2, 3, 4]);
	});

	it("waits for the wall clock and then dates what it held back", () => {
		const { clock, sent, images, publisher } = bench();
		publisher.start();
		for (let step = 0; step < 3; step++) {
			images[0]!.read(clock.now(), reading);
			clock.advance(10_000);
		}
		expect(sent).toHaveLength(0);
		clock.epochAtStartMs = midnight;
		publisher.flush();
		const times = sent.filter((one) => one.topic.endsWith("telemetry")).map((one) => one.body.ts);
		expect(times).toEqual([0, 10, 20].map((s) => new Date(midnight + s * 1000).toISOString()));
	});

	it("gives one reading one time, though the wall clock trembles, and follows when it is set", () => {
		const { clock, sent, images, publisher } = bench({ epochMs: midnight });
		publisher.start();
		images[0]!.read(clock.now(), reading);
		for (const shiftMs of [0, 3, -2, 60_000]) {
			clock.epochAtStartMs = midnight + shiftMs;
			clock.advance(10_000);
		}
		const times = sent
			.filter((one) => one.topic.endsWith("telemetry"))
			.map((one) => Date.parse(one.body.ts) - midnight);
		expect(times).toEqual([0, 0, 0, 60_000]);
	});

	it("dates what waits anew when the wall clock is set back by hours; the numbers keep the order", () => {
		const { clock, sent, broker, images, publisher } = bench({ epochMs: midnight });
		publisher.start();
		images[0]!.read(clock.now(), reading);
		clock.advance(10_000);
		broker.room = 0;
		images[0]!.read(clock.now(), reading);
		clock.advance(10_000);
		clock.epochAtStartMs = midnight - 3 * 3_600_000;
		broker.room = Number.POSITIVE_INFINITY;
		publisher.flush();
		const told = sent.filter((one) => one.topic.endsWith("telemetry")).map(({ body }) => [body.seq, body.ts]);
		expect(told).toEqual([
			[0, "2026-01-01T00:00:00.000Z"],
			[1, "2025-12-31T21:00:10.000Z"],
		]);
	});

	it("drops the oldest when memory is full, and says how many", () => {
		const { clock, sent, broker, images, publisher } = bench({ epochMs: midnight, outboxBytes: 1024 });
		publisher.start();
		broker.room = 0;
		for (let step = 0; step < 50; step++) {
			images[0]!.read(clock.now(), reading);
			clock.advance(10_000);
		}
		broker.room = Number.POSITIVE_INFINITY;
		publisher.connected();
		const seqs = sent.filter((one) => one.topic.endsWith("telemetry")).map((one) => one.body.seq);
		expect(seqs).toHaveLength(50 - publisher.dropped);
		expect(publisher.dropped).toBeGreaterThan(30);
		expect(seqs.at(-1)).toBe(49);
		expect(seqs[0]).toBe(publisher.dropped);
		expect(sent[0]!.body.dropped).toBe(publisher.dropped);
	});

	it("does not make up for time it slept through", () => {
		const { clock, sent, images, publisher } = bench({ epochMs: midnight });
		images[0]!.read(0, reading);
		publisher.start();
		publisher.close();
		clock.advance(60_000);
		expect(sent).toHaveLength(0);
	});
});

describe("Outbox", () => {
	it.each([600, 5000])("of %i bytes behaves like a list that forgets its oldest, over 20,000 random steps", (size) => {
		let seed = 7;
		const random = (below: number) => {
			seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
			return (seed >>> 8) % below;
		};
		const outbox = new Outbox(size);
		const model: string[] = [];
		const buffer = new Uint8Array(kLongestRecord);
		let pushed = 0;
		for (let step = 0; step < 20_000; step++) {
			if (random(3) > 0) {
				const length = 1 + random(Math.min(size / 4 - 10, buffer.length));
				for (let i = 0; i < length; i++) buffer[i] = random(256);
				model.push(buffer.slice(0, length).join());
				outbox.push(buffer, length);
				pushed++;
				while (model.length > outbox.count) model.shift();
				expect(model.length).toBe(outbox.count);
			} else {
				outbox.shift();
				model.shift();
			}
			const length = outbox.peek(buffer);
			expect(length === 0 ? undefined : buffer.slice(0, length).join()).toBe(model[0]);
		}
		expect(outbox.dropped).toBeGreaterThan(1000);
		expect(pushed).toBeGreaterThan(outbox.dropped);
	});

	it("uses its memory: a record is only dropped when the next could not fit", () => {
		const outbox = new Outbox(1024);
		for (let i = 0; i < 10; i++) outbox.push(new Uint8Array(100), 100);
		expect(outbox).toMatchObject({ count: 10, dropped: 0 });
		outbox.push(new Uint8Array(100), 100);
		expect(outbox).toMatchObject({ count: 10, dropped: 1 });
	});

	it("takes memory as records come, and gives it back as they go", () => {
		const outbox = new Outbox(10_000);
		const record = new Uint8Array(98);
		expect(outbox.bytes).toBe(0);
		for (let i = 0; i < 1000; i++) {
			outbox.push(record, 98);
			outbox.shift();
		}
		expect(outbox.bytes).toBe(1024);
		for (let i = 0; i < 250; i++) outbox.push(record, 98);
		expect(outbox).toMatchObject({ count: 100, dropped: 150, bytes: 10_000 });
		for (let i = 0; i < 60; i++) outbox.shift();
		expect(outbox.bytes).toBeLessThanOrEqual(40 * 100 + 3 * 1024);
		while (outbox.count > 0) outbox.shift();
		expect(outbox.bytes).toBe(1024);
	});

	it.each([0, 63, 2 ** 20 + 1])("refuses a size of %i", (size) => expect(() => new Outbox(size)).toThrow(RangeError));
	it("refuses a record that is too long", () =>
		expect(() => new Outbox(64).push(new Uint8Array(20), 15)).toThrow("does not fit"));
});
